"""Which rules does my notebook keep?  Usage: python check.py NOTEBOOK

Runs the notebook from top to bottom in this fresh process and prints one line for each rule.
It needs nothing but the notebook, IPython and the course's laboratory.
"""

from __future__ import annotations

import _thread
import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

_RULE = re.compile(r"# Rule: (.*?)\.? \(\d+ points?\)")
_UNSOLVED = "This exercise is not solved yet"
_LIMIT_S = 10.0
_OBEY_S = 2.0  # between the interrupt and the end of the process


def check(path: Path, limit_s: float = _LIMIT_S) -> int:
    """Prints for each exercise which rules hold.

    Args:
        path: the notebook.
        limit_s: seconds that one cell may run.

    Returns:
        0 if every rule holds, else 1.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except OSError as error:
        print(f"{path} cannot be read ({error.strerror}); name the .ipynb file of an exercise.")
        return 1
    except (ValueError, KeyError, TypeError):
        print(f"{path} is not a notebook; save it in Jupyter and try again.")
        return 1
    os.chdir(path.resolve().parent)
    sys.path.insert(0, "")
    kept: list[bool] = []
    last = ""
    for cell, problem in _problems(cells, limit_s):
        if _exercise(cell) != last:
            last = _exercise(cell)
            print(f"\n{last}")
        print(f"  not yet  {_rule(cell)}: {problem}" if problem else f"  ok       {_rule(cell)}")
        kept.append(not problem)
    if not kept:
        print(f"{path.name} has no checks; is it an exercise of this course?")
        return 1
    print(f"\n{sum(kept)} of {len(kept)} rules hold in the checks you can see; grading uses some more.")
    return 0 if all(kept) else 1


def _problems(cells: list[dict[str, Any]], limit_s: float) -> Iterator[tuple[dict[str, Any], str]]:
    """Runs every code cell and yields the test cells, each with what is wrong in it."""
    shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.showtraceback = shell.showsyntaxerror = lambda *args, **kwargs: None
    broken: dict[str, str] = {}  # exercise -> why its solution cell does not run
    for cell in cells:
        if cell.get("cell_type") != "code":
            continue
        about = cell.get("metadata", {}).get("nbgrader", {})
        problem = _run(shell, "".join(cell.get("source", "")), limit_s)
        if about.get("solution") and problem:
            broken[about["grade_id"]] = problem
        elif about.get("grade"):
            yield cell, problem and broken.get(_exercise(cell), problem)


def _run(shell: Any, source: str, limit_s: float) -> str:
    """What is wrong with one cell, in a line; nothing if it runs."""
    with _silence(), _interrupt_after(limit_s):
        result = shell.run_cell(source, store_history=False)
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return ""
    if isinstance(error, KeyboardInterrupt):
        return f"ran longer than {limit_s:g} s: an endless loop?"
    said = next((line for line in str(error).splitlines() if line.strip()), "")
    if _UNSOLVED in said:
        return f"{_UNSOLVED}."
    if isinstance(error, AssertionError) and said:
        return said
    return f"{type(error).__name__}: {said}"


def _rule(cell: dict[str, Any]) -> str:
    """The sentence that a test cell checks."""
    match = _RULE.match("".join(cell["source"]))
    return match[1] if match else str(cell["metadata"]["nbgrader"]["grade_id"])


def _exercise(cell: dict[str, Any]) -> str:
    return str(cell["metadata"]["nbgrader"]["grade_id"]).split("-")[0]


@contextmanager
def _silence() -> Iterator[None]:
    """Swallows what the cells print."""
    nowhere = Path(os.devnull)
    with nowhere.open("w", encoding="utf-8") as sink, redirect_stdout(sink), redirect_stderr(sink):
        yield


@contextmanager
def _interrupt_after(seconds: float) -> Iterator[None]:
    """Interrupts the code inside, as the stop button would, once it runs too long; then ends the process."""
    timers = [threading.Timer(seconds, _thread.interrupt_main), threading.Timer(seconds + _OBEY_S, _give_up)]
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()


def _give_up() -> None:
    """The last word when a cell catches its own interrupt."""
    said = "a cell runs for ever and cannot be interrupted, because it catches every exception"
    os.write(1, f"\n  not yet  {said}; the checks end here.\n".encode())
    os._exit(1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print("Usage: python check.py NOTEBOOK")
        sys.exit(2)
    try:
        sys.exit(check(Path(sys.argv[1])))
    except BrokenPipeError:  # the reader has left, as `head` does
        os._exit(1)
