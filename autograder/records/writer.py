"""How do the rows of a chapter become what verdicts say, and no other row be touched?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from nbgrader.api import Assignment as AssignmentRow
from nbgrader.api import Comment, Grade, Notebook, Student, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Connection, Select, Table, bindparam, func, insert, select, update

from autograder.assignment import Assignment
from autograder.engine.verdict import KEPT, Verdict
from autograder.plain import plain
from autograder.reasons import seen
from autograder.records.autograded import why_refused
from autograder.records.cells import Chapter, new_id, table
from autograder.records.late import Late, Policy

_Values = dict[str, Any]


class Writer:
    """Brings the rows of one chapter in line with verdicts, and counts what it changes.

    Students, submissions, notebooks, grades and comments are to be written in this order.

    Args:
        connection: the gradebook, in a transaction.
        chapter: the rows of the chapter.
    """

    def __init__(self, connection: Connection, chapter: Chapter) -> None:
        self.connection, self.chapter = connection, chapter
        self.changed = 0
        self.review: list[tuple[str, str]] = []
        self.submitted: dict[str, str] = {}  # student -> id of the submitted assignment
        self.owner: dict[str, str] = {}  # id of a submitted notebook -> student

    def students(self, students: Iterable[str]) -> None:
        """Adds the students that are new."""
        rows = table(Student)
        known = set(self.connection.scalars(select(rows.c.id)))
        self.insert(rows, [{"id": student} for student in students if student not in known])

    def submissions(self, times: Mapping[str, datetime | None]) -> None:
        """Adds the submissions that are new, and sets when each was handed in if that is known."""
        rows = table(SubmittedAssignment)
        query = select(rows.c.id, rows.c.student_id, rows.c.timestamp)
        query = query.where(rows.c.assignment_id == self.chapter.assignment)
        known = {row.student_id: row for row in self.connection.execute(query)}
        made = [
            {"id": new_id(), "assignment_id": self.chapter.assignment, "student_id": one, "timestamp": when}
            for one, when in times.items()
            if one not in known
        ]
        self.insert(rows, made)
        moved = [
            {"row": known[one].id, "timestamp": when}
            for one, when in times.items()
            if one in known and when and known[one].timestamp != when
        ]
        self.update(rows, moved, "timestamp")
        self.submitted = {one: row.id for one, row in known.items()}
        self.submitted |= {str(row["student_id"]): str(row["id"]) for row in made}

    def notebooks(self, students: Iterable[str]) -> None:
        """Adds the one notebook of each submission that is new."""
        rows = table(SubmittedNotebook)
        query = select(rows.c.id, rows.c.assignment_id).where(rows.c.notebook_id == self.chapter.notebook)
        known: dict[str, str] = {row.assignment_id: row.id for row in self.connection.execute(query)}
        made: list[_Values] = [
            {"id": new_id(), "assignment_id": owner, "notebook_id": self.chapter.notebook, "flagged": False}
            for student in students
            if (owner := self.submitted[student]) not in known
        ]
        self.insert(rows, made)
        known |= {row["assignment_id"]: row["id"] for row in made}
        self.owner = {known[row]: student for student, row in self.submitted.items() if row in known}

    def grades(self, verdicts: Mapping[str, Verdict]) -> None:
        """Sets automatic scores; a grade given by hand waits for review if the score below it changed."""
        rows = table(Grade)
        known = self.rows_of(rows, rows.c.auto_score, rows.c.manual_score, rows.c.needs_manual_grade)
        earned = {
            student: {question.name: float(question.points) for question in verdict.questions}
            for student, verdict in verdicts.items()
        }
        made: list[_Values] = []
        changed: list[_Values] = []
        for notebook, student in self.owner.items():
            for name, cell in self.chapter.grades.items():
                row = known.get((notebook, cell))
                score = earned[student].get(name, 0.0) if student in earned else None
                if row is None:  # of a cell that is new in the source, nothing is known yet
                    waits = score is None
                    ids = {"id": new_id(), "notebook_id": notebook, "cell_id": cell}
                    made.append({**ids, "auto_score": score, "needs_manual_grade": waits})
                elif score is None:
                    continue
                elif row.auto_score != score:
                    changed.append({"row": row.id, "auto_score": score})
                    if row.manual_score is not None:
                        self.review.append((student, name))
                elif row.needs_manual_grade and row.manual_score is None:
                    changed.append({"row": row.id, "auto_score": score})
        self.insert(rows, made)
        # The database decides, should a teacher give a grade in this very moment.
        by_hand = {"needs_manual_grade": rows.c.manual_score.isnot(None)}
        self.update(rows, changed, "auto_score", **by_hand)

    def comments(self, verdicts: Mapping[str, Verdict], assignment: Assignment) -> None:
        """Says in the automatic comment of each solution cell why points are missing."""
        rows = table(Comment)
        known = self.rows_of(rows, rows.c.auto_comment)
        made: list[_Values] = []
        changed: list[_Values] = []
        rules = {test.name: test.rule.rstrip(".") for test in assignment.tests()}
        for notebook, student in self.owner.items():
            verdict = verdicts.get(student)
            for exercise, cell in self.chapter.comments.items():
                row = known.get((notebook, cell))
                said = _comment(verdict, exercise, rules) if verdict else None
                if row is None:
                    ids = {"id": new_id(), "notebook_id": notebook, "cell_id": cell}
                    made.append({**ids, "auto_comment": said})
                elif verdict and row.auto_comment != said:
                    changed.append({"row": row.id, "auto_comment": said})
        self.insert(rows, made)
        self.update(rows, changed, "auto_comment")

    def penalties(self, policy: Policy | None) -> None:
        """Sets due dates and extensions of ``late.toml``, and what lateness costs in every chapter."""
        self.due_dates(policy or Policy())
        rows = list(self.connection.execute(_earned()))
        lateness = judged(policy, rows) if policy else {}
        changed = []
        for row in rows:
            late = lateness.get((row.student_id, row.slug), Late())
            penalty = late.penalty(row.score) or None
            if row.late_submission_penalty != penalty:
                changed.append({"row": row.id, "late_submission_penalty": penalty})
        self.update(table(SubmittedNotebook), changed, "late_submission_penalty")

    def due_dates(self, policy: Policy) -> None:
        """Sets due dates and extensions of the chapters that the rules name, and of no other."""
        chapters, rows = table(AssignmentRow), table(SubmittedAssignment)
        query = select(chapters.c.id, chapters.c.name, chapters.c.duedate)
        known = [row for row in self.connection.execute(query) if row.name in policy.due]
        moved = [row for row in known if row.duedate != policy.due[row.name]]
        self.update(chapters, [{"row": row.id, "duedate": policy.due[row.name]} for row in moved], "duedate")
        slugs = {row.id: row.name for row in known}
        if not slugs:
            return
        longer = select(rows.c.id, rows.c.student_id, rows.c.assignment_id, rows.c.extension)
        changed = [
            {"row": row.id, "extension": wanted}
            for row in self.connection.execute(longer.where(rows.c.assignment_id.in_(slugs)))
            if row.extension != (wanted := policy.extension(row.student_id, slugs[row.assignment_id]))
        ]
        self.update(rows, changed, "extension")

    def rows_of(self, rows: Table, *columns: Any) -> dict[tuple[str, str], Any]:
        """The rows of all submissions of the chapter, by submitted notebook and cell."""
        submitted = table(SubmittedNotebook)
        query = select(rows.c.id, rows.c.notebook_id, rows.c.cell_id, *columns)
        query = query.join(submitted, submitted.c.id == rows.c.notebook_id)
        found = self.connection.execute(query.where(submitted.c.notebook_id == self.chapter.notebook))
        return {(row.notebook_id, row.cell_id): row for row in found}

    def insert(self, rows: Table, values: Sequence[_Values]) -> None:
        """Adds rows."""
        if values:
            self.connection.execute(insert(rows), values)
            self.changed += len(values)

    def update(self, rows: Table, values: Sequence[_Values], column: str, **fixed: Any) -> None:
        """Sets one column of each named ``row``, and others by a rule."""
        if values:
            changed = [{"row": one["row"], "value": one[column]} for one in values]
            fixed[column] = bindparam("value", type_=rows.c[column].type)
            statement = update(rows).where(rows.c.id == bindparam("row")).values(**fixed)
            self.connection.execute(statement, changed)
            self.changed += len(values)


def judged(policy: Policy, rows: Iterable[Any]) -> dict[tuple[str, str], Late]:
    """How late each submission of the course was, by student and chapter."""
    times: dict[str, dict[str, datetime | None]] = {}
    for row in rows:
        times.setdefault(row.student_id, {})[row.slug] = row.timestamp
    return {
        (student, slug): late
        for student, theirs in times.items()
        for slug, late in policy.judge(student, theirs).items()
    }


def _comment(verdict: Verdict, exercise: str, rules: Mapping[str, str]) -> str | None:
    if verdict.refused:
        return why_refused(verdict)
    failed = [one for one in verdict.questions if one.exercise == exercise and one.outcome != KEPT]
    if failed and all(question.outcome == "unsolved" for question in failed):
        return "No response."  # nbgrader's own words
    told = [f"{rules.get(question.name, question.name)}: {plain(seen(question))}" for question in failed]
    return "\n".join(told) or None


def _earned() -> Select[Any]:
    """What every submission of the course earned, and when it was handed in."""
    submitted, notebooks = table(SubmittedAssignment), table(SubmittedNotebook)
    columns = (
        submitted.c.student_id,
        submitted.c.timestamp,
        notebooks.c.id,
        notebooks.c.late_submission_penalty,
        table(Notebook).c.name.label("slug"),
    )
    return (
        select(*columns, func.coalesce(func.sum(Grade.score), 0.0).label("score"))
        .join_from(notebooks, submitted, submitted.c.id == notebooks.c.assignment_id)
        .join(table(Notebook), table(Notebook).c.id == notebooks.c.notebook_id)
        .outerjoin(table(Grade), table(Grade).c.notebook_id == notebooks.c.id)
        .group_by(*columns)
    )
