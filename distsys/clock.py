"""Clocks: what time does a machine believe it is?

Three readings, as on a real machine. The *raw* clock counts the oscillator. The *monotonic* clock is
the raw one, its rate corrected by slewing. The *wall* clock is the monotonic one plus an offset, which a
step changes at once. Only the wall clock can jump. All values are integer microseconds; a rate is kept in
parts per billion, so that no rounding error depends on the platform.
"""

from __future__ import annotations

BILLION = 1_000_000_000


class Clock:
    """The clock of one machine, as a function of true time.

    Args:
        offset_ms: how far the wall clock is ahead of true time at true time 0, in milliseconds.
        drift_ppm: how much too fast the oscillator runs, in parts per million. One part per million is
            one microsecond a second, or 86.4 milliseconds a day.
        uptime_ms: how long the machine has been running at true time 0, in milliseconds. A simulation
            picks one from its seed if it is not given.
    """

    def __init__(self, offset_ms: float = 0, drift_ppm: float = 0, uptime_ms: float | None = None) -> None:
        self.uptime_ms = uptime_ms
        self._since = 0  # true time of the last change of rate
        self._raw = self._monotonic = round((uptime_ms or 0) * 1000)
        self._drift_ppb = self._slew_ppb = 0
        self.drift(0, drift_ppm)
        self._wall_minus_monotonic = round(offset_ms * 1000) - self._monotonic

    def boot(self, uptime_ms: float) -> None:
        """Say how long the machine had been running at true time 0, without moving the wall clock."""
        self.uptime_ms = uptime_ms
        moved = round(uptime_ms * 1000) - self._monotonic
        self._raw += moved
        self._monotonic += moved
        self._wall_minus_monotonic -= moved

    def raw_us(self, true_us: int) -> int:
        """The oscillator's own count at a moment of true time, in microseconds since boot."""
        return self._raw + self._elapsed(true_us, self._drift_ppb)

    def monotonic_us(self, true_us: int) -> int:
        """The monotonic clock at a moment of true time, in microseconds since boot."""
        return self._monotonic + self._elapsed(true_us, self._drift_ppb + self._slew_ppb)

    def wall_us(self, true_us: int) -> int:
        """The wall clock at a moment of true time, in microseconds."""
        return self.monotonic_us(true_us) + self._wall_minus_monotonic

    def true_us_at(self, monotonic_us: int) -> int:
        """The first moment of true time at which the monotonic clock shows this value."""
        rate = BILLION + self._drift_ppb + self._slew_ppb
        return self._since + -(-(monotonic_us - self._monotonic) * BILLION // rate)

    def step(self, by_us: int) -> None:
        """Move the wall clock at once; negative is back. The monotonic clock does not notice."""
        self._wall_minus_monotonic += by_us

    def slew(self, true_us: int, ppm: float) -> None:
        """Correct the rate of wall and monotonic clock from this moment of true time on."""
        self._rebase(true_us)
        self._slew_ppb = round(ppm * 1000)
        self._demand_progress()

    def drift(self, true_us: int, ppm: float) -> None:
        """Let the oscillator run at another rate from this moment of true time on."""
        self._rebase(true_us)
        self._drift_ppb = round(ppm * 1000)
        self._demand_progress()

    def _demand_progress(self) -> None:
        if min(self._drift_ppb, self._drift_ppb + self._slew_ppb) <= -BILLION:
            rates = f"{self._drift_ppb / 1000:g} and {self._slew_ppb / 1000:g}"
            raise ValueError(f"a clock must run forward; drift and slew are {rates} parts per million")

    def _elapsed(self, true_us: int, ppb: int) -> int:
        return (true_us - self._since) * (BILLION + ppb) // BILLION

    def _rebase(self, true_us: int) -> None:
        self._raw, self._monotonic = self.raw_us(true_us), self.monotonic_us(true_us)
        self._since = true_us
