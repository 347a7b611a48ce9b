"""The socket that student code is served on: it can also fork the server.

The judge sends one byte together with a descriptor of a second socket. The kernel delivers them in order with
the rest, so the byte marks a moment between two requests. On that mark the process forks: the child goes on
with the second socket in place of the first, the parent keeps the first. A server only reads requests and
answers; it need not know.
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from autograder.sandbox.deadline import Deadline

MARK = b"\0"
GRANTED, REFUSED = b"Y", b"N"
_MOST_PID = 1 << 22


class NoSnapshot(Exception):
    """The submission cannot be forked now; the sentence says why."""


def ask_to_fork(line: socket.socket, ours: socket.socket, theirs: socket.socket, deadline: Deadline) -> int:
    """The judge's side: let the server be forked.

    Args:
        line: connected to the server.
        ours: one end of the fork's socket.
        theirs: its other end, which is closed.
        deadline: until when the server must have noticed.

    Returns:
        What the fork claims its number to be.

    Raises:
        NoSnapshot: if the server refuses.
        OSError, EOFError, ValueError: if it does not answer, or says something else.
    """
    usual = line.gettimeout()
    try:
        line.settimeout(deadline.left())
        socket.send_fds(line, [MARK], [theirs.fileno()])
        theirs.close()
        if deadline.receive(ours, 1) != GRANTED:
            ours.settimeout(1)
            raise NoSnapshot(ours.recv(500).decode(errors="replace"))
        told = b""
        while not told.endswith(b"\n") and len(told) < 20:
            told += deadline.receive(ours, 1)
        if not 1 < int(told) < _MOST_PID:
            raise ValueError("it told a number that cannot be")
        return int(told)
    finally:
        theirs.close()
        with contextlib.suppress(OSError):
            ours.settimeout(None)
            line.settimeout(usual)


def one_thread() -> str:
    """Why this process cannot be forked, in words; empty if it can. Threads do not survive a fork."""
    threads = threading.active_count()
    with contextlib.suppress(OSError):               # threads that Python does not know
        threads = max(threads, len(os.listdir("/proc/self/task")))  # noqa: PTH208 (the path may be hidden)
    return f"the submission runs {threads} threads" if threads > 1 else ""


def _tell(line: socket.socket, words: bytes) -> bool:
    try:
        line.sendall(words)
    except OSError:                                  # the judge did not wait
        return False
    return True


class Line(socket.socket):
    """A connected stream socket which forks its process on the judge's mark.

    Args:
        fileno: descriptor of the connected socket.

    Attributes:
        refuses: a server may add its own reason against a fork (a pending asyncio task, say): words, or "".
        on_fork: called in every fork before it serves.
        check_threads: whether to look for threads; only a test of this check turns it off.
    """

    refuses: Callable[[], str]
    on_fork: Callable[[], object]
    check_threads: bool

    def __init__(self, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self.refuses = lambda: ""
        self.on_fork = lambda: None
        self.check_threads = True
        self._waiting: list[int] = []

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Read as any socket does; forks before, if a mark has arrived."""
        buffer = bytearray(bufsize)
        return bytes(buffer[: self.recv_into(buffer, bufsize, flags)])

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Read into a buffer as any socket does; forks before, if a mark has arrived."""
        view = memoryview(buffer).cast("B")
        if nbytes:
            view = view[:nbytes]
        while True:
            while self._waiting:
                self._fork(self._waiting.pop(0))
            count, ancillary, _, _ = self.recvmsg_into([view], socket.CMSG_SPACE(4), flags)
            for level, kind, data in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    self._waiting += array.array("i", data[: len(data) // 4 * 4])
            if not self._waiting:
                return count
            if count > len(MARK):                    # the mark is the last byte of what was read
                return count - len(MARK)

    def _fork(self, descriptor: int) -> None:
        with socket.socket(fileno=descriptor) as second:
            refusal = (self.check_threads and one_thread()) or self.refuses()
            if refusal:
                _tell(second, REFUSED + refusal.encode()[:500])
                return
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
            try:
                between = os.fork()
            except OSError as error:
                _tell(second, REFUSED + f"no further process: {error.strerror}".encode())
                return
            if between:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(between, 0)
                return
            # Fork once more and end, so that process 1, which nobody here can deceive, sees the child's end.
            try:
                if os.fork():
                    os._exit(0)
                os.dup2(second.fileno(), self.fileno(), inheritable=False)
                self.on_fork()
            except BaseException:
                os._exit(1)
        if not _tell(self, GRANTED + f"{os.getpid()}\n".encode()):
            os._exit(0)
