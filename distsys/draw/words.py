"""Words: what does a space-time diagram tell those who do not see it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..trace import EVENTS, Record, canonical


def count(number: int, noun: str) -> str:
    """So many things: ``1 node``, ``2 nodes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def moment(time_us: int, timed: bool) -> str:
    """A moment: ``3 ms``; or ``step 3`` if time means nothing and each millisecond is a step."""
    return f"{time_us / 1000:g} ms" if timed else f"step {time_us / 1000:g}"


def told_faults(records: Iterable[Record], timed: bool) -> Iterator[str]:
    """The faults of a trace, a sentence each."""
    for record in records:
        if record.kind not in EVENTS and record.kind not in ("drop", "note"):
            yield f"At {moment(record.time, timed)} {_fault(record)}."


def _fault(record: Record) -> str:
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
    """Writes messages, each of them once: the same one is sent, delivered and told.

    Args:
        timed: whether the time of a record means something; else its milliseconds are called steps.
    """

    def __init__(self, timed: bool = True) -> None:
        self.timed = timed
        self._said: dict[int, _Said] = {}

    def __call__(self, message: object) -> str:
        """A message as text."""
        return self._find(message).words

    def record(self, record: Record) -> str:
        """A record as text, the same as ``str(record)`` if it is timed."""
        if record.kind in ("send", "deliver"):
            record = record._replace(data=self._find(record.data))
        return str(record) if self.timed else f"{self.when(record)}  {str(record).partition(' ms  ')[2]}"

    def when(self, *records: Record) -> str:
        """The moments of one or two records."""
        times = [record.time / 1000 for record in records]
        if self.timed:
            return " → ".join(f"{time:.3f}" for time in times) + " ms"
        return "step " + " → ".join(f"{time:g}" for time in times)

    def _find(self, message: object) -> _Said:
        said = self._said.get(id(message))
        if said is None:
            said = self._said[id(message)] = _Said(canonical(message))
        return said
