"""How does an exercise source become the notebook that students get?"""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbformat import NotebookNode

from autograder import nbgrader_course
from autograder.assignment import Assignment, read
from autograder.cells import Cell
from autograder.course import Course, CourseError
from autograder.leaks import leaks
from autograder.lint import lint_source
from autograder.notebooks import new_cell, new_notebook, parse_notebook, to_text

_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def release(course: Course, slugs: list[str]) -> list[Path]:
    """Writes the released notebook of each chapter, and nbgrader's source of it.

    Every source is read before anything is written, so a mistake leaves all products as they were.

    Args:
        course: the course tree.
        slugs: chapters to release; empty for all.

    Returns:
        The notebooks under ``exercises/`` that changed.

    Raises:
        CourseError: if a source cannot be read, or has a mistake that ``lint`` knows.
    """
    assignments = [read(course.solution(slug)) for slug in course.chosen(slugs)]
    if mistakes := [str(one) for each in assignments for one in lint_source(each) if one.error]:
        raise CourseError("\n".join(mistakes))
    changed = []
    for assignment in assignments:
        text = released_text(course.nbgrader, assignment)
        path = course.exercise(assignment.slug)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    if not slugs:
        _drop_forgotten(course)
    return changed


def released_text(root: Path, assignment: Assignment) -> str:
    """Lets nbgrader make the student version of an assignment.

    Args:
        root: nbgrader's course root; its ``source/``, ``release/`` and gradebook are brought up to date.
        assignment: the source.

    Raises:
        CourseError: if nbgrader refuses the notebook, or a secret would be released.
    """
    source = to_text(source_notebook(assignment))
    released = nbgrader_course.generate(root, assignment.slug, source)
    text = to_text(parse_notebook(released))
    if found := leaks(text, assignment):
        raise CourseError(f"The release of {assignment.slug} would show this secret line: {found[0]}")
    return text


def source_notebook(assignment: Assignment) -> NotebookNode:
    """The teacher's notebook with nbgrader's metadata; the same source always gives the same bytes."""
    cells = [_notebook_cell(assignment.slug, cell) for cell in assignment.cells]
    return new_notebook(cells, {"kernelspec": _KERNEL})


def _notebook_cell(slug: str, cell: Cell) -> NotebookNode:
    cell_id = hashlib.sha256(f"{slug}/{cell.name}".encode()).hexdigest()[:12]
    made = new_cell("markdown" if cell.kind == "text" else "code", cell.source, cell_id)
    if cell.kind not in ("text", "code"):
        made.metadata["nbgrader"] = _nbgrader_metadata(cell)
    return made


def _nbgrader_metadata(cell: Cell) -> dict[str, object]:
    """The third version of nbgrader's cell metadata, which allows no other key."""
    metadata: dict[str, object] = {
        "schema_version": 3,
        "grade_id": cell.name,
        "grade": cell.kind == "test",
        "solution": cell.kind == "solution",
        "locked": cell.kind != "solution",
        "task": False,
    }
    return metadata | ({"points": cell.points} if cell.kind == "test" else {})


def _drop_forgotten(course: Course) -> None:
    """Removes released notebooks whose source is gone."""
    for path in (course.root / "exercises").glob("*/*.ipynb"):
        if path.stem == path.parent.name and path.stem not in course.slugs():
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
