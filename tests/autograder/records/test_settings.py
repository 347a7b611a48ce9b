"""One gradebook for our commands and nbgrader's, wherever it lies."""

from pathlib import Path

import pytest

from autograder.assignment import Assignment
from autograder.course import CourseError
from autograder.records.gradebook import standings, write
from autograder.settings import gradebook_url, load_config, write_config
from tests.autograder.records.verdicts import verdict


def test_the_chosen_gradebook_is_remembered_for_nbgraders_commands(root: Path) -> None:
    url = "postgresql://me@127.0.0.1:1/course"
    write_config(root)
    assert gradebook_url(root) == f"sqlite:///{root}/gradebook.db"

    write_config(root, url)
    write_config(root)

    assert gradebook_url(root) == url
    assert load_config(root).CourseDirectory.db_url == url
    assert (root / "nbgrader_config.py").stat().st_mode & 0o077 == 0  # it may hold a password


def test_grades_go_where_the_settings_say(root: Path, assignment: Assignment) -> None:
    write_config(root, f"sqlite:///{root}/elsewhere.db")

    write(root, assignment, [verdict(assignment, "anna")])

    assert standings(root, assignment)["anna"].total == 6
    assert (root / "elsewhere.db").exists()
    assert not (root / "gradebook.db").exists()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("postgres", "`postgres` is no address of a gradebook"),
        ("nosuch://me@host/name", "is no address of a gradebook"),
        ("sqlite:////no/such/folder/x.db", r"cannot be used \(unable to open database file\)"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_sentence(
    root: Path, assignment: Assignment, url: str, complaint: str
) -> None:
    write_config(root, url)

    with pytest.raises(CourseError, match=complaint) as raised:
        write(root, assignment, [])

    assert "\n" not in str(raised.value)


def test_a_password_is_not_shown(root: Path, assignment: Assignment) -> None:
    write_config(root, "sqlite://me:secret@/no/such/folder/x.db")

    with pytest.raises(CourseError) as raised:
        write(root, assignment, [])

    assert "secret" not in str(raised.value)
