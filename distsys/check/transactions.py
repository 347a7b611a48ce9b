"""Transactions: how far from one after the other did they run?

    from distsys.check.transactions import Txn, serializable

    alice = Txn("alice", [("read", "x", []), ("append", "y", 1)])
    bob = Txn("bob", [("read", "y", []), ("append", "x", 1)])
    verdict = serializable([alice, bob])                          # illegal: G2-item, T1 read x without T2's 1
    assert serializable([alice, bob], "snapshot isolation")

Each level of isolation forbids some anomalies (Adya, 1999; Adya, Liskov and O'Neil, 2000). Most are circles
in the graph of dependencies (see :mod:`.dependencies`), told apart by the edges on them:

| name | what happened |
|---|---|
| G0 | dirty write: a circle of ww |
| G1a | aborted read: somebody saw what an aborted transaction wrote |
| G1b | intermediate read: somebody saw what its writer replaced before it committed |
| G1c | circular information flow: a circle of ww and wr |
| G-single | read skew, lost update: a circle with exactly one rw |
| G-nonadjacent | long fork: a circle with several rw, no two in a row |
| G2-item | write skew: a circle with two rw in a row |

Three anomalies are so bad that every level forbids them: ``internal`` (a transaction did not see its own
write), ``garbage`` (a value that nobody wrote) and ``duplicate`` (a value twice in a list). Lists that cannot
have grown into each other, ``incompatible order``, are a sign of dirty reads, and forbidden from read
committed on. A circle that needs sessions or clocks has a name that ends in ``-session`` or ``-realtime``.

What a verdict claims:

- *Lists of unique values.* The verdict is exact. For snapshot isolation, whose test is that of Cerone and
  Gotsman (2018): some order of the versions leaves no circle without two rw in a row, a short search is
  necessary if appends that nobody read are on a circle.
- *Registers of unique values.* The order of the versions is partly unknown. ``illegal`` means that every
  order shows the anomaly that is named, or a worse one; ``ok`` that some order shows none that the level
  forbids. For snapshot isolation and above the problem is NP-complete. If transactions read what they
  overwrite, a hundred thousand can be judged; if they do not, the search may give up with more than some
  hundreds, and the verdict is ``unknown``.
- Predicates (``select … where``) are not judged. So G2 means G2-item, and repeatable read, Adya's PL-2.99,
  equals serializable. Snapshot isolation is judged without sessions and clocks: a snapshot may be old.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from html import escape

from ..history import Op
from . import given
from .anomaly import Anomaly, Explainer, Tangle, name_without_time, tangles
from .dependencies import Dependencies, Edge, realtime
from .lists import ListDependencies
from .registers import RegisterDependencies
from .txn import Txn
from .verdict import Verdict
from .versions import OutOfBudget, Versions, proof

__all__ = ["LEVELS", "Anomaly", "Txn", "TxnVerdict", "anomalies", "serializable"]

ALWAYS = ("internal", "garbage", "duplicate", "G0")
COMMITTED = (*ALWAYS, "incompatible order", "G1a", "G1b", "G1c")
SNAPSHOT = (*COMMITTED, "G-single", "G-nonadjacent")
ALL = (*SNAPSHOT, "G2-item")
STRICT = ("strong session serializable", "strict serializable")
LEVELS = {
    "read uncommitted": ALWAYS,
    "read committed": COMMITTED,
    "snapshot isolation": SNAPSHOT,
    "repeatable read": ALL,
    "serializable": ALL,
    **dict.fromkeys(STRICT, ALL),
}
"""What each level forbids. The last two also count in which order a client did things, and the last who
returned before another was called."""


@dataclass(frozen=True)
class TxnVerdict(Verdict):
    """A verdict on transactions.

    Attributes:
        anomalies: what was found, also what the level allows, the worst and shortest first.
        level: the level that was asked for.
    """

    anomalies: tuple[Anomaly, ...] = field(default=(), repr=False)
    level: str = "serializable"

    def _repr_html_(self) -> str:
        forbidden = [one for one in self.anomalies if name_without_time(one.name) in LEVELS[self.level]]
        head = f"<p><b>{escape(self.level)}: {self.status}.</b> {escape(self.explanation)}</p>"
        return head + "".join(one._repr_html_() for one in forbidden[:1])


def serializable(
    transactions: Iterable[Op], level: str = "serializable", budget: int = 2_000_000
) -> TxnVerdict:
    """Judge transactions by a level of isolation.

    Args:
        transactions: :class:`Txn` values, those of one client in the order in which it made them; or a
            history whose operations are transactions, see :meth:`Txn.of`.
        level: one of ``LEVELS``.
        budget: how many steps a search for an order of versions may take.

    Returns:
        ``ok``, from serializable on with a ``witness``: all that took effect, one after the other;
        ``illegal`` with the anomalies and, as ``core``, the transactions of the worst and shortest; or
        ``unknown`` if the budget did not suffice.

    Raises:
        TypeError: if there is anything but operations.
        ValueError: if there is no such level, if a value is written twice to one key, if lists and registers
            are mixed, or if a strict level is asked for and a committed transaction has no time of return.
    """
    ops = given.operations(transactions, "serializable(run.history)")
    if level not in LEVELS:
        raise ValueError(f"there is no level {level!r}; there are {', '.join(LEVELS)}")
    collecting = gc.isenabled()
    gc.disable()  # the graph grows by a million tuples, which the cyclic collector would walk again and again
    try:
        return _Judge(dependencies([Txn.of(op) for op in ops]), level, budget).verdict()
    finally:
        if collecting:
            gc.enable()


def dependencies(transactions: Sequence[Txn]) -> Dependencies:
    """Infer the dependencies of a history, all on lists or all on registers."""
    written = (verb for one in transactions for verb, _, _ in one.steps if verb != "read")
    verb = next(written, None)
    if verb is None and any(isinstance(value, tuple) for one in transactions for _, _, value in one.steps):
        verb = "append"
    return ListDependencies(transactions) if verb == "append" else RegisterDependencies(transactions)


def anomalies(transactions: Iterable[Op]) -> tuple[Anomaly, ...]:
    """Everything that serializability forbids, as far as it was found. See :func:`serializable`."""
    return serializable(transactions).anomalies


class _Judge:
    """What a level makes of some dependencies."""

    def __init__(self, known: Dependencies, level: str, budget: int) -> None:
        self.known, self.level, self.budget = known, level, budget
        self.explain = Explainer(known)
        self.size = len(known.transactions)
        self.edges = known.edges
        self.found: list[Anomaly] = []
        self.gave_up = False
        self.witness: Callable[[], Sequence[int]] = tuple

    def verdict(self) -> TxnVerdict:
        """Look for anomalies, the cheap ones first, until the level is decided."""
        known = self.known
        self.found = [self.explain.flaw(flaw) for flaw in known.flaws]
        self._circles()
        order: list[Edge] = []
        if self.level in STRICT and not self.found:
            order, self.size = realtime(known, self.level == STRICT[1])
            self.edges = known.edges + order
            self._circles()
        if known.rivals and known.verb == "write" and self._forbids("G-single") and not self._guilty():
            self._choose_versions(order)
        return self._conclude()

    def _conclude(self) -> TxnVerdict:
        guilty, found = self._guilty(), tuple(sorted(self.found, key=_badness))
        if guilty:
            evidence = partial(tuple, guilty[0].transactions)
            more = f" ({len(guilty) - 1} more)" if len(guilty) > 1 else ""
            return TxnVerdict("illegal", f"{guilty[0]}{more}", evidence, found, self.level)
        if self.gave_up and self._forbids("G-single"):
            words = (
                "gave up the search for an order of the versions; let transactions read what they overwrite, "
                "or append to lists, or judge fewer"
            )
            return TxnVerdict("unknown", words, anomalies=found, level=self.level)
        return TxnVerdict("ok", "", self._evidence, found, self.level)

    def _evidence(self) -> tuple[Op, ...]:
        """Everything that took effect, one after the other; nothing for levels that do not promise that."""
        if not self._forbids("G2-item"):
            return ()
        order = dict.fromkeys([*(self.witness() or ordered(self.size, self.edges)), *self.known.effective])
        return tuple(self.explain.txn(number) for number in order if number in self.known.effective)

    def _forbids(self, name: str) -> bool:
        return name in LEVELS[self.level]

    def _guilty(self) -> list[Anomaly]:
        """What the level forbids, the worst and shortest first."""
        guilty = [one for one in self.found if self._forbids(name_without_time(one.name))]
        return sorted(guilty, key=_badness)

    def _circles(self) -> None:
        """Circles of what is certain."""
        for edges in tangles(self.size, self.edges):
            found = [self.explain.anomaly(circle) for circle in Tangle(edges).circles()]
            if all(one.name == "G2-item" for one in found):
                worse = self._snapshot(edges)
                found = [worse] if worse else found
            self.found.extend(found)

    def _snapshot(self, edges: Sequence[Edge]) -> Anomaly | None:
        """What forbids snapshot isolation on these circles, although the certain edges alone do not."""
        nodes = {edge[0] for edge in edges}
        rivals = {
            key: inside
            for key, writers in self.known.rivals.items()
            if len(inside := {one: value for one, value in writers.items() if one in nodes}) > 1
        }
        return self._search(edges, rivals, True)[1] if rivals else None

    def _choose_versions(self, order: list[Edge]) -> None:
        """Decide registers: the certain edges alone forbid nothing, but every order of the versions might."""
        known = self.known
        likely = ordered(self.size, self.edges)
        if len(likely) == self.size and explains(known, likely):
            self.witness = partial(tuple, likely)
            return
        if not self._forbids("G2-item"):
            self.found.extend(filter(None, self._search(known.edges, known.rivals, True)[1:]))
            return
        for edges in (known.edges, self.edges) if order else (known.edges,):
            versions, anomaly = self._search(edges, known.rivals, False)
            if anomaly:
                self.found.append(self._search(edges, known.rivals, True)[1] or anomaly)
                return
        if versions:
            self.witness = versions.order

    def _search(
        self, edges: Sequence[Edge], rivals: Mapping[Hashable, Mapping[int, object]], snapshot: bool
    ) -> tuple[Versions | None, Anomaly | None]:
        """Search for an order of the versions. Returns the order if there is one, or why there is none."""
        try:
            versions = Versions(edges, rivals, self.known.readers, snapshot, self.budget)
            dead = versions.solve()
        except OutOfBudget:
            self.gave_up = True
            return None, None
        return (None, proof(versions, dead, self.explain)) if dead else (versions, None)


def _badness(anomaly: Anomaly) -> tuple[int, int]:
    return ALL.index(name_without_time(anomaly.name)), len(anomaly.transactions)


def ordered(size: int, edges: Iterable[Edge]) -> list[int]:
    """All nodes so that each edge leads on; of those that may come next, the one that was listed first."""
    after: list[list[int]] = [[] for _ in range(size)]
    waiting = [0] * size
    for edge in edges:
        after[edge[0]].append(edge[1])
        waiting[edge[1]] += 1
    ready = [node for node, count in enumerate(waiting) if not count]
    order = []
    while ready:
        node = heappop(ready)
        order.append(node)
        for successor in after[node]:
            waiting[successor] -= 1
            if not waiting[successor]:
                heappush(ready, successor)
    return order


def explains(known: Dependencies, order: Iterable[int]) -> bool:
    """Whether all reads of registers are right if the transactions ran one after the other like this."""
    state: dict[Hashable, object] = {}
    for number in order:
        if number in known.effective:
            for verb, key, value in known.steps[number]:
                if verb == "write":
                    state[key] = value
                elif state.get(key) != value:
                    return False
    return True
