"""How much does grading cost, against `nbgrader autograde` on the same class?"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder.cheats import fuzz, matrix
from autograder.cheats.entries import entries
from autograder.cheats.papers import Papers
from autograder.course import Course
from tests.bench.rows import Row

_ROOT = Path(__file__).parents[2]
_CLASS = 40
_ACCOUNTS = Path("/sys/fs/cgroup/cpuacct")
_SLUG = "six"
_SOURCE = """# ---
# course:
#   title: Six checks
#   minutes: 10
# ---

# %% locked="setup"
from collections import Counter


# %% solution="words"
def words(text):
    ### BEGIN SOLUTION
    return Counter(text.lower().split())
    ### END SOLUTION


# %% test="words" rule="Words are counted" points=2
assert words("a b a") == {"a": 2, "b": 1}, "a stands twice"
### BEGIN HIDDEN TESTS
assert words("x " * 5_000)["x"] == 5_000, "many"
### END HIDDEN TESTS

# %% test="words" rule="Case does not matter" points=1
assert words("A a")["a"] == 2, "A is a"

# %% solution="primes"
def primes(limit):
    ### BEGIN SOLUTION
    sieve = [True] * (limit + 1)
    for number in range(2, int(limit**0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = [False] * len(sieve[number * number :: number])
    return [number for number in range(2, limit + 1) if sieve[number]]
    ### END SOLUTION


# %% test="primes" rule="Small primes are found" points=2
assert primes(12) == [2, 3, 5, 7, 11], f"not {primes(12)}"
### BEGIN HIDDEN TESTS
assert len(primes(200_000)) == 17_984, "there are 17,984 primes up to 200,000"
### END HIDDEN TESTS

# %% test="primes" rule="One is no prime" points=1
assert primes(1) == [], "1 is no prime"

# %% solution="Stack"
class Stack:
    ### BEGIN SOLUTION
    def __init__(self):
        self.items = []

    def push(self, item):
        self.items.append(item)

    def pop(self):
        return self.items.pop()
    ### END SOLUTION


# %% test="Stack" rule="Last in, first out" points=2
stack = Stack()
for number in range(100):
    stack.push(number)
assert [stack.pop() for _ in range(3)] == [99, 98, 97], "the last comes first"

# %% test="Stack" rule="An empty stack complains" points=1
try:
    Stack().pop()
    complained = False
except IndexError:
    complained = True
assert complained, "pop of an empty stack raises IndexError"
"""
_RIGHT = {
    "words": "def words(text):\n    return Counter(word.lower() for word in text.split())",
    "primes": (
        "def primes(limit):\n    found = []\n    for n in range(2, limit + 1):\n"
        "        for p in found:\n            if p * p > n: found.append(n); break\n"
        "            if n % p == 0: break\n        else: found.append(n)\n    return found"
    ),
    "Stack": (
        "class Stack(list):\n    def push(self, item): self.append(item)\n"
        "    def pop(self): return list.pop(self)"
    ),
}
_WRONG = {
    "words": "def words(text):\n    return Counter(text.split())",
    "primes": "def primes(limit):\n    return [n for n in range(1, limit + 1) if n in (1, 2, 3, 5, 7, 11)]",
    "Stack": "class Stack(list):\n    def push(self, item): self.insert(0, item)",
}


@dataclass(frozen=True)
class Cost:
    """Of grading a class."""

    cpu_seconds: float
    wall_seconds: float
    scores: dict[str, dict[str, float]]


@cache
def course(scratch: Path) -> Path:
    """A course root of nbgrader with a class whose answers are right and wrong by turns."""
    from autograder.assignment import read  # noqa: PLC0415
    from autograder.release import released_text  # noqa: PLC0415

    source = scratch / f"{_SLUG}.py"
    source.write_text(_SOURCE, encoding="utf-8")
    root = scratch / "course"
    released = json.loads(released_text(root, read(source)))
    for number in range(_CLASS):
        notebook = json.loads(json.dumps(released))
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            place = list(_RIGHT).index(name) if name in _RIGHT else -1
            if place >= 0:
                cell["source"] = (_WRONG if number >> place & 1 else _RIGHT)[name]
        path = root / "submitted" / f"student_{number:02}" / _SLUG / f"{_SLUG}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    (root / "nbgrader_config.py").write_text(
        'c = get_config()\nc.CourseDirectory.course_id = "distributed_systems"\n', encoding="utf-8"
    )
    return root


@contextmanager
def _account() -> Iterator[tuple[list[str], list[float]]]:
    """What to put before a command so that its processor time is found in the list afterwards.

    A control group counts every process. Without one, only those count that were waited for.
    """
    spent: list[float] = []
    folder = _ACCOUNTS / f"bench_{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        yield [], spent
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return
    yield ["sh", "-c", f'echo $$ >{folder}/cgroup.procs; exec "$@"', "sh"], spent
    spent.append(int((folder / "cpuacct.usage").read_text()) / 1e9)
    for _ in range(100):
        try:
            folder.rmdir()
            return
        except OSError:  # the last process is about to go
            time.sleep(0.05)


def _cost(root: Path, *words: str) -> Cost:
    from nbgrader.api import Gradebook  # noqa: PLC0415

    scripts = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": scripts, "PYTHONPATH": str(Path.cwd())}
    with _account() as (prefix, spent):
        started = time.monotonic()
        subprocess.run(
            [*prefix, sys.executable, *words], cwd=root, env=environment, check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wall = time.monotonic() - started
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "distributed_systems") as book:
        scores = {
            one.student.id: {
                grade.name: grade.score for notebook in one.notebooks for grade in notebook.grades
            }
            for one in book.assignment_submissions(_SLUG)
        }
    return Cost(spent[0], wall, scores)


@cache
def _costs(what: str) -> Cost:
    with TemporaryDirectory() as scratch:
        root = course(Path(scratch))
        if what == "nbgrader":
            return _cost(root, "-m", "nbgrader", "autograde", _SLUG)
        return _cost(root, "-m", "tests.bench.grade_class", str(root), f"{scratch}/{_SLUG}.py", what)


def cpu_vs_nbgrader() -> float:
    """Processor time of nbgrader over ours; 0 if any score differs."""
    peer, ours = _costs("nbgrader"), _costs("sandbox")
    return peer.cpu_seconds / ours.cpu_seconds if peer.scores == ours.scores else 0.0


def wall_vs_nbgrader() -> float:
    """Time by the clock: nbgrader one after the other, ours two at a time."""
    return _costs("nbgrader").wall_seconds / _costs("sandbox").wall_seconds


def sandbox_cost() -> float:
    """How much more processor time grading takes in the sandbox than in mere forks, in percent."""
    rounds = [(_again("sandbox"), _again("bare")) for _ in range(3)]
    safe, bare = (min(costs) for costs in zip(*rounds, strict=True))
    return 100 * (safe / bare - 1)


def _again(what: str) -> float:
    _costs.cache_clear()
    return _costs(what).cpu_seconds


def cheats_gain() -> float:
    """Points gained, honest notebooks misjudged and classes stopped, over all dishonest notebooks."""
    found = matrix.read(_ROOT / "_build" / "cheats.json") or matrix.run(entries(), _papers())
    data = found.data()
    return float(data["points_gained"] + data["honest_misjudged"] + data["classes_stopped"])


def fuzzed_notebooks() -> float:
    """Of 512 malformed notebooks those that were neither graded nor refused in a sentence."""
    return float(len(fuzz.run(_papers(), range(512)).complaints))


@cache
def _papers() -> Papers:
    return Papers(Course(_ROOT), {entry.chapter for entry in entries()})


ROWS = (
    Row("grade_cpu_vs_nbgrader", "×", 5, cpu_vs_nbgrader),
    Row("grade_wall_vs_nbgrader", "×", 6, wall_vs_nbgrader),
    Row("sandbox_cost", "%", 5, sandbox_cost),
    Row("cheats_gain", "points", 0, cheats_gain, "="),
    Row("fuzzed_notebooks", "complaints", 0, fuzzed_notebooks, "="),
)
