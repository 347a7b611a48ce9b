"""Cores: which few operations are to blame?

A core is a set of operations that no order explains, *whichever of the other operations are kept*. To find
one, make the others optional, one after the other: they may take effect on time, or be left out. Whatever
stays impossible then is impossible in any case, so an operation that may be optional is not to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..history import Op
from .register_search import RegisterSearch
from .search import ModelSearch, Search
from .table import NEVER, SWAP, WRITE, Timeline, table

STEPS_AT_ONCE = 20_000
STEPS = 200_000
T = TypeVar("T")


def shrink(items: Sequence[T], impossible: Callable[[Sequence[T]], bool]) -> list[T]:
    """Leave out what is not needed, in halves, quarters, … and at last one by one, from the front.

    Args:
        items: something impossible.
        impossible: whether a part of it is. If a part is, then so must be all that contains it.
    """
    kept, chunk = list(items), max(1, len(items) // 2)
    while True:
        at = 0
        while at < len(kept):
            fewer = kept[:at] + kept[at + chunk :]
            if impossible(fewer):
                kept = fewer
            else:
                at += chunk
        if chunk == 1:
            return kept
        chunk //= 2


def core(line: Timeline, moment: int) -> tuple[Op, ...]:
    """Operations to blame for the fact that no order explains a timeline.

    Args:
        line: the timeline, or as much of it as matters.
        moment: a return such that what had returned by then is impossible.

    Returns:
        A core. It is minimal unless the work would be too much; it is empty if none was found.
    """
    return _Core(line, moment).find()


class _Core:
    def __init__(self, line: Timeline, moment: int) -> None:
        self.line, self.moment = line, moment
        self.columns = table(line)
        self.changing = [row for row, op in enumerate(line.ops) if not line.model.read_only(op)]
        self.steps = STEPS

    def find(self) -> tuple[Op, ...]:
        returned = [row for row, ret in enumerate(self.line.rets) if ret <= self.moment]
        for size in _doubling(len(returned)):
            window = returned[-size:]
            if size == len(returned) or self.impossible(window):
                found = shrink(window, self.impossible)
                return tuple(self.line.ops[row] for row in found)
        return ()

    def impossible(self, required: Sequence[int]) -> bool:
        """Whether these rows are impossible even if all others are optional."""
        grant = min(STEPS_AT_ONCE, self.steps)
        if not required or grant <= 0:
            return False
        search = self._search(set(required))
        answer = search.run(grant)
        self.steps -= search.steps
        return answer is False

    def _search(self, required: set[int]) -> Search:
        dropped = self._long_before(required)
        kept = sorted(required.union(self.changing).difference(dropped))
        part = self.line.only(kept)
        optional = [at for at, row in enumerate(kept) if row not in required and part.rets[at] < NEVER]
        columns = table(part)
        if columns is None:
            return ModelSearch(part, optional)
        return RegisterSearch(part.model, columns, optional, {part.model.initial, *dropped.values()})

    def _long_before(self, required: set[int]) -> dict[int, Any]:
        """Updates of a register that returned before all this, with the values they may have left there."""
        if self.columns is None:
            return {}
        start = min(self.line.calls[row] for row in required)
        return {
            row: self.columns.values[row]
            for row in self.changing
            if self.columns.kinds[row] in (WRITE, SWAP) and self.columns.rets[row] < start
        }


def _doubling(most: int) -> list[int]:
    sizes = [8]
    while sizes[-1] < most:
        sizes.append(sizes[-1] * 2)
    return [*sizes[:-1], most]
