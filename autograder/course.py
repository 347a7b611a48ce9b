"""Where does each file of the course lie, and how does a wrong one say so?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class CourseError(Exception):
    """Something a person can mend; the text is one clear sentence."""


class AuthorError(CourseError):
    """A mistake in a file that an author wrote.

    Args:
        path: the file.
        line: line number, from 1.
        sentence: what is wrong and how to mend it.
    """

    def __init__(self, path: Path, line: int, sentence: str) -> None:
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        super().__init__(f"{shown}:{line}: {sentence}")
        self.line, self.sentence = line, sentence


@dataclass(frozen=True)
class Course:
    """The folders of one course tree.

    Args:
        root: the repository, which holds ``solutions/``, ``exercises/`` and ``autograder/``.
    """

    root: Path

    @property
    def build(self) -> Path:
        """Products that are not committed."""
        return self.root / "_build"

    @property
    def nbgrader(self) -> Path:
        """The course root of nbgrader, where the sample class is graded."""
        return self.build / "nbgrader"

    def slugs(self) -> list[str]:
        """Every chapter that has an exercise source, in alphabetical order."""
        return sorted(path.stem for path in (self.root / "solutions").glob("*/*.py"))

    def solution(self, slug: str) -> Path:
        """The source of a chapter's exercises.

        Raises:
            CourseError: if there is no such chapter, or two.
        """
        found = sorted((self.root / "solutions").glob(f"*/{slug}.py"))
        if len(found) != 1:
            where = "no" if not found else "more than one"
            known = ", ".join(self.slugs())
            raise CourseError(f"There is {where} file solutions/<part>/{slug}.py; the chapters are {known}.")
        return found[0]

    def exercise(self, slug: str) -> Path:
        """The released notebook of a chapter."""
        return self.root / "exercises" / slug / f"{slug}.ipynb"

    def mutants(self, slug: str) -> Path:
        """The wrong answers, and the other right ones, of a chapter."""
        return self.root / "autograder" / "mutants" / f"{slug}.toml"

    def sample_class(self, slug: str) -> Path:
        """The recipe of the sample class of a chapter."""
        return self.root / "autograder" / "sample_class" / f"{slug}.toml"

    def chosen(self, slugs: list[str]) -> list[str]:
        """The named chapters, or all of them if none is named."""
        for slug in slugs:
            self.solution(slug)
        return slugs or self.slugs()
