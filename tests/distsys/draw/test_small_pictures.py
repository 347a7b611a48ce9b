"""Rings, logs and state graphs: complete, readable, and strict about what they are given."""

import re
from itertools import combinations, pairwise
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


def parsed(figure):
    return ElementTree.fromstring(figure.svg())


def texts(figure):
    return [element.text for element in parsed(figure).iter(f"{SVG}text")]


def tips(figure):
    return [element.text for element in list(parsed(figure).iter(f"{SVG}title"))[1:]]


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


def names(figure):
    """Place, anchor and text of everything that is written around or in a ring."""
    found = [e for e in parsed(figure).iter(f"{SVG}text") if e.attrib["x"] != "30"]
    return [(float(e.attrib["x"]), float(e.attrib["y"]), e.attrib.get("text-anchor"), e.text) for e in found]


def test_names_that_would_cover_each_other_move_apart():
    close = ring([(0.20 + 0.004 * number, f"n{number}") for number in range(9)])

    heights = sorted(y for _, y, _, _ in names(close))

    assert len(heights) == 9
    assert all(below - above >= 13.9 for above, below in pairwise(heights))


def test_names_stand_outside_of_the_ring_and_keys_inside():
    written = names(ring(POINTS, {"apple": 0.2, "pear": 0.9}))

    assert {(text, anchor) for _, _, anchor, text in written} == {
        ("n1", None), ("n2", None), ("n1", "end"), ("apple", "end"), ("pear", None),
    }  # fmt: skip


def test_of_too_many_points_the_shares_and_tips_tell_the_nodes():
    figure = ring([(number / 200, f"n{number % 3}") for number in range(200)])

    assert texts(figure) == ["n0 33.5%", "n1 33.5%", "n2 33.0%"]
    assert len(tips(figure)) == 400


def test_a_long_name_stays_inside_the_drawing():
    figure = ring([(0.25, "a-server-with-a-very-long-name"), (0.75, "another-server-with-a-long-name")])

    for x, _, anchor, text in names(figure):
        assert len(text) == 16
        assert (x - 16 * 7 > 0) if anchor == "end" else (x + 16 * 7 < figure.width)


# --- logs


def test_every_entry_says_index_term_and_whether_it_is_committed():
    assert tips(logs(LOGS, {"n1": 1})) == [
        "n1, index 1: x=1 (term 1), committed",
        "n1, index 2: y=2 (term 2), not committed",
        "n2, index 1: x=1 (term 1), not committed",
    ]


def test_every_entry_shows_its_term_by_number_not_by_colour_alone():
    terms = [e.text for e in parsed(logs(LOGS)).iter(f"{SVG}text") if e.attrib.get("class") == "term"]

    assert terms == ["1", "2", "1"]


def test_cells_are_as_wide_as_their_commands_and_the_longest_are_cut():
    figure = logs({"n1": [(1, "transfer 100 from a to b"), (1, "no")]})

    widths = {float(e.attrib["width"]) for e in parsed(figure).iter(f"{SVG}rect") if e.attrib["y"] == "34"}
    assert "transfer 100 from…" in texts(figure)
    assert min(widths) > 18 * 7


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

    assert sorted(texts(figure)) == sorted(["init", "wait", "done", "ask", "yes", "crash", "again"])
    assert figure.description == "3 states, 4 steps; it starts in init."


def boxes(figure):
    """Left, top, width and height of each state."""
    return [
        tuple(float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        for rect in parsed(figure).iter(f"{SVG}rect")
    ]


GRID = [
    (f"{a}{b}", step, f"{c}{d}")
    for a in range(4)
    for b in range(4)
    for step, c, d in (("right", a + 1, b), ("up", a, b + 1), ("reset", 0, 0))
    if c < 4 and d < 4 and (a, b) != (c, d)
]


def test_states_do_not_cover_each_other():
    drawn = boxes(state_graph(GRID, "00"))

    assert len(drawn) == 16
    for (x, y, wide, high), (u, v, _, _) in combinations(sorted(drawn), 2):
        assert u >= x + wide or abs(v - y) >= high


def test_steps_back_run_around_the_states():
    figure = state_graph(GRID, "00")
    back = [e.attrib["d"] for e in parsed(figure).iter(f"{SVG}path") if e.attrib["class"] == "edge back"]

    assert len(back) == 15
    for path in back:
        places = list(map(float, re.findall(r"[\d.]+", path)))  # M x,y H x V lane H x V y H x
        out, lane, into = places[2], places[3], places[4]
        assert all(lane < top for _, top, _, _ in boxes(figure))
        for x, _, wide, _ in boxes(figure):
            assert not x < out < x + wide
            assert not x < into < x + wide


def test_two_steps_between_the_same_states_share_an_arrow_that_tells_both():
    figure = state_graph([("a", "walk", "b"), ("a", "run", "b")], "a")

    assert "walk, run" in texts(figure)
    assert tips(figure) == ["a: walk leads to b; a: run leads to b"]
    assert list(figure.transcript) == ["a: walk leads to b.", "a: run leads to b."]


@pytest.mark.parametrize("count", [0, 1])
def test_a_graph_of_one_state_is_drawn(count):
    figure = state_graph([("only", "stay", "only")] * count, "only")

    assert figure.description == f"1 state, {count} step{'s' * (count != 1)}; it starts in only."
    assert len(boxes(figure)) == 1


def test_broken_states_are_named():
    assert state_graph(EDGES, "init", ["done"]).description.endswith("Broken: done.")


def test_a_state_that_cannot_be_reached_is_refused():
    with pytest.raises(ValueError, match="the state 'lost' cannot be reached from 'init'"):
        state_graph([*EDGES, ("lost", "x", "init")], "init")
