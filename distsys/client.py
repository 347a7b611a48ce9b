"""Clients: how does a program use a service, one step after the other?

A node is written as handlers, because its state must be visible between events. A client is a script:
``await`` a reply, look at it, go on. The same script runs in the simulation and over sockets. What it asked
and heard becomes the history that the checkers judge.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from dataclasses import replace
from random import Random
from types import TracebackType
from typing import Any, Protocol

from .history import PENDING, Op


class Timeout(Exception):
    """No reply came in time. The request may have had its effect, or may still have it."""


class ClientHost(Protocol):
    """Who carries out what a script waits for: a simulation or real sockets."""

    def now_us(self) -> int:
        """True time in microseconds."""

    def unique(self) -> int:
        """A number that no client of this run was given before."""

    def request(self, client: Client, number: int, to: str, message: object) -> None:
        """Send a request; the reply comes back through ``Client.reply``."""

    def wake(self, client: Client, number: int, ms: float) -> None:
        """Call ``Client.time_is_up`` after so many milliseconds."""


Script = Callable[["Client"], Coroutine[Any, Any, None]]


class _Wait:
    """Hands control to the host until something happens; awaiting it gives what happened."""

    def __await__(self) -> Generator[None, Any, Any]:
        return (yield)


def _require_duration(ms: float) -> None:
    if not 0 <= ms < float("inf"):  # what ends before it begins would turn virtual time back
        raise ValueError(f"a client waits for a time of at least 0 ms, not {ms}")


class Operation:
    """One operation of a history: it is called on entering the block and returns on leaving it.

    A :class:`Timeout` inside the block ends it quietly: the operation stays pending for ever.

    Attributes:
        result: what the client heard; set it inside the block.
    """

    def __init__(self, client: Client, op: Op) -> None:
        self.client, self.op = client, op
        self.result: Any = None
        self._failed = False

    @property
    def argument(self) -> Any:
        """What the operation was given."""
        return self.op.argument

    def fail(self) -> None:
        """Say that the operation surely had no effect and never will; it is left out of the history."""
        self._failed = True

    def __enter__(self) -> Operation:
        self.op = replace(self.op, call=self.client.host.now_us())
        self.client.ops.append(self.op)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        place = self.client.ops.index(self.op)
        if self._failed:
            del self.client.ops[place]
        elif kind is None:
            now = self.client.host.now_us()
            self.client.ops[place] = replace(self.op, ret=now, result=self.result)
        return kind is Timeout


class Client:
    """What a script can do.

    Attributes:
        id: the client's name.
        random: its own stream of random numbers, from the seed.
        ops: its operations so far.
    """

    def __init__(self, name: str, host: ClientHost, random: Random) -> None:
        self.id, self.host, self.random = name, host, random
        self.ops: list[Op] = []
        self._calls = 0
        self._waiting_for = 0  # the number of the call or sleep that the script waits for
        self._until = ""  # the name of the timer that ends it
        self._script: Coroutine[Any, Any, None] | None = None

    @property
    def now(self) -> int:
        """True time in whole milliseconds."""
        return self.host.now_us() // 1000

    def unique(self) -> int:
        """A value that nobody else in this run writes; unique values make histories cheap to judge."""
        return self.host.unique()

    async def call(self, to: str, message: object, timeout_ms: float = 1000.0) -> Any:
        """Send a request and wait for the reply.

        Args:
            to: the name of a node. Its handler replies by sending to the ``src`` it was given.
            message: a frozen value.
            timeout_ms: how long to wait, in milliseconds.

        Raises:
            Timeout: if no reply came in time.
        """
        _require_duration(timeout_ms)
        number = self._next()
        self._until = f"time-out of {to}"
        self.host.request(self, number, to, message)
        self.host.wake(self, number, timeout_ms)
        arrived, reply = await _Wait()
        if not arrived:
            raise Timeout(f"{self.id} had no reply from {to} within {timeout_ms:g} ms")
        return reply

    async def sleep(self, ms: float) -> None:
        """Do nothing for so many milliseconds."""
        _require_duration(ms)
        self._until = "sleep"
        self.host.wake(self, self._next(), ms)
        await _Wait()

    def operation(self, kind: str, key: Any = None, argument: Any = None) -> Operation:
        """Record one operation: ``with c.operation("write", "x", c.unique()) as op: …``.

        Args:
            kind: the name that the checker's model gives it: ``read``, ``write``, ``cas`` …
            key: which object.
            argument: what it is given.
        """
        return Operation(self, Op(self.id, self.host.now_us(), PENDING, kind, key, argument))

    # --- for hosts

    def start(self, script: Script) -> None:
        """Run the script until it waits for the first time."""
        self._script = script(self)
        if not isinstance(self._script, Coroutine):
            raise TypeError(f"the script of {self.id} is no coroutine; write it as `async def script(c): …`")
        self._resume(None)

    def reply(self, number: int, message: object) -> None:
        """A reply to a call has arrived; a late one is ignored."""
        if number == self._waiting_for:
            self._resume((True, message))

    def waits(self, number: int) -> str:
        """The name of the timer of this call or sleep; empty if it is over already."""
        return self._until if number == self._waiting_for else ""

    def time_is_up(self, number: int) -> None:
        """A time-out or a sleep is over."""
        if number == self._waiting_for:
            self._resume((False, None))

    def _next(self) -> int:
        self._calls += 1
        self._waiting_for = self._calls
        return self._calls

    def _resume(self, value: Any) -> None:
        assert self._script is not None
        self._waiting_for = 0
        try:
            self._script.send(value)
        except StopIteration:
            self._waiting_for = 0
        else:
            if not self._waiting_for:
                raise RuntimeError(
                    f"the script of {self.id} awaits what never comes; it can await c.call and c.sleep"
                )
