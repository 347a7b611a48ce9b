"""A released notebook is an ordinary notebook: it runs in Jupyter, up to the first unsolved exercise."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from autograder.course import Course
from tests.autograder.tiny import cell, released, solved


class OwnKernel(AsyncKernelManager):
    """The kernel of the running interpreter, whatever kernels the machine has installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(argv=make_ipkernel_cmd(), display_name="Python 3", language="python")


def executed(notebook: NotebookNode) -> NotebookNode:
    with TemporaryDirectory(prefix="k") as scratch:  # over files: two kernels cannot want the same port
        kernel = OwnKernel(transport="ipc", connection_file=str(Path(scratch) / "kernel.json"))
        return NotebookClient(notebook, km=kernel, shutdown_kernel="immediate").execute()


def test_a_released_notebook_stops_at_the_first_unsolved_exercise(released_course: Course) -> None:
    with pytest.raises(CellExecutionError, match=r"This exercise is not solved yet\. Replace this line"):
        executed(released(released_course))


def test_a_solved_notebook_runs_through(released_course: Course) -> None:
    notebook = executed(solved(released_course))

    assert cell(notebook, "total-the_sum_counts_every_number").execution_count
