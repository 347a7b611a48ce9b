"""Causality: happens-before, and the checkers of clocks and broadcasts that use it."""

from itertools import combinations, permutations

import pytest

from distsys.check.causality import HappensBefore, causal_delivery, clock_condition, noted_stamps, show_stamps
from distsys.network import Fixed, Network
from distsys.node import Node, message, on
from distsys.simulation import Simulation
from distsys.trace import EVENTS, Trace

from ..worlds import gossip


def trace(*lines):
    """A trace from lines such as ``a send 1``; one line a microsecond."""
    rows = []
    for time, line in enumerate(lines):
        node, kind, *number = line.split()
        rows.append((time, kind, node, "", int(number[0]) if number else 0, None))
    return Trace(rows)


# Lamport's picture, small: a and b talk, c is on its own.
TALK = trace(
    "a start",  # 0
    "b start",  # 1
    "c start",  # 2
    "a send 1",  # 3
    "b deliver 1",  # 4
    "b send 2",  # 5
    "c timer",  # 6
    "a deliver 2",  # 7
)


# --- happens-before


def test_events_of_one_node_are_ordered_as_they_happened():
    order = HappensBefore(TALK)

    assert order.before(2, 6)
    assert not order.before(6, 2)


def test_a_send_happens_before_its_delivery():
    order = HappensBefore(TALK)

    assert order.before(3, 4)
    assert not order.before(4, 3)


def test_happens_before_goes_through_chains():
    order = HappensBefore(TALK)

    assert order.before(0, 7)
    assert order.before(1, 7)


def test_no_event_happens_before_itself():
    order = HappensBefore(TALK)

    assert not any(order.before(event, event) for event in order.events)
    assert not any(order.concurrent(event, event) for event in order.events)


def test_events_that_no_chain_ties_are_concurrent():
    order = HappensBefore(TALK)

    assert order.concurrent(0, 1)
    assert order.concurrent(1, 0)
    assert all(order.concurrent(6, event) for event in (0, 1, 3, 4, 5, 7))


def test_the_later_of_two_deliveries_of_one_message_also_comes_after_the_send():
    order = HappensBefore(trace("a send 1", "b deliver 1", "c deliver 1"))

    assert order.before(0, 1)
    assert order.before(0, 2)
    assert order.concurrent(1, 2)


def test_a_lost_message_orders_nothing():
    order = HappensBefore(trace("a send 1", "a drop 1", "b timer"))

    assert order.concurrent(0, 2)


def test_a_restart_comes_after_what_the_node_did_before_the_crash():
    order = HappensBefore(trace("a timer", "a crash", "a restart", "a start"))

    assert order.before(0, 3)


def test_faults_and_remarks_are_no_events():
    order = HappensBefore(gossip(1).trace)

    kinds = {order.trace[event].kind for event in order.events}

    assert kinds == EVENTS


def test_pairs_are_all_pairs_of_events_the_earlier_first():
    order = HappensBefore(trace("a start", "a crash", "b start", "b timer"))

    assert list(order.pairs()) == [(0, 2), (0, 3), (2, 3)]


def test_a_part_of_a_trace_can_be_judged_alone():
    order = HappensBefore(TALK[4:])

    assert order.before(0, 1)
    assert order.before(1, 3)


# --- stamps


@message
class Stamped:
    stamp: int


class Stamper(Node):
    """Notes a stamp for each event and sends one with each message."""

    def __init__(self):
        self.count = 0

    def next(self):
        self.count += 1
        return self.count

    def on_start(self):
        self.note(stamp=self.next())
        if self.id == "a":
            self.send("b", Stamped(self.next()))

    @on(Stamped)
    def hear(self, src, stamped):
        self.count = max(self.count, stamped.stamp)
        self.note("heard", stamp=self.next())


def test_noted_stamps_belong_to_the_event_that_was_handled():
    simulation = Simulation(network=Network(latency=Fixed(1)))
    for name in "ab":
        simulation.add(name, Stamper)
    trace = simulation.run(10).trace

    stamps = noted_stamps(trace)

    assert {(trace[index].node, trace[index].kind): stamp for index, stamp in stamps.items()} == {
        ("a", "start"): 1,
        ("a", "send"): 2,
        ("b", "start"): 1,
        ("b", "deliver"): 3,
    }


def test_events_without_a_stamp_are_left_out():
    assert noted_stamps(gossip(1).trace) == {}


# --- the clock condition


def less(one, other):
    return one < other


def test_stamps_that_grow_along_every_chain_satisfy_the_clock_condition():
    stamps = {0: 1, 1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 2, 7: 5}

    assert clock_condition(HappensBefore(TALK), stamps, less)


@pytest.mark.parametrize(
    "stamps",
    [
        {3: 5, 4: 5},  # a receive that is not later than its send
        {3: 5, 4: 4},  # a receive that is earlier
        {4: 3, 5: 3},  # two events of one node with the same stamp
        {4: 3, 5: 2},  # a clock that goes back
        {0: 9, 7: 8},  # a chain over another node
    ],
)
def test_a_stamp_that_does_not_grow_along_a_chain_is_illegal(stamps):
    order = HappensBefore(TALK)

    verdict = clock_condition(order, stamps, less)

    assert not verdict
    (first, one), (second, other) = stamps.items()
    assert verdict.explanation == (
        f"[{order.trace[first]}] happens before [{order.trace[second]}], "
        f"but its stamp {one} is not less than {other}"
    )


def test_ordered_stamps_of_concurrent_events_are_legal_for_a_lamport_clock():
    assert clock_condition(HappensBefore(TALK), {0: 1, 6: 2}, less)


@pytest.mark.parametrize("stamps", [{0: 1, 6: 2}, {0: 2, 6: 1}], ids=["forward", "backward"])
def test_ordered_stamps_of_concurrent_events_are_illegal_for_a_vector_clock(stamps):
    verdict = clock_condition(HappensBefore(TALK), stamps, less, exactly=True)

    assert not verdict
    assert "does not happen before" in verdict.explanation
    assert "its stamp 1 is less than 2" in verdict.explanation


def test_the_relation_itself_satisfies_the_exact_clock_condition():
    order = HappensBefore(TALK)

    assert clock_condition(order, {event: event for event in order.events}, order.before, exactly=True)


def test_a_reversed_pair_violates_the_exact_clock_condition_too():
    order = HappensBefore(TALK)

    assert not clock_condition(order, {3: 3, 4: 4}, lambda a, b: order.before(b, a), exactly=True)


def test_an_illegal_verdict_names_the_two_records():
    verdict = clock_condition(HappensBefore(TALK), {3: 5, 4: 4}, less)

    assert verdict.events == (3, 4)


def test_stamps_that_cannot_be_compared_are_illegal():
    verdict = clock_condition(HappensBefore(TALK), {3: None, 4: None}, less)

    assert not verdict
    assert "cannot be compared" in verdict.explanation


def test_vector_stamps_are_told_as_the_dictionaries_that_students_write():
    stamps = {3: (("n1", 2), ("n2", 1)), 4: ()}

    verdict = clock_condition(HappensBefore(TALK), stamps, less)

    assert verdict.explanation.endswith("its stamp {'n1': 2, 'n2': 1} is not less than {}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sends Hello(stamp=(('n1', 1),)) to n2", "sends Hello(stamp={'n1': 1}) to n2"),
        ("stamp=(('n1', 1), ('n2', 12))", "stamp={'n1': 1, 'n2': 12}"),
        ("its stamp (101, 2) is not less than (100, 3)", None),
        ("sends Entries(log=(('x', 1), ('x', 2))) to n2", None),
    ],
)
def test_only_vector_stamps_are_written_as_dictionaries(text, told):
    assert show_stamps(text) == (told or text)


def test_it_asks_only_about_decisive_pairs():
    order, asked = HappensBefore(TALK), []
    stamps = {event: event for event in order.events}

    clock_condition(order, stamps, lambda a, b: asked.append((a, b)) or order.before(a, b), exactly=True)

    assert asked == order.decisive(stamps)


@pytest.mark.parametrize("seed", range(5))
def test_decisive_pairs_decide_all_others(seed):
    trace = gossip(seed).trace[:200]
    order = HappensBefore(trace)
    lanes = {name: [e for e in order.events if trace[e].node == name] for name in trace.nodes}
    pairs = order.decisive(order.events)

    assert len(pairs) < 2 * len(lanes) * len(order.events) < len(order.events) ** 2
    for event in order.events:
        for row in lanes.values():
            asked = {a for a, b in pairs if b == event and a in row}
            before = [other for other in row if order.before(other, event)]
            after = [other for other in row if other != event and not order.before(other, event)]
            assert asked == {*before[-1:], *after[:1]}


def test_decisive_pairs_are_made_of_the_events_that_are_judged():
    order = HappensBefore(TALK)

    assert {event for pair in order.decisive([0, 3, 7]) for event in pair} == {0, 3, 7}


def test_no_stamps_violate_nothing():
    assert clock_condition(HappensBefore(TALK), {}, less)


# --- causal delivery


def logs(**words):
    """Logs from words such as ``a="+x x y"``: + broadcasts, the rest delivers."""
    return {
        process: [
            ("broadcast", word[1:]) if word.startswith("+") else ("deliver", word) for word in text.split()
        ]
        for process, text in words.items()
    }


@pytest.mark.parametrize(
    "legal",
    [
        logs(a="", b=""),
        logs(a="+x x", b="x", c="x"),
        logs(a="+x x", b="+y y x", c="x y", d="y x"),  # concurrent broadcasts, in any order
        logs(a="+x x", b="x +y y", c="x y"),  # an answer after its question
        logs(a="+x x +y y +z z", b="x y z"),  # one sender, in its order
        logs(a="+x x", b="x +y y", c="x"),  # a message that has not arrived yet
        logs(a="+x x y z", b="x +y y z", c="x y +z z", d="x y z"),
    ],
)
def test_legal_logs_are_accepted(legal):
    verdict = causal_delivery(legal)

    assert verdict, verdict.explanation


@pytest.mark.parametrize(
    ("illegal", "explanation"),
    [
        # a gap: the second message of a sender without the first
        (logs(a="+x x +y y", b="y"), "b delivers 'y' before 'x'"),
        # two messages of one sender in the wrong order
        (logs(a="+x x +y y", b="y x"), "b delivers 'y' before 'x'"),
        # an answer before its question
        (logs(a="+x x", b="x +y y", c="y x"), "c delivers 'y' before 'x'"),
        # the same over a chain of two answers
        (logs(a="+x x", b="x +y y", c="x y +z z", d="x z y"), "d delivers 'z' before 'y'"),
        (logs(a="+x x", b="x x"), "b delivers 'x' twice"),
        (logs(a="", b="x"), "b delivers 'x', which nobody broadcast"),
    ],
)
def test_illegal_logs_are_refused_with_a_reason(illegal, explanation):
    verdict = causal_delivery(illegal)

    assert not verdict
    assert verdict.explanation.startswith(explanation)


def test_a_broken_order_names_the_sender_that_knew_better():
    verdict = causal_delivery(logs(a="+x x", b="x +y y", c="y x"))

    assert verdict.explanation.endswith("although the sender of 'y' knew 'x' when it broadcast")


def test_every_wrong_order_of_a_chain_is_refused():
    senders = logs(a="+x x", b="x +y y", c="x y +z z")
    orders = {order: causal_delivery({**senders, **logs(d=" ".join(order))}) for order in permutations("xyz")}

    assert [order for order, verdict in orders.items() if verdict] == [("x", "y", "z")]


def test_a_process_may_deliver_its_own_broadcast_before_it_sends_it():
    assert causal_delivery(logs(a="x +x", b="x"))


def test_concurrent_broadcasts_may_be_delivered_in_different_orders_everywhere():
    senders = logs(a="+x x", b="+y y", c="+z z")

    for one, other in combinations(permutations("xyz"), 2):
        assert causal_delivery({**senders, **logs(p=" ".join(one), q=" ".join(other))})


@pytest.mark.parametrize("seed", range(3))
def test_happens_before_is_reachability_by_steps_on_a_node_and_messages(seed):
    trace = gossip(seed).trace[50:350]  # some messages were sent before the trace begins
    order = HappensBefore(trace)
    next_on, steps = {}, {}
    for index in reversed(order.events):
        record = trace[index]
        steps[index] = {next_on[record.node]} if record.node in next_on else set()
        if record.kind == "send":
            deliveries = (event for event in order.events if trace[event].kind == "deliver")
            steps[index] |= {event for event in deliveries if trace[event].id == record.id}
        next_on[record.node] = index

    for start in order.events:
        reached, waiting = set(), [start]
        while waiting:
            waiting += (new := steps[waiting.pop()] - reached)
            reached |= new
        assert {event for event in order.events if order.before(start, event)} == reached
