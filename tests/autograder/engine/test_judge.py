"""What a submission earns, and that nothing which one question does can touch another."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.engine.client import Client
from autograder.engine.protocol import Job
from autograder.engine.verdict import Said, Verdict
from tests.autograder.engine.workbench import CHAPTER, QUICK, SLUG, TESTS, chapter, notebook

Judged = Callable[..., Verdict]


def by_name(verdict: Verdict) -> dict[str, Said]:
    assert verdict.failed == ""
    return {said.name: said for said in verdict.questions}


def outcomes(verdict: Verdict) -> dict[str, str]:
    return {name: said.outcome for name, said in by_name(verdict).items() if said.outcome != "kept"}


def test_right_answers_earn_all_points(judged: Judged) -> None:
    verdict = judged()

    assert {said.name: said.points for said in verdict.questions} == TESTS
    assert verdict.points == 8
    assert (verdict.student, verdict.slug, verdict.key, verdict.repairs) == ("anna", SLUG, "key", ())
    assert verdict.cpu_seconds > 0


def test_the_notebook_as_it_was_given_out_earns_nothing(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "exam.ipynb"
    path.write_text(CHAPTER.released)

    (verdict,) = client.judge([Job("anna", SLUG, str(path))])

    assert verdict.points == 0
    said = by_name(verdict)
    assert said["double-two_is_four"].outcome == "unsolved"
    assert said["double-two_is_four"].message == "not solved yet"
    assert said["server-pings_are_answered"].message == "not solved yet"


def test_a_wrong_answer_fails_with_its_message_and_its_line(judged: Judged) -> None:
    said = by_name(judged(double="def double(number):\n    return number"))["double-two_is_four"]

    assert (said.outcome, said.message, said.hidden) == ("wrong", "double(2) is 2, not 4", False)
    assert said.line == 10
    assert not said.flaky


def test_a_failure_in_a_hidden_part_says_so(judged: Judged) -> None:
    said = by_name(judged(double="def double(number):\n    return {2: 4, 3: 6}[number]"))

    assert said["double-two_is_four"].hidden
    assert said["double-two_is_four"].message == "KeyError: 21"
    assert said["double-three_is_six"].outcome == "kept"


def test_a_solution_that_does_not_run_is_told_as_such(judged: Judged) -> None:
    said = by_name(judged(double="def double(number:\n    return 4"))["double-three_is_six"]

    assert said.outcome == "broken"
    assert said.message.startswith("the solution cell does not run: SyntaxError: ")


def test_an_answer_that_leans_on_an_unsolved_one_says_so(judged: Judged, client: Client) -> None:
    stub = next(
        cell for cell in json.loads(CHAPTER.released)["cells"] if "def double" in "".join(cell["source"])
    )
    leaning = "def numbers(count):\n    return [double(n) for n in range(count)]\nfinished = double"

    said = by_name(judged(double="".join(stub["source"]), numbers=leaning))["numbers-it_counts"]

    assert (said.outcome, said.message) == ("unsolved", "it uses an exercise that is not solved yet")


@pytest.mark.parametrize(
    ("answer", "outcome", "message"),
    [
        ("import os; os._exit(3)", "crash", "this cell ended the Python process"),
        ("import ctypes; ctypes.string_at(0)", "crash", "SIGSEGV"),
        ("while True: pass", "time", "ran longer than 1 s: an endless loop?"),
        ("import time; time.sleep(1000)", "time", "ran longer than 1 s: an endless loop?"),
        ("x = [0]\n    while True: x += x", "memory", "ran out of memory"),
        ("import os\n    while True: os.write(1, b'x' * 100_000)", "output", "it wrote more than"),
        ("raise SystemExit", "error", "SystemExit"),
        ("raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
        ("return double", "refused", "could claim to equal anything"),
    ],
)
def test_what_one_answer_breaks_costs_its_own_questions_only(
    judged: Judged, answer: str, outcome: str, message: str
) -> None:
    said = by_name(judged(double=f"def double(number):\n    {answer}\n    return 1"))

    assert said["double-two_is_four"].outcome == outcome, said
    assert message in said["double-two_is_four"].message
    assert [said[name].points for name in TESTS][2:] == [3, 1, 1]


def test_a_bomb_of_processes_costs_its_own_questions_only(judged: Judged) -> None:
    bomb = "import os\ndef double(number):\n  while True:\n    try: os.fork()\n    except OSError: pass"

    assert judged(double=bomb).points == 5


def test_an_exercise_that_used_up_its_time_gets_less_for_its_next_question(judged: Judged) -> None:
    said = by_name(judged(double="def double(number):\n    while True: pass"))

    assert said["double-two_is_four"].message == "ran longer than 1 s: an endless loop?"
    assert said["double-three_is_six"].message == "ran longer than 0.5 s: an endless loop?"


def test_a_cell_that_ends_the_process_costs_no_other_cell(judged: Judged) -> None:
    verdict = judged("import os; os._exit(1)")

    assert verdict.points == 8
    assert verdict.cells[0].error == "this cell ended the Python process: it ended itself with status 1"


def test_a_cell_that_loops_for_ever_costs_no_other_cell(judged: Judged) -> None:
    verdict = judged("print('here')\nwhile True: pass")

    assert verdict.points == 8
    assert verdict.cells[0].error == "ran longer than 2 s: an endless loop?"


def test_what_cells_print_and_raise_is_kept(judged: Judged) -> None:
    verdict = judged(
        "print('here')\n1 / 0", double="print('there')\ndef double(number):\n    return 2 * number"
    )

    assert (verdict.cells[0].printed, verdict.cells[0].error) == (
        "here\n",
        "ZeroDivisionError: division by zero",
    )
    assert [cell.printed for cell in verdict.cells if cell.name == "double"] == ["there\n"]
    assert verdict.points == 8


def test_a_submission_with_threads_is_graded_as_it_runs(judged: Judged) -> None:
    thread = (
        "import threading\nstop = threading.Event()\nthreading.Thread(target=stop.wait, daemon=True).start()"
    )

    assert judged(thread).points == 8


def test_with_threads_a_crash_still_costs_one_question(judged: Judged) -> None:
    thread = "import threading, os\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"

    verdict = judged(
        thread, double="def double(number):\n    os._exit(1) if number == 2 else None\n    return 2 * number"
    )

    assert outcomes(verdict) == {"double-two_is_four": "crash"}


def test_a_check_that_never_ends_on_what_it_is_given_is_stopped(judged: Judged) -> None:
    endless = "def numbers(count):\n    return list(range(count))\ndef finished(step):\n    return False"

    said = by_name(judged(numbers=endless))

    assert said["numbers-it_ends"].outcome in ("judge", "time")
    assert said["numbers-it_counts"].points == 1


def test_an_answer_that_differs_from_time_to_time_is_marked(judged: Judged) -> None:
    first = "if not os.path.exists('seen'):\n        open('seen', 'w')\n        return 0"

    moody = f"import os\ndef double(number):\n    {first}\n    return 2 * number"
    moody = by_name(judged(double=moody))["double-two_is_four"]
    wrong = by_name(judged(double="def double(number):\n    return 0"))["double-two_is_four"]

    assert (moody.outcome, moody.flaky) == ("wrong", True)
    assert (wrong.outcome, wrong.flaky) == ("wrong", False)


def test_questions_that_are_known_are_not_asked(judged: Judged) -> None:
    verdict = judged(skip=("double-two_is_four", "server-pings_are_answered"))

    assert [said.name for said in verdict.questions] == [
        "double-three_is_six", "numbers-it_counts", "numbers-it_ends",
    ]  # fmt: skip
    assert verdict.points == 3


def test_definitions_of_a_check_that_failed_count_for_the_next(judged: Judged) -> None:
    said = by_name(judged(double="def double(number):\n    return {3: 6}[number]"))

    assert said["double-two_is_four"].outcome == "error"
    assert said["double-three_is_six"].outcome == "kept"  # it uses the class Asked


def test_a_file_that_is_no_notebook_is_refused_in_a_sentence(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "exam.ipynb"
    path.write_text("I was ill.\n")

    (verdict,) = client.judge([Job("anna", SLUG, str(path))])

    assert verdict.refused == "The file is not a notebook (line 1 is not JSON); ask for it again."
    assert verdict.points == 0
    assert [said.name for said in verdict.questions] == list(TESTS)


def test_a_file_that_is_not_there_is_refused_in_a_sentence(client: Client, tmp_path: Path) -> None:
    (verdict,) = client.judge([Job("anna", SLUG, str(tmp_path / "none.ipynb"))])

    assert verdict.refused == (
        "The file was not read: it cannot be read (No such file or directory); ask for it again."
    )


def test_a_class_is_graded_side_by_side_and_each_job_once(client: Client, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.ipynb" for number in range(9)]
    for path in paths:
        path.write_text(CHAPTER.released)

    verdicts = list(client.judge(Job(path.stem, SLUG, str(path)) for path in paths))

    assert sorted(verdict.student for verdict in verdicts) == [path.stem for path in paths]


LENT = """# ---
# course:
#   title: Lent
#   minutes: 5
# ---

# %% solution="largest"
def largest(given):
    ### BEGIN SOLUTION
    return max(given)
    ### END SOLUTION


def reverse(given):
    ### BEGIN SOLUTION
    given.reverse()
    ### END SOLUTION


# %% test="largest" rule="It finds the largest" points=1
given = [3, 9, 4]
found = largest(given)
assert found == max(given), f"the largest is {max(given)}, not {found}"

# %% test="largest" rule="It turns a list round" points=1
given = [3, 9, 4]
reverse(given)
assert given == [4, 9, 3], f"turned round it is [4, 9, 3], not {given}"
"""


def test_an_answer_that_changes_what_it_is_given_gains_nothing_by_it(tmp_path: Path) -> None:
    lent, path = chapter(LENT, "lent"), tmp_path / "lent.ipynb"
    reverse = "def reverse(given): given[:] = given[::-1]"
    cheat = f"def largest(given):\n    given[:] = [0]\n    return 0\n{reverse}"
    honest = f"def largest(given):\n    return sorted(given)[-1]\n{reverse}"

    with Client([lent], QUICK, jobs=1) as client:
        found = []
        for answer in (honest, cheat):
            path.write_text(json.dumps(notebook(chapter=lent, largest=answer)))
            found += client.judge([Job("a", "lent", str(path))])

    assert [[said.outcome for said in one.questions] for one in found] == [
        ["kept", "kept"],
        ["wrong", "kept"],
    ]
    said = by_name(found[1])["largest-it_finds_the_largest"]
    assert said.message == "it holds only because your code changed what the check gave it"
