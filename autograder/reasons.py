"""Why did a submission lose points, in words?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from autograder.assignment import Assignment
from autograder.engine.verdict import KEPT, Said, Verdict
from autograder.plain import first_line

WORDS = {
    "wrong": "a check failed without a message",
    "error": "your code raised an exception",
    "unsolved": "not solved yet",
    "broken": "the solution cell does not run",
    "time": "it ran too long: an endless loop?",
    "memory": "it needed more memory than it may have",
    "output": "it wrote more than it may",
    "processes": "it started more processes than it may",
    "crash": "it ended the Python process",
    "refused": "it gave back something that is no answer",
    "judge": "checking what it gave back took more time or memory than a check may",
}
"""What a question's outcome means if there is no message, or none that its reader may see."""

UNSEEN = "a check that is not in your notebook found a case in which it does not hold"
"""What students read of a hidden check instead of its message."""

_CAUSES = ("unsolved", "broken")  # not the rule but the whole exercise is the matter
_LONGEST = 240


def summary(verdict: Verdict, assignment: Assignment, *, for_student: bool = False) -> str:
    """Says in one line why points are missing and what was repaired; nothing if there is nothing to say.

    Args:
        verdict: what the submission earned.
        assignment: the source, which knows the order of the exercises.
        for_student: leave out what only the teacher may read: the messages of hidden checks.
    """
    if verdict.failed:
        return f"Not graded: {verdict.failed}"
    if verdict.refused:
        return verdict.refused
    found = {}
    for exercise in assignment.exercises:
        lost = [said for said in verdict.questions if said.exercise == exercise and said.outcome != KEPT]
        if for_student:
            lost.sort(key=lambda said: said.hidden)
        if lost:
            found[exercise] = _why(lost[0], for_student)
    return joined(found, verdict.repairs)


def joined(reasons: Mapping[str, str], repairs: Iterable[str]) -> str:
    """One line from the reasons of all exercises and the repairs of the notebook."""
    grouped: dict[str, list[str]] = {}
    for exercise, reason in reasons.items():
        grouped.setdefault(reason, []).append(exercise)
    words = [f"{', '.join(exercises)}: {reason}" for reason, exercises in grouped.items()]
    return " ".join([*repairs, "; ".join(words)]).strip()


def seen(said: Said) -> str:
    """What a student may read of a question that failed: its message, or words that give nothing away."""
    if not said.hidden:
        return said.message or WORDS[said.outcome]
    return UNSEEN if said.outcome in ("wrong", "error") else WORDS[said.outcome]


def _why(said: Said, for_student: bool) -> str:
    """The cause behind a question that failed, or its rule with what happened."""
    what = seen(said) if for_student else said.message or WORDS[said.outcome]
    what += " (asked once more, it ended differently)" if said.flaky and not for_student else ""
    return what if said.outcome in _CAUSES else f"{said.rule.rstrip('.')}: {what}"


def message(name: str, value: str) -> str:
    """What a person needs to read of an exception."""
    text = re.sub(r" \(\d+\.py, line (\d+)\)$", r" in line \1", value)  # the kernel's name for a cell
    text = first_line(text, _LONGEST)
    if name == "AssertionError":
        return text or "a check failed without a message"
    return f"{name}: {text}" if text else name
