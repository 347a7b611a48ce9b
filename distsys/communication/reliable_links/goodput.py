"""Goodput: how many bytes a second arrive, and what does a formula say?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from math import sqrt

from ...network import Fixed, Network
from ...simulation import Simulation
from .congestion import Reno
from .timing import RttEstimator
from .transfer import Receiver, Sender


def mathis(rtt_ms: float, loss: float, mss: int = 1) -> float:
    """Goodput of a long transfer under Reno, by the model of Mathis, Semke, Mahdavi and Ott (1997).

    The window climbs by a segment in each round trip and is halved by each loss: a saw-tooth whose mean is
    the square root of 1.5 divided by the loss rate. Every segment is acknowledged, and no time-out counts.

    Args:
        rtt_ms: the round-trip time in milliseconds.
        loss: the share of segments that are lost.
        mss: bytes in a segment.

    Returns:
        Bytes a second; segments a second if ``mss`` is 1.
    """
    return mss * sqrt(1.5 / loss) * 1000 / rtt_ms


def window_limited(rtt_ms: float, window: int) -> float:
    """The most that a window allows, in bytes a second: a window in each round trip."""
    return window * 1000 / rtt_ms


@dataclass(frozen=True)
class Transfer:
    """What a transfer measured.

    Attributes:
        goodput: segments a second that arrived, each counted once.
        sent: segments that left, all copies counted.
        timeouts: how often the timer ran out.
        windows: samples of time (ms) and of the congestion window (segments).
    """

    goodput: float
    sent: int
    timeouts: int
    windows: tuple[tuple[float, float], ...]


def transfer(
    rtt_ms: float,
    loss: float = 0.0,
    segments: int = 1000,
    window: int | None = None,
    seed: int | str = 0,
    minimum_rto_ms: float = 200.0,
) -> Transfer:
    """Move segments over a link that loses some of them, and measure.

    Args:
        rtt_ms: the round-trip time.
        loss: the share of segments that vanish; acknowledgements do not.
        segments: how many to move.
        window: the receiver's window in segments; no limit if not given.
        seed: names the random streams.
        minimum_rto_ms: no time-out is shorter.
    """
    mss = 4  # what a segment holds does not matter here
    data = bytes(segments * mss)
    capacity = window * mss if window else 1 << 30
    network = Network(latency=Fixed(rtt_ms / 2))
    network.link("sender", "receiver").set(loss=loss)
    simulation = Simulation(seed, network)
    estimator = RttEstimator(minimum_ms=minimum_rto_ms)
    simulation.add(
        "sender", lambda: Sender("receiver", data, mss, capacity, Reno(mss, ssthresh=64 * mss), estimator)
    )
    simulation.add("receiver", lambda: Receiver(capacity))
    windows: list[tuple[float, float]] = []

    def look() -> None:
        sender = simulation.nodes["sender"]
        if isinstance(sender, Sender) and sender.finished_ms is None:
            windows.append((simulation.now_us / 1000, sender.out.congestion.cwnd / mss))

    simulation.every(rtt_ms / 2, look)
    for rounds in count(1):
        run = simulation.run(until_ms=rounds * 100 * rtt_ms)
        sender = simulation.nodes["sender"]
        if isinstance(sender, Sender) and sender.finished_ms is not None:
            spent_ms = sender.finished_ms - sender.started_ms
            break
    left = sum(kind == "send" and node == "sender" for _, kind, node, *_ in run.trace.rows)
    return Transfer(segments * 1000 / spent_ms, left, run.stats["note"], tuple(windows))
