"""Guests: what the student's code sees of an object that a check passed in.

The object itself stays with the judge. A guest can be called, iterated over, or asked for public attributes,
whatever the judge allows; each use is a question back to the judge while a call is running.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakValueDictionary

from .errors import CannotCross

Ask = Callable[..., Any]


class Salted(str):
    """A name whose hash the judge has chosen, so that the order of a set of names shows itself."""

    __slots__ = ("hashed",)
    hashed: int

    def __new__(cls, text: str, hashed: int) -> Salted:
        """The same text with this hash."""
        made = super().__new__(cls, text)
        made.hashed = hashed
        return made

    def __hash__(self) -> int:
        return self.hashed


class Guest:
    """An object of the judge."""

    __slots__ = ("__weakref__", "_ask", "_number")

    def __init__(self, ask: Ask, number: int) -> None:
        object.__setattr__(self, "_ask", ask)
        object.__setattr__(self, "_number", number)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"an object that a check passed in shows no {name}")
        return self._ask("attribute", self._number, name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name} cannot be set: the object belongs to the check")


class GuestFunction(Guest):
    """A function of the judge."""

    __slots__ = ()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Let the judge call it."""
        return self._ask("call", self._number, list(arguments), options)


class GuestCoroutine(Guest):
    """An async function of the judge; it must not wait for anything but its turn."""

    __slots__ = ()

    async def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Let the judge run it."""
        return self._ask("call", self._number, list(arguments), options)


class GuestIterator(Guest):
    """An iterator of the judge."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        more, value = self._ask("next", self._number)
        if not more:
            raise StopIteration
        return value


SORTS: dict[str, type[Guest]] = {
    "object": Guest,
    "function": GuestFunction,
    "coroutine": GuestCoroutine,
    "iterator": GuestIterator,
}
KINDS = frozenset({Salted, *SORTS.values()})


class Guests:
    """All objects of one judge.

    Args:
        ask_back: asks the judge who is there now.
    """

    def __init__(self, ask_back: Ask) -> None:
        self._ask_back, self._left = ask_back, False
        self._known: WeakValueDictionary[int, Guest] = WeakValueDictionary()

    def ask(self, kind: str, *parts: Any) -> Any:
        """Ask the judge whose objects these are."""
        if self._left:
            raise RuntimeError("an object that an earlier check passed in is no longer there")
        return self._ask_back(kind, *parts)

    def guest(self, number: int, sort: str) -> Guest:
        """What stands for this object of the judge; the same one as long as somebody holds it."""
        made = self._known.get(number)
        if made is None:
            made = self._known[number] = SORTS[sort](self.ask, number)
        return made

    def number_of(self, value: Guest) -> int:
        """The judge's number of its object."""
        number: int = object.__getattribute__(value, "_number")
        if self._known.get(number) is not value:
            raise CannotCross("it holds an object that an earlier check passed in")
        return number

    def leave(self) -> None:
        """The judge has gone."""
        self._left = True
