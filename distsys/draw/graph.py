"""State graphs: which states are there, and what leads from one to the other?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape

from .figure import Figure

HIGH, APART, GAP, MARGIN, TOP = 30, 46, 96, 16, 36
STYLE = """
#ID .state{fill:var(--band);stroke:var(--fg);stroke-width:1.3}
#ID .start{stroke-width:3}
#ID .bad{stroke:var(--bad);stroke-width:3;stroke-dasharray:5 3}
#ID .edge{fill:none;stroke:var(--c0);stroke-width:1.4}
#ID .head{fill:var(--c0)}
#ID .step{font-size:11px;fill:var(--mut);paint-order:stroke;stroke:var(--bg);stroke-width:4px}
"""

Place = tuple[float, float, float]  # left, middle line, width


def state_graph(
    edges: Iterable[tuple[str, str, str]], start: str, bad: Collection[str] = (), title: str = "State graph"
) -> Figure:
    """Draw the states that a small system can reach; a dozen or two can be read.

    Each column holds the states that are equally many steps from the start.

    Args:
        edges: state, step and next state, as text.
        start: the first state.
        bad: the states that break a rule; drawn dashed.
        title: what the picture shows, one sentence.

    Raises:
        ValueError: if a state cannot be reached from the start.
    """
    arrows = list(dict.fromkeys(edges))
    levels = _levels(arrows, start)
    places = _places(levels)
    lines = [_edge(places, source, step, target) for source, step, target in arrows]
    boxes = [_box(place, state, state == start, state in bad) for state, place in places.items()]
    told = [f"{source}: {step} leads to {target}." for source, step, target in arrows]
    words = f"{len(places)} states, {len(arrows)} steps; it starts in {start}."
    if bad:
        words += f" Broken: {', '.join(state for state in places if state in bad)}."
    width = max(left + wide for left, _, wide in places.values()) + MARGIN
    height = max(middle for _, middle, _ in places.values()) + HIGH / 2 + MARGIN
    return Figure(title, words, "".join(lines + boxes), round(width), round(height), STYLE, told)


def _levels(arrows: list[tuple[str, str, str]], start: str) -> list[list[str]]:
    seen, levels = {start}, [[start]]
    while levels[-1]:
        here = levels[-1]
        found = dict.fromkeys(target for state in here for source, _, target in arrows if source == state)
        levels.append([state for state in found if state not in seen])
        seen.update(levels[-1])
    for source, _, _ in arrows:
        if source not in seen:
            raise ValueError(f"the state {source!r} cannot be reached from {start!r}")
    return levels[:-1]


def _places(levels: list[list[str]]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    left, tallest = float(MARGIN), max(map(len, levels))
    for level in levels:
        wide = max(7.0 * len(state) + 20 for state in level)
        for row, state in enumerate(level):
            middle = TOP + HIGH / 2 + APART * (row + (tallest - len(level)) / 2)
            places[state] = left, middle, wide
        left += wide + GAP
    return places


def _box(place: Place, state: str, first: bool, broken: bool) -> str:
    left, middle, wide = place
    kind = "state" + (" start" if first else "") + (" bad" if broken else "")
    top = middle - HIGH / 2
    return (
        f'<rect class="{kind}" x="{left:g}" y="{top:g}" width="{wide:g}" height="{HIGH}" rx="8"/>'
        f'<text x="{left + wide / 2:g}" y="{middle + 4:g}" text-anchor="middle">{escape(state)}</text>'
    )


def _edge(places: dict[str, Place], source: str, step: str, target: str) -> str:
    (left, y1, wide), (left2, y2, wide2) = places[source], places[target]
    if left2 > left:  # on to a later column
        x1, x2, turn = left + wide, left2 - 7, GAP / 2
        path = f"M{x1:g},{y1:g}C{x1 + turn:g},{y1:g} {x2 - turn:g},{y2:g} {x2:g},{y2:g}"
        at, head = ((x1 + x2) / 2, (y1 + y2) / 2 - 4), f"M{x2 + 7:g},{y2:g}l-9,-4v8z"
    else:  # back, or within the column: a bow above
        x1, x2, up = left + wide * 0.35, left2 + wide2 * 0.65, min(y1, y2) - HIGH / 2 - 24
        end = y2 - HIGH / 2
        path = f"M{x1:g},{y1 - HIGH / 2:g}C{x1:g},{up:g} {x2:g},{up:g} {x2:g},{end - 7:g}"
        at, head = ((x1 + x2) / 2, up + 12), f"M{x2:g},{end:g}l-4,-9h8z"
    tip = escape(f"{source}: {step} leads to {target}")
    return (
        f'<g><title>{tip}</title><path class="edge" d="{path}"/><path class="head" d="{head}"/>'
        f'<text class="step" x="{at[0]:g}" y="{at[1]:g}" text-anchor="middle">{escape(step)}</text></g>'
    )
