"""Homes: where does a node live, and how is it killed there?

Inside this process it is an object with a socket; a kill drops both. Apart, it has a process of its own, and
kill, stop and resume are SIGKILL, SIGSTOP and SIGCONT. Such a process tells the cluster through a pair of
sockets what it does, each record before the message leaves, so that no kill takes a record away.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol

from ..node import Node
from ..realtime import Life
from ..simulation import HandlerFailed
from ..wire import LIMIT, decode, encode
from .frames import LENGTH, Frame, Line, Stream
from .journal import Journal
from .switch import Plug

MOST_TOLD = 4 * LIMIT  # bytes of one record, which holds a message and more


class Writer(Protocol):
    """Who writes down what a node does."""

    def record(self, kind: str, node: str, peer: str = "", number: int = 0, data: Any = None) -> None:
        """Write one line into the trace."""

    def count_malformed(self) -> None:
        """Something came that is not a frame."""


Died = Callable[[str, HandlerFailed], None]
"""Hears that a node has ended, though nobody killed it."""


@dataclass(frozen=True)
class Birth:
    """What a node needs to begin a life."""

    factory: Callable[[], Node]
    name: str
    peers: tuple[str, ...]
    line: Line
    folder: Path
    since_ns: int
    number: int
    seed: int | str


class Home(Protocol):
    """Where a node lives."""

    def strike(self) -> None:
        """Kill it."""

    async def gone(self) -> None:
        """Wait until it has ended and everything that it told has been heard."""

    def stop(self) -> None:
        """Freeze it."""

    def resume(self) -> None:
        """Let it go on."""

    def ask(self, method: str, arguments: tuple[Any, ...]) -> None:
        """Call one of its methods as an event."""


class Inside:
    """A node that lives in this process."""

    def __init__(self, writer: Writer, died: Died, birth: Birth) -> None:
        self.died, self.name = died, birth.name
        loop = asyncio.get_running_loop()
        self.plug = Plug(
            birth.name, birth.number, birth.line, self._arrived, writer.count_malformed, self._lost
        )
        self.life = Life(
            birth.factory, birth.name, birth.peers, post=self.plug.post, record=writer.record,
            later=loop.call_later, failed=self._failed, folder=birth.folder, since_ns=birth.since_ns,
            number=birth.number, seed=birth.seed,
        )  # fmt: skip
        self._opening = loop.create_task(self._open())

    async def _open(self) -> None:
        try:
            await self.plug.connect()
        except OSError as error:
            self._failed(HandlerFailed(f"{self.name} cannot reach the switch: {error}"))
        else:
            self.life.start()

    def strike(self) -> None:
        """Kill it."""
        self._opening.cancel()
        self.life.end()
        self.plug.close()

    async def gone(self) -> None:
        """Wait until it has ended."""
        await asyncio.wait([self._opening])

    def stop(self) -> None:
        """Freeze it."""
        self.life.stop()

    def resume(self) -> None:
        """Let it go on."""
        self.life.resume()

    def ask(self, method: str, arguments: tuple[Any, ...]) -> None:
        """Call one of its methods as an event."""
        self.life.ask(method, arguments)

    def _arrived(self, frame: Frame) -> None:
        src = f"{frame.src}#{frame.call}" if frame.call else frame.src
        self.life.arrive(frame.number, src, frame.message)

    def _lost(self) -> None:
        self._failed(HandlerFailed(f"the switch has hung up on {self.name}"))

    def _failed(self, error: HandlerFailed) -> None:
        self.life.end()
        self.plug.close()
        self.died(self.name, error)


class Apart:
    """A node that lives in a process of its own.

    Args:
        journal: takes down what it does.
        died: hears of its end, if nobody killed it.
        birth: what it needs.
        group: the process group that it joins, so that it ends with the group's janitor.
    """

    def __init__(self, journal: Journal, died: Died, birth: Birth, group: int) -> None:
        self.journal, self.died, self.name = journal, died, birth.name
        self._status: int | None = None  # how it ended
        self._struck = False
        self._told: HandlerFailed | None = None
        self._gone = asyncio.Event()
        here, there = socket.socketpair()
        with warnings.catch_warnings():  # that other threads do not survive the fork is just as well
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()  # the class may be defined in a notebook: only a fork has it
        if self.pid == 0:
            _be(birth, there, group)
        there.close()
        self._control = Stream(self._heard, self._lost, limit=MOST_TOLD)
        loop = asyncio.get_running_loop()
        self._opening = loop.create_task(loop.create_connection(lambda: self._control, sock=here))

    def strike(self) -> None:
        """Kill it."""
        self._struck = True
        self._signal(signal.SIGKILL)

    async def gone(self) -> None:
        """Wait until the process has ended and everything that it told has been heard."""
        await self._gone.wait()

    def stop(self) -> None:
        """Freeze it, and return when it is frozen."""
        self._signal(signal.SIGSTOP)
        with suppress(ChildProcessError):  # it has ended already
            _, status = os.waitpid(self.pid, os.WUNTRACED)
            self._status = None if os.WIFSTOPPED(status) else status

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def ask(self, method: str, arguments: tuple[Any, ...]) -> None:
        """Call one of its methods as an event."""
        asyncio.get_running_loop().create_task(self._ask(encode((method, arguments))))

    async def _ask(self, request: bytes) -> None:
        await asyncio.wait([self._opening])
        self._control.send(request)

    def _signal(self, number: signal.Signals) -> None:
        if self._status is None:  # until then nobody else can have its number
            os.kill(self.pid, number)

    def _heard(self, data: bytes) -> None:
        what, *details = decode(data, MOST_TOLD)
        if what == "row":
            self.journal.add(tuple(details))
        elif what == "died":
            self._told = HandlerFailed(details[0])
        else:
            self.journal.count_malformed()

    def _lost(self, broken: bool) -> None:
        if broken and not self._struck:  # nobody can tell what else it would say
            self._signal(signal.SIGKILL)
        if self._status is None:
            self._status = 0
            with suppress(ChildProcessError):  # somebody else has buried it
                _, self._status = os.waitpid(self.pid, 0)
        self._gone.set()
        if not self._struck:
            code = os.waitstatus_to_exitcode(self._status)
            how = f"with exit status {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
            self.died(self.name, self._told or HandlerFailed(f"the process of {self.name} ended {how}"))


# --- in the process of the node


def _be(birth: Birth, control: socket.socket, group: int) -> NoReturn:
    """What the process of a node does from its first to its last moment."""
    try:
        with suppress(OSError):  # the janitor has gone: then the cluster's end has to do
            os.setpgid(0, group)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the cluster, which then ends its nodes
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.closerange(3, control.fileno())  # sockets of the cluster and of other nodes
        os.closerange(control.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        asyncio.run(_live(birth, control))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # nothing of the process that was forked may run here a second time


async def _live(birth: Birth, control: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    reporter = _Reporter(birth, control, over)
    try:
        home = Inside(reporter, reporter.died, birth)
    except Exception as error:
        reporter.died(birth.name, HandlerFailed(f"{birth.name} cannot be built: {error!r}"))
        return

    def asked(data: bytes) -> None:
        home.ask(*decode(data, MOST_TOLD))

    requests = Stream(asked, lambda broken: None, limit=MOST_TOLD)

    def hear() -> None:
        data = control.recv(1 << 16, socket.MSG_DONTWAIT)
        if data:
            requests.data_received(data)
        elif not over.done():  # the cluster has gone
            over.set_result(None)

    loop.add_reader(control, hear)
    await over


class _Reporter:
    """Tells the cluster what its node does, and waits until it is told: then no kill can take it back."""

    def __init__(self, birth: Birth, control: socket.socket, over: asyncio.Future[None]) -> None:
        self.birth, self.control, self.over = birth, control, over
        control.setblocking(True)

    def record(self, kind: str, node: str, peer: str = "", number: int = 0, data: Any = None) -> None:
        now_us = (time.monotonic_ns() - self.birth.since_ns) // 1000
        self._tell("row", now_us, kind, node, peer, number, data)

    def count_malformed(self) -> None:
        self._tell("malformed")

    def died(self, name: str, error: HandlerFailed) -> None:
        self._tell("died", str(error))
        if not self.over.done():
            self.over.set_result(None)

    def _tell(self, *what: object) -> None:
        data = encode(what, MOST_TOLD)
        try:
            self.control.sendall(len(data).to_bytes(LENGTH, "big") + data)
        except OSError:
            os._exit(0)  # the cluster has gone
