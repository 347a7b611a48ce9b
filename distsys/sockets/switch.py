"""The switch: where all sockets of a cluster are plugged in, and how messages get lost between them.

It listens on one free port of the loopback address and learns from the first frame of each socket who is
where. Then it is a lossy proxy: every message passes through it, and a Network decides its fate.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable

from ..network import Envelope, Network
from ..simulation import HandlerFailed
from .frames import LOOPBACK, Datagrams, Frame, Line, Send, Stream, Transport
from .journal import Journal

MOST_STRANGERS = 128  # connections that have not said who they are; the oldest has to go
HELLO_EVERY_S = 0.2


class Switch:
    """Takes frames from every socket and passes on what the network lets through.

    Args:
        network: decides the fate of every message.
        seed: names the random streams of the links.
        journal: takes down what is lost.
        knows: whether there is a node or client of this name, up or down.
        expects: whether a socket of this node, in this life, or of this client may be plugged in.
        plugged: hears that it has been.
    """

    line: Line

    def __init__(
        self,
        network: Network,
        seed: int | str,
        journal: Journal,
        knows: Callable[[str], bool],
        expects: Callable[[str, int], bool],
        plugged: Callable[[str], None],
    ) -> None:
        self.network, self.journal = network, journal
        self.knows, self.expects, self.plugged = knows, expects, plugged
        self._where: dict[str, Send] = {}
        self._streams: set[Stream] = set()
        self._strangers: dict[Stream, None] = {}  # the oldest first
        self._closed = False
        self._server: asyncio.Server | None = None
        self._socket: Datagrams | None = None
        self.network.attach(seed, self._travel)

    async def open(self, transport: Transport) -> None:
        """Take a free port."""
        loop = asyncio.get_running_loop()
        if transport == "udp":
            _, self._socket = await loop.create_datagram_endpoint(
                lambda: Datagrams(self._received, self.journal.count_malformed), local_addr=(LOOPBACK, 0)
            )
            assert self._socket.transport
            address = self._socket.transport.get_extra_info("sockname")
        else:
            self._server = await loop.create_server(self._stream, LOOPBACK, 0)
            address = self._server.sockets[0].getsockname()
        self.line = Line(transport, address[1], secrets.token_hex(16))

    def close(self) -> None:
        """Hang up on everybody; what is still travelling arrives nowhere."""
        self._closed = True
        if self._socket:
            self._socket.close()
        if self._server:
            self._server.close()
        for stream in tuple(self._streams):
            stream.close()

    def welcome(self, names: Iterable[str]) -> None:
        """Tell sockets that they are plugged in."""
        for name in names:
            self._where[name](self.line.write(0, "", name))

    def forget(self, name: str) -> None:
        """Somebody is not there any more."""
        self._where.pop(name, None)

    def _stream(self) -> Stream:
        def received(data: bytes) -> None:
            self._received(data, stream.send)
            self._strangers.pop(stream, None)

        def lost(broken: bool) -> None:
            self._streams.discard(stream)
            if stream in self._strangers or broken:
                self.journal.count_malformed()
            self._strangers.pop(stream, None)

        stream = Stream(received, lost)
        self._streams.add(stream)
        self._strangers[stream] = None
        if len(self._strangers) > MOST_STRANGERS:
            oldest = next(iter(self._strangers))
            oldest.close()
        return stream

    def _received(self, data: bytes, answer: Send) -> None:
        frame = self.line.read(data)
        if not frame.dst:
            if self.expects(frame.src, frame.number):
                self._where[frame.src] = answer
                self.plugged(frame.src)
        elif not self.knows(frame.dst):
            where = f"{frame.src} sends to {frame.dst!r}"
            self.journal.fail(HandlerFailed(f"{where}, but there is no node of that name"))
        else:
            envelope = Envelope(frame.number, frame.src, frame.dst, frame.message, frame.call)
            passed = self.network.tapped(envelope)
            if not passed:
                self._drop(envelope, "tap")
            for one in passed:
                self._travel(one)

    def _travel(self, envelope: Envelope) -> None:
        obstacle = self.network.obstacle(envelope)
        if obstacle == "partition":
            self._drop(envelope, obstacle)
        if obstacle:
            return
        now = self.journal.now_us()
        arrivals = self.network.link(envelope.src, envelope.dst).arrivals(envelope.message, now)
        if isinstance(arrivals, str):
            self._drop(envelope, arrivals)
            return
        for arrival in arrivals:
            if arrival <= now:
                self._arrive(envelope)
            else:
                asyncio.get_running_loop().call_later((arrival - now) / 1e6, self._arrive, envelope)

    def _arrive(self, envelope: Envelope) -> None:
        if self._closed:
            return
        number, src, dst, message, call = envelope
        send = self._where.get(dst)
        if self.network.cut(src, dst):
            self._drop(envelope, "partition")
        elif send is None or not send(self.line.write(number, src, dst, call, message)):
            self._drop(envelope, "receiver is down" if send is None else "receiver does not read")

    def _drop(self, envelope: Envelope, why: str) -> None:
        self.journal.record("drop", envelope.src, envelope.dst, envelope.id, why)


class Plug:
    """The one socket of a node or client, plugged into the switch.

    Args:
        name: whose it is.
        life: which life of a node it serves; 0 for a client.
        line: how to reach the switch.
        arrived: takes the frames that come.
        malformed: called for whatever is not a frame.
        lost: called if the switch hangs up.
    """

    def __init__(
        self,
        name: str,
        life: int,
        line: Line,
        arrived: Callable[[Frame], None],
        malformed: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        self.name, self.life, self.line = name, life, line
        self.arrived, self.malformed, self.lost = arrived, malformed, lost
        self._changed = asyncio.Event()  # the welcome has come, or the connection has gone
        self._end: Stream | Datagrams | None = None
        self._welcome = self._closed = False

    async def connect(self) -> None:
        """Open the socket and return when the switch has welcomed it.

        Raises:
            OSError: if there is no switch.
        """
        while not self._welcome:
            if self._end is None:
                self._end = await self._open()
            self._end.send(self.line.write(self.life, self.name, ""))
            self._changed.clear()
            waiting = asyncio.ensure_future(self._changed.wait())
            try:  # the frame or its answer may be lost: once more
                await asyncio.wait([waiting], timeout=HELLO_EVERY_S)
            finally:
                waiting.cancel()

    def post(self, number: int, to: str, message: object) -> None:
        """Send a message to a node, or to ``client#call``."""
        dst, _, call = to.partition("#")
        if self._end:
            self._end.send(self.line.write(number, self.name, dst, int(call or 0), message))

    def close(self) -> None:
        """Pull the plug."""
        self._closed = True
        if self._end:
            self._end.close()

    async def _open(self) -> Stream | Datagrams:
        loop, there = asyncio.get_running_loop(), (LOOPBACK, self.line.port)
        if self.line.transport == "udp":
            _, end = await loop.create_datagram_endpoint(
                lambda: Datagrams(lambda data, answer: self._received(data), self.malformed),
                remote_addr=there,
            )
            return end
        _, stream = await loop.create_connection(lambda: Stream(self._received, self._gone), *there)
        return stream

    def _received(self, data: bytes) -> None:
        frame = self.line.read(data)
        if frame.src:
            self.arrived(frame)
        else:
            self._welcome = True
            self._changed.set()

    def _gone(self, broken: bool) -> None:
        if broken:
            self.malformed()
        self._end = None
        self._changed.set()
        if self._welcome and not self._closed:
            self.lost()
