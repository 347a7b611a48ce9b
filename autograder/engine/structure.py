"""What becomes of a submission whose cells were deleted, copied, moved or changed?

The teacher's list of cells is graded. From the student come the solution cells, found by their id, and
every cell of the student's own, which stays behind the cell it followed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from autograder.engine.submitted import Given

_MANY = 5  # sentences about repairs; more of them tell nobody anything


def repair(
    submitted: Sequence[Given], released: Sequence[Given], earlier: Collection[str] = ()
) -> tuple[list[Given], list[str]]:
    """Rebuilds a submission on the teacher's list of cells.

    Args:
        submitted: the cells that the student handed in.
        released: the cells as they are given out now.
        earlier: what :func:`prints` said of releases before; who has their cells has changed nothing.

    Returns:
        The cells to grade, and one sentence for each thing that had to be repaired.
    """
    known = {cell.name: cell for cell in released if cell.name}
    submitted = list(_brought_up_to_date(submitted, known, earlier))
    found = _found(submitted, released, known)
    sentences: list[str] = []
    chosen = {name: _choose(cell, found[name], sentences) for name, cell in known.items()}
    if len(sentences) > _MANY + 1:
        sentences[_MANY:] = [f"So it goes on for {len(sentences) - _MANY} more repairs."]
    own = _own_cells(submitted, found, chosen, known)
    cells = list(own[""])
    for name, cell in known.items():
        cells += [replace(cell, source=chosen[name].source), *own[name]]
    return cells, sentences


def prints(released: Sequence[Given]) -> list[str]:
    """A digest of each cell of a release that has a name."""
    return [_print(cell) for cell in released if cell.name]


def _print(cell: Given) -> str:
    return hashlib.sha256(f"{cell.name}\0{_text(cell)}".encode()).hexdigest()


def _brought_up_to_date(
    submitted: Sequence[Given], known: Mapping[str, Given], earlier: Collection[str]
) -> Iterator[Given]:
    """The cells, those that an earlier release gave out replaced by what became of them."""
    for cell in submitted:
        if not cell.name or _print(cell) not in earlier:
            yield cell
        elif cell.name in known:
            yield replace(cell, source=known[cell.name].source)


def _found(
    submitted: Sequence[Given], released: Sequence[Given], known: Mapping[str, Given]
) -> dict[str, list[Given]]:
    """The student's cells under each id of the teacher; an editor that drops metadata keeps cell ids."""
    by_cell_id = {cell.cell_id: cell.name for cell in released if cell.name}
    found = defaultdict(list)
    for cell in submitted:
        name = cell.name or by_cell_id.get(cell.cell_id, "")
        if name in known:
            found[name].append(cell)
    return found


def _choose(original: Given, found: Sequence[Given], sentences: list[str]) -> Given:
    """The cell whose text is graded: the original of a locked cell, the last real try of a solution."""
    name, locked = original.name, original.role != "solution"
    if not found:
        fate = "was put back" if locked else "counts as not solved"
        sentences.append(f"The {original.role} cell {name} was missing; it {fate}.")
        return original
    if len(found) > 1:
        fate = "the original is graded" if locked else "the last one with work in it is graded"
        count = {2: "Two", 3: "Three"}.get(len(found), str(len(found)))
        sentences.append(f"{count} cells carry the id {name}; {fate}.")
    if locked:
        if any(_text(cell) != _text(original) for cell in found):
            sentences.append(f"The {original.role} cell {name} was changed; the original is graded.")
        return original
    tries = [cell for cell in found if _text(cell) not in ("", _text(original))]
    return tries[-1] if tries else found[-1]


def _own_cells(
    submitted: Sequence[Given],
    found: Mapping[str, Sequence[Given]],
    chosen: Mapping[str, Given],
    known: Mapping[str, Given],
) -> dict[str, list[Given]]:
    """The student's other cells and earlier tries, each under the name of the cell it follows."""
    names = {id(cell): name for name, cells in found.items() for cell in cells}
    own: dict[str, list[Given]] = defaultdict(list)
    after = ""
    for cell in submitted:
        name = names.get(id(cell), "")
        locked = bool(name) and known[name].role != "solution"
        if locked or (name and cell is chosen[name]):
            after = name
        elif not name or _text(cell) not in ("", _text(known[name])):
            own[after].append(Given(cell.kind, cell.source))
    return own


def _text(cell: Given) -> str:
    return cell.source.strip()
