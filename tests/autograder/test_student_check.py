"""A student sees for each rule whether it holds, from the notebook alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import NotebookNode

from autograder import check as student_check
from autograder.__main__ import main
from autograder.check import NothingToCheck, Report, check
from autograder.course import Course
from autograder.notebooks import new_cell, to_text
from tests.autograder.tiny import cell, released, solved


def run(notebook, tmp_path: Path, *options: str) -> tuple[int, str, str]:
    """Exit code and what is printed, by the script alone."""
    path = tmp_path / "mine.ipynb"
    path.write_text(notebook if isinstance(notebook, str) else to_text(notebook))
    command = [sys.executable, str(Path(student_check.__file__)), str(path), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def report(notebook, tmp_path: Path, limit_s: float = 10.0) -> Report:
    path = tmp_path / "mine.ipynb"
    path.write_text(to_text(notebook))
    return check(path, limit_s)


def messages(found: Report) -> dict[str, str]:
    return {rule.rule: rule.message for rule in found.rules}


def copy_of(notebook: NotebookNode, name: str, source: str) -> NotebookNode:
    """What remains if somebody copies a cell and changes it."""
    made = new_cell("code", source)
    made.metadata = cell(notebook, name).metadata
    return made


# --- what a student reads


def test_every_rule_holds_in_a_solved_notebook(released_course: Course, tmp_path: Path) -> None:
    code, said, errors = run(solved(released_course), tmp_path)

    assert (code, errors) == (0, "")
    assert "\ndouble\n  ok       Twice two is four\n  ok       Infinity stays\n\ntotal\n" in said
    assert said.endswith("3 of 3 rules hold in the checks you can see; grading uses some more.\n")


def test_nothing_is_solved_in_a_fresh_notebook(released_course: Course, tmp_path: Path) -> None:
    code, said, _ = run(released(released_course), tmp_path)

    assert code == 1
    assert said.count("This exercise is not solved yet.") == 3
    assert "0 of 3 rules hold" in said


def test_a_failed_rule_comes_with_its_message(released_course: Course, tmp_path: Path) -> None:
    _, said, _ = run(solved(released_course, double="def double(number):\n    return number"), tmp_path)

    assert "  not yet  Twice two is four: double(2) is 2, not 4\n" in said


def test_a_cell_that_does_not_run_is_named_as_the_cause(released_course: Course, tmp_path: Path) -> None:
    found = report(solved(released_course, total="def total(:"), tmp_path)

    assert messages(found)["The sum counts every number"].startswith("SyntaxError")


def test_a_setup_cell_that_does_not_run_is_told_first(released_course: Course, tmp_path: Path) -> None:
    notebook = solved(released_course)
    cell(notebook, "setup").source = "import laboratory"

    found = report(notebook, tmp_path)

    assert found.remarks == [
        "The cell setup does not run: ModuleNotFoundError: No module named 'laboratory'",
    ]


def test_an_exercise_that_stands_on_an_unsolved_one_is_not_called_unsolved(
    released_course: Course, tmp_path: Path
) -> None:
    notebook = released(released_course)
    cell(notebook, "total").source = "def total(numbers):\n    return double(3)"

    said = messages(report(notebook, tmp_path))

    assert said["Twice two is four"] == "This exercise is not solved yet."
    assert said["The sum counts every number"] == "It uses an exercise that is not solved yet."


def test_the_first_hint_is_named_where_an_answer_is_wrong_and_only_there(
    released_course: Course, tmp_path: Path
) -> None:
    notebook = solved(released_course, total="def total(numbers):\n    return 0")
    hint = "<details><summary>Hint 1: where to look</summary>\n\nAt both.\n</details>"
    for text in notebook.cells:
        if text.cell_type == "markdown":
            text.source += f"\n{hint}"

    _, said, _ = run(notebook, tmp_path)

    assert said.count("Stuck?") == 1
    assert said.index("Stuck? Hint 1 (where to look) stands above your cell.") > said.index("\ntotal\n")


def test_all_of_it_is_one_json_document_for_programs(released_course: Course, tmp_path: Path) -> None:
    code, said, _ = run(solved(released_course, total="def total(numbers): return 5"), tmp_path, "--json")

    told = json.loads(said)
    assert code == 1
    assert told["notebook"] == "mine.ipynb"
    assert [rule["holds"] for rule in told["rules"]] == [True, True, False]
    assert told["rules"][2] == {
        "exercise": "total",
        "name": "total-the_sum_counts_every_number",
        "rule": "The sum counts every number",
        "points": 3,
        "holds": False,
        "message": "total([1, 2, 3]) is 5, not 6",
        "picture": "",
    }


def test_the_autograder_has_the_same_command(released_course: Course, tmp_path: Path, capsys) -> None:
    path = tmp_path / "mine.ipynb"
    path.write_text(to_text(solved(released_course)))

    assert main(["check", str(path)]) == 0
    assert "3 of 3 rules hold" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "none.ipynb"), "--json"]) == 2
    assert "cannot be read" in json.loads(capsys.readouterr().out)["problem"]


def test_the_checked_rules_are_those_of_the_release(released_course: Course, tmp_path: Path) -> None:
    notebook = solved(released_course, double="def double(number):\n    return abs(number) * 2")

    assert "double(-3)" not in cell(notebook, "double-twice_two_is_four").source
    assert set(messages(report(notebook, tmp_path)).values()) == {""}


def test_a_failed_run_has_its_picture_in_a_page_beside_the_notebook(
    released_course: Course, tmp_path: Path
) -> None:
    notebook = solved(released_course)
    cell(notebook, "total-the_sum_counts_every_number").source = (
        "# Rule: Runs & sums (3 points)\n"
        "from distsys.faults import shown\nfrom distsys.network import Network\n"
        "from distsys.node import Node\nfrom distsys.simulation import Simulation\n"
        "sim = Simulation(1, Network())\nsim.add('n1', Node)\nsim.at(5, lambda: sim.crash('n1'))\n"
        "assert False, shown(sim.run(10), 'n1 <is> gone')"
    )

    code, said, _ = run(notebook, tmp_path)

    page = (tmp_path / "mine.check.html").read_text()
    assert code == 1
    assert "Runs & sums: n1 <is> gone\n           A picture of it is in mine.check.html.\n" in said
    assert "<h2>Runs &amp; sums</h2><pre>n1 &lt;is&gt; gone</pre>" in page
    assert "<svg" in page

    run(solved(released_course), tmp_path)
    assert not (tmp_path / "mine.check.html").exists()


def test_a_picture_of_the_students_own_is_left_out(released_course: Course, tmp_path: Path) -> None:
    fake = "class Fake(str):\n    def _repr_html_(self): return '<b>mine</b>'\n"
    fake += "def double(number): raise AssertionError(Fake('no'))"

    found = report(solved(released_course, double=fake), tmp_path)

    assert messages(found)["Twice two is four"] == "no"
    assert found.pictures == ""


# --- what the cells do besides


def test_magics_errors_and_noise_do_not_disturb(released_course: Course, tmp_path: Path) -> None:
    notebook = solved(released_course)
    noise = (
        "%timeit -n1 -r1 1\nprint('noise')\nimport os\nos.write(1, b'noise')\nos.write(2, b'noise')\n1 / 0"
    )
    notebook.cells.insert(1, new_cell("code", noise))
    notebook.cells.insert(1, new_cell("code", "!echo noise"))

    code, said, errors = run(notebook, tmp_path)

    assert (code, errors) == (0, "")
    assert "noise" not in said


def test_the_output_of_the_cells_is_shown_on_demand(released_course: Course, tmp_path: Path) -> None:
    notebook = solved(released_course)
    notebook.cells.insert(1, new_cell("code", "print('loud')\n!echo and clear"))

    code, said, errors = run(notebook, tmp_path, "--verbose", "--json")

    assert code == 0
    assert [rule["holds"] for rule in json.loads(said)["rules"]] == [True] * 3
    assert "loud\n" in errors
    assert "and clear\n" in errors


def test_cells_run_in_the_folder_of_the_notebook(released_course: Course, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("def double(number):\n    return 2 * number\n")
    notebook = solved(released_course, double="from beside import double\nopen('beside.py').close()")

    assert set(messages(report(notebook, tmp_path)).values()) == {""}


def test_nobody_is_asked_for_input(released_course: Course, tmp_path: Path) -> None:
    found = report(solved(released_course, double="def double(number):\n    return input()"), tmp_path)

    assert messages(found)["Twice two is four"].startswith("EOFError")


def test_an_endless_loop_is_interrupted_and_costs_its_own_exercise_only(
    released_course: Course, tmp_path: Path
) -> None:
    notebook = solved(released_course, double="def double(number):\n    while True: pass")

    said = messages(report(notebook, tmp_path, limit_s=0.4))

    assert said == {
        "Twice two is four": "ran longer than 0.4 s: an endless loop?",
        "Infinity stays": "ran longer than 0.4 s: an endless loop?",
        "The sum counts every number": "",
    }


def test_after_one_endless_loop_the_other_checks_of_the_exercise_wait_less(
    released_course: Course, tmp_path: Path
) -> None:
    notebook = solved(released_course, double="def double(number):\n    while True: pass")

    said = messages(report(notebook, tmp_path, limit_s=2.2))

    assert said["Twice two is four"] == "ran longer than 2.2 s: an endless loop?"
    assert said["Infinity stays"] == "ran longer than 2 s: an endless loop?"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("import os; os._exit(0)", "this cell ended the Python process"),
        (
            "import time\n    while True:\n        try: time.sleep(60)\n        except: pass",
            "ran longer than 0.4 s and cannot be interrupted: an endless loop?",
        ),
        ("import sys; sys.exit()", "SystemExit"),
        ("import sys; sys.setrecursionlimit(10**6); return double(number)", ""),
    ],
    ids=["ends the process", "catches its interrupt", "exits", "falls for ever"],
)
def test_what_kills_one_check_leaves_the_others(
    body: str, words: str, released_course: Course, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(student_check, "_OBEY_S", 1.0)
    notebook = solved(released_course, double=f"def double(number):\n    {body}")

    said = messages(report(notebook, tmp_path, limit_s=0.4))

    assert said["Twice two is four"]
    assert words in said["Twice two is four"]
    assert said["The sum counts every number"] == ""


# --- what became of the notebook


def test_a_file_that_is_no_exercise_is_one_sentence_and_another_exit_code(tmp_path: Path) -> None:
    for text, words in {
        "not json": "is not a notebook; save it in Jupyter and try again.",
        "[1, 2]": "is not a notebook",
        '{"cells": 3}': "has no checks",
        '{"cells": []}': "has no checks; is it an exercise of this course?",
        "[" * 100_000: "is not a notebook",
        '{"cells": [null, {}, {"cell_type": "code", "metadata": [], "source": 7}]}': "has no checks",
    }.items():
        code, said, errors = run(text, tmp_path)

        assert (code, errors) == (2, "")
        assert words in said
        assert said.count("\n") == 1

    code, said, _ = run("not json", tmp_path, "--json")
    assert (code, json.loads(said)["notebook"]) == (2, "mine.ipynb")


def test_a_folder_or_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NothingToCheck, match=r"cannot be read \(Is a directory\); name the \.ipynb file"):
        check(tmp_path)
    with pytest.raises(NothingToCheck, match=r"none\.ipynb cannot be read \(No such file or directory\)"):
        check(tmp_path / "none.ipynb")


def test_old_formats_and_byte_marks_are_read(released_course: Course, tmp_path: Path) -> None:
    cells = json.loads(to_text(solved(released_course)))["cells"]
    for one in cells:
        one["input"] = one.pop("source")
    old = json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]})

    assert run("\ufeff" + old, tmp_path)[0] == 0


def test_of_copies_the_last_solution_with_work_in_it_counts(released_course: Course, tmp_path: Path) -> None:
    notebook = solved(released_course)
    wrong = copy_of(notebook, "double", "def double(number): return 0")
    stub = copy_of(notebook, "double", cell(released(released_course), "double").source)
    notebook.cells.insert(notebook.cells.index(cell(notebook, "double")), wrong)
    notebook.cells.append(stub)

    found = report(notebook, tmp_path)

    assert set(messages(found).values()) == {""}
    assert found.remarks == ["3 cells carry the id double; the last with work in it counts."]


def test_a_copied_check_is_asked_once(released_course: Course, tmp_path: Path) -> None:
    notebook = solved(released_course)
    notebook.cells.append(copy_of(notebook, "double-infinity_stays", "assert False, 'the copy'"))

    found = report(notebook, tmp_path)

    assert set(messages(found).values()) == {""}
    assert found.remarks == ["2 cells carry the id double-infinity_stays; the first counts."]


def test_a_check_that_stands_above_its_solution_is_asked_after_it(
    released_course: Course, tmp_path: Path
) -> None:
    notebook = solved(released_course)
    notebook.cells.sort(key=lambda one: "-" not in one.metadata.get("nbgrader", {}).get("grade_id", ""))

    assert set(messages(report(notebook, tmp_path)).values()) == {""}


def test_deleted_cells_are_told(released_course: Course, tmp_path: Path) -> None:
    notebook = solved(released_course)
    notebook.cells.remove(cell(notebook, "double"))
    notebook.cells.remove(cell(notebook, "total-the_sum_counts_every_number"))

    found = report(notebook, tmp_path)

    assert found.remarks == [
        "The solution cell of double is missing.",
        "The checks of total are gone; grading has them.",
    ]
    assert messages(found)["Twice two is four"] == "NameError: name 'double' is not defined"


def test_the_exercises_of_the_course_are_checked_within_two_seconds_of_processor_time(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path; from autograder.check import check\n"
        "for path in sys.argv[1:]: print(len(check(Path(path)).rules))\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); print(used.ru_utime + used.ru_stime)"
    )
    for path in sorted(Path(__file__).parents[2].glob("exercises/*/*.ipynb")):
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
        command = [sys.executable, "-c", program, str(copy)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rules, seconds = done.stdout.split()

        assert int(rules) > 0
        assert float(seconds) < 2
