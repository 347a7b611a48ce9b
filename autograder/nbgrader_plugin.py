"""The engine inside the unmodified `nbgrader autograde`: put `Judged` where nbgrader has its `Execute`.

``Repaired`` puts a notebook in shape first, which nbgrader would refuse. In ``nbgrader_config.py``::

    from autograder.settings import use_engine

    use_engine(c)
"""

from __future__ import annotations

import atexit
import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.engine.client import Client, HostGone
from autograder.engine.protocol import Chapter, Job
from autograder.engine.structure import repair
from autograder.engine.submitted import Given, read
from autograder.notebooks import grade_id, new_cell, new_notebook, parse_notebook, to_text
from autograder.records.autograded import Maker


class Repaired(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Rebuilds a submission on the teacher's list of cells, and notes each repair in its metadata."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Repairs one submission; nbgrader has changed to its course root before it calls this."""
        about = resources["nbgrader"]
        released = parse_notebook(_chapter(about["assignment"], about["notebook"]).released)
        given, sentences = repair(_given(nb), _given(released))
        known = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
        cells = []
        for one in given:
            cell = deepcopy(known[one.name]) if one.name else new_cell(one.kind, one.source)
            cell.source = one.source
            cells.append(cell)
        repaired = new_notebook(cells, deepcopy(released.metadata))
        repaired.metadata["autograder"] = {"repairs": sentences}
        return repaired, resources


def _given(notebook: NotebookNode) -> tuple[Given, ...]:
    return read(json.dumps(notebook).encode())


class Judged(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Judges one submission in the sandbox, and leaves an error where a check failed, as Execute does."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Judges one submission; nbgrader has changed to its course root before it calls this."""
        about = resources["nbgrader"]
        chapter = _chapter(about["assignment"], about["notebook"])
        with TemporaryDirectory() as scratch:
            path = Path(scratch) / "submitted.ipynb"
            path.write_text(to_text(nb), encoding="utf-8")
            try:
                (verdict,) = _host(chapter).judge([Job(about["student"], about["notebook"], str(path))])
            except HostGone:
                _host.cache_clear()
                raise
        if verdict.failed:
            raise RuntimeError(verdict.failed)
        graded = parse_notebook(Maker(chapter.assignment()).text(verdict))
        outputs = {
            grade_id(cell): cell.outputs for cell in graded.cells if grade_id(cell) and "outputs" in cell
        }
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = outputs.get(grade_id(cell), [])
        return nb, resources


@cache
def _chapter(assignment: str, notebook: str) -> Chapter:
    path = Path("source") / assignment / f"{notebook}.ipynb"
    released = Path("release") / assignment / f"{notebook}.ipynb"
    return Chapter(str(path), path.read_text(encoding="utf-8"), released.read_text(encoding="utf-8"))


@cache
def _host(chapter: Chapter) -> Client:
    """One host for all submissions of a notebook; it ends with this process."""
    client = Client([chapter], jobs=1)
    client.start()
    atexit.register(client.close)
    return client
