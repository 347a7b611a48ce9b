"""Words: what does a space-time diagram tell those who do not see it?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ..trace import EVENTS, Record, canonical


def count(number: int, noun: str) -> str:
    """So many things: ``1 node``, ``2 nodes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def cast(lines: Sequence[str], records: Iterable[Record]) -> str:
    """Who is there: ``3 nodes (n1, n2, n3) and 2 clients (c1, c2)``.

    A trace does not say who is a client. But nodes start, and clients just talk; so if anybody started, those
    who talk without ever having started are clients.

    Args:
        lines: the names, from top to bottom.
        records: of the trace.
    """
    did: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        did[record.kind].add(record.node)
    nodes = did["start"] | did["crash"] | did["restart"]
    talkers = did["send"] | did["deliver"]
    clients = [name for name in lines if did["start"] and name in talkers - nodes]
    servers = [name for name in lines if name not in clients]
    groups = ((servers, "node"), (clients, "client"))
    return " and ".join(f"{count(len(who), noun)} ({', '.join(who)})" for who, noun in groups if who)


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
        sent: the sends, so that what is lost can be named.
    """

    def __init__(self, timed: bool = True, sent: Iterable[Record] = ()) -> None:
        self.timed = timed
        self._sent = {record.id: record for record in sent}
        self._said: dict[int, _Said] = {}

    def __call__(self, message: object) -> str:
        """A message as text."""
        return self._find(message).words

    def record(self, record: Record) -> str:
        """A record as text, the same as ``str(record)`` if it is timed; but a drop says what was lost."""
        if record.kind == "drop" and record.id in self._sent:
            send = self._sent[record.id]
            lost = f"{send.node}'s {self(send.data)} to {send.peer} is lost ({record.data})"
            return f"{self.when(record)}  {lost}"
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
