"""One host for all tests of the engine that need no other."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.engine.client import Client
from autograder.engine.protocol import Job
from autograder.engine.verdict import Verdict
from tests.autograder.engine.workbench import CHAPTER, QUICK, SLUG, notebook


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    with Client([CHAPTER], QUICK, jobs=2) as client:
        yield client


@pytest.fixture
def judged(client: Client, tmp_path: Path) -> Callable[..., Verdict]:
    """Grades a notebook with these answers: `judged(extra, double=…)`."""

    def judged(extra: str = "", skip: tuple[str, ...] = (), **answers: str) -> Verdict:
        path = tmp_path / "exam.ipynb"
        path.write_text(json.dumps(notebook(extra, **answers)))
        (verdict,) = client.judge([Job("anna", SLUG, str(path), "key", skip)])
        return verdict

    return judged
