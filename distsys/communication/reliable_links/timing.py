"""The retransmission time-out: how long must a sender wait before it believes that a segment is lost?"""

from __future__ import annotations


class RttEstimator:
    """Learns the round-trip time, and how much it varies (RFC 6298).

    The time-out is the smoothed round-trip time plus four times its mean deviation. A sample of a segment
    that was sent twice is ambiguous: nobody knows which copy was acknowledged. So it is not taken (Karn's
    rule), and the time-out that was doubled stays until a segment gets through at its first attempt.

    Args:
        initial_ms: the time-out before the first sample.
        minimum_ms: no time-out is shorter; the RFC says a second, Linux 200 ms.
        maximum_ms: no time-out is longer; at least a minute.
        granularity_ms: the tick of the clock.

    Attributes:
        srtt_ms: the smoothed round-trip time; None before the first sample.
        rttvar_ms: its smoothed mean deviation.
        rto_ms: the time-out now.
    """

    ALPHA, BETA, K = 1 / 8, 1 / 4, 4

    def __init__(
        self,
        initial_ms: float = 1000.0,
        minimum_ms: float = 1000.0,
        maximum_ms: float = 60_000.0,
        granularity_ms: float = 1.0,
    ) -> None:
        self.minimum_ms, self.maximum_ms, self.granularity_ms = minimum_ms, maximum_ms, granularity_ms
        self.srtt_ms: float | None = None
        self.rttvar_ms = 0.0
        self.rto_ms = initial_ms
        self._sent: dict[int, float | None] = {}  # when each segment was sent; None if more than once

    def sent(self, segment: int, now_ms: float) -> None:
        """Take note that the segment that begins at this byte leaves, for the first time or again."""
        self._sent[segment] = None if segment in self._sent else now_ms

    def acknowledged_before(self, wanted: int, now_ms: float) -> None:
        """Take note that everything before the byte ``wanted`` has arrived.

        The newest segment gives a sample, unless one of them was sent twice: then the others may have
        waited for it.
        """
        arrived = [segment for segment in self._sent if segment < wanted]
        when = [self._sent.pop(segment) for segment in sorted(arrived)]
        if when and None not in when:
            self.sample(now_ms - (when[-1] or 0))

    def acknowledged(self, segment: int, now_ms: float) -> None:
        """Take note that this one segment has arrived."""
        when = self._sent.pop(segment, None)
        if when is not None:
            self.sample(now_ms - when)

    def sample(self, rtt_ms: float) -> None:
        """Learn from one round trip (sections 2.2 and 2.3)."""
        if self.srtt_ms is None:
            self.srtt_ms, self.rttvar_ms = rtt_ms, rtt_ms / 2
        else:
            self.rttvar_ms = (1 - self.BETA) * self.rttvar_ms + self.BETA * abs(self.srtt_ms - rtt_ms)
            self.srtt_ms = (1 - self.ALPHA) * self.srtt_ms + self.ALPHA * rtt_ms
        wanted = self.srtt_ms + max(self.granularity_ms, self.K * self.rttvar_ms)
        self.rto_ms = min(max(wanted, self.minimum_ms), self.maximum_ms)

    def timed_out(self) -> None:
        """Wait twice as long the next time (section 5.5)."""
        self.rto_ms = min(2 * self.rto_ms, self.maximum_ms)
