"""Histories inside states: what have the clients asked and heard on the way here?

A client is a node that says so in its notes: ``self.note("call", kind="write", argument=1)`` when it asks
and ``self.note("return", result=None)`` when it hears back. Whether a history is linearizable depends only on
which operation returned before which was called. So calls that follow each other have no order, nor have
returns, and histories that differ in nothing else are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..history import PENDING, History, Op
from ..trace import Trace, canonical
from .values import Copy, NotExplorable

HISTORY_BITS = 20

OBSERVED = ("call", "return")

Entry = tuple[str, str, tuple[tuple[str, Any], ...]]  # call or return, the client, the facts
Judge = Callable[[History], object]


class Histories:
    """Every different history that was met, by number; 0 is the empty one.

    Args:
        judge: says whether a history is allowed; None if nobody asks.
    """

    def __init__(self, judge: Judge | None) -> None:
        self.judge = judge
        self.entries: list[tuple[Entry, ...]] = [()]
        self._numbers: dict[tuple[Entry, ...], int] = {(): 0}
        self._after: dict[tuple[int, str, tuple[Any, ...]], int] = {}
        self._verdicts: dict[int, str] = {}

    def after(self, number: int, client: str, observed: tuple[Any, ...]) -> int:
        """The history that follows when a client makes these notes."""
        if self.judge is None:
            return 0
        found = self._after.get((number, client, observed))
        if found is None:
            entries = self.entries[number]
            for kind, facts in observed:
                entries = _extended(entries, (kind, client, facts))
            found = self._after[number, client, observed] = self._intern(entries)
        return found

    def renamed(self, number: int, names: Mapping[str, str]) -> int:
        """The same history with other names for everyone."""
        entries: tuple[Entry, ...] = ()
        for entry in Copy(names)(self.entries[number]):
            entries = _extended(entries, entry)
        return self._intern(entries)

    def problem(self, number: int) -> str:
        """Why a history is not allowed; empty if it is."""
        if self.judge is None:
            return ""
        if number not in self._verdicts:
            self._verdicts[number] = objection(self.judge, _in_order(self.entries[number]))
        return self._verdicts[number]

    def _intern(self, entries: tuple[Entry, ...]) -> int:
        number = self._numbers.setdefault(entries, len(self.entries))
        if number == len(self.entries):
            self.entries.append(entries)
            if number >> HISTORY_BITS:
                raise NotExplorable(f"there are more than {number:,} histories; let the clients ask for less")
        return number


def objection(judge: Judge, entries: Iterable[tuple[int, Entry]]) -> str:
    """Why a history is not allowed; empty if it is.

    Args:
        judge: says whether it is.
        entries: calls and returns, each with its time in microseconds.
    """
    history = _history(entries)
    verdict = judge(history)
    why = getattr(verdict, "explanation", "") or f"the clients' history is not allowed:\n{history}"
    return "" if verdict else str(why)


def noted(trace: Trace) -> Iterator[tuple[int, Entry]]:
    """What the clients noted in a trace."""
    for record in trace:
        if record.kind == "note" and record.data[0] in OBSERVED:
            yield record.time, (record.data[0], record.node, record.data[1])


def _in_order(entries: Iterable[Entry]) -> Iterator[tuple[int, Entry]]:
    """Entries without times: neighbouring calls happen at one time, and so do neighbouring returns."""
    time, before = 0, ""
    for entry in entries:
        time += 1000 * (entry[0] != before)
        before = entry[0]
        yield time, entry


def _history(entries: Iterable[tuple[int, Entry]]) -> History:
    ops: list[Op] = []
    pending: dict[str, int] = {}
    for time, (kind, client, facts) in entries:
        if kind == "call":
            pending[client] = len(ops)
            ops.append(Op(client, time, PENDING, **_checked(client, facts, {"kind", "key", "argument"})))
        elif client in pending:
            place = pending.pop(client)
            ops[place] = replace(ops[place], ret=time, **_checked(client, facts, {"result"}))
        else:
            raise NotExplorable(f"{client} notes a return without a call before it")
    return History(ops)


def _extended(entries: tuple[Entry, ...], entry: Entry) -> tuple[Entry, ...]:
    """Put an entry where it belongs among those of its kind at the end."""
    place = len(entries)
    while place and entries[place - 1][0] == entry[0] and canonical(entries[place - 1]) > canonical(entry):
        place -= 1
    return (*entries[:place], entry, *entries[place:])


def _checked(client: str, facts: tuple[tuple[str, Any], ...], allowed: set[str]) -> dict[str, Any]:
    given = dict(facts)
    if not given.keys() <= allowed or ("kind" in allowed and "kind" not in given):
        raise NotExplorable(
            f"{client} notes {', '.join(given) or 'nothing'}; a call has kind, and may have key and "
            "argument; a return has result"
        )
    return given
