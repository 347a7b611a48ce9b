"""Sequential consistency: is there one order of all operations that keeps the order of each client?

Results must be those of sequential objects, and each client's operations come in the order in which it asked.
Unlike linearizability it does not care what time it was: a client may read the past, as long as one story
explains what all clients saw (Lamport, 1979). It is not local, so all keys are judged together.

What is linearizable is sequentially consistent; what is not even causally consistent is not. Between the
two a search decides. It moves through vectors of positions, one position a client, and remembers where it has
been. An operation that changes no state goes first as soon as it can.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import compress
from typing import Any

from ..history import History, Op
from . import given
from .causal_consistency import causal
from .core import shrink
from .linearizability import linearizable
from .models import ILLEGAL, Model
from .refute import wanted
from .table import table, timeline
from .verdict import OK, Verdict

CORE_STEPS = 100_000
"""Steps to spend on a core; to set up a search counts as some."""

Trail = tuple[int, "Trail"] | None
"""The rows that took effect, the last first."""


def sequential(history: Iterable[Op], model: Model, budget: int = 100_000) -> Verdict:
    """Judge whether a history is sequentially consistent.

    Args:
        history: what the clients asked and heard: a :class:`.History` or a list of operations.
        model: what the object of each key does.
        budget: how many configurations the search may try.

    Returns:
        ``ok`` with a ``witness`` order, ``illegal`` with an explanation and a ``core``, or ``unknown`` if the
        budget did not suffice.

    Raises:
        TypeError: if the history holds anything but operations, or the model is none.
        ValueError: if the model does not have an operation, or an operation is malformed.
    """
    judged = given.history(history, model, "sequential(run.history, Register())")
    atomic = linearizable(judged, model, budget // 10)
    if atomic:
        return atomic
    verdict = _refuted(judged, model)
    if verdict.status == "illegal":
        return Verdict("illegal", verdict.explanation, lambda: _core(verdict.core, model))
    search = _Search(judged.ops, model)
    answer = search.run(budget)
    if answer is None:
        return Verdict("unknown", f"gave up after {budget:,} steps; judge fewer operations or clients")
    if answer:
        return Verdict("ok", evidence=search.order)
    return Verdict("illegal", search.why(), partial(_core, judged.ops, model))


def _refuted(history: History, model: Model) -> Verdict:
    """``illegal`` if causality or a value from nowhere says so."""
    try:
        return causal(history, model, convergent=True)
    except ValueError:  # it can only judge registers with unique values
        pass
    for line in timeline(history.ops, model).by_key():
        columns = table(line)
        if columns:
            known = {columns.initial, *compress(columns.values, columns.kinds)}
            for row, value in wanted(columns):
                if value not in known:
                    words = f"{columns.ops[row]} needs {value!r}, which nobody wrote"
                    return Verdict("illegal", words, partial(tuple, [columns.ops[row]]))
    return OK


def _core(ops: Sequence[Op], model: Model) -> tuple[Op, ...]:
    """Operations that no order explains, whichever of the others are kept; few, if the work allows."""
    steps = CORE_STEPS

    def impossible(rows: Sequence[int]) -> bool:
        nonlocal steps
        if steps <= 0:
            return False
        search = _Search(ops, model, set(range(len(ops))).difference(rows))
        answer = search.run(steps)
        steps -= search.steps + len(ops) // 10
        return answer is False

    returned = [row for row, op in enumerate(ops) if not op.pending]
    return tuple(ops[row] for row in shrink(returned, impossible))


class _Search:
    """A depth-first search over the positions of the clients.

    A pending operation is a lane of its own: it comes after what its client did before, and may come after
    anything that its client did later, or never.

    Args:
        ops: the operations, in the order of their calls.
        model: what each object does.
        optional: rows that may also be left out.
    """

    def __init__(self, ops: Sequence[Op], model: Model, optional: Iterable[int] = ()) -> None:
        self.ops, self.model, self.optional = ops, model, frozenset(optional)
        self.passive = [model.read_only(op) for op in ops]
        self.lanes: list[list[int]] = []
        self.gates: list[tuple[int, int]] = []  # for each lane, another one and how far it must have come
        self._make_lanes()
        self.needed = sum(len(lane) for lane in self.lanes if not self.ops[lane[0]].pending)
        self.keys = {key: number for number, key in enumerate({op.key: None for op in ops})}
        self.key = [self.keys[op.key] for op in ops]
        self.steps = 0
        self.trail: Trail = None
        self.furthest: tuple[int, tuple[int, ...], tuple[Any, ...]] = (-1, (), ())

    def _make_lanes(self) -> None:
        lane_of: dict[str, int] = {}
        for row, op in enumerate(self.ops):
            if self.passive[row] and (op.pending or row in self.optional):
                continue
            if op.pending:
                lane = lane_of.get(op.client, -1)
                self.gates.append((lane, len(self.lanes[lane]) if lane >= 0 else 0))
                self.lanes.append([row])
            elif op.client in lane_of:
                self.lanes[lane_of[op.client]].append(row)
            else:
                lane_of[op.client] = len(self.lanes)
                self.lanes.append([row])
                self.gates.append((-1, 0))

    def run(self, budget: int) -> bool | None:
        """Whether there is an order; None if the budget did not suffice to find out."""
        start = ((0,) * len(self.lanes), (self.model.initial,) * len(self.keys), None)
        stack: list[tuple[tuple[int, ...], tuple[Any, ...], Trail]] = [start]
        seen = set()
        while stack:
            places, states, trail = self._absorb(*stack.pop())
            if (places, states) in seen:
                continue
            if self.steps >= budget:
                return None
            self.steps += 1
            seen.add((places, states))
            progress = self._progress(places)
            if progress > self.furthest[0]:
                self.furthest = progress, places, states
            if progress == self.needed:
                self.trail = trail
                return True
            stack += self._branches(places, states, trail)
        return False

    def _progress(self, places: tuple[int, ...]) -> int:
        return sum(
            place for place, lane in zip(places, self.lanes, strict=True) if not self.ops[lane[0]].pending
        )

    def _absorb(
        self, places: tuple[int, ...], states: tuple[Any, ...], trail: Trail
    ) -> tuple[tuple[int, ...], tuple[Any, ...], Trail]:
        now = list(places)
        for number, lane in enumerate(self.lanes):
            while now[number] < len(lane) and self.passive[lane[now[number]]]:
                row = lane[now[number]]
                if self.model.step(states[self.key[row]], self.ops[row]) is ILLEGAL:
                    break
                now[number] += 1
                trail = (row, trail)
        return tuple(now), states, trail

    def _branches(
        self, places: tuple[int, ...], states: tuple[Any, ...], trail: Trail
    ) -> list[tuple[tuple[int, ...], tuple[Any, ...], Trail]]:
        """What may come next, the earliest call last, because that is the best guess."""
        found = []
        for number, row in sorted(self._next(places), key=lambda pair: -pair[1]):
            moved = (*places[:number], places[number] + 1, *places[number + 1 :])
            if row in self.optional:
                found.append((moved, states, trail))
            at = self.key[row]
            after = ILLEGAL if self.passive[row] else self.model.step(states[at], self.ops[row])
            if after is not ILLEGAL:
                found.append((moved, (*states[:at], after, *states[at + 1 :]), (row, trail)))
        return found

    def _next(self, places: tuple[int, ...]) -> Iterable[tuple[int, int]]:
        """Each lane that may go on, with its next row."""
        for number, lane in enumerate(self.lanes):
            gate, least = self.gates[number]
            if places[number] < len(lane) and (gate < 0 or places[gate] >= least):
                yield number, lane[places[number]]

    def order(self) -> tuple[Op, ...]:
        """The order that was found."""
        rows, trail = [], self.trail
        while trail:
            row, trail = trail
            rows.append(row)
        return tuple(self.ops[row] for row in reversed(rows))

    def why(self) -> str:
        """How far an order goes, and why no client can go on there."""
        progress, places, states = self.furthest
        stuck = []
        for _, row in self._next(places):
            op = self.ops[row]
            if not op.pending:
                state = self.model.words(states[self.key[row]])
                stuck.append(f"{op} cannot come next: {self.model.needs(op)}, but {state}")
        first = f"no order explains more than {progress} of {self.needed} operations"
        return f"{first}; there, for instance, {'; '.join(stuck)}"
