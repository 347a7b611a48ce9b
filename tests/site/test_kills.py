"""The page of the kill matrix shows what the last proof found, readable for everybody."""

import json
import re
from pathlib import Path

import pytest
from course.kills import caption, cheats, matrix, totals

from autograder.course import Course
from autograder.kills import Proof
from autograder.published import FILE, of_course

ROOT = Path(__file__).parents[2]
EXERCISE = {
    "name": "sum",
    "rules": ["It adds", "It <stops>"],
    "right": 2,
    "wrong": [
        {"name": "adds_one", "meant": 1, "fates": "seen hidden"},
        {"name": "never_stops", "meant": 2, "fates": "passes ends"},
        {"name": "survives", "meant": 0, "fates": "passes passes"},
    ],
}
DATA = {
    "seeds": 1000,
    "chapters": [{"title": "Numbers", "exercises": [EXERCISE]}],
    "cheats": [{"family": "lies", "about": "Says 1 < 0.", "notebooks": 3, "gained": 0}],
    "honest": {"notebooks": 4, "misjudged": 1},
}
PAGE = "# Kills\n\n```{kill-matrix}\n```\n\n## Cheats\n\n```{cheats}\n```\n"


def rows(table):
    """The words of each row, as a screen reader says them."""
    body = table.partition("<tbody>")[2]
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", body))
    unheard = r'<span aria-hidden="true">.*?</span>|<[^>]+>'
    return [[re.sub(unheard, "", each) for each in row] for row in cells]


@pytest.fixture
def book(build):
    files = {"index.md": PAGE, "reference/proof.json": json.dumps(DATA)}
    return build("kills", files, extensions=["myst_parser", "course.tables", "course.kills"])


# --- what a table says


def test_each_wrong_answer_has_a_row_and_each_rule_a_column():
    assert rows(matrix(EXERCISE)) == [
        ["adds one", "shown, as meant", "hidden"],
        ["never stops", "passes", "error, as meant"],
        ["survives", "passes", "passes"],
    ]


def test_the_caption_counts_and_does_not_hide_a_survivor():
    assert caption(EXERCISE) == (
        "sum: of 3 wrong answers only 2 are rejected by the rule that is meant to, "
        "1 by what students see alone."
    )


def test_every_head_says_whether_it_is_of_a_row_or_of_a_column():
    for table in (matrix(EXERCISE), totals(DATA), cheats(DATA)):
        assert not re.findall(r"<th\b(?! scope=\"(?:row|col)\">)", table)
        assert "<caption>" in table


def test_the_totals_count_every_exercise():
    assert rows(totals(DATA)) == [["sum", "3", "2", "1", "2"]]


def test_each_family_of_cheats_has_a_row():
    assert rows(cheats(DATA)) == [["liesSays 1 &lt; 0.", "3", "0"]]


def test_the_page_says_the_rules_the_seeds_and_the_honest_ones(book):
    text = book.page()

    assert book.warnings == ""
    assert "It &lt;stops&gt;." in text
    assert "under 1,000 seeds" in text
    assert "1 of them got another mark than they deserve" in text
    assert "facts.css" in text


def test_a_missing_file_says_how_to_make_it(build):
    book = build("kills", {"index.md": PAGE})

    assert "reference/proof.json cannot be used" in book.warnings
    assert "run `make prove`" in book.warnings


# --- that it is no picture of yesterday


def stale(page: str, data: dict) -> list[str]:
    """The captions of tables that the page does not show as the proof has them."""
    exercises = [exercise for chapter in data["chapters"] for exercise in chapter["exercises"]]
    tables = {"the totals": totals(data), "the cheats": cheats(data)}
    tables |= {exercise["name"]: matrix(exercise) for exercise in exercises}
    return [name for name, table in tables.items() if table not in page]


def product(name: str, target: str) -> str:
    path = ROOT / name
    if not path.exists():
        pytest.fail(f"{name} is missing: run `make {target}` first.", pytrace=False)
    return path.read_text("utf-8")


def test_the_page_and_the_committed_file_show_the_proof_of_today():
    proofs = [Proof(**proof) for proof in json.loads(product("_build/proof.json", "prove"))]
    proven = of_course(Course(ROOT), proofs, json.loads(product("_build/cheats.json", "prove")))

    if json.loads((ROOT / FILE).read_text("utf-8")) != proven:
        pytest.fail(f"{FILE} is not what the proof found: run `make prove` and commit it.", pytrace=False)
    if late := stale(product("_build/html/reference/kill_matrix.html", "book"), proven):
        pytest.fail(
            f"The kill matrix is older than the proof ({', '.join(late)}): run `make book`, commit {FILE}.",
            pytrace=False,
        )


def test_the_gate_sees_a_changed_fate_a_missing_answer_and_a_gain(book):
    page = book.page()
    assert stale(page, DATA) == []

    fates = {**EXERCISE, "wrong": [{**EXERCISE["wrong"][0], "fates": "seen seen"}, *EXERCISE["wrong"][1:]]}
    fewer = {**EXERCISE, "wrong": EXERCISE["wrong"][1:]}
    gain = [{**DATA["cheats"][0], "gained": 2}]

    assert stale(page, DATA | {"chapters": [{"title": "", "exercises": [fates]}]}) == ["sum"]
    assert stale(page, DATA | {"chapters": [{"title": "", "exercises": [fewer]}]}) == ["the totals", "sum"]
    assert stale(page, DATA | {"cheats": gain}) == ["the cheats"]
