"""Histories: a bar for each operation, the order that explains them, or the few that no order explains."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from distsys.check import CasRegister, Register, Verdict, linearizable, sequential
from distsys.draw.history import label, operations, proof
from distsys.history import PENDING, History, Op

from .pictures import HISTORY, ILLEGAL, LATE, MEMBERS, OK, READ, STALE, WRITE

SVG = "{http://www.w3.org/2000/svg}"


def bars(figure):
    """The group of each operation, by its tip."""
    groups = ElementTree.fromstring(figure.svg()).iter(f"{SVG}g")
    return {group.find(f"{SVG}title").text: group for group in groups if "data-n" in group.attrib}


def places(group):
    """Where a bar begins and ends."""
    bar = group.find(f"{SVG}rect")
    return float(bar.attrib["x"]), float(bar.attrib["x"]) + float(bar.attrib["width"])


def points(figure):
    """The place and number of each point, in the order of the numbers."""
    found = [
        (int(group.findall(f"{SVG}text")[-1].text), float(group.find(f"{SVG}circle").attrib["cx"]), tip)
        for tip, group in bars(figure).items()
        if group.find(f"{SVG}circle") is not None
    ]
    return sorted(found)


def texts(figure):
    return [element.text for element in ElementTree.fromstring(figure.svg()).iter(f"{SVG}text")]


# --- one operation


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (WRITE, "write x 1"),
        (READ, "read x → 1"),
        (STALE, "read x → None"),
        (LATE, "write x 2 → ?"),
        (Op("a", 0, 1, "write", None, "text"), "write text"),
        (Op("a", 0, 1, "cas", "x", (1, 2), True), "cas x 1⇒2 → True"),
        (Op("a", 0, 1, "cas", "x", (1, 2), (False, 7)), "cas x 1⇒2 → (False, 7)"),
        (Op("a", 0, 1, "acquire", None, None, False), "acquire → False"),
        (Op("a", 0, 1, "lookup", None, "name", None), "lookup name → None"),
        (MEMBERS, "read s → {'ann', 'bob', 'eve', 'joe'}"),
    ],
)
def test_an_operation_is_labelled_with_what_was_asked_and_heard(op, text):
    assert label(op) == text


def test_every_operation_has_a_bar_with_its_label_and_times():
    assert list(bars(operations(HISTORY))) == [
        "a: write x 1 (from 0 to 4 ms)",
        "c: read s → {'ann', 'bob', 'eve', 'joe'} (from 0.5 to 0.9 ms)",
        "b: read x → 1 (from 1 to 3 ms)",
        "c: write x 2 → ? (from 2 ms, no reply)",
        "b: read x → None (from 5 to 6 ms)",
    ]


def test_what_is_pending_has_an_open_end_and_a_legend():
    figure = operations(HISTORY)
    pending = bars(figure)["c: write x 2 → ? (from 2 ms, no reply)"]

    assert pending.find(f"{SVG}path").attrib["class"] == "op open"
    assert pending.find(f"{SVG}rect") is None
    assert "no reply: may take effect later, or never" in texts(figure)


@pytest.mark.parametrize("result", [False, (False, 7)])
def test_what_says_that_it_failed_is_marked(result):
    failed = Op("a", 0, 1_000, "cas", "x", (1, 2), result)
    figure = operations([failed])

    assert 'class="op failed"' in figure.body
    assert "says that it did nothing" in texts(figure)


@pytest.mark.parametrize(
    "op",
    [
        Op("a", 0, 1_000, "cas", "x", (1, 2), (True, False)),
        Op("a", 0, 1_000, "read", "x", None, False),
        Op("a", 0, 1_000, "contains", "x", 3, False),
    ],
)
def test_what_saw_false_did_not_fail(op):
    assert "op failed" not in operations([op]).body


# --- the lines and the axis


def test_every_client_has_a_line_in_natural_order():
    ops = [Op(f"c{number}", 0, 1_000, "write", "x", number) for number in (10, 9, 1)]

    names = [
        element.text
        for element in ElementTree.fromstring(operations(ops).svg()).iter(f"{SVG}text")
        if element.attrib.get("class") == "name"
    ]

    assert names == ["c1", "c9", "c10"]


def test_bars_overlap_exactly_if_the_operations_do():
    times = {"a": (0, 40), "b": (30, 60), "c": (50, 90)}
    ops = [Op(client, call, ret, "write", "x", client) for client, (call, ret) in times.items()]

    (a0, a1), (b0, b1), (c0, c1) = map(places, bars(operations(ops)).values())

    assert a0 < b0 < a1 < c0 < b1 < c1


def test_every_bar_is_wide_enough_for_its_label():
    ops = [Op("a", 10 * n, 10 * n + 1, "write", f"a long key {n}", n) for n in range(20)]
    drawn = [places(group) for group in bars(operations(ops)).values()]

    assert all(end - start > 6 * len(label(op)) for (start, end), op in zip(drawn, ops, strict=True))
    assert all(end < start for (_, end), (start, _) in pairwise(drawn))


def test_operations_of_no_length_at_one_moment_are_drawn_one_after_the_other():
    drawn = [places(g) for g in bars(operations([Op("a", 5, 5, "write", "x", n) for n in range(3)])).values()]

    assert all(start < end for start, end in drawn)
    assert all(end < start for (_, end), (start, _) in pairwise(drawn))


def test_what_a_client_does_after_a_time_out_is_drawn_beside_what_is_pending():
    ops = [Op("a", 0, PENDING, "write", "x", 1), Op("a", 10, 20, "write", "x", 2)]

    heights = {group.find(f"{SVG}text").attrib["y"] for group in bars(operations(ops)).values()}

    assert len(heights) == 2


@pytest.mark.parametrize("ops", [[], [WRITE]])
def test_small_histories_are_drawn(ops):
    figure = operations(ops)

    assert ElementTree.fromstring(figure.svg()).tag == f"{SVG}svg"
    assert figure.description


# --- an order that explains all


def test_the_points_are_numbered_in_the_order_of_the_witness():
    assert [tip.partition(" (")[0] for _, _, tip in points(operations(HISTORY, OK))] == [
        "c: read s → {'ann', 'bob', 'eve', 'joe'}",
        "a: write x 1",
        "b: read x → 1",
    ]


def many(seed, clients=4, each=6):
    """A register under several clients, with an order that is known."""
    from random import Random  # noqa: PLC0415 - used here alone

    random = Random(seed)
    moments = []
    for client in range(clients):
        now = random.randrange(3)
        for _ in range(each):
            end = now + random.randrange(8)
            moments.append((random.randint(now, end), len(moments), now, end, f"c{client}"))
            now = end + random.randrange(3)
    value, ops = None, []
    for _, number, call, ret, client in sorted(moments):
        if random.random() < 0.5:
            value = number
            ops.append(Op(client, call, ret, "write", "x", number))
        else:
            ops.append(Op(client, call, ret, "read", "x", None, value))
    return History(ops)


@pytest.mark.parametrize("seed", range(12))
def test_the_points_lie_on_their_bars_and_go_from_left_to_right(seed):
    history = many(seed)
    verdict = linearizable(history, Register())
    figure = operations(history, verdict)

    found = points(figure)

    drawn = bars(figure)
    assert verdict
    assert len(found) == len(drawn)
    assert "takes effect here, in this order" in texts(figure)
    assert [x for _, x, _ in found] == sorted(x for _, x, _ in found)
    assert all(places(drawn[tip])[0] <= x <= places(drawn[tip])[1] for _, x, tip in found)


def test_a_line_connects_the_points_in_order():
    figure = operations(HISTORY, OK)

    line = re.search(r'<path class="order" d="M(.*?)"', figure.body).group(1)

    assert [float(point.split(",")[0]) for point in line.split("L")] == [x for _, x, _ in points(figure)]


def test_the_order_is_told_and_so_is_what_has_no_effect():
    figure = operations(HISTORY, OK)

    assert "An order that explains all: c read s" in figure.description
    assert figure.transcript[1] == "a: write x 1 (from 0 to 4 ms)"
    assert "c: write x 2 → ? (from 2 ms, no reply), has no effect in this order" in figure.transcript


def test_an_order_that_is_not_one_of_time_has_numbers_but_no_line():
    history = History([Op("a", 0, 1_000, "write", "x", 1), Op("b", 2_000, 3_000, "read", "x", None, None)])
    verdict = sequential(history, Register())
    figure = operations(history, verdict)

    assert verdict
    assert [number for number, _, _ in points(figure)] == [1, 2]
    assert 'class="order"' not in figure.body
    assert "the order that explains all" in texts(figure)


def test_operations_that_look_alike_have_a_point_each():
    ops = [Op("a", 5, 5, "write", "x", 0), *[Op("a", 5, 5, "read", "x", None, 0)] * 2]
    figure = operations(ops, Verdict("ok", evidence=lambda: tuple(ops)))

    assert figure.body.count('class="point"') == 3 + 1  # and one in the legend


# --- what no order explains


def test_what_is_to_blame_stands_out_by_more_than_colour_and_the_rest_is_dimmed():
    drawn = bars(operations(HISTORY, ILLEGAL))

    core = [group for group in drawn.values() if "core" in group.attrib["class"].split()]
    dimmed = [group for group in drawn.values() if "dim" in group.attrib["class"].split()]
    assert [group.find(f"{SVG}text").text for group in core] == ["✗ write x 1", "✗ read x → None"]
    assert len(dimmed) == len(HISTORY) - 2


def test_the_explanation_and_the_core_are_told_in_words():
    figure = operations(HISTORY, ILLEGAL)

    assert "The verdict is illegal: b reads None after x was written." in figure.description
    assert "No order explains: a: write x 1 (from 0 to 4 ms); b: read x → None" in figure.description
    assert figure.transcript[0] == "✗ to blame: a: write x 1 (from 0 to 4 ms)"
    assert "✗ no order explains these" in texts(figure)


def test_an_unknown_verdict_marks_nothing_but_says_so():
    figure = operations(HISTORY, Verdict("unknown", "gave up after 10 steps"))

    assert "The verdict is unknown: gave up after 10 steps." in figure.description
    assert not {"core", "dim"} & set(re.findall(r'class="k\d (\w+)"', figure.body))


def test_a_verdict_about_another_history_is_refused():
    with pytest.raises(ValueError, match=r"another history: b read x → None \(5–6 ms\) is not in this"):
        operations([WRITE, READ], ILLEGAL)


def test_of_a_long_history_the_core_and_its_neighbours_are_drawn():
    ops = [Op("a", 10 * n, 10 * n + 5, "write", "x", n) for n in range(1_000)]
    blamed = ops[500]
    figure = operations(ops, Verdict("illegal", "why", lambda: (blamed,)), "Long", most=5)

    shown = [int(re.search(r"write x (\d+)", tip).group(1)) for tip in bars(figure)]
    assert shown == [498, 499, 500, 501, 502]
    assert figure.title == "Long; the picture shows 5 of 1,000 operations"


def test_a_checker_finds_and_the_picture_shows_it():
    history = History([WRITE, Op("b", 4_500, 4_800, "cas", "x", (1, 3), True), STALE])
    verdict = linearizable(history, CasRegister())

    assert not verdict
    assert "✗ read x → None" in texts(operations(history, verdict))


# --- in a notebook


def test_a_history_draws_itself():
    assert HISTORY._repr_html_() == operations(HISTORY).html()


@pytest.mark.parametrize(
    ("verdict", "title"), [(OK, "An order that explains"), (ILLEGAL, "No order explains")]
)
def test_a_verdict_draws_its_proof(verdict, title):
    html = verdict._repr_html_()

    assert html == proof(verdict)
    assert html.startswith(f"<p><b>{verdict.status}.</b> {verdict.explanation}</p><figure")
    assert f"{title}" in html


def test_a_verdict_without_evidence_is_words_alone():
    assert proof(Verdict("unknown", "a < b")) == "<p><b>unknown.</b> a &lt; b</p>"
