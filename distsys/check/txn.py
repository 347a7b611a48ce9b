"""Transactions as values: what did one client do, all or nothing, and what did it hear?"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from ..history import PENDING, Op

Status = Literal["committed", "aborted", "unknown"]

Step = tuple[str, Hashable, Any]
"""``("append", key, value)``, ``("write", key, value)`` or ``("read", key, what it showed)``."""

VERBS = {"append": "append", "write": "write", "read": "read", "w": "write", "r": "read"}


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Txn(Op):
    """One transaction: an operation of the kind ``txn``, whose result is the steps that it made.

    ``Txn("alice", [("append", "x", 1), ("read", "y", [2, 3])])`` appended to the list x and read the list y.
    On registers it is ``("write", "x", 1)``, and a read shows one value, None if nobody wrote before.
    ``r`` and ``w`` are short for read and write.

    Args:
        client: who asked.
        steps: what was done, in order. A read without an answer is ``("read", key)``; it says nothing.
        status: ``committed``; ``aborted`` if it certainly had no effect and never will; ``unknown`` if the
            client never heard, so that it may have had its effect or may still have it.
        call: when it began, in microseconds; matters for strict serializability alone.
        ret: when the client heard back, in microseconds; None if never, or if nobody looked at the clock.
        name: what to call it; if empty, its place in the history: T1, T2 …

    Raises:
        ValueError: if a step or the status is malformed, or if it returned before it was called.
    """

    name: str = ""

    def __init__(
        self,
        client: str,
        steps: Iterable[Sequence[Any]],
        status: Status = "committed",
        call: int = 0,
        ret: int | None = None,
        name: str = "",
    ) -> None:
        if status not in get_args(Status):
            raise ValueError(f"a transaction is {', '.join(get_args(Status))}, not {status!r}")
        if ret is not None and ret < call:
            raise ValueError(f"a transaction of {client} cannot return at {ret} before its call at {call}")
        made = tuple(step for step in map(_step, steps) if step)
        moment = PENDING if ret is None or status == "unknown" else ret
        result = {"committed": made, "aborted": False, "unknown": None}[status]
        values = (client, call, moment, "txn", None, made, result, name)
        for field, value in zip((*Op.__slots__, "name"), values, strict=True):
            object.__setattr__(self, field, value)

    @classmethod
    def of(cls, op: Op) -> Txn:
        """The transaction that an operation of a history was.

        Args:
            op: of the kind ``txn``. Its argument is the steps that were asked for, reads as
                ``("read", key)``. Its result is the steps with what the reads showed, or False if the
                transaction aborted. If it is pending, its status is unknown. An aborted one must not be left
                out of the history, or what it wrote will look as if nobody had.

        Raises:
            ValueError: if it is no such operation.
        """
        if isinstance(op, Txn):
            return op
        if op.kind != "txn":
            raise ValueError(f"a transaction is an operation of the kind 'txn', not {op}")
        ret = None if op.pending else op.ret
        if op.result is False or (op.result is None and op.pending):
            asked = [step for step in op.argument if VERBS.get(step[0]) != "read"]
            return cls(op.client, asked, "aborted" if op.result is False else "unknown", op.call, ret)
        if not isinstance(op.result, tuple | list):
            raise ValueError(f"the result of a transaction is its steps, or False if it aborted: {op}")
        return cls(op.client, op.result, "committed", op.call, ret)

    def named(self, name: str) -> Txn:
        """The same transaction under this name."""
        ret = None if self.pending else self.ret
        return Txn(self.client, self.steps, self.status, self.call, ret, name)

    @property
    def status(self) -> Status:
        """Whether it took effect: ``committed``, ``aborted`` or ``unknown``."""
        if self.result is None:
            return "unknown"
        return "aborted" if self.result is False else "committed"

    @property
    def steps(self) -> tuple[Step, ...]:
        """What it did, as far as that is known."""
        return cast(tuple[Step, ...], self.argument)

    def __str__(self) -> str:
        steps = ", ".join(map(_words, self.steps))
        ending = "" if self.status == "committed" else f" ({self.status})"
        return f"{self.name or self.client}: {steps}{ending}"

    def __repr__(self) -> str:
        return f"<Txn {self}>"


def show(value: Any) -> str:
    """A value as a student would write it: the tuple of a list with square brackets."""
    return f"[{', '.join(map(repr, value))}]" if isinstance(value, tuple) else repr(value)


def _words(step: Step) -> str:
    verb, key, value = step
    return f"read {key} → {show(value)}" if verb == "read" else f"{verb} {key} {show(value)}"


def _step(step: Sequence[Any]) -> Step | None:
    """A step with its full verb and frozen values; None for a read whose answer is not known."""
    verb = VERBS.get(step[0]) if len(step) in (2, 3) and isinstance(step[0], str) else None
    if verb is None or (verb != "read" and len(step) == 2):
        raise ValueError(
            "a step is ('append', key, value), ('write', key, value) or ('read', key, what it showed), "
            f"not {step!r}"
        )
    if len(step) == 2:
        return None
    made = verb, step[1], _frozen(step[2])
    try:
        hash(made)
    except TypeError:
        raise ValueError(
            f"keys and values are texts, numbers and lists of them, not as in {step!r}"
        ) from None
    return made


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value
