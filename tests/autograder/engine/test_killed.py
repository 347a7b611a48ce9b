"""Grading that is killed, at any moment and as often as you like, goes on where it was.

`make bench` does the same more often (row ``killed_runs``).
"""

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.autograder.engine.processes import adopted
from tests.autograder.engine.trials import Grades, Trial, moments, workers, wrong


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return Trial(tmp_path_factory.mktemp("trial"), 12, "--jobs", "2")


@pytest.fixture(scope="module")
def undisturbed(trial: Trial) -> tuple[float, Grades]:
    """How long grading takes, and what comes out."""
    root = trial.folder / "undisturbed"
    seconds = trial.run(root)
    return seconds, trial.grades(root)


def test_a_driver_that_is_killed_loses_nothing_and_leaves_nothing(
    trial: Trial, undisturbed: tuple[float, Grades]
) -> None:
    most, known = undisturbed
    root, kept, kills = trial.folder / "killed", {}, 0
    for moment in moments(4, most):
        with adopted() as offspring:
            kills += trial.killed(root, moment)
            assert offspring.left() == []
        assert list(trial.scratch.iterdir()) == []
        now = trial.kept(root)
        assert {name: now[name] for name in kept} == kept  # what was found stays as it was
        kept = now
        if kills == 3:
            break
    trial.run(root)

    assert wrong(trial.grades(root), known) == {}
    assert trial.kept(root).keys() == trial.kept(trial.folder / "undisturbed").keys()
    assert list(root.rglob("*.part")) == []


def test_a_cluster_whose_driver_is_killed_leaves_nothing(
    trial: Trial, undisturbed: tuple[float, Grades], tmp_path: Path
) -> None:
    trial.options = ("--scheduler", "local", "--jobs", "1")
    root = tmp_path / "cluster"
    with adopted() as offspring:
        with trial.driver(root) as process:
            seen = _first_verdict(root, process)
            running = workers(offspring)
        assert offspring.left() == []
    assert list(trial.scratch.iterdir()) == []
    assert seen
    assert len(running) == 2  # the worker and its host
    trial.options = ("--jobs", "2")
    trial.run(root)

    assert wrong(trial.grades(root), undisturbed[1]) == {}


def _first_verdict(root: Path, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a verdict is kept."""
    while process.poll() is None:
        if list(root.glob("verdicts/*/*.json")):
            return True
        os.sched_yield()
    return False


# --- the measures can fail


def test_a_process_that_is_left_behind_is_noticed() -> None:
    with adopted() as offspring:
        subprocess.run(["/bin/sh", "-c", "setsid sleep 60 & kill -9 $$"], check=False)
        (left,) = offspring.left(0.2)
        assert left.name() == "sleep"
    assert not psutil.pid_exists(left.pid)


def test_a_grade_that_is_lost_doubled_or_changed_is_noticed() -> None:
    known = {"anna": ("anna,3", 3.0), "berta": ("berta,2", 2.0)}

    assert wrong(known, known) == {}
    assert wrong({"anna": ("anna,3", 3.0)}, known).keys() == {"berta"}
    assert wrong({**known, "clara": ("clara,1", 1.0)}, known).keys() == {"clara"}
    assert wrong({**known, "berta": ("berta,2", 3.0)}, known).keys() == {"berta"}
