"""A class of 1,000 on a cluster, and a class whose grading is killed again and again."""

from __future__ import annotations

import json
import random
import subprocess
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from autograder.engine.dask_farm import HERE, OnDask
from autograder.engine.protocol import Chapter, Job
from tests.autograder.engine.processes import Offspring, adopted
from tests.autograder.engine.trials import DOUBLES, TOTAL, Trial, workers, wrong
from tests.autograder.engine.workbench import chapter, notebook
from tests.autograder.tiny import FIXTURES, SLUG
from tests.bench.rows import Row

SUBMISSIONS = 1000
ROUNDS = 2
WORK = """
from time import process_time
begun = process_time()
while process_time() < begun + 0.1:  # student {}
    pass
"""
STUDENTS = 24
KILLS = {"driver": 14, "host": 4, "worker": 4}
MARKS = {"host": "autograder.engine.host", "worker": "multiprocessing.spawn"}


def dask_speedup() -> float:
    """How much faster two Dask workers judge 1,000 submissions than one does.

    Each submission keeps a processor busy for a tenth of a second, beside what the engine needs. The class
    is judged in parts, by one worker and by two in turn, so that other work on the machine disturbs both.
    """
    with TemporaryDirectory() as folder:
        given, jobs = a_class(Path(folder), SUBMISSIONS)
        part = SUBMISSIONS // ROUNDS
        with OnDask(HERE, [given], workers=1) as one, OnDask(HERE, [given], workers=2) as two:
            spent = [0.0, 0.0]
            for start in range(0, SUBMISSIONS, part):
                for place, farm in enumerate((one, two)):
                    began = time.perf_counter()
                    verdicts = list(farm.judge(jobs[start : start + part]))
                    spent[place] += time.perf_counter() - began
                    points = sum(verdict.points for verdict in verdicts)
                    if (len(verdicts), points) != (part, part * 15 // 4):
                        raise AssertionError(f"{len(verdicts)} of {part} submissions, {points} points")
    print(f"  one worker {spent[0]:.0f} s, two workers {spent[1]:.0f} s")
    return spent[0] / spent[1]


def a_class(folder: Path, students: int) -> tuple[Chapter, list[Job]]:
    """Submissions of the tiny chapter, a quarter of them right."""
    (source,) = FIXTURES.glob(f"solutions/*/{SLUG}.py")
    given, jobs = chapter(source.read_text(), SLUG), []
    for number in range(students):
        work = WORK.format(number)
        made = notebook(work, given, double=DOUBLES[number % len(DOUBLES)], total=TOTAL)
        path = folder / f"{number}.ipynb"
        path.write_text(json.dumps(made))
        jobs.append(Job(f"student{number}", SLUG, str(path), f"{number}"))
    return given, jobs


def killed_runs() -> float:
    """Grades that are lost, doubled or changed when processes are killed at random moments.

    Everything is compared with a run that nobody disturbed. A torn file, or a process or a folder that
    stays behind, raises.
    """
    chance, harm = random.Random(4), 0
    with TemporaryDirectory() as folder, adopted() as offspring:
        trial = Trial(Path(folder), STUDENTS, "--jobs", "2")
        undisturbed = Path(folder, "undisturbed")
        most = trial.run(undisturbed)
        known = trial.grades(undisturbed)
        runs = (Path(folder, f"run{number}") for number in count())
        for kind, wanted in KILLS.items():
            trial.options = ("--jobs", "2", *(("--scheduler", HERE) if kind == "worker" else ()))
            kills = 0
            while kills < wanted:
                root = next(runs)
                if kind == "driver":
                    for _ in range(3):
                        kills += trial.killed(root, chance.uniform(0.1, 1) * most)
                        _tidy(trial, offspring)
                        trial.kept(root)
                    trial.run(root)
                else:
                    kills += _struck(trial, root, MARKS[kind], chance, most, offspring)
                _tidy(trial, offspring)
                harm += len(wrong(trial.grades(root), known))
            print(f"  {kills} times a {kind} was killed")
    return harm


def _struck(
    trial: Trial, root: Path, mark: str, chance: random.Random, most: float, offspring: Offspring
) -> bool:
    """Grade to the end while a host or a worker is killed; whether there was one at that moment."""
    with trial.driver(root) as driver:
        with suppress(subprocess.TimeoutExpired):
            driver.wait(chance.uniform(0.3, 1) * most)
        alive = [one for one in workers(offspring) if mark in " ".join(one.cmdline())]
        with suppress(psutil.NoSuchProcess):
            for victim in chance.sample(alive, min(1, len(alive))):
                victim.kill()
        if driver.wait() != 0:
            raise AssertionError(root.with_name(f"{root.name}.log").read_text())
    return bool(alive)


def _tidy(trial: Trial, offspring: Offspring) -> None:
    """Nothing runs, and nothing lies about."""
    left = [*offspring.left(), *trial.scratch.iterdir()]
    if left:
        raise AssertionError(f"left behind: {left}")


ROWS = (
    Row("dask_speedup", "×", 1.8, dask_speedup),
    Row("killed_runs", "grades", 0, killed_runs, "="),
)
