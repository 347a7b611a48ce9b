"""Strictness: who uses a clock, chance or threads that the seed does not know?

During a run the usual doors to the outside are guarded. Whoever goes through one in the thread of the
simulation gets an error that names the right way. Other threads, such as those of a notebook's kernel, go
on undisturbed.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from _thread import get_ident
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class NotDeterministic(RuntimeError):
    """A handler asked something outside for its answer, so the run could not be repeated."""


CLOCK = "read self.now or self.monotonic instead"
CHANCE = "use self.choose, or a timer with two bounds, instead"
WAITING = "nothing waits in a simulation; set a timer instead"
GUARDED: list[tuple[ModuleType, tuple[str, ...], str]] = [
    (time, ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"), CLOCK),
    (time, ("sleep",), WAITING),
    (random, ("random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform"), CHANCE),
    (uuid, ("uuid1", "uuid4"), CHANCE),
    (os, ("urandom",), CHANCE),
]


@contextmanager
def guarded() -> Iterator[None]:
    """Refuse wall clocks, global chance and waiting in this thread while the block runs."""
    thread = get_ident()
    saved = [(module, name, getattr(module, name)) for module, names, _ in GUARDED for name in names]
    for module, names, advice in GUARDED:
        for name in names:
            setattr(module, name, _refuse(getattr(module, name), f"{module.__name__}.{name}", advice, thread))
    try:
        yield
    finally:
        for module, name, original in saved:
            setattr(module, name, original)


def _refuse(original: Callable[..., Any], name: str, advice: str, thread: int) -> Callable[..., Any]:
    def guard(*arguments: Any, **options: Any) -> Any:
        if get_ident() == thread:
            raise NotDeterministic(f"{name}() was called during a run, so no seed can repeat it; {advice}")
        return original(*arguments, **options)

    return guard
