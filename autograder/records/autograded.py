"""The graded notebooks that formgrader shows and nbgrader's ``generate_feedback`` reads.

Nothing of a student's notebook but text gets here: no output, no metadata, no HTML.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.assignment import Assignment
from autograder.engine.verdict import KEPT, Ran, Said, Verdict
from autograder.files import put
from autograder.notebooks import grade_id
from autograder.plain import plain
from autograder.reasons import WORDS, seen
from autograder.records import timestamps
from autograder.records.markdown import harmless, verbatim
from autograder.release import source_notebook

_Json = dict[str, Any]


def write(root: Path, assignment: Assignment, verdicts: Iterable[Verdict]) -> int:
    """Writes ``autograded/<student>/<slug>/<slug>.ipynb`` for each verdict.

    Args:
        root: nbgrader's course root.
        assignment: the chapter.
        verdicts: one for each student; those whose grading failed leave their notebook as it is.

    Returns:
        How many notebooks changed.
    """
    maker, changed, slug = Maker(assignment), 0, assignment.slug
    for verdict in verdicts:
        if verdict.failed:
            continue
        folder = root / "autograded" / verdict.student / slug
        changed += _replace(root, folder / f"{slug}.ipynb", maker.text(verdict).encode())
        when = timestamps.written(root / "submitted" / verdict.student / slug)
        if when and when != timestamps.written(folder):
            timestamps.stamp(folder, when)
    return changed


class Maker:
    """Makes graded notebooks of one chapter.

    Args:
        assignment: the chapter.
    """

    def __init__(self, assignment: Assignment) -> None:
        source: NotebookNode = source_notebook(assignment)
        self.slug = assignment.slug
        self.metadata: _Json = dict(source.metadata)
        self.source: list[_Json] = [_plain_cell(cell) for cell in source.cells]
        self.known = {grade_id(cell): made for cell, made in zip(source.cells, self.source, strict=True)}
        self.known.pop("", None)
        self.reserved = frozenset([*self.known, *(f"{name}-comment" for name in self.known)])
        self.statements = {cell["source"] for cell in self.source if cell["cell_type"] == "markdown"}

    def text(self, verdict: Verdict) -> str:
        """The notebook of one verdict, in nbformat 4.5, a line for each cell."""
        repairs = [plain(sentence) for sentence in verdict.repairs]
        metadata = {**self.metadata, "autograder": {"key": verdict.key, "repairs": repairs}}
        cells = ",\n".join(_line(cell) for cell in self.cells(verdict))  # an indent takes five times as long
        rest = _line({"metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
        return f'{{"cells": [\n{cells}\n],\n{rest[1:]}\n'

    def cells(self, verdict: Verdict) -> list[_Json]:
        """The cells of one verdict: the teacher's with the points they cost, the student's as plain text."""
        if verdict.refused:
            note = self.own(Ran("", "markdown", verbatim(why_refused(verdict))), 0)
            return [note, *(self.refused(cell) for cell in self.source)]
        said = {question.name: question for question in verdict.questions}
        left = dict(self.known)
        cells = []
        for number, ran in enumerate(verdict.cells):
            cell = left.pop(ran.name, None) if ran.name else None
            cells.append(self.graded(cell, ran, said.get(ran.name)) if cell else self.own(ran, number))
        missing = [self.graded(cell, Ran(name, "code", ""), said.get(name)) for name, cell in left.items()]
        return cells + missing

    def graded(self, cell: Mapping[str, Any], ran: Ran, said: Said | None) -> _Json:
        """A cell of the teacher, with the student's text if it is a solution."""
        about = cell["metadata"]["nbgrader"]
        made = {**cell, "source": plain(ran.source) if about["solution"] else cell["source"]}
        if cell["cell_type"] == "code":
            failed = said is not None and said.outcome != KEPT
            made["outputs"] = _printed(ran) + ([_failed(said)] if said and failed else _error(ran))
        if said:
            told = {"outcome": said.outcome, "hidden": said.hidden, "flaky": said.flaky}
            made["metadata"] = {"nbgrader": about, "autograder": told}
        return made

    def refused(self, cell: Mapping[str, Any]) -> _Json:
        """A cell of the teacher where there is nothing to grade."""
        about = cell["metadata"].get("nbgrader", {})
        return {**cell, "source": "" if about.get("solution") else cell["source"]}

    def own(self, ran: Ran, number: int) -> _Json:
        """A cell of the student's own; the statements of the chapter come back as such cells, too."""
        cell_id = hashlib.sha256(f"{self.slug}/own/{number}".encode()).hexdigest()[:12]
        made: _Json = {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": plain(ran.source)}
        if ran.kind == "code":
            ended = {"execution_count": None, "outputs": _printed(ran) + _error(ran)}
            return {**made, "cell_type": "code", **ended}
        if ran.kind == "raw":  # an exporter would pass it on untouched
            return {**made, "source": verbatim(made["source"])}
        if made["source"] in self.statements:
            return made
        return {**made, "source": harmless(made["source"], self.reserved)}


def why_refused(verdict: Verdict) -> str:
    """Why a file could not be graded, without what the teacher has to do about it."""
    return plain(verdict.refused).removesuffix("; ask for it again.").rstrip(".") + "."


def _plain_cell(cell: NotebookNode) -> _Json:
    made: _Json = json.loads(json.dumps(cell))
    return made


def _line(value: _Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _printed(ran: Ran) -> list[_Json]:
    text = plain(ran.printed)
    return [{"name": "stdout", "output_type": "stream", "text": text}] if text else []


def _error(ran: Ran) -> list[_Json]:
    name, _, value = plain(ran.error).partition(": ")
    return [_output(name, value, plain(ran.error))] if ran.error else []


def _failed(said: Said) -> _Json:
    """The failure of a question: the trace tells the teacher all, the value what a student may know."""
    told = plain(said.message) or WORDS[said.outcome]
    where = f" (line {said.line} of this cell)" if said.line else ""
    hidden = "\nThis part of the check is hidden: students read its rule only." if said.hidden else ""
    return _output("AssertionError", plain(seen(said)), f"{told}{where}{hidden}")


def _output(name: str, value: str, trace: str) -> _Json:
    return {"ename": name, "evalue": value, "output_type": "error", "traceback": trace.split("\n")}


def _replace(root: Path, path: Path, content: bytes) -> bool:
    """Puts a file in place as a whole, unless it is there already."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass  # it is new
    put(path, content, beside=root)  # nbgrader hands on whatever lies in the folder
    return True
