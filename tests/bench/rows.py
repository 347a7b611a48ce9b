"""A goal, and whether it is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import eq, ge, le
from typing import Any, Literal

RELATIONS = {"≥": ge, "≤": le, "=": eq}


@dataclass(frozen=True)
class Row:
    """One goal.

    Attributes:
        name: of the goal.
        unit: of the value: ``×`` for a ratio, ``ms`` …
        wanted: the value that decides.
        measure: takes the measurement; ImportError says that a peer is missing.
        relation: of the value to what is wanted; if not given, a ratio or a rate must reach it, and anything
            else must not pass it.
    """

    name: str
    unit: str
    wanted: float
    measure: Callable[[], float]
    relation: Literal["≥", "≤", "=", ""] = ""

    def result(self, value: float | None) -> dict[str, Any]:
        """The row as it is written."""
        relation = self.relation or ("≥" if self.unit == "×" or self.unit.endswith("/s") else "≤")
        holds = None if value is None else RELATIONS[relation](value, self.wanted)
        goal = f"{relation} {self.wanted:,g} {self.unit}"
        return {"name": self.name, "value": value, "unit": self.unit, "goal": goal, "holds": holds}


def best_of(rounds: int, *rates: Callable[[], float]) -> list[float]:
    """The best of several interleaved rounds of each of several rates."""
    best = [0.0] * len(rates)
    for _ in range(rounds):
        best = [max(so_far, rate()) for so_far, rate in zip(best, rates, strict=True)]
    return best
