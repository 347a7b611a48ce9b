"""How far grading is, and how long it will take."""

import io
from collections.abc import Iterator

import pytest

from autograder.engine.progress import Pace, progress, spoken


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def answers(clock: Clock, *seconds: float) -> Iterator[float]:
    """Verdicts that take so long each."""
    for one in seconds:
        clock.now += one
        yield one


def test_everything_is_passed_on_in_its_order() -> None:
    clock, nowhere = Clock(), io.StringIO()

    assert list(progress(answers(clock, 1, 2, 3), 3, [].append, terminal=nowhere, clock=clock)) == [1, 2, 3]


def test_where_there_is_no_terminal_a_line_comes_now_and_then() -> None:
    clock, told = Clock(), []

    list(progress(answers(clock, *[0.5] * 100), 100, told.append, terminal=io.StringIO(), clock=clock))

    assert told == [
        "20 of 100 submissions judged, about 40 s left",
        "40 of 100 submissions judged, about 30 s left",
        "60 of 100 submissions judged, about 20 s left",
        "80 of 100 submissions judged, about 10 s left",
        "100 submissions judged in 50 s",
    ]


def test_on_a_terminal_there_is_a_bar_that_goes_in_the_end() -> None:
    clock, told, terminal = Clock(), [], Terminal()

    list(progress(answers(clock, 30, 30, 30, 30), 4, told.append, terminal=terminal, clock=clock))

    assert terminal.getvalue().split("\r\x1b[K") == [
        "",
        "░░░░░░░░░░░░░░░░░░░░░░░░ 0 of 4 submissions judged",
        "██████░░░░░░░░░░░░░░░░░░ 1 of 4 submissions judged, about 1 min 30 s left",
        "████████████░░░░░░░░░░░░ 2 of 4 submissions judged, about 1 min 0 s left",
        "██████████████████░░░░░░ 3 of 4 submissions judged, about 30 s left",
        "",
    ]
    assert told == ["4 submissions judged in 2 min 0 s"]


def test_one_submission_needs_no_estimate() -> None:
    clock, told = Clock(), []

    list(progress(answers(clock, 25), 1, told.append, terminal=io.StringIO(), clock=clock))

    assert told == ["1 submission judged in 25 s"]


def test_where_nothing_is_to_be_done_nothing_is_said() -> None:
    told: list[str] = []
    terminal = Terminal()

    assert list(progress(iter(()), 0, told.append, terminal=terminal)) == []
    assert (told, terminal.getvalue()) == ([], "")


def test_a_bar_goes_even_if_grading_is_stopped() -> None:
    clock, terminal = Clock(), Terminal()
    verdicts = progress(answers(clock, 1, 1, 1), 3, [].append, terminal=terminal, clock=clock)
    next(verdicts)
    verdicts.close()

    assert terminal.getvalue().endswith("\r\x1b[K")


def test_ten_thousand_are_estimated_by_how_fast_it_goes_now() -> None:
    pace = Pace(10_000, 0.0)
    for number in range(4000):  # a slow machine first
        pace.add(number + 1.0)
    for number in range(2000):  # then ten times as fast
        pace.add(4000 + (number + 1) / 10)

    assert pace.left(4200.0) == pytest.approx(400)


def test_answers_in_batches_do_not_shake_the_estimate() -> None:
    pace = Pace(1000, 0.0)
    for batch in range(6):
        for _ in range(50):
            pace.add(10.0 * (batch + 1))

    assert [pace.left(60.0 + wait) for wait in (0, 5, 10)] == pytest.approx([140, 175, 210])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (59.4, "59 s"), (61, "1 min 1 s"), (599, "9 min 59 s"), (700, "12 min"), (7200, "2.0 h")],
)
def test_times_are_told_as_people_say_them(seconds: float, words: str) -> None:
    assert spoken(seconds) == words
