"""Space-time diagrams: complete, safe, and the same to the byte."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from distsys.check.causality import HappensBefore, noted_stamps
from distsys.coordination.time_and_clocks import Chatter, LamportClock
from distsys.draw.roles import Span, noted_roles
from distsys.draw.spacetime import spacetime
from distsys.network import Fixed, Network, Uniform
from distsys.node import Node, message, on
from distsys.simulation import Simulation
from distsys.trace import Trace, canonical

from ..worlds import gossip, mailboxes, say

ROOT = Path(__file__).parents[3]
SVG = "{http://www.w3.org/2000/svg}"


def chat(seed=7, until_ms=150):
    """A trace of three nodes with Lamport stamps, about the size of those in the book, and its labels."""
    simulation = Simulation(seed, Network(latency=Uniform(5, 40)))
    simulation.cluster(lambda: Chatter(LamportClock), 3)
    trace = simulation.run(until_ms).trace
    return trace, {index: str(stamp) for index, (stamp, _) in noted_stamps(trace).items()}


def picture(**options):
    trace, labels = chat()
    return spacetime(trace, labels=labels, **options)


def lossy(loss=0.5):
    """A trace of twenty messages from a to b, some of them lost."""
    simulation = mailboxes(Network(latency=Fixed(3), loss=loss))
    for number in range(20):
        say(simulation, number, number)
    return simulation.run(100).trace


def parsed(figure):
    return ElementTree.fromstring(figure.svg())


def texts(figure):
    return [element.text for element in parsed(figure).iter(f"{SVG}text")]


def tips(figure):
    """What pointing at something shows."""
    return [element.text for element in list(parsed(figure).iter(f"{SVG}title"))[1:]]


def ids(html):
    return re.findall(r'\bid="([^"]*)"', html)


# --- the same to the byte


def test_the_same_trace_gives_the_same_picture():
    assert picture(concurrency=True).html() == picture(concurrency=True).html()


def full_picture():
    return spacetime(gossip(1).trace).html() + picture(concurrency=True).html()


def test_the_picture_does_not_depend_on_the_hash_seed():
    code = "from tests.distsys.draw.test_spacetime import *; print(full_picture())"
    pages = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout.rstrip("\n")
        for hash_seed in ("0", "12345")
    ]

    assert pages == [full_picture()] * 2


def test_a_picture_of_270_records_stays_below_60_kilobytes():
    assert 20_000 < len(picture(concurrency=True).html().encode()) < 60_000
    assert 50_000 < len(spacetime(gossip(1).trace[:270]).html().encode()) < 60_000


# --- well formed, named, with ids that do not collide


@pytest.mark.parametrize(
    "trace",
    [Trace(), Trace([(0, "start", "n1", "", 0, None)]), gossip(1).trace, lossy(), chat()[0]],
    ids=["nothing", "one event", "every fault", "losses", "stamps"],
)
def test_the_drawing_is_well_formed(trace):
    figure = spacetime(trace)

    assert parsed(figure).tag == f"{SVG}svg"


def test_the_drawing_has_the_title_it_was_given():
    figure = spacetime(lossy(), title="Half is lost")

    assert parsed(figure).find(f"{SVG}title").text == "Half is lost"


def test_the_drawing_is_described_in_words():
    simulation = mailboxes(Network(latency=Fixed(3), loss=1))
    say(simulation, 1, 1)
    simulation.at(9, lambda: simulation.crash("b"))

    figure = spacetime(simulation.run(10).trace)

    assert parsed(figure).find(f"{SVG}desc").text == (
        "2 nodes (a, b) from 0 to 9 ms. 1 message, 1 lost. At 9 ms b crashes."
    )


@pytest.mark.parametrize(
    ("names", "who"),
    [
        ("n1 n2 n3 c1 c2", "3 nodes (n1, n2, n3) and 2 clients (c1, c2) from 0 to 1 ms."),
        ("n1 c1", "1 node (n1) and 1 client (c1) from 0 to 1 ms."),
        ("c1", "1 client (c1) from 0 to 1 ms."),
    ],
)
def test_who_talks_and_never_started_is_described_as_a_client(names, who):
    rows = [(0, "start", name, "", 0, None) for name in ("n1", "n2", "n3")]
    rows += [(0, "send", "c1", "n1", 1, "x"), (1_000, "deliver", "c2", "n1", 2, "y")]
    rows += [(1_000, "crash", "n3", "", 0, None)]

    assert spacetime(Trace(rows), nodes=names.split()).description.startswith(who)


@pytest.mark.parametrize(
    "rows",
    [
        [(0, "send", "a", "b", 1, "x"), (5, "crash", "b", "", 0, None)],
        [(0, "start", "a", "", 0, None), (0, "send", "b", "a", 1, "x"), (5, "restart", "b", "", 0, None)],
        [(0, "start", "a", "", 0, None), (5, "note", "b", "", 0, ("hello", ()))],
    ],
    ids=["nobody started", "it restarted", "it is silent"],
)
def test_without_reason_nobody_is_called_a_client(rows):
    assert "2 nodes (a, b)" in spacetime(Trace(rows), nodes=["a", "b"]).description


def test_title_and_description_label_the_drawing():
    root = parsed(spacetime(lossy()))

    named = root.attrib["aria-labelledby"].split()

    assert named == [root.find(f"{SVG}title").attrib["id"], root.find(f"{SVG}desc").attrib["id"]]


def test_no_id_occurs_twice_in_a_figure():
    html = picture(concurrency=True).html()

    assert len(ids(html)) == len(set(ids(html))) > 0


def test_two_figures_on_a_page_have_different_ids():
    one, other = spacetime(chat(1)[0]).html(), spacetime(chat(2)[0]).html()

    assert not set(ids(one)) & set(ids(other))


@pytest.mark.parametrize("option", [{"title": "another"}, {"concurrency": True}, {"width": 700}])
def test_whatever_is_drawn_differently_has_another_id(option):
    assert picture().id != picture(**option).id


def test_the_rules_of_a_figure_apply_to_it_alone():
    figure = picture(concurrency=True)
    css = re.search("<style>(.*?)</style>", figure.html(), re.S).group(1)
    without_media = re.sub(r"@media[^{]*\{", "", css)
    selectors = [part for part in re.split(r"\{[^{}]*\}", without_media) if part.strip("}")]

    assert len(selectors) > 10
    assert all(f"#{figure.id}" in selector for selector in selectors)


# --- nothing is missing


def test_every_node_has_a_line_with_its_name():
    assert {"n1", "n2", "n3", "n4", "n5"} <= set(texts(spacetime(gossip(1).trace)))


def test_the_lines_are_in_the_order_that_was_asked_for():
    figure = spacetime(lossy(), nodes=["b", "a"])

    assert [text for text in texts(figure) if text in ("a", "b")] == ["b", "a"]


@pytest.mark.parametrize(
    "trace", [chat()[0], lossy(), gossip(3).trace], ids=["stamps", "losses", "every fault"]
)
def test_every_message_that_arrives_or_is_lost_has_an_arrow(trace):
    sent = {record.id: record for record in trace if record.kind == "send"}
    ends = [
        f"{sent[record.id].time / 1000:.3f} → {record.time / 1000:.3f} ms  "
        f"{sent[record.id].node} → {sent[record.id].peer}: {canonical(sent[record.id].data)}"
        for record in trace
        if record.kind in ("deliver", "drop") and record.id in sent
    ]

    arrows = [tip for tip in tips(spacetime(trace)) if "→" in tip and "still on its way" not in tip]

    assert sorted(tip.split(", lost")[0] for tip in arrows) == sorted(ends)
    assert len(arrows) > 10


def test_lost_messages_are_marked_and_say_why():
    trace = lossy()
    lost = sum(record.kind == "drop" for record in trace)

    groups = parsed(spacetime(trace)).iter(f"{SVG}g")

    dashed = [group for group in groups if group.find(f"{SVG}path[@class='msg lost']") is not None]
    marked = [group for group in dashed if group.find(f"{SVG}title") is not None]  # the legend has no title
    assert len(marked) == lost > 0
    assert all(group.find(f"{SVG}path[@class='cross']") is not None for group in marked)
    assert all(group.find(f"{SVG}title").text.endswith(", lost: loss") for group in marked)


def test_messages_that_arrive_are_not_marked_as_lost():
    assert "lost" not in " ".join(tips(spacetime(lossy(loss=0))))


def test_every_label_is_written_at_its_event():
    trace, labels = chat()

    root = parsed(spacetime(trace, labels=labels))

    dots = {group.attrib["data-e"]: group for group in root.iter(f"{SVG}g") if "data-e" in group.attrib}
    assert {int(index): group.find(f"{SVG}text").text for index, group in dots.items()} == labels


def test_labelled_events_of_one_node_at_one_moment_are_drawn_apart():
    trace, labels = chat()
    root = parsed(spacetime(trace, labels=labels))

    places = [
        (circle.attrib["cx"], circle.attrib["cy"])
        for circle in root.iter(f"{SVG}circle")
        if circle.attrib["class"] == "dot"
    ]

    assert len(places) == len(set(places)) == len(labels)


@pytest.mark.parametrize("stamp", ["{}", "[{}, 0, 12]", "a very long label {}"])
def test_labels_do_not_cover_each_other_and_the_drawing_grows_with_them(stamp):
    trace, labels = chat()
    figure = spacetime(trace, labels={index: stamp.format(label) for index, label in labels.items()})

    sides = {}
    for e in parsed(figure).iter(f"{SVG}text"):
        if "label" in e.attrib.get("class", ""):
            half = 3.6 * len(e.text)
            sides.setdefault(e.attrib["y"], []).append(
                (float(e.attrib["x"]) - half, float(e.attrib["x"]) + half)
            )
    assert all(end <= start for side in sides.values() for (_, end), (start, _) in pairwise(sorted(side)))
    assert all(start >= 0 and end <= figure.width for side in sides.values() for start, end in side)


def test_the_axis_keeps_the_order_of_events():
    trace, labels = chat()

    for warp in (0, 0.6, 1):
        root = parsed(spacetime(trace, labels=labels, warp=warp))
        dots = [group for group in root.iter(f"{SVG}g") if "data-e" in group.attrib]
        where = {int(dot.attrib["data-e"]): float(dot.find(f"{SVG}circle").attrib["cx"]) for dot in dots}
        assert [where[index] for index in sorted(where)] == sorted(where.values())


def test_an_arrow_can_be_pointed_at_beside_its_thin_line():
    arrows = [group for group in parsed(spacetime(lossy())).iter(f"{SVG}g") if "data-n" in group.attrib]

    assert len(arrows) == 20
    assert all(arrow.find(f"{SVG}path").attrib["class"] == "hit" for arrow in arrows)


def test_types_of_messages_differ_by_the_heads_of_their_arrows_and_not_by_colour_alone():
    kinds = [message(type(f"Kind{number}", (), {"__annotations__": {}})) for number in range(6)]
    rows = []
    for number, kind in enumerate(kinds, 1):
        rows.append((number * 1000, "send", "a", "b", number, kind()))
        rows.append((number * 1000 + 500, "deliver", "b", "a", number, kind()))

    root = parsed(spacetime(Trace(rows), warp=0))

    heads = [group[-1] for group in root.iter(f"{SVG}g") if "data-n" in group.attrib]
    shapes = [(head.attrib["class"], head.attrib["d"].split("L")[1].partition("l")[2]) for head in heads]
    assert len(shapes) == len(set(shapes)) == 6


def test_a_long_name_is_cut_and_the_whole_is_shown_where_it_is_pointed_at():
    name = "a-server-with-a-very-long-name"
    figure = spacetime(Trace([(0, "start", name, "", 0, None)]))

    assert name in tips(figure)
    assert "a-server-with-a-very-…" in texts(figure)


def test_a_long_remark_is_cut_and_the_whole_is_shown_where_it_is_pointed_at():
    figure = spacetime(Trace([(0, "note", "a", "", 0, ("x" * 80, ()))]))

    assert "x" * 80 in tips(figure)
    assert "x" * 31 + "…" in texts(figure)


def test_remarks_cover_no_others_and_what_has_no_room_is_counted():
    rows = [(time * 100, "note", "a", "", 0, (f"remark {time}", ())) for time in range(100)]
    figure = spacetime(Trace(rows))

    remarks = [e for e in parsed(figure).iter(f"{SVG}text") if (e.text or "").startswith("remark ")]
    by_side = [sorted(float(e.attrib["x"]) for e in remarks if e.attrib["y"] == y) for y in ("59", "93")]
    assert all(right - left > 48 for places in by_side for left, right in pairwise(places))
    assert f"{100 - len(remarks)} remarks only in the words" in texts(figure)
    assert len(figure.transcript) == 100


def test_hidden_messages_and_timers_are_left_out():
    figure = spacetime(gossip(1).trace, hide=["Crowd", "spread"])

    assert not [tip for tip in tips(figure) if "→" in tip or "timer" in tip]


def test_crashes_restarts_pauses_and_cuts_are_drawn():
    svg = spacetime(gossip(1).trace).svg()

    assert "n3 crashes at 220 ms" in svg
    assert "n4 is paused 40 ms" in svg
    assert "cut off: n1, n2" in svg
    assert svg.count('class="up"') == 2  # one restart and its legend


def test_notes_are_written_beside_their_line():
    assert "spread" in texts(spacetime(gossip(1).trace))


def test_the_transcript_tells_every_record_in_order():
    trace = lossy(0)

    transcript = spacetime(trace).transcript

    assert list(transcript) == [str(record) for record in trace if record.kind != "start"]


@pytest.mark.parametrize(("timed", "when"), [(True, "9.000 ms"), (False, "step 9")])
def test_the_transcript_says_which_message_is_lost(timed, when):
    simulation = mailboxes()
    simulation.at(8, lambda: simulation.partition(["a"]))
    say(simulation, 9, 7)

    transcript = spacetime(simulation.run(10).trace, timed=timed).transcript

    assert transcript[-1] == f"{when}  a's Ping(number=7) to b is lost (partition)"


def test_a_loss_whose_send_is_not_in_the_trace_is_told_as_the_trace_does():
    trace = Trace([(0, "drop", "a", "b", 3, "loss")])

    assert spacetime(trace).transcript == [str(trace[0])]


def test_the_transcript_repeats_the_labels():
    trace, labels = chat()

    transcript = spacetime(trace, labels=labels).transcript

    assert [line for line in transcript if line.endswith("]")] == [
        f"{trace[index]}  [{labels[index]}]" for index in sorted(labels)
    ]


# --- hostile text


HOSTILE = "</title></style></svg><script>alert('x')</script>\"&"


@message
class Text:
    text: str


class Hostile(Node):
    def on_start(self):
        self.note(HOSTILE)
        self.broadcast(Text(HOSTILE))

    @on(Text)
    def hear(self, src, text):
        pass


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)


def hostile(name):
    simulation = Simulation(network=Network(latency=Fixed(5)))
    simulation.add(name, Hostile)
    simulation.add("b", Hostile)
    simulation.at(1, lambda: simulation.partition([name]))
    simulation.at(2, lambda: simulation.pause(name, 1))
    simulation.at(4, lambda: simulation.crash(name))
    return simulation.run(20).trace


def test_hostile_names_notes_messages_and_labels_stay_text():
    figure, harmless = (
        spacetime(hostile(name), title=title, labels={0: title}, concurrency=True)
        for name, title in ((HOSTILE, HOSTILE), ("a" * len(HOSTILE), "title"))
    )

    assert "script" not in Tags(figure.html(script=False)).found
    assert Tags(figure.html()).found == Tags(harmless.html()).found


def test_a_picture_with_hostile_text_is_well_formed():
    figure = spacetime(hostile(HOSTILE), title=HOSTILE, labels={0: HOSTILE})

    assert parsed(figure).find(f"{SVG}title").text == HOSTILE
    assert HOSTILE in texts(figure)


# --- concurrency


def test_pointing_at_an_event_highlights_exactly_the_concurrent_ones():
    trace, labels = chat()
    order = HappensBefore(trace)

    html = spacetime(trace, labels=labels, concurrency=True).html()

    rules = re.findall(r'\[data-e="(\d+)"\]:is\(:hover,:focus\)\) :is\((.*?)\)\{', html)
    highlighted = {int(event): set(map(int, re.findall(r'"(\d+)"', others))) for event, others in rules}
    concurrent = {a: {b for b in labels if order.concurrent(a, b)} for a in labels}
    assert highlighted == {event: others for event, others in concurrent.items() if others}
    assert any(highlighted.values())


def test_a_label_at_no_event_cannot_be_concurrent_and_the_error_says_where():
    trace = Trace([(0, "start", "a", "", 0, None), (1_000, "note", "a", "", 0, ("hello", ()))])

    assert "hi" in texts(spacetime(trace, labels={1: "hi"}))
    with pytest.raises(ValueError, match=r"record 1 \[1.000 ms  a hello\] is no event of a process"):
        spacetime(trace, labels={1: "hi"}, concurrency=True)


@pytest.mark.parametrize("index", [-1, 2])
def test_a_label_at_no_record_is_refused(index):
    trace = Trace([(0, "start", "a", "", 0, None)] * 2)

    with pytest.raises(ValueError, match=f"there is no record {index} to label; the trace has 2"):
        spacetime(trace, labels={index: "hi"})


def test_without_concurrency_nothing_is_highlighted():
    assert ":has(" not in picture().html()


# --- what is still on its way, and messages to oneself


def test_a_message_that_is_still_on_its_way_at_the_end_is_a_stub():
    simulation = mailboxes(Network(latency=Fixed(30)))
    say(simulation, 1, 1)

    figure = spacetime(simulation.run(10).trace)

    assert "1.000 ms  a → b: Ping(number=1), still on its way at the end" in tips(figure)
    assert "1 message, 1 still on the way at the end." in figure.description
    assert "still on its way" in texts(figure)


def test_a_message_to_oneself_is_a_bow():
    simulation = mailboxes(Network(latency=Fixed(3)))
    say(simulation, 1, 1, "a", "a")

    figure = spacetime(simulation.run(10).trace)

    bows = [path for path in parsed(figure).iter(f"{SVG}path") if path.attrib["class"] == "msg bow"]
    assert len(bows) == 1


# --- roles


def noted(*facts):
    return Trace([(time * 1000, "note", "n1", "", 0, ("", tuple(pairs.items()))) for time, pairs in facts])


LED = noted(
    (0, {"role": "follower", "term": 1}),
    (10, {"role": "candidate", "term": 2}),
    (20, {"role": "leader", "term": 2}),
    (30, {"role": "follower", "term": 3}),
)


def test_roles_that_were_noted_become_spans():
    assert noted_roles(LED)["n1"][1:3] == [Span(10, 20, "candidate", 2), Span(20, 30, "leader", 2)]


def test_a_crash_ends_a_role():
    trace = Trace([*LED.rows[:3], (25_000, "crash", "n1", "", 0, None)])

    assert noted_roles(trace)["n1"][-1] == Span(20, 25, "leader", 2)


def test_who_leads_has_a_bar_and_who_follows_has_none():
    figure = spacetime(LED)

    assert [tip for tip in tips(figure) if " is " in tip] == [
        "n1 is candidate, term 2",
        "n1 is leader, term 2",
    ]
    assert {"term 2", "pale: candidate"} <= set(texts(figure))
    assert "n1 is leader, term 2 from 20 ms." in figure.description


def test_the_bar_of_a_role_says_its_term_by_number_too():
    terms = [e.text for e in parsed(spacetime(LED)).iter(f"{SVG}text") if "term" in e.attrib.get("class", "")]

    assert terms == ["2", "2"]


def test_roles_outside_the_time_that_is_drawn_are_left_out():
    spans = [
        Span(-9, -5, "leader", 1),
        Span(-5, 4, "leader", 2),
        Span(8, None, "leader", 3),
        Span(99, None, "leader", 4),
    ]
    figure = spacetime(noted((0, {}), (10, {})), roles={"n1": spans})

    assert [tip for tip in tips(figure) if " is " in tip] == ["n1 is leader, term 2", "n1 is leader, term 3"]
    assert not {"term 1", "term 4"} & set(texts(figure))


def test_roles_can_be_given():
    figure = spacetime(lossy(), roles={"a": [Span(0, 9, "primary")]})

    assert "a is primary" in tips(figure)
    assert "primary" in texts(figure)


# --- walking through


def test_every_step_of_the_picture_is_a_line_of_the_transcript():
    figure = spacetime(gossip(1).trace)

    steps = {int(n) for both in re.findall(r'data-n="([^"]*)"', figure.body) for n in both.split()}

    assert min(steps) >= 1
    assert max(steps) <= len(figure.transcript)


def test_the_script_finds_its_own_figure():
    figure = picture()

    assert figure.html().count("<script>") == 1
    assert f'querySelectorAll("#{figure.id}")' in figure.html()


def test_a_node_that_restarts_without_a_crash_was_down_from_the_beginning():
    rows = [(0, "note", "b", "", 0, ("hello", ())), (5_000, "restart", "a", "", 0, None)]

    down, up = (
        next(e.attrib["d"] for e in parsed(spacetime(Trace(rows))).iter() if e.attrib.get("class") == kind)
        for kind in ("dead", "up")
    )

    start, end = re.fullmatch(r"M([\d.]+),71H([\d.]+)", down).groups()
    assert float(start) == 58
    assert up.startswith(f"M{float(end) - 5:.1f},")


def test_a_disturbance_is_a_line_through_all_nodes_or_a_remark_at_its_own():
    everybody, one = (1_000, "fault", "", "", 0, "slow links"), (2_000, "fault", "a", "", 0, "full disk")
    figure = spacetime(Trace([(0, "start", "a", "", 0, None), everybody, one]))

    assert {"slow links", "full disk"} <= set(texts(figure))
    assert len([e for e in parsed(figure).iter() if e.attrib.get("class") == "fault"]) == 1
    assert "At 1 ms slow links. At 2 ms a full disk." in figure.description


def test_faults_take_part_in_the_steps():
    trace = gossip(1).trace
    told = list(spacetime(trace).transcript)
    root = parsed(spacetime(trace))

    stepped = {e.attrib.get("class"): e for e in root.iter() if "data-n" in e.attrib}
    crash = next(e for e in root.iter(f"{SVG}g") if e.find(f"{SVG}rect[@class='down']") is not None)
    assert "n3 crash" in told[int(crash.attrib["data-n"]) - 1]
    assert "n3 restart" in told[int(stepped["up"].attrib["data-n"]) - 1]
    assert "n4 is paused" in told[int(stepped["pause"].attrib["data-n"]) - 1]
    assert "the network is cut" in told[int(stepped["group"].attrib["data-n"]) - 1]


def test_without_steps_there_is_no_script():
    assert "<script" not in picture(steps=False).html()


def test_without_the_script_the_drawing_is_the_same():
    assert picture(steps=False).body == picture().body


def test_the_legend_stays_inside_the_drawing():
    spans = [Span(n, n + 1, "leader", n) for n in range(20)]

    root = parsed(spacetime(lossy(), roles={"a": spans}))

    moves = [group.attrib["transform"] for group in root.iter(f"{SVG}g") if "transform" in group.attrib]
    places = [tuple(map(float, move[10:-1].split(","))) for move in moves]
    assert max(x for x, _ in places) < 700
    assert max(y for _, y in places) < float(root.attrib["height"])


# --- how it shows itself


def test_the_file_of_a_figure_is_well_formed_and_carries_its_style():
    root = ElementTree.fromstring(picture().file())

    assert root.attrib["id"] == picture().id
    assert f"#{picture().id} .msg" in root.find(f"{SVG}style").text


def test_a_figure_shows_itself_in_a_notebook():
    figure = picture()

    assert figure._repr_html_() == figure.html()
    assert repr(figure) == "<Figure: Space-time diagram>"


def test_a_trace_without_time_is_told_in_steps():
    trace = Trace([
        (0, "send", "a", "b", 1, "x"), (1000, "deliver", "b", "a", 1, "x"), (2000, "crash", "b", "", 0, None),
    ])  # fmt: skip

    html = spacetime(trace, timed=False).html()

    assert "from step 0 to step 2." in html
    assert "At step 2 b crashes." in html
    assert "step 0 → 1  a → b: &#x27;x&#x27;" in html or "step 0 → 1  a → b: 'x'" in html
    assert " ms" not in html
    assert re.findall(r'class="mut"[^>]*>([^<]+)<', html)[:4] == ["step", "0", "1", "2"]
