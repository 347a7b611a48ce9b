"""Nemeses: which faults come up by chance?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from .plan import KINDS, Block, ClockStep, Crash, Delay, Duplicate, Fault, Loss, Partition, Pause, Plan


def nemesis(
    seed: int | str,
    names: Sequence[str],
    kinds: Iterable[str] = tuple(KINDS),
    intensity: float = 5.0,
    until_ms: float = 10_000.0,
    quiesce_ms: float | None = None,
) -> Plan:
    """Make a plan by chance.

    Each seed uses only some of the kinds, so that rare combinations come up and common faults do not hide
    rare ones (swarm testing: Groce and others, 2012).

    Args:
        seed: the same seed gives the same plan.
        names: the nodes.
        kinds: the kinds of faults to pick from; see ``KINDS``.
        intensity: how many faults begin in a second.
        until_ms: the end of the run.
        quiesce_ms: how long it is quiet before the end; a third of the run if not given.

    Raises:
        ValueError: if a kind is not known, or nothing is left of the run.
    """
    random, names, allowed = Random(f"{seed}|nemesis"), sorted(names), tuple(kinds)
    quiet_from = until_ms * 2 / 3 if quiesce_ms is None else until_ms - quiesce_ms
    if unknown := sorted(set(allowed) - set(KINDS)):
        raise ValueError(f"nemesis knows no faults of kind {unknown[0]!r}; it knows {', '.join(KINDS)}")
    if not (names and allowed and 2 <= quiet_from < float("inf") and 0 < intensity <= 10_000):
        raise ValueError(
            "nemesis needs at least one node, one kind, an intensity above 0 and up to 10,000, and at least "
            f"2 ms before it is quiet; not {names}, {allowed}, {intensity} and {quiet_from} ms"
        )
    if len(names) == 1:  # nobody to be cut off from
        allowed = tuple(kind for kind in allowed if kind not in ("partition", "block")) or ("crash",)
    enabled = [kind for kind in allowed if random.random() < 0.5] or [random.choice(allowed)]
    faults = []
    for _ in range(max(1, round(intensity * quiet_from / 1000))):
        at_ms = random.randrange(int(quiet_from * 1000 - 1000)) / 1000
        lasts = 10 ** random.uniform(0, 3)  # 1 ms to 1 s, short ones as often as long
        lasts = round(min(quiet_from - at_ms, lasts), 3)
        faults.append(by_chance(random.choice(enabled), random, names, at_ms, lasts))
    return Plan(tuple(sorted(faults, key=lambda fault: fault.at_ms)))


def calm(seed: int | str, names: Sequence[str]) -> Plan:
    """A plan in which nothing goes wrong, for sweeps of simulations that are bad enough by themselves."""
    return Plan()


def by_chance(kind: str, random: Random, names: Sequence[str], at_ms: float, for_ms: float) -> Fault:  # noqa: PLR0911 - one for each kind
    """A fault of a kind, of which only the time is given."""
    node, some = random.choice(names), random.choice(("", random.choice(names)))
    match kind:
        case "crash":
            return Crash(at_ms, node, for_ms)
        case "pause":
            return Pause(at_ms, node, for_ms)
        case "partition":
            group = tuple(sorted(random.sample(names, random.randrange(1, len(names)))))
            return Partition(at_ms, (group,), for_ms)
        case "block":
            src, dst = random.sample(names, 2)
            return Block(at_ms, src, dst, for_ms)
        case "loss":
            return Loss(at_ms, round(random.random(), 2), for_ms, some)
        case "duplicate":
            return Duplicate(at_ms, round(random.random(), 2), for_ms, some)
        case "delay":
            return Delay(at_ms, round(10 ** random.uniform(0, 2.5), 1), for_ms, some)
    return ClockStep(at_ms, node, round(random.uniform(-1000, 1000), 1))
