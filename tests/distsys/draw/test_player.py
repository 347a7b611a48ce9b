"""Players and steps: one picture or one event after the other, in a real browser and without scripts."""

import json
import re
import subprocess
from html import unescape

import pytest

from distsys.draw.explorer import Explorer
from distsys.draw.figure import Figure
from distsys.draw.history import operations
from distsys.draw.player import Player
from distsys.draw.spacetime import spacetime
from tests.site.browser import chromium

from ..worlds import gossip
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


def test_pictures_are_hidden_only_where_the_script_has_put_its_controls_and_never_on_paper():
    style = re.search("<style>(.*?)</style>", player().html()).group(1)

    hiding = re.search(r"@media screen\{([^{}]*)\{display:none\}\}", style)
    elsewhere = re.findall(r"([^{}]*)\{display:none\}", style.replace(hiding.group(), ""))
    assert all(".steps" in selector for selector in hiding.group(1).split(",#"))
    assert "[data-n]" in hiding.group(1)
    assert not [selectors for selectors in elsewhere if "[data-n]" in selectors]


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
seen.named=all('.steps :is(button,input)').every(e=>e.ariaLabel);
seen.first=[long.input.value,long.input.max,long.says(),dimmed(long)];
long.back.click();seen.back=[long.says(),dimmed(long)];
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
    assert seen["first"] == [str(count + 1), str(count + 1), f"{count} steps; the arrow keys move", 0]


def test_a_step_reads_out_its_event_and_dims_what_comes_later(seen, long):
    count = len(long.transcript)

    assert seen["back"] == [f"{count} of {count}: {long.transcript[-1]}", 0]
    assert seen["two"] == [f"2 of {count}: {long.transcript[1]}", True, True]


def test_stepping_through_one_picture_leaves_its_twin_alone(seen):
    assert seen["twin"] == 0


def test_the_operations_of_a_history_are_read_out(seen):
    assert seen["past"] == "1 of 5: a: write x 1 (from 0 to 4 ms)"


def test_a_player_shows_one_picture_at_a_time_and_stops_at_the_last(seen):
    assert seen["film"] == ["1 of 3: Frame 1", ["1"]]
    assert seen["last"] == ["3 of 3: Frame 3", ["3"]]
    assert seen["before"] == ["2 of 3: Frame 2", ["2"]]
