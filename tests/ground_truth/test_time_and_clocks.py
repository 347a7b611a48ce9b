"""Time and clocks, against what others have written, printed and built.

Happens-before is compared with reachability as networkx computes it, NTP with the tables and formulas that
RFC 5905 prints, and our picture of a machine's clocks with the clocks of the machine that runs the test.
"""

import time
from datetime import date
from random import Random

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distsys.check.causality import HappensBefore
from distsys.coordination.time_and_clocks import LamportClock, NtpSample, VectorClock, ntp_era
from distsys.network import Network, Uniform
from distsys.simulation import Simulation
from tests.distsys.worlds import Gossip, examples

# --- happens-before is reachability

EVENTS = ("start", "timer", "call", "send", "deliver")


def random_trace(seed):
    """Two to five nodes under loss, duplication, partitions, crashes and restarts."""
    random = Random(seed)
    network = Network(latency=Uniform(1, 40), loss=random.choice((0, 0.2)), duplicate=random.choice((0, 0.2)))
    simulation = Simulation(seed, network)
    names = simulation.cluster(Gossip, random.randint(2, 5))
    for _ in range(random.randint(0, 3)):
        name, down = random.choice(names), random.uniform(0, 60)
        simulation.at(down, lambda name=name: simulation.crash(name))
        simulation.at(down + random.uniform(1, 30), lambda name=name: simulation.restart(name))
    if random.random() < 0.3:
        simulation.at(20, lambda: simulation.partition(names[:1]))
        simulation.at(50, simulation.heal)
    return simulation.run(random.uniform(20, 80)).trace


def event_graph(trace):
    """The events, with an edge to the next event of the node, and from each send to its deliveries."""
    graph = nx.DiGraph()
    last, sent = {}, {}
    for index, record in enumerate(trace):
        if record.kind not in EVENTS:
            continue
        graph.add_node(index)
        if record.node in last:
            graph.add_edge(last[record.node], index)
        if record.kind == "deliver":
            graph.add_edge(sent[record.id], index)
        if record.kind == "send":
            sent[record.id] = index
        last[record.node] = index
    return graph


def reachable(trace):
    """For each event, the events that can be reached from it."""
    graph = event_graph(trace)
    return {event: nx.descendants(graph, event) for event in graph}


def stamped(trace, clock):
    """Every event of a trace with the stamp that a clock of this kind gives it."""
    clocks = {name: clock(name) for name in trace.nodes}
    stamps, sent = {}, {}
    for index, record in enumerate(trace):
        if record.kind == "send":
            stamps[index] = sent[record.id] = clocks[record.node].send()
        elif record.kind == "deliver":
            stamps[index] = clocks[record.node].receive(sent[record.id])
        elif record.kind in EVENTS:
            stamps[index] = clocks[record.node].local()
    return stamps


@pytest.fixture(scope="module")
def traces():
    """Five hundred random traces, each with the events that can be reached from each event."""
    return [(trace, reachable(trace)) for trace in map(random_trace, range(500))]


def test_the_random_traces_are_varied_enough_to_judge_by(traces):
    kinds = {record.kind for trace, _ in traces for record in trace}
    ordered = sum(len(later) for _, truth in traces for later in truth.values())
    pairs = sum(len(truth) * (len(truth) - 1) // 2 for _, truth in traces)

    assert {"drop", "crash", "restart", "partition", *EVENTS} - {"call"} <= kinds
    assert pairs > 200_000
    assert 0.2 < ordered / pairs < 0.8


def test_happens_before_is_reachability(traces):
    for trace, truth in traces:
        order = HappensBefore(trace)

        found = {a: {b for b in order.events if order.before(a, b)} for a in order.events}

        assert found == truth


def test_lamport_stamps_grow_along_every_path(traces):
    for trace, truth in traces:
        stamps = stamped(trace, LamportClock)

        assert all(stamps[a] < stamps[b] for a, later in truth.items() for b in later)


def test_vector_stamps_are_less_exactly_along_the_paths(traces):
    for trace, truth in traces:
        stamps = stamped(trace, VectorClock)

        found = {a: {b for b in stamps if stamps[a] < stamps[b]} for a in stamps}

        assert found == truth


# --- RFC 5905

# Figure 4, "Interesting Historic NTP Dates": date, Modified Julian Day, era, seconds in the era. Two of its
# twelve rows are left out, because a digit in each is misprinted: 1 Jan 0 (day) and 1 Jan 1 (seconds).
FIGURE_4 = [
    ("1 Jan -4712", -2_400_001, -49, 1_795_583_104),
    ("1 Jan -1", -679_306, -14, 139_775_744),
    ("4 Oct 1582", -100_851, -3, 2_873_647_488),
    ("15 Oct 1582", -100_840, -3, 2_874_597_888),
    ("31 Dec 1899", 15_019, -1, 4_294_880_896),
    ("1 Jan 1900", 15_020, 0, 0),
    ("1 Jan 1970", 40_587, 0, 2_208_988_800),
    ("1 Jan 1972", 41_317, 0, 2_272_060_800),
    ("31 Dec 1999", 51_543, 0, 3_155_587_200),
    ("8 Feb 2036", 64_731, 1, 63_104),
]


@pytest.mark.parametrize(("day", "mjd", "era", "offset"), FIGURE_4, ids=[row[0] for row in FIGURE_4])
def test_the_eras_of_ntp_are_those_of_figure_4(day, mjd, era, offset):
    assert ntp_era(mjd) == (era, offset)


@pytest.mark.parametrize(
    ("day", "mjd"),
    [
        (date(1899, 12, 31), 15_019),
        (date(1970, 1, 1), 40_587),
        (date(1999, 12, 31), 51_543),
        (date(2036, 2, 8), 64_731),
    ],
)
def test_the_calendar_of_python_counts_the_same_days_as_figure_4(day, mjd):
    assert (day - date(1858, 11, 17)).days == mjd  # where the Modified Julian Day begins


def test_the_epoch_of_unix_begins_where_the_rfc_says():
    assert ntp_era(40_587)[1] == (date(1970, 1, 1) - date(1900, 1, 1)).total_seconds()


microseconds = st.integers(0, 10**9)
exchanges = st.tuples(
    st.integers(-(10**12), 10**12),  # the true offset of the server
    microseconds,  # on the way there
    microseconds,  # in the server
    microseconds,  # on the way back
    st.integers(0, 10**12),  # when it begins, by the client's clock
)


def exchange(offset, there, busy, back, begin):
    asked, answered = begin + there, begin + there + busy
    return NtpSample(begin, asked + offset, answered + offset, answered + back)


@examples
@given(exchanges)
def test_offset_and_delay_are_those_of_section_8(parts):
    sample = exchange(*parts)

    assert sample.offset == ((sample.t2 - sample.t1) + (sample.t3 - sample.t4)) / 2
    assert sample.delay == (sample.t4 - sample.t1) - (sample.t3 - sample.t2)


@examples
@given(exchanges)
def test_the_delay_is_the_time_on_the_network(parts):
    _, there, _, back, _ = parts

    assert exchange(*parts).delay == there + back


@examples
@given(exchanges)
def test_the_error_of_the_offset_is_half_the_difference_of_the_two_ways(parts):
    offset, there, _, back, _ = parts

    assert exchange(*parts).offset - offset == (there - back) / 2


@examples
@given(exchanges)
def test_the_true_offset_lies_within_the_bounds(parts):
    offset, *_ = parts

    low, high = exchange(*parts).bounds

    assert low <= offset <= high


@examples
@given(exchanges)
def test_the_bounds_are_reached_when_one_way_takes_no_time(parts):
    offset, there, busy, back, begin = parts

    assert exchange(offset, there, busy, 0, begin).bounds[0] == offset
    assert exchange(offset, 0, busy, back, begin).bounds[1] == offset


# --- the clocks of this machine

CLOCKS = ("CLOCK_REALTIME", "CLOCK_MONOTONIC", "CLOCK_BOOTTIME", "CLOCK_MONOTONIC_RAW")


def clock_id(name):
    if not hasattr(time, name):
        pytest.skip(f"this platform has no {name}")
    return getattr(time, name)


@pytest.mark.parametrize("name", CLOCKS)
def test_a_clock_of_this_machine_has_a_resolution(name):
    assert 0 < time.clock_getres(clock_id(name)) <= 1


@pytest.mark.parametrize("name", [name for name in CLOCKS if name != "CLOCK_REALTIME"])
def test_a_clock_of_this_machine_that_cannot_be_set_never_goes_back(name):
    clock = clock_id(name)

    readings = [time.clock_gettime_ns(clock) for _ in range(10_000)]

    assert readings == sorted(readings)


def test_the_monotonic_clock_of_this_machine_has_not_run_longer_than_the_machine():
    monotonic = time.clock_gettime_ns(clock_id("CLOCK_MONOTONIC"))

    boot_time = time.clock_gettime_ns(clock_id("CLOCK_BOOTTIME"))

    assert boot_time >= monotonic  # it also counts while the machine sleeps, and was read later


def sandwich(wall, monotonic):
    """The least and the greatest difference of two clocks, one of which is read between two others."""
    before, between, after = monotonic(), wall(), monotonic()
    return between - after, between - before


def test_the_wall_clock_of_this_machine_is_its_monotonic_clock_and_an_offset():
    if time.get_clock_info("monotonic").implementation != "clock_gettime(CLOCK_MONOTONIC)":
        pytest.skip("this platform takes its monotonic time from elsewhere")

    low, high = sandwich(
        wall=lambda: time.clock_gettime_ns(time.CLOCK_REALTIME),
        monotonic=lambda: time.clock_gettime_ns(time.CLOCK_MONOTONIC),
    )
    other_low, other_high = sandwich(time.time_ns, time.monotonic_ns)

    rounding = 1_000
    assert low <= other_high + rounding
    assert other_low <= high + rounding
