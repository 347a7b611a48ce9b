"""Strictness: who uses a clock, chance or threads that the seed does not know?

During a run the usual doors to the outside are guarded. Whoever goes through one in the thread of the
simulation gets an error that names the right way. Other threads, such as those of a notebook's kernel, go
on undisturbed.
"""

from __future__ import annotations

import os
import random
import sys
import time
import uuid
from _thread import allocate_lock, get_ident
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class NotDeterministic(RuntimeError):
    """A handler asked something outside for its answer, so the run could not be repeated."""


CLOCK = "read self.now or self.monotonic instead"
CHANCE = "use self.choose, or a timer with two bounds, instead"
WAITING = "nothing waits in a simulation; set a timer instead"
THREADS = "only one event happens at a time; send a message or set a timer instead"
DISTRIBUTIONS = ("uniform", "triangular", "gauss", "normalvariate", "expovariate", "betavariate")
GUARDED: list[tuple[Any, tuple[str, ...], str]] = [
    (time, ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"), CLOCK),
    (time, ("sleep",), WAITING),
    (random, ("random", "randint", "randrange", "choice", "choices", "shuffle", "sample"), CHANCE),
    (random, (*DISTRIBUTIONS, "getrandbits", "randbytes", "seed"), CHANCE),
    (uuid, ("uuid1", "uuid4"), CHANCE),
    (os, ("urandom",), CHANCE),
]

_lock = allocate_lock()
_inside: list[int] = []  # the threads that run a simulation, one entry for each
_originals: list[tuple[Any, str, Any]] = []


@contextmanager
def guarded() -> Iterator[None]:
    """Refuse wall clocks, global chance, waiting and new threads in this thread while the block runs."""
    thread = get_ident()
    with _lock:
        if not _inside:
            _shut()
        _inside.append(thread)
    try:
        yield
    finally:
        with _lock:
            _inside.remove(thread)
            if not _inside:
                _open()


def _shut() -> None:
    """Guard every door; `threading` only if it is there, for a browser may do without."""
    threading = sys.modules.get("threading")
    threads = [(threading.Thread, ("start",), THREADS)] if threading else []
    for owner, names, advice in [*GUARDED, *threads]:
        for name in names:
            original = getattr(owner, name)
            _originals.append((owner, name, original))
            setattr(owner, name, _refuse(original, f"{owner.__name__}.{name}", advice))


def _open() -> None:
    while _originals:
        owner, name, original = _originals.pop()
        setattr(owner, name, original)


def _refuse(original: Callable[..., Any], name: str, advice: str) -> Callable[..., Any]:
    def guard(*arguments: Any, **options: Any) -> Any:
        if get_ident() in _inside:
            raise NotDeterministic(f"{name}() was called during a run, so no seed can repeat it; {advice}")
        return original(*arguments, **options)

    return guard
