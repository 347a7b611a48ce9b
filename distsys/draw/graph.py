"""State graphs: which states are there, and what leads from one to the other?

Each column holds the states that are equally many steps from the start, so a step leads to the next column
or back. Steps onward are curves; steps back run above the picture, each in a lane of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from .figure import Figure
from .marks import cut, text, tip

HIGH, APART, GAP, MARGIN, LANE, PITCH = 30, 56, 64, 16, 18, 6
STATE, STEP = 60, 26  # characters; more is cut
STYLE = """
#ID .state{fill:var(--band);stroke:var(--fg);stroke-width:1.3}
#ID .start{stroke-width:3}
#ID .bad{stroke:var(--bad);stroke-width:3;stroke-dasharray:5 3}
#ID .edge{fill:none;stroke:var(--c0);stroke-width:1.4;stroke-linejoin:round}
#ID .back{stroke:var(--mut)}
#ID .head{fill:var(--c0)}
#ID .hit{fill:none;stroke:transparent;stroke-width:11}
#ID g:hover>.edge{stroke-width:3.5}
#ID .step{font-size:11px}
"""

Pair = tuple[str, str]


class Box(NamedTuple):
    """Where a state is drawn."""

    left: float
    middle: float
    wide: float

    @property
    def right(self) -> float:
        """Its right side."""
        return self.left + self.wide

    @property
    def top(self) -> float:
        """Its upper side."""
        return self.middle - HIGH / 2


def state_graph(
    edges: Iterable[tuple[str, str, str]], start: str, bad: Collection[str] = (), title: str = "State graph"
) -> Figure:
    """Draw the states that a small system can reach; a dozen or two can be read.

    Args:
        edges: state, step and next state, as text.
        start: the first state.
        bad: the states that break a rule; drawn dashed.
        title: what the picture shows, one sentence.

    Raises:
        ValueError: if a state cannot be reached from the start.
    """
    arrows = list(dict.fromkeys(edges))
    steps: dict[Pair, list[str]] = {}
    for source, step, target in arrows:
        steps.setdefault((source, target), []).append(step)
    columns = _columns(steps, start)
    painter = _Painter(steps, columns)
    boxes = [_state(painter.boxes[state], state, state == start, state in bad) for state in painter.boxes]
    body = "".join([*painter.edges(), *boxes, *painter.loops()])
    told = [f"{source}: {step} leads to {target}." for source, step, target in arrows]
    words = f"{len(boxes)} state{'s' * (len(boxes) != 1)}, {len(arrows)} step{'s' * (len(arrows) != 1)}; "
    words += f"it starts in {start}."
    if bad:
        words += f" Broken: {', '.join(state for state in painter.boxes if state in bad)}."
    return Figure(title, words, body, round(painter.width), round(painter.height), STYLE, told)


def _columns(steps: Mapping[Pair, list[str]], start: str) -> list[list[str]]:
    """The states by their distance from the start; each near those that lead to it."""
    columns, row = [[start]], {start: 0.0}
    while columns[-1]:
        wanted: dict[str, list[float]] = {}
        for source, target in steps:
            if source in columns[-1] and target not in row:
                wanted.setdefault(target, []).append(row[source])
        column = sorted(wanted, key=lambda state: sum(wanted[state]) / len(wanted[state]))
        columns.append(column)
        row |= {state: place - (len(column) - 1) / 2 for place, state in enumerate(column)}
    for source, _ in steps:
        if source not in row:
            raise ValueError(f"the state {source!r} cannot be reached from {start!r}")
    return columns[:-1]


class _Painter:
    """Places states and steps, and draws the steps."""

    def __init__(self, steps: Mapping[Pair, list[str]], columns: list[list[str]]) -> None:
        self.words = {pair: cut(", ".join(names), STEP) for pair, names in steps.items()}
        self.steps = steps
        column = {state: number for number, states in enumerate(columns) for state in states}
        self.on = [pair for pair in steps if column[pair[1]] > column[pair[0]]]
        self.own = [pair for pair in steps if pair[0] == pair[1]]
        self.back = [pair for pair in steps if pair not in self.on and pair not in self.own]
        exits = [[pair for pair in self.back if column[pair[0]] == number] for number in range(len(columns))]
        entries = [
            [pair for pair in self.back if column[pair[1]] == number] for number in range(len(columns))
        ]
        self.boxes: dict[str, Box] = {}
        self.out: dict[Pair, float] = {}  # where a step back goes up
        self.into: dict[Pair, float] = {}  # where it comes down again
        tallest, x = max(map(len, columns)), float(MARGIN)
        for number, states in enumerate(columns):
            x += PITCH * len(entries[number]) + (8 if entries[number] else 0)
            wide = max(7.0 * len(cut(state, STATE)) + 20 for state in states)
            for place, pair in enumerate(entries[number]):
                self.into[pair] = x - 12 - PITCH * place
            for row, state in enumerate(states):
                self.boxes[state] = Box(x, APART * (row + (tallest - len(states)) / 2), wide)
            x += wide
            for place, pair in enumerate(exits[number]):
                self.out[pair] = x + 6 + PITCH * place
            self.width = x + PITCH * len(exits[number]) + MARGIN
            words = [self.words[pair] for pair in self.on if column[pair[0]] == number]
            x += PITCH * len(exits[number]) + GAP + max([0.0, *(6.2 * len(each) - 16 for each in words)])
        for source, target in self.own:
            right = self.boxes[source].right + 6 + 6.2 * len(self.words[source, target])
            self.width = max(self.width, right + MARGIN)
        lanes = self._lanes()
        self.lane = {pair: MARGIN + 4 + LANE * number for pair, number in lanes.items()}
        down = MARGIN + HIGH + LANE * (max(lanes.values(), default=-1) + 1)
        self.boxes = {s: box._replace(middle=box.middle + down) for s, box in self.boxes.items()}
        self.height = max(box.middle for box in self.boxes.values()) + HIGH / 2 + MARGIN
        self.written: list[tuple[float, float, float]] = []

    def _lanes(self) -> dict[Pair, int]:
        """Short steps back run below long ones, and share a lane if they do not meet."""
        lanes: list[list[tuple[float, float]]] = []
        found: dict[Pair, int] = {}
        for pair in sorted(self.back, key=lambda pair: self.out[pair] - self.into[pair]):
            middle = (self.into[pair] + self.out[pair]) / 2
            half = max(self.out[pair] - self.into[pair], 6.4 * len(self.words[pair])) / 2 + 6
            free = (
                number
                for number, taken in enumerate(lanes)
                if all(middle + half <= left or right <= middle - half for left, right in taken)
            )
            number = next(free, len(lanes))
            if number == len(lanes):
                lanes.append([])
            lanes[number].append((middle - half, middle + half))
            found[pair] = number
        return {pair: len(lanes) - 1 - number for pair, number in found.items()}

    def edges(self) -> list[str]:
        """The steps from state to state."""
        return [*map(self._onward, self.on), *map(self._backward, self.back)]

    def _onward(self, pair: Pair) -> str:
        source, target = self.boxes[pair[0]], self.boxes[pair[1]]
        x1, y1, x2, y2 = source.right, source.middle, target.left - 7, target.middle
        turn = (x2 - x1) / 2
        path = f"M{x1:g},{y1:g}C{x1 + turn:g},{y1:g} {x2 - turn:g},{y2:g} {x2:g},{y2:g}"
        half = 3.1 * len(self.words[pair])
        for share in (0.5, 0.36, 0.64, 0.26, 0.74, 0.5):
            bend = 1.5 * share * (1 - share) * (x1 + x2)  # the two inner points are in the middle
            at = (1 - share) ** 3 * x1 + share**3 * x2 + bend
            height = y1 + (y2 - y1) * share * share * (3 - 2 * share) - 4
            if not any(abs(at - x) < half + h and abs(height - y) < 13 for x, y, h in self.written):
                break
        self.written.append((at, height, half))
        return self._edge(pair, path, f"M{x2 + 7:g},{y2:g}l-9,-4v8z", at, height, "edge")

    def _backward(self, pair: Pair) -> str:
        source, target, lane = self.boxes[pair[0]], self.boxes[pair[1]], self.lane[pair]
        out, into = self.out[pair], self.into[pair]
        y1, y2 = source.middle - HIGH / 4, target.middle - HIGH / 4
        path = f"M{source.right:g},{y1:g}H{out:g}V{lane:g}H{into:g}V{y2:g}H{target.left - 7:g}"
        head = f"M{target.left:g},{y2:g}l-9,-4v8z"
        return self._edge(pair, path, head, (out + into) / 2, lane + 4, "edge back")

    def loops(self) -> list[str]:
        """The steps that change nothing: bows at the corners of their states."""
        loops = []
        for pair in self.own:
            box = self.boxes[pair[0]]
            x, y = box.right - 22, box.top
            path = f"M{x:g},{y:g}C{x:g},{y - 20:g} {x + 16:g},{y - 20:g} {x + 16:g},{y - 7:g}"
            half = 3.1 * len(self.words[pair])
            loops.append(
                self._edge(pair, path, f"M{x + 16:g},{y:g}l-4,-9h8z", box.right + 4 + half, y - 6, "edge")
            )
        return loops

    def _edge(self, pair: Pair, path: str, head: str, x: float, y: float, kind: str) -> str:
        words = "; ".join(f"{pair[0]}: {step} leads to {pair[1]}" for step in self.steps[pair])
        label = text(x, round(y, 1), self.words[pair], "step mut halo", "middle")
        return (
            f'<g>{tip(words)}<path class="hit" d="{path}"/><path class="{kind}" d="{path}"/>'
            f'<path class="head" d="{head}"/>{label}</g>'
        )


def _state(box: Box, state: str, first: bool, broken: bool) -> str:
    kind = "state" + (" start" if first else "") + (" bad" if broken else "")
    words = text(box.left + box.wide / 2, box.middle + 4, cut(state, STATE), anchor="middle")
    return (
        f'<g><rect class="{kind}" x="{box.left:g}" y="{box.top:g}" width="{box.wide:g}" height="{HIGH}" '
        f'rx="8"/>{words}{tip(state) if len(state) > STATE else ""}</g>'
    )
