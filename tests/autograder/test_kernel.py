"""One slow, noisy or deadly cell costs its own points only."""

import sys
from pathlib import Path

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


def test_a_cell_that_ends_the_process_costs_no_other_cell() -> None:
    before, deadly, after = run(code("x = 1\nprint(x)"), code("import os; os._exit(0)"), code("print(x + 1)"))

    assert before[0].text == "1\n"
    assert (deadly[0].ename, deadly[0].evalue) == (ENDED, "this cell ended the Python process")
    assert after[0].text == "2\n"


def test_a_new_process_repeats_the_tests_of_its_own_exercise_only() -> None:
    others, own = code("elsewhere = 1", "other-a_rule"), code("here = 1", "sums-a_rule")
    for test in (others, own):
        test.metadata.nbgrader.grade = True

    *_, after = run(others, own, code("import os; os._exit(0)", "sums-b"), code("here, elsewhere", "sums-c"))

    assert after[0].evalue == "name 'elsewhere' is not defined"


def test_what_a_cell_printed_and_how_it_failed_stays_in_a_new_process() -> None:
    before, failed, _, _ = run(
        code("print(1)"), code("1 / 0"), code("import os; os._exit(0)"), code("print(2)")
    )

    assert [one.text for one in before] == ["1\n"]
    assert [one.ename for one in failed] == ["ZeroDivisionError"]


def test_a_loop_that_swallows_interrupts_costs_its_own_cell_only() -> None:
    stubborn = "import time\nwhile True:\n    try: time.sleep(60)\n    except: pass"

    _, stuck, after = run(code("x = 1"), code(stubborn, "sums-a_rule"), code("print(x)"), seconds=2)

    assert stuck[-1].evalue.startswith("ran longer than 2 s: an endless loop? It could not be interrupted")
    assert after[0].text == "1\n"


def test_a_notebook_whose_time_is_used_up_gets_no_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.kernel._SUBMISSION_SECONDS", 0)

    deadly, after = run(code("import os; os._exit(0)"), code("print(2)"))

    assert deadly[0].evalue == "this cell ended the Python process"
    assert after[0].evalue == "not run: the cells above used up the time of the whole notebook"


def test_a_process_that_ends_whenever_it_begins_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    moody = "import os, pathlib; p = pathlib.Path('once'); p.exists() and os._exit(0); p.touch()"

    first, deadly, after = run(code(moody), code("import os; os._exit(0)"), code("print(2)"))

    assert first == []
    assert deadly[0].evalue == "this cell ended the Python process"
    assert after[0].evalue == "not run: cells above ended the Python process again and again"


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
