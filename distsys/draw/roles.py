"""Roles: who led, who stood for election, and in which term?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..trace import Record, natural
from .figure import COLOURS

QUIET = ("", "follower", "backup")  # what everybody is most of the time needs no mark
FAINT = ("candidate",)


class Span(NamedTuple):
    """A time in which one node has one role.

    Attributes:
        start_ms: when it takes the role.
        end_ms: when it gives it up; None if never.
        role: ``leader``, ``candidate``, ``follower`` or any other word.
        term: the term, epoch or view; None if there is no such thing.
    """

    start_ms: float
    end_ms: float | None
    role: str
    term: Any = None

    def __str__(self) -> str:
        return self.role if self.term is None else f"{self.role}, term {self.term}"


def noted_roles(records: Iterable[Record]) -> dict[str, list[Span]]:
    """The roles that nodes noted: ``self.note("", role="leader", term=2)``.

    A role lasts until the node notes the next one, or crashes.

    Args:
        records: a trace, or a part of it.

    Returns:
        The spans of each node that noted a role.
    """
    spans: dict[str, list[Span]] = {}
    for record in records:
        facts = dict(record.data[1]) if record.kind == "note" else {}
        if record.kind != "crash" and "role" not in facts:
            continue
        own = spans.setdefault(record.node, [])
        now = record.time / 1000
        if own and own[-1].end_ms is None:
            own[-1] = own[-1]._replace(end_ms=now)
        if facts:
            own.append(Span(now, None, str(facts["role"]), facts.get("term")))
    return {node: own for node, own in spans.items() if own}


def term_colours(spans: Mapping[str, Iterable[Span]]) -> dict[Any, str]:
    """The class of each term's colour; from the end of the palette, where fewest messages are."""
    terms = {span.term for own in spans.values() for span in own if span.role not in QUIET}
    ordered = sorted(terms, key=lambda term: natural(str(term)))
    return {term: f"k{COLOURS - 1 - place % COLOURS}" for place, term in enumerate(ordered)}
