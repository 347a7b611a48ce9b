"""The released notebook is nbgrader's, holds no secret, and depends on its source alone."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from autograder import nbgrader_course
from autograder.assignment import STUB, Assignment, read
from autograder.course import Course, CourseError
from autograder.release import release, source_notebook
from tests.autograder.tiny import SLUG


def cells_by_id(path: Path) -> dict[str, dict]:
    cells = json.loads(path.read_text())["cells"]
    ours = [cell for cell in cells if "nbgrader" in cell["metadata"]]
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in ours}


def test_headers_become_the_third_version_of_nbgraders_metadata(released_course: Course) -> None:
    cells = cells_by_id(released_course.exercise(SLUG))

    about = cells["double-twice_two_is_four"]["metadata"]["nbgrader"]
    assert {key: about[key] for key in ("grade", "solution", "locked", "points", "schema_version")} == {
        "grade": True,
        "solution": False,
        "locked": True,
        "points": 1,
        "schema_version": 3,
    }
    assert cells["setup"]["metadata"]["editable"] is False
    assert cells["double"]["metadata"]["nbgrader"]["solution"] is True


def test_nbgraders_own_validator_accepts_source_and_release(
    released_course: Course, assignment: Assignment
) -> None:
    MetadataValidator().validate_nb(nbformat.read(released_course.exercise(SLUG), as_version=4))
    MetadataValidator().validate_nb(source_notebook(assignment))


def test_a_solution_becomes_a_line_that_says_what_to_do(released_course: Course) -> None:
    source = "".join(cells_by_id(released_course.exercise(SLUG))["double"]["source"])

    assert source.endswith(f'    """Twice the number."""\n    {STUB}')


def test_a_test_states_its_rule_and_points_and_loses_its_hidden_part(released_course: Course) -> None:
    source = "".join(cells_by_id(released_course.exercise(SLUG))["double-twice_two_is_four"]["source"])

    assert source.startswith("# Rule: Twice two is four. (1 point)\n")
    assert "double(2)" in source
    assert "double(-3)" not in source
    assert "HIDDEN" not in source


def test_a_hint_is_kept_for_the_feedback_and_stays_out_of_the_release(course: Course) -> None:
    path = course.solution(SLUG)
    text = path.read_text().replace("points=1", 'points=1 hint="Think of numbers below zero."')
    path.write_text(text)

    assert [cell.hint for cell in read(path).tests("double")] == ["Think of numbers below zero.", ""]
    assert release(course, []) == []
    assert "below zero" not in course.exercise(SLUG).read_text()


def test_releasing_again_changes_nothing(course: Course) -> None:
    before = course.exercise(SLUG).read_bytes()

    assert release(course, []) == []
    assert course.exercise(SLUG).read_bytes() == before


def test_another_tree_releases_the_same_bytes(released_course: Course, tmp_path: Path) -> None:
    shutil.copytree(released_course.root / "solutions", tmp_path / "solutions")

    release(Course(tmp_path), [])

    assert Course(tmp_path).exercise(SLUG).read_bytes() == released_course.exercise(SLUG).read_bytes()


def test_the_notebook_carries_no_noise_of_its_machine(released_course: Course) -> None:
    notebook = json.loads(released_course.exercise(SLUG).read_text())

    assert list(notebook["metadata"]) == ["kernelspec"]
    assert all(len(cell["id"]) == 12 for cell in notebook["cells"])
    assert not any(cell.get("outputs") for cell in notebook["cells"])


def test_a_changed_source_is_released(course: Course) -> None:
    path = course.solution(SLUG)
    path.write_text(path.read_text().replace("small enough", "tiny enough"))

    assert release(course, []) == [course.exercise(SLUG)]
    assert "tiny enough" in course.exercise(SLUG).read_text()


def test_a_chapter_without_source_loses_its_notebook(course: Course) -> None:
    course.solution(SLUG).unlink()

    release(course, [])

    assert not course.exercise(SLUG).exists()


def hand_in(course: Course, student: str) -> None:
    with nbgrader_course.gradebook(course.nbgrader) as book:
        book.update_or_create_student(student)
        book.update_or_create_submission(SLUG, student)


def rename_rule(course: Course) -> None:
    path = course.solution(SLUG)
    path.write_text(path.read_text().replace("Infinity stays", "Infinity remains"))


def test_cells_may_change_although_there_are_submissions(course: Course) -> None:
    hand_in(course, "anna")
    rename_rule(course)

    assert release(course, []) == [course.exercise(SLUG)]


def test_grades_given_by_hand_are_never_dropped(course: Course) -> None:
    hand_in(course, "anna")
    with nbgrader_course.gradebook(course.nbgrader) as book:
        book.find_grade("double-infinity_stays", SLUG, SLUG, "anna").manual_score = 1.0
        book.db.commit()
    rename_rule(course)

    with pytest.raises(CourseError, match="grades given by hand"):
        release(course, [])


def test_nbgraders_own_commands_find_their_settings(released_course: Course) -> None:
    config = nbgrader_course.load_config(released_course.nbgrader)

    assert config.CourseDirectory.course_id == "distributed_systems"
    assert STUB in config.ClearSolutions.code_stub["python"]


def test_a_source_is_read_with_its_rules(released_course: Course) -> None:
    tests = read(released_course.solution(SLUG)).tests("double")

    assert [(test.rule, test.points) for test in tests] == [("Twice two is four", 1), ("Infinity stays", 2)]
