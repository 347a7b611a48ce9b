"""The report holds what the verdicts say, as plain data, for any class."""

import json
from dataclasses import replace

import pytest

from autograder.analysis.gather import code, report, starter
from autograder.assignment import STUB
from autograder.engine.verdict import KEPT, Ran, Said, Verdict
from tests.autograder.analysis.classroom import PLANTED, chapter, class_of, scores

ASSIGNMENT, _ = chapter()
CLASS = class_of(60)
REPORT = report(CLASS, ASSIGNMENT, scores(CLASS))
BY_NAME = {pupil.name: pupil for pupil in REPORT.pupils}


def test_the_hardest_rule_and_the_suspect_test_are_the_planted_ones() -> None:
    assert [rule.name for rule in REPORT.rules if rule.doubt == "negative"] == [PLANTED["suspect"]]
    assert REPORT.hardest[0].name == PLANTED["suspect"]


def test_a_class_in_which_that_test_is_sound_has_no_suspect() -> None:
    """A canary: the suspicion comes from the answers."""
    sound = []
    for verdict in CLASS:
        weak = verdict.points < 12
        questions = tuple(
            replace(said, outcome="wrong" if weak else KEPT) if said.name == PLANTED["suspect"] else said
            for said in verdict.questions
        )
        sound.append(replace(verdict, questions=questions))

    assert [rule.name for rule in report(sound, ASSIGNMENT).rules if rule.doubt == "negative"] == []


def test_those_in_need_are_below_half_and_the_weakest_stands_first() -> None:
    names = [pupil.name for pupil in REPORT.in_need]

    assert set(names) == {one.student for one in CLASS if one.points < 10 and not one.failed}
    assert set(PLANTED["not begun"]) < set(names)
    points = [pupil.points for pupil in REPORT.in_need]
    assert points == sorted(points)


def test_states_are_told_apart() -> None:
    assert BY_NAME[PLANTED["refused"]].state == "refused"
    assert BY_NAME[PLANTED["failed"]].state == "failed"
    assert {BY_NAME[name].state for name in PLANTED["not begun"]} == {"not begun"}
    assert REPORT.counted == sum(pupil.state == "graded" for pupil in REPORT.pupils) == 56


def test_statistics_of_a_rule_speak_of_those_who_tried_its_exercise() -> None:
    for rule in REPORT.rules:
        tried = [
            one
            for one in CLASS
            if not one.refused
            and any(said.exercise == rule.exercise and said.outcome != "unsolved" for said in one.questions)
        ]
        kept = [
            said for one in tried for said in one.questions if said.name == rule.name and said.outcome == KEPT
        ]
        assert (rule.tried, rule.kept) == (len(tried), len(kept))
        assert rule.difficulty.value == pytest.approx(len(kept) / len(tried))
        assert sum(rule.outcomes.values()) == rule.tried - rule.kept


def test_totals_are_those_that_count_and_points_those_of_the_tests() -> None:
    assert BY_NAME["grace"].total == BY_NAME["grace"].points - 2
    assert BY_NAME["tess" if "tess" in BY_NAME else "ada"].total >= 0
    assert report(CLASS, ASSIGNMENT).pupils[0].total == REPORT.pupils[0].points


def test_flaky_tests_and_slow_ones_name_their_students() -> None:
    flaky = {(said.name, one.student) for one in CLASS for said in one.questions if said.flaky}

    assert flaky
    assert {(rule.name, name) for rule in REPORT.rules for name in rule.flaky} <= flaky
    slow = max(REPORT.rules, key=lambda rule: rule.seconds[1])
    seconds = {
        one.student: said.cpu_seconds for one in CLASS for said in one.questions if said.name == slow.name
    }
    assert slow.seconds[1] == pytest.approx(seconds[slow.slowest])


def test_copies_are_shown_side_by_side_with_marks() -> None:
    pairs = {frozenset((pair.first, pair.second)) for pair in REPORT.similarity.pairs}

    assert frozenset(("ada", "sven")) in pairs
    beside = next(one for one in REPORT.beside if (one.first, one.second) == ("ada", "sven"))
    assert beside.left.text != beside.right.text
    assert len(beside.left.marked) > 5
    assert len(beside.right.marked) > 5
    assert beside.exercise in ASSIGNMENT.exercises


def test_it_is_json_without_a_number_that_is_none() -> None:
    text = REPORT.to_json()

    assert "NaN" not in text
    read = json.loads(text)
    assert len(read["pupils"]) == 60
    assert read["hardest"][0] == PLANTED["suspect"]
    assert text.isascii()


@pytest.mark.parametrize(
    "class_",
    [
        [],
        CLASS[:1],
        [one for one in CLASS if one.student in (PLANTED["refused"], PLANTED["failed"])],
        [one for one in CLASS if one.student in PLANTED["not begun"]],
        [CLASS[0].of(f"s{number}") for number in range(4)],
    ],
    ids=["nobody", "one", "nothing graded", "nothing begun", "all the same"],
)
def test_any_class_gives_a_report_with_words_where_there_is_no_number(class_: list[Verdict]) -> None:
    made = report(class_, ASSIGNMENT)

    json.loads(made.to_json())
    assert made.alpha.value is None
    assert made.alpha.why
    assert all(rule.discrimination.value is None and rule.discrimination.why for rule in made.rules)


def test_verdicts_of_another_chapter_are_left_out() -> None:
    assert report([replace(CLASS[0], slug="raft")], ASSIGNMENT).pupils == ()


def test_the_same_class_gives_the_same_report_in_any_order() -> None:
    assert report(CLASS[::-1], ASSIGNMENT, scores(CLASS)).to_json() == REPORT.to_json()


# --- what is compared


def test_code_is_the_solution_cell_and_the_student_s_cells_behind_it() -> None:
    cells = (
        Ran("", "code", "before = 1"),
        Ran("lease", "code", "class Lease: pass"),
        Ran("", "markdown", "My thoughts"),
        Ran("", "code", "helper = 2"),
        Ran("lease-a_rule", "code", "assert Lease"),
        Ran("", "code", "play = 3"),
    )

    assert code(Verdict("anna", "c", "k", cells=cells), "lease") == "class Lease: pass\nhelper = 2"
    assert code(Verdict("anna", "c", "k"), "lease") == ""


def test_starter_code_is_what_was_given_out() -> None:
    given = starter(ASSIGNMENT, "lamport_clock")

    assert STUB in given
    assert "def total_order(events):" in given
    assert "max(self.counter, stamp)" not in given
    assert "BEGIN SOLUTION" not in given
    assert "from distsys" in given


def test_a_pair_with_the_same_mistake_is_said_to_have_it() -> None:
    wrong = next(one for one in CLASS if any(said.outcome == "wrong" for said in one.questions) and one.cells)
    twins = [wrong.of("anna"), wrong.of("zoe")]
    good = tuple(Said(s.name, s.exercise, s.rule, s.most, KEPT) for s in wrong.questions)

    assert report(twins, ASSIGNMENT).same_mistake == (("anna", "zoe"),)
    assert report([replace(one, questions=good) for one in twins], ASSIGNMENT).same_mistake == ()
