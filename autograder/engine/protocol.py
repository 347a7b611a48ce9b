"""What do a driver and a host say to each other?  One JSON object a line.

::

    driver → host    {"chapters": […], "budget": {…}, "jobs": 2, "unsafe": false, "idle_seconds": null}
    host → driver    {"ready": "full", "version": …}  or  {"error": "one sentence"}
    driver → host    {"number": 0, "student": …, "slug": …, "file": …, "key": …, "skip": […], "refused": ""}
    host → driver    {"number": 0, "verdict": {…}}                                     in any order
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from autograder.assignment import Assignment, parse
from autograder.engine.plan import Plan
from autograder.engine.submitted import read


@dataclass(frozen=True)
class Chapter:
    """An exercise as a host needs it; the host need not have the course's files.

    Args:
        path: where the source lies, for messages; its stem is the slug.
        source: the author's source: percent format, or a source notebook of nbgrader if the path says so.
        released: the text of the notebook that students get.
        earlier: digests of cells that students got before.
    """

    path: str
    source: str
    released: str
    earlier: tuple[str, ...] = ()

    @classmethod
    def of(cls, assignment: Assignment, released: str, earlier: tuple[str, ...] = ()) -> Self:
        """The chapter of a source that lies in a file.

        Args:
            assignment: what was read from the file.
            released: the text of the notebook that students get.
            earlier: digests of cells that students got before.
        """
        path = assignment.path
        return cls(str(path), path.read_text(encoding="utf-8"), released, earlier)

    def assignment(self) -> Assignment:
        """The exercise that the source describes."""
        path = Path(self.path)
        if path.suffix == ".ipynb":
            from autograder.foreign import assignment_of  # noqa: PLC0415  # loads more than a host needs

            return assignment_of(self.source, path)
        return parse(self.source, path)

    def plan(self, assignment: Assignment | None = None) -> Plan:
        """What is asked of a submission.

        Args:
            assignment: the exercise, if somebody has read it already.
        """
        return Plan(assignment or self.assignment(), read(self.released.encode()), self.earlier)


@dataclass(frozen=True)
class Job:
    """A submission to grade.

    Args:
        student: whose it is.
        slug: the chapter.
        file: path of the notebook.
        key: what the verdict is to be kept under.
        skip: names of questions whose answers are known already.
        refused: why the file is not to be read, if the driver knows that already.
    """

    student: str
    slug: str
    file: str
    key: str = ""
    skip: tuple[str, ...] = ()
    refused: str = ""
