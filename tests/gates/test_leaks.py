"""Nothing that students or readers get shows a solution or a hidden test."""

import html
import json
import zipfile

import pytest

from .leaks import foreign_members, leaked, secrets, unguarded
from .tree import fail_on, write

ANSWER = 'self.clock = max(self.clock, stamp["time"]) + 1'
HIDDEN = "assert clock.receive(41) == 42, 'too early'"
SOURCE = f"""# %% solution="lamport_clock"
class LamportClock:
    def receive(self, stamp):
        ### BEGIN SOLUTION
        {ANSWER}
        return self.clock
        ### END SOLUTION

# %% test="lamport_clock"
clock = LamportClock()
### BEGIN HIDDEN TESTS
clock = LamportClock()
{HIDDEN}
### END HIDDEN TESTS
"""


@pytest.fixture(scope="module")
def known(root):
    return secrets(root)


def test_every_exercise_source_has_a_telling_line(root, known):
    fail_on(unguarded(root, known.values()))


def test_exercises_show_no_secret(root, known):
    fail_on(leaked(root / "exercises", known))


def test_site_shows_no_secret(product, known):
    fail_on(leaked(product("_build/html/index.html", "book").parent, known))


def test_student_bundle_shows_no_secret(product, known):
    bundle = product("_build/student.zip", "bundle")

    fail_on(leaked(bundle, known) + foreign_members(bundle))


@pytest.fixture
def course(tmp_path):
    return write(tmp_path / "course", {"solutions/coordination/clocks.py": SOURCE})


@pytest.mark.parametrize("secret", [ANSWER, HIDDEN, "### BEGIN HIDDEN TESTS"])
@pytest.mark.parametrize(
    "disguise",
    [
        lambda line: line,
        lambda line: json.dumps({"source": ["x = 1\n", f"        {line}\n"]}),
        lambda line: html.escape(line).replace(" ", '</span> <span class="p">'),
        lambda line: f"render({json.dumps(json.dumps(line))})",
    ],
    ids=["text", "notebook", "page", "script"],
)
def test_gate_rejects_a_leak(course, tmp_path, secret, disguise):
    product = write(tmp_path, {"product/deep/file": disguise(secret)}) / "product"

    problems = leaked(product, secrets(course))

    assert len(problems) >= 1
    assert problems[0].startswith("file shows")


def test_gate_looks_into_archives(course, tmp_path):
    bundle = tmp_path / "student.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("exercises/clocks.ipynb", json.dumps([ANSWER]))
        archive.writestr("course/solutions/clocks.py", "")

    problems = leaked(bundle, secrets(course)) + foreign_members(bundle)

    assert problems == [
        "student.zip/exercises/clocks.ipynb shows the secret solutions/coordination/clocks.py:5.",
        "student.zip holds course/solutions/clocks.py, which belongs to the teacher.",
    ]


def test_gate_counts_another_right_answer_as_a_secret(course, tmp_path):
    other = "self.clock = sorted([self.clock, stamp])[-1] + 1"
    right = f"[[right]]\nname = 'sorted'\ncode = '{other}'\n"
    write(course, {"autograder/mutants/clocks.toml": right})
    write(tmp_path, {"page.md": f"Try `{other}`."})

    problems = leaked(tmp_path / "page.md", secrets(course))

    assert problems == ["page.md shows the secret autograder/mutants/clocks.toml: sorted."]


@pytest.mark.parametrize(
    "public", ["distsys/coordination/clocks.py", "book/clocks.md", "solutions/coordination/other.py"]
)
def test_gate_lets_a_public_line_pass(course, public):
    write(course, {public: f"    {ANSWER}\n"})

    assert not leaked(course / public, secrets(course))


def test_gate_names_a_source_whose_leaks_it_could_not_see(course):
    write(course, {"solutions/coordination/short.py": "### BEGIN SOLUTION\nreturn 1\n### END SOLUTION\n"})

    problems = unguarded(course, secrets(course).values())

    assert problems == ["solutions/coordination/short.py has no telling line, so its leaks hide."]


@pytest.mark.parametrize(
    ("library", "other"),
    [("python_stdlib.zip", "other.zip"), ("jedi-1-py3-none-any.whl", "distsys-1-py3-none-any.whl")],
)
def test_the_libraries_of_others_keep_no_secret(course, tmp_path, library, other):
    for name in (library, other):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("statistics.py", ANSWER)

    assert leaked(tmp_path / library, secrets(course)) == []
    assert len(leaked(tmp_path / other, secrets(course))) == 1
