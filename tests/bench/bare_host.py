"""A host whose submissions are forks of a warm Python and nothing more: what does the sandbox itself cost?"""

from __future__ import annotations

import array
import gc
import json
import os
import signal
import socket
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, NoReturn, Self

from autograder.engine import host
from autograder.engine.budget import Budget
from autograder.sandbox import libc, unsafe
from autograder.sandbox.limits import Limits

_SUBREAPER = 36


class BareCell(unsafe.UnsafeCell):
    """A fork of the zygote."""

    zygote: socket.socket

    def _start(
        self,
        line: socket.socket,
        serve: str,
        limits: Limits,
        environment: dict[str, str],
        folder: Path,
        files: tuple[BinaryIO, BinaryIO],
    ) -> int:
        answer, theirs = socket.socketpair()
        words = json.dumps([serve, json.dumps(asdict(limits)), environment, str(folder)]).encode()
        given = [line.fileno(), *(file.fileno() for file in files), theirs.fileno()]
        socket.send_fds(self.zygote, [words], given)
        with answer, theirs:
            return int(answer.recv(20))


class Bare(unsafe.Unsafe):
    """Submissions that nothing confines, and that start as fast as in the sandbox."""

    def __init__(self, preload: list[str], limits: Limits) -> None:
        super().__init__(limits)
        self.preload = preload

    def __enter__(self) -> Self:
        BareCell.zygote, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            BareCell.zygote.close()
            _be_zygote(theirs, self.preload)
        theirs.close()
        return self

    def submission(self, serve: str, limits: Limits | None = None) -> BareCell:
        """Fork the zygote."""
        return BareCell(serve, limits or self.limits)


def _be_zygote(control: socket.socket, preload: list[str]) -> NoReturn:
    """Fork for everybody who asks, until nobody can."""
    try:
        libc.prctl(_SUBREAPER, 1)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ends is gone at once
        for module in ("autograder.trust.warm", *preload):
            __import__(module)
        gc.collect()
        gc.freeze()
        while True:
            words, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 4)
            if not words:
                break
            serve, limits, environment, folder = json.loads(words)
            line, out, err, answer = descriptors
            if (pid := os.fork()) == 0:
                os.setsid()
                os.chdir(folder)
                os.environ.update(environment)
                os.dup2(out, 1)
                os.dup2(err, 2)
                unsafe.main(line, serve, limits)
            os.write(answer, str(pid).encode())
            for descriptor in array.array("i", descriptors):
                os.close(descriptor)
    finally:
        os._exit(0)


def bare(preload: list[str], budget: Budget, _: bool) -> Bare:
    """In the place of the sandbox."""
    return Bare(preload, budget.limits())


if __name__ == "__main__":
    host._sandbox = bare
    host.main()
