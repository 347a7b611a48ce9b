"""Reading: which value does some JSON from the wire stand for, if any?

Nothing in it is believed: not its shape, not its sizes, not its references. What does not fit is malformed.
"""

from __future__ import annotations

from base64 import b64decode
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from . import tables
from .errors import Malformed
from .wire import ATOMS, BEYOND, BUILTINS, DEEPEST, MOST_PARTS

MANY_KEYS = 256  # from here on it is checked whether their hashes were made to collide

_BY_NAME: dict[str, Callable[..., Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": timedelta,
    "Decimal": Decimal,
    "Fraction": Fraction,
}


class Reader:
    """Turns JSON and raw bytes into values, and believes nothing of it.

    Args:
        raw: the bytes behind the JSON.
        other: reads the objects that are none of the values above, by their key.
        arguments: what ``{"^": number}`` stands for.
        sizes: how many parts each of these has.
    """

    def __init__(
        self,
        raw: memoryview,
        other: Callable[[str, Any, Reader], Any],
        arguments: Sequence[Any] = (),
        sizes: Sequence[int] = (),
    ) -> None:
        self.raw, self.other, self.arguments, self.argument_sizes = raw, other, arguments, sizes
        self.numbered: list[Any] = []
        self.sizes: list[int] = []
        self.count = self._depth = 0

    def __call__(self, tree: Any) -> Any:
        """The value that this JSON stands for.

        Raises:
            Malformed: if it stands for none.
        """
        kind = type(tree)
        if kind in ATOMS:
            return tree
        if self._depth > DEEPEST + 2:
            raise Malformed("a value that is nested too deeply")
        self._depth += 1
        try:
            if kind is list:
                return self.fill([], tree)
            ((tag, inside),) = tree.items()
            read = _READERS.get(tag)
            if read:
                return read(self, inside)
            return tables.read(tag, inside, self) if tag in tables.TAGS else self.other(tag, inside, self)
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, OverflowError) as error:
            if isinstance(error, Malformed):
                raise
            raise Malformed(f"a value that is none: {str(error)[:80]}") from None
        finally:
            self._depth -= 1

    def parts(self, trees: Any) -> list[Any]:
        """The values of several pieces of JSON."""
        if type(trees) is not list:
            raise Malformed("a value without parts")
        self._add(len(trees))
        return [tree if type(tree) in ATOMS else self(tree) for tree in trees]

    def named(self, trees: Any) -> dict[str, Any]:
        """The values of named pieces of JSON."""
        return dict(zip(trees, self.parts(list(trees.values())), strict=True))

    def number(self, made: Any) -> int:
        """Number an object that can change, before its parts are read."""
        self.numbered.append(made)
        self.sizes.append(-1)
        return self.count

    def done(self, place: int, before: int) -> None:
        """Remember how many parts an object has, all told, once they are read."""
        self.sizes[place] = self.count - before + 1

    def fill(self, made: Any, trees: Any) -> Any:
        """Read the parts of an object that can change, and put them into it."""
        place, before = len(self.numbered), self.number(made)
        fill(made, self.parts(trees))
        self.done(place, before)
        return made

    def bytes(self, place: Any) -> memoryview:
        """Some of the bytes behind the JSON."""
        start, length = place
        if not (type(start) is type(length) is int and 0 <= start <= start + length <= len(self.raw)):
            raise Malformed("a value whose bytes are not there")
        return self.raw[start : start + length]

    def again(self, place: int) -> Any:
        """An object that was read already."""
        if type(place) is not int or place < 0 or self.sizes[place] < 0:
            raise Malformed("a value that contains itself")
        self._add(self.sizes[place])
        return self.numbered[place]

    def argument(self, place: int) -> Any:
        """One of the call's own arguments."""
        if type(place) is not int or place < 0:
            raise Malformed("an argument that is none")
        self._add(self.argument_sizes[place] if self.argument_sizes else 0)
        return self.arguments[place]

    def span(self, ends: Any) -> range:
        """A range, which may later be made a list."""
        span = range(*self.parts(ends))
        self._add(len(span))
        return span

    def _add(self, count: int) -> None:
        self.count += count
        if self.count > MOST_PARTS:
            raise Malformed(f"a value of {BEYOND}")


def fill(made: Any, parts: list[Any]) -> None:
    """Replace the whole content of an object by these parts; those of a dict are keys and values in turn."""
    if isinstance(made, dict):
        made.clear()
        for key, part in zip(distinct(parts[::2]), parts[1::2], strict=True):
            dict.__setitem__(made, key, part)
    elif isinstance(made, set):
        made.clear()
        made.update(distinct(parts))
    elif isinstance(made, bytearray):
        made[:] = bytes(parts)
    elif isinstance(made, deque):
        made.clear()
        made.extend(parts)
    elif isinstance(made, list):
        made[:] = parts
    else:
        raise Malformed(f"parts for a {type(made).__name__}")


def distinct(keys: list[Any]) -> list[Any]:
    """The keys themselves, unless so many share a hash that a set of them would take for ever."""
    if len(keys) > MANY_KEYS and len(set(map(hash, keys))) < len(keys) // 2:
        raise Malformed("keys that were made to collide")
    return keys


def _read_defaultdict(reader: Reader, inside: list[Any]) -> Any:
    factory = reader(inside[0])
    if factory is not None and not callable(factory):
        raise Malformed("a defaultdict whose factory cannot be called")
    return reader.fill(defaultdict(factory), inside[1:])


def _read_deque(reader: Reader, inside: list[Any]) -> Any:
    longest = inside[0]
    if longest is not None and not (type(longest) is int and longest >= 0):
        raise Malformed("a deque of an impossible length")
    return reader.fill(deque(maxlen=longest), inside[1:])


def _read_bytearray(reader: Reader, inside: str) -> Any:
    made = bytearray(b64decode(inside, validate=True))
    place, before = len(reader.numbered), reader.number(made)
    reader.done(place, before)
    return made


def _read_named(reader: Reader, inside: list[Any]) -> Any:
    parts = reader.parts(inside)
    return _BY_NAME[parts[0]](*parts[1:])


def _read_complex(_: Reader, inside: list[Any]) -> complex:
    real, imaginary = inside
    if not type(real) is type(imaginary) is float:
        raise Malformed("a complex number that is none")
    return complex(real, imaginary)


_READERS: dict[str, Callable[[Reader, Any], Any]] = {
    "t": lambda reader, inside: tuple(reader.parts(inside)),
    "S": lambda reader, inside: reader.fill(set(), inside),
    "F": lambda reader, inside: frozenset(distinct(reader.parts(inside))),
    "d": lambda reader, inside: reader.fill({}, inside),
    "O": lambda reader, inside: reader.fill(OrderedDict(), inside),
    "C": lambda reader, inside: reader.fill(Counter(), inside),
    "D": _read_defaultdict,
    "q": _read_deque,
    "B": lambda _, inside: b64decode(inside, validate=True),
    "A": _read_bytearray,
    "c": _read_complex,
    "r": lambda reader, inside: reader.span(inside),
    "T": _read_named,
    "b": lambda _, inside: BUILTINS[inside],
    "i": lambda _, inside: int(inside, 16),
    "s": lambda _, inside: bytes.fromhex(inside).decode("utf-32-le", "surrogatepass"),
    "@": lambda reader, inside: reader.again(inside),
    "^": lambda reader, inside: reader.argument(inside),
}
