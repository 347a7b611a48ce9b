"""Faults: what goes wrong, how is a failure found, and what is left of it when it is made small?

A plan says what goes wrong and when. A nemesis makes plans by chance, a sweep runs many of them, and
shrinking turns a failing run into the few events that matter.
"""

from .nemesis import calm, nemesis
from .plan import KINDS, Block, ClockStep, Crash, Delay, Duplicate, Fault, Loss, Partition, Pause, Plan
from .saboteur import apply
from .shown import Shown, shown
from .shrink import Counterexample, shrink
from .sweep import Failure, Report, sweep
from .text import read_fault

__all__ = [
    "KINDS",
    "Block",
    "ClockStep",
    "Counterexample",
    "Crash",
    "Delay",
    "Duplicate",
    "Failure",
    "Fault",
    "Loss",
    "Partition",
    "Pause",
    "Plan",
    "Report",
    "Shown",
    "apply",
    "calm",
    "nemesis",
    "read_fault",
    "shown",
    "shrink",
    "sweep",
]
