"""A Python that has imported everything already and forks itself for each submission.

Runs inside bubblewrap. It executes no student code itself: its children do, each in namespaces of its own.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from typing import Any, NoReturn

from autograder.sandbox import libc, namespaces
from autograder.sandbox.confine import confine, drop_capabilities
from autograder.sandbox.limits import Limits
from autograder.sandbox.line import Line
from autograder.sandbox.warden import Warden

_LAST = 1 << 20


def main(descriptor: int, config: dict[str, Any]) -> NoReturn:
    """Preload, then fork a submission for every three descriptors that arrive on the control socket."""
    control = socket.socket(fileno=descriptor)
    without = frozenset(config["without"])
    if "closed descriptors" not in without:
        os.closerange(3, descriptor)
        os.closerange(descriptor + 1, _LAST)
    signal.setitimer(signal.ITIMER_REAL, config["start_seconds"])     # should the grader die meanwhile
    try:
        for module in config["preload"]:
            importlib.import_module(module)
    except BaseException as error:
        control.sendall(json.dumps({"error": f"cannot preload {module}: {error!r}"}).encode())
        os._exit(1)
    if "closed descriptors" not in without:
        _no_standard_streams()
    signal.setitimer(signal.ITIMER_REAL, 0)
    gc.collect()
    gc.freeze()                                      # or the collector would copy every page in every child
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control.sendall(b"{}")
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 3)
        if not request:
            if "life line" in without:
                signal.pause()
            os._exit(0)
        try:
            child = os.fork()
        except OSError as error:
            _complain(descriptors[1], error)
            child = -1
        if child == 0:
            control.close()
            _submission(json.loads(request), *descriptors, config=config, without=without)
        for given in descriptors:
            os.close(given)


def _no_standard_streams() -> None:
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


def _submission(
    request: dict[str, Any],
    line: int,
    report: int,
    life: int,
    *,
    config: dict[str, Any],
    without: frozenset[str],
) -> NoReturn:
    """Become the waiter of one submission; its child becomes the warden."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        namespaces.enter()
        warden = os.fork()
        if warden == 0:
            os.close(life)
            _warden(request, line, socket.socket(fileno=report), config, without)
        os.close(line)
        os.close(report)
        _wait(warden, life, without)
    except BaseException as error:
        _complain(report, error)
    os._exit(1)


def _complain(report: int, error: BaseException) -> None:
    with contextlib.suppress(OSError):
        os.write(report, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())


def _wait(warden: int, life: int, without: frozenset[str]) -> NoReturn:
    """Kill everything as soon as the judge lets go of the life line, from where no student code can reach."""
    process = os.pidfd_open(warden)
    poll = select.poll()
    poll.register(process, select.POLLIN)
    if "life line" not in without:
        poll.register(life, select.POLLIN)
    poll.poll()
    signal.pidfd_send_signal(process, signal.SIGKILL)
    os.waitpid(warden, 0)                            # returns when the last process of the namespace has gone
    os._exit(0)


def _warden(
    request: dict[str, Any], line: int, report: socket.socket, config: dict[str, Any], without: frozenset[str]
) -> NoReturn:
    """Become process 1: furnish the namespaces, start the student's process, guard it."""
    try:
        limits = Limits(**request["limits"])
        if "life line" not in without:
            libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)     # process 1 ignores what it does not handle
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write("1000")                           # if memory runs out, we go first
        shared = () if "over-mount guard" in without else tuple(config["shared"])
        private_proc = namespaces.furnish(limits, shared)
        drop_capabilities()
        libc.prctl(libc.PR_SET_DUMPABLE, 0)              # nobody with the same user id may trace it
        pipes = {"stdout": os.pipe(), "stderr": os.pipe()}
        student = os.fork()
        if student == 0:
            report.close()
            _student(request["serve"], line, pipes, limits, without)
        os.close(line)
        for _, write in pipes.values():
            os.close(write)
        report.sendall(json.dumps({"private_proc": private_proc}).encode())
        outputs = {name: read for name, (read, _) in pipes.items()}
        Warden(student, report, outputs, limits, without).run()
    except BaseException as error:
        _complain(report.fileno(), error)
    os._exit(1)


def _student(
    serve: str, line: int, pipes: dict[str, tuple[int, int]], limits: Limits, without: frozenset[str]
) -> NoReturn:
    """Become the process that runs student code."""
    status = 1
    try:
        os.dup2(pipes["stdout"][1], 1)
        os.dup2(pipes["stderr"][1], 2)
        if "closed descriptors" not in without:
            if line != 3:
                os.dup2(line, 3)
            os.closerange(4, _LAST)
            line = 3
        os.set_inheritable(line, False)
        os.chdir(namespaces.HERE)
        confine(limits, without)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        module, _, name = serve.partition(":")
        served = Line(line)
        served.check_threads = "thread check" not in without
        getattr(importlib.import_module(module), name)(served)
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    os._exit(status & 255)
