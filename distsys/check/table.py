"""Tables: a history as columns of numbers, which is what the algorithms read.

A moment is one integer: the microsecond, and within it a rank. Calls have even ranks and returns odd ones,
so no call ever equals a return. Within one microsecond calls come first and returns last, so that what may
overlap does overlap. Only the events of one client keep their order: a client that returns and calls again
in one instant returned a little earlier.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, TypeVar

from ..history import PENDING, Op
from .models import UNSEEN, Model, expected, found, replacement, swapped

SHIFT = 16
LATE = (1 << SHIFT) - 1
"""The last rank."""

T = TypeVar("T")
NEVER = PENDING << SHIFT
DAWN = -(1 << SHIFT)
"""Earlier than every call: when the value that was there from the start was written."""

READ, WRITE, SWAP, MISS, CAS, OTHER = range(6)
"""What an operation does to a register; a MISS is a failed compare-and-swap that hides what it found."""

ACCESS = {"read": READ, "write": WRITE, "cas": CAS}


@dataclass(slots=True)
class Timeline:
    """Operations, in the order of their calls, with their moments.

    Pending operations that change nothing are left out: they constrain nothing.
    """

    model: Model
    ops: Sequence[Op]
    calls: list[int]
    rets: list[int]

    def only(self, rows: Iterable[int]) -> Timeline:
        """The timeline with these rows alone."""
        kept = list(rows)
        return Timeline(self.model, _pick(self.ops, kept), _pick(self.calls, kept), _pick(self.rets, kept))

    def by_key(self) -> list[Timeline]:
        """One timeline for each key; the keys in the order of their first calls."""
        parts: dict[Any, list[int]] = {op.key: [] for op in self.ops}
        if len(parts) == 1:
            return [self]
        for row, op in enumerate(self.ops):
            parts[op.key].append(row)
        return [self.only(rows) for rows in parts.values()]

    def called_before(self, moment: int) -> Timeline:
        """The operations that were called before this moment, whatever became of them."""
        return self.only(range(bisect_left(self.calls, moment)))

    def returned_before(self, moment: int) -> int:
        """How many operations had returned before this moment."""
        return sum(map(moment.__gt__, self.rets))


def timeline(ops: Sequence[Op], model: Model) -> Timeline:
    """Give each operation its moments.

    Args:
        ops: the operations, in the order of their calls.
        model: what the object of each key does.

    Raises:
        ValueError: if the object has no such operation, an operation returned before it was called, or a
            client called before its last operation returned.
    """
    for kind in {op.kind for op in ops}.difference(model.kinds):
        raise model.unknown(next(op for op in ops if op.kind == kind))
    line = Timeline(model, ops, *_moments(ops))
    if NEVER not in line.rets:
        return line
    idle = {row for row, ret in enumerate(line.rets) if ret == NEVER and model.read_only(ops[row])}
    return line.only(row for row in range(len(ops)) if row not in idle) if idle else line


def _pick(column: Sequence[T], rows: list[int]) -> list[T]:
    """Some of a column; a map is faster than a comprehension."""
    return list(map(column.__getitem__, rows))


def _moments(ops: Sequence[Op]) -> tuple[list[int], list[int]]:
    """When each operation was called and when it returned."""
    calls: list[int] = []
    rets: list[int] = []
    last: dict[str, int] = {}  # the row that each client returned from
    for row, op in enumerate(ops):
        client, call, ret = op.client, op.call << SHIFT, op.ret
        if client in last and rets[last[client]] > call:
            before = last[client]
            if ops[before].ret > op.call:
                raise ValueError(f"a client does one thing at a time: {ops[before]} overlaps {op}")
            call = max(call, calls[before]) + 2
            rets[before] = call - 1
        if ret < PENDING:
            last[client] = row
            ret = (ret << SHIFT) + LATE
            if ret < call:
                raise ValueError(f"an operation cannot return before it is called: {op}")
        else:
            ret = NEVER
        calls.append(call)
        rets.append(ret)
    return calls, rets


@dataclass(slots=True)
class Table:
    """The operations on one register, in columns.

    Attributes:
        initial: the value before any operation.
        ops: the operations, in the order of their calls.
        calls: when each was called.
        rets: when each returned; ``NEVER`` if it is pending.
        kinds: READ, WRITE, SWAP or MISS.
        values: what each read or wrote; None for a MISS.
        olds: the rows of the SWAPs and MISSes, with the value that each expected.
        absurd: the rows of the compare-and-swaps that failed although they found what they expected. What
            they say they saw becomes a value that nobody wrote.
    """

    initial: Any
    ops: Sequence[Op]
    calls: list[int]
    rets: list[int]
    kinds: list[int]
    values: list[Any]
    olds: dict[int, Any]
    absurd: list[int]

    @property
    def unique(self) -> bool:
        """Whether every value was written once at most, and none was there from the start."""
        written = list(compress(self.values, self.kinds))
        if MISS in self.kinds:
            written = [v for k, v in zip(self.kinds, self.values, strict=True) if k in (WRITE, SWAP)]
        distinct = set(written)
        return len(distinct) == len(written) and self.initial not in distinct

    def only(self, rows: Iterable[int]) -> Table:
        """The table with these rows alone."""
        kept = list(rows)
        return Table(
            self.initial,
            _pick(self.ops, kept),
            _pick(self.calls, kept),
            _pick(self.rets, kept),
            _pick(self.kinds, kept),
            _pick(self.values, kept),
            {at: self.olds[row] for at, row in enumerate(kept) if row in self.olds} if self.olds else {},
            [at for at, row in enumerate(kept) if row in self.absurd] if self.absurd else [],
        )

    def without(self, rows: Collection[int]) -> Table:
        """The table without these rows."""
        return self.only(row for row in range(len(self.ops)) if row not in rows) if rows else self

    def before(self, moment: int) -> Table:
        """What had been seen just before this moment: later returns are pending, later calls absent."""
        columns = zip(self.calls, self.rets, self.kinds, strict=True)
        seen = self.only(
            row
            for row, (call, ret, kind) in enumerate(columns)
            if ret < moment or (call < moment and kind in (WRITE, SWAP))
        )
        seen.rets = [ret if ret < moment else NEVER for ret in seen.rets]
        return seen

    def unseen(self) -> set[int]:
        """The pending updates whose values nobody saw: one may as well say that they never happened.

        That holds unless somebody saw the *absence* of a value, as a MISS does.
        """
        if NEVER not in self.rets:
            return set()
        pending = {row for row, ret in enumerate(self.rets) if ret == NEVER}
        seen = {value for kind, value in zip(self.kinds, self.values, strict=True) if kind == READ}
        returned = (row for row in self.olds if row not in pending and self.kinds[row] == SWAP)
        seen.update(self.olds[row] for row in returned)
        while fresh := {row for row in pending if self.values[row] in seen}:
            pending -= fresh
            seen.update(self.olds[row] for row in fresh if row in self.olds)  # it saw another value in turn
        return pending


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why no order explains the operations on one object.

    Attributes:
        op: the one that cannot take effect, because all that speaks against it had returned before it did.
        moment: when it returned.
        words: what speaks against it.
        suspects: operations that are impossible on their own; None if nobody narrowed them down.
    """

    op: Op
    moment: int
    words: str
    suspects: tuple[Op, ...] | None = None


def table(line: Timeline) -> Table | None:
    """The timeline in columns, or None if its operations do more than read, write and compare-and-swap.

    Raises:
        ValueError: if the argument or the result of a compare-and-swap is malformed, or a value is mutable.
    """
    access = {kind: ACCESS.get(name, OTHER) for kind, name in line.model.kinds.items()}
    kinds = [access[op.kind] for op in line.ops]
    values = [op.argument if kind else op.result for op, kind in zip(line.ops, kinds, strict=True)]
    olds, absurd = {}, []
    for row in [row for row, kind in enumerate(kinds) if kind == CAS]:
        op = line.ops[row]
        if op.pending or swapped(op):
            kinds[row], values[row], olds[row] = SWAP, replacement(op), expected(op)
        elif found(op) is UNSEEN:
            kinds[row], values[row], olds[row] = MISS, None, expected(op)
        else:
            kinds[row], values[row] = READ, found(op)
            if found(op) == expected(op):
                values[row] = UNSEEN
                absurd.append(row)
    if OTHER in kinds:
        _require_hashable(line.ops, [op.argument for op in line.ops])
        return None
    _require_hashable(line.ops, values)
    _require_hashable([line.ops[row] for row in olds], list(olds.values()))
    return Table(line.model.initial, line.ops, line.calls, line.rets, kinds, values, olds, absurd)


def _require_hashable(ops: Sequence[Op], values: list[Any]) -> None:
    try:
        set(values)
    except TypeError:
        for op, value in zip(ops, values, strict=True):
            try:
                hash(value)
            except TypeError:
                kind = type(value).__name__
                raise ValueError(
                    f"values must be immutable, so use a tuple instead of a {kind}: {op}"
                ) from None
