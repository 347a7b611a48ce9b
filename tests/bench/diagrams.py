"""How fast and how small is a picture?"""

from __future__ import annotations

import time

from distsys.draw.spacetime import spacetime
from tests.bench.rows import Row, best_of
from tests.distsys.worlds import gossip


def diagram_ms() -> float:
    """Time to draw 270 records."""
    trace = gossip(1).trace[:270]

    def drawn_a_second() -> float:
        start = time.perf_counter()
        spacetime(trace).html()
        return 1 / (time.perf_counter() - start)

    return 1000 / best_of(20, drawn_a_second)[0]


def diagram_kb() -> float:
    """Size of the same picture with everything that comes along: style, words, script."""
    return len(spacetime(gossip(1).trace[:270]).html().encode()) / 1000


ROWS = (
    Row("diagram_ms", "ms", 10, diagram_ms),
    Row("diagram_kb", "kB", 60, diagram_kb),
)
