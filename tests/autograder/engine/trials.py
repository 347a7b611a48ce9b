"""A class that is graded by the command line, in a process of its own that can be killed at any moment."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from nbgrader.api import Gradebook

from tests.autograder.engine.processes import Offspring
from tests.autograder.engine.workbench import chapter, notebook
from tests.autograder.tiny import FIXTURES, SLUG

ROOT = Path(__file__).parents[3]
COMMAND = """
import sys
from pathlib import Path
from autograder.__main__ import main
from autograder.course import Course
sys.exit(main(sys.argv[2:], Course(Path(sys.argv[1]))))
"""
DOUBLES = (
    "def double(number):\n    return 2 * number",
    "def double(number):\n    return 4",
    "def double(number):\n    return number.doubled",
    "def double(number:",
)
TOTAL = "def total(numbers):\n    return sum(numbers)"


Grades = dict[str, tuple[str, float]]
"""For each student the line of the table, and the score in the gradebook."""


class Trial:
    """A class of the tiny course. Each submission takes a tenth of a second, mostly waiting.

    Args:
        folder: an empty one.
        students: how many.
        options: further ones of the command line.
    """

    def __init__(self, folder: Path, students: int, *options: str) -> None:
        self.course, self.handed_in = folder / "course", folder / "handed_in"
        self.scratch, self.options, self.students = folder / "scratch", options, students
        self.folder = folder
        self.scratch.mkdir()
        shutil.copytree(FIXTURES, self.course)
        (source,) = self.course.glob(f"solutions/*/{SLUG}.py")
        given = chapter(source.read_text(), SLUG)
        self.handed_in.mkdir()
        for number in range(students):
            waits = f"import time\ntime.sleep(0.1)  # student {number}"
            made = notebook(waits, given, double=DOUBLES[number % len(DOUBLES)], total=TOTAL)
            (self.handed_in / f"student{number:02}.ipynb").write_text(json.dumps(made))

    @contextmanager
    def driver(self, root: Path) -> Iterator[subprocess.Popen[bytes]]:
        """`python -m autograder grade`, which is killed at the end if it still runs."""
        words = ["grade", SLUG, "--submitted", str(self.handed_in), "--into", str(root), *self.options]
        with (root.parent / f"{root.name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, str(self.course), *words],
                cwd=ROOT, env={**os.environ, "TMPDIR": str(self.scratch), "PYTHONPATH": str(ROOT)},
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def run(self, root: Path) -> float:
        """Grade undisturbed, or go on until the end; the seconds that it took."""
        began = time.perf_counter()
        with self.driver(root) as process:
            assert process.wait() == 0, (root.parent / f"{root.name}.log").read_text()
        return time.perf_counter() - began

    def killed(self, root: Path, seconds: float) -> bool:
        """Kill the driver after a while; whether it was still running."""
        with self.driver(root) as process:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                return True
        return False

    def kept(self, root: Path) -> dict[str, str]:
        """The verdicts on disk by their names; each of them must be whole."""
        found = {path.name: path.read_text() for path in root.glob(f"verdicts/{SLUG}/*.json")}
        for text in found.values():
            assert json.loads(text)["verdict"]["questions"]
        return found

    def grades(self, root: Path) -> Grades:
        """For each student the line of the table, and the score in the gradebook."""
        header, *lines = (root / "grades.csv").read_text().splitlines()
        assert header.startswith('"student","chapter"')
        with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
            scores = {one["student"]: one["score"] for one in book.submission_dicts(SLUG)}
            assert len(book.assignment_submissions(SLUG)) == len(scores) == len(lines) == self.students
        table = {line.split(",")[0].strip('"'): line for line in lines}
        assert table.keys() == scores.keys()
        return {student: (line, scores[student]) for student, line in table.items()}


def wrong(found: Grades, known: Grades) -> dict[str, tuple[object, object]]:
    """The grades that were lost, came from nowhere, or have changed: each as it is and as it should be."""
    students = sorted(found.keys() | known.keys())
    pairs = {student: (found.get(student), known.get(student)) for student in students}
    return {student: (this, that) for student, (this, that) in pairs.items() if this != that}


def workers(offspring: Offspring) -> list[psutil.Process]:
    """Hosts and the workers of Dask, in a settled order."""
    marks = ("autograder.engine.host", "multiprocessing.spawn")
    found = []
    for process in offspring.now():
        with suppress(psutil.Error):
            words, parent = " ".join(process.cmdline()), process.parent()
            fork = parent is not None and parent.cmdline() == process.cmdline()  # a judge looks like its host
            if any(mark in words for mark in marks) and not fork:
                found.append(process)
    return sorted(found, key=lambda process: process.pid)


def moments(seed: int, most: float) -> Iterator[float]:
    """Random seconds, the same for the same seed."""
    chance = random.Random(seed)
    while True:
        yield chance.uniform(0, most)
