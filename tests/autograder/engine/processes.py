"""Which processes run because of us, even if their parents have been killed?"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

_PR_SET_CHILD_SUBREAPER = 36


class Offspring:
    """The processes that were started since, by this one or by any of its descendants."""

    def __init__(self) -> None:
        self._before = set(psutil.Process().children(recursive=True))

    def now(self) -> list[psutil.Process]:
        """Those that have not ended."""
        psutil.wait_procs(psutil.Process().children(), timeout=0)  # orphans that have ended are ours to bury
        return [one for one in psutil.Process().children(recursive=True) if one not in self._before]

    def left(self, seconds: float = 60.0) -> list[psutil.Process]:
        """Those that are still there after a while; returns at once when there are none."""
        until = time.monotonic() + seconds
        while (living := self.now()) and time.monotonic() < until:
            psutil.wait_procs(living, timeout=max(0.0, until - time.monotonic()))
        return living


@contextmanager
def adopted() -> Iterator[Offspring]:
    """Become the parent of every orphan among our descendants, so that none can hide."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    offspring = Offspring()
    try:
        yield offspring
    finally:
        for process in offspring.now():
            process.kill()
        psutil.wait_procs(offspring.now(), timeout=10)
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0)
