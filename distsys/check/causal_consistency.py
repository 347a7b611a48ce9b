"""Causal consistency: did nobody see an effect without its cause?

An operation comes causally before another if one client did both in that order, or if the other saw what the
one wrote, or through a chain of such steps. A history is causally consistent if each client can explain
what it saw by an order of its own of all writes and its own reads, an order that keeps causes before effects
(causal memory; Ahamad, Neiger, Burns, Kohli and Hutto, 1995). Concurrent writes may come in different orders
for different clients.

The decision follows Bouajjani, Enea, Guerraoui and Hamza (2017). If a client read one write of a key, every
other write of that key that it must have had by then came before that one. Add this to the causal order until
nothing is new; the client has an order unless that goes round in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import pairwise

from ..history import Op
from . import given
from .models import Model
from .observed import MOST, START, TOO_MANY, Observed, Order
from .verdict import OK, Verdict


def causal(history: Iterable[Op], model: Model, convergent: bool = False) -> Verdict:
    """Judge whether a history is causally consistent.

    A compare-and-swap reads and writes; to other clients it is a write.

    Args:
        history: what the clients asked and heard: a :class:`.History` or a list of operations; each value of
            a key is written once at most.
        model: what each key does; it must be a kind of register.
        convergent: whether instead all clients agree on one order of the writes, so that replicas which
            hear everything end up equal (Bouajjani and others call it causal convergence). Each read
            returns the newest of the writes that are causally before it. Neither kind implies the other.

    Returns:
        ``ok`` or ``illegal``; an illegal verdict names the chain of events that was ignored. ``unknown`` if
        there are too many operations.

    Raises:
        TypeError: if the history holds anything but operations, or the model is none.
        ValueError: if a value is not unique, or an operation does more than read, write or compare-and-swap.
    """
    judged = given.history(history, model, "causal(run.history, Register())")
    if len(judged) > MOST:
        return TOO_MANY
    return _Causes(Observed(judged, model)).judge(convergent)


class _Causes:
    """The causal order of a history."""

    def __init__(self, seen: Observed) -> None:
        self.seen = seen
        self.order = Order(seen)
        for row, before in seen.previous.items():
            self.order.add(before, row, f"{seen.ops[row].client} did them in this order")
        for row, source in seen.saw.items():
            if source >= 0:
                self.order.add(source, row, "the latter saw what the former wrote")

    def judge(self, convergent: bool) -> Verdict:
        """See :func:`causal`."""
        seen = self.seen
        verdict = seen.possible() and self.order.circle()
        if not verdict:
            return verdict
        past, conflicts = self.order.past(), []
        for row, source in seen.saw.items():
            for other in seen.rivals(row, past[row], past):
                if source == START or past[other] >> source & 1:
                    return self._overwritten(row, source, other)
                conflicts.append((row, source, other))
        if convergent:
            order = self.order.copy()
            for row, source, other in conflicts:
                why = f"{seen.ops[row]} had both in its past and saw the latter"
                order.add(other, source, why, partial(self.order.shown, other, row))
            return order.circle()
        doubtful = dict.fromkeys(seen.ops[row].client for row, _, _ in conflicts)
        return next((verdict for client in doubtful if not (verdict := self._for_one(client))), OK)

    def _for_one(self, client: str) -> Verdict:
        """Whether one client can explain what it saw."""
        seen, order = self.seen, self.order
        reads = [row for row in seen.saw if seen.ops[row].client == client and not seen.ops[row].pending]
        fresh = True
        while fresh:
            past, known, order, fresh = order.past(), order, order.copy(), False
            for row in reads:
                source = seen.saw[row]
                for other in seen.rivals(row, past[row], past):
                    if source == START:
                        words, rows = known.reasons(known.path(other, row))
                        what = f"{seen.ops[row]} did not see {seen.ops[other]}, which came before it"
                        return seen.illegal(f"{what}: {'; '.join(words)}", rows)
                    if not past[source] >> other & 1:
                        fresh = True
                        why = f"{seen.ops[row]} saw the latter when {client} had both"
                        order.add(other, source, why, partial(known.shown, other, row))
            verdict = order.circle()
            if not verdict:
                return verdict
        return OK

    def _overwritten(self, row: int, source: int, other: int) -> Verdict:
        ops = self.seen.ops
        chain = self.order.path(other, row)
        if source == START:
            words = f"{ops[row]} did not see {ops[other]}"
        else:
            chain = [*self.order.path(source, other), *chain[1:]]
            words = f"{ops[row]} saw {ops[source]}, which {ops[other]} had replaced"
        return self.seen.illegal(f"{words}, in its own causal past: {self._words(chain)}", chain)

    def _words(self, chain: list[int]) -> str:
        ops, saw = self.seen.ops, self.seen.saw
        words = str(ops[chain[0]])
        for one, two in pairwise(chain):
            words += f", which {ops[two]} saw" if saw.get(two) == one else f", before {ops[two]}"
        return words
