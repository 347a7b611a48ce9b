"""Simulations: determinism, faults, properties and the order of effects."""

import gc
import os
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from distsys.check import OK, Verdict
from distsys.client import Timeout
from distsys.clock import Clock
from distsys.machine import kept
from distsys.network import Fixed, Network, Uniform
from distsys.node import Node, message, on
from distsys.simulation import HandlerFailed, NoProgress, PropertyFailed, Simulation

from .worlds import Gossip, Mailbox, Ping, gossip, mailboxes, say, times

ROOT = Path(__file__).parents[2]


class Worker(Node):
    """Counts what it does, once durably and once not; has a timer."""

    durable = ("saved",)

    def __init__(self):
        self.saved = 0
        self.counted = 0

    def work(self):
        self.saved += 1
        self.counted += 1

    def snooze(self, ms):
        self.set_timer("alarm", ms)

    @on("alarm")
    def alarm(self):
        self.work()

    @on(Ping)
    def hear(self, src, ping):
        self.work()


def lone(factory=Worker, clock=None, seed=0):
    """A simulation of one node named a."""
    simulation = Simulation(seed)
    simulation.add("a", factory, clock)
    return simulation


def fixed(ms=1.0):
    return Network(latency=Fixed(ms))


# --- the same seed, the same run


def test_the_same_seed_gives_the_same_digest():
    assert gossip(7).digest == gossip(7).digest


def test_another_seed_gives_another_digest():
    assert len({gossip(seed).digest for seed in range(20)}) == 20


def test_a_seed_can_be_a_text():
    assert gossip("monday").digest == gossip("monday").digest != gossip("tuesday").digest


class Careless(Gossip):
    """Lets the order of a set decide whom it tells."""

    @on("spread")
    def spread(self):
        self.broadcast(Ping(1), to=set(self.peers))

    @on(Ping)
    def hear(self, src, ping):
        pass


def digests(expression):
    """What three interpreters with different hashes of strings compute."""
    code = f"from tests.distsys.test_simulation import *; print({expression})"
    return [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("0", "1", "12345")
    ]


def test_the_digest_does_not_depend_on_the_hash_seed():
    assert digests("gossip(7).digest") == [gossip(7).digest] * 3


def test_the_order_of_a_set_in_a_handler_shows_in_the_digest():
    assert len(set(digests("gossip(7, Careless).digest"))) > 1


def test_a_run_can_be_continued():
    whole, parts = mailboxes(), mailboxes()
    for simulation in (whole, parts):
        for number in range(20):
            say(simulation, number * 5, number)

    at_once = whole.run(200)
    for until in range(0, 201, 7):
        parts.run(until)

    assert parts.run(200).digest == at_once.digest


def test_time_stands_at_the_end_of_the_run():
    simulation = lone()

    simulation.run(123)

    assert simulation.now_us == 123_000


def test_events_at_one_moment_happen_in_the_order_in_which_they_were_made():
    simulation = mailboxes(fixed(), "abc")
    for number, src in enumerate("bcbbcc"):
        say(simulation, 10, number, src, "a")

    simulation.run(20)

    assert simulation.nodes["a"].heard == [0, 1, 2, 3, 4, 5]


def test_the_garbage_collector_runs_again_after_a_failed_run():
    simulation = lone()
    simulation.at(1, lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        simulation.run(10)

    assert gc.isenabled()


def test_a_garbage_collector_that_was_off_stays_off():
    gc.disable()
    try:
        lone().run(1)
        assert not gc.isenabled()
    finally:
        gc.enable()


# --- building the world


def test_a_cluster_has_numbered_names():
    assert Simulation().cluster(Worker, 3) == ("n1", "n2", "n3")


def test_the_first_clocks_of_a_cluster_go_to_the_first_nodes():
    simulation = Simulation()

    simulation.cluster(Worker, 3, clocks=[Clock(offset_ms=1), Clock(offset_ms=2)])

    assert [simulation.machines[name].clock.wall_us(0) for name in ("n1", "n2", "n3")] == [1_000, 2_000, 0]


def test_two_machines_have_been_up_for_different_times():
    simulation = Simulation()

    simulation.cluster(Worker, 2)

    assert simulation.machines["n1"].clock.monotonic_us(0) != simulation.machines["n2"].clock.monotonic_us(0)


def test_two_nodes_of_one_name_are_refused():
    simulation = lone()

    with pytest.raises(ValueError, match="there is already a node or client 'a'"):
        simulation.add("a", Worker)


def test_one_clock_for_two_machines_is_refused():
    clock = Clock(offset_ms=5)

    with pytest.raises(ValueError, match="n2 has the same Clock as n1"):
        Simulation().cluster(Worker, 2, clocks=[clock, clock])


def test_a_node_that_is_added_during_the_run_is_refused():
    simulation = lone()
    simulation.run(1)

    with pytest.raises(ValueError, match="add every node and client first"):
        simulation.add("b", Worker)


@pytest.mark.parametrize(
    "act",
    [
        lambda simulation: simulation.crash("z"),
        lambda simulation: simulation.restart("z"),
        lambda simulation: simulation.pause("z", 1),
        lambda simulation: simulation.partition(["a", "z"]),
        lambda simulation: simulation.step_clock("z", 1),
        lambda simulation: simulation.call("z", "work"),
    ],
)
def test_an_action_on_an_unknown_node_names_the_known_ones(act):
    with pytest.raises(LookupError, match="there is no node 'z'; there are a, b"):
        act(mailboxes())


def test_sending_to_an_unknown_node_is_refused():
    simulation = mailboxes()
    say(simulation, 1, 1, "a", "z")

    with pytest.raises(HandlerFailed, match="a sends to 'z', but there is no node of that name"):
        simulation.run(10)


def test_an_action_in_the_past_is_refused():
    simulation = lone()
    simulation.run(10)

    with pytest.raises(ValueError, match="lies in the past"):
        simulation.at(9, print)


@pytest.mark.parametrize("period", [0, -1, 0.0001])
def test_an_action_without_a_period_is_refused(period):
    with pytest.raises(ValueError, match=r"needs a period of at least 0.001 ms"):
        lone().every(period, print)


def test_an_action_happens_at_its_moment():
    simulation = lone()
    moments = []
    simulation.at(2.5, lambda: moments.append(simulation.now_us))

    simulation.run(10)

    assert moments == [2_500]


def test_an_action_at_the_end_of_the_run_still_happens():
    simulation = lone()
    moments = []
    simulation.at(10, lambda: moments.append(simulation.now_us))

    simulation.run(10)

    assert moments == [10_000]


def test_a_repeated_action_happens_after_every_period():
    simulation = lone()
    moments = []
    simulation.every(3, lambda: moments.append(simulation.now_us))

    simulation.run(10)

    assert moments == [3_000, 6_000, 9_000]


# --- crash and restart


def test_durable_attributes_survive_a_crash_and_others_do_not():
    simulation = lone()
    simulation.at(1, lambda: simulation.call("a", "work"))
    simulation.at(2, lambda: simulation.crash("a"))
    simulation.at(3, lambda: simulation.restart("a"))

    simulation.run(10)

    assert vars(simulation.nodes["a"]) == {"saved": 1, "counted": 0}


def test_durable_writes_persist_before_the_sends_of_the_handler_leave():
    class Voter(Worker):
        def vote(self):
            self.work()
            self.send("a", Ping(1))

    network = Network()
    simulation = Simulation(network=network)
    simulation.add("a", Voter)

    @network.tap
    def crash_at_the_moment_of_sending(envelope):
        simulation.crash("a")
        return [envelope]

    simulation.at(1, lambda: simulation.call("a", "vote"))
    simulation.at(50, lambda: simulation.restart("a"))
    simulation.run(60)

    assert simulation.nodes["a"].saved == 1


def restart(simulation):
    simulation.crash("a")
    simulation.restart("a")


class Book(Node):
    durable = ("pages",)

    def __init__(self):
        self.pages = [["first"]]

    def add(self, page):
        self.pages.append([page])


def test_a_dead_process_cannot_change_what_it_had_stored():
    simulation = lone(Book)
    simulation.run(1)
    dead = simulation.nodes["a"]

    simulation.crash("a")
    dead.pages[0].append("ghost")
    simulation.restart("a")

    assert simulation.nodes["a"].pages == [["first"]]


@pytest.mark.parametrize("restarts", [0, 1], ids=["at first", "after a restart"])
def test_what_changes_after_the_handler_is_not_stored(restarts):
    simulation = lone(Book)
    simulation.run(1)
    for _ in range(restarts):
        restart(simulation)

    simulation.nodes["a"].pages[0].append("outside a handler")
    restart(simulation)

    assert simulation.nodes["a"].pages == [["first"]]


def test_two_restarts_restore_equal_copies():
    simulation = lone(Book)
    simulation.run(1)
    simulation.call("a", "add", "second")

    restart(simulation)
    restart(simulation)

    assert simulation.nodes["a"].pages == [["first"], ["second"]]


def test_what_is_kept_of_a_durable_list_is_a_copy():
    class Log(Node):
        durable = ("entries",)

        def __init__(self):
            self.entries = [Ping(1), [2]]

        def spoil(self):
            self.entries.append(Ping(3))
            self.entries[1].append(4)

    simulation = lone(Log)
    simulation.at(5, lambda: simulation.call("a", "spoil"))
    simulation.run(10)
    simulation.nodes["a"].entries.clear()

    restart(simulation)

    assert simulation.nodes["a"].entries == [Ping(1), [2, 4], Ping(3)]


def test_a_log_keeps_what_was_added_and_what_was_cut_off():
    class Log(Node):
        durable = ("entries", "index")

        def __init__(self):
            self.entries, self.index = [], {}

        def append(self, *parts):
            self.entries.extend((self.id, [part]) for part in parts)
            self.index |= {part: [part] for part in parts}

        def cut(self, size):
            del self.entries[size:]

    simulation = lone(Log)
    for ms, method, *arguments in [(1, "append", 1, 2, 3), (2, "cut", 1), (3, "append", 4, 5), (4, "cut", 2)]:
        simulation.at(ms, partial(simulation.call, "a", method, *arguments))
    simulation.run(10)

    restart(simulation)

    assert simulation.nodes["a"].entries == [("a", [1]), ("a", [4])]
    assert simulation.nodes["a"].index == {1: [1], 2: [2], 3: [3], 4: [4], 5: [5]}


@pytest.mark.parametrize("shape", [list, dict])
def test_what_cannot_change_is_kept_without_a_copy(shape):
    deep = (1, (2, Ping(3)))
    before = kept([deep] if shape is list else {0: deep})

    grown = kept([deep, deep] if shape is list else {0: deep, 1: deep}, before)

    assert grown[0] is grown[1] is deep
    assert grown is not before


def test_a_durable_attribute_that_is_never_set_is_refused():
    class Forgetful(Node):
        durable = ("vote",)

    with pytest.raises(HandlerFailed, match="Forgetful says 'vote' is durable but never sets it"):
        lone(Forgetful).run(1)


def test_a_restarted_node_starts_again():
    simulation = lone()
    simulation.at(1, lambda: simulation.crash("a"))
    simulation.at(2, lambda: simulation.restart("a"))

    run = simulation.run(10)

    assert times(run, "start", "a") == [0, 2]


def test_old_timers_do_not_fire_after_a_restart():
    simulation = lone()
    simulation.at(1, lambda: simulation.call("a", "snooze", 50))
    simulation.at(2, lambda: simulation.crash("a"))
    simulation.at(3, lambda: simulation.restart("a"))

    run = simulation.run(100)

    assert times(run, "timer") == []


def test_messages_to_a_crashed_node_are_dropped():
    simulation = mailboxes(fixed(10))
    say(simulation, 0, 1)
    simulation.at(5, lambda: simulation.crash("b"))
    simulation.at(15, lambda: simulation.restart("b"))

    run = simulation.run(50)

    assert simulation.nodes["b"].heard == []
    assert [record.data for record in run.trace if record.kind == "drop"] == ["receiver is down"]


def test_a_message_reaches_the_process_that_runs_when_it_arrives():
    simulation = mailboxes(fixed(10))
    say(simulation, 0, 1)
    simulation.at(2, lambda: simulation.crash("b"))
    simulation.at(5, lambda: simulation.restart("b"))

    simulation.run(50)

    assert simulation.nodes["b"].heard == [1]


def test_the_messages_of_a_crashed_node_still_arrive():
    simulation = mailboxes(fixed(10))
    say(simulation, 0, 1)
    simulation.at(5, lambda: simulation.crash("a"))

    simulation.run(50)

    assert simulation.nodes["b"].heard == [1]


def test_the_clock_of_a_machine_goes_on_while_its_process_is_down():
    simulation = lone(clock=Clock(uptime_ms=0))
    simulation.at(1, lambda: simulation.crash("a"))
    simulation.at(50, lambda: simulation.restart("a"))

    simulation.run(60)

    assert simulation.machines["a"].clock.monotonic_us(simulation.now_us) == 60_000


def test_a_request_to_a_crashed_node_does_nothing():
    simulation = lone()
    simulation.at(1, lambda: simulation.crash("a"))
    simulation.at(2, lambda: simulation.call("a", "work"))

    run = simulation.run(10)

    assert times(run, "call") == []


# --- pause


def test_a_pause_delays_messages_but_loses_none_and_keeps_their_order():
    simulation = mailboxes(fixed())
    for number in range(10):
        say(simulation, number, number)
    simulation.at(3.5, lambda: simulation.pause("b", 30.2))

    run = simulation.run(100)

    assert simulation.nodes["b"].heard == list(range(10))
    assert times(run, "deliver") == [1, 2, 3, *[33.7] * 7]


def test_a_timer_that_ends_in_a_pause_fires_after_it():
    simulation = lone(clock=Clock(uptime_ms=0))
    simulation.at(0, lambda: simulation.call("a", "snooze", 20))
    simulation.at(10, lambda: simulation.pause("a", 50))

    run = simulation.run(100)

    assert times(run, "timer") == [60]


def test_the_clocks_of_a_paused_node_go_on():
    class Observer(Worker):
        @on("alarm")
        def alarm(self):
            self.read = self.monotonic

    simulation = lone(Observer, Clock(uptime_ms=0))
    simulation.at(0, lambda: simulation.call("a", "snooze", 20))
    simulation.at(10, lambda: simulation.pause("a", 50))

    simulation.run(100)

    assert simulation.nodes["a"].read == 60


def test_a_longer_pause_wins():
    simulation = mailboxes(fixed())
    say(simulation, 20, 1)
    simulation.at(10, lambda: simulation.pause("b", 50))
    simulation.at(15, lambda: simulation.pause("b", 10))

    run = simulation.run(100)

    assert times(run, "deliver") == [60]


def test_messages_that_arrive_when_a_pause_ends_keep_their_place():
    simulation = mailboxes(fixed(10))
    for number in range(5):
        say(simulation, number * 5, number)
    simulation.at(11, lambda: simulation.pause("b", 9))  # 1 arrives in the pause, 2 at its end

    simulation.run(100)

    assert simulation.nodes["b"].heard == [0, 1, 2, 3, 4]


def test_a_request_to_a_paused_node_waits():
    simulation = lone()
    simulation.at(10, lambda: simulation.pause("a", 50))
    simulation.at(20, lambda: simulation.call("a", "work"))

    run = simulation.run(100)

    assert times(run, "call") == [60]


def test_two_pauses_with_one_end_resume_once():
    simulation = lone()
    simulation.at(10, lambda: simulation.pause("a", 50))
    simulation.at(20, lambda: simulation.pause("a", 40))

    run = simulation.run(100)

    assert times(run, "resume") == [60]


def test_a_process_that_crashed_in_a_pause_does_not_resume():
    simulation = mailboxes(fixed())
    simulation.at(10, lambda: simulation.pause("b", 50))
    say(simulation, 12, 1)
    simulation.at(20, lambda: simulation.crash("b"))
    simulation.at(30, lambda: simulation.restart("b"))

    run = simulation.run(100)

    assert times(run, "resume") == []
    assert times(run, "drop") == [20]  # what had waited for the process went with it


def test_pausing_a_crashed_node_does_nothing():
    simulation = lone()
    simulation.at(1, lambda: simulation.crash("a"))
    simulation.at(2, lambda: simulation.pause("a", 50))

    run = simulation.run(100)

    assert times(run, "pause") == []


def test_a_crash_ends_a_pause():
    simulation = mailboxes(fixed())
    simulation.at(10, lambda: simulation.pause("b", 50))
    simulation.at(20, lambda: simulation.crash("b"))
    simulation.at(30, lambda: simulation.restart("b"))
    say(simulation, 35, 1)

    run = simulation.run(100)

    assert times(run, "deliver") == [36]


# --- partitions


def test_a_partition_drops_the_messages_in_flight():
    simulation = mailboxes(fixed(10))
    say(simulation, 0, 1)
    simulation.at(5, lambda: simulation.partition(["a"], ["b"]))

    run = simulation.run(50)

    assert [record.data for record in run.trace if record.kind == "drop"] == ["partition"]
    assert simulation.nodes["b"].heard == []


def test_a_partition_drops_new_messages():
    simulation = mailboxes(fixed(10))
    simulation.at(5, lambda: simulation.partition(["a"], ["b"]))
    say(simulation, 6, 1)
    simulation.at(7, simulation.heal)

    simulation.run(50)

    assert simulation.nodes["b"].heard == []


def test_after_healing_messages_arrive_again():
    simulation = mailboxes(fixed())
    simulation.at(5, lambda: simulation.partition(["a"]))
    simulation.at(10, simulation.heal)
    say(simulation, 11, 1)

    simulation.run(50)

    assert simulation.nodes["b"].heard == [1]


def test_a_partition_lists_every_group_in_the_trace():
    simulation = mailboxes(names="abcd")
    simulation.at(5, lambda: simulation.partition(["c", "b"]))

    run = simulation.run(10)

    assert [record.data for record in run.trace if record.kind == "partition"] == [(("b", "c"), ("a", "d"))]


# --- clocks


def test_a_timer_counts_by_the_drifting_clock_of_its_own_node():
    simulation = lone(clock=Clock(drift_ppm=100_000, uptime_ms=0))
    simulation.at(0, lambda: simulation.call("a", "snooze", 110))

    run = simulation.run(200)

    assert times(run, "timer") == [100]


def test_a_timer_follows_its_clock_when_that_is_slewed():
    class Hurried(Worker):
        def hurry(self):
            self.slew_clock(1_000_000)

    simulation = lone(Hurried, clock=Clock(uptime_ms=0))
    simulation.at(0, lambda: simulation.call("a", "snooze", 100))
    simulation.at(50, lambda: simulation.call("a", "hurry"))

    run = simulation.run(200)

    assert times(run, "timer") == [75]


def test_a_timer_does_not_notice_a_step_of_the_wall_clock():
    simulation = lone(clock=Clock(uptime_ms=0))
    simulation.at(0, lambda: simulation.call("a", "snooze", 100))
    simulation.at(50, lambda: simulation.step_clock("a", 1_000_000))

    run = simulation.run(200)

    assert times(run, "timer") == [100]


def test_a_step_from_outside_is_a_fault_in_the_trace():
    simulation = lone()
    simulation.at(5, lambda: simulation.step_clock("a", -2.5))

    run = simulation.run(10)

    assert [record.data for record in run.trace if record.kind == "clock"] == ["step -2.5 ms"]


def test_a_node_can_step_and_slew_its_own_clock():
    class Corrector(Worker):
        def correct(self):
            self.step_clock(-2)
            self.slew_clock(500)

    simulation = lone(Corrector)
    simulation.at(1_000, lambda: simulation.call("a", "correct"))

    simulation.run(3_000)

    assert simulation.machines["a"].clock.wall_us(3_000_000) == 3_000_000 - 2_000 + 1_000


# --- failures


class Clumsy(Worker):
    def work(self):
        raise KeyError("page 7")


def test_a_failing_handler_stops_the_run_and_names_node_event_and_seed():
    simulation = lone(Clumsy, seed=42)
    simulation.at(5, lambda: simulation.call("a", "work"))

    with pytest.raises(HandlerFailed) as failure:
        simulation.run(10)

    message = str(failure.value)
    assert "Clumsy.work on a raised KeyError('page 7')" in message
    assert "5.000 ms  a is asked to work()" in message
    assert "seed=42 replays it" in message


def test_the_cause_of_a_failing_handler_is_kept():
    simulation = lone(Clumsy)
    simulation.at(5, lambda: simulation.call("a", "work"))

    with pytest.raises(HandlerFailed) as failure:
        simulation.run(10)

    assert isinstance(failure.value.__cause__, KeyError)


def test_a_failing_handler_sends_nothing():
    class Half(Mailbox):
        def tell(self, to, number):
            super().tell(to, number)
            raise KeyError("in the middle")

    simulation = lone(Half)
    simulation.at(5, lambda: simulation.call("a", "tell", "a", 1))

    with pytest.raises(HandlerFailed, match=r"record 2: 5.000 ms  a is asked to tell\('a', 1\)\."):
        simulation.run(10)


def test_the_sleeps_and_time_outs_of_a_client_are_timers_of_its_own():
    async def impatient(c):
        await c.sleep(5)
        with suppress(Timeout):
            await c.call("a", Ping(1), timeout_ms=10)

    simulation = mailboxes(Network(latency=Fixed(1)))
    simulation.client("c", impatient)

    trace = simulation.run(100).trace

    assert [str(record) for record in trace if record.node == "c"] == [
        "5.000 ms  c timer 'sleep' fires",
        "5.000 ms  c sends Ping(number=1) to a",
        "15.000 ms  c timer 'time-out of a' fires",
    ]


@pytest.mark.parametrize("fault", ["crash", "restart", "pause"])
def test_a_process_that_has_not_begun_cannot_be_harmed(fault):
    arguments = ["a", 5] if fault == "pause" else ["a"]

    with pytest.raises(RuntimeError, match=rf"{fault}\('a'\) comes before the run has begun; plan it"):
        getattr(mailboxes(), fault)(*arguments)


def test_a_simulation_that_failed_does_not_go_on():
    class Clumsy(Mailbox):
        def tell(self, to, number):
            raise KeyError("no")

    simulation = lone(Clumsy)
    simulation.at(5, lambda: simulation.call("a", "tell", "a", 1))
    with pytest.raises(HandlerFailed):
        simulation.run(10)

    with pytest.raises(RuntimeError, match=r"has stopped: Clumsy.tell on a raised KeyError\('no'\); build a"):
        simulation.run(50)


def test_a_failing_handler_persists_nothing():
    class Half(Worker):
        def work(self):
            self.saved += 1
            raise KeyError("in the middle")

    simulation = lone(Half)
    simulation.at(5, lambda: simulation.call("a", "work"))
    with pytest.raises(HandlerFailed):
        simulation.run(10)

    restart(simulation)

    assert simulation.nodes["a"].saved == 0


def test_a_timer_that_never_lets_time_pass_stops_the_run_with_advice():
    class Restless(Worker):
        @on("alarm")
        def alarm(self):
            self.set_timer("alarm", 0)

    simulation = lone(Restless)
    simulation.at(5, lambda: simulation.call("a", "snooze", 0))

    with pytest.raises(NoProgress, match=r"at 5.0 ms, and time stands still; perhaps a timer of 0 ms"):
        simulation.run(10)


# --- properties


def working(*moments):
    """A node that works at the given moments and tells through its counter."""
    simulation = lone()
    for ms in moments:
        simulation.at(ms, lambda: simulation.call("a", "work"))
    return simulation, lambda: simulation.nodes["a"].counted


def test_always_holds_if_the_predicate_holds_after_every_event():
    simulation, count = working(1, 2)

    simulation.always(lambda: count() <= 2)

    assert simulation.run(10).ok


def test_always_fails_at_the_first_event_after_which_the_predicate_is_false():
    simulation, count = working(1, 2, 3)

    simulation.always(lambda: count() < 2, name="works once")

    violation = simulation.run(10).violation
    assert (violation.name, violation.time_ms) == ("works once", 2)


def test_always_is_judged_before_the_first_event():
    simulation, count = working()

    simulation.always(lambda: count() > 0)

    assert not simulation.run(10).ok


def test_a_failed_assertion_explains_the_violation():
    simulation, count = working(1)

    def works_never():
        if count():
            raise AssertionError("it worked")
        return True

    simulation.always(works_never)

    assert simulation.run(10).violation.explanation == "it worked"


def test_a_violation_stops_the_run():
    simulation, count = working(1, 2, 3)

    simulation.always(lambda: count() < 2)
    simulation.run(10)

    assert count() == 2


def test_sometimes_holds_if_the_predicate_held_once():
    simulation, count = working(1, 2, 3)

    simulation.sometimes(lambda: count() == 2)

    assert simulation.run(10).ok


def test_doing_nothing_fails_sometimes():
    simulation, count = working()

    simulation.sometimes(lambda: count() > 0, name="works")

    violation = simulation.run(10).violation
    assert violation.name == "works"
    assert "never held" in violation.explanation


def test_sometimes_sees_what_holds_from_the_start():
    simulation, count = working()

    simulation.sometimes(lambda: count() == 0)

    assert simulation.run(10).ok


def test_eventually_holds_if_the_predicate_comes_to_hold_in_time():
    simulation, count = working(90)

    simulation.eventually(lambda: count() == 1, within_ms=100)

    assert simulation.run(200).ok


def test_eventually_fails_if_the_predicate_never_holds():
    simulation, count = working(10)

    simulation.eventually(lambda: count() == 2, within_ms=100, name="works twice")

    violation = simulation.run(200).violation
    assert violation.name == "works twice"
    assert "within 100 ms after the last fault" in violation.explanation


def test_eventually_counts_from_the_last_fault():
    simulation, count = working(150, 190)
    simulation.at(95, simulation.heal)

    simulation.eventually(lambda: count() == 2, within_ms=100)

    assert simulation.run(300).ok


def test_what_held_before_a_fault_must_come_to_hold_again():
    simulation, count = working(10, 20)
    simulation.at(50, simulation.heal)

    simulation.eventually(lambda: count() == 1, within_ms=100)

    assert not simulation.run(300).ok


def test_eventually_fails_if_the_predicate_comes_to_hold_too_late():
    simulation, count = working(150)

    simulation.eventually(lambda: count() == 1, within_ms=100)

    assert not simulation.run(200).ok


def test_a_run_that_ends_before_eventually_can_be_told_does_not_pass():
    simulation, count = working()

    simulation.eventually(lambda: count() == 1, within_ms=100)

    violation = simulation.run(50).violation
    assert "the run ends before its time is up, at 100 ms; run until then at least" in violation.explanation


def test_a_predicate_that_only_asserts_may_return_nothing():
    simulation, _ = working(1)

    simulation.always(lambda: None)

    assert simulation.run(10).ok


def test_a_verdict_explains_the_violation():
    simulation, count = working(1)

    simulation.always(lambda: Verdict("illegal", "it worked") if count() else OK)

    assert simulation.run(10).violation.explanation == "it worked"


def test_a_property_that_raises_is_named_with_the_seed():
    simulation, count = working(1)
    simulation.at(5, lambda: simulation.crash("a"))

    simulation.always(lambda: count() < 2, name="rest")

    with pytest.raises(PropertyFailed, match=r"'rest' raised KeyError\('a'\); a node that is down .* seed=0"):
        simulation.run(10)


def test_a_violation_reads_as_a_sentence():
    simulation, count = working(1)
    simulation.always(lambda: count() == 0, name="rest")

    run = simulation.run(10)

    assert str(run.violation) == "rest does not hold at 1.000 ms: the predicate is false"


# --- what comes out


def test_stats_count_the_records_by_kind():
    simulation = mailboxes(Network(latency=Uniform(1, 2)))
    say(simulation, 1, 1)
    say(simulation, 2, 2)

    run = simulation.run(10)

    assert run.stats == {"start": 2, "call": 2, "send": 2, "deliver": 2}


def test_a_run_says_in_one_line_what_came_out():
    simulation = mailboxes(seed=3)
    say(simulation, 1, 1)

    silent = str(simulation.run(50))
    simulation.always(lambda: True)
    judged = str(simulation.run(60))

    assert silent == "seed 3: 5 records, 1 deliveries, no property was demanded"
    assert judged == "seed 3: 5 records, 1 deliveries, every property held"


def test_a_run_draws_itself():
    run = gossip(1)

    assert "<svg" in run._repr_html_()
    assert str(run) in run._repr_html_()


def test_a_long_run_draws_its_end_only():
    simulation = mailboxes()
    for number in range(500):
        say(simulation, number, number)

    html = simulation.run(1_000)._repr_html_()

    assert "the picture shows the last 300 records" in html
    assert len(html) < 100_000


def test_send_and_deliver_share_a_number():
    simulation = mailboxes()
    say(simulation, 1, 1)
    say(simulation, 2, 2)

    trace = simulation.run(50).trace

    sent = {record.id: record.data for record in trace if record.kind == "send"}
    delivered = {record.id: record.data for record in trace if record.kind == "deliver"}
    assert sent == delivered
    assert len(sent) == 2


def test_what_a_handler_does_is_written_in_the_order_in_which_it_does_it():
    @message
    class Hail:
        pass

    class Speaker(Node):
        def on_start(self):
            self.send("a", Hail())
            self.note("sent")

        @on(Hail)
        def hear(self, src, hail):
            pass

    trace = lone(Speaker).run(0).trace

    assert [record.kind for record in trace] == ["start", "send", "note"]


def test_a_node_that_runs_alone_has_no_peers():
    simulation = lone(Mailbox)

    simulation.run(1)

    assert simulation.nodes["a"].peers == ()


# --- what makes no sense


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda s: s.add("", Mailbox), "the name of a node or client is a text such as 'n1', not ''"),
        (lambda s: s.add(1, Mailbox), "the name of a node or client is a text such as 'n1', not 1"),
        (lambda s: s.cluster(Mailbox, 0), "a cluster needs at least one node, not 0"),
        (lambda s: s.partition("a", "b"), r"takes groups of names, for instance partition\(\['a'\]\)"),
        (lambda s: s.at(5, s.heal()), r"at\(5, …\) takes a function, not None; put lambda: in front"),
        (lambda s: s.every(5, s.heal()), r"every\(5, …\) takes a function, not None; put lambda: in front"),
        (lambda s: s.add("c", Mailbox()), "c is made by <Mailbox without a name>; give a class of nodes"),
        (lambda s: Simulation(network=0.5), r"network is a Network, for instance .*, not 0.5"),
        (lambda s: s.pause("a", -5), "needs a duration of at least 0 ms"),
        (lambda s: s.run(float("inf")), "a run ends at a moment from 0 ms on, not at inf"),
        (lambda s: s.run(-1), "a run ends at a moment from 0 ms on, not at -1"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(act, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        act(mailboxes())


@pytest.mark.parametrize("wait", [lambda c: c.sleep(-5), lambda c: c.call("a", Ping(1), timeout_ms=-5)])
def test_a_client_cannot_wait_until_the_past(wait):
    simulation = mailboxes()
    simulation.client("c", wait, at_ms=3)

    with pytest.raises(HandlerFailed, match="a client waits for a time of at least 0 ms, not -5"):
        simulation.run(10)


def test_a_run_cannot_be_run_from_inside():
    simulation = mailboxes()
    simulation.at(5, lambda: simulation.run(20))

    with pytest.raises(RuntimeError, match="called by an event of its own run"):
        simulation.run(10)


def test_a_run_and_its_history_have_a_short_form():
    run = mailboxes().run(10)

    assert repr(run) == "<Run of seed 1: 2 records, 0 deliveries, no property was demanded>"
    assert repr(run.history) == "<History of 0 operations>"


# --- properties of nodes


def nobody_heard(nodes):
    assert not nodes["b"].heard, f"b heard {nodes['b'].heard}"


def test_a_property_may_take_the_nodes_as_an_invariant_of_an_exploration_does():
    simulation = mailboxes()
    say(simulation, 1, 7)
    simulation.always(nobody_heard, "nobody heard")

    assert simulation.run(50).violation.explanation.startswith("b heard [7]")


@pytest.mark.parametrize("limit", [0, 1])
def test_a_property_with_defaults_takes_nothing(limit):
    simulation = mailboxes()
    say(simulation, 1, 7)
    simulation.always(lambda limit=limit: len(simulation.nodes["b"].heard) <= limit)
    simulation.sometimes(lambda nodes: nodes["b"].heard)
    simulation.eventually(lambda nodes: nodes["b"].heard, within_ms=40)

    assert simulation.run(50).ok == (limit == 1)


def test_a_property_that_is_no_function_is_refused():
    with pytest.raises(TypeError, match="a property is a function that says whether it holds, not True"):
        mailboxes().always(True)
