"""Rings, logs and state graphs: complete, safe, byte-stable, and strict about what they are given."""

from xml.etree import ElementTree

import pytest

from distsys.draw.graph import state_graph
from distsys.draw.log import logs
from distsys.draw.ring import ring

SVG = "{http://www.w3.org/2000/svg}"
POINTS = [(0.1, "n1"), (0.4, "n2"), (0.8, "n1")]
LOGS = {"n1": [(1, "x=1"), (2, "y=2")], "n2": [(1, "x=1")], "n3": []}
EDGES = [
    ("init", "ask", "wait"), ("wait", "yes", "done"), ("wait", "crash", "init"), ("done", "again", "done"),
]  # fmt: skip
HOSTILE = '</svg><script>alert("x")</script>'


def pictures(name="n1"):
    return [
        ring([(0.1, name), (0.4, "n2")], {name: 0.2}),
        logs({name: [(1, name)]}, {name: 1}),
        state_graph([("init", name, "end"), ("end", "back", "init")], "init", [name]),
    ]


def tips(figure):
    return [element.text for element in list(ElementTree.fromstring(figure.svg()).iter(f"{SVG}title"))[1:]]


@pytest.mark.parametrize("number", range(3))
def test_a_picture_is_well_formed_even_with_hostile_text(number):
    figure = pictures(HOSTILE)[number]

    assert ElementTree.fromstring(figure.svg()).tag == f"{SVG}svg"
    assert "<script" not in figure.html()


@pytest.mark.parametrize("number", range(3))
def test_the_same_input_gives_the_same_picture(number):
    assert pictures()[number].html() == pictures()[number].html()


# --- rings


def test_a_key_belongs_to_the_next_point_clockwise():
    figure = ring(POINTS, {"apple": 0.2, "fig": 0.4, "pear": 0.9})

    assert list(figure.transcript)[2:] == [
        "apple, at 0.200, belongs to n2.",
        "fig, at 0.400, belongs to n2.",
        "pear, at 0.900, belongs to n1.",
    ]


def test_the_shares_of_a_ring_add_up():
    assert list(ring(POINTS).transcript) == ["n1 owns 70.0% of the ring.", "n2 owns 30.0% of the ring."]


def test_a_ring_of_one_point_belongs_to_one_node():
    assert list(ring([(0.3, "n1")]).transcript) == ["n1 owns 100.0% of the ring."]


@pytest.mark.parametrize(
    ("points", "keys", "sentence"),
    [([], {}, "at least one point"), ([(1.0, "n1")], {}, "not 1.0"), (POINTS, {"k": -0.1}, "not -0.1")],
)
def test_a_ring_that_makes_no_sense_is_refused(points, keys, sentence):
    with pytest.raises(ValueError, match=sentence):
        ring(points, keys)


# --- logs


def test_every_entry_says_index_term_and_whether_it_is_committed():
    assert tips(logs(LOGS, {"n1": 1})) == [
        "n1, index 1: x=1 (term 1), committed",
        "n1, index 2: y=2 (term 2), not committed",
        "n2, index 1: x=1 (term 1), not committed",
    ]


def test_logs_are_told_in_words():
    assert logs(LOGS, {"n1": 1}).description == (
        "n1 holds x=1 in term 1, y=2 in term 2; committed up to 1. n2 holds x=1 in term 1. n3 holds nothing."
    )


def test_a_commit_index_beyond_the_log_is_refused():
    with pytest.raises(ValueError, match="n2 has 1 entries, so its commit index cannot be 2"):
        logs(LOGS, {"n2": 2})


# --- state graphs


def test_a_state_graph_has_every_state_and_every_step():
    figure = state_graph(EDGES, "init")

    texts = [element.text for element in ElementTree.fromstring(figure.svg()).iter(f"{SVG}text")]
    assert sorted(texts) == sorted(["init", "wait", "done", "ask", "yes", "crash", "again"])
    assert figure.description == "3 states, 4 steps; it starts in init."


def test_broken_states_are_named():
    assert state_graph(EDGES, "init", ["done"]).description.endswith("Broken: done.")


def test_a_state_that_cannot_be_reached_is_refused():
    with pytest.raises(ValueError, match="the state 'lost' cannot be reached from 'init'"):
        state_graph([*EDGES, ("lost", "x", "init")], "init")
