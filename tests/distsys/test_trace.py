"""Traces: equality, digests and text."""

import re
from dataclasses import dataclass
from enum import Enum

import pytest

from distsys.trace import Record, Trace, canonical, natural

from .worlds import Ping, gossip


class Colour(Enum):
    RED = 1


@dataclass(frozen=True)
class Box:
    content: object


def row(time=0, kind="start", node="n1", peer="", number=0, data=None):
    return time, kind, node, peer, number, data


# --- canonical text and digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (frozenset("abcdefgh"), frozenset("hgfedcba")),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Box((frozenset("ab"),)), Box((frozenset("ba"),))),
        (Ping(1), Ping(1)),
        (Colour.RED, Colour(1)),
    ],
)
def test_equal_values_have_equal_text(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, "1"),
        ((1, 2), (12,)),
        (("a", "b"), ("a, b",)),
        ((1, (2,)), (1, 2)),
        (frozenset({1}), (1,)),
        (Ping(1), Box(1)),
        (Colour.RED, "Colour.RED"),
        (None, "None"),
        (b"a", "a"),
    ],
)
def test_different_values_have_different_text(one, other):
    assert canonical(one) != canonical(other)


def test_the_text_of_a_set_does_not_depend_on_its_order():
    assert canonical(frozenset({"b", "a", "c"})) == "{'a', 'b', 'c'}"


@pytest.mark.parametrize("value", [None, 1.5, "a'b", b"x", (), (1,), (1, (2, "c")), Ping(1), (Ping(2), None)])
def test_canonical_text_of_a_value_without_sets_is_its_repr(value):
    assert canonical(value) == repr(value)


def test_equal_traces_have_equal_digests():
    one, other = (Trace([row(data=frozenset(letters))]) for letters in ("abcdefgh", "hgfedcba"))

    assert one.digest == other.digest


@pytest.mark.parametrize("field", range(6))
def test_every_field_of_a_record_counts_in_the_digest(field):
    changed = list(row())
    changed[field] = "something else"

    assert Trace([row()]).digest != Trace([tuple(changed)]).digest


def test_the_order_of_records_counts_in_the_digest():
    first, second = row(node="n1"), row(node="n2")

    assert Trace([first, second]).digest != Trace([second, first]).digest


# --- differences


def test_equal_traces_do_not_differ():
    assert gossip(1).trace.first_difference(gossip(1).trace) is None


def test_the_first_difference_is_the_first_record_that_differs():
    same, one, other = row(time=1), row(time=2), row(time=3)

    assert Trace([same, same, one]).first_difference(Trace([same, same, other])) == 2


def test_a_trace_that_goes_on_differs_where_the_other_ends():
    short, long = Trace([row()]), Trace([row(), row()])

    assert short.first_difference(long) == long.first_difference(short) == 1


# --- a trace as a sequence


def test_a_trace_is_a_sequence_of_records():
    trace = Trace([row(time=1), row(time=2), row(time=3)])

    assert len(trace) == 3
    assert list(trace) == [trace[0], trace[1], trace[2]]
    assert trace[-1].time == 3
    assert isinstance(trace[0], Record)


def test_a_slice_of_a_trace_is_a_trace():
    trace = Trace([row(time=1), row(time=2), row(time=3)])

    part = trace[1:]

    assert isinstance(part, Trace)
    assert [record.time for record in part] == [2, 3]


def test_the_nodes_of_a_trace_are_in_natural_order():
    trace = Trace([row(node=name) for name in ("n10", "n2", "n1", "n2", "")])

    assert trace.nodes == ("n1", "n2", "n10")


def test_natural_order_counts_numbers_as_numbers():
    names = ["n10", "n2", "n1", "m3", "n", "10", "9", "rack2-n10", "rack2-n9", "rack10-n1"]

    assert sorted(names, key=natural) == [
        "9", "10", "m3", "n", "n1", "n2", "n10", "rack2-n9", "rack2-n10", "rack10-n1",
    ]  # fmt: skip


# --- text


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("start", None, "1.500 ms  n1 starts"),
        ("send", Ping(7), "1.500 ms  n1 sends Ping(number=7) to n2"),
        ("deliver", Ping(7), "1.500 ms  n1 receives Ping(number=7) from n2"),
        ("drop", "loss", "1.500 ms  n1 message to n2 is lost (loss)"),
        ("timer", "alarm", "1.500 ms  n1 timer 'alarm' fires"),
        ("call", "put('x')", "1.500 ms  n1 is asked to put('x')"),
        ("note", ("hello", ()), "1.500 ms  n1 hello"),
        ("note", ("hello", (("term", 3),)), "1.500 ms  n1 hello term=3"),
        ("note", ("", (("term", 3),)), "1.500 ms  n1 term=3"),
        ("crash", None, "1.500 ms  n1 crashes"),
        ("restart", None, "1.500 ms  n1 restarts"),
        ("pause", 40, "1.500 ms  n1 is paused for 40 ms"),
        ("resume", None, "1.500 ms  n1 goes on"),
        ("clock", "step -5.000 ms", "1.500 ms  n1 clock step -5.000 ms"),
    ],
)
def test_a_record_reads_as_a_line(kind, data, text):
    peer = "n2" if kind in ("send", "deliver", "drop") else ""

    assert str(Record(1_500, kind, "n1", peer, 0, data)) == text


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("partition", (("n1", "n3"), ("n2",)), "1.500 ms  the network is cut into n1 + n3 and n2"),
        ("heal", None, "1.500 ms  the network is whole again"),
    ],
)
def test_a_record_of_the_network_reads_as_a_line_without_a_node(kind, data, text):
    assert str(Record(1_500, kind, "", "", 0, data)) == text


def test_a_trace_reads_as_a_line_a_record():
    trace = Trace([row(), row(node="n2")])

    assert str(trace) == "0.000 ms  n1 starts\n0.000 ms  n2 starts"


def test_the_short_form_of_a_trace_shows_its_length_and_digest():
    trace = Trace([row()])

    assert repr(trace) == f"<Trace of 1 records, digest {trace.digest}>"


def test_a_digest_has_sixteen_digits():
    assert re.fullmatch("[0-9a-f]{16}", Trace().digest)
