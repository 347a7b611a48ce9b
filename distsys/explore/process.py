"""Processes: in which states can one node be, and what does each event make of them?

Each different local state gets a number. Each pair of local state and event is handled once; from then on
its result is looked up.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import FunctionType
from typing import Any, NamedTuple

from ..node import Node
from .doubt import Doubt
from .local import Local, Outcome
from .values import Copy, NotExplorable, key
from .world import Recorder, Step, World, perform

LOCAL_BITS = 20
MANY = 10_000


class Move(NamedTuple):
    """An outcome in numbers: the next local state, the messages; what a client did; the choices."""

    local: int
    sent: tuple[int, ...]
    observed: tuple[Any, ...]
    choices: tuple[int, ...]

    def idle(self, before: int) -> bool:
        """Whether it changes nothing."""
        return self.local == before and not self.sent and not self.observed


class Process:
    """One node: its local states by number, and what each event makes of each of them.

    Args:
        world: what is explored.
        name: the node's name.
        post: gives a message, from a sender to a receiver, a number.
        alike: other ways to name everyone that must make no difference.

    Attributes:
        locals: the local states by number.
        events: for each of them, the timers and calls that may come, or a restart.
        runs: how often a handler had to be run.
    """

    def __init__(
        self,
        world: World,
        name: str,
        post: Callable[[str, str, object], int],
        alike: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self.world, self.name, self.post = world, name, post
        self.locals: list[Local] = []
        self.events: list[tuple[Step, ...]] = []
        self.runs = 0
        self._doubt = Doubt(world, self._outcomes, alike)
        self._plain = {peer: peer for peer in world.names}
        self._calls = world.calls.get(name, ())
        self._numbers: dict[Hashable, int] = {}
        self._moves: dict[tuple[int, int], tuple[Move, ...]] = {}
        self._views: dict[int, Node] = {}
        self._shared: dict[tuple[str, str], Hashable] = {}

    def start(self) -> tuple[Move, ...]:
        """What the first start of the node can lead to."""
        node = self.world.build(self.name)
        _refuse_slots(node)
        self._shared = _class_attributes(node)
        return self._handle(Local(node, False, {}, (), None, 0), Step("start", self.name))

    def moves(self, local: int, event: int, step: Step) -> tuple[Move, ...]:
        """What an event can lead to.

        Args:
            local: the local state before it.
            event: a number that stands for the event.
            step: the event itself.
        """
        known = self._moves.get((local, event))
        if known is None:
            before = self.locals[local]
            known = (Move(local, (), (), ()),) if step.kind == "drop" else self._handle(before, step)
            self._moves[local, event] = known
        return known

    def intern(self, local: Local) -> int:
        """The number of a local state, the same for equal states."""
        identity = local.identity
        number = self._numbers.get(identity)
        if number is None:
            number = self._numbers[identity] = len(self.locals)
            self._check_growth(number, local)
            self.locals.append(local)
            self.events.append(tuple(self._own_events(local)))
        return number

    def view(self, number: int) -> Node | None:
        """The node in this state, for predicates to look at; None if it is down."""
        if number not in self._views and self.locals[number].up:
            self._views[number] = self._woken(self.locals[number], Copy(self._plain))
        return self._views.get(number)

    def matches(self, number: int, node: Node | None) -> bool:
        """Whether a node has the attributes of this state; None stands for a node that is down."""
        local = self.locals[number]
        if node is None or not local.up:
            return node is None and not local.up
        return replace(local, node=node, attributes=vars(node)).identity == local.identity

    def check(self) -> None:
        """Make sure that nothing changed that must not change.

        Raises:
            NotExplorable: if a handler changed its class, or a predicate changed what it looked at.
        """
        if not self.locals:
            return
        for (kind, attribute), value in _class_attributes(self.locals[0].node).items():
            if self._shared.get((kind, attribute), value) != value:
                raise NotExplorable(
                    f"a handler changed {kind}.{attribute}, which all nodes of the class share; "
                    f"set self.{attribute} in __init__ instead"
                )
        for number, node in self._views.items():
            if not self.matches(number, node):
                raise NotExplorable(
                    f"a predicate changed {type(node).__name__} {self.name}; invariants, goals and prune "
                    "may only look"
                )

    def _own_events(self, local: Local) -> Iterator[Step]:
        if not local.up:
            yield Step("restart", self.name)
            return
        for timer in self.world.ready(local.timers):
            yield Step("timer", self.name, data=timer)
        if local.called < len(self._calls):
            yield Step("call", self.name, data=self._calls[local.called])

    def _check_growth(self, number: int, local: Local) -> None:
        sort = f"{type(local.node).__name__} {self.name}"
        advice = "Something in it grows or counts: bound it, or cut the search with prune"
        if number >> LOCAL_BITS:
            raise NotExplorable(f"{sort} has more than {number:,} local states. {advice}")
        if number == MANY:
            warnings.warn(f"{sort} has more than {MANY:,} local states; this is slow. {advice}", stacklevel=2)

    def _handle(self, local: Local, step: Step) -> tuple[Move, ...]:
        outcomes = self._outcomes(local, step, self._plain)
        self._doubt.check(local, step, outcomes)
        self.runs += len(outcomes)
        return tuple(
            Move(
                self.intern(outcome.local),
                tuple(self.post(self.name, to, message) for to, message in outcome.sent),
                outcome.observed,
                outcome.choices,
            )
            for outcome in outcomes
        )

    def _outcomes(
        self, local: Local, step: Step, names: Mapping[str, str], backwards: bool = False
    ) -> list[Outcome]:
        """Everything that an event can lead to: one outcome for each series of choices."""
        scripts: list[tuple[int, ...]] = [()]
        outcomes = []
        for script in scripts:  # which grows while we read it
            copy = Copy(names, backwards=backwards)
            timers = step.timers_left(local.timers)
            host = Recorder(self.world, names[self.name], timers, copy(local.files), script)
            after = self._after(local, step, host, copy)
            choices = tuple(host.choices)
            outcomes.append(Outcome(after, host.sent, host.notes, choices))
            for place in range(len(script), len(choices)):
                scripts += [(*choices[:place], other) for other in range(1, host.widths[place])]
        return outcomes

    def _after(self, local: Local, step: Step, host: Recorder, copy: Copy) -> Local:
        """The local state after one step, whose effects go to this host."""
        if step.kind == "crash":
            host.crash()
            copy.copies[id(local.node)] = local.node
            durable = {name: copy(local.attributes[name]) for name in local.node.durable}
            return Local(local.node, False, durable, (), host.files, local.called)
        node = self._woken(local, copy, new=step.kind in ("start", "restart"))
        perform(node, step, host, copy)
        return Local(node, True, vars(node), host.timers, host.files, local.called + (step.kind == "call"))

    def _woken(self, local: Local, copy: Copy, new: bool = False) -> Node:
        """A node in this local state; a new one, in which only this state is set, after a start."""
        names = copy.names
        if new:
            node = self.world.build(self.name, names.__getitem__)
        else:
            node = Node.__new__(type(local.node))
            node.id = names[self.name]
            node.peers = tuple(sorted(names[peer] for peer in self.world.names if peer != self.name))
        copy.copies[id(local.node)] = node
        vars(node).update({name: copy(value) for name, value in local.attributes.items()})
        return node


def _refuse_slots(node: Node) -> None:
    for kind in type(node).__mro__[: type(node).__mro__.index(Node)]:
        if slots := vars(kind).get("__slots__"):
            raise NotExplorable(
                f"{kind.__name__} keeps {slots!r} in __slots__; the state of a node is vars(node), "
                "so leave __slots__ out"
            )


def _class_attributes(node: Node) -> dict[tuple[str, str], Hashable]:
    """The data that all nodes of a class share, as far as it can be compared."""
    shared: dict[tuple[str, str], Hashable] = {}
    for kind in type(node).__mro__[: type(node).__mro__.index(Node)]:
        for name, value in vars(kind).items():
            if not name.startswith("__") and name != "handlers" and not isinstance(value, FunctionType):
                try:
                    shared[kind.__name__, name] = key(value)
                except (NotExplorable, RecursionError):
                    continue
    return shared
