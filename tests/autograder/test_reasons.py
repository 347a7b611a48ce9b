"""A lost point has a reason that a person understands."""

import pytest

from autograder.engine.submitted import Refused, read
from autograder.engine.verdict import KEPT, OUTCOMES, Verdict
from autograder.reasons import UNSEEN, WORDS, joined, message, seen, summary
from tests.autograder.feedback.workbench import INFINITY, SECRET, SUM, TWICE, failed, on_tiny, tiny


def test_colours_and_long_messages_are_cut() -> None:
    assert message("ValueError", "\x1b[31mred\x1b[0m") == "ValueError: red"
    assert len(message("ValueError", "x" * 5000)) < 300
    assert message("AssertionError", "") == "a check failed without a message"


def test_equal_reasons_are_told_once_and_after_the_repairs() -> None:
    line = joined({"a": "not solved yet", "b": "not solved yet", "c": "other"}, ["A cell was put back."])

    assert line == "A cell was put back. a, b: not solved yet; c: other"


# --- from a verdict


def line(*found, **more) -> str:
    return summary(on_tiny(*found, **more), tiny())


def for_student(*found) -> str:
    return summary(on_tiny(*found), tiny(), for_student=True)


def test_full_marks_leave_nothing_to_say() -> None:
    assert line() == ""


@pytest.mark.parametrize(
    ("outcome", "said", "words"),
    [
        ("wrong", "it is 5, not 4", "double: Twice two is four: it is 5, not 4"),
        ("error", "TypeError: no", "double: Twice two is four: TypeError: no"),
        ("unsolved", "not solved yet", "double: not solved yet"),
        ("unsolved", "it uses an exercise that is not solved yet", "double: it uses an exercise that"),
        (
            "broken",
            "the solution cell does not run: SyntaxError: x",
            "double: the solution cell does not run: Syn",
        ),
        (
            "crash",
            "this cell ended the Python process",
            "double: Twice two is four: this cell ended the Python",
        ),
        ("time", "ran longer than 10 s: an endless loop?", "double: Twice two is four: ran longer than 10 s"),
    ],
)
def test_the_first_rule_that_failed_is_the_reason(outcome: str, said: str, words: str) -> None:
    assert line(failed(TWICE, outcome, said), failed(INFINITY, "wrong", "later")).startswith(words)


def test_equal_reasons_of_several_exercises_are_told_once() -> None:
    unsolved = [failed(name, "unsolved", "not solved yet") for name in (TWICE, INFINITY, SUM)]

    assert line(*unsolved) == "double, total: not solved yet"


def test_repairs_come_first() -> None:
    assert line(failed(SUM, message="m"), repairs=("Back.",)) == "Back. total: The sum counts every number: m"


def test_a_question_that_ended_differently_when_asked_again_is_marked_for_the_teacher_alone() -> None:
    flaky = failed(TWICE, message="m", flaky=True)

    assert line(flaky).endswith("m (asked once more, it ended differently)")
    assert for_student(flaky).endswith(": m")


@pytest.mark.parametrize("outcome", [outcome for outcome in OUTCOMES if outcome != KEPT])
def test_the_teacher_reads_a_hidden_message_and_the_student_does_not(outcome: str) -> None:
    hidden = failed(TWICE, outcome, SECRET, hidden=True)

    assert SECRET in line(hidden)
    assert "CANARY" not in for_student(hidden)
    assert for_student(hidden)


def test_a_student_reads_of_the_first_failure_that_may_be_seen() -> None:
    told = for_student(failed(TWICE, message=SECRET, hidden=True), failed(INFINITY, message="it is 0"))

    assert told == "double: Infinity stays: it is 0"


def test_every_outcome_has_words() -> None:
    assert set(WORDS) == set(OUTCOMES) - {KEPT}
    assert seen(failed(TWICE, "memory", "")) == WORDS["memory"]
    assert seen(failed(TWICE, "wrong", SECRET, hidden=True)) == UNSEEN


def test_refused_files_and_failures_of_grading_are_told() -> None:
    assert summary(Verdict("a", "s", "", refused="The file is empty."), tiny()) == "The file is empty."
    assert summary(Verdict("a", "s", "", failed="no sandbox"), tiny()) == "Not graded: no sandbox"


# --- files that no notebook program writes: cells, or one sentence

CELL = '{"cell_type": "code", "source": "x = 1", "metadata": {}}'


@pytest.mark.parametrize(
    "text",
    [
        f'{{"nbformat": 4, "cells": [{CELL}]}}',
        f'\ufeff{{"nbformat": 4, "cells": [{CELL}]}}',
        f'{{"nbformat": 4, "cells": [], "cells": [{CELL}]}}',
        f'{{"nbformat": 4, "metadata": {{"n": NaN}}, "cells": [{CELL}]}}',
        '{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}]}',
        f'{{"nbformat": "4", "metadata": 7, "cells": [{CELL[:-3]}[]}}]}}',
    ],
    ids=["plain", "bom", "twice", "nan", "version 3", "types"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_awkward_file_is_read(text: str, encoding: str) -> None:
    if encoding == "utf-16" and text.startswith("\ufeff"):
        text = text[1:]  # the encoding has a mark of its own

    assert [cell.source for cell in read(text.encode(encoding))] == ["x = 1"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff", b"null", b"7", b"[]", b'"x"', b"{}", b"[" * 200_000, b'{"cells": 1}', b'{"cells": [',
        b'{"cells": [' + b'{"a":' * 100_000, b'{"nbformat": 4, "n": ' + b"9" * 10_000 + b"}", b"\xff\xfe\x00",
    ],
)  # fmt: skip
def test_a_hopeless_file_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read(content)

    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)
