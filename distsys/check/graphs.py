"""Graphs: does a relation go round in a circle, and which circle is the shortest?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import TypeVar

N = TypeVar("N")
Graph = Mapping[N, Collection[N]]
"""The successors of each node; a node without successors may be absent."""


def circles(graph: Graph[N]) -> list[list[N]]:
    """The strongly connected components with more than one node: whoever is on a circle, with its fellows.

    Tarjan's algorithm (1972) without recursion, so that a chain of a million nodes is no problem.
    """
    index: dict[N, int] = {}
    low: dict[N, int] = {}
    path: list[N] = []
    on_path: set[N] = set()
    found: list[list[N]] = []
    for root in graph:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        path.append(root)
        on_path.add(root)
        work = [(root, iter(graph[root]))]
        while work:
            node, successors = work[-1]
            for after in successors:
                if after not in index:
                    index[after] = low[after] = len(index)
                    path.append(after)
                    on_path.add(after)
                    work.append((after, iter(graph.get(after, ()))))
                    break
                if after in on_path and index[after] < low[node]:
                    low[node] = index[after]
            else:
                work.pop()
                if work and low[node] < low[work[-1][0]]:
                    low[work[-1][0]] = low[node]
                if low[node] == index[node]:
                    _close(node, path, on_path, found)
    return found


def _close(node: N, path: list[N], on_path: set[N], found: list[list[N]]) -> None:
    """Everything on the path from the node on is one component."""
    if path[-1] == node:
        on_path.remove(path.pop())
        return
    at = len(path) - 1
    while path[at] != node:
        at -= 1
    found.append(path[at:])
    on_path.difference_update(path[at:])
    del path[at:]


def shortest_path(graph: Graph[N], start: N, goal: Callable[[N], bool], within: Collection[N]) -> list[N]:
    """A shortest path of at least one step from the start to a node that is a goal, both ends included.

    Args:
        graph: the successors of each node.
        start: where to begin; it may be a goal itself, and then the path is a circle.
        goal: what to look for.
        within: the nodes that may be on the path.

    Returns:
        The path; empty if there is none.
    """
    before: dict[N, N] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for after in graph.get(node, ()):
            if after not in within or after in before:
                continue
            if goal(after):
                path = [after, node]
                while path[-1] != start:
                    path.append(before[path[-1]])
                return path[::-1]
            if after != start:
                before[after] = node
                queue.append(after)
    return []


def short_circle(graph: Graph[N], nodes: Collection[N], tries: int = 200) -> list[N]:
    """A shortest circle through nodes that are strongly connected; the first is not repeated at the end.

    Args:
        graph: the successors of each node.
        nodes: a component as :func:`circles` finds it.
        tries: through how many of the nodes to look; if there are more, a shorter circle may be missed.
    """
    within = set(nodes)
    best: list[N] = []
    for node in islice(nodes, tries):
        path = shortest_path(graph, node, node.__eq__, within)
        if path and not 0 < len(best) <= len(path):
            best = path
        if len(best) == 3:  # there and back again: no circle is shorter
            break
    return best[:-1]


def topological(graph: Graph[N], nodes: Iterable[N]) -> list[N]:
    """The nodes so that each comes before its successors; those on a circle, or behind one, are left out."""
    waiting = dict.fromkeys(nodes, 0)
    for node in waiting:
        for after in graph.get(node, ()):
            waiting[after] += 1
    ready = deque(node for node, count in waiting.items() if not count)
    order = []
    while ready:
        node = ready.popleft()
        order.append(node)
        for after in graph.get(node, ()):
            waiting[after] -= 1
            if not waiting[after]:
                ready.append(after)
    return order


def nearly_topological(after: Sequence[Sequence[int]]) -> tuple[list[int], bool]:
    """The numbers from 0 on, so that almost every one comes before its successors.

    Where circles leave no choice, the smallest number is next. If small numbers tend to lead to great ones,
    few edges lead back then, and each circle lies where one does.

    Args:
        after: the successors of each number; the same one may be there twice.

    Returns:
        All numbers, and whether there is a circle.
    """
    waiting = [0] * len(after)
    for successors in after:
        for node in successors:
            waiting[node] += 1
    order: list[int] = []
    circular = False
    for candidate in chain([node for node, count in enumerate(waiting) if not count], range(len(after))):
        if waiting[candidate] < 0:
            continue  # it has its place
        circular = circular or waiting[candidate] > 0
        waiting[candidate] = 0
        ready = [candidate]
        for node in ready:  # it grows meanwhile
            waiting[node] = -len(after)  # never to be 0 again
            for successor in after[node]:
                waiting[successor] -= 1
                if not waiting[successor]:
                    ready.append(successor)
        order += ready
    return order, circular


def circle_through(
    graph: Graph[N], arcs: Iterable[tuple[N, N]], within: Collection[N], visits: int = 200_000
) -> list[N]:
    """A short circle that takes one of some arcs, and otherwise follows a graph; the arc comes first.

    Args:
        graph: the successors of each node; the arcs need not be in it.
        arcs: pairs of nodes, from and to.
        within: the nodes that may be on the circle.
        visits: how many nodes to look at, all arcs together; the search from one arc is never cut short.

    Returns:
        The nodes, the first not repeated at the end; empty if none was found.
    """
    best: list[N] = []
    for start, end in arcs:
        if visits <= 0 or len(best) == 2:
            break
        if start == end:
            continue
        before: dict[N, N] = {end: end}
        level, length = [end], 2
        while level and start not in before and not 0 < len(best) <= length:
            level = _next_level(graph, level, before, within)
            length += 1
        visits -= len(before)
        if start in before:
            path = [start]
            while path[-1] != end:
                path.append(before[path[-1]])
            best = [start, *reversed(path[1:])]
    return best


def _next_level(graph: Graph[N], level: list[N], before: dict[N, N], within: Collection[N]) -> list[N]:
    found = []
    for node in level:
        for after in graph.get(node, ()):
            if after not in before and after in within:
                before[after] = node
                found.append(after)
    return found
