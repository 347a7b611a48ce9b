"""How does a driver talk to a host?"""

from __future__ import annotations

import fcntl
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
_PIPE = 1 << 20


class HostGone(Exception):
    """The host has ended; the jobs that it had not finished are lost."""


class Client:
    """One host, started and ended with this object.

    Args:
        chapters: what is asked.
        budget: the limits.
        jobs: how many submissions to judge at a time; one for each processor unless told.
        unsafe: whether to run students' code without a sandbox.
        idle_seconds: after how long without a job the host ends by itself; never unless told.

    Attributes:
        version: of the course's code that the host runs; known once it is started.
    """

    module = "autograder.engine.host"

    def __init__(
        self,
        chapters: Sequence[Chapter],
        budget: Budget | None = None,
        jobs: int | None = None,
        *,
        unsafe: bool = False,
        idle_seconds: float | None = None,
    ) -> None:
        self.chapters, self.budget = chapters, budget or Budget()
        self.jobs, self.unsafe = jobs or len(os.sched_getaffinity(0)), unsafe
        self.idle_seconds, self.version = idle_seconds, ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the host and wait until it is ready.

        Raises:
            CourseError: if it cannot grade here; the sentence says what is missing.
            HostGone: if it ends before it is ready.
        """
        environment = os.environ | {
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(_ROOT),
            "DISTSYS_SEEDS": str(self.budget.seeds),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.module],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # who interrupts the driver at a terminal does not mean the host
        )
        assert self._process.stdin
        # All jobs that are out fit in, so sending never waits for a host that waits to be heard.
        fcntl.fcntl(self._process.stdin, fcntl.F_SETPIPE_SZ, _PIPE)
        try:
            self._write(
                {
                    "chapters": [asdict(chapter) for chapter in self.chapters],
                    "budget": asdict(self.budget),
                    "jobs": self.jobs,
                    "unsafe": self.unsafe,
                    "idle_seconds": self.idle_seconds,
                }
            )
            answer = self._read()
        except HostGone:
            self.close()
            raise
        if "error" in answer:
            self.close()
            raise CourseError(answer["error"])
        self.version = answer["version"]

    @property
    def pid(self) -> int:
        """The host's."""
        assert self._process
        return self._process.pid

    def judge(self, jobs: Iterable[Job]) -> Iterator[Verdict]:
        """Judge submissions; verdicts come as they are ready.

        Raises:
            HostGone: if the host ends before all are judged.
        """
        waiting, number, running = iter(jobs), 0, 0
        while True:
            while running < 2 * self.jobs and (job := next(waiting, None)):
                self.send(number, job)
                number, running = number + 1, running + 1
            if not running:
                return
            yield self.receive()[1]
            running -= 1

    def send(self, number: int, job: Job) -> None:
        """Give the host a job.

        Raises:
            HostGone: if it has ended.
        """
        self._write({"number": number, **asdict(job)})

    def receive(self) -> tuple[int, Verdict]:
        """The number of a job, and the verdict on it.

        Raises:
            HostGone: if the host has ended.
        """
        answer = self._read()
        return answer["number"], Verdict.of_dict(answer["verdict"])

    def close(self) -> None:
        """End the host, and with it all that it does."""
        if self._process is not None:
            process, self._process = self._process, None
            assert process.stdin and process.stdout
            with suppress(BrokenPipeError):
                process.stdin.close()
            with process.stdout as answers:
                while answers.read(1 << 16):  # it may be about to say something
                    pass
            process.wait()

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process and self._process.stdin
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise HostGone("the process that grades has ended") from None

    def _read(self) -> dict[str, Any]:
        process, line = self._process, b""
        if process is not None and process.stdout is not None:
            with suppress(ValueError):  # another thread has closed it
                line = process.stdout.readline()
        if not line.endswith(b"\n"):
            raise HostGone("the process that grades has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer
