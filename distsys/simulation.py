"""Simulations: run nodes in virtual time, under faults, from one seed.

The simulation keeps one heap of future events, ordered by time and then by the order in which they were
made. It takes the first, moves virtual time to it, lets one node handle it, and puts the effects back
into the heap. Nothing waits, so a second of virtual time costs as much as the events in it. Everything
random is drawn from streams that the seed names, so a run can be repeated to the last event.

Times are integer microseconds inside and milliseconds in every signature.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from .clock import Clock
from .network import Envelope, Network
from .node import ATOMS, NOBODY, Node, create, require_frozen
from .trace import Trace, canonical

ARRIVE, FIRE, ACT = range(3)
MONTH_MS = 30 * 24 * 3600 * 1000
Predicate = Callable[[], object]


class HandlerFailed(RuntimeError):
    """A handler raised an exception; the run stops there."""


@dataclass(frozen=True)
class Violation:
    """A property that did not hold: which, when, and what it said."""

    name: str
    time_ms: float
    explanation: str

    def __str__(self) -> str:
        return f"{self.name} does not hold at {self.time_ms:.3f} ms: {self.explanation}"


@dataclass(frozen=True)
class Run:
    """What came out of a simulation.

    Attributes:
        seed: what the run started from; the same seed gives the same run.
        trace: everything that happened.
        stats: counts by kind of record, for instance ``stats["send"]``.
        violation: the first property that did not hold, or None.
    """

    seed: int | str
    trace: Trace
    stats: dict[str, int]
    violation: Violation | None = None

    @property
    def ok(self) -> bool:
        """Whether every property held."""
        return self.violation is None

    @property
    def digest(self) -> str:
        """A short hash of the trace: two runs with the same digest did the same."""
        return self.trace.digest

    def __str__(self) -> str:
        verdict = "every property held" if self.violation is None else str(self.violation)
        deliveries = self.stats.get("deliver", 0)
        return f"seed {self.seed}: {len(self.trace)} records, {deliveries} deliveries, {verdict}"

    def _repr_html_(self) -> str:
        from .draw.spacetime import spacetime  # noqa: PLC0415 - a run that nobody looks at needs no pictures

        return spacetime(self.trace, title=str(self))._repr_html_()


@dataclass
class _Property:
    kind: str  # always, sometimes, eventually
    name: str
    predicate: Predicate
    within_us: int = 0
    held: bool = False


@dataclass
class _Place:
    """Where a node runs: what stays when the process crashes."""

    factory: Callable[[], Node]
    clock: Clock
    stable: dict[str, Any] = field(default_factory=dict)
    host: _SimulatedHost | None = None
    paused_until: int = 0


class _SimulatedHost:
    """Carries out the effects of one incarnation of one node."""

    def __init__(self, simulation: Simulation, name: str, clock: Clock) -> None:
        self.simulation, self.name, self.clock = simulation, name, clock
        self.timers: dict[str, int] = {}
        self.outbox: list[tuple[str, object]] = []
        self.random = simulation.stream(f"node {name}")
        self.node: Node

    def send(self, to: str, message: object) -> None:
        if to not in self.simulation.places:
            raise LookupError(f"{self.name} sends to {to!r}, but there is no node of that name")
        self.outbox.append((to, message))

    def set_timer(self, name: str, low_us: int, high_us: int) -> None:
        if not 0 <= low_us <= high_us:
            raise ValueError(
                f"timer {name!r} needs 0 <= low_ms <= high_ms, not {low_us / 1000} and {high_us / 1000}"
            )
        delay = low_us if low_us == high_us else self.random.randint(low_us, high_us)
        now = self.simulation.now_us
        due = max(now, self.clock.true_us_at(self.clock.monotonic_us(now) + delay))
        self.timers[name] = self.simulation.schedule(due, FIRE, self, name)

    def cancel_timer(self, name: str) -> None:
        self.timers.pop(name, None)

    def choose(self, options: Sequence[Any]) -> Any:
        if not isinstance(options, Sequence):
            raise TypeError(f"choose takes a tuple or list, because its order is fixed, not {options!r}")
        return options[int(self.random.random() * len(options))]

    def note(self, text: str, facts: dict[str, Any]) -> None:
        for value in facts.values():
            require_frozen(value, f"note() of {self.name}")
        self.simulation.record("note", self.name, data=(text, tuple(facts.items())))

    def wall_us(self) -> int:
        return self.clock.wall_us(self.simulation.now_us)

    def monotonic_us(self) -> int:
        return self.clock.monotonic_us(self.simulation.now_us)

    def step_clock(self, by_us: int) -> None:
        self.clock.step(by_us)
        self.simulation.record("clock", self.name, data=f"step {by_us / 1000:+g} ms")

    def slew_clock(self, ppm: float) -> None:
        self.clock.slew(self.simulation.now_us, ppm)
        self.simulation.record("clock", self.name, data=f"slew {ppm:+g} ppm")


class Simulation:
    """A world of nodes in virtual time.

    Args:
        seed: names every random stream of the run.
        network: the links between the nodes; 1 to 10 ms and no loss if not given.

    Example:
        >>> class Hello(Node):
        ...     @on("greet")
        ...     def greet(self): self.broadcast(Greeting("hello"))
        >>> simulation = Simulation(seed=7)
        >>> simulation.cluster(Hello, 3)
        ('n1', 'n2', 'n3')
        >>> run = simulation.run(until_ms=1000)
    """

    def __init__(self, seed: int | str = 0, network: Network | None = None) -> None:
        self.seed = seed
        self.now_us = 0
        self.places: dict[str, _Place] = {}
        self.nodes: dict[str, Node] = {}
        self.network = network or Network()
        self.network.attach(seed, self._carry)
        self._heap: list[tuple[int, int, int, Any, Any]] = []
        self._sequence = count(1)
        self._message_ids = count(1)
        self._rows: list[tuple[int, str, str, str, int, Any]] = []
        self._properties: list[_Property] = []
        self._last_fault_us = 0
        self._started = False

    # --- building the world

    def add(self, name: str, factory: Callable[[], Node], clock: Clock | None = None) -> None:
        """Add one node. Nodes that are added before the run know each other as peers.

        Args:
            name: its name, unique.
            factory: builds the node; called again after every restart.
            clock: its machine's clock; a perfect one if not given.
        """
        if self._started:
            raise ValueError(f"{name} is added after the run has begun; add every node first")
        if name in self.places:
            raise ValueError(f"there is already a node {name!r}")
        clock = clock or Clock()
        if clock.uptime_ms is None:  # monotonic clocks of two machines have nothing in common
            clock.boot(self.stream(f"uptime {name}").randrange(MONTH_MS))
        self.places[name] = _Place(factory, clock)

    def cluster(
        self, factory: Callable[[], Node], size: int, clocks: Iterable[Clock] = ()
    ) -> tuple[str, ...]:
        """Add nodes ``n1``, ``n2`` … and return their names; the first clocks go to the first nodes."""
        names = tuple(f"n{number}" for number in range(1, size + 1))
        given = iter(clocks)
        for name in names:
            self.add(name, factory, next(given, None))
        return names

    def stream(self, name: str) -> Random:
        """The random stream of this name; a string seeds it alike on every platform."""
        return Random(f"{self.seed}|{name}")

    # --- faults and actions; all may be called before the run or from an action

    def at(self, ms: float, action: Callable[[], object]) -> None:
        """Do something at a moment of true time, for instance ``sim.at(300, lambda: sim.crash("n1"))``."""
        if round(ms * 1000) < self.now_us:
            raise ValueError(f"at({ms}) lies in the past; virtual time is {self.now_us / 1000} ms")
        self.schedule(round(ms * 1000), ACT, action, None)

    def every(self, ms: float, action: Callable[[], object]) -> None:
        """Do something again and again, first after one period."""
        if ms <= 0:
            raise ValueError(f"every({ms}) needs a period above 0 ms")

        def again() -> None:
            action()
            self.schedule(self.now_us + round(ms * 1000), ACT, again, None)

        self.schedule(self.now_us + round(ms * 1000), ACT, again, None)

    def call(self, name: str, method: str, *arguments: object) -> None:
        """Let a node handle a request from outside: call one of its methods as an event."""
        self._place(name)
        node = self.nodes.get(name)
        if node is None:
            return
        shown = ", ".join(map(canonical, arguments))
        self.record("call", name, data=f"{method}({shown})")
        self._handle(node, getattr(node, method), arguments)

    def crash(self, name: str) -> None:
        """Kill a process: what is not durable is gone, and so are its timers."""
        place = self._place(name)
        if self.nodes.pop(name, None) is not None:
            assert place.host is not None
            place.host.timers.clear()
            place.paused_until = 0
            self._fault("crash", name)

    def restart(self, name: str) -> None:
        """Start a crashed process again, from what was durable."""
        self._place(name)
        if name not in self.nodes:
            self._fault("restart", name)
            self._boot(name)

    def pause(self, name: str, ms: float) -> None:
        """Stop a process for a while, as a long garbage collection or SIGSTOP does; its clocks go on."""
        place = self._place(name)
        place.paused_until = max(place.paused_until, self.now_us + round(ms * 1000))
        self._fault("pause", name, ms)

        def resume() -> None:
            if place.paused_until <= self.now_us and name in self.nodes:
                self._fault("resume", name)

        self.schedule(place.paused_until, ACT, resume, None)

    def partition(self, *groups: Iterable[str]) -> None:
        """Cut the network into groups; nodes in no group form one more."""
        cut = tuple(tuple(sorted(group)) for group in groups)
        for name in {name for group in cut for name in group}:
            self._place(name)
        self.network.partition(*cut)
        rest = tuple(sorted(set(self.places) - {name for group in cut for name in group}))
        self._fault("partition", "", cut + ((rest,) if rest else ()))

    def heal(self) -> None:
        """End every partition."""
        self.network.heal()
        self._fault("heal", "")

    def step_clock(self, name: str, by_ms: float) -> None:
        """Let an operator or a time service set a node's wall clock forward or back at once."""
        self._place(name).clock.step(round(by_ms * 1000))
        self._fault("clock", name, f"step {by_ms:+g} ms")

    # --- properties

    def always(self, predicate: Predicate, name: str = "always") -> None:
        """Demand that a predicate holds after every event: that it is true and raises no AssertionError."""
        self._properties.append(_Property("always", name, predicate))

    def sometimes(self, predicate: Predicate, name: str = "sometimes") -> None:
        """Demand that a predicate holds at least once, so that a run in which nothing happens cannot pass."""
        self._properties.append(_Property("sometimes", name, predicate))

    def eventually(self, predicate: Predicate, within_ms: float, name: str = "eventually") -> None:
        """Demand that a predicate comes to hold within a time after the last fault."""
        self._properties.append(_Property("eventually", name, predicate, round(within_ms * 1000)))

    # --- running

    def run(self, until_ms: float) -> Run:
        """Run until a moment of true time; a later call goes on from there.

        Args:
            until_ms: when to stop, in milliseconds of true time.

        Raises:
            HandlerFailed: if a handler raises; the message says node, event, seed and how to replay.
        """
        until = round(until_ms * 1000)
        collecting = gc.isenabled()
        gc.disable()  # a growing trace makes the cyclic collector walk all of it again and again
        try:
            if not self._started:
                self._started = True
                for name in self.places:
                    self._boot(name)
            violation = self._judge() or self._loop(until) or self._at_the_end()
        finally:
            if collecting:
                gc.enable()
        stats: dict[str, int] = {}
        for row in self._rows:
            stats[row[1]] = stats.get(row[1], 0) + 1
        return Run(self.seed, Trace(list(self._rows)), stats, violation)

    def record(self, kind: str, node: str, peer: str = "", number: int = 0, data: Any = None) -> None:
        """Write one line into the trace."""
        self._rows.append((self.now_us, kind, node, peer, number, data))

    def schedule(self, due_us: int, kind: int, subject: Any, detail: Any) -> int:
        """Put an event into the heap; returns the number that breaks ties of time."""
        number = next(self._sequence)
        heappush(self._heap, (due_us, number, kind, subject, detail))
        return number

    def _loop(self, until: int) -> Violation | None:
        heap = self._heap
        while heap and heap[0][0] <= until:
            due, number, kind, subject, detail = heappop(heap)
            self.now_us = due
            if kind == ARRIVE:
                self._arrive(subject)
            elif kind == FIRE:
                self._fire(subject, detail, number)
            else:
                subject()
            if self._properties and (violation := self._judge()):
                return violation
        self.now_us = max(self.now_us, until)
        return None

    def _arrive(self, envelope: Envelope) -> None:
        number, src, dst, message = envelope
        node = self.nodes.get(dst)
        if node is None:
            self.record("drop", src, dst, number, "receiver is down")
        elif self.network.cut(src, dst):
            self.record("drop", src, dst, number, "partition")
        elif (wait := self.places[dst].paused_until) > self.now_us:
            self.schedule(wait, ARRIVE, envelope, None)
        else:
            self.record("deliver", dst, src, number, message)
            handler = node.handlers.get(type(message))
            if handler is None:
                raise LookupError(
                    f"{type(node).__name__} {dst} received {message!r} but has no method marked "
                    f"@on({type(message).__name__})"
                )
            self._handle(node, getattr(node, handler), (src, message))

    def _fire(self, host: _SimulatedHost, timer: str, number: int) -> None:
        if host.timers.get(timer) != number:
            return  # set again, cancelled, or the process is gone
        if (wait := self.places[host.name].paused_until) > self.now_us:
            host.timers[timer] = self.schedule(wait, FIRE, host, timer)
            return
        del host.timers[timer]
        self.record("timer", host.name, data=timer)
        self._handle(host.node, getattr(host.node, host.node.handlers[timer]), ())

    def _handle(self, node: Node, handler: Callable[..., None], arguments: tuple[object, ...]) -> None:
        """Run a handler to its end, write what is durable, then let the sends leave."""
        place = self.places[node.id]
        host = place.host
        assert host is not None
        node._host = host
        try:
            handler(*arguments)
        except Exception as error:
            raise HandlerFailed(
                f"{type(node).__name__}.{handler.__name__} on {node.id} raised {error!r}; "
                f"seed {self.seed!r}, record {len(self._rows)}: {Trace(self._rows)[-1]}. "
                f"The same simulation with seed={self.seed!r} replays it."
            ) from error
        finally:
            node._host = NOBODY
        if node.durable:
            self._persist(node, place)
        if host.outbox:
            outbox, host.outbox = host.outbox, []
            for to, message in outbox:
                number = next(self._message_ids)
                self.record("send", node.id, to, number, message)
                for envelope in self.network.tapped(Envelope(number, node.id, to, message)):
                    self._carry(envelope)

    def _carry(self, envelope: Envelope) -> None:
        fate = self.network.fate(envelope, self.now_us)
        if isinstance(fate, str):
            self.record("drop", envelope.src, envelope.dst, envelope.id, fate)
            return
        for arrival in fate:
            self.schedule(arrival, ARRIVE, envelope, None)

    def _boot(self, name: str) -> None:
        place = self.places[name]
        node = create(place.factory, name, (other for other in self.places if other != name))
        place.host = _SimulatedHost(self, name, place.clock)
        place.host.node = node
        self.nodes[name] = node
        for attribute, value in place.stable.items():
            setattr(node, attribute, deepcopy(value))
        self.record("start", name)
        self._handle(node, node.on_start, ())

    @staticmethod
    def _persist(node: Node, place: _Place) -> None:
        state = vars(node)
        for attribute in node.durable:
            if attribute not in state:
                raise LookupError(f"{type(node).__name__} says {attribute!r} is durable but never sets it")
            value = state[attribute]
            place.stable[attribute] = value if isinstance(value, ATOMS) else deepcopy(value)

    def _place(self, name: str) -> _Place:
        if name not in self.places:
            raise LookupError(f"there is no node {name!r}; there are {', '.join(self.places)}")
        return self.places[name]

    def _fault(self, kind: str, node: str, data: Any = None) -> None:
        self._last_fault_us = self.now_us
        for prop in self._properties:
            if prop.kind == "eventually":
                prop.held = False
        self.record(kind, node, data=data)

    def _judge(self) -> Violation | None:
        for prop in self._properties:
            if prop.kind == "always":
                holds, why = _ask(prop.predicate)
                if not holds:
                    return Violation(prop.name, self.now_us / 1000, why)
            elif not prop.held:
                prop.held = _ask(prop.predicate)[0]
                if prop.kind == "eventually" and not prop.held and self._too_late(prop):
                    return self._never(prop)
        return None

    def _at_the_end(self) -> Violation | None:
        for prop in self._properties:
            if prop.kind == "sometimes" and not prop.held:
                return Violation(prop.name, self.now_us / 1000, "it never held, so the run shows nothing")
            if prop.kind == "eventually" and not prop.held and self._too_late(prop):
                return self._never(prop)
        return None

    def _too_late(self, prop: _Property) -> bool:
        return self.now_us >= self._last_fault_us + prop.within_us

    def _never(self, prop: _Property) -> Violation:
        why = f"it did not come to hold within {prop.within_us / 1000:g} ms after the last fault"
        return Violation(prop.name, self.now_us / 1000, why)


def _ask(predicate: Predicate) -> tuple[bool, str]:
    try:
        return bool(predicate()), "the predicate is false"
    except AssertionError as error:
        return False, str(error) or "the predicate raised AssertionError"
