"""Anomalies: what is a circle of dependencies called, and how does one explain it?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from .dependencies import Dependencies, Edge, Flaw, Kind
from .graphs import circle_through, circles, nearly_topological
from .txn import Txn, show

if TYPE_CHECKING:
    from ..draw.figure import Figure

Circle = list[Edge]
"""Edges, each of which starts where the one before it ends, and the first where the last ends."""

CIRCLES = ("G0", "G1c", "G-single", "G-nonadjacent", "G2-item")
"""The names of circles, the worst first."""

STRENGTH: dict[Kind, int] = {"ww": 0, "wr": 1, "session": 2, "time": 3, "rw": 4}
FORWARD: frozenset[Kind] = frozenset(("ww", "wr", "session", "time"))
LONG = 60


@dataclass(frozen=True)
class Anomaly:
    """Something that some level of isolation forbids.

    Attributes:
        name: as in the table of :mod:`.transactions`.
        transactions: who is involved; those of a circle in its order, from the first on.
        explanation: why, in words.
        edges: the names of two transactions and why the one comes before the other, for each edge there is.
    """

    name: str
    transactions: tuple[Txn, ...]
    explanation: str
    edges: tuple[tuple[str, str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.explanation}"

    def figure(self) -> Figure:
        """The circle as a picture, or the transactions alone if there is none."""
        from ..draw.graph import state_graph  # noqa: PLC0415 - who does not look needs no pictures

        shown = {one.name: str(one) if len(str(one)) <= LONG else one.name for one in self.transactions}
        edges = [(shown[one], label, shown[two]) for one, label, two in self.edges]
        start = edges[0][0] if edges else " · ".join(shown.values())
        told = [*map(str, self.transactions), self.explanation]
        figure = state_graph(edges, start, title=f"{self.name}: {', '.join(shown)}")
        return replace(figure, description=self.explanation, transcript=told)

    def _repr_html_(self) -> str:
        return self.figure().html()


def tangles(size: int, edges: Sequence[Edge]) -> list[list[Edge]]:
    """The edges on circles, in groups that no circle leaves; empty if there is no circle at all.

    Args:
        size: how many nodes there are.
        edges: between them.
    """
    after: list[list[int]] = [[] for _ in range(size)]
    for one, two, _, _, _ in edges:
        after[one].append(two)
    order, circular = nearly_topological(after)
    if not circular:
        return []
    place = [0] * size
    for at, node in enumerate(order):
        place[node] = at
    group: dict[int, int] = {}
    spans = [(place[two], place[one]) for one, two, _, _, _ in edges if place[two] < place[one]]
    for first, last in _merged(spans):
        graph = {
            node: [two for two in after[node] if first <= place[two] <= last]
            for node in order[first : last + 1]
        }
        for component in circles(graph):
            group.update(dict.fromkeys(component, component[0]))
    found: dict[int, list[Edge]] = {}
    for edge in edges:
        if edge[0] in group and group[edge[0]] == group.get(edge[1]):
            found.setdefault(group[edge[0]], []).append(edge)
    return list(found.values())


def _merged(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans that overlap, as one."""
    first, last = -1, -1
    for start, end in sorted(spans):
        if start > last:
            if last >= 0:
                yield first, last
            first = start
        last = max(last, end)
    yield first, last


def name_of(circle: Iterable[Edge]) -> str:
    """What Adya and others call a circle; session and time make a name of their own."""
    kinds = [edge[2] for edge in circle]
    misses = kinds.count("rw")
    if misses > 1:
        adjacent = any(one == two == "rw" for one, two in pairwise([*kinds, kinds[0]]))
        name = "G2-item" if adjacent else "G-nonadjacent"
    else:
        name = "G-single" if misses else "G1c" if "wr" in kinds else "G0"
    if "time" in kinds:
        return f"{name}-realtime"
    return f"{name}-session" if "session" in kinds else name


def name_without_time(name: str) -> str:
    """The name that a circle would have if sessions and time were dependencies like others."""
    return name.removesuffix("-realtime").removesuffix("-session")


class Tangle:
    """A part of the graph in which everything depends on everything else.

    Args:
        edges: as :func:`tangles` finds them.
    """

    def __init__(self, edges: Iterable[Edge]) -> None:
        self.edges: dict[tuple[int, int], Edge] = {}
        for edge in edges:
            known = self.edges.get(edge[:2])
            if known is None or STRENGTH[edge[2]] < STRENGTH[known[2]]:
                self.edges[edge[:2]] = edge

    def circles(self) -> Iterator[Circle]:
        """A short circle of each name, the worst first, and at least one.

        None is missed that decides a level. But in a great tangle a G-single may hide behind a G-nonadjacent,
        which the same levels forbid, and a G2-item may stay out if there is a worse one.
        """
        for kinds, last in (({"ww"}, {"ww"}), (FORWARD, FORWARD - {"ww"})):
            graph = self._graph(kinds)
            for component in circles(graph):
                inside = set(component)
                yield from self._through(graph, self._arcs(last, inside), inside)
        yield from self._without_neighbours()
        nodes = {node for pair in self.edges for node in pair}
        for circle in self._through(self._graph(STRENGTH), self._arcs({"rw"}, nodes), nodes):
            if name_without_time(name_of(circle)) == "G2-item":
                yield circle

    def _without_neighbours(self) -> Iterator[Circle]:
        """Circles on which no two rw are in a row.

        The search goes through a graph that has every node twice: as 2n, and as 2n + 1 for those who arrive
        by an rw and must not leave by another.
        """
        doubled: dict[int, list[int]] = {}
        for (one, two), edge in self.edges.items():
            if edge[2] == "rw":
                doubled.setdefault(2 * one, []).append(2 * two + 1)
            else:
                doubled.setdefault(2 * one, []).append(2 * two)
                doubled.setdefault(2 * one + 1, []).append(2 * two)
        graph = self._graph(FORWARD)
        for component in circles(doubled):
            inside = set(component)
            arcs = [
                pair for pair in self._arcs({"rw"}) if 2 * pair[0] in inside and 2 * pair[1] + 1 in inside
            ]
            single = list(self._through(graph, arcs, {node // 2 for node in inside}))
            if arcs and not single:
                twice = ((2 * one, 2 * two + 1) for one, two in arcs)
                nodes = [node // 2 for node in circle_through(doubled, twice, inside)]
                single = [self._along(nodes)]
            yield from single

    def _graph(self, kinds: Collection[str]) -> dict[int, list[int]]:
        graph: dict[int, list[int]] = {}
        for (one, two), edge in self.edges.items():
            if edge[2] in kinds:
                graph.setdefault(one, []).append(two)
        return graph

    def _arcs(self, kinds: Collection[str], within: Collection[int] | None = None) -> list[tuple[int, int]]:
        return [
            pair
            for pair, edge in self.edges.items()
            if edge[2] in kinds and (within is None or (pair[0] in within and pair[1] in within))
        ]

    def _through(
        self, graph: dict[int, list[int]], arcs: list[tuple[int, int]], within: Collection[int]
    ) -> Iterator[Circle]:
        nodes = circle_through(graph, arcs, within)
        if nodes:
            yield self._along(nodes)

    def _along(self, nodes: Sequence[int]) -> Circle:
        return [self.edges[pair] for pair in pairwise([*nodes, nodes[0]])]


class Explainer:
    """Says in words what a circle is made of.

    Args:
        known: the dependencies that it is a circle of. Nodes beyond its transactions stand for moments.
    """

    def __init__(self, known: Dependencies) -> None:
        self.known = known
        self.size = len(known.transactions)

    def anomaly(self, circle: Circle, name: str = "") -> Anomaly:
        """A circle with its name and its words."""
        edges = self.without_moments(circle)
        steps = [
            f"{self.name(edge[0])} comes before {self.name(edge[1])}: {self.words(edge)}" for edge in edges
        ]
        return Anomaly(
            name or name_of(edges),
            tuple(self.txn(edge[0]) for edge in edges),
            "; ".join(steps[:-1]) + f"; but {steps[-1]}",
            tuple((self.name(edge[0]), self.label(edge), self.name(edge[1])) for edge in edges),
        )

    def flaw(self, flaw: Flaw) -> Anomaly:
        """Something that is wrong without any circle; a dirty read with an edge from its writer."""
        names = [self.name(number) for number in reversed(flaw.numbers)]
        edges = [(names[0], "wr", names[1])] if flaw.name in ("G1a", "G1b") else []
        return Anomaly(flaw.name, tuple(map(self.txn, flaw.numbers)), flaw.words, tuple(edges))

    def without_moments(self, circle: Circle) -> Circle:
        """The circle with one edge from transaction to transaction where it passes through moments."""
        start = min(range(len(circle)), key=lambda at: circle[at][0])
        edges: Circle = []
        for edge in circle[start:] + circle[:start]:
            if edge[0] >= self.size:
                edges[-1] = (edges[-1][0], *edge[1:])
            else:
                edges.append(edge)
        return edges

    def name(self, number: int) -> str:
        """What to call a transaction."""
        return self.known.name(number)

    def txn(self, number: int) -> Txn:
        """A transaction under its name."""
        return self.known.transactions[number].named(self.name(number))

    def label(self, edge: Edge) -> str:
        """An edge in two words."""
        return edge[2] if edge[2] in ("session", "time") else f"{edge[2]} {edge[3]}"

    def words(self, edge: Edge) -> str:
        """Why one comes before another."""
        one, two, kind, key, value = edge
        first, second = self.name(one), self.name(two)
        if kind == "session":
            return f"{self.known.transactions[one].client} made {first} before {second}"
        if kind == "time":
            returned, called = self.known.transactions[one].ret, self.known.transactions[two].call
            return (
                f"{first} returned at {returned / 1000:g} ms and {second} was called at {called / 1000:g} ms"
            )
        lists = self.known.verb == "append"
        if kind == "wr":
            return f"{second} saw {first}'s {value!r} in {key}"
        if kind == "ww":
            wrote = "appended" if lists else "wrote"
            return f"{second} {wrote} {value!r} to {key} after {first}'s {self.known.left(one, key)!r}"
        if lists:
            return f"{first} read {key} without {second}'s {value!r}"
        writers = self.known.objects[key].writers
        seen = next(
            step[2]
            for step in self.known.steps[one]
            if step[:2] == ("read", key)
            and one in self.known.readers.get(step[1:], ())
            and writers.get(step[2]) != two
        )
        return f"{first} read {key} → {show(seen)}, which {second} replaced by {value!r}"
