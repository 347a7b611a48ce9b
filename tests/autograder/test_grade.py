"""A class is graded from end to end: nothing is lost, nothing stops the others, nothing is done twice."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import nbgrader_course
from autograder.__main__ import main
from autograder.assignment import Assignment, read
from autograder.course import Course, CourseError
from autograder.grade import Result, grade
from autograder.report import table, write_csv
from tests.autograder.tiny import SLUG, hand_in


def test_a_class_is_graded_from_the_recipe_to_the_csv(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grade"], course) == 0
    first = capsys.readouterr().out

    rows = (course.nbgrader / "grades.csv").read_text().splitlines()
    assert rows[0] == '"student","chapter","double","total","points","reason"'
    assert rows[2] == f'"perfect","{SLUG}","3","3","6",""'
    assert "Every grade of the sample class is the known one." in first
    assert "[4/4] wrong_double: 5 points" in first
    assert "double(-3) is 0, not -6" in first

    with nbgrader_course.gradebook(course.nbgrader) as book:
        assert book.find_submission(SLUG, "perfect").score == 6
        assert book.find_submission(SLUG, "torn").score == 0
    page = (course.nbgrader / "feedback" / "wrong_double" / SLUG / f"{SLUG}.html").read_text()
    assert "double(-3) is 0, not -6" in page
    assert "got = double(-3)" not in page.replace("<span>", "")
    assert "not a notebook" in (course.nbgrader / "feedback" / "torn" / SLUG / f"{SLUG}.html").read_text()

    assert main(["grade"], course) == 0
    assert capsys.readouterr().out.count("unchanged") == 4

    recipe = course.sample_class(SLUG)
    recipe.write_text(recipe.read_text().replace("double = 2, total = 3", "double = 3, total = 3"))
    assert main(["grade"], course) == 1
    told = capsys.readouterr()
    assert told.out.count("unchanged") == 4
    assert told.err == "wrong_double got 2 points for double; 3 are right.\n"


def test_every_field_of_the_csv_is_quoted(tmp_path: Path, assignment: Assignment) -> None:
    said = 'total: "a", b\nand c'

    anna = Result("anna", SLUG, {"double": 1.5, "total": 0.0}, said, "")

    write_csv(tmp_path / "g.csv", [anna], [assignment])

    text = (tmp_path / "g.csv").read_text()
    assert text.splitlines()[1].startswith(f'"anna","{SLUG}","1.5","0","1.5","total: ""a"", b')
    with (tmp_path / "g.csv").open(newline="") as file:
        assert list(csv.reader(file))[1][-1] == said


def test_the_table_has_a_row_and_a_reason_for_each_student(assignment: Assignment) -> None:
    anna = Result("anna", SLUG, {"double": 3.0, "total": 0.0}, "total: not solved yet", "")

    lines = table([anna, Result("bob", "other", {}, "", "")], assignment).splitlines()

    assert lines[0].split() == ["student", "double", "/3", "total", "/3", "total", "/6"]
    assert lines[1].split() == ["anna", "3", "0", "3"]
    assert lines[2:] == ["    total: not solved yet"]


def test_real_students_get_a_course_root_of_their_own(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(tmp_path / "in", "anna.ipynb")
    shutil.copytree(course.nbgrader, course.build / "class")  # a gradebook takes a second to make

    assert main(["grade", "--submitted", str(tmp_path / "in")], course) == 0

    said = capsys.readouterr().out
    assert "run it only on code you trust" in said
    assert "The file is JSON but not a notebook" in said
    assert (course.build / "class" / "grades.csv").exists()
    assert not (course.nbgrader / "submitted").exists()


def test_grading_that_fails_is_told_and_stops_nobody(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(root: Path, slug: str, student: str) -> None:
        raise CourseError(f"nbgrader could not grade {student}: the disk is full")

    monkeypatch.setattr(nbgrader_course, "autograde", fail)

    assert main(["grade"], course) == 1

    said = capsys.readouterr()
    assert "[4/4] wrong_double: 0 points" in said.out
    assert "perfect: Not graded: nbgrader could not grade perfect: the disk is full" in said.err


def test_an_error_of_the_autograder_itself_stops_nobody(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(root: Path, slug: str, student: str) -> None:
        raise RuntimeError("out of sockets")

    monkeypatch.setattr(nbgrader_course, "autograde", fail)

    assert main(["grade"], course) == 1

    said = capsys.readouterr()
    assert "[4/4] wrong_double: 0 points" in said.out
    assert "Not graded: the autograder failed (RuntimeError: out of sockets); report it." in said.err


def test_a_reader_who_leaves_early_ends_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        [sys.executable, "-m", "autograder", "--help"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)

    assert (done.returncode, done.stderr) == (0, b"")


def test_damaged_notes_of_an_earlier_run_are_forgotten(course: Course) -> None:
    (course.nbgrader / "results.json").write_text("[{")

    assert grade(course.nbgrader, [read(course.solution(SLUG))]) == []


def test_a_mistake_ends_in_one_sentence_and_no_trace(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prove", "no_such_chapter"], course) == 1

    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "There is no file solutions/<part>/no_such_chapter.py" in said.err
