"""How are the cells of one submission run, without harm to an honest student?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
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
    """nbgrader's Execute with a time budget: one slow, noisy or deadly cell does not cost the others."""

    @default("shutdown_kernel")
    def _shutdown_default(self) -> str:
        return "immediate"  # a polite shutdown sometimes waits for seconds

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
        self.printed: Counter[int] = Counter()
        self.ended = False
        done: tuple[NotebookNode, Any] = super().preprocess(nb, resources, km)
        return done

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        """Runs one cell; once the process has ended, the rest is marked and not run."""
        if cell.cell_type != "code":
            return cell, resources
        if self.ended:
            cell.outputs = [new_error(ENDED, "the Python process had already ended in a cell above")]
            return cell, resources
        try:
            cell, resources = super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            self.ended = True
            cell.outputs = [new_error(ENDED, "this cell ended the Python process")]
        if hung := [output for output in cell.outputs if output.get("ename") == TIMED_OUT]:
            self.hung.add(_exercise(cell))
            cell.outputs = [output for output in cell.outputs if output.output_type != "error"] + hung
        return cell, resources

    def seconds_for(self, cell: NotebookNode) -> float:
        """How long a cell may run: less after a time-out in its exercise, or when the budget is used up."""
        left = _SUBMISSION_SECONDS - (time.monotonic() - self.started)
        limit = _AFTER_TIMEOUT_SECONDS if _exercise(cell) in self.hung else self.timeout
        seconds = max(1, min(limit, left))
        said = f"ran longer than {seconds:.0f} s: an endless loop?"
        self.error_on_timeout = {"ename": TIMED_OUT, "evalue": said, "traceback": [said]}
        return float(seconds)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        """Takes one message of the kernel; what a cell prints beyond a limit is dropped at once."""
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
