"""A submission and its questions, from the judge's side.

Two sockets lead to each submission: one to the server that student code is reached through, and one to the
warden, which no student code can speak for (see ``warden`` for what is said there).
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from autograder.sandbox.deadline import Deadline
from autograder.sandbox.ending import CLOSED, LOST, Ending, of_breach, of_status
from autograder.sandbox.limits import Limits
from autograder.sandbox.line import NoSnapshot, ask_to_fork


@dataclass(frozen=True)
class Output:
    """The first bytes that went to standard output and error.

    What the descriptors got, that is: a server that replaces ``sys.stdout`` keeps what Python code prints.
    """

    stdout: bytes = b""
    stderr: bytes = b""


class Cell:
    """One submission in its namespaces.

    Attributes:
        socket: connected to ``serve``.
        output: what went to standard output and error outside questions; filled when the cell is closed.
        cpu_seconds: processor time of all its processes, to a tick; filled when the cell is closed.
    """

    def __init__(
        self, line: socket.socket, report: socket.socket, life: socket.socket, limits: Limits
    ) -> None:
        self.socket = line
        self.limits = limits
        self.output = Output()
        self.cpu_seconds = 0.0
        self._report, self._life = report, life
        self._ending: Ending | None = None
        self._question: Question | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: TracebackType | BaseException | None) -> None:
        self.close()

    @property
    def ending(self) -> Ending | None:
        """Why it ended; none while it runs."""
        if self._ending is None:
            self._look()
        return self._ending

    def snapshot(self, cpu_seconds: float | None = None, answer_seconds: float = 10.0) -> Question:
        """Fork the submission for one question; whatever happens to the fork, the submission stays as it is.

        The server must be waiting for a request. One question can be open at a time.

        Args:
            cpu_seconds: processor time that this question may use.
            answer_seconds: how long the server may take until it notices.

        Raises:
            NoSnapshot: if it has threads, is busy, has ended, or is at its limit of processes.
        """
        if self._question is not None:
            raise NoSnapshot("the last question is still open; close it first")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        question = self._question = Question(self, ours)
        try:
            self._ask({"do": "begin", "cpu_seconds": cpu_seconds})
            pid = ask_to_fork(self.socket, ours, theirs, Deadline(answer_seconds))
            self._ask({"do": "watch", "pid": pid})
        except (OSError, EOFError, ValueError) as error:
            question.close()
            reason = "it is busy" if isinstance(error, TimeoutError) else str(self.ending or error)
            raise NoSnapshot(f"the submission did not fork: {reason}") from error
        except NoSnapshot:
            question.close()
            raise
        finally:
            theirs.close()
        return question

    def close(self) -> None:
        """End every process of the submission and wait until they have gone; safe to call twice."""
        if self._report.fileno() < 0:
            return
        if self._question is not None:
            self._question.close()
        if self._ending is not LOST:
            self._look()
        self._ending = self._ending or CLOSED
        with contextlib.suppress(OSError):
            self._life.shutdown(socket.SHUT_WR)
            self._life.settimeout(10)
            self._life.recv(1)                       # the waiter holds the other end until all are dead
        for ours in (self.socket, self._report, self._life):
            ours.close()

    def _look(self) -> None:
        if self._report.fileno() < 0:
            return
        try:
            state = self._ask({"do": "state", "gone": gone(self.socket)})
            self.output = self._streams()
        except (OSError, EOFError):
            self._ending = LOST
            return
        self.cpu_seconds = state["cpu_seconds"]
        if state["end"] is not None:
            self._ending = _words(state["end"], self.limits)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        deadline = Deadline(10)
        deadline.send(self._report, json.dumps(request).encode())
        packet = deadline.packet(self._report)
        if not packet:
            raise EOFError("the warden has ended")
        answer: dict[str, Any] = json.loads(packet)
        return answer

    def _streams(self) -> Output:
        deadline = Deadline(10)
        return Output(*(deadline.packet(self._report)[1:] for _ in range(2)))


class Question:
    """A fork of a submission, for one question.

    Attributes:
        socket: connected to ``serve`` in the fork, which goes on from where the submission waited.
        ending: why it ended; known once it is closed.
        output: what it wrote to standard output and error; filled when it is closed.
        cpu_seconds: processor time it used, to a tick; filled when it is closed.
    """

    def __init__(self, cell: Cell, line: socket.socket) -> None:
        self.socket = line
        self.ending: Ending | None = None
        self.output = Output()
        self.cpu_seconds = 0.0
        self._cell = cell

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: TracebackType | BaseException | None) -> None:
        self.close()

    def close(self) -> None:
        """Kill every process that the question started; safe to call twice."""
        if self.ending is not None:
            return
        try:
            answer = self._cell._ask({"do": "end", "gone": gone(self.socket)})
            self.output = self._cell._streams()
            self.cpu_seconds = answer["cpu_seconds"]
            self.ending = _words(answer["end"], self._cell.limits) if answer["end"] else CLOSED
        except (OSError, EOFError):
            self.ending = LOST
        self.socket.close()
        self._cell._question = None


def gone(line: socket.socket) -> bool:
    """Whether the other side has ended, as far as can be told without reading."""
    if line.fileno() < 0:
        return False
    poll = select.poll()
    poll.register(line, select.POLLRDHUP)
    return bool(poll.poll(0))


def _words(end: dict[str, Any], limits: Limits) -> Ending:
    return of_breach(end["breach"], limits) if "breach" in end else of_status(end["status"])
