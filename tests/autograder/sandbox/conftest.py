"""One sandbox for all tests that leave its defences alone; where it cannot run, they fail and say why."""

import pytest

from .asking import PYTHON, a_sandbox


@pytest.fixture(scope="session")
def sandbox():
    with a_sandbox() as started:
        yield started


@pytest.fixture
def cell(sandbox):
    with sandbox.submission(PYTHON) as started:
        yield started
