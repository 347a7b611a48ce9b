"""Plots: matplotlib drawings that follow the reader's theme."""

import re
from xml.etree import ElementTree

import pytest

from distsys.draw.plot import VARIABLES, colour, plotting, themed

pytest.importorskip("matplotlib")


def plot(title="Squares", factor=1):
    with plotting(ncols=2) as (figure, (left, right)):
        for number in range(7):
            left.plot([0, 1, 2], [0, factor * number, 4], label=f"line {number}")
        left.set_title("Lines & more")
        left.legend()
        right.bar([1, 2], [3, 4], color=colour(1))
        return themed(figure, title, "Seven lines and two bars.")


def test_no_stand_in_for_a_colour_is_left():
    html = plot().html()

    assert not [name for name in VARIABLES if name in html]
    assert "var(--c0)" in html


def test_every_id_begins_with_that_of_the_drawing():
    body = plot().body

    ids = re.findall(r'\bid="([^"]*)"', body)
    assert len({name.split("-")[0] for name in ids}) == 1
    assert len(ids) == len(set(ids)) > 10


def test_every_reference_leads_to_an_id():
    body = plot().body

    wanted = set(re.findall(r'href="#([^"]*)"', body)) | set(re.findall(r"url\(#([^)]*)\)", body))
    assert wanted
    assert wanted <= set(re.findall(r'\bid="([^"]*)"', body))


def test_two_plots_have_different_ids():
    one, other = (set(re.findall(r'\bid="([^"]*)"', plot(factor=factor).html())) for factor in (1, 2))

    assert not one & other


def test_the_same_plot_is_the_same_to_the_byte():
    assert plot().html() == plot().html()


def test_the_drawing_is_well_formed_and_named():
    root = ElementTree.fromstring(plot("Squares & cubes").svg())

    assert root.find("{http://www.w3.org/2000/svg}title").text == "Squares & cubes"


def test_text_stays_text():
    assert "Lines &amp; more" in plot().body


def test_colours_repeat_after_the_last():
    assert colour(0) == colour(6) != colour(1)


def test_the_figure_is_closed_afterwards():
    from matplotlib import pyplot as plt  # noqa: PLC0415 - heavy, and used once

    plot()

    assert plt.get_fignums() == []
