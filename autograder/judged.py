"""How does the engine, which grades students, judge the answers that a chapter lists?"""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder.assignment import Assignment
from autograder.cells import without_markers
from autograder.course import CourseError
from autograder.engine.budget import Budget
from autograder.engine.client import Client, HostGone
from autograder.engine.plan import bound, used
from autograder.engine.protocol import Chapter, Job
from autograder.engine.verdict import KEPT, Verdict
from autograder.execute import Outcome
from autograder.mutants import Mutants
from autograder.tryout import REFERENCE

STUB = "stub"
AGAIN = f"{REFERENCE}, once more"

REJECTED = AssertionError.__name__

GRADING = Budget()
"""What students are graded with; right answers have to stand it."""

FEWEST_SEEDS = Budget(seeds=0)
"""With as few seeds as a student's own notebook runs; wrong answers have to fail with these."""

Judged = dict[str, dict[str, Verdict]]
"""For each chapter and each answer the verdict."""


@dataclass(frozen=True)
class Subject:
    """A chapter with the answers that are tried on it.

    Args:
        assignment: the source.
        mutants: the listed answers.
        released: the text of the notebook that students get.
    """

    assignment: Assignment
    mutants: Mutants
    released: str

    def chapter(self) -> Chapter:
        """The chapter as a host gets it."""
        return Chapter.of(self.assignment, self.released)

    def notebook(self, texts: Mapping[str, str]) -> str:
        """The released notebook with these solution cells."""
        notebook = json.loads(self.released)
        for cell in notebook["cells"]:
            about = cell["metadata"].get("nbgrader", {})
            if about.get("solution"):
                cell["source"] = texts[about["grade_id"]]
        return json.dumps(notebook)


def judge(subjects: Sequence[Subject], unsafe: bool = False) -> Judged:
    """Judges the reference (twice), the stub, all right and all wrong answers of some chapters.

    A wrong answer is asked the questions of its own exercise; a right one those of every exercise that it
    can change.

    Args:
        subjects: the chapters.
        unsafe: whether to run the answers without a sandbox.

    Raises:
        CourseError: if the sandbox cannot be had here, or its host is killed.
    """
    found: Judged = defaultdict(dict)
    chapters = [subject.chapter() for subject in subjects]
    with TemporaryDirectory() as folder:
        for budget, wrong in ((GRADING, False), (FEWEST_SEEDS, True)):
            jobs = (job for one in subjects for job in _jobs(one, wrong, Path(folder)))
            try:
                with Client(chapters, budget, unsafe=unsafe) as client:
                    for verdict in client.judge(jobs):
                        found[verdict.slug][verdict.student] = verdict
            except HostGone as gone:
                raise CourseError(f"The answers could not be judged: {gone}; try again.") from None
    return found


def _jobs(subject: Subject, wrong: bool, folder: Path) -> Iterator[Job]:
    """The notebooks to judge, written just before they are needed."""
    assignment, mutants = subject.assignment, subject.mutants
    slug, answers = assignment.slug, mutants.answers(assignment)
    reference = {name: without_markers(assignment.solution(name).source) for name in assignment.exercises}
    if not wrong:
        whole = {REFERENCE: subject.notebook(reference), AGAIN: subject.notebook(reference)}
        for name, text in (whole | {STUB: subject.released}).items():
            yield Job(name, slug, _write(folder, slug, name, text))
    for one in mutants.wrong if wrong else mutants.right:
        exercise, text = answers[one.name]
        asked = {exercise} if wrong else changed_by(assignment, exercise)
        skip = tuple(test.name for test in assignment.tests() if test.exercise not in asked)
        file = _write(folder, slug, one.name, subject.notebook(reference | {exercise: text}))
        yield Job(one.name, slug, file, skip=skip)


def _write(folder: Path, slug: str, name: str, text: str) -> str:
    path = folder / slug / name / f"{slug}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def changed_by(assignment: Assignment, exercise: str) -> set[str]:
    """The exercises whose tests another answer to one exercise can change: its own, and all that use it."""
    trees: dict[str, list[ast.Module]] = defaultdict(list)
    for cell in assignment.cells:
        if cell.exercise:
            trees[cell.exercise].append(ast.parse(cell.source))
    reached, waiting = {exercise}, [exercise]
    while waiting:
        names = bound(trees[waiting.pop()][0].body)
        users = {name for name, its in trees.items() if used(its) & names} - reached
        reached |= users
        waiting += users
    return reached


def as_outcomes(verdict: Verdict) -> list[Outcome]:
    """A verdict in the words of a run in one process; a failed assertion is one here, too."""
    if verdict.refused or verdict.failed:
        return [Outcome("of the whole notebook", "Refused", verdict.refused or verdict.failed)]
    cells = [Outcome(ran.name, "Error", ran.error) for ran in verdict.cells if ran.error]
    words = {KEPT: "", "wrong": REJECTED}
    return cells + [
        Outcome(said.name, words.get(said.outcome, said.outcome), said.message, said.line)
        for said in verdict.questions
    ]
