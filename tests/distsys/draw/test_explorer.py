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
    return re.findall(r'<input type="radio" name="(\w+)" value="(\d+)"( checked)?>', html)


def test_there_is_one_frame_for_each_value():
    html = explorer()._repr_html_()

    assert re.findall(r"<title [^>]*>(.*?)</title>", html) == ["Radius 10", "Radius 20", "Radius 30"]


def test_the_choices_are_one_group_in_a_fieldset_that_asks_the_question():
    html = explorer()._repr_html_()

    group = re.search(r"<fieldset><legend>(.*?)</legend>(.*?)</fieldset>", html)
    assert group[1] == "Radius (px)"
    assert len({name for name, _, _ in radios(group[2])}) == 1
    assert re.findall(r"> (\d+)</label>", group[2]) == ["10", "20", "30"]


@pytest.mark.parametrize(("options", "chosen"), [({}, "0"), ({"start": 20}, "1")])
def test_exactly_one_choice_is_made_at_first(options, chosen):
    assert [value for _, value, checked in radios(explorer(**options)._repr_html_()) if checked] == [chosen]


def test_every_choice_shows_its_frame():
    html = explorer()._repr_html_()

    shown = re.findall(r':has\(input\[value="(\d)"\]:checked\) \[data-frame="(\d)"\]\{display:block\}', html)
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
