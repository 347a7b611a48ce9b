"""How do we drive nbgrader's own steps over its course root?"""

from __future__ import annotations

import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.warnings import DuplicateCellId
from nbgrader import preprocessors
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.course import CourseError
from autograder.notebooks import parse_notebook, to_text
from autograder.records import cells
from autograder.records.database import transaction
from autograder.settings import COURSE_ID, configure, gradebook_url, load_config, write_config

warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")  # harmless, and not ours to mend
warnings.filterwarnings("ignore", category=DuplicateCellId)  # a copied cell: the repairs tell of it

_SAVE = ("LockCells", "ClearSolutions", "ClearOutput", "ComputeChecksums")
_STRIP = ("ClearHiddenTests", "ClearMarkScheme", "ComputeChecksums", "CheckCellMetadata")
# What `nbgrader generate_assignment` does, one after the other; SaveCells stands between the two.


@contextmanager
def gradebook(root: Path) -> Iterator[Any]:
    """nbgrader's gradebook of a course root, opened and closed."""
    with transaction(root):
        pass  # nbgrader would need a second to make a new one
    with Gradebook(gradebook_url(root), COURSE_ID) as book:
        yield book


def generate(root: Path, slug: str, source: str) -> str:
    """Makes the students' notebook as nbgrader's ``generate_assignment`` does, and records its cells.

    Args:
        root: nbgrader's course root; made if missing.
        slug: assignment and notebook have this one name.
        source: text of the teacher's notebook.

    Returns:
        The text of the released notebook.

    Raises:
        CourseError: if nbgrader refuses it, or grades given by hand stand in the way.
    """
    write_config(root)
    try:
        kept = saved(parse_notebook(source))
        text = to_text(_through(_STRIP, deepcopy(kept)))
    except Exception as error:  # nbgrader's steps fail in many ways
        raise CourseError(f"nbgrader refuses the exercise {slug}: {_last_line(str(error))}") from error
    with transaction(root) as connection:
        cells.record(connection, slug, kept)
    for step, content in (("source", source), ("release", text)):
        path = root / step / slug / f"{slug}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return text


def saved(source: NotebookNode) -> NotebookNode:
    """A teacher's notebook as nbgrader's gradebook keeps it; changed in place."""
    return _through(_SAVE, source)


def _through(steps: tuple[str, ...], notebook: NotebookNode) -> NotebookNode:
    config = Config()
    configure(config)
    for step in steps:
        notebook, _ = getattr(preprocessors, step)(config=config).preprocess(notebook, {})
    return notebook


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
    with transaction(root) as connection:
        cells.forget(connection, slug, student)


def api(root: Path) -> Any:
    """nbgrader's programming interface with the settings of a course root."""
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)  # its lines are in the results of each step
    with transaction(root):
        pass
    config = load_config(root)
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def _step(result: dict[str, Any], complaint: str) -> None:
    if not result["success"]:
        lines = [line for line in result.get("error", "").splitlines() if line.strip()]
        causes = [line for line in result.get("log", "").splitlines() if "Error: " in line]
        raise CourseError(f"{complaint}: {(causes or lines or ['it did not say why'])[-1].strip()}")


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it did not say why")
