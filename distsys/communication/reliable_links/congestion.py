"""Congestion control: how much may be on the road at once?  (RFC 5681, RFC 6582)"""

from __future__ import annotations

from typing import Protocol

DUPLICATES = 3
"""So many acknowledgements in a row that say the same mean a loss; fewer may mean reordering."""


class Congestion(Protocol):
    """What a sender asks before it sends, and tells when it has heard something."""

    @property
    def cwnd(self) -> float:
        """How many bytes may be on the road."""

    @property
    def recovering(self) -> bool:
        """Whether a loss is being repaired."""

    def acknowledged(self, count: int, flight: int) -> None:
        """So many more bytes have arrived; ``flight`` bytes are on the road."""

    def duplicate(self, flight: int) -> bool:
        """An acknowledgement says nothing new; returns whether to send the oldest segment again now."""

    def recovered(self) -> None:
        """All that was on the road when the loss was found has arrived."""

    def timed_out(self, flight: int) -> None:
        """The timer of the oldest segment has run out."""


class Unlimited:
    """No congestion control: what the receiver has room for may leave."""

    cwnd = float("inf")
    recovering = False

    def acknowledged(self, count: int, flight: int) -> None:
        """New data has arrived."""

    def duplicate(self, flight: int) -> bool:
        """An acknowledgement says nothing new."""
        return False

    def recovered(self) -> None:
        """Nothing is ever repaired."""

    def timed_out(self, flight: int) -> None:
        """The timer of the oldest segment has run out."""


class Reno:
    """Slow start, congestion avoidance, fast retransmit and fast recovery.

    Below ``ssthresh`` the window doubles in a round trip; above, it grows by one segment. A loss that
    duplicate acknowledgements tell halves it; one that only the timer tells starts again from one segment.

    Args:
        mss: bytes in a full segment.
        initial: segments that may leave at once in the beginning (RFC 6928: ten).
        ssthresh: where the first slow start ends if nothing is lost before, in bytes.

    Attributes:
        cwnd: the congestion window: bytes that may be on the road.
        ssthresh: where slow start ends.
        recovering: whether a loss is being repaired.
    """

    def __init__(self, mss: int, initial: int = 10, ssthresh: float = 1 << 62) -> None:
        self.mss = mss
        self.cwnd: float = initial * mss
        self.ssthresh = ssthresh
        self.recovering = False
        self._duplicates = 0

    def acknowledged(self, count: int, flight: int) -> None:
        """New data has arrived.

        Args:
            count: how many bytes.
            flight: how many bytes are still on the road. A recovery ends when all that was on the road at
                its beginning has arrived; the sender knows when, and calls :meth:`recovered`.
        """
        if self.recovering:  # a partial acknowledgement: what has arrived makes room for as much (RFC 6582)
            self.cwnd = max(self.cwnd - count, 0) + self.mss
            return
        self._duplicates = 0
        if self.cwnd < self.ssthresh:
            self.cwnd += min(count, self.mss)
        else:
            self.cwnd += self.mss * self.mss / self.cwnd

    def duplicate(self, flight: int) -> bool:
        """An acknowledgement says nothing new; returns whether to retransmit the oldest segment now."""
        if self.recovering:
            self.cwnd += self.mss  # a segment has left the road
            return False
        self._duplicates += 1
        if self._duplicates < DUPLICATES:
            return False
        self.ssthresh = max(flight / 2, 2 * self.mss)
        self.cwnd = self.ssthresh + DUPLICATES * self.mss
        self.recovering = True
        return True

    def recovered(self) -> None:
        """All that was on the road when the loss was found has arrived."""
        self.cwnd = self.ssthresh
        self.recovering = False
        self._duplicates = 0

    def timed_out(self, flight: int) -> None:
        """The timer of the oldest segment has run out."""
        self.ssthresh = max(flight / 2, 2 * self.mss)
        self.cwnd = self.mss
        self.recovering = False
        self._duplicates = 0
