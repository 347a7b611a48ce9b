"""Which file does each entry hand in?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import Any

from autograder.assignment import Assignment, read
from autograder.cells import without_markers
from autograder.cheats.entries import EXAM, HONEST, Entry
from autograder.cheats.tampering import WAYS, about, code
from autograder.course import Course
from autograder.release import released_text

Notebook = dict[str, Any]

_EXAM = Path(__file__).with_name("exam.py")
_SHAPES = {
    "lists": ("tally", "middle", "squeeze", "refill"),
    "streams": ("evens", "made"),
    "stamps": ("earlier", "flip"),
    "retry": ("retry",),
}
_STAMP = "@dataclass(frozen=True)\nclass Stamp:\n    time: int\n    node: str\n"
_CANARY = "a secret of the bystander: 86420"


class Papers:
    """The chapters that are cheated at, and the files that the entries hand in for them.

    Args:
        course: where the chapters of the course are.
        slugs: those that entries answer, besides the exam.
    """

    canary = _CANARY

    def __init__(self, course: Course, slugs: set[str]) -> None:
        self.assignments: dict[str, Assignment] = {EXAM: read(_EXAM)}
        self.assignments |= {slug: read(course.solution(slug)) for slug in sorted(slugs - {EXAM})}
        with TemporaryDirectory() as root:
            self.released = {slug: released_text(Path(root), one) for slug, one in self.assignments.items()}

    def full(self, slug: str, without: tuple[str, ...] = ()) -> int:
        """All points of a chapter, but for some questions."""
        return sum(test.points for test in self.assignments[slug].tests() if test.name not in without)

    def rest(self, slug: str) -> tuple[str, ...]:
        """The questions that a bystander is not asked: all but one of each exercise."""
        tests = self.assignments[slug].tests()
        first = {test.exercise: test.name for test in reversed(tests)}
        return tuple(test.name for test in tests if test.name not in first.values())

    def paper(self, entry: Entry) -> bytes:
        """The file that an entry hands in."""
        notebook: Notebook = json.loads(self.released[entry.chapter])
        answers = self._answers(entry)
        if unknown := set(answers) - set(self.assignments[entry.chapter].exercises):
            raise ValueError(f"{entry.name} answers {min(unknown)}, which {entry.chapter} does not ask.")
        cells = notebook["cells"]
        for cell in cells:
            cell["source"] = answers.get(about(cell).get("grade_id", ""), "".join(cell["source"]))
        locked = next(place for place, cell in enumerate(cells) if about(cell).get("locked"))
        if entry.last:
            cells.insert(self._end(cells), code(entry.last))
        if entry.first:
            cells.insert(locked + 1, code(entry.first))
        made = WAYS[entry.tamper](notebook) if entry.tamper else None
        return json.dumps(notebook).encode() if made is None else made

    def bystander(self, slug: str, number: int) -> bytes:
        """An honest student's file, another one for each number."""
        exercises = self.assignments[slug].exercises
        entry = Entry("bystander", HONEST, "sits beside", chapter=slug, right=tuple(exercises))
        entry = replace(
            entry, first=f"# {_CANARY}\nhere = {number}\nopen('mine_4711.txt', 'w').write({_CANARY!r})"
        )
        return self.paper(entry)

    @staticmethod
    def _end(cells: list[dict[str, Any]]) -> int:
        """Below the first answer, and so above its checks."""
        return next(place for place, cell in enumerate(cells) if about(cell).get("solution")) + 1

    def _answers(self, entry: Entry) -> dict[str, str]:
        solved = self.assignments[entry.chapter]
        answers = {name: without_markers(solved.solution(name).source) for name in entry.right}
        if entry.does or entry.returns:
            answers = {name: _short(name, entry) for name in solved.exercises} | answers
        return answers | entry.cells


def _short(exercise: str, entry: Entry) -> str:
    """An answer that does and returns the same in every function."""
    body = indent(f"{entry.does.strip()}\nreturn {entry.returns or None}".strip(), "    ")
    if exercise in _SHAPES:
        functions = [f"def {name}(*given):\n{body}\n" for name in _SHAPES[exercise]]
        return (_STAMP if exercise == "stamps" else "") + "\n".join(functions)
    nothing = "    def __init__(self, *given): pass\n"
    if exercise == "window":
        methods = [f"def {name}(*given):\n{body}" for name in ("add", "mean", "__len__")]
        return "class Window:\n" + nothing + "\n".join(indent(method, "    ") for method in methods)
    before = f"def does(*given):\n{body}\n\n"
    return before + (
        "class Gossip(Node):\n"
        "    def __init__(self): self.best = 0\n"
        "    def learn(self, number): self.best = does(number)\n"
        "    @on(Best)\n"
        "    def heard(self, src, best): self.best = does(src, best)\n"
    )
