"""Real time: how does a node live outside the simulation?

:class:`Life` carries out the effects of one unmodified node. One event is handled at a time: its handler
runs to its end, then what is durable is written, then the sends leave. What they leave through, sockets or
standard output, and what calls back when a timer is due, is the business of whoever starts the life.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Protocol
from urllib.parse import quote, unquote

from .clock import Clock
from .node import NOBODY, Node, create, require_frozen
from .simulation import HandlerFailed
from .storage import Disk
from .trace import canonical
from .wire import decode, encode

MOST_DURABLE = 1 << 30
LIVES = 10**9  # message numbers of one life; the next life goes on above


class Post(Protocol):
    """Takes a message away."""

    def __call__(self, number: int, to: str, message: object) -> None:
        """Send it; ``number`` is its number in the trace, ``to`` a node or ``client#call``."""


class Record(Protocol):
    """Writes one line of the trace."""

    def __call__(self, kind: str, node: str, peer: str = "", number: int = 0, data: Any = None) -> None:
        """Write it; the time is now."""


class Cancellable(Protocol):
    """Something that will happen."""

    def cancel(self) -> object:
        """Let it not happen."""


Later = Callable[[float, Callable[[], None]], Cancellable]
"""Calls a function after so many seconds."""


class Folder(Disk):
    """A disk that is a real folder.

    A killed process loses nothing that it wrote, synced or not: the operating system still has it. Only a
    power failure tells the difference, and that takes a simulation.

    Args:
        path: an existing folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all files, sorted."""
        return tuple(sorted(unquote(path.name[1:]) for path in self.path.iterdir()))

    def read(self, name: str) -> bytes:
        """The content; empty if there is no such file."""
        path = self._path(name)
        return path.read_bytes() if path.exists() else b""

    def write(self, name: str, data: bytes) -> None:
        """Replace the whole content."""
        self._put(name, data, "wb")

    def append(self, name: str, data: bytes) -> None:
        """Add bytes at the end."""
        self._put(name, data, "ab")

    def fsync(self, name: str) -> None:
        """Return only when everything written to this file so far is safe, and its name too."""
        path = self._path(name)
        if not path.exists():
            raise FileNotFoundError(f"fsync({name!r}): there is no such file; write or append first")
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        _fsync_names(self.path)

    def delete(self, name: str) -> None:
        """Remove a file, at once and for good; nothing happens if there is none."""
        self._path(name).unlink(missing_ok=True)
        _fsync_names(self.path)

    def _put(self, name: str, data: bytes, mode: str) -> None:
        if not isinstance(data, bytes):
            raise TypeError(f"a file holds bytes, not {type(data).__name__}; encode it first")
        with self._path(name).open(mode) as file:
            file.write(data)

    def _path(self, name: str) -> Path:
        return self.path / f"@{quote(name, safe='')}"  # whatever the name, it stays inside the folder


def _fsync_names(folder: Path) -> None:
    """Make the names of the files in a folder safe; their content is another matter."""
    if os.name == "posix":  # elsewhere a folder cannot be opened
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


class Life:
    """One life of a node, from its start until it is killed.

    A message comes from, or goes to, an *address*: the name of a node, or ``client#call``.

    Args:
        factory: builds the node.
        name: its name.
        peers: the names of the other nodes.
        post: takes its messages away.
        record: writes its part of the trace.
        later: calls back when a timer is due.
        failed: hears of the exception of a handler; the node handles nothing more.
        folder: where its durable attributes and its disk are kept for the next life; in memory if None.
        since_ns: the reading of ``time.monotonic_ns`` that is time 0 of the trace.
        number: which life of this node this is, counted from 0.
        seed: names the random stream of ``choose`` and of the timers; different every time if None.

    Attributes:
        node: the node, with what was durable in its last life.
    """

    def __init__(
        self,
        factory: Callable[[], Node],
        name: str,
        peers: Iterable[str],
        *,
        post: Post,
        record: Record,
        later: Later,
        failed: Callable[[HandlerFailed], object],
        folder: Path | None = None,
        since_ns: int = 0,
        number: int = 0,
        seed: int | str | None = 0,
    ) -> None:
        self.name, self.since_ns = name, since_ns
        self._post, self._record, self._later, self._failed = post, record, later, failed
        self.random = Random() if seed is None else Random(f"{seed}|node {name}|{number}")
        wall_ns = time.time_ns() - time.monotonic_ns() + since_ns
        self.clock = Clock(offset_ms=wall_ns / 1e6, uptime_ms=since_ns / 1e6)
        self._over = False
        self._waiting: list[Callable[[], None]] | None = None  # what waits while it is stopped
        self._timers: dict[str, tuple[int, Cancellable]] = {}
        self._marks = count(1)
        self._numbers = count(number * LIVES + 1)
        self._outbox: list[tuple[str, object]] = []
        self._stable = folder / "durable.json" if folder else None
        self._written = b""
        self._disk = Disk()
        if folder:
            (folder / "disk").mkdir(exist_ok=True, parents=True)
            self._disk = Folder(folder / "disk")
        self.node = create(factory, name, peers)
        if self._stable and self._stable.exists():
            self._written = self._stable.read_bytes()
            for attribute, value in decode(self._written, MOST_DURABLE).items():
                setattr(self.node, attribute, value)

    # --- what happens to it

    def start(self) -> None:
        """Begin."""
        self._event(self._start)

    def arrive(self, number: int, src: str, message: object) -> None:
        """A message has come from this address."""
        self._event(partial(self._deliver, number, src, message))

    def ask(self, method: str, arguments: tuple[Any, ...]) -> None:
        """A request from outside: call a method."""
        self._event(partial(self._ask, method, arguments))

    def stop(self) -> None:
        """Handle nothing until it resumes; what happens meanwhile waits."""
        if self._waiting is None:
            self._waiting = []

    def resume(self) -> None:
        """Go on after a stop."""
        waiting, self._waiting = self._waiting or [], None
        for event in waiting:
            self._event(event)

    def end(self) -> None:
        """Handle nothing ever more."""
        self._over = True
        for _, alarm in self._timers.values():
            alarm.cancel()
        self._timers.clear()

    def now_us(self) -> int:
        """Microseconds since time 0 of the trace."""
        return (time.monotonic_ns() - self.since_ns) // 1000

    # --- effects of the node

    def send(self, to: str, message: object) -> None:
        """Take a message to another node, after the handler has ended."""
        self._outbox.append((to, message))

    def set_timer(self, name: str, low_us: int, high_us: int) -> None:
        """Call the handler of this timer once, between the two delays of the node's own clock."""
        if not 0 <= low_us <= high_us:
            raise ValueError(
                f"timer {name!r} needs 0 <= low_ms <= high_ms, not {low_us / 1000} and {high_us / 1000}"
            )
        self.cancel_timer(name)
        now, mark = self.now_us(), next(self._marks)
        due = self.clock.true_us_at(self.clock.monotonic_us(now) + self.random.randint(low_us, high_us))
        event = partial(self._fire, name, mark)
        self._timers[name] = mark, self._later(max(0, due - now) / 1e6, partial(self._event, event))

    def cancel_timer(self, name: str) -> None:
        """Forget a timer."""
        _, alarm = self._timers.pop(name, (0, None))
        if alarm:
            alarm.cancel()

    def choose(self, options: Sequence[Any]) -> Any:
        """Pick one of the options."""
        return self.random.choice(options)

    def note(self, text: str, facts: dict[str, Any]) -> None:
        """Write a remark into the trace."""
        for value in facts.values():
            require_frozen(value, f"note() of {self.name}")
        self._record("note", self.name, data=(text, tuple(facts.items())))

    def wall_us(self) -> int:
        """Read the wall clock, in microseconds since 1970."""
        return self.clock.wall_us(self.now_us())

    def monotonic_us(self) -> int:
        """Read the clock that never steps, in microseconds."""
        return self.clock.monotonic_us(self.now_us())

    @property
    def disk(self) -> Disk:
        """The files of this node's machine."""
        return self._disk

    def step_clock(self, by_us: int) -> None:
        """Set the node's own idea of the wall clock forward or back at once."""
        self.clock.step(by_us)
        self._record("clock", self.name, data=f"step {by_us / 1000:+g} ms")

    def slew_clock(self, ppm: float) -> None:
        """Make the node's own idea of both clocks run faster or slower from now on."""
        self.clock.slew(self.now_us(), ppm)
        self._record("clock", self.name, data=f"slew {ppm:+g} ppm")

    # --- events

    def _event(self, event: Callable[[], None]) -> None:
        if self._over:
            return
        if self._waiting is not None:
            self._waiting.append(event)
            return
        try:
            event()
        except HandlerFailed as error:
            self.end()
            self._failed(error)

    def _start(self) -> None:
        self._record("start", self.name)
        self._handle(self.node.on_start)

    def _deliver(self, number: int, src: str, message: object) -> None:
        peer = src.partition("#")[0]
        self._record("deliver", self.name, peer, number, message)
        handler = self.node.handlers.get(type(message))
        if handler is None:
            kind = type(message).__name__
            raise HandlerFailed(f"{self.node} has no method marked @on({kind}); {peer} sent it one")
        self._handle(getattr(self.node, handler), src, message)

    def _fire(self, name: str, mark: int) -> None:
        if self._timers.get(name, (0, None))[0] == mark:  # it was neither set again nor cancelled
            del self._timers[name]
            self._record("timer", self.name, data=name)
            self._handle(getattr(self.node, self.node.handlers[name]))

    def _ask(self, method: str, arguments: tuple[Any, ...]) -> None:
        self._record("call", self.name, data=f"{method}({', '.join(map(canonical, arguments))})")
        self._handle(getattr(self.node, method), *arguments)

    def _handle(self, handler: Callable[..., None], *arguments: object) -> None:
        """Run a handler to its end, write what is durable, then let the sends leave."""
        node = self.node
        node._host = self
        try:
            handler(*arguments)
            node._host = NOBODY
            self._persist()
            outbox, self._outbox = self._outbox, []
            for to, message in outbox:
                number = next(self._numbers)
                self._record("send", self.name, to.partition("#")[0], number, message)
                self._post(number, to, message)
        except Exception as error:
            what, when = f"{type(node).__name__}.{handler.__name__}", self.now_us() / 1000
            raise HandlerFailed(f"{what} on {self.name} raised {error!r} at {when:.3f} ms") from error
        finally:
            node._host = NOBODY

    def _persist(self) -> None:
        node = self.node
        if not (self._stable and node.durable):
            return
        missing = [name for name in node.durable if name not in vars(node)]
        if missing:
            raise LookupError(f"{type(node).__name__} says {missing[0]!r} is durable but never sets it")
        data = encode({name: vars(node)[name] for name in node.durable}, MOST_DURABLE)
        if data != self._written:
            fresh = self._stable.with_suffix(".new")
            with fresh.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._stable)  # whole or not at all, whenever the process is killed
            _fsync_names(self._stable.parent)
            self._written = data
