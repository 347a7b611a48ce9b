"""Explorers: one picture a value, one choice, nothing that collides."""

import re

import pytest

from distsys.draw.explorer import Explorer
from distsys.draw.figure import Figure


def circle(radius):
    body = f'<circle cx="50" cy="50" r="{radius}"/>'
    return Figure(f"Radius {radius}", "A circle.", body, 100, 100, "", ["a step"], 'step("ID")')


def explorer(values=(10, 20, 30), **options):
    return Explorer(circle, values, "Radius (px)", **options)


def radios(html):
    return re.findall(r'<input type="radio" name="([\w-]+)" value="(\d+)"( checked)?>', html)


def test_there_is_one_frame_for_each_value():
    html = explorer()._repr_html_()

    assert re.findall(r"<title [^>]*>(.*?)</title>", html) == ["Radius 10", "Radius 20", "Radius 30"]


def test_the_choices_are_one_group_in_a_fieldset_that_asks_the_question():
    html = explorer()._repr_html_()

    group = re.search(r"<fieldset><legend>(.*?)</legend>(.*?)</fieldset>", html)
    assert group[1] == "Radius (px)"
    assert len({name for name, _, _ in radios(group[2])}) == 1
    assert re.findall(r"> (\w+)</label>", group[2]) == ["10", "20", "30"]


@pytest.mark.parametrize(("options", "chosen"), [({}, "0"), ({"start": 20}, "1")])
def test_exactly_one_choice_is_made_at_first(options, chosen):
    assert [value for _, value, checked in radios(explorer(**options)._repr_html_()) if checked] == [chosen]


def test_every_choice_shows_its_frame():
    html = explorer()._repr_html_()

    shown = re.findall(r'\[value="(\d)"\]:checked\) \[data-frame="(\d)"\]\{display:block\}', html)
    assert shown == [("0", "0"), ("1", "1"), ("2", "2")]
    assert re.findall(r'<div data-frame="(\d)">', html) == ["0", "1", "2"]


def test_a_browser_that_cannot_choose_shows_all_frames():
    html = explorer()._repr_html_()

    assert re.search(r"@supports selector\(:has\(a\)\)\{#ex\w+ \[data-frame\]\{display:none\}", html)
    assert html.count("display:none}#ex") == 1


def test_two_explorers_have_different_names_even_if_they_begin_alike():
    names = {radios(explorer(values)._repr_html_())[0][0] for values in ((10, 20, 30), (10, 20, 40))}

    assert len(names) == 2


def test_the_same_explorer_is_the_same_to_the_byte():
    assert explorer()._repr_html_() == explorer()._repr_html_()


def test_the_frames_carry_no_script():
    assert "<script" in circle(10).html()
    assert "<script" not in explorer()._repr_html_()


def test_question_and_values_stay_text():
    html = Explorer(lambda value: circle(5), ["<b>"], "<i>?")._repr_html_()

    assert "&lt;b&gt;" in html
    assert "&lt;i&gt;?" in html


def test_an_explorer_without_values_is_refused():
    with pytest.raises(ValueError, match="needs at least one value"):
        explorer(())


def test_a_start_that_is_no_value_is_refused():
    with pytest.raises(ValueError, match="starts at 25, which is not one of"):
        explorer(start=25)


# --- several parameters


def ellipse(width, height):
    return Figure(f"{width} × {height}", "An ellipse.", f'<ellipse rx="{width}" ry="{height}"/>', 100, 100)


def two(**options):
    return Explorer(ellipse, {"Width": (1, 2), "Height": (3, 4, 5)}, "An ellipse", **options)


def test_each_combination_has_a_frame_that_its_choices_show():
    html = two()._repr_html_()

    titles = re.findall(r'<div data-frame="(\d-\d)">.*?<title [^>]*>(.*?)</title>', html)
    assert titles == [(f"{w}-{h}", f"{w + 1} × {h + 3}") for w in range(2) for h in range(3)]
    assert re.search(
        r':has\(\[name="(ex\w+-0)"\]\[value="1"\]:checked\):has\(\[name="(ex\w+-1)"\]\[value="2"\]:checked\)'
        r' \[data-frame="1-2"\]\{display:block\}',
        html,
    )


def test_each_parameter_is_a_group_of_its_own_in_one_with_the_question():
    html = two()._repr_html_()

    assert re.findall(r"<legend>(.*?)</legend>", html) == ["An ellipse", "Width", "Height"]
    assert len({name for name, _, _ in radios(html)}) == 2


def test_each_parameter_has_a_start_of_its_own():
    chosen = [value for _, value, checked in radios(two(start={"Height": 5})._repr_html_()) if checked]

    assert chosen == ["0", "2"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"start": {"Depth": 1}}, "does not ask 'Depth'; it asks 'Width', 'Height'"),
        ({"start": 3}, "say which parameter 3 is for"),
        ({"other": {"Breadth": range(9)}}, "does not ask 'Breadth'"),
        ({"start": {"Height": 3.5}}, "starts at 3.5, which is not one of"),
    ],
)
def test_what_is_said_of_a_parameter_must_fit(options, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        two(**options)


# --- other values


def field(html):
    """The attributes of the field for another value; nothing if there is none."""
    found = re.search(r"<template><form><label>another: <input (.*?) required", html)
    return found[1] if found else None


@pytest.mark.parametrize(
    ("values", "other", "attributes"),
    [
        ((1, 2), None, 'type="number" step="1"'),
        ((1, 2.5), None, 'type="number" step="any"'),
        (("1", "2"), None, None),
        ((True, False), None, None),
        ((1, 2), range(0), None),
        ((1, 2), range(5, 100, 5), 'type="number" min="5" max="95" step="5"'),
        (("AB", "BA"), str, 'type="text"'),
    ],
)
def test_the_values_or_the_author_say_what_else_can_be_asked_for(values, other, attributes):
    assert field(Explorer(lambda value: circle(5), values, "Which?", other=other)._repr_html_()) == attributes


def turns(text):
    if set(text) - {"A", "B"}:
        raise ValueError("write A and B alone, as in ABBA.")
    return tuple(text)


@pytest.mark.parametrize(
    ("other", "asked", "value"),
    [
        (None, 1, 20),
        (None, "7", 7),
        (range(5, 50, 5), "45", 45),
        (float, "0.5", 0.5),
        (turns, "AB", ("A", "B")),
    ],
)
def test_it_reads_what_a_reader_asks_for(other, asked, value):
    assert explorer(other=other).read([asked]) == (value,)


@pytest.mark.parametrize(
    ("other", "asked", "sentence"),
    [
        (None, "seven", "“seven” is not a whole number."),
        (range(1, 100), "100", "“100” is not a whole number from 1 to 99."),
        (range(5, 50, 5), "7", "“7” is not a whole number from 5 to 45 in steps of 5."),
        (float, "nan", "“nan” is not a number."),
        (turns, "AC", "write A and B alone, as in ABBA."),
        (range(0), "10", "choose one of the values."),
        (None, 3, "choose one of the values."),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_in_one_sentence(other, asked, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape('Radius (px): ' + sentence)}$"):
        explorer(other=other).read([asked])


def test_a_page_that_has_the_pictures_draws_none_before_it_is_asked(monkeypatch):
    drawn = []
    monkeypatch.setattr(Explorer, "ready_made", False)

    made = Explorer(lambda value: drawn.append(value) or circle(value), [1, 2], "Radius")

    assert drawn == []
    assert list(made.frames) == [(0,), (1,)]
    assert drawn == [1, 2]


# --- in a notebook


def test_in_a_notebook_it_is_a_slider_over_the_values():
    pytest.importorskip("ipywidgets")

    slider = explorer(start=20).widget().children[0]

    assert (slider.value, slider.options, slider.description) == (20, (10, 20, 30), "Radius (px)")


def test_the_slider_computes_the_picture_without_a_script():
    pytest.importorskip("ipywidgets")
    slider, picture = explorer().widget().children

    slider.value = 30

    assert picture.value == circle(30).html(script=False)


def test_the_slider_can_offer_more_values_than_there_are_ready_made_pictures():
    pytest.importorskip("ipywidgets")
    slider, picture = explorer(start=20).widget(range(0, 100, 25)).children

    slider.value = 75

    assert slider.options == (0, 25, 50, 75)
    assert picture.value == circle(75).html(script=False)


def test_several_parameters_are_several_sliders():
    pytest.importorskip("ipywidgets")
    width, height, picture = two().widget({"Height": range(3, 90)}).children

    height.value = 80

    assert (width.options, len(height.options)) == ((1, 2), 87)
    assert picture.value == ellipse(1, 80).html(script=False)
