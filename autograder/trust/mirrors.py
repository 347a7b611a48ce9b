"""Mirrors: which class of the judge stands for a class of the student's process?

A class that both sides have, because it is the laboratory's or both have run its cell, stands for itself.
For the student's own enumerations, named tuples, frozen dataclasses and exceptions the judge builds a class
that holds the same data and none of the code; its instances are plain values that compare by what they
hold. Every other class is reached through a handle.
"""

from __future__ import annotations

import re
import sys
from collections import namedtuple
from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass, make_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakSet

from distsys.determinism import NodeId
from distsys.explore.values import Name
from distsys.node import Node

from .describe import VALUE_KINDS, kind_of, parts_of
from .errors import Bygone, Malformed, StudentLeft
from .handles import Handle
from .heirs import Delegate, RemoteClass
from .reading import Reader
from .wire import BUILTINS, Writer

if TYPE_CHECKING:
    from .link import Link

MOST_FIELDS = 200
SALTED = (Name, NodeId)  # what detectors of chance call nodes: texts with hashes of their own
_NAME = re.compile(r"[^\W\d_]\w*")
_ENDERS = (StopIteration, StopAsyncIteration)


class Elsewhere(type):
    """The class of mirrors: an instance is made by the student's process, which may check its fields."""

    _link: Link
    _number: int

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        """Let the student's class make an instance."""
        return cls._link.call(cls._number, arguments, options)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return cls._link.ask("attribute", cls._number, name)


class Mirror(metaclass=Elsewhere):
    """A frozen dataclass of the student: its fields are here, its methods are not."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return type(self)._link.send(["operate", "."], [self, name])


class Mirrors:
    """The classes of one student's process, by number."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._classes: dict[int, Any] = {}
        self._kinds: dict[int, str] = {}
        self._methods: dict[int, frozenset[str]] = {}
        self._numbers: dict[type, int] = {}
        self._shared: dict[str, type] = {}
        self._keys: dict[type, str] = {}

    def share(self, cls: type) -> None:
        """A class of a cell that both sides have run."""
        key = f"__main__:{cls.__qualname__}"
        self._shared[key] = cls
        self._keys[cls] = key

    # --- from the judge

    def write(self, value: Any, writer: Writer) -> Any:
        """The JSON for a class, or an instance of a class, that the student's process has too; else None."""
        if isinstance(value, type):
            address = self._address(value)
            return {"K": address} if address else None
        if isinstance(value, Delegate):
            return {"h": self._link.own(value._far)}
        cls = type(value)
        if cls in SALTED:
            return {"N": [str.__str__(value), hash(value)]}
        if isinstance(value, Node) and hasattr(cls, "far_number"):
            if cls.far_class[0] is not self._link:
                raise Bygone
            return {"h": cls.far_number(value)}
        kind = self.kind_of(cls)
        return self._record(value, kind, self._address(cls), writer) if kind else None

    def kind_of(self, cls: type) -> str:
        """The kind of a class whose instances cross as values; nothing for others."""
        kind = kind_of(cls) if self._address(cls) else ""
        return kind if kind in VALUE_KINDS else ""

    def _record(self, value: Any, kind: str, where: int | str, writer: Writer) -> Any:
        """The JSON for an instance of a class of values."""

        def write() -> Any:
            parts = parts_of(value, kind)
            return {"R": [where, *writer.parts(parts, len(parts))]}

        return writer.once(value, write) if kind == "data" else write()

    def _address(self, cls: type) -> int | str:
        """The number or key by which the player knows a class; nothing if it does not."""
        where = self._numbers.get(cls) or self._key(cls)
        if not where and cls in _built:
            raise Bygone
        return where

    def _key(self, cls: type) -> str:
        if cls in self._keys:
            return self._keys[cls]
        key = f"{cls.__module__}:{cls.__qualname__}"
        return key if self._find(key) is cls else ""

    def _find(self, key: str) -> Any:
        """The class of this address, if it is one that both sides have."""
        if key in self._shared:
            return self._shared[key]
        module, _, path = key.partition(":")
        if not module.startswith("distsys."):
            return None
        found: Any = sys.modules.get(module)
        for name in path.split("."):
            found = vars(found).get(name) if hasattr(found, "__dict__") else None
        return found if isinstance(found, type) else None

    # --- from the student's process

    def class_of(self, number: Any) -> Any:
        """What stands for the class of this number."""
        if type(number) is not int:
            raise Malformed("a class that is none")
        if number not in self._classes:
            told, raw = self._link.told(number)
            try:
                self._build(number, told, self._link.reader(raw))
            except (TypeError, ValueError, LookupError, AttributeError) as error:
                raise Malformed(f"a class that is none: {str(error)[:80]}") from None
        return self._classes[number]

    def methods(self, number: int) -> frozenset[str]:
        """The names of the methods of a class."""
        if number not in self._methods:
            told, _ = self._link.told(number)
            names = told.get("methods", [])
            self._methods[number] = frozenset(name for name in names if type(name) is str)
        return self._methods[number]

    def record(self, inside: Any, reader: Reader) -> Any:
        """An instance of a class of values."""
        cls, kind = self.class_of(inside[0]), self._kinds[inside[0]]
        if kind == "enum":
            return cls[inside[1]]
        if kind == "named":
            return cls._make(reader.parts(inside[1:]))
        if kind not in ("frozen", "data") or not is_dataclass(cls):
            raise Malformed("an instance of a class that holds no values")
        made: Any = object.__new__(cast(Any, cls))
        place, before = len(reader.numbered), reader.number(made) if kind == "data" else 0
        for own, part in zip(fields(cls), reader.parts(inside[1:]), strict=True):
            object.__setattr__(made, own.name, part)
        if kind == "data":
            reader.done(place, before)
        return made

    def exception(self, tree: Any, reader: Reader) -> BaseException:
        """An exception of the student's code, with the lines of the student's cells as its notes."""
        cls, arguments, said, lines, far = tree
        kind, given = reader(cls), tuple(reader.parts(arguments))
        said = said if type(said) is str else ""
        error = self._raised(kind, given, said)
        if type(error) in self._numbers:
            vars(error).update(_said=said, _far=reader(far))
        for name, line, text in lines:
            error.add_note(f"  cell {name!s:.80}, line {line!s:.8}: {text!s:.200}")
        return error

    def _raised(self, kind: Any, given: tuple[Any, ...], said: str) -> BaseException:
        if not (isinstance(kind, type) and issubclass(kind, Exception)) or issubclass(kind, _ENDERS):
            name = getattr(kind, "__name__", "something")
            return StudentLeft(f"the student's code raised {name}{': ' if said else ''}{said}")
        try:
            if kind.__module__ == "builtins":
                return kind(*given)
            error = kind.__new__(kind, *given)
        except Exception:
            named: type[Exception] = type(kind.__name__, (Exception,), {})
            return named(said)
        error.args = given
        return error

    def _build(self, number: int, told: Mapping[str, Any], reader: Reader) -> None:
        kind, key, name = told["kind"], told["key"], told["name"]
        if not type(kind) is type(key) is type(name) is str:
            raise Malformed("a class without a name")
        self._methods[number] = frozenset(part for part in told["methods"] if type(part) is str)
        own = self._find(key) if key else None
        if own is not None and kind_of(own) == kind and _agree(own, kind, told):
            made: Any = own
        else:
            make = getattr(self, f"_make_{kind}", None) if kind in _MADE else None
            made = make(number, told, reader) if make else None
            if made is None:
                kind, made = "class", RemoteClass(self._link, number, number, name[:100], "class")
            elif isinstance(made, type):
                made.__qualname__ = made.__name__
                _built.add(made)
        self._classes.setdefault(number, made)
        self._kinds[number] = kind
        if isinstance(made, type):
            self._numbers.setdefault(made, number)

    def _make_frozen(self, number: int, told: Mapping[str, Any], reader: Reader) -> Any:
        names = [(_good(name), Any, field(compare=bool(compare))) for name, compare in told["fields"]]
        cls = _good(told["name"])
        made: Any = make_dataclass(cls, names[:MOST_FIELDS], bases=(Mirror,), frozen=True, slots=True)
        type.__setattr__(made, "_link", self._link)
        type.__setattr__(made, "_number", number)
        return made

    def _make_named(self, number: int, told: Mapping[str, Any], reader: Reader) -> Any:
        names = [_good(name) for name, _ in told["fields"]]
        return namedtuple(_good(told["name"]), names, defaults=reader.parts(told["defaults"]))

    def _make_enum(self, number: int, told: Mapping[str, Any], reader: Reader) -> Any:
        members = [(_good(name), reader(value)) for name, value in told["fields"]]
        if any(isinstance(value, Handle) for _, value in members):
            return None
        mixin = {"int": int, "str": str}.get(told["mixin"])
        if mixin and any(type(value) is not mixin for _, value in members):
            return None
        return Enum(_good(told["name"]), members, type=mixin)

    def _make_error(self, number: int, told: Mapping[str, Any], reader: Reader) -> Any:
        builtin = BUILTINS.get(told["builtin"])
        if not (isinstance(builtin, type) and issubclass(builtin, Exception)):
            return type(_good(told["name"]), (StudentLeft,), {})
        bases = [reader(base) for base in told["bases"]]
        base = next(
            (base for base in bases if isinstance(base, type) and issubclass(base, Exception)), builtin
        )
        return type(_good(told["name"]), (base,), {"__str__": _said, "__getattr__": _far_attribute})

    def _make_node(self, number: int, told: Mapping[str, Any], reader: Reader) -> Any:
        from .nodes import remote_node  # noqa: PLC0415 - most notebooks have no nodes

        return remote_node(self._link, number, told, reader)


_MADE = ("frozen", "named", "enum", "error", "node")
_built: WeakSet[type] = WeakSet()  # for all links, to tell a class of an earlier question


def _agree(own: type, kind: str, told: Mapping[str, Any]) -> bool:
    """Whether both sides mean the same by a class of values."""
    if kind in ("frozen", "data"):
        return [name for name, _ in told["fields"]] == [part.name for part in fields(cast(Any, own))]
    if kind == "enum":
        return [name for name, _ in told["fields"]] == list(own.__members__)  # type: ignore[attr-defined]
    if kind == "named":
        return [name for name, _ in told["fields"]] == list(own._fields)  # type: ignore[attr-defined]
    return True


def _good(name: Any) -> str:
    if type(name) is not str or not _NAME.fullmatch(name) or len(name) > 100:
        raise Malformed("a name that is none")
    return name


def _said(error: Any) -> str:
    said = vars(error).get("_said")
    return said if said is not None else Exception.__str__(error)


def _far_attribute(error: Any, name: str) -> Any:
    far = vars(error).get("_far")
    if name.startswith("_") or far is None:
        raise AttributeError(name)
    return getattr(far, name)
