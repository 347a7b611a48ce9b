"""Traces: what happened in a run, event by event?

A trace is a list of plain tuples in the order of true time. Everything that explains a run, draws it or
judges it reads a trace and never the simulation, so a run over real sockets can be drawn and judged by
the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from typing import Any, NamedTuple, overload

_PLAIN = {
    "start": "starts", "crash": "crashes", "restart": "restarts", "resume": "goes on",
    "heal": "the network is whole again",
}  # fmt: skip


class Record(NamedTuple):
    """One line of a trace.

    Attributes:
        time: true time in microseconds.
        kind: ``start``, ``send``, ``deliver``, ``drop``, ``timer``, ``call``, ``note``, ``crash``,
            ``restart``, ``pause``, ``resume``, ``clock``, ``partition``, ``heal`` or ``fault`` (any other).
        node: where it happened; empty for partitions.
        peer: the other node of a message; empty otherwise.
        id: the number that ties a ``send`` to its ``deliver`` and ``drop`` lines; 0 otherwise.
        data: the message, the name of the timer, the reason of a drop, the text and facts of a note …
    """

    time: int
    kind: str
    node: str
    peer: str
    id: int
    data: Any

    def __str__(self) -> str:
        """The record as one line of text, the way failures and tooltips show it."""
        data, what = self.data, _PLAIN.get(self.kind, "")
        match self.kind:
            case "send":
                what = f"sends {canonical(data)} to {self.peer}"
            case "deliver":
                what = f"receives {canonical(data)} from {self.peer}"
            case "drop":
                what = f"message to {self.peer} is lost ({data})"
            case "timer":
                what = f"timer {data!r} fires"
            case "call":
                what = f"is asked to {data}"
            case "pause":
                what = f"is paused for {data:g} ms" if data else "is paused"
            case "partition":
                what = "the network is cut into " + " and ".join(" + ".join(group) for group in data)
            case "fault":
                what = f"{data}"
            case "note":
                words, facts = data
                what = " ".join([words, *(f"{key}={canonical(value)}" for key, value in facts)]).strip()
        text = what or f"{self.kind} {data if data is not None else ''}".strip()
        return f"{self.time / 1000:.3f} ms  {self.node}{' ' if self.node else ''}{text}"


EVENTS = frozenset({"start", "send", "deliver", "timer", "call"})
"""The kinds of records that are events of a process; the others are remarks and faults."""


def canonical(value: object) -> str:
    """Write a value as ``repr`` does, but sets and dictionaries in sorted order.

    Equal values give equal text on every platform and under every hash seed.
    """
    if isinstance(value, frozenset | set):
        return "{" + ", ".join(sorted(map(canonical, value))) + "}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(sorted(f"{canonical(k)}: {canonical(v)}" for k, v in value.items())) + "}"
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(canonical, value)) + (",)" if len(value) == 1 else ")")
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if is_dataclass(value) and not isinstance(value, type):
        inside = ", ".join(f"{f.name}={canonical(getattr(value, f.name))}" for f in fields(value))
        return f"{type(value).__name__}({inside})"
    return repr(value)


class Trace:
    """Everything that happened in a run, in order.

    Example:
        >>> trace = Trace([(0, "start", "n1", "", 0, None)])
        >>> [record.kind for record in trace]
        ['start']
    """

    def __init__(self, rows: list[tuple[int, str, str, str, int, Any]] | None = None) -> None:
        self.rows = rows if rows is not None else []

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Record]:
        return map(Record._make, self.rows)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Trace: ...
    def __getitem__(self, index: int | slice) -> Record | Trace:
        if isinstance(index, slice):
            return Trace(self.rows[index])
        return Record._make(self.rows[index])

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of all nodes that appear, sorted (``n2`` before ``n10``)."""
        return tuple(sorted({row[2] for row in self.rows if row[2]}, key=natural))

    @property
    def digest(self) -> str:
        """A short hash of the whole trace: two runs with the same digest did the same."""
        state = blake2b(digest_size=8)
        for row in self.rows:
            state.update(canonical(row).encode())
        return state.hexdigest()

    def first_difference(self, other: Trace) -> int | None:
        """The index of the first record that differs from another trace; None if there is none."""
        for index, (mine, theirs) in enumerate(zip(self.rows, other.rows, strict=False)):
            if canonical(mine) != canonical(theirs):
                return index
        return None if len(self) == len(other) else min(len(self), len(other))

    def __repr__(self) -> str:
        return f"<Trace of {len(self)} records, digest {self.digest}>"

    def __str__(self) -> str:
        """The trace as text, a line a record."""
        return "\n".join(map(str, self))


def natural(name: str) -> tuple[tuple[int, str | int], ...]:
    """A sort key that puts ``n2`` before ``n10``."""
    parts: list[tuple[int, str | int]] = []
    digits = ""
    for character in [*name, ""]:
        if character.isdigit():
            digits += character
            continue
        if digits:
            parts.append((0, int(digits)))
            digits = ""
        if character:
            parts.append((1, character))
    return tuple(parts)
