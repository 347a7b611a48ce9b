"""How are notebooks read, made and written here?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

_format: Any = nbformat  # the library has no types
_v4: Any = nbformat.v4


def read_notebook(path: Path) -> NotebookNode:
    """The notebook in a file, in the current format."""
    return parse_notebook(path.read_text(encoding="utf-8"))


def read_released(root: Path, slug: str, notebook: str | None = None) -> NotebookNode:
    """The released notebook of an assignment in a course root of nbgrader."""
    return read_notebook(root / "release" / slug / f"{notebook or slug}.ipynb")


def parse_notebook(text: str) -> NotebookNode:
    """The notebook in a text, in the current format."""
    notebook: NotebookNode = _format.reads(text, as_version=4)
    return notebook


def new_notebook(cells: list[NotebookNode], metadata: dict[str, Any]) -> NotebookNode:
    """A notebook of these cells."""
    notebook: NotebookNode = _v4.new_notebook(cells=cells, metadata=metadata)
    notebook.nbformat_minor = 5
    return notebook


def new_cell(kind: str, source: str, cell_id: str = "") -> NotebookNode:
    """A cell of kind ``code``, ``markdown`` or ``raw``; any other kind becomes ``raw``."""
    make = {"code": _v4.new_code_cell, "markdown": _v4.new_markdown_cell}.get(kind, _v4.new_raw_cell)
    cell: NotebookNode = make(source, **({"id": cell_id} if cell_id else {}))
    return cell


def new_error(name: str, value: str) -> NotebookNode:
    """The output of a cell that failed."""
    output: NotebookNode = _v4.new_output("error", ename=name, evalue=value, traceback=[f"{name}: {value}"])
    return output


def to_text(notebook: NotebookNode) -> str:
    """A notebook as text, in the one form that is committed."""
    return str(_format.writes(notebook, version=_format.NO_CONVERT)).rstrip("\n") + "\n"


def is_solution(cell: NotebookNode) -> bool:
    """Whether a student is to write the cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution", False))


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's id of a cell, or nothing."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
