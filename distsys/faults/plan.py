"""Plans: what goes wrong, when, and for how long?

A fault and its end are one thing: a crash knows when the process starts again, a cut when the network heals.
So a fault can be taken out of a plan, and nothing of it stays behind. Faults of one kind may overlap: two
cuts at once separate whom either separates, and a process stays down until its last crash is over.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        at_ms: when it begins, in milliseconds of true time.
    """

    words: ClassVar[str]  # what happens, with places for its fields

    at_ms: float

    def __post_init__(self) -> None:
        for field in fields(self):
            wanted, holds = CONTRACT[field.name]
            value = getattr(self, field.name)
            if not (holds(value) or (value == field.default and type(value) is type(field.default))):
                raise ValueError(f"{type(self).__name__}.{field.name} is {wanted}, not {value!r}")

    @property
    def kind(self) -> str:
        """The name of its kind: ``crash``, ``clock_step`` …"""
        return next(kind for kind, cls in KINDS.items() if cls is type(self))

    @property
    def lasts_ms(self) -> float | None:
        """How long it lasts, in milliseconds; None if it does not end, or is over at once."""
        return getattr(self, "for_ms", None)

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes that it names."""
        groups = getattr(self, "groups", ())
        single = (getattr(self, field, "") for field in ("node", "src", "dst"))
        return (*filter(None, single), *(name for group in groups for name in group))

    @property
    def what(self) -> str:
        """What happens, in a few words."""
        around = f" to and from {self.names[0]}" if self.names else ""
        cut = " and ".join(", ".join(group) for group in getattr(self, "groups", ()))
        return self.words.format(fault=self, around=around, cut=cut)

    def __str__(self) -> str:
        lasts = "" if self.lasts_ms is None else f" for {self.lasts_ms:g} ms"
        return f"at {self.at_ms:g} ms {self.what}{lasts}"


@dataclass(frozen=True)
class Crash(Fault):
    """A process dies, and starts again after a while; never again if ``for_ms`` is None."""

    words = "{fault.node} is down"

    node: str
    for_ms: float | None = None


@dataclass(frozen=True)
class Pause(Fault):
    """A process stands still for a while."""

    words = "{fault.node} is paused"

    node: str
    for_ms: float


@dataclass(frozen=True)
class Partition(Fault):
    """Only nodes of the same group hear each other; nodes that are not named form one more group."""

    words = "the network is cut around {cut}"

    groups: tuple[tuple[str, ...], ...]
    for_ms: float


@dataclass(frozen=True)
class Block(Fault):
    """One direction between two nodes is cut."""

    words = "{fault.dst} does not hear {fault.src}"

    src: str
    dst: str
    for_ms: float


@dataclass(frozen=True)
class Loss(Fault):
    """More messages vanish, on the links of one node or on all."""

    words = "{fault.share:.0%} of the messages{around} vanish"

    share: float
    for_ms: float
    node: str = ""


@dataclass(frozen=True)
class Duplicate(Fault):
    """More messages arrive twice, on the links of one node or on all."""

    words = "{fault.share:.0%} of the messages{around} arrive twice"

    share: float
    for_ms: float
    node: str = ""


@dataclass(frozen=True)
class Delay(Fault):
    """Messages take longer, on the links of one node or on all."""

    words = "messages{around} take {fault.extra_ms:g} ms longer"

    extra_ms: float
    for_ms: float
    node: str = ""


@dataclass(frozen=True)
class ClockStep(Fault):
    """The wall clock of a node jumps forward, or back."""

    words = "the clock of {fault.node} jumps by {fault.by_ms:+g} ms"

    node: str
    by_ms: float


KINDS: dict[str, type[Fault]] = {
    "crash": Crash, "pause": Pause, "partition": Partition, "block": Block, "loss": Loss,
    "duplicate": Duplicate, "delay": Delay, "clock_step": ClockStep,
}  # fmt: skip
"""Every kind of fault, by the name that plans in JSON, ``nemesis`` and the command line use."""

CENTURY_MS = 100 * 365 * 24 * 3600 * 1000


def _number(value: object) -> bool:
    return type(value) in (int, float) and -CENTURY_MS <= value <= CENTURY_MS  # type: ignore[operator]  # a number


def _name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _groups(value: object) -> bool:
    if not (isinstance(value, tuple) and value and all(isinstance(part, tuple) and part for part in value)):
        return False
    named = [name for group in value for name in group]
    return all(map(_name, named)) and len(named) == len(set(named))


CONTRACT: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "at_ms": ("a number of at least 0", lambda value: _number(value) and value >= 0),
    "for_ms": ("a number above 0", lambda value: _number(value) and value > 0),
    "extra_ms": ("a number above 0", lambda value: _number(value) and value > 0),
    "by_ms": ("a number", _number),
    "share": ("a probability between 0 and 1", lambda value: _number(value) and 0 <= value <= 1),
    "node": ("the name of a node", _name),
    "src": ("the name of a node", _name),
    "dst": ("the name of a node", _name),
    "groups": ("a tuple of groups, each a tuple of names, no name twice", _groups),
}


@dataclass(frozen=True)
class Plan:
    """What goes wrong in one run.

    Attributes:
        faults: in any order.
    """

    faults: tuple[Fault, ...] = ()

    def __len__(self) -> int:
        return len(self.faults)

    def __str__(self) -> str:
        return "\n".join(map(str, sorted(self.faults, key=lambda fault: fault.at_ms))) or "nothing goes wrong"

    def to_json(self) -> str:
        """The plan as a JSON list, one object a fault."""
        return json.dumps([{"kind": fault.kind, **asdict(fault)} for fault in self.faults], indent=1)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read what :meth:`to_json` wrote, or what somebody wrote by hand.

        Raises:
            ValueError: if the text is no plan; the message says which fault is wrong, and why.
        """
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"this is not a plan in JSON: {error}") from None
        if not isinstance(rows, list):
            raise ValueError(f"a plan in JSON is a list of faults, not {type(rows).__name__}")
        return cls(tuple(_read(number, row) for number, row in enumerate(rows, 1)))


def _read(number: int, row: object) -> Fault:
    where = f"fault {number} of the plan"
    name = row.get("kind") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(name, str) or name not in KINDS:
        raise ValueError(f"{where} needs a kind, one of {', '.join(KINDS)}: {row!r}")
    kind = KINDS[name]
    values = {field: _frozen(value) for field, value in row.items() if field != "kind"}
    known = {field.name for field in fields(kind)}
    if unknown := sorted(values.keys() - known):
        raise ValueError(f"{where}: a {name} has no {unknown[0]!r}; it has {', '.join(sorted(known))}")
    try:
        return kind(**values)
    except (ValueError, TypeError) as error:  # out of contract, or a field is missing
        raise ValueError(f"{where}: {str(error).removeprefix(kind.__name__)}") from None


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
