"""Search: is there an order that explains the operations?  Just in time, so that it branches rarely.

Walk through the calls and returns in the order of time. An operation must take effect before it returns,
so nothing need be decided earlier: only at the return of an operation that has not taken effect yet does
the search branch over what may take effect now (Lowe, 2017). Two things keep the branches few.

*Absorption*: an operation that changes no state whatever takes effect as soon as it can. This costs nothing
and rules nothing out.

*Hiding*, for registers: when a blind write takes effect, every other pending write may have taken effect
just before it, unseen. Such a write is *free*: at its return it may pass without a branch.

The search is exponential in the worst case, so it runs in instalments and may be abandoned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, replace
from typing import Any

from .models import ILLEGAL, Model
from .table import MISS, NEVER, READ, SWAP, WRITE, Table, Timeline

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


class RegisterSearch(Search):
    """A search for registers, with hiding. See :class:`Search`.

    Args:
        model: what the register does.
        table: the operations, in columns.
        optional: rows that may also be left out; if they take effect, then before they return.
        starts: the values that may be there at the start; the model's initial one if not given.
    """

    def __init__(
        self,
        model: Model,
        table: Table,
        optional: Collection[int] = (),
        starts: Collection[Hashable] | None = None,
    ) -> None:
        super().__init__(Timeline(model, table.ops, table.calls, table.rets), optional)
        self.table = table
        self.wanted = [table.olds.get(row, value) for row, value in enumerate(table.values)]
        self.needed = self._needed()
        self.blurred = MISS in table.kinds  # a MISS wants a value to be away, so no value is useless
        self.script = [self._line_of_script(row) for row in self.events]
        self._choices: dict[int, Choices] = {}
        for value in [table.initial] if starts is None else starts:
            self._stack.append((0, value, 0, 0, None))

    def blind(self, row: int) -> bool:
        """Whether the operation is a write."""
        return self.table.kinds[row] == WRITE

    def _needed(self) -> dict[Any, int]:
        """The last event at which somebody may need to have seen a value."""
        needed: dict[Any, int] = {}
        rets = {~row: event for event, row in enumerate(self.events) if row < 0}
        for row, kind in enumerate(self.table.kinds):
            if kind in (READ, SWAP):
                value = self.wanted[row]
                needed[value] = max(needed.get(value, -1), rets.get(row, len(self.events)))
        return needed

    def _line_of_script(self, row: int) -> tuple[bool, int, int, Any, bool]:
        at = row if row >= 0 else ~row
        return row < 0, self.bits[at], self.table.kinds[at], self.wanted[at], at in self.optional

    def _advance(self, event: int, state: Any, done: int, free: int) -> tuple[int, int, int]:
        for at in range(event, len(self.script)):
            returns, bit, kind, value, optional = self.script[at]
            if returns:
                if not done & bit:
                    return at, done, free
                done ^= bit
            elif kind == READ:
                if value == state:
                    done |= bit
            elif kind == MISS:
                if value != state:
                    done |= bit
            elif optional:
                free |= bit
        return len(self.script), done, free

    def _branch(self, event: int, state: Any, done: int, free: int, trail: Trail) -> None:
        choices = self._choices.get(event) or self._prepare(event)
        passing = free & choices.bit
        if not (passing and choices.pointless):
            hidden = (free | choices.mask) & ~done
            for row, bit, value, fitting, keen in choices.writes:
                if not done & bit and (fitting & ~done or keen > (passing > 0)):
                    now = done | bit | fitting
                    self._stack.append((event, value, now, hidden & ~now, (event, row, trail)))
            for row, bit, value, fitting in choices.swaps.get(state, ()):
                if not done & bit:
                    now = done | bit | fitting
                    self._stack.append((event, value, now, free & ~now, (event, row, trail)))
        if passing:
            self._stack.append((event, state, done | choices.bit, free & ~choices.bit, trail))

    def _prepare(self, event: int) -> Choices:
        """Work out, when the search first comes to an event, what may take effect there."""
        table, forced = self.table, ~self.events[event]
        rows: tuple[list[int], ...] = ([], [], [], [])
        for row in self.pending[event]:
            rows[table.kinds[row]].append(row)
        reads: dict[Any, int] = {}
        for row in rows[READ]:
            reads[table.values[row]] = reads.get(table.values[row], 0) | self.bits[row]

        def fitting(value: Any) -> int:
            """The bits of those who can take effect, without any effect, when the value is this."""
            bits = reads.get(value, 0)
            for row in rows[MISS]:
                bits |= self.bits[row] if table.olds[row] != value else 0
            return bits

        swaps: dict[Any, list[tuple[int, int, Any, int]]] = {}
        for row in rows[SWAP]:
            value = table.values[row]
            swaps.setdefault(table.olds[row], []).append((row, self.bits[row], value, fitting(value)))
        writes = []
        for row in rows[WRITE]:
            value = table.values[row]
            keen = 2 if row == forced or value in swaps else self._keenness(event, forced, value)
            writes.append((row, self.bits[row], value, fitting(value), keen))
        writes.sort(key=lambda write: (write[0] == forced, write[2] == self.wanted[forced]))
        mask, pointless = sum(self.bits[row] for row in rows[WRITE]), False
        if table.kinds[forced] == WRITE:
            pointless = self._useless(self.wanted[forced], event)
        choices = Choices(self.bits[forced], mask, pointless, writes, swaps)
        self._choices[event] = choices
        return choices

    def _keenness(self, event: int, forced: int, value: Any) -> int:
        """Whether it is worth while to write this value for nobody to see now: 2 yes, 0 no.

        It can only prepare what follows. Before a forced read or swap, another value may as well be hidden.
        Before a forced write it hides that write; that is no use if the write is free (1).
        """
        match self.table.kinds[forced]:
            case 0 | 2:  # READ, SWAP
                return 2 if value == self.wanted[forced] else 0
            case 1:  # WRITE
                return 0 if self._useless(value, event) else 1
        return 2

    def _useless(self, value: Any, event: int) -> bool:
        """Whether nobody will need this value to be there."""
        return not self.blurred and self.needed.get(value, -1) < event


@dataclass(frozen=True, slots=True)
class Choices:
    """What may take effect in a register before a certain return.

    Attributes:
        bit: of the operation that returns.
        mask: the bits of the pending writes.
        pointless: whether the operation that returns is a write of a value that nobody will need.
        writes: row, bit, value, the bits of those who fit that value, and keenness; the best guess last.
        swaps: row, bit, new value, and the bits of those who fit that value, by expected value.
    """

    bit: int
    mask: int
    pointless: bool
    writes: list[tuple[int, int, Any, int, int]]
    swaps: dict[Any, list[tuple[int, int, Any, int]]]


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
