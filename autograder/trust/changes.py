"""Changes: what did a call change in its arguments, and how does that reach the judge's own objects?"""

from __future__ import annotations

import operator
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from copy import copy
from typing import Any

from . import tables
from .errors import CannotCross
from .frames import spelled
from .reading import Reader, fill
from .wire import Writer

_KINDS = frozenset({list, dict, set, bytearray, deque, OrderedDict, Counter, defaultdict})


class Watch:
    """Looks at the arguments of a call before and after it, on the student's side.

    Args:
        reader: has read the arguments.
    """

    def __init__(self, reader: Reader) -> None:
        self._made = reader.numbered
        self._before = [content(made) for made in self._made]
        self.places = {id(made): place for place, made in enumerate(self._made)}

    def found(self, writer: Writer) -> list[Any]:
        """The places of the arguments that are not what they were, with their parts."""
        return [
            [place, writer.parts(after, len(after))]
            for place, (made, old) in enumerate(zip(self._made, self._before, strict=True))
            if not same(old, after := content(made))
        ]


def content(made: Any) -> list[Any]:
    """What is in an object that can change; the parts themselves, except of arrays and tables."""
    if isinstance(made, dict):
        return [part for pair in made.items() for part in pair]
    if isinstance(made, list | set | deque | bytearray):
        return list(made)
    if hasattr(made, "__dataclass_fields__"):
        return [getattr(made, name) for name in made.__dataclass_fields__]
    return [made.copy()]  # an array or a table


def same(old: list[Any], new: list[Any]) -> bool:
    """Whether two contents are the same."""
    if len(old) == 1 == len(new):
        if hasattr(old[0], "tobytes"):
            return bool(old[0].shape == new[0].shape and old[0].tobytes() == new[0].tobytes())
        if tables.is_table(old[0]):
            return bool(_written(old[0]) == _written(new[0]))
    return len(old) == len(new) and all(map(operator.is_, old, new))


def put_back(made: Any, parts: list[Any]) -> None:
    """Let an object of the judge hold these parts."""
    names = getattr(type(made), "__dataclass_fields__", None)
    if names is not None:
        for name, part in zip(names, parts, strict=True):
            object.__setattr__(made, name, part)
    elif tables.is_table(made):
        tables.replace(made, *parts)
    elif hasattr(made, "tobytes"):
        (array,) = parts
        made[...] = array
    else:
        fill(made, parts)


def copied(value: Any, kind_of: Callable[[type], str], known: dict[int, Any]) -> Any:
    """A copy of a value with all that can change in it; objects that stay with the judge are not copied.

    Args:
        value: an argument of a call.
        kind_of: the kind of a class whose instances cross as values; nothing for others.
        known: the copies so far, by the ``id`` of the original.
    """

    def again(part: Any) -> Any:
        return copied(part, kind_of, known)

    made, cls = known.get(id(value), value), type(value)
    if made is not value:
        return made
    kind = "" if cls in _KINDS or cls is tuple else kind_of(cls)
    if cls is tuple:
        made = tuple(map(again, value))
    elif kind == "named":
        made = cls._make(map(again, value))
    elif cls in _KINDS or kind in ("frozen", "data"):
        made = known[id(value)] = copy(value)
        put_back(made, list(map(again, content(value))))
    elif tables.knows(cls):
        made = known[id(value)] = value.copy()
    return made


def _written(table: Any) -> Any:
    writer = Writer(nothing_else)
    return spelled(writer(table)), writer.raw


def nothing_else(value: Any, _: Writer) -> Any:
    """Writes no object that is no plain value."""
    raise CannotCross(f"a {type(value).__name__} is no plain value")
