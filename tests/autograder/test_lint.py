"""Mistakes of an author are found before students find them, and nothing that is right is blamed."""

from pathlib import Path

import pytest

from autograder.__main__ import main
from autograder.assignment import parse
from autograder.course import Course
from autograder.lint import Finding, lint, lint_source
from autograder.release import release
from tests.autograder.tiny import FIXTURES, SLUG

SOURCE = (FIXTURES / "solutions" / "demo" / f"{SLUG}.py").read_text()
CHAPTERS = sorted(Path(__file__).parents[2].glob("solutions/*/*.py"))
PATH = Path("solutions/demo/tiny_sums.py")

HEAD = """# ---
# course:
#   title: One
#   minutes: 5
# ---

# %% locked="setup"
import datetime
import random
import time
from random import choice

# %% solution="total"
def total(numbers):
    ### BEGIN SOLUTION
    return sum(numbers)
    ### END SOLUTION


class Bag:
    ### BEGIN SOLUTION
    def __init__(self, items):
        self.items = items

    def count(self):
        return len(self.items)
    ### END SOLUTION


# %% test="total" rule="It adds" points=1
"""
FIRST = HEAD.count("\n") + 1  # line of the file on which the test begins


def found(test: str) -> list[tuple[int, bool, str]]:
    """What is said of a test cell: line in the cell, whether it is an error, the sentence."""
    findings = lint_source(parse(HEAD + test, PATH))
    return [(finding.line - FIRST + 1, finding.error, finding.sentence) for finding in findings]


# --- each mistake, with the line it stands on

ERRORS = {
    "no message": ("got = total([1])\nassert got == 1\n", 2, "The assertion has no message"),
    "always true": ('got = total([1])\nassert (got == 1, "no")\n', 2, "This assertion can never fail"),
    "nothing of the student": ('got = 3\nassert got == 3, "no"\n', 0, "uses nothing that a student writes"),
    "in the student's process": (
        '### GRADE IN-PROCESS\nassert total([1]) == 1, "no"\n',
        1,
        "remove the marker `### GRADE IN-PROCESS`",
    ),
    "equal objects": ('bag = Bag([1])\nassert bag == Bag([1]), "no"\n', 2, "its own code decides"),
    "equal to a new object": ('assert [1] == Bag([1]), "no"\n', 1, "its own code decides"),
    "object in a list": ('bag = Bag([1])\nassert bag in [1], "no"\n', 2, "its own code decides"),
    "truth of an object": ('bag = Bag([1])\nassert not bag, "no"\n', 2, "its own code decides"),
}

WARNINGS = {
    "expected from the argument": (
        'numbers = [1, 2]\ngot = total(numbers)\nassert got == sum(numbers), "no"\n',
        3,
        "comes from `numbers` after the student's code had it",
    ),
    "expected in the same line": (
        'numbers = [1, 2]\nassert total(numbers) == sum(numbers), "no"\n',
        2,
        "comes from `numbers`",
    ),
    "expected one step later": (
        'numbers = list(range(3))\ngot = total(numbers)\nwant = sum(numbers)\nassert got == want, "no"\n',
        4,
        "comes from `numbers`",
    ),
    "expected in a loop": (
        'for numbers in ([1, 2], [3]):\n    got = total(numbers)\n    assert got == sum(numbers), "no"\n',
        3,
        "comes from `numbers`",
    ),
    "kept by an object": (
        'items = [1, 2]\nbag = Bag(items)\nassert bag.count() == len(items), "no"\n',
        3,
        "comes from `items`",
    ),
    "expected in a function": (
        "def f():\n    given = {1: 2}\n    got = total(given)\n    assert got == len(given), 'no'\n\nf()\n",
        4,
        "comes from `given`",
    ),
    "chance": ('n = random.random()\nassert total([n]) == n, "no"\n', 1, "`random.random` gives each run"),
    "chance by another name": ('n = choice([1])\nassert total([n]) == n, "no"\n', 1, "`random.choice` gives"),
    "chance without a seed": (
        'n = random.Random()\nassert total([1]) == 1, "no"\n',
        1,
        "`random.Random` gives",
    ),
    "clock": ('began = time.time()\nassert total([1]) == 1, "no"\n', 1, "`time.time` asks the clock"),
    "today": ('day = datetime.datetime.now()\nassert total([1]) == 1, "no"\n', 1, "asks the clock"),
    "hash": ('assert total([hash("a")]) == 3, "no"\n', 1, "`hash()` differs from process to process"),
    "set in a message": ('got = {total([1])}\nassert got == {1}, f"not {got}"\n', 2, "A set is gone through"),
    "set as a list": ('assert total(list({1, 2})) == 3, "no"\n', 1, "A set is gone through"),
    "set in a loop": ('for n in {1, 2}:\n    assert total([n]) == n, f"{n}"\n', 1, "A set is gone through"),
    "another exercise": (
        'assert total([1]) == 1, "no"\n\n'
        '# %% solution="more"\ndef more():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n\n'
        '# %% test="more" rule="More" points=1\nassert total([2]) == 2, "no"\n',
        9,
        "The test belongs to `more` and uses nothing of it",
    ),
}


@pytest.mark.filterwarnings("ignore:assertion is always true:SyntaxWarning")
@pytest.mark.parametrize("mistake", ERRORS, ids=lambda name: name.replace(" ", "_"))
def test_an_error_has_the_line_of_the_file_and_one_sentence(mistake: str) -> None:
    test, line, words = ERRORS[mistake]

    ((where, error, said),) = found(test)

    assert (where, error) == (line, True)
    assert words in said


@pytest.mark.parametrize("mistake", WARNINGS, ids=lambda name: name.replace(" ", "_"))
def test_what_deserves_a_look_is_a_warning(mistake: str) -> None:
    test, line, words = WARNINGS[mistake]

    ((where, error, said),) = found(test)

    assert (where, error) == (line, False)
    assert words in said


def test_a_name_that_another_test_made_is_an_error() -> None:
    second = '\n# %% test="total" rule="Again" points=1\nassert total([got]) == 1, "no"\n'

    assert found(f'got = total([1])\nassert got == 1, "no"\n{second}') == [
        (
            4,
            True,
            "The test uses `got`, which only the run of another test makes; each test is asked alone, "
            "so make it here, or give it a name in capitals.",
        )
    ]


# --- what is right


RIGHT = {
    "a copy is passed": "numbers = [1]\ngot = total(list(numbers))\nassert got == sum(numbers), 'no'\n",
    "expected before the call": "numbers = [1]\nwant = sum(numbers)\nassert total(numbers) == want, 'no'\n",
    "the argument is looked at": "numbers = [1]\ntotal(numbers)\nassert numbers == [1], 'it was changed'\n",
    "compared with a copy": "numbers = [1]\nold = numbers[:]\ntotal(numbers)\nassert numbers == old, 'no'\n",
    "bound anew": "numbers = [1]\ngot = total(numbers)\nnumbers = [1]\nassert got == sum(numbers), 'no'\n",
    "unchangeable": "numbers = (1, 2)\ngot = total(numbers)\nassert got == sum(numbers), 'no'\n",
    "only told": "numbers = [1]\ngot = total(numbers)\nassert got == 1, f'{numbers} gives {got}'\n",
    "seeded chance": "n = random.Random(7).random()\nassert total([n]) == n, 'no'\n",
    "sorted set": "got = {total([1]), 2}\nassert sorted(got) == [1, 2], f'{sorted(got)}'\n",
    "sum over a set": "assert total([1]) == sum(n for n in {1}), 'no'\n",
    "identity": "bag = Bag([1])\nassert bag is not None and bag.items == [1], 'no'\n",
    "a name within a function": (
        "def other(got):\n    return got\n\n\nassert total([1]) == other(1), 'no'\n"
        '# %% test="total" rule="Again" points=1\nassert [total([n]) for n in (1,)] == [1], "no"\n'
        '# %% test="total" rule="And again" points=1\n'
        'def third(n):\n    return n\n\n\nassert total([third(1)]) == 1, "no"\n'
    ),
}


@pytest.mark.parametrize("case", RIGHT, ids=lambda name: name.replace(" ", "_"))
def test_what_is_right_is_not_blamed(case: str) -> None:
    assert found(RIGHT[case]) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_exercises_of_the_course_have_nothing_to_mend(path: Path) -> None:
    assert lint_source(parse(path.read_text(), path)) == []


# --- the command


def test_a_sound_chapter_is_told_in_a_line(released_course: Course, capsys) -> None:
    assert main(["lint", SLUG], released_course) == 0
    assert capsys.readouterr().out == "No mistake shows in the exercises.\n"


def test_reference_and_stub_are_run(course: Course) -> None:
    path = course.solution(SLUG)
    text = SOURCE.replace("result_of_adding += number", "result_of_adding = number")
    text = text.replace("got = double(inf)\n", "got = inf\nif number := 0: double(number)\n")
    path.write_text(text)

    failed, passed = lint(course, [SLUG])
    assert failed.error and passed.error
    assert text.splitlines()[failed.line - 1].startswith("assert got == 6")
    assert failed.sentence.endswith("below full marks: AssertionError: total([1, 2, 3]) is 3, not 6")
    assert text.splitlines()[passed.line - 1].startswith('# %% test="double" rule="Infinity')
    assert passed.sentence == "The stub passes this test; doing nothing earns its points."


def test_a_slow_test_is_a_warning(course: Course, monkeypatch) -> None:
    monkeypatch.setattr("autograder.lint.SLOW_S", 0.05)
    path = course.solution(SLUG)
    path.write_text(SOURCE.replace("got = double(inf)\n", "sum(range(10**7))\ngot = double(inf)\n"))

    (finding,) = lint(course, [SLUG])

    assert (finding.line, finding.error) == (34, False)
    assert "s on the reference; 0.05 s are the most that a student should wait" in finding.sentence


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("points=2", "points=0", 34, "needs points, a whole number from 1"),
        ('rule="Infinity stays"', 'rule="Twice two is four"', 34, "is tested twice"),
    ],
)
def test_a_source_that_cannot_be_read_is_one_finding(
    old: str, new: str, line: int, words: str, course: Course, capsys
) -> None:
    course.solution(SLUG).write_text(SOURCE.replace(old, new))

    assert main(["lint"], course) == 1

    (said,) = capsys.readouterr().out.splitlines()
    assert said.startswith(f"{course.solution(SLUG)}:{line}: ")
    assert words in said


def test_an_error_stops_the_release_and_a_warning_does_not(course: Course, capsys) -> None:
    path = course.solution(SLUG)
    before = course.exercise(SLUG).read_text()
    path.write_text(SOURCE.replace(', f"double(inf) is {got}, not inf"', ""))

    assert main(["release"], course) == 1
    assert f"{path}:36: The assertion has no message" in capsys.readouterr().err
    assert course.exercise(SLUG).read_text() == before

    path.write_text(SOURCE.replace("got = double(inf)", "import time\ntime.time()\ngot = double(inf)"))
    assert release(course, []) == [course.exercise(SLUG)]


def test_a_warning_says_that_it_is_one() -> None:
    assert str(Finding(PATH, 3, "Look here.", error=False)) == f"{PATH}:3: warning: Look here."
