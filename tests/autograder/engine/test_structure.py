"""Deleted, copied, moved and changed cells cost an honest student nothing, and each repair is told."""

import json
from collections.abc import Sequence
from copy import deepcopy

from nbformat import NotebookNode

from autograder.course import Course
from autograder.engine.structure import prints, repair
from autograder.engine.submitted import Given, read
from autograder.notebooks import grade_id, new_cell
from tests.autograder.tiny import DOUBLE, cell, released, solved

TEST = "double-twice_two_is_four"


def given(notebook: NotebookNode) -> tuple[Given, ...]:
    return read(json.dumps(notebook).encode())


def repaired_from(submitted: NotebookNode, course: Course) -> tuple[list[Given], list[str]]:
    return repair(given(submitted), given(released(course)))


def named(cells: Sequence[Given], name: str) -> Given:
    (found,) = [one for one in cells if one.name == name]
    return found


def names(cells: Sequence[Given]) -> list[str]:
    return [one.name for one in cells if one.name]


def test_an_orderly_submission_is_left_as_it_is(released_course: Course) -> None:
    repaired, sentences = repaired_from(solved(released_course), released_course)

    assert sentences == []
    assert named(repaired, "double").source == DOUBLE
    assert [one.source for one in repaired] == [one.source for one in given(solved(released_course))]


def test_a_deleted_test_cell_is_put_back(released_course: Course) -> None:
    submitted = solved(released_course)
    submitted.cells.remove(cell(submitted, TEST))

    repaired, sentences = repaired_from(submitted, released_course)

    assert names(repaired) == names(given(released(released_course)))
    assert sentences == [f"The test cell {TEST} was missing; it was put back."]


def test_a_deleted_solution_counts_as_not_solved(released_course: Course) -> None:
    submitted = solved(released_course)
    submitted.cells.remove(cell(submitted, "double"))

    repaired, sentences = repaired_from(submitted, released_course)

    assert "NotImplementedError" in named(repaired, "double").source
    assert sentences == ["The solution cell double was missing; it counts as not solved."]


def test_of_two_copies_the_last_one_with_work_in_it_is_graded(released_course: Course) -> None:
    submitted = solved(released_course)
    blank_copy = deepcopy(cell(released(released_course), "double"))
    submitted.cells.insert(submitted.cells.index(cell(submitted, "double")) + 1, blank_copy)

    repaired, sentences = repaired_from(submitted, released_course)

    assert named(repaired, "double").source == DOUBLE
    assert sentences == ["Two cells carry the id double; the last one with work in it is graded."]
    assert not any("NotImplementedError" in one.source for one in repaired)


def test_an_earlier_try_still_runs_before_the_graded_one(released_course: Course) -> None:
    submitted = solved(released_course)
    first_try = deepcopy(cell(submitted, "double"))
    first_try.source = "helper = 1\ndef double(number):\n    return helper"
    submitted.cells.insert(submitted.cells.index(cell(submitted, "double")), first_try)

    repaired, _ = repaired_from(submitted, released_course)

    sources = [one.source for one in repaired]
    assert sources.index(first_try.source) < sources.index(DOUBLE)
    assert names(repaired) == names(given(released(released_course)))


def test_a_copied_test_cell_is_graded_once(released_course: Course) -> None:
    submitted = solved(released_course)
    submitted.cells.append(deepcopy(cell(submitted, TEST)))

    repaired, sentences = repaired_from(submitted, released_course)

    assert names(repaired) == names(given(released(released_course)))
    assert sentences == [f"Two cells carry the id {TEST}; the original is graded."]


def test_a_changed_test_is_told_and_the_original_graded(released_course: Course) -> None:
    submitted = solved(released_course)
    cell(submitted, TEST).source = "assert True"

    repaired, sentences = repaired_from(submitted, released_course)

    assert "double(2)" in named(repaired, TEST).source
    assert sentences == [f"The test cell {TEST} was changed; the original is graded."]


def test_labels_kinds_and_order_are_the_teachers(released_course: Course) -> None:
    submitted = solved(released_course)
    cell(submitted, TEST).metadata.nbgrader.update(points=100, grade=False, solution=True, locked=False)
    cell(submitted, "double-infinity_stays").cell_type = "markdown"
    submitted.cells.reverse()

    repaired, _ = repaired_from(submitted, released_course)

    assert names(repaired) == names(given(released(released_course)))
    assert named(repaired, TEST) == named(given(released(released_course)), TEST)
    assert named(repaired, "double-infinity_stays").kind == "code"


def test_the_students_own_cells_stay_behind_the_cell_they_followed(released_course: Course) -> None:
    submitted = solved(released_course)
    submitted.cells.insert(submitted.cells.index(cell(submitted, TEST)), new_cell("code", "mine = 1"))

    repaired, sentences = repaired_from(submitted, released_course)

    sources = [one.source for one in repaired]
    assert sources.index("mine = 1") == sources.index(DOUBLE) + 1
    assert sentences == []


def test_an_editor_that_drops_nbgraders_metadata_loses_nothing(released_course: Course) -> None:
    submitted = solved(released_course)
    for one in submitted.cells:
        one.metadata = {}

    repaired, sentences = repaired_from(submitted, released_course)

    assert sentences == []
    assert named(repaired, "double").source == DOUBLE
    assert names(repaired) == names(given(released(released_course)))


def test_repairing_twice_changes_nothing_more(released_course: Course) -> None:
    submitted = solved(released_course)
    submitted.cells = [one for one in submitted.cells if grade_id(one) != TEST]

    once, _ = repaired_from(submitted, released_course)
    twice, sentences = repair(once, given(released(released_course)))

    assert sentences == []
    assert [one.source for one in twice] == [one.source for one in once]


def test_many_repairs_are_counted_and_not_all_told(released_course: Course) -> None:
    doubled = released(released_course)
    for one in deepcopy(doubled.cells):
        one.source += "\n# mine"
        doubled.cells.append(one)

    _, told = repaired_from(doubled, released_course)

    assert told[0] == "Two cells carry the id setup; the original is graded."
    assert len(told) == 6
    assert told[-1] == "So it goes on for 5 more repairs."


def test_who_has_the_cells_of_an_earlier_release_has_changed_nothing(released_course: Course) -> None:
    old = released(released_course)
    cell(old, TEST).source += "\nassert double(1) == 2"
    cell(old, "double").source = "# an older stub"
    cell(old, "double-infinity_stays").metadata.nbgrader.grade_id = "double-gone"
    earlier = prints(given(old))

    told = repair(given(old), given(released(released_course)))[1]
    repaired, sentences = repair(given(old), given(released(released_course)), earlier)

    assert len(told) > 1  # without that knowledge it is a change
    assert sentences == ["The test cell double-infinity_stays was missing; it was put back."]
    assert {one.source for one in repaired} == {one.source for one in given(released(released_course))}
