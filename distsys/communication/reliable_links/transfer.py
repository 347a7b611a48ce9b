"""A reliable link in one direction: a sender and a receiver over a link that loses, repeats and reorders."""

from __future__ import annotations

from ...node import Node, message, on
from .checksum import checksum, intact
from .congestion import Congestion
from .outgoing import Outgoing
from .reassembly import Reassembly
from .sequence import MODULUS
from .timing import RttEstimator


@message
class Data:
    """Bytes of a stream, from this sequence number on; the checksum covers both."""

    seq: int
    data: bytes
    checksum: int

    @classmethod
    def of(cls, seq: int, data: bytes) -> Data:
        """A segment with its checksum."""
        return cls(seq, data, checksum(seq.to_bytes(8) + data))

    @property
    def intact(self) -> bool:
        """Whether it is as it was when it was sent."""
        return intact(self.seq.to_bytes(8) + self.checksum.to_bytes(2) + self.data)


@message
class Ack:
    """Everything before ``wanted`` is here, and there is room for ``window`` bytes from there on."""

    wanted: int
    window: int


class Sender(Node):
    """Sends bytes to a :class:`Receiver`, and sends again what does not arrive.

    Args:
        to: the name of the receiver.
        data: the whole stream.
        mss: bytes in a full segment.
        window: the receiver's window, until it says another.
        congestion: how much may be on the road; no limit but the receiver's if not given.
        estimator: the time-out.
        first: the sequence number of the first byte.
        modulus: how many sequence numbers there are.
    """

    def __init__(
        self,
        to: str,
        data: bytes,
        mss: int = 1000,
        window: int = 65_535,
        congestion: Congestion | None = None,
        estimator: RttEstimator | None = None,
        first: int = 0,
        modulus: int = MODULUS,
    ) -> None:
        self.to = to
        self.out = Outgoing(mss, congestion, estimator, first, modulus)
        self.out.window = window
        self.out.write(data)
        self.started_ms = 0.0
        self.finished_ms: float | None = None

    def on_start(self) -> None:
        """Send what the windows allow."""
        self.started_ms = self.monotonic_us / 1000
        self.push(restart=True)

    @on(Ack)
    def acked(self, src: str, ack: Ack) -> None:
        """Make room, and send what it allows."""
        fresh = self.out.acknowledged(ack.wanted, ack.window, self.monotonic_us / 1000)
        if not (self.out.flight or self.out.waiting) and self.finished_ms is None:
            self.finished_ms = self.monotonic_us / 1000
        self.push(restart=fresh)

    @on("retransmit")
    def retransmit(self) -> None:
        """The oldest segment was not acknowledged in time."""
        self.note("time-out", rto_ms=round(self.out.estimator.rto_ms))
        self.out.timed_out()
        self.push(restart=True)

    @on("probe")
    def probe(self) -> None:
        """The window was closed for a long time; ask whether it still is."""
        self.send(self.to, Data.of(*self.out.probe(self.monotonic_us / 1000)))
        self.out.estimator.timed_out()
        self.set_timer("probe", self.out.estimator.rto_ms)

    def push(self, restart: bool) -> None:
        """Send what may leave, and watch over what has left."""
        idle = not self.out.flight
        for seq, data in self.out.segments(self.monotonic_us / 1000):
            self.send(self.to, Data.of(seq, data))
        self.cancel_timer("probe")
        if not self.out.flight:
            self.cancel_timer("retransmit")
            if self.out.waiting:
                self.set_timer("probe", self.out.estimator.rto_ms)
        elif restart or idle:
            self.set_timer("retransmit", self.out.estimator.rto_ms)


class Receiver(Node):
    """Puts the bytes of a :class:`Sender` in order.

    Args:
        capacity: bytes that its buffer holds.
        first: the sequence number of the first byte.
        modulus: how many sequence numbers there are.
        read_every_ms: how often the application empties the buffer; at once if 0.

    Attributes:
        read: what the application has read.
    """

    def __init__(
        self, capacity: int = 65_535, first: int = 0, modulus: int = MODULUS, read_every_ms: float = 0
    ) -> None:
        self.buffer = Reassembly(capacity, first, modulus)
        self.read_every_ms = read_every_ms
        self.read = b""

    def on_start(self) -> None:
        """Begin to read."""
        if self.read_every_ms:
            self.set_timer("read", self.read_every_ms)

    @on(Data)
    def data(self, src: str, segment: Data) -> None:
        """Take the bytes in, and say what is missing; a damaged segment is as good as a lost one."""
        if not segment.intact:
            return
        self.buffer.segment(segment.seq, segment.data)
        if not self.read_every_ms:
            self.read += self.buffer.read()
        self.send(src, Ack(self.buffer.wanted, self.buffer.window))

    @on("read")
    def drain(self) -> None:
        """The application reads; the sender learns of the room when it asks."""
        self.read += self.buffer.read()
        self.set_timer("read", self.read_every_ms)
