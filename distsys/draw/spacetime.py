"""Space-time diagrams: who sent what to whom, and when did it arrive?

One horizontal line a node, time to the right, one arrow a message. A linear axis makes bursts unreadable,
so the axis is a blend of true time and of the order of events; order is always kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from statistics import median

from ..check.causality import HappensBefore
from ..trace import EVENTS, Record, Trace, canonical
from . import steps as stepping
from .figure import COLOURS, Figure
from .roles import FAINT, QUIET, Span, noted_roles, term_colours

LEFT, RIGHT, TOP, BOTTOM = 58, 22, 40, 34
STYLE = """
#ID .grid{stroke:var(--line);stroke-dasharray:1 4}
#ID .lane{stroke:var(--line);stroke-width:2}
#ID .name{font-weight:600}
#ID .msg{stroke:var(--k);stroke-width:1.5;fill:none}
#ID .head{fill:var(--k)}
#ID .lost{stroke-dasharray:4 3}
#ID .flying{stroke-dasharray:1 4;stroke-linecap:round}
#ID .role{fill:var(--k)}
#ID .faint{opacity:.4}
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
    steps: str
    lost: str = ""
    tip: str = ""
    flying: bool = False


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
    roles: Mapping[str, Sequence[Span]] | None = None,
    steps: bool = True,
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
        roles: when each node had which role, for instance ``{"n1": [Span(0, 300, "leader", 1)]}``; drawn as
            thick bars, a colour for each term. If not given, what the nodes noted (``note("", role="leader",
            term=1)``).
        steps: whether a slider below the picture walks through the events, where scripts run.
        hide: names of message types and timers to leave out.
        warp: 0 draws true time, 1 draws the order of events only, values between blend both.
        width: of the drawing, in pixels.
        lane: the distance between two lines, in pixels.
    """
    lines = list(nodes or trace.nodes)
    painter = _Painter(
        trace,
        lines,
        labels=dict(labels or {}),
        roles=noted_roles(trace) if roles is None else roles,
        hide=frozenset(hide),
        warp=warp,
        width=width,
        lane=lane,
    )
    parts = [
        *painter.partitions(),
        *painter.axis_marks(),
        *painter.lanes(),
        *painter.bars(),
        *painter.pauses(),
        *painter.outages(),
        *painter.arrows(),
        *painter.timers(),
        *painter.events(),
        *painter.notes(),
        *painter.legend(),
    ]
    style = STYLE + (stepping.STYLE if steps else "")
    if concurrency:
        style += _concurrency_rules(trace, painter.labels)
    return Figure(
        title=title,
        description=painter.description(),
        body="".join(parts),
        width=width,
        height=painter.height,
        style=style,
        transcript=[
            f"{record}{f'  [{painter.labels[i]}]' if i in painter.labels else ''}"
            for i, record in painter.records
            if i in painter.step
        ],
        script=stepping.SCRIPT if steps else "",
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
        roles: Mapping[str, Sequence[Span]],
        hide: frozenset[str],
        warp: float,
        width: int,
        lane: int,
    ) -> None:
        self.lines, self.labels, self.hide = lines, labels, hide
        self.width, self.lane = width, lane
        self.height = TOP + lane * len(lines) + BOTTOM
        self.records = list(enumerate(trace))
        told = (i for i, record in self.records if record.kind != "start" or i in labels)
        self.step = {index: number for number, index in enumerate(told, 1)}  # its line in the transcript
        self.roles = {node: spans for node, spans in roles.items() if node in lines}
        self.term = term_colours(self.roles)
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
        flying: dict[int, tuple[int, Record]] = {}
        arrows: list[_Arrow] = []
        lost: list[_Arrow] = []
        for index, record in self.records:
            if record.kind == "send":
                drawn = record.node in self.lines and record.peer in self.lines
                if drawn and type(record.data).__name__ not in self.hide:
                    sent[record.id] = flying[record.id] = index, record
            elif record.kind in ("deliver", "drop") and record.id in sent:
                start, origin = sent[record.id]
                flying.pop(record.id, None)
                arrow = _Arrow(
                    self.keys[start], origin.node, self.keys[index], origin.peer, origin.data,
                    f"{self.step[start]} {self.step[index]}",
                    record.data if record.kind == "drop" else "",
                    f"{origin.time / 1000:.3f} → {record.time / 1000:.3f} ms  {origin.node} → {origin.peer}: "
                    f"{canonical(origin.data)}" + (f", lost: {record.data}" if record.kind == "drop" else ""),
                )  # fmt: skip
                (lost if arrow.lost and record.time == origin.time else arrows).append(arrow)
        usual = int(median([arrow.got[0] - arrow.sent[0] for arrow in arrows])) if arrows else 5000
        # lost at once: give it the slope of a usual message
        arrows += [replace(arrow, got=(arrow.sent[0] + usual, 0)) for arrow in lost]
        for start, origin in flying.values():
            tip = (
                f"{origin.time / 1000:.3f} ms  {origin.node} → {origin.peer}: {canonical(origin.data)}, "
                "still on its way at the end"
            )
            key = self.keys[start]
            arrows.append(
                _Arrow(key, origin.node, key, origin.peer, origin.data, f"{self.step[start]}", "", tip, True)
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

    def bars(self) -> Iterable[str]:
        """Roles as thick bars on the lines, in the colour of the term."""
        for node, spans in self.roles.items():
            for span in spans:
                if span.role in QUIET:
                    continue
                left, right = self.axis((round(span.start_ms * 1000), 0)), float(self.width - RIGHT)
                if span.end_ms is not None:
                    right = self.axis((round(span.end_ms * 1000), 0))
                kind = "role faint" if span.role in FAINT else "role"
                bar = _rect(kind, left, self.y(node) - 5, right - left, 10, 2, f"{node} is {span}")
                yield f'<g style="{self.term[span.term]}">{bar}</g>'

    def arrows(self) -> Iterable[str]:
        for arrow in self.all_arrows:
            shape = self._loop(arrow) if arrow.src == arrow.dst else self._line(arrow)
            yield (
                f'<g style="{self.colour[type(arrow.message).__name__]}" data-n="{arrow.steps}">'
                f"<title>{escape(arrow.tip)}</title>{shape}</g>"
            )

    def _line(self, arrow: _Arrow) -> str:
        x1, y1 = self.axis(arrow.sent), self.y(arrow.src)
        x2, y2 = self.axis(arrow.got), self.y(arrow.dst)
        if arrow.flying:  # a stub: it left, and nobody knows when it will be there
            x2, y2 = min(x1 + 26, self.width - 4), y1 + (self.lane * 0.6 if y2 > y1 else -self.lane * 0.6)
            return _message("msg flying", x1, y1, x2, y2)
        long = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1.0
        ux, uy = (x2 - x1) / long, (y2 - y1) / long
        reach = long * 0.7 if arrow.lost else long - 5
        ex, ey = x1 + ux * reach, y1 + uy * reach
        if arrow.lost:
            return _message("msg lost", x1, y1, ex, ey) + _cross(ex, ey, 4, "")
        return _message("msg", x1, y1, ex, ey) + _head(ex, ey, ux, uy)

    def _loop(self, arrow: _Arrow) -> str:
        """A message to oneself: a small bow above the line."""
        x1, y = self.axis(arrow.sent), self.y(arrow.src)
        x2 = x1 + 16 if arrow.flying or arrow.lost else max(self.axis(arrow.got), x1 + 12)
        kind = "msg lost" if arrow.lost else "msg flying" if arrow.flying else "msg"
        bow = f'<path class="{kind}" d="M{x1:.1f},{y - 4:.1f}C{x1:.1f},{y - 26:.1f} {x2:.1f},{y - 26:.1f} '
        bow += f'{x2:.1f},{y - 8:.1f}"/>'
        if arrow.flying:
            return bow
        return bow + (_cross(x2, y - 8, 4, "") if arrow.lost else _head(x2, y - 4, 0, 1))

    def timers(self) -> Iterable[str]:
        for index, record in self.records:
            if record.kind == "timer" and record.node in self.lines and record.data not in self.hide:
                if index in self.labels:
                    continue  # drawn as a labelled event
                x, y = self.axis(self.keys[index]), self.y(record.node)
                yield (
                    f'<path class="timer" data-n="{self.step[index]}" d="M{x:.1f},{y + 3}l4,8h-8z">'
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
                f'<g class="ev" data-e="{index}" data-n="{self.step[index]}" tabindex="0">'
                f'<title>{escape(f"{record}  {text}")}</title>'
                f'<circle class="hit" cx="{x:.1f}" cy="{y}" r="12"/>'
                f'<circle class="dot" cx="{x:.1f}" cy="{y}" r="5"/>'
                f'<text class="label halo" x="{at:.1f}" y="{y - 11 if side < 0 else y + 21}" '
                f'text-anchor="middle">{escape(text)}</text></g>'
            )

    def notes(self) -> Iterable[str]:
        """Remarks above the line; one that would cover its neighbour goes below."""
        taken = self.taken
        remarks: dict[tuple[str, Key], list[str]] = {}
        first: dict[tuple[str, Key], int] = {}
        for index, record in self.records:
            if record.kind in ("note", "clock") and record.node in self.lines:
                text = record.data if record.kind == "clock" else record.data[0]
                if text:
                    remarks.setdefault((record.node, self.keys[index]), []).append(text)
                    first.setdefault((record.node, self.keys[index]), self.step[index])
        for (node, key), texts in remarks.items():
            text = ", ".join(dict.fromkeys(texts))
            x, y, wide = self.axis(key), self.y(node), 6.2 * len(text)
            anchor, start = ("end", x - wide) if x + wide > self.width - 6 else ("start", x)
            outside = (1, -1) if node == self.lines[-1] else (-1, 1)  # where fewer arrows pass
            free = [side for side in outside if taken.get((node, side), -1e9) <= start]
            side = free[0] if free else min(outside, key=lambda s: taken[node, s])
            taken[node, side] = start + wide + 6
            yield (
                f'<text class="note halo" data-n="{first[node, key]}" x="{x:.1f}" '
                f'y="{y - 12 if side < 0 else y + 22}" text-anchor="{anchor}">{escape(text)}</text>'
            )

    def legend(self) -> Iterable[str]:
        x, y = float(LEFT), TOP + self.lane * len(self.lines) + BOTTOM - 12
        seen = {record.kind for _, record in self.records}
        samples = [
            (
                f'<g style="{style}"><line class="msg" x1="0" x2="16" y1="0" y2="0"/>'
                f'<path class="head" d="M23,0l-8,-3.4v6.8z"/></g>',
                kind,
            )
            for kind, style in self.colour.items()
        ]
        if any(arrow.flying for arrow in self.all_arrows):
            dots = '<line class="msg flying" style="--k:var(--mut)" x1="0" x2="22" y1="0" y2="0"/>'
            samples.append((dots, "still on its way"))
        for term, style in self.term.items():
            roles = (span.role for spans in self.roles.values() for span in spans if span.role not in QUIET)
            text = ", ".join(dict.fromkeys(roles)) if term is None else f"term {term}"
            samples.append((f'<g style="{style}">{_rect("role", 0, -5, 22, 10, 2, "")}</g>', text))
        if any(span.role in FAINT for spans in self.roles.values() for span in spans):
            faint = _rect("role faint", 0, -5, 22, 10, 2, "")
            samples.append((f'<g style="--k:var(--mut)">{faint}</g>', "pale: candidate"))
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
            if x + 36 + 6.6 * len(text) > self.width and x > LEFT:  # a line is full
                x, y = float(LEFT), y + 20
                self.height += 20
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
        flying = sum(1 for arrow in self.all_arrows if arrow.flying)
        if flying:
            sentences.insert(2, f"{flying} still on their way at the end.")
        sentences += [
            f"{node} is {span} from {span.start_ms:g} ms."
            for node, spans in self.roles.items()
            for span in spans
            if span.role not in QUIET
        ]
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


def _message(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _head(x: float, y: float, ux: float, uy: float) -> str:
    """The head of an arrow that ends here and comes in the direction (ux, uy)."""
    back, side = (ux * 8, uy * 8), (-uy * 3.4, ux * 3.4)
    return (
        f'<path class="head" d="M{x:.1f},{y:.1f}l{side[0] - back[0]:.1f},{side[1] - back[1]:.1f} '
        f'{-2 * side[0]:.1f},{-2 * side[1]:.1f}z"/>'
    )


def _cross(x: float, y: float, size: float, tip: str) -> str:
    inside = f"<title>{escape(tip)}</title>" if tip else ""
    return (
        f'<path class="cross" d="M{x - size:.1f},{y - size:.1f}l{2 * size},{2 * size}'
        f'm0,{-2 * size}l{-2 * size},{2 * size}">{inside}</path>'
    )
