"""Faults as text: what does somebody type who wants a partition from 300 to 900 milliseconds?

    partition:n1,n2@300-900     partition@300-900     crash:n2@200     loss:0.5,n2@100-400

The kind; whom and how much, or nothing, and then the seed chooses; from when until when, in milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from random import Random
from typing import Any

from .nemesis import by_chance
from .plan import KINDS, ClockStep, Crash, Fault, Partition

EXAMPLES = {
    "crash": "crash:n2@200-400, or crash:n2@200 for ever",
    "pause": "pause:n2@200-400",
    "partition": "partition:n1,n2@200-400",
    "block": "block:n1,n2@200-400, so that n2 does not hear n1",
    "loss": "loss:0.5@200-400 for all, or loss:0.5,n2@200-400 around one node",
    "duplicate": "duplicate:0.5@200-400 for all, or duplicate:0.5,n2@200-400 around one node",
    "delay": "delay:20@200-400 in ms for all, or delay:20,n2@200-400 around one node",
    "clock_step": "clock_step:n2,-500@200",
}
NUMBER = r"-?\d+(?:\.\d+)?"
FORM = re.compile(rf"(?P<kind>\w+)(?::(?P<whom>[^@]+))?@(?P<start>{NUMBER})(?:-(?P<end>{NUMBER}))?")


def read_fault(text: str, names: Sequence[str], seed: int | str) -> Fault:
    """The fault that a text asks for.

    Args:
        text: for instance ``partition:n1,n2@300-900``.
        names: the nodes, for a text that names none.
        seed: chooses what the text leaves open.

    Raises:
        ValueError: if it is no such text; the message shows one that is.
    """
    kind = text.partition("@")[0].partition(":")[0]
    if kind not in KINDS:
        raise ValueError(f"the fault {text!r} begins with no kind of fault; there are {', '.join(KINDS)}")
    match = FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"the fault {text!r} should look like {EXAMPLES[kind]}")
    start, end = float(match["start"]), float(match["end"]) if match["end"] else None
    if end is not None and end <= start:
        raise ValueError(f"the fault {text!r} ends before it begins")
    if (end is None) != (KINDS[kind] is ClockStep) and KINDS[kind] is not Crash:
        need = "has no end" if KINDS[kind] is ClockStep else "needs an end"
        raise ValueError(f"the fault {text!r} {need}; it should look like {EXAMPLES[kind]}")
    times: dict[str, Any] = {"at_ms": start} if end is None else {"at_ms": start, "for_ms": end - start}
    if match["whom"] is None:
        return _chosen(kind, names, f"{seed}|{text}", times)
    try:
        return KINDS[kind](**times, **_given(KINDS[kind], match["whom"].split(",")))
    except TypeError:  # too much, or too little
        raise ValueError(f"the fault {text!r} should look like {EXAMPLES[kind]}") from None
    except ValueError as error:
        raise ValueError(f"the fault {text!r} makes no sense: {error}") from None


def _chosen(kind: str, names: Sequence[str], seed: str, times: dict[str, Any]) -> Fault:
    if len(names) == 1 and kind in ("partition", "block"):
        raise ValueError(f"a {kind} needs two nodes at least, and there is only {names[0]}")
    chosen = by_chance(kind, Random(seed), names, 0, 1)
    return KINDS[kind](**times, **{name: getattr(chosen, name) for name in _open_fields(KINDS[kind])})


def _given(kind: type[Fault], parts: Sequence[str]) -> dict[str, Any]:
    """Whom and how much, by the names of the fields."""
    if kind is Partition:
        return {"groups": (tuple(parts),)}
    numbers = [float(part) for part in parts if re.fullmatch(NUMBER, part)]
    words = [part for part in parts if not re.fullmatch(NUMBER, part)]
    amounts = [name for name in _open_fields(kind) if name in ("share", "extra_ms", "by_ms")]
    whom = [name for name in _open_fields(kind) if name not in amounts]
    if len(numbers) != len(amounts) or len(words) > len(whom):
        raise TypeError
    return dict(zip([*amounts, *whom], [*numbers, *words], strict=False))


def _open_fields(kind: type[Fault]) -> list[str]:
    """The fields of a kind that are no times."""
    return [field.name for field in fields(kind) if field.name not in ("at_ms", "for_ms")]


def write_fault(fault: Fault) -> str:
    """The text that :func:`read_fault` turns into this fault again, to the microsecond."""
    values = [getattr(fault, name) for name in _open_fields(type(fault))]
    if isinstance(fault, Partition):
        if len(fault.groups) > 1:
            raise ValueError(f"a text has room for one group only: {fault}")
        values = list(fault.groups[0])
    whom = ",".join(value if isinstance(value, str) else _number(value) for value in values if value != "")
    end = "" if fault.lasts_ms is None else f"-{_number(fault.at_ms + fault.lasts_ms)}"
    return f"{fault.kind}:{whom}@{_number(fault.at_ms)}{end}"


def _number(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")
