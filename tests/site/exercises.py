"""How a browser is told to solve an exercise, and what the file that it downloads must be worth."""

import json
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.assignment import Assignment, read
from autograder.cells import without_markers
from autograder.course import Course
from autograder.grade import grade_one
from autograder.notebooks import grade_id

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT)


@dataclass(frozen=True)
class Exercise:
    """A released notebook and its reference solution."""

    slug: str

    @property
    def assignment(self) -> Assignment:
        return read(COURSE.solution(self.slug))

    @property
    def page(self) -> str:
        """The page of its chapter."""
        return str(COURSE.solution(self.slug).relative_to(ROOT / "solutions").with_suffix(".html"))

    def plan(self, out: Path) -> str:
        """What ``solve`` in exercise.mjs needs to know."""
        cells = nbformat.read(COURSE.exercise(self.slug), as_version=4).cells
        texts = {
            name: without_markers(self.assignment.solution(name).source).rstrip()
            for name in self.assignment.exercises
        }
        answers = [(at, texts[grade_id(cell)]) for at, cell in enumerate(cells) if grade_id(cell) in texts]
        last = max(at for at, cell in enumerate(cells) if cell.cell_type == "code")
        return json.dumps({"answers": answers, "last": last, "out": str(out)})

    def points(self, notebook: Path) -> dict[str, float]:
        """The points of each exercise of a notebook, graded as `make grade` does."""
        return dict(grade_one(notebook, COURSE.solution(self.slug))["points"])

    def full_marks(self) -> dict[str, float]:
        return {name: self.assignment.points(name) for name in self.assignment.exercises}


EXERCISES = [Exercise(slug) for slug in COURSE.slugs()]
