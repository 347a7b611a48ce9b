"""How far is grading, and how long will it take?"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO, TypeVar

T = TypeVar("T")

_BAR = 24
_LINE_SECONDS = 10.0
_BAR_SECONDS = 0.1


def progress(
    verdicts: Iterable[T],
    total: int,
    tell: Callable[[str], Any] = print,
    *,
    terminal: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[T]:
    """Passes verdicts on, and tells how far it is: on a terminal by a bar, else by a line now and then.

    Args:
        verdicts: what to pass on.
        total: how many will come.
        tell: takes a line, where there is no terminal.
        terminal: where the bar is drawn if it is a terminal; standard error unless told.
        clock: seconds.
    """
    terminal = terminal or sys.stderr
    on_terminal = terminal.isatty()
    pace = Pace(total, clock())
    told, done = clock(), 0

    def draw(line: str) -> None:
        if on_terminal:
            terminal.write(f"\r\x1b[K{line}")
            terminal.flush()
        else:
            tell(line)

    if on_terminal and total:
        draw(pace.bar(told))
    try:
        for verdict in verdicts:
            now, done = clock(), done + 1
            pace.add(now)
            if now - told >= (_BAR_SECONDS if on_terminal else _LINE_SECONDS) and done < total:
                told = now
                draw(pace.bar(now) if on_terminal else pace.line(now))
            yield verdict
    finally:
        if on_terminal and total:
            draw("")
    if done:
        tell(f"{_count(done)} judged in {spoken(clock() - pace.began)}")


class Pace:
    """A moving average of how fast it goes.

    Args:
        total: how many there are.
        began: when it began, in seconds.

    The average runs over the last tenth of all, and over 100 at least: a cluster answers in batches. The
    time since the last answer counts, so an estimate grows when nothing comes.
    """

    def __init__(self, total: int, began: float) -> None:
        self.total, self.began, self.done = total, began, 0
        self._moments = deque([began], max(100, total // 10) + 1)

    def add(self, now: float) -> None:
        """One more is done."""
        self.done += 1
        self._moments.append(now)

    def left(self, now: float) -> float | None:
        """Seconds until the end; None if nothing is known yet."""
        steps = len(self._moments) - 1
        return (self.total - self.done) * (now - self._moments[0]) / steps if steps else None

    def line(self, now: float) -> str:
        """Where it stands, as a sentence."""
        left = self.left(now)
        estimate = "" if left is None else f", about {spoken(left)} left"
        return f"{self.done:,} of {_count(self.total)} judged{estimate}"

    def bar(self, now: float) -> str:
        """The same with a bar in front."""
        full = _BAR * self.done // max(self.total, 1)
        return f"{'█' * full}{'░' * (_BAR - full)} {self.line(now)}"


def spoken(seconds: float) -> str:
    """A time as people say it: no finer than it is known."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 5400:
        return f"{round(whole / 60)} min"
    return f"{whole / 3600:.1f} h"


def _count(number: int) -> str:
    return f"{number:,} submission{'' if number == 1 else 's'}"
