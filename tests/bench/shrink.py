"""What is left of a failure: a vote that is forgotten in a crash, found by a sweep and made small."""

from __future__ import annotations

import time
from functools import cache

from distsys.faults import shrink, sweep
from tests.bench.rows import Row
from tests.distsys import planted

SEEDS = range(300)


@cache
def shrunk() -> tuple[int, float]:
    """The events of the longest counterexample, and the seconds of processor time of the slowest."""
    report = sweep(planted.election, SEEDS, 3000, planted.trouble)
    events, seconds = [], []
    for failure in report.failures:
        start = time.process_time()  # one thread, so other work on the machine does not count
        small = shrink(failure)
        seconds.append(time.process_time() - start)
        events.append(len(small.events))
    if not events:
        raise AssertionError(f"the sweep does not find the forgotten vote in {len(SEEDS)} seeds")
    return max(events), max(seconds)


ROWS = (
    Row("shrink_events", "events", 12, lambda: shrunk()[0]),
    Row("shrink_seconds", "s", 1, lambda: shrunk()[1]),
)
