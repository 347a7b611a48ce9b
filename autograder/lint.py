"""What is wrong with an exercise, as far as its source and a run of its own reference show?

Mistakes that make a source unreadable are told by ``assignment``; rules that need every wrong answer belong
to ``prove``. What stands here is cheap: it is asked at every release.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.assignment import Assignment, read
from autograder.cells import Cell
from autograder.course import AuthorError, Course, CourseError
from autograder.engine.plan import Plan, bound
from autograder.lint_values import chances, compared_objects, late_expectations
from autograder.notebooks import grade_id, is_solution, parse_notebook
from autograder.tryout import REFERENCE, Job, finish, start

SLOW_S = 2.0
"""Processor time that a test may take on the reference; students wait for it again and again."""

_STUB = "stub"
_LIMIT_S = 60.0
_MARKER = "### GRADE IN-PROCESS"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to mend.

    Args:
        path: the file.
        line: its line, from 1.
        sentence: what is wrong and how to mend it.
        error: whether it must be mended before students get the exercise.
    """

    path: Path
    line: int
    sentence: str
    error: bool = True

    def __str__(self) -> str:
        shown = self.path.relative_to(Path.cwd()) if self.path.is_relative_to(Path.cwd()) else self.path
        return f"{shown}:{self.line}: {'' if self.error else 'warning: '}{self.sentence}"


def lint(course: Course, slugs: list[str]) -> list[Finding]:
    """Looks at the sources of chapters, and runs the reference and the stub of each.

    Args:
        course: the course tree.
        slugs: the chapters.

    Raises:
        CourseError: if there is no such chapter.
    """
    # nbgrader takes seconds to load, and the rules of the source do without it.
    from autograder.release import released_text  # noqa: PLC0415

    found: list[Finding] = []
    for slug in slugs:
        path = course.solution(slug)
        try:
            assignment = read(path)
            found += lint_source(assignment)
            released = parse_notebook(released_text(course.nbgrader, assignment))
        except AuthorError as error:
            found.append(Finding(path, error.line, error.sentence))
        except CourseError as error:
            found.append(Finding(path, 1, str(error)))
        else:
            stub = {grade_id(cell): cell.source for cell in released.cells if is_solution(cell)}
            found += _lint_run(assignment, stub)
    return found


def lint_source(assignment: Assignment) -> list[Finding]:
    """What the source alone shows, in the order of its lines."""
    chapter = _Chapter(assignment)
    found = {
        Finding(assignment.path, line, sentence, error)
        for rule in _RULES
        for line, sentence, error in rule(chapter)
    }
    return sorted(found)


def _lint_run(assignment: Assignment, stub: dict[str, str]) -> list[Finding]:
    """What a run of the reference and one of the stub show."""
    tests = {test.name: test for test in assignment.tests()}
    cells = {cell.name: cell for cell in assignment.cells}
    job = Job(assignment.cells, {_STUB: stub}, {}, _LIMIT_S)
    outcomes = finish(start(job, {"PYTHONHASHSEED": "0"}))
    found = []
    for outcome in outcomes[REFERENCE]:
        line = _line(cells[outcome.name], outcome.line or 1)
        if not outcome.ok:
            said = next(iter(outcome.message.splitlines()), "")
            said = f"The reference fails here, so it is below full marks: {outcome.error}: {said}"
            found.append(Finding(assignment.path, line, said))
        elif outcome.name in tests and outcome.cpu_seconds > SLOW_S:
            said = (
                f"The test takes {outcome.cpu_seconds:.1f} s on the reference; {SLOW_S:g} s are the most "
                "that a student should wait, so try fewer or shorter runs."
            )
            found.append(Finding(assignment.path, line, said, error=False))
    for outcome in outcomes[_STUB]:
        if outcome.name in tests and outcome.ok:
            said = "The stub passes this test; doing nothing earns its points."
            found.append(Finding(assignment.path, tests[outcome.name].line, said))
    return found


class _Chapter:
    """A source with all that the rules look at."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment, self.plan = assignment, Plan(assignment, ())
        self.cells = {cell.name: cell for cell in assignment.cells}
        self.trees = {
            cell.name: ast.parse(cell.source) for cell in assignment.cells if cell.kind in ("test", "locked")
        }

    @property
    def tests(self) -> Iterator[tuple[Cell, ast.Module]]:
        """Each test cell with its tree."""
        return ((test, self.trees[test.name]) for test in self.assignment.tests())

    @cached_property
    def answers(self) -> dict[str, ast.Module]:
        """The reference solutions."""
        made = {}
        for name in self.assignment.exercises:
            made[name] = ast.parse(self.assignment.solution(name).source)
        return made

    @cached_property
    def asked_for(self) -> dict[str, set[str]]:
        """For each exercise the names that its solution binds."""
        return {name: bound(tree.body) for name, tree in self.answers.items()}

    @cached_property
    def classes(self) -> set[str]:
        """Names of the classes that students write."""
        statements = [node for tree in self.answers.values() for node in tree.body]
        return {node.name for node in statements if isinstance(node, ast.ClassDef)}


_Said = tuple[int, str, bool]
"""Line of the file, sentence, whether it is an error."""


def _line(cell: Cell, line: int) -> int:
    """The line of the file on which a line of a cell stands; the header of a test became its first line."""
    return cell.line + line - (cell.kind == "test")


def _marked(chapter: _Chapter) -> Iterator[_Said]:
    for cell in chapter.assignment.cells:
        for number, text in enumerate(cell.source.split("\n"), start=1):
            if _MARKER in " ".join(text.split()).upper():
                said = f"No check runs in the student's process here; remove the marker `{_MARKER}`."
                yield _line(cell, number), said, True


def _borrowed(chapter: _Chapter) -> Iterator[_Said]:
    for name, names in chapter.plan.borrowed().items():
        test = chapter.cells[name]
        for borrowed in sorted(names & _from_outside(test.source)):
            said = (
                f"The test uses `{borrowed}`, which only the run of another test makes; each test is asked "
                "alone, so make it here, or give it a name in capitals."
            )
            yield test.line, said, True


def _from_outside(source: str) -> set[str]:
    """The names that a cell reads and neither it nor a scope within it binds."""
    found: set[str] = set()
    waiting = [symtable.symtable(source, "cell", "exec")]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        names = (symbol for symbol in table.get_symbols() if symbol.is_referenced() and symbol.is_global())
        found |= {symbol.get_name() for symbol in names}
    return found


def _cannot_fail(chapter: _Chapter) -> Iterator[_Said]:
    everything = set().union(*chapter.asked_for.values())
    for test, tree in chapter.tests:
        names = set(chapter.plan.questions[test.name].names)
        if not names & everything:
            said = "The test uses nothing that a student writes, so no answer can fail it; call the answer."
            yield test.line, said, True
        elif not names & chapter.asked_for[test.exercise]:
            said = f"The test belongs to `{test.exercise}` and uses nothing of it; name another exercise."
            yield test.line, said, False
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and _always_true(node.test):
                said = "This assertion can never fail; a tuple in brackets is always true."
                yield _line(test, node.lineno), said, True


def _always_true(test: ast.expr) -> bool:
    return (isinstance(test, ast.Tuple) and bool(test.elts)) or (
        isinstance(test, ast.Constant) and bool(test.value)
    )


def _speechless(chapter: _Chapter) -> Iterator[_Said]:
    for test, tree in chapter.tests:
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert) and node.msg is None and not _always_true(node.test):
                said = "The assertion has no message; say what was expected and what came instead."
                yield _line(test, node.lineno), said, True


def _unequal(chapter: _Chapter) -> Iterator[_Said]:
    for test, tree in chapter.tests:
        for line in compared_objects(tree, chapter.classes):
            said = (
                "An object of the student's class is compared or tested for truth, which its own code "
                "decides; compare values that it returns."
            )
            yield _line(test, line), said, True


def _late(chapter: _Chapter) -> Iterator[_Said]:
    everything = set().union(*chapter.asked_for.values())
    for test, tree in chapter.tests:
        for line, name in late_expectations(tree, everything):
            said = (
                f"What is expected comes from `{name}` after the student's code had it and may have changed "
                "it; work it out before the call, or pass a copy."
            )
            yield _line(test, line), said, False


def _chance(chapter: _Chapter) -> Iterator[_Said]:
    locked = [tree for name, tree in chapter.trees.items() if chapter.cells[name].kind == "locked"]
    for name, tree in chapter.trees.items():
        for line, said in chances(tree, locked):
            yield _line(chapter.cells[name], line), said, False


_RULES: tuple[Callable[[_Chapter], Iterator[_Said]], ...] = (
    _marked, _borrowed, _cannot_fail, _speechless, _unequal, _late, _chance,
)  # fmt: skip
