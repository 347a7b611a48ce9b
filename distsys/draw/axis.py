"""Axes: where on the paper is a moment?

A linear axis makes bursts unreadable, and idle time wide. So an axis is a list of moments with a place for
each, in order: the same order as in time, but not the same distances.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from .marks import text

Key = tuple[int, int]
"""A moment: microseconds, and the place among what happens at that time."""


class Axis:
    """Maps a moment to a horizontal position.

    Args:
        keys: the moments, in order.
        places: their positions in pixels, in the same order.
    """

    def __init__(self, keys: Sequence[Key], places: Sequence[float]) -> None:
        self.keys, self.places = keys, places

    @classmethod
    def warped(cls, keys: Iterable[Key], left: float, right: float, warp: float) -> Axis:
        """An axis between two positions: 0 is true time, 1 the order of events, between them a blend."""
        moments = sorted(set(keys)) or [(0, 0)]
        first = moments[0][0]
        span, steps = max(1, moments[-1][0] - first), max(1, len(moments) - 1)
        true, order = (right - left) * (1 - warp) / span, (right - left) * warp / steps
        return cls(moments, [left + true * (key[0] - first) + order * at for at, key in enumerate(moments)])

    def __call__(self, key: Key) -> float:
        """The position of a moment; between two known ones in proportion to time."""
        right = bisect_right(self.keys, key)
        if right == 0:
            return self.places[0]
        if right == len(self.keys) or self.keys[right - 1] == key:
            return self.places[right - 1]
        (before, _), (after, _) = self.keys[right - 1], self.keys[right]
        share = (key[0] - before) / max(1, after - before)
        return self.places[right - 1] + share * (self.places[right] - self.places[right - 1])

    def at(self, ms: float) -> float:
        """The position of a time."""
        return self((round(ms * 1000), 0))

    @property
    def first_ms(self) -> float:
        """The first moment."""
        return self.keys[0][0] / 1000

    @property
    def last_ms(self) -> float:
        """The last moment."""
        return self.keys[-1][0] / 1000

    def marks(self, top: float, bottom: float, timed: bool) -> Iterator[str]:
        """Dotted lines at round times, or steps, with the times above them, as many as can be read."""
        first, last = self.first_ms, self.last_ms
        factors = [factor * 10**power for power in range(-3 if timed else 0, 9) for factor in (1, 2, 5)]
        most = max(24, (self.places[-1] - self.places[0]) / 28)
        step = next((step for step in factors if (last - first) / step <= most), 10**9)
        yield text(self.places[0] - 24, top - 16, "ms" if timed else "step", "mut", "end")
        taken = -1000.0
        for number in range(-int(-first // step), int(last // step) + 1):
            x = self.at(number * step)
            if x - taken >= 46:
                taken = x
                yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top:g}" y2="{bottom:g}"/>'
                yield text(x, top - 16, f"{number * step:g}", "mut", "middle")
