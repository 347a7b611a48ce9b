"""A class is written as a whole, as often as one likes, and what a teacher gave by hand stays."""

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.assignment import Assignment, parse
from autograder.course import CourseError
from autograder.engine.verdict import Verdict
from autograder.nbgrader_course import gradebook
from autograder.records import database
from autograder.records.gradebook import standings, write
from tests.autograder.records.verdicts import (
    COUNTS,
    INFINITY,
    SECRET,
    TWICE,
    by_hand,
    everything,
    hand_in,
    verdict,
)
from tests.autograder.tiny import SLUG


def changed_source(assignment: Assignment, old: str, new: str, name: str = SLUG) -> Assignment:
    text = assignment.path.read_text()
    assert old in text
    return parse(text.replace(old, new), assignment.path.with_stem(name))


def test_nbgrader_reads_the_grades_of_a_class(root: Path, assignment: Assignment) -> None:
    hand_in(root, "anna", datetime(2026, 10, 5, 12, 30, tzinfo=UTC))
    write(root, assignment, [verdict(assignment, "anna"), verdict(assignment, "bob", (TWICE, COUNTS))])

    with gradebook(root) as book:
        anna, bob = (book.find_submission(SLUG, name) for name in ("anna", "bob"))
        assert (anna.score, anna.max_score, bob.score) == (6, 6, 2)
        assert (anna.timestamp, bob.timestamp) == (datetime(2026, 10, 5, 12, 30), None)
        assert book.average_assignment_score(SLUG) == 4
        assert book.average_notebook_code_score(SLUG, SLUG) == 4
        failed = {one.student.id: one.failed_tests for one in book.notebook_submissions(SLUG, SLUG)}
        assert failed == {"anna": False, "bob": True}
        assert not bob.needs_manual_grade
        assert book.find_grade(INFINITY, SLUG, SLUG, "bob").auto_score == 2
        assert book.find_comment("total", SLUG, SLUG, "bob").comment == (
            "The sum counts every number: it is 3, not 4"
        )


def test_writing_again_changes_nothing(root: Path, assignment: Assignment) -> None:
    hand_in(root, "anna")
    verdicts = [verdict(assignment, "anna"), verdict(assignment, "bob", (TWICE,))]
    assert write(root, assignment, verdicts).changed > 0
    before = everything(root)

    again = write(root, assignment, reversed(verdicts))

    assert (again.submissions, again.changed) == (2, 0)
    assert everything(root) == before


def test_only_what_differs_is_written(root: Path, assignment: Assignment) -> None:
    write(root, assignment, [verdict(assignment, "anna", (TWICE,)), verdict(assignment, "bob")])

    assert write(root, assignment, [verdict(assignment, "anna")]).changed == 2  # a grade and a comment
    assert [one.total for one in standings(root, assignment).values()] == [6, 6]


def test_what_a_teacher_gave_by_hand_is_never_lost(root: Path, assignment: Assignment) -> None:
    write(root, assignment, [verdict(assignment, "anna", (TWICE, COUNTS))])
    with by_hand(root, "anna") as (grades, comments):
        grades[TWICE].manual_score, grades[TWICE].needs_manual_grade = 0.5, False
        grades[INFINITY].extra_credit = 0.25
        comments["double"].manual_comment = "Nearly."

    same = write(root, assignment, [verdict(assignment, "anna", (TWICE, COUNTS))])

    assert (same.changed, same.review) == (0, ())
    anna = standings(root, assignment)["anna"]
    assert anna.cells == {TWICE: 0.5, INFINITY: 2.25, COUNTS: 0}
    assert (anna.points, anna.total) == ({"double": 2.75, "total": 0}, 2.75)
    assert (anna.comments, anna.review) == ({"double": "Nearly."}, ())


def test_a_grade_given_by_hand_is_reviewed_when_the_automatic_one_changes(
    root: Path, assignment: Assignment
) -> None:
    write(root, assignment, [verdict(assignment, "anna", (TWICE, COUNTS))])
    with by_hand(root, "anna") as (grades, _):
        grades[TWICE].manual_score, grades[TWICE].needs_manual_grade = 0.5, False

    done = write(root, assignment, [verdict(assignment, "anna")])

    assert done.review == (("anna", TWICE),)
    assert standings(root, assignment)["anna"].review == (TWICE,)
    assert standings(root, assignment)["anna"].total == 5.5
    with by_hand(root, "anna") as (grades, _):
        assert (grades[TWICE].auto_score, grades[TWICE].manual_score) == (1, 0.5)
        assert grades[TWICE].needs_manual_grade
        assert not grades[COUNTS].needs_manual_grade
    again = write(root, assignment, [verdict(assignment, "anna")])
    assert (again.changed, again.review) == (0, ())


def test_a_refused_submission_gets_no_points_and_says_why(root: Path, assignment: Assignment) -> None:
    write(root, assignment, [verdict(assignment, "anna")])

    write(root, assignment, [Verdict("anna", SLUG, "k", refused="The file is empty; ask for it again.")])

    assert standings(root, assignment)["anna"].total == 0
    with by_hand(root, "anna") as (grades, comments):
        assert [grade.needs_manual_grade for grade in grades.values()] == [False] * 3
        assert {comment.comment for comment in comments.values()} == {"The file is empty."}


def test_a_submission_whose_grading_failed_keeps_what_it_had(root: Path, assignment: Assignment) -> None:
    write(root, assignment, [verdict(assignment, "anna")])

    done = write(root, assignment, [verdict(assignment, name, failed="no disk") for name in ("anna", "bob")])

    assert (done.submissions, done.changed) == (0, 0)
    assert done.left_out[0] == "anna: not graded, so that earlier grades stand: no disk"
    assert {name: one.total for name, one in standings(root, assignment).items()} == {"anna": 6}


def test_students_read_nothing_of_a_hidden_check(root: Path, assignment: Assignment) -> None:
    failed = verdict(assignment, "anna", (TWICE,), message=SECRET, hidden=True)
    write(root, assignment, [failed, verdict(assignment, "bob", (TWICE,), message=SECRET)])

    assert SECRET in str(everything(root)["comment"])  # what bob failed is a check that he sees
    with by_hand(root, "anna") as (_, comments):
        assert "Twice two is four: " in comments["double"].comment
        assert SECRET not in comments["double"].comment


def test_an_exercise_left_as_it_was_is_no_response(root: Path, assignment: Assignment) -> None:
    blank = verdict(assignment, "anna", (TWICE, INFINITY), outcome="unsolved", message="")

    write(root, assignment, [blank])

    with by_hand(root, "anna") as (_, comments):
        assert (comments["double"].comment, comments["total"].comment) == ("No response.", None)


def test_no_text_and_no_name_stops_a_class(root: Path, assignment: Assignment) -> None:
    strange = verdict(assignment, "Zoë 💥 O'Neil", (TWICE,), message="a\x00b\ud800c")
    nameless = [verdict(assignment, name) for name in ("x" * 129, "\udcff")]

    done = write(root, assignment, [*nameless, strange, verdict(assignment, "bob")])

    assert list(standings(root, assignment)) == ["Zoë 💥 O'Neil", "bob"]
    assert [sentence.split(": ")[1][:25] for sentence in done.left_out] == ["the gradebook cannot hold"] * 2


def test_chapters_do_not_mix(root: Path, assignment: Assignment) -> None:
    other = changed_source(assignment, "points=3", "points=4", "other_sums")
    write(root, assignment, [verdict(assignment, "anna")])

    with pytest.raises(ValueError, match="is about tiny_sums, not other_sums"):
        write(root, other, [verdict(assignment, "anna")])
    write(root, other, [replace(verdict(other, "anna", (TWICE,)), slug="other_sums")])

    assert standings(root, assignment)["anna"].total == 6
    assert standings(root, other)["anna"].total == 6
    with gradebook(root) as book:
        assert book.find_student("anna").score == 12


def test_a_new_test_cell_is_graded_or_waits(root: Path, assignment: Assignment) -> None:
    write(root, assignment, [verdict(assignment, "anna"), verdict(assignment, "bob")])
    cell = '# %% test="total" rule="Zero is kept" points=2\nassert total([0]) == 0\n\n# %% test="total"'
    longer = changed_source(assignment, '# %% test="total"', cell)

    write(root, longer, [verdict(longer, "anna")])

    found = standings(root, longer)
    assert (found["anna"].total, found["anna"].review) == (8, ())
    assert (found["bob"].total, found["bob"].review) == (6, ("total-zero_is_kept",))
    write(root, longer, [verdict(longer, "bob")])
    assert standings(root, longer)["bob"].review == ()


def test_a_test_cell_that_is_gone_takes_its_grades_along(root: Path, assignment: Assignment) -> None:
    write(root, assignment, [verdict(assignment, "anna", (INFINITY,))])
    with by_hand(root, "anna") as (grades, _):
        grades[TWICE].manual_score = 0.5  # of a cell that stays
    renamed = changed_source(assignment, "Infinity stays", "Infinity remains")

    write(root, renamed, [verdict(renamed, "anna")])

    assert standings(root, renamed)["anna"].total == 5.5
    assert "infinity_stays" not in str(everything(root))


def test_a_test_cell_with_a_grade_given_by_hand_does_not_go(root: Path, assignment: Assignment) -> None:
    write(root, assignment, [verdict(assignment, "anna")])
    with by_hand(root, "anna") as (grades, _):
        grades[INFINITY].extra_credit = 1.0
    before = everything(root)
    renamed = changed_source(assignment, "Infinity stays", "Infinity remains")

    with pytest.raises(CourseError, match="holds grades given by hand for it \\(anna\\)"):
        write(root, renamed, [verdict(renamed, "anna")])

    assert everything(root) == before


def test_without_a_gradebook_nothing_stands_in_it(root: Path, assignment: Assignment) -> None:
    assert standings(root, assignment) == {}
    assert not (root / "gradebook.db").exists()


def test_a_gradebook_in_use_is_waited_for_and_then_named(
    root: Path, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, assignment, [])
    monkeypatch.setattr(database, "_PATIENCE", 0.1)

    with closing(sqlite3.connect(root / "gradebook.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CourseError, match=r"in use by another program .* nothing was written"):
            write(root, assignment, [verdict(assignment, "anna")])
        other.execute("ROLLBACK")

    assert write(root, assignment, [verdict(assignment, "anna")]).submissions == 1


def test_a_file_that_is_no_gradebook_is_named(root: Path, assignment: Assignment) -> None:
    (root / "gradebook.db").write_text("no database, but long enough to be read as one" * 99)

    with pytest.raises(CourseError, match=r"cannot be used \(file is not a database\); nothing was written"):
        write(root, assignment, [])


def test_a_gradebook_of_another_version_of_nbgrader_is_not_touched(
    root: Path, assignment: Assignment
) -> None:
    write(root, assignment, [])
    with closing(sqlite3.connect(root / "gradebook.db")) as book:
        book.execute("UPDATE alembic_version SET version_num = 'older'")
        book.commit()

    with pytest.raises(CourseError, match=r"another version of nbgrader \(older, not .*nbgrader db upgrade"):
        write(root, assignment, [])


def test_a_submission_costs_less_than_a_millisecond(root: Path, assignment: Assignment) -> None:
    verdicts = [verdict(assignment, f"student{number}", (TWICE,)) for number in range(300)]
    write(root, assignment, [])
    costs = []
    for _ in range(3):
        started = time.process_time()
        write(root, assignment, verdicts)
        standings(root, assignment)
        costs.append((time.process_time() - started) / len(verdicts))
    assert min(costs) < 0.001


def test_a_time_that_is_known_stays_when_the_file_is_gone(root: Path, assignment: Assignment) -> None:
    path = hand_in(root, "anna", datetime(2026, 10, 5, tzinfo=UTC))
    write(root, assignment, [verdict(assignment, "anna")])
    (path.parent / "timestamp.txt").unlink()
    path.unlink()

    assert write(root, assignment, [verdict(assignment, "anna")]).changed == 0
    assert standings(root, assignment)["anna"].handed_in == datetime(2026, 10, 5)
