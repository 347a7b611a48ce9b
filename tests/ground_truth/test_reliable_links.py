"""Reliable links: the RFCs' own numbers and figures, and a formula that others found."""

from statistics import mean

import pytest

from distsys.communication.reliable_links import RttEstimator, checksum, intact
from distsys.communication.reliable_links.goodput import mathis, transfer
from distsys.communication.reliable_links.tcp import Segment, Tcp
from distsys.network import Fixed, Network
from distsys.simulation import Simulation

# --- RFC 1071, section 3: the worked example


RFC_1071 = bytes.fromhex("0001 f203 f4f5 f6f7")


def test_rfc_1071_the_sum_of_the_example_is_ddf2():
    assert 0xFFFF - checksum(RFC_1071) == 0xDDF2


def test_rfc_1071_the_example_with_its_checksum_is_intact():
    assert intact(RFC_1071 + checksum(RFC_1071).to_bytes(2))


# --- RFC 6298, section 2


def test_rfc_6298_2_1_the_time_out_begins_at_one_second():
    assert RttEstimator().rto_ms == 1000


def test_rfc_6298_2_2_the_first_sample_sets_both_estimates():
    estimator = RttEstimator(minimum_ms=0)

    estimator.sample(300)

    assert (estimator.srtt_ms, estimator.rttvar_ms, estimator.rto_ms) == (300, 150, 900)


def test_rfc_6298_2_3_the_variation_is_updated_before_the_mean():
    estimator = RttEstimator(minimum_ms=0)

    estimator.sample(300)
    estimator.sample(400)

    assert estimator.rttvar_ms == 3 / 4 * 150 + 1 / 4 * 100
    assert estimator.srtt_ms == 7 / 8 * 300 + 1 / 8 * 400
    assert estimator.rto_ms == 312.5 + 4 * 137.5


def test_rfc_6298_2_4_a_time_out_below_a_second_becomes_a_second():
    estimator = RttEstimator()

    estimator.sample(10)

    assert estimator.rto_ms == 1000


def test_rfc_6298_5_5_a_time_out_doubles_up_to_the_maximum():
    estimator = RttEstimator()

    doubled = []
    for _ in range(7):
        estimator.timed_out()
        doubled.append(estimator.rto_ms)

    assert doubled == [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]


# --- RFC 9293: every figure with segments on it


class Peer(Tcp):
    """One side of a figure: it starts with the sequence number that the figure has."""

    def __init__(self, first):
        super().__init__(msl_ms=1000)
        self.first, self.states = first, []

    def first_number(self):
        return self.first

    def reset(self, why):
        self.states.append(why)


def figure(a, b):
    """Two sides, 10 ms apart."""
    simulation = Simulation(0, Network(latency=Fixed(10)))
    simulation.add("A", lambda: Peer(a))
    simulation.add("B", lambda: Peer(b))
    simulation.run(0)
    return simulation


def lines(run):
    """The segments of a run as the figures write them: who, SEQ, ACK and flags."""
    found = []
    for record in run.trace:
        if record.kind == "send":
            part = record.data
            flags = {*part.flags.split(), *(["ACK"] if part.ack is not None else [])}
            found.append((record.node, part.seq, part.ack, "+".join(sorted(flags))))
    return found


def states(simulation):
    return [simulation.nodes[name].state for name in "AB"]


def test_rfc_9293_figure_6_basic_three_way_handshake():
    simulation = figure(100, 300)
    simulation.call("B", "listen")
    simulation.call("A", "connect", "B")
    simulation.at(25, lambda: simulation.call("A", "write", b"data"))

    run = simulation.run(40)

    assert lines(run)[:4] == [
        ("A", 100, None, "SYN"),
        ("B", 300, 101, "ACK+SYN"),
        ("A", 101, 301, "ACK"),
        ("A", 101, 301, "ACK"),
    ]
    assert states(simulation) == ["ESTABLISHED", "ESTABLISHED"]


def test_rfc_9293_figure_7_simultaneous_connection():
    simulation = figure(100, 300)
    simulation.call("A", "connect", "B")
    simulation.call("B", "connect", "A")

    run = simulation.run(100)

    assert lines(run)[:4] == [
        ("A", 100, None, "SYN"),
        ("B", 300, None, "SYN"),
        ("B", 300, 101, "ACK+SYN"),  # at the same moment as the next one
        ("A", 100, 301, "ACK+SYN"),
    ]
    assert states(simulation) == ["ESTABLISHED", "ESTABLISHED"]


def test_rfc_9293_figure_8_recovery_from_old_duplicate_syn():
    simulation = figure(100, 300)
    simulation.call("B", "listen")
    road = simulation.network.link("A", "B")
    road.set(latency=Fixed(60))
    simulation.call("A", "connect", "B")
    road.set(latency=Fixed(10))
    simulation.call("A", "send", "B", Segment(90, flags="SYN", window=1000))  # it was on the road for long

    run = simulation.run(100)

    assert [line for line in lines(run) if line[3] != "SYN"] == [
        ("B", 300, 91, "ACK+SYN"),
        ("A", 91, None, "RST"),
        ("B", 300, 101, "ACK+SYN"),
        ("A", 101, 301, "ACK"),
    ]
    assert states(simulation) == ["ESTABLISHED", "ESTABLISHED"]


def half_open():
    """A knows of no connection any more; B still believes in one (figures 9 and 10)."""
    simulation = figure(99, 299)
    simulation.call("B", "listen")
    simulation.call("A", "connect", "B")
    simulation.run(50)
    simulation.crash("A")
    simulation.restart("A")
    return simulation


def test_rfc_9293_figure_9_half_open_connection_discovery():
    simulation = half_open()
    begun = len(lines(simulation.run(60)))
    simulation.nodes["A"].first = 400
    simulation.call("A", "connect", "B")

    run = simulation.run(100)

    assert lines(run)[begun:] == [
        ("A", 400, None, "SYN"),
        ("B", 300, 100, "ACK"),
        ("A", 100, None, "RST"),
    ]
    assert states(simulation) == ["SYN-SENT", "CLOSED"]
    assert simulation.nodes["B"].states == ["reset by the other side"]


def test_rfc_9293_figure_10_the_active_side_discovers_a_half_open_connection():
    simulation = half_open()
    begun = len(lines(simulation.run(60)))
    simulation.call("B", "write", b"0123456789")

    run = simulation.run(100)

    assert lines(run)[begun:] == [("B", 300, 100, "ACK"), ("A", 100, None, "RST")]
    assert states(simulation) == ["CLOSED", "CLOSED"]


def test_rfc_9293_figure_11_an_old_duplicate_syn_meets_two_passive_sides():
    simulation = figure(100, 300)
    simulation.call("A", "listen")
    simulation.call("B", "listen")
    simulation.call("A", "send", "B", Segment(90, flags="SYN", window=1000))

    run = simulation.run(100)

    assert lines(run)[1:] == [("B", 300, 91, "ACK+SYN"), ("A", 91, None, "RST")]
    assert states(simulation) == ["LISTEN", "LISTEN"]


def test_rfc_9293_figure_12_normal_close():
    simulation = figure(99, 299)
    simulation.call("B", "listen")
    simulation.call("A", "connect", "B")
    simulation.at(50, lambda: simulation.call("A", "close"))
    simulation.at(100, lambda: simulation.call("B", "close"))

    run = simulation.run(150)

    assert lines(run)[3:] == [
        ("A", 100, 300, "ACK+FIN"),
        ("B", 300, 101, "ACK"),
        ("B", 300, 101, "ACK+FIN"),
        ("A", 101, 301, "ACK"),
    ]
    assert states(simulation) == ["TIME-WAIT", "CLOSED"]
    simulation.run(50 + 60 + 2 * 1000 + 10)
    assert states(simulation) == ["CLOSED", "CLOSED"]


def test_rfc_9293_figure_13_simultaneous_close():
    simulation = figure(99, 299)
    simulation.call("B", "listen")
    simulation.call("A", "connect", "B")
    simulation.at(50, lambda: simulation.call("A", "close"))
    simulation.at(50, lambda: simulation.call("B", "close"))

    run = simulation.run(65)

    assert lines(run)[3:] == [
        ("A", 100, 300, "ACK+FIN"),
        ("B", 300, 100, "ACK+FIN"),
        ("B", 301, 101, "ACK"),  # at the same moment as the next one
        ("A", 101, 301, "ACK"),
    ]
    simulation.run(80)
    assert states(simulation) == ["TIME-WAIT", "TIME-WAIT"]


# --- Mathis, Semke, Mahdavi and Ott (1997)


@pytest.mark.parametrize("loss", [0.001, 0.003, 0.01, 0.03])
def test_goodput_is_within_a_quarter_of_the_model_of_mathis(loss):
    measured = [transfer(100, loss, min(30_000, int(40 / loss)), seed=seed).goodput for seed in range(5)]

    assert mean(measured) == pytest.approx(mathis(100, loss), rel=0.25)
