"""The wire: how does a value become bytes, and bytes a value that can be trusted to be one?

JSON, not pickle: pickled bytes can run any code in the process that reads them. Texts, numbers, booleans and
None stand for themselves, a list is a tuple, and everything else is an object with one key that says what
it is: ``{"$bytes": "aGk="}``, ``{"shop.Colour": "RED"}``, ``{"shop.Order": {"number": 7}}``. Reading never
imports anything and builds only values of classes that this process has already defined: messages, frozen
dataclasses, named tuples and enumerations.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import Any, cast

from .node import MESSAGES

LIMIT = 1 << 20
"""The most bytes that one value may take."""


class CannotTravel(TypeError):
    """A value has no form on the wire, or is too large."""


class Malformed(ValueError):
    """These bytes are not a value."""


def encode(value: object, limit: int = LIMIT) -> bytes:
    """Write a value as JSON; equal values give equal bytes.

    Args:
        value: a message, or any value made of atoms, tuples, sets, lists, dictionaries and frozen classes.
        limit: the most bytes that it may take.

    Raises:
        CannotTravel: if something inside has no form on the wire, or the whole is too large.
    """
    try:
        data = _text(_plain(value)).encode("utf-8", "surrogatepass")
    except RecursionError:
        raise CannotTravel(f"a {type(value).__name__} is nested too deeply to travel") from None
    except ValueError as error:  # an integer of thousands of digits
        raise CannotTravel(f"a {type(value).__name__} cannot travel: {error}") from None
    if len(data) > limit:
        size = f"takes {len(data)} bytes and at most {limit} can travel"
        raise CannotTravel(f"a {type(value).__name__} {size}; send it in smaller pieces")
    return data


def decode(data: bytes, limit: int = LIMIT) -> Any:
    """Read what :func:`encode` wrote.

    Args:
        data: bytes from anywhere.
        limit: the most bytes to look at.

    Raises:
        Malformed: if they are not a value; the message says why.
    """
    if len(data) > limit:
        raise Malformed(f"{len(data)} bytes are more than the limit of {limit}")
    try:
        return _value(json.loads(data.decode("utf-8", "surrogatepass"), parse_constant=_no_constant))
    except Malformed:
        raise
    except RecursionError:
        raise Malformed("the value is nested too deeply") from None
    except ValueError as error:  # not UTF-8, not JSON, an integer of thousands of digits
        raise Malformed(f"this is not JSON: {error}") from None


def name_of(kind: type) -> str:
    """What a class is called on the wire."""
    return f"{kind.__module__}.{kind.__qualname__}"


# --- writing


def _text(plain: Any) -> str:
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False)


def _in_order(values: Any) -> list[Any]:
    """The members of a set as JSON, in an order that hashes do not decide."""
    return sorted(map(_plain, values), key=_text)


TAGS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    bytes: ("$bytes", lambda value: b64encode(value).decode("ascii")),
    complex: ("$complex", lambda value: [_plain(value.real), _plain(value.imag)]),
    frozenset: ("$frozenset", _in_order),
    set: ("$set", _in_order),
    list: ("$list", lambda value: [_plain(part) for part in value]),
    dict: ("$dict", lambda value: [[_plain(key), _plain(part)] for key, part in value.items()]),
}


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is tuple:
        return [_plain(part) for part in value]
    if kind is float:
        return value if isfinite(value) else {"$float": repr(value)}
    if tagged := TAGS.get(kind):
        tag, write = tagged
        return {tag: write(value)}
    if isinstance(value, str) and not isinstance(value, Enum):
        return str(value)  # a name that is a text with one more meaning travels as a text
    return {name_of(kind): _inside(value, kind)}


def _inside(value: Any, kind: type) -> Any:
    """What the object of a class holds on the wire."""
    if _find(name_of(kind)) is not kind:
        raise CannotTravel(_advice(kind))
    if isinstance(value, Enum):
        if type(value).__members__.get(value.name) is not value:
            raise CannotTravel(f"{value!r} is a combination of flags; send a frozenset of them")
        return value.name
    if is_dataclass(kind):
        return {name: _plain(getattr(value, name)) for name in _init_fields(kind)}
    return [_plain(part) for part in value]


def _init_fields(kind: Any) -> list[str]:
    return [field.name for field in fields(kind) if field.init]


def _advice(kind: type) -> str:
    if not _travels(kind):
        return f"a {kind.__name__} cannot travel; use atoms, tuples, frozensets and classes marked @message"
    return (
        f"a {kind.__name__} cannot travel, because nobody could find its class by the name {name_of(kind)}; "
        "mark it @message or define it at the top of its module"
    )


# --- reading


def _no_constant(text: str) -> Any:
    raise Malformed(f"{text} is not JSON")


READERS: dict[str, Callable[[Any], Any]] = {
    "$bytes": lambda text: b64decode(text, validate=True),
    "$complex": lambda parts: complex(*map(_value, parts)),
    "$float": lambda text: {"nan": float("nan"), "inf": float("inf"), "-inf": -float("inf")}[text],
    "$frozenset": lambda parts: frozenset(map(_value, parts)),
    "$set": lambda parts: set(map(_value, parts)),
    "$list": lambda parts: list(map(_value, parts)),
    "$dict": lambda pairs: {_value(key): _value(part) for key, part in pairs},
}


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(map(_value, plain))
    if not isinstance(plain, dict):
        return plain
    if len(plain) != 1:
        raise Malformed(f"an object has one key, the kind of the value, not {len(plain)}")
    ((name, inside),) = plain.items()
    try:
        reader = READERS.get(name)
        return reader(inside) if reader else _instance(name, inside)
    except (Malformed, RecursionError):
        raise
    except Exception as error:  # a class may refuse its fields in any way it likes
        raise Malformed(f"{_short(inside)} is no {name}: {error!r}") from None


def _instance(name: str, inside: Any) -> Any:
    kind = _find(name)
    if kind is None:
        raise Malformed(f"nothing here is called {name!r}")
    if issubclass(kind, Enum):
        return kind[inside]
    if is_dataclass(kind):
        known = _init_fields(kind)
        if set(inside) != set(known):
            raise Malformed(f"{name} has the fields {', '.join(known)}, not {_short(sorted(inside))}")
        return kind(**{field: _value(part) for field, part in inside.items()})
    return cast(Any, kind)._make(map(_value, inside))


def _short(plain: Any) -> str:
    text = repr(plain)
    return text if len(text) <= 60 else text[:59] + "…"


def _travels(kind: type) -> bool:
    parameters = getattr(kind, "__dataclass_params__", None)
    named_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    return issubclass(kind, Enum) or named_tuple or bool(parameters and parameters.frozen)


def _find(name: str) -> type | None:
    """The class of this name, if this process has defined it already and its values are frozen."""
    if name in MESSAGES:
        return MESSAGES[name]
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        found: Any = sys.modules.get(".".join(parts[:length]))
        if found is not None:
            for part in parts[length:]:
                found = vars(found).get(part) if hasattr(found, "__dict__") else None
            return found if isinstance(found, type) and _travels(found) and name_of(found) == name else None
    return None
