"""Cells run as in a kernel, in a child that cannot hurt its parent."""

from autograder.assignment import Cell
from autograder.execute import NOT_REACHED, STOPPED, Outcome, fresh_namespace, run_apart


def code(name: str, source: str) -> Cell:
    return Cell("code", name, source, 1)


def test_cells_share_one_namespace_and_an_error_ends_its_own_cell_only() -> None:
    cells = [code("a", "x = 1"), code("b", "\nassert x == 2, f'x is {x}'"), code("c", "assert x == 1")]

    outcomes = run_apart(cells, 10, fresh_namespace())

    assert [outcome.ok for outcome in outcomes] == [True, False, True]
    failed = outcomes[1]
    assert (failed.error, failed.message, failed.line) == ("AssertionError", "x is 1", 2)


def test_text_is_not_run() -> None:
    cells = [Cell("text", "t", "not Python", 1), code("a", "x = 1")]

    assert [outcome.name for outcome in run_apart(cells, 10, fresh_namespace())] == ["a"]


def test_the_line_is_that_of_the_cell_and_not_of_a_function_it_calls() -> None:
    cells = [code("a", "def f():\n    raise ValueError('deep')"), code("b", "x = 1\ny = 2\nf()")]

    assert run_apart(cells, 10, fresh_namespace())[1].line == 3


def test_an_endless_loop_is_a_result_and_not_a_hang() -> None:
    cells = [code("a", "x = 1"), code("b", "while True: pass"), code("c", "x = 2")]

    outcomes = run_apart(cells, 0.5, fresh_namespace())

    assert [outcome.error for outcome in outcomes] == ["", STOPPED, NOT_REACHED]
    assert "did not end within 0.5 s" in outcomes[1].message


def test_a_cell_may_end_its_process_without_ending_ours() -> None:
    cells = [code("a", "import os; os._exit(3)"), code("b", "x = 2")]

    assert [outcome.error for outcome in run_apart(cells, 10, fresh_namespace())] == [STOPPED, NOT_REACHED]


def test_sys_exit_and_a_syntax_error_are_failures_like_others() -> None:
    cells = [code("a", "import sys; sys.exit()"), code("b", "def ("), code("c", "x = 1")]

    errors = [outcome.error for outcome in run_apart(cells, 10, fresh_namespace())]

    assert errors == ["SystemExit", "SyntaxError", ""]


def test_the_callers_namespace_stays_as_it_is() -> None:
    namespace = fresh_namespace() | {"numbers": [1]}

    (outcome,) = run_apart([code("a", "numbers.append(2); assert numbers == [1, 2]")], 10, namespace)

    assert outcome.ok
    assert namespace["numbers"] == [1]


def test_what_a_cell_prints_is_not_shown(capfd) -> None:
    run_apart([code("a", "print('noise'); import os; os.write(1, b'more')")], 10, fresh_namespace())

    assert capfd.readouterr().out == ""


def test_the_processor_time_of_each_cell_is_known() -> None:
    cells = [
        code("quick", "x = 1"),
        code("slow", "x = sum(range(3 * 10**6))"),
        code("asleep", "import time; time.sleep(0.05)"),
    ]

    quick, slow, asleep = run_apart(cells, 10, fresh_namespace())

    assert slow.cpu_seconds > max(quick.cpu_seconds, asleep.cpu_seconds)
    assert slow == Outcome("slow")
