"""Names of the tiny chapter that these tests are tried on, and small helpers for its notebooks."""

from pathlib import Path

from nbformat import NotebookNode

from autograder.course import Course
from autograder.notebooks import grade_id, read_notebook

FIXTURES = Path(__file__).parent / "fixtures"
SLUG = "tiny_sums"
DOUBLE = "def double(number):\n    return 2 * number"
TOTAL = "def total(numbers):\n    return sum(numbers)"


def released(course: Course) -> NotebookNode:
    """The notebook as students get it."""
    return read_notebook(course.exercise(SLUG))


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """The one cell with this grade_id."""
    (found,) = [one for one in notebook.cells if grade_id(one) == name]
    return found


def solved(course: Course, double: str = DOUBLE, total: str = TOTAL) -> NotebookNode:
    """The released notebook with these answers."""
    notebook = released(course)
    cell(notebook, "double").source = double
    cell(notebook, "total").source = total
    return notebook


def hand_in(folder: Path, *names: str) -> Path:
    """A folder with files at these paths, which hold JSON and no notebook."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return folder
