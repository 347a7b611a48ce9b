"""Which wrong answers must fail, and which other right ones must pass?"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.cells import without_markers
from autograder.course import CourseError


@dataclass(frozen=True)
class Wrong:
    """One wrong answer, made from the reference by replacing a piece of text.

    Args:
        name: what the report calls it, and the page of the kill matrix, which students read.
        exercise: the exercise it answers.
        why: one sentence on the mistake.
        killed_by: grade_id of the test that must reject it.
        old: text that stands exactly once in the source file.
        new: text to put in its place.
    """

    name: str
    exercise: str
    why: str
    killed_by: str
    old: str
    new: str


@dataclass(frozen=True)
class Right:
    """Another right answer: a whole solution cell that differs from the reference."""

    name: str
    exercise: str
    why: str
    code: str


@dataclass(frozen=True)
class Mutants:
    """All answers that a chapter's tests are tried on, besides the reference and the stub."""

    wrong: tuple[Wrong, ...]
    right: tuple[Right, ...]

    def answers(self, assignment: Assignment) -> dict[str, tuple[str, str]]:
        """For each named answer its exercise and the text of its solution cell."""
        answers = {one.name: (one.exercise, one.code.strip("\n")) for one in self.right}
        for one in self.wrong:
            answers[one.name] = one.exercise, mutate(assignment, one)
        return answers


def read_mutants(path: Path, assignment: Assignment) -> Mutants:
    """Reads the answers of one chapter.

    Raises:
        CourseError: if an entry is incomplete, is named twice, or names an unknown exercise or test.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise CourseError(f"{path} is missing; every chapter lists wrong answers that must fail.") from None
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path} is not TOML: {error}.") from None
    wrong = tuple(_entry(Wrong, entry, path) for entry in content.get("wrong", []))
    right = tuple(_entry(Right, entry, path) for entry in content.get("right", []))
    names: set[str] = set()
    for one in [*wrong, *right]:
        if one.name in names:
            raise CourseError(f"{path}: two answers are named `{one.name}`; rename one.")
        names.add(one.name)
        if one.exercise not in assignment.exercises:
            raise CourseError(f"{path}: `{one.name}` answers the unknown exercise `{one.exercise}`.")
    for one in wrong:
        if one.killed_by not in {test.name for test in assignment.tests(one.exercise)}:
            known = ", ".join(test.name for test in assignment.tests(one.exercise))
            raise CourseError(f"{path}: `{one.name}` is killed by `{one.killed_by}`; the tests are {known}.")
    return Mutants(wrong, right)


def _entry(kind: type[Any], entry: dict[str, Any], path: Path) -> Any:
    """One table of the file as a dataclass; a missing or unknown key is refused."""
    name = entry.get("name", "without a name")
    keys = {field.name for field in fields(kind)}
    if missing := sorted(keys - set(entry)):
        raise CourseError(f"{path}: the entry `{name}` lacks `{missing[0]}`.")
    if unknown := sorted(set(entry) - keys):
        raise CourseError(f"{path}: the entry `{name}` has the unknown key `{unknown[0]}`.")
    return kind(**entry)


def mutate(assignment: Assignment, wrong: Wrong) -> str:
    """The solution cell with one wrong answer in place of the reference.

    Raises:
        CourseError: if the text to replace is not there exactly once, or lies outside the solution.
    """
    count = assignment.path.read_text(encoding="utf-8").count(wrong.old)
    if count != 1:
        raise CourseError(
            f"The wrong answer `{wrong.name}` replaces text that stands {count} times, not once, in "
            f"{assignment.path.name}: {wrong.old.strip().splitlines()[0]!r}."
        )
    source = assignment.solution(wrong.exercise).source
    if wrong.old not in source:
        raise CourseError(f"The wrong answer `{wrong.name}` changes more than the cell of {wrong.exercise}.")
    return without_markers(source.replace(wrong.old, wrong.new))
