"""What is asked follows from the source alone, and changes with what it depends on."""

import ast

import pytest

from autograder.assignment import parse
from autograder.engine.plan import Plan, bound, used
from tests.autograder.engine.workbench import CHAPTER, SOURCE, TESTS, chapter


def plan(source: str = SOURCE) -> Plan:
    return chapter(source).plan()


def digests(source: str = SOURCE) -> dict[str, str]:
    return {name: question.digest for name, question in plan(source).questions.items()}


def test_each_test_cell_is_a_question_in_the_order_of_the_chapter() -> None:
    assert {name: question.cell.points for name, question in plan().questions.items()} == TESTS


def test_a_question_reaches_only_the_names_of_the_student_that_it_uses() -> None:
    names = {name: question.names for name, question in plan().questions.items()}

    assert names["double-two_is_four"] == ("double",)
    assert names["server-pings_are_answered"] == ("Server",)


def test_a_question_brings_the_definitions_that_it_needs_and_no_other() -> None:
    questions = plan().questions

    assert len(questions["double-three_is_six"].code) == 2  # the class Asked of the cell above
    assert len(questions["numbers-it_counts"].code) == 1


def test_definitions_bring_what_they_stand_on() -> None:
    more = '\n\n# %% test="numbers" rule="Far" points=1\nassert asked() == 0 and numbers(0) == []\n'
    helper = SOURCE.replace(
        '# %% solution="server"', 'def asked():\n    return Asked.times\n\n\n# %% solution="server"'
    )

    assert len(plan(helper + more).questions["numbers-far"].code) == 3


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("the secret number", "another number", {"double-two_is_four"}),
        ("    times = 0", "    times = 0 + 0", {"double-two_is_four", "double-three_is_six"}),
        ("# # Exam", "# # Examination", set()),
        ("return 2 * number", "return number + number", set()),
        ("    number: int", "    number: object", set(TESTS)),
    ],
)
def test_only_what_depends_on_a_change_is_asked_again(old: str, new: str, changed: set[str]) -> None:
    assert old in SOURCE
    before, after = digests(), digests(SOURCE.replace(old, new))

    assert {name for name in before if before[name] != after[name]} == changed


def test_names_that_only_the_run_of_another_check_binds_are_found() -> None:
    more = '\n\n# %% test="numbers" rule="Borrows" points=1\nassert numbers(1) and step and left_behind\n'

    assert plan().borrowed() == {}
    assert plan(SOURCE + more).borrowed() == {"numbers-borrows": {"step", "left_behind"}}


def test_a_statement_binds_names_in_its_own_scope() -> None:
    tree = ast.parse(
        "import a.b\nfrom c import d as e\nf = [g for g in h]\nfor i, j in k: l = 1\nclass M:\n n = 1"
    )

    assert bound(tree.body) == {"a", "e", "f", "i", "j", "l", "M"}
    assert used([tree]) == {"g", "h", "k"}


def test_the_modules_of_the_exercise_are_known_before_it_runs() -> None:
    assert plan().imports() == ["distsys.node", "distsys.simulation"]


def test_stubs_are_what_students_were_given() -> None:
    assert set(plan().stubs) == set(parse(SOURCE, CHAPTER.plan().assignment.path).exercises)
    assert "NotImplementedError" in plan().stubs["double"]
