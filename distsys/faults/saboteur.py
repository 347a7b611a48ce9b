"""Saboteurs: how does a plan come to happen in a simulation?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from random import Random

from ..network import Latency
from ..simulation import Simulation
from .plan import Block, ClockStep, Crash, Delay, Duplicate, Fault, Loss, Partition, Pause, Plan


def apply(plan: Plan, simulation: Simulation) -> None:
    """Let a plan happen in a simulation that has all its nodes and has not yet passed the first fault.

    Cuts of the plan replace those that the simulation makes by itself.

    Raises:
        ValueError: if the plan names a node that is not there, or lies in the past.
    """
    known = {*simulation.machines, *simulation.clients}
    saboteur = _Saboteur(simulation)
    for fault in plan.faults:
        if unknown := sorted(set(fault.names) - known):
            there = ", ".join(simulation.machines)
            raise ValueError(f"the plan says that {fault}, but there is no {unknown[0]!r}; there are {there}")
        if isinstance(fault, Crash | Pause | ClockStep) and fault.node in simulation.clients:
            raise ValueError(f"the plan says that {fault}, but {fault.node} is a client, and no node")
    for fault in plan.faults:
        simulation.at(fault.at_ms, partial(saboteur.begin, fault))
        if fault.lasts_ms is not None and not isinstance(fault, Pause):  # a pause knows its own end
            simulation.at(fault.at_ms + fault.lasts_ms, partial(saboteur.end, fault))


@dataclass(frozen=True)
class _Later:
    """A latency with something on top."""

    latency: Latency
    extra_ms: float

    def sample_us(self, random: Random) -> int:
        return self.latency.sample_us(random) + round(self.extra_ms * 1000)


class _Saboteur:
    """Begins and ends faults, and knows which of them last."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.lasting: list[Fault] = []
        self.parted = False
        self.usual: dict[tuple[str, str], tuple[float, float, Latency]] = {}  # how each link was

    def begin(self, fault: Fault) -> None:
        match fault:
            case Pause():
                self.simulation.pause(fault.node, fault.for_ms)
            case ClockStep():
                self.simulation.step_clock(fault.node, fault.by_ms)
            case Crash():
                self.lasting.append(fault)
                self.simulation.crash(fault.node)
            case _:
                self.lasting.append(fault)
                self._disturb(fault, fault.what)

    def end(self, fault: Fault) -> None:
        self.lasting.remove(fault)
        if not isinstance(fault, Crash):
            self._disturb(fault, f"no longer: {fault.what}")
        elif not any(isinstance(other, Crash) and other.node == fault.node for other in self.lasting):
            self.simulation.restart(fault.node)

    def _disturb(self, fault: Fault, text: str) -> None:
        if isinstance(fault, Partition | Block):
            self._cut()
        else:
            self._strain(fault)
        if not isinstance(fault, Partition):  # which leaves its own kind of record
            self.simulation.disturb(text, getattr(fault, "node", "") or getattr(fault, "dst", ""))

    def _cut(self) -> None:
        """Make the cuts that last now, and no others."""
        partitions = [fault.groups for fault in self.lasting if isinstance(fault, Partition)]
        was_parted, self.parted = self.parted, bool(partitions)
        if partitions:
            sides: dict[tuple[int, ...], list[str]] = {}
            named = {name for groups in partitions for group in groups for name in group}
            for name in [*self.simulation.machines, *sorted(named - set(self.simulation.machines))]:
                sides.setdefault(tuple(_side(name, groups) for groups in partitions), []).append(name)
            self.simulation.network.heal()
            self.simulation.partition(*sides.values())
        elif was_parted:
            self.simulation.heal()
        else:
            self.simulation.network.heal()
        for fault in self.lasting:
            if isinstance(fault, Block):
                self.simulation.network.block(fault.src, fault.dst)

    def _strain(self, changed: Fault) -> None:
        """Set what a fault touches of the links to what it was, plus all that lasts now."""
        everyone = (*self.simulation.machines, *self.simulation.clients)
        alike = [fault for fault in self.lasting if type(fault) is type(changed)]
        for pair in product(everyone, everyone):
            if pair[0] == pair[1] or not _touches(changed, pair):
                continue
            link = self.simulation.network.link(*pair)
            loss, duplicate, latency = self.usual.setdefault(pair, (link.loss, link.duplicate, link.latency))
            here = [fault for fault in alike if _touches(fault, pair)]
            match changed:
                case Loss():
                    link.loss = _either(loss, here)
                case Duplicate():
                    link.duplicate = _either(duplicate, here)
                case Delay():
                    extra = sum(fault.extra_ms for fault in here if isinstance(fault, Delay))
                    link.latency = _Later(latency, extra) if here else latency


def _side(name: str, groups: Sequence[Sequence[str]]) -> int:
    return next((number for number, group in enumerate(groups) if name in group), -1)


def _touches(fault: Fault, pair: tuple[str, str]) -> bool:
    return getattr(fault, "node", "") in ("", *pair)


def _either(share: float, others: Iterable[Fault]) -> float:
    """The chance that at least one of several independent things happens."""
    for other in others:
        if isinstance(other, Loss | Duplicate):
            share = 1 - (1 - share) * (1 - other.share)
    return share
