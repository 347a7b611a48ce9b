"""A verdict is plain data and says nothing it was not told."""

import pytest

from autograder.engine.verdict import Ran, Said, Verdict

SAID = Said("double-two", "double", "Two is four", 2, "wrong", "it is «5»", True, 3, 0.25, False, "<svg/>")
VERDICT = Verdict(
    "anna", "exam", "k", (SAID, Said("b-c", "b", "C", 3, "kept")), (Ran("", "code", "x"),), ("R.",)
)


def test_a_verdict_survives_the_way_through_json() -> None:
    assert Verdict.from_json(VERDICT.to_json()) == VERDICT
    assert "\n" not in VERDICT.to_json()


def test_points_are_those_of_the_rules_that_hold() -> None:
    assert (VERDICT.points, VERDICT.earned("b"), VERDICT.earned("double")) == (3, 3, 0)


def test_a_copy_of_a_notebook_earns_the_same_under_another_name() -> None:
    assert VERDICT.of("bob").student == "bob"
    assert VERDICT.of("bob").questions == VERDICT.questions


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", '{"student": 1}', VERDICT.to_json().replace('"most":2', '"most":"2"'),
        VERDICT.to_json().replace('"rule"', '"role"'), VERDICT.to_json().replace('"cells":[', '"cells":[1,'),
        "[" * 100_000,
    ],
)  # fmt: skip
def test_anything_else_is_no_verdict(text: str) -> None:
    with pytest.raises(ValueError):
        Verdict.from_json(text)
