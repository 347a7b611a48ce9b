"""Verdicts: what did a checker find, and how does it prove it?"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ..history import Op


@dataclass(frozen=True)
class Verdict:
    """What a checker found, and why.

    Attributes:
        status: ``ok``, ``illegal``, or ``unknown`` if the checker gave up; only ``ok`` counts as true.
        explanation: a sentence that names the events which break the rule; empty if all is well.
        evidence: makes, when asked, the operations that prove the verdict; ask for ``witness`` or ``core``.
        events: the indices, in the trace that was judged, of the records that break the rule; empty if
            no trace was judged.
    """

    status: Literal["ok", "illegal", "unknown"]
    explanation: str = ""
    evidence: Callable[[], tuple[Op, ...]] = field(default=tuple, repr=False, compare=False)
    events: tuple[int, ...] = field(default=(), repr=False, compare=False, kw_only=True)

    def __bool__(self) -> bool:
        return self.status == "ok"

    @cached_property
    def witness(self) -> tuple[Op, ...]:
        """An order in which the operations could have taken effect; empty unless the checker found one."""
        return self.evidence() if self.status == "ok" else ()

    @cached_property
    def core(self) -> tuple[Op, ...]:
        """A few operations that no order explains, whichever of the others are kept; empty unless illegal."""
        return self.evidence() if self.status == "illegal" else ()

    def _repr_html_(self) -> str:
        from ..draw.history import proof  # noqa: PLC0415 - who does not look needs no pictures

        return proof(self)


OK = Verdict("ok")


def seeds(count: int) -> range:
    """The seeds a random check should try.

    Args:
        count: how many, at least. The environment variable ``DISTSYS_SEEDS`` can ask for more, never for
            fewer, so that a teacher tries fifty where a student sees fifteen.
    """
    wanted = os.environ.get("DISTSYS_SEEDS") or "0"
    if not wanted.isdecimal():
        raise ValueError(f"the environment variable DISTSYS_SEEDS is a number of seeds, not {wanted!r}")
    return range(max(count, int(wanted)))
