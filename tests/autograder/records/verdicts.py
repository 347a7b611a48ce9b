"""Verdicts on the tiny chapter, made without running anything, and a course root that holds them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from autograder.assignment import Assignment
from autograder.engine.verdict import Ran, Said, Verdict
from autograder.nbgrader_course import gradebook
from autograder.records import timestamps
from tests.autograder.tiny import DOUBLE, SLUG, TOTAL

TWICE = "double-twice_two_is_four"
INFINITY = "double-infinity_stays"
COUNTS = "total-the_sum_counts_every_number"
SECRET = "double(-3) is 0, not -6"


def verdict(
    assignment: Assignment,
    student: str,
    lost: tuple[str, ...] = (),
    *,
    outcome: str = "wrong",
    message: str = "it is 3, not 4",
    hidden: bool = False,
    own: tuple[Ran, ...] = (),
    **fields,
) -> Verdict:
    """A solved submission; the named test cells were lost in the way told."""
    questions = tuple(
        Said(one.name, one.exercise, one.rule, one.points, outcome, message, hidden)
        if one.name in lost
        else Said(one.name, one.exercise, one.rule, one.points, "kept")
        for one in assignment.tests()
    )
    answers = {"double": DOUBLE, "total": TOTAL}
    cells = [
        Ran("", "markdown", one.source)
        if one.kind == "text"
        else Ran(one.name, "code", answers.get(one.name, one.source))
        for one in assignment.cells
    ]
    return Verdict(student, SLUG, f"key of {student}", questions, (*cells, *own), **fields)


def hand_in(root: Path, student: str, when=None, slug: str = SLUG) -> Path:
    """A file in ``submitted/``, with a time if one is given."""
    folder = root / "submitted" / student / slug
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{slug}.ipynb"
    path.write_text("{}")
    if when:
        timestamps.stamp(folder, when)
    return path


def everything(root: Path) -> dict[str, list[tuple]]:
    """Every row of the gradebook in a course root."""
    with closing(sqlite3.connect(root / "gradebook.db")) as book:
        names = [name for (name,) in book.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(book.execute(f"SELECT * FROM {name}"), key=repr) for name in names}


@contextmanager
def by_hand(root: Path, student: str) -> Iterator[tuple[dict, dict]]:
    """The grades and comments of a submission by cell, to be changed as formgrader does."""
    with gradebook(root) as book:
        notebook = book.find_submission_notebook(SLUG, SLUG, student)
        yield ({one.name: one for one in notebook.grades}, {one.name: one for one in notebook.comments})
        book.db.commit()
