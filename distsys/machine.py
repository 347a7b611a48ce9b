"""Machines: what a node runs on while it is simulated.

A machine carries out the effects of its node, keeps what is durable, and outlives the process: a crash takes
the node away and a restart builds it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from heapq import heappush
from typing import TYPE_CHECKING, Any

from .clock import Clock
from .network import WrongTap
from .node import ATOMS, NOBODY, Node, NotFrozen, create, is_flat, require_frozen
from .storage import Disk

if TYPE_CHECKING:
    from .simulation import HandlerFailed, Simulation

ARRIVE, FIRE, ACT = range(3)  # what the entries of the heap are, besides messages that take the short way
MISSING = object()


class Machine:
    """Where a node runs, and how its effects are carried out. It outlives the process."""

    def __init__(self, simulation: Simulation, name: str, factory: Callable[[], Node], clock: Clock) -> None:
        self.simulation, self.name, self.factory, self.clock = simulation, name, factory, clock
        self.network = simulation.network
        self.disk = Disk()
        self.random = simulation.stream(f"node {name}")
        self.stable: dict[str, Any] = {}  # what was durable when the last handler ended
        self.timers: dict[str, int] = {}  # the marks of those that are set
        self.due: dict[str, int] = {}  # when they go off, by the monotonic clock
        self.paused_until = 0
        self.waiting: list[tuple[Any, ...]] | None = None  # what waits for the end of a pause; None: no pause
        self.node: Node | None = None
        self.durable: tuple[str, ...] = ()
        self.handlers: dict[type | str, Callable[..., None]] = {}  # of the running process
        self.ready: dict[type | str, Callable[..., None]] = {}  # the same; empty while it is paused
        self.routes: dict[str, Route] = {}  # to the nodes

    # --- effects of the node

    def send(self, to: str, message: object) -> None:
        """Let a message leave now, on the short way if nothing is in between."""
        simulation = self.simulation
        try:
            route = self.routes[to]
        except KeyError:
            client, _, call = to.partition("#")
            if client not in simulation.clients:
                wrong = f"{self.name} sends to {to!r}, but there is no node of that name"
                raise LookupError(wrong) from None
            simulation.post(self.name, client, message, int(call) if call else 0)
            return
        link = route.link
        if link.quick is None or self.network.faulty:
            simulation.post(self.name, to, message)
            return
        # What `post` and `Link.arrivals` do in the usual case, but without their detours.
        now, number, random = simulation.now_us, next(simulation._message_ids), link.random
        simulation._rows.append((now, "send", self.name, to, number, message))
        if link.loss and random.random() < link.loss:
            simulation._rows.append((now, "drop", self.name, to, number, "loss"))
            return
        low, span = link.quick
        due = now + int(low + random.random() * span)
        heappush(simulation._heap, (due, next(simulation._sequence), route, number, message))

    def set_timer(self, name: str, low_us: int, high_us: int) -> None:
        """Set a timer by this machine's own clock."""
        if not 0 <= low_us <= high_us:
            raise ValueError(
                f"timer {name!r} needs 0 <= low_ms <= high_ms, not {low_us / 1000} and {high_us / 1000}"
            )
        delay = low_us if low_us == high_us else self.random.randint(low_us, high_us)
        self.due[name] = self.monotonic_us() + delay
        self.arm(name)

    def arm(self, name: str) -> None:
        """Let a timer go off when this machine's own clock shows the moment for which it is set."""
        due = max(self.simulation.now_us, self.clock.true_us_at(self.due[name]))
        self.timers[name] = self.simulation.set_alarm(due, self, name)

    def cancel_timer(self, name: str) -> None:
        """Forget a timer."""
        self.timers.pop(name, None)

    def choose(self, options: Sequence[Any]) -> Any:
        """Pick one of the options, from the seed."""
        return options[int(self.random.random() * len(options))]

    def note(self, text: str, facts: dict[str, Any]) -> None:
        """Write a remark into the trace."""
        for value in facts.values():
            require_frozen(value, f"note() of {self.name}")
        self.simulation.record("note", self.name, data=(text, tuple(facts.items())))

    def wall_us(self) -> int:
        """What the wall clock shows."""
        return self.clock.wall_us(self.simulation.now_us)

    def monotonic_us(self) -> int:
        """What the monotonic clock shows."""
        return self.clock.monotonic_us(self.simulation.now_us)

    def step_clock(self, by_us: int) -> None:
        """Set the wall clock forward or back at once."""
        self.clock.step(by_us)
        self.simulation.record("clock", self.name, data=f"step {by_us / 1000:+g} ms")

    def slew_clock(self, ppm: float) -> None:
        """Run both clocks faster or slower from now on, and move the timers with them."""
        self.clock.slew(self.simulation.now_us, ppm)
        for name in self.timers:
            self.arm(name)
        self.simulation.record("clock", self.name, data=f"slew {ppm:+g} ppm")

    # --- life of the process

    def boot(self) -> None:
        """Build the node from what is durable, and start it."""
        peers = (name for name in self.simulation.machines if name != self.name)
        self.node = node = create(self.factory, self.name, peers)
        for attribute, value in self.stable.items():
            setattr(node, attribute, kept(value))
        self.handlers = self.ready = {key: getattr(node, name) for key, name in node.handlers.items()}
        self.routes = {name: Route(self, machine) for name, machine in self.simulation.machines.items()}
        self.durable = node.durable
        self.simulation.nodes[self.name] = node
        self.simulation.record("start", self.name)
        self.handle(node.on_start)

    def handle(self, handler: Callable[..., None], *arguments: object) -> None:
        """Run a handler to its end and write what is durable."""
        node = self.node
        assert node is not None
        node._host = self
        try:
            handler(*arguments)
        except WrongTap:
            raise  # that is not the fault of the node
        except Exception as error:
            raise self.blame(handler, error) from error
        finally:
            node._host = NOBODY
        if self.durable:
            self.persist(node)

    def blame(self, handler: Callable[..., None], error: Exception) -> HandlerFailed:
        """The error that says in which handler another one was raised."""
        return self.simulation.failed(f"{type(self.node).__name__}.{handler.__name__}", self.name, error)

    def persist(self, node: Node) -> None:
        """Keep what is durable; only what has changed, for a copy of a long log after each event is dear."""
        state, stable = vars(node), self.stable
        for attribute in self.durable:
            if attribute not in state:
                wrong = LookupError(f"{type(node).__name__} says {attribute!r} is durable but never sets it")
                raise self.simulation.failed("what is durable", self.name, wrong) from wrong
            value, before = state[attribute], stable.get(attribute, MISSING)
            if before != value:
                stable[attribute] = kept(value, before)


class Route:
    """The way from one node to another."""

    __slots__ = ("dst", "link", "machine", "src")

    def __init__(self, here: Machine, there: Machine) -> None:
        self.src, self.dst, self.machine = here.name, there.name, there
        self.link = here.network.link(here.name, there.name)


def kept(value: Any, before: Any = None) -> Any:
    """A copy that no later change of the value reaches; what cannot change is shared.

    Args:
        value: what to copy.
        before: an earlier copy, which is no longer needed. A log grows at its end, so the rest of it need not
            be copied again.
    """
    if isinstance(value, ATOMS) or is_flat(value):
        return value
    if type(value) is list:
        same = len(before) if type(before) is list and value[: len(before)] == before else 0
        return [*(before[:same] if same else ()), *map(kept, value[same:] if same else value)]
    if type(value) is dict:
        known = before if type(before) is dict else {}  # shares with the value only what cannot change
        return {
            key: part if known.get(key, MISSING) is part else kept(part, known.get(key))
            for key, part in value.items()
        }
    try:
        require_frozen(value, "what is durable")
    except NotFrozen:
        return deepcopy(value)
    return value
