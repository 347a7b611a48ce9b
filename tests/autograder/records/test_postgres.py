"""The same code keeps its promises with PostgreSQL as with SQLite."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.assignment import Assignment
from autograder.course import CourseError
from autograder.nbgrader_course import api, forget, gradebook
from autograder.records.gradebook import standings, write
from autograder.release import released_text
from autograder.settings import write_config
from tests.autograder.records.test_killed import moments
from tests.autograder.records.verdicts import INFINITY, TWICE, by_hand, hand_in, verdict
from tests.autograder.tiny import SLUG

psycopg = pytest.importorskip(
    "psycopg", reason="The driver of PostgreSQL is missing: install the Python package psycopg[binary]."
)


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs, which Debian keeps off the path."""
    found = [shutil.which(name), *sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))]
    if not any(found):
        pytest.skip("PostgreSQL is missing: install the system package postgresql.")
    return next(path for path in found if path)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of our own on a socket in a folder of its own; it refuses to run as root."""
    initdb, postgres = program("initdb"), program("postgres")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    who = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    made = [initdb, "-D", folder / "data", "-U", "teacher", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    subprocess.run(made, check=True, capture_output=True, cwd=folder, **who)
    run = [postgres, "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(run, stdout=log, stderr=log, cwd=folder, **who)
        try:
            ready = [program("pg_isready"), "-h", folder, "-q", "-t", "30"]
            while subprocess.run(ready, check=False).returncode:
                assert process.poll() is None, (folder / "log").read_text()
            yield str(folder)
        finally:
            process.terminate()
            process.wait()
            shutil.rmtree(folder)


@pytest.fixture
def root(root: Path, server: str) -> Path:
    """A course root whose gradebook is an empty database of its own."""
    name = f"book_{abs(hash(root))}"
    with psycopg.connect(host=server, user="teacher", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    write_config(root, f"postgresql+psycopg://teacher@/{name}?host={server}")
    return root


def totals(root: Path, assignment: Assignment) -> dict[str, float]:
    return {name: one.total for name, one in standings(root, assignment).items()}


def test_a_class_is_written_read_corrected_and_written_again(root: Path, assignment: Assignment) -> None:
    (root / "late.toml").write_text("percent_per_day = 10\n[due]\ntiny_sums = 2026-10-12\n")
    hand_in(root, "anna", datetime(2026, 10, 14, tzinfo=UTC))
    verdicts = [verdict(assignment, "anna", (TWICE,)), verdict(assignment, "bob", message="a\x00b\ud800")]
    assert standings(root, assignment) == {}

    assert write(root, assignment, verdicts).submissions == 2
    assert write(root, assignment, verdicts).changed == 0
    with by_hand(root, "anna") as (grades, comments):
        grades[INFINITY].manual_score, comments["double"].manual_comment = 1.0, "Look again."
    done = write(root, assignment, [verdict(assignment, "anna", (INFINITY,)), verdicts[1]])

    assert done.review == (("anna", INFINITY),)
    assert totals(root, assignment) == {"anna": 4.0, "bob": 6.0}  # 1 + 1 + 3, less 20 % for two days
    assert standings(root, assignment)["anna"].comments == {"double": "Look again."}
    with gradebook(root) as book:
        assert book.find_submission(SLUG, "anna").late_submission_penalty == 1.0
        assert book.average_assignment_score(SLUG) == 5.5
    assert not (root / "gradebook.db").exists()
    forget(root, SLUG, "anna")
    assert totals(root, assignment) == {"bob": 6.0}


def test_nbgraders_own_interface_finds_it(root: Path, assignment: Assignment) -> None:
    released_text(root, assignment)
    write(root, assignment, [verdict(assignment, "anna")])

    assert api(root).get_assignment(SLUG)["max_score"] == 6


def test_a_killed_writer_leaves_the_old_grades(root: Path, assignment: Assignment) -> None:
    write(root, assignment, [verdict(assignment, "anna")])
    both = [verdict(assignment, "anna", (TWICE,)), verdict(assignment, "bob")]

    seen = moments(lambda: write(root, assignment, both), lambda: totals(root, assignment), step=2)

    assert len(seen) > 8
    assert all(state == {"anna": 6.0} for state in seen[:-1])
    assert seen[-1] == {"anna": 5.0, "bob": 6.0}


def test_a_server_that_is_away_is_one_sentence(root: Path, assignment: Assignment) -> None:
    write_config(root, "postgresql+psycopg://teacher:secret@127.0.0.1:9/book")

    with pytest.raises(CourseError, match=r"cannot be used .*nothing was written") as raised:
        write(root, assignment, [])

    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)
