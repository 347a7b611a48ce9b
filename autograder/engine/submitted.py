"""What does a submitted file hold, whatever has become of it?

Nothing but the cells' kinds, texts and ids is read. Outputs, metadata and widgets may be of any size and
shape: they are never looked at.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.engine.outputs import without_outputs

MOST_BYTES = 400 << 20
MOST_TEXT = 2 << 20
MOST_CELLS = 3000
_TEXT_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Refused(Exception):
    """The file cannot be graded; the text is one sentence for people."""


@dataclass(frozen=True)
class Given:
    """One cell of a notebook.

    Args:
        kind: ``code``, ``markdown`` or ``raw``.
        source: its text.
        name: nbgrader's grade_id, or nothing.
        cell_id: Jupyter's id of the cell, or nothing.
        role: ``test``, ``solution``, ``locked`` or nothing; believed only of the teacher's own cells.
    """

    kind: str
    source: str
    name: str = ""
    cell_id: str = ""
    role: str = ""


def read(content: bytes) -> tuple[Given, ...]:
    """The cells of a notebook file of any version.

    Args:
        content: the bytes of the file.

    Raises:
        Refused: if it is no notebook.
    """
    if len(content) > MOST_BYTES:
        size = f"{len(content) >> 20} MB; {MOST_BYTES >> 20} MB are the most"
        raise Refused(f"The file has {size}; clear its outputs and hand it in again.")
    if not content.startswith(_TEXT_MARKS):
        content = without_outputs(content)
    notebook = _parsed(content)
    if not isinstance(notebook, dict) or not {"nbformat", "cells", "worksheets"} & set(notebook):
        raise Refused("The file is JSON but not a notebook; ask for it again.")
    cells = notebook.get("cells")
    if "worksheets" in notebook and not isinstance(cells, list):  # nbformat 3 and older
        sheets = notebook["worksheets"] if isinstance(notebook["worksheets"], list) else []
        parts = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        cells = [cell for part in parts if isinstance(part, list) for cell in part]
    if not isinstance(cells, list):
        raise Refused("The notebook is damaged (it has no list of cells); ask for it again.")
    if len(cells) > MOST_CELLS:
        raise Refused(f"The notebook has {len(cells):,} cells; {MOST_CELLS:,} are the most.")
    given = tuple(_cell(cell) for cell in cells if isinstance(cell, dict))
    if sum(len(cell.source) for cell in given) > MOST_TEXT:
        most = MOST_TEXT >> 20
        raise Refused(f"The notebook holds more than {most} MB of code and text; ask for it again.")
    return given


def _parsed(content: bytes) -> Any:
    """What the JSON says."""
    encoding = "utf-16" if content.startswith(_TEXT_MARKS) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Refused("The file is not a notebook (it is not even text); ask for it again.") from None
    if not text.strip():
        raise Refused("The file is empty; ask for it again.")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused(
            f"The file is not a notebook (line {error.lineno} is not JSON); ask for it again."
        ) from None
    except RecursionError:
        raise Refused("The file is not a notebook (it is nested too deeply); ask for it again.") from None
    except ValueError:  # more digits than Python reads
        raise Refused("The file is not a notebook (it holds an endless number); ask for it again.") from None


def _cell(cell: Mapping[str, Any]) -> Given:
    kind = cell.get("cell_type")
    source = cell.get("source", cell.get("input", ""))  # nbformat 3 says `input`
    about = cell.get("metadata")
    about = about.get("nbgrader") if isinstance(about, dict) else None
    about = about if isinstance(about, dict) else {}
    role = next((role for role, key in _ROLES.items() if about.get(key) is True), "")
    if kind == "heading":  # of nbformat 3
        kind = "markdown"
    return Given(
        kind if kind in ("code", "markdown") else "raw",
        _text(source),
        _short(about.get("grade_id")),
        _short(cell.get("id")),
        role,
    )


_ROLES = {"test": "grade", "solution": "solution", "locked": "locked"}


def _text(value: Any) -> str:
    """A text, or the lines of one; anything else is no text."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = "".join(part for part in value if isinstance(part, str))
    # A lone surrogate is no character; it could be neither compiled nor written.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _short(value: Any) -> str:
    return _text(value[:200]) if isinstance(value, str) else ""
