"""What do a driver and a host say to each other?  One JSON object a line.

::

    driver → host    {"chapters": […], "budget": {…}, "jobs": 2, "unsafe": false}      once
    host → driver    {"ready": "full"}  or  {"error": "one sentence"}
    driver → host    {"number": 0, "student": …, "slug": …, "file": …, "key": …, "skip": […]}
    host → driver    {"number": 0, "verdict": {…}}                                     in any order
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import parse
from autograder.engine.plan import Plan
from autograder.engine.submitted import read


@dataclass(frozen=True)
class Chapter:
    """An exercise as a host needs it; the host need not have the course's files.

    Args:
        path: where the source lies, for messages; its stem is the slug.
        source: the author's source.
        released: the text of the notebook that students get.
    """

    path: str
    source: str
    released: str

    def plan(self) -> Plan:
        """What is asked of a submission."""
        return Plan(parse(self.source, Path(self.path)), read(self.released.encode()))


@dataclass(frozen=True)
class Job:
    """A submission to grade.

    Args:
        student: whose it is.
        slug: the chapter.
        file: path of the notebook.
        key: what the verdict is to be kept under.
        skip: names of questions whose answers are known already.
    """

    student: str
    slug: str
    file: str
    key: str = ""
    skip: tuple[str, ...] = ()
