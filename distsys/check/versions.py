"""Versions: is there an order of the versions of each object that explains everything?

Where reads do not tell who of two writers came first, either may have. Each choice adds edges: the ww between
the two, and an rw from each reader of the earlier version to the writer of the later one. The search is for
choices without a forbidden circle. It makes those that are forced, because the opposite would close a circle,
then tries the likeliest of the rest, and guesses where that fails. To decide this is NP-complete
(Papadimitriou, 1979), so there is a budget.

A circle is forbidden if it is any circle at all (serializability), or if no two rw are in a row on it
(snapshot isolation; Cerone and Gotsman, 2018).
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any

from .anomaly import CIRCLES, Anomaly, Circle, Explainer, name_of, name_without_time
from .dependencies import Edge
from .graphs import circle_through, circles, nearly_topological, short_circle

Pair = tuple[Hashable, int, int]
"""A key and two writers of it."""

Arc = tuple[int, int]

MANY = 3_000
"""With more nodes, the sets of who reaches whom would not fit."""


State = tuple[Pair, list[int], list[int], list[Edge], dict[int, tuple[Pair, bool]], dict[Pair, None]]
"""A guess, and everything as it was before."""


class OutOfBudget(Exception):
    """The search would take too long."""


@dataclass(frozen=True)
class Dead:
    """Either order of two writers closes a circle.

    Attributes:
        pair: the key and its writers.
        moment: how many edges there were then.
    """

    pair: Pair
    moment: int


class Versions:
    """The choices that are left, and what follows from those that were made.

    Every transaction is there twice, as 2n and as 2n + 1. For snapshot isolation an rw leads to the second,
    from where no other rw leads on; for serializability the second is not used.

    Args:
        edges: what is certain; no circle among them is forbidden.
        rivals: for each key the writers whose order is open, with the values that they left.
        readers: who read which value of which key.
        snapshot: whether circles with two rw in a row are allowed.
        budget: how many steps the search may take.

    Raises:
        OutOfBudget: if there is too much to do.
    """

    def __init__(
        self,
        edges: Iterable[Edge],
        rivals: Mapping[Hashable, Mapping[int, Any]],
        readers: Mapping[tuple[Hashable, Any], list[int]],
        snapshot: bool,
        budget: int,
    ) -> None:
        edges = list(edges)
        nodes = {node for edge in edges for node in edge[:2]}.union(*rivals.values())
        if len(nodes) > MANY:
            raise OutOfBudget
        self.place = {node: 2 * place for place, node in enumerate(sorted(nodes))}
        self.rivals, self.readers = rivals, readers
        self.snapshot, self.budget = snapshot, budget
        self.down = [1 << node for node in range(2 * len(nodes))]  # who is reached from each node, as bits
        self.up = self.down[:]  # from whom each node is reached
        self.log: list[Edge] = []
        self.chosen: dict[int, tuple[Pair, bool]] = {}  # where in the log, in which order, whether forced
        self._spend(sum(len(writers) ** 2 for writers in rivals.values()))
        self.open: dict[Pair, None] = {
            (key, *pair): None for key, writers in rivals.items() for pair in combinations(writers, 2)
        }
        for edge in edges:
            self._add(edge)

    def solve(self) -> Dead | None:
        """Make all choices; None if that succeeds.

        Raises:
            OutOfBudget: if that takes too long.
        """
        saved: list[State] = []
        dead = self._force()
        while dead is None or saved:
            if dead is None:
                guess = self._complete()
                if guess is None:
                    return None
                saved.append(
                    (guess, self.down[:], self.up[:], self.log[:], dict(self.chosen), dict(self.open))
                )
                dead = self._choose(guess, False) or self._force()
            else:
                (key, one, two), self.down, self.up, self.log, self.chosen, self.open = saved.pop()
                dead = self._choose((key, two, one), False) or self._force()
        return dead

    def order(self) -> list[int]:
        """The nodes in an order that agrees with all edges; those on a circle are left out."""
        nodes = list(self.place)
        return [nodes[place // 2] for place in self._ordered(self.log)[0] if place % 2 == 0]

    def _complete(self) -> Pair | None:
        """Order all that is open as the edges so far happen to do it.

        Returns:
            If that closes a circle, the opposite of one of these choices.
        """
        rank = [0] * len(self.down)
        for at, place in enumerate(self._ordered(self.log)[0]):
            rank[place] = at
        edges: list[Edge] = []
        because: dict[Arc, Pair] = {}
        for key, one, two in self.open:
            ahead = rank[self.place[one]] < rank[self.place[two]]
            made = self.choice((key, one, two) if ahead else (key, two, one))
            because.update((arc, (key, made[0][1], made[0][0])) for edge in made for arc in self._arcs(edge))
            edges += made
        everything = [*self.log, *edges]
        if not self._ordered(everything)[1]:
            self.log = everything
            return None
        graph: dict[int, list[int]] = {}
        for edge in everything:
            for start, end in self._arcs(edge):
                graph.setdefault(start, []).append(end)
        nodes = short_circle(graph, circles(graph)[0], 1)
        arcs = pairwise([*nodes, nodes[0]])
        return next(because[arc] for arc in arcs if arc in because)

    def _ordered(self, edges: Iterable[Edge]) -> tuple[list[int], bool]:
        after: list[list[int]] = [[] for _ in self.down]
        for edge in edges:
            for one, two in self._arcs(edge):
                after[one].append(two)
        return nearly_topological(after)

    def choice(self, pair: Pair) -> list[Edge]:
        """What follows if the first of two wrote first."""
        key, one, two = pair
        value = self.rivals[key][two]
        readers = self.readers.get((key, self.rivals[key][one]), ())
        return [
            (one, two, "ww", key, value),
            *(
                (reader, two, "rw", key, value)
                for reader in readers
                if reader != two and reader in self.place
            ),
        ]

    def circle(self, pair: Pair, moment: int) -> list[tuple[int, Edge]]:
        """The circle that a choice closes, with the place of each edge in the log, or where it would be.

        It is empty if the choice closes none by itself.
        """
        graph: dict[int, list[int]] = {}
        edges: dict[Arc, tuple[int, Edge]] = {}
        closing = []
        for place, edge in enumerate([*self.log[:moment], *self.choice(pair)]):
            for arc in self._arcs(edge):
                graph.setdefault(arc[0], []).append(arc[1])
                edges.setdefault(arc, (place, edge))
                if place >= moment:
                    closing.append(arc)
        nodes = circle_through(graph, closing, range(len(self.down)), sys.maxsize)
        return [edges[arc] for arc in pairwise([*nodes, *nodes[:1]])]

    def _force(self) -> Dead | None:
        """Make the choices of which the opposite closes a circle; or find that there is none."""
        changed = True
        while changed:
            changed = False
            for pair in list(self.open):
                key, one, two = pair
                back = key, two, one
                if self._closes(pair):
                    dead = self._choose(back, True)
                elif self._closes(back):
                    dead = self._choose(pair, True)
                else:
                    continue
                if dead:
                    return dead
                changed = True
        return None

    def _choose(self, pair: Pair, forced: bool) -> Dead | None:
        """Order two writers, unless that closes a circle."""
        key, one, two = pair
        self.open.pop(pair, None)
        self.open.pop((key, two, one), None)
        moment = len(self.log)
        for edge in self.choice(pair):
            if not self._add(edge):
                return Dead(pair, moment)
        self.chosen[moment] = pair, forced
        return None

    def _arcs(self, edge: Edge) -> list[Arc]:
        one, two = self.place[edge[0]], self.place[edge[1]]
        if not self.snapshot:
            return [(one, two)]
        return [(one, two + 1)] if edge[2] == "rw" else [(one, two), (one + 1, two)]

    def _closes(self, pair: Pair) -> bool:
        """Whether an edge of a choice closes a circle."""
        self._spend(1)
        return any(self.down[two] >> one & 1 for edge in self.choice(pair) for one, two in self._arcs(edge))

    def _add(self, edge: Edge) -> bool:
        """Add an edge unless it closes a circle."""
        for one, two in self._arcs(edge):
            if self.down[two] >> one & 1:
                return False
            if not self.down[one] >> two & 1:
                before, behind = self.up[one], self.down[two]
                news, olds = before & ~self.up[two], behind & ~self.down[one]
                self._spend(news.bit_count() + olds.bit_count())
                for node in _bits(news):
                    self.down[node] |= behind
                for node in _bits(olds):
                    self.up[node] |= before
        self.log.append(edge)
        return True

    def _spend(self, steps: int) -> None:
        self.budget -= steps
        if self.budget < 0:
            raise OutOfBudget


def _bits(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def proof(versions: Versions, dead: Dead, explain: Explainer) -> Anomaly:
    """Why no order of the versions works: what is forced, and what that leads to.

    Args:
        versions: after a search that failed.
        dead: how it failed.
        explain: knows the names.

    Returns:
        An anomaly named after the mildest of the circles: whatever the order is, there is one as bad.
    """
    key, one, two = dead.pair
    pairs = dead.pair, (key, two, one)
    ends = [versions.circle(pair, dead.moment) for pair in pairs]
    lemmas = _lemmas(versions, ends, dead.moment)
    known = [_plain(circle) for circle in [*ends, *lemmas.values()] if circle]
    names = [name_of(explain.without_moments(circle)) for circle in known]
    name = name_without_time(max(names, key=_rank))
    if len(known) < len(ends) + len(lemmas):
        name = "G-nonadjacent" if versions.snapshot else "G2-item"
    endings = {one.removeprefix(name_without_time(one)) for one in names}
    name += next((ending for ending in ("-realtime", "-session") if ending in endings), "")
    words = [
        f"{explain.words(versions.log[moment])}, because {_else(circle, explain)}."
        for moment, circle in lemmas.items()
    ]
    for pair, circle in zip(pairs, ends, strict=True):
        words.append(f"If {explain.words(versions.choice(pair)[0])}, then {_then(circle, explain)}.")
    guilty = dict.fromkeys(
        node for circle in known for edge in circle for node in edge[:2] if node < explain.size
    )
    shown = max(
        (explain.anomaly(_plain(circle)) for circle in ends if circle), key=lambda one: _rank(one.name)
    )
    return replace(
        shown, name=name, explanation=" ".join(words), transactions=tuple(map(explain.txn, guilty))
    )


def _then(circle: list[tuple[int, Edge]] | None, explain: Explainer) -> str:
    return explain.anomaly(_plain(circle)).explanation if circle else "no order of the other versions works"


def _else(circle: list[tuple[int, Edge]] | None, explain: Explainer) -> str:
    return f"otherwise {_then(circle, explain)}"


def _lemmas(
    versions: Versions, circles: list[list[tuple[int, Edge]]], moment: int
) -> dict[int, list[tuple[int, Edge]] | None]:
    """The choices that circles depend on, by their place in the log, each with what the opposite closes.

    The opposite of a guess closes no circle by itself; the search found that it leads to none but dead ends.
    """
    starts = sorted(versions.chosen)
    found: dict[int, list[tuple[int, Edge]] | None] = {}
    waiting = [place for circle in circles for place, _ in circle if place < moment]
    while waiting:
        at = bisect_right(starts, waiting.pop()) - 1
        if at >= 0 and starts[at] not in found:
            (key, one, two), forced = versions.chosen[starts[at]]
            opposite = versions.circle((key, two, one), starts[at]) if forced else None
            found[starts[at]] = opposite
            waiting.extend(place for place, _ in opposite or () if place < starts[at])
    return dict(sorted(found.items()))


def _plain(circle: list[tuple[int, Edge]]) -> Circle:
    return [edge for _, edge in circle]


def _rank(name: str) -> int:
    return CIRCLES.index(name_without_time(name))
