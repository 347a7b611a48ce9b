"""The unmodified `nbgrader autograde` gives the same scores with our engine as with its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.assignment import parse
from autograder.foreign import assignment_of
from autograder.notebooks import to_text
from autograder.release import source_notebook
from tests.autograder.engine.workbench import ANSWERS, CHAPTER, SLUG, SOURCE, notebook

ALONE = 'assert "left_behind" not in globals(), "another check has left something"\n'
SHARED = SOURCE.replace(ALONE, "")  # in nbgrader each check finds what those above it have left
CLASS = {
    "perfect": notebook(),
    "wrong": notebook(
        double="def double(number):\n    return number", numbers="def numbers(count): return []"
    ),
    "crash": notebook(server="class Server(Node):\n    pass", numbers="import sys\nsys.exit(1)"),
    "stub": json.loads(CHAPTER.released),
}
OURS = """
from autograder.settings import use_engine
use_engine(c)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that nbgrader itself made, with its own settings."""
    root = tmp_path_factory.mktemp("nbgrader") / "course"
    path = root / "source" / SLUG / f"{SLUG}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(to_text(source_notebook(parse(SHARED, Path(f"{SLUG}.py")))))
    (root / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "any"\n')
    nbgrader(root, "generate_assignment", SLUG)
    for student, made in CLASS.items():
        folder = root / "submitted" / student / SLUG
        folder.mkdir(parents=True)
        (folder / f"{SLUG}.ipynb").write_text(json.dumps(made))
    return root


def nbgrader(root: Path, *words: str) -> None:
    command = [sys.executable, "-m", "nbgrader", *words]
    scripts = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # it calls `alembic`
    environment = os.environ | {"PATH": scripts}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def scores(root: Path) -> dict[str, dict[str, float]]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "any") as book:
        return {
            one.student.id: {grade.name: grade.score for book_ in one.notebooks for grade in book_.grades}
            for one in book.assignment_submissions(SLUG)
        }


def test_the_plug_in_gives_the_scores_of_nbgrader_itself(root: Path, tmp_path: Path) -> None:
    ours = shutil.copytree(root, tmp_path / "ours")
    (ours / "nbgrader_config.py").write_text((root / "nbgrader_config.py").read_text() + OURS)

    nbgrader(root, "autograde", SLUG)
    nbgrader(ours, "autograde", SLUG)
    nbgrader(ours, "generate_feedback", SLUG)

    assert scores(ours) == scores(root)
    assert sum(scores(ours)["perfect"].values()) == 8
    assert sum(scores(ours)["stub"].values()) == 0
    page = (ours / "feedback" / "wrong" / SLUG / f"{SLUG}.html").read_text()
    assert "double(2) is 2, not 4" in page


def test_a_notebook_that_nbgrader_refuses_is_repaired_first(root: Path, tmp_path: Path) -> None:
    ours = shutil.copytree(root, tmp_path / "ours")
    (ours / "nbgrader_config.py").write_text((root / "nbgrader_config.py").read_text() + OURS)
    shutil.rmtree(ours / "submitted")
    torn = notebook()
    torn["cells"] = [cell for cell in torn["cells"] if "test" not in str(cell["metadata"])][::-1]
    torn["cells"].append(dict(torn["cells"][0]))
    (ours / "submitted" / "torn" / SLUG).mkdir(parents=True)
    (ours / "submitted" / "torn" / SLUG / f"{SLUG}.ipynb").write_text(json.dumps(torn))

    nbgrader(ours, "autograde", SLUG)

    assert sum(scores(ours)["torn"].values()) == 8


def test_a_source_notebook_reads_like_the_source_it_was_made_from() -> None:
    written = parse(SOURCE, Path(f"{SLUG}.py"))

    read = assignment_of(to_text(source_notebook(written)), Path(f"{SLUG}.ipynb"))

    assert read.exercises == written.exercises == tuple(ANSWERS)
    assert [(one.name, one.exercise, one.rule, one.points) for one in read.tests()] == [
        (one.name, one.exercise, one.rule, one.points) for one in written.tests()
    ]
    assert [one.hidden_lines for one in read.tests()] == [one.hidden_lines for one in written.tests()]
