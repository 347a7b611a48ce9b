"""Convergence: do the replicas agree in the end, and was everything done once?"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from . import given
from .verdict import OK, Verdict


def converged(states: Mapping[str, Any]) -> Verdict:
    """Judge whether all replicas have the same state.

    Args:
        states: the state of each replica, by its name. Ask when no message is under way any more.

    Returns:
        ``ok`` or ``illegal``; ``unknown`` if there are not two replicas to compare.

    Raises:
        TypeError: if the states have no names.
    """
    states = given.states(states)
    if len(states) < 2:
        return Verdict("unknown", f"it takes two replicas to agree, and there are {len(states)}")
    (first, state), *others = states.items()
    for name, other in others:
        if other != state:
            return Verdict("illegal", f"{first} has {state!r}, but {name} has {other!r}")
    return OK


def exactly_once(
    asked: Iterable[Hashable], done: Iterable[Hashable], maybe: Iterable[Hashable] = ()
) -> Verdict:
    """Judge whether everything that was asked for was done once, and nothing else.

    Args:
        asked: the requests that were acknowledged, each with a name of its own.
        done: what was done, in any order.
        maybe: the requests that were never acknowledged: each may have been done once, or not at all.

    Raises:
        TypeError: if one of them is no collection of names.
        ValueError: if two requests have the same name.
    """
    required, possible = given.names(asked, "acknowledged"), given.names(maybe, "never acknowledged")
    names = set(required) | set(possible)
    if len(names) < len(required) + len(possible):
        raise ValueError("two requests have the same name, so one cannot tell whether both were done")
    times: dict[Hashable, int] = {}
    for name in given.names(done, "done"):
        if name not in names:
            return Verdict("illegal", f"{name!r} was done, but nobody asked for it")
        times[name] = times.get(name, 0) + 1
    for name, count in times.items():
        if count > 1:
            return Verdict("illegal", f"{name!r} was done {count} times")
    for name in required:
        if name not in times:
            return Verdict("illegal", f"{name!r} was acknowledged, but never done")
    return OK
