"""Results: what did an exploration find, and how does it say so?"""

from __future__ import annotations

import re
from collections.abc import Sequence, Sized
from dataclasses import dataclass, field
from html import escape
from textwrap import shorten
from typing import Literal

from ..node import Node
from ..trace import Trace, canonical
from .histories import noted, objection
from .replay import Walk, walk
from .search import Search
from .values import NotExplorable
from .world import Step, World

SAMPLES, SAMPLE_STEPS = 10, 3_000  # how many paths real nodes walk in the end, and how many steps in all
MOST_DRAWN = 300  # records in a picture
WIDTH = 300  # characters to show of the state of a node
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True, repr=False)
class Result:
    """What an exploration found.

    Attributes:
        status: ``ok``; ``violation`` of an invariant, or a handler that raised; ``goal missing`` if every
            state was visited and some goal holds in none; ``cut`` if the search ended before.
        states: how many different states were visited.
        transitions: how many steps were tried, not counting those that change nothing.
        depth: how many states there are on the longest of the shortest paths, as TLC counts.
        handler_runs: how often a handler had to be run; the other results were looked up.
        explanation: what was found, in words.
        steps: the path to the violation; or to the last goal that was reached, if there are goals.
        trace: the same path as real nodes walk it; its n-th step is written at n milliseconds.
        nodes: these nodes at the end of the path, by name, as far as they are up.
        goals: a shortest path to each goal that was reached. Each can be given to ``start``.
    """

    status: Literal["ok", "violation", "goal missing", "cut"]
    states: int
    transitions: int
    depth: int
    handler_runs: int
    explanation: str
    steps: tuple[Step, ...] = ()
    trace: Trace = field(default_factory=Trace)
    nodes: dict[str, Node] = field(default_factory=dict)
    goals: dict[str, tuple[Step, ...]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing was left to visit, every invariant held and every goal was reached."""
        return self.status == "ok"

    def __str__(self) -> str:
        return f"{self.status}: {self.explanation}"

    def _repr_html_(self) -> str:
        from ..draw.spacetime import spacetime  # noqa: PLC0415 - who does not look needs no pictures

        words = f"<p>{escape(self._gist)}</p>"
        if not self.steps:
            return words
        states = "".join(f"<li>{escape(_state(node))}</li>" for node in self.nodes.values())
        end = "it" if self.status == "violation" else list(self.goals)[-1]
        title = f"A shortest path to {end}, in {_count(_moves(self.steps), 'step')}"
        if len(self.trace) > MOST_DRAWN:
            title += f"; the picture shows the last {MOST_DRAWN} records"
        picture = spacetime(self.trace[-MOST_DRAWN:], title=title, warp=1, timed=False)
        return f"{words}<p>{escape(title)}:</p>{picture.html()}<p>In the end:</p><ul>{states}</ul>"

    def __repr__(self) -> str:
        return f"<Result {self._gist}>"

    @property
    def _gist(self) -> str:
        return str(self).splitlines()[0]


def summed_up(world: World, search: Search, complete: bool) -> Result:
    """The result of a search.

    Args:
        world: what was explored.
        search: after it was run.
        complete: whether nothing was left to visit.

    Raises:
        NotExplorable: if real nodes cannot do what was found.
    """
    goals = {name: search.trail(state)[0] for name, state in search.goals.items()}
    missing = [name for name in search.questions.goals if name not in goals]
    steps = list(goals.values())[-1] if goals else ()
    status: Literal["ok", "violation", "goal missing", "cut"] = "ok"
    found = search.found
    if found is not None:
        status, steps = "violation", found.raised if found.state is None else search.path(found.state)
    elif not complete:
        status = "cut"
    elif missing:
        status = "goal missing"
    _confirm(world, search)
    walked = walk(world, steps)
    return Result(
        status=status,
        states=len(search.parents),
        transitions=search.states.transitions,
        depth=search.depth,
        handler_runs=sum(process.runs for process in search.states.processes),
        explanation=_explanation(search, status, steps, missing, walked),
        steps=steps,
        trace=walked.trace,
        nodes=walked.in_order if steps else {},
        goals=goals,
    )


def _confirm(world: World, search: Search) -> None:
    """Let real nodes walk to some of the states that were found, and see whether they are there.

    Raises:
        NotExplorable: if they are not, because they share something that the search kept apart.
    """
    total = 0
    for state in search.samples(SAMPLES):
        steps, end = search.trail(state)
        total += len(steps)
        nodes = walk(world, steps).nodes
        if other := search.states.differing(end, nodes):
            raise NotExplorable(
                f"real nodes that took the same steps came to another state of {other}; some handler depends "
                "on more than its own attributes and the event. Do nodes share an object, such as a list "
                "that a class, a default argument or the program around them holds? The steps:\n"
                + "\n".join(_numbered(steps))
            )
        if total > SAMPLE_STEPS:
            break


def _explanation(
    search: Search, status: str, steps: Sequence[Step], missing: Sequence[str], walked: Walk
) -> str:
    seen = _count(search.parents, "state")
    none = f"none of them reaches: {', '.join(missing)}" if missing else ""
    pruned = "; beyond the pruned states nothing was visited" if search.pruned else ""
    if status == "violation" and search.found is not None:
        why = search.found.why
        if search.found.history and search.questions.history is not None:  # with the times of the trace
            why = objection(search.questions.history, noted(walked.trace)) or why
        lines = [f"after {_count(_moves(steps), 'step')}, {why}", *_numbered(steps)]
        if not search.found.raised:
            lines += ["In the end:", *map(_state, walked.in_order.values())]
        return "\n".join(lines)
    if status == "cut":
        rest = f", and {none}" if none else ""
        more = "there are more; raise max_states or max_depth, or bound the nodes with prune"
        return f"{seen} visited and nothing wrong{rest}, but {more}"
    if status == "goal missing":
        return f"every state visited, {seen}, and {none}{pruned}"
    holds = "every invariant holds" if search.questions.invariants else "nothing is wrong"
    reached = f", and every goal is reached ({', '.join(search.goals)})" if search.goals else ""
    return f"{holds} in {seen}{reached}{pruned}"


def _count(things: Sized, noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def _numbered(steps: Sequence[Step]) -> list[str]:
    return [f"{number}. {step}" for number, step in enumerate(_moves(steps), 1)]


def _state(node: Node) -> str:
    """What a node knows, in one line, the same in every run."""
    known = ", ".join(f"{name}={canonical(value)}" for name, value in vars(node).items())
    return shorten(f"{node.id}: {ADDRESS.sub('', known)}", WIDTH, placeholder=" …")


def _moves(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.kind != "start"]
