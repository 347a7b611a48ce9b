"""The proof notices every kind of broken promise."""

import json

import pytest

from autograder.assignment import read
from autograder.course import Course, CourseError
from autograder.execute import STOPPED, Outcome
from autograder.mutants import mutate, read_mutants
from autograder.notebooks import to_text
from autograder.prove import (
    broken_promises,
    differences,
    job_of,
    kill_table,
    prove,
    write_proof,
)
from autograder.release import release
from autograder.tryout import try_answers
from tests.autograder.tiny import SLUG, released, solved


def edit(course: Course, old: str, new: str, where: str = "mutants") -> None:
    path = course.mutants(SLUG) if where == "mutants" else course.solution(SLUG)
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


def broken(course: Course) -> list[str]:
    assignment = read(course.solution(SLUG))
    mutants = read_mutants(course.mutants(SLUG), assignment)
    return broken_promises(assignment, mutants, try_answers(job_of(assignment, mutants, released(course))))


def test_a_sound_chapter_keeps_every_promise_under_three_hash_seeds(course: Course) -> None:
    proofs, sentences = prove(course, [SLUG])
    write_proof(course.build / "proof.json", proofs)

    assert sentences == []
    assert [(proof.name, proof.killed_by, proof.visible) for proof in proofs] == [
        ("adds_one", "double-twice_two_is_four", True),
        ("never_negative", "double-twice_two_is_four", False),
        ("forgets_infinity", "double-infinity_stays", True),
        ("last_one_only", "total-the_sum_counts_every_number", True),
    ]
    assert set(json.loads((course.build / "proof.json").read_text())[0]) == {
        "chapter",
        "exercise",
        "name",
        "killed_by",
        "also_failed",
        "visible",
    }
    assert "never_negative    no" in kill_table(proofs)


def test_a_wrong_answer_that_survives_is_told(course: Course) -> None:
    edit(course, "max(0, number + number)", "max(-100, number + number)")

    assert broken(course) == ["The wrong answer `never_negative` survives the test double-twice_two_is_four."]


def test_another_test_than_the_named_one_is_no_kill(course: Course) -> None:
    edit(course, "min(1_000, number + number)", "min(inf, number + number + 1)")

    assert broken(course) == ["The wrong answer `forgets_infinity` survives the test double-infinity_stays."]


def test_a_wrong_answer_that_only_crashes_is_no_kill(course: Course) -> None:
    edit(course, 'new = "number + number + 1"', 'new = "number + missing"')

    (said,) = broken(course)
    assert "`adds_one` ends with NameError" in said


def test_a_rejection_without_a_message_is_told(course: Course) -> None:
    edit(course, ', f"total([1, 2, 3]) is {got}, not 6"', "", where="solution")

    (said,) = broken(course)
    assert said == (
        "The wrong answer `last_one_only` is rejected without a message by the test "
        "total-the_sum_counts_every_number."
    )


def test_an_endless_loop_in_a_wrong_answer_is_a_verdict(course: Course, monkeypatch) -> None:
    monkeypatch.setattr("autograder.prove._LIMIT_S", 1.0)
    edit(course, 'new = "number + number + 1"', 'new = "sum(0 for _ in iter(int, 1))"')

    (said,) = broken(course)
    assert f"`adds_one` ends with {STOPPED} (did not end within 1 s" in said


def test_a_reference_that_fails_is_told(course: Course) -> None:
    edit(course, "return number + number", "return number + number + 1", where="solution")

    said = broken(course)

    assert said[0].startswith("The reference fails the cell double-twice_two_is_four: AssertionError")


def test_a_reference_that_never_ends_is_told(course: Course, monkeypatch) -> None:
    monkeypatch.setattr("autograder.prove._LIMIT_S", 1.0)
    edit(course, "    return number", "    while True: pass\n    return number", where="solution")

    said = broken(course)

    assert said[0].startswith(f"The reference fails the cell double-twice_two_is_four: {STOPPED}")


def test_a_stub_that_earns_points_is_told(course: Course) -> None:
    edit(course, "got = double(inf)\nassert got == inf,", "got = inf\nassert got == inf,", where="solution")
    release(course, [])

    assert "The stub passes the test double-infinity_stays; doing nothing earns its points." in broken(course)


def test_a_stub_that_looks_right_to_the_student_is_told(course: Course) -> None:
    edit(course, "got = double(2)\nassert got == 4", "got = 4\nassert got == 4", where="solution")
    release(course, [])

    assert "The stub passes all that students see of the test double-twice_two_is_four." in broken(course)


def test_a_right_answer_that_is_rejected_is_told(course: Course) -> None:
    edit(course, "return 2 * number", "return 2 * number + 0.5")

    (said, *_) = broken(course)
    assert said.startswith("The right answer `double_by_multiplying` fails the cell double-twice_two_is_four")


def test_a_verdict_that_depends_on_the_hash_seed_is_told() -> None:
    passed, failed = [Outcome("t")], [Outcome("t", "AssertionError", "no")]

    (said,) = differences([{"odd": passed, "even": passed}, {"odd": failed, "even": passed}, {"odd": passed}])

    assert said.startswith("The verdict on `odd` differs between PYTHONHASHSEED=0 and 1;")


def test_text_to_replace_must_stand_there_once(course: Course) -> None:
    edit(course, 'old = "number + number"', 'old = "number"')
    assignment = read(course.solution(SLUG))

    with pytest.raises(CourseError, match="`adds_one` replaces text that stands 11 times, not once"):
        mutate(assignment, read_mutants(course.mutants(SLUG), assignment).wrong[0])


def test_a_wrong_answer_changes_its_own_solution_only(course: Course) -> None:
    edit(course, 'old = "number + number"', 'old = "from math import inf"')
    assignment = read(course.solution(SLUG))

    with pytest.raises(CourseError, match="changes more than the cell of double"):
        mutate(assignment, read_mutants(course.mutants(SLUG), assignment).wrong[0])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "adds_one"', 'name = "never_negative"', "two answers are named `never_negative`"),
        ('why = "Multiplies."', "", "`double_by_multiplying` lacks `why`"),
        ('why = "Multiplies."', 'why = "Multiplies."\nold = "x"', "unknown key `old`"),
        ('exercise = "double"\nwhy = "Multiplies."', 'exercise = "x"\nwhy = "y"', "unknown exercise `x`"),
        ('killed_by = "double-infinity_stays"', 'killed_by = "double-x"', "killed by `double-x`"),
        ('[[right]]\nname = "double', '[[right\nname = "double', "is not TOML"),
    ],
)
def test_a_mistake_in_the_list_of_answers_is_one_sentence(
    old: str, new: str, words: str, course: Course
) -> None:
    edit(course, old, new)

    with pytest.raises(CourseError) as caught:
        read_mutants(course.mutants(SLUG), read(course.solution(SLUG)))

    assert words in str(caught.value)


def test_answers_written_into_the_released_notebook_are_not_taken_for_the_stub(course: Course) -> None:
    course.exercise(SLUG).write_text(to_text(solved(course)))

    assert prove(course, [SLUG])[1] == []
