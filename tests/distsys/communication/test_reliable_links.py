"""Reliable links: every mini-implementation of the chapter."""

import asyncio
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distsys.communication.reliable_links import (
    Ack,
    Data,
    Outgoing,
    Reassembly,
    Receiver,
    Reno,
    RttEstimator,
    Sender,
    ahead,
    checksum,
    intact,
    precedes,
)
from distsys.communication.reliable_links.alternating import Alternating, StopAndWait
from distsys.communication.reliable_links.goodput import transfer, window_limited
from distsys.communication.reliable_links.streams import StreamReceiver, StreamSender
from distsys.communication.reliable_links.tcp import Segment, Tcp
from distsys.explore import explore
from distsys.network import Fixed, Network, Uniform
from distsys.node import Node, on
from distsys.simulation import Simulation
from distsys.sockets import Cluster

from ..worlds import examples

TEXT = bytes(range(256)) * 4

# --- checksum


@examples
@given(st.binary())
def test_data_with_its_checksum_is_intact(data):
    even = data + b"\0" * (len(data) % 2)

    assert intact(even + checksum(data).to_bytes(2))


@examples
@given(st.binary(min_size=1), st.integers(0), st.integers(0, 7))
def test_every_changed_bit_is_found(data, place, bit):
    sealed = bytearray(data + b"\0" * (len(data) % 2) + checksum(data).to_bytes(2))
    sealed[place % len(sealed)] ^= 1 << bit

    assert not intact(bytes(sealed))


def test_an_odd_last_byte_is_the_high_half_of_a_number():
    assert checksum(b"\x12") == 0xFFFF - 0x1200


def test_two_numbers_that_change_places_are_not_found():
    assert checksum(b"abcd") == checksum(b"cdab")


# --- sequence numbers


def test_a_number_after_the_wrap_is_ahead_of_one_before_it():
    assert ahead(3, 2**32 - 2) == 5
    assert precedes(2**32 - 2, 3)
    assert not precedes(3, 2**32 - 2)


def test_half_a_circle_apart_neither_comes_first():
    assert not precedes(0, 8, 16)
    assert not precedes(8, 0, 16)


# --- the time-out


def test_a_segment_that_was_sent_twice_gives_no_sample():
    estimator = RttEstimator(minimum_ms=0)
    estimator.sent(0, 0)
    estimator.sent(0, 1000)

    estimator.acknowledged(0, 1010)

    assert estimator.srtt_ms is None


def test_a_doubled_time_out_stays_until_a_segment_gets_through_at_its_first_attempt():
    estimator = RttEstimator()
    estimator.timed_out()
    estimator.sent(0, 0)
    estimator.sent(0, 500)
    estimator.acknowledged(0, 510)
    assert estimator.rto_ms == 2000

    estimator.sent(1, 600)
    estimator.acknowledged(1, 610)

    assert estimator.rto_ms == 1000


def test_what_waited_for_a_segment_that_was_lost_gives_no_sample():
    estimator = RttEstimator(minimum_ms=0)
    for segment in (0, 10, 20):
        estimator.sent(segment, 0)
    estimator.sent(0, 400)

    estimator.acknowledged_before(30, 500)

    assert estimator.srtt_ms is None


# --- reassembly


def pieces(random, data, first, modulus):
    """Random segments that cover a stream, some of them several times, in random order."""
    cuts = sorted({0, len(data), *(random.randrange(len(data) + 1) for _ in range(6))})
    found = [(start, data[start:end]) for start, end in pairwise(cuts)]
    for _ in range(6):
        start = random.randrange(len(data))
        found.append((start, data[start : start + random.randrange(1, 9)]))
    random.shuffle(found)
    return [((first + start) % modulus, part) for start, part in found]


@pytest.mark.parametrize("seed", range(40))
def test_segments_in_any_order_are_read_in_order_and_once(seed):
    random = Random(seed)
    data = random.randbytes(random.randrange(1, 30))
    first, modulus = random.randrange(64), 64
    buffer = Reassembly(32, first, modulus)

    for seq, part in pieces(random, data, first, modulus):
        buffer.segment(seq, part)

    assert buffer.read() == data
    assert buffer.wanted == (first + len(data)) % modulus


def test_a_gap_is_not_acknowledged():
    buffer = Reassembly(10)

    buffer.segment(2, b"cd")

    assert (buffer.wanted, buffer.read()) == (0, b"")


def test_what_has_no_room_is_left_out_and_what_has_is_kept():
    buffer = Reassembly(4)

    buffer.segment(0, b"abcdef")

    assert (buffer.wanted, buffer.window) == (4, 0)
    assert buffer.read(3) == b"abc"
    buffer.segment(4, b"ef")
    assert buffer.read() == b"def"


def test_a_buffer_that_is_too_large_for_its_sequence_numbers_is_refused():
    with pytest.raises(ValueError, match="needs at least 20 sequence numbers"):
        Reassembly(10, modulus=16)


# --- transfer


def world(seed=0, network=None, sender=(), receiver=(), data=TEXT):
    simulation = Simulation(seed, network or Network(latency=Uniform(5, 40), loss=0.1, duplicate=0.1))
    simulation.add("sender", lambda: Sender("receiver", data, **dict(sender)))
    simulation.add("receiver", lambda: Receiver(**dict(receiver)))
    return simulation


@pytest.mark.parametrize("congestion", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_the_stream_arrives_whole_whatever_the_link_does(seed, congestion):
    numbers = {"first": 250, "modulus": 256}
    control = Reno(16) if congestion else None
    simulation = world(
        seed,
        sender={"mss": 16, "window": 100, "congestion": control, **numbers},
        receiver={"capacity": 100, **numbers},
    )

    simulation.run(120_000)

    assert simulation.nodes["receiver"].read == TEXT
    assert simulation.nodes["sender"].finished_ms is not None


def test_nothing_is_sent_after_everything_is_acknowledged():
    simulation = world(sender={"mss": 100})
    simulation.run(120_000)
    before = len(simulation.run(120_001).trace)

    assert len(simulation.run(300_000).trace) == before


def test_without_congestion_control_a_window_leaves_at_once_and_no_more():
    simulation = world(network=Network(latency=Fixed(10)), sender={"mss": 100, "window": 350})

    run = simulation.run(5)

    assert [record.data.seq for record in run.trace if record.kind == "send"] == [0, 100, 200]


def test_a_damaged_segment_is_as_good_as_a_lost_one():
    network = Network(latency=Fixed(10))
    struck = []

    def strike(envelope):
        data = envelope.message
        if isinstance(data, Data) and data.seq == 100 and not struck:
            struck.append(data)
            damaged = Data(data.seq, b"\xff" + data.data[1:], data.checksum)
            return [envelope._replace(message=damaged)]
        return [envelope]

    network.tap(strike)
    simulation = world(network=network, sender={"mss": 100})
    simulation.run(60_000)

    assert struck
    assert simulation.nodes["receiver"].read == TEXT


def test_a_closed_window_is_asked_again_until_it_opens():
    simulation = world(
        network=Network(latency=Fixed(10), loss=0.2),
        sender={"mss": 10, "window": 40},
        receiver={"capacity": 40, "read_every_ms": 700},
        data=TEXT[:200],
    )

    simulation.run(120_000)

    assert simulation.nodes["receiver"].read[:200] == TEXT[:200]


def test_an_acknowledgement_of_bytes_that_never_left_is_ignored():
    out = Outgoing(mss=10)
    out.window = 100
    out.write(b"x" * 50)
    list(out.segments(0))

    assert not out.acknowledged(51, 100, 1)
    assert out.acknowledged(50, 100, 1)


def test_a_window_and_a_round_trip_bound_the_goodput():
    measured = transfer(100, window=10, segments=2000).goodput

    assert measured == pytest.approx(window_limited(100, 10), rel=0.02)


# --- congestion


def test_in_slow_start_the_window_doubles_in_a_round_trip():
    reno = Reno(1000, initial=2)

    for _ in range(2):
        reno.acknowledged(1000, 1000)

    assert reno.cwnd == 4000


def test_in_congestion_avoidance_it_grows_by_about_a_segment_in_a_round_trip():
    reno = Reno(1000, initial=10, ssthresh=5000)

    for _ in range(10):
        reno.acknowledged(1000, 9000)

    assert reno.cwnd == pytest.approx(11_000, rel=0.01)


def test_the_third_duplicate_halves_what_is_on_the_road():
    reno = Reno(1000, initial=10)

    assert [reno.duplicate(8000) for _ in range(3)] == [False, False, True]
    assert (reno.ssthresh, reno.cwnd) == (4000, 7000)
    reno.recovered()
    assert reno.cwnd == 4000


def test_a_time_out_starts_again_with_one_segment():
    reno = Reno(1000, initial=10)

    reno.timed_out(8000)

    assert (reno.ssthresh, reno.cwnd) == (4000, 1000)


# --- stop and wait


TEXTS = ("a", "b", "c")


def in_order(nodes):
    return TEXTS[: len(nodes["receiver"].taken)] == nodes["receiver"].taken


def everything(nodes):
    return nodes["receiver"].taken == TEXTS


PAIR = {"sender": lambda: StopAndWait("receiver", TEXTS), "receiver": Alternating}


def test_one_bit_is_enough_on_a_link_that_keeps_the_order():
    result = explore(PAIR, network="fifo", invariants=[in_order], goals=[everything], max_depth=14)

    assert result.status != "violation", result


def test_one_bit_is_not_enough_on_a_link_that_reorders():
    result = explore(PAIR, network="bag", invariants=[in_order])

    assert result.status == "violation"


# --- connections


class Echo(Tcp):
    """The server sends back in capitals what it has read, after the client has closed its side."""

    def __init__(self, text=b"", **options):
        super().__init__(msl_ms=1000, mss=20, **options)
        self.text, self.read, self.told = text, b"", ()

    def on_start(self):
        if self.text:
            self.connect("server")
        else:
            self.listen()

    def connected(self):
        if self.text:
            self.write(self.text)
            self.close()

    def received(self, data):
        self.read += data

    def ended(self):
        self.told += ("ended",)
        if not self.text:
            self.write(self.read.upper())
            self.close()

    def reset(self, why):
        self.told += (why,)


def echo(seed, network, text=b"hello " * 30, **options):
    simulation = Simulation(seed, network)
    simulation.add("server", lambda: Echo(**options))
    simulation.add("client", lambda: Echo(text, **options))
    return simulation


@pytest.mark.parametrize("seed", range(30))
def test_a_connection_ends_well_whatever_the_link_does(seed):
    simulation = echo(seed, Network(latency=Uniform(5, 40), loss=0.1, duplicate=0.2))

    simulation.run(600_000)

    client, server = simulation.nodes["client"], simulation.nodes["server"]
    assert (server.read, client.read) == (client.text, client.text.upper())
    assert (client.state, server.state) == ("CLOSED", "CLOSED")
    assert (client.told, server.told) == (("ended",), ("ended",))


def test_a_connection_to_nobody_is_refused():
    simulation = echo(0, Network(latency=Fixed(10)))
    simulation.at(0, lambda: simulation.call("server", "close"))

    simulation.run(5_000)

    assert simulation.nodes["client"].told == ("refused",)


def test_a_reset_in_the_window_ends_a_connection_and_one_outside_does_not():
    class Idle(Echo):
        def connected(self):
            pass

    simulation = Simulation(0, Network(latency=Fixed(10)))
    simulation.add("server", Idle)
    simulation.add("client", lambda: Idle(b"x"))
    simulation.run(100)
    wanted = simulation.nodes["server"].incoming.wanted
    far = (wanted + 100_000) % 2**32

    simulation.call("client", "send", "server", Segment(far, flags="RST"))
    simulation.run(200)
    assert simulation.nodes["server"].state == "ESTABLISHED"

    simulation.call("client", "send", "server", Segment(wanted, flags="RST"))
    simulation.run(300)
    assert simulation.nodes["server"].told == ("reset by the other side",)


def test_an_abort_tells_the_other_side():
    simulation = echo(0, Network(latency=Fixed(10)), text=b"x" * 4000)
    simulation.run(45)
    simulation.call("client", "abort")
    simulation.run(100)

    assert simulation.nodes["server"].told == ("reset by the other side",)
    assert simulation.nodes["server"].state == "CLOSED"


def test_who_has_closed_can_write_no_more():
    simulation = echo(0, Network(latency=Fixed(10)))
    simulation.run(100)

    with pytest.raises(RuntimeError, match="has closed its side"):
        simulation.call("client", "write", b"more")
        simulation.run(200)


# --- streams


def test_a_lost_packet_holds_up_its_own_stream_and_no_other():
    network = Network(latency=Fixed(10))
    network.tap(lambda envelope: [] if getattr(envelope.message, "number", None) == 0 else [envelope])
    simulation = Simulation(0, network)
    streams = {"a": b"a" * 30, "b": b"b" * 30}
    simulation.add("sender", lambda: StreamSender("receiver", streams, mss=10))
    simulation.add("receiver", StreamReceiver)

    simulation.run(15)
    assert simulation.nodes["receiver"].read == {"b": b"b" * 30}

    simulation.run(5_000)
    assert simulation.nodes["receiver"].read == streams


@pytest.mark.parametrize("seed", range(10))
def test_streams_arrive_whole_whatever_the_link_does(seed):
    simulation = Simulation(seed, Network(latency=Uniform(5, 40), loss=0.2, duplicate=0.2))
    streams = {"a": TEXT, "b": TEXT[::-1], "c": TEXT[:99]}
    simulation.add("sender", lambda: StreamSender("receiver", streams, mss=100))
    simulation.add("receiver", StreamReceiver)

    simulation.run(600_000)

    assert simulation.nodes["receiver"].read == streams
    assert not simulation.nodes["sender"].flight


# --- the same classes on real sockets


class Watched(Receiver):
    """Says when everything is here."""

    @on(Data)
    def data(self, src, segment):
        super().data(src, segment)
        if len(self.read) == SIZE:
            self.note("whole", same=self.read == BLOCK)


SIZE = 1 << 20
BLOCK = Random(7).randbytes(SIZE)


def test_a_mebibyte_crosses_real_udp_sockets_and_a_proxy_that_loses_one_in_a_hundred():
    def whole(cluster):
        return [record for record in cluster.trace if record.kind == "note" and record.data[0] == "whole"]

    async def story():
        nodes = {
            "receiver": lambda: Watched(1 << 18),
            "sender": lambda: Sender(
                "receiver", BLOCK, 16_384, 1 << 18, estimator=RttEstimator(100, 50), congestion=Reno(16_384)
            ),
        }
        network = Network(latency=Fixed(0), loss=0.01, duplicate=0.01)
        async with Cluster(nodes, transport="udp", network=network) as cluster:
            await cluster.until(lambda: whole(cluster))
        return cluster

    cluster = asyncio.run(story())

    assert whole(cluster)[0].data == ("whole", (("same", True),))


def test_acknowledgements_compare_by_value():
    assert Ack(3, 10) == Ack(3, 10)
    assert isinstance(Sender("x", b""), Node)
