"""Handles: what stands for an object of the student's process in a check.

A handle can be called, asked for public attributes, items and its length, and iterated over. It is never
compared: the object could say that it equals everything.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Never

from .errors import CannotCross, NotPlain

if TYPE_CHECKING:
    from .link import Link

MOST_ITEMS = 100_000
CHUNK = 500
ONE_BY_ONE = 2000  # items of an iterator that may notice who reads ahead
PURE = {f"{kind}_iterator" for kind in ("list", "tuple", "set", "range", "str", "_deque", "odict")} | {
    f"dict_{part}iterator" for part in ("key", "value", "item")
}
"""Iterators that cannot notice if somebody reads ahead."""


class Handle:
    """An object of the student's process."""

    __slots__ = ("__weakref__", "_class", "_given", "_link", "_name", "_number", "_sort")

    _class: int
    _given: int
    _link: Link
    _name: str
    _number: int
    _sort: str

    def __init__(self, link: Link, number: int, cls: int, name: str, sort: str) -> None:
        keep = object.__setattr__
        keep(self, "_link", link)
        keep(self, "_number", number)
        keep(self, "_class", cls)
        keep(self, "_name", name)
        keep(self, "_sort", sort)
        keep(self, "_given", 0)

    def __del__(self) -> None:
        self._link.release(self._number)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call the object."""
        return self._link.call(self._number, arguments, options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{name} of the student's {self._name} is private; check what is public")
        if self._sort != "class" and name in self._link.mirrors.methods(self._class):
            return Bound(self, name)
        return self._link.ask("attribute", self._number, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            raise AttributeError(f"{name} of the student's {self._name} is private")
        writer = self._link.writer()
        tree, raw = self._link.exchange("set", [self._number, name, writer(value)], writer.raw)
        self._link._outcome(tree, raw, writer)

    def __len__(self) -> int:
        length = self._link.ask("word", "len", self._number)
        if type(length) is not int:
            raise NotPlain(f"the length of the student's {self._name} is no whole number")
        return length

    def __getitem__(self, key: Any) -> Any:
        return self._link.send(["item", self._number, "getitem"], [key])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._link.send(["item", self._number, "setitem"], [key, value])

    def __delitem__(self, key: Any) -> None:
        self._link.send(["item", self._number, "delitem"], [key])

    def __iter__(self) -> Iterator[Any]:
        if self._sort == "iterator":
            return self
        return _items(self._link.ask("word", "iter", self._number))

    def __next__(self) -> Any:
        items = self._link.ask("more", self._number, 1)
        if type(items) is not list or len(items) > 1:
            raise NotPlain(f"the student's {self._name} gave no item")
        if not items:
            raise StopIteration
        object.__setattr__(self, "_given", self._given + 1)
        _refuse_more(self._given)
        return items[0]

    def __await__(self) -> Generator[None, None, Any]:
        task = self._link.ask("start", self._number)
        yield  # what is awaited beside it starts, too
        return self._link.ask("await", task._number)

    def __enter__(self) -> Any:
        return self._link.call([self._number, "__enter__"], (), {})

    def __exit__(self, kind: object, error: object, trace: object) -> Any:
        return self._link.call([self._number, "__exit__"], (None, None, None), {})

    def __str__(self) -> str:
        text = self._link.ask("word", "str", self._number)
        return text if type(text) is str else repr(self)

    def __repr__(self) -> str:
        return f"<the student's {self._name}>"

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        if self._sort == "data":
            if self is other:
                return True
            if isinstance(other, Handle) and other._sort == "data":
                mine = self._link.ask("fields", self._number)
                return bool(mine == other._link.ask("fields", other._number))
            if other is None:
                return False
        self._refuse()
        return None

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __bool__(self) -> bool:  # noqa: PLE0304 - it always raises
        self._refuse()

    def __contains__(self, item: object) -> bool:
        self._refuse()

    def _refuse(self, *_: object) -> Never:
        raise NotPlain(
            f"this is an object of the student's class {self._name}, and it could claim to equal anything; "
            "compare its attributes, or what its methods return, or ask for its opinion with "
            'operate(a, "==", b)'
        )

    __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __and__ = __rand__ = __or__ = __ror__ = _refuse
    __int__ = __float__ = __index__ = __neg__ = __abs__ = __round__ = _refuse

    def __reduce_ex__(self, _: object) -> Never:
        raise TypeError(f"the student's {self._name} cannot be copied; keep plain data instead")


class Bound:
    """A method of an object of the student's process."""

    __slots__ = ("handle", "name")

    def __init__(self, handle: Handle, name: str) -> None:
        self.handle, self.name = handle, name

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call the method."""
        return self.handle._link.call([self.handle._number, self.name], arguments, options)

    def __repr__(self) -> str:
        return f"<the method {self.name} of the student's {self.handle._name}>"

    def __eq__(self, other: object) -> bool:
        raise NotPlain(
            f"{self.name} is a method of the student's {self.handle._name}; call it: {self.name}()"
        )

    __hash__ = None  # type: ignore[assignment]  # what cannot be compared has no place in a set

    def __bool__(self) -> bool:
        raise NotPlain(
            f"{self.name} is a method of the student's {self.handle._name}; call it: {self.name}()"
        )


def _items(iterator: Any) -> Iterator[Any]:
    """The items of an iterator of the student's process, unless there are too many."""
    if not isinstance(iterator, Handle):
        raise NotPlain("the student's object gave no iterator")
    pure, given = iterator._name in PURE, 0
    while True:
        most = CHUNK if pure or given >= ONE_BY_ONE else 1
        items = iterator._link.ask("more", iterator._number, most)
        if type(items) is not list:
            raise NotPlain(f"the student's {iterator._name} gave no items")
        yield from items
        given += len(items)
        if len(items) < most:
            return
        _refuse_more(given)


def _refuse_more(given: int) -> None:
    if given >= MOST_ITEMS:
        raise CannotCross(f"it gave {given:,} items, and goes on")


def operate(left: Any, sign: str, right: Any) -> Any:
    """What the student's own operator says, for checks of operators.

    Args:
        left: an object, usually of the student's process.
        sign: ``==``, ``<``, ``+``, ``in``, ``is`` …
        right: another one.
    """
    handle = left if isinstance(left, Handle) else right
    return handle._link.send(["operate", sign], [left, right])
