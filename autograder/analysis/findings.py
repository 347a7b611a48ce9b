"""What does a teacher want to know of a class?  The report as plain data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from autograder.analysis.items import Measure
from autograder.analysis.mistakes import Mistake
from autograder.analysis.similarity import Similarity

LIMITS = ("time", "memory", "output", "processes", "crash", "refused", "judge")
"""Outcomes that tell of a limit or of the machinery, not of a wrong answer."""


@dataclass(frozen=True)
class Told:
    """A message and the students who got it."""

    message: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """How the class fared with one rule.

    Args:
        name: grade_id of the test.
        label: short name for tables and plots, such as ``ntp 2``.
        exercise: the exercise.
        rule: the sentence.
        most: points.
        tried: students who tried the exercise; all that follows speaks of them.
        kept: how many of them keep the rule.
        difficulty: share of the points that they earned.
        discrimination: correlation with the rest of their total.
        doubt: ``negative`` if the weak fare better here than the strong, ``perhaps negative`` if that may be
            chance, else empty.
        outcomes: how often each outcome occurred, kept left out.
        messages: what was told most often.
        seconds: median and greatest processor time of the question, and its sum over the class.
        slowest: whose answer took longest.
        flaky: students for whom the question ended differently when it was asked again.
    """

    name: str
    label: str
    exercise: str
    rule: str
    most: int
    tried: int
    kept: int
    difficulty: Measure
    discrimination: Measure
    doubt: str
    outcomes: dict[str, int]
    messages: tuple[Told, ...]
    seconds: tuple[float, float, float]
    slowest: str
    flaky: tuple[str, ...]


@dataclass(frozen=True)
class Exercise:
    """How the class fared in one exercise: how many earned 0, 1, 2 … points, and how many did not try."""

    name: str
    most: int
    tried: int
    earned: tuple[int, ...]
    difficulty: Measure


@dataclass(frozen=True)
class Pupil:
    """One student.

    Args:
        name: folder of the submission.
        state: ``graded``, ``not begun``, ``refused`` or ``failed`` (grading failed).
        points: what the tests gave.
        total: what counts, after corrections by hand and penalties.
        earned: points for each exercise.
        broken: for each rule that is not kept, its outcome and what was told.
        repairs: what had to be put in shape.
        note: why the file was refused or grading failed.
        seconds: processor time.
    """

    name: str
    state: str
    points: int
    total: float
    earned: dict[str, int]
    broken: dict[str, tuple[str, str]]
    repairs: tuple[str, ...]
    note: str
    seconds: float


@dataclass(frozen=True)
class Side:
    """One answer as it is shown beside another: its text and the lines that stand in the other, too."""

    text: str
    marked: tuple[int, ...]


@dataclass(frozen=True)
class Beside:
    """A pair's most similar exercise, side by side."""

    first: str
    second: str
    exercise: str
    left: Side
    right: Side


@dataclass(frozen=True)
class Report:
    """Everything that the teacher is told of one chapter.

    Args:
        slug: the chapter.
        title: its title.
        most: points of the whole chapter.
        pupils: every student, by name.
        exercises: in the order of the chapter.
        rules: in the order of the chapter.
        counted: students who tried something; alpha speaks of them.
        alpha: whether the rules measure one thing.
        chance: correlations of so many students up to this size may be chance.
        mistakes: ways to be wrong, the most common first.
        examples: for each mistake the code of one student.
        similarity: who may have shared code.
        beside: the strongest pairs, side by side.
        same_mistake: pairs that also make the same mistake in an exercise that is alike.
    """

    slug: str
    title: str
    most: int
    pupils: tuple[Pupil, ...]
    exercises: tuple[Exercise, ...]
    rules: tuple[Rule, ...]
    counted: int
    alpha: Measure
    chance: float | None
    mistakes: tuple[Mistake, ...]
    examples: tuple[str, ...]
    similarity: Similarity
    beside: tuple[Beside, ...]
    same_mistake: tuple[tuple[str, str], ...]

    @property
    def hardest(self) -> tuple[Rule, ...]:
        """The rules that somebody tried, the least kept first."""
        tried = [rule for rule in self.rules if rule.difficulty.value is not None]
        return tuple(sorted(tried, key=lambda rule: (rule.difficulty.value or 0, rule.label)))

    @property
    def in_need(self) -> tuple[Pupil, ...]:
        """Students below half of the points, the weakest first; failures of grading are left out."""
        weak = [one for one in self.pupils if 2 * one.points < self.most and one.state != "failed"]
        return tuple(sorted(weak, key=lambda one: (one.points, one.name)))

    def label(self, rule: str) -> str:
        """The short name of a rule."""
        return next((one.label for one in self.rules if one.name == rule), rule)

    def to_json(self) -> str:
        """The report as JSON; no NaN, and every character that could not be encoded is escaped."""
        chosen = {
            "hardest": [rule.name for rule in self.hardest],
            "in_need": [one.name for one in self.in_need],
        }
        return json.dumps(asdict(self) | chosen, allow_nan=False)
