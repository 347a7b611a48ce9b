"""Shown: how does a check that fails tell what happened, in words and as a picture?

A sentence says which rule is broken. It does not say how it came to that. So the message of a failed
``assert`` can be an object that says the sentence and draws the few events that matter.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..check.causality import noted_stamps, show_stamps
from ..properties import PropertyFailed
from ..simulation import Run
from ..trace import Trace, canonical, natural
from .shrink import HAPPENINGS, Counterexample, shrink
from .sweep import Failure, Report

EFFORT = 20_000  # records that are played again to make a failure small
MOST_DRAWN = 12  # events of a picture
MOST_TOLD = 24  # lines of a story
MOST_BYTES = 60_000  # of a picture
LONGEST = 300  # characters of a line
STAMP = 24  # characters of a label
CROSS = " ✗"
CHANGES = (
    "The same run went differently a second time: does something outside of the nodes stay from one run to"
    " the next, or is something left to chance?"
)

Row = tuple[int, str, str, str, int, Any]


@dataclass(frozen=True, repr=False)
class Shown:
    """What happened, for the message of a failed assertion.

    Attributes:
        words: a line that says what is wrong; perhaps more lines that tell how it came to that.
        trace: what there is to draw.
        events: the indices in it of the records that break the rule.
        timed: whether the time of a record means something.
    """

    words: str
    trace: Trace = field(default_factory=Trace)
    events: tuple[int, ...] = ()
    timed: bool = True

    def __str__(self) -> str:
        return self.words

    def __repr__(self) -> str:
        return f"<Shown: {self.words.partition(chr(10))[0]}>"

    def _repr_html_(self) -> str:
        """A space-time diagram of the events around those that break the rule; nothing if it is too big."""
        from ..draw.spacetime import spacetime  # noqa: PLC0415 - a check that passes needs no pictures

        most = MOST_DRAWN
        while most and self.trace:
            rows, labels = self._drawn(_around(self.trace, self.events, most))
            lines = sorted({name for row in rows for name in row[2:4] if name}, key=natural)
            title = self.words.partition("\n")[0]
            drawn, happened = _count(rows), _count(self.trace.rows)
            if drawn < happened:
                title += f" ({drawn} of {happened} events are drawn.)"
            figure = spacetime(
                Trace(rows), title=title, labels=labels, nodes=lines, steps=False, timed=self.timed
            )
            if len(html := figure.html()) <= MOST_BYTES:
                return html
            most //= 2
        return ""

    def _drawn(self, kept: list[int]) -> tuple[list[Row], dict[int, str]]:
        """The rows of the picture and the stamps in it; a cross where it shows."""
        stamps, rows, labels = noted_stamps(self.trace), list[Row](), dict[int, str]()
        happened = [index for index in kept if self.trace.rows[index][2]]
        shows = max(self.events or happened, default=-1) if self.events or not self.timed else -1
        for index in kept:
            row = self.trace.rows[index]
            if index in stamps:
                labels[len(rows)] = _short(stamps[index]) + CROSS * (index == shows)
            rows.append(row)
            if index == shows and index not in stamps:
                rows.append((row[0], "note", row[2], "", 0, (CROSS.strip(), ())))
        return rows, labels


def shown(found: Report | Run, words: str = "", untimed: bool = True) -> Shown:
    """Say and draw why a check fails: ``assert report.ok, shown(report)``.

    In a notebook the picture appears above the error. In a terminal there are only the words. Whoever catches
    the error finds the object in its ``args``.

    Args:
        found: the report of a sweep, whose first failure is made small; or one run.
        words: what is wrong with the run; a report says so itself.
        untimed: of a report, whether the failure may be told without time; see :func:`distsys.faults.shrink`.
    """
    if isinstance(found, Run):
        made = Shown(_cut(words), found.trace)
    elif found.failures:
        made = _failure(found.failures[0], untimed)
    else:
        made = Shown(str(found))
    _display(made)
    return made


def _failure(failure: Failure, untimed: bool) -> Shown:
    """The words and the events of a failure that was made small."""
    said, trial = f"seed {failure.seed}: {_cut(failure.problem.explanation)}", failure.trial
    if failure.problem.name == NotImplementedError.__name__:  # there is nothing to see yet
        return Shown(said)
    try:
        small = shrink(failure, untimed, EFFORT)
    except (ValueError, PropertyFailed):
        return Shown(f"{said}\n{CHANGES}")
    events = small.problem.events
    lines = [f"seed {failure.seed}: {_in_steps(small)}"]
    if small.plan.faults:
        lines += ["What goes wrong:", *(f"  {line}" for line in str(small.plan).splitlines())]
    if small.untimed:
        story = str(small).splitlines()[1:-1]
        number = len(small.events)
        lines += [f"It takes {number} event{'' if number == 1 else 's'}:", *story[:MOST_TOLD]]
        lines += ["      …"] * (len(story) > MOST_TOLD)
    else:
        last = [small.trace[index] for index in _around(small.trace, events, MOST_DRAWN)]
        told = [f"  {record}" for record in last if record.kind != "start"]
        lines += ["It ends like this:", *told[-MOST_TOLD:]]
    name = getattr(trial.make, "__name__", "")
    if name.isidentifier() and not failure.plan.faults:
        lines.append(f"The whole run: {name}({failure.seed!r}).run({trial.until_ms:g})")
    return Shown("\n".join(_cut(show_stamps(line)) for line in lines), small.trace, events, not small.untimed)


def _in_steps(small: Counterexample) -> str:
    """What does not hold. In a story milliseconds are steps; its last record is that of a failed handler."""
    said = small.problem.explanation.partition(f"; seed {small.seed!r}, record ")[0]
    return re.sub(r"\[(\d+)\.\d{3} ms  ", r"[step \1: ", said) if small.untimed else said


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _around(trace: Trace, events: tuple[int, ...], most: int) -> list[int]:
    """The indices of the records to draw: those that break the rule, and the last that happened before."""
    rows = trace.rows
    end = max(events, default=len(rows) - 1)
    steps: list[list[int]] = [[]]  # what happened to a process, with what it did then
    letters: dict[int, list[int]] = {}  # what became of each message
    for index in range(end + 1):
        if rows[index][1] not in ("send", "note", "drop"):
            steps.append([])
        steps[-1].append(index)
        letters.setdefault(rows[index][4], []).append(index)
    letters.pop(0, None)
    happened = [step for step in reversed(steps) if step and rows[step[0]][1] in HAPPENINGS]
    if len(happened) <= most:
        return list(range(end + 1))
    happened.sort(key=lambda step: set(events).isdisjoint(step))  # those that are named come first
    kept = {*events, *(index for step in happened[:most] for index in step)}
    kept.update(*(letters.get(rows[index][4], ()) for index in list(kept)))
    return sorted(kept)


def _count(rows: list[Row]) -> int:
    """How many events there are."""
    return sum(row[1] in HAPPENINGS for row in rows)


def _short(stamp: Any) -> str:
    """A stamp as a label: what a node counted as ``n1:2 n2:1``."""
    pairs = stamp if isinstance(stamp, tuple) else ()
    if isinstance(stamp, Mapping):
        pairs = tuple(stamp.items())
    if pairs and all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        text = " ".join(f"{node}:{count}" for node, count in pairs)
    else:
        text = canonical(stamp)
    return text if len(text) <= STAMP else f"{text[:STAMP]}…"


def _display(made: Shown) -> None:
    """Show the picture in the notebook that runs this, if one does."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and made.trace and "text/html" in shell.display_formatter.active_types:
        sys.modules["IPython.display"].display(made)
