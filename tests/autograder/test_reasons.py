"""A lost point has a reason that a person understands."""

import json

import pytest

from autograder.assignment import STUB, Assignment
from autograder.course import Course
from autograder.notebooks import new_error
from autograder.reasons import explain, message, not_a_notebook, summary
from tests.autograder.tiny import cell, released, solved

TOTAL_TEST = "total-the_sum_counts_every_number"
EMPTY = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}'


def graded(course: Course, errors: dict[str, tuple[str, str]], **answers: str):
    notebook = solved(course, **answers)
    for name, (error, said) in errors.items():
        cell(notebook, name).outputs = [new_error(error, said)]
    return notebook


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file is empty;"),
        (" \n", "The file is empty;"),
        (EMPTY, "missing an expected key: cells"),
        (EMPTY[:-1] + ', "cells": null}', "Jupyter does not write such cells"),
        ("[" * 100_000, "line 1 is not JSON"),
    ],
)
def test_a_damaged_file_is_told_in_a_sentence(content: str, words: str) -> None:
    said = not_a_notebook(content.encode())

    assert words in said
    assert said.endswith("ask for it again.")


def test_full_marks_need_no_reason(released_course: Course, assignment: Assignment) -> None:
    assert explain(graded(released_course, {}), released(released_course), assignment) == {}


def test_the_first_failing_rule_is_named_with_its_message(
    released_course: Course, assignment: Assignment
) -> None:
    notebook = graded(
        released_course,
        {
            "double-twice_two_is_four": ("AssertionError", "double(2) is 5, not 4\nand more"),
            "double-infinity_stays": ("AssertionError", "later"),
        },
    )

    assert explain(notebook, released(released_course), assignment) == {
        "double": "Twice two is four: double(2) is 5, not 4"
    }


def test_an_untouched_exercise_is_not_solved_yet(released_course: Course, assignment: Assignment) -> None:
    stub = cell(released(released_course), "total").source
    notebook = graded(released_course, {TOTAL_TEST: ("NotImplementedError", STUB.split('"')[1])}, total=stub)

    assert explain(notebook, released(released_course), assignment) == {"total": "not solved yet"}


def test_a_use_of_an_unsolved_exercise_is_told_apart(released_course: Course, assignment: Assignment) -> None:
    notebook = graded(released_course, {TOTAL_TEST: ("NotImplementedError", STUB.split('"')[1])})

    reasons = explain(notebook, released(released_course), assignment)

    assert reasons == {"total": "it uses an exercise that is not solved yet"}


def test_a_cell_that_does_not_run_is_the_reason_and_not_the_missing_name(
    released_course: Course, assignment: Assignment
) -> None:
    notebook = graded(
        released_course,
        {
            "total": ("SyntaxError", "invalid syntax (12345.py, line 2)"),
            TOTAL_TEST: ("NameError", "name 'total' is not defined"),
        },
    )

    reasons = explain(notebook, released(released_course), assignment)

    assert reasons == {"total": "the solution cell does not run: SyntaxError: invalid syntax in line 2"}


def test_colours_and_long_messages_are_cut() -> None:
    assert message("ValueError", "\x1b[31mred\x1b[0m") == "ValueError: red"
    assert len(message("ValueError", "x" * 5000)) < 300
    assert message("AssertionError", "") == "a check failed without a message"


def test_equal_reasons_are_told_once_and_after_the_repairs() -> None:
    line = summary({"a": "not solved yet", "b": "not solved yet", "c": "other"}, ["A cell was put back."])

    assert line == "A cell was put back. a, b: not solved yet; c: other"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "line 1 is not JSON"),
        (b'{\n "cells": [\n', "line 3 is not JSON"),
        (b"\xff\xfe\x00", "not even text"),
        (b"[1, 2]", "JSON but not a notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code"}]}', "damaged"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_is_no_notebook_is_told_in_one_sentence(content: bytes, words: str) -> None:
    said = not_a_notebook(content)

    assert words in said
    assert "\n" not in said


def test_a_notebook_is_a_notebook(released_course: Course) -> None:
    assert not_a_notebook(json.dumps(released(released_course)).encode()) == ""
