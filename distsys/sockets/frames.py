"""Frames: how does a message become bytes on a socket, and what is not one?

A datagram is one frame. On a stream each frame is preceded by its length. Whatever breaks the rules is
refused: a datagram is dropped, a stream is hung up on, because nobody can tell where its next frame begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple, cast

from ..node import NotFrozen, require_frozen
from ..wire import LIMIT, CannotTravel, Malformed, decode, encode

Transport = Literal["udp", "tcp"]
LOOPBACK = "127.0.0.1"
LARGEST = {"udp": 65_000, "tcp": LIMIT}  # bytes of one frame; a datagram cannot hold more
LENGTH = 4  # bytes that say how long a frame on a stream is
MOST_UNSENT = 64 * LIMIT  # bytes that wait for a receiver that does not read
Send = Callable[[bytes], bool]
"""Takes one frame away; false if it cannot."""


class Frame(NamedTuple):
    """What travels between a socket and the switch.

    Attributes:
        token: known to this cluster only, so that a stray frame of another one is seen to be stray.
        number: the message's number in the trace; in the first frame of a socket, the life of its node.
        src: who sends it; empty in the switch's welcome.
        dst: whom it is for; empty in the first frame, by which the switch learns where its sender is.
        call: which call of a client it makes or answers; 0 if none.
        message: what it says.
    """

    token: str
    number: int
    src: str
    dst: str
    call: int
    message: object


@dataclass(frozen=True)
class Line:
    """How to reach the switch, and in which form."""

    transport: Transport
    port: int
    token: str

    def write(self, number: int, src: str, dst: str, call: int = 0, message: object = None) -> bytes:
        """The bytes of a frame."""
        try:
            return encode(Frame(self.token, number, src, dst, call, message), LARGEST[self.transport])
        except CannotTravel as error:
            what = f"{src} sends a {type(message).__name__} to {dst} over {self.transport}"
            raise CannotTravel(f"{what}: {error}") from None

    def read(self, data: bytes) -> Frame:
        """The frame in these bytes.

        Raises:
            Malformed: if it is none, or a frame of somebody else.
        """
        frame = decode(data, LARGEST[self.transport])
        if type(frame) is not Frame or [type(part) for part in frame[:5]] != [str, int, str, str, int]:
            raise Malformed("this is not a frame")
        if frame.token != self.token:
            raise Malformed("this is a frame of another cluster")
        try:
            require_frozen(frame.message, frame.src)
        except NotFrozen as error:
            raise Malformed(str(error)) from None
        return frame


class Stream(asyncio.Protocol):
    """Frames on a stream of bytes: each is preceded by its length.

    Args:
        received: takes a frame; raises Malformed if it is none.
        lost: called once, at the end, with whether the other end broke the rules.
        limit: the most bytes of a frame.
    """

    def __init__(
        self, received: Callable[[bytes], None], lost: Callable[[bool], None], limit: int = LIMIT
    ) -> None:
        self.received, self.lost, self.limit = received, lost, limit
        self.transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._broken = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The other end is there."""
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        """The other end has gone, perhaps in the middle of a frame."""
        self.lost(self._broken or bool(self._buffer))

    def data_received(self, data: bytes) -> None:
        """Some bytes: perhaps a part of a frame, perhaps several."""
        self._buffer += data
        try:
            while not self._broken and (frame := self._next()) is not None:
                self.received(frame)
        except Malformed:
            self._broken = True
            self.close()

    def send(self, data: bytes) -> bool:
        """Send one frame; it is lost if the connection is, or if too much waits already."""
        transport = self.transport
        if not transport or transport.is_closing() or transport.get_write_buffer_size() > MOST_UNSENT:
            return False
        transport.write(len(data).to_bytes(LENGTH, "big") + data)
        return True

    def close(self) -> None:
        """Hang up."""
        if self.transport:
            self.transport.abort()

    def _next(self) -> bytes | None:
        if len(self._buffer) < LENGTH:
            return None
        size = int.from_bytes(self._buffer[:LENGTH], "big")
        if size > self.limit:
            raise Malformed(f"a frame of {size} bytes is announced, and at most {self.limit} may come")
        if len(self._buffer) < LENGTH + size:
            return None
        frame = bytes(self._buffer[LENGTH : LENGTH + size])
        del self._buffer[: LENGTH + size]
        return frame


class Datagrams(asyncio.DatagramProtocol):
    """Frames as datagrams: each comes whole, or not at all.

    Args:
        received: takes a frame and how to answer it; raises Malformed if it is none.
        malformed: called for each that is none.
    """

    def __init__(self, received: Callable[[bytes, Send], None], malformed: Callable[[], None]) -> None:
        self.received, self.malformed = received, malformed
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """One frame, and where an answer goes."""
        try:
            self.received(data, partial(self.send, to=address))
        except Malformed:
            self.malformed()

    def error_received(self, error: Exception) -> None:
        """The receiver of an earlier datagram has gone: that one is lost."""

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> bool:
        """Send one frame."""
        if not self.transport or self.transport.is_closing():
            return False
        self.transport.sendto(data, to)
        return True

    def close(self) -> None:
        """Close the socket."""
        if self.transport:
            self.transport.abort()
