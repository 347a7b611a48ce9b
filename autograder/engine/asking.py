"""What does one question find in a student's process?"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import process_time
from types import FrameType
from typing import Any, Never

from autograder.cells import Cell
from autograder.engine import apart
from autograder.engine.budget import Budget
from autograder.engine.plan import Plan, Question
from autograder.engine.scene import Fatal, Process, Scene
from autograder.engine.verdict import KEPT, Said
from autograder.plain import first_line
from autograder.trust.errors import CannotCross, Forged, Lost, NotPlain, TimeIsUp
from autograder.trust.link import Link

_LONGEST = 500
_PICTURE = 200_000
_LIMITS = ("time", "memory", "output", "processes", "crash")


class JudgeTime(BaseException):
    """The check itself runs for too long."""


class Asker:
    """Asks the questions of one submission, each of a fork of the student's process.

    Args:
        plan: what is asked.
        budget: the limits.
        space: the names that test cells see; what a question finds there is what the locked cells left.

    Attributes:
        slow: exercises that have used up the time of a question; their next ones get less.
        changed: how many arguments the student's code changed during the last question.
    """

    def __init__(self, plan: Plan, budget: Budget, space: dict[str, Any]) -> None:
        self.plan, self.budget, self.space = plan, budget, space
        self.prepared = dict(space)
        self.slow: set[str] = set()
        self.changed = 0

    def ask(
        self,
        scene: Scene,
        question: Question,
        alone: bool = False,
        lends: bool = True,
        visible: bool = False,
    ) -> Said:
        """Ask one question of a fork of the student's process.

        Args:
            scene: the student's process.
            question: what to ask.
            alone: whether each instance of a class gets a machine of its own.
            lends: whether the student's code can change what the check passes to it.
            visible: whether to leave out the lines that students never see.
        """
        cell, budget = question.cell, self.budget
        seconds = budget.again_seconds if cell.exercise in self.slow else budget.question_seconds
        self.space.clear()
        self.space.update(self.prepared)
        began, lost, said = process_time(), None, question.said(KEPT)
        with scene.question(seconds) as (link, process), apart.Machines(scene, link) as machines:
            link.limit_s, link.lends = 3 * seconds, lends
            try:
                with _watched(budget.judge_seconds):
                    for name in question.names:
                        self._fetch(link, name)
                        if alone and name in self.space:
                            self.space[name] = machines.apart(name, self.space[name])
                    codes = question.visible if visible else question.code
                    if alone:
                        codes = (*codes[:-1], apart.brief(cell))
                    for code in codes:
                        exec(code, self.space)
                if link.lost:  # a check that catches everything has not seen the answer
                    raise link.lost
            except apart.Enough:
                pass
            except Lost as error:
                lost = error
            except BaseException as error:
                said = self._failed(said, cell, error)
        self.changed = link.changed
        if lost is not None:
            said = self._lost(said, scene, process, lost, seconds)
        if alone and said.outcome != KEPT:
            said = replace(said, message=f"with each node on a machine of its own: {said.message}")
        return replace(said, cpu_seconds=process_time() - began + _spent(scene, process))

    def _fetch(self, link: Link, name: str) -> None:
        try:
            self.space[name] = link.get(name)
        except NameError:  # the check will say so, where it needs the name
            self.space.pop(name, None)

    def _failed(self, said: Said, cell: Cell, error: BaseException) -> Said:
        """What an exception says of the answer."""
        line, hidden = self._where(error)
        if isinstance(error, AssertionError):
            outcome = "wrong"
        elif isinstance(error, CannotCross | NotPlain):
            outcome = "refused"
        elif isinstance(error, JudgeTime):
            outcome = "judge"
        elif isinstance(error, MemoryError):
            outcome = "memory"
        else:
            outcome = "error"
        message = told(error)
        if isinstance(error, JudgeTime):
            limit = self.budget.judge_seconds
            message = f"the check was stopped after {limit:g} s: your code gave it too much to do"
        elif outcome == "memory":
            message = "ran out of memory"
        return replace(
            said, outcome=outcome, message=message, line=line, hidden=hidden, shown=_picture(error)
        )

    def _where(self, error: BaseException) -> tuple[int, bool]:
        """The line of the test cell, and whether any line of a test cell on the way is hidden."""
        line, hidden, trace = 0, False, error.__traceback__
        tests = {f"<cell {test.name}>": test for test in self.plan.assignment.tests()}
        while trace:
            test = tests.get(trace.tb_frame.f_code.co_filename)
            if test:
                line = line or trace.tb_lineno
                hidden = hidden or trace.tb_lineno in test.hidden_lines
            trace = trace.tb_next
        return line, hidden

    def _lost(self, said: Said, scene: Scene, process: Process, lost: Lost, seconds: float) -> Said:
        """What the end of the student's process says of the answer."""
        ending = process.ending
        message = scene.words(lost, process, seconds)
        if isinstance(lost, TimeIsUp):
            outcome = "time"
        elif isinstance(lost, Forged):
            outcome = "refused"
        else:
            outcome = ending.reason if ending and ending.reason in _LIMITS else "crash"
        return replace(said, outcome=outcome, message=message)


def told(error: BaseException) -> str:
    """What a person needs to read of an exception, in a line."""
    text = first_line(str(error), _LONGEST)
    text = re.sub(r" \(<cell [^>]*>, line (\d+)\)$", r" in line \1", text)
    name = type(error).__name__[:80]
    if isinstance(error, Fatal | CannotCross | NotPlain):
        return text
    if isinstance(error, AssertionError):
        return text or "a check failed without a message"
    return f"{name}: {text}" if text else name


def _picture(error: BaseException) -> str:
    """The drawing of what a check found, if what it raised can draw itself."""
    found = error.args[0] if isinstance(error, AssertionError) and error.args else None
    draw = getattr(type(found), "_repr_html_", None)
    if draw is None or not type(found).__module__.startswith("distsys."):
        return ""
    try:
        with _watched(5):
            picture = draw(found)
    except BaseException:  # a picture is a help, never a reason to fail
        return ""
    return picture if isinstance(picture, str) and len(picture) <= _PICTURE else ""


def _spent(scene: Scene, process: Process) -> float:
    """Processor time of a fork; that of the process itself is counted when it closes."""
    return process.cpu_seconds if process is not scene.process else 0.0


@contextmanager
def _watched(seconds: float) -> Iterator[None]:
    """Stops what runs inside once it has used this much processor time, and again each second after."""

    def stop(number: int, frame: FrameType | None) -> Never:
        raise JudgeTime

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
