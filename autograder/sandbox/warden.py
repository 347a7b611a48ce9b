"""Process 1 of a submission: counts what it uses, keeps what it prints, ends what goes too far.

It runs no student code, shares nothing writable with it, and cannot be killed from within. It answers the
judge on a control socket, one JSON packet each way::

    {"do": "begin", "cpu_seconds": 5}   a question starts: whatever runs from now on belongs to it
    {"do": "watch", "pid": 17}          the question's own process
    {"do": "end", "gone": false}        the question is over; its processes are killed
    {"do": "state", "gone": false}      how is the submission?

``gone`` says that the judge has seen the end of the socket, which comes shortly before that of the process.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from autograder.sandbox.limits import KIB, MIB, Limits

_TICK_MS = 25
_HZ = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PATIENCE = 2.0                                      # seconds of killing, then the whole submission has to go


@dataclass(frozen=True)
class Process:
    """A line of ``/proc/<pid>/stat``. A process is known by its number and its start together."""

    pid: int
    started: int
    alive: bool
    threads: int
    cpu_ticks: int
    resident: int                                    # bytes, shared ones included

    @property
    def key(self) -> tuple[int, int]:
        """What stays true when the number is used again."""
        return self.pid, self.started


def processes() -> list[Process]:
    """Every process of the submission, without the warden; empty if ``/proc`` is hidden."""
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 (fifty times a second)
        if not name.isdigit() or name == "1":
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                words = file.read().rpartition(b")")[2].split()
        except OSError:                              # ended meanwhile
            continue
        found.append(Process(
            pid=int(name), started=int(words[19]), alive=words[0] not in b"ZX", threads=int(words[17]),
            cpu_ticks=sum(map(int, words[11:15])), resident=int(words[21]) * _PAGE,
        ))
    return found


def proportional(process: Process) -> int:
    """Bytes of memory with shared pages divided among those who share; all of them if it hides itself."""
    try:
        with open(f"/proc/{process.pid}/smaps_rollup", "rb") as file:  # noqa: PTH123
            return next(int(line.split()[1]) * KIB for line in file if line.startswith(b"Pss:"))
    except (OSError, StopIteration):
        return process.resident


@dataclass
class Capture:
    """The output of the question, or of the submission outside questions."""

    kept: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    total: int = 0

    def add(self, name: str, data: bytes, most: int) -> None:
        """Count ``data`` and keep as much of it as there is room for."""
        self.total += len(data)
        self.kept[name] += data[: max(0, most - len(self.kept[name]))]


@dataclass
class Question:
    """The open question."""

    before: frozenset[tuple[int, int]]               # who ran already
    cpu_before: float
    cpu_seconds: float | None
    pid: int = 0
    end: dict[str, Any] | None = None
    reaped: dict[int, int] = field(default_factory=dict)
    capture: Capture = field(default_factory=Capture)


class Warden:
    """The loop of process 1.

    Args:
        student: pid of the student's process.
        control: SOCK_SEQPACKET socket to the judge.
        outputs: descriptors to read the student's output from, by name.
        limits: what it may use.
        without: defences to leave out, for the tests of the tests.
    """

    def __init__(
        self,
        student: int,
        control: socket.socket,
        outputs: dict[str, int],
        limits: Limits,
        without: frozenset[str],
    ) -> None:
        self.student, self.control, self.limits, self.without = student, control, limits, without
        self.outputs = {descriptor: name for name, descriptor in outputs.items()}
        self.capture = Capture()
        self.question: Question | None = None
        self.end: dict[str, Any] | None = None
        self.cpu_seconds = 0.0
        self.started = self.looked = time.monotonic()

    def run(self) -> NoReturn:
        """Guard until the judge lets go of the control socket."""
        wake, alarm = os.pipe()
        for descriptor in (wake, alarm, *self.outputs):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(alarm, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        poll = select.poll()
        for descriptor in (wake, self.control.fileno(), *self.outputs):
            poll.register(descriptor, select.POLLIN)
        while True:
            resting = self.end is not None and self.question is None
            ready = {descriptor for descriptor, _ in poll.poll(None if resting else _TICK_MS)}
            if wake in ready:
                os.read(wake, 4096)
            for descriptor in ready & self.outputs.keys():
                if not self.drain(descriptor):
                    poll.unregister(descriptor)
            self.reap()
            self.enforce()
            if self.control.fileno() in ready:
                self.obey()

    def drain(self, descriptor: int) -> bool:
        """Read what has been printed; False at its end."""
        capture = self.question.capture if self.question else self.capture
        for _ in range(16):                          # then look at the limits
            try:
                data = os.read(descriptor, 1 << 16)
            except BlockingIOError:
                return True
            if not data:
                return False
            capture.add(self.outputs[descriptor], data, self.limits.kept_kib * KIB)
        return True

    def reap(self) -> None:
        """Take note of every process that ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            code = os.waitstatus_to_exitcode(status)
            if pid == self.student and self.end is None:
                self.end = {"status": code}
                if self.question is None or self.question.end is not None:
                    self.kill_all()
            elif self.question is not None:
                self.question.reaped[pid] = code
                self.notice_end()

    def notice_end(self) -> None:
        """End the question if its process has ended."""
        question = self.question
        if question is not None and question.end is None and question.pid in question.reaped:
            question.end = {"status": question.reaped[question.pid]}
            self.kill_newcomers(question)

    def enforce(self) -> None:
        """Look at the totals, at most once in a tick, and end what is above a limit."""
        now = time.monotonic()
        if (self.end is not None and self.question is None) or now - self.looked < _TICK_MS / 2000:
            return
        self.looked = now
        breach = self.breach(now)
        if not breach:
            return
        question = self.question
        if question is not None and question.end is None:
            question.end = {"breach": breach}
            self.kill_newcomers(question)
        elif breach != "question cpu":
            if self.end is None:
                self.end = {"breach": breach}
            self.kill_all()

    def breach(self, now: float) -> str:
        """The limit that is broken; empty if none is."""
        limits, question = self.limits, self.question
        if (question.capture if question else self.capture).total > limits.output_kib * KIB:
            return "output"
        if now - self.started > limits.wall_seconds:
            return "wall"
        running = processes()
        threads = sum(p.threads for p in running if p.alive)
        if threads >= limits.processes and "process limit" not in self.without:
            return "processes"
        most = limits.memory_mib * MIB
        if (
            "memory limit" not in self.without
            and sum(p.resident for p in running) > most
            and sum(map(proportional, running)) > most
        ):
            return "memory"
        return self.cpu_breach(running)

    def cpu_breach(self, running: list[Process]) -> str:
        """Add up the processor time; whose limit it breaks, if any."""
        reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = sum(p.cpu_ticks for p in running) / _HZ + reaped.ru_utime + reaped.ru_stime
        self.cpu_seconds = max(self.cpu_seconds, spent)      # those who end unreaped must not lower it
        question = self.question
        if self.cpu_seconds > self.limits.cpu_seconds:
            return "cpu"
        if question is None or question.cpu_seconds is None:
            return ""
        return "question cpu" if self.cpu_seconds - question.cpu_before > question.cpu_seconds else ""

    def kill_newcomers(self, question: Question) -> None:
        """Kill every process that started since the question did; only its own if ``/proc`` is hidden."""
        if question.pid > 1 and question.pid not in question.reaped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(question.pid, signal.SIGKILL)
        patience = time.monotonic() + _PATIENCE
        while True:
            newcomers = [p for p in processes() if p.key not in question.before]
            living = [p for p in newcomers if p.alive]
            for newcomer in living:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(newcomer.pid, signal.SIGKILL)
            self.reap_only(question)
            late = time.monotonic() > patience
            if not newcomers or (late and not living):
                return
            if late:
                break
            time.sleep(0.0005)
        self.end = self.end or {"breach": "processes"}       # they breed faster than they die
        self.kill_all()

    def reap_only(self, question: Question) -> None:
        """Reap without drawing conclusions, while killing."""
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                code = os.waitstatus_to_exitcode(found[1])
                if found[0] == self.student:
                    self.end = self.end or {"status": code}
                question.reaped[found[0]] = code

    def kill_all(self) -> None:
        """Kill everything but the warden."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)

    def obey(self) -> None:
        """Answer one request of the judge; end with everything when the judge has gone."""
        packet = self.control.recv(4096)
        if not packet:
            if "life line" in self.without:
                time.sleep(3600)
            os._exit(0)
        request = json.loads(packet)
        match request["do"]:
            case "begin":
                self.cpu_breach(processes())
                before = frozenset(p.key for p in processes())
                self.question = Question(before, self.cpu_seconds, request["cpu_seconds"])
                self.answer({})
            case "watch":
                assert self.question is not None
                self.question.pid = request["pid"]
                self.notice_end()
                self.answer({})
            case "end":
                assert self.question is not None
                if request["gone"] and self.question.end is None and self.question.pid:
                    self.await_end(self.question.pid)
                self.finish_question()
            case "state":
                if request["gone"] and self.end is None:
                    self.await_end(self.student)
                self.drain_all()
                self.answer({"end": self.end, "cpu_seconds": self.cpu_seconds}, self.capture)

    def await_end(self, pid: int) -> None:
        """Give a process that has closed its socket a moment to end."""
        patience = time.monotonic() + 0.5
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < patience and not os.waitid(
                os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT
            ):
                time.sleep(0.001)
        self.reap()

    def finish_question(self) -> None:
        """Clean up after the question and say how it ended."""
        question = self.question
        assert question is not None
        end = question.end
        self.kill_newcomers(question)
        if self.end is None:                         # the question may have stopped the others
            for pid, _ in question.before or {(self.student, 0)}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        self.drain_all()
        self.cpu_breach(processes())
        self.question = None
        if self.end is not None:
            self.kill_all()
        spent = self.cpu_seconds - question.cpu_before
        self.answer({"end": end, "cpu_seconds": spent}, question.capture)

    def drain_all(self) -> None:
        """Read what is still in the pipes."""
        for descriptor in self.outputs:
            self.drain(descriptor)

    def answer(self, message: dict[str, Any], capture: Capture | None = None) -> None:
        """Send one packet, and after it those of the two streams."""
        self.control.sendall(json.dumps(message).encode())
        for stream in capture.kept.values() if capture else ():
            self.control.sendall(b"=" + stream)
