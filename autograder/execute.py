"""What does each cell of a notebook do when they run one after the other?"""

from __future__ import annotations

import json
import linecache
import os
import select
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.cells import Cell

STOPPED = "Stopped"
NOT_REACHED = "NotReached"

_LONGEST = 1000  # characters of a message


@dataclass(frozen=True)
class Outcome:
    """What happened in one cell.

    Args:
        name: the cell.
        error: class of the exception, or nothing if the cell ran through.
        message: what the exception said.
        line: line of the cell, from 1, where it was raised; 0 if unknown.
        cpu_seconds: processor time that the cell took; outcomes are compared without it.
    """

    name: str
    error: str = ""
    message: str = ""
    line: int = 0
    cpu_seconds: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        """Whether the cell ran through."""
        return not self.error


def fresh_namespace() -> dict[str, Any]:
    """The names that are bound before the first cell."""
    return {"__name__": "__main__"}


def run(cells: Iterable[Cell], namespace: dict[str, Any]) -> Iterator[Outcome]:
    """Runs the code of the cells one after the other, as a kernel would; an error ends its own cell only.

    Args:
        cells: the cells to run.
        namespace: the names that cells above have bound; changed in place.
    """
    for cell in cells:
        if cell.kind != "text":
            began = time.process_time()
            yield replace(_run_one(cell, namespace), cpu_seconds=round(time.process_time() - began, 3))


def _run_one(cell: Cell, namespace: dict[str, Any]) -> Outcome:
    file = f"<cell {cell.name}>"
    linecache.cache[file] = (len(cell.source), None, cell.source.splitlines(keepends=True), file)
    try:
        exec(compile(cell.source, file, "exec", dont_inherit=True), namespace)
    except BaseException as error:  # sys.exit in a cell is one more way to fail
        line, trace = 0, error.__traceback__
        while trace:
            if trace.tb_frame.f_code.co_filename == file:
                line = trace.tb_lineno
                break
            trace = trace.tb_next
        return Outcome(cell.name, type(error).__name__, str(error)[:_LONGEST], line)
    return Outcome(cell.name)


def run_apart(cells: Sequence[Cell], limit_s: float, namespace: dict[str, Any]) -> list[Outcome]:
    """Runs the cells in a forked child, so that nothing they do can hurt the caller.

    Args:
        cells: the cells of one notebook.
        limit_s: seconds for all cells together; then the child is killed.
        namespace: the names that cells above have bound; the child changes its own copy.

    Returns:
        One outcome a code cell. The cell that was running at the end of the time has the error
        ``Stopped``, the cells after it ``NotReached``.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            _child(cells, namespace, writer)
        finally:  # whatever happens, the child must not go on as a second parent
            os._exit(1)
    os.close(writer)
    outcomes = _collect(reader, time.monotonic() + limit_s)
    os.close(reader)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    missing = [cell.name for cell in cells if cell.kind != "text"][len(outcomes) :]
    said = f"did not end within {limit_s:g} s, or ended the process"
    errors = [STOPPED] + [NOT_REACHED] * len(missing)
    return outcomes + [Outcome(name, error, said) for name, error in zip(missing, errors, strict=False)]


def _child(cells: Sequence[Cell], namespace: dict[str, Any], writer: int) -> None:
    """The life of the child: run, report each cell at once, and leave without cleaning up."""
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open until the process ends
    os.dup2(nowhere.fileno(), 1)
    os.dup2(nowhere.fileno(), 2)
    sys.stdout = sys.stderr = nowhere
    for outcome in run(cells, namespace):
        os.write(writer, json.dumps(asdict(outcome)).encode() + b"\n")
    os._exit(0)


def _collect(reader: int, deadline: float) -> list[Outcome]:
    """Outcomes as they arrive, until the child is done or the time is over."""
    received = b""
    while (left := deadline - time.monotonic()) > 0 and select.select([reader], [], [], left)[0]:
        if not (chunk := os.read(reader, 65536)):
            break
        received += chunk
    *whole, _ = received.split(b"\n")  # a killed child may leave half a line
    return [Outcome(**json.loads(line)) for line in whole]
