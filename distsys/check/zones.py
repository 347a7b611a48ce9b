"""Zones: can a register whose values are unique be linearized?  Decided in O(n log n), without any search.

If every value is written once, the operations that wrote or saw one value form a *cluster*, and in any
linearization a cluster is contiguous: once another value is there, this one never comes back. Two moments
sum a cluster up: *f*, the first return, and *s*, the last call. If f < s, the value was certainly there
from f to s, its *forward zone*. Otherwise all its operations overlap in [s, f], its *backward zone*, and
could all take effect at any one moment in it. The history is linearizable if and only if no operation
returned before its value began to be written, forward zones are disjoint, and no backward zone lies
within a forward zone (Gibbons and Korach, 1997).

A successful compare-and-swap from u to v is the last operation of the cluster of u and the first of that of
v. It glues clusters into *chains*: no operation of a later cluster of a chain may return before an
operation of an earlier one was called, and the chain as a whole has a zone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, compress, islice, pairwise, starmap
from typing import Any

from ..history import Op
from .table import DAWN, NEVER, READ, SHIFT, Contradiction, Table

ENOUGH = 4
"""Among how many contradictions to look for an early one."""

Zone = tuple[int, int, int]
"""Start, end, and the number of the chain."""


class Zones:
    """The clusters, chains and zones of a table without MISSes, every value of which is unique.

    Args:
        table: the operations; pending updates that nobody saw must be gone (see :meth:`.table.Table.unseen`).
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.first: dict[Any, int] = {table.initial: DAWN + 1}
        self.last: dict[Any, int] = {table.initial: DAWN}
        self.source: dict[Any, int] = {table.initial: -1}  # the row that wrote the value
        self.begun: dict[Any, int] = {table.initial: DAWN}  # when that row was called
        self._rows: dict[Any, list[int]] = {}  # who wrote or saw a value, as far as anybody asked
        self._cluster()

    def _cluster(self) -> None:
        table, first, last = self.table, self.first, self.last
        columns = zip(table.values, table.calls, table.rets, table.kinds, strict=True)
        for row, (value, call, ret, kind) in enumerate(columns):
            if value not in first:
                first[value], last[value] = ret, call
            else:  # a call of min or max would double the cost of this loop
                if ret < first[value]:  # noqa: PLR1730
                    first[value] = ret
                if call > last[value]:  # noqa: PLR1730
                    last[value] = call
            if kind != READ:
                self.source[value], self.begun[value] = row, call
        for row, old in table.olds.items():
            first[old] = min(first.get(old, NEVER), table.rets[row])
            last[old] = max(last.get(old, DAWN), table.calls[row])

    def contradiction(self) -> Contradiction | None:
        """A reason why no linearization exists, or None if one does."""
        return self._unwritten() or self._unchained() or self._crowded()

    def order(self) -> list[int]:
        """The rows in the order of a linearization; ask only if there is no contradiction."""
        forward, backward = self._zones
        starts = [start for start, _, _ in forward]
        places = [(start, number) for start, _, number in forward]
        for start, _, number in backward:
            around = bisect_right(starts, start) - 1
            inside = around >= 0 and start < forward[around][1]
            places.append((forward[around][1] if inside else start, number))
        readers: dict[Any, list[int]] = {}
        for row, kind in enumerate(self.table.kinds):
            if kind == READ:
                readers.setdefault(self.table.values[row], []).append(row)
        rows: list[int] = []
        for _, number in sorted(places):
            for value in self._chains[number]:
                rows += [self.source[value]] if self.source[value] >= 0 else []
                rows += readers.get(value, ())
        return rows

    @cached_property
    def _chains(self) -> list[list[Any]]:
        """The values, linked by swaps; a value that no swap touched is a chain of its own."""
        after = {old: self.table.values[row] for row, old in self.table.olds.items()}
        fed = set(after.values())
        return [list(_follow(value, after)) for value in self.first if value not in fed]

    @cached_property
    def _zones(self) -> tuple[list[Zone], list[Zone]]:
        """The forward and the backward zones, the former sorted."""
        first, last = self.first, self.last
        ends: Iterable[tuple[int, int]] = zip(first.values(), last.values(), strict=True)
        if self.table.olds:
            ends = (
                (min(first[value] for value in chain), max(last[value] for value in chain))
                for chain in self._chains
            )
        forward, backward = [], []
        for number, (start, end) in enumerate(ends):
            if start < end:
                forward.append((start, end, number))
            else:
                backward.append((end, start, number))
        forward.sort()
        return forward, backward

    # --- what can be wrong

    def _unwritten(self) -> Contradiction | None:
        """A value that was seen, but never written, or before its write was called."""
        for value, first in self.first.items():
            if value not in self.source:
                return self._because([self._returned_first([value])], f"nobody wrote {value!r}")
            if first < self.begun[value]:
                words = f"{self._op(self.source[value])}, which alone wrote {value!r}, was called later"
                return self._because([self._returned_first([value])], words)
        return None

    def _unchained(self) -> Contradiction | None:
        """Compare-and-swaps that cannot follow each other."""
        if not self.table.olds:
            return None
        by_old: dict[Any, int] = {}
        for row, old in self.table.olds.items():
            if old in by_old:
                words = f"{self._op(by_old[old])} and {self._op(row)} both replaced {old!r}, written once"
                return self._because([by_old[old], row], words)
            by_old[old] = row
        chained = {value for chain in self._chains for value in chain}
        loose = [row for value, row in self.source.items() if value not in chained]
        if loose:  # only a circle of swaps has no beginning
            words = " and ".join(self._op(row) for row in loose[:3])
            return self._because(loose, f"{words} go round in a circle: each needs what another wrote")
        return next(filter(None, map(self._disorder, self._chains)), None)

    def _disorder(self, chain: list[Any]) -> Contradiction | None:
        """An operation that returned before one was called which comes earlier in the chain."""
        latest, owner = DAWN, chain[0]
        for value in chain:
            if self.first[value] < latest:
                late, early = self._called_last([owner]), self._returned_first([value])
                words = (
                    f"{self._op(late)} needs {owner!r}, but {self._op(early)}, which needs its successor "
                    f"{value!r}, had returned before"
                )
                return self._because([late, early, *self._links(chain, owner, value)], words)
            if self.last[value] > latest:
                latest, owner = self.last[value], value
        return None

    def _crowded(self) -> Contradiction | None:
        """Values that must have been there at the same time. Of several contradictions, an early one."""
        overlaps, nested = list(islice(self._overlaps(), ENOUGH)), list(islice(self._nested(), ENOUGH))
        if not overlaps and not nested:
            return None
        numbers = {number for pair in [*overlaps, *nested] for number in pair}
        self._find(value for number in numbers for value in self._chains[number])
        found = [*starmap(self._both, overlaps), *starmap(self._between, nested)]
        return min(found, key=lambda contradiction: contradiction.moment)

    def _overlaps(self) -> Iterator[tuple[int, int]]:
        """Two chains with values that were both certainly there."""
        forward, _ = self._zones
        for (_, end, one), (start, _, two) in pairwise(forward):
            if start < end:
                yield one, two

    def _nested(self) -> Iterator[tuple[int, int]]:
        """A chain with a value that was certainly there, and one that must have come and gone meanwhile."""
        forward, backward = self._zones
        starts = [start for start, _, _ in forward]
        for start, end, inner in backward:
            around = bisect_right(starts, start) - 1
            if around >= 0 and end < forward[around][1]:
                yield forward[around][2], inner

    def _both(self, one: int, two: int) -> Contradiction:
        words = f"{self._held(one)}, and {self._held(two)}; both cannot be"
        return self._because([*self._ends(one), *self._ends(two)], words)

    def _between(self, outer: int, inner: int) -> Contradiction:
        chain = self._chains[inner]
        who = " and ".join(map(self._op, sorted({self._returned_first(chain), self._called_last(chain)})))
        words = f"{self._held(outer)}, but {who} must take effect in between"
        return self._because([*self._ends(outer), *self._ends(inner)], words)

    # --- who is to blame

    def _op(self, row: int) -> str:
        return str(self.table.ops[row])

    def _members(self, values: Sequence[Any]) -> list[int]:
        self._find(values)
        return [row for value in values for row in self._rows[value]]

    def _find(self, values: Iterable[Any]) -> None:
        """Look up, in one go, who wrote or saw these values."""
        wanted = set(values).difference(self._rows)
        if not wanted:
            return
        self._rows.update((value, []) for value in wanted)
        values = self.table.values
        for row in compress(range(len(values)), map(wanted.__contains__, values)):
            self._rows[values[row]].append(row)
        for row, old in self.table.olds.items():
            if old in wanted:
                self._rows[old].append(row)

    def _returned_first(self, values: Sequence[Any]) -> int:
        return min(self._members(values), key=lambda row: self.table.rets[row])

    def _called_last(self, values: Sequence[Any]) -> int:
        return max(self._members(values), key=lambda row: self.table.calls[row])

    def _ends(self, number: int) -> list[int]:
        """Who returned first in the chain, who was called last, and the swaps between the two values."""
        chain = self._chains[number]
        left, right = min(chain, key=self.first.__getitem__), max(chain, key=self.last.__getitem__)
        rows = self._links(chain, left, right)
        if self.source[left] >= 0:  # else it was there from the start
            rows.append(self._returned_first([left]))
        if self.last[right] > DAWN:
            rows.append(self._called_last([right]))
        return rows

    def _links(self, chain: list[Any], one: Any, two: Any) -> list[int]:
        low, high = sorted((chain.index(one), chain.index(two)))
        return [self.source[value] for value in chain[low + 1 : high + 1]]

    def _held(self, number: int) -> str:
        chain = self._chains[number]
        start, end = min(self.first[value] for value in chain), max(self.last[value] for value in chain)
        since = f"from {_ms(start)}" if start > DAWN + 1 else "from the start"
        return f"the value must be {' or '.join(map(repr, chain))} {since} to {_ms(end)}"

    def _because(self, rows: Iterable[int], words: str) -> Contradiction:
        """A pending row proves nothing alone: it took effect because somebody saw its value."""
        proof: set[int] = set()
        waiting = list(rows)
        while waiting:
            row = waiting.pop()
            if row not in proof and self.table.rets[row] == NEVER:
                others = [other for other in self._members([self.table.values[row]]) if other != row]
                waiting.append(min(others, key=lambda other: self.table.rets[other]))
            proof.add(row)
        moment, row = max((self.table.rets[row], row) for row in proof if self.table.rets[row] < NEVER)
        suspects = tuple(self.table.ops[row] for row in sorted(self._with_sources(proof)))
        return Contradiction(self.table.ops[row], moment, words, suspects)

    def _with_sources(self, rows: set[int]) -> set[int]:
        """The rows, and those that wrote what they saw, and what these saw."""
        found, waiting = set(rows), list(rows)
        while waiting:
            row = waiting.pop()
            for value in (self.table.values[row], self.table.olds.get(row, self.table.initial)):
                source = self.source.get(value, -1)
                if source >= 0 and source not in found:
                    found.add(source)
                    waiting.append(source)
        return found


def with_misses(table: Table, order: Sequence[int], misses: Table) -> list[Op] | None:
    """Put compare-and-swaps that failed, and hide what they found, where another value was there.

    Args:
        table: the other operations.
        order: their rows, as a linearization.
        misses: the failed compare-and-swaps.

    Returns:
        A linearization of all, or None if this simple attempt does not find one.
    """
    points = [DAWN, *accumulate((table.calls[row] for row in order), max)]
    limits = [*accumulate((table.rets[row] for row in reversed(order)), min, initial=NEVER)][::-1]
    states = [table.initial]
    for row in order:
        states.append(states[-1] if table.kinds[row] == READ else table.values[row])
    gaps: list[list[int]] = [[] for _ in states]  # before the operation with this number
    for row, (call, ret) in enumerate(zip(misses.calls, misses.rets, strict=True)):
        possible = range(bisect_right(limits, call), bisect_right(points, ret))
        place = next((gap for gap in possible if states[gap] != misses.olds[row]), None)
        if place is None:
            return None
        gaps[place].append(row)
    found: list[tuple[Table, int]] = []
    for gap, missing in enumerate(gaps):
        found += [(misses, row) for row in missing]
        found += [(table, order[gap])] if gap < len(order) else []
    latest = DAWN
    for source, row in found:
        if source.rets[row] < latest:
            return None
        latest = max(latest, source.calls[row])
    return [source.ops[row] for source, row in found]


def _follow(value: Any, after: dict[Any, Any]) -> Iterator[Any]:
    yield value
    while value in after:
        value = after[value]
        yield value


def _ms(moment: int) -> str:
    return f"{(moment >> SHIFT) / 1000:g} ms"
