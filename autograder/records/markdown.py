"""Is a student's Markdown safe to show, and how is it shown if not?

formgrader renders Markdown with the HTML in it. Escaping would have to know every way in which a renderer
can be led astray. So the text is rendered here, by the same renderer, and stays as it is if what comes out
is plain prose. Anything else is shown as it was typed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nbconvert.filters.markdown_mistune import markdown2html_mistune

_TAGS = """
    a blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr li ol p pre span strong
    summary table tbody td th thead tr ul
"""
_TAG = re.compile(r"</?(?P<name>[a-z][a-z0-9]*)(?P<attributes>( [a-z]+=\"[^\"<>]*\")*)( ?/)?>")
_ATTRIBUTE = re.compile(r" ([a-z]+)=\"([^\"]*)\"")
_VALUES = {
    ("a", "href"): re.compile(r"(https?://|mailto:|#).*", re.DOTALL),
    ("a", "title"): re.compile(r".*", re.DOTALL),
    ("ol", "start"): re.compile(r"\d{1,9}"),
    ("td", "style"): re.compile(r"text-align: ?(left|right|center)"),
    ("th", "style"): re.compile(r"text-align: ?(left|right|center)"),
    ("", "class"): re.compile(r"highlight|anchor-link|language-[\w+#-]{1,20}|[a-z]{1,2}[0-9]?"),
}
_TEX = re.compile(r"\\(href|require|class|style|cssId|html|def|let|newcommand|renewcommand|unicode)\b")
_LONGEST = 5_000  # characters; some texts take the renderer time that grows with the square


@lru_cache(maxsize=4096)
def harmless(text: str, reserved: frozenset[str] = frozenset()) -> str:
    """Markdown that shows a student's text and can neither run nor fetch anything.

    Args:
        text: what the student wrote.
        reserved: ids of the page that it goes into; a heading would take the place of a field to fill in.

    Returns:
        The same text if it renders to plain prose; otherwise a block that shows it literally.
    """
    return text if _is_prose(text, reserved) else verbatim(text)


def verbatim(text: str) -> str:
    """A block of Markdown that shows a text as it was typed."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _is_prose(text: str, reserved: frozenset[str]) -> bool:
    if len(text) > _LONGEST or _TEX.search(text):
        return False
    try:
        rendered = markdown2html_mistune(text)
    except Exception:  # a pasted image has no data here; other texts may hit a bug of the renderer
        return False
    # The renderer writes `<` for a tag only; what is not one of these tags, to the letter, is no prose.
    tags = [_TAG.match(rendered, found.start()) for found in re.finditer("<", rendered)]
    return all(tag and _is_known(tag["name"], tag["attributes"], reserved) for tag in tags)


def _is_known(tag: str, attributes: str, reserved: frozenset[str]) -> bool:
    """Whether prose has such a tag with such attributes."""
    for name, value in _ATTRIBUTE.findall(attributes):
        pattern = _VALUES.get((tag, name)) or _VALUES.get(("", name))
        if name == "id":  # of a heading
            if value in reserved:
                return False
        elif pattern is None or not pattern.fullmatch(value):
            return False
    return tag in _TAGS.split()
