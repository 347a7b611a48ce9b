"""Grades a class for the bench: `python -m tests.bench.grade_class ROOT SOURCE sandbox|unsafe`."""

import sys
from pathlib import Path

from autograder.assignment import read
from autograder.grade import Way, grade

if __name__ == "__main__":
    grade(Path(sys.argv[1]), [read(Path(sys.argv[2]))], Way(jobs=2, unsafe=sys.argv[3] == "unsafe"))
