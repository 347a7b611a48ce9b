"""What does the teacher read after grading?"""

from __future__ import annotations

import csv
import textwrap
from pathlib import Path

from autograder.assignment import Assignment
from autograder.grade import Result
from autograder.sample import Student

_WIDTH = 110


def table(results: list[Result], assignment: Assignment) -> str:
    """Students by exercises with the total, and under each student the reason for missing points."""
    mine = [result for result in results if result.slug == assignment.slug]
    names = max([len("student"), *(len(result.student) for result in mine)])
    most = [assignment.points(name) for name in assignment.exercises]
    columns = [*zip(assignment.exercises, most, strict=True), ("total", sum(most))]
    heads = [f"{name} /{points}" for name, points in columns]
    lines = [f"{'student':{names}}  {'  '.join(heads)}"]
    for result in mine:
        points = [*(result.points[name] for name in assignment.exercises), result.total]
        row = [f"{value:>{len(head)}g}" for value, head in zip(points, heads, strict=True)]
        lines.append(f"{result.student:{names}}  {'  '.join(row)}")
        lines += textwrap.wrap(
            result.reason, _WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False
        )
    return "\n".join(lines)


def write_csv(path: Path, results: list[Result], assignments: list[Assignment]) -> None:
    """Writes one row a submission; every field is quoted.

    Args:
        path: the file to write.
        results: the rows.
        assignments: the chapters, whose exercises are the columns.
    """
    exercises = list(dict.fromkeys(name for assignment in assignments for name in assignment.exercises))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(["student", "chapter", *exercises, "points", "reason"])
        for result in results:
            points = [f"{result.points[name]:g}" if name in result.points else "" for name in exercises]
            writer.writerow([result.student, result.slug, *points, f"{result.total:g}", result.reason])


def unexpected(results: list[Result], students: list[Student]) -> list[str]:
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
