"""Worlds: who is there, what may happen to them, and what do they do about it?

The search and the replay of a counterexample let nodes handle events in the same way: here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from ..node import NOBODY, Node, create, require_frozen
from ..storage import Disk
from ..strict import NotDeterministic
from .values import NotExplorable

Factory = Callable[[], Node]
Kind = Literal["start", "deliver", "drop", "timer", "call", "crash", "restart"]
Call = tuple[Any, ...]  # the name of a method, then its arguments
Timers = tuple[tuple[str, int, int], ...]  # name, shortest and longest delay in microseconds


class Failed(Exception):
    """A handler raised an exception; the message says which, where and what.

    Attributes:
        choices: what the handler had chosen before.
    """

    choices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: what happens to one node.

    Attributes:
        kind: ``start``, ``deliver``, ``drop``, ``timer``, ``call``, ``crash`` or ``restart``.
        node: where it happens.
        peer: who sent the message; empty otherwise.
        data: the message, the name of the timer, or the call.
        choices: the index of the option that each ``choose`` of the handler took.
    """

    kind: Kind
    node: str
    peer: str = ""
    data: Any = None
    choices: tuple[int, ...] = ()

    def timers_left(self, timers: Timers) -> Timers:
        """The timers that are still set when the handler of this step runs."""
        return tuple(timer for timer in timers if self.kind != "timer" or self.data != timer[0])

    def __str__(self) -> str:
        match self.kind:
            case "deliver":
                return f"{self.node} receives {self.data!r} from {self.peer}"
            case "drop":
                return f"{self.node} is down and loses {self.data!r} from {self.peer}"
            case "timer":
                return f"{self.node}'s timer {self.data!r} fires"
            case "call":
                return f"{self.node} is asked to {shown(self.data)}"
            case kind:
                return f"{self.node} {'crashes' if kind == 'crash' else f'{kind}s'}"


def shown(call: Call) -> str:
    """A call as text, for instance ``write('x', 1)``."""
    method, *arguments = call
    return f"{method}({', '.join(map(repr, arguments))})"


@dataclass(frozen=True)
class World:
    """What is explored.

    Attributes:
        factories: what builds each node, by name.
        calls: what each node is asked to do from outside, one after the other.
        network: ``set``, ``bag`` or ``fifo``.
        crashes: how many crashes there may be.
        ordered_timers: whether a timer may not overtake one that must fire before.
        abstract_time: whether clocks stand at 0 instead of being refused.
    """

    factories: dict[str, Factory]
    calls: dict[str, tuple[Call, ...]]
    network: str
    crashes: int
    ordered_timers: bool
    abstract_time: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all nodes, in the order in which they start."""
        return tuple(self.factories)

    def build(self, name: str, naming: Callable[[str], str] = str) -> Node:
        """A new node from its factory; a naming lets it go by another name."""
        peers = [naming(peer) for peer in self.factories if peer != name]
        try:
            return create(self.factories[name], naming(name), peers)
        except NotDeterministic as error:
            raise NotExplorable(f"when {name} is made, {error}") from None

    def ready(self, timers: Timers) -> list[str]:
        """Which timers may fire next.

        Timers that must keep their order are given in the order of setting. One of them may not overtake
        an earlier one whose longest delay is no longer than its own shortest.
        """
        return [
            name
            for place, (name, low, _) in enumerate(timers)
            if not self.ordered_timers or all(low < high for _, _, high in timers[:place])
        ]


class Recorder:
    """The host of a node that handles one event: it takes down the effects.

    Args:
        world: what is explored.
        name: the node.
        timers: which timers are set.
        disk: what is in its files; None if it has none.
        script: the index of the option to choose, for each choice; the first one when it ends.
    """

    def __init__(
        self, world: World, name: str, timers: Timers, disk: Disk | None, script: tuple[int, ...]
    ) -> None:
        self.world, self.name, self.script = world, name, script
        self.sent: list[tuple[str, object]] = []
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self.choices: list[int] = []
        self.widths: list[int] = []
        self._timers = {timer: (low, high) for timer, low, high in timers}
        self._disk = disk

    @property
    def timers(self) -> Timers:
        """What is set: in the order of setting if that counts, else sorted and without delays."""
        if self.world.ordered_timers:
            return tuple((name, low, high) for name, (low, high) in self._timers.items())
        return tuple((name, 0, 0) for name in sorted(self._timers))

    @property
    def files(self) -> Disk | None:
        """The disk afterwards; None if there is no file on it."""
        return self._disk if self._disk is not None and self._disk.files else None

    @property
    def disk(self) -> Disk:
        """The disk, made when it is needed."""
        if self._disk is None:
            self._disk = Disk()
        return self._disk

    def send(self, to: str, message: object) -> None:
        """Take down what is sent."""
        if to not in self.world.names:
            raise LookupError(f"{self.name} sends to {to!r}, but there is no node of that name")
        self.sent.append((to, message))

    def set_timer(self, name: str, low_us: int, high_us: int) -> None:
        """Take down that a timer is set."""
        if not 0 <= low_us <= high_us:
            raise ValueError(
                f"timer {name!r} needs 0 <= low_ms <= high_ms, not {low_us / 1000} and {high_us / 1000}"
            )
        self.cancel_timer(name)
        self._timers[name] = low_us, high_us

    def cancel_timer(self, name: str) -> None:
        """Take down that a timer is not set."""
        self._timers.pop(name, None)

    def choose(self, options: Sequence[Any]) -> Any:
        """Follow the script, and take down how many options there were."""
        place = len(self.choices)
        self.choices.append(self.script[place] if place < len(self.script) else 0)
        self.widths.append(len(options))
        return options[self.choices[-1]]

    def note(self, text: str, facts: dict[str, Any]) -> None:
        """Take down a remark."""
        for value in facts.values():
            require_frozen(value, f"note() of {self.name}")
        self.notes.append((text, facts))

    def wall_us(self) -> int:
        """There is no time."""
        return self._time("reads its clock")

    def monotonic_us(self) -> int:
        """There is no time."""
        return self._time("reads its monotonic clock")

    def step_clock(self, by_us: int) -> None:
        """There is no time."""
        self._time("steps its clock")

    def slew_clock(self, ppm: float) -> None:
        """There is no time."""
        self._time("slews its clock")

    def crash(self) -> None:
        """Lose some of what was not synced; how much is a choice between nothing, half and all."""
        if self._disk is not None:
            self._disk.crash(_Extremes(self.choose))

    def _time(self, what: str) -> int:
        if self.world.abstract_time:
            return 0
        raise NotExplorable(
            f"{self.name} {what}, but an exploration knows order and no time. Use a timer; or, if the node "
            "only writes times down and never compares them, explore with abstract_time=True, where every "
            "clock stands at 0"
        )


class _Extremes(Random):
    """A source of numbers that are chosen: the least, the middle and the greatest that could be drawn."""

    def __init__(self, choose: Callable[[Sequence[int]], int]) -> None:
        super().__init__(0)
        self._choose = choose

    def randint(self, a: int, b: int) -> int:
        return self._choose(sorted({a, (a + b) // 2, b}))


def perform(node: Node, step: Step, host: Recorder, copied: Callable[[Any], Any]) -> None:
    """Let a node handle the event of a step.

    Args:
        node: the node, in the state before the step.
        step: what happens.
        host: takes down the effects.
        copied: applied to what the handler is given.

    Raises:
        Failed: if there is no handler or it raises.
        NotExplorable: if the node cannot be explored.
    """
    method, arguments = _handler(node, step)
    known = node.id, node.peers
    node._host = host
    try:
        getattr(node, method)(*map(copied, arguments))
    except NotExplorable:
        raise
    except NotDeterministic as error:
        raise NotExplorable(f"when {step}, {error}") from None
    except Exception as error:
        failed = Failed(f"{type(node).__name__}.{method} on {step.node} raised {error!r}")
        failed.choices = tuple(host.choices)
        raise failed from error
    finally:
        node._host = NOBODY
    if (node.id, node.peers) != known:
        raise NotExplorable(
            f"{type(node).__name__}.{method} changed self.id or self.peers, which are no part of the state; "
            "keep a membership that changes in an attribute of its own"
        )
    for attribute in node.durable:
        if attribute not in vars(node):
            raise LookupError(f"{type(node).__name__} says {attribute!r} is durable but never sets it")


def _handler(node: Node, step: Step) -> tuple[str, tuple[Any, ...]]:
    match step.kind:
        case "timer":
            return node.handlers[step.data], ()
        case "call":
            return step.data[0], step.data[1:]
        case "deliver":
            kind = type(step.data)
            if kind not in node.handlers:
                raise Failed(
                    f"{type(node).__name__} {step.node} received {step.data!r} but has no method marked "
                    f"@on({kind.__name__})"
                )
            return node.handlers[kind], (step.peer, step.data)
        case _:
            return "on_start", ()
