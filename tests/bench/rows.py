"""What is measured: one row a goal."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from distsys.draw.spacetime import spacetime
from distsys.network import Network, Uniform
from distsys.node import Node, message, on
from distsys.simulation import Simulation
from tests.distsys.worlds import gossip


@dataclass(frozen=True)
class Row:
    """One goal.

    Attributes:
        name: of the goal.
        unit: of the value: ``×`` for a ratio, ``ms`` …
        least: what is wanted; a ratio must reach it, a time must not pass it.
        measure: takes the measurement; ImportError says that a peer is missing.
    """

    name: str
    unit: str
    least: float
    measure: Callable[[], float]

    def result(self, value: float | None) -> dict[str, Any]:
        """The row as it is written."""
        at_least = self.unit == "×"
        holds = None if value is None else (value >= self.least if at_least else value <= self.least)
        goal = f"{'≥' if at_least else '≤'} {self.least:g} {self.unit}"
        return {"name": self.name, "value": value, "unit": self.unit, "goal": goal, "holds": holds}


def best_of(rounds: int, *rates: Callable[[], float]) -> list[float]:
    """The best of several interleaved rounds of each of several rates."""
    best = [0.0] * len(rates)
    for _ in range(rounds):
        best = [max(so_far, rate()) for so_far, rate in zip(best, rates, strict=True)]
    return best


@message
class Token:
    """Goes round."""

    hops: int


class Ring(Node):
    """Passes tokens on for ever."""

    def on_start(self):
        for _ in range(2):
            self.send(self.peers[0], Token(0))

    @on(Token)
    def pass_on(self, src, token):
        self.send(self.peers[token.hops % len(self.peers)], Token(token.hops + 1))


def kernel_rate() -> float:
    """Deliveries a second with a trace, a loss check and one property."""
    simulation = Simulation(1, Network(Uniform(1, 10), loss=1e-9))
    simulation.cluster(Ring, 5)
    simulation.always(lambda: True)
    start = time.perf_counter()
    run = simulation.run(30_000)
    return run.stats["deliver"] / (time.perf_counter() - start)


def simpy_rate(count: int = 40_000) -> float:
    """The same ring as SimPy's own examples would write it: a process for each message on its way."""
    import simpy  # noqa: PLC0415 - an optional peer

    environment, random = simpy.Environment(), Random(1)
    stores = [simpy.Store(environment) for _ in range(5)]
    delivered, enough = [0], environment.event()

    def travel(to, hops):
        yield environment.timeout(1 + random.random() * 9)
        stores[to].put(hops)

    def node(number):
        while True:
            hops = yield stores[number].get()
            delivered[0] += 1
            if delivered[0] >= count:
                enough.succeed()
                return
            environment.process(travel((number + 1) % 5, hops + 1))

    for number in range(5):
        environment.process(node(number))
        for _ in range(2):
            environment.process(travel((number + 1) % 5, 0))
    start = time.perf_counter()
    environment.run(until=enough)
    return delivered[0] / (time.perf_counter() - start)


def kernel_vs_simpy() -> float:
    """How many times SimPy's idiom."""
    ours, theirs = best_of(5, kernel_rate, simpy_rate)
    return ours / theirs


def diagram_ms() -> float:
    """Time to draw 270 records."""
    trace = gossip(1).trace[:270]

    def drawn_a_second() -> float:
        start = time.perf_counter()
        spacetime(trace).html()
        return 1 / (time.perf_counter() - start)

    return 1000 / best_of(10, drawn_a_second)[0]


ROWS = [
    Row("kernel_vs_simpy", "×", 6, kernel_vs_simpy),
    Row("diagram_ms", "ms", 10, diagram_ms),
]
