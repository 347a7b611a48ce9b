"""Values: when are two states the same, and how is a state copied under other names?

A state is whatever a node keeps in its attributes: numbers, texts, lists, sets, dicts, dataclasses and
other plain objects, nested as deep as you like. Two states are the same if Python would call them equal
part by part: sets and dicts have no order, 1 and True are different. A function is what it was written as,
with the variables around it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from copyreg import dispatch_table
from enum import Enum
from random import Random
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any
from zlib import crc32

THEMSELVES: frozenset[type] = frozenset({int, str, bytes, type(None)})
NUMBERS: frozenset[type] = frozenset({bool, float, complex})
CONSTANTS = (Enum, type, CodeType, ModuleType)


class NotExplorable(TypeError):
    """A node does something that cannot be explored; the message says what to do instead."""


class Name(str):
    """A node's name with a hash of our choice, so that sets of names can be made to iterate differently."""

    __slots__ = ("hashed",)
    hashed: int

    def __new__(cls, text: str, salt: int) -> Name:
        """The same text; another salt gives another hash."""
        name = super().__new__(cls, text)
        name.hashed = crc32(f"{salt}|{text}".encode())
        return name

    def __hash__(self) -> int:
        return self.hashed


def key(value: object, owner: object = None, trail: tuple[int, ...] = ()) -> Hashable:
    """Turn a value into a hashable one that is equal for equal values.

    Args:
        value: any part of a state, or a message.
        owner: the node whose state it is; the state may refer to it.
        trail: the ids of the objects around the value, to find one that contains itself.

    Raises:
        NotExplorable: if the value contains itself, or something that is not data.
    """
    kind = type(value)
    if kind in THEMSELVES:
        return value
    if kind is Name:
        return str(value)
    if kind in NUMBERS:
        return kind, repr(value)
    if isinstance(value, CONSTANTS):
        return kind, value
    if value is owner:
        return "this node", None
    if id(value) in trail:
        raise NotExplorable(f"a {kind.__name__} that contains itself; keep names or indexes instead of links")
    return kind, *_contents(value, owner, (*trail, id(value)))


def _contents(value: Any, owner: object, trail: tuple[int, ...]) -> Iterable[Hashable]:
    kind = type(value)
    if isinstance(value, tuple) or kind is list:
        return [key(part, owner, trail) for part in value]
    if isinstance(value, set | frozenset):
        return (frozenset([key(part, owner, trail) for part in value]),)
    if kind is dict:
        return (frozenset([(key(k, owner, trail), key(v, owner, trail)) for k, v in value.items()]),)
    _, arguments, state, items, pairs = _taken_apart(value)
    inside = [(key(k, owner, trail), key(v, owner, trail)) for k, v in pairs]
    plain = [key(part, owner, trail) for part in (*arguments, state, *items)]
    return *plain, tuple(inside) if isinstance(value, OrderedDict) else frozenset(inside)


class Copy:
    """Copies values, and renames the nodes they mention.

    Args:
        names: what each name becomes; other texts stay as they are.
        owner: the node whose state is copied, and the node it is copied to.
        backwards: whether sets and dicts are filled in the opposite order.
    """

    def __init__(
        self, names: Mapping[str, str], owner: tuple[object, object] = (None, None), backwards: bool = False
    ) -> None:
        self.names, self.step = names, -1 if backwards else 1
        self.copies: dict[int, Any] = {id(owner[0]): owner[1]}
        self.alive: list[object] = []  # an id means something only while its object lives

    def __call__(self, value: Any) -> Any:
        """A copy that shares nothing changeable with the value."""
        kind = type(value)
        if kind is str:
            return self.names.get(value, value)
        if kind in THEMSELVES or kind in NUMBERS or isinstance(value, CONSTANTS):
            return value
        if id(value) not in self.copies:
            self.alive.append(value)
            self.copies[id(value)] = self._copy(value, kind)
        return self.copies[id(value)]

    def _copy(self, value: Any, kind: type) -> Any:
        if isinstance(value, tuple):
            parts = [self(part) for part in value]
            same = all(mine is theirs for mine, theirs in zip(parts, value, strict=True))
            return value if same else tuple.__new__(kind, parts)
        if kind is list:
            return [self(part) for part in value]
        if kind is set or kind is frozenset:
            return kind([self(part) for part in list(value)[:: self.step]])
        if kind is dict:
            return {self(k): self(v) for k, v in list(value.items())[:: self.step]}
        return self._rebuilt(value)

    def _rebuilt(self, value: Any) -> Any:
        make, arguments, state, items, pairs = _taken_apart(value)
        new = make(*[self(part) for part in arguments])
        self.copies[id(value)] = new
        for item in items:
            new.append(self(item))
        for k, v in pairs:
            new[self(k)] = self(v)
        if state is None:
            return new
        state = self(state)
        if hasattr(new, "__setstate__"):
            new.__setstate__(state)
            return new
        attributes, slots = state if isinstance(state, tuple) else (state, None)
        for name, part in {**(attributes or {}), **(slots or {})}.items():
            object.__setattr__(new, name, part)
        return new


def _function(value: FunctionType) -> tuple[Any, tuple[Any, ...]]:
    """How to make a function again, and from what: its code, its defaults and the variables around it."""

    def made(code: CodeType, defaults: Any, named_defaults: Any, *around: CellType) -> FunctionType:
        if not around:
            return value
        new = FunctionType(code, value.__globals__, value.__name__, defaults, around)
        new.__kwdefaults__ = named_defaults
        return new

    around = value.__closure__ or ()
    return made, (value.__code__, value.__defaults__, value.__kwdefaults__, *around)


FUNCTIONS: dict[type, Callable[[Any], tuple[Any, tuple[Any, ...]]]] = {
    FunctionType: _function,
    MethodType: lambda method: (MethodType, (method.__func__, method.__self__)),
    CellType: lambda cell: (CellType, (cell.cell_contents,)),
}


def _taken_apart(value: Any) -> tuple[Any, tuple[Any, ...], Any, Iterable[Any], Iterable[tuple[Any, Any]]]:
    """What an object is made of, as the copy protocol of Python tells it."""
    kind = type(value)
    if isinstance(value, Random):
        raise NotExplorable("a source of random numbers; use self.choose(), which tries every option")
    try:
        if kind in FUNCTIONS:
            return *FUNCTIONS[kind](value), None, (), ()
        parts = dispatch_table[kind](value) if kind in dispatch_table else value.__reduce_ex__(4)
    except Exception:
        raise NotExplorable(
            f"a {kind.__name__}, which cannot be copied or compared; keep plain data instead"
        ) from None
    if isinstance(parts, str):  # the name of something that there is only once
        return lambda _: value, (parts,), None, (), ()
    make, arguments, state, items, pairs = (*parts, None, None, None)[:5]
    return make, arguments, state, items or (), pairs or ()
