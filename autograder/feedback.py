"""What may a student see of a graded notebook?

nbgrader's own page shows the hidden tests, in the cells and in the tracebacks, and runs the student's HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import default

from autograder.assignment import RULE
from autograder.notebooks import grade_id, new_cell
from autograder.reasons import message
from autograder.structure import read_released

_TAGS = """
    a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i li ol p pre s span strong
    sub summary sup table tbody td tfoot th thead tr ul
    svg g path line polyline polygon rect circle ellipse text tspan title desc
"""
_ATTRIBUTES = """
    class id href title role lang dir align colspan rowspan scope open aria-label aria-labelledby
    viewBox width height x y x1 y1 x2 y2 cx cy r rx ry dx dy d points transform fill stroke stroke-width
    stroke-dasharray stroke-linecap opacity text-anchor dominant-baseline font-size font-weight
"""
_Cleaner: Any = SanitizeHTML  # the library has no types
_WITH_CONTENT = re.compile(r"<(script|style|iframe|object)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)


class HideTests(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Puts the released text back into each test cell and keeps only the message of its error."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Hides the tests of one graded notebook and tells the student about repairs."""
        about = resources["nbgrader"]
        released = read_released(Path(), about["assignment"], about["notebook"])
        hide_tests(nb, released)
        if repairs := nb.metadata.get("autograder", {}).get("repairs"):
            nb.cells.insert(0, new_cell("markdown", "\n".join(f"- {html.escape(line)}" for line in repairs)))
        return nb, resources


def hide_tests(graded: NotebookNode, released: NotebookNode) -> None:
    """Removes from a graded notebook everything that only its teacher may read.

    Args:
        graded: the notebook after autograde; changed in place.
        released: the notebook as it was given out.
    """
    shown = {grade_id(cell): cell.source for cell in released.cells}
    secret = {
        line
        for cell in graded.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
        for line in _lines(cell.source)
    } - {line for cell in released.cells for line in _lines(cell.source)}
    for cell in graded.cells:
        locked = cell.metadata.get("nbgrader", {}).get("locked", False)
        if locked:
            cell.source = shown[grade_id(cell)]
        for output in cell.get("outputs", []):
            if output.output_type == "error" and locked:
                output.traceback = [message(output.ename, output.evalue)]
            _drop_secrets(output, secret)


def _drop_secrets(output: NotebookNode, secret: set[str]) -> None:
    """Blanks an output that quotes a hidden test, such as a print of the notebook's own history."""
    said = str(output.get("text", "")) + "\n".join(output.get("traceback", [])) + str(output.get("data", ""))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    if not any(line in plain for line in secret):
        return
    for key, nothing in {"text": "[not shown]\n", "traceback": ["[not shown]"], "data": {}}.items():
        if key in output:
            output[key] = nothing


def _lines(source: str) -> Iterator[str]:
    return (line.strip() for line in source.splitlines() if len(line.strip()) >= 12)


class FeedbackPage(HTMLExporter):
    """nbgrader's feedback page with the student's HTML made harmless and without scripts of its own."""

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
        """Markdown to HTML in which nothing can run."""
        return clean(self.markdown2html(context, source))

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
        """The page of one notebook."""
        page, resources = super().from_notebook_node(nb, resources, **kw)
        return with_rules(without_scripts(page), nb), resources


def clean(markup: str | bytes) -> str:
    """Keeps text, tables and drawings of some HTML and drops the rest."""
    text = markup.decode() if isinstance(markup, bytes) else str(markup)
    cleaner = _Cleaner(strip=True, tags=_TAGS.split(), attributes={"*": _ATTRIBUTES.split()})
    return str(cleaner.sanitize_html_tags(_WITH_CONTENT.sub("", text)))


def without_scripts(page: str) -> str:
    """A second net under ``clean``: no script, no handler and no address outside the page is left."""
    soup = BeautifulSoup(page, "html.parser")
    for tag in soup.find_all(["script", "iframe", "object", "embed", "link", "base", "form"]):
        tag.decompose()
    for tag in soup.find_all(True):
        for name, value in list(tag.attrs.items()):
            address = str(value).strip().lower()
            outside = name in ("src", "srcset", "data", "action") and not address.startswith("data:image/")
            if name.lower().startswith("on") or outside or address.startswith("javascript:"):
                del tag.attrs[name]
    return str(soup)


def with_rules(page: str, notebook: NotebookNode) -> str:
    """Names the tests by their rules, where nbgrader's page says "Test cell" or shows an id."""
    for cell in notebook.cells:
        name, rule = grade_id(cell), RULE.match(cell.source)
        if rule and name:
            said = html.escape(f"{name.split('-')[0]}: {rule[1]}")
            page = page.replace(f'<a href="#{name}">Test cell</a>', f'<a href="#{name}">{said}</a>')
            page = page.replace(f"Grade cell: <code>{name}</code>", said)
    return page


def note_page(title: str, sentence: str) -> str:
    """A feedback page for a submission that could not be graded."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head>\n"
        f"<body><h1>{html.escape(title)}</h1><p>{html.escape(sentence)}</p></body></html>\n"
    )
