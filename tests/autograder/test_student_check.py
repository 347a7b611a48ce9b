"""A student sees for each rule whether it holds, from the notebook alone."""

import subprocess
import sys
from pathlib import Path

import autograder.check
from autograder.course import Course
from autograder.notebooks import new_cell, to_text
from tests.autograder.tiny import cell, released, solved


def check(notebook, tmp_path: Path) -> tuple[int, str]:
    path = tmp_path / "mine.ipynb"
    path.write_text(notebook if isinstance(notebook, str) else to_text(notebook))
    script = Path(autograder.check.__file__)
    command = [sys.executable, str(script), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_every_rule_holds_in_a_solved_notebook(released_course: Course, tmp_path: Path) -> None:
    code, said = check(solved(released_course), tmp_path)

    assert code == 0
    assert "  ok       Twice two is four\n" in said
    assert "3 of 3 rules hold" in said


def test_nothing_is_solved_in_a_fresh_notebook(released_course: Course, tmp_path: Path) -> None:
    code, said = check(released(released_course), tmp_path)

    assert code == 1
    assert said.count("This exercise is not solved yet.") == 3
    assert "0 of 3 rules hold" in said


def test_a_failed_rule_comes_with_its_message(released_course: Course, tmp_path: Path) -> None:
    notebook = solved(released_course, double="def double(number):\n    return number")

    _, said = check(notebook, tmp_path)

    assert "  not yet  Twice two is four: double(2) is 2, not 4\n" in said


def test_a_cell_that_does_not_run_is_named_as_the_cause(released_course: Course, tmp_path: Path) -> None:
    _, said = check(solved(released_course, total="def total(:"), tmp_path)

    assert "  not yet  The sum counts every number: SyntaxError" in said


def test_magics_and_noise_do_not_disturb(released_course: Course, tmp_path: Path) -> None:
    notebook = solved(released_course)
    notebook.cells.insert(1, new_cell("code", "%timeit -n1 -r1 1\nprint('noise')\n1 / 0"))

    code, said = check(notebook, tmp_path)

    assert code == 0
    assert "noise" not in said


def test_an_endless_loop_is_interrupted(released_course: Course, tmp_path: Path, capsys, monkeypatch) -> None:
    notebook = solved(released_course, double="def double(number):\n    while True: pass")
    path = tmp_path / "mine.ipynb"
    path.write_text(to_text(notebook))
    monkeypatch.chdir(tmp_path)

    autograder.check.check(path, limit_s=0.3)

    said = capsys.readouterr().out
    assert "Twice two is four: ran longer than 0.3 s: an endless loop?" in said
    assert "1 of 3 rules hold" in said


def test_a_loop_that_swallows_its_interrupt_ends_the_check_with_a_sentence(
    released_course: Course, tmp_path: Path
) -> None:
    loop = "while True:\n        try: time.sleep(60)\n        except: pass"
    stubborn = f"def double(number):\n    import time\n    {loop}"
    path = tmp_path / "mine.ipynb"
    path.write_text(to_text(solved(released_course, double=stubborn)))
    program = f"import autograder.check as c; c._OBEY_S = 0.3; c.check(c.Path({str(path)!r}), 0.3)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "cannot be interrupted, because it catches every exception" in done.stdout
    assert done.stderr == ""


def test_a_folder_or_a_missing_file_is_told(tmp_path: Path, capsys) -> None:
    assert autograder.check.check(tmp_path) == 1
    assert autograder.check.check(tmp_path / "none.ipynb") == 1

    folder, missing = capsys.readouterr().out.splitlines()
    assert folder.endswith("cannot be read (Is a directory); name the .ipynb file of an exercise.")
    assert "none.ipynb cannot be read (No such file or directory)" in missing


def test_a_file_that_is_no_exercise_is_told(tmp_path: Path) -> None:
    assert check("not json", tmp_path)[1].startswith(str(tmp_path / "mine.ipynb") + " is not a notebook")
    assert "has no checks" in check('{"cells": []}', tmp_path)[1]


def test_the_checked_rules_are_those_of_the_release(released_course: Course, tmp_path: Path) -> None:
    notebook = solved(released_course, double="def double(number):\n    return abs(number) * 2")

    code, said = check(notebook, tmp_path)

    assert "double(-3)" not in cell(notebook, "double-twice_two_is_four").source
    assert code == 0, said
