"""Time and clocks: every mini-implementation of the chapter."""

import dataclasses
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distsys.check.causality import HappensBefore, causal_delivery, clock_condition, noted_stamps
from distsys.clock import Clock
from distsys.coordination.time_and_clocks import (
    ATOMIC,
    CausalBroadcast,
    Chatter,
    ClockFilter,
    Grant,
    HybridClock,
    Interval,
    LamportClock,
    LeaseHolder,
    LeaseServer,
    NtpSample,
    Post,
    Quartz,
    TimeClient,
    TimeServer,
    UncertainClock,
    VectorClock,
    VectorStamp,
    Write,
    cristian,
    trespass,
)
from distsys.network import Exponential, Fixed, Network, Uniform
from distsys.node import on
from distsys.simulation import Simulation
from distsys.trace import Trace

from ..worlds import examples

# --- oscillators


def test_a_crystal_runs_fastest_at_its_turnover_temperature():
    quartz = Quartz(ppm=3)

    assert quartz.rate_ppm(25) == 3
    assert all(quartz.rate_ppm(celsius) < 3 for celsius in (-20, 0, 24, 26, 60))


def test_a_crystal_slows_down_with_the_square_of_the_distance_from_there():
    quartz = Quartz()

    assert quartz.rate_ppm(35) == pytest.approx(-3.4)
    assert quartz.rate_ppm(15) == pytest.approx(-3.4)
    assert quartz.rate_ppm(45) == pytest.approx(4 * -3.4)


def test_a_crystal_that_is_one_part_per_million_off_gains_86_4_milliseconds_a_day():
    assert Quartz(ppm=1).drift_ms(86_400) == pytest.approx(86.4)


def test_a_crystal_drifts_as_the_clock_of_a_machine_does():
    quartz = Quartz(ppm=12)
    clock = Clock(drift_ppm=quartz.rate_ppm(30))

    gained_ms = clock.wall_us(3_600_000_000) / 1000 - 3_600_000

    assert gained_ms == pytest.approx(quartz.drift_ms(3_600, 30), abs=0.01)


def test_the_reference_has_no_error_at_any_temperature():
    assert {ATOMIC.drift_ms(10**9, celsius) for celsius in (-40, 25, 85)} == {0}


# --- time services


def sample(delay, offset=0):
    """A sample with this delay and, if both ways are equal, this offset."""
    return NtpSample(0, delay // 2 + offset, delay // 2 + offset, delay)


def test_the_filter_believes_the_sample_that_waited_least():
    clock_filter = ClockFilter()

    for delay in (40, 20, 60):
        clock_filter.add(sample(delay, offset=delay))

    assert clock_filter.best == sample(20, offset=20)


def test_the_filter_returns_its_best_sample_with_each_new_one():
    clock_filter = ClockFilter()

    assert [clock_filter.add(sample(delay)).delay for delay in (40, 20, 60, 10)] == [40, 20, 20, 10]


def test_of_equally_good_samples_the_newest_counts():
    clock_filter = ClockFilter()

    clock_filter.add(sample(20, offset=1))
    clock_filter.add(sample(20, offset=2))

    assert clock_filter.best.offset == 2


def test_the_filter_forgets_the_ninth_sample_from_the_end():
    clock_filter = ClockFilter()

    clock_filter.add(sample(2))
    for _ in range(7):
        clock_filter.add(sample(40))
    assert clock_filter.best.delay == 2
    clock_filter.add(sample(40))

    assert clock_filter.best.delay == 40


def test_jitter_is_the_root_mean_square_of_the_distances_from_the_best_offset():
    clock_filter = ClockFilter()

    clock_filter.add(sample(10, offset=100))
    assert clock_filter.jitter == 0
    clock_filter.add(sample(20, offset=103))
    clock_filter.add(sample(20, offset=96))

    assert clock_filter.jitter == pytest.approx(((3**2 + 4**2) / 2) ** 0.5)


@examples
@given(st.integers(-(10**6), 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**3))
def test_the_guess_of_cristian_is_never_further_off_than_it_says(ahead, there, back, least):
    sent, received = 1_000, 1_000 + there + back + 2 * least
    reading = sent + there + least + ahead  # taken when the request arrived

    guess, error = cristian(sent, received, reading, least)

    assert abs(guess - (received + ahead)) <= error


def test_two_equal_ways_make_the_guess_of_cristian_exact():
    guess, error = cristian(sent=0, received=100, server=5_050, least_one_way=20)

    assert (guess, error) == (5_100, 30)


def served(clock, latency=None, seconds=600, poll_ms=1_000, correct=True, server_dies_ms=None, **links):
    """A client with this clock and a server with a perfect one; the run, and the client's errors in ms."""
    network = Network(latency=latency or Uniform(1, 10), duplicate=0.3)
    for pair, way in links.items():
        network.link(*pair.split("_")).set(latency=way)
    simulation = Simulation(1, network)
    simulation.add("server", TimeServer)
    simulation.add("client", lambda: TimeClient("server", poll_ms, correct), clock)
    errors = []

    def compare():
        errors.append((clock.wall_us(simulation.now_us) - simulation.now_us) / 1000)

    simulation.every(100, compare)
    if server_dies_ms is not None:
        simulation.at(server_dies_ms, lambda: simulation.crash("server"))
    return simulation.run(seconds * 1_000), errors


def corrections(run):
    return [record.data for record in run.trace if record.kind == "clock"]


@pytest.mark.parametrize("offset_ms", [50, -50])
@pytest.mark.parametrize("drift_ppm", [50, -50])
def test_a_client_ends_within_half_the_spread_of_the_travel_times(offset_ms, drift_ppm):
    _, errors = served(Clock(offset_ms, drift_ppm), Uniform(1, 10))

    bound = (10 - 1) / 2 + 0.1  # and what 50 ppm gather between two polls
    assert abs(errors[0]) > 49
    assert max(map(abs, errors[len(errors) // 2 :])) <= bound


def test_two_unequal_ways_leave_half_their_difference():
    _, errors = served(Clock(50, 50), client_server=Fixed(1), server_client=Fixed(9))

    assert all(abs(error - (1 - 9) / 2) < 0.1 for error in errors[len(errors) // 2 :])


def test_a_client_slews_a_small_offset_so_that_no_moment_comes_twice():
    run, errors = served(Clock(100))

    readings = [error + 100 * number for number, error in enumerate(errors)]
    assert all(text.startswith("slew") for text in corrections(run))
    assert readings == sorted(readings)


def test_a_client_never_slews_by_more_than_500_parts_per_million():
    run, _ = served(Clock(100))

    rates = [float(text.split()[1]) for text in corrections(run)]

    assert min(rates) == -500
    assert max(rates) <= 500


@pytest.mark.parametrize("offset_ms", [5_000, -5_000])
def test_a_client_steps_a_large_offset_once(offset_ms):
    run, errors = served(Clock(offset_ms), seconds=20)

    assert [text.split()[0] for text in corrections(run)].count("step") == 1
    assert max(map(abs, errors[1:])) <= 4.6


def test_a_client_that_gets_no_answer_stops_slewing():
    _, errors = served(Clock(50), server_dies_ms=10_000)

    assert errors[-1] == errors[200]


def test_a_client_that_only_measures_leaves_its_clock_alone():
    run, errors = served(Clock(50), correct=False)

    assert corrections(run) == []
    assert set(errors) == {50}


# --- uncertain clocks


class Stopwatch:
    """Time that a test sets, as a clock that runs too fast by so many parts per million shows it."""

    def __init__(self, ppm=0.0):
        self.true = 0.0
        self.ppm = ppm

    def __call__(self):
        return self.true * (1 + self.ppm / 1e6)


@pytest.mark.parametrize("ppm", [-200, 0, 200])
def test_the_interval_holds_the_true_time_as_long_as_the_drift_is_within_its_bound(ppm):
    watch = Stopwatch(ppm)
    clock = UncertainClock(watch, error_ms=1, drift_ppm=201)

    for watch.true in (0, 1_000, 60_000, 3_600_000):
        now = clock.now()
        assert now.earliest <= watch.true <= now.latest


def test_a_drift_beyond_the_bound_leads_out_of_the_interval():
    watch = Stopwatch(ppm=400)
    clock = UncertainClock(watch, error_ms=1, drift_ppm=200)

    watch.true = 3_600_000

    assert clock.now().earliest > watch.true


def test_the_error_grows_while_a_clock_is_left_alone():
    watch = Stopwatch()
    clock = UncertainClock(watch, error_ms=1, drift_ppm=200)

    watch.true = 30_000

    assert clock.now() == (30_000 - 7, 30_000 + 7)  # 200 ppm of 30 s are 6 ms


def test_a_comparison_shrinks_the_error():
    watch = Stopwatch()
    clock = UncertainClock(watch, error_ms=1, drift_ppm=200)
    watch.true = 30_000

    clock.compared()

    assert clock.now() == (29_999, 30_001)


def test_a_moment_has_surely_passed_only_after_the_whole_error():
    watch = Stopwatch()
    clock = UncertainClock(watch, error_ms=5, drift_ppm=0)

    for watch.true, passed in ((1_000, False), (1_005, False), (1_005.5, True)):
        assert clock.surely_past(1_000) is passed


def test_one_interval_is_surely_before_another_if_they_do_not_meet():
    assert Interval(0, 5).surely_before(Interval(6, 9))
    assert not Interval(0, 5).surely_before(Interval(5, 9))
    assert not Interval(6, 9).surely_before(Interval(0, 5))


# --- Lamport clocks


def test_every_event_of_a_node_has_a_later_lamport_stamp():
    clock = LamportClock("a")

    stamps = [clock.local(), clock.send(), clock.send(), clock.receive((1, "b")), clock.local()]

    assert stamps == sorted(set(stamps))


def test_a_receive_is_later_than_its_send():
    sender, receiver = LamportClock("a"), LamportClock("b")
    for _ in range(5):
        sent = sender.send()

    assert receiver.receive(sent) == (sent[0] + 1, "b")


def test_an_old_message_does_not_set_a_lamport_clock_back():
    clock = LamportClock("a")
    for _ in range(5):
        clock.local()

    assert clock.receive((1, "b")) == (6, "a")


def test_the_name_of_the_node_orders_equal_counters():
    assert LamportClock("a").local() < LamportClock("b").local()


# --- vector clocks

stamps = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)).map(VectorStamp.of)


def stamp(**counts):
    return VectorStamp.of(counts)


def test_a_stamp_does_not_depend_on_how_it_was_written():
    assert stamp(a=1, b=2, c=0) == stamp(b=2, a=1)
    assert hash(stamp(a=1, b=2, c=0)) == hash(stamp(b=2, a=1))


def test_a_node_that_is_not_named_counts_zero():
    assert stamp(a=1)["b"] == 0


def test_a_tick_counts_one_event_of_one_node():
    assert stamp(a=1, b=2).tick("a") == stamp(a=2, b=2)
    assert stamp().tick("a") == stamp(a=1)


def test_a_merge_takes_the_greater_count_of_each_node():
    assert stamp(a=3, b=1).merge(stamp(b=2, c=1)) == stamp(a=3, b=2, c=1)


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        (stamp(a=1), stamp(a=1), "equal"),
        (stamp(), stamp(a=1), "before"),
        (stamp(a=1), stamp(a=1, b=1), "before"),
        (stamp(a=2, b=1), stamp(a=1, b=1), "after"),
        (stamp(a=2), stamp(b=1), "concurrent"),  # neither the sum nor the first entry decides
        (stamp(a=1, b=9), stamp(a=2, b=1), "concurrent"),
    ],
)
def test_two_stamps_compare_entry_by_entry(one, other, order):
    assert one.compare(other) == order


def test_a_stamp_shows_its_counts_in_the_order_that_was_asked_for():
    assert stamp(a=1, c=3).show("cba") == "[3,0,1]"


def test_a_stamp_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        stamp(a=1).counts = ()


@examples
@given(stamps, stamps)
def test_a_comparison_is_the_mirror_of_its_reverse(one, other):
    mirror = {"before": "after", "after": "before", "equal": "equal", "concurrent": "concurrent"}

    assert other.compare(one) == mirror[one.compare(other)]


@examples
@given(stamps, stamps, stamps)
def test_less_or_equal_is_transitive(one, two, three):
    assert not (one <= two <= three) or one <= three


@examples
@given(stamps, stamps, stamps)
def test_a_merge_is_the_least_stamp_above_both(one, other, third):
    merged = one.merge(other)

    assert one <= merged
    assert other <= merged
    assert merged <= third or not (one <= third and other <= third)


@examples
@given(stamps, stamps, stamps)
def test_merges_do_not_depend_on_order_or_repetition(one, two, three):
    assert one.merge(two) == two.merge(one)
    assert one.merge(two).merge(three) == one.merge(two.merge(three))
    assert one.merge(one) == one


def test_a_receive_knows_what_the_sender_and_the_receiver_knew():
    sender, receiver = VectorClock("a"), VectorClock("b")
    sender.receive(stamp(c=4))
    receiver.local()

    assert receiver.receive(sender.send()) == stamp(a=2, b=2, c=4)


def test_a_stamp_that_was_sent_does_not_change_when_the_sender_goes_on():
    clock = VectorClock("a")
    sent = clock.send()

    clock.local()
    clock.receive(stamp(b=7))

    assert sent == stamp(a=1)


# --- hybrid clocks


def hybrid(*readings):
    """A hybrid clock whose wall clock shows these values, one after the other."""
    physical = iter(readings)
    return HybridClock(lambda: next(physical))


def test_a_hybrid_clock_follows_the_wall_clock():
    clock = hybrid(10, 20, 30)

    assert [clock.local() for _ in range(3)] == [(10, 0), (20, 0), (30, 0)]


def test_while_the_wall_clock_stands_still_the_counter_orders_events():
    clock = hybrid(10, 10, 10, 11)

    assert [clock.local() for _ in range(4)] == [(10, 0), (10, 1), (10, 2), (11, 0)]


def test_a_hybrid_clock_does_not_go_back_when_the_wall_clock_steps_back_five_seconds():
    clock = hybrid(10_000, 5_000, 5_001, 10_001)

    assert [clock.local() for _ in range(4)] == [(10_000, 0), (10_000, 1), (10_000, 2), (10_001, 0)]


def test_a_message_from_the_future_carries_a_hybrid_clock_forward():
    clock = hybrid(10, 11, 12)
    clock.local()

    assert clock.receive((50, 3)) == (50, 4)
    assert clock.local() == (50, 5)


def test_a_message_of_the_same_time_is_later_than_both_counters():
    clock = hybrid(10, 10, 10)
    clock.local()
    clock.local()

    assert clock.receive((10, 7)) == (10, 8)


def test_an_old_message_does_not_set_a_hybrid_clock_back():
    clock = hybrid(10, 10)
    clock.local()

    assert clock.receive((3, 99)) == (10, 1)


@examples
@given(
    st.lists(
        st.tuples(st.integers(0, 100), st.none() | st.tuples(st.integers(0, 100), st.integers(0, 5))),
        min_size=1,
    )
)
def test_hybrid_stamps_always_grow_and_never_lead_the_greatest_time_heard_of(events):
    clock = hybrid(*(reading for reading, _ in events))
    greatest, last = 0, (-1, 0)

    for reading, received in events:
        now = clock.receive(received) if received else clock.local()

        greatest = max(greatest, reading, received[0] if received else 0)
        assert now > last
        assert received is None or now > received
        assert now[0] == greatest
        last = now


class HybridChatter(Chatter):
    """Chatter with a hybrid clock over the node's own wall clock; keeps how far the two were apart."""

    def __init__(self):
        super().__init__(lambda name: HybridClock(lambda: self.now_us))
        self.apart = []

    def note(self, text="", **facts):
        super().note(text, **facts)
        self.apart.append(facts["stamp"][0] - self.now_us)


def test_hybrid_clocks_stay_as_close_to_their_wall_clocks_as_these_are_to_each_other():
    simulation = Simulation(3)
    simulation.cluster(HybridChatter, 3, [Clock(-40), Clock(0), Clock(40)])

    simulation.run(2_000)

    apart = [ms for node in simulation.nodes.values() for ms in node.apart]
    assert 70_000 < max(apart) <= 80_000
    assert min(apart) == 0


def test_hybrid_stamps_respect_causality_while_a_wall_clock_steps_back_five_seconds():
    simulation = Simulation(3)
    simulation.cluster(HybridChatter, 3)
    simulation.at(300, lambda: simulation.step_clock("n2", -5_000))

    trace = simulation.run(600).trace

    assert clock_condition(HappensBefore(trace), noted_stamps(trace), lambda a, b: a < b)


def test_plain_wall_clocks_do_not_respect_causality():
    class Wall:
        def __init__(self, node):
            self.local = self.send = lambda: (node.now_us, 0)
            self.receive = lambda stamp: (node.now_us, 0)

    class WallChatter(Chatter):
        def __init__(self):
            super().__init__(lambda name: Wall(self))

    simulation = Simulation(3)
    simulation.cluster(WallChatter, 3, [Clock(-40), Clock(0), Clock(40)])

    trace = simulation.run(600).trace

    assert not clock_condition(HappensBefore(trace), noted_stamps(trace), lambda a, b: a < b)


# --- chatter


@pytest.mark.parametrize(
    ("clock", "exactly"), [(LamportClock, False), (VectorClock, True)], ids=["Lamport", "vector"]
)
def test_chatter_stamps_every_event_by_the_rules_of_its_clock(clock, exactly):
    for seed in range(5):
        simulation = Simulation(seed, Network(loss=0.1, duplicate=0.1))
        simulation.cluster(lambda: Chatter(clock), 3)
        trace = simulation.run(200).trace
        order = HappensBefore(trace)

        stamps = noted_stamps(trace)

        assert sorted(stamps) == order.events
        assert clock_condition(order, stamps, lambda a, b: a < b, exactly)


def test_lamport_stamps_also_order_concurrent_events():
    simulation = Simulation(1)
    simulation.cluster(lambda: Chatter(LamportClock), 3)
    trace = simulation.run(200).trace

    verdict = clock_condition(HappensBefore(trace), noted_stamps(trace), lambda a, b: a < b, exactly=True)

    assert not verdict


# --- causal broadcast


class Hasty(CausalBroadcast):
    """Delivers whatever arrives."""

    def _ready(self, sender, post):
        return True


def posted(factory, seed, network):
    """Four nodes that post at random moments: the run, and what each node did, in its own order."""
    simulation = Simulation(seed, network)
    names = simulation.cluster(factory, 4)
    random = Random(seed)
    texts = [(f"{random.choice(names)}-{number}", random.uniform(0, 150)) for number in range(16)]
    for text, ms in texts:
        simulation.at(ms, lambda text=text: simulation.call(text.split("-")[0], "post", text))
    trace = simulation.run(1_000).trace
    logs = {name: [] for name in names}
    for record in trace:
        if record.kind == "note":
            text = record.data[0]
            if text.startswith(f"{record.node}-"):
                logs[record.node].append(("broadcast", text))
            logs[record.node].append(("deliver", text))
    return simulation, logs, {text for text, _ in texts}


def reordering():
    return Network(latency=Uniform(1, 60))


def test_causal_broadcast_delivers_everything_everywhere_in_causal_order():
    for seed in range(100):
        simulation, logs, texts = posted(CausalBroadcast, seed, reordering())

        verdict = causal_delivery(logs)

        assert verdict, f"seed {seed}: {verdict.explanation}"
        assert all(set(node.delivered) == texts for node in simulation.nodes.values())
        assert all(node.waiting == [] for node in simulation.nodes.values())


def test_delivering_whatever_arrives_breaks_causal_order():
    verdicts = [causal_delivery(posted(Hasty, seed, reordering())[1]) for seed in range(20)]

    assert not all(verdicts)


def test_causal_broadcast_delivers_a_duplicate_once():
    for seed in range(20):
        network = Network(latency=Uniform(1, 60), duplicate=0.5)

        simulation, logs, texts = posted(CausalBroadcast, seed, network)

        assert causal_delivery(logs)
        assert all(len(node.delivered) == len(texts) for node in simulation.nodes.values())


def test_causal_broadcast_delivers_nothing_that_depends_on_a_lost_message():
    for seed in range(20):
        network = Network(latency=Uniform(1, 60), loss=0.1)

        _, logs, _ = posted(CausalBroadcast, seed, network)

        assert causal_delivery(logs)


class Reader:
    """One causal-broadcast node that gets its messages by hand."""

    def __init__(self):
        self.simulation = Simulation()
        self.simulation.add("c", CausalBroadcast)
        self.simulation.add("a", CausalBroadcast)
        self.simulation.add("b", CausalBroadcast)
        self.simulation.run(0)

    def get(self, src, post):
        self.simulation.call("c", "receive", src, post)
        return self.simulation.nodes["c"].delivered


def test_a_post_waits_for_the_one_before_it_of_the_same_sender():
    reader = Reader()

    assert reader.get("a", Post(stamp(a=2), "second")) == []
    assert reader.get("a", Post(stamp(a=1), "first")) == ["first", "second"]


def test_a_post_waits_for_what_its_sender_had_delivered():
    reader = Reader()

    assert reader.get("b", Post(stamp(a=1, b=1), "answer")) == []
    assert reader.get("a", Post(stamp(a=1), "question")) == ["question", "answer"]


def test_concurrent_posts_do_not_wait_for_each_other():
    reader = Reader()

    assert reader.get("b", Post(stamp(b=1), "one")) == ["one"]
    assert reader.get("a", Post(stamp(a=1), "other")) == ["one", "other"]


def test_one_post_can_set_a_whole_chain_free():
    reader = Reader()
    for number in (4, 3, 2):
        reader.get("a", Post(stamp(a=number), str(number)))

    assert reader.get("a", Post(stamp(a=1), "1")) == ["1", "2", "3", "4"]


# --- leases


def test_a_lease_survives_a_crash_of_its_server():
    for seed in range(20):
        simulation = Simulation(seed, Network(loss=0.3))
        simulation.add("server", LeaseServer)
        for name in ("h1", "h2", "h3"):
            simulation.add(name, LeaseHolder)
        for ms in range(150, 3_000, 400):
            simulation.at(ms, lambda simulation=simulation: simulation.crash("server"))
            simulation.at(ms + 5, lambda simulation=simulation: simulation.restart("server"))

        trace = simulation.run(3_000).trace

        assert trespass(trace)
        assert len(writers(trace)) > 1


class WallClockHolder(LeaseHolder):
    """Counts by the wall clock."""

    @property
    def monotonic_us(self):
        return self.now_us


class LateHolder(LeaseHolder):
    """Counts from the moment at which the grant arrived."""

    @on(Grant)
    def granted(self, src, grant):
        super().granted(src, Grant(self.monotonic_us, grant.lease_ms))


class TrustingHolder(LeaseHolder):
    """Believes that two clocks run at the same rate."""

    def __init__(self, server="server", drift_ppm=0.0, every_ms=50.0):
        super().__init__(server, 0.0, every_ms)


DRIFT_PPM = 50_000  # far worse than any crystal, so that a short run shows what it does


def leased(factory, seed, latency=None, **rates):
    """Three holders and a server, with clocks that drift up to the bound and wall clocks that step."""
    random = Random(seed)
    simulation = Simulation(seed, Network(latency=latency or Uniform(1, 40), **rates))
    simulation.add("server", LeaseServer, Clock(drift_ppm=random.uniform(-DRIFT_PPM, DRIFT_PPM)))
    holders = ("h1", "h2", "h3")
    for name in holders:
        drift = random.choice((-DRIFT_PPM, random.uniform(-DRIFT_PPM, DRIFT_PPM), DRIFT_PPM))
        simulation.add(name, lambda: factory("server", DRIFT_PPM, every_ms=7), Clock(drift_ppm=drift))
    simulation.every(
        300, lambda: simulation.step_clock(random.choice(holders), by_ms=random.uniform(-1_000, 1_000))
    )
    return simulation.run(4_000).trace


def writers(trace):
    return {record.node for record in trace if record.kind == "send" and isinstance(record.data, Write)}


def test_a_lease_holder_never_trespasses_whatever_the_network_and_its_wall_clock_do():
    for seed in range(100):
        trace = leased(LeaseHolder, seed, loss=0.1, duplicate=0.1)

        verdict = trespass(trace)

        assert verdict, f"seed {seed}: {verdict.explanation}"
        assert len(writers(trace)) > 1, f"seed {seed}: nobody took over, so the run shows nothing"


def test_a_lease_holder_never_trespasses_when_grants_are_very_late():
    for seed in range(50):
        assert trespass(leased(LeaseHolder, seed, Exponential(mean_ms=150)))


@pytest.mark.parametrize("naive", [WallClockHolder, LateHolder, TrustingHolder])
def test_a_holder_without_one_of_the_three_rules_trespasses(naive):
    verdicts = [trespass(leased(naive, seed)) for seed in range(20)]

    assert not all(verdicts)


def lease_trace(*lines):
    """A trace of grants and writes: ``grant a`` and ``write a``."""
    rows = []
    for time, line in enumerate(lines):
        what, node = line.split()
        if what == "grant":
            rows.append((time, "send", "server", node, time + 1, Grant(0, 400)))
        else:
            rows.append((time, "send", node, "server", time + 1, Write(1)))
    return Trace(rows)


def test_a_write_after_the_own_grant_is_no_trespass():
    assert trespass(lease_trace("grant a", "write a", "write a", "grant b", "write b"))


def test_a_write_after_the_grant_of_another_is_a_trespass():
    verdict = trespass(lease_trace("grant a", "write a", "grant b", "write a"))

    assert not verdict
    assert "a sends Write(number=1) to server" in verdict.explanation
    assert verdict.explanation.endswith("the lease belongs to b")


def test_a_write_without_any_grant_is_a_trespass():
    assert trespass(lease_trace("write a")).explanation.endswith("the lease belongs to nobody")


def test_a_run_without_writes_is_no_trespass():
    assert trespass(lease_trace("grant a", "grant b"))


def test_the_server_gives_the_lease_to_one_node_at_a_time():
    trace = leased(LeaseHolder, seed=1)
    grants = [
        (record.time, record.peer)
        for record in trace
        if record.kind == "send" and isinstance(record.data, Grant)
    ]

    handed_over = [
        later - earlier
        for (earlier, holder), (later, other) in pairwise(grants)
        if holder != other
    ]

    assert handed_over
    assert min(handed_over) >= 400_000 / (1 + DRIFT_PPM / 1e6)
