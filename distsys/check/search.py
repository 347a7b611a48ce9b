"""Search: is there an order that explains the operations?  Just in time, so that it branches rarely.

Walk through the calls and returns in the order of time. An operation must take effect before it returns,
so nothing need be decided earlier: only at the return of an operation that has not taken effect yet does
the search branch over what may take effect now (Lowe, 2017). *Absorption* keeps the branches few: an
operation that changes no state whatever takes effect as soon as it can. This costs nothing and rules nothing
out. Registers allow more; see :mod:`.register_search`.

The search is exponential in the worst case, so it runs in instalments and may be abandoned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from .models import ILLEGAL
from .table import NEVER, Timeline

Trail = tuple[int, int, "Trail"] | None
"""The operations that took effect: event, row, and what came before."""

Configuration = tuple[int, Any, int, int, Trail]
"""Where the search stands: event, state, the operations that are done, those that are free, and the trail."""


class Search(ABC):
    """A search for an order of operations, depth first, that can be continued.

    Operations that are pending at the same time have different bits; a bit is used again after the return.

    Args:
        line: the operations.
        optional: rows that may also be left out; if they take effect, then before they return.

    Attributes:
        steps: how many configurations were tried.
        furthest: the event that no configuration got past; the return of an operation.
        states: the states that were possible there.
    """

    def __init__(self, line: Timeline, optional: Collection[int] = ()) -> None:
        self.line = line
        self.optional = frozenset(optional)
        moments = [(call, row) for row, call in enumerate(line.calls)]
        moments += [(ret, ~row) for row, ret in enumerate(line.rets) if ret < NEVER]
        self.events = [row for _, row in sorted(moments)]  # a row is its call, ~row its return
        self.bits = _bits(self.events)
        self.pending = _pending(self.events)
        self.steps, self.furthest = 0, -1
        self.states: set[Any] = set()
        self.trail: Trail = None
        self._seen: set[tuple[Any, ...]] = set()
        self._stack: list[Configuration] = []

    def run(self, steps: int) -> bool | None:
        """Continue.

        Args:
            steps: how many configurations to try at most.

        Returns:
            True if an order exists, False if none does, None if it is too early to say.
        """
        limit, end = self.steps + steps, len(self.events)
        while self._stack:
            event, state, done, free, trail = self._stack.pop()
            event, done, free = self._advance(event, state, done, free)
            if event == end:
                self.trail = trail
                return True
            key = (event, state, done, free)
            if key in self._seen:
                continue
            if self.steps == limit:
                self._stack.append((event, state, done, free, trail))
                return None
            self.steps += 1
            self._seen.add(key)
            if event > self.furthest:
                self.furthest, self.states = event, set()
            if event == self.furthest:
                self.states.add(state)
            self._branch(event, state, done, free, trail)
        return False

    @property
    def stuck(self) -> int:
        """The row of the operation that cannot take effect, once no order exists."""
        return ~self.events[self.furthest]

    def order(self) -> list[int]:
        """The rows in the order that was found. Pending ones that never took effect are left out."""
        moves: dict[int, list[int]] = {}
        trail = self.trail
        while trail:
            event, row, trail = trail
            moves.setdefault(event, []).insert(0, row)
        moved = {row for rows in moves.values() for row in rows}
        replay = _Replay(self.line, self.blind)
        for event, row in enumerate(self.events):
            for move in moves.get(event, ()):
                replay.move(move)
            if row >= 0 and row not in moved:
                replay.call(row)
        return replay.order

    def blind(self, row: int) -> bool:
        """Whether the operation is a write that may be hidden by another."""
        return False

    @abstractmethod
    def _advance(self, event: int, state: Any, done: int, free: int) -> tuple[int, int, int]:
        """Go on to the next return that forces a decision."""

    @abstractmethod
    def _branch(self, event: int, state: Any, done: int, free: int, trail: Trail) -> None:
        """Push what may take effect before the return at this event, the best guess last."""


class ModelSearch(Search):
    """A search for any model, by its ``step`` alone. See :class:`Search`."""

    def __init__(self, line: Timeline, optional: Collection[int] = ()) -> None:
        super().__init__(line, optional)
        self.step = line.model.step
        self.ops = [
            replace(op, ret=ret, result=None) if ret == NEVER and not op.pending else op
            for op, ret in zip(line.ops, line.rets, strict=True)
        ]
        self.passive = [line.model.read_only(op) for op in self.ops]
        self._stack.append((0, line.model.initial, 0, 0, None))

    def _advance(self, event: int, state: Any, done: int, free: int) -> tuple[int, int, int]:
        for at in range(event, len(self.events)):
            row = self.events[at]
            if row < 0:
                bit = self.bits[~row]
                if not done & bit:
                    return at, done, free
                done ^= bit
            elif self.passive[row] and self.step(state, self.ops[row]) is not ILLEGAL:
                done |= self.bits[row]
        return len(self.events), done, free

    def _branch(self, event: int, state: Any, done: int, free: int, trail: Trail) -> None:
        forced = ~self.events[event]
        best = None
        for row in self.pending[event]:
            if done & self.bits[row] or self.passive[row]:
                continue
            after = self.step(state, self.ops[row])
            if after is ILLEGAL:
                continue
            now = self._absorbed(event, after, done | self.bits[row])
            if row == forced:
                best = (event, after, now, free, (event, row, trail))
            else:
                self._stack.append((event, after, now, free, (event, row, trail)))
        if forced in self.optional:
            self._stack.append((event + 1, state, done, free, trail))
        if best:
            self._stack.append(best)

    def _absorbed(self, event: int, state: Any, done: int) -> int:
        for row in self.pending[event]:
            waiting = self.passive[row] and not done & self.bits[row]
            if waiting and self.step(state, self.ops[row]) is not ILLEGAL:
                done |= self.bits[row]
        return done


class _Replay:
    """Fills in what a search takes for granted: operations that are absorbed, and writes that are hidden."""

    def __init__(self, line: Timeline, blind: Callable[[int], bool]) -> None:
        self.line, self.blind = line, blind
        self.state = line.model.initial
        self.order: list[int] = []
        self.waiting: list[int] = []
        self.hidden: list[int] = []

    def call(self, row: int) -> None:
        """A row that is no move of its own is called."""
        if self.line.model.read_only(self.line.ops[row]):
            self.waiting.append(row)
            self._absorb()
        elif self.blind(row) and self.line.rets[row] < NEVER:
            self.hidden.append(row)

    def move(self, row: int) -> None:
        """A row takes effect."""
        if self.blind(row):
            self.order += self.hidden
            self.hidden = []
        self.order.append(row)
        self.state = self.line.model.step(self.state, self.line.ops[row])
        self._absorb()

    def _absorb(self) -> None:
        step, ops = self.line.model.step, self.line.ops
        fitting = [row for row in self.waiting if step(self.state, ops[row]) is not ILLEGAL]
        self.waiting = [row for row in self.waiting if row not in fitting]
        self.order += fitting


def _bits(events: list[int]) -> list[int]:
    """A bit for each row, different from those of all that are pending at the same time."""
    bits = [0] * sum(row >= 0 for row in events)
    free: list[int] = []
    used = 0
    for row in events:
        if row < 0:
            free.append(bits[~row])
        elif free:
            bits[row] = free.pop()
        else:
            bits[row] = 1 << used
            used += 1
    return bits


def _pending(events: list[int]) -> list[tuple[int, ...]]:
    """The rows that are pending at each return."""
    pending: dict[int, None] = {}
    found: list[tuple[int, ...]] = []
    for row in events:
        found.append(tuple(pending) if row < 0 else ())
        if row < 0:
            del pending[~row]
        else:
            pending[row] = None
    return found
