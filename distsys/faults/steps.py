"""Steps: how can a run be written down so that it can be played again, with less in it and without time?

A tape runs a simulation as usual and writes down its steps: a message arrives, a timer fires, a client's call
times out, a process dies. On a stage nothing happens by itself. A list of steps says what happens next, and
a step that is not possible there is left out. Cuts, losses and pauses are no steps: they are messages that
never arrive, or arrive late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from ..client import Client
from ..machine import ACT
from ..network import let_pass
from ..properties import PropertyFailed
from ..simulation import MOST_DRAWN, HandlerFailed, Run, Simulation
from ..strict import guarded
from ..trace import Trace, canonical
from .saboteur import apply
from .sweep import Problem, Trial


class Step(NamedTuple):
    """One event of a run, named so that another run can look for it.

    Attributes:
        at_us: when it happened.
        what: which one: ``("deliver", src, dst, call, text, again)``, ``("timer", node, name)``,
            ``("act", …)`` for what the simulation itself has planned, ``("wake", client, number)`` for
            the end of a call or a sleep, ``("crash", node)``, ``("restart", node)``,
            ``("clock", node, by_ms)``.
        choices: what ``choose`` answered meanwhile.
    """

    at_us: int
    what: tuple[Any, ...]
    choices: tuple[Any, ...] = ()

    @property
    def place(self) -> object:
        """The process to which it happens; for acts nothing of use."""
        return self.what[2 if self.what[0] == "deliver" else 1]


Keep = Callable[[int, tuple[Any, ...], Callable[[], object]], None]


class _Actions:
    """Names the actions of a simulation by what planned them, which does not depend on time."""

    def __init__(self, simulation: Simulation, keep: Keep) -> None:
        self.simulation, self.keep = simulation, keep
        self.origin: object = None  # the first action in the chain that led to the current event
        self.made: Counter[object] = Counter()
        planned, simulation._heap = sorted(simulation._heap, key=lambda entry: entry[1]), []
        simulation.schedule = self.schedule  # type: ignore[method-assign]  # to look on, event by event
        simulation.network.tap(let_pass)
        for due, _, kind, subject, detail in planned:
            simulation.schedule(due, kind, subject, detail)
        for client in simulation.clients.values():
            client.host.wake = self.wake  # type: ignore[method-assign]  # the numbers of calls name them best

    def schedule(self, due_us: int, kind: int, subject: Any, detail: Any) -> None:
        """In place of ``Simulation.schedule``: name the action and keep it."""
        self.made[self.origin] += 1
        self.keep(due_us, ("act", self.origin, self.made[self.origin]), subject)

    def wake(self, client: Client, number: int, ms: float) -> None:
        """In place of the client's own: name the end of a call or sleep, and keep it."""
        due_us = self.simulation.now_us + round(ms * 1000)
        do = partial(self.simulation._wake, client, number)
        self.keep(due_us, ("wake", client.id, number), do)

    def act(self, what: tuple[Any, ...], do: Callable[[], object]) -> None:
        """Do an action; what it plans descends from the same origin."""
        self.origin = what if what[0] == "wake" or what[1] is None else what[1]
        do()
        self.origin = None


class Tape:
    """A simulation that is run as usual and writes down its steps.

    Attributes:
        simulation: to be run.
        steps: what happened so far.
    """

    def __init__(self, trial: Trial) -> None:
        self.steps: list[Step] = []
        self.choices: list[Any] = []  # since the last step
        self.arrived: set[int] = set()
        self.faulty = False  # whether the plan is being put into it
        self.simulation = simulation = trial.make(trial.seed)
        self.actions = _Actions(simulation, self._keep)
        self.faulty = True
        apply(trial.plan, simulation)
        self.faulty = False
        self._arrive, simulation._arrive = simulation._arrive, self.arrive  # type: ignore[method-assign]  # to watch
        self._fire, simulation._fire = simulation._fire, self.fire  # type: ignore[method-assign]  # to watch
        for machine in simulation.machines.values():
            machine.choose = partial(self._choose, machine.choose)  # type: ignore[method-assign]  # to watch

    def arrive(self, envelope: tuple[int, str, str, object, int]) -> None:
        """In place of ``Simulation._arrive``."""
        number, src, dst, message, call = envelope
        what = ("deliver", src, dst, call, canonical(message), number in self.arrived)
        with self._step(lambda record: what if record == "deliver" else None):
            self._arrive(envelope)
        if self.steps and self.steps[-1].what is what:  # else it was dropped, or waits for the end of a pause
            self.arrived.add(number)

    def fire(self, machine: Any, timer: str, mark: int) -> None:
        """In place of ``Simulation._fire``."""
        what = ("timer", machine.name, timer)
        with self._step(lambda record: what if record == "timer" else None):
            self._fire(machine, timer, mark)

    def _keep(self, due_us: int, what: tuple[Any, ...], do: Callable[[], object]) -> None:
        carry_out = self._fault if self.faulty else self._act
        Simulation.schedule(self.simulation, due_us, ACT, partial(carry_out, what, do), None)

    def _act(self, what: tuple[Any, ...], do: Callable[[], object]) -> None:
        with self._step(lambda record: what):
            self.actions.act(what, do)

    def _fault(self, what: tuple[Any, ...], do: Any) -> None:
        def named(record: str) -> tuple[Any, ...] | None:
            fault = do.args[0] if record in ("crash", "restart", "clock") else None
            return (record, fault.node, *([fault.by_ms] if record == "clock" else [])) if fault else None

        with self._step(named):
            do()

    def _choose(self, choose: Callable[[Sequence[Any]], Any], options: Sequence[Any]) -> Any:
        choice = choose(options)
        self.choices.append(choice)
        return choice

    @contextmanager
    def _step(self, named: Callable[[str], tuple[Any, ...] | None]) -> Iterator[None]:
        """Write down what happens in the block, even if it fails, by the kind of its first record."""
        rows = self.simulation._rows
        before = len(rows)
        self.choices.clear()
        try:
            yield
        finally:
            what = named(rows[before][1] if before < len(rows) else "")
            if what is not None:
                self.steps.append(Step(self.simulation.now_us, what, tuple(self.choices)))


class _Letter(NamedTuple):
    number: int
    message: object
    text: str
    call: int

    def likeness(self, text: str, call: int) -> tuple[bool, bool]:
        """How like a wanted message it is: in its text, and in the call that it belongs to."""
        return self.text == text, self.call == call


class Stage:
    """A simulation in which nothing happens by itself: a list of steps says what happens next.

    Attributes:
        simulation: that is played.
        taken: the steps that were possible, as they really were.
        spans: the rows of the trace that each of them made.
        problem: what the steps led to.
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.simulation = simulation = trial.make(trial.seed)
        self.taken: list[Step] = []
        self.spans: list[range] = []
        self.problem: Problem | None = None
        self._acts: dict[tuple[Any, ...], Callable[[], object]] = {}
        self._waiting: dict[tuple[str, str], list[_Letter]] = {}
        self._arrived: dict[tuple[str, str], list[_Letter]] = {}
        self._choices: list[Any] = []  # that the current step still has to make
        self._actions = _Actions(simulation, self._keep)
        simulation._launch = self._launch  # type: ignore[method-assign]  # messages wait until they are called
        for machine in simulation.machines.values():
            machine.choose = partial(self._choose, machine.choose)  # type: ignore[method-assign]  # as recorded

    def play(self, steps: Iterable[Step], wanted: str) -> bool:
        """Take the steps that can be taken, until the wanted problem shows; returns whether it does."""
        simulation = self.simulation
        simulation._started = True
        with guarded():
            if self._leads_to(wanted, self._boot):
                return True
            for step in steps:
                if self.problem is not None:  # another one: here the run would have ended
                    return False
                self._choices = list(step.choices)
                if self._leads_to(wanted, partial(self._take, step)):
                    return True
        if wanted == "check" and self.problem is None:
            run = Run(simulation.seed, Trace(simulation._rows), None, simulation.history)
            self.problem = self.trial.judge(run, simulation.nodes)
        return self.problem is not None and self.problem.name == wanted

    def _leads_to(self, wanted: str, happen: Callable[[], None]) -> bool:
        """Let something happen; whether it leads to the wanted problem."""
        simulation = self.simulation
        try:
            happen()
            violation = simulation.properties.judge(simulation.now_us)
        except HandlerFailed as error:
            self.problem = Problem(type(error.__cause__ or error).__name__, str(error), simulation.now_us)
        except PropertyFailed as error:  # it cannot tell what to say of a world that is so different
            self.problem = Problem("PropertyFailed", str(error), simulation.now_us)
        else:
            if violation is not None and violation.name == wanted:
                self.problem = Problem(violation.name, str(violation), simulation.now_us)
        return self.problem is not None and self.problem.name == wanted

    def _boot(self) -> None:
        for machine in self.simulation.machines.values():
            machine.boot()

    def _take(self, step: Step) -> None:
        before, now_us = len(self.simulation._rows), self.simulation.now_us
        what: tuple[Any, ...] | None = step.what
        self.simulation.now_us = max(now_us, step.at_us)
        try:
            what = self._do(*step.what)
        finally:  # if a handler failed, it was the step as it is
            if what is None:
                self.simulation.now_us = now_us
            else:
                self.taken.append(step._replace(what=what))
                self.spans.append(range(before, len(self.simulation._rows)))

    def _do(self, kind: str, *which: Any) -> tuple[Any, ...] | None:
        """Let a step happen; returns what really happened, or None."""
        simulation, what = self.simulation, (kind, *which)
        match kind:
            case "deliver":
                return self._deliver(*which)
            case "timer" if which[1] in (machine := simulation.machines[which[0]]).timers:
                simulation._fire(machine, which[1], machine.timers[which[1]])
            case "crash" if which[0] in simulation.nodes:
                simulation.crash(which[0])
            case "restart" if which[0] not in simulation.nodes:
                simulation.restart(which[0])
            case "clock":
                simulation.step_clock(*which)
            case "wake" | "act":
                return self._act(what)
            case _:
                return None
        return what

    def _act(self, what: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if what not in self._acts:
            return None
        self._actions.act(what, self._acts.pop(what))
        return what

    def _deliver(self, src: str, dst: str, call: int, text: str, again: bool) -> tuple[Any, ...] | None:
        """Let a message arrive: the one that is most like the one that was recorded, and of its type.

        Events that were taken out may have counted something up. What came in term 11 then comes in term 1.
        """
        if dst in self.simulation.machines and dst not in self.simulation.nodes:
            return None
        letters = (self._arrived if again else self._waiting).get((src, dst), [])
        kind = text.partition("(")[0]
        alike = [letter for letter in reversed(letters) if letter.text.partition("(")[0] == kind]
        if not alike:
            return None
        letter = max(alike, key=lambda letter: letter.likeness(text, call))
        if not again:
            letters.remove(letter)
            self._arrived.setdefault((src, dst), []).append(letter)
        self.simulation._arrive((letter.number, src, dst, letter.message, letter.call))
        return "deliver", src, dst, letter.call, letter.text, again

    def _keep(self, due_us: int, what: tuple[Any, ...], do: Callable[[], object]) -> None:
        self._acts[what] = do

    def _launch(self, number: int, src: str, dst: str, message: object, call: int) -> None:
        letter = _Letter(number, message, canonical(message), call)
        self._waiting.setdefault((src, dst), []).append(letter)

    def _choose(self, choose: Callable[[Sequence[Any]], Any], options: Sequence[Any]) -> Any:
        choice, recorded = choose(options), self._choices[:1]
        del self._choices[:1]
        return next((option for option in options if [option] == recorded), choice)


def causal(stage: Stage) -> list[Step]:
    """The steps that were taken, each right after its causes: the longer story first, then the shorter."""
    causes = _causes(stage)
    if len(causes) > MOST_DRAWN:  # nobody reads it line by line
        return stage.taken
    past: list[set[int]] = []  # all that leads to a step
    for direct in causes:
        past.append(direct.union(*(past[cause] for cause in direct)))
    told: list[int] = []

    def tell(number: int) -> None:
        for cause in sorted(causes[number], key=lambda cause: (-len(past[cause]), cause)):
            if cause not in told:
                tell(cause)
        told.append(number)

    for end in sorted(set(range(len(causes))).difference(*causes)):
        tell(end)
    return [stage.taken[number] for number in told]


def _causes(stage: Stage) -> list[set[int]]:
    """For each step the earlier ones on the same process, and the one that sent what arrives."""
    rows, senders = stage.simulation._rows, dict[int, int]()
    causes: list[set[int]] = []
    for number, (step, span) in enumerate(zip(stage.taken, stage.spans, strict=True)):
        found = {
            n
            for n, earlier in enumerate(stage.taken[:number])
            if step.place == earlier.place or "act" in (step.what[0], earlier.what[0])  # acts reach anywhere
        }
        for index in span:
            _, kind, _, _, letter, _ = rows[index]
            if kind == "send":
                senders[letter] = number
            elif kind == "deliver" and letter in senders:
                found.add(senders[letter])
        causes.append(found)
    return causes
