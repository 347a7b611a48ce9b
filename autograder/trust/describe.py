"""Descriptions: what does the player tell the judge about a class?

Everything said here is a claim of the student's process. The judge builds classes of its own from it.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from dataclasses import fields
from enum import Enum, Flag
from typing import Any

VALUE_KINDS = frozenset({"frozen", "data", "enum", "named"})
ATOMS = (bool, int, float, str, type(None))


def kind_of(cls: type) -> str:
    """Which sort of class this is: frozen, data, enum, named, error, node or class."""
    node = getattr(sys.modules.get("distsys.node"), "Node", None)
    if node is not None and issubclass(cls, node):
        return "node"
    if issubclass(cls, BaseException):
        return "error"
    if issubclass(cls, Enum):
        return "class" if issubclass(cls, Flag) else "enum"
    parameters = cls.__dict__.get("__dataclass_params__")
    if parameters is not None and not issubclass(cls, (*tuple(ATOMS[1:4]), list, dict, set, tuple)):
        return "frozen" if parameters.frozen and parameters.eq else "data"
    if issubclass(cls, tuple) and cls.__mro__[1:] == (tuple, object) and hasattr(cls, "_fields"):
        return "named"
    return "class"


def parts_of(value: Any, kind: str) -> list[Any]:
    """What an instance of a class of values is made of."""
    if kind == "enum":
        return [value.name]
    if kind == "named":
        return list(tuple.__iter__(value))
    return [getattr(value, field.name) for field in fields(value)]


def describe(cls: type, key: str, write: Callable[[Any], Any]) -> dict[str, Any]:
    """What the judge has to know to build a class that stands for this one.

    Args:
        cls: a class of the student's process.
        key: its address, if both sides may have it, or nothing.
        write: how a value crosses.
    """
    kind = kind_of(cls)
    told: dict[str, Any] = {
        "kind": kind,
        "key": key,
        "name": plain(cls.__name__),
        "methods": methods(cls),
    }
    if kind in ("frozen", "data"):
        told["fields"] = [[field.name, field.compare] for field in fields(cls)]
    elif kind == "named":
        told["fields"] = [[name, True] for name in cls._fields]  # type: ignore[attr-defined]  # a named tuple
        told["defaults"] = [write(value) for value in cls._field_defaults.values()]  # type: ignore[attr-defined]
    elif kind == "enum":
        told["fields"] = [[name, write(member.value)] for name, member in cls.__members__.items()]  # type: ignore[attr-defined]  # an enumeration
        told["mixin"] = next((base.__name__ for base in (int, str) if issubclass(cls, base)), "")
    elif kind == "error":
        told["builtin"] = next(
            base.__name__ for base in cls.__mro__ if vars(builtins).get(base.__name__) is base
        )
    if kind in ("error", "node"):
        told["bases"] = [write(base) for base in cls.__mro__[1:] if _student(base)]
    if kind == "node":
        told["durable"] = [plain(name) for name in cls.durable]  # type: ignore[attr-defined]  # a node
        told["handlers"] = [[write(event), name] for event, name in cls.handlers.items()]  # type: ignore[attr-defined]  # a node
    return told


def methods(cls: type) -> list[str]:
    """The names of what can be called on an instance and is not Python's or the laboratory's own."""
    names: dict[str, None] = {}
    for base in cls.__mro__:
        if base.__module__ in ("builtins", "distsys.node", "enum"):
            break
        for name, member in vars(base).items():
            if not name.startswith("_") and (
                callable(member) or isinstance(member, classmethod | staticmethod)
            ):
                names.setdefault(plain(name))
    return list(names)


def plain(name: object) -> str:
    """A name without half characters."""
    return str(name).encode("utf-8", "replace").decode()


def _student(base: type) -> bool:
    return base.__module__ not in ("builtins", "distsys.node", "enum", "typing", "abc")
