"""What does the source of an exercise say, and is it well formed?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import jupytext

from autograder.cells import Cell, region
from autograder.course import AuthorError, CourseError

STUB = (
    'raise NotImplementedError("This exercise is not solved yet. '
    'Replace this line with your code, run the cell, then run the checks below it.")'
)
"""The line that stands in the place of a solution in a released notebook."""

RULE = re.compile(r"# Rule: (.*?)\.? \(\d+ points?\)")
"""How a test cell begins in a released notebook."""

_HEADER = re.compile(r"^# %%", re.MULTILINE)
_KEYS = {"locked": set(), "solution": set(), "test": {"rule", "points", "hint"}}
_REGIONS = {"SOLUTION": "solution", "HIDDEN TESTS": "test"}


@dataclass(frozen=True)
class Assignment:
    """The exercises of one chapter, as the author wrote them."""

    slug: str
    path: Path
    title: str
    minutes: int
    cells: tuple[Cell, ...]

    @property
    def exercises(self) -> tuple[str, ...]:
        """Names of the exercises, in the order of the chapter."""
        return tuple(cell.name for cell in self.cells if cell.kind == "solution")

    def tests(self, exercise: str | None = None) -> tuple[Cell, ...]:
        """The test cells of one exercise, or of all."""
        return tuple(c for c in self.cells if c.kind == "test" and exercise in (None, c.exercise))

    def solution(self, exercise: str) -> Cell:
        """The solution cell of an exercise."""
        return next(cell for cell in self.cells if cell.kind == "solution" and cell.name == exercise)

    def points(self, exercise: str) -> int:
        """What an exercise is worth."""
        return sum(cell.points for cell in self.tests(exercise))


def grade_id(exercise: str, rule: str) -> str:
    """The id of the test cell that checks a rule: the exercise, a hyphen, the rule in snake case."""
    return f"{exercise}-{re.sub(r'[^a-z0-9]+', '_', rule.lower()).strip('_')}"


def read(path: Path) -> Assignment:
    """Reads the source of a chapter's exercises.

    Args:
        path: a percent-format Python file, ``solutions/<part>/<slug>.py``.

    Raises:
        AuthorError: if a header or a cell breaks a rule of the format.
    """
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise CourseError(f"{path}: the file cannot be read ({error.strerror}).") from None


def parse(text: str, path: Path) -> Assignment:
    """Reads exercise source that is already in memory; ``path`` names it in messages."""
    notebook = jupytext.reads(
        text, fmt={"extension": ".py", "format_name": "percent", "root_level_metadata_as_raw_cell": False}
    )
    lines = [text.count("\n", 0, match.start()) + 1 for match in _HEADER.finditer(text)]
    if len(lines) != len(notebook.cells):
        raise AuthorError(
            path, lines[0] if lines else 1, "Text stands outside a cell; start every cell with `# %%`."
        )
    title, minutes = _about(notebook.metadata, path)
    cells = tuple(_Reader(path).cells(zip(notebook.cells, lines, strict=True)))
    return Assignment(path.stem, path, title, minutes, cells)


def _about(metadata: Any, path: Path) -> tuple[str, int]:
    """Title and minutes from the YAML header."""
    header = metadata.get("jupytext", {}).get("root_level_metadata", {})
    about = header.get("course") or metadata.get("course") or {}
    title, minutes = about.get("title"), about.get("minutes")
    if not (isinstance(title, str) and title and isinstance(minutes, int) and minutes > 0):
        raise AuthorError(path, 1, "The YAML header needs `course:` with a `title:` and whole `minutes:`.")
    return title, minutes


class _Reader:
    """Turns jupytext's cells into ours and refuses the first mistake."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 1
        self.seen: dict[str, int] = {}  # grade_id -> line of its header
        self.exercises: set[str] = set()
        self.ordinals: dict[str, int] = {}

    def cells(self, cells: Iterator[tuple[Any, int]]) -> list[Cell]:
        made = []
        for cell, self.line in cells:
            made.append(self.text(cell) if cell.cell_type == "markdown" else self.code(cell))
        tested = {cell.exercise for cell in made if cell.kind == "test"}
        for cell in made:
            if cell.kind == "solution" and cell.name not in tested:
                self.line = cell.line
                self.fail(f"The exercise `{cell.name}` has no test cell; add one with `test=`.")
        return made

    def text(self, cell: Any) -> Cell:
        if keys := self.options(cell):
            self.fail(f"A markdown cell takes no option; remove `{min(keys)}`.")
        self.regions(cell.source, "text")
        return Cell("text", self.numbered("text"), cell.source, self.line)

    def code(self, cell: Any) -> Cell:
        options = self.options(cell)
        kinds = [kind for kind in _KEYS if kind in options]
        if len(kinds) > 1:
            self.fail(f"A cell is either `{kinds[0]}` or `{kinds[1]}`, not both; split it in two.")
        kind = kinds[0] if kinds else "code"
        for key in options:
            if key != kind and key not in _KEYS.get(kind, set()):
                self.unknown(key, kind)
        self.regions(cell.source, kind)
        tree = self.syntax(cell.source)
        if kind == "test":
            return self.test(cell.source, options, tree)
        if kind == "code":
            return Cell(kind, self.numbered(kind), cell.source, self.line)
        name = self.name(kind, options[kind])
        self.claim(name, f"The name `{name}` is used twice")
        if kind == "locked":
            return Cell(kind, name, cell.source, self.line)
        self.exercises.add(name)
        return Cell(kind, name, cell.source, self.line, exercise=name)

    def test(self, source: str, options: dict[str, Any], tree: ast.Module) -> Cell:
        exercise = self.name("test", options["test"])
        rule, points = options.get("rule"), options.get("points")
        if not (isinstance(rule, str) and rule.strip()):
            self.fail(f'A test of `{exercise}` names no rule; add rule="one sentence".')
        if isinstance(points, bool) or not isinstance(points, int) or points < 1:
            self.fail(f'The test "{rule}" needs points, a whole number from 1; nbgrader loses cells without.')
        hint = options.get("hint", "")
        if not isinstance(hint, str) or ("hint" in options and not hint.strip()):
            self.fail(f'The hint of the test "{rule}" is empty; write hint="one sentence" or remove it.')
        name = grade_id(exercise, rule)
        self.claim(name, f'The rule "{rule}" is tested twice for `{exercise}`')
        if exercise not in self.exercises:
            self.fail(f"The test names the exercise `{exercise}`; no `solution=` cell above has that name.")
        hidden = {number for number, _ in region(source, "HIDDEN TESTS")}
        asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
        if all(node.lineno in hidden for node in asserts):
            what = "only hidden asserts; show at least one" if asserts else "no assert, so it can never fail"
            self.fail(f'The test "{rule}" has {what}.')
        plural = "" if points == 1 else "s"
        stop = "" if rule.endswith((".", "?")) else "."
        source = f"# Rule: {rule}{stop} ({points} point{plural})\n{source}"
        return Cell("test", name, source, self.line, exercise, rule, points, hint)

    def options(self, cell: Any) -> dict[str, Any]:
        return {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}

    def unknown(self, key: str, kind: str) -> NoReturn:
        if key in _KEYS["test"]:
            self.fail(f"`{key}=` belongs to a test cell; add `test=` or remove it.")
        known = ", ".join(sorted({*_KEYS, *_KEYS["test"]}))
        self.fail(f"The cell header has the unknown key `{key}`; known are {known}.")

    def name(self, key: str, value: Any) -> str:
        if not (isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", value)):
            self.fail(f'`{key}=` needs a name of letters, digits and underscores, as in {key}="lamport".')
        return value

    def claim(self, name: str, complaint: str) -> None:
        if name in self.seen:
            self.fail(f"{complaint}; the first is in line {self.seen[name]}.")
        self.seen[name] = self.line

    def numbered(self, kind: str) -> str:
        self.ordinals[kind] = self.ordinals.get(kind, 0) + 1
        return f"{kind}-{self.ordinals[kind]}"

    def syntax(self, source: str) -> ast.Module:
        try:
            return ast.parse(source)
        except SyntaxError as error:
            self.line += error.lineno or 0
            self.fail(f"The cell is not Python: {error.msg}.")

    def regions(self, source: str, kind: str) -> None:
        """Checks that markers are paired and stand in the right kind of cell."""
        header = self.line
        for name, owner in _REGIONS.items():
            opened = 0
            for number, text in enumerate(source.split("\n"), start=1):
                begin, end = f"BEGIN {name}" in text, f"END {name}" in text
                if not (begin or end):
                    continue
                self.line = header + number
                if kind != owner:
                    self.fail(f"`### BEGIN {name}` belongs in a cell with `{owner}=`.")
                if begin == bool(opened):
                    other = "is already open" if opened else "was never begun"
                    self.fail(f"The region {name} {other}; pair each BEGIN with one END.")
                opened = self.line if begin else 0
            if opened:
                self.line = opened
                self.fail(f"The region {name} is not closed; add `### END {name}`.")
        self.line = header
        if kind == "solution" and not any(True for _ in region(source, "SOLUTION")):
            self.fail("A solution cell needs `### BEGIN SOLUTION` and `### END SOLUTION` around the answer.")

    def fail(self, sentence: str) -> NoReturn:
        raise AuthorError(self.path, self.line, sentence)
