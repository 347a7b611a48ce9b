"""The sample class is made as its recipe says, and a grade that is not the known one is told."""

import tomllib
from pathlib import Path

import pytest

from autograder.assignment import STUB, Assignment, read
from autograder.course import Course, CourseError
from autograder.engine.verdict import Verdict
from autograder.grade import Graded
from autograder.mutants import read_mutants
from autograder.notebooks import grade_id, parse_notebook
from autograder.sample import DAMAGES, Student, enrol, read_recipe, submission
from autograder.tables import unexpected
from tests.autograder.tiny import SLUG, cell, released

ROOT = Path(__file__).parents[2]
ANNA = Verdict("anna", SLUG, "key")


def made(course: Course, assignment: Assignment, way: str, what: object, exercise: str = "total") -> str:
    student = Student("s", "A story.", way, what, exercise, {}, "")
    mutants = read_mutants(course.mutants(SLUG), assignment)
    return submission(student, released(course), assignment, mutants)


def test_a_perfect_student_holds_the_reference_without_markers(
    released_course: Course, assignment: Assignment
) -> None:
    notebook = parse_notebook(made(released_course, assignment, "right", "all"))

    assert "return number + number" in cell(notebook, "double").source
    assert "###" not in cell(notebook, "double").source


def test_a_wrong_student_is_wrong_in_one_exercise(released_course: Course, assignment: Assignment) -> None:
    notebook = parse_notebook(made(released_course, assignment, "wrong", ["last_one_only"]))

    assert "result_of_adding = number" in cell(notebook, "total").source
    assert "number + number" in cell(notebook, "double").source


def test_a_stub_is_the_released_notebook(released_course: Course, assignment: Assignment) -> None:
    assert made(released_course, assignment, "stub", True) == released_course.exercise(SLUG).read_text()


@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_each_damage_differs_from_a_right_notebook(
    damage: str, released_course: Course, assignment: Assignment
) -> None:
    assert made(released_course, assignment, "damage", damage) != made(
        released_course, assignment, "right", "all"
    )


def test_a_loop_stands_where_the_stub_was(released_course: Course, assignment: Assignment) -> None:
    notebook = parse_notebook(made(released_course, assignment, "damage", "endless_loop"))

    assert cell(notebook, "total").source.endswith('"""The sum of the numbers."""\n    while True: pass')
    assert STUB not in cell(notebook, "double").source


def test_a_deleted_cell_is_a_test_of_its_exercise(released_course: Course, assignment: Assignment) -> None:
    notebook = parse_notebook(made(released_course, assignment, "damage", "deleted_cell"))

    ids = [grade_id(one) for one in notebook.cells]
    assert "total-the_sum_counts_every_number" not in ids
    assert "double-twice_two_is_four" in ids


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('right = "all"', "", "one of right, wrong, stub, damage"),
        ('right = "all"', 'right = "all"\nstub = true', "one of right, wrong, stub, damage"),
        ("double = 2, total = 3", "double = 2", "expects points for double, total"),
        ('exercise = "total"', 'exercise = "totl"', "expects points for double, total"),
        ('[[student]]\nname = "torn"', '[[student\nname = "torn"', "is not TOML"),
    ],
)
def test_a_mistake_in_the_recipe_is_one_sentence(old: str, new: str, words: str, course: Course) -> None:
    path = course.sample_class(SLUG)
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))

    with pytest.raises(CourseError) as caught:
        read_recipe(path, read(course.solution(SLUG)))

    assert words in str(caught.value)


def test_an_unknown_answer_or_damage_is_told(released_course: Course, assignment: Assignment) -> None:
    with pytest.raises(CourseError, match="unknown answer `no_such`"):
        made(released_course, assignment, "wrong", ["no_such"])
    with pytest.raises(CourseError, match="unknown damage `flood`"):
        made(released_course, assignment, "damage", "flood")


def test_students_who_left_the_recipe_leave_the_class(course: Course, assignment: Assignment) -> None:
    enrol(course, course.nbgrader, assignment)
    recipe = course.sample_class(SLUG)
    recipe.write_text(recipe.read_text().replace('name = "torn"', 'name = "ripped"'))

    enrol(course, course.nbgrader, assignment)

    names = {path.parent.name for path in course.nbgrader.glob(f"submitted/*/{SLUG}")}
    assert names == {"perfect", "wrong_double", "duplicated", "ripped"}


def test_a_grade_that_is_not_the_known_one_is_told() -> None:
    student = Student("anna", "A story.", "stub", True, "", {"double": 3, "total": 0}, "not solved yet")
    right = Graded(ANNA, {"double": 3.0, "total": 0.0}, 3.0, "total: not solved yet")
    wrong = Graded(ANNA, {"double": 2.0, "total": 0.0}, 2.0, "")

    assert unexpected([right], [student]) == []
    assert unexpected([wrong], [student]) == [
        "anna got 2 points for double; 3 are right.",
        "The reason of anna should say `not solved yet`; it is ``.",
    ]
    assert unexpected([], [student]) == ["anna was not graded."]


def test_a_perfect_student_must_have_nothing_to_be_told() -> None:
    student = Student("anna", "A story.", "right", "all", "", {"double": 3}, "")
    blamed = Graded(ANNA, {"double": 3.0}, 3.0, "something")

    assert unexpected([blamed], [student]) == ["The reason of anna should be empty; it is `something`."]


RECIPES = sorted((ROOT / "autograder" / "sample_class").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_class_of_a_chapter_has_every_kind_of_student(path: Path) -> None:
    course = Course(ROOT)
    assignment = read(course.solution(path.stem))

    students = read_recipe(path, assignment)
    entries = tomllib.loads(path.read_text())["student"]

    owner = {one.name: one.exercise for one in read_mutants(course.mutants(path.stem), assignment).wrong}
    assert len(students) >= 12
    assert {student.way for student in students} == {"right", "wrong", "stub", "damage"}
    assert {owner[name] for entry in entries for name in entry.get("wrong", [])} == set(assignment.exercises)
    assert {student.what for student in students if student.way == "damage"} == set(DAMAGES)
