"""The sending half of a stream: what may leave now, what is on the road, what must leave again?"""

from __future__ import annotations

from collections.abc import Iterator

from .congestion import Congestion, Unlimited
from .sequence import MODULUS, ahead
from .timing import RttEstimator


class Outgoing:
    """A sliding window over a stream of bytes.

    Bytes left of the window are acknowledged, those in it are on the road or may leave, those right of it
    must wait. Both the receiver's window and the congestion window limit it.

    Args:
        mss: bytes in a full segment.
        congestion: how much may be on the road; no limit but the receiver's if not given.
        estimator: the time-out; that of RFC 6298 if not given.
        first: the sequence number of the first byte.
        modulus: how many sequence numbers there are.

    Attributes:
        acked: how many bytes have been acknowledged.
        sent: how many bytes have left; less after a time-out, when sending begins again.
        most_sent: how many bytes have ever left.
        window: how many bytes from the acknowledged one on the receiver has room for.
    """

    def __init__(
        self,
        mss: int = 1000,
        congestion: Congestion | None = None,
        estimator: RttEstimator | None = None,
        first: int = 0,
        modulus: int = MODULUS,
    ) -> None:
        self.mss, self.first, self.modulus = mss, first, modulus
        self.congestion: Congestion = congestion or Unlimited()
        self.estimator = estimator or RttEstimator()
        self.acked = self.sent = self.window = 0
        self.most_sent = 0
        self._recover = 0  # what had left when the last loss was found
        self._lost = False  # whether the oldest segment must leave again
        self._data = b""
        self._dropped = 0  # bytes that stood before these

    def write(self, data: bytes) -> None:
        """Append to the stream."""
        self._data += data

    @property
    def flight(self) -> int:
        """How many bytes are on the road."""
        return self.sent - self.acked

    @property
    def waiting(self) -> int:
        """How many bytes have not left yet."""
        return self._dropped + len(self._data) - self.sent

    def segments(self, now_ms: float) -> Iterator[tuple[int, bytes]]:
        """The segments that leave now: sequence number and bytes."""
        if self._lost:
            self._lost = False
            yield self._segment(self.acked, self.mss, now_ms)
        while self.waiting:
            room = min(self.window, self.congestion.cwnd) - self.flight
            size = min(self.mss, self.waiting)
            if size > room:
                return  # a smaller one could leave, and would make many small ones (RFC 9293, 3.8.6.2.1)
            start, self.sent = self.sent, self.sent + size
            yield self._segment(start, size, now_ms)

    def probe(self, now_ms: float) -> tuple[int, bytes]:
        """One byte beyond a closed window; its acknowledgement says whether the window is open again."""
        return self._segment(self.sent, 1, now_ms)

    def acknowledged(self, wanted: int, window: int, now_ms: float) -> bool:
        """Take in an acknowledgement.

        Args:
            wanted: the sequence number of the byte that the receiver misses.
            window: how many bytes from there on it has room for.
            now_ms: what time it is.

        Returns:
            Whether it says that more bytes have arrived.
        """
        fresh = ahead(wanted, (self.first + self.acked) % self.modulus, self.modulus)
        if fresh > self.most_sent - self.acked:  # late, or of bytes that never left
            return False
        same = window == self.window
        self.window = window
        if fresh == 0:
            known = self.congestion.recovering or self.acked >= self._recover
            if self.flight and same and known and self.congestion.duplicate(self.flight):
                self._recover, self._lost = self.most_sent, True
            return False
        self.acked += fresh
        if self.acked - self._dropped > len(self._data) / 2:  # not each time: it copies what is left
            self._data, self._dropped = self._data[self.acked - self._dropped :], self.acked
        self.sent = max(self.sent, self.acked)
        self.estimator.acknowledged_before(self.acked, now_ms)
        if self.congestion.recovering and self.acked >= self._recover:
            self.congestion.recovered()
        else:
            self._lost = self.congestion.recovering  # what is missing now was lost, too (RFC 6582)
            self.congestion.acknowledged(fresh, self.flight)
        return True

    def timed_out(self) -> None:
        """The oldest segment was not acknowledged in time: begin again with it."""
        self.estimator.timed_out()
        self.congestion.timed_out(self.flight)
        self._recover, self._lost, self.sent = self.most_sent, False, self.acked

    def _segment(self, start: int, most: int, now_ms: float) -> tuple[int, bytes]:
        place = start - self._dropped
        data = self._data[place : place + most]
        self.most_sent = max(self.most_sent, start + len(data))
        self.estimator.sent(start, now_ms)
        return (self.first + start) % self.modulus, data
