"""Which students made the same mistake, so that one comment serves them all?

Two answers are wrong in the same way if they break the same rules, in the same lines of the checks, with
messages that differ in numbers and quotations only. They behave equally, as far as the checks can see, if the
messages are the same to the letter: a message quotes what the answer returned.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.engine.verdict import KEPT, Said, Verdict

UNTRIED = frozenset({"unsolved"})
"""Outcomes of a question that nobody tried to answer."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+\b")
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_NUMBER = re.compile(r"[-+−]?\b\d[\d_,.]*(?:[eE][+-]?\d+)?")
_REPEATED = re.compile(r"(#|…)(?:[\s,;:()\[\]]+(?:#|…))+")


@dataclass(frozen=True)
class Mistake:
    """One way to be wrong in one exercise.

    Args:
        exercise: where.
        rules: grade_ids of the broken rules, in the order of the chapter.
        messages: what one of the students was told, rule by rule.
        students: who made it, sorted.
        alike: the same students, by equal behaviour; the largest group first.
    """

    exercise: str
    rules: tuple[str, ...]
    messages: tuple[str, ...]
    students: tuple[str, ...]
    alike: tuple[tuple[str, ...], ...]


def plain(message: str) -> str:
    """A message without what differs from run to run: addresses and white space."""
    return " ".join(_ADDRESS.sub("0x…", message).split())


def gist(message: str) -> str:
    """A message without its values: ``offset 5, not -5`` and ``offset 7, not 3`` have one gist."""
    text = _NUMBER.sub("#", _QUOTED.sub("…", plain(message)))
    return _REPEATED.sub(r"\1", text)


def broken(verdict: Verdict, exercise: str) -> tuple[Said, ...]:
    """The questions of an exercise that cost points."""
    return tuple(said for said in verdict.questions if said.exercise == exercise and said.outcome != KEPT)


def mistakes(verdicts: Iterable[Verdict], exercises: Iterable[str]) -> tuple[Mistake, ...]:
    """All ways to be wrong, the most common first.

    An exercise that was not tried, and a file that could not be read, are no mistakes.
    """
    names = tuple(exercises)
    by_gist: dict[tuple[object, ...], list[tuple[Verdict, tuple[Said, ...]]]] = defaultdict(list)
    for verdict in verdicts:
        for exercise in names:
            found = broken(verdict, exercise)
            if not verdict.refused and any(said.outcome not in UNTRIED for said in found):
                key = tuple((said.name, said.outcome, said.line, gist(said.message)) for said in found)
                by_gist[exercise, *key].append((verdict, found))
    made = [_mistake(group) for group in by_gist.values()]
    return tuple(sorted(made, key=lambda one: (-len(one.students), names.index(one.exercise), one.rules)))


def _mistake(group: list[tuple[Verdict, tuple[Said, ...]]]) -> Mistake:
    by_behaviour: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for verdict, found in group:
        by_behaviour[tuple(plain(said.message) for said in found)].append(verdict.student)
    alike = sorted((tuple(sorted(one)) for one in by_behaviour.values()), key=lambda one: (-len(one), one))
    verdict, found = next((v, f) for v, f in group if v.student == alike[0][0])
    return Mistake(
        found[0].exercise,
        tuple(said.name for said in found),
        tuple(said.message for said in found),
        tuple(sorted(one.student for one, _ in group)),
        tuple(alike),
    )
