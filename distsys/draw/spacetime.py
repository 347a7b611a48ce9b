"""Space-time diagrams: who sent what to whom, and when did it arrive?

One horizontal line a node, time to the right, one arrow a message. A linear axis makes bursts unreadable,
so the axis is a blend of true time and of the order of events; order is always kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median

from ..check.causality import HappensBefore
from ..trace import EVENTS, Record, Trace, canonical
from .figure import COLOURS, Figure

LEFT, RIGHT, TOP, BOTTOM = 58, 22, 40, 34
STYLE = """
#ID .grid{stroke:var(--line);stroke-dasharray:1 4}
#ID .lane{stroke:var(--line);stroke-width:2}
#ID .name{font-weight:600}
#ID .msg{stroke:var(--k);stroke-width:1.5;fill:none}
#ID .head{fill:var(--k)}
#ID .lost{stroke-dasharray:4 3}
#ID .cross{stroke:var(--bad);stroke-width:2;fill:none}
#ID .dead{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:2 4}
#ID .down{fill:var(--bg)}
#ID .up{fill:var(--c2)}
#ID .pause{fill:var(--band);stroke:var(--mut);stroke-dasharray:3 3}
#ID .group{fill:var(--band);stroke:var(--mut);stroke-dasharray:5 4}
#ID .timer{fill:var(--bg);stroke:var(--mut);stroke-width:1.3}
#ID .dot{fill:var(--fg);stroke:var(--bg);stroke-width:1.5}
#ID .label{font:600 12px ui-monospace,"DejaVu Sans Mono",monospace}
#ID .halo{paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}
#ID .note{font-size:11px;fill:var(--mut)}
#ID .hit{fill:transparent}
#ID .ev:focus{outline:none}
#ID .ev:is(:hover,:focus) .dot{stroke:var(--fg);stroke-width:4}
"""

Key = tuple[int, int]  # time, and place among the events of one node at that time


@dataclass(frozen=True)
class _Arrow:
    sent: Key
    src: str
    got: Key
    dst: str
    message: object
    lost: str = ""
    tip: str = ""


class _Axis:
    """Maps a moment to a horizontal position."""

    def __init__(self, keys: Iterable[Key], width: int, warp: float) -> None:
        self.keys = sorted(set(keys)) or [(0, 0)]
        first, last = self.keys[0][0], self.keys[-1][0]
        span, steps = max(1, last - first), max(1, len(self.keys) - 1)
        room = width - LEFT - RIGHT - 24
        self.x = [
            LEFT + 12 + room * ((1 - warp) * (key[0] - first) / span + warp * rank / steps)
            for rank, key in enumerate(self.keys)
        ]

    def __call__(self, key: Key) -> float:
        right = bisect_right(self.keys, key)
        if right == 0:
            return self.x[0]
        if right == len(self.keys) or self.keys[right - 1] == key:
            return self.x[right - 1]
        before, after = self.keys[right - 1], self.keys[right]
        share = (key[0] - before[0]) / max(1, after[0] - before[0])
        return self.x[right - 1] + share * (self.x[right] - self.x[right - 1])


def spacetime(
    trace: Trace,
    title: str = "Space-time diagram",
    *,
    labels: Mapping[int, str] | None = None,
    concurrency: bool = False,
    nodes: Sequence[str] | None = None,
    hide: Iterable[str] = (),
    warp: float = 0.6,
    width: int = 720,
    lane: int = 62,
) -> Figure:
    """Draw a trace.

    Args:
        trace: what happened.
        title: what the picture shows, one sentence.
        labels: text to write at events, by index in the trace, for instance logical stamps. Events with
            a label are drawn as dots, and events of one node at one moment are drawn apart.
        concurrency: if true, pointing at an event highlights the events that are concurrent with it.
        nodes: the lines, from top to bottom; all nodes of the trace if not given.
        hide: names of message types and timers to leave out.
        warp: 0 draws true time, 1 draws the order of events only, values between blend both.
        width: of the drawing, in pixels.
        lane: the distance between two lines, in pixels.
    """
    lines = list(nodes or trace.nodes)
    painter = _Painter(
        trace, lines, labels=dict(labels or {}), hide=frozenset(hide), warp=warp, width=width, lane=lane
    )
    parts = [
        *painter.partitions(),
        *painter.axis_marks(),
        *painter.lanes(),
        *painter.pauses(),
        *painter.outages(),
        *painter.arrows(),
        *painter.timers(),
        *painter.events(),
        *painter.notes(),
        *painter.legend(),
    ]
    style = STYLE + (_concurrency_rules(trace, painter.labels) if concurrency else "")
    return Figure(
        title=title,
        description=painter.description(),
        body="".join(parts),
        width=width,
        height=painter.height,
        style=style,
        transcript=[
            f"{record}{f'  [{painter.labels[i]}]' if i in painter.labels else ''}"
            for i, record in enumerate(trace)
            if record.kind != "start" or i in painter.labels
        ],
    )


def _concurrency_rules(trace: Trace, labels: Mapping[int, str]) -> str:
    """CSS alone does the highlighting: no script, so it works wherever the picture is shown."""
    order = HappensBefore(trace)
    rules = []
    for index in labels:
        others = [f'[data-e="{other}"]' for other in labels if order.concurrent(index, other)]
        if others:
            at = f'#ID:has([data-e="{index}"]:is(:hover,:focus))'
            rules.append(f"{at} :is({','.join(others)}) :is(.dot,text){{fill:var(--hi)}}")
    return "\n".join(rules)


class _Painter:
    """Turns one trace into SVG elements, layer by layer."""

    def __init__(
        self,
        trace: Trace,
        lines: list[str],
        *,
        labels: dict[int, str],
        hide: frozenset[str],
        warp: float,
        width: int,
        lane: int,
    ) -> None:
        self.lines, self.labels, self.hide = lines, labels, hide
        self.width, self.lane = width, lane
        self.height = TOP + lane * len(lines) + BOTTOM
        self.records = list(enumerate(trace))
        self.keys = self._keys()
        self.all_arrows = self._arrows()
        self.axis = _Axis([*self.keys.values(), *(arrow.got for arrow in self.all_arrows)], width, warp)
        kinds = sorted({type(arrow.message).__name__ for arrow in self.all_arrows})
        self.colour = {kind: f"--k:var(--c{number % COLOURS})" for number, kind in enumerate(kinds)}
        self.end = self.axis.keys[-1]
        self.taken: dict[tuple[str, int], float] = {}  # how far each side of each line is written on

    def y(self, node: str) -> float:
        return TOP + self.lane * (self.lines.index(node) + 0.5)

    def _keys(self) -> dict[int, Key]:
        """The moment of each record; labelled events of one node at one time come one after the other."""
        keys: dict[int, Key] = {}
        busy: dict[tuple[str, int], int] = {}
        for index, record in self.records:
            here = record.node, record.time
            if index in self.labels:
                busy[here] = busy.get(here, -1) + 1
            keys[index] = record.time, max(0, busy.get(here, 0))
        return keys

    def _arrows(self) -> list[_Arrow]:
        sent: dict[int, tuple[int, Record]] = {}
        arrows: list[_Arrow] = []
        lost: list[_Arrow] = []
        for index, record in self.records:
            if record.kind == "send":
                sent[record.id] = index, record
            elif record.kind in ("deliver", "drop") and record.id in sent:
                start, origin = sent[record.id]
                if type(origin.data).__name__ in self.hide or not {origin.node, origin.peer} <= {*self.lines}:
                    continue
                arrow = _Arrow(
                    self.keys[start], origin.node, self.keys[index], origin.peer, origin.data,
                    record.data if record.kind == "drop" else "",
                    f"{origin.time / 1000:.3f} → {record.time / 1000:.3f} ms  {origin.node} → {origin.peer}: "
                    f"{canonical(origin.data)}" + (f", lost: {record.data}" if record.kind == "drop" else ""),
                )  # fmt: skip
                (lost if arrow.lost and record.time == origin.time else arrows).append(arrow)
        usual = int(median([arrow.got[0] - arrow.sent[0] for arrow in arrows])) if arrows else 5000
        for arrow in lost:  # lost at once: give it the slope of a usual message
            got = arrow.sent[0] + usual, 0
            arrows.append(
                _Arrow(arrow.sent, arrow.src, got, arrow.dst, arrow.message, arrow.lost, arrow.tip)
            )
        return arrows

    def partitions(self) -> Iterable[str]:
        cuts = [(i, r) for i, r in self.records if r.kind in ("partition", "heal")]
        for (index, record), after in zip(cuts, [*cuts[1:], None], strict=False):
            if record.kind == "heal":
                continue
            left = self.axis(self.keys[index])
            right = self.axis(self.keys[after[0]] if after else self.end)
            for group in record.data:
                for run in self._neighbours(group):
                    top = self.y(run[0]) - self.lane * 0.43
                    tall = self.y(run[-1]) + self.lane * 0.43 - top
                    yield _rect("group", left, top, right - left, tall, 8, f"cut off: {', '.join(group)}")
            middle = (left + right) / 2
            yield f'<text class="note" x="{middle:.1f}" y="{TOP - 3}" text-anchor="middle">network cut</text>'

    def _neighbours(self, group: Sequence[str]) -> list[list[str]]:
        runs: list[list[str]] = []
        for line, following in zip(self.lines, ["", *self.lines], strict=False):
            if line in group:
                if runs and runs[-1][-1] == following:
                    runs[-1].append(line)
                else:
                    runs.append([line])
        return runs

    def axis_marks(self) -> Iterable[str]:
        first, last = self.axis.keys[0][0] / 1000, self.axis.keys[-1][0] / 1000
        steps = [factor * 10**power for power in range(-2, 9) for factor in (1, 2, 5)]
        step = next(step for step in steps if (last - first) / step <= 24)
        bottom = TOP + self.lane * len(self.lines)
        yield f'<text class="mut" x="{LEFT - 12}" y="{TOP - 16}" text-anchor="end">ms</text>'
        taken = -1000.0
        for number in range(-int(-first // step), int(last // step) + 1):
            x = self.axis((round(number * step * 1000), 0))
            if x - taken >= 46:
                taken = x
                yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>'
                ms = f"{number * step:g}"
                yield f'<text class="mut" x="{x:.1f}" y="{TOP - 16}" text-anchor="middle">{ms}</text>'

    def lanes(self) -> Iterable[str]:
        for node in self.lines:
            y = self.y(node)
            yield f'<line class="lane" x1="{LEFT}" x2="{self.width - RIGHT}" y1="{y}" y2="{y}"/>'
            yield f'<text class="name" x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(node)}</text>'

    def pauses(self) -> Iterable[str]:
        for index, record in self.records:
            if record.kind == "pause" and record.node in self.lines:
                left = self.axis(self.keys[index])
                right = self.axis((record.time + round(record.data * 1000), 0))
                y = self.y(record.node) - 8
                tip = f"{record.node} is paused {record.data:g} ms"
                yield _rect("pause", left, y, right - left, 16, 4, tip)
                yield f'<text class="note halo" x="{left + 4:.1f}" y="{y - 4}">paused</text>'

    def outages(self) -> Iterable[str]:
        for index, record in self.records:
            if record.kind != "crash" or record.node not in self.lines:
                continue
            back = next(
                (i for i, r in self.records[index:] if r.kind == "restart" and r.node == record.node), None
            )
            left, y = self.axis(self.keys[index]), self.y(record.node)
            right = self.axis(self.keys[back]) if back is not None else self.width - RIGHT
            yield _rect("down", left, y - 4, right - left, 8, 0, "")
            yield f'<line class="dead" x1="{left:.1f}" x2="{right:.1f}" y1="{y}" y2="{y}"/>'
            yield _cross(left, y, 5, f"{record.node} crashes at {record.time / 1000:.1f} ms")
            if back is not None:
                yield f'<path class="up" d="M{right - 5:.1f},{y + 6}l5,-11l5,11z"/>'

    def arrows(self) -> Iterable[str]:
        for arrow in self.all_arrows:
            x1, y1 = self.axis(arrow.sent), self.y(arrow.src)
            x2, y2 = self.axis(arrow.got), self.y(arrow.dst)
            if arrow.src == arrow.dst:
                continue
            long = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1.0
            ux, uy = (x2 - x1) / long, (y2 - y1) / long
            reach = long * 0.7 if arrow.lost else long - 5
            ex, ey = x1 + ux * reach, y1 + uy * reach
            if arrow.lost:
                tip = _cross(ex, ey, 4, "")
            else:
                bx, by, px, py = ex - ux * 8, ey - uy * 8, -uy * 3.4, ux * 3.4
                tip = (
                    f'<path class="head" d="M{ex:.1f},{ey:.1f}L{bx + px:.1f},{by + py:.1f}'
                    f'L{bx - px:.1f},{by - py:.1f}z"/>'
                )
            kind = type(arrow.message).__name__
            yield (
                f'<g style="{self.colour[kind]}"><title>{escape(arrow.tip)}</title>'
                f'<line class="msg{" lost" if arrow.lost else ""}" '
                f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{ex:.1f}" y2="{ey:.1f}"/>{tip}</g>'
            )

    def timers(self) -> Iterable[str]:
        for index, record in self.records:
            if record.kind == "timer" and record.node in self.lines and record.data not in self.hide:
                if index in self.labels:
                    continue  # drawn as a labelled event
                x, y = self.axis(self.keys[index]), self.y(record.node)
                yield (
                    f'<path class="timer" d="M{x:.1f},{y + 3}l4,8h-8z">'
                    f"<title>{escape(str(record))}</title></path>"
                )

    def events(self) -> Iterable[str]:
        """Labelled events as dots; each label above its line if there is room, else below."""
        taken = self.taken
        for index, text in sorted(self.labels.items()):
            record = self.records[index][1]
            if record.node not in self.lines:
                continue
            x, y, half = self.axis(self.keys[index]), self.y(record.node), 3.7 * len(text) + 3
            side = min((-1, 1), key=lambda s: (max(0.0, taken.get((record.node, s), -1e9) - (x - half)), s))
            at = min(max(x, taken.get((record.node, side), -1e9) + half), self.width - half)
            taken[record.node, side] = at + half
            yield (
                f'<g class="ev" data-e="{index}" tabindex="0"><title>{escape(f"{record}  {text}")}</title>'
                f'<circle class="hit" cx="{x:.1f}" cy="{y}" r="12"/>'
                f'<circle class="dot" cx="{x:.1f}" cy="{y}" r="5"/>'
                f'<text class="label halo" x="{at:.1f}" y="{y - 11 if side < 0 else y + 21}" '
                f'text-anchor="middle">{escape(text)}</text></g>'
            )

    def notes(self) -> Iterable[str]:
        """Remarks above the line; one that would cover its neighbour goes below."""
        taken = self.taken
        remarks: dict[tuple[str, Key], list[str]] = {}
        for index, record in self.records:
            if record.kind in ("note", "clock") and record.node in self.lines:
                text = record.data if record.kind == "clock" else record.data[0]
                if text:
                    remarks.setdefault((record.node, self.keys[index]), []).append(text)
        for (node, key), texts in remarks.items():
            text = ", ".join(texts)
            x, y, wide = self.axis(key), self.y(node), 6.2 * len(text)
            anchor, start = ("end", x - wide) if x + wide > self.width - 6 else ("start", x)
            outside = (1, -1) if node == self.lines[-1] else (-1, 1)  # where fewer arrows pass
            free = [side for side in outside if taken.get((node, side), -1e9) <= start]
            side = free[0] if free else min(outside, key=lambda s: taken[node, s])
            taken[node, side] = start + wide + 6
            yield (
                f'<text class="note halo" x="{x:.1f}" y="{y - 12 if side < 0 else y + 22}" '
                f'text-anchor="{anchor}">{escape(text)}</text>'
            )

    def legend(self) -> Iterable[str]:
        x, y = float(LEFT), self.height - 12
        seen = {record.kind for _, record in self.records}
        samples = [
            (
                f'<g style="{style}"><line class="msg" x1="0" x2="16" y1="0" y2="0"/>'
                f'<path class="head" d="M23,0l-8,-3.4v6.8z"/></g>',
                kind,
            )
            for kind, style in self.colour.items()
        ]
        if any(arrow.lost for arrow in self.all_arrows):
            dashes = '<line class="msg lost" style="--k:var(--mut)" x1="0" x2="16" y1="0" y2="0"/>'
            samples.append((dashes + _cross(18, 0, 4, ""), "lost"))
        if "timer" in seen and not self.labels:
            samples.append(('<path class="timer" d="M12,-4l4,8h-8z"/>', "timer"))
        if "crash" in seen:
            samples.append((_cross(12, 0, 5, ""), "crash"))
        if "restart" in seen:
            samples.append(('<path class="up" d="M7,6l5,-11l5,11z"/>', "restart"))
        for drawing, text in samples:
            label = f'<text class="mut" x="30" y="4">{escape(text)}</text>'
            yield f'<g transform="translate({x:.0f},{y})">{drawing}{label}</g>'
            x += 44 + 6.6 * len(text)

    def description(self) -> str:
        lost = sum(1 for arrow in self.all_arrows if arrow.lost)
        first, last = self.axis.keys[0][0] / 1000, self.axis.keys[-1][0] / 1000
        sentences = [
            f"{len(self.lines)} nodes ({', '.join(self.lines)}) from {first:g} to {last:g} ms.",
            f"{len(self.all_arrows)} messages, {lost} of them lost.",
        ]
        for _, record in self.records:
            if record.kind not in EVENTS and record.kind not in ("drop", "note"):
                sentences.append(f"{record}.")
        sentences += [
            f"{record.node} at {record.time / 1000:g} ms: {text}."
            for index, text in sorted(self.labels.items())
            for record in [self.records[index][1]]
        ]
        return " ".join(sentences)


def _rect(kind: str, x: float, y: float, width: float, height: float, radius: int, tip: str) -> str:
    inside = f"<title>{escape(tip)}</title>" if tip else ""
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(2, width):.1f}" height="{height:.1f}" '
        f'rx="{radius}">{inside}</rect>'
    )


def _cross(x: float, y: float, size: float, tip: str) -> str:
    inside = f"<title>{escape(tip)}</title>" if tip else ""
    return (
        f'<path class="cross" d="M{x - size:.1f},{y - size:.1f}l{2 * size},{2 * size}'
        f'm0,{-2 * size}l{-2 * size},{2 * size}">{inside}</path>'
    )
