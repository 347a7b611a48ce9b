"""Every mistake of an author is one sentence with file and line, and nothing is written."""

from pathlib import Path

import pytest

from autograder.assignment import parse
from autograder.course import AuthorError, Course, CourseError
from autograder.release import release
from tests.autograder.tiny import FIXTURES, SLUG

SOURCE = (FIXTURES / "solutions" / "demo" / f"{SLUG}.py").read_text()

# old text, new text, text of the line that the message names, words of the message
MISTAKES = {
    "unknown key": ('locked="setup"', 'lokced="setup"', "# %% lokced", "unknown key `lokced`"),
    "title instead of key": ('locked="setup"', "setup", "# %% setup", "unknown key `title`"),
    "two kinds": ('solution="double"', 'solution="double" locked="x"', "# %% solution", "not both"),
    "points outside a test": (
        'solution="double"',
        'solution="double" points=2',
        '# %% solution="double" points',
        "`points=` belongs to a test cell",
    ),
    "options on markdown": (
        "# %% [markdown]\n# **Double",
        '# %% [markdown] locked="a"\n# **Double',
        '# %% [markdown] locked="a"',
        "markdown cell takes no option",
    ),
    "duplicate rule": (
        'rule="Infinity stays"',
        'rule="Twice two is FOUR"',
        '# %% test="double" rule="Twice two is FOUR"',
        "tested twice",
    ),
    "duplicate name": ('solution="total"', 'solution="double"', 'the second "double"', "is used twice"),
    "points missing": (" points=2", "", '# %% test="double" rule="Infinity', "needs points"),
    "points zero": ("points=2", "points=0", '# %% test="double" rule="Infinity', "needs points"),
    "points in words": ("points=2", 'points="two"', '# %% test="double" rule="Infinity', "needs points"),
    "rule missing": ('rule="Infinity stays" ', "", '# %% test="double" points=2', "names no rule"),
    "hint empty": ("points=2", 'points=2 hint=" "', '# %% test="double" rule="Infinity', "hint of the test"),
    "hint outside a test": (
        'solution="double"',
        'solution="double" hint="Add."',
        '# %% solution="double" hint',
        "`hint=` belongs to a test cell",
    ),
    "bad name": ('locked="setup"', 'locked="set up"', "# %% locked", "letters, digits and underscores"),
    "solution without region": (
        "    ### BEGIN SOLUTION\n    return number + number\n    ### END SOLUTION\n",
        "    return number + number\n",
        '# %% solution="double"',
        "needs `### BEGIN SOLUTION`",
    ),
    "solution not closed": (
        '    ### END SOLUTION\n\n\n# %% test="double" rule="Twice',
        '\n\n# %% test="double" rule="Twice',
        "### BEGIN SOLUTION",
        "SOLUTION is not closed",
    ),
    "hidden region not closed": (
        '-6"\n### END HIDDEN TESTS',
        '-6"',
        "### BEGIN HIDDEN TESTS",
        "HIDDEN TESTS is not closed",
    ),
    "hidden region never begun": (
        "### BEGIN HIDDEN TESTS\ngot = double(-3)",
        "got = double(-3)",
        "### END HIDDEN TESTS",
        "was never begun",
    ),
    "hidden tests in a locked cell": (
        "from math import inf",
        "### BEGIN HIDDEN TESTS\nfrom math import inf\n### END HIDDEN TESTS",
        "### BEGIN HIDDEN TESTS",
        "belongs in a cell with `test=`",
    ),
    "unknown exercise": (
        'test="double" rule="Infinity stays"',
        'test="treble" rule="Infinity stays"',
        '# %% test="treble"',
        "names the exercise `treble`",
    ),
    "no assert": (
        'assert got == inf, f"double(inf) is {got}, not inf"',
        "print(got)",
        '# %% test="double" rule="Infinity',
        "no assert",
    ),
    "hidden asserts only": (
        'assert got == inf, f"double(inf) is {got}, not inf"',
        '### BEGIN HIDDEN TESTS\nassert got == inf, "no"\n### END HIDDEN TESTS',
        '# %% test="double" rule="Infinity',
        "only hidden asserts",
    ),
    "exercise without test": (
        'test="total" rule="The sum counts every number"',
        'test="double" rule="The sum counts every number"',
        '# %% solution="total"',
        "`total` has no test cell",
    ),
    "syntax error": ("from math import inf", "from math import", "from math import", "is not Python"),
    "no title": ("#   title: Tiny sums\n", "", "# ---", "needs `course:`"),
    "text outside a cell": (
        "# %% [markdown]\n# # Tiny sums",
        "import math\n# %% [markdown]\n# # Tiny sums",
        "# %% [markdown]",
        "outside a cell",
    ),
}


def line_of(text: str, marker: str) -> int:
    if marker == 'the second "double"':
        return text[: text.rindex('# %% solution="double"')].count("\n") + 1
    return text[: text.index(marker)].count("\n") + 1


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda name: name.replace(" ", "_"))
def test_a_mistake_is_one_sentence_with_file_and_line(mistake: str) -> None:
    old, new, marker, words = MISTAKES[mistake]
    assert SOURCE.count(old) == 1
    text = SOURCE.replace(old, new)

    with pytest.raises(AuthorError) as caught:
        parse(text, Path("solutions/demo/tiny_sums.py"))

    said = str(caught.value)
    assert said.startswith(f"solutions/demo/tiny_sums.py:{line_of(text, marker)}: ")
    assert words in said
    assert "\n" not in said


def test_the_fixture_itself_has_no_mistake() -> None:
    assignment = parse(SOURCE, Path("tiny_sums.py"))

    assert assignment.exercises == ("double", "total")
    assert (assignment.points("double"), assignment.points("total")) == (3, 3)
    assert (assignment.title, assignment.minutes) == ("Tiny sums", 5)


def test_a_mistake_in_one_chapter_leaves_every_product_as_it_was(course: Course) -> None:
    good, bad = course.solution(SLUG), course.root / "solutions" / "demo" / "wrong_sums.py"
    good.write_text(SOURCE.replace("small enough", "tiny enough"))
    bad.write_text(SOURCE.replace("points=2", "points=0"))
    before = course.exercise(SLUG).read_text()

    with pytest.raises(AuthorError):
        release(course, [])

    assert course.exercise(SLUG).read_text() == before
    assert not course.exercise("wrong_sums").exists()


def test_an_unknown_chapter_is_named(course: Course) -> None:
    with pytest.raises(CourseError, match=r"no file solutions/<part>/sums\.py"):
        release(course, ["sums"])
