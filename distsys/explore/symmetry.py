"""Symmetry: which states are the same but for the names?

If three servers run the same code, then a state in which n1 leads and n2 follows is as good as one in which
n2 leads and n1 follows. Of all states that differ only in who is called what, the search visits one: the
one whose number is the smallest. What a renaming does to a local state or to a few messages is remembered.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product
from math import factorial, prod

from .histories import Histories
from .messages import Messages
from .process import LOCAL_BITS, Process
from .values import Copy, key
from .world import World

LOCAL = (1 << LOCAL_BITS) - 1
MOST = 5_040  # ways to name seven nodes


@dataclass
class Renaming:
    """One way to rename everyone, with all that is known of its effects."""

    names: Mapping[str, str]
    places: tuple[int, ...]  # the new place of each node
    locals: list[dict[int, int]] = field(default_factory=list)
    letters: dict[int, int] = field(default_factory=dict)
    chunks: dict[tuple[int, int], int] = field(default_factory=dict)


def renamings(world: World) -> list[Renaming]:
    """All ways to swap nodes that have the same factory and the same calls; the first one changes nothing.

    Raises:
        ValueError: if there are none, or too many.
    """
    groups: dict[Hashable, list[str]] = {}
    for name, factory in world.factories.items():
        groups.setdefault((id(factory), key(world.calls.get(name, ()))), []).append(name)
    ways = prod(factorial(len(group)) for group in groups.values())
    if ways == 1:
        raise ValueError("symmetry needs nodes with the same factory, as cluster(Raft, 3) has them")
    if ways > MOST:
        raise ValueError(
            f"symmetry among so many nodes means {ways:,} ways to name them, and each state is tried under "
            "all of them; explore fewer nodes, or without symmetry"
        )
    found = []
    for orders in product(*(permutations(group) for group in groups.values())):
        names = {
            old: new for group, order in zip(groups.values(), orders, strict=True)
            for old, new in zip(group, order, strict=True)
        }  # fmt: skip
        places = tuple(world.names.index(names[name]) for name in world.names)
        found.append(Renaming(names, places, [{} for _ in places]))
    return found


class Symmetry:
    """Finds the one state that stands for all states which differ only in names.

    Args:
        ways: all the ways to rename everyone.
        processes: the nodes.
        messages: what is on its way.
        histories: what clients did.
        history_low: the lowest bit of a state that belongs to the history.
    """

    def __init__(
        self,
        ways: Sequence[Renaming],
        processes: Sequence[Process],
        messages: Messages,
        histories: Histories,
        history_low: int,
    ) -> None:
        self.ways, self.processes, self.messages = ways, processes, messages
        self.histories, self.history_low = histories, history_low
        self.low_bits = (1 << messages.shift) - 1
        self._best: dict[int, tuple[int, list[Renaming]]] = {}

    def __call__(self, state: int) -> int:
        """The representative of a state."""
        low = state & self.low_bits
        known = self._best.get(low)
        if known is None:
            known = self._best[low] = self._least(low)
        best, ways = known
        letters = state ^ low
        return best | min([self._renamed_messages(letters, way) for way in ways])

    def all_names(self, state: int) -> list[int]:
        """The state under every naming, its own first, without messages."""
        return [self._renamed_low(state & self.low_bits, way) for way in self.ways]

    def _least(self, low: int) -> tuple[int, list[Renaming]]:
        """The least number that renaming makes of the local states, and all the ways to get there."""
        renamed = self.all_names(low)
        best = min(renamed)
        return best, [way for number, way in zip(renamed, self.ways, strict=True) if number == best]

    def _renamed_low(self, low: int, way: Renaming) -> int:
        history = low >> self.history_low
        renamed = self.histories.renamed(history, way.names) << self.history_low if history else 0
        crashes_low = len(self.processes) * LOCAL_BITS
        renamed |= (low & ((1 << self.history_low) - 1)) >> crashes_low << crashes_low
        for node, place in enumerate(way.places):
            local = low >> node * LOCAL_BITS & LOCAL
            new = way.locals[node].get(local)
            if new is None:
                moved = self.processes[node].locals[local].renamed(way.names)
                new = way.locals[node][local] = self.processes[place].intern(moved)
            renamed |= new << place * LOCAL_BITS
        return renamed

    def _renamed_messages(self, letters: int, way: Renaming) -> int:
        return self.messages.renamed(letters, lambda number: self._renamed_letter(number, way), way.chunks)

    def _renamed_letter(self, number: int, way: Renaming) -> int:
        new = way.letters.get(number)
        if new is None:
            src, dst, message = self.messages.letters[number]
            moved = Copy(way.names)(message)
            new = way.letters[number] = self.messages.number(way.names[src], way.names[dst], moved)
        return new
