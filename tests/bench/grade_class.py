"""Grades a class for the bench: `python -m tests.bench.grade_class ROOT SOURCE sandbox|bare`."""

import sys
from pathlib import Path

from autograder.assignment import read
from autograder.engine.client import Client
from autograder.grade import Way, grade

if __name__ == "__main__":
    if sys.argv[3] == "bare":
        Client.module = "tests.bench.bare_host"
    grade(Path(sys.argv[1]), [read(Path(sys.argv[2]))], Way(jobs=2))
