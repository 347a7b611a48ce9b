"""The feedback page tells a student which rules hold, what happened where one does not, and nothing else."""

import re
from dataclasses import replace
from time import process_time

import pytest
from bs4 import BeautifulSoup

from autograder.assignment import Assignment
from autograder.engine.verdict import OUTCOMES, Ran, Verdict
from autograder.feedback import page
from autograder.leaks import leaks, secrets
from autograder.reasons import WORDS
from autograder.records.late import Late
from tests.autograder.feedback.hostile import MARKUP
from tests.autograder.feedback.workbench import (
    INFINITY,
    SECRET,
    SUM,
    TWICE,
    clocks,
    failed,
    mixed,
    on_tiny,
    space_time,
    tiny,
    verdict,
    written,
)


def read(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def words(html: str) -> str:
    """What a reader sees, in one line."""
    soup = read(html)
    for style in soup("style"):
        style.decompose()
    return re.sub(r"\s+", " ", soup.text)


def rules(html: str) -> list[str]:
    """The lines of all rules."""
    return [re.sub(r"\s+", " ", rule.text).strip() for rule in read(html).select(".rules > li")]


def points(html: str) -> list[list[str]]:
    """The rows of the table below its head."""
    return [[cell.text for cell in row(["th", "td"])] for row in read(html)("tr")][1:]


def shown(*found, **more) -> str:
    return page(on_tiny(*found), tiny(), **more)


def with_test(**changes) -> Assignment:
    """The tiny chapter with one test changed."""
    cells = (replace(cell, **changes) if cell.name == TWICE else cell for cell in tiny().cells)
    return replace(tiny(), cells=tuple(cells))


# --- points


def test_the_page_begins_with_the_points() -> None:
    html = shown(failed(INFINITY))

    assert read(html).h1.text == "Tiny sums"
    assert "Feedback for ada Tiny sums 4 of 6 points" in words(html)
    assert read(html).title.text == "Tiny sums: 4 of 6 points"


def test_a_table_has_the_points_and_the_rules_of_each_exercise() -> None:
    assert points(shown(failed(INFINITY))) == [
        ["double", "1 of 2", "1 of 3"],
        ["total", "1 of 1", "3 of 3"],
        ["Total", "", "4 of 6"],
    ]


def test_the_title_of_an_exercise_is_its_heading_in_the_notebook() -> None:
    headings = [heading.text for heading in read(page(verdict(clocks()), clocks()))("h2")]

    assert "Ask a time server 4 of 4 points" in headings
    assert "Lamport clock 4 of 4 points" in headings


def test_a_correction_by_hand_counts_and_is_told() -> None:
    html = shown(failed(INFINITY), scores={INFINITY: 1.5})

    assert "5.5 of 6 points" in words(html)
    assert "Corrected by hand: 1.5 instead of 0." in rules(html)[1]
    assert "Corrected" not in rules(html)[0]


def test_a_score_that_is_the_verdicts_is_no_correction() -> None:
    assert "Corrected" not in words(shown(failed(INFINITY), scores={INFINITY: 0.0, TWICE: 1.0}))


def test_lateness_costs_points_and_is_explained() -> None:
    html = shown(late=Late(days=2, free=1, percent=10))

    assert points(html)[2:] == [
        ["Handed in 2 days late, 1 day of it free: 10 % of the points are taken off.", "", "−0.6"],
        ["Total", "", "5.4 of 6"],
    ]


def test_the_total_is_never_below_nothing() -> None:
    assert points(shown(scores={TWICE: -9}))[-1] == ["Total", "", "0 of 6"]


def test_comments_by_hand_stand_with_their_exercise_and_above_all() -> None:
    html = shown(comments={"total": "Neat.\nTwo lines.", "": "See me."})
    soup = read(html)

    assert "Neat.\nTwo lines." in soup.find("h2", id="total").parent.text
    assert "Neat." not in soup.find("h2", id="double").parent.text
    assert words(html).index("See me.") < words(html).index("What each exercise earned")


# --- rules


def test_each_rule_is_kept_or_not_kept_in_words() -> None:
    html = shown(failed(TWICE, message="double(2) is 5, not 4", line=3))

    assert rules(html) == [
        "✗ not kept Twice two is four 0 of 1 double(2) is 5, not 4. Line 3 of its check.",
        "✓ kept Infinity stays 2 of 2",
        "✓ kept The sum counts every number 3 of 3",
    ]


@pytest.mark.parametrize("outcome", [outcome for outcome in OUTCOMES if outcome != "kept"])
def test_a_hidden_failure_shows_the_rule_and_a_hint_and_never_the_message(outcome: str) -> None:
    html = shown(failed(TWICE, outcome, SECRET, hidden=True, line=6, shown=f"<p>{SECRET}</p>"))

    assert "CANARY" not in html
    assert "Twice two is four" in rules(html)[0]
    assert "Line" not in rules(html)[0]


def test_the_canary_would_be_seen_in_a_visible_failure() -> None:
    assert SECRET in shown(failed(TWICE, "wrong", SECRET))


def test_a_hidden_failure_says_so_and_points_to_the_hints_of_the_exercise() -> None:
    without = rules(shown(failed(TWICE, message=SECRET, hidden=True)))[0]
    chapter = clocks()
    test = chapter.tests("ntp")[0]
    lost = replace(verdict(chapter).questions[0], outcome="wrong", message=SECRET, hidden=True)
    with_hints = rules(page(verdict(chapter, lost), chapter))[0]

    assert "A check that is not in your notebook found a case in which it does not hold." in without
    assert "Hint: Try what the checks that you see leave out" in without
    assert test.rule in with_hints
    assert "Hint: The hints of the exercise tell where to look." in with_hints


def test_an_authors_hint_comes_before_ours() -> None:
    hinted = with_test(hint="Think of negative numbers.")

    html = page(on_tiny(failed(TWICE, hidden=True, message=SECRET)), hinted)

    assert "Hint: Think of negative numbers." in rules(html)[0]
    assert "Try what" not in html
    assert "Hint" not in words(page(on_tiny(failed(TWICE)), hinted))  # it is for those who see no message


def test_a_hidden_limit_is_told_in_words_that_give_nothing_away() -> None:
    html = shown(failed(TWICE, "time", SECRET, hidden=True))

    assert "It ran too long: an endless loop?" in rules(html)[0]


@pytest.mark.parametrize("outcome", ["time", "memory", "output", "processes", "crash", "refused", "judge"])
def test_a_limit_without_a_message_is_told_in_words(outcome: str) -> None:
    told = rules(shown(failed(TWICE, outcome, "")))[0]

    assert WORDS[outcome][1:] in told


def test_what_happened_twice_is_told_once() -> None:
    slow = "ran longer than 10 s: an endless loop?"

    first, second, _ = rules(shown(failed(TWICE, "time", slow), failed(INFINITY, "time", slow)))

    assert "Ran longer than 10 s: an endless loop?" in first
    assert second.endswith("As above.")


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ("unsolved", "not solved yet"),
        ("broken", "the solution cell does not run: SyntaxError: invalid syntax"),
    ],
)
def test_what_is_the_matter_with_the_whole_exercise_is_told_above_its_rules(
    outcome: str, message: str
) -> None:
    html = shown(failed(TWICE, outcome, message), failed(INFINITY, outcome, message))

    assert words(html).count(message[1:]) == 1
    assert rules(html)[0] == "– not checked Twice two is four 0 of 1"


def test_a_line_of_a_check_is_counted_as_students_see_it() -> None:
    """The hidden part above a visible line, with its two markers, is not in their copy."""
    source = (
        "# Rule: r. (1 point)\n### BEGIN HIDDEN TESTS\nassert a\nassert b\n### END HIDDEN TESTS\nassert c"
    )

    html = page(on_tiny(failed(TWICE, line=6)), with_test(source=source))

    assert "Line 2 of its check." in rules(html)[0]


def test_a_question_that_the_verdict_does_not_know_is_not_kept() -> None:
    html = page(Verdict("ada", tiny().slug, "", on_tiny().questions[:1]), tiny())

    assert "1 of 6 points" in words(html)


def test_repairs_are_told() -> None:
    html = page(on_tiny(repairs=("The test cell <x> was missing; it was put back.",)), tiny())

    assert "The test cell <x> was missing; it was put back." in words(html)
    assert "put in shape" not in words(shown())


# --- pictures


def test_the_picture_of_a_visible_failure_is_shown() -> None:
    html = shown(failed(TWICE, shown=space_time()))

    (picture,) = read(html).select(".picture")
    assert len(picture("svg")) == 2
    assert "The same in words" in picture.text
    assert "<script" not in html


def test_the_same_picture_twice_has_two_sets_of_ids() -> None:
    html = shown(failed(TWICE, shown=space_time()), failed(INFINITY, message="m", shown=space_time()))

    ids = [tag["id"] for tag in read(html).find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert len(read(html).select(".picture")) == 2


def test_a_picture_of_a_rule_that_holds_is_not_shown() -> None:
    assert not read(shown(failed(TWICE, "kept", "", shown=space_time()))).select(".picture")


# --- the student's own code


def test_code_is_shown_with_what_it_printed_and_what_stopped_it() -> None:
    cells = (
        Ran("double", "code", "def double(number):\n    return 5"),
        Ran("", "code", "double(2)", "printed & done\n", "ValueError: no"),
    )

    html = page(on_tiny(cells=cells), tiny())
    section = read(html).find("h2", id="double").parent

    assert [line.text for line in section.select(".l")] == [
        "def double(number):",
        "    return 5",
        "double(2)",
    ]
    assert section.select(".printed")[0].text == "printed & done"
    assert "It stopped with ValueError: no" in re.sub(r"\s+", " ", section.text)
    assert "Your code, 2 cells" in section.text


def test_the_teachers_own_cells_are_not_shown_as_the_students() -> None:
    html = page(on_tiny(cells=written(tiny())), tiny())

    assert "from math import inf" not in words(html)
    assert "assert" not in words(html)


def test_a_flood_of_output_is_cut() -> None:
    html = page(on_tiny(cells=(Ran("double", "code", "x", "step\n" * 100_000),)), tiny())

    assert len(html) < 40_000
    assert "more characters" in words(html)


@pytest.mark.parametrize("trick", MARKUP)
def test_whatever_a_student_writes_is_text(trick: str) -> None:
    said = MARKUP[trick]
    hostile = replace(
        on_tiny(
            failed(TWICE, "error", said), failed(INFINITY, "broken", said), failed(SUM, "unsolved", said)
        ),
        student=said,
        repairs=(said,),
        cells=(Ran("double", "code", said, said, said), Ran("", "code", f"{said} ", said, said)),
    )

    html = page(hostile, tiny(), comments={"": said, "double": said})

    harmless = page(on_tiny(failed(TWICE), failed(INFINITY, "broken"), failed(SUM, "unsolved")), tiny())
    known = {tag.name for tag in read(harmless).find_all(True)}
    assert {tag.name for tag in read(html).find_all(True)} - known <= {
        "pre",
        "div",
        "details",
        "summary",
        "h3",
    }
    assert not [name for tag in read(html).find_all(True) for name in tag.attrs if name.startswith("on")]


def test_signs_that_turn_letters_round_or_drive_a_terminal_are_seen() -> None:
    html = page(on_tiny(cells=(Ran("double", "code", "a = '\u202e'", "\x1b[31mred\x1b[0m\x07", ""),)), tiny())

    assert "[U+202E]" in html
    assert "red[U+0007]" in html
    assert "\u202e" not in html and "\x1b" not in html


# --- files that could not be graded


def test_a_refused_file_is_told_with_what_to_do() -> None:
    refused = Verdict("ada", tiny().slug, "", refused="The file is empty; ask for it again.")

    said = words(page(refused, tiny()))

    assert "0 of 6 points" in said
    assert "The file is empty. Open the notebook in Jupyter." in said
    assert "ask for it" not in said  # that is the teacher's part
    assert "✗" not in said


def test_a_failure_of_grading_is_nobodys_fault() -> None:
    said = words(page(Verdict("ada", tiny().slug, "", failed="the sandbox did not start"), tiny()))

    assert "Not graded" in said
    assert "the sandbox did not start" in said
    assert "no fault of your notebook" in said
    assert "of 6" not in said


# --- the whole


def secrets_on(html: str, assignment: Assignment) -> list[str]:
    return [line for line in leaks(html, assignment) if "###" not in line]


def test_no_secret_of_the_chapter_is_on_the_page() -> None:
    unsolved = replace(mixed(), cells=())

    assert secrets_on(page(unsolved, clocks()), clocks()) == []
    assert "CANARY" not in page(mixed(), clocks())


def test_the_search_for_secrets_sees_a_hidden_line() -> None:
    hidden = sorted(secrets(clocks()))[0]

    assert secrets_on(page(on_tiny(cells=(Ran("double", "code", hidden),)), tiny()), clocks()) == [hidden]


def test_the_page_is_one_file_that_asks_nobody_for_anything() -> None:
    html = page(mixed(), clocks())

    assert "default-src 'none'" in html
    assert all(link.startswith(("#", "data:,")) for link in re.findall(r'(?:src|href)="([^"]*)', html))
    assert "url(" not in html and "@import" not in html and "<script" not in html


def test_the_same_verdict_gives_the_same_page() -> None:
    assert page(mixed(), clocks()) == page(mixed(), clocks())


def test_a_page_takes_a_few_milliseconds() -> None:
    made, chapter = mixed(), clocks()
    page(made, chapter)

    def once() -> float:
        began = process_time()
        page(made, chapter)
        return process_time() - began

    assert min(once() for _ in range(7)) < 0.010
