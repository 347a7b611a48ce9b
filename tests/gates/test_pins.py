"""The environment is the same everywhere."""

import pytest

from .pins import pins_that_differ, pins_without_reason, places
from .tree import fail_on, write


def test_every_direct_dependency_is_pinned_and_has_a_reason(root):
    fail_on(pins_without_reason(root / "requirements.in"))


def test_requirements_are_compiled_from_the_direct_dependencies(root):
    fail_on(pins_that_differ(root / "requirements.in", root / "requirements.txt"))


@pytest.mark.parametrize("name", ["requirements.txt", "book/_frontend/package-lock.json"])
def test_lock_file_names_no_place(root, name):
    fail_on(places(root / name))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("sphinx==7.4.7", "sphinx==7.4.7 has no comment with its reason."),
        ("sphinx>=7  # builds the site", "sphinx>=7 is not pinned with ==."),
    ],
)
def test_gate_rejects_a_careless_dependency(tmp_path, line, sentence):
    write(tmp_path, {"requirements.in": f"# heading\n\n{line}\n-e .\n"})

    assert pins_without_reason(tmp_path / "requirements.in") == [f"requirements.in:3: {sentence}"]


@pytest.mark.parametrize("compiled", ["sphinx==7.4.6\n", "myst-nb==1.4.0\n"])
def test_gate_rejects_a_stale_compilation(tmp_path, compiled):
    write(tmp_path, {"requirements.in": "Sphinx==7.4.7  # site\n", "requirements.txt": compiled})

    problems = pins_that_differ(tmp_path / "requirements.in", tmp_path / "requirements.txt")

    assert len(problems) == 1
    assert "run `make lock`" in problems[0]


@pytest.mark.parametrize(
    "line",
    [
        "-e file:///somewhere",
        "--index-url simple",
        "# via -r /somewhere/requirements.in",
        '"resolved": "https://example.org/a"',
    ],
)
def test_gate_rejects_a_place(tmp_path, line):
    write(tmp_path, {"lock.txt": f"sphinx==7.4.7\n{line}\n"})

    assert places(tmp_path / "lock.txt") == [f"lock.txt:2: {line} names a place."]
