"""The proof notices every kind of broken promise."""

import json
from pathlib import Path

import pytest

from autograder.__main__ import main
from autograder.assignment import read
from autograder.cheats.matrix import Line, Matrix
from autograder.course import Course, CourseError
from autograder.engine.verdict import Said, Verdict
from autograder.execute import NOT_REACHED, STOPPED, Outcome
from autograder.judged import AGAIN, changed_by
from autograder.mutants import mutate, read_mutants
from autograder.notebooks import to_text
from autograder.promises import (
    THOUSAND,
    broken_promises,
    differences,
    disagreements,
    shown_promises,
    slow,
    unsteady,
)
from autograder.prove import Report, cheats_of, job_of, prove, run_all, subject_of
from autograder.tryout import REFERENCE, try_answers
from tests.autograder.tiny import SLUG, solved


def edit(course: Course, old: str, new: str, where: str = "mutants") -> None:
    path = course.mutants(SLUG) if where == "mutants" else course.solution(SLUG)
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


def broken(course: Course) -> list[str]:
    """What a student's own notebook shows."""
    one = subject_of(course, SLUG)
    return broken_promises(one.assignment, one.mutants, try_answers(job_of(one)))


def misleading(course: Course) -> list[str]:
    """What the parts of the tests that students see show."""
    one = subject_of(course, SLUG)
    return list(shown_promises(one.assignment, one.mutants, try_answers(job_of(one, shown=True))))


@pytest.fixture(scope="module")
def sound(released_course: Course) -> Report:
    return prove(released_course, [SLUG])


# --- the whole


def test_a_sound_chapter_keeps_every_promise_in_both_ways(sound: Report) -> None:
    assert sound.broken == sound.warnings == ()
    assert [(proof.name, proof.killed_by, proof.visible) for proof in sound.proofs] == [
        ("adds_one", "double-twice_two_is_four", True),
        ("never_negative", "double-twice_two_is_four", False),
        ("forgets_infinity", "double-infinity_stays", True),
        ("last_one_only", "total-the_sum_counts_every_number", True),
    ]
    assert sound.summary() == (
        "Every promise holds. Of 4 wrong answers 4 are rejected by the test that is meant to, "
        "3 by what students see alone."
    )


def test_the_proof_says_of_each_wrong_answer_what_each_test_does(sound: Report, tmp_path: Path) -> None:
    sound.write(tmp_path)

    first, second, *_ = json.loads((tmp_path / "proof.json").read_text())
    assert first == {
        "chapter": SLUG,
        "exercise": "double",
        "name": "adds_one",
        "why": "Counts one too many, which every test sees.",
        "killed_by": "double-twice_two_is_four",
        "message": "double(2) is 5, not 4",
        "also_failed": [],
        "visible": True,
        "tests": {"double-twice_two_is_four": "seen", "double-infinity_stays": "passes"},
    }
    assert second["tests"]["double-twice_two_is_four"] == "hidden"
    assert second["message"] == "double(-3) is 0, not -6"


def test_the_kill_matrix_shows_each_wrong_answer_against_each_test(sound: Report, tmp_path: Path) -> None:
    sound.write(tmp_path)
    text = (tmp_path / "proof.txt").read_text()

    assert "  a  Twice two is four\n  b  Infinity stays\n" in text
    assert "never_negative    [h] · \n" in text
    assert "forgets_infinity   · [V]\n" in text


def test_grading_and_the_students_notebook_have_to_agree(course: Course) -> None:
    liar = "class Liar(int):\n    __eq__ = lambda self, other: True\n\ntotal = lambda given: Liar()"
    edit(course, "total = sum", liar)

    said = prove(course, [SLUG]).broken

    start = f"{SLUG}: On `total_by_builtin` the cell total-the_sum_counts_every_number "
    assert any(one.startswith(f"{start}passes in a student's notebook and ") for one in said)
    assert any(one.startswith(f"{SLUG}: When it is graded: The right answer `total_by_") for one in said)


def test_a_broken_promise_is_a_sentence_and_an_exit_code(course: Course, capsys) -> None:
    edit(course, "min(1_000, number + number)", "max(-100, number + number)")
    edit(course, ', f"double(inf) is {got}, not inf"', "", where="solution")

    assert main(["prove", SLUG], course) == 1

    said = capsys.readouterr().err
    assert "tiny_sums.py:36: The assertion has no message; say what was expected" in said
    assert f"{SLUG}: The wrong answer `forgets_infinity` survives the test double-infinity_stays.\n" in said
    assert f"{SLUG}: No listed wrong answer fails the test double-infinity_stays; list one.\n" in said
    assert json.loads((course.build / "proof.json").read_text())[2]["killed_by"] == ""


def test_answers_written_into_the_released_notebook_are_not_taken_for_the_stub(course: Course) -> None:
    before = subject_of(course, SLUG)
    course.exercise(SLUG).write_text(to_text(solved(course)))

    assert job_of(subject_of(course, SLUG)) == job_of(before)


# --- answers


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

    assert "The stub passes the test double-infinity_stays; doing nothing earns its points." in broken(course)


def test_a_stub_that_looks_right_to_the_student_is_told(course: Course) -> None:
    edit(course, "got = double(2)\nassert got == 4", "got = 4\nassert got == 4", where="solution")

    assert misleading(course) == [
        "The stub passes all that students see of the test double-twice_two_is_four."
    ]


def test_a_visible_check_that_needs_a_hidden_line_is_told(course: Course) -> None:
    hidden = "### BEGIN HIDDEN TESTS\nwanted = 4\n### END HIDDEN TESTS\n"
    edit(
        course,
        "got = double(2)\nassert got == 4",
        f"{hidden}got = double(2)\nassert got == wanted",
        "solution",
    )

    assert misleading(course)[0] == (
        "What students see of the test double-twice_two_is_four refuses `reference`: "
        "NameError: name 'wanted' is not defined"
    )


def test_a_right_answer_that_is_rejected_is_told(course: Course) -> None:
    edit(course, "return 2 * number", "return 2 * number + 0.5")

    (said, *_) = broken(course)
    assert said.startswith("The right answer `double_by_multiplying` fails the cell double-twice_two_is_four")


def test_a_verdict_that_depends_on_the_hash_seed_is_told() -> None:
    passed, failed = [Outcome("t")], [Outcome("t", "AssertionError", "no")]

    (said,) = differences([{"odd": passed, "even": passed}, {"odd": failed, "even": passed}, {"odd": passed}])

    assert said.startswith("The verdict on `odd` differs between PYTHONHASHSEED=0 and 1;")


# --- two runs of the same


def test_the_reference_stands_a_thousand_seeds_and_every_answer_three_hash_seeds(course: Course) -> None:
    edit(course, "from math import inf", "from math import inf\nfrom distsys.check import seeds", "solution")
    loop = "for seed in seeds(3):\n    assert double(seed) == 2 * seed, f'seed {seed}'\n"
    edit(course, "got = double(inf)\n", f"{loop}got = double(inf)\n", "solution")
    edit(course, "return number + number", "return number + number + (number == 700)", "solution")
    edit(course, "total = sum", "total = lambda given: sum(given) + (hash('d') % 4 == 0)")  # with hash seed 0
    one = subject_of(course, SLUG)

    (trial,) = run_all([one])

    (said,) = broken_promises(one.assignment, one.mutants, {THOUSAND: trial.thousand})
    assert said.startswith("The reference over 1000 seeds fails the cell double-infinity_stays: ")
    assert said.endswith("seed 700")
    assert broken_promises(one.assignment, one.mutants, {REFERENCE: trial.runs[0][REFERENCE]}) == []
    told = list(differences(trial.runs))
    assert len(told) == 2
    assert all("The verdict on `total_by_builtin` differs between PYTHONHASHSEED=0" in one for one in told)


def test_a_question_that_is_answered_now_so_now_so_is_told() -> None:
    kept = Said("t", "double", "Rule", 1, "kept")
    wrong = Said("t", "double", "Rule", 1, "wrong", "no", flaky=True)
    verdicts = [
        Verdict(REFERENCE, SLUG, "", (kept,)),
        Verdict(AGAIN, SLUG, "", (Said("t", "double", "Rule", 1, "wrong", "no"),)),
        Verdict("odd", SLUG, "", (wrong,)),
    ]

    assert list(unsteady(verdicts)) == [
        f"Graded twice, `{name}` gets two verdicts on the test t; take chance from the seed alone."
        for name in ("odd", "reference")
    ]
    assert list(unsteady([verdicts[0], Verdict(AGAIN, SLUG, "", (kept,))])) == []


@pytest.mark.parametrize(
    ("alone", "graded", "agree"),
    [
        (Outcome("t"), Outcome("t"), True),
        (Outcome("t"), Outcome("t", "AssertionError", "no"), False),
        (Outcome("t", "AssertionError", "no"), Outcome("t"), False),
        (Outcome("t", "AssertionError", "no"), Outcome("t", "AssertionError", "other words"), True),
        (Outcome("t", "AssertionError", "no"), Outcome("t", "time", "too long"), False),
        (Outcome("t", "KeyError", "x"), Outcome("t", "error", "KeyError: x"), True),
        (Outcome("t", "AssertionError", "no"), Outcome("t", "unsolved", "not solved yet"), True),
        (Outcome("t"), Outcome("t", "unsolved", "not solved yet"), False),
        (Outcome("t", NOT_REACHED, ""), Outcome("t"), True),
    ],
)
def test_each_test_has_to_end_alike_in_both_ways(alone: Outcome, graded: Outcome, agree: bool) -> None:
    assert (list(disagreements({"x": [alone]}, {"x": [graded]})) == []) == agree


def test_a_test_that_leaves_no_time_to_a_slower_answer_is_a_warning() -> None:
    quick, long = (
        Said(name, "double", "Rule", 1, "kept", cpu_seconds=s) for name, s in (("a", 2.9), ("b", 3.1))
    )

    (said,) = slow([quick, long])

    assert said.startswith("The test b takes 3.1 s on the reference; a student may take 10 s")


def test_grading_may_find_what_a_notebook_cannot_but_only_in_a_wrong_answer() -> None:
    alone = {"x": [Outcome("t")]}
    graded = {"x": [Outcome("t", "error", "with each node on a machine of its own: KeyError: 3")]}

    assert list(disagreements(alone, graded, {"x"})) == []
    (said,) = disagreements(alone, graded)
    assert said.startswith(
        "On `x` the cell t passes in a student's notebook and ends early in grading: with each"
    )


def test_an_answer_is_asked_all_that_it_can_change(course: Course) -> None:
    edit(course, "result_of_adding = 0\n", "result_of_adding = double(0)\n", where="solution")
    assignment = read(course.solution(SLUG))

    assert changed_by(assignment, "double") == {"double", "total"}
    assert changed_by(assignment, "total") == {"total"}


# --- dishonest notebooks


def test_each_dishonest_notebook_that_gains_or_harms_is_told(course: Course, monkeypatch) -> None:
    def line(name: str, **other: object) -> Line:
        given = {"deserves": 0, "earned": 0, "kept": (), "beside": 4, "full": 4, "outcomes": {}}
        return Line(name, **{"family": "lies", "tries": "lies", **given, **other})  # type: ignore[arg-type]

    lines = (
        line("harmless"),
        line("thief", earned=3),
        line("honest", family="honest", deserves=5, earned=4),
        line("bully", beside=0),
        line("spy", leaks=("print of cell 1: secret",)),
    )
    monkeypatch.setattr(
        "autograder.cheats.matrix.run", lambda *_: Matrix(lines, ("a file was written",), 1.0)
    )
    monkeypatch.setattr("autograder.cheats.papers.Papers", lambda *_: None)

    data, said = cheats_of(course)

    assert said == [
        "cheats: `thief` gains 3 points: it lies.",
        "cheats: the honest `honest` gets 4 points, not 5.",
        "cheats: `bully` harms the grading of others or ends it.",
        "cheats: the verdict on `spy` shows print of cell 1: secret.",
        "cheats: a file was written.",
    ]
    report = Report((), "", (), cheats=data)
    assert report.summary().endswith("4 dishonest notebooks gain 3 points, 1 of 1 honest ones lose any.")
    report.write(course.build)
    assert json.loads((course.build / "cheats.json").read_text())["points_gained"] == 3


# --- the list of answers


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
