"""Which test rejects which wrong answer?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from autograder.assignment import Assignment

_SIGNS = {"seen": "V", "hidden": "h", "ends": "e", "passes": "·"}
_LEGEND = (
    "V: rejected by what students see; h: by a hidden part alone; e: ended by an error or a limit.\n"
    "In brackets stands the test that its author named."
)


@dataclass(frozen=True)
class Proof:
    """How one wrong answer fared.

    Args:
        chapter: slug of the chapter.
        exercise: the exercise that it answers.
        name: the wrong answer.
        why: what its author says of the mistake.
        killed_by: the test that rejects it, as named by its author; empty if that test does not.
        message: what that test says.
        also_failed: other tests of the exercise that reject it.
        visible: whether the parts of the tests that students see reject it.
        tests: what each test of the exercise does: ``seen``, ``hidden``, ``ends`` or ``passes``.
    """

    chapter: str
    exercise: str
    name: str
    why: str
    killed_by: str
    message: str
    also_failed: list[str]
    visible: bool
    tests: dict[str, str]


def kill_table(assignment: Assignment, proofs: Sequence[Proof]) -> str:
    """The kill matrix of a chapter: a row for each wrong answer, a column for each test."""
    mine = [proof for proof in proofs if proof.chapter == assignment.slug]
    blocks = [f"{assignment.title} ({assignment.slug})\n{_LEGEND}"]
    for exercise in assignment.exercises:
        rows = [proof for proof in mine if proof.exercise == exercise]
        if rows:
            blocks.append(_block(assignment, exercise, rows))
    return "\n\n".join(blocks)


def _block(assignment: Assignment, exercise: str, rows: Sequence[Proof]) -> str:
    tests = assignment.tests(exercise)
    letters = [ascii_lowercase[place % 26] for place in range(len(tests))]
    width = max(len(row.name) for row in rows)
    lines = [f"{exercise}: {score(rows)}"]
    lines += [f"  {letter}  {test.rule}" for letter, test in zip(letters, tests, strict=True)]
    lines.append(f"{'':{width}}  " + "".join(f" {letter} " for letter in letters))
    for row in rows:
        signs = [
            f"[{_SIGNS[row.tests[test.name]]}]"
            if test.name == row.killed_by
            else f" {_SIGNS[row.tests[test.name]]} "
            for test in tests
        ]
        lines.append(f"{row.name:{width}}  {''.join(signs)}" + ("" if row.killed_by else "  SURVIVES"))
    return "\n".join(lines)


def score(proofs: Sequence[Proof]) -> str:
    """How many wrong answers are rejected at all, and how many by what students see."""
    killed, visible = sum(bool(one.killed_by) for one in proofs), sum(one.visible for one in proofs)
    return (
        f"Of {len(proofs)} wrong answers {killed} are rejected by the test that is meant to, {visible} by "
        "what students see alone."
    )
