"""What a reader does in Chromium works in Firefox too: pages, live cells, quizzes."""

import pytest

from . import browser
from .test_browser import FAULTS, PAGE
from .test_live import EXPLORERS, served, use  # noqa: F401 - a fixture
from .test_quiz_browser import (  # noqa: F401 - tests of the two fixtures below
    SITE,
    answered,
    planned,
    test_an_answer_survives_a_reload,
    test_each_answer_by_keyboard_is_told_why,
    test_start_again_forgets_everything,
    test_the_browser_keeps_each_answer_under_its_documented_key,
    test_the_console_stays_silent_and_nothing_is_asked_of_another_site,
)


@pytest.fixture(scope="module")
def firefox():
    if not SITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    return browser.firefox()


def test_every_page_is_sound(firefox):
    assert browser.look(SITE, firefox) == []


def test_cells_run_and_are_edited_stopped_and_reset_below_a_path(firefox, served):  # noqa: F811
    assert use("run,edit,fail,stop,keyboard", served=served, command=firefox) == []


def test_explorers_draw_other_values_below_a_path(firefox, served):  # noqa: F811
    assert use("explore,redraw", page=EXPLORERS, served=served, command=firefox) == []


# --- quizzes; the imported tests ask these two


@pytest.fixture(scope="module")
def plans(firefox):
    """One quiz of each kind."""
    every = planned()
    one_of = {kind: label for label, (kind, *_) in every.items()}
    return {label: every[label] for label in one_of.values()}


@pytest.fixture(scope="module")
def facts(firefox, plans):
    return answered(SITE, plans, firefox, "keyboard")


# --- canaries


@pytest.fixture(scope="module")
def findings(firefox, tmp_path_factory):
    """What the gate says of one sound page and of one page for each fault."""
    site = tmp_path_factory.mktemp("site")
    for name, body in {"sound.html": "<p>Nothing is wrong.</p>", **FAULTS}.items():
        (site / name).write_text(PAGE.format(body), "utf-8")
    return browser.look(site, firefox)


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("image.html", "external request: https://example.com/a.png"),
        ("image.html", "failed request: https://example.com/a.png"),
        ("missing.html", "failed request: "),
        ("error.html", "console error: broken"),
        ("exception.html", "console error: Error: broken"),
        ("wide.html", "horizontal overflow: <div"),
    ],
)
def test_the_gate_of_pages_sees(findings, page, fault):
    assert any(finding.startswith(f"{page} (390 px): {fault}") for finding in findings), findings


def test_the_gate_of_pages_says_nothing_of_a_sound_page(findings):
    assert not [finding for finding in findings if finding.startswith("sound.html")]


def test_the_gate_of_live_cells_sees_a_loop_that_goes_on(firefox, served):  # noqa: F811
    found = use("stop", "Worker.prototype.terminate = () => {}", served=served, command=firefox)

    assert "the loop goes on" in found


def test_the_gate_of_live_cells_sees_a_lost_edit(firefox, served):  # noqa: F811
    found = use("edit", "Storage.prototype.setItem = () => {}", served=served, command=firefox)

    assert any(sentence.startswith("edit: ") for sentence in found)
