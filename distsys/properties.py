"""Properties: what must hold in a run?

Three kinds. *always*: after every event; nothing bad happens. *sometimes*: at least once; the run is not
empty. *eventually*: soon after the last fault; something good happens. A program that does nothing keeps
every *always*, and only the other two catch it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Predicate = Callable[[], object]
FALSE = "the predicate is false"
SILENCED = "it asserts, but python -O takes assertions away; run without -O"


class PropertyFailed(RuntimeError):
    """A property raised something else than AssertionError, so it says neither yes nor no."""


@dataclass(frozen=True)
class Violation:
    """A property that did not hold: which, when, and what it said."""

    name: str
    time_ms: float
    explanation: str

    def __str__(self) -> str:
        return f"{self.name} does not hold at {self.time_ms:.3f} ms: {self.explanation}"


@dataclass
class Hope:
    """Something that must come to hold."""

    name: str
    predicate: Predicate
    within_us: int | None  # None: any time in the run
    held: bool = False
    why_not: str = ""


class Properties:
    """The properties of one run, and whether they hold so far.

    Attributes:
        invariants: the predicates that must hold after every event.
        hopes: what must come to hold.
    """

    def __init__(self) -> None:
        self.invariants: list[Predicate] = []
        self.hopes: list[Hope] = []
        self._names: list[str] = []  # of the invariants
        self._last_fault_us = 0

    def always(self, predicate: Predicate, name: str) -> None:
        """Demand that a predicate holds after every event."""
        self.invariants.append(predicate)
        self._names.append(name)

    def sometimes(self, predicate: Predicate, name: str) -> None:
        """Demand that a predicate holds at least once."""
        self.hopes.append(Hope(name, predicate, None))

    def eventually(self, predicate: Predicate, within_us: int, name: str) -> None:
        """Demand that a predicate comes to hold within a time after the last fault."""
        self.hopes.append(Hope(name, predicate, within_us))

    def fault(self, now_us: int) -> None:
        """A fault happened: what was to hold eventually has to come to hold again."""
        self._last_fault_us = now_us
        for hope in self.hopes:
            if hope.within_us is not None:
                hope.held, hope.why_not = False, ""

    def __bool__(self) -> bool:
        return bool(self.invariants or self.hopes)

    def judge(self, now_us: int) -> Violation | None:
        """Look at every property after an event."""
        for name, predicate in zip(self._names, self.invariants, strict=True):
            holds, why = ask(name, predicate)
            if not holds:
                return Violation(name, now_us / 1000, why)
        return self.judge_hopes(now_us)

    def broken(self, predicate: Predicate, now_us: int, answer: object) -> Violation:
        """The violation of an invariant that gave this answer."""
        return Violation(self._name(predicate), now_us / 1000, _objection(answer))

    def raised(self, predicate: Predicate, now_us: int, error: Exception) -> Violation:
        """The violation of an invariant that raised this error."""
        name = self._name(predicate)
        return Violation(name, now_us / 1000, _complaint(name, error))

    def _name(self, predicate: Predicate) -> str:
        return self._names[self.invariants.index(predicate)]

    def judge_hopes(self, now_us: int) -> Violation | None:
        """Look after an event whether something has come to hold, or can no longer do so in time."""
        for hope in self.hopes:
            if not hope.held:
                if hope.within_us is not None and now_us > self._last_fault_us + hope.within_us:
                    return self._never(hope, now_us)  # it did not hold after the last event in time
                hope.held, hope.why_not = ask(hope.name, hope.predicate)
        return None

    def at_the_end(self, now_us: int) -> Violation | None:
        """Look at what had to happen until now."""
        for hope in sorted(self.hopes, key=lambda hope: hope.within_us is None):  # the worse news first
            if not hope.held:
                return self._never(hope, now_us)
        return None

    def sometimes_held(self) -> dict[str, bool]:
        """Whether each *sometimes* has held so far, by name."""
        return {hope.name: hope.held for hope in self.hopes if hope.within_us is None}

    def _never(self, hope: Hope, now_us: int) -> Violation:
        if hope.within_us is None:
            why = "it never held, so the run shows nothing"
        elif now_us < (deadline := self._last_fault_us + hope.within_us):
            why = f"the run ends before its time is up, at {deadline / 1000:g} ms; run until then at least"
        else:
            why = f"it did not come to hold within {hope.within_us / 1000:g} ms after the last fault"
        if hope.why_not not in ("", FALSE):
            why += f"; when last asked: {hope.why_not}"
        return Violation(hope.name, now_us / 1000, why)


def ask(name: str, predicate: Predicate) -> tuple[bool, str]:
    """Whether a predicate holds now, and if not, why: in its own words, if it has any."""
    try:
        answer = predicate()
    except Exception as error:
        return False, _complaint(name, error)
    if answer or (answer is None and __debug__):  # a predicate that only asserts returns None
        return True, ""
    return False, _objection(answer)


def _objection(answer: object) -> str:
    if answer is None:
        return SILENCED
    return getattr(answer, "explanation", "") or FALSE


def _complaint(name: str, error: Exception) -> str:
    if isinstance(error, AssertionError):
        return str(error) or "the predicate raised AssertionError"
    raise PropertyFailed(
        f"the property {name!r} raised {error!r}; a node that is down is not in simulation.nodes"
    ) from error
