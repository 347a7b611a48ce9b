"""A connection: how do two sides begin, and how do they end?  (RFC 9293)

SYN and FIN take a sequence number each, as if they were bytes. So they are acknowledged, sent again and put
in order like bytes, by the same code: the stream that travels is SYN, the data, FIN.
"""

from __future__ import annotations

from ...node import Node, message, on
from .congestion import Reno
from .outgoing import Outgoing
from .reassembly import Reassembly
from .sequence import MODULUS, ahead
from .timing import RttEstimator

CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED = "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED"
ESTABLISHED, CLOSE_WAIT, LAST_ACK = "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK"
FIN_WAIT_1, FIN_WAIT_2, CLOSING, TIME_WAIT = "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "TIME-WAIT"
OPEN = (ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2)  # where data may still arrive


@message
class Segment:
    """What travels, without ports, options and checksum (section 3.1).

    Args:
        seq: the sequence number of the first byte, or of SYN.
        ack: the sequence number that is wanted next; None if the flag ACK is not set.
        flags: SYN, FIN, both with a space between, or RST.
        data: bytes of the stream.
        window: how many bytes from ``ack`` on there is room for.
    """

    seq: int
    ack: int | None = None
    flags: str = ""
    data: bytes = b""
    window: int = 0

    @property
    def length(self) -> int:
        """How many sequence numbers it takes."""
        return len(self.data) + ("SYN" in self.flags) + ("FIN" in self.flags)


class Tcp(Node):
    """One end of one connection.

    A subclass says what the application does: it calls :meth:`connect` or :meth:`listen`, then
    :meth:`write` and :meth:`close`, and overrides :meth:`connected`,
    :meth:`received`, :meth:`ended` and :meth:`reset`.

    Args:
        capacity: bytes that the receive buffer holds.
        mss: bytes in a full segment.
        msl_ms: how long a segment can live in the network; TIME-WAIT lasts twice as long.
        minimum_rto_ms: no time-out is shorter.

    Attributes:
        state: one of the eleven states of section 3.3.2.
    """

    heard_all: bool
    fin: int | None  # where the other side's FIN stands in its stream
    fin_at: int | None  # where ours stands

    def __init__(
        self,
        capacity: int = 65_535,
        mss: int = 1000,
        msl_ms: float = 30_000.0,
        minimum_rto_ms: float = 1000.0,
    ) -> None:
        self.capacity, self.mss, self.msl_ms, self.minimum_rto_ms = capacity, mss, msl_ms, minimum_rto_ms
        self.state = CLOSED
        self.peer = ""
        self.passive = self.closing = False
        self.unsent = b""
        self._forget()

    # --- what the application calls

    def connect(self, peer: str) -> None:
        """Ask another node for a connection."""
        self.peer, self.passive = peer, False
        self._open(SYN_SENT)

    def listen(self) -> None:
        """Wait until another node asks."""
        self.passive, self.state = True, LISTEN

    def write(self, data: bytes) -> None:
        """Append to the stream; it leaves when there is a connection and room."""
        if self.closing:
            raise ValueError(f"{self} has closed its side and can write no more")
        self.unsent += data
        self._push()

    def close(self) -> None:
        """Say that nothing more will be written; the other side may go on."""
        if self.state in (LISTEN, SYN_SENT):
            self._end("closed")
        elif not self.closing:
            self.closing = True
            self._push()

    def abort(self) -> None:
        """End the connection at once, and tell the other side."""
        if self.state not in (CLOSED, LISTEN, SYN_SENT, TIME_WAIT):
            self.send(self.peer, Segment(self._seq(), flags="RST"))
        self._end("aborted")

    def first_number(self) -> int:
        """The initial sequence number: a clock that ticks every 4 µs, so that none comes back soon."""
        return self.monotonic_us // 4 % MODULUS

    def connected(self) -> None:
        """Both sides know of the connection."""

    def received(self, data: bytes) -> None:
        """The next bytes of the stream are here."""

    def ended(self) -> None:
        """The other side has closed; nothing more will be received."""

    def reset(self, why: str) -> None:
        """The connection is gone."""

    # --- what arrives

    @on(Segment)
    def segment(self, src: str, segment: Segment) -> None:
        """Section 3.10.7."""
        if self.state in (CLOSED, LISTEN) or src != self.peer:
            self._unexpected(src, segment)
        elif self.state == SYN_SENT:
            self._answer(segment)
        elif not self._acceptable(segment):
            if "RST" not in segment.flags:
                self._acknowledge()
        elif "RST" in segment.flags:
            if self.state != TIME_WAIT:  # an old segment of ours met a side that had closed (RFC 1337)
                self._refused("reset by the other side")
        elif "SYN" in segment.flags:
            self._acknowledge()  # it asks again, or somebody forges it (RFC 5961)
        elif segment.ack is not None and self._acknowledged(segment):
            self._take(segment)
            self._push()

    def _unexpected(self, src: str, segment: Segment) -> None:
        """A segment for no connection: a new one begins, or the sender is told that there is none."""
        if "RST" in segment.flags:
            return
        if segment.ack is not None or self.state != LISTEN or "SYN" not in segment.flags:
            self._refuse(src, segment)
            return
        self.peer = src
        self._open(SYN_RECEIVED, segment)

    def _answer(self, segment: Segment) -> None:
        """What comes back to our SYN (section 3.10.7.3)."""
        if segment.ack is not None and ahead(segment.ack, self.isn) != 1:
            if "RST" not in segment.flags:
                self._refuse(self.peer, segment)
            return
        if "RST" in segment.flags:
            if segment.ack is not None:
                self._refused("refused")
            return
        if "SYN" not in segment.flags:
            return
        self._begin(segment)
        if segment.ack is None:  # both sides asked at the same moment
            self.state = SYN_RECEIVED
            self._transmit(self.isn, b"\0")
        else:
            self._acknowledged(segment)
            self._acknowledge()
            self._push()

    def _begin(self, segment: Segment) -> None:
        """The other side's stream begins, with its SYN."""
        self.incoming = Reassembly(self.capacity, segment.seq)
        self.incoming.segment(segment.seq, b"\0")
        self.incoming.read()

    def _acceptable(self, segment: Segment) -> bool:
        """Whether any part of it lies in the window (section 3.4)."""
        wanted, room = self.incoming.wanted, self.incoming.window
        first = ahead(segment.seq, wanted)
        if segment.length == 0:
            return first < room or first == 0
        return room > 0 and (first < room or ahead(segment.seq + segment.length - 1, wanted) < room)

    def _acknowledged(self, segment: Segment) -> bool:
        """Take in the acknowledgement; returns whether to look at the rest of the segment."""
        assert segment.ack is not None  # whoever calls has looked
        told = ahead(segment.ack, self.isn)
        if self.state in (SYN_SENT, SYN_RECEIVED):
            if told != 1:
                self._refuse(self.peer, segment)
                return False
            self.state = ESTABLISHED
            self.connected()
        elif self.out.most_sent < told < MODULUS // 2:  # of something that never left
            self._acknowledge()
            return False
        self.out.acknowledged(segment.ack, segment.window, self.monotonic_us / 1000)
        return True

    def _take(self, segment: Segment) -> None:
        """Take in the bytes, and FIN, which counts as one."""
        ends = "FIN" in segment.flags
        if ends:
            self.fin = ahead(segment.seq + len(segment.data), self.incoming.first)
        self.incoming.segment(segment.seq, segment.data + b"\0" * ends)
        fresh = self.incoming.read()
        done = self.fin is not None and self.incoming.arrived > self.fin and not self.heard_all
        if done:
            fresh, self.heard_all = fresh[:-1], True
        if segment.length:
            self._acknowledge()
        if fresh:
            self.received(fresh)
        if done:
            self.ended()

    # --- what leaves

    def _open(self, state: str, asked: Segment | None = None) -> None:
        """Send a SYN; with an acknowledgement, if the other side asked first."""
        self._forget()
        self.state = state
        if asked:
            self._begin(asked)
        self.isn = self.first_number()
        estimator = RttEstimator(minimum_ms=self.minimum_rto_ms)
        self.out = Outgoing(self.mss, Reno(self.mss), estimator, self.isn)
        self.out.window = 1
        self.out.write(b"\0")  # the SYN
        self._push()

    def _push(self) -> None:
        """Send what may leave, watch over what has left, and see which state follows."""
        if self.state in (CLOSED, LISTEN):
            return
        if self.state not in (SYN_SENT, SYN_RECEIVED):
            self.out.write(self.unsent)
            self.unsent = b""
            if self.closing and self.fin_at is None:
                self.fin_at = self.out.acked + self.out.flight + self.out.waiting
                self.out.write(b"\0")
        for seq, data in self.out.segments(self.monotonic_us / 1000):
            self._transmit(seq, data)
        self._next_state()
        if self.state in (CLOSED, TIME_WAIT):
            return
        if self.out.flight or self.out.waiting:
            self.set_timer("retransmit", self.out.estimator.rto_ms)
        else:
            self.cancel_timer("retransmit")

    def _next_state(self) -> None:
        """The arrows of figure 5 that closing follows."""
        if self.state in (SYN_SENT, SYN_RECEIVED):
            return
        mine = self.fin_at is not None
        known = mine and self.out.acked > (self.fin_at or 0)
        if self.heard_all and known:
            if self.state in (LAST_ACK, CLOSE_WAIT):
                self._end("closed")
            elif self.state != TIME_WAIT:
                self.state = TIME_WAIT
                self.cancel_timer("retransmit")
                self.set_timer("forget", 2 * self.msl_ms)
        elif self.heard_all:
            asked_first = self.state in (FIN_WAIT_1, CLOSING)
            self.state = CLOSING if asked_first else LAST_ACK if mine else CLOSE_WAIT
        elif mine:
            self.state = FIN_WAIT_2 if known else FIN_WAIT_1

    def _transmit(self, seq: int, data: bytes) -> None:
        flags, end = [], ahead(seq, self.isn) + len(data)
        if seq == self.isn:
            flags, data = ["SYN"], data[1:]
        if self.fin_at is not None and end > self.fin_at:
            flags, data = [*flags, "FIN"], data[:-1]
        ack = self.incoming.wanted if self.incoming.arrived else None
        window = self.incoming.window
        self.send(self.peer, Segment(seq, ack, " ".join(flags), data, window))

    def _acknowledge(self) -> None:
        self.send(self.peer, Segment(self._seq(), self.incoming.wanted, window=self.incoming.window))

    def _seq(self) -> int:
        return (self.isn + self.out.acked + self.out.flight) % MODULUS

    def _refuse(self, to: str, segment: Segment) -> None:
        """Answer a segment that belongs to no connection (section 3.5.2)."""
        if segment.ack is not None:
            answer = Segment(segment.ack, flags="RST")
        else:
            answer = Segment(0, (segment.seq + segment.length) % MODULUS, "RST")
        self.send(to, answer)

    # --- time

    @on("retransmit")
    def retransmit(self) -> None:
        """The oldest segment was not acknowledged in time, or the window was closed for long."""
        if self.out.flight:
            self.out.timed_out()
            self._push()
        else:
            self._transmit(*self.out.probe(self.monotonic_us / 1000))
            self.out.estimator.timed_out()
            self.set_timer("retransmit", self.out.estimator.rto_ms)

    @on("forget")
    def forget(self) -> None:
        """No segment of the old connection can be on the road any more."""
        self._end("closed")

    def _refused(self, why: str) -> None:
        if self.state == SYN_RECEIVED and self.passive:
            self._forget()
            self.cancel_timer("retransmit")
            self.peer, self.state = "", LISTEN
        else:
            self._end(why)

    def _end(self, why: str) -> None:
        for timer in ("retransmit", "forget"):
            self.cancel_timer(timer)
        self.state = CLOSED
        if why != "closed":
            self.reset(why)

    def _forget(self) -> None:
        """What a connection knows before it begins."""
        self.isn = 0
        self.out = Outgoing(self.mss)
        self.incoming = Reassembly(self.capacity)
        self.heard_all = False
        self.fin = self.fin_at = None
