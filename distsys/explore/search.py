"""The search: visit every state that can be reached, nearest first, and ask what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..history import History
from ..node import Node
from ..properties import FALSE, SILENCED
from ..strict import guarded
from .states import Path, Raised, States
from .world import Step, World

Predicate = Callable[[Mapping[str, Node]], object]


@dataclass(frozen=True)
class Questions:
    """What is asked of the states.

    Attributes:
        invariants: what must hold in every state, by name.
        goals: what must hold in some state, by name.
        prune: states in which it holds are judged, but not continued from.
        history: says whether the history of the clients is allowed.
    """

    invariants: dict[str, Predicate]
    goals: dict[str, Predicate]
    prune: Predicate | None = None
    history: Callable[[History], object] | None = None

    @property
    def only_goals(self) -> bool:
        """Whether nothing is left to learn when every goal is reached."""
        return bool(self.goals) and not self.invariants and self.history is None


@dataclass(frozen=True)
class Found:
    """Something that is wrong.

    Attributes:
        why: what it is, in words.
        state: where it shows; None if some node does not even start.
        history: whether it is the history of the clients.
        raised: the step that raises after this state, or the starts of which the last one raises.
    """

    why: str
    state: int | None
    history: bool = False
    raised: Path = ()


class Search:
    """Visits the states of a world, breadth first.

    Args:
        world: what is explored.
        questions: what is asked of every state.
        symmetry: whether nodes with the same factory are interchangeable.

    Attributes:
        states: what is known of the states.
        parents: every state that was found, with the one it was reached from.
        depth: the number of states on the longest of the shortest paths.
        pruned: whether some state was not continued from.
        found: what ended the search early, or None.
        goals: the first state in which each goal that was reached holds.
    """

    def __init__(self, world: World, questions: Questions, symmetry: bool) -> None:
        self.questions = questions
        self.states = States(world, questions.history, symmetry)
        self.parents: dict[int, int | None] = {}
        self.depth = 0
        self.pruned = False
        self.found: Found | None = None
        self.goals: dict[str, int] = {}
        self._starts: dict[int, tuple[int, Path]] = {}
        self._verdicts: dict[int, bool] = {}
        self._judged: dict[int, tuple[bool, Found | None]] = {}
        self._complaints: dict[int, str] = {}

    @property
    def settled(self) -> bool:
        """Whether nothing is left to learn."""
        asked = self.questions
        return self.found is not None or (asked.only_goals and len(self.goals) == len(asked.goals))

    def run(
        self,
        start: Sequence[Step] = (),
        max_states: int = 2_000_000,
        max_depth: int | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> bool:
        """Search until everything is known.

        Args:
            start: the path to the state to begin with; the start of all nodes if empty.
            max_states: how many states to visit at most.
            max_depth: how deep to go at most.
            progress: told the depth and the number of states after each level.

        Returns:
            Whether nothing is left to visit.
        """
        with guarded():
            frontier = self._begin(tuple(start))
        while frontier and not self.settled:
            if len(self.parents) >= max_states or self.depth == max_depth:
                break
            self.depth += 1
            with guarded():
                frontier = self._level(frontier, max_states)
            if progress is not None:
                progress(self.depth, len(self.parents))
        for process in self.states.processes:
            process.check()
        return not frontier or self.settled

    def samples(self, count: int) -> list[int]:
        """A few states that were found, the most telling first: where something is wrong, or the last."""
        found = list(self.parents)
        wrong = [self.found.state] if self.found is not None and self.found.state is not None else []
        return wrong + found[:: -max(1, len(found) // count)]

    def path(self, end: int) -> Path:
        """A shortest path to a state; and with the step that raises, if that is what was found there."""
        steps, state = self.trail(end)
        if self.found is not None and self.found.raised and self.found.state == end:
            steps += self.states.raising(state)
        return steps

    def trail(self, end: int) -> tuple[Path, int]:
        """A shortest path to a state that was found, as it really happens, and where it leads.

        Under symmetry that is a state which differs from the one that was found in names alone.
        """
        chain = [end]
        while (parent := self.parents[chain[-1]]) is not None:
            chain.append(parent)
        state, steps = self._starts[chain.pop()]
        walked = []
        for target in reversed(chain):
            step, state = self.states.step_to(state, target)
            walked.append(step)
        return (*steps, *walked), state

    # --- levels

    def _begin(self, path: Path) -> list[int]:
        """Start every node, follow a path that was given, and judge where that leads."""
        try:
            starts = self.states.starts()
        except Raised as error:
            self.found = Found(str(error), None, raised=error.steps)
            return []
        if path:
            starts = [(self._follow(starts, path), path)]
        fresh = []
        for state, steps in starts:
            representative = self.states.representative(state)
            if representative not in self.parents and self.found is None:
                self._starts[representative] = state, steps
                self.parents[representative] = None
                if self._judge(representative):
                    fresh.append(representative)
        return fresh

    def _level(self, frontier: list[int], max_states: int) -> list[int]:
        """Visit every state that is one step away; returns those to continue from."""
        parents, verdicts, low_bits = self.parents, self._verdicts, self.states.low_bits
        successors = self.states.successors()
        fresh: list[int] = []
        try:
            for place, state in enumerate(frontier):
                for new in successors(state):
                    if new not in parents:
                        parents[new] = state
                        go_on = verdicts.get(new & low_bits)
                        if go_on is None:
                            go_on = self._judge(new)
                        if go_on:
                            fresh.append(new)
                        elif self.found:
                            return []
                if len(parents) >= max_states:
                    return frontier[place + 1 :] + fresh
        except Raised as error:
            self.found = Found(str(error), error.state, raised=error.steps)
            return []
        return fresh

    def _follow(self, starts: list[tuple[int, Path]], path: Path) -> int:
        """The state at the end of a path. Its crashes do not count: the budget is for what comes after."""
        nodes = len(self.states.processes)
        begun = [state for state, steps in starts if steps == path[:nodes]]
        if not begun:
            raise ValueError("start does not fit this world: its nodes start differently")
        state = begun[0]
        for number, step in enumerate(path[nodes:], 1):
            after = self.states.after(state, step)
            if after is None:
                raise ValueError(f"start does not fit this world: step {number}, {step}, is impossible")
            state = after
        return state

    # --- judging

    def _judge(self, state: int) -> bool:
        """Ask everything of a state; returns whether to continue from it."""
        locals_, low = state & self.states.local_bits, state & self.states.low_bits
        if locals_ not in self._judged:
            self._judged[locals_] = self._judge_nodes(state)
        go_on, broken = self._judged[locals_]
        why = self._judge_history(state)
        if broken is not None:
            self.found = replace(broken, state=state)
        elif why:
            self.found = Found(why, state, history=True)
        self._verdicts[low] = go_on and not why
        return self._verdicts[low]

    def _judge_nodes(self, state: int) -> tuple[bool, Found | None]:
        """Whether to continue from states with these nodes, and what is wrong with them."""
        asked = self.questions
        namings = [self.states.nodes(alike) for alike in self.states.alike(state)]

        def answer(predicate: Predicate, name: str, silence: bool = False) -> str:
            return _agreed([objection(predicate, nodes, name, silence) for nodes in namings], name)

        for name, goal in asked.goals.items():
            if name not in self.goals and not answer(goal, name):
                self.goals[name] = state
        for name, invariant in asked.invariants.items():
            if why := answer(invariant, name, silence=True):
                return False, Found(f"{name} does not hold: {why}", state)
        cut = asked.prune is not None and not answer(asked.prune, "prune")
        self.pruned |= cut
        return not cut, None

    def _judge_history(self, state: int) -> str:
        """Why the history of the clients is not allowed; empty if it is."""
        number = self.states.history(state)
        if number not in self._complaints:
            numbers = map(self.states.history, self.states.alike(state))
            self._complaints[number] = _agreed(list(map(self.states.histories.problem, numbers)), "history")
        return self._complaints[number]


def _agreed(complaints: Sequence[str], name: str) -> str:
    """The first of the complaints about states that differ in names alone: none or all must complain."""
    if len(set(map(bool, complaints))) > 1:
        raise ValueError(
            f"symmetry visits one of all states that differ in names alone, but {name} cares about names. "
            "Ask the same of all nodes, or explore without symmetry"
        )
    return complaints[0]


def objection(predicate: Predicate, nodes: Mapping[str, Node], name: str, silence: bool = False) -> str:
    """Why a predicate does not hold; empty if it does.

    Args:
        predicate: to be asked.
        nodes: those that are up.
        name: of the predicate.
        silence: whether it holds if it returns None, as one does that only asserts.
    """
    try:
        answer = predicate(nodes)
    except AssertionError as error:
        return str(error) or "the predicate raised AssertionError"
    except Exception as error:
        hint = "; a node that is down is missing" if isinstance(error, KeyError) else ""
        seen = ", ".join(nodes) or "no node"
        raise ValueError(f"{name} raised {error!r} while it looked at {seen}{hint}") from error
    if answer or (silence and answer is None and __debug__):
        return ""
    if silence and answer is None:
        return SILENCED
    return getattr(answer, "explanation", "") or FALSE
