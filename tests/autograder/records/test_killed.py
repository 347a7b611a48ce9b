"""Whoever kills the writer, and whenever: the gradebook is as it was, or as it was to be."""

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, event

from autograder.assignment import Assignment
from autograder.records.gradebook import write
from tests.autograder.records.verdicts import TWICE, everything, verdict


def killed_at(statement: int, run: Callable[[], object]) -> bool:
    """Runs something in a process that dies before its n-th statement; tells whether it died."""
    child = os.fork()
    if child == 0:
        try:
            die_at(statement)
            run()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def die_at(statement: int) -> None:
    """Lets this process kill itself before the n-th statement, or in place of a commit."""
    left = statement

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def spill_early(connection, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA cache_size = 1")  # half-done work reaches the file before its end

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)
    event.listen(Engine, "connect", spill_early)


def moments(run: Callable[[], object], seen: Callable[[], object], step: int = 1) -> list[object]:
    """What is seen after a kill at each statement, or each few, in turn, until one run ends by itself."""
    found, statement = [], 1
    while killed_at(statement, run):
        found.append(seen())
        statement += step
    return [*found, seen()]


def test_a_killed_writer_leaves_the_old_grades_and_the_next_one_completes(
    root: Path, assignment: Assignment
) -> None:
    names = [f"student{number:03}" for number in range(200)]
    write(root, assignment, [verdict(assignment, name) for name in names[:100]])
    before = everything(root)

    later = [verdict(assignment, name, (TWICE,)) for name in names]
    seen = moments(lambda: write(root, assignment, later), lambda: everything(root))

    assert len(seen) > 15
    assert all(state == before for state in seen[:-1])
    assert len(seen[-1]["submitted_assignment"]) == 200
    assert write(root, assignment, later).changed == 0


def test_a_writer_killed_while_it_makes_the_gradebook_leaves_none_behind(
    root: Path, assignment: Assignment
) -> None:
    write_one = lambda: write(root, assignment, [verdict(assignment, "anna")])  # noqa: E731
    seen = moments(write_one, lambda: everything(root), step=13)

    assert len(seen) > 5
    assert all(state == {} for state in seen[:-1])
    assert len(seen[-1]["grade"]) == 3


def test_this_test_would_see_a_writer_that_commits_in_between(root: Path, assignment: Assignment) -> None:
    write(root, assignment, [])

    def careless() -> None:
        write(root, assignment, [verdict(assignment, "anna")])
        write(root, assignment, [verdict(assignment, "bob")])

    seen = moments(careless, lambda: len(everything(root)["student"]), step=3)

    assert set(seen) == {0, 1, 2}
