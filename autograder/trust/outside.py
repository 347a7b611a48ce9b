"""What do nodes keep outside themselves?

All nodes of a notebook share one process, and a simulated crash takes only the node. What handlers keep in
globals, in attributes of classes or in default arguments survives it, and passes between nodes by no
network. That is compared before the first event and whenever the judge asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

from .errors import CannotCross, Malformed
from .frames import spelled
from .wire import Writer

Seen = dict[str, Any]


def seen(namespace: Mapping[str, Any], hidden: Iterable[str]) -> Seen:
    """What each global of a notebook holds now.

    Args:
        namespace: the names of the notebook.
        hidden: names that are not the student's.
    """
    left_out, own = set(hidden), namespace.get("__name__")
    return {
        name: _shape(value, own)
        for name, value in namespace.items()
        if name[:1] != "_" and name not in left_out and not isinstance(value, ModuleType)
    }


def changed(before: Seen, after: Seen) -> list[str]:
    """The names whose content differs."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _shape(value: Any, own: Any) -> Any:
    """What can be compared of a value; of an object of the notebook, what is in it."""
    met: set[int] = set()

    def other(value: Any, writer: Writer) -> Any:
        kind = value if isinstance(value, type | FunctionType) else type(value)
        if kind.__module__ != own or id(value) in met:
            return id(value)
        met.add(id(value))
        if type(value) is FunctionType:
            inside: Any = [value.__defaults__, value.__kwdefaults__, vars(value), *_closed_over(value)]
        elif isinstance(value, type):
            inside = {name: part for name, part in vars(value).items() if not name.startswith("__")}
        else:
            inside = getattr(value, "__dict__", None)
        return [id(value), writer(inside)]

    writer = Writer(other)
    try:
        return spelled(writer(value)), writer.raw
    except (CannotCross, Malformed, Exception):
        return id(value)


def _closed_over(function: FunctionType) -> list[Any]:
    found = []
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # not yet filled
            found.append(cell.cell_contents)
    return found
