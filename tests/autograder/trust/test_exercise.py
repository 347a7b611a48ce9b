"""A whole chapter's checks, with the reference answer in another process."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autograder import assignment
from autograder.mutants import mutate, read_mutants
from autograder.trust.errors import CannotCross, NotPlain, TimeIsUp
from autograder.trust.fuse import NAME, fused, together

from .conftest import Notebook

ROOT = Path(__file__).parents[3]
CHAPTER = assignment.read(ROOT / "solutions" / "coordination" / "time_and_clocks.py")
CELLS = CHAPTER.cells
ANSWERS = read_mutants(ROOT / "autograder" / "mutants" / "time_and_clocks.toml", CHAPTER)
SEEDS = re.compile(r"seeds\(\d+\)")


def bound(source: str) -> set[str]:
    """The names that a cell binds at its top."""
    return {node.name for node in ast.parse(source).body if hasattr(node, "name")}


def grade(play: Callable[..., Notebook], answers: dict[str, str], seeds: int = 2) -> dict[str, str]:
    """What each check said, or nothing if it passed; of one exercise if only that is answered differently."""
    notebook, said = play(), {}
    module = sys.modules["judged_chapter"] = ModuleType("judged_chapter")
    here: dict[str, Any] = vars(module)
    here[NAME] = together
    for cell in CELLS:
        if cell.kind == "locked":
            exec(compile(cell.source, cell.name, "exec", dont_inherit=True), here)
            notebook.cell(cell.source, shared=True)
            notebook.share(*[here[name] for name in bound(cell.source) if isinstance(here[name], type)])
        elif cell.kind == "solution":
            notebook.cell(answers.get(cell.exercise, cell.source))
            here |= {name: notebook.get(name) for name in bound(cell.source)}
        elif cell.kind == "test" and (not answers or cell.exercise in answers):
            source = SEEDS.sub(f"seeds({seeds})", cell.source)
            try:
                exec(compile(fused(source, cell.name), cell.name, "exec", dont_inherit=True), here)
                said[cell.name] = ""
            except (Exception, NotPlain, CannotCross, TimeIsUp) as error:
                said[cell.name] = f"{type(error).__name__}: {error}"
    return said


def test_the_reference_passes_every_check_of_the_chapter(play):
    said = grade(play, {})
    assert set(said.values()) == {""}, said
    assert len(said) > 15


@pytest.mark.parametrize("right", ANSWERS.right[::5], ids=lambda right: right.name)
def test_another_right_answer_passes_every_check(play, right):
    said = grade(play, {right.exercise: right.code.strip("\n")})
    assert set(said.values()) == {""}, said


@pytest.mark.parametrize("wrong", ANSWERS.wrong[::9], ids=lambda wrong: wrong.name)
def test_a_wrong_answer_fails_the_check_that_names_its_rule(play, wrong):
    said = grade(play, {wrong.exercise: mutate(CHAPTER, wrong)}, seeds=15)
    assert said[wrong.killed_by], f"{wrong.why} {said}"
    assert not said[wrong.killed_by].startswith(("CannotCross", "NotPlain")), said[wrong.killed_by]
