"""How is an exercise read that was written as a notebook, as nbgrader's own courses are?

nbgrader knows test cells by their ids only. Each belongs to the solution cell that its id begins with, or
else to the nearest one above it; its rule is the comment in its first line, or its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.assignment import RULE, Assignment
from autograder.cells import Cell
from autograder.course import CourseError
from autograder.notebooks import parse_notebook


def assignment_of(text: str, path: Path) -> Assignment:
    """The exercises in a source notebook of nbgrader.

    Args:
        text: the notebook of ``source/<slug>/``, with solutions and hidden tests.
        path: where it lies; its stem is the slug.

    Raises:
        CourseError: if it is no notebook, or a test cell belongs to no solution cell.
    """
    try:
        notebook = parse_notebook(text)
    except Exception as error:  # the library fails in many ways
        raise CourseError(f"{path} is not a notebook: {error}") from None
    made: list[Cell] = []
    solutions: list[str] = []
    for number, cell in enumerate(notebook.cells, start=1):
        about = cell.metadata.get("nbgrader", {})
        kind = _kind(cell.cell_type, about)
        name = str(about.get("grade_id") or f"{kind}-{number}")
        if kind == "solution":
            solutions.append(name)
            made.append(Cell(kind, name, cell.source, number, exercise=name))
        elif kind == "test":
            exercise = _owner(name, solutions)
            if not exercise:
                raise CourseError(f"{path}: the test cell {name} stands above every solution cell.")
            found = RULE.match(cell.source)
            rule, points = found[1] if found else name, int(about.get("points", 0))
            made.append(Cell(kind, name, cell.source, number, exercise, rule, points))
        else:
            made.append(Cell(kind, name, cell.source, number))
    return Assignment(path.stem, path, path.stem, 0, tuple(made))


def _kind(cell_type: str, about: Mapping[str, Any]) -> str:
    if cell_type != "code":
        return "text"
    if about.get("grade") and not about.get("solution"):
        return "test"
    if about.get("solution") and not about.get("grade"):
        return "solution"
    return "locked" if about.get("locked") and not about.get("solution") else "code"


def _owner(name: str, solutions: list[str]) -> str:
    named = [one for one in solutions if name.startswith(one)]
    return max(named, key=len) if named else (solutions or [""])[-1]
