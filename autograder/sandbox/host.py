"""Start the sandbox, and in it submissions: the judge's side.

::

    with Sandbox(preload=("numpy",)) as sandbox:                      # bubblewrap and the zygote
        with sandbox.submission("autograder.player:serve") as cell:   # namespaces of its own
            cell.socket                                               # talk to serve(socket)
            with cell.snapshot() as question:                         # a fork of it
                question.socket                                       # talk to the fork
            question.ending, question.output
        cell.ending

Everything inside ends when this process does, however it ends.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from autograder.sandbox import jail, needs
from autograder.sandbox.cell import Cell
from autograder.sandbox.deadline import Deadline
from autograder.sandbox.limits import Limits

_ROOT = Path(jail.__file__).resolve().parents[2]
_LAUNCH = Path(jail.__file__).with_name("launch.py")

_GOING_SECONDS = 3                                   # a zygote that listens ends at once

FULL = "full"
NO_PROC = "without /proc"


class Sandbox:
    """One bubblewrap with one zygote, for many submissions. Threads may share it.

    Args:
        preload: modules to import once, for all submissions.
        limits: what each submission may use.
        readable: files and directories that student code may read besides Python: the packages it uses.
        hidden: directories never to show, even if Python is in one of them; the course by default.
        path: directories for ``sys.path`` inside; the course's root by default. They are not shown by that.
        environment: further variables inside.
        reduced: whether to go on where the kernel allows no private ``/proc`` (see ``level``).
        start_seconds: how long the preloading may take.
        without: defences to switch off. Only for tests which show that another test would notice.

    Attributes:
        level: "full"; or "without /proc", where memory and processor time are limited for each process, not
            in total, and a question's other processes live until its submission ends. Known once started.
    """

    def __init__(
        self,
        preload: Iterable[str] = (),
        limits: Limits | None = None,
        *,
        readable: Iterable[Path | str] = (),
        hidden: Iterable[Path | str] = (_ROOT,),
        path: Iterable[Path | str] = (_ROOT,),
        environment: Mapping[str, str] | None = None,
        reduced: bool = False,
        start_seconds: float = 60.0,
        without: Iterable[str] = (),
    ) -> None:
        self.preload = tuple(preload)
        self.limits = limits or Limits()
        shown = [*jail.python_places(), *jail.own_places(), *(Path(p) for p in readable)]
        self.layout = jail.places(shown, [Path(p) for p in hidden])
        self.path = [str(p) for p in path]
        self.environment = jail.environment(environment or {})
        self.reduced = reduced
        self.start_seconds = start_seconds
        self.without = frozenset(without)
        self.level = ""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._cells: weakref.WeakSet[Cell] = weakref.WeakSet()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start bubblewrap and the zygote, and wait until it has imported everything.

        Raises:
            Missing: if this machine lacks something.
            ImportError: if a module cannot be preloaded.
        """
        needs.check()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        said, say = os.pipe()
        files = jail.small_files()
        given = [theirs.fileno(), *files.values()]
        leaky = "closed descriptors" in self.without
        for descriptor in given:
            os.set_inheritable(descriptor, leaky)
        try:
            self._process = subprocess.Popen(
                self._command(theirs.fileno(), files), env={}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=say,
                pass_fds=() if leaky else given, close_fds=not leaky,
            )
        finally:
            for descriptor in (say, *files.values()):
                os.close(descriptor)
            theirs.close()
        self._control = ours
        try:
            answer = Deadline(self.start_seconds).packet(ours)
            if not answer:
                with open(said, "rb", closefd=False) as complaint:
                    raise needs.explain(complaint.read().decode(errors="replace"))
            if problem := json.loads(answer).get("error"):
                raise ImportError(problem)
            if "life line" not in self.without:
                self.submission("builtins:callable").close()     # does the kernel allow what is to come?
        except BaseException:
            self.close()
            raise
        finally:
            os.close(said)

    def _command(self, control: int, files: dict[str, int]) -> list[str]:
        staged = os.getuid() == 0 and "unprivileged" not in self.without
        shared = [str(place) for action, place in self.layout if action == "bind"]
        config = {
            "preload": self.preload, "start_seconds": self.start_seconds, "shared": shared,
            "without": sorted(self.without),
        }
        words = jail.command(
            needs.bubblewrap(), self.layout, staged, self.environment, files, self.without
        ) + jail.start(self.path, control, config)
        if staged:
            words = [sys.executable, "-I", "-S", str(_LAUNCH), jail.STAGE, *shared, "--", *words]
        return words

    def close(self) -> None:
        """End every submission and the zygote; safe to call twice."""
        for cell in list(self._cells):
            cell.close()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(_GOING_SECONDS)
            except subprocess.TimeoutExpired:        # it hangs in an import
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            self._process = None

    def submission(self, serve: str, limits: Limits | None = None) -> Cell:
        """Start ``serve(socket)`` in namespaces of its own.

        Args:
            serve: "module:function"; it is given one connected stream socket.
            limits: other limits than the sandbox's.

        Raises:
            Missing: if the kernel refuses, or the level is lower than asked for.
        """
        limits = limits or self.limits
        line, their_line = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        report, their_report = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        life, their_life = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        cell = Cell(line, report, life, limits)
        theirs = (their_line, their_report, their_life)
        try:
            try:
                self._order(cell, {"serve": serve, "limits": asdict(limits)}, [s.fileno() for s in theirs])
            finally:
                for given in theirs:
                    given.close()
            ready = json.loads(Deadline(30).packet(report) or b'{"error": "the zygote has ended"}')
            if problem := ready.get("error"):
                raise needs.Missing(f"no namespaces for a submission ({problem}); allow nested ones")
            self.level = FULL if ready["private_proc"] else NO_PROC
            if self.level != FULL and not self.reduced:
                raise needs.Missing(
                    "the kernel allows no private /proc, as parts of the outer one are masked; "
                    "run the container with an unmasked /proc, or accept weaker limits with `reduced=True`"
                )
        except BaseException:
            cell.close()
            raise
        return cell

    def _order(self, cell: Cell, request: dict[str, Any], descriptors: list[int]) -> None:
        with self._lock:
            if self._control is None:
                raise RuntimeError("the sandbox is closed; open it with `with Sandbox(…)`")
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)
            except (BrokenPipeError, ConnectionResetError):
                raise RuntimeError("the zygote has ended; start a new Sandbox") from None
            self._cells.add(cell)


def available(**settings: Any) -> str:
    """Start a sandbox for a moment.

    Args:
        settings: those of ``Sandbox``.

    Returns:
        The level that this machine reaches: see ``Sandbox``.

    Raises:
        Missing: if it does not run here; the sentence says what is missing and how to mend it.
    """
    with Sandbox(**settings) as sandbox:
        return sandbox.level
