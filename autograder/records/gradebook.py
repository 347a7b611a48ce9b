"""Which points does the gradebook hold, and how do verdicts get into it?

nbgrader opens a session and commits several times for each cell. Here a whole class is one transaction:
what is there is read at once, what differs is written at once, and what a teacher gave by hand stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment as AssignmentRow
from nbgrader.api import BaseCell, Comment, Grade, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Select, select

from autograder.assignment import Assignment
from autograder.engine.verdict import Verdict
from autograder.nbgrader_course import saved
from autograder.records.cells import record, table
from autograder.records.database import count_rows, reading, transaction
from autograder.records.late import Late, read_policy
from autograder.records.timestamps import handed_in
from autograder.records.writer import Writer, judged
from autograder.release import source_notebook

_LONGEST_NAME = 128  # of a student, in nbgrader's tables


@dataclass(frozen=True)
class Written:
    """What a call of :func:`write` did.

    Args:
        submissions: how many verdicts now stand in the gradebook.
        changed: rows that were made or changed; 0 if the gradebook said all this already.
        review: student and test cell for each grade given by hand whose automatic grade has changed since.
        left_out: one sentence for each verdict that was not written.
    """

    submissions: int
    changed: int
    review: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """What one submission stands at, corrections by hand and extra credit included.

    Args:
        student: name of the submission's folder.
        cells: points of each test cell.
        points: points of each exercise.
        late: how late it was, and what that costs in percent.
        penalty: points that lateness costs.
        review: test cells that wait for a decision in formgrader.
        comments: what a teacher wrote, by exercise.
        handed_in: when, in UTC; none if nobody knows.
    """

    student: str
    cells: dict[str, float] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    late: Late = field(default_factory=Late)
    penalty: float = 0.0
    review: tuple[str, ...] = ()
    comments: dict[str, str] = field(default_factory=dict)
    handed_in: datetime | None = None

    @property
    def total(self) -> float:
        """The sum over the exercises, less what lateness costs."""
        return max(0.0, sum(self.points.values()) - self.penalty)


def write(root: Path, assignment: Assignment, verdicts: Iterable[Verdict]) -> Written:
    """Writes the grades of a class, all of them or none.

    A refused submission gets no points. One whose grading failed keeps what it had. Late penalties of every
    chapter are computed anew, also if there is no verdict at all.

    Args:
        root: nbgrader's course root.
        assignment: the chapter.
        verdicts: one for each student; writing the same ones again changes nothing.

    Raises:
        CourseError: if the gradebook cannot be written, or ``late.toml`` holds a mistake.
    """
    policy = read_policy(root)
    good, left_out = _writable(assignment, verdicts)
    notebook = saved(source_notebook(assignment))
    with transaction(root) as connection:
        writer = Writer(connection, record(connection, assignment.slug, notebook))
        writer.students(good)
        writer.submissions({one: handed_in(root, assignment.slug, one) for one in good})
        writer.notebooks(good)
        writer.grades(good)
        writer.comments(good, assignment)
        if writer.changed:
            count_rows(connection)
        writer.penalties(policy)
    return Written(len(good), writer.changed, tuple(sorted(writer.review)), tuple(left_out))


def standings(root: Path, assignment: Assignment) -> dict[str, Standing]:
    """What every submission of a chapter stands at now, by student.

    Penalties follow the rules of ``late.toml`` as it is now and the points as they are now, so that they are
    right also after a correction in formgrader.

    Raises:
        CourseError: if the gradebook cannot be read, or ``late.toml`` holds a mistake.
    """
    policy = read_policy(root)
    with reading(root) as connection:
        if connection is None:
            return {}
        exercise = {test.name: test.exercise for test in assignment.tests()}
        found: dict[str, Standing] = {}
        for row in connection.execute(_scores(assignment.slug)):
            standing = found.get(row.student_id)
            if standing is None:
                blank = dict.fromkeys(assignment.exercises, 0.0)
                standing = Standing(row.student_id, points=blank, handed_in=row.timestamp)
                found[row.student_id] = standing
            if row.name in exercise:
                standing.cells[row.name] = float(row.score)
                standing.points[exercise[row.name]] += float(row.score)
        waiting = _by_student(connection.execute(_waiting(assignment.slug)))
        said = _by_student(connection.execute(_said(assignment.slug)))
        lateness = judged(policy, connection.execute(_times())) if policy else {}
    return {
        student: _finished(one, lateness.get((student, assignment.slug), Late()), waiting, said)
        for student, one in sorted(found.items())
    }


def _writable(assignment: Assignment, verdicts: Iterable[Verdict]) -> tuple[dict[str, Verdict], list[str]]:
    """The verdicts that can be written, by student, and a sentence for each other one."""
    good, left_out = {}, []
    for verdict in verdicts:
        if verdict.slug != assignment.slug:
            raise ValueError(f"this verdict is about {verdict.slug}, not {assignment.slug}")
        if verdict.failed:
            left_out.append(f"{verdict.student}: not graded, so that earlier grades stand: {verdict.failed}")
        elif not _nameable(verdict.student):
            left_out.append(f"{verdict.student!r}: the gradebook cannot hold this name; rename the folder.")
        else:
            good[verdict.student] = verdict
    return good, left_out


def _nameable(student: str) -> bool:
    try:
        return 0 < len(student) <= _LONGEST_NAME and bool(student.encode())
    except UnicodeEncodeError:
        return False


def _finished(
    one: Standing, late: Late, waiting: Mapping[str, Mapping[str, Any]], said: Mapping[str, Mapping[str, Any]]
) -> Standing:
    penalty = late.penalty(sum(one.points.values()))
    review = tuple(waiting.get(one.student, {}))
    comments = dict(said.get(one.student, {}))
    return Standing(one.student, one.cells, one.points, late, penalty, review, comments, one.handed_in)


def _by_student(rows: Iterable[Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for student, name, value in rows:
        found.setdefault(student, {})[name] = value
    return found


def _cells_of(slug: str, rows: Any, *columns: Any) -> Select[Any]:
    """Grades or comments on a chapter, with student and cell."""
    return (
        select(SubmittedAssignment.student_id, BaseCell.name, *columns)
        .join_from(rows, SubmittedNotebook, SubmittedNotebook.id == rows.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(AssignmentRow, AssignmentRow.id == SubmittedAssignment.assignment_id)
        .join(table(BaseCell), table(BaseCell).c.id == rows.cell_id)
        .where(AssignmentRow.name == slug)
    )


def _scores(slug: str) -> Select[Any]:
    return _cells_of(slug, Grade, Grade.score.label("score"), SubmittedAssignment.timestamp)


def _waiting(slug: str) -> Select[Any]:
    query = _cells_of(slug, Grade, Grade.needs_manual_grade)
    return query.where(Grade.needs_manual_grade).order_by(BaseCell.name)


def _said(slug: str) -> Select[Any]:
    return _cells_of(slug, Comment, Comment.manual_comment).where(Comment.manual_comment.isnot(None))


def _times() -> Select[Any]:
    """When every submission of the course was handed in."""
    rows = table(SubmittedAssignment)
    query = select(rows.c.student_id, AssignmentRow.name.label("slug"), rows.c.timestamp)
    return query.join(table(AssignmentRow), table(AssignmentRow).c.id == rows.c.assignment_id)
