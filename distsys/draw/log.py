"""Logs: what does each node hold at each place of its log, and how far is it committed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..trace import natural
from .figure import COLOURS, Figure
from .marks import cut, legend, names, room_for, text, tip

TOP, CELL, ROW, HIGH = 34, 64, 50, 36
COMMAND = 18  # characters; more is cut
STYLE = """
#ID .entry{fill:color-mix(in srgb,var(--k) 22%,var(--bg));stroke:var(--k);stroke-width:1.5}
#ID .open{stroke-dasharray:4 3}
#ID .commit{stroke:var(--fg);stroke-width:3}
#ID .term{font-size:10px}
"""


def logs(
    entries: Mapping[str, Sequence[tuple[int, object]]],
    commit: Mapping[str, int] | None = None,
    title: str = "Logs",
) -> Figure:
    """Draw replicated logs, one below the other; each entry shows its term, by number and colour.

    Args:
        entries: the log of each node: term and command of each entry, from index 1 on.
        commit: up to which index each node knows its log to be committed; 0 if nothing is.
        title: what the picture shows, one sentence.

    Raises:
        ValueError: if a commit index lies beyond the end of its log.
    """
    nodes, commit = sorted(entries, key=natural), commit or {}
    terms = sorted({term for log in entries.values() for term, _ in log})
    colour = {term: f"k{number % COLOURS}" for number, term in enumerate(terms)}
    longest = max((len(log) for log in entries.values()), default=0)
    commands = [cut(str(command), COMMAND) for log in entries.values() for _, command in log]
    cell = max([CELL, *(7 * len(command) + 18 for command in commands)])
    left = room_for(nodes, 64)
    middles = [left + (place + 0.5) * cell for place in range(longest)]
    parts = [text(x, TOP - 12, str(index), "mut", "middle") for index, x in enumerate(middles, 1)]
    told = []
    for row, node in enumerate(nodes):
        log, known, y = entries[node], commit.get(node, 0), TOP + row * ROW
        if not 0 <= known <= len(log):
            raise ValueError(f"{node} has {len(log)} entries, so its commit index cannot be {known}")
        for place, (term, command) in enumerate(log):
            state = "committed" if place < known else "not committed"
            words = f"{node}, index {place + 1}: {command} (term {term}), {state}"
            x = left + place * cell
            parts.append(
                f'<g class="{colour[term]}">{tip(words)}'
                f'<rect class="entry{"" if place < known else " open"}" x="{x + 2:g}" y="{y}" '
                f'width="{cell - 4:g}" height="{HIGH}" rx="4"/>{text(x + 7, y + 13, str(term), "term")}'
                f"{text(middles[place], y + 26, cut(str(command), COMMAND), anchor='middle')}</g>"
            )
        if node in commit:
            parts.append(f'<path class="commit" d="M{left + known * cell:g},{y - 4}v{HIGH + 8}"/>')
        held = ", ".join(f"{command} in term {term}" for term, command in log) or "nothing"
        told.append(f"{node} holds {held}" + (f"; committed up to {known}." if node in commit else "."))
    samples = [(_sample(f"entry {colour[term]}"), f"term {term}") for term in terms]
    if commit:
        samples.append((f'<g style="--k:var(--mut)">{_sample("entry open")}</g>', "not committed"))
        samples.append(('<path class="commit" d="M11,-8v16"/>', "committed up to here"))
    width = max(left + longest * cell + 12, left + 360)
    signs, bottom = legend(samples, left, width, TOP + len(nodes) * ROW + 10)
    lines = [(node, TOP + row * ROW + 19) for row, node in enumerate(nodes)]
    return Figure(
        title, " ".join(told), "".join(parts) + signs, round(width), round(bottom) + 18, STYLE, told,
        names=names(lines, left, TOP - 6, TOP + len(nodes) * ROW), gutter=round(left) - 6,
    )  # fmt: skip


def _sample(kind: str) -> str:
    return f'<rect class="{kind}" x="0" y="-7" width="22" height="14" rx="3"/>'
