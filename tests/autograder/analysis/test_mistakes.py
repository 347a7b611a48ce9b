"""Students with the same mistake stand together, and those whose answers also behave alike stand closest."""

import pytest

from autograder.analysis.mistakes import gist, mistakes, plain
from autograder.engine.verdict import KEPT, Said, Verdict

RULES = ("sums-one", "sums-two")


def verdict(student: str, *ended: tuple[str, str], line: int = 3) -> Verdict:
    said = [
        Said(name, "sums", f"Rule {name}", 1, outcome, message, line=0 if outcome == KEPT else line)
        for name, (outcome, message) in zip(RULES, ended, strict=True)
    ]
    return Verdict(student, "tiny", "key", tuple(said))


GOOD = (KEPT, "")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("offset 5, not -5", "offset 7, not 3"),
        ("seed 0: got [(1, 'n2'), (2, 'n1')]", "seed 12: got [(3, 'n7')]"),
        ("KeyError: 'n2'", "KeyError: 'n\\'3'"),
        ("1_000 is not 2.5e-3", "7 is not 1,000"),
    ],
)
def test_messages_that_differ_in_values_have_one_gist(first: str, second: str) -> None:
    assert plain(first) != plain(second)
    assert gist(first) == gist(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("the stamp is 5, not 4", "the delay is 5, not 4"),
        ("KeyError: 'a'", "IndexError: 'a'"),
        ("n1 died", "n2 died"),
    ],
)
def test_messages_that_differ_in_words_do_not(first: str, second: str) -> None:
    assert gist(first) != gist(second)


def test_addresses_and_white_space_never_count() -> None:
    assert plain("<Clock at 0x7f00ab>  is\n old") == plain("<Clock at 0x7f11cd> is old")


def test_the_same_mistake_is_told_once_with_all_who_made_it() -> None:
    class_ = [
        verdict("anna", ("wrong", "got 3"), GOOD),
        verdict("ben", ("wrong", "got 4"), GOOD),
        verdict("cleo", ("wrong", "got 3"), GOOD),
        verdict("dora", ("wrong", "got 3"), ("error", "KeyError: 'x'")),
        verdict("emil", GOOD, GOOD),
    ]

    first, second = mistakes(class_, ["sums"])

    assert first.students == ("anna", "ben", "cleo")
    assert first.alike == (("anna", "cleo"), ("ben",))
    assert (first.rules, first.messages) == (("sums-one",), ("got 3",))
    assert second.students == ("dora",)
    assert second.rules == RULES


def test_other_lines_and_other_endings_are_other_mistakes() -> None:
    class_ = [
        verdict("anna", ("wrong", "got 3"), GOOD),
        verdict("ben", ("wrong", "got 3"), GOOD, line=9),
        verdict("cleo", ("time", "got 3"), GOOD),
    ]

    assert [one.students for one in mistakes(class_, ["sums"])] == [("anna",), ("ben",), ("cleo",)]


def test_what_was_not_tried_or_could_not_be_read_is_no_mistake() -> None:
    unsolved = ("unsolved", "This exercise is not solved yet.")
    half = verdict("half", ("wrong", "got 3"), unsolved)
    class_ = [verdict("anna", unsolved, unsolved), half]
    class_.append(Verdict("ben", "tiny", "key", class_[1].questions, refused="The file is not a notebook."))

    (only,) = mistakes(class_, ["sums"])

    assert only.students == ("half",)
    assert only.rules == RULES
