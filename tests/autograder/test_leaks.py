"""The leak detector sees secrets in every kind of product."""

import json

import pytest

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.leaks import leaks
from autograder.notebooks import read_notebook, to_text
from autograder.release import source_notebook
from tests.autograder.tiny import SLUG

SOLUTION_LINE = "return number + number"
HIDDEN_LINE = 'assert got == -6, f"double(-3) is {got}, not -6"'


def test_the_release_holds_no_secret(released_course: Course, assignment: Assignment) -> None:
    assert leaks(released_course.exercise(SLUG).read_text(), assignment) == []


@pytest.mark.parametrize("secret", [SOLUTION_LINE, HIDDEN_LINE], ids=["solution", "hidden_test"])
def test_a_secret_line_in_a_notebook_is_found(
    secret: str, released_course: Course, assignment: Assignment
) -> None:
    notebook = read_notebook(released_course.exercise(SLUG))
    notebook.cells[0].source += f"\n    {secret}"

    assert leaks(to_text(notebook), assignment) == [secret]


def test_the_teachers_notebook_is_full_of_secrets(assignment: Assignment) -> None:
    found = leaks(to_text(source_notebook(assignment)), assignment)

    assert SOLUTION_LINE in found
    assert HIDDEN_LINE in found
    assert "### BEGIN HIDDEN TESTS" in found


def test_a_secret_line_in_highlighted_html_is_found(assignment: Assignment) -> None:
    page = "<html><pre><span>return</span> <span>number</span> <b>+</b> number\n</pre></html>"

    assert leaks(page, assignment) == [SOLUTION_LINE]


def test_a_secret_line_in_the_output_of_a_cell_is_found(assignment: Assignment) -> None:
    product = json.dumps({"cells": [{"outputs": [{"text": ["see\n", HIDDEN_LINE]}]}]})

    assert leaks(product, assignment) == [HIDDEN_LINE]


def test_a_line_that_everybody_may_read_is_no_leak(assignment: Assignment) -> None:
    assert leaks(SOLUTION_LINE, assignment, public=f"    {SOLUTION_LINE}\n") == []
