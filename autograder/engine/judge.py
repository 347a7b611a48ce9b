"""What does one submission earn?  Runs in a process of its own, which is stopped from outside if need be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import replace
from types import ModuleType
from typing import Any

from autograder.cells import without_markers
from autograder.course import CourseError
from autograder.engine import apart
from autograder.engine.asking import Asker, told
from autograder.engine.budget import Budget
from autograder.engine.plan import Plan, Question
from autograder.engine.scene import Cells, Fatal, Scene, Step, UsedUp
from autograder.engine.structure import repair
from autograder.engine.submitted import Given, Refused, read
from autograder.engine.verdict import KEPT, Ran, Said
from autograder.trust.fuse import NAME, together

UNSOLVED = "This exercise is not solved yet"
NOT_SOLVED = "not solved yet"


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
        self.asker = Asker(judge.plan, judge.budget, vars(judge.module))
        self.ran: list[Ran] = []
        self.errors: dict[str, str] = {}  # exercise -> why its solution cell does not run
        self.hidden_asked = False
        self.steps: list[Step] = []  # cells that ran and left the process alive

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
            said = self.asker.ask(scene, question)
            if said.outcome in ("wrong", "error", "refused") and UNSOLVED not in said.message:
                said = self._again(scene, question, said)
            elif said.outcome == KEPT:
                said = self._doubted(scene, question, said)
        except UsedUp:
            return self._over(name)
        finally:
            self.hidden_asked = self.hidden_asked or bool(question.cell.hidden_lines)
        if said.outcome == "time":
            self.asker.slow.add(said.exercise)
        return self._explained(said)

    def _again(self, scene: Scene, question: Question, said: Said) -> Said:
        """Ask a question that failed once more.

        An answer could carry over what hidden checks have asked, in files or in shared memory. So students
        are told what the visible lines find in a process that was never asked a hidden one.
        """
        first_hidden = min(question.cell.hidden_lines, default=said.line)
        if said.hidden or not (self.hidden_asked or first_hidden < said.line):
            again = self.asker.ask(scene, question) if said.cpu_seconds < 1 else said
            return replace(said, flaky=again.outcome != said.outcome)
        again = self.asker.ask(self.clean.after(self.steps), question, visible=True)
        if again.outcome != said.outcome:
            return replace(said, flaky=True, hidden=True)
        return replace(again, cpu_seconds=said.cpu_seconds + again.cpu_seconds)

    def _doubted(self, scene: Scene, question: Question, said: Said) -> Said:
        """Ask a kept question again in ways that an honest answer does not notice."""
        changed, seconds = self.asker.changed, said.cpu_seconds
        values = [self.asker.space.get(name) for name in question.names]
        if apart.wanted(question.cell.source, values):
            said = self.asker.ask(scene, question, alone=True)
            seconds += said.cpu_seconds
        if said.outcome == KEPT and changed:
            lent_nothing = self.asker.ask(scene, question, lends=False)
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
                    return self.asker.ask(reference, question, lends=False).outcome == KEPT
        finally:
            reference.close()
        return False

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


def _shown(cell: Given) -> Ran:
    return Ran(cell.name, cell.kind, cell.source)
