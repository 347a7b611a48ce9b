"""What checkers are given: is it something that they can judge?

A wrong kind is refused at once, in one sentence that says what to pass. Otherwise it would fail somewhere in
an algorithm, or worse, pass: the class of a model has attributes enough to look like one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from ..history import History, Op
from .models import Model

SHORT = 40
"""How many characters of something wrong are worth quoting."""


def operations(given: object, usage: str) -> list[Op]:
    """The operations of a history, or of any other iterable of them, in the order in which they come.

    Args:
        given: what the caller passed.
        usage: how to call the checker, for the error.

    Raises:
        TypeError: if it holds anything but operations, or cannot hold any.
    """
    if isinstance(given, History):
        return given.ops
    if hasattr(given, "history"):
        raise TypeError(f"give the history of the run: {usage}, not {_kind(given)}")
    if not isinstance(given, Iterable):
        raise TypeError(f"give a history or a list of operations: {usage}, not {_kind(given)}")
    ops = list(given)
    for number, op in enumerate(ops, 1):
        if not isinstance(op, Op):
            raise TypeError(
                f"item {number} of the {type(given).__name__} is no operation (an Op), but {_kind(op)}; "
                f"give a history or a list of operations: {usage}"
            )
    return ops


def history(given: object, model: object, usage: str) -> History:
    """A history, made of operations if need be; the model is looked at too.

    Args:
        given: what the caller passed as the history.
        model: what the caller passed as the model.
        usage: how to call the checker, for the error.

    Raises:
        TypeError: if either is of another kind.
    """
    ops = operations(given, usage)
    if isinstance(model, type) and issubclass(model, Model):
        raise TypeError(f"give a model, not its class: {model.__name__}() instead of {model.__name__}")
    if not isinstance(model, Model):
        raise TypeError(f"give a model such as Register() after the history: {usage}, not {_kind(model)}")
    return given if isinstance(given, History) else History(ops)


def states(given: object) -> Mapping[str, Any]:
    """The states of replicas by their names.

    Raises:
        TypeError: if there are no names.
    """
    if not isinstance(given, Mapping):
        raise TypeError(
            f"give the state of each replica by its name: converged({{'n1': …, 'n2': …}}), not {_kind(given)}"
        )
    return given


def names(given: object, what: str) -> list[Hashable]:
    """The names of requests.

    Args:
        given: what the caller passed.
        what: which requests these are, for the error.

    Raises:
        TypeError: if it is no collection, one text, or if something in it is no name.
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(
            f"give the names of all requests that were {what}: exactly_once(asked, done), not {_kind(given)}"
        )
    found = list(given)
    for name in found:
        try:
            hash(name)
        except TypeError:
            raise TypeError(
                f"the name of a request is a text, a number or a tuple of them, not {name!r}"
            ) from None
    return found


def _kind(given: object) -> str:
    """Something wrong, in a few characters."""
    if isinstance(given, type):
        return f"the class {given.__name__}"
    kind, words = type(given).__name__, repr(given)
    plain = len(words) <= SHORT and not words.startswith("<")
    return f"{words} ({kind})" if plain else f"a value of type {kind}"
