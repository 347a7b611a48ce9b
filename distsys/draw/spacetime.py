"""Space-time diagrams: who sent what to whom, and when did it arrive?

One horizontal line a node, time to the right, one arrow a message. A linear axis makes bursts unreadable,
so the axis is a blend of true time and of the order of events; order is always kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..check.causality import HappensBefore
from ..trace import EVENTS, Record, Trace
from . import arrows, faults
from . import steps as stepping
from .axis import Key
from .figure import Figure
from .marks import cross, cut, legend, names, rect, text, tip
from .roles import FAINT, QUIET, Span, noted_roles, term_colours
from .scene import BOTTOM, LETTER, RIGHT, TOP, Scene
from .words import cast, count, moment, told_faults

REMARKS = ("note", "clock", "pause", "fault")
REMARK = 32  # characters; more is cut
STYLE = (
    arrows.STYLE
    + faults.STYLE
    + """
#ID .lane{stroke:var(--line);stroke-width:2}
#ID .role{fill:var(--k)}
#ID .faint{opacity:.3}
#ID .term{font-size:10px;font-weight:700;fill:var(--bg)}
#ID .pale{fill:var(--fg)}
#ID .timer{fill:var(--bg);stroke:var(--mut);stroke-width:1.3}
#ID .dot{fill:var(--on,var(--fg));stroke:var(--on,var(--bg));stroke-width:var(--wide,1.5)}
#ID .label{fill:var(--on,var(--fg));text-decoration:var(--under,none)}
#ID .note{font-size:11px;fill:var(--mut)}
#ID .ev:focus{outline:none}
#ID .ev:is(:hover,:focus) .dot{stroke:var(--fg);stroke-width:4}
"""
)


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
    timed: bool = True,
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
        timed: whether time means something; if not, each millisecond is called a step.
        width: of the drawing, in pixels; it grows if labels need more.
        lane: the distance between two lines, in pixels.

    Raises:
        ValueError: if a label belongs to no record, or to one that cannot be concurrent with others.
    """
    labels = dict(sorted((labels or {}).items()))
    _check(trace, labels, concurrency)
    scene = Scene(trace, list(nodes or trace.nodes), labels, frozenset(hide), warp, width, lane, timed)
    painter = _Painter(scene, noted_roles(trace) if roles is None else roles)
    body = "".join(painter.layers())
    style = STYLE + (stepping.STYLE if steps else "")
    return Figure(
        title=title,
        description=painter.description(),
        body=body,
        width=painter.width,
        height=painter.height,
        style=style + (_concurrency_rules(trace, labels) if concurrency else ""),
        transcript=painter.transcript(),
        script=stepping.SCRIPT if steps else "",
        names=names(scene.y.items(), scene.left, TOP, scene.bottom),
        gutter=round(scene.left) - 6,
    )


def _check(trace: Trace, labels: Mapping[int, str], concurrency: bool) -> None:
    for index in labels:
        if not 0 <= index < len(trace):
            raise ValueError(f"there is no record {index} to label; the trace has {len(trace)}, from 0 on")
        if concurrency and trace[index].kind not in EVENTS:
            raise ValueError(
                f"record {index} [{trace[index]}] is no event of a process, so it is concurrent with "
                "nothing; leave its label out, or draw without concurrency=True"
            )


def _concurrency_rules(trace: Trace, labels: Mapping[int, str]) -> str:
    """CSS alone does the highlighting: no script, so it works wherever the picture is shown."""
    order = HappensBefore(trace)
    rules = []
    for index in labels:
        others = [f'[data-e="{other}"]' for other in labels if order.concurrent(index, other)]
        if others:
            at = f'#ID:has([data-e="{index}"]:is(:hover,:focus))'
            rules.append(f"{at} :is({','.join(others)}){{--on:var(--hi);--wide:5;--under:underline}}")
    return "\n".join(rules)


class _Painter:
    """Turns a scene into SVG elements, layer by layer."""

    def __init__(self, scene: Scene, roles: Mapping[str, Sequence[Span]]) -> None:
        self.scene = scene
        self.width, self.height = scene.width, scene.bottom + BOTTOM
        kinds = sorted({arrow.kind for arrow in scene.arrows})
        self.quiver = arrows.Quiver(scene.axis, scene.y, scene.lane, scene.width - 4, kinds)
        self.roles = {node: self._seen(spans) for node, spans in roles.items() if node in scene.y}
        self.term = term_colours(self.roles)
        self.unwritten = 0  # remarks without room

    def layers(self) -> Iterator[str]:
        """All elements, those below first."""
        scene = self.scene
        yield from faults.partitions(scene)
        yield from scene.axis.marks(TOP, scene.bottom, scene.timed)
        for y in scene.y.values():
            yield f'<path class="lane" d="M{scene.left:g},{y:g}H{scene.width - RIGHT}"/>'
        yield from self.bars()
        yield from faults.pauses(scene)
        yield from faults.outages(scene)
        yield from faults.disturbances(scene)
        yield from map(self.quiver.draw, scene.arrows)
        yield from self.timers()
        yield from self.events()
        yield from self.remarks()
        signs, y = legend(self.signs(), scene.left, scene.width, self.height - 12)
        self.height = round(y) + 12
        yield signs

    def _seen(self, spans: Iterable[Span]) -> list[Span]:
        """The spans that are worth a bar and touch the time that is drawn."""
        first, last = self.scene.axis.first_ms, self.scene.axis.last_ms
        return [
            span
            for span in spans
            if span.role not in QUIET
            and span.start_ms <= last
            and (span.end_ms is None or span.end_ms > first or span.start_ms >= first)
        ]

    def bars(self) -> Iterator[str]:
        """Roles as thick bars on the lines, with the number and the colour of the term."""
        scene = self.scene
        for node, spans in self.roles.items():
            for span in spans:
                left, right = scene.axis.at(span.start_ms), float(scene.width - RIGHT)
                if span.end_ms is not None:
                    right = scene.axis.at(span.end_ms)
                kind = f"role {self.term[span.term]}{' faint' if span.role in FAINT else ''}"
                yield rect(kind, left, scene.y[node] - 6, right - left, 12, 2, f"{node} is {span}")
                term = "" if span.term is None else str(span.term)
                if term and right - left > 7 * len(term) + 6:
                    pale = " pale" if span.role in FAINT else ""
                    yield text(left + 4, scene.y[node] + 4, term, f"term{pale}")

    def timers(self) -> Iterator[str]:
        scene = self.scene
        for index, record in scene.records:
            if record.kind != "timer" or record.node not in scene.y or record.data in scene.hide:
                continue
            if index not in scene.labels:  # a labelled event has a dot
                path = f"M{scene.x(index):.1f},{scene.y[record.node] + 3:g}l4,8h-8z"
                told = tip(scene.say.record(record))
                yield f'<path class="timer"{scene.mark(index)} d="{path}">{told}</path>'

    def events(self) -> Iterator[str]:
        """Labelled events as dots; each label above its line if there is room, else below."""
        scene = self.scene
        for index, label in scene.labels.items():
            record = scene.records[index][1]
            node = record.node
            if node not in scene.y:
                continue
            x, y, half = scene.x(index), scene.y[node], LETTER * len(label) / 2 + 3
            side = min((-1, 1), key=lambda s: (scene.room.free(node, s, x - half), s))
            at = max(half, x + scene.room.free(node, side, x - half))
            scene.room.take(node, side, at + half)
            self.width = max(self.width, round(at + half))
            words = text(at, y - 11 if side < 0 else y + 21, label, "label halo", "middle")
            yield (
                f'<g class="ev" data-e="{index}"{scene.mark(index)} tabindex="0">'
                f"{tip(f'{scene.say.record(record)}  {label}')}"
                f'<circle class="hit" cx="{x:.1f}" cy="{y:g}" r="12"/>'
                f'<circle class="dot" cx="{x:.1f}" cy="{y:g}" r="5"/>{words}</g>'
            )

    def remarks(self) -> Iterator[str]:
        """Notes above the line; one that would cover its neighbour goes below, or into the words alone."""
        scene = self.scene
        remarks: dict[tuple[str, Key], list[str]] = {}
        first: dict[tuple[str, Key], int] = {}  # the index of the first of them
        for index, record in scene.records:
            if record.kind in REMARKS and record.node in scene.y:
                words = _remark(record)
                if words:
                    remarks.setdefault((record.node, scene.keys[index]), []).append(words)
                    first.setdefault((record.node, scene.keys[index]), index)
        for (node, key), all_words in remarks.items():
            whole = ", ".join(dict.fromkeys(all_words))
            words = cut(whole, REMARK)
            x, y, wide = scene.axis(key), scene.y[node], 6.2 * len(words)
            anchor, start = ("end", x - wide) if x + wide > scene.width - 6 else ("", x)
            outside = (1, -1) if node == scene.lines[-1] else (-1, 1)  # where fewer arrows pass
            side = next((side for side in outside if not scene.room.free(node, side, start)), 0)
            if not side:
                self.unwritten += 1
                continue
            scene.room.take(node, side, start + wide + 6)
            mark = scene.mark(first[node, key])
            written = text(x, y - 12 if side < 0 else y + 22, words, "note halo", anchor, mark)
            yield written if words == whole else written.replace("</text>", f"{tip(whole)}</text>")

    def signs(self) -> Iterator[tuple[str, str]]:
        """The legend."""
        scene = self.scene
        yield from self.quiver.samples()
        if any(arrow.flying for arrow in scene.arrows):
            yield '<path class="msg flying" style="--k:var(--mut)" d="M0,0H22"/>', "still on its way"
        for term, colour in self.term.items():
            held = (span.role for spans in self.roles.values() for span in spans)
            words = ", ".join(dict.fromkeys(held)) if term is None else f"term {term}"
            yield rect(f"role {colour}", 0, -5, 22, 10, 2), words
        if any(span.role in FAINT for spans in self.roles.values() for span in spans):
            faint = rect("role faint", 0, -5, 22, 10, 2)
            yield f'<g style="--k:var(--mut)">{faint}</g>', "pale: candidate"
        if any(arrow.lost for arrow in scene.arrows):
            dashes = '<path class="msg lost" style="--k:var(--mut)" d="M0,0H16"/>'
            yield dashes + cross(18, 0, 4), "lost"
        if not scene.labels and any(record.kind == "timer" for _, record in scene.records):
            yield '<path class="timer" d="M12,-4l4,8h-8z"/>', "timer"
        yield from faults.signs(self.scene)
        if self.unwritten:
            yield (
                text(11, 4, "…", "mut", "middle"),
                f"{count(self.unwritten, 'remark')} only in the words",
            )

    def transcript(self) -> list[str]:
        """What happened, a line a step."""
        scene = self.scene
        return [
            f"{scene.say.record(record)}{f'  [{scene.labels[i]}]' if i in scene.labels else ''}"
            for i, record in scene.records
            if i in scene.step
        ]

    def description(self) -> str:
        """The facts of the picture, in sentences."""
        scene = self.scene
        if not scene.records:
            return "Nothing happened."
        lost = sum(1 for arrow in scene.arrows if arrow.lost)
        flying = sum(1 for arrow in scene.arrows if arrow.flying)
        fate = [f"{lost} lost"] * bool(lost) + [f"{flying} still on the way at the end"] * bool(flying)
        sentences = [
            f"{cast(scene.lines, (record for _, record in scene.records))} "
            f"from {'' if scene.timed else 'step '}{scene.axis.first_ms:g} "
            f"to {moment(scene.axis.keys[-1][0], scene.timed)}.",
            f"{count(len(scene.arrows), 'message')}{', ' if fate else ''}{', '.join(fate)}.",
            *told_faults((record for _, record in scene.records), scene.timed),
            *(
                f"{node} is {span} from {moment(round(span.start_ms * 1000), scene.timed)}."
                for node, spans in self.roles.items()
                for span in spans
            ),
            *(
                f"{record.node} at {moment(record.time, scene.timed)}: {label}."
                for index, label in scene.labels.items()
                for record in [scene.records[index][1]]
            ),
        ]
        return " ".join(sentences)


def _remark(record: Record) -> str:
    if record.kind == "pause":
        return "paused"
    return str(record.data[0] if record.kind == "note" else record.data)
