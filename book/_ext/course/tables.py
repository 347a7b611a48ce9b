"""Tables of facts: readable on a phone and by a screen reader.

Each has a caption, says which cells are heads of rows and of columns, and scrolls where it is too wide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

FRONTEND = Path(__file__).parents[2] / "_frontend" / "reference"


def words(text: object) -> str:
    """Text as HTML."""
    return escape(str(text), quote=False)


def unseen(text: str) -> str:
    """Words for a screen reader alone."""
    return f'<span class="unseen">{words(text)}</span>'


def cell(html: str, kind: str = "") -> str:
    """A cell that is not the head of its row."""
    return f'<td class="{kind}">{html}</td>' if kind else f"<td>{html}</td>"


def facts(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table as HTML.

    Args:
        caption: what it says, in one sentence of text.
        head: the heads of the columns, as HTML.
        rows: the head of each row as HTML, and its cells.
        kind: a class for its looks.
    """
    columns = "".join(f'<th scope="col">{each}</th>' for each in head)
    body = "".join(f'<tr><th scope="row">{first}</th>{"".join(rest)}</tr>\n' for first, *rest in rows)
    label = escape(caption)
    return (
        f'<div class="facts-frame" role="group" tabindex="0" aria-label="{label}">'
        f'<table class="facts {kind}"><caption>{words(caption)}</caption>\n'
        f"<thead><tr>{columns}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def node(html: str) -> nodes.raw:
    """A table as a part of a page."""
    return nodes.raw("", html, format="html", facts=True)


def use_style(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the style on a page that has such a table."""
    if doctree and any("facts" in each for each in doctree.findall(nodes.raw)):
        app.add_css_file("facts.css")


def add_files(app: Sphinx) -> None:
    """Serve the style."""
    if app.builder.format == "html":
        app.config.html_static_path.append(str(FRONTEND))


def setup(app: Sphinx) -> None:
    """Connect to the start of a build and to the writing of each page."""
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", use_style)
