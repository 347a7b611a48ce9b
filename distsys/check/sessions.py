"""Sessions: what may a client count on, although no single order explains what all clients saw?

The *session guarantees* (Terry, Demers, Petersen, Spreitzer, Theimer and Welch, 1994) are promises to one
client. A read returns the newest of the writes that are *visible* to it, and newest means last in one order
of all writes, the same for everybody. The guarantees say what must be visible, and what comes before what:

- ``read your writes``: your own earlier writes are visible to your reads;
- ``monotonic reads``: what was visible to your earlier reads is visible to your later ones;
- ``monotonic writes``: your writes are ordered as you made them, and none is visible without those before;
- ``writes follow reads``: a write comes after the writes that its client had seen, and none is visible
  without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Literal, get_args

from ..history import Op
from . import given
from .models import Model
from .observed import MOST, START, TOO_MANY, Observed, Order
from .verdict import Verdict

Guarantee = Literal["read your writes", "monotonic reads", "monotonic writes", "writes follow reads"]


def session(history: Iterable[Op], model: Model, *guarantees: Guarantee) -> Verdict:
    """Judge whether there is an order of all writes that keeps some session guarantees, all at the same time.

    A pending write may be seen by anybody, but its client does not count on it.

    Args:
        history: what the clients asked and heard: a :class:`.History` or a list of operations; each value of
            a key is written once at most.
        model: what each key does; it must be a kind of register.
        guarantees: which ones; all four if none is named.

    Returns:
        ``ok`` or ``illegal``; an illegal verdict names the operations that contradict each other. ``unknown``
        if there are too many operations.

    Raises:
        TypeError: if the history holds anything but operations, or the model is none.
        ValueError: if a guarantee has another name, a value is not unique, or an operation does more than
            read, write or compare-and-swap.
    """
    judged = given.history(history, model, 'session(run.history, Register(), "monotonic reads")')
    known = get_args(Guarantee)
    for name in guarantees:
        if name not in known:
            raise ValueError(f"there is no guarantee {name!r}, only {', '.join(known)}")
    if len(judged) > MOST:
        return TOO_MANY
    return _Sessions(Observed(judged, model), frozenset(guarantees or known)).judge()


class _Sessions:
    """Session guarantees as constraints on one order of all writes."""

    def __init__(self, seen: Observed, guarantees: frozenset[str]) -> None:
        self.seen, self.guarantees = seen, guarantees
        self.order = Order(seen)

    def judge(self) -> Verdict:
        """See :func:`session`."""
        verdict = self.seen.possible()
        if verdict:
            self._order_writes()
            verdict = self.order.circle()
        return verdict and self._order_reads()

    def _order_writes(self) -> None:
        """What the guarantees of writes demand, and that a compare-and-swap comes after what it saw."""
        seen, updates = self.seen, set(self.seen.updates)
        follow, chained = "writes follow reads" in self.guarantees, "monotonic writes" in self.guarantees
        for row in seen.updates:
            client = seen.ops[row].client
            if seen.saw.get(row, START) >= 0:
                self.order.add(seen.saw[row], row, "the latter replaced what the former wrote")
            for before in self._before(row):
                source = seen.saw.get(before, START)
                if follow and source >= 0:
                    why = f"{client} had seen the former when it wrote the latter (writes follow reads)"
                    self.order.add(source, row, why, partial(tuple, [before]))
                if chained and before in updates:
                    self.order.add(before, row, f"{client} wrote them in this order (monotonic writes)")
                    break  # what is before that write is before this one too

    def _before(self, row: int) -> Iterator[int]:
        """What the client of a row did before, the latest first."""
        while row in self.seen.previous:
            row = self.seen.previous[row]
            yield row

    def _order_reads(self) -> Verdict:
        """What is visible to a read, but not what it returned, comes before what it returned."""
        seen, past, order = self.seen, self.order.past(), self.order.copy()
        closed = {row: past[row] | 1 << row for row in seen.updates}
        own: dict[str, int] = {}  # for each client: what its writes made visible to it
        known: dict[str, int] = {}  # and its reads
        for row, op in enumerate(seen.ops):
            mine, heard = own.get(op.client, 0), known.get(op.client, 0)
            if row in seen.saw:
                source = seen.saw[row]
                newest = closed[source] if source >= 0 else 0
                for other in seen.rivals(row, (mine | heard) & ~newest, closed):
                    name = "read your writes" if mine >> other & 1 else "monotonic reads"
                    shown = partial(self._shown, row, other, name, closed)
                    if source == START:
                        words = f"{op} should have seen {seen.ops[other]} or a later write ({name})"
                        return seen.illegal(words, [row, *shown()])
                    why = f"{op} saw the latter although the former was visible to it ({name})"
                    order.add(other, source, why, shown)
                if "monotonic reads" in self.guarantees and not op.pending:
                    known[op.client] = heard | newest
            if row in closed and "read your writes" in self.guarantees and not op.pending:
                own[op.client] = mine | closed[row]
        return order.circle()

    def _shown(self, row: int, other: int, name: str, closed: Mapping[int, int]) -> list[int]:
        """The operations that show that a guarantee makes a write visible to a read."""
        for before in self._before(row):
            write = before if name == "read your writes" else self.seen.saw.get(before, START)
            if write in closed and closed[write] >> other & 1:
                return [row, before, *self.order.shown(other, write)]
        raise AssertionError("nothing is visible without a reason")
