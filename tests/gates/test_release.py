"""The notebooks students get are what their sources make of them."""

import pytest

from autograder.assignment import read
from autograder.course import Course
from autograder.release import released_text

from .tree import fail_on, write


def stale_notebooks(course: Course, made: dict[str, str]) -> list[str]:
    """Released notebooks that `make release` would write, change or remove.

    Args:
        course: the tree with the committed notebooks.
        made: the notebook that the source of each chapter makes today.
    """
    stale = "{} is not what its source makes: run `make release` and commit it."
    orphan = "{} has no source: run `make release` and commit that it is gone."
    kept = {path.stem: path.read_text("utf-8") for path in course.root.glob("exercises/*/*.ipynb")}
    changed = [stale.format(slug) for slug, text in made.items() if kept.get(slug) != text]
    return changed + [orphan.format(slug) for slug in sorted(kept.keys() - made.keys())]


def test_regenerating_the_exercises_changes_nothing(root, tmp_path):
    course = Course(root)
    made = {slug: released_text(tmp_path, read(course.solution(slug))) for slug in course.slugs()}

    assert made
    fail_on(stale_notebooks(course, made))


@pytest.mark.parametrize(
    ("kept", "sentence"),
    [
        ({"clocks": "{ }"}, "clocks is not what its source makes"),
        ({"clocks": "{}\n"}, "clocks is not what its source makes"),
        ({}, "clocks is not what its source makes"),
        ({"clocks": "{}", "gone": "{}"}, "gone has no source"),
    ],
    ids=["changed", "one blank line more", "missing", "left behind"],
)
def test_gate_rejects(tmp_path, kept, sentence):
    write(tmp_path, {f"exercises/{slug}/{slug}.ipynb": text for slug, text in kept.items()})

    problems = stale_notebooks(Course(tmp_path), {"clocks": "{}"})

    assert len(problems) == 1
    assert sentence in problems[0]


def test_gate_accepts_what_the_sources_make(tmp_path):
    write(tmp_path, {"exercises/clocks/clocks.ipynb": "{}"})

    assert not stale_notebooks(Course(tmp_path), {"clocks": "{}"})
