"""How does a driver talk to a host?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from autograder.course import CourseError
from autograder.engine.budget import Budget
from autograder.engine.protocol import Chapter, Job
from autograder.engine.verdict import Verdict

_ROOT = Path(__file__).resolve().parents[2]


class HostGone(Exception):
    """The host has ended; the jobs that it had not finished are lost."""


class Client:
    """One host, started and ended with this object.

    Args:
        chapters: what is asked.
        budget: the limits.
        jobs: how many submissions to judge at a time; one for each processor unless told.
        unsafe: whether to run students' code without a sandbox.
    """

    def __init__(
        self,
        chapters: Sequence[Chapter],
        budget: Budget | None = None,
        jobs: int | None = None,
        *,
        unsafe: bool = False,
    ) -> None:
        self.chapters, self.budget = chapters, budget or Budget()
        self.jobs, self.unsafe = jobs or len(os.sched_getaffinity(0)), unsafe
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the host and wait until it is ready.

        Raises:
            CourseError: if it cannot grade here; the sentence says what is missing.
        """
        environment = os.environ | {
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(_ROOT),
            "DISTSYS_SEEDS": str(self.budget.seeds),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "autograder.engine.host"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._write(
            {
                "chapters": [asdict(chapter) for chapter in self.chapters],
                "budget": asdict(self.budget),
                "jobs": self.jobs,
                "unsafe": self.unsafe,
            }
        )
        answer = self._read()
        if "error" in answer:
            self.close()
            raise CourseError(answer["error"])

    def judge(self, jobs: Iterable[Job]) -> Iterator[Verdict]:
        """Judge submissions; verdicts come as they are ready.

        Raises:
            HostGone: if the host ends before all are judged.
        """
        waiting, number, running = iter(jobs), 0, 0
        while True:
            while running < 2 * self.jobs and (job := next(waiting, None)):
                self._write({"number": number, **asdict(job)})
                number, running = number + 1, running + 1
            if not running:
                return
            yield Verdict.from_json(json.dumps(self._read()["verdict"]))
            running -= 1

    def close(self) -> None:
        """End the host, and with it all that it does."""
        if self._process is not None:
            process, self._process = self._process, None
            assert process.stdin and process.stdout
            with suppress(BrokenPipeError):
                process.stdin.close()
            process.wait()
            process.stdout.close()

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process and self._process.stdin
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise HostGone("the process that grades has ended") from None

    def _read(self) -> dict[str, Any]:
        assert self._process and self._process.stdout
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise HostGone("the process that grades has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer
