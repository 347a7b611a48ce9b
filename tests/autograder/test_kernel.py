"""One slow, noisy or deadly cell costs its own points only."""

import sys

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.course import Course
from autograder.kernel import ENDED, TIMED_OUT, JudgeByErrors, OwnKernel, RunCells
from autograder.notebooks import new_cell, new_notebook
from tests.autograder.tiny import cell, released, solved


def run(*cells: NotebookNode, seconds: int = 10) -> list[list[NotebookNode]]:
    """The outputs of each cell after it ran."""
    resources = {"metadata": {"path": "."}}
    notebook, _ = RunCells(timeout=seconds).preprocess(new_notebook(list(cells), {}), resources)
    return [one.outputs for one in notebook.cells]


def client(notebook: NotebookNode) -> NotebookClient:
    return NotebookClient(notebook, kernel_manager_class=OwnKernel, shutdown_kernel="immediate")


def code(source: str, name: str = "") -> NotebookNode:
    made = new_cell("code", source)
    made.metadata.nbgrader = {"grade_id": name}
    return made


def test_a_loop_is_interrupted_and_its_exercise_gets_less_time_afterwards() -> None:
    loop = code("while True: pass", "sums-a_rule")

    first, again, other = run(loop, code("while True: pass", "sums-another"), code("print(1)"), seconds=3)

    assert [(one.ename, one.evalue) for one in first] == [
        (TIMED_OUT, "ran longer than 3 s: an endless loop?")
    ]
    assert again[0].evalue == "ran longer than 2 s: an endless loop?"
    assert other[0].text == "1\n"


def test_a_cell_that_ends_the_process_leaves_the_cells_above_it_graded() -> None:
    before, deadly, after = run(code("print(1)"), code("import os; os._exit(0)"), code("print(2)"))

    assert before[0].text == "1\n"
    assert (deadly[0].ename, deadly[0].evalue) == (ENDED, "this cell ended the Python process")
    assert after[0].evalue == "the Python process had already ended in a cell above"


def test_a_flood_of_prints_is_cut_and_the_next_cell_runs() -> None:
    flood, after = run(code("for n in range(100_000): print('line', n)"), code("print(2)"))

    assert sum(len(one.text) for one in flood) < 60_000
    assert after[0].text == "2\n"


def test_the_kernel_is_this_interpreter_whatever_the_notebook_asks_for() -> None:
    outputs = run(code("import sys, os; print(sys.executable, os.environ['PYTHONHASHSEED'])"))

    assert outputs[0][0].text == f"{sys.executable} 0\n"
    assert OwnKernel(kernel_name="no-such-kernel").kernel_spec.argv[0] == sys.executable


def test_a_warning_or_a_shown_value_decides_nothing() -> None:
    test = code("double(2)")
    test.metadata.nbgrader = {"grade": True}
    test.outputs = [
        new_output("stream", name="stderr", text="careful"),
        new_output("execute_result", {"text/plain": "0.5"}, execution_count=1),
    ]

    JudgeByErrors().preprocess_cell(test, {}, 0)

    assert [(one.output_type, one.get("name")) for one in test.outputs] == [
        ("stream", "stdout"),
        ("display_data", None),
    ]


def test_a_released_notebook_stops_at_the_first_unsolved_exercise(released_course: Course) -> None:
    with pytest.raises(CellExecutionError, match=r"This exercise is not solved yet\. Replace this line"):
        client(released(released_course)).execute()


def test_a_solved_notebook_runs_through(released_course: Course) -> None:
    notebook = client(solved(released_course)).execute()

    assert cell(notebook, "total-the_sum_counts_every_number").execution_count
