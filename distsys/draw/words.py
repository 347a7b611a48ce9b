"""Words: what does a space-time diagram tell those who do not see it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..trace import EVENTS, Record, canonical

VERBS = {"crash": "crashes", "restart": "restarts", "resume": "goes on"}


def count(number: int, noun: str) -> str:
    """So many things: ``1 node``, ``2 nodes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def told_faults(records: Iterable[Record]) -> Iterator[str]:
    """The faults of a trace, a sentence each."""
    for record in records:
        if record.kind not in EVENTS and record.kind not in ("drop", "note"):
            yield f"At {record.time / 1000:g} ms {_fault(record)}."


def _fault(record: Record) -> str:
    if record.kind in VERBS:
        return f"{record.node} {VERBS[record.kind]}"
    if record.kind == "pause":
        return f"{record.node} is paused for {record.data:g} ms"
    if record.kind == "partition":
        return "the network is cut into " + " and ".join(" + ".join(group) for group in record.data)
    if record.kind == "clock":
        return f"the clock of {record.node} is changed: {record.data}"
    return str(record).partition(" ms  ")[2]


class _Said:
    """Something whose text is known."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return self.words


class Sayer:
    """Writes messages, each of them once: the same one is sent, delivered and told."""

    def __init__(self) -> None:
        self._said: dict[int, _Said] = {}

    def __call__(self, message: object) -> str:
        """A message as text."""
        return self._find(message).words

    def record(self, record: Record) -> str:
        """A record as text, the same as ``str(record)``."""
        if record.kind in ("send", "deliver"):
            record = record._replace(data=self._find(record.data))
        return str(record)

    def _find(self, message: object) -> _Said:
        said = self._said.get(id(message))
        if said is None:
            said = self._said[id(message)] = _Said(canonical(message))
        return said
