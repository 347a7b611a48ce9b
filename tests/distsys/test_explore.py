"""Explorations: everything that can happen, and why something does."""

import gc
import os
import random
import re
import subprocess
import sys
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest

from distsys.check import Verdict
from distsys.check.linearizability import linearizable
from distsys.check.models import Register as RegisterModel
from distsys.draw.graph import state_graph
from distsys.draw.spacetime import spacetime
from distsys.explore import NotExplorable, cluster, edges, explore, process
from distsys.node import Node, message, on

from .protocols import (
    DoubleVote,
    ForgottenVote,
    HastyReader,
    OneTerm,
    RegisterReader,
    RegisterWriter,
    all_agree,
    one_leader_a_term,
    shared_register,
    two_phase_commit,
)

ROOT = Path(__file__).parents[2]


@message
class Number:
    value: int


@message
class About:
    name: str


class Listener(Node):
    """Keeps what it hears, in order."""

    def __init__(self):
        self.heard = ()

    @on(Number)
    def hear(self, src, number):
        self.heard = (*self.heard, number.value)


class Counter(Node):
    """Sends 1, 2, … to everyone at once when it starts."""

    last = 2

    def on_start(self):
        for value in range(1, self.last + 1):
            self.broadcast(Number(value))


class Alone(Node):
    """Does something once, when its timer fires."""

    def __init__(self):
        self.state = None

    def on_start(self):
        self.set_timer("go", 1)

    @on("go")
    def go(self):
        self.act()

    def act(self):
        raise NotImplementedError


def doing(act, **attributes):
    """A class of nodes that do this when their timer fires."""
    return type("Doer", (Alone,), {"act": act, **attributes})


def seen(make, look, **options):
    """Every value that something takes in any state."""
    values = set()

    def note_down(nodes):
        values.add(look(nodes))
        return True

    assert explore(make, invariants=[note_down], **options).ok
    return values


def heard(nodes):
    return nodes["b"].heard


def never(nodes):
    return False


def leader(nodes):
    return any(node.role == "leader" for node in nodes.values())


# --- finding what is wrong


def test_voting_twice_is_found_in_six_steps():
    result = explore(cluster(DoubleVote, 3), invariants=[one_leader_a_term])

    assert result.status == "violation"
    assert not result.ok
    assert [step.kind for step in result.steps] == ["start"] * 3 + [
        "timer", "deliver", "deliver", "timer", "deliver", "deliver"
    ]  # fmt: skip


def test_a_vote_that_a_crash_forgets_is_found_if_one_crash_is_allowed():
    result = explore(cluster(ForgottenVote, 3), invariants=[one_leader_a_term], crashes=1)

    assert result.status == "violation"
    assert "crash" in [step.kind for step in result.steps]


def test_a_vote_that_a_crash_forgets_is_not_found_without_crashes():
    class OneTermForgotten(ForgottenVote):
        last_term = 1

    assert explore(cluster(OneTermForgotten, 3), invariants=[one_leader_a_term]).ok


def test_the_right_election_survives_a_crash():
    result = explore(cluster(OneTerm, 3), invariants=[one_leader_a_term], crashes=1)

    assert result.ok
    assert result.states > 248


def test_two_phase_commit_agrees():
    assert explore(two_phase_commit(3), invariants=[all_agree]).ok


def test_the_explanation_names_the_invariant_and_every_step():
    result = explore(cluster(DoubleVote, 3), invariants=[one_leader_a_term])

    first, *steps = str(result).splitlines()

    assert first == "violation: after 6 steps, one leader a term does not hold: the predicate is false"
    assert steps[:2] == ["1. n1's timer 'election' fires", "2. n2 receives RequestVote(term=1) from n1"]


def test_the_explanation_ends_with_the_state_of_each_node():
    result = explore(cluster(DoubleVote, 3), invariants=[one_leader_a_term])

    assert str(result).splitlines()[-4:-1] == [
        "In the end:",
        "n1: term=1, voted_for='n3', role='leader', votes={}",
        "n2: term=1, voted_for='n1', role='follower', votes={}",
    ]
    assert [node.role for node in result.nodes.values()] == ["leader", "follower", "leader"]
    assert not one_leader_a_term(result.nodes)


def test_a_state_is_shown_in_one_line_that_is_the_same_in_every_run():
    def act(self):
        self.state = object(), "long " * 100

    result = explore({"a": doing(act)}, invariants=[lambda nodes: nodes["a"].state is None])
    shown = str(result).splitlines()[-1]

    assert shown.startswith("a: state=(<object object>, 'long long")
    assert shown.endswith(" …")


def test_the_words_of_an_assertion_become_the_explanation():
    def at_most_two(nodes):
        assert len(nodes["b"].heard) < 3, f"b heard {nodes['b'].heard}"
        return True

    result = explore({"a": Counter, "b": Listener}, invariants=[at_most_two])

    assert "at most two does not hold: b heard (1, 1, 1)" in str(result)


def test_an_invariant_that_fails_at_the_start_needs_no_step():
    result = explore({"b": Listener}, invariants=[never])

    assert result.explanation.startswith("after 0 steps, never does not hold")


def test_an_invariant_may_only_assert():
    def empty(nodes):
        assert nodes["b"].heard == ()

    assert explore({"b": Listener}, invariants=[empty]).ok


def test_a_verdict_that_does_not_hold_explains_itself():
    result = explore({"b": Listener}, invariants=[lambda nodes: Verdict("illegal", "b is deaf")])

    assert str(result).startswith("violation: after 0 steps, predicate 1 does not hold: b is deaf\n")


def test_a_handler_that_raises_is_found_with_the_path_to_it():
    def act(self):
        raise KeyError("x")

    result = explore({"a": doing(act)})

    assert result.explanation.splitlines() == [
        "after 1 step, Doer.go on a raised KeyError('x')", "1. a's timer 'go' fires"
    ]  # fmt: skip
    assert [record.kind for record in result.trace] == ["start", "timer"]


def test_a_start_that_raises_is_found():
    class Stillborn(Node):
        def on_start(self):
            raise ValueError("no")

    result = explore({"b": Listener, "a": Stillborn})

    assert (result.status, result.states) == ("violation", 0)
    assert "Stillborn.on_start on a raised ValueError('no')" in str(result)


def test_a_message_without_a_handler_is_found():
    result = explore({"a": Counter, "b": Counter})

    assert "Counter a received Number(value=1) but has no method marked @on(Number)" in str(result)


def test_sending_to_nobody_is_found():
    result = explore({"a": doing(lambda self: self.send("z", Number(1)))})

    assert "there is no node of that name" in str(result)


# --- the counterexample


def test_the_counterexample_is_a_trace_whose_nth_step_is_at_n_milliseconds():
    trace = explore(cluster(DoubleVote, 3), invariants=[one_leader_a_term]).trace

    events = [record for record in trace if record.kind in ("timer", "deliver")]

    assert [record.time for record in events] == [1000, 2000, 3000, 4000, 5000, 6000]
    assert [record.kind for record in trace[:3]] == ["start"] * 3


def test_every_delivery_of_the_counterexample_has_its_send():
    trace = explore(cluster(ForgottenVote, 3), invariants=[one_leader_a_term], crashes=1).trace

    sent = {record.id: (record.node, record.peer, record.data) for record in trace if record.kind == "send"}
    got = [(record.peer, record.node, record.data) for record in trace if record.kind == "deliver"]

    assert got == [sent[record.id] for record in trace if record.kind == "deliver"]


def test_a_message_that_comes_twice_has_one_send():
    result = explore({"a": Counter, "b": Listener}, invariants=[lambda nodes: heard(nodes)[:2] != (1, 1)])

    ids = [record.id for record in result.trace if record.kind == "deliver"]

    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_each_copy_of_a_message_has_its_own_send():
    thrice = doing(lambda self: [self.send("b", Number(1)) for _ in range(3)])

    result = explore(
        {"a": thrice, "b": Listener}, network="bag", goals=[lambda nodes: len(heard(nodes)) == 3]
    )

    assert sorted(record.id for record in result.trace if record.kind == "deliver") == [1, 2, 3]


def test_the_counterexample_can_be_drawn():
    trace = explore(cluster(ForgottenVote, 3), invariants=[one_leader_a_term], crashes=1).trace

    assert "crash" in spacetime(trace, warp=1).html()


def test_the_result_shows_itself_with_the_path():
    html = explore(cluster(DoubleVote, 3), invariants=[one_leader_a_term])._repr_html_()

    assert html.startswith("<p>violation: after 6 steps, one leader a term does not hold")
    assert "<svg" in html


def test_a_result_without_a_path_shows_itself_in_words():
    result = explore({"b": Listener})

    assert repr(result) == "<Result ok: nothing is wrong in 1 state>"
    assert result._repr_html_() == "<p>ok: nothing is wrong in 1 state</p>"


def test_a_goal_shows_itself_with_the_path():
    html = explore(cluster(OneTerm, 3), goals=[leader])._repr_html_()

    assert "<p>A shortest path to leader, in 3 steps:</p>" in html
    assert "<svg" in html


def test_of_a_long_path_the_end_is_drawn():
    forever = doing(lambda self: (setattr(self, "state", (self.state or 0) + 1), self.on_start()))

    result = explore({"a": forever}, goals=[lambda nodes: nodes["a"].state == 500])

    assert "in 500 steps; the picture shows the last 300 records" in result._repr_html_()


SCRIPT = """
from distsys.explore import cluster, explore
from tests.distsys.protocols import DoubleVote, one_leader_a_term
result = explore(cluster(DoubleVote, 3), invariants=[one_leader_a_term])
print(result.states, result.trace.digest)
"""


def test_the_counterexample_is_the_same_under_every_hash_seed():
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1", "12345")
    }  # fmt: skip

    assert len(found) == 1


# --- networks


def test_in_a_set_a_message_can_come_twice_and_overtake():
    values = seen({"a": Counter, "b": Listener}, heard, prune=lambda nodes: len(heard(nodes)) == 2)

    assert {(1, 1), (2, 1), (1, 2), (2,), ()} <= values


def test_in_a_bag_a_message_can_overtake_but_comes_once():
    values = seen({"a": Counter, "b": Listener}, heard, network="bag")

    assert values == {(), (1,), (2,), (1, 2), (2, 1)}


def test_a_bag_keeps_as_many_copies_as_were_sent():
    twice = doing(lambda self: [self.send("b", Number(1)) for _ in range(3)])

    values = seen({"a": twice, "b": Listener}, heard, network="bag")

    assert values == {(), (1,), (1, 1), (1, 1, 1)}


def test_in_fifo_order_nothing_overtakes():
    values = seen({"a": Counter, "b": Listener}, heard, network="fifo")

    assert values == {(), (1,), (1, 2)}


def test_in_fifo_order_a_node_that_is_down_loses_what_arrives():
    class Remembers(Listener):
        durable = ("heard",)

    missed_the_first = [lambda nodes: "b" in nodes and heard(nodes) == (2,)]

    result = explore({"a": Counter, "b": Remembers}, network="fifo", crashes=1, goals=missed_the_first)

    assert result.ok
    assert "drop" in [record.kind for record in result.trace]


# --- timers, choices, calls


class TwoTimers(Node):
    """Sets a short timer, then a long one, and keeps the order in which they fire."""

    def __init__(self):
        self.fired = ()

    def on_start(self):
        self.set_timer("short", 10, 20)
        self.set_timer("long", 20, 30)

    @on("short")
    def short(self):
        self.fired += ("short",)

    @on("long")
    def long(self):
        self.fired += ("long",)


def test_any_timer_may_fire_first():
    fired = seen({"a": TwoTimers}, lambda nodes: nodes["a"].fired)

    assert {("short", "long"), ("long", "short")} <= fired


def test_an_ordered_timer_does_not_overtake_a_shorter_one_that_was_set_before():
    fired = seen({"a": TwoTimers}, lambda nodes: nodes["a"].fired, timers="ordered")

    assert fired == {(), ("short",), ("short", "long")}


def test_a_timer_that_was_cancelled_never_fires():
    class Cancels(TwoTimers):
        @on("short")
        def short(self):
            self.cancel_timer("long")

    fired = seen({"a": Cancels}, lambda nodes: nodes["a"].fired)

    assert fired == {(), ("long",)}


def test_every_option_of_every_choice_is_tried():
    def act(self):
        self.state = self.choose((1, 2)), self.choose("xyz")

    states = seen({"a": doing(act)}, lambda nodes: nodes["a"].state)

    assert states == {None} | {(number, letter) for number in (1, 2) for letter in "xyz"}


def test_a_choice_to_do_nothing_does_not_hide_the_other_choice():
    def act(self):
        self.state = self.choose((2, 3))
        self.broadcast(Number(1))
        self.broadcast(Number(self.state))

    class Hesitates(Listener):
        @on(Number)
        def hear(self, src, number):
            if number.value == 1 and self.choose((False, True)):
                self.heard = (1,)

    states = seen({"a": doing(act), "b": Hesitates}, lambda nodes: (nodes["a"].state, heard(nodes)))

    assert {(2, (1,)), (3, (1,))} <= states


def test_the_counterexample_repeats_the_choices():
    def act(self):
        self.state = self.choose((1, 2, 3))
        self.note("chose", option=self.state)

    result = explore({"a": doing(act)}, invariants=[lambda nodes: nodes["a"].state != 3])

    assert result.trace[-1].data == ("chose", (("option", 3),))


def test_a_handler_that_raises_after_a_choice_is_replayed_with_that_choice():
    def act(self):
        assert self.choose(("fine", "bad")) == "fine"

    result = explore({"a": doing(act)})

    assert result.status == "violation"
    assert result.steps[-1].choices == (1,)


def test_calls_come_in_their_order_and_at_any_moment():
    class Asked(Listener):
        def ask(self, number):
            self.heard += (number,)

    options = {"calls": {"b": [("ask", 8), ("ask", 9)]}, "network": "bag"}
    values = seen({"a": type("One", (Counter,), {"last": 1}), "b": Asked}, heard, **options)

    assert {(1, 8, 9), (8, 1, 9), (8, 9, 1), (8,)} <= values
    assert not any(9 in value and 8 not in value for value in values)


def test_a_call_is_not_repeated_after_a_crash():
    class Asked(Listener):
        durable = ("heard",)

        def ask(self, number):
            self.heard += (number,)

    options = {"calls": {"b": [("ask", 8)]}, "crashes": 1}
    values = seen({"b": Asked}, lambda nodes: "b" in nodes and heard(nodes), **options)

    assert values == {False, (), (8,)}


def test_a_call_is_in_the_trace():
    class Asked(Listener):
        def ask(self, number):
            self.heard += (number,)

    result = explore({"b": Asked}, calls={"b": [("ask", 8)]}, goals=[heard])

    assert (result.trace[-1].kind, result.trace[-1].data) == ("call", "ask(8)")


# --- crashes


class Saver(Node):
    """Writes to a durable attribute, to another one and to its disk."""

    durable = ("saved",)

    def __init__(self):
        self.saved = self.counted = 0

    def on_start(self):
        self.set_timer("work", 1)

    @on("work")
    def work(self):
        self.saved += 1
        self.counted += 1


def test_a_crash_keeps_what_is_durable_and_nothing_else():
    values = seen(
        {"a": Saver}, lambda nodes: "a" in nodes and (nodes["a"].saved, nodes["a"].counted), crashes=1
    )

    assert {(1, 1), (1, 0)} <= values
    assert (0, 1) not in values


def test_a_node_that_is_down_is_missing_from_the_view():
    up = seen(cluster(Listener, 2), tuple, crashes=1)

    assert up == {("n1", "n2"), ("n1",), ("n2",)}


def test_no_more_nodes_crash_than_the_budget_allows():
    up = seen(cluster(Listener, 3), len, crashes=2)

    assert min(up) == 1


def test_a_restarted_node_sets_its_timers_again():
    values = seen({"a": Saver}, lambda nodes: "a" in nodes and nodes["a"].saved, crashes=1)

    assert max(values) == 2


class Writer(Node):
    """Appends twice to a file, and syncs the first."""

    def __init__(self):
        self.found = None

    def on_start(self):
        self.found = self.disk.read("log")
        if not self.found:
            self.set_timer("write", 1)

    @on("write")
    def write(self):
        self.disk.append("log", b"one.")
        self.disk.fsync("log")
        self.disk.append("log", b"two.")


def test_a_crash_keeps_what_was_synced_and_nothing_half_or_all_of_the_rest():
    found = seen({"a": Writer}, lambda nodes: "a" in nodes and nodes["a"].found, crashes=1)

    assert found == {False, b"", b"one.", b"one.tw", b"one.two."}


def test_a_torn_write_is_replayed():
    result = explore(
        {"a": Writer}, crashes=1, goals=[lambda nodes: "a" in nodes and nodes["a"].found == b"one.tw"]
    )

    assert result.ok
    assert [step.kind for step in result.steps] == ["start", "timer", "crash", "restart"]


# --- goals, pruning, limits, stages


def test_a_goal_is_reached_by_a_shortest_path():
    result = explore(cluster(OneTerm, 3), goals=[leader])

    assert result.ok
    assert [step.kind for step in result.steps[3:]] == ["timer", "deliver", "deliver"]
    assert result.steps == result.goals["leader"]


def test_the_search_ends_when_only_goals_are_asked_for_and_all_are_reached():
    result = explore(cluster(OneTerm, 3), goals=[leader])

    assert result.states < 248


def test_the_search_goes_on_after_a_goal_if_there_are_invariants():
    result = explore(cluster(OneTerm, 3), goals=[leader], invariants=[one_leader_a_term])

    assert (result.status, result.states) == ("ok", 248)


def test_each_goal_has_its_own_path():
    def candidate(nodes):
        return any(node.role == "candidate" for node in nodes.values())

    result = explore(cluster(OneTerm, 3), goals=[leader, candidate])

    assert result.ok
    assert {name: len(steps) for name, steps in result.goals.items()} == {"candidate": 3 + 1, "leader": 3 + 3}


def test_a_search_that_is_cut_says_so_although_all_it_saw_was_pruned():
    class Once(Alone):
        def act(self):
            self.state = 1

    def both(nodes):
        return nodes["a"].state == nodes["b"].state == 1

    result = explore({"a": Once, "b": Once}, prune=both, max_states=4)

    assert result.status == "cut"


def test_a_goal_that_no_state_reaches_is_reported():
    result = explore(cluster(OneTerm, 3), goals=[never, leader])

    assert result.status == "goal missing"
    assert result.explanation == "every state visited, 248 states, and none of them reaches: never"


def test_a_goal_that_returns_nothing_is_not_reached():
    assert explore({"b": Listener}, goals=[lambda nodes: None]).status == "goal missing"


def test_states_beyond_a_pruned_one_are_not_visited():
    result = explore({"a": Counter, "b": Listener}, prune=lambda nodes: len(heard(nodes)) == 3)

    assert result.states == 1 + 2 + 4 + 8
    assert result.explanation.endswith("beyond the pruned states nothing was visited")


def test_an_infinite_search_is_cut():
    result = explore({"a": Counter, "b": Listener}, max_states=1000)

    assert result.status == "cut"
    assert 1000 <= result.states < 1010
    assert "there are more; raise max_states or max_depth, or bound the nodes with prune" in str(result)


def test_a_search_can_be_cut_at_a_depth():
    result = explore({"a": Counter, "b": Listener}, max_depth=3)

    assert (result.status, result.states, result.depth) == ("cut", 1 + 2 + 4 + 8, 3)


def test_transitions_are_the_steps_that_change_something():
    result = explore({"a": Counter, "b": Listener}, network="bag")

    assert (result.states, result.transitions) == (len([(), (1,), (2,), (1, 2), (2, 1)]), 4)


def test_a_search_that_just_fits_is_not_cut():
    assert explore(cluster(OneTerm, 3), max_states=249, invariants=[one_leader_a_term]).ok


def test_a_search_can_start_where_another_ended():
    elected = explore(cluster(OneTerm, 3), goals=[leader])

    result = explore(cluster(OneTerm, 3), start=elected, invariants=[leader])

    assert result.ok
    assert result.states < 248


def test_the_counterexample_of_a_second_stage_holds_both():
    elected = explore(cluster(OneTerm, 3), goals=[leader])

    result = explore(cluster(OneTerm, 3), start=elected, crashes=1, invariants=[leader])

    assert result.steps[:-1] == elected.steps
    assert str(result.steps[-1]) == "n1 crashes"


def test_the_crashes_of_a_first_stage_are_not_counted_in_the_second():
    crashed = explore({"a": Saver}, crashes=1, goals=[lambda nodes: not nodes])

    result = explore({"a": Saver}, start=crashed, goals=[lambda nodes: nodes and nodes["a"].saved == 2])

    assert result.status == "goal missing"


def test_a_start_that_cannot_be_followed_is_refused():
    elected = explore(cluster(OneTerm, 3), goals=[leader])

    with pytest.raises(ValueError, match="start does not fit this world: step 1, n1's timer 'election'"):
        explore(cluster(Listener, 3), start=elected)


def test_a_result_without_a_path_is_no_start():
    nowhere = explore(cluster(OneTerm, 3), goals=[never])

    with pytest.raises(ValueError, match=r"start is a result without a path \(goal missing"):
        explore(cluster(OneTerm, 3), start=nowhere)


def test_a_mended_class_no_longer_takes_the_steps_that_broke_it():
    broken = explore(cluster(DoubleVote, 3), invariants=[one_leader_a_term])

    again = explore(cluster(DoubleVote, 3), start=broken, invariants=[one_leader_a_term], max_depth=0)
    assert (again.status, again.steps) == ("violation", broken.steps)
    with pytest.raises(ValueError, match=r"step 6, .*granted=True.* is impossible"):
        explore(cluster(OneTerm, 3), start=broken, max_depth=0)


def test_a_path_may_hold_steps_that_change_nothing():
    class Deaf(Listener):
        @on(Number)
        def hear(self, src, number):
            pass

    twice = explore({"a": Counter, "b": Listener}, goals=[lambda nodes: heard(nodes) == (1, 1)])

    result = explore({"a": Counter, "b": Deaf}, start=twice, invariants=[lambda nodes: heard(nodes) == ()])

    assert (result.status, result.states) == ("ok", 1)


def test_progress_is_told_after_each_level():
    levels = []

    result = explore(cluster(OneTerm, 3), progress=lambda *level: levels.append(level))

    assert levels[0][0] == 1
    assert levels[-1] == (result.depth, result.states)


# --- histories of clients


class Register(Node):
    """Holds a value, and passes writes on to its peers without waiting."""

    def __init__(self):
        self.value = 0

    @on(Number)
    def write(self, src, number):
        self.value = number.value
        if src.startswith("client"):
            self.send(src, number)
            self.broadcast(number, [peer for peer in self.peers if peer.startswith("n")])

    @on(About)
    def read(self, src, about):
        self.send(src, Number(self.value))


class Writes(Node):
    """A client that writes 1."""

    def on_start(self):
        self.note("call", kind="write", argument=1)
        self.send("n1", Number(1))

    @on(Number)
    def hear(self, src, number):
        self.note("return")


class Reads(Node):
    """A client that reads once, from a server of its own."""

    server = "n1"

    def on_start(self):
        self.set_timer("read", 1)

    @on("read")
    def read(self):
        self.note("call", kind="read")
        self.send(self.server, About(self.id))

    @on(Number)
    def hear(self, src, number):
        self.note("return", result=number.value)


class ReadsElsewhere(Reads):
    server = "n2"


def no_stale_read(history):
    writes = [op for op in history if op.kind == "write" and not op.pending]
    reads = [op for op in history if op.kind == "read" and not op.pending]
    return not any(write.ret < read.call and read.result == 0 for write in writes for read in reads)


def test_a_stale_read_of_an_unsynced_copy_is_found():
    servers = cluster(Register, 2)

    result = explore(
        servers | {"client1": Writes, "client2": ReadsElsewhere}, network="bag", history=no_stale_read
    )

    assert result.status == "violation"
    assert "client2 read → 0" in result.explanation


def test_reading_where_one_writes_is_never_stale():
    servers = cluster(Register, 2)

    result = explore(servers | {"client1": Writes, "client2": Reads}, network="bag", history=no_stale_read)

    assert result.ok


def test_operations_that_overlap_have_no_order_in_the_history():
    histories = set()

    def take_down(history):
        histories.add(tuple((op.client, op.call, op.pending) for op in history))
        return True

    asks = doing(lambda self: self.note("call", kind="read"))
    explore({"client1": asks, "client2": asks}, history=take_down)

    assert (("client1", 1000, True), ("client2", 1000, True)) in histories
    assert len(histories) == 4


def atomic(history):
    return linearizable(history, RegisterModel(0))


def test_a_read_that_is_not_written_back_can_be_followed_by_an_older_one():
    result = explore(
        shared_register(RegisterWriter, HastyReader, HastyReader),
        network="bag",
        symmetry=True,
        history=atomic,
    )

    assert result.status == "violation"
    assert "c3 read → 0 (12–16 ms) cannot take effect" in result.explanation
    notes = [(record.time, *record.data) for record in result.trace if record.kind == "note"]
    assert len(result.steps) == 6 + 16
    assert notes[-2:] == [(12_000, "call", (("kind", "read"),)), (16_000, "return", (("result", 0),))]


def test_reads_that_are_written_back_are_atomic():
    result = explore(
        shared_register(RegisterWriter, RegisterReader), network="bag", symmetry=True, history=atomic
    )

    assert result.ok


def test_a_note_of_a_client_counts_although_nothing_else_changes():
    class Notes(Node):
        @on(Number)
        def hear(self, src, number):
            self.note("call", kind="write", argument=number.value)

    result = explore({"a": Counter, "b": Notes}, history=lambda history: len(history) < 3)

    assert result.status == "violation"
    assert [step.kind for step in result.steps[2:]] == ["deliver"] * 3


def test_a_return_without_a_call_is_refused():
    with pytest.raises(NotExplorable, match="a notes a return without a call"):
        explore({"a": doing(lambda self: self.note("return", result=1))}, history=lambda history: True)


# --- symmetry


def test_symmetry_visits_one_of_all_states_that_differ_in_names():
    result = explore(cluster(OneTerm, 3), symmetry=True, invariants=[one_leader_a_term])

    assert (result.status, result.states, result.depth) == ("ok", 50, 10)


def test_the_counterexample_under_symmetry_is_a_real_path():
    plain = explore(cluster(ForgottenVote, 3), invariants=[one_leader_a_term], crashes=1)
    symmetric = explore(cluster(ForgottenVote, 3), invariants=[one_leader_a_term], crashes=1, symmetry=True)

    assert symmetric.status == "violation"
    assert symmetric.states < plain.states / 3
    assert len(symmetric.steps) == len(plain.steps)


def test_nodes_with_different_factories_are_not_interchangeable():
    result = explore(two_phase_commit(3), invariants=[all_agree], symmetry=True)

    assert (result.status, result.states) == ("ok", 80)


def test_a_handler_that_raises_under_symmetry_is_found_with_a_real_path():
    class Brittle(OneTerm):
        @on("election")
        def stand_for_election(self):
            if self.term:
                raise ValueError("too late")
            super().stand_for_election()

    result = explore(cluster(Brittle, 3), symmetry=True)

    assert "raised ValueError('too late')" in result.explanation
    assert result.trace[-1].kind == "timer"


def test_symmetry_refuses_nodes_that_compare_names():
    class Bully(Node):
        def __init__(self):
            self.boss = self.id

        def on_start(self):
            self.broadcast(About(self.id))

        @on(About)
        def hear(self, src, about):
            self.boss = max(self.boss, about.name)

    with pytest.raises(NotExplorable, match="does something else if the nodes swap names"):
        explore(cluster(Bully, 3), symmetry=True)


def test_a_crash_keeps_durable_names_under_symmetry():
    plain = explore(cluster(OneTerm, 3), crashes=1)
    symmetric = explore(cluster(OneTerm, 3), crashes=1, symmetry=True)

    assert symmetric.ok
    assert plain.states / 6 < symmetric.states < plain.states / 5


@pytest.mark.parametrize("name", ["n1", "n2", "n3"])
def test_symmetry_refuses_questions_about_one_name(name):
    def leads(nodes):
        return nodes[name].role == "leader"

    def follows(nodes):
        return not leads(nodes)

    for questions in ({"goals": [leads]}, {"invariants": [follows]}, {"prune": leads}):
        with pytest.raises(ValueError, match=r"(leads|follows|prune) cares about names"):
            explore(cluster(OneTerm, 3), symmetry=True, **questions)


def test_symmetry_refuses_a_judge_of_histories_that_cares_about_names():
    asks = doing(lambda self: self.note("call", kind="read"))

    def only_client1(history):
        return all(op.client == "client1" for op in history)

    with pytest.raises(ValueError, match="history cares about names"):
        explore({"client1": asks, "client2": asks}, symmetry=True, history=only_client1)


def test_symmetry_refuses_more_nodes_than_it_can_rename():
    with pytest.raises(ValueError, match="40,320 ways to name them"):
        explore(cluster(Listener, 8), symmetry=True)


def test_symmetry_refuses_nodes_of_which_no_two_are_alike():
    with pytest.raises(ValueError, match="symmetry needs nodes with the same factory"):
        explore({"a": Counter, "b": Listener}, symmetry=True)


# --- nodes that depend on more than their state and the event


SHARED_RANDOM = random.Random(1)


def test_a_hidden_counter_is_found():
    calls = []

    def act(self):
        calls.append(1)
        self.state = len(calls)

    with pytest.raises(NotExplorable, match=r"when a's timer 'go' fires, Doer does not always do the same"):
        explore({"a": doing(act)})


def test_a_random_source_outside_the_node_is_found():
    def act(self):
        self.state = SHARED_RANDOM.random()

    with pytest.raises(NotExplorable, match=r"decide with self\.choose"):
        explore({"a": doing(act)})


def test_global_chance_is_refused_with_advice():
    def act(self):
        self.state = random.random()

    with pytest.raises(NotExplorable, match=r"when a's timer 'go' fires, random\.random\(\).*self\.choose"):
        explore({"a": doing(act)})


@pytest.mark.parametrize("read", ["now", "monotonic", "now_us", "monotonic_us"])
def test_reading_a_clock_is_refused_with_advice(read):
    with pytest.raises(NotExplorable, match=r"a reads its .*clock.*abstract_time=True"):
        explore({"a": doing(lambda self: getattr(self, read))})


def test_a_clock_stands_at_zero_if_time_is_abstract():
    def act(self):
        self.state = self.now

    assert seen({"a": doing(act)}, lambda nodes: nodes["a"].state, abstract_time=True) == {None, 0}


def test_a_result_that_depends_on_the_order_of_a_set_of_names_is_found():
    def act(self):
        self.state = tuple(set(self.peers))

    with pytest.raises(NotExplorable, match="the order of a set of names"):
        explore({"a": doing(act), **dict.fromkeys("bcdef", Listener)})


def tell_a(self):
    self.send("a", Number(1))


def test_a_result_that_depends_on_the_order_of_a_dict_is_found():
    class Impatient(Node):
        def __init__(self):
            self.first, self.waiting = None, {}

        def on_start(self):
            self.set_timer("serve", 1)

        @on(Number)
        def queue(self, src, number):
            self.waiting[src] = number.value

        @on("serve")
        def serve(self):
            self.first = next(iter(self.waiting), None)

    with pytest.raises(NotExplorable, match="keep a list or an OrderedDict"):
        explore({"a": Impatient, "b": doing(tell_a), "c": doing(tell_a)})


def test_an_ordered_dict_keeps_its_order():
    class Patient(Node):
        def __init__(self):
            self.waiting = OrderedDict()

        @on(Number)
        def queue(self, src, number):
            self.waiting[src] = number.value

    make = {"a": Patient, "b": doing(tell_a), "c": doing(tell_a)}
    orders = seen(make, lambda nodes: tuple(nodes["a"].waiting))

    assert {("b", "c"), ("c", "b")} <= orders


def test_names_that_are_written_into_the_code_are_no_fault():
    ranks = {"a": 1, "b": 2}

    def act(self):
        self.state = ranks[self.id]

    assert explore({"a": doing(act), "b": Listener}).ok


def test_a_handler_that_changes_its_class_is_found():
    def act(self):
        type(self).known.append(1)

    with pytest.raises(NotExplorable, match=r"a handler changed Doer\.known, which all nodes"):
        explore({"a": doing(act, known=[])})


def test_nodes_that_share_an_object_are_found_when_the_counterexample_is_replayed():
    board = {"written": False}

    class Cheat(Alone):
        def act(self):
            if self.id == "a":
                board["written"] = True
            else:
                self.state = board["written"]

    def nobody_knows(nodes):
        return nodes["b"].state is not True

    def reset(factory):
        board["written"] = False
        return factory()

    with pytest.raises(NotExplorable, match="Do nodes share an object"):
        explore({"a": Cheat, "b": lambda: reset(Cheat)}, invariants=[nobody_knows])


def test_nodes_that_share_a_default_argument_are_found_although_nothing_is_wrong():
    class Shares(Alone):
        def __init__(self, log=[]):  # noqa: B006 - the trap
            self.log = log

        def act(self):
            self.log.append(self.id)

    with pytest.raises(NotExplorable, match=r"came to another state of a.*a default argument"):
        explore({"a": Shares, "b": Shares})


def test_chance_while_a_node_is_made_is_refused():
    class Dice(Node):
        def __init__(self):
            self.number = random.random()

    with pytest.raises(NotExplorable, match=r"when a is made, random\.random\(\)"):
        explore({"a": Dice})


def test_a_predicate_that_changes_a_node_is_refused():
    def meddle(nodes):
        nodes["b"].heard = (1,)
        return True

    with pytest.raises(NotExplorable, match="a predicate changed Listener b"):
        explore({"b": Listener}, invariants=[meddle])


def test_a_predicate_that_forgets_crashes_gets_a_hint():
    def quiet(nodes):
        return nodes["n1"].heard == ()

    with pytest.raises(ValueError, match=r"quiet raised KeyError\('n1'\).*a node that is down is missing"):
        explore(cluster(Listener, 2), invariants=[quiet], crashes=1)


def test_a_membership_kept_in_peers_is_refused():
    def act(self):
        self.peers = ()

    with pytest.raises(NotExplorable, match=r"Doer\.go changed self\.id or self\.peers"):
        explore({"a": doing(act), "b": Listener})


# --- what a node may keep


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass
class Entry:
    owner: str
    values: list


class Helper:
    """An object that knows its node."""

    def __init__(self, node):
        self.node, self.count = node, 0

    def work(self):
        self.count += 1
        self.node.broadcast(Number(self.count))


@pytest.mark.parametrize(
    "value",
    [
        [1, [2]], {"x": {1, 2}}, deque([1, 2], maxlen=3), OrderedDict(a=1), Entry("a", [1]), Colour.RED, 1.5,
        frozenset({(1, "x")}), bytearray(b"x"), len, Entry, {Colour.RED: Entry("b", [])}, re.compile("x"),
    ],
    ids=str,
)  # fmt: skip
def test_plain_objects_may_be_kept(value):
    def act(self):
        self.state = value

    result = explore({"a": doing(act), "b": Listener})

    assert (result.status, result.states) == ("ok", 2)


def test_a_helper_may_know_its_node():
    class Delegates(Node):
        def __init__(self):
            self.helper = Helper(self)

        def on_start(self):
            self.set_timer("work", 1)

        @on("work")
        def work(self):
            self.helper.work()

    counts = seen({"a": Delegates, "b": Listener}, lambda nodes: nodes["a"].helper.count, network="bag")

    assert counts == {0, 1}


def test_a_node_may_keep_what_it_will_do_later():
    class Plans(Alone):
        def __init__(self):
            self.counts = defaultdict(lambda: 0)
            self.later = []

        def on_start(self):
            for number in (1, 2):
                self.later.append(lambda: self.counts.update({self.id: number}))
            self.later.append(self.count)
            super().on_start()

        def count(self):
            self.counts[self.id] += 10

        def act(self):
            for do in self.later:
                do()

    def counts(nodes):
        return tuple(sum(node.counts.values()) for node in nodes.values())

    assert seen(cluster(Plans, 2), counts) == {(0, 0), (0, 12), (12, 0), (12, 12)}


def test_functions_with_different_variables_around_them_are_different_states():
    def act(self):
        number = self.choose((1, 2))
        self.state = lambda: number

    assert explore({"a": doing(act)}).states == 3


def knot():
    ring = [1]
    ring.append(ring)
    return ring


def deep():
    tower = ()
    for _ in range(5000):
        tower = (tower,)
    return tower


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (knot, "a list that contains itself"),
        (deep, "something nested too deep to compare"),
        (lambda: random.Random(1), r"a source of random numbers; use self\.choose"),
        (lambda: (number for number in ()), "a generator, which cannot be copied or compared"),
        (lambda: sys.stdout, "a .*, which cannot be copied or compared"),
    ],
)
def test_what_is_no_data_is_refused_with_the_attribute(make, complaint):
    def act(self):
        self.state = make()

    with pytest.raises(NotExplorable, match=rf"Doer a keeps in self\.state {complaint}"):
        explore({"a": doing(act)})


def test_state_in_slots_is_refused():
    class Slotted(Node):
        __slots__ = ("hidden",)

    with pytest.raises(NotExplorable, match=r"the state of a node is vars\(node\)"):
        explore({"a": Slotted})


def test_true_and_one_are_different_states():
    def act(self):
        self.state = self.choose((1, True))

    assert explore({"a": doing(act)}).states == 3


def test_equal_states_are_one_state():
    def act(self):
        self.state = self.choose(({"x": 1, "y": 2}, {"y": 2, "x": 1}))

    assert explore({"a": doing(act)}).states == 2


def test_too_many_local_states_bring_a_warning(monkeypatch):
    monkeypatch.setattr(process, "MANY", 50)

    with pytest.warns(UserWarning, match="Listener b has more than 50 local states.*bound it, or cut"):
        explore({"a": Counter, "b": Listener}, max_states=100)


def test_the_garbage_collector_is_left_as_it_was():
    explore({"b": Listener})
    assert gc.isenabled()

    gc.disable()
    try:
        explore({"b": Listener})
        assert not gc.isenabled()
    finally:
        gc.enable()

    with pytest.raises(ValueError, match="predicate 1 raised"):
        explore({"b": Listener}, invariants=[lambda: True])
    assert gc.isenabled()


# --- arguments


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"make": {}}, "explore takes a dict from names to factories"),
        ({"make": Listener}, "explore takes a dict from names to factories"),
        ({"network": "udp"}, "network is one of set, bag, fifo, not 'udp'"),
        ({"timers": "all"}, "timers is 'any' or 'ordered', not 'all'"),
        ({"crashes": -1}, "crashes is a number of crashes, not -1"),
        ({"crashes": None}, "crashes is a number of crashes, not None"),
        ({"calls": {"z": []}}, "calls mentions z, but there are only n1, n2"),
        ({"calls": {"n1": ["hear"]}}, "a call of n1 is a tuple of a method's name and its arguments"),
        ({"invariants": never}, r"write invariants=\[…\] also around a single one"),
        ({"goals": never}, r"write goals=\[…\] also around a single one"),
        ({"make": {1: Listener}}, "the name of a node is a text, not 1"),
        ({"make": {"a": Listener()}}, "a is made by <Listener without a name>; give a class of nodes"),
        ({"make": {"a": Entry}}, r"a is made by Entry\(\) without arguments: missing a required argument"),
        ({"make": {"a": lambda size: Listener()}}, r"write lambda: <lambda>\(…\) with them"),
        ({"invariants": [never, never]}, "two predicates are called 'never'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        explore(**{"make": cluster(Listener, 2), **arguments})


# --- the graph of what is seen


@message
class Key:
    pass


class Turns(Node):
    """Whoever has the key may enter, and gives it away on leaving."""

    def __init__(self):
        self.state = "waits"

    def on_start(self):
        if self.id == "a":
            self.enter(self.id, None)

    @on(Key)
    def enter(self, src, key):
        self.state = "works"
        self.set_timer("leave", 10)

    @on("leave")
    def leave(self):
        self.state = "waits"
        self.send(self.peers[0], Key())


def who(nodes):
    return " ".join(f"{name} {node.state}" for name, node in nodes.items())


def test_edges_are_the_steps_between_states_that_look_different():
    found = edges({"a": Turns, "b": Turns}, who, network="bag")

    assert found == [
        ("a works b waits", "a's timer 'leave' fires", "a waits b waits"),
        ("a waits b waits", "b receives Key() from a", "a waits b works"),
        ("a waits b works", "b's timer 'leave' fires", "a waits b waits"),
        ("a waits b waits", "a receives Key() from b", "a works b waits"),
    ]
    assert "a works b waits" in state_graph(found, start=found[0][0]).html()


def test_a_graph_of_too_many_states_is_refused():
    with pytest.raises(ValueError, match="there are more than 3 states; bound what the nodes do"):
        edges({"a": Turns, "b": Turns}, who, network="bag", max_states=3)
