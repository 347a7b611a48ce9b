"""The shelf: which objects of the student's process does the judge know, and by which numbers?

An object that is no plain value stays here and crosses as a number. It keeps the number as long as the
judge holds on to it, so that one object there is one handle here.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from typing import Any

from . import guests
from .describe import VALUE_KINDS, kind_of, parts_of, plain
from .errors import CannotCross, Malformed
from .reading import Reader
from .wire import BUILTINS, Writer


class Shelf:
    """The objects and classes of one notebook.

    Args:
        namespace: the names of the notebook.
        ask_back: how guests ask the judge.
    """

    def __init__(self, namespace: dict[str, Any], ask_back: Callable[..., Any]) -> None:
        self._namespace, self._ask_back = namespace, ask_back
        self.guests = guests.Guests(ask_back)
        self._shared: dict[int, str] = {}  # classes that the judge has too, by id
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._told: set[int] = set()
        self._last = 0

    def begin(self) -> None:
        """Another judge asks, who knows nothing; the numbers of the last one are not given again."""
        self._objects.clear()
        self._numbers.clear()
        self._told.clear()
        self.guests.leave()
        self.guests = guests.Guests(self._ask_back)

    def share(self, values: Iterable[Any]) -> None:
        """What a cell has made that the judge runs, too: its classes are the same on both sides."""
        own = self._namespace.get("__name__")
        for value in values:
            if isinstance(value, type) and value.__module__ == own:
                self._shared[id(value)] = f"__main__:{value.__qualname__}"

    def hold(self, value: Any) -> int:
        """The number of an object; it stays the same as long as the judge holds on to it."""
        number = self._numbers.get(id(value))
        if number is None:
            self._last = number = self._last + 1
            self._objects[number] = value
            self._numbers[id(value)] = number
        return number

    def held(self, number: int) -> Any:
        """The object of a number."""
        return self._objects[number]

    def release(self, number: int) -> None:
        """The judge has no use for an object any more."""
        self._numbers.pop(id(self._objects.pop(number, None)), None)
        self._told.discard(number)

    def write(self, value: Any, writer: Writer) -> Any:
        """The JSON for what is no plain value: its class and parts, or its number."""
        cls = type(value)
        if isinstance(value, type):
            return {"K": self.hold(value)}
        if cls in guests.KINDS:
            return str.__str__(value) if cls is guests.Salted else {"j": self.guests.number_of(value)}
        kind = kind_of(cls)
        if kind in VALUE_KINDS and (kind != "data" or self.key_of(cls)):
            number = self.hold(cls)
            if kind == "data":
                return writer.once(value, lambda: {"R": [number, *self._parts(value, kind, writer)]})
            return {"R": [number, *self._parts(value, kind, writer)]}
        number = self.hold(value)
        if number in self._told:
            return {"h": number}
        self._told.add(number)
        return {"h": [number, self.hold(cls), plain(cls.__name__), _sort(value)]}

    def _parts(self, value: Any, kind: str, writer: Writer) -> list[Any]:
        parts = parts_of(value, kind)
        return writer.parts(parts, len(parts))

    def read(self, tag: str, inside: Any, reader: Reader) -> Any:
        """What the judge means by something that is no plain value."""
        if tag in ("h", "K"):
            return self.class_of(inside) if isinstance(inside, str) else self._objects[inside]
        if tag == "m":
            return getattr(self._objects[inside[0]], inside[1])
        if tag == "R":
            return self._record(inside, reader)
        if tag == "N":
            return guests.Salted(*inside)
        if tag == "x":
            return BUILTINS[inside[0]](reader(inside[1]))
        if tag == "j":
            return self.guests.guest(*inside)
        raise Malformed(f"there is no {tag}")

    def _record(self, inside: list[Any], reader: Reader) -> Any:
        cls = self.class_of(inside[0])
        kind = kind_of(cls)
        if kind == "enum":
            return cls[inside[1]]
        if kind == "named":
            return cls._make(reader.parts(inside[1:]))
        made = object.__new__(cls)
        place, before = len(reader.numbered), 0
        if kind == "data":
            before = reader.number(made)
        for field, part in zip(cls.__dataclass_fields__, reader.parts(inside[1:]), strict=True):
            object.__setattr__(made, field, part)
        if kind == "data":
            reader.done(place, before)
        return made

    def key_of(self, cls: type) -> str:
        """The address by which the judge can find a class, or nothing."""
        if id(cls) in self._shared:
            return self._shared[id(cls)]
        found: Any = sys.modules.get(cls.__module__)
        for part in cls.__qualname__.split("."):
            found = getattr(found, part, None)
        return f"{cls.__module__}:{cls.__qualname__}" if found is cls and cls.__module__ != "__main__" else ""

    def class_of(self, key: str | int) -> Any:
        """The class of an address or number."""
        if isinstance(key, int):
            return self._objects[key]
        module, _, path = key.partition(":")
        names = path.split(".")
        found: Any = self._namespace.get(names.pop(0)) if module == "__main__" else sys.modules.get(module)
        for name in names:
            found = getattr(found, name, None)
        if not isinstance(found, type):
            raise CannotCross(f"the student's notebook has no class {path}")
        return found


def _sort(value: Any) -> str:
    if inspect.isawaitable(value):
        return "awaitable"
    if hasattr(type(value), "__next__"):
        return "iterator"
    if kind_of(type(value)) == "data":
        return "data"
    return "function" if callable(value) else "object"
