"""Histories: what did the clients ask, and what did they hear back?

A history is what a service looks like from outside: operations with the moment of their call and of their
return. An operation that never returned (a time-out, a crash) may or may not have had its effect, now or
later, so it stays *pending* for ever. One that definitely failed had no effect and is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from .trace import canonical

PENDING = 1 << 62
"""The time of return of an operation that never returned."""

# The kinds of operations whose result may be None because there is nothing to say.
_CHANGES = frozenset({"write", "put", "append", "enqueue", "add", "remove"})


@dataclass(frozen=True, slots=True)
class Op:
    """One operation of one client.

    Attributes:
        client: who asked; a client does one thing at a time.
        call: when it asked, in microseconds.
        ret: when it heard back, in microseconds; ``PENDING`` if never.
        kind: what it asked for: ``read``, ``write``, ``cas``, ``enqueue`` … as the model names it.
        key: which object; operations on different keys are judged apart.
        argument: what it gave: the value to write, or ``(expected, new)`` for a compare-and-swap.
        result: what it heard: the value read, or whether a compare-and-swap succeeded. None if pending.
    """

    client: str
    call: int
    ret: int
    kind: str
    key: Any = None
    argument: Any = None
    result: Any = None

    @property
    def pending(self) -> bool:
        """Whether it never returned."""
        return self.ret >= PENDING

    @property
    def answered(self) -> bool:
        """Whether its result says anything; None says nothing if all one asks for is a change."""
        return not self.pending and (
            self.result is not None or self.argument is None or self.kind not in _CHANGES
        )

    def __str__(self) -> str:
        when = f"{self.call / 1000:g}–{'…' if self.pending else f'{self.ret / 1000:g}'} ms"
        said = [part for part in (self.kind, self.key, self.argument) if part is not None]
        what = " ".join(part if isinstance(part, str) else canonical(part) for part in said)
        return f"{self.client} {what}{f' → {canonical(self.result)}' if self.answered else ''} ({when})"


class History:
    """All operations of a run, in the order of their calls.

    Args:
        ops: the operations, in any order.
    """

    def __init__(self, ops: Iterable[Op] = ()) -> None:
        self.ops = sorted(ops, key=lambda op: (op.call, op.ret))

    def __iter__(self) -> Iterator[Op]:
        return iter(self.ops)

    def __len__(self) -> int:
        return len(self.ops)

    def by_key(self) -> dict[Any, History]:
        """One history for each key; the keys in the order of their first call."""
        parts: dict[Any, list[Op]] = {}
        for op in self.ops:
            parts.setdefault(op.key, []).append(op)
        return {key: History(ops) for key, ops in parts.items()}

    def to_json(self) -> str:
        """The history as a JSON list; tuples become lists.

        Raises:
            ValueError: if an operation holds something that JSON cannot say.
        """
        rows = [
            {
                "client": op.client, "call": op.call, "ret": None if op.pending else op.ret, "kind": op.kind,
                "key": op.key, "argument": op.argument, "result": op.result,
            }
            for op in self.ops
        ]  # fmt: skip
        try:
            return json.dumps(rows, indent=1)
        except TypeError as error:
            raise ValueError(
                f"the history cannot be written: {error}; give operations texts, numbers and tuples"
            ) from None

    @classmethod
    def from_json(cls, text: str) -> History:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: if the text is not such a list; the message says where.
        """
        try:
            rows = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"this is not a history in JSON: {error}") from None
        if not isinstance(rows, list):
            raise ValueError(f"a history in JSON is a list of operations, not {type(rows).__name__}")
        return cls(_read(number, row) for number, row in enumerate(rows, 1))

    def __str__(self) -> str:
        return "\n".join(map(str, self.ops))

    def __repr__(self) -> str:
        return f"<History of {len(self)} operations>"

    def _repr_html_(self) -> str:
        from .draw.history import operations  # noqa: PLC0415 - who does not look needs no pictures

        return operations(self).html()


def _read(number: int, row: Any) -> Op:
    try:
        op = Op(**{**row, "ret": PENDING if row["ret"] is None else row["ret"]})
    except (TypeError, KeyError) as error:
        raise ValueError(f"operation {number} of the history is malformed: {error}") from None
    if not (type(op.call) is type(op.ret) is int and op.call <= op.ret):
        raise ValueError(
            f"operation {number} of the history is malformed: call and ret are whole microseconds, "
            f"the call first, not {op.call!r} and {op.ret!r}"
        )
    key, argument, result = map(_frozen, (op.key, op.argument, op.result))
    return replace(op, key=key, argument=argument, result=result)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
