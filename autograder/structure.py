"""What becomes of a submission whose cells were deleted, copied, moved or changed?

The teacher's list of cells is graded. From the student come the solution cells, found by their id, and
every cell of the student's own, which stays behind the cell it followed.
"""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.notebooks import grade_id, new_cell, new_notebook, read_notebook

_MANY = 5  # sentences about repairs; more of them tell nobody anything


class RepairStructure(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Puts a submission back in shape before nbgrader grades it, and notes each repair in its metadata."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Repairs one submission; nbgrader has changed to its course root before it calls this."""
        about = resources["nbgrader"]
        released = read_released(Path(), about["assignment"], about["notebook"])
        repaired, sentences = repair(nb, released)
        repaired.metadata["autograder"] = {"repairs": sentences}
        return repaired, resources


def read_released(root: Path, slug: str, notebook: str | None = None) -> NotebookNode:
    """The released notebook of an assignment in a course root of nbgrader."""
    return read_notebook(root / "release" / slug / f"{notebook or slug}.ipynb")


def repair(submitted: NotebookNode, released: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """Rebuilds a submission on the teacher's list of cells.

    Args:
        submitted: what the student handed in.
        released: the notebook as it was given out.

    Returns:
        The notebook to grade, and one sentence for each thing that had to be repaired.
    """
    known = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
    found = _found(submitted, released, known)
    sentences: list[str] = []
    chosen = {name: _choose(name, cell, found[name], sentences) for name, cell in known.items()}
    if len(sentences) > _MANY + 1:
        sentences[_MANY:] = [f"So it goes on for {len(sentences) - _MANY} more repairs."]
    cells: list[NotebookNode] = []
    own = _own_cells(submitted, found, chosen, known)
    for name in ("", *known):
        cells += [_placed(known[name], chosen[name])] if name else []
        cells += own[name]
    return new_notebook(cells, deepcopy(released.metadata)), sentences


def _found(
    submitted: NotebookNode, released: NotebookNode, known: dict[str, NotebookNode]
) -> dict[str, list[NotebookNode]]:
    """The student's cells under each id of the teacher; an editor that drops metadata keeps cell ids."""
    by_cell_id = {cell.id: grade_id(cell) for cell in released.cells if grade_id(cell)}
    found = defaultdict(list)
    for cell in submitted.cells:
        name = grade_id(cell) or by_cell_id.get(cell.get("id", ""), "")
        if name in known:
            found[name].append(cell)
    return found


def _choose(
    name: str, original: NotebookNode, found: list[NotebookNode], sentences: list[str]
) -> NotebookNode:
    """The cell whose text is graded: the original of a locked cell, the last real try of a solution."""
    locked = not original.metadata.nbgrader.solution
    kind = "test cell" if original.metadata.nbgrader.grade else "locked cell" if locked else "solution cell"
    if not found:
        fate = "was put back" if locked else "counts as not solved"
        sentences.append(f"The {kind} {name} was missing; it {fate}.")
        return original
    if len(found) > 1:
        fate = "the original is graded" if locked else "the last one with work in it is graded"
        count = {2: "Two", 3: "Three"}.get(len(found), str(len(found)))
        sentences.append(f"{count} cells carry the id {name}; {fate}.")
    if locked:
        if any(_text(cell) != _text(original) for cell in found):
            sentences.append(f"The {kind} {name} was changed; the original is graded.")
        return original
    tries = [cell for cell in found if _text(cell) not in ("", _text(original))]
    return tries[-1] if tries else found[-1]


def _own_cells(
    submitted: NotebookNode,
    found: dict[str, list[NotebookNode]],
    chosen: dict[str, NotebookNode],
    known: dict[str, NotebookNode],
) -> dict[str, list[NotebookNode]]:
    """The student's other cells and earlier tries, each under the id of the cell it follows."""
    names = {id(cell): name for name, cells in found.items() for cell in cells}
    own: dict[str, list[NotebookNode]] = defaultdict(list)
    after = ""
    for cell in submitted.cells:
        name = names.get(id(cell), "")
        locked = bool(name) and not known[name].metadata.nbgrader.solution
        if locked or (name and cell is chosen[name]):
            after = name
        elif not name or _text(cell) not in ("", _text(known[name])):
            own[after].append(new_cell(cell.cell_type, cell.source))
    return own


def _placed(original: NotebookNode, chosen: NotebookNode) -> NotebookNode:
    """A cell of the teacher with the text that is graded."""
    cell = deepcopy(original)
    cell.source = chosen.source
    cell.outputs, cell.execution_count = [], None
    return cell


def _text(cell: NotebookNode) -> str:
    return str(cell.source).strip()
