"""The two halves of the coming engine together: the judge's link, and a player inside the sandbox."""

from pathlib import Path

import pytest

from autograder.sandbox import Sandbox
from autograder.trust.errors import Lost
from tests.autograder.trust.conftest import Notebook
from tests.autograder.trust.test_exercise import grade

ROOT = Path(__file__).parents[2]
SHOWN = [ROOT / "distsys", ROOT / "autograder" / "trust"]


@pytest.fixture(scope="module")
def sandbox():
    preload = ("autograder.trust.player", "distsys.coordination.time_and_clocks")
    with Sandbox(preload, readable=SHOWN) as started:
        yield started


@pytest.fixture
def cell(sandbox):
    with sandbox.submission("autograder.trust.player:serve") as started:
        yield started


def test_the_reference_passes_every_check_of_the_chapter_in_the_sandbox(cell):
    said = grade(lambda: Notebook(cell.socket, 10), {})

    assert set(said.values()) == {""}, said
    assert len(said) > 15


def test_an_answer_in_the_sandbox_finds_neither_tests_nor_solutions(cell):
    notebook = Notebook(cell.socket, 10)
    notebook.cell(
        "import glob, sys\n"
        f"def course(): return glob.glob('{ROOT}/**/*.py', recursive=True)\n"
        "def loaded(): return sorted(sys.modules)"
    )

    found = {Path(name).relative_to(ROOT).parts for name in notebook.get("course")()}
    loaded = notebook.get("loaded")()

    assert {parts[0] for parts in found} == {"distsys", "autograder"}
    own = {parts[1] for parts in found if parts[0] == "autograder"}
    assert own == {"trust", "sandbox", "__init__.py"}
    assert "autograder.trust.player" in loaded
    assert not {"autograder.trust.link", "autograder.assignment", "pytest"}.intersection(loaded)


@pytest.mark.parametrize("end", ["import os; os._exit(3)", "import ctypes; ctypes.string_at(0)"])
def test_an_answer_that_ends_its_process_loses_the_link_and_no_other(sandbox, end):
    with sandbox.submission("autograder.trust.player:serve") as first:
        notebook = Notebook(first.socket, 10)
        notebook.cell(f"def answer():\n    {end}")
        with pytest.raises(Lost):
            notebook.get("answer")()
    with sandbox.submission("autograder.trust.player:serve") as second:
        notebook = Notebook(second.socket, 10)
        notebook.cell("def answer(): return 42")
        assert notebook.get("answer")() == 42

    assert first.ending.reason == "crash"
