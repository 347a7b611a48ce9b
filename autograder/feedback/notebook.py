"""What may a student see of nbgrader's own feedback page?

nbgrader shows the hidden tests, in the cells and in the tracebacks, and runs the student's HTML. Three nets
lie below its page. Before it is made, a notebook is reduced to text: sources, what was printed, messages that
students may read. When it is made, markdown is cleaned. When it is done, whatever could run or fetch
something is taken out, and the browser is told to refuse the rest.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jinja2
from bs4 import BeautifulSoup, Comment
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import default

from autograder.assignment import RULE
from autograder.notebooks import grade_id, new_cell, new_error, new_notebook, read_released
from autograder.plain import plain
from autograder.reasons import UNSEEN, WORDS, message

_TAGS = """
    a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i li ol p pre s span strong
    sub summary sup table tbody td tfoot th thead tr ul
"""
_ATTRIBUTES = {
    "a": ["href", "title"],
    "abbr": ["title"],
    "details": ["open"],
    "ol": ["start"],
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan", "scope"],
    "div": ["class"],  # colours of code
    "span": ["class"],
}
_Cleaner: Any = SanitizeHTML  # the libraries have no types
_node: Any = NotebookNode
_WITH_CONTENT = re.compile(
    r"<(script|style|iframe|object|svg|math|template|noscript|textarea|title|xmp|select)\b.*?</\1\s*>",
    re.DOTALL | re.IGNORECASE,
)
_OUT_OF_PLACE = """
    script iframe frame frameset object embed applet link base form input button select textarea svg math
    video audio source track portal template noscript xmp
"""
_FETCHING = "srcset srcdoc data action formaction background poster ping manifest lowsrc xlink:href cite"
_ADDRESS = re.compile(r"(#|https?:|mailto:)", re.IGNORECASE)
_REACHES_OUT = re.compile(r"url\s*\(|image(?:-set)?\s*\(|@import|expression|binding|[<\\]", re.IGNORECASE)
_MOST = 50_000  # characters of a cell
_FETCHED = re.compile(r"@import[^;]*;?|url\(\s*(?![\"']?data:)[^)]*\)", re.IGNORECASE)
_ARROW = re.compile(r"^-+> (\d+) ?(.*)$", re.MULTILINE)
_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'\">"
    '<meta name="referrer" content="no-referrer">'
)


class HideTests(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Puts the released text back into each test cell, and keeps of its error what students may read."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Hides the tests of one graded notebook and tells the student about repairs."""
        about = resources["nbgrader"]
        released = read_released(Path(), about["assignment"], about["notebook"])
        repairs = nb.metadata.get("autograder", {}).get("repairs", [])
        hide_tests(nb, released)
        if repairs:
            nb.cells.insert(0, new_cell("markdown", "\n".join(f"- {html.escape(line)}" for line in repairs)))
        return nb, resources


def hide_tests(graded: NotebookNode, released: NotebookNode) -> None:
    """Removes from a graded notebook everything that only its teacher may read.

    A locked cell keeps no output but the message of its error. Whether students may read that is said by
    ``cell.metadata["autograder"]["hidden"]``; without a word, the traceback has to show that a line which
    students have seen is the one that failed.

    Args:
        graded: the notebook after autograde; changed in place.
        released: the notebook as it was given out.
    """
    shown = {grade_id(cell): cell.source for cell in released.cells}
    public = {line for cell in released.cells for line in _lines(cell.source)}
    secret = {line for cell in graded.cells if _is_test(cell) for line in _lines(cell.source)} - public
    for cell in graded.cells:
        locked = cell.metadata.get("nbgrader", {}).get("locked", False)
        if locked:
            cell.source = shown.get(grade_id(cell), "")
            cell.outputs = [_told(cell, output) for output in cell.get("outputs", []) if _failed(output)][:1]
        for output in cell.get("outputs", []):
            _drop_secrets(output, secret)


def _told(cell: NotebookNode, error: NotebookNode) -> NotebookNode:
    """What a student may read of the error of a locked cell."""
    about = cell.metadata.get("autograder", {})
    hidden = about.get("hidden") if isinstance(about, dict) else None
    if not isinstance(hidden, bool):
        arrows = _ARROW.findall(plain("\n".join(error.get("traceback", []))))
        hidden = not arrows or arrows[-1][1].strip() not in {line.strip() for line in cell.source.split("\n")}
    said = message(error.ename, error.evalue)
    if hidden and said not in WORDS.values():  # such words tell of a limit, and of no test
        said = f"{UNSEEN[0].upper()}{UNSEEN[1:]}."
    told = new_error("AssertionError", said)
    told.traceback = [said]
    return told


def _is_test(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def _failed(output: NotebookNode) -> bool:
    return bool(output.output_type == "error")


def _drop_secrets(output: NotebookNode, secret: set[str]) -> None:
    """Blanks an output that quotes a hidden test, such as a print of the notebook's own history."""
    said = str(output.get("text", "")) + "\n".join(output.get("traceback", [])) + str(output.get("data", ""))
    if not any(line in plain(said) for line in secret):
        return
    for key, nothing in {"text": "[not shown]\n", "traceback": ["[not shown]"], "data": {}}.items():
        if key in output:
            output[key] = nothing


def _lines(source: str) -> Iterator[str]:
    return (line.strip() for line in source.splitlines() if len(line.strip()) >= 12)


class FeedbackPage(HTMLExporter):
    """nbgrader's feedback page, on which nothing of the student is more than text."""

    @default("sanitize_html")
    def _sanitize_default(self) -> bool:
        return True

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """The usual filters, with two replaced by ones that clean what they return."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]  # the library has no types
        yield "markdown2html", self.clean_markdown
        yield "clean_html", clean

    @jinja2.pass_context
    def clean_markdown(self, context: Any, source: str) -> str:
        """Markdown to HTML in which nothing can run; what the library cannot read is shown as it is."""
        try:
            return clean(self.markdown2html(context, source))
        except Exception:  # a missing attachment, a thousand brackets: no reason to make no page
            return f"<pre>{html.escape(source)}</pre>"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
        """The page of one notebook."""
        nb = deepcopy(nb)
        nb.metadata = _node(autograder=nb.metadata.get("autograder", {}))
        page, resources = super().from_notebook_node(nb, resources, **kw)
        return with_rules(without_scripts(page), nb), resources

    def _preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """After all preprocessors, which need the metadata, comes the last one: only text is left."""
        nb, resources = super()._preprocess(nb, resources)  # type: ignore[no-untyped-call]  # the library has none
        return only_text(nb), resources


def only_text(notebook: NotebookNode) -> NotebookNode:
    """A copy that holds sources and plain text: no other output, attachment or metadata is left."""
    cells = []
    for cell in notebook.cells:
        kept = new_cell("markdown" if cell.cell_type == "markdown" else "code", plain(cell.source)[:_MOST])
        if "nbgrader" in cell.metadata:
            kept.metadata["nbgrader"] = deepcopy(cell.metadata.nbgrader)
        if cell.cell_type == "code":
            kept.outputs = [text for output in cell.get("outputs", []) for text in _text_of(output)]
        cells.append(kept)
    return new_notebook(cells, {"language_info": {"name": "python"}})


def _text_of(output: NotebookNode) -> Iterator[NotebookNode]:
    """An output as text, if it has one."""
    kind, data = output.get("output_type"), output.get("data")
    if kind == "error":
        lines = output.get("traceback") or [output.get("evalue", "")]
        yield _node(output_type="error", ename="", evalue="", traceback=[plain(str(line)) for line in lines])
        return
    said = (
        output.get("text") if kind == "stream" else data.get("text/plain") if isinstance(data, dict) else ""
    )
    said = "".join(map(str, said)) if isinstance(said, list) else said
    if isinstance(said, str) and said:
        yield _node(output_type="stream", name="stdout", text=plain(said))


def clean(markup: str | bytes) -> str:
    """Keeps the text of some HTML with its headings, lists, tables and links, and drops the rest."""
    text = markup.decode() if isinstance(markup, bytes) else str(markup)
    cleaner = _Cleaner(strip=True, tags=_TAGS.split(), attributes=_ATTRIBUTES)
    return str(cleaner.sanitize_html_tags(_WITH_CONTENT.sub("", text)))


def without_scripts(page: str) -> str:
    """The net below ``clean``: no script, no handler, no address that a page asks by itself is left.

    The browser is told to refuse all of these, should one be left all the same.
    """
    soup = BeautifulSoup(page, "html.parser")
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in soup.find_all(_OUT_OF_PLACE.split()):
        tag.decompose()
    for style in soup.find_all("style"):
        style.string = _FETCHED.sub("none", style.text)
    for tag in soup.find_all("meta"):
        if tag.has_attr("http-equiv"):
            tag.decompose()
    for tag in soup.find_all(True):
        for name, value in list(tag.attrs.items()):
            if not _is_harmless(name.lower(), value if isinstance(value, str) else " ".join(value)):
                del tag.attrs[name]
    policy = BeautifulSoup(_POLICY, "html.parser")
    (soup.head or soup).insert(0, policy)
    return str(soup)


def _is_harmless(name: str, value: str) -> bool:
    """Whether an attribute neither runs nor fetches anything."""
    address = re.sub(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060\ufeff]", "", value)
    if name == "href":
        return bool(_ADDRESS.match(address))
    if name == "src":
        return bool(re.match(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]*$", address))
    if name == "style":
        return not _REACHES_OUT.search(value)
    return not (name.startswith("on") or name in _FETCHING.split())


def with_rules(page: str, notebook: NotebookNode) -> str:
    """Names the tests by their rules, where nbgrader's page says "Test cell" or shows an id."""
    for cell in notebook.cells:
        name, rule = grade_id(cell), RULE.match(cell.source)
        if rule and name:
            said = html.escape(f"{name.split('-')[0]}: {rule[1]}")
            page = page.replace(f'<a href="#{name}">Test cell</a>', f'<a href="#{name}">{said}</a>')
            page = page.replace(f"Grade cell: <code>{name}</code>", said)
    return page
