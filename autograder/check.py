"""Which rules does my notebook keep?  Usage: python check.py NOTEBOOK [--json] [--verbose]

Runs the saved notebook from top to bottom in a fresh process and prints a line for each rule. It needs
nothing but the notebook, IPython and the course's laboratory. The exit code is 0 if every rule holds, 1 if
one does not, 2 if there is nothing to check.
"""

from __future__ import annotations

import _thread
import argparse
import html
import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

LIMIT_S = 10.0
"""Seconds that one cell may run."""

_AGAIN_S = 2.0  # for an exercise that has run too long once
_OBEY_S = 3.0  # between the interrupt of a cell and the end of its process
_MOST_DEATHS = 5  # of the process, until the rest of the notebook is given up
_MOST_LINES = 14  # of a message
_RULE = re.compile(r"# Rule: (.*?)\.? \((\d+) points?\)")
_HINT = re.compile(r"<summary>\s*(Hint \d+)\s*:?\s*(.*?)\s*</summary>")
_UNSOLVED = "This exercise is not solved yet"
_ENDLESS = "an endless loop?"


class NothingToCheck(Exception):
    """The file is no exercise; the text is one sentence."""


@dataclass
class Cell:
    """A cell of the notebook; ``role`` is ``test``, ``solution``, ``locked`` or nothing."""

    kind: str
    source: str
    name: str = ""
    role: str = ""

    @property
    def exercise(self) -> str:
        """The exercise that a test or a solution belongs to."""
        return self.name.partition("-")[0] if self.role in ("test", "solution") else ""


@dataclass
class Rule:
    """What became of one test cell."""

    exercise: str
    name: str
    rule: str
    points: int
    holds: bool = True
    message: str = ""
    picture: str = ""


@dataclass
class Report:
    """What a check found: the rules in their order, remarks on the notebook, and where hints stand."""

    notebook: str
    rules: list[Rule]
    remarks: list[str] = field(default_factory=list)
    hints: dict[str, str] = field(default_factory=dict)
    pictures: str = ""


# --- the notebook


def read(path: Path) -> list[Cell]:
    """The cells of a notebook file, whatever has become of it.

    Raises:
        NothingToCheck: if it is no notebook.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        said = f"{path} cannot be read ({error.strerror}); name the .ipynb file of an exercise."
        raise NothingToCheck(said) from None
    except (ValueError, RecursionError):
        raise NothingToCheck(f"{path} is not a notebook; save it in Jupyter and try again.") from None
    sheets = [notebook, *_list(notebook, "worksheets")]  # nbformat 3 had sheets of cells
    cells = [cell for sheet in sheets for cell in _list(sheet, "cells") if isinstance(cell, dict)]
    if not cells and not _list(notebook, "worksheets") and "cells" not in notebook:
        raise NothingToCheck(f"{path} is not a notebook; save it in Jupyter and try again.")
    return [_cell(cell) for cell in cells]


def _list(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _cell(cell: Mapping[str, Any]) -> Cell:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    about = about if isinstance(about, dict) else {}
    role = next((role for role, key in _ROLES.items() if about.get(key) is True), "")
    name = about.get("grade_id")
    named = isinstance(name, str) and bool(name)
    return Cell(
        str(cell.get("cell_type")),
        source if isinstance(source, str) else "",
        str(name) if named else "",
        role if named else "",
    )


_ROLES = {"test": "grade", "solution": "solution", "locked": "locked"}


def arrange(cells: Iterable[Cell]) -> tuple[list[Cell], list[str]]:
    """The code cells in the order in which they count, and a sentence for each thing that is out of order.

    Of copies one counts, as in grading: the last solution with work in it, the first of a check. A check that
    stands above its solution is asked after it.
    """
    code = [cell for cell in cells if cell.kind == "code"]
    remarks, left_out = [], set()
    for name in dict.fromkeys(cell.name for cell in code if cell.role):
        copies = [cell for cell in code if cell.name == name]
        counts = copies[0]
        if counts.role == "solution":
            counts = next((one for one in reversed(copies) if _UNSOLVED not in one.source), copies[-1])
        if len(copies) > 1:
            which = "the last with work in it" if counts.role == "solution" else "the first"
            remarks.append(f"{len(copies)} cells carry the id {name}; {which} counts.")
        for copy in copies:
            if copy is not counts and copy.role == "solution":
                copy.role = ""  # an earlier try, which runs where it stands
            if copy is not counts and (copy.role or _UNSOLVED in copy.source):
                left_out.add(id(copy))
    solutions = {cell.exercise for cell in code if cell.role == "solution"}
    checked = {cell.exercise for cell in code if cell.role == "test"}
    remarks += [f"The solution cell of {name} is missing." for name in sorted(checked - solutions)]
    remarks += [f"The checks of {name} are gone; grading has them." for name in sorted(solutions - checked)]
    arranged: list[Cell] = []
    waiting: list[Cell] = []
    for cell in code:
        if id(cell) in left_out:
            continue
        if cell.role == "test" and cell.exercise in solutions:
            waiting.append(cell)
        else:
            arranged.append(cell)
            solutions -= {cell.exercise} if cell.role == "solution" else set()
        ready = [one for one in waiting if one.exercise not in solutions]
        arranged += ready
        waiting = [one for one in waiting if one not in ready]
    return arranged, remarks


def _hints(cells: Iterable[Cell]) -> dict[str, str]:
    """For each exercise its first hint, by what stands above its solution."""
    hints, found = {}, ""
    for cell in cells:
        if cell.kind == "markdown" and (match := _HINT.search(cell.source)):
            found = f"{match[1]} ({match[2]})" if match[2] else match[1]
        elif cell.role == "solution":
            if found:
                hints[cell.exercise] = found
            found = ""
    return hints


# --- the check


def check(path: Path, limit_s: float = LIMIT_S, verbose: bool = False) -> Report:
    """Finds out which rules hold.

    Args:
        path: the notebook.
        limit_s: seconds that one cell may run.
        verbose: whether the output of the cells is to be seen.

    Raises:
        NothingToCheck: if the file is no exercise.
    """
    cells = read(path)
    steps, remarks = arrange(cells)
    if not any(cell.role == "test" for cell in steps):
        raise NothingToCheck(f"{path} has no checks; is it an exercise of this course?")
    results = _run(path, steps, limit_s, verbose)
    report = Report(path.name, [], remarks, _hints(cells))
    broken: dict[str, str] = {}  # exercise -> why its solution cell does not run
    stubs = {cell.exercise for cell in steps if cell.role == "solution" and _UNSOLVED in cell.source}
    for cell, (problem, picture) in zip(steps, results, strict=True):
        if cell.role == "locked" and problem:
            report.remarks.append(f"The cell {cell.name} does not run: {problem.splitlines()[0]}")
        elif cell.role == "solution" and problem:
            broken[cell.exercise] = problem
        elif cell.role == "test":
            words, points = match.groups() if (match := _RULE.match(cell.source)) else (cell.name, "0")
            rule = Rule(cell.exercise, cell.name, words, int(points))
            if problem:
                rule.holds, rule.picture = False, picture
                rule.message = _explained(broken.get(cell.exercise, problem), cell.exercise in stubs)
            report.rules.append(rule)
    report.pictures = _draw(path, report)
    return report


def _explained(problem: str, is_stub: bool) -> str:
    if _UNSOLVED not in problem:
        return problem
    return f"{_UNSOLVED}." if is_stub else "It uses an exercise that is not solved yet."


def _draw(path: Path, report: Report) -> str:
    """Puts the pictures of failed runs into a page beside the notebook; returns its name."""
    drawn = [rule for rule in report.rules if rule.picture]
    page = path.with_suffix(".check.html")
    parts = []
    for rule in drawn:
        parts.append(f"<h2>{html.escape(rule.rule)}</h2><pre>{html.escape(rule.message)}</pre>{rule.picture}")
    style = "<style>body{font-family:sans-serif;margin:2rem}pre{white-space:pre-wrap}</style>"
    head = f'<!doctype html><meta charset="utf-8"><title>{html.escape(path.stem)}</title>{style}'
    try:
        if drawn:
            page.write_text("\n".join([head, *parts, ""]), encoding="utf-8")
        else:
            page.unlink(missing_ok=True)
    except OSError:  # the words say it, too
        return ""
    return page.name if drawn else ""


def _run(path: Path, steps: list[Cell], limit_s: float, verbose: bool) -> list[tuple[str, str]]:
    """For each cell what is wrong, and its picture.

    A cell that takes the process with it is left out when a new process runs the others.
    """
    deadly: dict[int, str] = {}
    while True:
        results: dict[int, tuple[str, str]] = {}
        at, how = -1, ""
        given = {
            "sources": [None if number in deadly else cell.source for number, cell in enumerate(steps)],
            "exercises": [cell.exercise for cell in steps],
            "slow": [steps[number].exercise for number, how in deadly.items() if _ENDLESS in how],
            "limit_s": limit_s,
            "verbose": verbose,
        }
        for event in _events(path, given):
            at = event.get("began", at)
            how = how or event.get("ended", "")
            if "ran" in event:
                results[event["ran"]] = event["problem"], event["picture"]
        if at < 0 and len(deadly) < len(steps):
            raise NothingToCheck(how)
        if at not in results and at not in deadly and at >= 0:
            deadly[at] = how
        if len(results) + len(deadly) == len(steps) or len(deadly) >= _MOST_DEATHS:
            break
    left = "not run: too many cells above ended the Python process"
    return [results.get(number, (deadly.get(number, left), "")) for number in range(len(steps))]


def _events(path: Path, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What a process tells that runs the cells; at last how it ended."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), "--run-cells"],
        cwd=path.resolve().parent,
        env={"MPLBACKEND": "agg", **os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdin and process.stdout
    told: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_forward, args=(process.stdout, told), daemon=True).start()
    try:
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(given))
            process.stdin.close()
        limit_s = given["limit_s"]
        while line := told.get(timeout=limit_s + _OBEY_S):
            event = json.loads(line)
            limit_s = event.get("limit_s", limit_s)
            yield event
        yield {"ended": "this cell ended the Python process"}
    except queue.Empty:
        yield {"ended": f"ran longer than {limit_s:g} s and cannot be interrupted: {_ENDLESS}"}
    finally:
        process.kill()
        process.wait()


def _forward(source: IO[str], told: queue.Queue[str]) -> None:
    for line in source:
        told.put(line)
    told.put("")


# --- in the process that runs the cells


def run_cells() -> None:
    """Runs the cells that come over standard input and tells over standard output what each of them did."""
    given = json.load(sys.stdin)
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(2 if given["verbose"] else nowhere, 1)
    if not given["verbose"]:
        os.dup2(nowhere, 2)

    def tell(**event: Any) -> None:
        told.write(json.dumps(event) + "\n")
        told.flush()

    try:
        shell = _shell()
    except ImportError as error:
        where = "start check.py with the Python of the course's environment."
        tell(ended=f"The package {error.name} is missing; {where}")
        os._exit(2)
    slow = {*given["slow"]} - {""}
    for number, (source, exercise) in enumerate(zip(given["sources"], given["exercises"], strict=True)):
        if source is not None:
            limit_s = min(given["limit_s"], _AGAIN_S) if exercise in slow else given["limit_s"]
            tell(began=number, limit_s=limit_s)
            problem, picture = _run_one(shell, source, limit_s)
            tell(ran=number, problem=problem, picture=picture)
            if _ENDLESS in problem and exercise:
                slow.add(exercise)
    os._exit(0)


def _shell() -> Any:
    """An IPython without a history, which keeps errors to itself."""
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415 - the other process does without
    from traitlets.config import Config  # noqa: PLC0415

    sys.path[0] = ""  # the notebook's folder instead of this script's
    shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.showtraceback = shell.showsyntaxerror = lambda *args, **kwargs: None
    shell.display_formatter.active_types = ["text/plain"]
    return shell


def _run_one(shell: Any, source: str, limit_s: float) -> tuple[str, str]:
    """What is wrong with one cell, in a line or more, and its picture; nothing if it runs."""
    try:
        with _interrupt_after(limit_s):
            result = shell.run_cell(source, store_history=False)
    except KeyboardInterrupt:  # it came when the cell had just ended
        return f"ran longer than {limit_s:g} s: {_ENDLESS}", ""
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return "", ""
    if isinstance(error, KeyboardInterrupt):
        return f"ran longer than {limit_s:g} s: {_ENDLESS}", ""
    lines = [line.rstrip() for line in str(error).splitlines() if line.strip()][:_MOST_LINES]
    if isinstance(error, AssertionError):
        return "\n".join(lines) or "AssertionError: the check has no message", _picture(error)
    return f"{type(error).__name__}: {lines[0] if lines else ''}".rstrip(": "), ""


def _picture(error: AssertionError) -> str:
    """The drawing of what the laboratory found, if it can draw it."""
    found = error.args[0] if error.args else None
    if not type(found).__module__.startswith("distsys."):
        return ""
    with suppress(Exception):
        return str(getattr(found, "_repr_html_", str)() or "")
    return ""


@contextmanager
def _interrupt_after(seconds: float) -> Iterator[None]:
    """Interrupts the code inside, as the stop button would, once it runs too long."""
    timer = threading.Timer(seconds, _thread.interrupt_main)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


# --- what a person reads


def lines_of(report: Report) -> Iterator[str]:
    """The report for people."""
    yield from report.remarks
    for exercise in dict.fromkeys(rule.exercise for rule in report.rules):
        yield f"\n{exercise}"
        rules = [rule for rule in report.rules if rule.exercise == exercise]
        for rule in rules:
            first, *more = rule.message.splitlines() or [""]
            yield f"  not yet  {rule.rule}: {first}" if first else f"  ok       {rule.rule}"
            yield from (f"           {line}" for line in more)
            if rule.picture and report.pictures:
                yield f"           A picture of it is in {report.pictures}."
        hint = report.hints.get(exercise, "")
        if hint and any(not rule.holds and _UNSOLVED not in rule.message for rule in rules):
            yield f"  Stuck? {hint} stands above your cell."
    kept, count = sum(rule.holds for rule in report.rules), len(report.rules)
    yield f"\n{kept} of {count} rules hold in the checks you can see; grading uses some more."


def main(arguments: list[str] | None = None) -> int:
    """Checks one notebook; returns the exit code."""
    parser = argparse.ArgumentParser(description="Show which rules of an exercise your notebook keeps.")
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="the saved .ipynb file")
    parser.add_argument("--json", action="store_true", help="print one JSON document for other programs")
    parser.add_argument("--verbose", action="store_true", help="show what the cells print")
    options = parser.parse_args(arguments)
    try:
        report = check(options.notebook, verbose=options.verbose)
    except NothingToCheck as problem:
        told = {"notebook": options.notebook.name, "problem": str(problem)}
        print(json.dumps(told, ensure_ascii=False) if options.json else problem)
        return 2
    if options.json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=1))
    else:
        print("\n".join(lines_of(report)))
    return 0 if all(rule.holds for rule in report.rules) else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--run-cells"]:
        run_cells()
    try:
        sys.exit(main())
    except BrokenPipeError:  # the reader has left, as `head` does
        os._exit(1)
