"""Linearizability: does the service look as if it did one thing at a time?

A history is linearizable if each operation could have taken effect at one moment between its call and its
return, so that all results are those of a sequential object (Herlihy and Wing, 1990). Operations on different
keys are judged apart, because linearizability is local. The decision has three stages:

1. *refutations* that cost a look-up or two (a value that nobody wrote; see :mod:`.refute`);
2. *zones*, if every value of a register is unique: O(n log n), no search (see :mod:`.zones`);
3. a *just-in-time search* for everything else (see :mod:`.search`), which may have to give up.

So let a workload write unique values and let a failed compare-and-swap say what it found: then the second
stage decides any history, however long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from ..history import Op
from . import given
from .core import core
from .models import Model
from .refute import failed_for_nothing, refute
from .register_search import RegisterSearch
from .search import ModelSearch, Search
from .table import MISS, Contradiction, Table, Timeline, table, timeline
from .verdict import Verdict
from .zones import Zones, with_misses

FIRST_SHARE = 2_000
"""Steps that each object gets in the first round of the search; it grows eightfold a round."""

PREFIX_STEPS = 20_000
"""Steps to spend on the question whether all was well before a contradiction."""


def linearizable(history: Iterable[Op], model: Model, budget: int = 1_000_000) -> Verdict:
    """Judge whether a history is linearizable.

    Args:
        history: what the clients asked and heard: a :class:`.History` or a list of operations. Each key
            is an object of its own.
        model: what one such object does.
        budget: how many configurations the search may try, all keys together.

    Returns:
        ``ok`` with a ``witness`` order, ``illegal`` with an explanation and a ``core``, or ``unknown`` if the
        budget did not suffice.

    Raises:
        TypeError: if the history holds anything but operations, or the model is none.
        ValueError: if the model does not have an operation, or an operation is malformed.
    """
    judged = given.history(history, model, "linearizable(run.history, Register())")
    objects = [_Object(line, table(line)) for line in timeline(judged.ops, model).by_key()]
    for one in objects:
        if one.contradiction:
            return _contradicted(one)
    return _search(objects, budget)


class _Object:
    """One object: either there is a contradiction, or an order is known, or a search has to find out.

    Args:
        line: the operations.
        columns: the same as a table, if they can be.
    """

    def __init__(self, line: Timeline, columns: Table | None) -> None:
        self.line, self.columns = line, columns
        self.contradiction: Contradiction | None = None
        self.order: Callable[[], list[Op]] | None = None
        self.search: Search | None = None
        if columns is None:
            self.search = ModelSearch(line)
        elif columns.unique:
            self._judge_unique(columns)
        else:
            self._judge_register(columns)

    def _judge_unique(self, columns: Table) -> None:
        self.contradiction = next(failed_for_nothing(columns), None)
        if self.contradiction:
            return
        misses = [row for row, kind in enumerate(columns.kinds) if kind == MISS]
        zones = Zones(columns.without(columns.unseen().union(misses)))
        self.contradiction = zones.contradiction()
        if self.contradiction:
            return
        self.order = partial(_in_zones, zones)
        if misses:
            order = with_misses(zones.table, zones.order(), columns.only(misses))
            self.order = partial(list, order) if order is not None else None
        if not self.order:
            self.search = RegisterSearch(self.line.model, columns)

    def _judge_register(self, columns: Table) -> None:
        self.contradiction = refute(columns)
        if not self.contradiction:
            blurred = MISS in columns.kinds
            seen = columns if blurred else columns.without(columns.unseen())
            self.search = RegisterSearch(self.line.model, seen)


def _in_zones(zones: Zones) -> list[Op]:
    return [zones.table.ops[row] for row in zones.order()]


def _search(objects: list[_Object], budget: int) -> Verdict:
    """Search all objects in turn, so that an impossible one is found although another is hard."""
    spent, share = 0, FIRST_SHARE
    waiting = [one for one in objects if one.search]
    while waiting:
        if spent >= budget:
            keys = ", ".join(repr(one.line.ops[0].key) for one in waiting[:3])
            where = "" if keys == "None" else f", still undecided for the key {keys}"
            words = f"gave up after {spent:,} steps{where}; write unique values, or judge fewer operations"
            return Verdict("unknown", words)
        undecided = []
        for one in waiting:
            assert one.search is not None
            before = one.search.steps
            answer = one.search.run(min(share, budget - spent))
            spent += one.search.steps - before
            if answer is False:
                return _stuck(one)
            if answer is None:
                undecided.append(one)
        waiting, share = undecided, share * 8
    return Verdict("ok", evidence=partial(_witness, objects))


def _witness(objects: list[_Object]) -> tuple[Op, ...]:
    """One order of all operations: those of each object as found, each as early as its call allows."""
    placed = []
    for one in objects:
        moments = {id(op): call for op, call in zip(one.line.ops, one.line.calls, strict=True)}
        order = one.order() if one.order else _found(one.search)
        point = 0
        for op in order:
            point = max(point, moments[id(op)])
            placed.append((point, op))
    return tuple(op for _, op in sorted(placed, key=lambda pair: pair[0]))


def _found(search: Search | None) -> list[Op]:
    assert search is not None
    return [search.line.ops[row] for row in search.order()]


# --- why not


def _stuck(one: _Object) -> Verdict:
    """The search got as far as possible, so it knows the first operation that cannot take effect."""
    search, model = one.search, one.line.model
    assert search is not None
    op, moment = search.line.ops[search.stuck], search.line.rets[search.stuck]
    states = sorted(map(model.words, search.states))
    known = " or ".join(states[:4]) + (", or yet another of its states" if len(states) > 4 else "")
    words = f"{model.needs(op)}, but by then {known}"
    return _illegal(Contradiction(op, moment, words), one.line, one.line.returned_before(moment))


def _contradicted(one: _Object) -> Verdict:
    """Go back in time, from contradiction to earlier contradiction, until all was well before."""
    line, earlier = one.line, one
    while earlier.contradiction and earlier.columns:
        reason = earlier.contradiction
        columns = earlier.columns.before(reason.moment)
        earlier = _Object(Timeline(line.model, columns.ops, columns.calls, columns.rets), columns)
    well = earlier.search.run(PREFIX_STEPS) if earlier.search else True
    if well is False:
        return _stuck(earlier)
    return _illegal(reason, line, line.returned_before(reason.moment) if well else 0)


def _illegal(reason: Contradiction, line: Timeline, before: int) -> Verdict:
    prefix = ""
    if before:
        prefix = f" The {before:,} that returned before can be explained."
        if before == 1:
            prefix = " The one that returned before can be explained."
    words = f"{reason.op} cannot take effect: {reason.words}.{prefix}"
    return Verdict("illegal", words, partial(_core, reason, line))


def _core(reason: Contradiction, line: Timeline) -> tuple[Op, ...]:
    part = line.called_before(reason.moment)
    if reason.suspects:
        suspects = {id(op) for op in reason.suspects}
        part = part.only(row for row, op in enumerate(part.ops) if id(op) in suspects)
    return core(part, reason.moment)
