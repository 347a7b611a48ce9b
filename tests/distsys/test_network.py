"""Networks: latency, loss, duplication, order, partitions, held links and taps."""

from itertools import pairwise
from random import Random

import pytest

from distsys.network import (
    Exponential,
    Fixed,
    LogNormal,
    Network,
    Pareto,
    Replayed,
    Uniform,
    WrongTap,
    let_pass,
)
from distsys.simulation import Simulation

from .worlds import Ping, arrivals, mailboxes, say, times


def heard(simulation, node="b"):
    return simulation.nodes[node].heard


# --- latency


def test_fixed_latency_is_always_the_same():
    assert {Fixed(2.5).sample_us(Random(seed)) for seed in range(100)} == {2_500}


def test_uniform_latency_reaches_both_bounds_and_no_further():
    random = Random(1)

    assert {Uniform(0.001, 0.004).sample_us(random) for _ in range(1_000)} == {1, 2, 3, 4}


def test_uniform_latency_is_even():
    random = Random(1)
    samples = [Uniform(0, 10).sample_us(random) for _ in range(10_000)]

    assert abs(sum(samples) / len(samples) - 5_000) < 4 * 2_887 / 100  # four standard errors


def test_exponential_latency_has_its_minimum_and_its_mean():
    random = Random(1)
    samples = [Exponential(mean_ms=10, minimum_ms=4).sample_us(random) for _ in range(10_000)]

    assert min(samples) >= 4_000
    assert abs(sum(samples) / len(samples) - 10_000) < 4 * 6_000 / 100


def test_exponential_latency_has_a_long_tail():
    random = Random(1)
    samples = sorted(Exponential(mean_ms=10).sample_us(random) for _ in range(10_000))

    assert samples[9_900] > 4 * 10_000  # one in a hundred takes more than ln(100) = 4.6 means


@pytest.mark.parametrize(
    "build",
    [
        lambda: Uniform(5, 1),
        lambda: Uniform(-1, 1),
        lambda: Exponential(5, 5),
        lambda: Exponential(5, -1),
        lambda: Fixed(-1),
        lambda: LogNormal(-5),
        lambda: LogNormal(5, -1),
        lambda: Pareto(-1),
        lambda: Pareto(5, maximum_ms=1),
        lambda: Replayed([]),
        lambda: Replayed([3, -1]),
    ],
)
def test_impossible_latency_is_refused(build):
    with pytest.raises(ValueError, match=" needs "):
        build()


def test_a_number_is_no_latency():
    with pytest.raises(TypeError, match=r"latency is a model such as Fixed\(5\) or Uniform\(1, 10\), not 5"):
        Network(latency=5)


# --- loss, duplication, order


def test_a_perfect_network_delivers_every_message_once():
    fates = arrivals(Network(latency=Fixed(1)), 1_000)

    assert fates == [(1_000,)] * 1_000


def test_the_loss_rate_is_the_share_of_lost_messages():
    fates = arrivals(Network(loss=0.3), 10_000)

    lost = fates.count("loss")

    assert abs(lost - 3_000) < 4 * 46  # four standard deviations


def test_a_link_that_loses_everything_delivers_nothing():
    assert set(arrivals(Network(loss=1), 100)) == {"loss"}


def test_the_duplication_rate_is_the_share_of_messages_that_arrive_twice():
    fates = arrivals(Network(duplicate=0.3), 10_000)

    twice = sum(len(fate) == 2 for fate in fates)

    assert {len(fate) for fate in fates} == {1, 2}
    assert abs(twice - 3_000) < 4 * 46


def test_messages_overtake_each_other_on_a_link_without_order():
    first = [fate[0] for fate in arrivals(Network(latency=Uniform(1, 10)), 100, gap_us=100)]

    assert first != sorted(first)


def test_a_fifo_link_keeps_the_order_of_sending():
    fates = arrivals(Network(latency=Uniform(1, 10), duplicate=0.2, fifo=True), 1_000, gap_us=100)

    assert all(max(before) <= min(after) for before, after in pairwise(fates))


def test_a_fifo_network_delivers_in_the_order_of_sending():
    simulation = mailboxes(Network(latency=Uniform(1, 10), fifo=True))
    for number in range(50):
        say(simulation, number / 10, number)

    simulation.run(100)

    assert heard(simulation) == list(range(50))


@pytest.mark.parametrize("option", ["loss", "duplicate"])
@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_rate_that_is_no_probability_is_refused(option, value):
    with pytest.raises(ValueError, match=f"{option} is a probability between 0 and 1"):
        Network(**{option: value})


@pytest.mark.parametrize("option", ["loss", "duplicate"])
def test_setting_a_link_to_a_rate_that_is_no_probability_is_refused(option):
    with pytest.raises(ValueError, match=f"{option} is a probability between 0 and 1"):
        Network().link("a", "b").set(**{option: 2})


# --- links


def test_setting_one_property_of_a_link_keeps_the_others():
    network = Network(latency=Fixed(3), loss=0.5, duplicate=0.25, fifo=True)

    network.link("a", "b").set(loss=0)

    link = network.link("a", "b")
    assert (link.latency, link.loss, link.duplicate, link.fifo) == (Fixed(3), 0, 0.25, True)


def test_a_link_has_one_direction():
    network = Network(latency=Fixed(1))
    network.link("a", "b").set(latency=Fixed(20))
    simulation = mailboxes(network)
    say(simulation, 0, 1, "a", "b")
    say(simulation, 0, 2, "b", "a")

    run = simulation.run(50)

    assert times(run, "deliver", "b") == [20]
    assert times(run, "deliver", "a") == [1]


def test_a_change_on_one_link_leaves_the_others_untouched():
    def delivered_to_c(loss):
        network = Network(latency=Uniform(1, 10))
        network.link("a", "b").set(loss=loss, duplicate=loss)
        simulation = mailboxes(network, "abc")
        for number in range(50):
            say(simulation, number, number, "a", "b")
            say(simulation, number, number, "a", "c")
        run = simulation.run(100)
        return times(run, "deliver", "b"), times(run, "deliver", "c")

    calm, lossy = delivered_to_c(loss=0), delivered_to_c(loss=0.5)

    assert calm[0] != lossy[0]
    assert calm[1] == lossy[1]


def test_two_links_do_not_draw_the_same_latencies():
    network = Network()
    network.attach(1, lambda envelope: None)

    one, other = ([network.link("a", to).arrivals(0, 0) for _ in range(20)] for to in "bc")

    assert one != other


def test_another_seed_draws_other_latencies():
    def latencies(seed):
        network = Network()
        network.attach(seed, lambda envelope: None)
        return [network.link("a", "b").arrivals(0, 0) for _ in range(20)]

    assert latencies(1) == latencies(1) != latencies(2)


def test_a_network_belongs_to_one_simulation():
    network = Network()
    Simulation(network=network)

    with pytest.raises(ValueError, match="build a new one for each run"):
        Simulation(network=network)


# --- partitions and blocked links


def test_a_partition_cuts_between_its_groups_only():
    network = Network()

    network.partition(["a", "b"], ["c", "d"])

    assert network.cut("a", "c")
    assert network.cut("d", "b")
    assert not network.cut("a", "b")
    assert not network.cut("c", "d")


def test_nodes_in_no_group_form_one_more():
    network = Network()

    network.partition(["a"])

    assert network.cut("a", "b")
    assert not network.cut("b", "c")


def test_a_new_partition_replaces_the_old_one():
    network = Network()

    network.partition(["a"], ["b", "c"])
    network.partition(["a", "b"], ["c"])

    assert not network.cut("a", "b")
    assert network.cut("b", "c")


def test_healing_ends_partitions_and_blocks():
    network = Network()
    network.partition(["a"])
    network.block("b", "c")

    network.heal()

    assert not network.cut("a", "b")
    assert not network.cut("b", "c")


def test_a_node_in_two_groups_is_refused():
    with pytest.raises(ValueError, match="one group of a partition only"):
        Network().partition(["a", "b"], ["b"])


def test_a_blocked_link_is_cut_one_way():
    network = Network(latency=Fixed(1))
    network.block("a", "b")
    simulation = mailboxes(network)
    say(simulation, 0, 1, "a", "b")
    say(simulation, 0, 2, "b", "a")

    simulation.run(10)

    assert heard(simulation, "a") == [2]
    assert heard(simulation, "b") == []


# --- held links


def test_a_held_link_delivers_nothing():
    network = Network(latency=Fixed(1))
    network.hold("a", "b")
    simulation = mailboxes(network)
    say(simulation, 0, 1)

    simulation.run(1_000)

    assert heard(simulation) == []


def test_released_messages_travel_from_now_on_in_the_order_of_sending():
    network = Network(latency=Fixed(1))
    network.hold("a", "b")
    simulation = mailboxes(network)
    for number in range(5):
        say(simulation, number, number)
    simulation.at(50, lambda: network.release("a", "b"))

    run = simulation.run(100)

    assert heard(simulation) == [0, 1, 2, 3, 4]
    assert times(run, "deliver") == [51] * 5


def test_the_simulation_writes_into_the_trace_what_it_does_to_a_link():
    simulation = mailboxes(Network(latency=Fixed(1)))
    simulation.at(1, lambda: simulation.block("a", "b"))
    simulation.at(2, lambda: say(simulation, 2, 1))
    simulation.at(3, simulation.heal)
    simulation.at(4, lambda: simulation.hold("b", "a"))
    simulation.at(5, lambda: simulation.call("b", "tell", "a", 2))
    simulation.at(9, lambda: simulation.release("b", "a"))

    trace = simulation.run(20).trace

    assert [str(record) for record in trace if record.kind in ("fault", "drop", "heal", "deliver")] == [
        "1.000 ms  a no longer reaches b",
        "2.000 ms  a message to b is lost (partition)",
        "3.000 ms  the network is whole again",
        "4.000 ms  b is held back on its way to a",
        "9.000 ms  b is released on its way to a",
        "10.000 ms  a receives Ping(number=2) from b",
    ]


@pytest.mark.parametrize("fault", ["block", "hold", "release"])
def test_a_fault_of_a_link_to_nobody_is_refused(fault):
    with pytest.raises(LookupError, match="there is no node 'z'; there are a, b"):
        getattr(mailboxes(), fault)("a", "z")


@pytest.mark.parametrize(
    "misspell",
    [
        lambda network: network.link("a", "z"),
        lambda network: network.block("a", "z"),
        lambda network: network.hold("z", "a"),
        lambda network: network.partition(["z"]),
    ],
)
def test_a_network_that_names_nobody_is_refused_when_the_run_begins(misspell):
    network = Network()
    misspell(network)

    with pytest.raises(LookupError, match="there is no node 'z'; there are a, b"):
        mailboxes(network).run(1)


def test_setting_an_attribute_of_a_link_is_the_same_as_set():
    network = Network(latency=Uniform(1, 10))
    simulation = mailboxes(network)
    network.link("a", "b").fifo = True
    for number in range(50):
        say(simulation, number / 10, number)
    simulation.run(100)

    assert simulation.nodes["b"].heard == list(range(50))
    with pytest.raises(ValueError, match="loss is a probability between 0 and 1, not 7"):
        network.link("a", "b").loss = 7
    assert network.link("a", "b").loss == 0


def test_messages_fare_the_same_on_the_short_way_and_on_the_long_way():
    def run(*taps):
        network = Network(latency=Uniform(1, 10), loss=0.3)
        for tap in taps:
            network.tap(tap)
        simulation = mailboxes(network)
        for number in range(100):
            say(simulation, number, number)
        return simulation.run(200)

    short, long = run(), run(let_pass)

    assert short.stats["drop"] > 0
    assert short.trace.rows == long.trace.rows


def test_holding_a_link_leaves_the_other_direction_alone():
    network = Network(latency=Fixed(1))
    network.hold("a", "b")
    simulation = mailboxes(network)
    say(simulation, 0, 1, "b", "a")

    simulation.run(10)

    assert heard(simulation, "a") == [1]


def test_after_release_a_link_is_as_before():
    network = Network(latency=Fixed(1))
    network.hold("a", "b")
    network.release("a", "b")
    simulation = mailboxes(network)
    say(simulation, 0, 1)

    simulation.run(10)

    assert heard(simulation) == [1]


# --- taps


def tapped(rule):
    network = Network(latency=Fixed(1))
    network.tap(rule)
    simulation = mailboxes(network)
    say(simulation, 0, 1)
    say(simulation, 1, 2)
    simulation.run(10)
    return heard(simulation)


def test_a_tap_can_drop_a_message():
    assert tapped(lambda envelope: [] if envelope.message == Ping(1) else [envelope]) == [2]


def test_a_message_that_a_tap_drops_is_lost_in_the_trace():
    network = Network(latency=Fixed(1))
    network.tap(lambda envelope: [])
    simulation = mailboxes(network)
    say(simulation, 3, 1)

    trace = simulation.run(10).trace

    assert [(record.time, record.data) for record in trace if record.kind == "drop"] == [(3_000, "tap")]


@pytest.mark.parametrize("rule", [lambda envelope: None, lambda envelope: envelope], ids=["nothing", "one"])
def test_a_tap_that_returns_no_list_is_refused_with_advice(rule):
    with pytest.raises(TypeError, match="a tap returns the list of envelopes that go on"):
        tapped(rule)


def test_a_tap_that_raises_is_blamed_and_not_the_node():
    def greedy(envelope):
        return [envelope, envelope.copy]

    with pytest.raises(WrongTap, match="the tap greedy raised AttributeError"):
        tapped(greedy)


def test_a_tap_can_change_a_message():
    assert tapped(lambda envelope: [envelope._replace(message=Ping(7))]) == [7, 7]


def test_a_tap_can_duplicate_a_message():
    assert tapped(lambda envelope: [envelope] * 2) == [1, 1, 2, 2]


def test_taps_work_one_after_the_other():
    network = Network(latency=Fixed(1))
    network.tap(lambda envelope: [envelope] * 2)
    network.tap(lambda envelope: [envelope._replace(message=Ping(7))])
    simulation = mailboxes(network)
    say(simulation, 0, 1)

    simulation.run(10)

    assert heard(simulation) == [7, 7]
