"""Every picture: named, described, the same to the byte, and readable in each theme."""

import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest

from distsys.draw.figure import COLOURS, DARK, LIGHT, THEME, Figure

from .pictures import pictures

ROOT = Path(__file__).parents[3]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</svg></style><script>alert("x")</script>'
KINDS = list(pictures())

every_kind = pytest.mark.parametrize("kind", KINDS)


def drawn(kind, name="n1"):
    return pictures(name)[kind]


def css(figure):
    return re.search("<style>(.*?)</style>", figure.html(), re.S).group(1)


# --- named and described


@every_kind
def test_a_picture_is_an_image_with_a_title_and_a_description(kind):
    figure = drawn(kind)
    root = ElementTree.fromstring(figure.svg())

    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")

    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    assert (title.text, description.text) == (figure.title, figure.description)
    assert len(description.text) > 40


@every_kind
def test_a_picture_tells_the_same_in_words(kind):
    figure = drawn(kind)

    assert figure.transcript
    assert "<summary>The same in words</summary>" in figure.html()


@every_kind
def test_what_is_wider_than_the_screen_can_be_scrolled_with_the_keyboard(kind):
    assert '<div class="scroll" tabindex="0" role="group" aria-label="' in drawn(kind).html()


@pytest.mark.parametrize("kind", ["trace", "history", "logs"])
def test_names_that_stay_while_the_rest_is_scrolled_are_for_the_eye_alone(kind):
    figure = drawn(kind)

    held, drawing = re.findall(r"<svg.*?</svg>", figure.html(), re.S)

    assert 'aria-hidden="true"' in held
    assert ">n1</text>" in held
    assert drawing == figure.svg()
    assert figure.svg().count(figure.names) == 1


# --- safe, and apart from others


@every_kind
def test_hostile_text_stays_text(kind):
    figure = drawn(kind, HOSTILE)

    assert ElementTree.fromstring(figure.svg()).tag == f"{SVG}svg"
    assert "<script" not in figure.html(script=False)


@every_kind
def test_ids_begin_with_that_of_the_figure_and_rules_apply_to_it_alone(kind):
    figure = drawn(kind)

    assert all(one.startswith(figure.id) for one in re.findall(r'\bid="([^"]*)"', figure.html()))
    selectors = re.split(r"\{[^{}]*\}", re.sub(r"@media[^{]*\{", "", css(figure)))
    assert all(f"#{figure.id}" in each for each in selectors if each.strip("}"))


def test_no_two_pictures_share_an_id():
    assert len({figure.id for figure in pictures().values()}) == len(KINDS)


# --- the same to the byte


@every_kind
def test_the_same_facts_give_the_same_bytes(kind):
    assert drawn(kind).html() == drawn(kind).html()
    assert drawn(kind).file() == drawn(kind).file()


def test_no_picture_depends_on_the_hash_seed():
    pages = [
        subprocess.run(
            [sys.executable, "-m", "tests.distsys.draw.pictures"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "12345")
    ]

    assert pages[0] == pages[1]
    assert len(pages[0]) > 50_000


# --- readable in light, dark and print


def palette(variables):
    return dict(re.findall(r"--(\w+):(#\w{6})", variables))


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """The contrast of two colours as the guidelines for accessible content define it, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(colour, background, share):
    """What ``color-mix(in srgb, …)`` makes of them."""
    pairs = [(int(c[at : at + 2], 16) for c in (colour, background)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def test_contrast_is_computed_as_defined():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


themes = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
COLOUR_NAMES = [f"c{number}" for number in range(COLOURS)]


@themes
@pytest.mark.parametrize("name", ["fg", "mut", "bad", "hi", *COLOUR_NAMES])
def test_text_and_signs_can_be_read_on_every_background(theme, name):
    colours = palette(theme)

    assert contrast(colours[name], colours["bg"]) >= 4.5
    assert contrast(colours[name], colours["band"]) >= 4.5


@themes
def test_lines_can_be_seen(theme):
    colours = palette(theme)

    assert contrast(colours["line"], colours["bg"]) >= 3


@themes
@pytest.mark.parametrize(("name", "share"), list(product(COLOUR_NAMES, [0.22, 0.26, 0.3])))
def test_text_can_be_read_on_tinted_boxes(theme, name, share):
    colours = palette(theme)
    box = mixed(colours[name], colours["bg"], share)

    assert contrast(colours["fg"], box) >= 4.5


def test_both_themes_define_the_same_variables():
    assert list(palette(LIGHT)) == list(palette(DARK))


@every_kind
def test_no_colour_is_written_anywhere_but_in_the_themes(kind):
    figure = drawn(kind)

    assert not re.findall(r"#[0-9a-fA-F]{3,6}\b(?!\d)", figure.body.replace("&#", ""))
    assert not re.findall(r":#[0-9a-fA-F]{3,6}\b", figure.style)


@every_kind
def test_every_variable_that_is_used_is_defined(kind):
    figure = drawn(kind)

    used = set(re.findall(r"var\(--(\w+)\)", figure.style + figure.body + THEME)) - {"k"}
    assert used <= set(palette(LIGHT))


def test_a_chosen_theme_wins_over_what_the_system_prefers_and_paper_is_light():
    dark = [rule for rule in re.split(r"(?=@media)", THEME) if DARK in rule]

    assert all(rule.startswith("@media screen") for rule in dark)
    assert "html:not([data-theme=light]) body:not([data-jp-theme-light=true],.vscode-light)" in dark[0]
    assert "html[data-theme=dark] #ID,body:is([data-jp-theme-light=false],.vscode-dark) #ID" in dark[1]


def test_nothing_moves_by_itself():
    style = "".join(figure.style for figure in pictures().values()) + THEME

    assert not re.search("transition|animation|@keyframes|smooth", style)


# --- how it shows itself


def test_without_script_the_drawing_is_the_same():
    figure = Figure("t", "d", "<g/>", 10, 10, script="go(ID)")

    assert figure.html() == figure.html(script=False) + f"<script>go({figure.id})</script>"


def test_a_figure_can_be_a_file_of_its_own():
    root = ElementTree.fromstring(drawn("core").file())

    assert ".core" in root.find(f"{SVG}style").text
    assert root.attrib["id"] in root.find(f"{SVG}style").text
