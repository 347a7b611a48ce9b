"""How do answers fare against the tests, in one process with one hash seed?

It runs as a process of its own: a job comes in as JSON, verdicts go out. It loads nothing but what it needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from autograder.cells import Cell
from autograder.execute import Outcome, fresh_namespace, run, run_apart

REFERENCE = "reference"

Verdicts = dict[str, list[Outcome]]
"""For each answer what happened in each cell that was run."""


@dataclass(frozen=True)
class Job:
    """Answers to try on the tests of a chapter.

    Args:
        cells: the teacher's notebook, with the reference solutions; it is tried as ``REFERENCE``.
        whole: other answers that run through the whole notebook, as texts for its solution cells.
        wrong: for each wrong answer its exercise and its text; it runs through the tests of that exercise.
        limit_s: seconds that one answer may take.
    """

    cells: tuple[Cell, ...]
    whole: dict[str, dict[str, str]]
    wrong: dict[str, tuple[str, str]]
    limit_s: float


def start(job: Job, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Starts a process that tries a job; ``finish`` waits for its verdicts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder.tryout"],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    process.stdin.write(json.dumps(asdict(job)))
    process.stdin.close()
    return process


def finish(process: subprocess.Popen[str]) -> Verdicts:
    """The verdicts of a started process.

    Raises:
        RuntimeError: if the process itself failed.
    """
    assert process.stdout
    with process:
        output = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"The process that tries answers ended with code {process.returncode}.")
    return {name: [Outcome(**outcome) for outcome in tried] for name, tried in json.loads(output).items()}


def try_answers(job: Job) -> Verdicts:
    """Runs every answer of a job in a child; the wrong ones only if the reference is sound."""
    verdicts = {REFERENCE: run_apart(job.cells, job.limit_s, fresh_namespace())}
    for name, texts in job.whole.items():
        verdicts[name] = run_apart(with_texts(job.cells, texts), job.limit_s, fresh_namespace())
    sound = all(outcome.ok for outcome in verdicts[REFERENCE])
    return verdicts | (dict(_try_wrong(job)) if sound else {})


def _try_wrong(job: Job) -> Iterator[tuple[str, list[Outcome]]]:
    """Runs the reference once, and at each exercise branches off a child for every wrong answer to it."""
    namespace = fresh_namespace()
    for place, cell in enumerate(job.cells if job.wrong else ()):
        if cell.kind == "solution":
            last = max(at for at, other in enumerate(job.cells) if other.exercise == cell.name)
            branch = job.cells[place : last + 1]
            for name, (exercise, text) in job.wrong.items():
                if exercise == cell.name:
                    yield name, run_apart(with_texts(branch, {exercise: text}), job.limit_s, namespace)
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            list(run([cell], namespace))


def with_texts(cells: tuple[Cell, ...], texts: Mapping[str, str]) -> tuple[Cell, ...]:
    """The cells with other texts in some."""
    return tuple(replace(cell, source=texts.get(cell.name, cell.source)) for cell in cells)


def _main() -> None:
    given = json.load(sys.stdin)
    job = Job(**given | {"cells": tuple(Cell(**cell) for cell in given["cells"])})
    verdicts = try_answers(job)
    print(json.dumps({name: [asdict(outcome) for outcome in tried] for name, tried in verdicts.items()}))


if __name__ == "__main__":
    _main()
