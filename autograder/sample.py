"""Which class of invented students shows that grading works?"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder import nbgrader_course
from autograder.assignment import STUB, Assignment
from autograder.cells import without_markers
from autograder.course import Course, CourseError
from autograder.mutants import Mutants, read_mutants
from autograder.notebooks import grade_id, new_cell, read_released, to_text
from autograder.release import released_text

_WAYS = ("right", "wrong", "stub", "damage")


@dataclass(frozen=True)
class Student:
    """One invented student.

    Args:
        name: folder name of the submission.
        story: one sentence on what happened.
        way: ``right``, ``wrong``, ``stub`` or ``damage``.
        what: names of answers, or the kind of damage.
        exercise: where the damage is, if it is in one place.
        expected: known points for each exercise.
        reason: words that the report must contain.
    """

    name: str
    story: str
    way: str
    what: Any
    exercise: str
    expected: dict[str, int]
    reason: str


def read_recipe(path: Path, assignment: Assignment) -> list[Student]:
    """Reads the sample class of a chapter.

    Raises:
        CourseError: if a student is incomplete, or expects points for an exercise that is not there.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("student", [])
    except OSError:
        raise CourseError(f"{path} is missing; it lists the sample class of {assignment.slug}.") from None
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path} is not TOML: {error}.") from None
    return [_student(entry, path, assignment) for entry in entries]


def _student(entry: dict[str, Any], path: Path, assignment: Assignment) -> Student:
    ways = [way for way in _WAYS if way in entry]
    name, exercise = entry.get("name", "without a name"), entry.get("exercise", "")
    if len(ways) != 1 or not {"name", "story", "expected", "reason"} <= set(entry):
        raise CourseError(
            f"{path}: the student `{name}` needs name, story, expected, reason and one of {', '.join(_WAYS)}."
        )
    if set(entry["expected"]) != set(assignment.exercises) or exercise not in ("", *assignment.exercises):
        raise CourseError(
            f"{path}: the student `{name}` expects points for {', '.join(assignment.exercises)} and no other."
        )
    return Student(
        name, entry["story"], ways[0], entry[ways[0]], exercise, entry["expected"], entry["reason"]
    )


def submission(student: Student, released: NotebookNode, assignment: Assignment, mutants: Mutants) -> str:
    """The text of the file that a student of the sample class hands in.

    Raises:
        CourseError: if the recipe names an answer or a damage that does not exist.
    """
    if student.way == "stub":
        return to_text(released)
    answers = {name: without_markers(assignment.solution(name).source) for name in assignment.exercises}
    if student.way == "damage":
        if student.what not in DAMAGES:
            known = ", ".join(sorted(DAMAGES))
            raise CourseError(f"`{student.name}` has the unknown damage `{student.what}`; known are {known}.")
        solved = fill(released, answers)
        return DAMAGES[student.what](solved, released, student.exercise or assignment.exercises[0])
    known_answers = mutants.answers(assignment)
    for name in [] if student.what == "all" else student.what:
        if name not in known_answers:
            raise CourseError(f"The student `{student.name}` uses the unknown answer `{name}`.")
        exercise, code = known_answers[name]
        answers[exercise] = code
    return to_text(fill(released, answers))


def fill(released: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """The released notebook with these texts in its solution cells."""
    notebook = deepcopy(released)
    for cell in notebook.cells:
        cell.source = answers.get(grade_id(cell), cell.source)
    return notebook


def _not_json(solved: NotebookNode, released: NotebookNode, exercise: str) -> str:
    return "I worked on this all night and then my laptop died.\n"


def _syntax_error(solved: NotebookNode, released: NotebookNode, exercise: str) -> str:
    _cell(solved, exercise).source += "\n    return (1, 2\n"
    return to_text(solved)


def _endless_loop(solved: NotebookNode, released: NotebookNode, exercise: str) -> str:
    cell = _cell(solved, exercise)
    cell.source = _cell(released, exercise).source.replace(STUB, "while True: pass")
    return to_text(solved)


def _warning(solved: NotebookNode, released: NotebookNode, exercise: str) -> str:
    """Speaks on stderr whenever the solution is called, and is right all the same."""
    lines = _cell(solved, exercise).source.split("\n")
    blank = _cell(released, exercise).source.split("\n")
    at = next(number for number, line in enumerate(blank) if STUB in line)
    indent = " " * (len(blank[at]) - len(blank[at].lstrip()))
    lines.insert(at, f"{indent}import sys; print('still alive', file=sys.stderr)")
    _cell(solved, exercise).source = "\n".join(lines)
    return to_text(solved)


def _print_flood(solved: NotebookNode, released: NotebookNode, exercise: str) -> str:
    noisy = new_cell("code", 'for number in range(200_000):\n    print("step", number)', "flood")
    solved.cells.insert(solved.cells.index(_cell(solved, exercise)) + 1, noisy)
    return to_text(solved)


def _deleted_cell(solved: NotebookNode, released: NotebookNode, exercise: str) -> str:
    """The first test of the exercise is gone."""
    tests = [cell for cell in solved.cells if grade_id(cell).startswith(f"{exercise}-")]
    solved.cells.remove(tests[0])
    return to_text(solved)


def _duplicated_cell(solved: NotebookNode, released: NotebookNode, exercise: str) -> str:
    """A copy of the solution cell, still unsolved, stands below the good one."""
    copy = deepcopy(_cell(released, exercise))
    copy.id = "copy-of-a-cell"
    solved.cells.insert(solved.cells.index(_cell(solved, exercise)) + 1, copy)
    return to_text(solved)


def _process_exit(solved: NotebookNode, released: NotebookNode, exercise: str) -> str:
    cell = _cell(solved, exercise)
    cell.source = _cell(released, exercise).source.replace(STUB, "import os; os._exit(0)")
    return to_text(solved)


def _cell(notebook: NotebookNode, name: str) -> NotebookNode:
    found: NotebookNode = next(cell for cell in notebook.cells if grade_id(cell) == name)
    return found


DAMAGES: dict[str, Callable[[NotebookNode, NotebookNode, str], str]] = {
    "syntax_error": _syntax_error,
    "endless_loop": _endless_loop,
    "deleted_cell": _deleted_cell,
    "duplicated_cell": _duplicated_cell,
    "not_json": _not_json,
    "print_flood": _print_flood,
    "warning": _warning,
    "process_exit": _process_exit,
}
"""Ways in which a right notebook comes to harm: (solved, released, exercise) -> text of the file."""


def enrol(course: Course, root: Path, assignment: Assignment) -> list[Student]:
    """Writes the submissions of the sample class in nbgrader's layout, and forgets earlier students.

    Args:
        course: the course tree.
        root: nbgrader's course root, for invented students only.
        assignment: the chapter that the class hands in.
    """
    released_text(root, assignment)
    released = read_released(root, assignment.slug)
    mutants = read_mutants(course.mutants(assignment.slug), assignment)
    students = read_recipe(course.sample_class(assignment.slug), assignment)
    for student in students:
        path = root / "submitted" / student.name / assignment.slug / f"{assignment.slug}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(submission(student, released, assignment, mutants), encoding="utf-8")
    names = {student.name for student in students}
    for path in root.glob(f"submitted/*/{assignment.slug}"):
        if path.parent.name not in names:
            nbgrader_course.forget(root, assignment.slug, path.parent.name)
    return students
