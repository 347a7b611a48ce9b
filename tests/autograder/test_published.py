"""What is published of a proof tells which rule rejects what, and gives no answer away."""

import json
from pathlib import Path

import pytest

from autograder.assignment import read
from autograder.course import Course
from autograder.kills import Proof
from autograder.leaks import leaks
from autograder.mutants import read_mutants
from autograder.published import FILE, as_text, of_course, publish, published
from tests.autograder.tiny import SLUG

SECRET = "half of the delay is enough"
CHEATS = {
    "honest": 2,
    "honest_misjudged": 0,
    "lines": [
        {"family": "lies", "earned": 3, "deserves": 1, "name": "liar", "tries": SECRET},
        {"family": "lies", "earned": 0, "deserves": 1, "name": "poor", "tries": SECRET},
        {"family": "honest", "earned": 4, "deserves": 4, "name": "fair", "tries": SECRET},
    ],
}


@pytest.fixture
def proofs(released_course: Course) -> list[Proof]:
    assignment = read(released_course.solution(SLUG))
    one, two = (test.name for test in assignment.tests("double"))
    fates = {one: "seen", two: "passes"}
    return [Proof(SLUG, "double", "adds_one", SECRET, one, SECRET, [SECRET], True, fates)]


def test_each_wrong_answer_is_told_with_what_each_rule_does(released_course, proofs):
    (chapter,) = of_course(released_course, proofs, CHEATS)["chapters"]
    double, total = chapter["exercises"]

    assert double["wrong"] == [{"name": "adds_one", "meant": 1, "fates": "seen passes"}]
    assert double["rules"] == [test.rule for test in read(released_course.solution(SLUG)).tests("double")]
    assert total["wrong"] == []


def test_a_wrong_answer_that_survives_has_no_rule(released_course, proofs):
    (proof,) = proofs
    survivor = Proof(**{**vars(proof), "killed_by": "", "tests": dict.fromkeys(proof.tests, "passes")})

    told = of_course(released_course, [survivor], CHEATS)["chapters"][0]["exercises"][0]["wrong"]

    assert told == [{"name": "adds_one", "meant": 0, "fates": "passes passes"}]


def test_a_family_gains_what_its_notebooks_gain_and_honest_ones_are_counted_apart(released_course, proofs):
    told = of_course(released_course, proofs, CHEATS)

    assert [(one["family"], one["notebooks"], one["gained"]) for one in told["cheats"]] == [("lies", 2, 2)]
    assert told["honest"] == {"notebooks": 2, "misjudged": 0}


def test_no_reason_no_message_and_no_answer_is_published(released_course, proofs):
    assignment = read(released_course.solution(SLUG))
    mutants = read_mutants(released_course.mutants(SLUG), assignment)

    text = as_text(published([(assignment, mutants)], proofs, CHEATS))

    assert SECRET not in text
    assert leaks(text, assignment) == []
    for one in (*mutants.right, *mutants.wrong):
        assert one.why not in text
    assert not any(one.name in text for one in mutants.right)


def test_it_is_written_only_where_there_is_a_site(course, proofs):
    path = course.root / FILE

    publish(course, proofs, CHEATS)
    assert not path.exists()

    path.parent.mkdir(parents=True)
    publish(course, proofs, CHEATS)
    assert json.loads(path.read_text("utf-8")) == of_course(course, proofs, CHEATS)


def test_what_is_committed_leaks_nothing_of_any_chapter():
    course = Course(Path(__file__).parents[2])
    text = (course.root / FILE).read_text("utf-8")

    for slug in course.slugs():
        assignment = read(course.solution(slug))
        assert leaks(text, assignment) == []
        for one in read_mutants(course.mutants(slug), assignment).wrong:
            assert one.why not in text
