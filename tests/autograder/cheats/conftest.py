"""All notebooks, and what they hand in; made once."""

from pathlib import Path

import pytest

from autograder.cheats.entries import entries
from autograder.cheats.papers import Papers
from autograder.course import Course

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def every():
    return entries()


@pytest.fixture(scope="session")
def papers(every):
    return Papers(Course(ROOT), {entry.chapter for entry in every})
