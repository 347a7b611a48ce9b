"""Which pieces of HTML is the report made of?  Everything that comes from students is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import pandas as pd

from autograder.analysis.findings import Side
from distsys.draw.figure import Figure

_NAMES = 12  # students named before the rest is folded away
_ROWS = 80  # of a table that is not folded away


def text(value: object, limit: int = 0) -> str:
    """Some text made harmless: escaped, encodable, and cut to a length if one is given."""
    said = encodable(str(value))
    if limit and len(said) > limit:
        said = said[: limit - 1] + "…"
    return escape(said)


def encodable(said: str) -> str:
    """Some text without the halves of characters that no file can hold."""
    return said.encode("utf-8", "replace").decode()


def names(students: Sequence[str]) -> str:
    """Students in a row; many are folded away."""
    if len(students) <= _NAMES:
        return ", ".join(text(one) for one in students)
    first, rest = students[: _NAMES - 2], students[_NAMES - 2 :]
    more = folded(f"and {len(rest)} more", ", ".join(text(one) for one in rest))
    return f"{', '.join(text(one) for one in first)} {more}"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], empty: str = "") -> str:
    """A table of cells that are HTML already; the first column names the row. A long one is folded away.

    Args:
        caption: what it shows.
        heads: of the columns; one that ends with ``>`` is set flush right, one with ``…`` holds long text.
        rows: the cells.
        empty: the sentence that stands there instead if there is no row.
    """
    frame = pd.DataFrame(list(rows), columns=list(heads)).set_index(heads[0])
    if frame.empty:
        return f"<p>{empty}</p>" if empty else ""
    kinds = " ".join(
        f"{kind}{at}"
        for at, head in enumerate(heads, start=1)
        for kind, sign in (("n", ">"), ("t", "…"))
        if head.endswith(sign)
    )
    with pd.option_context("display.max_colwidth", None):
        made = frame.to_html(escape=False, border=0, index_names=False, justify="unset", classes=kinds)
    columns = "".join(f'<th scope="col">{head.rstrip(">…")}</th>' for head in heads)
    before, _, body = made.partition("</thead>")
    before = f"{before[: before.index('<thead>')]}<caption>{caption}</caption><thead><tr>{columns}</tr>"
    body = body.replace("<th>", '<th scope="row">')
    whole = f'<div class="wide" tabindex="0" role="group" aria-label="{caption}">{before}</thead>{body}</div>'
    return folded(f"{caption}: {len(frame)}", whole) if len(frame) > _ROWS else whole


def folded(summary: str, body: str) -> str:
    """Something that opens at a click."""
    return f"<details><summary>{summary}</summary><div>{body}</div></details>"


def plot(figure: Figure, caption: str) -> str:
    """A figure with its caption."""
    return figure.html().replace("</figure>", f"<figcaption>{caption}</figcaption></figure>")


def code_block(side: Side) -> str:
    """Numbered lines; those that stand in the other text, too, have a bar at the left."""
    marked = set(side.marked)
    lines = "".join(
        f"<mark>{text(line)}</mark>" if number in marked else f"<span>{text(line)}</span>"
        for number, line in enumerate(side.text.split("\n"), start=1)
    )
    return f'<pre tabindex="0">{lines}</pre>'
