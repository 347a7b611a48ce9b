"""Dependencies: which transaction must come before which, judging by what they read?

Adya's three dependencies (1999) between transactions that took effect:

- *ww*: the second wrote the version of an object that follows the one that the first wrote;
- *wr*: the second read the version that the first wrote;
- *rw*: the first read a version, and the second wrote the one that follows it.

They need the order of the versions of each object. Clients do not see it, but they see enough if the values
are well chosen (Kingsbury and Alvaro, 2020). If every write appends a unique value to a list, each read shows
the whole order up to then; what nobody saw came last. With registers of unique values a read shows only who
wrote what it saw. Everything else that is certain starts from there: the initial value comes first, and a
transaction that reads one value and writes another has replaced it. The writers whose order stays open are
listed in ``rivals``.

An edge to a *later* version than the next one counts as an edge to the next. That changes no circle's name,
because ww edges lead on from there.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..history import PENDING
from .txn import Step, Txn

Kind = Literal["ww", "wr", "rw", "session", "time"]

Edge = tuple[int, int, Kind, Hashable, Any]
"""One before another, why, and for the first three kinds the key and the value that was written or missed."""


@dataclass(frozen=True)
class Flaw:
    """Something that is wrong without any circle.

    Attributes:
        name: ``G1a``, ``G1b``, ``internal``, ``garbage``, ``duplicate`` or ``incompatible order``.
        words: what is wrong.
        numbers: of the transactions that are involved.
    """

    name: str
    words: str
    numbers: tuple[int, ...]


@dataclass(slots=True)
class Object:
    """What is known of one key.

    Attributes:
        writers: who wrote each value.
        intermediate: the values that their writer replaced itself before it ended.
        aborted: the values whose writers aborted.
        latest: who wrote what was collected last.
        value: and that value.
        longest: the longest read of a list.
        reader: who made it.
        sources: who appended each value of it; -1 if that tells nothing.
        unseen: who appended what nobody read, and what.
    """

    writers: dict[Any, int] = field(default_factory=dict)
    intermediate: set[Any] = field(default_factory=set)
    aborted: set[Any] = field(default_factory=set)
    latest: int = -1
    value: Any = None
    longest: tuple[Any, ...] = ()
    reader: int = -1
    sources: list[int] = field(default_factory=list)
    unseen: dict[int, Any] = field(default_factory=dict)


class Dependencies:
    """What reads tell about a history of transactions.

    Args:
        transactions: all of them; those of one client in the order in which it made them.

    Attributes:
        transactions: the same, with names.
        effective: the numbers of those that took effect: they committed, or their status is unknown but
            somebody saw them.
        unknown: the numbers of those of unknown status.
        aborted: the numbers of those that aborted.
        edges: who must come before whom.
        flaws: what is wrong without any circle.
        rivals: for each key the effective transactions of which nobody knows who wrote first; each with the
            value that it left there.
        readers: who read a value of a register that somebody else wrote; None is the initial value.

    Raises:
        ValueError: if a value is written twice, or if both lists and registers occur.
    """

    verb: str

    def __init__(self, transactions: Sequence[Txn]) -> None:
        self.transactions = transactions
        self.steps: list[tuple[Step, ...]] = [one.argument for one in transactions]
        self.unknown = {number for number, one in enumerate(transactions) if one.result is None}
        self.aborted = {number for number, one in enumerate(transactions) if one.result is False}
        self.effective = set(range(len(transactions))) - self.unknown - self.aborted
        self.objects: dict[Hashable, Object] = {}
        self.edges: list[Edge] = []
        self.flaws: list[Flaw] = []
        self.rivals: dict[Hashable, dict[int, Any]] = {}
        self.readers: dict[tuple[Hashable, Any], list[int]] = {}
        self._flawed: set[tuple[str, Hashable, Any]] = set()
        self._collect()

    def name(self, number: int) -> str:
        """What to call a transaction."""
        return self.transactions[number].name or f"T{number + 1}"

    def flaw(self, name: str, key: Hashable, value: Any, words: str, *numbers: int) -> None:
        """Note something that is wrong without any circle; the same thing only once."""
        if (name, key, value) not in self._flawed:
            self._flawed.add((name, key, value))
            self.flaws.append(Flaw(name, words, tuple(dict.fromkeys(numbers))))

    def left(self, number: int, key: Hashable) -> Any:
        """The last value that a transaction wrote to a key."""
        return [value for verb, at, value in self.steps[number] if verb == self.verb and at == key][-1]

    def _collect(self) -> None:
        """Find out who wrote what."""
        objects, expected = self.objects, self.verb
        for number, steps in enumerate(self.steps):
            for verb, key, value in steps:
                if verb == expected:
                    known = objects.get(key)
                    if known is None:
                        known = objects[key] = Object()
                    if value in known.writers:
                        raise ValueError(self._twice(number, known.writers[value], key, value))
                    known.writers[value] = number
                    if known.latest == number:
                        known.intermediate.add(known.value)
                    known.latest, known.value = number, value
                elif verb != "read":
                    raise ValueError(
                        f"a history is about lists or about registers, but {self.name(number)} did {verb!r} "
                        f"and others {expected!r}; judge them apart"
                    )
        for number in self.aborted:
            for verb, key, value in self.steps[number]:
                if verb == expected:
                    objects[key].aborted.add(value)

    def _twice(self, one: int, two: int, key: Hashable, value: Any) -> str:
        both = dict.fromkeys((self.name(two), self.name(one)))
        return (
            f"values must be unique, but {value!r} was written twice to {key}, by {' and by '.join(both)}; "
            "let each write have a value of its own"
        )

    def _admit(self, numbers: Iterable[int]) -> list[int]:
        """Transactions of unknown status that somebody saw took effect."""
        waiting = self.unknown - self.effective
        found = [one for one in dict.fromkeys(numbers) if one in waiting] if waiting else []
        self.effective.update(found)
        return found

    def _judge_source(self, number: int, key: Hashable, value: Any) -> int:
        """Who wrote what a transaction read from somebody else; -1 if that makes no dependency."""
        known, name = self.objects.get(key), self.name(number)
        source = known.writers.get(value, -1) if known else -1
        if known is None or source < 0:
            words = f"{name} read {value!r} from {key}, which nobody wrote"
            self.flaw("garbage", key, value, words, number)
        elif source == number:
            words = f"{name} read {value!r} from {key} before it wrote that itself"
            self.flaw("internal", key, value, words, number)
        elif value in known.aborted:
            words = f"{name} read {value!r} from {key}, but {self.name(source)}, which wrote it, aborted"
            self.flaw("G1a", key, value, words, number, source)
        elif value in known.intermediate:
            words = f"{name} read {value!r} from {key}, which {self.name(source)} itself replaced afterwards"
            self.flaw("G1b", key, value, words, number, source)
        else:
            return source
        return -1


def realtime(known: Dependencies, clocks: bool) -> tuple[list[Edge], int]:
    """What came before what for a client, and perhaps by the clock.

    A transaction of unknown status may take effect later, so nothing comes after it. By the clock there are
    many pairs, so these edges go through *moments*: nodes beyond the transactions. Each return leads to a
    moment, each moment to the next, and the last one before a call leads to the caller.

    Args:
        known: the dependencies, for the sake of which transactions took effect.
        clocks: whether to look at calls and returns.

    Returns:
        The edges, and how many nodes there are now.

    Raises:
        ValueError: if a client made two transactions at once, or if a time is missing.
    """
    edges: list[Edge] = []
    events = []
    last: dict[str, int] = {}
    for number in sorted(known.effective):
        one = known.transactions[number]
        before = last.get(one.client, -1)
        if before >= 0:
            edges.append((before, number, "session", None, None))
            if one.call < known.transactions[before].ret < PENDING:
                raise ValueError(
                    f"{one.client} called {known.name(number)} before {known.name(before)} returned; "
                    "a client does one thing at a time"
                )
        events.append((one.call, 0, number))
        if one.status == "committed":
            last[one.client] = number
            events.append((one.ret, 1, number))
            if clocks and one.pending:
                raise ValueError(
                    f"strict serializability needs times, but {known.name(number)} has none; "
                    "give each committed transaction call and ret"
                )
    moment = first = len(known.transactions)
    fresh = False  # whether nobody was called since the newest moment
    for _, returns, number in sorted(events) if clocks else ():
        if returns:
            if not fresh:
                if moment > first:
                    edges.append((moment - 1, moment, "time", None, None))
                moment, fresh = moment + 1, True
            edges.append((number, moment - 1, "time", None, None))
        else:
            if moment > first:
                edges.append((moment - 1, number, "time", None, None))
            fresh = False
    return edges, moment
