"""Networks: when, and whether, does a message arrive?

A network is a set of directed links. Each link has a latency model, a loss rate, a duplication rate, perhaps
a bandwidth, and its own stream of random numbers, so that a fault on one link does not reshuffle all others.
Partitions, held links and taps are laid over them. The network decides the fate of a message; the
simulation carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import log
from random import Random
from typing import NamedTuple, Protocol

from .trace import canonical


class Latency(Protocol):
    """How long a message travels."""

    def sample_us(self, random: Random) -> int:
        """Draw one travel time in microseconds."""


def _us(ms: float) -> int:
    return round(ms * 1000)


@dataclass(frozen=True)
class Fixed:
    """Every message takes the same time."""

    ms: float

    def __post_init__(self) -> None:
        if self.ms < 0:
            raise ValueError(f"Fixed needs 0 <= ms, not {self.ms}")

    def sample_us(self, random: Random) -> int:
        """Draw one travel time in microseconds."""
        return _us(self.ms)


@dataclass(frozen=True)
class Uniform:
    """Every time between the two bounds is equally likely."""

    low_ms: float
    high_ms: float

    def __post_init__(self) -> None:
        if not 0 <= self.low_ms <= self.high_ms:
            raise ValueError(f"Uniform needs 0 <= low_ms <= high_ms, not {self.low_ms} and {self.high_ms}")

    @cached_property
    def bounds_us(self) -> tuple[float, float]:
        """The shortest time, and how many different whole times there are, in microseconds."""
        low, high = _us(self.low_ms), _us(self.high_ms)
        return float(low), float(high - low + 1)

    def sample_us(self, random: Random) -> int:
        """Draw one travel time in microseconds."""
        low, span = self.bounds_us
        return int(low + random.random() * span)


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
        return _us(self.minimum_ms - (self.mean_ms - self.minimum_ms) * log(1.0 - random.random()))


@dataclass(frozen=True)
class LogNormal:
    """What measurements of real networks look like: a hump and a long tail.

    Args:
        median_ms: half of the messages are quicker.
        sigma: spread of the logarithm; 0.5 makes one message in forty slower than 2.7 medians.
    """

    median_ms: float
    sigma: float = 0.5

    def __post_init__(self) -> None:
        if not (self.median_ms > 0 and self.sigma >= 0):
            wrong = f"not {self.median_ms} and {self.sigma}"
            raise ValueError(f"LogNormal needs median_ms > 0 and sigma >= 0, {wrong}")

    def sample_us(self, random: Random) -> int:
        """Draw one travel time in microseconds."""
        return _us(self.median_ms * random.lognormvariate(0.0, self.sigma))


@dataclass(frozen=True)
class Pareto:
    """The heaviest tail: there is always a message that is later still.

    Args:
        minimum_ms: no message is quicker.
        alpha: the smaller, the heavier the tail; below 1 there is no mean.
        maximum_ms: later messages arrive at this time, so that a run ends.
    """

    minimum_ms: float
    alpha: float = 1.5
    maximum_ms: float = 60_000.0

    def __post_init__(self) -> None:
        if not (0 < self.minimum_ms <= self.maximum_ms and self.alpha > 0):
            raise ValueError(
                f"Pareto needs 0 < minimum_ms <= maximum_ms and alpha > 0, not {self.minimum_ms}, "
                f"{self.maximum_ms} and {self.alpha}"
            )

    def sample_us(self, random: Random) -> int:
        """Draw one travel time in microseconds."""
        return _us(min(self.maximum_ms, self.minimum_ms * random.paretovariate(self.alpha)))


class Replayed:
    """Travel times from a list, one after the other and then from the start again.

    Args:
        times_ms: measured or invented travel times.
    """

    def __init__(self, times_ms: Sequence[float]) -> None:
        if not times_ms or min(times_ms) < 0:
            raise ValueError(f"Replayed needs at least one travel time, each 0 or more, not {times_ms!r}")
        self.times_ms = tuple(times_ms)
        self._used: dict[Random, int] = {}  # by the stream of each link, so that links do not share a place

    def sample_us(self, random: Random) -> int:
        """The next travel time of this link in microseconds."""
        used = self._used.get(random, 0)
        self._used[random] = used + 1
        return _us(self.times_ms[used % len(self.times_ms)])


class Envelope(NamedTuple):
    """A message on its way.

    Attributes:
        id: its number in the trace.
        src: who sent it.
        dst: whom it is for.
        message: what it says.
        call: which call of a client it makes or answers; 0 if none.
    """

    id: int
    src: str
    dst: str
    message: object
    call: int = 0


@dataclass
class Link:
    """One direction between two nodes.

    Attributes:
        latency: how long a message travels.
        loss: the share of messages that vanish, 0 to 1.
        duplicate: the share of messages that arrive twice, 0 to 1.
        fifo: whether messages keep their order.
        kilobytes_per_second: how many bytes leave in a second; unlimited if None. The size of a message is
            the length of its text form.
        queue_bytes: how many bytes may wait to leave; a message that finds the queue full is lost.
        random: its own stream of random numbers.
        quick: the bounds of a uniform delay, if a message meets nothing else but loss; a simulation need
            not ask :meth:`arrivals` then.
    """

    latency: Latency
    loss: float = 0.0
    duplicate: float = 0.0
    fifo: bool = False
    kilobytes_per_second: float | None = None
    queue_bytes: int | None = None
    random: Random = field(default_factory=Random, repr=False, compare=False)
    quick: tuple[float, float] | None = field(default=None, init=False, repr=False, compare=False)
    _free_at_us: int = field(default=0, init=False, repr=False, compare=False)
    _last_arrival_us: int = field(default=0, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not hasattr(self.latency, "sample_us"):
            raise TypeError(f"latency is a model such as Fixed(5) or Uniform(1, 10), not {self.latency!r}")
        for name in ("loss", "duplicate"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a probability between 0 and 1, not {getattr(self, name)}")
        if self.kilobytes_per_second is not None and self.kilobytes_per_second <= 0:
            raise ValueError(f"kilobytes_per_second must be above 0, not {self.kilobytes_per_second}")
        plain = not (self.duplicate or self.fifo or self.kilobytes_per_second)
        self.quick = self.latency.bounds_us if plain and type(self.latency) is Uniform else None

    def __setattr__(self, name: str, value: object) -> None:
        if name in KNOBS and "quick" in vars(self):  # not while it is being made
            self.set(**{name: value})
        else:
            object.__setattr__(self, name, value)

    def set(self, **changes: object) -> None:
        """Change what is named (``latency``, ``loss``, ``duplicate``, ``fifo`` …), keep the rest."""
        unknown = sorted(set(changes) - set(KNOBS))
        if unknown:
            raise TypeError(f"a link has no {', '.join(unknown)}; it has {', '.join(KNOBS)}")
        before = {name: getattr(self, name) for name in changes}
        vars(self).update(changes)
        try:
            self.__post_init__()
        except (TypeError, ValueError):
            vars(self).update(before)
            raise

    def arrivals(self, message: object, now_us: int) -> tuple[int, ...] | str:
        """When a message that is sent now arrives: once, twice, or the reason why never."""
        random = self.random
        if self.loss and random.random() < self.loss:
            return "loss"
        leaves = now_us
        if self.kilobytes_per_second is not None:
            size = len(canonical(message))
            waiting = max(0, self._free_at_us - now_us) * self.kilobytes_per_second / 1000
            if self.queue_bytes is not None and waiting + size > self.queue_bytes:
                return "queue full"
            leaves = max(now_us, self._free_at_us) + round(size * 1000 / self.kilobytes_per_second)
            self._free_at_us = leaves
        arrival = leaves + self.latency.sample_us(random)
        if self.duplicate and random.random() < self.duplicate:
            return self._ordered(arrival), self._ordered(leaves + self.latency.sample_us(random))
        return (self._ordered(arrival) if self.fifo else arrival,)

    def _ordered(self, arrival_us: int) -> int:
        """On a link that keeps order, no message arrives before an earlier one."""
        if self.fifo:
            arrival_us = self._last_arrival_us = max(arrival_us, self._last_arrival_us)
        return arrival_us


KNOBS = ("latency", "loss", "duplicate", "fifo", "kilobytes_per_second", "queue_bytes")
Tap = Callable[[Envelope], Iterable[Envelope]]


class WrongTap(TypeError):
    """A tap raised, or returned something else than envelopes."""


class Network:
    """All links between the nodes of one simulation.

    The faults of the network itself leave no record. During a run use the methods of the same names of a
    :class:`~distsys.simulation.Simulation`: they write what happens into the trace.

    Args:
        latency: the travel time of every link that is not set otherwise; 1 to 10 ms by default.
        loss: the share of messages that vanish, 0 to 1.
        duplicate: the share of messages that arrive twice, 0 to 1.
        fifo: whether messages on one link keep their order.
        kilobytes_per_second: how many bytes leave on one link in a second; unlimited if None.
        queue_bytes: how many bytes may wait to leave on one link; unlimited if None.

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
        kilobytes_per_second: float | None = None,
        queue_bytes: int | None = None,
    ) -> None:
        self._make = partial(
            Link, latency or Uniform(1, 10), loss, duplicate, fifo, kilobytes_per_second, queue_bytes
        )
        self._make()  # complains about bad arguments now, not at the first message
        self._links: dict[tuple[str, str], Link] = {}
        self._groups: dict[str, int | None] = {}
        self._blocked: set[tuple[str, str]] = set()
        self._held: dict[tuple[str, str], list[Envelope]] = {}
        self._taps: list[Tap] = []
        self._seed: int | str = 0
        self._carry: Callable[[Envelope], None] | None = None
        self.faulty = False  # whether anything but the links themselves decides; kept for speed

    def attach(self, seed: int | str, carry: Callable[[Envelope], None]) -> None:
        """Bind the network to one simulation: its seed, and how a released message goes on."""
        if self._carry is not None:
            raise ValueError("this Network already belongs to a Simulation; build a new one for each run")
        self._seed, self._carry = seed, carry
        for (src, dst), link in self._links.items():
            link.random.seed(f"{seed}|{src}>{dst}")

    def link(self, src: str, dst: str) -> Link:
        """The link from one node to another, to look at or to change with ``set``."""
        link = self._links.get((src, dst))
        if link is None:  # a string seeds the same stream on every platform and under every hash seed
            link = self._links[src, dst] = self._make(random=Random(f"{self._seed}|{src}>{dst}"))
        return link

    def regions(self, where: Mapping[str, str], latency: Mapping[tuple[str, str], Latency]) -> None:
        """Set the latency of every link by the regions of its two ends.

        Args:
            where: the region of each node.
            latency: the travel time from region to region; one direction serves both.
        """
        for src, here in where.items():
            for dst, there in where.items():
                found = latency.get((here, there)) or latency.get((there, here))
                if found is None:
                    raise ValueError(f"regions() names no latency from {here!r} to {there!r}")
                if src != dst:
                    self.link(src, dst).set(latency=found)

    def partition(self, *groups: Iterable[str], anywhere: Iterable[str] = ()) -> None:
        """Cut the network: only nodes of the same group hear each other.

        Args:
            groups: names; nodes that are in no group form one more group together.
            anywhere: names that go on reaching everybody.
        """
        named = [sorted(group) for group in groups]
        flat = [name for group in named for name in group]
        if len(flat) != len(set(flat)):
            raise ValueError(f"a node can be in one group of a partition only: {named}")
        self._groups = dict.fromkeys(anywhere)
        self._groups |= {name: number for number, group in enumerate(named, 1) for name in group}
        self._notice()

    def block(self, src: str, dst: str) -> None:
        """Cut one direction between two nodes."""
        self._blocked.add((src, dst))
        self._notice()

    def heal(self) -> None:
        """End every partition and unblock every link."""
        self._groups = {}
        self._blocked.clear()
        self._notice()

    def hold(self, src: str, dst: str) -> None:
        """Keep the messages of one link until it is released."""
        self._held.setdefault((src, dst), [])
        self._notice()

    def release(self, src: str, dst: str) -> None:
        """Let the held messages of one link travel from now on, in order of sending."""
        held = self._held.pop((src, dst), [])
        self._notice()
        for envelope in held:
            assert self._carry is not None
            self._carry(envelope)

    def tap(self, rule: Tap) -> None:
        """Let a function see every message: it returns the envelopes that go on (none, one, several)."""
        self._taps.append(rule)
        self._notice()

    def tapped(self, envelope: Envelope) -> list[Envelope]:
        """What is left of a message after every tap has seen it."""
        envelopes = [envelope]
        for rule in self._taps:
            envelopes = [after for before in envelopes for after in _passed(rule, before)]
        return envelopes

    @property
    def names(self) -> set[str]:
        """Every name that a link, a partition or a block was given."""
        pairs = {*self._links, *self._blocked, *self._held}
        return {name for pair in pairs for name in pair} | set(self._groups)

    def cut(self, src: str, dst: str) -> bool:
        """Whether a partition or a blocked link keeps two nodes apart now."""
        here, there = self._groups.get(src, 0), self._groups.get(dst, 0)
        return (src, dst) in self._blocked or (here != there and here is not None and there is not None)

    def obstacle(self, envelope: Envelope) -> str | None:
        """What keeps a message that is sent now from its link: ``"partition"``, ``"held"`` or None."""
        pair = envelope.src, envelope.dst
        if pair in self._held:
            self._held[pair].append(envelope)
            return "held"
        return "partition" if self.cut(*pair) else None

    def _notice(self) -> None:
        self.faulty = bool(self._groups or self._blocked or self._held or self._taps)


def let_pass(envelope: Envelope) -> list[Envelope]:
    """A tap that changes nothing. With it no message takes the simulation's short way past its methods."""
    return [envelope]


def _passed(rule: Tap, envelope: Envelope) -> list[Envelope]:
    try:
        answer = rule(envelope)
    except Exception as error:
        name = getattr(rule, "__name__", "a tap")
        raise WrongTap(f"the tap {name} raised {error!r} for message {envelope.id}") from error
    if answer is None or isinstance(answer, Envelope):
        raise WrongTap(f"a tap returns the list of envelopes that go on, such as [envelope], not {answer!r}")
    return list(answer)
