"""Players and steps: one picture or one event after the other, in a real browser and without scripts."""

import json
import re
import subprocess
from html import unescape

import pytest

from distsys.draw.explorer import Explorer
from distsys.draw.figure import Figure
from distsys.draw.history import operations
from distsys.draw.log import logs
from distsys.draw.player import Player
from distsys.draw.spacetime import spacetime
from tests.site.browser import chromium

from ..worlds import gossip
from .browser import browser
from .pictures import HISTORY


def frame(number):
    return Figure(
        f"Frame {number}", "A circle.", f'<circle r="{number}"/>', 100, 100, "", ["a step"], "go(ID)"
    )


def player(count=3):
    return Player([frame(number) for number in range(1, count + 1)], "Circles")


# --- without a script


def test_every_picture_is_there_with_its_number_and_title():
    html = player().html()

    assert re.findall(r'<div data-n="(\d)"><p>(.*?)</p><figure', html) == [
        ("1", "1. Frame 1"), ("2", "2. Frame 2"), ("3", "3. Frame 3"),
    ]  # fmt: skip


def test_pictures_are_hidden_only_where_the_script_has_put_its_controls_and_not_on_paper():
    style = re.search("<style>(.*?)</style>", player().html()).group(1)

    hiding = re.search(r"@media screen\{([^{}]*)\{display:none\}\}", style)
    elsewhere = re.findall(r"([^{}]*)\{display:none\}", style.replace(hiding.group(), ""))
    assert all(".steps" in selector for selector in hiding.group(1).split(",#"))
    assert "[data-n]" in hiding.group(1)
    assert not [each for each in elsewhere if "[data-n]" in each and ".stepped" not in each]


def test_a_player_has_one_script_and_its_frames_have_none():
    assert player().html().count("<script>") == 1


def test_the_same_player_is_the_same_to_the_byte_and_another_has_another_name():
    names = {re.search('id="(pl[0-9a-f]+)"', player(count).html()).group(1) for count in (2, 3)}

    assert player().html() == player()._repr_html_()
    assert len(names) == 2


def test_no_id_occurs_twice_even_if_a_picture_does():
    frames = [frame(1), frame(2), frame(1)]
    page = frame(1).html() + Player(frames).html() + Explorer(frame, [1, 2], "Which?")._repr_html_()

    ids = re.findall(r'\bid="([^"]*)"', page)
    wanted = {name for names in re.findall(r'aria-labelledby="([^"]*)"', page) for name in names.split()}
    assert len(ids) == len(set(ids))
    assert wanted <= set(ids)


def test_titles_stay_text():
    html = Player([Figure("<b>", "d", "<g/>", 10, 10)], "<i>").html()

    assert "<b>" not in html
    assert "<i>" not in html


def test_a_player_without_pictures_is_refused():
    with pytest.raises(ValueError, match="needs at least one picture"):
        Player([])


def test_a_player_says_what_it_is():
    assert repr(player()) == "<Player: Circles, 3 pictures>"


# --- in a browser

HARNESS = """
<pre id="out"></pre><script>
const all=s=>[...document.querySelectorAll(s)], seen={};
const controls=all(".steps").map(s=>({root:s.parentElement,input:s.querySelector("input"),
  back:s.children[0],on:s.children[2],says:()=>s.querySelector("output").textContent}));
const visible=e=>getComputedStyle(e).display!=="none";
const shown=()=>all(".ds-player>[data-n]").filter(visible).map(e=>e.dataset.n);
const [long,twin,past,film]=controls;
const dimmed=c=>c.root.querySelectorAll(".later").length;
seen.count=controls.length;
seen.live=all('.steps output[aria-live="polite"]').length;
seen.named=all('.steps :is(button,input)').every(e=>e.ariaLabel||e.textContent);
seen.first=[long.input.value,long.input.max,long.says(),dimmed(long)];
long.back.click();seen.back=[long.says(),dimmed(long)];
long.on.click();seen.on=[long.says(),dimmed(long)>150];
long.input.value=long.input.max;long.input.oninput();seen.end=[long.says(),dimmed(long)];
long.input.value=2;long.input.oninput();seen.two=[long.says(),dimmed(long)>150,all(".now").length>0];
seen.twin=dimmed(twin);
past.input.value=1;past.input.oninput();seen.past=past.says();
seen.film=[film.says(),shown()];
film.on.click();film.on.click();film.on.click();seen.last=[film.says(),shown()];
film.back.click();seen.before=[film.says(),shown()];
document.getElementById("out").textContent=JSON.stringify(seen);
</script>"""


@pytest.fixture(scope="module")
def long():
    """A diagram of many steps."""
    return spacetime(gossip(1).trace[:270])


@pytest.fixture(scope="module")
def seen(long, tmp_path_factory):
    """What a reader with scripts sees: two equal diagrams, a history, and a player."""
    parts = [long, long, operations(HISTORY), player()]
    folder = tmp_path_factory.mktemp("browser")
    page = folder / "page.html"
    body = "".join(part.html() for part in parts)
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{body}{HARNESS}", encoding="utf-8")
    command = [
        chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}",
        "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    result = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=True
    )
    found = re.search('<pre id="out">(.*?)</pre>', result.stdout, re.S)
    assert found, result.stdout[-500:]
    return json.loads(unescape(found.group(1)))


def test_every_picture_gets_controls_with_names_and_a_read_out_even_one_that_is_there_twice(seen):
    assert (seen["count"], seen["live"], seen["named"]) == (4, 4, True)


def test_a_diagram_of_many_steps_is_complete_at_first(seen, long):
    count = len(long.transcript)

    assert count > 200
    assert seen["first"] == ["0", str(count), f"{count} steps; ▶ or the arrow keys move", 0]


def test_a_step_reads_out_its_event_and_dims_what_comes_later(seen, long):
    count = len(long.transcript)

    assert seen["back"] == seen["first"][2:]  # there is nothing before it
    assert seen["on"] == [f"1 of {count}: {long.transcript[0]}", True]
    assert seen["end"] == [f"{count} of {count}: {long.transcript[-1]}", 0]
    assert seen["two"] == [f"2 of {count}: {long.transcript[1]}", True, True]


def test_stepping_through_one_picture_leaves_its_twin_alone(seen):
    assert seen["twin"] == 0


def test_the_operations_of_a_history_are_read_out(seen):
    assert seen["past"] == "1 of 5: a: write x 1 (from 0 to 4 ms)"


def test_a_player_shows_one_picture_at_a_time_and_stops_at_the_last(seen):
    assert seen["film"] == ["1 of 3: Frame 1", ["1"]]
    assert seen["last"] == ["3 of 3: Frame 3", ["3"]]
    assert seen["before"] == ["2 of 3: Frame 2", ["2"]]


# --- with the keyboard

LOOK = """(()=>{const [i,o]=document.querySelectorAll(".steps :is(input,output)");
return [i.value,i.getAttribute("aria-valuetext"),o.textContent,o.getAttribute("aria-live")]})()"""
FOCUS = "document.querySelector('.steps input').focus()"


@pytest.fixture(scope="module")
def pressed(tmp_path_factory):
    """What the controls of a history show after each key or change of the focus."""
    folder = tmp_path_factory.mktemp("keyboard")
    page = folder / "page.html"
    picture = operations(HISTORY).html()
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{picture}", encoding="utf-8")
    with browser(folder / "profile") as reader:
        reader.open(page, 390, 700)
        seen = {"": reader.run(LOOK)}
        reader.run(FOCUS)
        for key in ("ArrowRight", "End", "ArrowLeft", "Home", "Tab"):
            reader.press(key)
            seen[key] = reader.run(LOOK)
    return seen


def test_the_first_press_of_the_right_key_goes_to_the_first_step(pressed):
    assert pressed[""][:2] == ["0", "5 steps; ▶ or the arrow keys move"]
    assert pressed["ArrowRight"][:2] == ["1", "1 of 5: a: write x 1 (from 0 to 4 ms)"]


def test_the_other_keys_move_the_slider_and_home_shows_all(pressed):
    assert [pressed[key][0] for key in ("End", "ArrowLeft", "Home")] == ["5", "4", "0"]


def test_the_value_of_the_slider_is_the_step_in_words(pressed):
    assert all(value == shown for _, value, shown, _ in pressed.values())


def test_a_step_is_read_out_once_by_the_slider_or_by_the_live_region(pressed):
    assert [live for _, _, _, live in pressed.values()] == ["polite", "off", "off", "off", "off", "polite"]


# --- without hands, and on paper

STEPS = """(()=>{const f=document.querySelector(".ds-player");
const [back,slider,on,play,said]=f.querySelector(".steps").children;
const look=()=>[said.textContent,play.textContent,waits.length];
const shown=()=>[...f.querySelectorAll(":scope>[data-n]")].filter(e=>getComputedStyle(e).display!=="none")
.map(e=>e.innerText.split("\\n")[0]);
return (%s)})()"""
CLOCK = "window.waits=[];window.setTimeout=f=>waits.push(f);window.clearTimeout=()=>{waits.length=0};0"


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """What a reader of a player of three pictures sees and does, one after the other; time stands still."""
    folder = tmp_path_factory.mktemp("film")
    page = folder / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{player().html()}", encoding="utf-8")
    seen = {}
    with browser(folder / "profile") as reader:
        reader.open(page, 390, 700)
        reader.run(CLOCK)
        paper = {"media": "print"}
        reader.tell("Emulation.setEmulatedMedia", **paper)
        seen["paper at first"] = reader.run(STEPS % "shown()")
        reader.tell("Emulation.setEmulatedMedia", media="")
        seen["at first"] = reader.run(STEPS % "look()")
        seen["play"] = reader.run(STEPS % "play.click(),look()")
        seen["later"] = reader.run(STEPS % "waits.pop()(),look()")
        seen["play again"] = reader.run(STEPS % "play.click(),look()")
        seen["pause"] = reader.run(STEPS % "play.click(),look()")
        seen["play on"] = reader.run(STEPS % "play.click(),look()")
        seen["step"] = reader.run(STEPS % "back.click(),look()")
        reader.run(STEPS % "on.focus()")
        for key in ("ArrowRight", "Home", "End", "ArrowLeft"):
            reader.press(key)
            seen[key] = reader.run(STEPS % "said.textContent[0]")
        reader.tell("Emulation.setEmulatedMedia", **paper)
        seen["paper"] = reader.run(STEPS % "shown()")
    return seen


def test_nothing_moves_before_the_reader_presses_play(film):
    assert film["at first"] == ["1 of 3: Frame 1", "Play", 0]


def test_play_shows_one_picture_after_the_other_and_ends_with_the_last(film):
    assert film["play"] == ["2 of 3: Frame 2", "Pause", 1]
    assert film["later"] == ["3 of 3: Frame 3", "Play", 0]


def test_play_after_the_last_picture_begins_with_the_first(film):
    assert film["play again"] == ["1 of 3: Frame 1", "Pause", 1]


def test_pause_and_every_other_control_end_it(film):
    assert film["pause"] == ["1 of 3: Frame 1", "Play", 0]
    assert film["play on"][1:] == ["Pause", 1]
    assert film["step"] == ["1 of 3: Frame 1", "Play", 0]


def test_the_keys_move_the_steps_from_a_button_too(film):
    assert [film[key] for key in ("ArrowRight", "Home", "End", "ArrowLeft")] == ["2", "1", "3", "2"]


def test_on_paper_are_all_pictures_or_the_one_that_the_reader_has_chosen(film):
    assert film["paper at first"] == ["1. Frame 1", "2. Frame 2", "3. Frame 3"]
    assert film["paper"] == ["2. Frame 2"]


# --- on a narrow screen

SCROLLED = """[...document.querySelectorAll(".scroll")].map(e=>{e.scrollLeft=150;
const held=e.querySelector(".names"),left=x=>x.getBoundingClientRect().left;
return [getComputedStyle(held).display,e.scrollLeft>0,left(held)===left(e),
[...held.querySelectorAll("text")].map(t=>t.textContent).join(" ")]})"""


@pytest.fixture(scope="module")
def scrolled(long, tmp_path_factory):
    """What becomes of the names of the lines when pictures are scrolled, by the width of the window."""
    folder = tmp_path_factory.mktemp("scrolled")
    page = folder / "page.html"
    log = logs({"n1": [(1, f"x={number}") for number in range(20)], "n2": []})
    body = "".join(part.html() for part in (long, operations(HISTORY), log))
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{body}", encoding="utf-8")
    with browser(folder / "profile") as reader:
        seen = {}
        for width in (390, 1600):
            reader.open(page, width, 700)
            seen[width] = reader.run(SCROLLED)
    return seen


def test_the_names_of_the_lines_stay_when_a_narrow_screen_scrolls(scrolled):
    assert scrolled[390] == [
        ["block", True, True, "n1 n2 n3 n4 n5"],
        ["block", True, True, "a b c"],
        ["block", True, True, "n1 n2"],
    ]


def test_on_a_wide_screen_the_names_are_there_once(scrolled):
    assert [display for display, *_ in scrolled[1600]] == ["none"] * 3
