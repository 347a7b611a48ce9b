"""Run student code without a sandbox, for ``--unsafe``: it can do all that who grades can do.

It reads the tests if it looks for them, writes what it likes, and outlives its end if it wants to. Limits
are those that the kernel keeps for each process; folder, processes and output are not counted. For code that
one would run by hand as well, on machines where nothing better works. The interface is that of ``Sandbox``.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import asdict
from math import ceil
from pathlib import Path
from typing import BinaryIO, NoReturn, Self

from autograder.sandbox import jail, libc
from autograder.sandbox.cell import Output, gone
from autograder.sandbox.confine import limit
from autograder.sandbox.deadline import Deadline
from autograder.sandbox.ending import CLOSED, Ending, of_status
from autograder.sandbox.limits import KIB, Limits
from autograder.sandbox.line import Line, NoSnapshot, ask_to_fork

_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path[:0] = [{root!r}]; from autograder.sandbox.unsafe import main; "
    "main({fd}, {serve!r}, {limits!r})"
)
_PATIENCE = 2.0
_SUBREAPER = 36


class UnsafeWarning(RuntimeWarning):
    """Student code runs without a sandbox."""


class Unsafe:
    """Processes of student code that nothing confines.

    Args:
        limits: what each process may use, as far as the kernel keeps it.
    """

    level = "unsafe"

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()

    def __enter__(self) -> Self:
        said = "student code runs WITHOUT A SANDBOX: it can read, change and send away whatever you can"
        warnings.warn(said, UnsafeWarning, stacklevel=2)
        with contextlib.suppress(OSError, AttributeError):  # or the ends of questions stay unknown
            libc.prctl(_SUBREAPER, 1)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave what is running to whoever started it."""

    def submission(self, serve: str, limits: Limits | None = None) -> UnsafeCell:
        """Start ``serve(socket)`` in a process and a folder of its own.

        Args:
            serve: "module:function"; it is given one connected stream socket.
            limits: other limits than the usual ones.
        """
        return UnsafeCell(serve, limits or self.limits)


class UnsafeProcess:
    """A process of student code, leader of its group.

    Attributes:
        socket: connected to ``serve``.
        output: what went to standard output and error; filled when it is closed.
        cpu_seconds: processor time of it and its children; filled when it is closed.
    """

    def __init__(
        self, line: socket.socket, pid: int, files: tuple[BinaryIO, BinaryIO], limits: Limits
    ) -> None:
        self.socket, self.pid, self.limits = line, pid, limits
        self.output = Output()
        self.cpu_seconds = 0.0
        self._files, self._from = files, [_size(file) for file in files]
        self._ending: Ending | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ending(self) -> Ending | None:
        """Why it ended; none while it runs."""
        until = time.monotonic() + (0.5 if gone(self.socket) else 0)  # the end of the process comes later
        while not self._reaped() and time.monotonic() < until:
            time.sleep(0.001)
        return self._ending

    def close(self) -> None:
        """Kill its process group; safe to call twice."""
        if self._closed:
            return
        if self.ending is None:
            self._kill()
            until = time.monotonic() + _PATIENCE
            while not self._reaped() and time.monotonic() < until:
                time.sleep(0.001)
            self._ending = CLOSED
        self._kill()
        self._closed = True
        most = self.limits.kept_kib * KIB
        self.output = Output(*map(_read, self._files, self._from, (most, most)))
        self.socket.close()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _reaped(self) -> bool:
        """Whether it has ended; takes note of how."""
        if self._ending is not None:
            return True
        try:
            pid, status, used = os.wait4(self.pid, os.WNOHANG)
        except ChildProcessError:  # the child of somebody else, who does not tell
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                self._ending = Ending("crash", "ended")
            return self._ending is not None
        if pid:
            self._ending = of_status(os.waitstatus_to_exitcode(status))
            self.cpu_seconds = used.ru_utime + used.ru_stime
        return pid != 0


class UnsafeCell(UnsafeProcess):
    """One submission, which nothing confines.

    Args:
        serve: "module:function" to run.
        limits: what each of its processes may use.
    """

    _process: subprocess.Popen[bytes] | None = None

    def __init__(self, serve: str, limits: Limits) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.folder = Path(tempfile.mkdtemp(prefix="unsafe-"))
        here, temporary = self.folder / "here", self.folder / "tmp"
        own = {"HOME": here, "TMPDIR": temporary, "MPLCONFIGDIR": temporary, "IPYTHONDIR": temporary}
        for place in (here, temporary):
            place.mkdir()
        output = tempfile.TemporaryFile("a+b")  # noqa: SIM115  # closed by close
        error = tempfile.TemporaryFile("a+b")  # noqa: SIM115
        environment = jail.environment({name: str(place) for name, place in own.items()})
        pid = self._start(theirs, serve, limits, environment, here, (output, error))
        theirs.close()
        self._question: UnsafeProcess | None = None
        super().__init__(ours, pid, (output, error), limits)

    def _start(
        self,
        line: socket.socket,
        serve: str,
        limits: Limits,
        environment: dict[str, str],
        folder: Path,
        files: tuple[BinaryIO, BinaryIO],
    ) -> int:
        """Start the process; returns its number."""
        start = _START.format(
            root=str(_ROOT), fd=line.fileno(), serve=serve, limits=json.dumps(asdict(limits))
        )
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-c", start], env=environment, cwd=folder,
            stdin=subprocess.DEVNULL, stdout=files[0], stderr=files[1],
            pass_fds=[line.fileno()], start_new_session=True,
        )  # fmt: skip
        return self._process.pid

    def snapshot(self, cpu_seconds: float | None = None, answer_seconds: float = 10.0) -> UnsafeProcess:
        """Fork the submission for one question; one can be open at a time.

        Args:
            cpu_seconds: processor time that this question may use.
            answer_seconds: how long the server may take until it notices.

        Raises:
            NoSnapshot: if it has threads, is busy or has ended.
        """
        if self._question is not None and not self._question._closed:
            raise NoSnapshot("the last question is still open; close it first")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            pid = ask_to_fork(self.socket, ours, theirs, Deadline(answer_seconds))
            if os.getsid(pid) != self.pid or pid == self.pid:
                raise ValueError("it told the number of another process")
        except (OSError, EOFError, ValueError) as error:
            ours.close()
            reason = "it is busy" if isinstance(error, TimeoutError) else str(self.ending or error)
            raise NoSnapshot(f"the submission did not fork: {reason}") from error
        except NoSnapshot:
            ours.close()
            raise
        if cpu_seconds is not None and hasattr(resource, "prlimit"):
            most = max(1, ceil(cpu_seconds))
            with contextlib.suppress(OSError):
                resource.prlimit(pid, resource.RLIMIT_CPU, (most, most + 1))
        self._question = UnsafeProcess(ours, pid, self._files, self.limits)
        return self._question

    def close(self) -> None:
        """Kill its process group and remove its folder; safe to call twice."""
        if self._closed:
            return
        if self._question is not None:
            self._question.close()
        super().close()
        if self._process is not None:
            self._process.returncode = 0  # it is reaped already
        for file in self._files:
            file.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _read(file: BinaryIO, start: int, most: int) -> bytes:
    return os.pread(file.fileno(), most, start)


def main(descriptor: int, serve: str, limits: str) -> NoReturn:
    """Be the process of a submission."""
    status = 1
    try:
        with contextlib.suppress(OSError, AttributeError):
            libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)
        limit(Limits(**json.loads(limits)), frozenset({"process limit"}))  # it would count all of this user's
        module, _, name = serve.partition(":")
        line = Line(descriptor)
        line.on_fork = os.setpgrp
        getattr(importlib.import_module(module), name)(line)
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    os._exit(status & 255)
