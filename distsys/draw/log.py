"""Logs: what does each node hold at each place of its log, and how far is it committed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ..trace import natural
from .figure import COLOURS, Figure

LEFT, TOP, CELL, ROW, HIGH = 64, 34, 64, 44, 30
STYLE = """
#ID .entry{fill:color-mix(in srgb,var(--k) 22%,var(--bg));stroke:var(--k);stroke-width:1.5}
#ID .open{stroke-dasharray:4 3}
#ID .commit{stroke:var(--fg);stroke-width:3}
#ID .name{font-weight:600}
"""


def logs(
    entries: Mapping[str, Sequence[tuple[int, object]]],
    commit: Mapping[str, int] | None = None,
    title: str = "Logs",
) -> Figure:
    """Draw replicated logs, one below the other; the colour of an entry is its term.

    Args:
        entries: the log of each node: term and command of each entry, from index 1 on.
        commit: up to which index each node knows its log to be committed; 0 if nothing is.
        title: what the picture shows, one sentence.

    Raises:
        ValueError: if a commit index lies beyond the end of its log.
    """
    nodes = sorted(entries, key=natural)
    commit = commit or {}
    terms = sorted({term for log in entries.values() for term, _ in log})
    colour = {term: f"--k:var(--c{number % COLOURS})" for number, term in enumerate(terms)}
    longest = max((len(log) for log in entries.values()), default=0)
    middles = [LEFT + (place + 0.5) * CELL for place in range(longest)]
    parts = [
        f'<text class="mut" x="{x:g}" y="{TOP - 12}" text-anchor="middle">{index}</text>'
        for index, x in enumerate(middles, 1)
    ]
    told = []
    for row, node in enumerate(nodes):
        log, known, y = entries[node], commit.get(node, 0), TOP + row * ROW
        if not 0 <= known <= len(log):
            raise ValueError(f"{node} has {len(log)} entries, so its commit index cannot be {known}")
        name = f'<text class="name" x="{LEFT - 12}" y="{y + 19}" text-anchor="end">{escape(node)}</text>'
        parts.append(name)
        for place, (term, command) in enumerate(log):
            state = "committed" if place < known else "not committed"
            tip = f"{node}, index {place + 1}: {command} (term {term}), {state}"
            x = LEFT + place * CELL
            parts.append(
                f'<g style="{colour[term]}"><title>{escape(tip)}</title>'
                f'<rect class="entry{"" if place < known else " open"}" x="{x + 2}" y="{y}" '
                f'width="{CELL - 4}" height="{HIGH}" rx="4"/>'
                f'<text x="{middles[place]:g}" y="{y + 19}" text-anchor="middle">'
                f"{escape(str(command))}</text></g>"
            )
        if node in commit:
            x = LEFT + known * CELL
            parts.append(f'<line class="commit" x1="{x}" x2="{x}" y1="{y - 4}" y2="{y + HIGH + 4}"/>')
        held = ", ".join(f"{command} in term {term}" for term, command in log) or "nothing"
        told.append(f"{node} holds {held}" + (f"; committed up to {known}." if node in commit else "."))
    y, x = TOP + len(nodes) * ROW + 12, LEFT
    for text, drawing in (
        *((f"term {term}", f'<g style="{colour[term]}">{_sample("entry")}</g>') for term in terms),
        *([("not committed", f'<g style="--k:var(--mut)">{_sample("entry open")}</g>')] if commit else []),
    ):
        label = f'<text class="mut" x="28" y="4">{text}</text>'
        parts.append(f'<g transform="translate({x},{y})">{drawing}{label}</g>')
        x += 50 + 7 * len(text)
    width = max(LEFT + longest * CELL + 12, x)
    return Figure(title, " ".join(told), "".join(parts), width, y + 18, STYLE, told)


def _sample(kind: str) -> str:
    return f'<rect class="{kind}" x="0" y="-7" width="22" height="14" rx="3"/>'
