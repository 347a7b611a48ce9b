"""A course of one tiny chapter, released once and copied for each test that changes it."""

import shutil
from pathlib import Path

import pytest

from autograder.assignment import Assignment, read
from autograder.course import Course
from autograder.release import release
from tests.autograder.tiny import FIXTURES, SLUG


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore::sqlalchemy.exc.SAWarning:nbgrader")


def _laboratory(root: Path) -> None:
    """What the student bundle takes from the repository."""
    (root / "distsys").mkdir()
    (root / "distsys" / "__init__.py").write_text('"""A very small laboratory."""\n')
    (root / "pyproject.toml").write_text(
        '[project]\nname = "distsys"\nversion = "0.1.0"\ndescription = "Tiny"\nrequires-python = ">=3.11"\n'
    )
    (root / "LICENSE").write_text("Do what you like.\n")
    pins = "jupyterlab==4.6.6  # to solve\nipykernel==7.4.0\nnbgrader==0.9.6\n"
    (root / "requirements.in").write_text(pins)


@pytest.fixture(scope="session")
def released_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The tiny course after `release`; tests read it only."""
    root = tmp_path_factory.mktemp("course") / "tree"
    shutil.copytree(FIXTURES, root)
    _laboratory(root)
    course = Course(root)
    release(course, [])
    return course


@pytest.fixture
def course(released_course: Course, tmp_path: Path) -> Course:
    """A copy of the released course that a test may change."""
    shutil.copytree(released_course.root, tmp_path / "tree")
    return Course(tmp_path / "tree")


@pytest.fixture(scope="session")
def assignment(released_course: Course) -> Assignment:
    return read(released_course.solution(SLUG))
