"""Refutations: which operation on a register can no order explain, whatever the others did?

These questions cost a few look-ups an operation and need no unique values. They find what a careless
implementation does wrong, and spare the search its worst case: a value that never comes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from .models import UNSEEN, expected
from .table import DAWN, NEVER, READ, SWAP, WRITE, Contradiction, Table


def refute(table: Table) -> Contradiction | None:
    """The first operation, in the order of returns, that cannot be explained; None if none is so simple.

    Args:
        table: the operations on one register.
    """
    refuted = [*failed_for_nothing(table), *_unwritten(table), *_overwritten(table)]
    return min(refuted, key=lambda contradiction: contradiction.moment, default=None)


def failed_for_nothing(table: Table) -> Iterator[Contradiction]:
    """Compare-and-swaps that found what they expected and failed all the same."""
    for row in table.absurd:
        op = table.ops[row]
        yield Contradiction(op, table.rets[row], f"it failed although it found {expected(op)!r}", (op,))


def wanted(table: Table) -> Iterator[tuple[int, Any]]:
    """Each row that returned and needs a certain value, with that value."""
    for row, kind in enumerate(table.kinds):
        if table.rets[row] < NEVER and kind in (READ, SWAP):
            yield row, table.olds[row] if kind == SWAP else table.values[row]


def _unwritten(table: Table) -> Iterator[Contradiction]:
    """Values that were seen before anybody began to write them."""
    begun: dict[Any, int] = {table.initial: DAWN}
    for kind, value, call in zip(table.kinds, table.values, table.calls, strict=True):
        if kind in (WRITE, SWAP):
            begun.setdefault(value, call)
    for row, value in wanted(table):
        if value is not UNSEEN and begun.get(value, NEVER) > table.rets[row]:
            words = f"nobody had begun to write {value!r}" if value in begun else f"nobody wrote {value!r}"
            yield Contradiction(table.ops[row], table.rets[row], words, (table.ops[row],))


def _overwritten(table: Table) -> Iterator[Contradiction]:
    """Values that were seen after every write of them had certainly been followed by another."""
    updates = [row for row, kind in enumerate(table.kinds) if kind in (WRITE, SWAP)]
    updates.sort(key=table.calls.__getitem__)
    finished = sorted((table.rets[row], table.calls[row], row) for row in updates if table.rets[row] < NEVER)
    returned = [ret for ret, _, _ in finished]
    newest = list(accumulate(((call, row) for _, call, row in finished), max))
    calls: dict[Any, list[int]] = {table.initial: [DAWN]}  # of the writes of a value, in order
    latest = {table.initial: [DAWN, DAWN + 1]}  # the last return among so many of them
    for row in updates:
        value = table.values[row]
        calls.setdefault(value, []).append(table.calls[row])
        known = latest.setdefault(value, [DAWN])
        known.append(max(known[-1], table.rets[row]))
    for row, value in wanted(table):
        place = bisect_left(returned, table.calls[row])
        if place and value in calls:
            call, writer = newest[place - 1]
            if latest[value][bisect_left(calls[value], table.rets[row])] < call:
                words = f"{table.ops[writer]} had replaced every {value!r} by then"
                yield Contradiction(table.ops[row], table.rets[row], words)
