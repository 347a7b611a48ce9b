"""Networks: when, and whether, does a message arrive?

A network is a set of directed links. Each link has a latency model, a loss rate, a duplication rate and
its own stream of random numbers, so that a fault on one link does not reshuffle all others. Partitions,
held links and taps are laid over them. The network decides the fate of a message; the simulation carries
it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import log
from random import Random
from typing import NamedTuple, Protocol


class Latency(Protocol):
    """How long a message travels."""

    def sample_us(self, random: Random) -> int:
        """Draw one travel time in microseconds."""


@dataclass(frozen=True)
class Fixed:
    """Every message takes the same time."""

    ms: float

    def __post_init__(self) -> None:
        if self.ms < 0:
            raise ValueError(f"Fixed needs 0 <= ms, not {self.ms}")

    def sample_us(self, random: Random) -> int:
        """Draw one travel time in microseconds."""
        return round(self.ms * 1000)


@dataclass(frozen=True)
class Uniform:
    """Every time between the two bounds is equally likely."""

    low_ms: float
    high_ms: float

    def __post_init__(self) -> None:
        if not 0 <= self.low_ms <= self.high_ms:
            raise ValueError(f"Uniform needs 0 <= low_ms <= high_ms, not {self.low_ms} and {self.high_ms}")

    def sample_us(self, random: Random) -> int:
        """Draw one travel time in microseconds."""
        low = round(self.low_ms * 1000)
        return low + int(random.random() * (round(self.high_ms * 1000) - low + 1))


@dataclass(frozen=True)
class Exponential:
    """A minimum, plus a tail: most messages are quick and a few are very late."""

    mean_ms: float
    minimum_ms: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.minimum_ms < self.mean_ms:
            raise ValueError(
                f"Exponential needs 0 <= minimum_ms < mean_ms, not {self.minimum_ms} and {self.mean_ms}"
            )

    def sample_us(self, random: Random) -> int:
        """Draw one travel time in microseconds."""
        return round(1000 * (self.minimum_ms - (self.mean_ms - self.minimum_ms) * log(1.0 - random.random())))


class Envelope(NamedTuple):
    """A message on its way."""

    id: int
    src: str
    dst: str
    message: object


@dataclass
class Link:
    """One direction between two nodes."""

    latency: Latency
    loss: float = 0.0
    duplicate: float = 0.0
    fifo: bool = False

    def set(
        self,
        latency: Latency | None = None,
        loss: float | None = None,
        duplicate: float | None = None,
        fifo: bool | None = None,
    ) -> None:
        """Change what is named, keep the rest."""
        if latency is not None:
            self.latency = latency
        if loss is not None:
            self.loss = probability(loss, "loss")
        if duplicate is not None:
            self.duplicate = probability(duplicate, "duplicate")
        if fifo is not None:
            self.fifo = fifo


def probability(value: float, name: str) -> float:
    """Return the value if it lies between 0 and 1, refuse it otherwise."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is a probability between 0 and 1, not {value}")
    return value


Tap = Callable[[Envelope], Iterable[Envelope]]


class Network:
    """All links between the nodes of one simulation.

    Args:
        latency: the travel time of every link that is not set otherwise; 1 to 10 ms by default.
        loss: the share of messages that vanish, 0 to 1.
        duplicate: the share of messages that arrive twice, 0 to 1.
        fifo: whether messages on one link keep their order.

    Example:
        >>> network = Network(latency=Uniform(1, 5), loss=0.1)
        >>> network.link("n1", "n2").set(latency=Fixed(80))
    """

    def __init__(
        self,
        latency: Latency | None = None,
        loss: float = 0.0,
        duplicate: float = 0.0,
        fifo: bool = False,
    ) -> None:
        self._default = Link(
            latency or Uniform(1, 10), probability(loss, "loss"), probability(duplicate, "duplicate"), fifo
        )
        self._links: dict[tuple[str, str], Link] = {}
        self._blocked: set[tuple[str, str]] = set()
        self._groups: dict[str, int] = {}
        self._held: dict[tuple[str, str], list[Envelope]] = {}
        self._taps: list[Tap] = []
        self._streams: dict[tuple[str, str], Random] = {}
        self._last_arrival: dict[tuple[str, str], int] = {}
        self._seed: int | str = 0
        self._carry: Callable[[Envelope], None] | None = None

    def attach(self, seed: int | str, carry: Callable[[Envelope], None]) -> None:
        """Bind the network to one simulation: its seed, and how a released message goes on."""
        if self._carry is not None:
            raise ValueError("this Network already belongs to a Simulation; build a new one for each run")
        self._seed, self._carry = seed, carry

    def link(self, src: str, dst: str) -> Link:
        """The link from one node to another, to look at or to change with ``set``."""
        if (src, dst) not in self._links:
            self._links[src, dst] = replace(self._default)
        return self._links[src, dst]

    def partition(self, *groups: Iterable[str]) -> None:
        """Cut the network: only nodes of the same group hear each other.

        Nodes that are in no group form one more group together.
        """
        named = [sorted(group) for group in groups]
        flat = [name for group in named for name in group]
        if len(flat) != len(set(flat)):
            raise ValueError(f"a node can be in one group of a partition only: {named}")
        self._groups = {name: number for number, group in enumerate(named, 1) for name in group}

    def block(self, src: str, dst: str) -> None:
        """Cut one direction between two nodes."""
        self._blocked.add((src, dst))

    def heal(self) -> None:
        """End every partition and unblock every link."""
        self._groups = {}
        self._blocked.clear()

    def hold(self, src: str, dst: str) -> None:
        """Keep the messages of one link until it is released."""
        self._held.setdefault((src, dst), [])

    def release(self, src: str, dst: str) -> None:
        """Let the held messages of one link travel from now on, in order of sending."""
        for envelope in self._held.pop((src, dst), ()):
            assert self._carry is not None
            self._carry(envelope)

    def tap(self, rule: Tap) -> None:
        """Let a function see every message: it returns the envelopes that go on (none, one, several)."""
        self._taps.append(rule)

    def tapped(self, envelope: Envelope) -> list[Envelope]:
        """What is left of a message after every tap has seen it."""
        envelopes = [envelope]
        for rule in self._taps:
            envelopes = [after for before in envelopes for after in rule(before)]
        return envelopes

    def cut(self, src: str, dst: str) -> bool:
        """Whether a partition or a blocked link keeps two nodes apart now."""
        return (src, dst) in self._blocked or self._groups.get(src, 0) != self._groups.get(dst, 0)

    def fate(self, envelope: Envelope, now_us: int) -> list[int] | str:
        """Decide what happens to a message that is sent now.

        Args:
            envelope: the message.
            now_us: true time of sending, in microseconds.

        Returns:
            The arrival times in microseconds (two if it is duplicated, none if it is held), or the
            reason why it is lost: ``"partition"`` or ``"loss"``.
        """
        pair = envelope.src, envelope.dst
        if pair in self._held:
            self._held[pair].append(envelope)
            return []
        if (self._groups or self._blocked) and self.cut(*pair):
            return "partition"
        link = self._links.get(pair, self._default)
        random = self._streams.get(pair)
        if random is None:  # a string seeds the same stream on every platform and under every hash seed
            random = self._streams[pair] = Random(f"{self._seed}|{pair[0]}>{pair[1]}")
        if link.loss and random.random() < link.loss:
            return "loss"
        copies = 2 if link.duplicate and random.random() < link.duplicate else 1
        arrivals = [now_us + link.latency.sample_us(random) for _ in range(copies)]
        if link.fifo:
            earliest = self._last_arrival.get(pair, 0)
            arrivals = [max(arrival, earliest) for arrival in arrivals]
            self._last_arrival[pair] = max(arrivals)
        return arrivals
