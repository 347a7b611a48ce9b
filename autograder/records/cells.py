"""Which cells of a chapter does the gradebook know, and are they those of its source?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import Connection, Table, delete, insert, or_, select, update

from autograder.course import CourseError
from autograder.settings import COURSE_ID

_Key = tuple[str, str]  # name and type of a cell


@dataclass(frozen=True)
class Chapter:
    """The rows that a submission of a chapter refers to.

    Args:
        assignment: id of the assignment.
        notebook: id of its one notebook.
        grades: ids of the test cells by their names.
        comments: ids of the solution cells by their names.
    """

    assignment: str
    notebook: str
    grades: Mapping[str, str]
    comments: Mapping[str, str]


def table(model: Any) -> Table:
    """The table behind one of nbgrader's models."""
    found: Table = model.__table__
    return found


def new_id() -> str:
    """A key for a new row: 32 random hexadecimal digits, as nbgrader's are."""
    return token_hex(16)


def record(connection: Connection, slug: str, saved: NotebookNode) -> Chapter:
    """Makes the gradebook's list of a chapter's cells equal to its source.

    Grades of cells that are gone go with them, unless a person gave them.

    Args:
        connection: the gradebook, in a transaction.
        slug: assignment and notebook have this one name.
        saved: the notebook as nbgrader saves it: solutions cleared, hidden tests kept, checksums computed.

    Raises:
        CourseError: if a grade or a comment given by hand would be lost.
    """
    assignment = _row(connection, table(Assignment), {"name": slug}, {"course_id": COURSE_ID})
    kernel = {"kernelspec": json.dumps(saved.metadata.get("kernelspec", {}))}
    notebook = _row(connection, table(Notebook), {"name": slug, "assignment_id": assignment}, kernel)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in saved.cells if "nbgrader" in cell.metadata}
    _record_sources(connection, notebook, cells)
    ids = _record_graded(connection, slug, notebook, cells)
    return Chapter(
        assignment,
        notebook,
        {name: row for (name, kind), row in ids.items() if kind == "GradeCell"},
        {name: row for (name, kind), row in ids.items() if kind == "SolutionCell"},
    )


def forget(connection: Connection, slug: str, student: str) -> None:
    """Removes a submission and all that was given for it; the student stays."""
    assignments, notebooks = table(SubmittedAssignment), table(SubmittedNotebook)
    mine = select(assignments.c.id).join(table(Assignment)).where(assignments.c.student_id == student)
    ids = list(connection.scalars(mine.where(table(Assignment).c.name == slug)))
    parts = list(connection.scalars(select(notebooks.c.id).where(notebooks.c.assignment_id.in_(ids))))
    for rows in (table(Grade), table(Comment)):
        connection.execute(delete(rows).where(rows.c.notebook_id.in_(parts)))
    connection.execute(delete(notebooks).where(notebooks.c.id.in_(parts)))
    connection.execute(delete(assignments).where(assignments.c.id.in_(ids)))


def _row(connection: Connection, rows: Table, key: dict[str, str], values: dict[str, str]) -> str:
    """The id of a row with this key, made if it is missing."""
    found = connection.execute(select(rows).filter_by(**key)).one_or_none()
    if found is None:
        made = new_id()
        connection.execute(insert(rows), [{"id": made, **key, **values}])
        return made
    if any(found._mapping[name] != value for name, value in values.items()):
        connection.execute(update(rows).where(rows.c.id == found.id).values(values))
    return str(found.id)


def _record_sources(connection: Connection, notebook: str, cells: Mapping[str, NotebookNode]) -> None:
    rows = table(SourceCell)
    known = {row.name: row for row in connection.execute(select(rows).filter_by(notebook_id=notebook))}
    for name, cell in cells.items():
        about = cell.metadata.nbgrader
        wanted = {
            "cell_type": cell.cell_type,
            "locked": about.locked,
            "source": cell.source,
            "checksum": about.get("checksum"),
        }
        _put(connection, rows, known.get(name), {"name": name, "notebook_id": notebook}, wanted)
    if gone := [row.id for name, row in known.items() if name not in cells]:
        connection.execute(delete(rows).where(rows.c.id.in_(gone)))


def _record_graded(
    connection: Connection, slug: str, notebook: str, cells: Mapping[str, NotebookNode]
) -> dict[_Key, str]:
    """The ids of the cells that carry grades or comments."""
    base, graded, solved = table(BaseCell), table(GradeCell), table(SolutionCell)
    joined = select(base.c.id, base.c.name, base.c.type, graded.c.max_score, graded.c.cell_type)
    joined = joined.outerjoin(graded, graded.c.id == base.c.id).where(base.c.notebook_id == notebook)
    known = {(row.name, row.type): row for row in connection.execute(joined)}
    wanted: dict[_Key, dict[str, Any]] = {}
    for name, cell in cells.items():
        about = cell.metadata.nbgrader
        if about.grade:
            wanted[name, "GradeCell"] = {"max_score": float(about.points), "cell_type": cell.cell_type}
        if about.solution:
            wanted[name, "SolutionCell"] = {}
    ids = {}
    for (name, kind), values in wanted.items():
        row = known.get((name, kind))
        ids[name, kind] = str(row.id) if row else new_id()
        if row is None:
            made = {"id": ids[name, kind], "name": name, "notebook_id": notebook, "type": kind}
            connection.execute(insert(base), [made])
            rows = graded if kind == "GradeCell" else solved
            connection.execute(insert(rows), [{"id": made["id"], **values}])
        elif values:
            _put(connection, graded, row, {}, values)
    _drop(connection, slug, {key: str(row.id) for key, row in known.items() if key not in wanted})
    return ids


def _put(connection: Connection, rows: Table, row: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Inserts a row, or changes what differs in it."""
    if row is None:
        connection.execute(insert(rows), [{"id": new_id(), **key, **values}])
    elif any(row._mapping[name] != value for name, value in values.items()):
        connection.execute(update(rows).where(rows.c.id == row.id).values(values))


def _drop(connection: Connection, slug: str, gone: Mapping[_Key, str]) -> None:
    """Removes cells with their automatic grades and comments."""
    if not gone:
        return
    ids = list(gone.values())
    grades, comments = table(Grade), table(Comment)
    by_hand = select(grades.c.cell_id, grades.c.notebook_id).where(
        grades.c.cell_id.in_(ids), or_(grades.c.manual_score.isnot(None), grades.c.extra_credit.isnot(None))
    )
    said = select(comments.c.cell_id, comments.c.notebook_id).where(
        comments.c.cell_id.in_(ids), comments.c.manual_comment.isnot(None)
    )
    lost = [*connection.execute(by_hand), *connection.execute(said)]
    if lost:
        names = {row: name for (name, _), row in gone.items()}
        cells = sorted({names[row.cell_id] for row in lost})
        students = _students(connection, [row.notebook_id for row in lost])
        raise CourseError(
            f"The cell {cells[0]} of {slug} is gone from the source, but the gradebook holds grades given by "
            f"hand for it ({', '.join(students)}). Put the cell back, or take them back in formgrader."
        )
    for rows in (grades, comments):
        connection.execute(delete(rows).where(rows.c.cell_id.in_(ids)))
    for rows in (table(GradeCell), table(SolutionCell), table(BaseCell)):
        connection.execute(delete(rows).where(rows.c.id.in_(ids)))


def _students(connection: Connection, notebooks: list[str]) -> list[str]:
    submitted, assignments = table(SubmittedNotebook), table(SubmittedAssignment)
    query = select(assignments.c.student_id).distinct()
    query = query.join(submitted, submitted.c.assignment_id == assignments.c.id)
    found = sorted(connection.scalars(query.where(submitted.c.id.in_(notebooks))))
    return [*found[:5], *(["…"] if len(found) > 5 else [])]
