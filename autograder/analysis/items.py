"""How hard is a rule, does it tell the strong from the weak, and do the rules measure one thing?

The classical statistics of items: difficulty, point-biserial discrimination against the rest score
(Henrysson, 1963: the item's own points are left out of the total) and coefficient alpha (Cronbach, 1951),
which is Kuder and Richardson's formula 20 when every item is right or wrong. Where a number does not
exist, there is a sentence instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

FEW = 3
"""With fewer students no correlation is computed."""


@dataclass(frozen=True)
class Measure:
    """A number, or why there is none.

    Args:
        value: the number.
        why: one sentence if there is none, else empty.
    """

    value: float | None
    why: str = ""


def difficulty(marks: Sequence[float], most: float) -> Measure:
    """The share of the points that was earned: 1 is easy, 0 is hard.

    Args:
        marks: points of each student.
        most: what the item is worth.
    """
    if not marks or most <= 0:
        return Measure(None, "Nobody tried it." if not marks else "It is worth nothing.")
    return Measure(sum(marks) / (most * len(marks)))


def discrimination(marks: Sequence[float], totals: Sequence[float]) -> Measure:
    """Correlation of an item with the rest of the total; for an item that is right or wrong, point-biserial.

    Args:
        marks: points of each student for the item.
        totals: points of the same students for all items, this one included.
    """
    rests = [total - mark for mark, total in zip(marks, totals, strict=True)]
    if len(marks) < FEW:
        return Measure(None, f"Only {len(marks)} tried it; it takes {FEW}.")
    if max(marks) == min(marks):
        return Measure(None, "All fared alike.")
    if max(rests) == min(rests):
        return Measure(None, "All fared alike in everything else.")
    # a sum of products may leave the range by a rounding error
    value = _covariance(marks, rests) / math.sqrt(_covariance(marks, marks) * _covariance(rests, rests))
    return Measure(max(-1.0, min(1.0, value)))


def alpha(rows: Sequence[Sequence[float]]) -> Measure:
    """Coefficient alpha of a table of points.

    Args:
        rows: one for each student, with the points of each item.
    """
    if len(rows) < FEW:
        return Measure(None, f"Only {len(rows)} students count; it takes {FEW}.")
    count = len(rows[0])
    if count < 2:
        return Measure(None, "There is one rule only.")
    total = _covariance(*[[sum(row) for row in rows]] * 2)
    if total == 0:
        return Measure(None, "All have the same total.")
    parts = sum(_covariance(column, column) for column in zip(*rows, strict=True))
    return Measure(count / (count - 1) * (1 - parts / total))


def chance(students: int) -> float | None:
    """How far from 0 a correlation of so many students lies by chance alone, in 19 of 20 cases.

    By Fisher's transformation; None if there are too few students to say.
    """
    return math.tanh(1.96 / math.sqrt(students - 3)) if students > 3 else None


def _covariance(first: Sequence[float], second: Sequence[float]) -> float:
    """Of a whole population; the factor n / (n - 1) would cancel in every formula above."""
    mean_first, mean_second = math.fsum(first) / len(first), math.fsum(second) / len(second)
    products = ((a - mean_first) * (b - mean_second) for a, b in zip(first, second, strict=True))
    return math.fsum(products) / len(first)
