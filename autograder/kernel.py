"""How are the cells of one submission run, without harm to an honest student?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import default

from autograder.notebooks import grade_id, new_error

TIMED_OUT = "CellTimeoutError"
ENDED = "ProcessEnded"

_SUBMISSION_SECONDS = 120  # so that many slow cells cannot hold up a class
_AFTER_TIMEOUT_SECONDS = 2  # the next tests of an exercise that already hung once
_STOPPING_SECONDS = 2  # a loop gets to obey an interrupt before its process is killed
_SEEDS = 50  # of a random check; students see the first fifteen or so
_PRINTED = 50_000  # characters a cell may print before the rest is dropped


class OwnKernel(AsyncKernelManager):
    """The kernel of the running interpreter, whatever kernels the machine has installed.

    It talks over files instead of ports, so two kernels can never want the same port.
    """

    @property
    def kernel_spec(self) -> KernelSpec:
        """Always this interpreter, with no habits of its user; a notebook cannot ask for another."""
        return KernelSpec(
            argv=make_ipkernel_cmd(),
            display_name="Python 3",
            language="python",
            env={"PYTHONHASHSEED": "0", "DISTSYS_SEEDS": str(_SEEDS), "IPYTHONDIR": _scratch().name},
        )

    @default("transport")
    def _transport_default(self) -> str:
        return "ipc"

    @default("connection_file")
    def _connection_file_default(self) -> str:
        return str(Path(_scratch().name) / f"{time.monotonic_ns()}.json")


@cache
def _scratch() -> TemporaryDirectory[str]:
    """A folder for sockets, with a short name: the path of a socket holds about a hundred characters."""
    return TemporaryDirectory(prefix="k")


class RunCells(Execute):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's Execute with a time budget: one slow, noisy or deadly cell does not cost the others.

    If a cell ends the process, or cannot be interrupted, a new process takes its place. There the cells
    above run again, without that cell and without the tests of other exercises, and then the next one.
    """

    @default("shutdown_kernel")
    def _shutdown_default(self) -> str:
        return "immediate"  # a polite shutdown sometimes waits for seconds

    @default("iopub_timeout")
    def _iopub_timeout_default(self) -> int:
        return _STOPPING_SECONDS

    @default("raise_on_iopub_timeout")
    def _raise_default(self) -> bool:
        return False  # the reply to each cell says whether it failed, even if its output is lost

    @default("timeout_func")
    def _timeout_func_default(self) -> Callable[[NotebookNode], float]:
        return self.seconds_for

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kernel_manager_class=OwnKernel, **kwargs)

    def preprocess(self, nb: NotebookNode, resources: Any, km: Any = None) -> tuple[NotebookNode, Any]:
        """Runs every cell of one submission."""
        self.started = time.monotonic()
        self.hung: set[str] = set()
        self.fatal: set[int] = set()
        self.idle: set[int] = set()
        self.printed: Counter[int] = Counter()
        self.replaying = False
        self.given_up = ""
        done: tuple[NotebookNode, Any] = super().preprocess(nb, resources, km)
        return done

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        """Runs one cell; if it takes the process with it, the next cell finds a new one."""
        if cell.cell_type != "code":
            return cell, resources
        if self.given_up:
            cell.outputs = [new_error(ENDED, self.given_up)]
            return cell, resources
        try:
            cell, resources = super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            self.fatal.add(index)
            cell.outputs = [new_error(ENDED, "this cell ended the Python process")]
        if hung := [output for output in cell.outputs if output.get("ename") == TIMED_OUT]:
            self.hung.add(_exercise(cell))
            cell.outputs = [output for output in cell.outputs if output.output_type != "error"] + hung
            if index not in self.idle:
                self.fatal.add(index)
                hung[-1].evalue += " It could not be interrupted: does it catch every exception?"
        if index in self.fatal:
            self._begin_again(index)
        return cell, resources

    def _begin_again(self, index: int) -> None:
        """Starts a new process and brings it where the old one was before it met a fatal cell."""
        if self._seconds_left() <= 0:
            self.given_up = "not run: the cells above used up the time of the whole notebook"
            return
        self._cleanup_kernel()
        self.create_kernel_manager()
        self.start_new_kernel()
        self.start_new_kernel_client()
        self.replaying = True
        done = list(self.nb.cells)
        try:
            for place, cell in enumerate(done[:index]):
                if cell.cell_type == "code" and place not in self.fatal and self._matters(cell, index):
                    self.execute_cell(deepcopy(cell), place)
        except DeadKernelError:
            self.given_up = "not run: cells above ended the Python process again and again"
        self.nb.cells[:] = done  # with what the cells said the first time
        self.replaying = False

    def _matters(self, cell: NotebookNode, index: int) -> bool:
        """Whether later cells can need what a cell defines: tests count within their exercise only."""
        same = _exercise(cell) == _exercise(self.nb.cells[index])
        return same or not cell.metadata.get("nbgrader", {}).get("grade", False)

    def seconds_for(self, cell: NotebookNode) -> float:
        """How long a cell may run: less after a time-out in its exercise, or when the budget is used up."""
        limit = _AFTER_TIMEOUT_SECONDS if _exercise(cell) in self.hung else self.timeout
        seconds = max(1, min(limit, self._seconds_left()))
        said = f"ran longer than {seconds:.0f} s: an endless loop?"
        self.error_on_timeout = {"ename": TIMED_OUT, "evalue": said, "traceback": [said]}
        return float(seconds)

    def _seconds_left(self) -> float:
        return _SUBMISSION_SECONDS - (time.monotonic() - self.started)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        """Takes one message of the kernel; what a cell prints beyond a limit is dropped at once."""
        if msg["msg_type"] == "status" and msg["content"]["execution_state"] == "idle":
            self.idle.add(cell_index)
        elif self.replaying:
            return None
        if msg["msg_type"] == "stream":
            before = self.printed[cell_index]
            self.printed[cell_index] += len(msg["content"]["text"])
            if before > _PRINTED:
                return None
            msg["content"]["text"] = msg["content"]["text"][: _PRINTED - before + 1]
        return super().process_message(msg, cell, cell_index)


class JudgeByErrors(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Lets errors alone decide a test cell.

    nbgrader takes a warning on stderr for a failure, and a value that the cell shows for partial credit.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, cell_index: int
    ) -> tuple[NotebookNode, Any]:
        """Turns stderr into stdout and shown values into displays, in test cells."""
        if cell.metadata.get("nbgrader", {}).get("grade"):
            for output in cell.outputs:
                if output.output_type == "stream":
                    output.name = "stdout"
                elif output.output_type == "execute_result":
                    output.output_type = "display_data"
                    del output["execution_count"]
        return cell, resources


def _exercise(cell: NotebookNode) -> str:
    """The exercise of a test cell; any other cell stands for itself."""
    return grade_id(cell).split("-")[0] or str(cell.get("id", ""))
