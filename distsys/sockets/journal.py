"""The journal: what has happened so far in a cluster, and has it gone wrong?

Whoever waits for something looks again whenever a line is added, and hears of the first failure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from operator import itemgetter
from typing import Any, cast

from ..trace import Record, Trace

Row = tuple[Any, ...]


class Journal:
    """The lines of a trace in the order in which they became known, and those who wait for more.

    Args:
        watch: sees every record as it comes in; what it raises is a failure.

    Attributes:
        since_ns: the reading of ``time.monotonic_ns`` that is time 0.
        malformed: how much was dropped because it was no frame.
    """

    def __init__(self, watch: Callable[[Record], object] | None = None) -> None:
        self.since_ns = time.monotonic_ns()
        self.malformed = 0
        self.rows: list[Row] = []
        self._watch = watch
        self._changed: asyncio.Future[None] | None = None
        self._failure: Exception | None = None

    @property
    def trace(self) -> Trace:
        """Everything so far, in the order of real time."""
        return Trace(sorted(cast(Any, self.rows), key=itemgetter(0)))

    def now_us(self) -> int:
        """Microseconds since the beginning."""
        return (time.monotonic_ns() - self.since_ns) // 1000

    def record(self, kind: str, node: str, peer: str = "", number: int = 0, data: Any = None) -> None:
        """Write one line; the time is now."""
        self.add((self.now_us(), kind, node, peer, number, data))

    def add(self, row: Row) -> None:
        """Take one line from wherever it was written."""
        self.rows.append(row)
        if self._watch:
            try:
                self._watch(Record._make(row))
            except Exception as error:
                self._watch = None
                self.fail(error)
        self.notice()

    def amend(self, row: Row, data: Any) -> None:
        """Put into an earlier line what is known only now."""
        self.rows[self.rows.index(row)] = (*row[:-1], data)

    def last(self, node: str, *kinds: str) -> str:
        """The last kind among these that was recorded of a node; empty if there is none."""
        found = (row[1] for row in reversed(self.rows) if row[2] == node and row[1] in kinds)
        return next(found, "")

    def count_malformed(self) -> None:
        """Something came that is not a frame."""
        self.malformed += 1
        self.notice()

    def fail(self, failure: Exception) -> None:
        """Remember the first failure."""
        self._failure = self._failure or failure
        self.notice()

    def complain(self) -> None:
        """Raise what has failed, once."""
        failure, self._failure = self._failure, None
        if failure:
            raise failure

    def notice(self) -> None:
        """Let those who wait look again."""
        if self._changed and not self._changed.done():
            self._changed.set_result(None)

    async def until(self, predicate: Callable[[], object], within_ms: float) -> None:
        """Wait until something is so.

        Raises:
            TimeoutError: if it did not come to be so in time.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_ms / 1000
        while True:
            self.complain()
            if predicate():
                return
            left = deadline - loop.time()
            if left <= 0:
                raise TimeoutError(f"it did not come to be so within {within_ms:g} ms")
            if self._changed is None or self._changed.done():
                self._changed = loop.create_future()
            await asyncio.wait([self._changed], timeout=left)
