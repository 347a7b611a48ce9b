"""States: what does one number say about a whole system, and which numbers can follow it?

A state is one integer: the number of each node's local state, then how many nodes have crashed, then the
number of the clients' history, and above them the messages on their way. What a node can do depends only on
its own bits and its inbox, its view. So the changes it can make are worked out once for each view, and from
then on a step is a look-up, an addition and an ``or``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ..history import History
from ..node import Node
from .histories import HISTORY_BITS, Histories
from .messages import MessageBag, MessageQueues, Messages, MessageSet
from .process import LOCAL_BITS, Process
from .symmetry import Symmetry, renamings
from .values import NotExplorable
from .world import Failed, Step, World

NETWORKS: dict[str, type[Messages]] = {"set": MessageSet, "bag": MessageBag, "fifo": MessageQueues}
LOCAL = (1 << LOCAL_BITS) - 1
CRASH, OWN = -1, -2  # events of the node itself have negative numbers, messages have theirs

Path = tuple[Step, ...]


class Raised(Exception):
    """A handler raised an exception.

    Attributes:
        state: the state before; None if a node did not even start.
        steps: the step that raised; and how the other nodes had started, if this was a start.
    """

    def __init__(self, why: str, state: int | None, steps: Path) -> None:
        super().__init__(why)
        self.state, self.steps = state, steps


class States:
    """All states of a world, as far as they are known.

    Args:
        world: what is explored.
        history: says whether what the clients did is allowed; None if nobody asks.
        symmetry: whether nodes with the same factory are interchangeable.

    Attributes:
        processes: the nodes.
        histories: what clients did.
        low_bits: the bits of a state that do not belong to messages.
        local_bits: the bits of a state that belong to the nodes.
        transitions: how many steps were tried, not counting those that change nothing.
    """

    def __init__(self, world: World, history: Callable[[History], object] | None, symmetry: bool) -> None:
        self.world, self.symmetric = world, symmetry
        self.transitions = 0
        self.histories = Histories(history)
        self._crash_low = len(world.names) * LOCAL_BITS
        self._history_low = self._crash_low + world.crashes.bit_length()
        shift = self._history_low + (HISTORY_BITS if history else 0)
        self.low_bits, self.local_bits = (1 << shift) - 1, (1 << self._crash_low) - 1
        shared = self.low_bits ^ self.local_bits
        self._views = [LOCAL << node * LOCAL_BITS | shared for node in range(len(world.names))]
        self._changes: list[dict[int, tuple[tuple[int, Any], ...]]] = [{} for _ in world.names]
        self._ignored: list[dict[int, int]] = [{} for _ in world.names]  # by local state: the messages' bits
        self.messages = NETWORKS[world.network](world.names, shift, self._views)
        ways = renamings(world) if symmetry else []
        alike = [way.names for way in ways[1:]]
        self.processes = [Process(world, name, self.messages.number, alike) for name in world.names]
        self._symmetry = Symmetry(ways, self.processes, self.messages, self.histories, self._history_low)

    def representative(self, state: int) -> int:
        """The state that stands for all states which are the same but for names; itself without symmetry."""
        return self._symmetry(state) if self.symmetric else state

    def alike(self, state: int) -> list[int]:
        """The state under all names that symmetry takes for the same, its own first, without messages."""
        return self._symmetry.all_names(state) if self.symmetric else [state]

    def nodes(self, state: int) -> dict[str, Node]:
        """The nodes that are up, to be looked at."""
        views = {
            process.name: process.view(state >> place * LOCAL_BITS & LOCAL)
            for place, process in enumerate(self.processes)
        }
        return {name: view for name, view in views.items() if view is not None}

    def differing(self, state: int, nodes: Mapping[str, Node]) -> str:
        """The first node that is in another state than this; empty if there is none."""
        for place, process in enumerate(self.processes):
            if not process.matches(state >> place * LOCAL_BITS & LOCAL, nodes.get(process.name)):
                return process.name
        return ""

    def history(self, state: int) -> int:
        """The number of what the clients did on the way."""
        return (state & self.low_bits) >> self._history_low

    # --- fast: this and the loop that calls it decide how long a search takes

    def successors(self) -> Callable[[int], list[int]]:
        """A function that finds the states one step away from a state."""
        tables, views, send = self._changes, self._views, self.messages.send
        places = range(len(tables))

        def in_a_set(state: int) -> list[int]:
            found: list[int] = []
            for place in places:
                changes = tables[place].get(state & views[place])
                if changes is None:
                    changes = self._find_changes(place, state)
                found += [state + delta | bits for delta, bits in changes]
            self.transitions += len(found)
            return found

        def anywhere(state: int) -> list[int]:
            found: list[int] = []
            for place in places:
                changes = tables[place].get(state & views[place])
                if changes is None:
                    changes = self._find_changes(place, state)
                found += [send(state + delta, parcel) for delta, parcel in changes]
            self.transitions += len(found)
            return found

        plain = in_a_set if self.world.network == "set" else anywhere
        return self._up_to_names(plain) if self.symmetric else plain

    def _up_to_names(self, successors: Callable[[int], list[int]]) -> Callable[[int], list[int]]:
        known: dict[int, int] = {}  # states of one level have many successors in common

        def representatives(state: int) -> list[int]:
            found = successors(state)
            for new in found:
                if new not in known:
                    known[new] = self._symmetry(new)
            return [known[new] for new in found]

        return representatives

    def _find_changes(self, place: int, state: int) -> tuple[tuple[int, Any], ...]:
        """What a node can do to a state, as what to add and what to send; remembered for its view."""
        changes = dict.fromkeys((delta, parcel) for _, delta, parcel in self._moves(place, state, idle=False))
        changes.pop((0, self.messages.parcel(())), None)
        self._changes[place][state & self._views[place]] = found = tuple(changes)
        return found

    # --- steps by name

    def starts(self) -> list[tuple[int, Path]]:
        """Every state in which all nodes have just started, with their starts.

        Raises:
            Raised: if a node cannot start.
        """
        starts: list[tuple[int, Path]] = [(0, ())]
        for place, process in enumerate(self.processes):
            try:
                moves = process.start()
            except Failed as error:
                failing = Step("start", process.name, choices=error.choices)
                raise Raised(str(error), None, (*starts[0][1], failing)) from error
            found = []
            for state, steps in starts:
                for move in moves:
                    delta = move.local << place * LOCAL_BITS
                    delta += self._remember(state, process.name, move.observed)
                    new = self.messages.send(state + delta, self.messages.parcel(move.sent))
                    found.append((new, (*steps, Step("start", process.name, choices=move.choices))))
            starts = found
        return starts

    def after(self, state: int, wanted: Step) -> int | None:
        """Where a step leads; None if it is impossible. A crash is possible even if the budget is used up."""
        place = self.world.names.index(wanted.node)
        if wanted.kind != "crash":
            return next((new for step, new in self._steps(place, state) if step == wanted), None)
        local = state >> place * LOCAL_BITS & LOCAL
        for move in self.processes[place].moves(local, CRASH, replace(wanted, choices=())):
            if move.choices == wanted.choices:
                return state + (move.local - local << place * LOCAL_BITS)
        return None

    def step_to(self, state: int, target: int) -> tuple[Step, int]:
        """A step from a state to one that the target stands for, and where it leads."""
        for place in range(len(self.processes)):
            with suppress(Raised):
                for step, new in self._steps(place, state, idle=False):
                    if self.representative(new) == target:
                        return step, new
        raise NotExplorable(
            "the path to a state that was found cannot be walked again; some handler does not always do the "
            "same. Does it use anything but its own attributes and the event?"
        )

    def steps(self, state: int) -> Iterator[tuple[Step, int]]:
        """Every step that can be taken in a state, and where it leads."""
        for place in range(len(self.processes)):
            yield from self._steps(place, state)

    def raising(self, state: int) -> Path:
        """The step from a state that raises. Under symmetry it may happen to a node of another name."""
        try:
            for _ in self.steps(state):
                pass
        except Raised as error:
            return error.steps
        return ()

    def _steps(self, place: int, state: int, idle: bool = True) -> Iterator[tuple[Step, int]]:
        for step, delta, parcel in self._moves(place, state, idle):
            yield step, self.messages.send(state + delta, parcel)

    def _moves(self, place: int, state: int, idle: bool) -> Iterator[tuple[Step, int, Any]]:
        """Every step of a node, with what it adds to the state and what it sends.

        Args:
            place: of the node.
            state: of the system.
            idle: whether to try messages, too, that are known to change nothing.

        Raises:
            Raised: at the end, if one of its handlers raises.
        """
        raised: Raised | None = None
        process, low = self.processes[place], place * LOCAL_BITS
        local = state >> low & LOCAL
        ignored = 0 if idle else self._ignored[place].get(local, 0)
        for event, step, change in self._events(place, state, ignored):
            try:
                moves = process.moves(local, event, step)
            except Failed as error:
                raised = raised or Raised(str(error), state, (replace(step, choices=error.choices),))
                continue
            if event >= 0 and all(move.idle(local) for move in moves):
                known = self._ignored[place].get(local, 0)
                self._ignored[place][local] = known | self.messages.lasting(event)
            for move in moves:
                delta = change + (move.local - local << low)
                delta += self._remember(state, process.name, move.observed)
                taken = replace(step, choices=move.choices) if move.choices else step
                yield taken, delta, self.messages.parcel(move.sent)
        if raised is not None:
            raise raised

    def _events(self, place: int, state: int, ignored: int) -> Iterator[tuple[int, Step, int]]:
        """What can happen to a node: a number for it, the step, and what it adds to the state by itself."""
        process = self.processes[place]
        local = state >> place * LOCAL_BITS & LOCAL
        up = process.locals[local].up
        if up or self.world.network == "fifo":
            for number, change in self.messages.arrivals(place, state & ~ignored):
                src, dst, message = self.messages.letters[number]
                yield number, Step("deliver" if up else "drop", dst, src, message), change
        for number, step in enumerate(process.events[local]):
            yield OWN - number, step, 0
        crashed = (state & (1 << self._history_low) - 1) >> self._crash_low
        if up and crashed < self.world.crashes:
            yield CRASH, Step("crash", process.name), 1 << self._crash_low

    def _remember(self, state: int, name: str, observed: tuple[Any, ...]) -> int:
        """What the notes of a client add to a state: another number of the history."""
        if not observed or self.histories.judge is None:
            return 0
        number = self.history(state)
        return self.histories.after(number, name, observed) - number << self._history_low
