"""Shrinking: which few events of a failing run are enough to fail?

First faults are taken out of the plan, as long as the run still fails. Then time is taken away: the run
becomes a list of steps (a message arrives, a timer fires, a process dies), and steps are taken out. Real
nodes play what is left, so every message in the result is one that the code really sends. Last, steps are
put next to their causes, so that the story can be read from the first line to the last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, TypeVar

from ..history import History
from ..properties import PropertyFailed
from ..simulation import MOST_DRAWN, NoProgress, Simulation
from ..trace import Record, Trace
from .plan import Fault, Plan
from .steps import Stage, Step, Tape, causal
from .sweep import COMPLETE, Failure, Problem, Trial

if TYPE_CHECKING:
    from ..draw.figure import Figure

T = TypeVar("T")
PACE_US = 1_000  # of a story: its n-th event is at n milliseconds
MOST_TOLD = 40  # events of a story that could not be made short
HAPPENINGS = ("deliver", "timer", "call", "crash", "restart", "clock")


@dataclass(frozen=True, repr=False)
class Counterexample:
    """A failure in as few events as possible.

    Attributes:
        seed: of the simulation.
        plan: the faults that are needed; with them the seed fails by itself.
        problem: what does not hold.
        trace: what happens, in few events and in no hurry; the whole run if it could not be made untimed.
        steps: that lead to it without time; none can be left out. Empty if the failure depends on time.
        tried: how many runs it took.
        history: what the clients asked and heard in it, for the checker that knows the core.
    """

    seed: int
    plan: Plan
    problem: Problem
    trace: Trace
    steps: tuple[Step, ...]
    tried: int
    history: History = field(default_factory=History)

    @property
    def untimed(self) -> bool:
        """Whether the failure depends on the order of events alone, and the trace is a short story."""
        return bool(self.steps)

    @property
    def events(self) -> tuple[Record, ...]:
        """What happens to processes: messages arrive, timers fire, processes die and start again."""
        return tuple(record for record in self.trace if record.kind in HAPPENINGS)

    def __str__(self) -> str:
        events = len(self.events)
        lines = [f"Seed {self.seed} fails in {events} events."]
        skipped = 0 if self.untimed else max(0, events - MOST_TOLD)
        if skipped:
            lines[0] += f" It depends on time, so here are the last {MOST_TOLD} as they were."
        number, whose = 0, ""
        for record in self.trace:
            if record.kind in HAPPENINGS:
                number, whose = number + 1, record.node
                told = f"{number:4}. {_words(record)}"
            elif record.kind in ("send", "note") and number:
                waited = "" if record.node == whose else "after a wait, "  # a client begins by itself
                told = f"      {waited}{_words(record)}"
            else:
                continue
            if number > skipped:
                lines.append(told)
        return "\n".join([*lines, self.problem.explanation])

    def __repr__(self) -> str:
        return f"<Counterexample of seed {self.seed}, {len(self.events)} events: {self.problem.explanation}>"

    def figure(self) -> Figure:
        """The trace as a space-time diagram, with the problem written where it shows."""
        from ..draw.spacetime import spacetime  # noqa: PLC0415 - a result that nobody looks at needs no pictures

        rows = self.trace.rows[-MOST_DRAWN:]
        if self.events:
            last = self.events[-1]
            rows.append((last.time + PACE_US, "note", last.node, "", 0, (f"✗ {self.problem.name}", ())))
        title = f"Seed {self.seed}: {self.problem.explanation}"
        return spacetime(Trace(rows), title=title, timed=not self.untimed)

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.problem.explanation)}</p>{self.figure().html()}"


def _words(record: Record) -> str:
    """A record without its time, which means nothing in an untimed story."""
    return str(record).partition(" ms  ")[2]


def shrink(failure: Failure, untimed: bool = True, effort: int | None = None) -> Counterexample:
    """Make a failure small.

    A failure of *eventually*, or of a sweep's ``complete``, keeps its time, because it says that something
    takes too long.

    Args:
        failure: from the report of a sweep.
        untimed: whether to take time away too. In the result messages and timers may be late by any time, as
            in an asynchronous system. Say False if the protocol is right only while timers are punctual, as
            with leases.
        effort: how many records of a trace may be played again before the smallest failure found so far is
            good enough; without limit if not given. It does not depend on how fast the machine is.

    Raises:
        ValueError: if the failure does not happen again, since the simulation depends on more than its seed.
    """
    runs = _Runs(failure, effort)
    if not runs.fail(failure.plan.faults):
        raise ValueError(
            f"seed {failure.seed} does not fail a second time; make the simulation deterministic first "
            "(distsys.determinism finds out what is not)"
        )
    relevant = [fault for fault in failure.plan.faults if fault.at_ms * 1000 <= runs.until_us]
    faults = tuple(ddmin(relevant, lambda some: some if runs.fail(some) else None, runs.is_tired))
    trial = replace(runs.trial, plan=Plan(faults))
    tape = Tape(trial)
    problem = trial.run(tape.simulation) or failure.problem
    small = Counterexample(
        failure.seed, trial.plan, problem, Trace(tape.simulation._rows), (), runs.tried + 1,
        tape.simulation.history,
    )  # fmt: skip
    if not untimed or _is_about_time(problem, tape.simulation):
        return small
    return _without_time(small, trial, tape.steps, runs)


class _Runs:
    """Runs the simulation of a failure with other plans."""

    def __init__(self, failure: Failure, effort: int | None) -> None:
        trial, problem = failure.trial, failure.problem
        self.left = float("inf") if effort is None else effort
        self.name, self.tried = problem.name, 0
        self.until_us = min(round(trial.until_ms * 1000), problem.time_us)  # failing later is not simpler
        self.trial = replace(trial, until_ms=self.until_us / 1000)

    def fail(self, faults: Sequence[Fault]) -> bool:
        """Whether the run has the same problem with these faults alone."""
        self.tried += 1
        trial = replace(self.trial, plan=Plan(tuple(faults)))
        simulation = trial.prepare()
        try:
            found = trial.run(simulation)
        except PropertyFailed:  # it cannot tell what to say of a world that is so different
            return False
        finally:
            self.left -= len(simulation._rows)
        return found is not None and found.name == self.name

    def is_tired(self) -> bool:
        """Whether enough has been tried."""
        return self.left <= 0


def ddmin(
    items: Sequence[T],
    fails: Callable[[Sequence[T]], Sequence[T] | None],
    enough: Callable[[], bool] = lambda: False,
) -> Sequence[T]:
    """The fewest items that fail, in the sense that no single one can be left out (Zeller, 1999).

    Args:
        items: which fail together.
        fails: returns None if some items do not fail, else those of them that it took to fail.
        enough: whether to be content with the fewest so far.
    """
    parts = 2
    while items:
        size = -(-len(items) // parts)
        for start in range(0, len(items), size):
            if enough():
                return items
            smaller = fails([*items[:start], *items[start + size :]])
            if smaller is not None:
                items, parts = smaller, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(items), parts * 2)
    return items


def _is_about_time(problem: Problem, simulation: Simulation) -> bool:
    """Whether a problem means nothing without time: something takes too long, or time stands still."""
    late = {hope.name for hope in simulation.properties.hopes}
    return problem.name in late or problem.name in (NoProgress.__name__, COMPLETE)


def _without_time(
    small: Counterexample, trial: Trial, steps: Sequence[Step], runs: _Runs
) -> Counterexample:
    """The failure as a short story; as it was if it depends on the time at which things happen."""
    tried = small.tried

    def play(some: Sequence[Step]) -> Stage | None:
        nonlocal tried
        tried += 1
        stage = Stage(trial)
        failed = stage.play(some, small.problem.name)
        runs.left -= len(stage.simulation._rows)
        return stage if failed else None

    def fails(some: Sequence[Step]) -> Sequence[Step] | None:
        return stage.taken if (stage := play(some)) else None

    needed = fails(steps)
    stage = None if needed is None else play(ddmin(needed, fails, runs.is_tired))
    if stage is None:
        return replace(small, tried=tried)
    for story in (causal(stage), stage.taken):
        told = play([step._replace(at_us=rank * PACE_US) for rank, step in enumerate(story, 1)])
        if told is not None:
            stage = told
            break
    return replace(
        small,
        problem=stage.problem or small.problem,
        trace=Trace(stage.simulation._rows),
        history=stage.simulation.history,
        steps=tuple(stage.taken),
        tried=tried,
    )
