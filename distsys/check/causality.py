"""Causality: which events of a run could have influenced which?

Event *a* happens before event *b* if both are on one node and *a* is earlier, or *a* sends the message
that *b* delivers, or a chain of such steps leads from *a* to *b* (Lamport, 1978). Two events are
concurrent if neither happens before the other.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Literal, TypeVar

from ..trace import EVENTS, Trace
from .verdict import OK, Verdict


class HappensBefore:
    """The happens-before relation of a trace.

    What happened before an event is, on each node, all up to some event of that node. So a number a node
    says it all: how many of its events are in the past (Mattern, 1989). Building the relation costs one
    pass over the trace, and a question one comparison.

    Args:
        trace: any trace; its events are the records that a process took part in (see ``trace.EVENTS``).

    Attributes:
        events: the indices of the events in the trace, in order.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.events = [index for index, record in enumerate(trace) if record.kind in EVENTS]
        lanes = {name: lane for lane, name in enumerate(trace.nodes)}
        self._lane: dict[int, int] = {}
        self._past: dict[int, tuple[int, ...]] = {}  # of each event, with itself; a count for each lane
        latest: dict[int, tuple[int, ...]] = dict.fromkeys(lanes.values(), (0,) * len(lanes))
        sent: dict[int, tuple[int, ...]] = {}
        for index in self.events:
            record = trace[index]
            lane = self._lane[index] = lanes[record.node]
            past = latest[lane]
            if record.kind == "deliver" and record.id in sent:
                past = tuple(map(max, past, sent[record.id]))
            past = (*past[:lane], past[lane] + 1, *past[lane + 1 :])
            self._past[index] = latest[lane] = past
            if record.kind == "send":
                sent[record.id] = past

    def before(self, a: int, b: int) -> bool:
        """Whether the event with index *a* happens before the event with index *b*."""
        lane = self._lane[a]
        return a != b and self._past[b][lane] >= self._past[a][lane]

    def concurrent(self, a: int, b: int) -> bool:
        """Whether neither of two different events happens before the other."""
        return a != b and not self.before(a, b) and not self.before(b, a)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Every pair of events, the earlier record first."""
        return combinations(self.events, 2)

    def decisive(self, events: Iterable[int]) -> list[tuple[int, int]]:
        """The pairs that decide the whole relation between some events.

        What happened before an event is, on each node, all up to some event of that node. So two questions
        a node are enough: does that event come before, and does the next one not? The answers to all other
        pairs follow, since an order is transitive.

        Args:
            events: indices in the trace.

        Returns:
            Pairs (*a*, *b*); ordered by *b*.
        """
        rows: dict[int, list[int]] = {lane: [] for lane in sorted(set(self._lane.values()))}
        chosen = sorted(events)
        for event in chosen:
            rows[self._lane[event]].append(event)
        counts = {lane: [self._past[event][lane] for event in row] for lane, row in rows.items()}
        found = []
        for event in chosen:
            for lane, row in rows.items():
                known = bisect_right(counts[lane], self._past[event][lane])
                last = known - 1 - (lane == self._lane[event])  # of its own node the one before itself
                found += [(row[place], event) for place in (last, known) if 0 <= place < len(row)]
        return found


def noted_stamps(trace: Trace) -> dict[int, Any]:
    """The stamps that nodes gave to their events, by index in the trace.

    The stamp of a send is the field ``stamp`` of its message. The stamp of any other event is the fact
    ``stamp`` that its handler noted (``self.note(stamp=…)``).
    """
    stamps: dict[int, Any] = {}
    current: dict[str, int] = {}
    for index, record in enumerate(trace):
        if record.kind == "send":
            if hasattr(record.data, "stamp"):
                stamps[index] = record.data.stamp
        elif record.kind in EVENTS:
            current[record.node] = index
        elif record.kind == "note" and "stamp" in dict(record.data[1]):
            stamps[current[record.node]] = dict(record.data[1])["stamp"]
    return stamps


PAIR = r"\('([^']*)', (-?\d+)\)"
STAMP = re.compile(rf"(?<=stamp=|stamp |.than )\(((?:{PAIR}(?:, )?)*),?\)")


def show_stamps(text: str) -> str:
    """Write the vector stamps in a sentence as the dictionaries that they stand for.

    What is sent or noted is frozen, so a dictionary travels as a tuple of pairs.

    Example:
        >>> show_stamps("n2 stamp=(('n1', 2), ('n2', 1))")
        "n2 stamp={'n1': 2, 'n2': 1}"
    """
    return STAMP.sub(lambda stamp: "{" + re.sub(PAIR, r"'\1': \2", stamp[1]) + "}", text)


T = TypeVar("T")
Log = Sequence[tuple[Literal["broadcast", "deliver"], Hashable]]


def clock_condition(
    order: HappensBefore, stamps: Mapping[int, T], less: Callable[[T, T], bool], exactly: bool = False
) -> Verdict:
    """Judge the stamps of a logical clock against happens-before.

    Args:
        order: the relation to respect.
        stamps: the stamp of each judged event, by its index in the trace.
        less: whether one stamp is less than another; transitive, as every order. It is asked about the
            pairs that ``order.decisive(stamps)`` names, and about no other.
        exactly: if false, *a* before *b* demands ``less(a, b)`` (Lamport's clock condition). If true, the
            converse too: concurrent events must not be ordered (what a vector clock promises).
    """
    for a, b in order.decisive(stamps):
        ordered = order.before(a, b)
        if not (ordered or exactly):
            continue
        try:
            claimed = less(stamps[a], stamps[b])
        except TypeError as error:
            why = f"the stamps of [{order.trace[a]}] and [{order.trace[b]}] cannot be compared: {error}"
            return Verdict("illegal", why, events=(a, b))
        if ordered and not claimed:
            truth, claim = "happens before", "is not less"
        elif exactly and claimed and not ordered:
            truth, claim = "does not happen before", "is less"
        else:
            continue
        said = f"[{order.trace[a]}] {truth} [{order.trace[b]}], but its stamp {stamps[a]!r} {claim} than"
        return Verdict("illegal", show_stamps(f"{said} {stamps[b]!r}"), events=(a, b))
    return OK


def causal_delivery(logs: Mapping[str, Log]) -> Verdict:
    """Judge whether every process delivered broadcasts in causal order.

    A broadcast *a* comes causally before *b* if the sender of *b* had broadcast or delivered *a* earlier,
    or through a chain of such steps. Whoever delivers *b* must have delivered *a* already, and nobody
    delivers anything twice or delivers what nobody broadcast (Birman, Schiper and Stephenson, 1991).

    Args:
        logs: what each process did, in its own order: ``("broadcast", id)`` and ``("deliver", id)``. A
            process delivers its own broadcasts too.
    """
    direct = {}
    for log in logs.values():
        known: set[Hashable] = set()
        for what, item in log:
            if what == "broadcast":
                direct[item] = frozenset(known - {item})  # it may deliver its own before it sends it
            known.add(item)
    for process, log in logs.items():
        delivered: set[Hashable] = set()
        for what, item in log:
            if what == "broadcast":
                continue
            if item not in direct:
                return Verdict("illegal", f"{process} delivers {item!r}, which nobody broadcast")
            if item in delivered:
                return Verdict("illegal", f"{process} delivers {item!r} twice")
            missing = sorted(map(repr, direct[item] - delivered))
            if missing:
                return Verdict(
                    "illegal",
                    f"{process} delivers {item!r} before {missing[0]}, although the sender of {item!r} knew "
                    f"{missing[0]} when it broadcast",
                )
            delivered.add(item)
    return OK
