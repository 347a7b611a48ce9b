"""Local states: all there is to one node between two events."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from ..node import Node
from ..storage import Disk
from .histories import OBSERVED
from .values import Copy, NotExplorable, key
from .world import Timers


@dataclass(frozen=True, eq=False)
class Local:
    """What decides how a node reacts.

    Attributes:
        node: the object whose attributes these are; they may refer to it.
        up: whether the process runs.
        attributes: all of them while it is up, the durable ones while it is down.
        timers: those that are set.
        files: its disk; None if there is no file on it.
        called: how many of its calls it has had.
    """

    node: Node
    up: bool
    attributes: dict[str, Any]
    timers: Timers
    files: Disk | None
    called: int

    @cached_property
    def identity(self) -> Hashable:
        """Something that is equal for equal states.

        Raises:
            NotExplorable: if some attribute is no data.
        """
        parts: list[tuple[str, Hashable]] = []
        for name, value in self.attributes.items():
            try:
                parts.append((name, key(value, self.node)))
            except (NotExplorable, RecursionError) as error:
                deep = "something nested too deep to compare; keep a flat list or dict"
                what = deep if isinstance(error, RecursionError) else error
                owner = f"{type(self.node).__name__} {self.node.id}"
                raise NotExplorable(f"{owner} keeps in self.{name} {what}") from None
        return type(self.node), self.up, frozenset(parts), self.timers, key(self.files), self.called

    def renamed(self, names: Mapping[str, str]) -> Local:
        """The same state if everyone were called something else."""
        copy = Copy(names, (self.node, self.node))
        return replace(self, attributes={name: copy(value) for name, value in self.attributes.items()})


class Outcome(NamedTuple):
    """What one event led to, under one series of choices."""

    local: Local
    sent: list[tuple[str, object]]
    notes: list[tuple[str, dict[str, Any]]]
    choices: tuple[int, ...]

    @property
    def observed(self) -> tuple[Any, ...]:
        """What the notes of a client say about its operations."""
        return tuple((text, tuple(facts.items())) for text, facts in self.notes if text in OBSERVED)
