"""What does a class tell its teacher?  The report as data, as a page and as a dashboard."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode

from autograder.analysis.findings import Report
from autograder.analysis.gather import report
from autograder.analysis.pages import page
from autograder.notebooks import new_cell, new_notebook, to_text

_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def write(made: Report, folder: Path) -> tuple[Path, ...]:
    """Writes a report for people and for programs.

    Args:
        made: what :func:`report` made.
        folder: gets ``report.json``, ``report.html`` and ``dashboard.ipynb``; it is made if it is missing.

    Returns:
        The three files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "report.json": made.to_json(),
        "report.html": page(made),
        "dashboard.ipynb": to_text(notebook(made)),
    }
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return tuple(folder / name for name in contents)


def notebook(made: Report) -> NotebookNode:
    """A notebook that shows the dashboard of the report beside it."""
    words = (
        f"# {made.title}: the class\n\nRun the cell. Choose an exercise, click a rule, then a student. The "
        "hardest rule stands first. It reads `report.json` in this folder."
    )
    code = 'from autograder.analysis.dashboard import load\n\nload("report.json").view'
    cells = [new_cell("markdown", words, "about"), new_cell("code", code, "dashboard")]
    return new_notebook(cells, {"kernelspec": _KERNEL})


__all__ = ["Report", "notebook", "page", "report", "write"]
