"""nbgrader's own commands work on what we wrote, and come to the same numbers."""

import csv
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.nbgrader_course import api, generate_feedback, gradebook
from autograder.notebooks import to_text
from autograder.records import autograded
from autograder.records.gradebook import standings, write
from autograder.release import released_text
from autograder.settings import load_config
from tests.autograder.records.verdicts import INFINITY, SECRET, TWICE, by_hand, everything, hand_in, verdict
from tests.autograder.tiny import SLUG, solved

LATE = """
percent_per_day = 10
free_days = 1
[due]
tiny_sums = 2026-10-12
[extensions.bob]
tiny_sums = 1
"""
HANDED_IN = {"anna": 14, "bob": 15, "carl": 12}  # days of October


@pytest.fixture
def graded(root: Path, assignment: Assignment) -> Path:
    """A course root with three graded submissions, one of them with a hidden check failed."""
    released_text(root, assignment)
    (root / "late.toml").write_text(LATE)
    for student, day in HANDED_IN.items():
        hand_in(root, student, datetime(2026, 10, day, 12, tzinfo=UTC))
    verdicts = [
        verdict(assignment, "anna"),
        verdict(assignment, "bob", (TWICE,), message=SECRET, hidden=True, repairs=("A cell was put back.",)),
        verdict(assignment, "carl", (INFINITY,)),
    ]
    write(root, assignment, verdicts)
    autograded.write(root, assignment, verdicts)
    return root


def test_export_writes_what_stands(graded: Path, assignment: Assignment) -> None:
    with by_hand(graded, "carl") as (grades, _):
        grades[INFINITY].manual_score = 1.5
    write(graded, assignment, [])

    command = [sys.executable, "-m", "nbgrader", "export"]
    subprocess.run(command, cwd=graded, check=True, capture_output=True)

    with (graded / "nbgrader_grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    stands = standings(graded, assignment)
    assert {name: float(row["score"]) for name, row in rows.items()} == {
        name: one.total for name, one in stands.items()
    }
    assert [one.total for one in stands.values()] == [5.4, 4.5, 5.5]
    assert rows["anna"]["duedate"] == "2026-10-12 23:59:59"
    assert rows["anna"]["timestamp"] == "2026-10-14 12:00:00"


def test_generate_feedback_makes_pages_without_secrets(graded: Path) -> None:
    with by_hand(graded, "bob") as (grades, comments):
        grades[TWICE].manual_score = 0.5
        comments["double"].manual_comment = "Nearly."

    generate_feedback(graded, SLUG, "bob")

    page = (graded / "feedback" / "bob" / SLUG / f"{SLUG}.html").read_text()
    text = BeautifulSoup(page, "html.parser").get_text(" ", strip=True)
    assert "Nearly." in text
    assert "0.5 / 1.0" in text
    assert "Late submission penalty" in text
    assert "A cell was put back." in text
    assert SECRET not in page
    assert "double(-3)" not in page.replace("<span>", "").replace("</span>", "")


def test_nbgrader_sees_every_submission_as_graded(graded: Path) -> None:
    found = {one["student"]: one for one in api(graded).get_submissions(SLUG)}

    assert {name: one["autograded"] for name, one in found.items()} == dict.fromkeys(HANDED_IN, True)
    assert {name: one["score"] for name, one in found.items()} == {"anna": 6, "bob": 5, "carl": 4}
    assert len(api(graded).get_notebook_submissions(SLUG, SLUG)) == 3
    assert api(graded).get_autograded_students(SLUG) == set(HANDED_IN)


def test_nbgraders_autograde_applies_the_same_rules_to_late_work(
    graded: Path, assignment: Assignment, released_course: Course
) -> None:
    write(graded, assignment, [verdict(assignment, name) for name in HANDED_IN])
    ours = {name: one.penalty for name, one in standings(graded, assignment).items()}
    assert ours == {"anna": 0.6, "bob": 0.6, "carl": 0}
    with gradebook(graded) as book:
        book.remove_assignment(SLUG)
        for name in HANDED_IN:
            book.remove_student(name)
    released_text(graded, assignment)
    for name, day in HANDED_IN.items():
        path = graded / "submitted" / name / SLUG / f"{SLUG}.ipynb"
        path.write_text(to_text(solved(released_course)))
        if name == "anna":  # the file's own time counts
            (path.parent / "timestamp.txt").unlink()
            when = datetime(2026, 10, day, 12, tzinfo=UTC).timestamp()
            os.utime(path, (when, when))

    config = load_config(graded)
    running = "autograder.nbgrader_plugin"  # what judges is not asked here
    steps = config.Autograde.autograde_preprocessors
    config.Autograde.autograde_preprocessors = [one for one in steps if not one.startswith(running)]
    for name in HANDED_IN:
        done = NbGraderAPI(CourseDirectory(config=config), config=config).autograde(SLUG, name, force=True)
        assert done["success"], done["log"]

    stored = {row[0]: row[-1] for row in everything(graded)["submitted_notebook"]}
    with gradebook(graded) as book:
        theirs = {one.student.id: stored[one.id] or 0 for one in book.notebook_submissions(SLUG, SLUG)}
        assert [book.find_submission(SLUG, name).score for name in HANDED_IN] == [6, 6, 6]
    assert theirs == ours
    assert write(graded, assignment, [verdict(assignment, name) for name in HANDED_IN]).changed == 0
