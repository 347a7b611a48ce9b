"""Search in a register: what need not be tried, because nobody would have seen it?

*Hiding*: when a blind write takes effect, every other pending write may have taken effect just before it,
unseen. Such a write is *free*: at its return it may pass without a branch. And a write is tried only if
somebody may need its value; see :meth:`RegisterSearch._keenness`.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Any

from .models import Model
from .search import Search, Trail
from .table import MISS, READ, SWAP, WRITE, Table, Timeline


class RegisterSearch(Search):
    """A search for registers, with hiding. See :class:`.search.Search`.

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
