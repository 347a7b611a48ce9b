"""Time: which of two events came first, and who may still act?  (chapter: time_and_clocks)

Physical clocks first: what makes them drift, how a time service corrects them, how to live with the error
that is left. Logical clocks next: order without time. Causal broadcast and a lease use them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from ..check import OK, Verdict
from ..node import Node, message, on
from ..trace import Trace

# --- physical clocks


@dataclass(frozen=True)
class Quartz:
    """A quartz oscillator: how far off its nominal rate does it run?

    Tuning-fork crystals (32,768 Hz) are cut to run fastest near 25 °C. They slow
    down with the square of the distance from there.

    Args:
        ppm: error of this crystal at its turnover temperature, in parts per million.
        turnover_celsius: the temperature at which it runs fastest.
        curvature_ppm: loss of rate per squared degree Celsius, in parts per million.
    """

    ppm: float = 0.0
    turnover_celsius: float = 25.0
    curvature_ppm: float = 0.034

    def rate_ppm(self, celsius: float = 25.0) -> float:
        """How much too fast it runs at this temperature, in parts per million."""
        return self.ppm - self.curvature_ppm * (celsius - self.turnover_celsius) ** 2

    def drift_ms(self, seconds: float, celsius: float = 25.0) -> float:
        """How far ahead of true time it is after so many seconds, in milliseconds.

        One part per million gains one microsecond a second.
        """
        return self.rate_ppm(celsius) * seconds / 1000


ATOMIC = Quartz(ppm=0.0, curvature_ppm=0.0)
"""The reference: the second is *defined* by the caesium atom, so on our scales it has no error."""


MJD_1900 = 15020
"""The Modified Julian Day number of 1 January 1900, where NTP begins to count."""


def ntp_era(mjd: int) -> tuple[int, int]:
    """Where a day begins on NTP's scale of 32-bit seconds, which runs over every 136 years.

    Args:
        mjd: the Modified Julian Day number of the date.

    Returns:
        The era and the seconds since its start (RFC 5905, section 6 and figure 4).
    """
    return divmod((mjd - MJD_1900) * 86_400, 2**32)


class NtpSample(NamedTuple):
    """One exchange with a time server: four readings, in microseconds (RFC 5905, section 8).

    Attributes:
        t1: the client's clock when the request left.
        t2: the server's clock when the request arrived.
        t3: the server's clock when the reply left.
        t4: the client's clock when the reply arrived.
    """

    t1: int
    t2: int
    t3: int
    t4: int

    @property
    def offset(self) -> float:
        """How far the server's clock is ahead of the client's, if both ways took equally long."""
        return ((self.t2 - self.t1) + (self.t3 - self.t4)) / 2

    @property
    def delay(self) -> int:
        """Time on the network, both ways together."""
        return (self.t4 - self.t1) - (self.t3 - self.t2)

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which values the true offset lies, however unequal the two ways were."""
        return self.offset - self.delay / 2, self.offset + self.delay / 2


class ClockFilter:
    """Which of the last samples should a client believe? The one that waited least (RFC 5905, section 10).

    A message that queued on its way was delayed one way only, and that is what spoils an offset.

    Args:
        size: how many samples to keep; eight in the RFC.
    """

    def __init__(self, size: int = 8) -> None:
        self.samples: deque[NtpSample] = deque(maxlen=size)

    def add(self, sample: NtpSample) -> NtpSample:
        """Take in one sample and return the best one kept."""
        self.samples.append(sample)
        return self.best

    @property
    def best(self) -> NtpSample:
        """The sample with the smallest delay; the newest of equals."""
        return min(reversed(self.samples), key=lambda sample: sample.delay)

    @property
    def jitter(self) -> float:
        """Root mean square of how far the other offsets lie from the best one, in microseconds."""
        best = self.best
        others = [sample.offset - best.offset for sample in self.samples if sample is not best]
        return (sum(other * other for other in others) / len(others)) ** 0.5 if others else 0.0


def cristian(sent: int, received: int, server: int, least_one_way: int = 0) -> tuple[float, float]:
    """What time is it at the server when its one reading arrives here? (Cristian, 1989)

    Args:
        sent: the client's clock when it asked.
        received: the client's clock when the answer came.
        server: the reading in the answer.
        least_one_way: the shortest possible travel time.

    Returns:
        The best guess and how far off it can be, in the units of the arguments.
    """
    round_trip = received - sent
    return server + round_trip / 2, round_trip / 2 - least_one_way


@message
class TimeRequest:
    """What the client puts on the wire."""

    t1: int


@message
class TimeReply:
    """What the server answers."""

    t1: int
    t2: int
    t3: int


class TimeServer(Node):
    """Answers with its own wall clock."""

    @on(TimeRequest)
    def answer(self, src: str, request: TimeRequest) -> None:
        """Stamp arrival and departure; a real server would be busy in between."""
        self.send(src, TimeReply(request.t1, self.now_us, self.now_us))


class TimeClient(Node):
    """Keeps its clock near a server's: slews small offsets, steps large ones.

    A step moves the wall clock at once, perhaps back. A slew changes its rate, so that no moment comes
    twice. RFC 5905 steps above 128 ms and slews by at most 500 parts per million.

    Args:
        server: whom to ask.
        poll_ms: time between two questions, in milliseconds.
        correct: if false, only measure.
    """

    STEP_US = 128_000
    MOST_PPM = 500.0

    def __init__(self, server: str, poll_ms: float = 64_000, correct: bool = True) -> None:
        self.server, self.poll_ms, self.correct = server, poll_ms, correct
        self.filter = ClockFilter()
        self.asked: int | None = None

    def on_start(self) -> None:
        """Ask at once."""
        self.set_timer("poll", 0)

    @on("poll")
    def poll(self) -> None:
        """Ask the server for its time; what there was to slew is worked off."""
        if self.correct:
            self.slew_clock(0)
        self.asked = self.now_us
        self.send(self.server, TimeRequest(self.asked))
        self.set_timer("poll", self.poll_ms)

    @on(TimeReply)
    def reply(self, src: str, reply: TimeReply) -> None:
        """Work out the offset, and move the clock towards the server's."""
        if reply.t1 != self.asked:
            return  # a duplicate, or an answer to an older question: its readings are of another clock
        self.asked = None
        best = self.filter.add(NtpSample(reply.t1, reply.t2, reply.t3, self.now_us))
        if not self.correct:
            return
        if abs(best.offset) > self.STEP_US:
            self.step_clock(best.offset / 1000)
        else:  # work the offset off until the next poll; microseconds per second are parts per million
            ppm = best.offset / (self.poll_ms / 1000)
            self.slew_clock(max(-self.MOST_PPM, min(self.MOST_PPM, ppm)))
        self.filter = ClockFilter()  # the old samples were taken against another clock


class Interval(NamedTuple):
    """Time as it can be known: it is not before one bound and not after the other."""

    earliest: float
    latest: float

    def surely_before(self, other: Interval) -> bool:
        """Whether this moment came first, whatever the errors of the two clocks."""
        return self.latest < other.earliest


class UncertainClock:
    """A clock that says how wrong it can be (the idea of Spanner's TrueTime; Corbett et al., 2012).

    The error grows while the clock is left alone, and shrinks when it is compared with a reference.

    Args:
        read: the underlying clock, in milliseconds.
        error_ms: how far off it can be just after a comparison.
        drift_ppm: how fast the error can grow, in parts per million.
    """

    def __init__(self, read: Callable[[], float], error_ms: float, drift_ppm: float = 200.0) -> None:
        self.read, self.error_ms, self.drift_ppm = read, error_ms, drift_ppm
        self.compared_at = read()

    def now(self) -> Interval:
        """The interval that holds the true time."""
        reading = self.read()
        error = self.error_ms + (reading - self.compared_at) * self.drift_ppm / 1e6
        return Interval(reading - error, reading + error)

    def compared(self) -> None:
        """Say that the clock was compared with its reference just now."""
        self.compared_at = self.read()

    def surely_past(self, moment: float) -> bool:
        """Whether a moment has passed on every clock. Waiting for this is Spanner's *commit wait*."""
        return self.now().earliest > moment


# --- logical clocks


class LamportClock:
    """A counter that never contradicts cause and effect (Lamport, 1978).

    If *a* happens before *b*, the stamp of *a* is less. The converse does not hold.
    Stamps are pairs (counter, node). The name breaks ties, so that all stamps are
    in one total order.

    Args:
        node: whose clock this is.
    """

    def __init__(self, node: str) -> None:
        self.node = node
        self.counter = 0

    def local(self) -> tuple[int, str]:
        """Stamp an event of this node."""
        self.counter += 1
        return self.counter, self.node

    send = local  # an event like any other; its stamp travels with the message

    def receive(self, stamp: tuple[int, str]) -> tuple[int, str]:
        """Stamp a receipt: later than the send and than all that was here."""
        self.counter = max(self.counter, stamp[0])
        return self.local()


Order = Literal["before", "after", "equal", "concurrent"]


@dataclass(frozen=True)
class VectorStamp:
    """A counter for every node; a node that is not named counts 0.

    Immutable, so that a stamp that was sent cannot change under its receiver.

    Args:
        counts: pairs of node and counter; build it with :meth:`of`, which sorts them and drops zeros.
    """

    counts: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> VectorStamp:
        """Build one from a dictionary."""
        return cls(tuple(sorted((node, count) for node, count in counts.items() if count)))

    def __getitem__(self, node: str) -> int:
        return dict(self.counts).get(node, 0)

    def tick(self, node: str) -> VectorStamp:
        """One event more on this node."""
        return VectorStamp.of({**dict(self.counts), node: self[node] + 1})

    def merge(self, other: VectorStamp) -> VectorStamp:
        """All that either of the two knew: the greater count, node by node."""
        nodes = {node for node, _ in self.counts + other.counts}
        return VectorStamp.of({node: max(self[node], other[node]) for node in nodes})

    def __le__(self, other: VectorStamp) -> bool:
        return all(count <= other[node] for node, count in self.counts)

    def __lt__(self, other: VectorStamp) -> bool:
        return self <= other and self != other

    def compare(self, other: VectorStamp) -> Order:
        """Where this stamp stands to another one."""
        if self == other:
            return "equal"
        if self < other:
            return "before"
        return "after" if other < self else "concurrent"

    def show(self, nodes: Iterable[str]) -> str:
        """The counts alone, in the order of the named nodes, as papers print them."""
        return "[" + ",".join(str(self[node]) for node in nodes) + "]"


class VectorClock:
    """A clock whose stamps *are* the happens-before relation (Fidge, 1988; Mattern, 1989).

    Args:
        node: whose clock this is.
    """

    def __init__(self, node: str) -> None:
        self.node = node
        self.stamp = VectorStamp()

    def local(self) -> VectorStamp:
        """Stamp an event of this node."""
        self.stamp = self.stamp.tick(self.node)
        return self.stamp

    send = local

    def receive(self, stamp: VectorStamp) -> VectorStamp:
        """Stamp the receipt of a message: everything its sender knew is known here now."""
        self.stamp = self.stamp.merge(stamp)
        return self.local()


class HybridClock:
    """A Lamport clock that stays close to the wall clock (Kulkarni et al., 2014).

    A stamp is a pair (time, counter), compared from the left. The time is the greatest physical time heard
    of; the counter orders events while that does not move.

    Args:
        physical: reads the wall clock; it may stand still or step back.
    """

    def __init__(self, physical: Callable[[], int]) -> None:
        self.physical = physical
        self.time = 0
        self.counter = 0

    def local(self) -> tuple[int, int]:
        """Stamp an event of this node."""
        return self._later_than((self.time, self.counter))

    send = local

    def receive(self, stamp: tuple[int, int]) -> tuple[int, int]:
        """Stamp the receipt of a message."""
        return self._later_than((self.time, self.counter), stamp)

    def _later_than(self, *known: tuple[int, int]) -> tuple[int, int]:
        self.time = max(self.physical(), *(time for time, _ in known))
        within = [counter for time, counter in known if time == self.time]
        self.counter = max(within, default=-1) + 1
        return self.time, self.counter


class LogicalClock(Protocol):
    """What every logical clock can do; the stamps are frozen values."""

    def local(self) -> Any:
        """Stamp an event of this node."""

    def send(self) -> Any:
        """Stamp a send; the stamp travels with the message."""

    def receive(self, stamp: Any) -> Any:
        """Stamp the receipt of a message that carries this stamp."""


@message
class Hello:
    """A message that carries the stamp of its send."""

    stamp: object


class Chatter(Node):
    """Makes random traffic and stamps every event with a logical clock.

    Args:
        clock: builds the clock, from the name of the node.
        pause_ms: bounds of the time between two events of its own.
    """

    def __init__(self, clock: Callable[[str], LogicalClock], pause_ms: tuple[float, float] = (5, 40)) -> None:
        self.clock = clock(self.id)
        self.pause_ms = pause_ms

    def on_start(self) -> None:
        """Begin."""
        self.note(stamp=self.clock.local())
        self.set_timer("work", *self.pause_ms)

    @on("work")
    def work(self) -> None:
        """Do something local, then perhaps tell somebody."""
        self.note(stamp=self.clock.local())
        if self.choose((True, True, False)):
            self.send(self.choose(self.peers), Hello(self.clock.send()))
        self.set_timer("work", *self.pause_ms)

    @on(Hello)
    def hear(self, src: str, hello: Hello) -> None:
        """Stamp the receipt."""
        self.note(stamp=self.clock.receive(hello.stamp))


# --- what they are good for


@message
class Post:
    """A broadcast: what its sender had delivered before, and the text."""

    clock: VectorStamp
    text: str


class CausalBroadcast(Node):
    """Delivers no message before those that its sender had seen (Birman, Schiper and Stephenson, 1991).

    The clock counts broadcasts, not events: entry *j* is the number of messages of *j* delivered here.

    Attributes:
        delivered: texts in the order of delivery.
        waiting: messages that came too early.
    """

    def __init__(self) -> None:
        self.clock = VectorStamp()
        self.delivered: list[str] = []
        self.waiting: list[tuple[str, Post]] = []

    def post(self, text: str) -> None:
        """Broadcast a text, and deliver it here at once."""
        self.clock = self.clock.tick(self.id)
        self._deliver(text)
        self.broadcast(Post(self.clock, text))

    @on(Post)
    def receive(self, src: str, post: Post) -> None:
        """Hold the message back until everything it depends on is here."""
        self.waiting.append((src, post))
        while ready := next((pair for pair in self.waiting if self._ready(*pair)), None):
            self.waiting.remove(ready)
            self.clock = self.clock.tick(ready[0])
            self._deliver(ready[1].text)

    def _ready(self, sender: str, post: Post) -> bool:
        """The next message of its sender, and nothing missing from the others."""
        return self.clock.tick(sender)[sender] == post.clock[sender] and all(
            count <= self.clock[node] for node, count in post.clock.counts if node != sender
        )

    def _deliver(self, text: str) -> None:
        self.delivered.append(text)
        self.note(text)


@message
class Ask:
    """Please give me the lease; sent at this reading of the asker's own clock."""

    asked_us: int


@message
class Grant:
    """It is yours for so many milliseconds; the reading of the request comes back unchanged."""

    asked_us: int
    lease_ms: int


@message
class Busy:
    """Somebody else holds it; ask again after so many milliseconds."""

    wait_ms: float


@message
class Write:
    """Something only the holder of the lease may do."""

    number: int


class LeaseServer(Node):
    """Gives a lease to one node at a time (Gray and Cheriton, 1989), and trusts the holder to stop.

    It counts by its own monotonic clock, from the moment of the grant.

    Args:
        lease_ms: how long a lease lasts.
    """

    durable = ("holder", "free_at_us")

    def __init__(self, lease_ms: int = 400) -> None:
        self.lease_ms = lease_ms
        self.holder = ""
        self.free_at_us = 0

    @on(Ask)
    def ask(self, src: str, ask: Ask) -> None:
        """Grant the lease if it is free or the asker already holds it."""
        left_us = self.free_at_us - self.monotonic_us
        if src != self.holder and left_us > 0:
            self.send(src, Busy(left_us / 1000))
        else:
            self.holder, self.free_at_us = src, self.monotonic_us + self.lease_ms * 1000
            self.send(src, Grant(ask.asked_us, self.lease_ms))

    @on(Write)
    def write(self, src: str, write: Write) -> None:
        """Take any write."""


class LeaseHolder(Node):
    """Writes while it holds the lease, and stops in time whatever happens to its wall clock.

    Three rules make it safe. It counts by the monotonic clock. It counts from the moment it *asked*,
    because the server began to count before the grant arrived. It allows for two clocks that drift apart.

    Args:
        server: whom to ask.
        drift_ppm: how far off its nominal rate each of the two clocks may run, in parts per million.
        every_ms: time between two writes, in milliseconds.
    """

    def __init__(self, server: str = "server", drift_ppm: float = 200.0, every_ms: float = 50.0) -> None:
        self.server, self.every_ms = server, every_ms
        self.share = (1 - drift_ppm / 1e6) / (1 + drift_ppm / 1e6)
        self.until_us = 0.0
        self.number = 0

    def on_start(self) -> None:
        """Ask at once."""
        self.set_timer("ask", 0)

    @on("ask")
    def ask(self) -> None:
        """Ask for the lease; ask again if no answer comes."""
        self.send(self.server, Ask(self.monotonic_us))
        self.set_timer("ask", 200)

    @on(Busy)
    def busy(self, src: str, busy: Busy) -> None:
        """Wait until the other's lease is over."""
        self.set_timer("ask", busy.wait_ms)

    @on(Grant)
    def granted(self, src: str, grant: Grant) -> None:
        """Work out when to stop."""
        self.cancel_timer("ask")
        self.until_us = grant.asked_us + grant.lease_ms * 1000 * self.share
        self.set_timer("work", 0)

    @on("work")
    def work(self) -> None:
        """Write if the lease is still good, else ask again."""
        if self.monotonic_us < self.until_us:
            self.number += 1
            self.send(self.server, Write(self.number))
            self.set_timer("work", self.every_ms)
        else:
            self.set_timer("ask", 100)


def trespass(trace: Trace) -> Verdict:
    """Judge whether every write was sent by the node to which the server had given the lease last.

    Args:
        trace: a run with :class:`Grant` and :class:`Write` messages.
    """
    holder, granted = "nobody", dict[str, int]()
    for index, record in enumerate(trace):
        if record.kind == "send" and isinstance(record.data, Grant):
            holder = record.peer
            granted[holder] = index
        elif record.kind == "send" and isinstance(record.data, Write) and record.node != holder:
            grants = {granted[name] for name in (record.node, holder) if name in granted}
            why = f"{record}, but the lease belongs to {holder}"
            return Verdict("illegal", why, events=(*sorted(grants), index))
    return OK
