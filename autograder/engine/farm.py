"""Where are submissions judged?  On this machine, unless a cluster is asked for (``dask_farm``).

A host that is killed is started again, and gets the jobs once more that were out: nothing is lost. One of
them may have brought it down, so each of them is now judged alone; a job that brings down one host after
another gets a verdict which says so.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from queue import SimpleQueue
from typing import Protocol, Self

from autograder.course import CourseError
from autograder.engine.budget import Budget
from autograder.engine.client import Client, HostGone
from autograder.engine.protocol import Chapter, Job
from autograder.engine.verdict import Verdict

_ONCE_MORE = 2  # times that a job is given again after its host has ended


class Farm(Protocol):
    """A place where submissions are judged, for as long as it is entered."""

    def __enter__(self) -> Self:
        """Start it."""

    def __exit__(self, *_: object) -> None:
        """End everything that it has started."""

    def judge(self, jobs: Iterable[Job]) -> Iterator[Verdict]:
        """Judge each job exactly once; verdicts come in any order.

        Raises:
            CourseError: if nothing can be judged here (any more).
        """


def lost(job: Job) -> Verdict:
    """The verdict on a job during which one process after another ended."""
    said = f"The process that grades has ended {_ONCE_MORE + 1} times during this submission; report it."
    return Verdict(job.student, job.slug, job.key, failed=said)


@dataclass(eq=False)
class _Errand:
    """A job on its way."""

    job: Job
    answer: Callable[[Verdict | CourseError], None]
    losses: int = 0


class Local:
    """One host on this machine. Threads may share it.

    Args:
        chapters: what is asked.
        budget: the limits.
        jobs: how many submissions to judge at a time; one for each processor unless told.
        unsafe: whether to run students' code without a sandbox.
        idle_seconds: after how long without a job the host ends; the next job starts another one.
        version: of the course's code that the host must have; that of its files unless told.
    """

    def __init__(
        self,
        chapters: Sequence[Chapter],
        budget: Budget | None = None,
        jobs: int | None = None,
        unsafe: bool = False,
        idle_seconds: float | None = None,
        version: str = "",
    ) -> None:
        def make() -> Client:
            return Client(chapters, budget, jobs, unsafe=unsafe, idle_seconds=idle_seconds)

        self._make = make
        self._client = self._make()
        self.jobs = self._client.jobs
        self._version = version
        self._lock = threading.RLock()
        self._listener: threading.Thread | None = None  # while there is a host
        self._numbers = count()
        self._waiting: deque[_Errand] = deque()
        self._suspects: deque[_Errand] = deque()
        self._out: dict[int, _Errand] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The host's."""
        return self._client.pid

    def start(self) -> None:
        """Start the host, unless it runs.

        Raises:
            CourseError: if it cannot grade here, or its code is not that of the driver.
        """
        with self._lock:
            if self._listener is not None:
                return
            client = self._started()
            self._version = self._version or client.version
            if client.version != self._version:
                client.close()
                raise CourseError(
                    "The course's code that judges is not the code that grading began with; "
                    "bring both to the same state and grade again."
                )
            self._client = client
            self._listener = threading.Thread(target=self._listen, args=[client], daemon=True)
            self._listener.start()

    def _started(self) -> Client:
        for _ in range(1 + _ONCE_MORE):
            client = self._make()
            with suppress(HostGone):  # somebody has killed it
                client.start()
                return client
        raise CourseError("Nothing can be graded here: the process that grades ends before it is ready.")

    def close(self) -> None:
        """End the host; who still waits for a verdict is told."""
        with self._lock:
            listener, self._listener = self._listener, None
            self._suspects.extend(self._out.values())
            self._out.clear()
            self._give_up(CourseError("Grading was stopped."))
        self._client.close()
        if listener is not None:
            listener.join()

    def judge(self, jobs: Iterable[Job]) -> Iterator[Verdict]:
        """Judge each job exactly once; verdicts come as they are ready.

        Raises:
            CourseError: if the host cannot be started again.
        """
        answers: SimpleQueue[Verdict | CourseError] = SimpleQueue()
        source, running = iter(jobs), 0
        while True:
            while running < 2 * self.jobs and (job := next(source, None)) is not None:
                self._give(_Errand(job, answers.put))
                running += 1
            if not running:
                return
            answer = answers.get()
            running -= 1
            if isinstance(answer, CourseError):
                raise answer
            yield answer

    def _give(self, errand: _Errand) -> None:
        with self._lock:
            self.start()
            self._waiting.append(errand)
            self._send()

    def _send(self) -> None:
        """Give the host what it can take: a suspect alone, or else two jobs for each judge."""
        with self._lock:
            while self._listener is not None and not any(errand.losses for errand in self._out.values()):
                source = self._suspects or self._waiting
                if not source or len(self._out) >= (1 if self._suspects else 2 * self.jobs):
                    return
                number = next(self._numbers)
                errand = self._out[number] = source.popleft()
                try:
                    self._client.send(number, errand.job)
                except HostGone:  # the listener sees it, too
                    return

    def _listen(self, client: Client) -> None:
        """Pass on what a host says until it ends; then see what that means."""
        while True:
            try:
                number, verdict = client.receive()
            except HostGone:
                break
            with self._lock:
                errand = self._out.pop(number, None)
                self._send()
            if errand is not None:
                errand.answer(verdict)
        with self._lock:
            if self._listener is not threading.current_thread():  # it was closed
                return
            self._listener = None
            client.close()
            self._take_up()

    def _take_up(self) -> None:
        """The host has gone: what was out?"""
        errands, self._out = list(self._out.values()), {}
        for errand in errands:
            errand.losses += 1
            if errand.losses > _ONCE_MORE:
                errand.answer(lost(errand.job))
            else:
                self._suspects.append(errand)
        if not self._suspects and not self._waiting:
            return
        try:
            self.start()
        except CourseError as error:
            self._give_up(error)
        else:
            self._send()

    def _give_up(self, error: CourseError) -> None:
        for errand in (*self._suspects, *self._waiting):
            errand.answer(error)
        self._suspects.clear()
        self._waiting.clear()
