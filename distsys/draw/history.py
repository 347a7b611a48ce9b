"""Histories: who asked for what, from when to when, and is there an order that explains it?

One line a client, one bar an operation, from its call to its return. A verdict adds its proof: the moments at
which all operations can have taken effect, or the few that no order explains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from html import escape
from itertools import accumulate, pairwise

from ..check import Verdict
from ..history import History, Op
from ..trace import canonical, natural
from . import steps as stepping
from .axis import Axis, Key
from .figure import COLOURS, Figure
from .marks import cut, legend, names, rect, room_for, text, tip

TOP, ROW, GAP, RIGHT, BOTTOM = 40, 36, 10, 34, 34
LETTER, LABEL = 6.7, 30  # pixels a character, characters a label
NARROW, STEP = 560, 9  # pixels of the whole axis at least, and between two moments
LOOKS = ("read", "get", "contains", "dequeue")  # False is what they saw
LAST = 1 << 30  # the place of a return among what happens in one microsecond
STYLE = """
#ID .band{fill:var(--band)}
#ID .op{fill:color-mix(in srgb,var(--k) 26%,var(--bg));stroke:var(--k);stroke-width:1.5}
#ID .open{fill:none;stroke:var(--k);stroke-width:1.5;stroke-dasharray:4 3}
#ID .failed{fill:var(--bg)}
#ID .label{font-weight:400;font-size:11px}
#ID .core .op{fill:var(--bad);stroke:var(--bad);stroke-width:3}
#ID .core .open{stroke:var(--bad);stroke-width:3}
#ID .core .label{font-weight:700}
#ID .dim{opacity:.38}
#ID .order{fill:none;stroke:var(--fg);stroke-width:1.1;opacity:.75}
#ID .point{fill:var(--bg);stroke:var(--fg);stroke-width:1.5}
#ID .number{font-size:9px;font-weight:700}
#ID g.now .op{stroke:var(--fg);stroke-width:3}
"""


def operations(
    history: Iterable[Op],
    verdict: Verdict | None = None,
    title: str = "History",
    *,
    steps: bool = True,
    most: int = 50,
) -> Figure:
    """Draw what clients asked and heard.

    The axis keeps the order of calls and returns, and is stretched where a label needs room.

    Args:
        history: the operations.
        verdict: what a checker found. If all is well, a numbered point on each operation says when it can
            have taken effect, and a line connects them in order. If not, the operations to blame stand out.
        title: what the picture shows, one sentence.
        steps: whether a slider below the picture walks through the operations, where scripts run.
        most: how many operations to draw: those to blame and their neighbours, otherwise the first.

    Raises:
        ValueError: if the verdict is about another history.
    """
    ops = list(history if isinstance(history, History) else History(history))
    core, order = (verdict.core, verdict.witness) if verdict is not None else ((), ())
    known = set(map(_key, ops))
    if strange := next((op for op in (*core, *order) if _key(op) not in known), None):
        raise ValueError(f"the verdict is about another history: {strange} is not in this one")
    shown = _nearest(ops, core, most)
    painter = _Painter(shown, core, order)
    body = "".join(painter.layers())
    if len(shown) < len(ops):
        title += f"; the picture shows {len(shown)} of {len(ops):,} operations"
    return Figure(
        title=title,
        description=painter.description(verdict),
        body=body,
        width=round(painter.right + RIGHT),
        height=painter.height,
        style=STYLE + (stepping.STYLE if steps else ""),
        transcript=painter.transcript(),
        script=stepping.SCRIPT if steps else "",
        names=names(painter.middles(), painter.left, TOP, painter.bottom),
        gutter=round(painter.left) - 6,
    )


def proof(verdict: Verdict) -> str:
    """A verdict in words and, if it has evidence, as a picture: HTML for notebooks.

    Args:
        verdict: of any checker. Its picture shows the order that was found, or the operations to blame alone;
            :func:`operations` shows them among the others.
    """
    words = f"<p><b>{verdict.status}.</b> {escape(verdict.explanation, quote=False)}</p>"
    ops = verdict.core or verdict.witness
    if not ops:
        return words
    title = "No order explains these operations" if verdict.core else "An order that explains all operations"
    return words + operations(ops, verdict, title).html()


def label(op: Op) -> str:
    """An operation in a few characters: ``write x 1``, ``read x → 2``, ``read x → ?`` if it is pending."""
    argument = "⇒".join(map(_plain, op.argument)) if _is_swap(op) else _plain(op.argument)
    said = [op.kind, *([_plain(op.key)] if op.key is not None else [])]
    if op.argument is not None:
        said.append(argument)
    if op.pending:
        said.append("→ ?")
    elif op.answered:
        said.append(f"→ {_plain(op.result)}")
    return " ".join(said)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else canonical(value)


def _is_swap(op: Op) -> bool:
    return op.kind == "cas" and isinstance(op.argument, tuple)


def _failed(op: Op) -> bool:
    """Whether an operation says that it did nothing: a refused lock, a compare-and-swap that missed."""
    said = op.result[0] if _is_swap(op) and isinstance(op.result, tuple) else op.result
    return said is False and not op.pending and op.kind not in LOOKS


def _words(op: Op) -> str:
    until = "no reply" if op.pending else f"to {op.ret / 1000:g} ms"
    return f"{op.client}: {label(op)} (from {op.call / 1000:g} {'ms, ' if op.pending else ''}{until})"


def _key(op: Op) -> tuple[str, int, int, str]:
    """What tells an operation from others; a client does one thing at a time, unless it takes no time."""
    return op.client, op.call, op.ret, label(op) if op.call == op.ret else op.kind


def _rows(some: Iterable[Op], ops: Sequence[Op]) -> list[int]:
    """Where operations are among others; those that look alike are taken one after the other."""
    rows: dict[tuple[str, int, int, str], list[int]] = {}
    for row in reversed(range(len(ops))):
        rows.setdefault(_key(ops[row]), []).append(row)
    return [rows[_key(op)].pop() for op in some if rows.get(_key(op))]


def _nearest(ops: list[Op], core: Sequence[Op], most: int) -> list[Op]:
    """At most so many operations, in their order: those to blame, and the nearest to them in time."""
    if len(ops) <= most or not core:
        return ops[:most]
    guilty = set(map(_key, core))

    def far(row: int) -> tuple[int, int]:
        op = ops[row]
        if _key(op) in guilty:
            return -1, row
        return min(max(0, op.call - one.ret, one.call - op.ret) for one in core), row

    return [ops[row] for row in sorted(nsmallest(max(most, len(core)), range(len(ops)), key=far))]


def _moments(ops: Sequence[Op]) -> tuple[list[Key], list[Key | None]]:
    """When each operation was called and when it returned; None if it is pending.

    What happens in one microsecond is drawn apart, so that what may overlap does: first the calls, at last
    the returns. Only a client that returns and calls again within it does so in between.
    """
    calls: list[Key] = []
    rets: list[Key | None] = []
    last: dict[str, int] = {}  # the row that each client returned from
    for row, op in enumerate(ops):
        call, before = (op.call, 0), last.get(op.client)
        if before is not None and ops[before].ret == op.call:
            (time, rank) = calls[before]
            call = op.call, (rank if time == op.call else 0) + 2
            rets[before] = op.call, call[1] - 1
        calls.append(call)
        rets.append(None if op.pending else (op.ret, LAST))
        if not op.pending:
            last[op.client] = row
    return calls, rets


class _Painter:
    """Turns operations into SVG elements."""

    def __init__(self, ops: list[Op], core: Sequence[Op], order: Sequence[Op]) -> None:
        self.ops = ops
        self.core, self.order = set(_rows(core, ops)), _rows(order, ops)
        told = dict.fromkeys([*self.order, *range(len(ops))])
        self.step = {row: number for number, row in enumerate(told, 1)}  # its line in the transcript
        self.labels = [
            f"{'✗ ' if row in self.core else ''}{cut(label(op), LABEL)}" for row, op in enumerate(ops)
        ]
        self.clients = sorted({op.client for op in ops}, key=natural)
        kinds = sorted({op.kind for op in ops})
        self.colour = {kind: f"k{number % COLOURS}" for number, kind in enumerate(kinds)}
        self.left = room_for(self.clients, 58)
        calls, rets = _moments(ops)
        self.axis = self._stretched(calls, rets)
        self.starts = [self.axis(call) for call in calls]
        wide = [start + self._wide(row) for row, start in enumerate(self.starts)]
        self.right = max([self.left + NARROW, self.axis.places[-1] + 12, *wide])
        self.ends = [self.axis(ret) if ret else self.right for ret in rets]
        self.bands: list[tuple[str, float, float]] = []
        self.y: list[float] = [0.0] * len(ops)
        self.bottom = self._lanes()
        self.height = round(self.bottom) + BOTTOM
        self.in_time, self.points = self._points()

    def _wide(self, row: int) -> float:
        return LETTER * len(self.labels[row]) + 12

    def _stretched(self, calls: Sequence[Key], rets: Sequence[Key | None]) -> Axis:
        """Room for every label, from left to right; the rest in proportion to time."""
        needs: dict[Key, list[tuple[Key, float]]] = {}
        for row, (call, ret) in enumerate(zip(calls, rets, strict=True)):
            if ret:
                needs.setdefault(ret, []).append((call, self._wide(row)))
        keys = sorted({*calls, *filter(None, rets)}) or [(0, 0)]
        spare = max(0.0, NARROW - STEP * len(keys)) / max(1, keys[-1][0] - keys[0][0])
        at = {keys[0]: self.left + 12}
        for before, key in pairwise(keys):
            least = at[before] + STEP + spare * (key[0] - before[0])
            at[key] = max([least, *(at[call] + wide for call, wide in needs.get(key, ()))])
        return Axis(keys, [at[key] for key in keys])

    def _lanes(self) -> float:
        """Give each client as many rows as it needs: what is pending goes on beside what came after it."""
        y = float(TOP)
        for client in self.clients:
            top, rows = y, list[float]()
            for row in [row for row, op in enumerate(self.ops) if op.client == client]:
                free = (place for place, end in enumerate(rows) if end <= self.starts[row])
                place = next(free, len(rows))
                rows[place : place + 1] = [self.ends[row]]
                self.y[row] = top + GAP / 2 + ROW * place + ROW * 0.66
            y = top + GAP + ROW * len(rows)
            self.bands.append((client, top, y))
        return y

    def _points(self) -> tuple[bool, dict[int, float]]:
        """Where each operation takes effect: in order, and between its call and its return.

        An order that is not one of time (sequential consistency allows it) has its numbers in the middles.
        """
        earliest = accumulate((self.starts[row] for row in self.order), max)
        latest = list(accumulate((self.ends[row] for row in reversed(self.order)), min))[::-1]
        if any(start > end for start, end in zip(earliest, latest, strict=True)):
            return False, {row: (self.starts[row] + self.ends[row]) / 2 for row in self.order}
        points: dict[int, float] = {}
        x = 0.0
        for at, (row, end) in enumerate(zip(self.order, latest, strict=True)):
            x = max(x, self.starts[row])
            rivals = sum(self.starts[other] < end for other in self.order[at : at + 6])
            x += (end - x) / (rivals + 1)
            points[row] = x
        return True, points

    def middles(self) -> Iterator[tuple[str, float]]:
        """Each client, and where its name belongs."""
        return ((client, (top + bottom) / 2) for client, top, bottom in self.bands)

    def layers(self) -> Iterator[str]:
        """All elements, those below first."""
        for number, (_, top, bottom) in enumerate(self.bands):
            if number % 2 == 0:
                yield rect("band", self.left, top, self.right - self.left + 12, bottom - top, 4)
        yield from self.axis.marks(TOP, self.bottom, timed=True)
        if self.in_time and len(self.points) > 1:
            line = "L".join(f"{x:.1f},{self.y[row]:g}" for row, x in self.points.items())
            yield f'<path class="order" d="M{line}"/>'
        yield from map(self.bar, range(len(self.ops)))
        signs, y = legend(self.signs(), self.left, self.right, self.height - 12)
        self.height = round(y) + 12
        yield signs

    def bar(self, row: int) -> str:
        """One operation."""
        op, x1, x2, y = self.ops[row], self.starts[row], self.ends[row], self.y[row]
        kind = self.colour[op.kind]
        if self.core:
            kind += " core" if row in self.core else " dim"
        shape = rect(f"op{' failed' if _failed(op) else ''}", x1, y - 6, x2 - x1, 12, 3)
        if op.pending:
            shape = f'<path class="op open" d="M{x2 + 12:.1f},{y - 6:g}H{x1:.1f}v12H{x2 + 12:.1f}"/>'
        words = text(x1 + 1, y - 11, self.labels[row], "label halo")
        point = ""
        if row in self.points:
            number = self.step[row]
            point = f'<circle class="point" cx="{self.points[row]:.1f}" cy="{y:g}" r="8"/>'
            point += text(self.points[row], y + 3, str(number), "number", "middle")
        return f'<g class="{kind}" data-n="{self.step[row]}">{tip(_words(op))}{shape}{words}{point}</g>'

    def signs(self) -> Iterator[tuple[str, str]]:
        """The legend."""
        if any(op.pending for op in self.ops):
            yield '<path class="op open k0" d="M24,-5H0v10H24"/>', "no reply: may take effect later, or never"
        if any(map(_failed, self.ops)):
            yield rect("op failed k0", 0, -5, 22, 10, 3), "says that it did nothing"
        if self.points:
            words = "takes effect here, in this order" if self.in_time else "the order that explains all"
            point = '<circle class="point" cx="11" cy="0" r="8"/>'
            yield point + text(11, 3, "1", "number", "middle"), words
        if self.core:
            yield f'<g class="core k0">{rect("op", 0, -5, 22, 10, 3)}</g>', "✗ no order explains these"

    def transcript(self) -> list[str]:
        """The operations in the order of the steps."""
        return [
            f"{'✗ to blame: ' if row in self.core else ''}{_words(self.ops[row])}"
            f"{', has no effect in this order' if self.order and row not in self.points else ''}"
            for row in self.step
        ]

    def description(self, verdict: Verdict | None) -> str:
        """The facts of the picture, in sentences."""
        if not self.ops:
            return "Nobody asked for anything."
        open_ended = sum(op.pending for op in self.ops)
        sentences = [
            f"{len(self.clients)} client{'s' * (len(self.clients) > 1)} ({', '.join(self.clients)}), "
            f"{len(self.ops)} operation{'s' * (len(self.ops) > 1)} from {self.axis.first_ms:g} to "
            f"{self.axis.last_ms:g} ms{f', {open_ended} without a reply' if open_ended else ''}."
        ]
        if verdict is not None:
            said = [verdict.status, *([verdict.explanation] if verdict.explanation else [])]
            sentences.append(f"The verdict is {': '.join(said).rstrip('.')}.")
        if self.order:
            told = "; ".join(f"{self.ops[row].client} {label(self.ops[row])}" for row in self.order)
            sentences.append(f"An order that explains all: {told}.")
        if self.core:
            told = "; ".join(_words(self.ops[row]) for row in sorted(self.core))
            sentences.append(f"No order explains: {told}.")
        return " ".join(sentences)
