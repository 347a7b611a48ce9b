"""A host that is killed costs nothing, and a host that judges for long does not grow."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from autograder.course import CourseError
from autograder.engine.farm import Local, lost
from autograder.engine.protocol import Job
from autograder.engine.verdict import Verdict
from tests.autograder.engine.processes import adopted
from tests.autograder.engine.workbench import CHAPTER, QUICK, SLUG, SOURCE, chapter, notebook

MANY = 12
DEADLY = """
# %% test="numbers" rule="It does not end at once" points=1
import os
import signal

if finished(0):
    os.kill(os.getppid(), signal.SIGKILL)
assert not finished(0)
"""


def handed_in(folder: Path, students: int = MANY) -> list[Job]:
    """Every third answer is wrong in its own way."""
    jobs = []
    for number in range(students):
        wrong = {"double": f"def double(number):\n    return {number}"} if number % 3 == 0 else {}
        path = folder / f"{number}.ipynb"
        path.write_text(json.dumps(notebook(f"print({number})", **wrong)))
        jobs.append(Job(f"student{number}", SLUG, str(path), f"key{number}"))
    return jobs


def essence(verdict: Verdict) -> Verdict:
    """All but the processor time, which differs from run to run."""
    questions = tuple(replace(said, cpu_seconds=0) for said in verdict.questions)
    return replace(verdict, cpu_seconds=0, questions=questions)


def essences(verdicts: list[Verdict]) -> dict[str, Verdict]:
    found = {verdict.student: essence(verdict) for verdict in verdicts}
    assert len(found) == len(verdicts), "a job was judged twice"
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("handed_in")


@pytest.fixture(scope="module")
def jobs(folder: Path) -> list[Job]:
    return handed_in(folder)


@pytest.fixture(scope="module")
def farm() -> Iterator[Local]:
    with Local([CHAPTER], QUICK, jobs=2) as farm:
        yield farm


@pytest.fixture(scope="module")
def known(farm: Local, jobs: list[Job]) -> dict[str, Verdict]:
    """What comes out if nothing happens."""
    return essences(list(farm.judge(jobs)))


def test_each_job_is_judged_once(known: dict[str, Verdict], jobs: list[Job]) -> None:
    assert known.keys() == {job.student for job in jobs}
    assert {known[f"student{number}"].points for number in range(MANY)} == {5, 6, 8}
    assert all(verdict.key == f"key{student.removeprefix('student')}" for student, verdict in known.items())


def test_a_host_that_is_killed_loses_nothing_and_changes_nothing(
    farm: Local, jobs: list[Job], known: dict[str, Verdict]
) -> None:
    verdicts, hosts = [], set()
    for verdict in farm.judge(jobs):
        verdicts.append(verdict)
        if len(verdicts) in (1, MANY - 2):
            hosts.add(farm.pid)
            os.kill(farm.pid, signal.SIGKILL)

    assert essences(verdicts) == known
    assert len(hosts) == 2


def test_a_judge_that_is_killed_once_changes_no_grade(
    farm: Local, jobs: list[Job], known: dict[str, Verdict]
) -> None:
    host = psutil.Process(farm.pid)
    started = {child.pid for child in host.children()}  # the sandbox
    verdicts, killed = [], 0
    for verdict in farm.judge(jobs):
        verdicts.append(verdict)
        judges = [child for child in host.children() if child.pid not in started] if killed < 4 else []
        for judge in judges:
            judge.kill()
            killed += 1

    assert killed >= 4
    assert essences(verdicts) == known


def test_a_submission_that_brings_down_every_host_costs_nobody_else_anything(folder: Path) -> None:
    deadly = chapter(SOURCE + DEADLY)
    jobs = []
    for number in range(5):
        path = folder / f"deadly{number}.ipynb"
        ends = "True" if number == 2 else "step > 3"
        answer = f"def numbers(count):\n    return list(range(count))\ndef finished(step):\n    return {ends}"
        path.write_text(json.dumps(notebook(chapter=deadly, numbers=answer)))
        jobs.append(Job(f"student{number}", SLUG, str(path)))

    with Local([deadly], QUICK, jobs=2) as farm:
        verdicts = {verdict.student: verdict for verdict in farm.judge(jobs)}

    assert verdicts.keys() == {job.student for job in jobs}
    assert verdicts["student2"] == lost(jobs[2])
    assert "ended 3 times during this submission" in verdicts["student2"].failed
    assert [verdict.failed for name, verdict in verdicts.items() if name != "student2"] == [""] * 4


def test_threads_share_a_host(farm: Local, jobs: list[Job], known: dict[str, Verdict]) -> None:
    halves: list[list[Verdict]] = [[], []]

    def judge(half: int) -> None:
        halves[half] += farm.judge(jobs[half::2])

    threads = [threading.Thread(target=judge, args=[half]) for half in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [len(half) for half in halves] == [MANY // 2, MANY // 2]
    assert essences(halves[0] + halves[1]) == known


def test_who_stops_listening_does_not_disturb_the_next(
    farm: Local, jobs: list[Job], known: dict[str, Verdict]
) -> None:
    first = next(farm.judge(jobs))

    assert known[first.student] == essence(first)
    assert essences(list(farm.judge(jobs))) == known


def test_a_host_without_work_ends_and_comes_back_for_the_next_job(
    jobs: list[Job], known: dict[str, Verdict]
) -> None:
    with Local([CHAPTER], QUICK, jobs=1, idle_seconds=0.05) as farm:
        first = farm.pid
        psutil.wait_procs([psutil.Process(first)], timeout=10)
        assert not psutil.pid_exists(first)

        (verdict,) = farm.judge(jobs[:1])

        assert farm.pid != first
    assert essence(verdict) == known[verdict.student]


def test_a_host_with_other_code_is_refused_in_a_sentence() -> None:
    with pytest.raises(CourseError, match=r"not the code that grading began with; bring both"):
        Local([CHAPTER], QUICK, version="another").start()


def test_after_the_end_nothing_is_left_running(jobs: list[Job]) -> None:
    with adopted() as offspring:
        with Local([CHAPTER], QUICK, jobs=2) as farm:
            next(farm.judge(jobs))
            assert len(offspring.now()) > 3  # host, sandbox, judges

        assert offspring.left() == []


def test_over_hundreds_of_submissions_a_host_stays_as_it_was(
    farm: Local, folder: Path, jobs: list[Job]
) -> None:
    torn = folder / "torn.ipynb"
    torn.write_text("no notebook")
    many = [*jobs[:4] * 10, *(Job(f"torn{number}", SLUG, str(torn)) for number in range(260))]
    for _ in farm.judge(many[:60]):  # to have reached its size
        pass
    host = psutil.Process(farm.pid)
    (sandbox,) = host.children()
    inside = [host, sandbox, *sandbox.children(recursive=True)]
    before = [process.num_fds() for process in inside]
    memory = host.memory_full_info().uss

    most, done = 0, 0
    for _ in farm.judge(many):
        done += 1
        if done % 20 == 0:
            most = max(most, len(host.children()))

    assert done == 300
    assert most <= 1 + farm.jobs  # the sandbox and its judges
    assert host.children() == [sandbox]  # nor any zombie
    assert set(sandbox.children(recursive=True)) == set(inside[2:])
    assert [process.num_fds() for process in inside] == before
    assert host.memory_full_info().uss < memory + (4 << 20)


def test_the_measure_of_descriptors_notices_a_leak() -> None:
    before = psutil.Process().num_fds()
    leaked = os.open(os.devnull, os.O_RDONLY)
    assert psutil.Process().num_fds() == before + 1
    os.close(leaked)
