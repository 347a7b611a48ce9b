"""Arrows: what became of each message?

A message that arrived is an arrow, one that was lost a dashed line to a cross, one that is still on its way
at the end a dotted stub. The head tells the type of the message, as its colour does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from ..trace import Record
from .axis import Axis, Key
from .figure import COLOURS
from .marks import cross, tip
from .words import Sayer

STYLE = """
#ID .msg{stroke:var(--k);stroke-width:1.5;fill:var(--k);stroke-linejoin:round}
#ID .open{fill:var(--bg)}
#ID .bow{fill:none}
#ID .lost{stroke-dasharray:4 3}
#ID .flying{stroke-dasharray:1 4;stroke-linecap:round}
#ID .hit{stroke:transparent;stroke-width:11;fill:transparent}
#ID g:hover>.msg{stroke-width:3}
#ID .cross{stroke:var(--bad);stroke-width:2;fill:none}
"""

# The strokes of a head from its tip: (command, back, aside). Each colour has its own head.
TRIANGLE = (("m", 0, 0), ("l", -8, 3.4), ("l", 0, -6.8), ("z", 0, 0))
VEE = (("m", -7, 4), ("l", 7, -4), ("l", -7, -4))
DIAMOND = (("m", 0, 0), ("l", -5, 3.4), ("l", -5, -3.4), ("l", 5, -3.4), ("z", 0, 0))
TWO = (*VEE, ("m", 2, 4), ("m", -7, 4), ("l", 7, -4), ("l", -7, -4))
HEADS = ((TRIANGLE, "msg"), (TRIANGLE, "msg open"), (VEE, "msg bow"), (DIAMOND, "msg"), (DIAMOND, "msg open"),
         (TWO, "msg bow"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrow:
    """What became of one copy of a message.

    Attributes:
        sent: when it was sent.
        src: by whom.
        got: when it arrived or was lost.
        dst: to whom it was sent.
        kind: the name of its type.
        steps: the steps of the picture at which it begins and ends.
        lost: why it was lost; empty if it was not.
        words: the message and its fate.
        flying: whether nobody knows what became of it.
    """

    sent: Key
    src: str
    got: Key
    dst: str
    kind: str
    steps: str
    lost: str
    words: str
    flying: bool = False


def arrows(
    records: Iterable[tuple[int, Record]],
    keys: Mapping[int, Key],
    step: Mapping[int, int],
    say: Sayer,
    drawn: Callable[[Record], bool],
) -> list[Arrow]:
    """Follow every message of a trace.

    Args:
        records: the records with their indices.
        keys: the moment of each record.
        step: the step of each record.
        say: writes a message.
        drawn: whether a send is to be drawn.
    """
    sent: dict[int, tuple[int, Record]] = {}
    flying: dict[int, tuple[int, Record]] = {}
    found: list[Arrow] = []
    at_once: list[tuple[int, int, Record, str]] = []
    for index, record in records:
        if record.kind == "send":
            if drawn(record):
                sent[record.id] = flying[record.id] = index, record
        elif record.kind in ("deliver", "drop") and record.id in sent:
            start, origin = sent[record.id]
            flying.pop(record.id, None)
            lost = str(record.data) if record.kind == "drop" else ""
            words = (
                f"{say.when(origin, record)}  {origin.node} → {origin.peer}: "
                f"{say(origin.data)}{', lost: ' if lost else ''}{lost}"
            )
            if lost and record.time == origin.time:
                at_once.append((start, index, origin, words))
                continue
            steps = f"{step[start]} {step[index]}"
            kind = type(origin.data).__name__
            found.append(Arrow(keys[start], origin.node, keys[index], origin.peer, kind, steps, lost, words))
    usual = int(median([arrow.got[0] - arrow.sent[0] for arrow in found])) if found else 5000
    for start, index, origin, words in at_once:  # with the slope of a usual message
        steps, kind = f"{step[start]} {step[index]}", type(origin.data).__name__
        got = keys[start][0] + usual, 0
        found.append(Arrow(keys[start], origin.node, got, origin.peer, kind, steps, "at once", words))
    for start, origin in flying.values():
        words = f"{say.when(origin)}  {origin.node} → {origin.peer}: {say(origin.data)}, "
        words += "still on its way at the end"
        key, kind = keys[start], type(origin.data).__name__
        found.append(Arrow(key, origin.node, key, origin.peer, kind, f"{step[start]}", "", words, True))
    return found


class Quiver:
    """Draws arrows.

    Args:
        axis: where a moment is.
        height: where the line of each node is.
        lane: the distance between two lines.
        right: where the paper ends.
        kinds: the types of messages, in order; each gets a colour and a head.
    """

    def __init__(
        self, axis: Axis, height: Mapping[str, float], lane: float, right: float, kinds: Iterable[str]
    ) -> None:
        self.axis, self.height, self.lane, self.right = axis, height, lane, right
        self.number = {kind: number % COLOURS for number, kind in enumerate(kinds)}

    def draw(self, arrow: Arrow) -> str:
        """One arrow, with its tip."""
        number = self.number[arrow.kind]
        x1, y1 = self.axis(arrow.sent), self.height[arrow.src]
        if arrow.src == arrow.dst:
            return self._bow(arrow, number, x1, y1)
        x2, y2 = self.axis(arrow.got), self.height[arrow.dst]
        if arrow.flying:  # a stub: it left, and nobody knows when it will be there
            down = self.lane * (0.6 if y2 > y1 else -0.6)
            line = f"M{x1:.1f},{y1:g}L{min(x1 + 26, self.right):.1f},{y1 + down:g}"
            return self._group(arrow, line, _path("msg flying", line))
        long = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1.0
        ux, uy = (x2 - x1) / long, (y2 - y1) / long
        reach = long * 0.7 if arrow.lost else long - 5
        ex, ey = x1 + ux * reach, y1 + uy * reach
        line = f"M{x1:.1f},{y1:g}L{ex:.1f},{ey:.1f}"
        if arrow.lost:
            return self._group(arrow, line, _path("msg lost", line) + cross(ex, ey, 4))
        return self._group(arrow, line, _path(HEADS[number][1], line + head(number, ux, uy)))

    def _bow(self, arrow: Arrow, number: int, x1: float, y: float) -> str:
        """A message to oneself: a small bow above the line."""
        x2 = x1 + 16 if arrow.flying or arrow.lost else max(self.axis(arrow.got), x1 + 12)
        line = f"M{x1:.1f},{y - 4:g}C{x1:.1f},{y - 26:g} {x2:.1f},{y - 26:g} {x2:.1f},{y - 9:g}"
        if arrow.flying:
            return self._group(arrow, line, _path("msg bow flying", line))
        if arrow.lost:
            return self._group(arrow, line, _path("msg bow lost", line) + cross(x2, y - 8, 4))
        end = _path(HEADS[number][1], f"M{x2:.1f},{y - 4:g}{head(number, 0, 1)}")
        return self._group(arrow, line, _path("msg bow", line) + end)

    def _group(self, arrow: Arrow, line: str, drawing: str) -> str:
        """A drawing with its words; a wide line that nobody sees is easy to point at."""
        return (
            f'<g class="k{self.number[arrow.kind]}" data-n="{arrow.steps}">{tip(arrow.words)}'
            f'<path class="hit" d="{line}"/>{drawing}</g>'
        )

    def samples(self) -> Iterator[tuple[str, str]]:
        """The types of messages, for the legend."""
        for kind, number in self.number.items():
            path = f"M0,0L22,0{head(number, 1, 0)}"
            yield f'<path class="{HEADS[number][1]} k{number}" d="{path}"/>', kind


def _path(kind: str, path: str) -> str:
    return f'<path class="{kind}" d="{path}"/>'


def head(number: int, ux: float, uy: float) -> str:
    """The head of an arrow that ends here and comes in the direction (ux, uy)."""
    return "".join(
        "z" if command == "z" else f"{command}{back * ux - aside * uy:.1f},{back * uy + aside * ux:.1f}"
        for command, back, aside in HEADS[number][0]
    )
