"""Fault plans, sweeps over many seeds, and shrinking a failure to the events that matter."""

import io
import json
import sys
import time
from dataclasses import fields, replace
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distsys.check import Register, Verdict, linearizable
from distsys.draw.spacetime import spacetime
from distsys.faults import (
    KINDS,
    Block,
    ClockStep,
    Crash,
    Delay,
    Duplicate,
    Failure,
    Loss,
    Partition,
    Pause,
    Plan,
    apply,
    calm,
    nemesis,
    shrink,
    sweep,
)
from distsys.faults.shrink import ddmin
from distsys.faults.steps import Stage, Step, causal
from distsys.faults.sweep import Problem, Trial
from distsys.faults.text import EXAMPLES, read_fault, write_fault
from distsys.network import Fixed, Network, Uniform
from distsys.node import Node, on
from distsys.properties import PropertyFailed
from distsys.simulation import Simulation

from . import planted
from .protocols import Cell, Get, Put
from .worlds import Mailbox, Ping, examples, mailboxes, say, times

NAMES = ("a", "b", "c")
few_examples = settings(examples, max_examples=60)


def suffer(*faults, until=100, every=10, names="abc"):
    """Run mailboxes under faults; a tells b a number every 10 ms, and the message takes 1 ms."""
    simulation = mailboxes(Network(latency=Fixed(1)), names)
    apply(Plan(faults), simulation)
    for ms in range(every, until, every):
        say(simulation, ms, ms)
    return simulation, simulation.run(until)


# --- each kind of fault


def test_a_crashed_process_starts_again_after_its_time():
    _, run = suffer(Crash(15, "b", 30))

    assert times(run, "crash", "b") == [15]
    assert times(run, "restart", "b") == [45]


def test_a_crash_without_an_end_is_for_ever():
    simulation, run = suffer(Crash(15, "b"))

    assert not times(run, "restart")
    assert "b" not in simulation.nodes


def test_a_process_stays_down_until_its_last_crash_is_over():
    _, run = suffer(Crash(10, "b", 20), Crash(20, "b", 50))

    assert times(run, "restart", "b") == [70]


def test_a_paused_process_goes_on_after_its_time():
    _, run = suffer(Pause(15, "b", 20))

    assert times(run, "deliver", "b")[:4] == [11, 35, 35, 41]


def test_a_cut_network_heals_after_its_time():
    simulation, run = suffer(Partition(15, (("a",),), 30))

    assert simulation.nodes["b"].heard == [10, 50, 60, 70, 80, 90]
    assert times(run, "heal") == [45]


def test_two_cuts_at_once_separate_whom_either_separates():
    simulation, run = suffer(Partition(5, (("a",),), 30), Partition(15, (("c",),), 40))

    cuts = [record.data for record in run.trace if record.kind == "partition"]
    assert cuts == [(("a",), ("b", "c")), (("a",), ("b",), ("c",)), (("a", "b"), ("c",))]
    assert simulation.nodes["b"].heard == [40, 50, 60, 70, 80, 90]


def test_a_blocked_link_is_cut_in_one_direction():
    simulation = mailboxes(Network(latency=Fixed(1)))
    apply(Plan((Block(5, "a", "b", 20),)), simulation)
    for ms in (10, 30):
        say(simulation, ms, ms, "a", "b")
        say(simulation, ms, ms, "b", "a")

    simulation.run(50)

    assert simulation.nodes["b"].heard == [30]
    assert simulation.nodes["a"].heard == [10, 30]


def test_a_block_outlasts_a_partition_that_ends():
    simulation, _ = suffer(Block(5, "a", "b", 50), Partition(10, (("c",),), 20))

    assert simulation.nodes["b"].heard == [60, 70, 80, 90]


@pytest.mark.parametrize("node", ["", "a", "b"])
def test_messages_are_lost_while_a_loss_lasts(node):
    simulation, _ = suffer(Loss(15, 1.0, 30, node))

    assert simulation.nodes["b"].heard == [10, 50, 60, 70, 80, 90]


def test_a_loss_around_one_node_spares_the_links_of_others():
    simulation, _ = suffer(Loss(15, 1.0, 30, "c"))

    assert len(simulation.nodes["b"].heard) == 9


def test_messages_arrive_twice_while_a_duplication_lasts():
    simulation, _ = suffer(Duplicate(15, 1.0, 10))

    assert simulation.nodes["b"].heard == [10, 20, 20, 30, 40, 50, 60, 70, 80, 90]


def test_delays_add_up_and_end():
    _, run = suffer(Delay(15, 3, 20), Delay(25, 4, 30, "a"))

    assert times(run, "deliver", "b")[:6] == [11, 24, 38, 45, 55, 61]


def test_losses_combine_with_what_the_link_loses_anyway_and_leave_it_as_it_was():
    simulation = mailboxes(Network(loss=0.5))
    apply(Plan((Loss(5, 0.5, 10),)), simulation)

    simulation.run(6)
    during = simulation.network.link("a", "b").loss
    simulation.run(16)

    assert during == 0.75
    assert simulation.network.link("a", "b").loss == 0.5


def test_a_clock_steps():
    _, run = suffer(ClockStep(15, "b", -500))

    assert [record.data for record in run.trace if record.kind == "clock"] == ["step -500 ms"]


def test_a_fault_of_a_link_is_in_the_trace_and_in_the_picture():
    _, run = suffer(Loss(15, 0.5, 30))

    said = [str(record) for record in run.trace if record.kind == "fault"]
    assert said == [
        "15.000 ms  50% of the messages vanish",
        "45.000 ms  no longer: 50% of the messages vanish",
    ]
    assert "50% of the messages vanish" in spacetime(run.trace).html()


def test_eventually_counts_from_the_end_of_a_fault_of_a_link():
    simulation = mailboxes(Network(latency=Fixed(1)))
    apply(Plan((Loss(5, 1.0, 50),)), simulation)
    say(simulation, 60, 1)
    simulation.eventually(lambda: simulation.nodes["b"].heard, within_ms=20)

    assert simulation.run(100).ok


# --- plans are data


def names():
    return st.sampled_from(NAMES)


def groups():
    some = st.lists(names(), min_size=1, unique=True)
    return some.flatmap(lambda all_: st.sampled_from([(tuple(all_),), tuple((name,) for name in all_)]))


def ms():
    return st.floats(0.001, 1e6) | st.integers(1, 10**6)


FAULTS = st.one_of(
    st.builds(Crash, ms(), names(), ms() | st.none()),
    st.builds(Pause, ms(), names(), ms()),
    st.builds(Partition, ms(), groups(), ms()),
    st.builds(Block, ms(), names(), names(), ms()),
    st.builds(Loss, ms(), st.floats(0, 1), ms(), names() | st.just("")),
    st.builds(Duplicate, ms(), st.floats(0, 1), ms(), names() | st.just("")),
    st.builds(Delay, ms(), ms(), ms(), names() | st.just("")),
    st.builds(ClockStep, ms(), names(), st.floats(-1e6, 1e6)),
)


@examples
@given(st.lists(FAULTS).map(lambda faults: Plan(tuple(faults))))
def test_a_plan_survives_json(plan):
    assert Plan.from_json(plan.to_json()) == plan


def test_a_plan_reads_as_a_list_in_order_of_time():
    plan = Plan(
        (Partition(30, (("a", "b"),), 5), Crash(10, "c", 2.5), Block(20, "a", "b", 1), Crash(40, "a"))
    )

    assert str(plan).splitlines() == [
        "at 10 ms c is down for 2.5 ms",
        "at 20 ms b does not hear a for 1 ms",
        "at 30 ms the network is cut around a, b for 5 ms",
        "at 40 ms a is down",
    ]


def test_an_empty_plan_says_so():
    assert str(Plan()) == "nothing goes wrong"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Crash(-1, "a"), r"Crash.at_ms is a number of at least 0, not -1"),
        (lambda: Crash(1, ""), r"Crash.node is the name of a node, not ''"),
        (lambda: Crash(1, "a", 0), r"Crash.for_ms is a number above 0, not 0"),
        (lambda: Pause(1, "a", None), r"Pause.for_ms is a number above 0, not None"),
        (lambda: Loss(1, 1.5, 10), r"Loss.share is a probability between 0 and 1, not 1.5"),
        (lambda: Loss(float("nan"), 0.5, 10), r"Loss.at_ms is a number of at least 0, not nan"),
        (lambda: Partition(1, ("a", "b"), 10), r"Partition.groups is a tuple of groups"),
        (lambda: Partition(1, (), 10), r"Partition.groups is a tuple of groups"),
        (lambda: Partition(1, (("a", "b"), ("a",)), 10), r"no name twice, not \(\('a', 'b'\), \('a',\)\)"),
        (lambda: Crash(10**400, "a"), r"Crash.at_ms is a number of at least 0, not 1000"),
        (lambda: Crash(True, "a"), r"Crash.at_ms is a number of at least 0, not True"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"kind": "crash"}, "a plan in JSON is a list of faults, not dict"),
        ([3], "fault 1 of the plan needs a kind, one of crash, pause"),
        ([{"kind": ["crash"]}], "fault 1 of the plan needs a kind, one of crash, pause"),
        ([{"kind": "flood"}], "fault 1 of the plan needs a kind, one of crash, pause"),
        (
            [{"kind": "crash", "at_ms": 1, "nod": "a"}],
            "fault 1 of the plan: a crash has no 'nod'; it has at_ms",
        ),
        ([{"kind": "crash", "at_ms": "soon", "node": "a"}], "fault 1 of the plan: .*at_ms is a number"),
        ([{"kind": "pause", "at_ms": 1, "node": "a"}], "fault 1 of the plan: .*missing.*for_ms"),
    ],
)
def test_a_plan_in_json_that_makes_no_sense_is_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        Plan.from_json(json.dumps(rows))


def test_what_is_not_json_is_refused():
    with pytest.raises(ValueError, match="this is not a plan in JSON"):
        Plan.from_json("crash n1")


def test_a_plan_for_a_node_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="z is down for 5 ms, but there is no 'z'; there are a, b"):
        apply(Plan((Crash(1, "z", 5),)), mailboxes())


# --- faults as text


@examples
@given(FAULTS)
def test_a_fault_survives_its_text(fault):
    if isinstance(fault, Partition) and len(fault.groups) > 1:
        with pytest.raises(ValueError, match="room for one group only"):
            write_fault(fault)
        return

    again = read_fault(write_fault(fault), NAMES, 1)

    for field in fields(fault):
        value = getattr(fault, field.name)
        assert getattr(again, field.name) == (pytest.approx(value, abs=1e-6) if _is_number(value) else value)


def _is_number(value):
    return isinstance(value, int | float)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_chooses_what_a_text_leaves_open(kind):
    text = f"{kind}@200" if kind in ("crash", "clock_step") else f"{kind}@200-400"

    chosen = [read_fault(text, NAMES, seed) for seed in range(30)]

    assert chosen == [read_fault(text, NAMES, seed) for seed in range(30)]
    assert len(set(chosen)) > 2
    assert {fault.at_ms for fault in chosen} == {200}
    assert {fault.lasts_ms for fault in chosen} == {None if kind in ("crash", "clock_step") else 200}


@pytest.mark.parametrize(("kind", "example"), EXAMPLES.items())
def test_every_example_of_a_text_is_such_a_text(kind, example):
    assert read_fault(example.split(" ")[0].rstrip(","), NAMES, 1).kind == kind


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with no kind of fault; there are crash, pause"),
        ("crash:n1", "should look like crash:n2@200-400"),
        ("crash:n1@soon", "should look like crash:n2@200-400"),
        ("crash:n1@1-2-3", "should look like crash:n2@200-400"),
        ("crash:5@1-2", "should look like crash:n2@200-400"),
        ("crash:,@1-2", "should look like crash:n2@200-400"),
        ("block:n1@1-2", "should look like block:n1,n2@200-400"),
        ("delay:n1@1-2", "should look like delay:20@200-400"),
        ("partition:n1,n1@1-2", "makes no sense: Partition.groups is .* no name twice"),
        ("loss:2@1-2", "makes no sense: Loss.share is a probability between 0 and 1, not 2.0"),
        ("pause:n1@5", "needs an end; it should look like pause:n2@200-400"),
        ("clock_step:n1,5@5-9", "has no end; it should look like clock_step:n2,-500@200"),
        ("pause:n1@5-5", "ends before it begins"),
    ],
)
def test_a_text_that_is_no_fault_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_fault(text, NAMES, 1)


# --- nemesis


@examples
@given(seed=st.integers(0, 10**6), intensity=st.floats(0.1, 30), quiesce=st.floats(0, 2990))
def test_a_nemesis_is_quiet_at_the_end(seed, intensity, quiesce):
    plan = nemesis(seed, NAMES, intensity=intensity, until_ms=3000, quiesce_ms=quiesce)

    assert plan.faults
    for fault in plan.faults:
        assert fault.at_ms + (getattr(fault, "for_ms", None) or 0) <= 3000 - quiesce + 1e-3


def test_every_crash_of_a_nemesis_has_its_restart():
    plans = [nemesis(seed, NAMES, kinds=["crash"]) for seed in range(50)]

    assert all(fault.for_ms is not None for plan in plans for fault in plan.faults)


def test_after_a_nemesis_the_world_is_whole():
    for seed in range(40):
        simulation = mailboxes(names="abcde", seed=seed)
        apply(nemesis(seed, "abcde", intensity=20, until_ms=2000), simulation)

        simulation.run(2000)

        assert set(simulation.nodes) == set("abcde")
        assert not simulation.network.faulty
        assert {simulation.network.link(a, b).loss for a in "abcde" for b in "abcde"} == {0.0}


def test_each_seed_of_a_nemesis_uses_some_kinds_and_all_seeds_together_use_every_kind():
    used = [frozenset(fault.kind for fault in nemesis(seed, NAMES).faults) for seed in range(100)]

    assert frozenset().union(*used) == set(KINDS)
    assert len(set(used)) > 30
    assert sum(len(kinds) < len(KINDS) for kinds in used) > 90


def test_a_nemesis_depends_on_its_seed_alone():
    assert nemesis(7, ["c", "a", "b"]) == nemesis(7, NAMES) != nemesis(8, NAMES)


def test_a_nemesis_of_one_node_cuts_nobody_off():
    plans = [nemesis(seed, ["a"]) for seed in range(30)]

    assert not {"partition", "block"} & {fault.kind for plan in plans for fault in plan.faults}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": ["flood"]}, "knows no faults of kind 'flood'; it knows crash"),
        ({"kinds": []}, "at least one node, one kind"),
        ({"quiesce_ms": 10_000}, "at least 2 ms before it is quiet"),
        ({"intensity": 0}, "an intensity above 0"),
    ],
)
def test_a_nemesis_that_can_do_nothing_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        nemesis(1, NAMES, **options)


# --- sweep


@pytest.fixture(scope="module")
def report():
    return sweep(planted.election, range(160), 3000, planted.trouble)


def test_a_sweep_finds_the_vote_that_is_forgotten_in_a_crash(report):
    assert not report.ok
    assert len(report.failures) == 3
    assert {failure.problem.name for failure in report.failures} == {"one leader a term"}


def test_a_sweep_finds_nothing_wrong_with_a_vote_that_is_durable():
    report = sweep(lambda seed: planted.election(seed, planted.SteadyRaft), range(160), 3000, planted.trouble)

    assert report.ok, str(report)


def test_a_failure_of_a_sweep_happens_again(report):
    failure = report.failures[0]

    again = failure.trial.run(failure.trial.prepare())

    assert again == failure.problem
    assert f"seed {failure.seed}, 75 faults: one leader a term does not hold" in str(failure)


def test_a_report_says_what_was_used_and_what_was_seen(report):
    assert report.runs == 160
    assert report.held == {"there is a leader": 160}
    assert {kind for kind, runs in report.kinds.items() if runs} == {"crash", "partition", "loss"}
    assert "there is a leader: held in 160 runs" in str(report)


def test_a_report_counts_which_handlers_ran_and_names_those_that_never_did(report):
    assert report.handlers["ForgetfulRaft.vote"] == 160
    assert "never ran" not in str(report)

    short = sweep(planted.election, range(3), 100, lambda seed, names: Plan())

    assert short.handlers["ForgetfulRaft.stand_for_election"] == 0
    assert "never ran: ForgetfulRaft.stand_for_election, ForgetfulRaft.vote" in str(short)


def test_a_sweep_in_which_sometimes_never_held_shows_nothing():
    def make(seed):
        simulation = mailboxes(seed=seed)
        simulation.sometimes(lambda: simulation.nodes["a"].heard, "a hears something")
        return simulation

    report = sweep(make, range(3), 50)

    assert not report.failures
    assert not report.ok
    assert "a hears something: held in 0 runs, so the sweep shows nothing" in str(report)


@pytest.mark.parametrize("seeds", [100, (seed for seed in range(3))])
def test_a_sweep_wants_a_collection_of_seeds(seeds):
    with pytest.raises(TypeError, match=r"seeds are a collection such as range\(100\), not "):
        sweep(lambda seed: mailboxes(seed=seed), seeds)


def test_sometimes_need_not_hold_in_every_run_of_a_sweep():
    def make(seed):
        simulation = mailboxes(seed=seed)
        if seed == 1:
            say(simulation, 1, 1, "b", "a")
        simulation.sometimes(lambda: simulation.nodes["a"].heard, "a hears something")
        return simulation

    assert sweep(make, range(3), 50, lambda seed, names: Plan()).ok


def test_sometimes_does_not_hide_what_never_comes_to_hold():
    def make(seed):
        simulation = mailboxes(seed=seed)
        simulation.sometimes(lambda: False, "never")
        simulation.eventually(lambda: False, 10, "soon")
        return simulation

    report = sweep(make, range(1), 50, lambda seed, names: Plan())

    assert [failure.problem.name for failure in report.failures] == ["soon"]


def test_a_sweep_over_nothing_is_not_ok():
    assert not sweep(planted.election, [], 100).ok


def test_a_check_judges_the_whole_run():
    def make(seed):
        simulation = mailboxes(seed=seed)
        say(simulation, 1, seed)
        return simulation

    def at_most_one(run):
        assert all(record.data.number < 2 for record in run.trace if record.kind == "deliver"), "too many"

    report = sweep(make, range(3), 50, lambda seed, names: Plan(), check=at_most_one)

    assert [failure.seed for failure in report.failures] == [2]
    assert report.failures[0].problem.explanation.startswith("too many")


def greetings(seed):
    """A tells b as many numbers as the seed says, one every 10 ms."""
    simulation = mailboxes(Network(latency=Fixed(1)), seed=seed)
    for number in range(1, seed + 1):
        say(simulation, 10 * number, number)
    return simulation


def test_a_check_can_ask_for_the_nodes_as_well():
    def at_most_one(run, nodes):
        assert len(nodes["b"].heard) <= 1, f"b heard {len(nodes['b'].heard)}"

    report = sweep(greetings, range(3), 50, calm, check=at_most_one)

    assert [failure.problem.explanation.splitlines()[0] for failure in report.failures] == ["b heard 2"]


def test_what_had_to_happen_is_asked_for_if_nothing_else_is_wrong():
    def at_most_two(run, nodes):
        assert len(nodes["b"].heard) <= 2

    def at_least_one(run, nodes):
        return len(nodes["b"].heard) >= 1

    report = sweep(greetings, range(4), 50, calm, check=at_most_two, complete=at_least_one)

    assert [(failure.seed, failure.problem.name) for failure in report.failures] == [
        (0, "complete"),
        (3, "check"),
    ]


def test_what_did_not_happen_keeps_its_time():
    report = sweep(greetings, [2], 50, calm, complete=lambda run, nodes: len(nodes["b"].heard) >= 3)
    small = shrink(report.failures[0])

    assert not small.untimed
    assert times(small, "deliver") == [11.0, 21.0]


def test_what_is_wrong_is_not_shrunk_to_something_that_did_not_happen():
    def in_order(run, nodes):
        assert 2 not in nodes["b"].heard, "b heard 2"

    def enough(run, nodes):
        assert len(nodes["b"].heard) >= 2, "b heard hardly anything"

    report = sweep(greetings, [3], 50, calm, check=in_order, complete=enough)
    small = shrink(report.failures[0])

    assert small.problem.explanation.startswith("b heard 2")
    assert [record.kind for record in small.events] == ["call", "deliver"]


def test_a_verdict_that_names_records_says_when_it_went_wrong():
    def none(run):
        first = next(index for index, record in enumerate(run.trace) if record.kind == "deliver")
        return Verdict("illegal", "b hears something", events=(first,))

    report = sweep(greetings, [3], 50, calm, check=none)
    problem = report.failures[0].problem

    assert problem.time_us == 11_000
    assert len(shrink(report.failures[0], untimed=False).events) == 2


def test_a_check_that_cannot_judge_says_so():
    with pytest.raises(PropertyFailed, match="check of seed 0 raised KeyError"):
        sweep(greetings, [0], 50, calm, check=lambda run, nodes: nodes["z"])


def test_shrinking_ends_when_enough_has_been_tried(report):
    failure = report.failures[0]
    thorough, hasty = shrink(failure), shrink(failure, effort=1)

    assert hasty.tried < thorough.tried
    assert len(hasty.events) > len(thorough.events)
    assert hasty.problem.name == thorough.problem.name


def test_an_effort_that_is_great_enough_changes_nothing(report):
    assert str(shrink(report.failures[0], effort=10**9)) == str(shrink(report.failures[0]))


class Fragile(Mailbox):
    def __init__(self):
        super().__init__()
        self.sum = 0

    def tell(self, to, number):
        super().tell(to, number)
        if number >= 50 and not self.heard:
            raise KeyError(number)


def fragile(seed):
    simulation = Simulation(seed)
    for name in "ab":
        simulation.add(name, Fragile)
    for number in range(10, 100, 10):
        say(simulation, number, number)
    return simulation


def test_a_handler_that_raises_is_a_failure():
    report = sweep(fragile, range(1), 200)

    assert report.failures[0].problem.name == "KeyError"
    assert "Fragile.tell on a raised KeyError(50)" in str(report)


def test_a_sweep_stops_when_enough_has_failed():
    assert sweep(fragile, range(100), 200, stop_after=2).runs == 2


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "shown"),
    [(Terminal(), "[################........] 2 of 3 seeds, 0 failed"), (io.StringIO(), "")],
)
def test_a_terminal_shows_the_progress_and_nothing_else_does(monkeypatch, stream, shown):
    monkeypatch.setattr(sys, "stderr", stream)

    sweep(lambda seed: mailboxes(), range(3), 10)

    assert shown in stream.getvalue()
    assert bool(stream.getvalue()) == bool(shown)


# --- shrink


def story(counterexample):
    return [str(record).partition("  ")[2] for record in counterexample.events]


def test_a_forgotten_vote_is_explained_in_at_most_twelve_events(report):
    for failure in report.failures:
        began = time.process_time()
        small = shrink(failure)

        assert small.untimed
        assert len(small.events) <= 12
        assert len(small.plan) < len(failure.plan)
        assert {"crash", "restart"} <= {record.kind for record in small.events}
        assert small.problem.name == "one leader a term"
        assert time.process_time() - began < 2  # usually far below half a second


def test_the_story_of_a_forgotten_vote_goes_from_cause_to_effect(report):
    assert story(shrink(report.failures[0])) == [
        "n2 timer 'election' fires",
        "n3 receives RequestVote(term=1) from n2",
        "n2 receives Vote(term=1, granted=True) from n3",
        "n2 crashes",
        "n2 restarts",
        "n1 timer 'election' fires",
        "n2 receives RequestVote(term=1) from n1",
        "n1 receives Vote(term=1, granted=True) from n2",
    ]


def test_a_counterexample_reads_as_a_story_and_draws_itself(report):
    small = shrink(report.failures[0])

    assert f"fails in {len(small.events)} events" in str(small)
    assert "   1. n" in str(small)
    assert str(small).endswith("n2 and n1 both lead term 1")
    assert "<p>one leader a term does not hold" in small._repr_html_()
    assert "✗ one leader a term" in small._repr_html_()


def test_shrinking_is_deterministic(report):
    assert shrink(report.failures[0]).trace.digest == shrink(report.failures[0]).trace.digest


def test_the_shrunk_plan_fails_by_itself_and_no_fault_of_it_can_be_left_out(report):
    failure = report.failures[0]

    faults = shrink(failure).plan.faults

    def name(some):
        trial = Trial(planted.election, failure.seed, Plan(tuple(some)), failure.problem.time_us / 1000)
        problem = trial.run(trial.prepare())
        return problem and problem.name

    assert name(faults) == "one leader a term"
    assert [name(one for one in faults if one is not left) for left in faults] == [None] * len(faults)


def test_the_steps_of_a_story_fail_again_and_none_of_them_can_be_left_out(report):
    for failure in report.failures:
        small = shrink(failure)

        def fails(steps, failure=failure):
            return Stage(replace(failure.trial, plan=Plan())).play(steps, "one leader a term")

        assert fails(small.steps)
        assert not any(fails([step for step in small.steps if step is not left]) for left in small.steps)


def test_without_leave_to_change_time_the_run_stays_a_run(report):
    small = shrink(report.failures[0], untimed=False)

    assert not small.untimed
    assert small.steps == ()
    assert len(small.trace) > 30


def test_what_arrives_late_after_a_pause_arrives_in_the_story_too():
    def make(seed):
        simulation = mailboxes(Network(latency=Fixed(1), duplicate=1.0), "abc")
        say(simulation, 10, 1, "a", "b")
        say(simulation, 50, 3, "c", "a")
        heard = []

        def b_hears_its_message_first():
            for name in "ab":
                if simulation.nodes[name].heard and name not in heard:
                    heard.append(name)
            assert (heard, simulation.nodes["b"].heard) != (["a", "b"], [1, 1])

        simulation.always(b_hears_its_message_first, "b first")
        return simulation

    plan = Plan((Pause(5, "b", 80),))

    small = shrink(sweep(make, [1], 200, lambda seed, names: plan).failures[0])

    assert small.plan == plan
    assert small.untimed
    assert story(small) == [
        "a is asked to tell('b', 1)",
        "c is asked to tell('a', 3)",
        "a receives Ping(number=3) from c",
        "b receives Ping(number=1) from a",
        "b receives Ping(number=1) from a",
    ]


def test_events_of_one_process_keep_their_order_and_others_follow_their_causes():
    stage = Stage(Trial(lambda seed: mailboxes(), 1, Plan(), 1))
    happened = [
        ("timer", "a", "go"), ("timer", "b", "go"), ("timer", "c", "go"),
        ("deliver", "b", "d", 0, "x", False), ("deliver", "a", "e", 0, "x", False), ("crash", "b"),
    ]  # fmt: skip
    stage.taken = [Step(n, what) for n, what in enumerate(happened)]
    rows = [
        (0, "send", "a", "e", 1, None), (1, "send", "b", "d", 2, None), (2, "timer", "c", "", 0, "go"),
        (3, "deliver", "d", "b", 2, None), (4, "deliver", "e", "a", 1, None), (5, "crash", "b", "", 0, None),
    ]  # fmt: skip
    stage.simulation._rows[:] = rows
    stage.spans = [range(n, n + 1) for n in range(6)]

    told = [stage.taken.index(step) for step in causal(stage)]

    assert told == [2, 1, 3, 0, 4, 5]


def test_shrinking_does_not_slip_from_one_problem_to_another():
    def make(seed):
        simulation = mailboxes(Network(latency=Fixed(1)))
        for ms in range(10, 60, 10):
            say(simulation, ms, ms)
        simulation.always(lambda: 30 not in simulation.nodes["b"].heard, "thirty")
        simulation.always(lambda: 40 not in simulation.nodes["b"].heard, "forty")
        return simulation

    plan = Plan((Loss(25, 1.0, 10), Loss(45, 1.0, 10), Duplicate(5, 1.0, 50)))
    failure = sweep(make, [1], 100, lambda seed, names: plan).failures[0]
    assert failure.problem.name == "forty"

    small = shrink(failure)

    assert small.problem.name == "forty"
    assert small.plan == Plan((Loss(25, 1.0, 10),))
    assert story(small) == ["a is asked to tell('b', 40)", "b receives Ping(number=40) from a"]


def test_a_handler_that_raises_is_shrunk_to_its_cause():
    small = shrink(sweep(fragile, range(1), 200).failures[0])

    assert small.plan == Plan()
    assert [str(record).partition("  ")[2] for record in small.events] == ["a is asked to tell('b', 50)"]


def test_what_never_comes_to_hold_is_shrunk_to_its_faults():
    def make(seed):
        simulation = mailboxes(Network(latency=Fixed(1)), seed=seed)
        say(simulation, 50, 1)
        simulation.eventually(lambda: simulation.nodes["b"].heard, 60, "b hears it")
        return simulation

    plan = Plan((Pause(10, "a", 5), Loss(45, 1.0, 10), Crash(20, "a", 5)))

    small = shrink(sweep(make, [1], 200, lambda seed, names: plan).failures[0])

    assert small.plan == Plan((Loss(45, 1.0, 10),))
    assert not small.untimed


def test_what_takes_too_long_keeps_its_time_whatever_else_happens():
    def make(seed):
        simulation = mailboxes(Network(latency=Fixed(1)), seed=seed)
        for ms in range(10, 200, 10):
            say(simulation, ms, ms, "b", "a")
        say(simulation, 50, 1)
        simulation.eventually(lambda: simulation.nodes["b"].heard, 60, "b hears it")
        return simulation

    plan = Plan((Loss(45, 1.0, 10),))

    small = shrink(sweep(make, [1], 200, lambda seed, names: plan).failures[0])

    assert not small.untimed  # in a story without time, leaving out every message would explain it
    assert small.plan == plan


class Stillborn(Mailbox):
    def on_start(self):
        raise KeyError("no room")


def test_a_node_that_cannot_even_start_is_shrunk_to_nothing():
    def make(seed):
        simulation = Simulation(seed)
        simulation.add("a", Stillborn)
        return simulation

    small = shrink(sweep(make, [1], 100).failures[0])

    assert (small.plan, small.events) == (Plan(), ())
    assert small.problem.name == "KeyError"
    assert "<svg" in small._repr_html_()


def test_a_property_that_cannot_judge_a_smaller_world_does_not_stop_the_shrinking():
    def make(seed):
        simulation = mailboxes(Network(latency=Fixed(1)))
        for number in range(1, 9):
            say(simulation, 10 * number, number)

        def holds():
            heard = simulation.nodes["b"].heard
            # IndexError if fewer than six were heard before it, ZeroDivisionError if seven were
            return 8 not in heard or heard[6] != 8 // (8 - len(heard))

        simulation.always(holds, "odd")
        return simulation

    plan = Plan((Loss(15, 1.0, 10), Crash(200, "a", 5), Duplicate(1, 0.0, 5)))

    small = shrink(sweep(make, [1], 100, lambda seed, names: plan).failures[0])

    assert small.problem.name == "odd"
    assert small.plan == Plan((Loss(15, 1.0, 10),))
    assert len(small.events) == 14  # seven messages, and no fewer


class Rumour(Node):
    """Tells it to somebody by chance, who tells it on; who hears it a third time is bored."""

    def __init__(self):
        self.heard = 0

    def on_start(self):
        self.set_timer("gossip", 5, 20)

    @on("gossip")
    def gossip(self):
        self.send(self.choose(self.peers), Ping(1))
        self.set_timer("gossip", 5, 20)

    @on(Ping)
    def hear(self, src, ping):
        self.heard += 1
        if self.id == "n1" and self.heard == 3:
            raise OverflowError("bored")


def test_what_was_chosen_in_the_run_is_chosen_in_the_story():
    def make(seed):
        simulation = Simulation(seed, Network(fifo=True))
        simulation.cluster(Rumour, 6)
        return simulation

    failures = sweep(make, range(5), 500, lambda seed, names: Plan()).failures
    assert len(failures) == 5
    for failure in failures:
        small = shrink(failure)

        assert small.untimed
        assert [line.split(" from")[0] for line in story(small)].count("n1 receives Ping(number=1)") == 3
        assert [record.kind for record in small.events] == ["timer", "deliver"] * 3  # each with its cause


def test_a_clock_that_jumps_is_a_step_of_the_story():
    class Timed(Mailbox):
        def hear(self, src, ping):
            assert self.now < 10**9, "it is late"

    def make(seed):
        simulation = Simulation(seed, Network(latency=Fixed(1)))
        for name in "ab":
            simulation.add(name, Timed)
        for ms in range(10, 100, 10):
            say(simulation, ms, ms)
        return simulation

    plan = Plan((ClockStep(33, "a", -7.25), ClockStep(43, "b", 1234567890.25), Pause(50, "a", 10)))

    small = shrink(sweep(make, [1], 100, lambda seed, names: plan).failures[0])

    assert small.plan == Plan((ClockStep(43, "b", 1234567890.25),))
    assert small.steps[0].what == ("clock", "b", 1234567890.25)
    assert len(small.events) == 3  # the clock, the question, the message


async def put_and_get(c):
    for _ in range(10):
        with c.operation("write", "x", c.unique()) as op:
            await c.call("n1", Put(op.argument), timeout_ms=50)
        await c.sleep(5)
        with c.operation("read", "x") as op:
            op.result = (await c.call("n1", Get(), timeout_ms=50)).value
        await c.sleep(5)


def test_a_failure_that_clients_see_is_shrunk_to_their_calls():
    def make(seed):
        simulation = Simulation(seed, Network(loss=0.1))
        simulation.cluster(Cell, 1)
        simulation.client("c1", put_and_get)
        return simulation

    def reads_its_writes(run):
        last = 0
        for op in run.history:
            if op.kind == "write" and not op.pending:
                last = op.argument
            elif op.kind == "read" and not op.pending:
                assert op.result >= last, f"read {op.result} after {last} was written"

    failures = sweep(
        make, range(50), 500, lambda seed, names: nemesis(seed, names, ["crash"], 20, 500), reads_its_writes
    ).failures

    small = shrink(failures[0])

    assert small.untimed
    assert {"crash", "restart"} <= {record.kind for record in small.events}
    assert len(small.events) <= 8
    assert "read 0 after" in small.problem.explanation


def test_a_failure_that_does_not_come_back_is_refused():
    trial = Trial(lambda seed: mailboxes(), 1, Plan(), 10)

    with pytest.raises(ValueError, match="seed 1 does not fail a second time"):
        shrink(Failure(trial, Problem("once", "it was like that", 5)))


@few_examples
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9)), min_size=1, max_size=30),
    st.sets(st.integers(0, 9), min_size=1, max_size=3),
    st.integers(0, 100),
)
def test_shrinking_keeps_the_failure_and_nothing_else(said, bad, seed):
    def make(seed):
        simulation = mailboxes(Network(latency=Uniform(1, 50)), seed=seed)
        for place, (src, number) in enumerate(said):
            say(simulation, 5 * place, number, src, "ab".replace(src, ""))
        simulation.always(lambda: not bad <= set(simulation.nodes["b"].heard), "not all of them")
        return simulation

    def late(seed, names):
        return nemesis(seed, names, ["delay", "pause", "clock_step"], intensity=20, until_ms=1000)

    report = sweep(make, [seed], 5000, late)

    assert bool(report.failures) == (bad <= {number for src, number in said if src == "a"})
    if not report.failures:
        return
    small = shrink(report.failures[0])

    assert small.problem.name == "not all of them"
    assert small.plan == Plan()
    heard = [record.data.number for record in small.events if record.kind == "deliver"]
    assert sorted(heard) == sorted(bad)
    assert len(small.events) == 2 * len(bad)  # each is said and heard


@examples
@given(st.lists(st.integers(0, 30), max_size=40), st.sets(st.integers(0, 30), min_size=1, max_size=4))
def test_delta_debugging_leaves_out_all_that_can_be_left_out(items, needed):
    items = [*items, *needed]

    few = ddmin(items, lambda some: some if needed <= set(some) else None)

    assert sorted(few) == sorted(needed)


@examples
@given(st.lists(st.integers(0, 99), unique=True, max_size=25), st.integers(0, 10**6))
def test_delta_debugging_is_one_minimal_whatever_fails(items, salt):
    """Even if fewer items may fail where more do not: no single one of the result can be left out."""

    def fails(some):
        return some if list(some) == items or crc32(f"{salt} {some}".encode()) % 4 == 0 else None

    few = ddmin(items, fails)

    assert fails(few) is not None
    assert not [left for left in few if fails([item for item in few if item != left]) is not None]


def test_delta_debugging_finds_that_nothing_is_needed():
    assert ddmin([1, 2, 3], lambda some: some) == []


# --- what is told of a failure that cannot be made short


class Ticking(Node):
    def on_start(self):
        self.set_timer("tick", 1)

    @on("tick")
    def tick(self):
        self.set_timer("tick", 1)


def test_of_a_failure_that_depends_on_time_the_last_events_are_told():
    def make(seed):
        simulation = Simulation(seed)
        simulation.add("a", Ticking)
        simulation.eventually(lambda: False, 100, "soon")
        return simulation

    small = shrink(sweep(make, [1], 200, lambda seed, names: Plan()).failures[0])
    told = str(small).splitlines()

    assert told[0].endswith("events. It depends on time, so here are the last 40 as they were.")
    assert len(told) == 1 + 40 + 1
    assert told[-2] == f"{len(small.events):4}. a timer 'tick' fires"


def test_what_a_client_does_after_a_wait_is_not_told_as_a_reaction_of_somebody_else():
    async def script(c):
        await c.call("b", Ping(2))

    def make(seed):
        simulation = mailboxes(seed=seed)
        simulation.client("c", script, at_ms=5)
        say(simulation, 1, 1)
        simulation.always(lambda: 2 not in simulation.nodes["b"].heard, "not two")
        return simulation

    small = shrink(sweep(make, [1], 50, lambda seed, names: Plan()).failures[0], untimed=False)

    assert "      after a wait, c sends Ping(number=2) to b" in str(small).splitlines()


def test_a_report_tells_a_few_of_its_failures_and_shows_itself_in_a_notebook():
    def make(seed):
        simulation = mailboxes(seed=seed)
        simulation.always(lambda: False, "<never>")
        return simulation

    report = sweep(make, range(25), 50, lambda seed, names: Plan())

    assert repr(report) == "<Report of 25 runs, 25 failures>"
    assert str(report).count("<never> does not hold") == 20
    assert str(report).endswith("and 5 more")
    assert "&lt;never&gt; does not hold" in report._repr_html_()
    assert repr(report.failures[3]).startswith("<Failure of seed 3, 0 faults: <never> does not hold")
    assert repr(shrink(report.failures[3])).startswith("<Counterexample of seed 3, 0 events: <never>")


@pytest.mark.parametrize("untimed", [True, False])
def test_a_counterexample_keeps_its_history_for_the_checker_to_explain(untimed):
    async def script(c):
        with c.operation("write", "x", 5):
            await c.sleep(5)
        with c.operation("read", "x") as op:
            op.result = 4

    def make(seed):
        simulation = mailboxes(seed=seed)
        simulation.client("c", script)
        return simulation

    def check(run):
        return linearizable(run.history, Register())

    report = sweep(make, [1], 50, lambda seed, names: Plan(), check)
    small = shrink(report.failures[0], untimed)

    verdict = linearizable(small.history, Register())
    assert verdict.status == "illegal"
    assert verdict.explanation in str(small)
