"""Exploration: is there any schedule at all that breaks the system?

A simulation tries one schedule, and the next seed another. An exploration tries them all. It starts every
node and then asks, again and again: which message could arrive now, which timer could fire, who could crash?
Each answer is a step to another state. A state that was seen before is not visited again. So the search
ends if the nodes can be in finitely many states, and then it has seen everything that can ever happen.

The nearest states come first. So the first state that breaks an invariant is reached by a shortest path, the
counterexample. Real nodes walk it again, and it comes back as a trace that can be drawn like any other.

There is no time in an exploration, only order: a timer that is set may fire at any moment. Everything a node
does must follow from its attributes and the event, or from ``self.choose``, whose options are all tried.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import signature
from typing import Any, Literal, cast

from ..history import History
from ..node import Node
from .result import Result, summed_up
from .search import Predicate, Questions, Search
from .states import NETWORKS, States
from .values import NotExplorable
from .world import Factory, Step, World

__all__ = ["NotExplorable", "Predicate", "Result", "Step", "cluster", "edges", "explore"]


def cluster(factory: Factory, size: int) -> dict[str, Factory]:
    """Nodes ``n1``, ``n2`` … that all run the same code, ready for :func:`explore`."""
    return {f"n{number}": factory for number in range(1, size + 1)}


def explore(
    make: Mapping[str, Factory],
    *,
    network: Literal["set", "bag", "fifo"] = "set",
    crashes: int = 0,
    timers: Literal["any", "ordered"] = "any",
    symmetry: bool = False,
    calls: Mapping[str, Sequence[tuple[Any, ...]]] | None = None,
    invariants: Iterable[Predicate] = (),
    goals: Iterable[Predicate] = (),
    prune: Predicate | None = None,
    history: Callable[[History], object] | None = None,
    start: Result | Sequence[Step] = (),
    abstract_time: bool = False,
    max_states: int = 2_000_000,
    max_depth: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Result:
    """Visit every state that a system can reach, and look whether something is wrong in any of them.

    A predicate gets the nodes that are up, by name; it may look at them and not change them. It fails if it
    is false or raises an AssertionError; an invariant that only asserts may return nothing. It is known by
    the name of its function.

    Args:
        make: what builds each node, by name; nodes start in this order.
        network: ``set``: messages may be lost, come twice and overtake each other. ``bag``: they may be lost
            and overtake each other. ``fifo``: each link keeps all of them in order, and loses only
            what arrives at a node that is down.
        crashes: how many crashes there may be, in all. A crash keeps what is durable, and what is synced
            on the disk; of the rest of the disk nothing, half or all. The node may restart at any moment.
        timers: ``any``: a timer may fire at any moment. ``ordered``: not before a timer of the same node
            that was set earlier, and whose longest delay is no longer than its own shortest.
        symmetry: nodes with the same factory and the same calls are interchangeable, so visit only one of
            all states that differ in names alone. A text that equals a node's name is taken for it. Each
            state is renamed in every possible way, so this pays for up to five interchangeable nodes.
        calls: what is asked of nodes from outside, in this order and at any moment; for each node a list of
            a method's name and its arguments: ``{"n1": [("write", "x", 1), ("read", "x")]}``.
        invariants: what must hold in every state.
        goals: what must hold in some state. If only goals are asked for, the search ends at the last.
        prune: do not go on from states in which it holds.
        history: says whether what the clients asked and heard is allowed, for instance
            ``lambda history: linearizable(history, Register())``. A client is a node that writes the notes
            ``self.note("call", kind="write", key="x", argument=1)`` and ``self.note("return", result=None)``.
        start: begin where another exploration of these nodes ended, or at the end of a path of its goals.
            With ``max_depth=0`` nothing but the end of the path is judged: is a mended class still wrong?
        abstract_time: let every clock stand at 0. Without it a node that reads a clock is refused.
        max_states: how many states to visit at most.
        max_depth: how many levels of states to visit at most.
        progress: called after each level with its depth and the number of states.

    Raises:
        NotExplorable: if a node depends on anything but its state and the event, or its state is no data.
        ValueError: if an argument makes no sense.

    Example:
        >>> result = explore(cluster(Raft, 3), invariants=[one_leader_a_term], crashes=1)
        >>> print(result)
    """
    world = _world(make, network, crashes, timers, calls or {}, abstract_time)
    questions = Questions(_named(invariants, "invariants"), _named(goals, "goals"), prune, history)
    search = Search(world, questions, symmetry)
    path = _path(start)
    collecting = gc.isenabled()
    gc.disable()  # millions of integers that the cyclic collector would walk again and again
    try:
        complete = search.run(path, max_states, max_depth, progress)
        return summed_up(world, search, complete)
    finally:
        if collecting:
            gc.enable()


def edges(
    make: Mapping[str, Factory],
    view: Callable[[Mapping[str, Node]], str],
    *,
    network: Literal["set", "bag", "fifo"] = "set",
    crashes: int = 0,
    timers: Literal["any", "ordered"] = "any",
    calls: Mapping[str, Sequence[tuple[Any, ...]]] | None = None,
    abstract_time: bool = False,
    max_states: int = 20_000,
) -> list[tuple[str, str, str]]:
    """List the steps between states that look different, for :func:`distsys.draw.graph.state_graph`.

    Args:
        make: what builds each node, by name.
        view: what is to be seen of a state: gets the nodes that are up, by name, and returns a short text.
            States of the same text are one.
        network: as in :func:`explore`, and so are the others.
        crashes: how many crashes there may be.
        timers: when a timer may fire.
        calls: what is asked of nodes from outside.
        abstract_time: let every clock stand at 0.
        max_states: how many states there may be.

    Returns:
        What is seen before, the step, and what is seen after it, each once. The first is seen at the start.

    Raises:
        ValueError: if there are more states, since a part of a graph misleads.

    Example:
        >>> steps = edges(cluster(Lock, 2), lambda nodes: " ".join(node.state for node in nodes.values()))
        >>> state_graph(steps, start=steps[0][0])
    """
    states = States(_world(make, network, crashes, timers, calls or {}, abstract_time), None, False)
    waiting = [state for state, _ in states.starts()]
    views = {state: view(states.nodes(state)) for state in waiting}
    found: dict[tuple[str, str, str], None] = {}
    for state in waiting:
        for step, new in states.steps(state):
            if new not in views:
                views[new] = view(states.nodes(new))
                waiting.append(new)
                if len(waiting) > max_states:
                    many = f"there are more than {max_states:,} states"
                    raise ValueError(f"{many}; bound what the nodes do, or set max_states")
            if views[state] != views[new]:
                found[views[state], str(step), views[new]] = None
    return list(found)


def _world(
    make: Mapping[str, Factory],
    network: str,
    crashes: int,
    timers: str,
    calls: Mapping[str, Sequence[tuple[Any, ...]]],
    abstract_time: bool,
) -> World:
    if not isinstance(make, Mapping) or not make:
        raise ValueError("explore takes a dict from names to factories, for instance cluster(Raft, 3)")
    for name, factory in make.items():
        _check_factory(name, factory)
    if network not in NETWORKS:
        raise ValueError(f"network is one of {', '.join(NETWORKS)}, not {network!r}")
    if timers not in ("any", "ordered"):
        raise ValueError(f"timers is 'any' or 'ordered', not {timers!r}")
    if not isinstance(crashes, int) or crashes < 0:
        raise ValueError(f"crashes is a number of crashes, not {crashes!r}")
    if unknown := sorted(set(calls) - set(make)):
        raise ValueError(f"calls mentions {', '.join(unknown)}, but there are only {', '.join(make)}")
    for name, several in calls.items():
        for call in several:
            if not (isinstance(call, tuple) and call and isinstance(call[0], str)):
                raise ValueError(
                    f"a call of {name} is a tuple of a method's name and its arguments, for instance "
                    f"('write', 'x', 1), not {call!r}"
                )
    asked = {name: tuple(calls[name]) for name in calls}
    return World(dict(make), asked, network, crashes, timers == "ordered", abstract_time)


def _check_factory(name: str, factory: Any) -> None:
    """Refuse what is no way to make a node."""
    if not isinstance(name, str):
        raise ValueError(f"the name of a node is a text, not {name!r}")
    if not callable(factory):
        raise ValueError(
            f"{name} is made by {factory!r}; give a class of nodes, or a function that returns a new node on "
            "every call, since each path needs nodes of its own"
        )
    try:
        if isinstance(factory, type):
            signature(cast(Any, factory).__init__).bind(None)
        else:
            signature(factory).bind()
    except TypeError as error:
        called = getattr(factory, "__name__", repr(factory))
        raise ValueError(
            f"{name} is made by {called}() without arguments: {error}; write lambda: {called}(…) with them"
        ) from None


def _named(predicates: Iterable[Predicate], kind: str) -> dict[str, Predicate]:
    """The predicates by name."""
    if not isinstance(predicates, Iterable):
        raise ValueError(f"{kind} is a list of functions; write {kind}=[…] also around a single one")
    named: dict[str, Predicate] = {}
    for number, predicate in enumerate(predicates, 1):
        name = getattr(predicate, "__name__", "<lambda>")
        name = f"predicate {number}" if name == "<lambda>" else name.replace("_", " ")
        if name in named:
            raise ValueError(f"two predicates are called {name!r}; give them different names")
        named[name] = predicate
    return named


def _path(start: Result | Sequence[Step]) -> Sequence[Step]:
    if not isinstance(start, Result):
        return start
    if not start.steps:
        raise ValueError(f"start is a result without a path ({start}); give one that reached a goal")
    return start.steps
