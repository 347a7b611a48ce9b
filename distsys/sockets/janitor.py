"""The janitor: who cleans up after a cluster that was killed?

A small process that waits for the end of the process that started it, however that comes. Then it removes the
folder and kills what is left of its process group, stopped or not. The nodes' processes are in that group.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPT = """
import os, shutil, signal, sys, time
sys.stdin.buffer.read()
for attempt in range(500):  # a node may be writing still
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    if not os.path.exists(sys.argv[1]):
        break
    time.sleep(0.01)
if os.name == "posix":  # elsewhere no node has a process of its own
    os.killpg(0, signal.SIGKILL)
"""


class Janitor:
    """A folder that goes when its maker goes.

    Attributes:
        folder: new and empty.
        group: the process group of the processes that go too.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="distsys-"))
        command = [sys.executable, "-I", "-S", "-c", SCRIPT, str(self.folder)]
        try:
            with _spared_signals():
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, process_group=0
                )
        except OSError:
            self.folder.rmdir()
            raise
        self.group = self._process.pid

    def end(self) -> None:
        """Remove the folder now; the processes must have ended."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._process.kill()
        self._process.wait()
        assert self._process.stdin
        self._process.stdin.close()


@contextmanager
def _spared_signals() -> Iterator[None]:
    """Block what would end a janitor, from its first moment on: a new process inherits what is blocked."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
