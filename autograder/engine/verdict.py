"""What did one submission earn, and what happened in each of its cells?

A verdict is plain data: it crosses processes and machines as JSON, is kept on disk under its key, and
everything that people read (gradebook, feedback, report) is made from it and from the exercise's source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, Self, get_type_hints

KEPT = "kept"
"""The outcome of a question whose rule holds."""

OUTCOMES = (
    KEPT,           # full points
    "wrong",        # an assertion of the check failed
    "error",        # the student's code, or what it returned, raised something else
    "unsolved",     # the exercise, or one that it uses, is as it was given out
    "broken",       # the solution cell itself does not run
    "time", "memory", "output", "processes", "crash",    # a limit was hit, or the process has ended
    "refused",      # something came out of the student's process that is no answer
    "judge",        # the check itself used up its time or memory on what it was given
)  # fmt: skip
"""How a question can end."""


@dataclass(frozen=True)
class Said:
    """What one question found.

    Args:
        name: grade_id of the test cell.
        exercise: the exercise it belongs to.
        rule: the sentence that it checks.
        most: points that it is worth.
        outcome: one of :data:`OUTCOMES`.
        message: what happened, in a line; empty if the rule holds.
        hidden: whether the message tells of a part of the check that students never see.
        line: line of the test cell, from 1, that failed; 0 if none did.
        cpu_seconds: processor time of student and judge together.
        flaky: whether the same question, asked once more, ended differently.
        shown: a picture of what happened as HTML made by the laboratory; empty if there is none.
    """

    name: str
    exercise: str
    rule: str
    most: int
    outcome: str
    message: str = ""
    hidden: bool = False
    line: int = 0
    cpu_seconds: float = 0.0
    flaky: bool = False
    shown: str = ""

    @property
    def points(self) -> int:
        """What the question earns."""
        return self.most if self.outcome == KEPT else 0


@dataclass(frozen=True)
class Ran:
    """A cell of the graded notebook, in its order: the teacher's list with the student's cells in it.

    Args:
        name: grade_id; empty for a cell of the student's own.
        kind: ``code``, ``markdown`` or ``raw``.
        source: the text that was graded; of a test or locked cell what the student was given.
        printed: what it printed when it ran, cut to a limit.
        error: what ended it, in a line; empty if it ran through.
    """

    name: str
    kind: str
    source: str
    printed: str = ""
    error: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one submission earned.

    Args:
        student: name of the submission's folder.
        slug: the chapter.
        key: digest of all that the verdict depends on.
        questions: one for each test cell, in the order of the chapter.
        cells: the graded notebook; empty if the file was refused.
        repairs: one sentence for each thing that had to be put in shape.
        refused: why the file could not be read, in a sentence; every question is then ``broken``.
        failed: why grading itself failed, which is never the student's fault; there are no questions then.
        cpu_seconds: processor time of the whole submission.
    """

    student: str
    slug: str
    key: str
    questions: tuple[Said, ...] = ()
    cells: tuple[Ran, ...] = ()
    repairs: tuple[str, ...] = ()
    refused: str = ""
    failed: str = ""
    cpu_seconds: float = 0.0

    @property
    def points(self) -> int:
        """The sum over the questions, before corrections by hand and penalties."""
        return sum(question.points for question in self.questions)

    def earned(self, exercise: str) -> int:
        """Points of one exercise."""
        return sum(question.points for question in self.questions if question.exercise == exercise)

    def of(self, student: str) -> Self:
        """The same verdict on the same notebook, handed in by somebody else."""
        return replace(self, student=student)

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads what :meth:`to_json` wrote.

        Raises:
            ValueError: if it is something else.
        """
        try:
            given = json.loads(text)
        except RecursionError as error:
            raise ValueError(f"this is no verdict: {error}") from None
        return cls.of_dict(given)

    @classmethod
    def of_dict(cls, given: Any) -> Self:
        """A verdict from what :func:`dataclasses.asdict` made of it, perhaps on another machine.

        Raises:
            ValueError: if it is something else.
        """
        try:
            tuples = {name: tuple(_checked(kind, x) for x in given[name]) for name, kind in _PARTS.items()}
            tuples["repairs"] = tuple(str(sentence) for sentence in given["repairs"])
            verdict: Self = _checked(cls, given | tuples)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"this is no verdict: {error}") from None
        return verdict


_PARTS = {"questions": Said, "cells": Ran}


@cache
def _types(kind: Any) -> dict[str, Any]:
    """For each field of a class of plain data the types that its values may have."""
    hints = get_type_hints(kind)
    plain = {name: hint if isinstance(hint, type) else tuple for name, hint in hints.items()}
    return {name: (int, float) if hint is float else hint for name, hint in plain.items()}


def _checked(kind: Any, given: Mapping[str, Any]) -> Any:
    """An instance whose fields have the types they promise."""
    made = kind(**given)
    for name, wanted in _types(kind).items():
        if not isinstance(value := getattr(made, name), wanted):
            raise TypeError(f"{name} is {value!r}"[:200])
    return made
