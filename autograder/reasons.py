"""Why did a submission lose points, in words?"""

from __future__ import annotations

import json
import re

from nbformat import NotebookNode

from autograder.assignment import Assignment
from autograder.cells import Cell
from autograder.kernel import ENDED, TIMED_OUT
from autograder.notebooks import grade_id, parse_notebook

_LONGEST = 240
_UNSOLVED = "This exercise is not solved yet"


def not_a_notebook(submitted: bytes) -> str:
    """Says in one sentence why a file cannot be graded, or nothing if it can.

    Args:
        submitted: the content of the submitted file.
    """
    try:
        text = submitted.decode()
        if not text.strip():
            return "The file is empty; ask for it again."
        content = json.loads(text)
    except UnicodeDecodeError:
        return "The file is not a notebook (it is not even text); ask for it again."
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        return f"The file is not a notebook (line {line} is not JSON); ask for it again."
    if not isinstance(content, dict) or "nbformat" not in content:
        return "The file is JSON but not a notebook; ask for it again."
    try:
        notebook = parse_notebook(text)
        for cell in notebook.cells:
            str(cell.cell_type), str(cell.source), cell.metadata.get("nbgrader", {}).get("grade_id")
    except Exception as error:  # the library fails in many ways on files that were edited by hand
        stumbled = isinstance(error, (AttributeError, KeyError, TypeError))
        why = "" if stumbled else _line(str(error))
        return f"The notebook is damaged ({why or 'Jupyter does not write such cells'}); ask for it again."
    return ""


def explain(graded: NotebookNode, released: NotebookNode, assignment: Assignment) -> dict[str, str]:
    """Says for each exercise that lost points why its first rule failed.

    Args:
        graded: the notebook after nbgrader's autograde.
        released: the notebook as it was given out.
        assignment: the source, which knows rules and exercises.
    """
    done = {grade_id(cell): cell for cell in graded.cells if grade_id(cell)}
    blank = {grade_id(cell): cell.source.strip() for cell in released.cells if grade_id(cell)}
    reasons = {}
    for exercise in assignment.exercises:
        failed = [test for test in assignment.tests(exercise) if error_of(done[test.name])]
        if not failed:
            continue
        untouched = done[exercise].source.strip() in ("", blank[exercise])
        test_error = error_of(done[failed[0].name])
        reasons[exercise] = _reason(failed[0], error_of(done[exercise]), test_error, untouched)
    return reasons


def summary(reasons: dict[str, str], repairs: list[str]) -> str:
    """One line from the reasons of all exercises and the repairs of the notebook."""
    grouped: dict[str, list[str]] = {}
    for exercise, reason in reasons.items():
        grouped.setdefault(reason, []).append(exercise)
    words = [f"{', '.join(exercises)}: {reason}" for reason, exercises in grouped.items()]
    return " ".join([*repairs, "; ".join(words)]).strip()


def error_of(cell: NotebookNode) -> str:
    """The error of a run cell in one line, or nothing if it had none."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            return message(output.ename, output.evalue)
    return ""


def message(name: str, value: str) -> str:
    """What a person needs to read of an exception."""
    text = _line(re.sub(r" \(\d+\.py, line (\d+)\)$", r" in line \1", value))  # the kernel's name for a cell
    if name in ("AssertionError", TIMED_OUT, ENDED):
        return text or "a check failed without a message"
    return f"{name}: {text}" if text else name


def _reason(test: Cell, solution_error: str, test_error: str, untouched: bool) -> str:
    """The cause behind a failed test: an unsolved exercise, a cell that does not run, or the rule itself."""
    stubbed = any(_UNSOLVED in error for error in (solution_error, test_error))
    if untouched and (stubbed or test_error.startswith("NameError")):
        return "not solved yet"
    if stubbed:
        return "it uses an exercise that is not solved yet"
    if solution_error:
        return f"the solution cell does not run: {solution_error}"
    return f"{test.rule.rstrip('.')}: {test_error}"


def _line(text: str) -> str:
    """The first line that says something, without colours, cut to a readable length."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    first = next((line.strip() for line in plain.splitlines() if line.strip()), "")
    return first if len(first) <= _LONGEST else f"{first[:_LONGEST]}…"
