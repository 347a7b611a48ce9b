"""What is a cell of an exercise, and which of its lines are secret?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """One cell of an exercise source.

    Args:
        kind: ``text``, ``code`` (free to edit), ``locked``, ``solution`` or ``test``.
        name: nbgrader's grade_id; for ``text`` and ``code`` the kind and a running number.
        source: the text below the header; a test starts with the comment that states its rule.
        line: line of the header in the source file.
        exercise: the exercise that the cell belongs to, for ``solution`` and ``test``.
        rule: the sentence that a test checks.
        points: what a test is worth.
        hint: what a student whose answer fails a hidden part of the test is told; may be empty.
    """

    kind: str
    name: str
    source: str
    line: int
    exercise: str = ""
    rule: str = ""
    points: int = 0
    hint: str = ""

    @property
    def hidden_lines(self) -> frozenset[int]:
        """Line numbers in the source, from 1, that students never see."""
        return frozenset(number for number, _ in region(self.source, "HIDDEN TESTS"))


def region(source: str, name: str) -> Iterator[tuple[int, str]]:
    """The numbered lines between ``### BEGIN name`` and ``### END name``, markers left out."""
    inside = False
    for number, line in enumerate(source.split("\n"), start=1):
        if f"BEGIN {name}" in line:
            inside = True
        elif f"END {name}" in line:
            inside = False
        elif inside:
            yield number, line


def without_markers(source: str) -> str:
    """A solution cell as a student would have it."""
    return "\n".join(line for line in source.split("\n") if not line.strip().startswith("### "))
