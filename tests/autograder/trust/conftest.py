from __future__ import annotations

import faulthandler
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import dedent

import pytest

import autograder.trust.shell  # noqa: F401 - or every process of a test would import IPython
from autograder.sandbox.line import GRANTED, MARK, Line
from autograder.trust.link import Link
from autograder.trust.player import serve


class Notebook(Link):
    """A link to a process that has run one cell."""

    process: int

    def cell(self, source: str, shared: bool = False) -> None:
        """Run a cell that must not fail."""
        ran = self.run("answer", dedent(source), shared)
        if ran.error:
            raise ran.error

    @contextmanager
    def question(self) -> Iterator[Notebook]:
        """A link of its own to a fork, as for each question."""
        here, there = socket.socketpair()
        socket.send_fds(self._channel.sock, [MARK], [there.fileno()])
        there.close()
        with here.makefile("rb", buffering=0) as told:
            assert told.read(1) == GRANTED
            fork = int(told.readline())
        asked = Notebook(here, self.limit_s)
        try:
            with self.resting():
                yield asked
        finally:
            asked.close()
            os.kill(fork, signal.SIGKILL)


@pytest.fixture
def play() -> Iterator[Callable[..., Notebook]]:
    """Start a student's process with one cell; all of them end with the test."""
    started: list[Notebook] = []

    def play(source: str = "", limit_s: float = 5.0) -> Notebook:
        here, there = socket.socketpair()
        process = os.fork()
        if process == 0:
            try:
                here.close()
                for other in started:
                    other._channel.sock.close()
                os.dup2(os.open(os.devnull, os.O_RDWR), 2)
                faulthandler.disable()
                serve(Line(there.detach()))
            finally:  # a child must never go on running tests
                os._exit(1)
        there.close()
        notebook = Notebook(here, limit_s)
        notebook.process = process
        started.append(notebook)
        if source:
            notebook.cell(source)
        return notebook

    yield play
    for notebook in started:
        notebook.close()
        os.kill(notebook.process, signal.SIGKILL)
        os.waitpid(notebook.process, 0)
