"""Sweeps: does it hold for every seed, whatever goes wrong?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from inspect import signature

from ..check.verdict import Verdict
from ..node import Node
from ..properties import PropertyFailed, ask
from ..simulation import HandlerFailed, NoProgress, Run, Simulation
from .nemesis import nemesis
from .plan import KINDS, Plan
from .progress import bar, show
from .saboteur import apply

Make = Callable[[int], Simulation]
Check = Callable[[Run, Mapping[str, Node]], object]
Planner = Callable[[int, Sequence[str]], Plan]
COMPLETE = "complete"
MOST_TOLD = 20  # failures; the others are in the report


@dataclass(frozen=True)
class Trial:
    """One run of a sweep, and all it takes to run it again.

    Attributes:
        make: builds the simulation of a seed.
        seed: which one.
        plan: what goes wrong.
        until_ms: how long it runs.
        check: judges the whole run, for instance its history; None if properties alone judge.
        complete: judges whether all has happened that had to; None if nothing had to.
    """

    make: Make
    seed: int
    plan: Plan
    until_ms: float
    check: Check | None = None
    complete: Check | None = None

    def prepare(self) -> Simulation:
        """A simulation with the plan in it, ready to run."""
        simulation = self.make(self.seed)
        apply(self.plan, simulation)
        return simulation

    def run(self, simulation: Simulation) -> Problem | None:
        """Run a prepared simulation; a handler that raises is a problem like any other."""
        try:
            run = simulation.run(self.until_ms)
        except (HandlerFailed, NoProgress) as error:
            return Problem(type(error.__cause__ or error).__name__, str(error), simulation.now_us)
        held = simulation.properties.sometimes_held()
        violation = run.violation
        if violation is not None and held.get(violation.name, True):  # *sometimes* is for the whole sweep
            return Problem(violation.name, str(violation), round(violation.time_ms * 1000))
        return self.judge(run, simulation.nodes)

    def judge(self, run: Run, nodes: Mapping[str, Node]) -> Problem | None:
        """What ``check`` says of a run and, if it finds nothing wrong, ``complete``."""
        for name, judge in (("check", self.check), (COMPLETE, self.complete)):
            if judge is not None and (problem := self._said(name, judge, run, nodes)):
                return problem
        return None

    def _said(self, name: str, judge: Check, run: Run, nodes: Mapping[str, Node]) -> Problem | None:
        answers: list[object] = []

        def answer() -> object:
            answers.append(judge(run, nodes))
            return answers[0]

        try:
            holds, why = ask(name, answer)
        except PropertyFailed as error:
            why = f"{name} of seed {self.seed!r} raised {error.__cause__!r}"
            raise PropertyFailed(why) from error.__cause__
        if holds:
            return None
        events = tuple(event for answer in answers if isinstance(answer, Verdict) for event in answer.events)
        end_us = round(self.until_ms * 1000)  # and not the last record: a script may go on after it
        when_us = run.trace[max(events)].time if events else end_us
        return Problem(name, why, when_us, events)


@dataclass(frozen=True)
class Problem:
    """What was wrong with a run.

    Attributes:
        name: the property, ``check``, ``complete``, or the type of the exception; two problems of one
            name are the same.
        explanation: one sentence.
        time_us: when it showed.
        events: the records of the trace that show it, if the check has named them.
    """

    name: str
    explanation: str
    time_us: int
    events: tuple[int, ...] = ()


@dataclass(frozen=True, repr=False)
class Failure:
    """A seed and a plan with which something does not hold.

    Attributes:
        trial: what was run.
        problem: what was wrong.
    """

    trial: Trial
    problem: Problem

    @property
    def seed(self) -> int:
        """The seed."""
        return self.trial.seed

    @property
    def plan(self) -> Plan:
        """What went wrong in the run."""
        return self.trial.plan

    def __str__(self) -> str:
        return f"seed {self.seed}, {len(self.plan)} faults: {self.problem.explanation}"

    def __repr__(self) -> str:
        return f"<Failure of {self}>"


@dataclass(frozen=True, repr=False)
class Report:
    """What a sweep found.

    Attributes:
        runs: how many seeds were run.
        failures: those that failed, in order.
        kinds: in how many runs each kind of fault was used.
        held: in how many runs each *sometimes* held.
        handlers: in how many runs each handler of a message or timer ran, for instance ``Raft.vote``.
    """

    runs: int
    failures: tuple[Failure, ...] = ()
    kinds: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    handlers: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether there was a run, none failed, and every *sometimes* held in one at least."""
        return self.runs > 0 and not self.failures and all(self.held.values())

    def __str__(self) -> str:
        used = [f"{kind} in {number}" for kind, number in self.kinds.items() if number]
        lines = [f"{self.runs} runs, {len(self.failures)} failures", f"faults: {', '.join(used) or 'none'}"]
        lines += [
            f"{name}: held in {number} runs{'' if number else ', so the sweep shows nothing'}"
            for name, number in self.held.items()
        ]
        if idle := [name for name, number in self.handlers.items() if not number]:
            lines.append(f"never ran: {', '.join(idle)}")
        lines += map(str, self.failures[:MOST_TOLD])
        if more := len(self.failures[MOST_TOLD:]):
            lines.append(f"and {more} more")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Report of {self.runs} runs, {len(self.failures)} failures>"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def sweep(
    make: Make,
    seeds: Collection[int],
    until_ms: float = 10_000.0,
    plan: Planner | None = None,
    check: Callable[..., object] | None = None,
    stop_after: int | None = None,
    complete: Callable[..., object] | None = None,
) -> Report:
    """Run a simulation under many seeds, each with its own plan.

    A sweep finds what goes wrong often. For what needs two events within a millisecond, raise the nemesis's
    intensity, allow it few kinds, or ask :func:`distsys.explore.explore`, which misses nothing.

    Args:
        make: takes a seed and returns a simulation with nodes, clients and properties, ready to run.
        seeds: which seeds to run.
        until_ms: how long each runs, in milliseconds of virtual time.
        plan: takes a seed and the names of the nodes, and returns what goes wrong; a nemesis of all kinds
            if not given.
        check: judges each run after its end, for instance that its history is linearizable. It takes the
            run; or the run, and the nodes that are up by name.
        stop_after: stop when so many runs have failed.
        complete: judges, as ``check`` does, whether everything has happened by the end that had to. It is
            asked only if nothing else is wrong.
    """
    if not isinstance(seeds, Collection):
        raise TypeError(f"seeds are a collection such as range(100), not {seeds!r}")
    judges = _of_both(check), _of_both(complete)
    runs, failures = 0, list[Failure]()
    kinds: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
    held, handlers = Counter[str](), Counter[str]()
    try:
        for seed in seeds:
            simulation = make(seed)
            names = tuple(simulation.machines)
            what = plan(seed, names) if plan is not None else nemesis(seed, names, until_ms=until_ms)
            apply(what, simulation)
            trial = Trial(make, seed, what, until_ms, *judges)
            problem = trial.run(simulation)
            runs += 1
            kinds.update({fault.kind for fault in what.faults})
            held.update(simulation.properties.sometimes_held())
            handlers.update(_handlers(simulation))
            if problem is not None:
                failures.append(Failure(trial, problem))
            show(f"{bar(runs, len(seeds))} seeds, {len(failures)} failed")
            if stop_after is not None and len(failures) >= stop_after:
                break
    finally:
        show()
    return Report(runs, tuple(failures), dict(kinds), dict(held), dict(handlers))


def _of_both(judge: Callable[..., object] | None) -> Check | None:
    """A function of run and nodes, whichever of them it wants to see."""
    if judge is None:
        return None
    wanted = [one for one in signature(judge).parameters.values() if one.default is one.empty]
    return judge if len(wanted) > 1 else lambda run, nodes: judge(run)


def _handlers(simulation: Simulation) -> dict[str, bool]:
    """Which handlers the nodes have, and whether each has run; of a node that is down nothing is known."""
    ran = {(row[2], row[5]) for row in simulation._rows if row[1] == "timer"}
    ran |= {(row[2], type(row[5])) for row in simulation._rows if row[1] == "deliver"}
    found: dict[str, bool] = {}
    for name, node in simulation.nodes.items():
        for key, method in node.handlers.items():
            handler = f"{type(node).__name__}.{method}"
            found[handler] = found.get(handler, False) or (name, key) in ran
    return found
