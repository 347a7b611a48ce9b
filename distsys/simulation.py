"""Simulations: run nodes in virtual time, under faults, from one seed.

The simulation keeps one heap of future events, ordered by time and then by the order in which they were
made. It takes the first, moves virtual time to it, lets one node handle it, and puts the effects back
into the heap. Nothing waits, so a second of virtual time costs as much as the events in it. Everything
random is drawn from streams that the seed names, so a run can be repeated to the last event.

A handler runs to its end and what is durable is written before anything else happens, so no crash falls
inside. Its sends leave at the same moment.

Times are integer microseconds inside and milliseconds in every signature.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from heapq import heappop, heappush
from html import escape
from inspect import signature
from itertools import count
from random import Random
from typing import Any, ClassVar, cast

from .client import Client, Script
from .clock import Clock
from .history import History
from .machine import ACT, ARRIVE, FIRE, Machine, Route
from .network import Envelope, Network, WrongTap
from .node import NOBODY, Node, require_frozen
from .properties import Predicate, Properties, PropertyFailed, Violation
from .strict import guarded
from .trace import EVENTS, Trace, canonical

Property = Predicate | Callable[[Mapping[str, Node]], object]
MONTH_MS = 30 * 24 * 3600 * 1000
MOST_AT_ONE_MOMENT = 100_000
MOST_DRAWN = 300
CAUSES = EVENTS - {"send"}  # the records of what a node reacts to


class HandlerFailed(RuntimeError):
    """A handler or a client's script raised an exception; the run stops there."""


class NoProgress(RuntimeError):
    """Events follow each other without end and virtual time stands still."""


@dataclass(frozen=True, repr=False)
class Run:
    """What came out of a simulation.

    Attributes:
        seed: what the run started from; the same seed gives the same run.
        trace: everything that happened.
        violation: the first property that did not hold, or None.
        history: what the clients asked and heard.
        judged: whether any property was demanded.
    """

    seed: int | str
    trace: Trace
    violation: Violation | None = None
    history: History = field(default_factory=History)
    judged: bool = False

    @property
    def ok(self) -> bool:
        """Whether every property held."""
        return self.violation is None

    @cached_property
    def stats(self) -> Counter[str]:
        """How many records there are of each kind, for instance ``run.stats["send"]``."""
        return Counter(row[1] for row in self.trace.rows)

    @property
    def digest(self) -> str:
        """A short hash of the trace: two runs with the same digest did the same."""
        return self.trace.digest

    def __str__(self) -> str:
        verdict = str(self.violation or "every property held") if self.judged else "no property was demanded"
        deliveries = self.stats["deliver"]
        return f"seed {self.seed}: {len(self.trace)} records, {deliveries} deliveries, {verdict}"

    def __repr__(self) -> str:
        return f"<Run of {self}>"

    def _repr_html_(self) -> str:
        from .draw.spacetime import spacetime  # noqa: PLC0415 - a run that nobody looks at needs no pictures

        title = str(self)
        if len(self.trace) > MOST_DRAWN:
            title += f"; the picture shows the last {MOST_DRAWN} records"
        return f"<p>{escape(title)}</p>" + spacetime(self.trace[-MOST_DRAWN:], title=title).html()


def _require_action(method: str, ms: float, action: object) -> None:
    if not callable(action):  # most often what it was to do later has been done already
        wrong = f"{method}({ms:g}, …) takes a function, not {action!r}"
        raise TypeError(f"{wrong}; put lambda: in front of the action")


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

    machine_type: ClassVar[type[Machine]] = Machine  # detectors of wrong determinism put their own here

    def __init__(self, seed: int | str = 0, network: Network | None = None) -> None:
        if not isinstance(network, Network | None):
            raise TypeError(f"network is a Network, for instance Network(loss=0.1), not {network!r}")
        self.seed = seed
        self.now_us = 0
        self.machines: dict[str, Machine] = {}
        self.nodes: dict[str, Node] = {}
        self.clients: dict[str, Client] = {}
        self.network = network or Network()
        self.network.attach(seed, self._travel)
        self._heap: list[tuple[int, int, Any, Any, Any]] = []
        self._sequence = count(1)
        self._early = count(-(2**62))  # numbers for what comes before everything else of a moment
        self._message_ids = count(1)
        self._unique = count(1)
        self._rows: list[tuple[int, str, str, str, int, Any]] = []
        self.properties = Properties()
        self._started = self._running = False
        self._failed = ""  # what went wrong in a handler or a script

    # --- building the world

    def add(self, name: str, factory: Callable[[], Node], clock: Clock | None = None) -> None:
        """Add one node. Nodes that are added before the run know each other as peers.

        Args:
            name: its name, unique.
            factory: builds the node; called again after every restart.
            clock: its machine's clock; a perfect one if not given.
        """
        self._new_name(name)
        if not callable(factory):
            raise TypeError(
                f"{name} is made by {factory!r}; give a class of nodes, or a function that returns a new "
                "node on every call"
            )
        clock = clock or Clock()
        for other, machine in self.machines.items():
            if machine.clock is clock:
                raise ValueError(f"{name} has the same Clock as {other}; give each machine one of its own")
        if clock.uptime_ms is None:  # monotonic clocks of two machines have nothing in common
            clock.boot(self.stream(f"uptime {name}").randrange(MONTH_MS))
        self.machines[name] = self.machine_type(self, name, factory, clock)

    def cluster(
        self, factory: Callable[[], Node], size: int, clocks: Iterable[Clock] = ()
    ) -> tuple[str, ...]:
        """Add nodes ``n1``, ``n2`` … and return their names; the first clocks go to the first nodes."""
        if size < 1:
            raise ValueError(f"a cluster needs at least one node, not {size}")
        names = tuple(f"n{number}" for number in range(1, size + 1))
        given = iter(clocks)
        for name in names:
            self.add(name, factory, next(given, None))
        return names

    def client(self, name: str, script: Script, at_ms: float = 0.0) -> Client:
        """Add a client that runs a script: ``async def script(c): reply = await c.call("n1", Get("x"))``.

        Args:
            name: its name, unique among nodes and clients.
            script: an async function of one argument, the :class:`~distsys.client.Client`.
            at_ms: when it begins.
        """
        self._new_name(name)
        client = self.clients[name] = Client(name, _ClientSide(self), self.stream(f"client {name}"))
        self.at(at_ms, lambda: self._step(client, client.start, script))
        return client

    def workload(self, script: Script, clients: int = 5, at_ms: float = 0.0) -> tuple[Client, ...]:
        """Add clients ``c1``, ``c2`` … that all run the same script, each with its own chance."""
        return tuple(self.client(f"c{number}", script, at_ms) for number in range(1, clients + 1))

    def stream(self, name: str) -> Random:
        """The random stream of this name; a string seeds it alike on every platform."""
        return Random(f"{self.seed}|{name}")

    # --- faults and actions; all may be called before the run or from an action

    def at(self, ms: float, action: Callable[[], object]) -> None:
        """Do something at a moment of true time, for instance ``sim.at(300, lambda: sim.crash("n1"))``."""
        _require_action("at", ms, action)
        if round(ms * 1000) < self.now_us:
            raise ValueError(f"at({ms}) lies in the past; virtual time is {self.now_us / 1000} ms")
        self.schedule(round(ms * 1000), ACT, action, None)

    def every(self, ms: float, action: Callable[[], object]) -> None:
        """Do something again and again, first after one period."""
        _require_action("every", ms, action)
        if round(ms * 1000) <= 0:
            raise ValueError(f"every({ms}) needs a period of at least 0.001 ms")

        def again() -> None:
            action()
            self.schedule(self.now_us + round(ms * 1000), ACT, again, None)

        self.schedule(self.now_us + round(ms * 1000), ACT, again, None)

    def call(self, name: str, method: str, *arguments: object) -> None:
        """Let a node handle a request from outside: call one of its methods as an event.

        Nothing happens if the node is down.
        """
        machine = self._machine(name)
        if machine.waiting is not None:
            machine.waiting.append((ACT, lambda: self.call(name, method, *arguments), None))
        elif machine.node is not None:
            shown = ", ".join(map(canonical, arguments))
            self.record("call", name, data=f"{method}({shown})")
            machine.handle(getattr(machine.node, method), *arguments)

    def crash(self, name: str, tear: bool = True) -> None:
        """Kill a process: what is not durable is gone, and so are its timers.

        Args:
            name: the node.
            tear: whether what it wrote to its disk without fsync may survive in part.
        """
        machine = self._process("crash", name)
        if machine.node is not None:
            del self.nodes[name]
            machine.node, machine.handlers, machine.ready = None, {}, {}
            machine.timers.clear()
            machine.disk.crash(machine.random, tear)
            self._fault("crash", name)
            self._end_pause(machine)  # nobody is there any more: messages are dropped, timers forgotten

    def restart(self, name: str) -> None:
        """Start a crashed process again, from what was durable."""
        machine = self._process("restart", name)
        if machine.node is None:
            self._fault("restart", name)
            machine.boot()

    def pause(self, name: str, ms: float) -> None:
        """Stop a process for a while, as a long garbage collection or SIGSTOP does; its clocks go on."""
        if not ms >= 0:
            raise ValueError(f"pause({name!r}, {ms}) needs a duration of at least 0 ms")
        machine = self._process("pause", name)
        if machine.node is None:
            return
        machine.paused_until = max(machine.paused_until, self.now_us + round(ms * 1000))
        machine.waiting = machine.waiting or []
        machine.ready = {}
        self._fault("pause", name, ms)

        def resume() -> None:
            if machine.waiting is not None and machine.paused_until <= self.now_us:
                self._fault("resume", name)
                self._end_pause(machine)

        self.schedule(machine.paused_until, ACT, resume, None)

    def _end_pause(self, machine: Machine) -> None:
        """What waited comes before everything else of this moment, in its old order."""
        waiting, machine.waiting, machine.paused_until = machine.waiting or [], None, 0
        machine.ready = machine.handlers
        for kind, subject, detail in waiting:
            heappush(self._heap, (self.now_us, next(self._early), kind, subject, detail))

    def partition(self, *groups: Iterable[str]) -> None:
        """Cut the network into groups; nodes in no group form one more. Clients reach every node."""
        if wrong := [group for group in groups if isinstance(group, str)]:
            raise TypeError(f"partition takes groups of names, for instance partition([{wrong[0]!r}])")
        cut = tuple(tuple(sorted(group)) for group in groups)
        named = {name for group in cut for name in group}
        self._know(*sorted(named))
        self.network.partition(*cut, anywhere=[name for name in self.clients if name not in named])
        rest = tuple(sorted(set(self.machines) - named))
        self._fault("partition", "", cut + ((rest,) if rest else ()))

    def block(self, src: str, dst: str) -> None:
        """Cut one direction between two nodes or clients; :meth:`heal` ends it."""
        self._faulty_link("no longer reaches", src, dst)
        self.network.block(src, dst)

    def heal(self) -> None:
        """End every partition and unblock every link."""
        self.network.heal()
        self._fault("heal", "")

    def hold(self, src: str, dst: str) -> None:
        """Keep the messages of one link back until it is released."""
        self._faulty_link("is held back on its way to", src, dst)
        self.network.hold(src, dst)

    def release(self, src: str, dst: str) -> None:
        """Let the messages that one link held back travel from now on, in order of sending."""
        self._faulty_link("is released on its way to", src, dst)
        self.network.release(src, dst)

    def step_clock(self, name: str, by_ms: float) -> None:
        """Let an operator or a time service set a node's wall clock forward or back at once."""
        self._machine(name).clock.step(round(by_ms * 1000))
        self._fault("clock", name, f"step {by_ms:+g} ms")

    def disturb(self, text: str, node: str = "") -> None:
        """Tell the trace and the properties of a fault that was made by other means, such as a slow link."""
        self._fault("fault", node, text)

    # --- properties

    def always(self, predicate: Property, name: str = "always") -> None:
        """Demand that a predicate holds after every event: that it is true and raises no AssertionError.

        Args:
            predicate: takes nothing; or the nodes that are up, by name, as those of an exploration do.
            name: what violations call it.
        """
        self.properties.always(self._about_nodes(predicate), name)

    def sometimes(self, predicate: Property, name: str = "sometimes") -> None:
        """Demand that a predicate holds at least once, so that a run in which nothing happens cannot pass.

        Args:
            predicate: as of :meth:`always`.
            name: what violations call it.
        """
        self.properties.sometimes(self._about_nodes(predicate), name)

    def eventually(self, predicate: Property, within_ms: float, name: str = "eventually") -> None:
        """Demand that a predicate comes to hold within a time after the last fault.

        Args:
            predicate: as of :meth:`always`.
            within_ms: how long it may take, in milliseconds of true time.
            name: what violations call it.
        """
        self.properties.eventually(self._about_nodes(predicate), round(within_ms * 1000), name)

    def _about_nodes(self, predicate: Property) -> Predicate:
        """The predicate; if it wants to see the nodes, with them."""
        if not callable(predicate):
            raise TypeError(f"a property is a function that says whether it holds, not {predicate!r}")
        try:
            wanted = [one for one in signature(predicate).parameters.values() if one.default is one.empty]
        except ValueError:  # some functions that are written in C do not say what they take
            return cast(Predicate, predicate)
        wanted = [one for one in wanted if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        return partial(cast(Any, predicate), self.nodes) if len(wanted) == 1 else cast(Predicate, predicate)

    # --- running

    def run(self, until_ms: float) -> Run:
        """Run until a moment of true time; a later call goes on from there.

        Args:
            until_ms: when to stop, in milliseconds of true time.

        Raises:
            HandlerFailed: if a handler raises; the message says node, event, seed and how to replay.
        """
        if self._running:
            raise RuntimeError("run() was called by an event of its own run; plan what comes later with at()")
        if not 0 <= until_ms < float("inf"):
            raise ValueError(f"a run ends at a moment from 0 ms on, not at {until_ms}")
        if self._failed:
            raise RuntimeError(f"this simulation has stopped: {self._failed}; build a new one")
        until = round(until_ms * 1000)
        collecting = gc.isenabled()
        self._running = True
        gc.disable()  # a growing trace makes the cyclic collector walk all of it again and again
        try:
            with guarded():
                if not self._started:
                    self._started = True
                    self._know(*sorted(self.network.names))
                    for machine in self.machines.values():
                        machine.boot()
                violation = (
                    self.properties.judge(self.now_us)
                    or self._loop(until)
                    or self.properties.at_the_end(self.now_us)
                )
        except PropertyFailed as error:
            raise PropertyFailed(f"{error}; {self._here()}") from error.__cause__
        finally:
            self._running = False
            if collecting:
                gc.enable()
        return Run(self.seed, Trace(list(self._rows)), violation, self.history, bool(self.properties))

    @property
    def history(self) -> History:
        """What the clients asked and heard so far."""
        return History(op for client in self.clients.values() for op in client.ops)

    def record(self, kind: str, node: str, peer: str = "", number: int = 0, data: Any = None) -> None:
        """Write one line into the trace."""
        self._rows.append((self.now_us, kind, node, peer, number, data))

    def schedule(self, due_us: int, kind: int, subject: Any, detail: Any) -> None:
        """Put an event into the heap; of events at one time the first scheduled comes first."""
        heappush(self._heap, (due_us, next(self._sequence), kind, subject, detail))

    def set_alarm(self, due_us: int, machine: Machine, timer: str) -> int:
        """Let a timer go off then; returns the mark that tells it from earlier settings of the same timer."""
        number = next(self._sequence)
        heappush(self._heap, (due_us, number, FIRE, machine, (timer, number)))
        return number

    def post(self, src: str, dst: str, message: object, call: int = 0) -> None:
        """Let a message leave now."""
        number = next(self._message_ids)
        self._rows.append((self.now_us, "send", src, dst, number, message))
        if not self.network.faulty:  # the usual case, without detours
            self._launch(number, src, dst, message, call)
            return
        passed = self.network.tapped(Envelope(number, src, dst, message, call))
        if not passed:
            self.record("drop", src, dst, number, "tap")
        for envelope in passed:
            self._travel(envelope)

    def failed(self, what: str, where: str, error: Exception) -> HandlerFailed:
        """The error that says what failed, in which event, and how to see it again."""
        self._failed = f"{what} on {where} raised {error!r}"
        while self._rows and self._rows[-1][2] == where and self._rows[-1][1] not in CAUSES:
            del self._rows[-1]  # what it did before the error counts for nothing
        return HandlerFailed(f"{self._failed}; {self._here()}")

    def _here(self) -> str:
        """Where the run stands, and how to come back here."""
        return (
            f"seed {self.seed!r}, record {len(self._rows)}: {Trace(self._rows)[-1]}. "
            f"The same simulation with seed={self.seed!r} replays it."
        )

    def _loop(self, until: int) -> Violation | None:  # noqa: PLR0912 - calls would cost a third of a run
        heap, rows, network, properties = self._heap, self._rows, self.network, self.properties
        invariants, hopes, at_this_moment = properties.invariants, properties.hopes, 0
        while heap:
            entry = heappop(heap)
            due, _, kind, subject, detail = entry
            if due > until:
                heappush(heap, entry)
                break
            if due != self.now_us:
                at_this_moment = 0
            elif (at_this_moment := at_this_moment + 1) > MOST_AT_ONE_MOMENT:
                raise NoProgress(
                    f"{MOST_AT_ONE_MOMENT} events happened at {due / 1000} ms, and time stands still; "
                    f"perhaps a timer of 0 ms sets itself again; {self._here()}"
                )
            self.now_us = due
            if type(kind) is Route:
                src, machine = kind.src, kind.machine
                node, handler = machine.node, machine.ready.get(type(detail))
                if handler is None or node is None or network.faulty:
                    self._arrive((subject, src, kind.dst, detail, 0))
                else:  # what `_arrive` and `Machine.handle` do in the usual case, but without their detours
                    rows.append((due, "deliver", kind.dst, src, subject, detail))
                    node._host = machine
                    try:
                        handler(src, detail)
                    except WrongTap:
                        raise
                    except Exception as error:
                        raise machine.blame(handler, error) from error
                    finally:
                        node._host = NOBODY
                    if machine.durable:
                        machine.persist(node)
            elif kind == ARRIVE:
                self._arrive(subject)
            elif kind == FIRE:
                self._fire(subject, *detail)
            else:
                subject()
            try:
                for predicate in invariants:
                    answer = predicate()
                    if not answer and (answer is not None or not __debug__):  # None: it only asserts
                        return properties.broken(predicate, due, answer)
            except Exception as error:
                return properties.raised(predicate, due, error)
            if hopes and (violation := properties.judge_hopes(due)):
                return violation
        self.now_us = max(self.now_us, until)
        return None

    def _travel(self, envelope: Envelope) -> None:
        """Let a message meet partitions and held links, then its link."""
        obstacle = self.network.obstacle(envelope)
        if obstacle == "partition":
            self.record("drop", envelope.src, envelope.dst, envelope.id, obstacle)
        elif obstacle is None:
            self._launch(*envelope)

    def _launch(self, number: int, src: str, dst: str, message: object, call: int) -> None:
        """Put the arrivals of a message into the heap."""
        arrivals = self.network.link(src, dst).arrivals(message, self.now_us)
        if isinstance(arrivals, str):
            self.record("drop", src, dst, number, arrivals)
            return
        for arrival in arrivals:
            heappush(
                self._heap,
                (arrival, next(self._sequence), ARRIVE, (number, src, dst, message, call), None),
            )

    def _arrive(self, envelope: tuple[int, str, str, object, int]) -> None:
        number, src, dst, message, call = envelope
        machine = self.machines.get(dst)
        if self.network.faulty and self.network.cut(src, dst):
            self.record("drop", src, dst, number, "partition")
        elif machine is None:
            self.record("deliver", dst, src, number, message)
            client = self.clients[dst]
            self._step(client, client.reply, call, message)
        elif machine.node is None:
            self.record("drop", src, dst, number, "receiver is down")
        elif machine.waiting is not None:
            machine.waiting.append((ARRIVE, envelope, None))
        else:
            self._rows.append((self.now_us, "deliver", dst, src, number, message))
            handler = machine.handlers.get(type(message))
            if handler is None:
                kind = type(message).__name__
                raise HandlerFailed(f"{machine.node} has no method marked @on({kind}); {self._here()}")
            machine.handle(handler, f"{src}#{call}" if call else src, message)

    def _fire(self, machine: Machine, timer: str, mark: int) -> None:
        if machine.timers.get(timer) != mark:
            return  # set again, cancelled, or the process is gone
        if machine.waiting is not None:
            machine.waiting.append((FIRE, machine, (timer, mark)))
            return
        del machine.timers[timer]
        self.record("timer", machine.name, data=timer)
        machine.handle(machine.handlers[timer])

    def _wake(self, client: Client, number: int) -> None:
        if event := client.waits(number):
            self.record("timer", client.id, data=event)
            self._step(client, client.time_is_up, number)

    def _step(self, client: Client, do: Callable[..., None], *arguments: object) -> None:
        try:
            do(*arguments)
        except Exception as error:
            raise self.failed("the script", client.id, error) from error

    def _new_name(self, name: str) -> None:
        if self._started:
            raise ValueError(f"{name} is added after the run has begun; add every node and client first")
        if not isinstance(name, str) or not name:
            raise ValueError(f"the name of a node or client is a text such as 'n1', not {name!r}")
        if name in self.machines or name in self.clients:
            raise ValueError(f"there is already a node or client {name!r}")
        if "#" in name:
            raise ValueError(f"the name {name!r} holds a '#', which marks the calls of clients")

    def _process(self, method: str, name: str) -> Machine:
        """The machine of a node that has been started."""
        machine = self._machine(name)
        if not self._started:
            wrong = f"{method}({name!r}) comes before the run has begun"
            raise RuntimeError(f"{wrong}; plan it: sim.at(0, lambda: sim.{method}(…))")
        return machine

    def _machine(self, name: str) -> Machine:
        if name not in self.machines:
            raise LookupError(f"there is no node {name!r}; there are {', '.join(self.machines)}")
        return self.machines[name]

    def _faulty_link(self, what: str, src: str, dst: str) -> None:
        self._know(src, dst)
        self._fault("fault", src, f"{what} {dst}")

    def _know(self, *names: str) -> None:
        """Complain about a name that nobody has."""
        for name in names:
            if name not in self.clients:
                self._machine(name)

    def _fault(self, kind: str, node: str, data: Any = None) -> None:
        self.properties.fault(self.now_us)
        self.record(kind, node, data=data)


class _ClientSide:
    """Carries out what the scripts of clients wait for."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    def now_us(self) -> int:
        return self.simulation.now_us

    def unique(self) -> int:
        return next(self.simulation._unique)

    def request(self, client: Client, number: int, to: str, message: object) -> None:
        require_frozen(message, f"client {client.id}")
        self.simulation._machine(to)
        self.simulation.post(client.id, to, message, number)

    def wake(self, client: Client, number: int, ms: float) -> None:
        simulation = self.simulation
        due = simulation.now_us + round(ms * 1000)
        simulation.schedule(due, ACT, lambda: simulation._wake(client, number), None)
