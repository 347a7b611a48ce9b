"""Observations: who wrote what each client saw, and what must come before what?

Everything here works on registers or keys with unique values, so that it is plain which write a read
returned. No clock is consulted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from ..history import History
from .graphs import circles, short_circle, shortest_path, topological
from .models import Model
from .table import READ, SWAP, WRITE, Table, table, timeline
from .verdict import OK, Verdict

MOST = 20_000
"""How many operations can be judged: the memory grows with the square of the number, the time too."""

TOO_MANY = Verdict("unknown", f"this takes at most {MOST:,} operations; judge a part of the history")

START, NOBODY = -1, -2
"""Who wrote the value that was there from the start, and who wrote a value that nobody wrote."""

Reason = tuple[str, Callable[[], Iterable[int]]]
"""Why something must come before something else, in words, and, when asked, the operations that show it."""


class Observed:
    """Who wrote what, who saw it, and in which order each client did its operations.

    A set of operations is an integer, one bit a row.

    Args:
        history: what the clients asked and heard; each value of a key is written once at most.
        model: what each key does; it must be a kind of register.

    Attributes:
        ops: the operations, in the order of their calls, without pending reads.
        saw: the row whose write each operation saw, or START, or NOBODY.
        previous: the row that the same client did just before; a client does not count on a pending one.
        updates: the rows of the writes; a compare-and-swap that succeeded is one.
        on_key: the bits of the updates of each key.
        absurd: the rows of the compare-and-swaps that failed although they found what they expected.

    Raises:
        ValueError: if a value is not unique, or an operation does more than read, write or compare-and-swap.
    """

    def __init__(self, history: History, model: Model) -> None:
        line = timeline(history.ops, model)
        columns = table(line)
        if columns is None:
            odd = next(op for op in line.ops if model.kinds[op.kind] not in ("read", "write", "cas"))
            raise ValueError(f"only reads, writes and compare-and-swaps can be judged here, not {odd}")
        self.ops = line.ops
        self.updates = [row for row, kind in enumerate(columns.kinds) if kind in (WRITE, SWAP)]
        self.on_key: dict[Any, int] = {}
        for row in self.updates:
            self.on_key[self.ops[row].key] = self.on_key.get(self.ops[row].key, 0) | 1 << row
        self.absurd = columns.absurd
        self.saw = self._matched(columns)
        self.previous: dict[int, int] = {}
        last: dict[str, int] = {}
        for row, op in enumerate(self.ops):
            if op.client in last:
                self.previous[row] = last[op.client]
            if not op.pending:
                last[op.client] = row

    def _matched(self, columns: Table) -> dict[int, int]:
        """What each operation saw. A pending swap saw something only if somebody saw what it wrote."""
        sources = self._sources(columns)
        saw: dict[int, int] = {}
        pending: dict[int, int] = {}
        for row, kind in enumerate(columns.kinds):
            if kind in (READ, SWAP):
                value = columns.olds.get(row, columns.values[row])
                start = START if value == columns.initial else NOBODY
                source = sources.get((self.ops[row].key, value), start)
                (pending if self.ops[row].pending else saw)[row] = source
        while found := set(pending).intersection(saw.values()):
            saw.update((row, pending.pop(row)) for row in found)
        return dict(sorted(saw.items()))

    def _sources(self, columns: Table) -> dict[tuple[Any, Any], int]:
        """The row that wrote each value of each key."""
        sources: dict[tuple[Any, Any], int] = {}
        for row in self.updates:
            op, value = self.ops[row], columns.values[row]
            if value == columns.initial:
                raise ValueError(f"values must be unique, but this one was there from the start: {op}")
            if (op.key, value) in sources:
                raise ValueError(f"values must be unique: {self.ops[sources[op.key, value]]}, and {op}")
            sources[op.key, value] = row
        return sources

    def possible(self) -> Verdict:
        """``illegal`` if somebody saw a value that nobody wrote, or that its client was to write itself."""
        for row, source in self.saw.items():
            if source == NOBODY:
                absurd = row in self.absurd
                what = "failed although it found what it expected" if absurd else "saw what nobody wrote"
                return self.illegal(f"{self.ops[row]} {what}", [row])
            if source == row:
                return self.illegal(f"{self.ops[row]} needs the value that it writes itself", [row])
            later = source > row and not self.ops[row].pending  # a pending one may take effect later still
            if later and self.ops[source].client == self.ops[row].client:
                words = f"{self.ops[row]} saw what its own client wrote later: {self.ops[source]}"
                return self.illegal(words, [row, source])
        return OK

    def illegal(self, words: str, rows: Iterable[int]) -> Verdict:
        """A verdict that blames these rows, those that wrote what they saw, and who saw the pending ones."""
        guilty: set[int] = set()
        waiting = list(rows)
        while waiting:
            row = waiting.pop()
            if row in guilty:
                continue
            guilty.add(row)
            if self.saw.get(row, START) >= 0:
                waiting.append(self.saw[row])
            if row in self.saw and self.ops[row].pending:
                waiting.append(next(other for other, source in self.saw.items() if source == row != other))
        return Verdict("illegal", words, partial(tuple, [self.ops[row] for row in sorted(guilty)]))

    def rivals(self, row: int, bits: int, below: Mapping[int, int]) -> Iterator[int]:
        """The updates among these bits of the key that a row saw, other than what it saw and the row itself.

        Args:
            row: the one that saw an update.
            bits: what is before it, in some order.
            below: for each update the bits before it in that order; only updates that are last matter.
        """
        bits &= self.on_key.get(self.ops[row].key, 0) & ~(1 << row)
        if self.saw[row] >= 0:
            bits &= ~(1 << self.saw[row])
        while bits:
            last = bits.bit_length() - 1
            yield last
            bits &= ~(below[last] | 1 << last)


class Order:
    """What must come before what, and why; the first reason for a pair is kept."""

    def __init__(self, seen: Observed) -> None:
        self.seen = seen
        self.after: dict[int, dict[int, Reason]] = {}

    def copy(self) -> Order:
        """An order to add to."""
        order = Order(self.seen)
        order.after = {row: dict(after) for row, after in self.after.items()}
        return order

    def add(self, one: int, two: int, why: str, shown: Callable[[], Iterable[int]] = tuple) -> None:
        """One must come before two."""
        if one != two:
            self.after.setdefault(one, {}).setdefault(two, (why, shown))

    def past(self) -> dict[int, int]:
        """For each row the bits of all that comes before. The order must not go round in a circle."""
        past = dict.fromkeys(range(len(self.seen.ops)), 0)
        for row in topological(self.after, past):
            below = past[row] | 1 << row
            for after in self.after.get(row, ()):
                past[after] |= below
        return past

    def path(self, start: int, end: int) -> list[int]:
        """A shortest way from one row to another."""
        return shortest_path(self.after, start, end.__eq__, range(len(self.seen.ops)))

    def circle(self) -> Verdict:
        """``illegal`` if the order goes round in a circle."""
        components = circles(self.after)
        if not components:
            return OK
        nodes = min((short_circle(self.after, component) for component in components), key=len)
        words, rows = self.reasons([*nodes, nodes[0]])
        return self.seen.illegal(f"{'; '.join(words[:-1])}; but {words[-1]}", rows)

    def shown(self, start: int, end: int) -> list[int]:
        """The rows that show that one comes before another."""
        return self.reasons(self.path(start, end))[1] if start != end else [start]

    def reasons(self, path: Sequence[int]) -> tuple[list[str], list[int]]:
        """Each step of a path in words, and the rows that show it."""
        words, rows = [], list(path)
        for one, two in pairwise(path):
            why, shown = self.after[one][two]
            rows += shown()
            words.append(f"{self.seen.ops[one]} comes before {self.seen.ops[two]}, because {why}")
        return words, rows
