"""The student's process during grading: its cells run in it, and each question is asked of a fork of it.

If a cell takes the process with it, a new process takes its place. There the cells above run again, without
that one.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from autograder.engine.budget import Budget
from autograder.sandbox import Ending, NoSnapshot
from autograder.trust.errors import Forged, Lost, TimeIsUp
from autograder.trust.link import Link

SERVE = "autograder.trust.player:serve"
ENDED_PROCESS = "this cell ended the Python process"


class Process(Protocol):
    """What a scene needs of a sandboxed process or of a fork of one."""

    socket: socket.socket
    cpu_seconds: float

    @property
    def ending(self) -> Ending | None:
        """Why it ended."""

    def close(self) -> None:
        """End it."""


class Forkable(Process, Protocol):
    """A process that can be forked for a question."""

    def snapshot(self, cpu_seconds: float | None = None, answer_seconds: float = 10.0) -> Process:
        """Fork it."""


class Cells(Protocol):
    """Where processes come from."""

    def submission(self, serve: str) -> Forkable:
        """A new one."""


class UsedUp(Exception):
    """The time of the whole submission is over."""


@dataclass(frozen=True)
class Step:
    """A cell that runs in the student's process.

    Args:
        name: what it is called in tracebacks.
        source: its text.
        shared: names of classes that the judge has from the same text.
    """

    name: str
    source: str
    shared: tuple[type, ...] | None = None


class Scene:
    """The process of one submission, with what ran in it so far.

    Args:
        cells: the sandbox.
        budget: the limits.
    """

    def __init__(self, cells: Cells, budget: Budget) -> None:
        self.cells, self.budget = cells, budget
        self.until = time.monotonic() + budget.submission_seconds
        self.done: list[Step] = []
        self.cpu_seconds = 0.0
        self._start()

    def _start(self) -> None:
        if time.monotonic() > self.until:
            raise UsedUp
        self.process = self.cells.submission(SERVE)
        self.link = self._link(self.process)

    def _link(self, process: Process) -> Link:
        link = Link(process.socket, self.budget.cell_seconds)
        link.until = self.until
        for step in self.done:
            link.share(*(step.shared or ()))
        return link

    def close(self) -> None:
        """End the process."""
        self.process.close()
        self.cpu_seconds += self.process.cpu_seconds

    def run(self, step: Step) -> tuple[BaseException | None, str]:
        """Run a cell.

        Returns:
            The error that ended it, or None, and what it printed.

        Raises:
            UsedUp: if no time is left for the whole submission.
        """
        if time.monotonic() > self.until:
            raise UsedUp
        try:
            ran = self.link.run(step.name, step.source, step.shared is not None)
        except Lost as lost:
            words = self.words(lost, self.process, self.budget.cell_seconds)
            self._begin_again()
            return Fatal(words), ""
        self.done.append(step)
        self.link.share(*(step.shared or ()))
        return ran.error, ran.printed

    def _begin_again(self) -> None:
        """Bring a new process where the old one was before it was lost."""
        steps, self.done = self.done, []
        self.close()
        self._start()
        for step in steps:
            try:
                self.link.run(step.name, step.source, step.shared is not None)
            except Lost:  # it ran once, and does not run again: leave it out
                return self._begin_again()
            self.done.append(step)
            self.link.share(*(step.shared or ()))
        return None

    @contextmanager
    def question(self, cpu_seconds: float) -> Iterator[tuple[Link, Process]]:
        """A fork of the process for one question; what happens to it leaves the process as it is.

        A process with threads cannot be forked. It is asked itself then, and started again if it is lost.
        """
        try:
            process: Process = self.process.snapshot(cpu_seconds)
        except NoSnapshot:
            if self.process.ending is not None:
                self._begin_again()
            yield self.link, self.process
            if self.link.lost:
                self._begin_again()
            return
        link = self._link(process)
        try:
            with self.link.resting():
                yield link, process
        finally:
            process.close()
            link.close()

    def words(self, lost: Lost, process: Process, seconds: float) -> str:
        """Why a process was lost, for people, as what one cell or question did."""
        ending = process.ending
        if isinstance(lost, TimeIsUp) or (ending and ending.reason == "time"):
            return f"ran longer than {seconds:g} s: an endless loop?"
        if isinstance(lost, Forged):
            return f"spoke on the judge's line: {lost}"
        if ending is None or ending.reason in ("finished", "closed", "lost"):
            return ENDED_PROCESS
        if ending.reason == "crash":
            return f"{ENDED_PROCESS}: it {ending.words}"
        return f"it {ending.words}"


class Fatal(Exception):
    """A cell took the process with it; the text says how."""
