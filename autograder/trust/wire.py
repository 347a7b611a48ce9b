"""The wire: which values cross as themselves, and in what form?

A value crosses only if its type is *exactly* one of those below. An instance of a subclass, which may lie
about itself, stays where it is and crosses as a number. In JSON an atom stands for itself and a list for a
list; everything else is an object with one key that says what it is: ``{"t": [1, 2]}`` is a tuple.

What can change in place (lists, dicts, sets …) is numbered in the order of writing. A second mention is
``{"@": number}``, so that what was one object stays one. An object of the call's own arguments that comes
back is ``{"^": number}``: the judge gets its own object again. What contains itself is refused.
"""

from __future__ import annotations

import builtins
from base64 import b64encode
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

from . import tables
from .errors import CannotCross
from .frames import MOST_BYTES

DEEPEST = 60
MOST_PARTS = 1_000_000

ATOMS = frozenset({bool, int, float, str, type(None)})
SHARED_NAMES = (
    *("bool", "int", "float", "complex", "str", "bytes", "bytearray", "list", "tuple", "set", "frozenset"),
    *("dict", "range", "object", "type", "abs", "all", "any", "len", "max", "min", "sorted", "sum", "repr"),
    *("Ellipsis", "NotImplemented"),
)
"""Builtins that are the same on both sides, besides the exceptions."""

BUILTINS = {name: getattr(builtins, name) for name in SHARED_NAMES} | {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception)
}
_BUILTIN_NAMES = {id(value): name for name, value in BUILTINS.items()}
BEYOND = "more than a million parts"


class Writer:
    """Turns values into JSON and raw bytes.

    Args:
        other: what to write for an object that is none of the values below.
        arguments: the objects of the running call that the other side has too, by ``id``.
        raw: bytes that travel in the same frame already.

    Attributes:
        numbered: what can change in place, in the order of writing; keeps it alive, too.
        sizes: how many parts each of them has, all told.
        raw: the bytes that travel behind the JSON.
    """

    def __init__(
        self,
        other: Callable[[Any, Writer], Any],
        arguments: Mapping[int, int] | None = None,
        raw: list[bytes] | None = None,
    ) -> None:
        self.other, self.arguments = other, arguments or {}
        self.numbered: list[Any] = []
        self.sizes: list[int] = []
        self.raw: list[bytes] = [] if raw is None else raw
        self.count = self._depth = 0
        self._length = sum(map(len, self.raw))
        self._places: dict[int, int] = {}
        self._rows: dict[int, tuple[Any, int, Any]] = {}  # with the value, which keeps its id its own

    def __call__(self, value: Any) -> Any:
        """The JSON for a value.

        Raises:
            CannotCross: if it is too large, too deep, or contains itself.
        """
        kind = type(value)
        if kind in ATOMS:
            return value
        write = _WRITERS.get(kind)
        if write is None:
            return self._rare(value, kind)
        if self._depth >= DEEPEST:
            raise CannotCross(f"it is nested more than {DEEPEST} levels deep")
        self._depth += 1
        try:
            return write(self, value)
        finally:
            self._depth -= 1

    def parts(self, values: Iterable[Any], count: int) -> list[Any]:
        """The JSON of several values."""
        self._grow(count)
        return [value if type(value) in ATOMS else self(value) for value in values]

    def row(self, tag: str, value: Any) -> Any:
        """The JSON of a tuple or a frozenset, written only once if it holds nothing that can change."""
        known = self._rows.get(id(value))
        if known:
            tree, size, _ = known
            self._grow(size)
            return tree
        before, numbered = self.count, len(self.numbered)
        tree = {tag: self.parts(value, len(value))}
        if len(self.numbered) == numbered:
            self._rows[id(value)] = (tree, self.count - before, value)
        return tree

    def _grow(self, count: int) -> None:
        self.count += count
        if self.count > MOST_PARTS:
            raise CannotCross(f"it has {BEYOND}")

    def keep(self, data: bytes) -> list[int]:
        """Let bytes travel behind the JSON; returns where they begin and how many they are."""
        self.raw.append(data)
        self._length += len(data)
        return [self._length - len(data), len(data)]

    def once(self, value: Any, write: Callable[[], Any]) -> Any:
        """Number an object that can change, or refer to it if it was written already."""
        place = self.arguments.get(id(value))
        if place is not None:
            return {"^": place}
        place = self._places.get(id(value))
        if place is not None:
            if self.sizes[place] < 0:
                raise CannotCross(f"it holds a {type(value).__name__} that contains itself")
            self._grow(self.sizes[place])
            return {"@": place}
        place = self._places[id(value)] = len(self.numbered)
        self.numbered.append(value)
        self.sizes.append(-1)
        before = self.count
        tree = write()
        self.sizes[place] = self.count - before + 1
        return tree

    def _rare(self, value: Any, kind: type) -> Any:
        name = _BUILTIN_NAMES.get(id(value))
        if name is not None:
            return {"b": name}
        return self._deeper(tables.write, value) if tables.knows(kind) else self._deeper(self.other, value)

    def _deeper(self, write: Callable[[Any, Writer], Any], value: Any) -> Any:
        self._depth += 1
        try:
            return write(value, self)
        finally:
            self._depth -= 1


def _list(writer: Writer, value: list[Any]) -> Any:
    return writer.once(value, lambda: writer.parts(value, len(value)))


def _row(tag: str) -> Callable[[Writer, Any], Any]:
    return lambda writer, value: writer.row(tag, value)


def _set(writer: Writer, value: set[Any]) -> Any:
    return writer.once(value, lambda: {"S": writer.parts(value, len(value))})


def _pairs(writer: Writer, value: Mapping[Any, Any]) -> list[Any]:
    return writer.parts([part for pair in value.items() for part in pair], 2 * len(value))


def _mapping(tag: str) -> Callable[[Writer, Any], Any]:
    return lambda writer, value: writer.once(value, lambda: {tag: _pairs(writer, value)})


def _defaultdict(writer: Writer, value: defaultdict[Any, Any]) -> Any:
    return writer.once(value, lambda: {"D": [writer(value.default_factory), *_pairs(writer, value)]})


def _deque(writer: Writer, value: deque[Any]) -> Any:
    return writer.once(value, lambda: {"q": [value.maxlen, *writer.parts(value, len(value))]})


def _bytes(tag: str) -> Callable[[Writer, Any], Any]:
    def write(_: Writer, value: bytes | bytearray) -> Any:
        if len(value) > MOST_BYTES:
            raise CannotCross(f"it holds {len(value):,} bytes, and at most {MOST_BYTES:,} can cross")
        return {tag: b64encode(value).decode("ascii")}

    return write


def _range(writer: Writer, value: range) -> Any:
    if not -MOST_PARTS <= (value.stop - value.start) // value.step <= MOST_PARTS:
        raise CannotCross("it holds a range of more than a million numbers")
    writer.count += len(value)  # somebody will make a list of it
    return {"r": [value.start, value.stop, value.step]}


def _time(value: datetime | time) -> bool:
    """Whether the text of a time says all about it."""
    return not value.fold and (value.tzinfo is None or type(value.tzinfo) is timezone)


def _moment(writer: Writer, value: Any) -> Any:
    if not _time(value):
        return writer.other(value, writer)
    return {"T": [type(value).__name__, value.isoformat()]}


_WRITERS: dict[type, Callable[[Writer, Any], Any]] = {
    list: _list,
    tuple: _row("t"),
    dict: _mapping("d"),
    set: _set,
    frozenset: _row("F"),
    OrderedDict: _mapping("O"),
    Counter: _mapping("C"),
    defaultdict: _defaultdict,
    deque: _deque,
    bytes: _bytes("B"),
    bytearray: lambda writer, value: writer.once(value, lambda: _bytes("A")(writer, value)),
    complex: lambda _, value: {"c": [value.real, value.imag]},
    range: _range,
    date: lambda _, value: {"T": ["date", value.isoformat()]},
    datetime: _moment,
    time: _moment,
    timedelta: lambda _, value: {"T": ["timedelta", value.days, value.seconds, value.microseconds]},
    Decimal: lambda _, value: {"T": ["Decimal", str(value)]},
    Fraction: lambda _, value: {"T": ["Fraction", value.numerator, value.denominator]},
}
