"""Verdicts: was what happened allowed?

Checkers read traces and histories. They know nothing of the simulation that made them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Verdict:
    """What a checker found, and why.

    Attributes:
        status: ``ok``, ``illegal``, or ``unknown`` if the checker gave up; only ``ok`` counts as true.
        explanation: a sentence that names the events which break the rule; empty if all is well.
    """

    status: Literal["ok", "illegal", "unknown"]
    explanation: str = ""

    def __bool__(self) -> bool:
        return self.status == "ok"


OK = Verdict("ok")


def seeds(count: int) -> range:
    """The seeds a random check should try.

    Args:
        count: how many, at least. The environment variable ``DISTSYS_SEEDS`` can ask for more, never for
            fewer, so that a teacher tries fifty where a student sees fifteen.
    """
    return range(max(count, int(os.environ.get("DISTSYS_SEEDS", 0))))
