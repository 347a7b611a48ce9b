"""How do we drive nbgrader's own steps over its course root?"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nbformat.warnings import DuplicateCellId
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning

from autograder.course import CourseError
from autograder.settings import COURSE_ID, load_config, write_config

warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")  # harmless, and not ours to mend
warnings.filterwarnings("ignore", category=DuplicateCellId)  # a copied cell: the repairs tell of it


@contextmanager
def gradebook(root: Path) -> Iterator[Any]:
    """nbgrader's gradebook of a course root, opened and closed."""
    _show_scripts()
    with Gradebook(f"sqlite:///{root.resolve() / 'gradebook.db'}", COURSE_ID) as book:
        yield book


def generate(root: Path, slug: str, source: str) -> str:
    """Runs nbgrader's ``generate_assignment``, which validates, saves and strips the notebook.

    Args:
        root: nbgrader's course root; made if missing.
        slug: assignment and notebook have this one name.
        source: text of the teacher's notebook.

    Returns:
        The text of the released notebook.

    Raises:
        CourseError: if nbgrader refuses it, or manual grades stand in the way.
    """
    write_config(root)
    path = root / "source" / slug / f"{slug}.ipynb"
    released = root / "release" / slug / f"{slug}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    _forget_outdated(root, slug, source)
    path.write_text(source, encoding="utf-8")
    _step(api(root).generate_assignment(slug, force=True), f"nbgrader refuses the exercise {slug}")
    return released.read_text(encoding="utf-8")


def autograde(root: Path, slug: str, student: str) -> None:
    """Runs nbgrader's ``autograde`` for one submission.

    Raises:
        CourseError: if nbgrader gave up; the text carries its last words.
    """
    _step(api(root).autograde(slug, student, force=True), f"nbgrader could not grade {student}")


def generate_feedback(root: Path, slug: str, student: str) -> None:
    """Runs nbgrader's ``generate_feedback`` for one submission."""
    _step(api(root).generate_feedback(slug, student, force=True), f"nbgrader wrote no feedback for {student}")


def forget(root: Path, slug: str, student: str) -> None:
    """Removes a submission and all that was made of it."""
    for step in ("submitted", "autograded", "feedback"):
        shutil.rmtree(root / step / student / slug, ignore_errors=True)
    with gradebook(root) as book, suppress(MissingEntry):
        book.remove_submission(slug, student)


def api(root: Path) -> Any:
    """nbgrader's programming interface with the settings of a course root."""
    _show_scripts()
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)  # its lines are in the results of each step
    config = load_config(root)
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def _show_scripts() -> None:
    """Puts this interpreter's scripts on the path: nbgrader calls `alembic` by name for a new gradebook."""
    scripts, path = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    if scripts not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([scripts, path])


def _step(result: dict[str, Any], complaint: str) -> None:
    if not result["success"]:
        lines = [line for line in result.get("error", "").splitlines() if line.strip()]
        causes = [line for line in result.get("log", "").splitlines() if "Error: " in line]
        raise CourseError(f"{complaint}: {(causes or lines or ['it did not say why'])[-1].strip()}")


def _forget_outdated(root: Path, slug: str, source: str) -> None:
    """Drops an assignment whose cells changed; nbgrader refuses to change one that has submissions."""
    ids = {
        cell["metadata"]["nbgrader"]["grade_id"]
        for cell in json.loads(source)["cells"]
        if "nbgrader" in cell["metadata"]
    }
    with gradebook(root) as book:
        try:
            notebook = book.find_notebook(slug, slug)
        except MissingEntry:
            return
        if {cell.name for cell in notebook.source_cells} == ids or not notebook.submissions:
            return
        if any(grade.manual_score is not None for done in notebook.submissions for grade in done.grades):
            raise CourseError(
                f"The cells of {slug} changed, but {root / 'gradebook.db'} holds grades given by hand. "
                "Export them, move that file away, and release again."
            )
        book.remove_assignment(slug)
