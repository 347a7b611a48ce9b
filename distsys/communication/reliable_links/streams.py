"""Streams over packets: what does QUIC build again, and what does it leave out?  (RFC 9000, RFC 9002)

Each packet has a number of its own, also if it carries bytes that another one has carried. So an
acknowledgement is never ambiguous. Each stream is put in order by itself. So a lost packet holds up the
streams whose bytes it carried, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...node import Node, message, on
from .reassembly import Reassembly
from .timing import RttEstimator

REORDERING = 3
"""A packet is lost if one that was sent so many packets later has arrived (RFC 9002, section 6.1.1)."""


@message
class Packet:
    """Bytes of one stream, from this offset on."""

    number: int
    stream: str
    offset: int
    data: bytes


@message
class Received:
    """The packet with this number has arrived."""

    number: int


class StreamSender(Node):
    """Sends several streams in turn, a packet each.

    Args:
        to: the name of the receiver.
        streams: the bytes of each stream.
        mss: bytes in a full packet.
        estimator: the time-out.
    """

    def __init__(
        self, to: str, streams: Mapping[str, bytes], mss: int = 1000, estimator: RttEstimator | None = None
    ) -> None:
        self.to = to
        self.estimator = estimator or RttEstimator()
        longest = max(map(len, streams.values()), default=0)
        self.waiting = [
            (name, offset, data[offset : offset + mss])
            for offset in range(0, longest, mss)
            for name, data in streams.items()
            if offset < len(data)
        ]
        self.number = 0
        self.flight: dict[int, tuple[str, int, bytes]] = {}

    def on_start(self) -> None:
        """Send everything."""
        self.push()

    @on(Received)
    def arrived(self, src: str, received: Received) -> None:
        """Send again what must have been lost."""
        if self.flight.pop(received.number, None) is None:
            return
        self.estimator.acknowledged(received.number, self.monotonic_us / 1000)
        lost = [number for number in self.flight if number <= received.number - REORDERING]
        self.waiting += [self.flight.pop(number) for number in lost]
        self.push()

    @on("probe")
    def probe(self) -> None:
        """Nothing was acknowledged for long: send again what is on the road."""
        self.estimator.timed_out()
        self.waiting += self.flight.values()
        self.flight.clear()
        self.push()

    def push(self) -> None:
        """Send what waits, in packets with new numbers."""
        for part in self.waiting:
            self.flight[self.number] = part
            self.estimator.sent(self.number, self.monotonic_us / 1000)
            self.send(self.to, Packet(self.number, *part))
            self.number += 1
        self.waiting = []
        if self.flight:
            self.set_timer("probe", self.estimator.rto_ms)
        else:
            self.cancel_timer("probe")


class StreamReceiver(Node):
    """Puts each stream in order by itself.

    Attributes:
        read: the bytes of each stream that the application has read.
    """

    def __init__(self) -> None:
        self.buffers: dict[str, Reassembly] = {}
        self.read: dict[str, bytes] = {}

    @on(Packet)
    def packet(self, src: str, packet: Packet) -> None:
        """Take the bytes in, and acknowledge the packet."""
        buffer = self.buffers.setdefault(packet.stream, Reassembly(1 << 30))
        buffer.segment(packet.offset, packet.data)
        if fresh := buffer.read():
            self.read[packet.stream] = self.read.get(packet.stream, b"") + fresh
            self.note(f"{packet.stream}: {len(self.read[packet.stream])} bytes")
        self.send(src, Received(packet.number))
