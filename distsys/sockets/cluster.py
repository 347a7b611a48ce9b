"""Clusters: nodes, clients and faults on real sockets, and what came of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from random import Random
from types import TracebackType
from typing import Any

from ..client import Client, Script
from ..history import History
from ..network import Fixed, Network
from ..node import Node, require_frozen
from ..simulation import MOST_DRAWN, HandlerFailed
from ..trace import Record, Trace, natural
from .frames import LARGEST, Frame, Transport
from .homes import Apart, Birth, Home, Inside
from .janitor import Janitor
from .journal import Journal
from .switch import Plug, Switch

PATIENCE_MS = 30_000.0
Factory = Callable[[], Node]


class Cluster:
    """Nodes and clients that speak through real sockets on this machine; use it in ``async with``.

    Args:
        factory: builds a node; the class itself will do. Or one for each node, by name.
        size: how many nodes, named ``n1``, ``n2`` …; not used if the nodes have names already.
        transport: ``"udp"`` or ``"tcp"``.
        network: what the switch does to messages; nothing if not given. A partition works with any.
        processes: whether each node gets a process of its own, so that kill and stop are real signals. Only
            where an operating system can fork.
        seed: names the random streams of the clients, of the network and of ``choose``. Real time is not
            repeatable, so neither is the run.
        watch: sees every record of the trace as it comes in; what it raises ends the cluster.

    Attributes:
        names: of all nodes.
        network: what decides the fate of every message.
        clients: by name.
        journal: what has happened so far.

    Raises:
        HandlerFailed: on leaving the block or on waiting, if a handler or a script raised.
    """

    def __init__(
        self,
        factory: Factory | Mapping[str, Factory],
        size: int = 3,
        transport: Transport = "udp",
        network: Network | None = None,
        processes: bool = False,
        seed: int | str = 0,
        watch: Callable[[Record], object] | None = None,
    ) -> None:
        if transport not in LARGEST:
            raise ValueError(f"transport is 'udp' or 'tcp', not {transport!r}")
        if processes and not hasattr(os, "fork"):
            raise ValueError("processes=True needs an operating system that can fork; leave it out")
        if not isinstance(factory, Mapping):
            factory = {f"n{number}": factory for number in range(1, size + 1)}
        if not factory:
            raise ValueError("a cluster needs at least one node")
        for name in factory:
            _require_name(name)
        self.factories, self.transport, self.seed = dict(factory), transport, seed
        self.names = tuple(self.factories)
        self.network = network or Network(latency=Fixed(0))
        self.clients: dict[str, Client] = {}
        self.journal = Journal(watch)
        self._processes = processes
        self._switch = Switch(
            self.network, seed, self.journal, knows=self._knows, expects=self._expects, plugged=self._plug_in
        )
        self._running: dict[str, Home] = {}
        self._lives = dict.fromkeys(self.names, 0)
        self._plugs: dict[str, Plug] = {}
        self._plugged: set[str] = set()
        self._open = False  # whether every node has been there once
        self._connecting: set[asyncio.Task[None]] = set()
        self._at_work: set[str] = set()
        self._stopped: dict[str, tuple[Any, ...]] = {}  # the record of each pause that has not ended
        self._numbers = count(-1, -1)  # of the clients' messages; the nodes count upwards
        self._unique = count(1)
        self._janitor: Janitor | None = None
        self._over = False

    # --- what happened

    @property
    def trace(self) -> Trace:
        """Everything that happened so far, in the order of real time."""
        return self.journal.trace

    @property
    def history(self) -> History:
        """What the clients asked and heard so far."""
        return History(op for client in self.clients.values() for op in client.ops)

    @property
    def malformed(self) -> int:
        """How much was dropped because it was no frame of this cluster.

        Each datagram counts, and each connection that broke the rules or never said who it was.
        """
        return self.journal.malformed

    @property
    def nodes(self) -> dict[str, Node]:
        """The nodes that live in this process, to look at; empty if they have processes of their own."""
        running = sorted(self._running.items(), key=lambda item: natural(item[0]))
        return {name: home.life.node for name, home in running if isinstance(home, Inside)}

    async def until(self, predicate: Callable[[], object], within_ms: float = PATIENCE_MS) -> None:
        """Wait until something is so; it is asked again whenever something has happened.

        Args:
            predicate: looks at ``trace``, ``history`` or ``nodes``.
            within_ms: how long to wait at most.

        Raises:
            TimeoutError: if it did not come to be so in time.
            HandlerFailed: if a handler or a script raised meanwhile.
        """
        await self.journal.until(predicate, within_ms)

    async def finished(self, within_ms: float = PATIENCE_MS) -> None:
        """Wait until every client's script has come to its end."""
        await self.until(lambda: not self._at_work, within_ms)

    def __str__(self) -> str:
        return f"{len(self.names)} nodes over {self.transport}: {len(self.journal.rows)} records"

    def _repr_html_(self) -> str:
        from ..draw.spacetime import spacetime  # noqa: PLC0415 - as for a Run

        title = str(self)
        if len(self.journal.rows) > MOST_DRAWN:
            title += f"; the picture shows the last {MOST_DRAWN}"
        return spacetime(self.trace[-MOST_DRAWN:], title=title).html()

    # --- clients

    def client(self, name: str, script: Script) -> Client:
        """Let a client run a script, as in a simulation: ``async def script(c): await c.call("n1", …)``."""
        if self._knows(name):
            raise ValueError(f"there is already a node or client {name!r}")
        _require_name(name)
        client = self.clients[name] = Client(name, _ClientSide(self), Random(f"{self.seed}|client {name}"))
        self._at_work.add(name)
        task = asyncio.get_running_loop().create_task(self._use(client, script))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)
        return client

    def workload(self, script: Script, clients: int = 5) -> tuple[Client, ...]:
        """Let clients ``c1``, ``c2`` … all run the same script, each with its own chance."""
        return tuple(self.client(f"c{number}", script) for number in range(1, clients + 1))

    async def _use(self, client: Client, script: Script) -> None:
        async def to_the_end(client: Client) -> None:
            await script(client)
            self._at_work.discard(client.id)
            self.journal.notice()

        def arrived(frame: Frame) -> None:
            self.journal.record("deliver", client.id, frame.src, frame.number, frame.message)
            self._step(client, client.reply, frame.call, frame.message)

        def lost() -> None:
            self.journal.fail(HandlerFailed(f"the switch has hung up on {client.id}"))

        plug = Plug(client.id, 0, self._switch.line, arrived, self.journal.count_malformed, lost)
        self._plugs[client.id] = plug
        try:
            await plug.connect()
        except OSError as error:
            self.journal.fail(HandlerFailed(f"{client.id} cannot reach the switch: {error}"))
        else:
            self._step(client, client.start, to_the_end)

    # --- faults

    def call(self, name: str, method: str, *arguments: object) -> None:
        """Let a node handle a request from outside: call one of its methods as an event."""
        if home := self._running.get(self._known(name)):
            home.ask(method, arguments)

    async def kill(self, name: str) -> None:
        """End a node at once (SIGKILL): what is not durable is gone. Nothing happens if it is down."""
        home = self._running.pop(self._known(name), None)
        if home is None:
            return
        self._forget(name)
        home.strike()
        await home.gone()
        self.journal.record("crash", name)

    async def restart(self, name: str) -> None:
        """Start a node again that is down, from what was durable, and wait until it is there."""
        if self._known(name) in self._running:
            return
        self._lives[name] += 1
        self.journal.record("restart", name)
        self._start(name)
        await self.until(lambda: self._started(name))

    def stop(self, name: str) -> None:
        """Freeze a node (SIGSTOP): it handles nothing, and what is sent to it waits."""
        if self._known(name) in self._running and name not in self._stopped:
            self._running[name].stop()
            self.journal.record("pause", name, data=0.0)
            self._stopped[name] = self.journal.rows[-1]

    def resume(self, name: str) -> None:
        """Let a stopped node go on (SIGCONT)."""
        if self._known(name) in self._stopped:
            pause = self._stopped.pop(name)
            self.journal.amend(pause, (self.journal.now_us() - pause[0]) / 1000)
            self.journal.record("resume", name)
            self._running[name].resume()

    def partition(self, *groups: Iterable[str]) -> None:
        """Cut the network into groups; nodes in no group form one more. Clients reach every node."""
        cut = tuple(tuple(sorted(group)) for group in groups)
        named = {self._known(name) for group in cut for name in group if name not in self.clients}
        free = [name for name in self.clients if not any(name in group for group in cut)]
        self.network.partition(*cut, anywhere=free)
        rest = tuple(sorted(set(self.names) - named))
        self.journal.record("partition", "", data=cut + ((rest,) if rest else ()))

    def heal(self) -> None:
        """End every partition."""
        self.network.heal()
        self.journal.record("heal", "")

    # --- from beginning to end

    async def __aenter__(self) -> Cluster:
        if self._janitor:
            raise RuntimeError("a cluster runs once; build a new one")
        self._janitor = Janitor()
        try:
            await self._switch.open(self.transport)
            for name in self.names:
                self._start(name)
            await self.until(lambda: all(map(self._started, self.names)))
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self._end()
        if kind is None:
            self.journal.complain()

    async def _end(self) -> None:
        self._over = True
        homes, self._running = tuple(self._running.values()), {}
        for task in tuple(self._connecting):
            task.cancel()
        for home in homes:
            home.strike()
        for plug in self._plugs.values():
            plug.close()
        self._switch.close()
        try:
            for home in homes:
                await home.gone()
        finally:
            assert self._janitor
            self._janitor.end()

    def _start(self, name: str) -> None:
        assert self._janitor
        folder = self._janitor.folder / name
        folder.mkdir(exist_ok=True)
        peers = tuple(other for other in self.names if other != name)
        birth = Birth(
            self.factories[name], name, peers, self._switch.line, folder, self.journal.since_ns,
            self._lives[name], self.seed,
        )  # fmt: skip
        if self._processes:
            self._running[name] = Apart(self.journal, self._died, birth, self._janitor.group)
        else:
            self._running[name] = Inside(self.journal, self._died, birth)

    def _started(self, name: str) -> bool:
        """Whether a node has begun its present life."""
        return self.journal.last(name, "start", "crash", "restart") == "start"

    def _forget(self, name: str) -> None:
        self._stopped.pop(name, None)
        self._plugged.discard(name)
        self._switch.forget(name)

    def _known(self, name: str) -> str:
        if name not in self.names:
            raise LookupError(f"there is no node {name!r}; there are {', '.join(self.names)}")
        return name

    # --- for the switch, the nodes and the clients of this cluster

    def _knows(self, name: str) -> bool:
        """Whether there is a node or client of this name, up or down."""
        return name in self.names or name in self.clients

    def _expects(self, name: str, life: int) -> bool:
        """Whether a socket of this node, in this life, or of this client may be plugged in."""
        return name in self.clients or (name in self._running and self._lives[name] == life)

    def _plug_in(self, name: str) -> None:
        """A socket has been plugged in; the first nodes start when all of them are there."""
        self._plugged.add(name)
        if self._open or name in self.clients:
            self._switch.welcome([name])
        elif self._plugged >= set(self.names):
            self._open = True
            self._switch.welcome(self.names)

    def _died(self, name: str, error: HandlerFailed) -> None:
        """A node has ended, though nobody killed it."""
        self._running.pop(name, None)
        self._forget(name)
        self.journal.record("crash", name, data=str(error))
        self.journal.fail(error)

    def _step(self, client: Client, do: Callable[..., None], *arguments: object) -> None:
        """Let a client's script go on; in a notebook the loop outlives the cluster, and no script may."""
        if self._over:
            return
        try:
            do(*arguments)
        except Exception as error:
            self._at_work.discard(client.id)
            failed = HandlerFailed(f"the script on {client.id} raised {error!r}")
            failed.__cause__ = error
            self.journal.fail(failed)


def _require_name(name: str) -> None:
    if not name or "#" in name:
        raise ValueError(f"{name!r} is no name: it is empty or holds a '#', which marks calls of clients")


class _ClientSide:
    """Carries out what the scripts of clients wait for."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def now_us(self) -> int:
        return self.cluster.journal.now_us()

    def unique(self) -> int:
        return next(self.cluster._unique)

    def request(self, client: Client, number: int, to: str, message: object) -> None:
        require_frozen(message, f"client {client.id}")
        cluster = self.cluster
        cluster._known(to)
        place = next(cluster._numbers)
        cluster.journal.record("send", client.id, to, place, message)
        cluster._plugs[client.id].post(place, f"{to}#{number}", message)

    def wake(self, client: Client, number: int, ms: float) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(ms / 1000, self.cluster._step, client, client.time_is_up, number)
