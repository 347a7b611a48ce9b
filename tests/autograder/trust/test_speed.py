"""What a crossing costs."""

from __future__ import annotations

import time

from autograder.trust.fuse import together

CLOCK = """
class Clock:
    def __init__(self): self.t = 0
    def tick(self, by=1):
        self.t += by
        return self.t
"""


def best(of: int, do) -> float:
    """Seconds of the fastest of several tries."""
    times = []
    for _ in range(of):
        began = time.perf_counter()
        do()
        times.append(time.perf_counter() - began)
    return min(times)


def test_8000_fused_calls_take_less_than_150_ms(play):
    clock = play(CLOCK).get("Clock")()
    assert best(5, lambda: together(clock.tick, [(1,)] * 8000)) < 0.15
    assert clock.t == 40_000


def test_8000_single_calls_take_less_than_a_second(play):
    clock = play(CLOCK).get("Clock")()
    assert best(3, lambda: [clock.tick() for _ in range(8000)]) < 1
