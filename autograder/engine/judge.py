"""What does one submission earn?  Runs in a process of its own, which is stopped from outside if need be."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import process_time
from types import FrameType, ModuleType
from typing import Any, Never

from autograder.cells import Cell, without_markers
from autograder.course import CourseError
from autograder.engine import apart
from autograder.engine.budget import Budget
from autograder.engine.plan import Plan, Question
from autograder.engine.scene import Cells, Fatal, Process, Scene, Step, UsedUp
from autograder.engine.structure import repair
from autograder.engine.submitted import Given, Refused, read
from autograder.engine.verdict import KEPT, Ran, Said
from autograder.trust.errors import CannotCross, Forged, Lost, NotPlain, TimeIsUp
from autograder.trust.fuse import NAME, together
from autograder.trust.link import Link

UNSOLVED = "This exercise is not solved yet"
NOT_SOLVED = "not solved yet"

_LONGEST = 500
_PICTURE = 200_000
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LIMITS = ("time", "memory", "output", "processes", "crash")


class JudgeTime(BaseException):
    """The check itself runs for too long."""


class Judge:
    """Judges submissions of one chapter.

    Args:
        plan: what is asked.
        budget: the limits.

    The teacher's locked cells run once, here; every submission is judged in a fork of this process.
    """

    def __init__(self, plan: Plan, budget: Budget) -> None:
        self.plan, self.budget = plan, budget
        self.module = ModuleType(f"judged_{plan.assignment.slug}")
        sys.modules[self.module.__name__] = self.module
        space = vars(self.module)
        space[NAME] = together
        self.classes: dict[str, tuple[type, ...]] = {}
        for cell, (code, names) in zip(plan.given, plan.setup(), strict=True):
            try:
                exec(code, space)
            except Exception as error:
                where = f"{plan.assignment.path}:{cell.line}"
                raise CourseError(
                    f"{where}: The cell {cell.name} does not run by itself ({told(error)}); "
                    "a locked cell cannot use what a student writes."
                ) from error
            made = [space[name] for name in sorted(names) if isinstance(space.get(name), type)]
            self.classes[cell.name] = tuple(cls for cls in made if cls.__module__ == self.module.__name__)
        self.prepared = dict(space)
        self.questions = plan.questions

    def judge(
        self, content: bytes, cells: Cells, skip: Collection[str], tell: Callable[[str, Any], None]
    ) -> None:
        """Judge one submission, and tell what was found as soon as it is found.

        Args:
            content: the bytes of the submitted file.
            cells: the sandbox.
            skip: names of questions that are not asked.
            tell: is told ``refused`` with a sentence; or ``cells`` with the list of cells and the repairs,
                ``asking`` with the name of a question, ``said`` with what it found, and ``ran`` at the end,
                with what each cell printed and the processor time.
        """
        try:
            given, repairs = repair(read(content), self.plan.released, self.plan.earlier)
        except (Refused, MemoryError) as error:
            tell("refused", str(error) or "The file needs more memory than a submission may use.")
            return
        tell("cells", [[_shown(cell) for cell in given], repairs])
        _Performance(self, given, skip, tell).perform(cells)


class _Performance:
    """The judging of one submission."""

    def __init__(
        self, judge: Judge, given: list[Given], skip: Collection[str], tell: Callable[[str, Any], None]
    ) -> None:
        self.judge, self.given, self.skip, self.tell = judge, given, skip, tell
        self.space = vars(judge.module)
        self.ran: list[Ran] = []
        self.errors: dict[str, str] = {}  # exercise -> why its solution cell does not run
        self.slow: set[str] = set()  # exercises that have used up the time of a question
        self.hidden_asked = False
        self.steps: list[Step] = []  # cells that ran and left the process alive
        self.changed = 0  # arguments that the student's code changed during the last question

    def perform(self, cells: Cells) -> None:
        """Run the cells and ask the questions, from top to bottom."""
        scene, over = Scene(cells, self.judge.budget), False
        self.clean = _Clean(cells, self.judge.budget)
        for place, cell in enumerate(self.given):
            if cell.role == "test":
                if cell.name not in self.skip:
                    said = self._over(cell.name) if over else self._question(scene, cell.name)
                    self.tell("said", said)
                self.ran.append(_shown(cell))
            elif cell.kind != "code" or over:
                self.ran.append(_shown(cell))
            else:
                try:
                    self._cell(scene, place, cell)
                except UsedUp:
                    over = True
                    self.ran.append(replace(_shown(cell), error="not run: the time was used up"))
        scene.close()
        self.tell("ran", [self.ran, self.clean.close() + scene.cpu_seconds])

    def _over(self, name: str) -> Said:
        said = "not run: the cells above used up the time of the whole notebook"
        return self.judge.questions[name].said("time", said)

    def _cell(self, scene: Scene, place: int, cell: Given) -> None:
        """Run a cell of the student, or a locked one that student and judge share."""
        shared = self.judge.classes[cell.name] if cell.role == "locked" else None
        step = Step(cell.name or f"{place + 1}", cell.source, shared)
        error, printed = scene.run(step)
        if not isinstance(error, Fatal):
            self.steps.append(step)
            if (error or printed) and self.hidden_asked:
                error, printed = self.clean.outcome_of(self.steps)
        said = "" if error is None else told(error)
        if cell.role == "solution" and said:
            self.errors[cell.name] = said
        self.ran.append(replace(_shown(cell), printed=printed, error=said))

    def _question(self, scene: Scene, name: str) -> Said:
        """Ask one question; if the answer is wrong, once more, to see whether it is always wrong."""
        question = self.judge.questions[name]
        self.tell("asking", name)
        try:
            said = self._ask(scene, question)
            if said.outcome in ("wrong", "error", "refused") and UNSOLVED not in said.message:
                said = self._again(scene, question, said)
            elif said.outcome == KEPT:
                said = self._doubted(scene, question, said)
        except UsedUp:
            return self._over(name)
        finally:
            self.hidden_asked = self.hidden_asked or bool(question.cell.hidden_lines)
        if said.outcome == "time":
            self.slow.add(said.exercise)
        return self._explained(said)

    def _again(self, scene: Scene, question: Question, said: Said) -> Said:
        """Ask a question that failed once more.

        An answer could carry over what hidden checks have asked, in files or in shared memory. So students
        are told what the visible lines find in a process that was never asked a hidden one.
        """
        first_hidden = min(question.cell.hidden_lines, default=said.line)
        if said.hidden or not (self.hidden_asked or first_hidden < said.line):
            again = self._ask(scene, question) if said.cpu_seconds < 1 else said
            return replace(said, flaky=again.outcome != said.outcome)
        again = self._ask(self.clean.after(self.steps), question, visible=True)
        if again.outcome != said.outcome:
            return replace(said, flaky=True, hidden=True)
        return replace(again, cpu_seconds=said.cpu_seconds + again.cpu_seconds)

    def _doubted(self, scene: Scene, question: Question, said: Said) -> Said:
        """Ask a kept question again in ways that an honest answer does not notice."""
        changed, seconds = self.changed, said.cpu_seconds
        values = [self.space.get(name) for name in question.names]
        if apart.wanted(question.cell.source, values):
            said = self._ask(scene, question, alone=True)
            seconds += said.cpu_seconds
        if said.outcome == KEPT and changed:
            lent_nothing = self._ask(scene, question, lends=False)
            seconds += lent_nothing.cpu_seconds
            if lent_nothing.outcome != KEPT and self._reference_needs_no_loan(scene, question):
                message = "it holds only because your code changed what the check gave it"
                said = replace(lent_nothing, outcome="wrong", message=message)
        return replace(said, cpu_seconds=seconds)

    def _reference_needs_no_loan(self, scene: Scene, question: Question) -> bool:
        """Whether the teacher's answer keeps the rule without a chance to change what it is given."""
        reference = Scene(scene.cells, self.judge.budget)
        try:
            for cell in self.judge.plan.assignment.cells:
                if cell.kind in ("locked", "solution"):
                    shared = self.judge.classes[cell.name] if cell.kind == "locked" else None
                    reference.run(Step(cell.name, without_markers(cell.source), shared))
                elif cell.name == question.cell.name:
                    return self._ask(reference, question, lends=False).outcome == KEPT
        finally:
            reference.close()
        return False

    def _ask(
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
        cell, budget = question.cell, self.judge.budget
        seconds = budget.again_seconds if cell.exercise in self.slow else budget.question_seconds
        self.space.clear()
        self.space.update(self.judge.prepared)
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
            limit = self.judge.budget.judge_seconds
            message = f"the check was stopped after {limit:g} s: your code gave it too much to do"
        elif outcome == "memory":
            message = "ran out of memory"
        return replace(
            said, outcome=outcome, message=message, line=line, hidden=hidden, shown=_picture(error)
        )

    def _where(self, error: BaseException) -> tuple[int, bool]:
        """The line of the test cell, and whether any line of a test cell on the way is hidden."""
        line, hidden, trace = 0, False, error.__traceback__
        tests = {f"<cell {test.name}>": test for test in self.judge.plan.assignment.tests()}
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

    def _explained(self, said: Said) -> Said:
        """The cause behind a failure: an unsolved exercise, or a cell that does not run."""
        if said.outcome == KEPT:
            return said
        source = next((cell.source.strip() for cell in self.given if cell.name == said.exercise), "")
        untouched = source in ("", self.judge.plan.stubs[said.exercise])
        error = self.errors.get(said.exercise, "")
        stubbed = UNSOLVED in said.message or UNSOLVED in error
        if untouched and (stubbed or said.message.startswith("NameError")):
            return replace(said, outcome="unsolved", message=NOT_SOLVED, hidden=False, shown="")
        if stubbed:
            said_so = "it uses an exercise that is not solved yet"
            return replace(said, outcome="unsolved", message=said_so, hidden=False, shown="")
        if error:
            return replace(
                said, outcome="broken", message=f"the solution cell does not run: {error}", hidden=False
            )
        return said


class _Clean:
    """The student's process as it is without any hidden check; started only when somebody asks for it."""

    def __init__(self, cells: Cells, budget: Budget) -> None:
        self._cells, self._budget = cells, budget
        self._scene: Scene | None = None
        self._outcomes: list[tuple[BaseException | None, str]] = []

    def after(self, steps: list[Step]) -> Scene:
        """The process after these cells."""
        if self._scene is None:
            self._scene = Scene(self._cells, self._budget)
        for step in steps[len(self._outcomes) :]:
            self._outcomes.append(self._scene.run(step))
        return self._scene

    def outcome_of(self, steps: list[Step]) -> tuple[BaseException | None, str]:
        """The error of the last of these cells, or None, and what it printed."""
        self.after(steps)
        return self._outcomes[len(steps) - 1]

    def close(self) -> float:
        """End it; returns its processor time."""
        if self._scene is None:
            return 0.0
        self._scene.close()
        return self._scene.cpu_seconds


def told(error: BaseException) -> str:
    """What a person needs to read of an exception, in a line."""
    text = next((line.strip() for line in _COLOURS.sub("", str(error)).splitlines() if line.strip()), "")
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    text = re.sub(r" \(<cell [^>]*>, line (\d+)\)$", r" in line \1", text)
    name = type(error).__name__[:80]
    if isinstance(error, Fatal | CannotCross | NotPlain):
        return text
    if isinstance(error, AssertionError):
        return text or "a check failed without a message"
    return f"{name}: {text}" if text else name


def _shown(cell: Given) -> Ran:
    return Ran(cell.name, cell.kind, cell.source)


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
