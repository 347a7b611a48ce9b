"""What is asked of a submission, as far as the exercise's source alone decides it?

Each test cell becomes a question. A question stands on the locked cells, on names of the student, and on
the definitions (functions, classes, imports, constants in capitals) of test cells above it. It never
depends on what another test cell did, so one may fail, crash or be left out without harm to the others.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import CodeType

import distsys
from autograder.assignment import Assignment
from autograder.cells import Cell, without_markers
from autograder.engine.submitted import Given
from autograder.engine.verdict import Said, Verdict
from autograder.files import fingerprint
from autograder.trust.cells import file_of
from autograder.trust.fuse import fused

_HERE = Path(__file__).parents[1]
_JUDGING = ("engine", "trust", "sandbox")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DEFINITIONS = (*_SCOPES, ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Question:
    """One test cell, ready to be asked.

    Args:
        cell: the test cell.
        code: what to run: first definitions of cells above, then the cell itself.
        visible: the same without the lines that students never see.
        names: names of the student that it can reach.
        digest: changes with everything of the exercise that the answer can depend on.
    """

    cell: Cell
    code: tuple[CodeType, ...]
    visible: tuple[CodeType, ...]
    names: tuple[str, ...]
    digest: str

    def said(self, outcome: str, message: str = "") -> Said:
        """What can be said without asking."""
        cell = self.cell
        return Said(cell.name, cell.exercise, cell.rule, cell.points, outcome, message)


class Plan:
    """All questions of a chapter.

    Args:
        assignment: the exercise, as its author wrote it.
        released: the cells as students get them.
        earlier: digests of cells as they were given out before.
    """

    def __init__(
        self, assignment: Assignment, released: tuple[Given, ...], earlier: Collection[str] = ()
    ) -> None:
        self.assignment, self.released, self.earlier = assignment, released, frozenset(earlier)
        self.given = [cell for cell in assignment.cells if cell.kind in ("locked", "code")]
        self.stubs = {cell.name: cell.source.strip() for cell in released if cell.role == "solution"}
        self._trees = {cell.name: _tree(cell) for cell in assignment.cells if cell.kind != "text"}

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The questions by their names, in the order of the chapter."""
        return {cell.name: self._question(cell) for cell in self.assignment.tests()}

    @cached_property
    def of_student(self) -> frozenset[str]:
        """Names that solution cells bind: they are the student's."""
        theirs = [cell for cell in self.assignment.cells if cell.kind == "solution"]
        return frozenset(name for cell in theirs for name in bound(self._trees[cell.name].body))

    def setup(self) -> list[tuple[CodeType, tuple[str, ...]]]:
        """For each locked or free cell its code, and the names that it binds.

        Of a free cell, which a student may change, only the teacher's own definitions count.
        """
        made = []
        for cell in self.given:
            body = self._given(cell)
            made.append((_compiled(ast.Module(body, []), cell), tuple(bound(body))))
        return made

    def _given(self, cell: Cell) -> list[ast.stmt]:
        body = self._trees[cell.name].body
        return body if cell.kind == "locked" else [statement for statement in body if _defines(statement)]

    def imports(self) -> list[str]:
        """Modules that the teacher's cells import, for a sandbox to have ready."""
        found: dict[str, None] = {}
        for tree in self._trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    found |= dict.fromkeys(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found[node.module] = None
        return list(found)

    def _question(self, cell: Cell) -> Question:
        tree = self._trees[cell.name]
        needed = used([tree])
        above: list[tuple[Cell, list[ast.stmt]]] = []
        for earlier in reversed(self._tests_above(cell)):
            wanted: list[ast.stmt] = []
            for statement in reversed(self._trees[earlier.name].body):
                if _defines(statement) and bound([statement]) & needed:
                    wanted.insert(0, statement)
                    needed |= used([statement])
            if wanted:
                above.insert(0, (earlier, wanted))
        needed |= used(statement for given in self.given for statement in self._given(given))
        before = tuple(_compiled(ast.Module(body, []), earlier) for earlier, body in above)
        code, visible = (
            (*before, _compiled(fused(source, file_of(cell.name)), cell))
            for source in (cell.source, _shown(cell))
        )
        said = [ast.unparse(statement) for _, body in above for statement in body]
        names = tuple(sorted(needed & self.of_student))
        parts = [version(), cell.source, str(cell.points), *names, *said, *self.stubs.values()]
        digest = fingerprint((), *parts, *(one.source for one in self.given))
        return Question(cell, code, visible, names, digest)

    def refusal(self, student: str, key: str, sentence: str) -> Verdict:
        """The verdict on a file that cannot be read.

        Args:
            student: whose it is.
            key: what the verdict is to be kept under.
            sentence: why.
        """
        none = tuple(question.said("broken", sentence) for question in self.questions.values())
        return Verdict(student, self.assignment.slug, key, none, refused=sentence)

    def _tests_above(self, cell: Cell) -> list[Cell]:
        tests = list(self.assignment.tests())
        return tests[: tests.index(cell)]

    def borrowed(self) -> dict[str, set[str]]:
        """For each question the names it uses that only the run of another test cell binds."""
        mine = {name for given in self.given for name in bound(self._given(given))}
        borrowed = {}
        for cell in self.assignment.tests():
            here = bound(self._trees[cell.name].body)
            run = {
                name
                for earlier in self._tests_above(cell)
                for statement in self._trees[earlier.name].body
                if not _defines(statement)
                for name in bound([statement])
            }
            defined = {
                name
                for earlier in self._tests_above(cell)
                for statement in self._trees[earlier.name].body
                if _defines(statement)
                for name in bound([statement])
            }
            found = (used([self._trees[cell.name]]) & run) - here - mine - defined - self.of_student
            if found:
                borrowed[cell.name] = found
        return borrowed


def bound(body: Iterable[ast.stmt]) -> set[str]:
    """The names that statements bind in their own scope."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _SCOPES):
            names.add(node.name)
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            continue
        waiting += ast.iter_child_nodes(node)
    return names


def used(trees: Iterable[ast.AST]) -> set[str]:
    """Every name that is read anywhere in some trees."""
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


@cache
def version() -> str:
    """Digest of all code that a verdict depends on: the laboratory, the engine, the Python that runs them."""
    folders = [Path(distsys.__file__).parent, *(_HERE / name for name in _JUDGING)]
    return fingerprint(sorted(path for folder in folders for path in folder.rglob("*.py")), sys.version)


def _tree(cell: Cell) -> ast.Module:
    source = without_markers(cell.source) if cell.kind == "solution" else cell.source
    return ast.parse(source, file_of(cell.name))


def _shown(cell: Cell) -> str:
    """What students see of a test cell; every line keeps its number."""
    lines = enumerate(cell.source.split("\n"), start=1)
    return "\n".join("" if number in cell.hidden_lines else line for number, line in lines)


def _compiled(tree: ast.Module, cell: Cell) -> CodeType:
    return compile(tree, file_of(cell.name), "exec", dont_inherit=True)


def _defines(statement: ast.stmt) -> bool:
    """Whether a statement of a test cell counts for the cells below it, too."""
    if isinstance(statement, _DEFINITIONS):
        return True
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name.isupper()
    return False
