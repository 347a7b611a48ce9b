"""What does the teacher read in the terminal after grading?"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Protocol

from autograder.assignment import Assignment
from autograder.plain import columns, padded, plain
from autograder.sample import Student

WIDTH = 110
_NAME = 28  # columns; a longer name is cut


class Graded(Protocol):
    """What is told of one submission: its points after corrections by hand, and why some are missing."""

    @property
    def student(self) -> str:
        """Name of the submission's folder."""

    @property
    def slug(self) -> str:
        """The chapter."""

    @property
    def points(self) -> Mapping[str, float]:
        """Points for each exercise."""

    @property
    def total(self) -> float:
        """What counts in the end."""

    @property
    def reason(self) -> str:
        """One line for the teacher; empty if there is nothing to say."""


def table(results: Iterable[Graded], assignment: Assignment, width: int = WIDTH) -> str:
    """Students by exercises with the total, and under each student the reason for missing points.

    Args:
        results: the submissions; those of other chapters are left out.
        assignment: the chapter.
        width: columns of the terminal; exercises whose names need more are numbered.
    """
    mine = [result for result in results if result.slug == assignment.slug]
    left = min(_NAME, max([len("student"), *(columns(plain(result.student)) for result in mine)]))
    most = [assignment.points(name) for name in assignment.exercises]
    names, heads = list(assignment.exercises), []
    for names in (list(assignment.exercises), [str(n) for n, _ in enumerate(assignment.exercises, 1)]):
        heads = [
            f"{name} /{points}" for name, points in zip([*names, "total"], [*most, sum(most)], strict=True)
        ]
        if left + sum(len(head) + 2 for head in heads) <= width:
            break
    lines = [f"{padded('student', left)}  {'  '.join(heads)}"]
    for result in mine:
        points = [*(result.points.get(name, 0.0) for name in assignment.exercises), result.total]
        row = [f"{value:>{len(head)}g}" for value, head in zip(points, heads, strict=True)]
        lines += [f"{padded(plain(result.student), left)}  {'  '.join(row)}", *_wrapped(result.reason, width)]
    if names != list(assignment.exercises):
        key = "; ".join(f"{number} {name}" for number, name in zip(names, assignment.exercises, strict=True))
        lines += ["", *textwrap.wrap(key, width)]
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    """Indented lines of a text; its words stay whole unless one alone is too wide."""
    lines, line = [], ""
    for word in plain(text).split():
        if line and columns(line) + 1 + columns(word) > width - 4:
            lines.append(f"    {line}")
            line = ""
        line = f"{line} {word}".strip()
    return [*lines, f"    {line}"] if line else lines


def unexpected(results: Iterable[Graded], students: Iterable[Student]) -> list[str]:
    """One sentence for each student of the sample class whose grade is not the known one."""
    by_name = {result.student: result for result in results}
    complaints = []
    for student in students:
        result = by_name.get(student.name)
        if result is None:
            complaints.append(f"{student.name} was not graded.")
            continue
        for exercise, points in student.expected.items():
            if result.points[exercise] != points:
                got = f"{result.points[exercise]:g}"
                complaints.append(f"{student.name} got {got} points for {exercise}; {points} are right.")
        if student.reason not in result.reason or (result.reason and not student.reason):
            wanted = f"say `{student.reason}`" if student.reason else "be empty"
            complaints.append(f"The reason of {student.name} should {wanted}; it is `{result.reason}`.")
    return complaints
