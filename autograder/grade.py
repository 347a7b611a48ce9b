"""What does each submission earn, and why?"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import distsys
from autograder import nbgrader_course
from autograder.assignment import Assignment
from autograder.course import CourseError
from autograder.feedback import note_page
from autograder.notebooks import read_notebook
from autograder.reasons import explain, not_a_notebook, summary
from autograder.release import released_text
from autograder.structure import read_released

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Result:
    """What one submission earned.

    Args:
        student: name of the submission's folder.
        slug: the chapter.
        points: points for each exercise, corrections by hand included.
        reason: why points are missing and what was repaired; empty if there is nothing to say.
        key: digest of everything the grade depends on.
        graded: false if grading itself failed, which is never the student's fault.
    """

    student: str
    slug: str
    points: dict[str, float]
    reason: str
    key: str
    graded: bool = True

    @property
    def total(self) -> float:
        """The sum over the exercises."""
        return sum(self.points.values())


def grade(
    root: Path,
    assignments: list[Assignment],
    *,
    force: bool = False,
    tell: Callable[[str], None] = print,
) -> list[Result]:
    """Grades every submission in ``root/submitted`` that changed, one at a time.

    A broken submission gets a reason and never stops the others.

    Args:
        root: nbgrader's course root.
        assignments: the chapters to grade.
        force: grade unchanged submissions again.
        tell: takes one line of progress for each submission.
    """
    for assignment in assignments:
        released_text(root, assignment)
    chapters = {assignment.slug: assignment for assignment in assignments}
    work = [path for path in sorted(root.glob("submitted/*/*/*.ipynb")) if _is_submission(path, chapters)]
    known = {} if force else _load(root)
    results = []
    for number, path in enumerate(work, start=1):
        assignment, started = chapters[path.stem], time.monotonic()
        student, key = path.parts[-3], _key(root, path)
        result = known.get((student, assignment.slug))
        fresh = result is None or result.key != key or not result.graded or not _recorded(root, result)
        if result is None or fresh:
            result = _grade_one(root, path, assignment, key)
        result = _with_points(root, result, assignment)
        results.append(result)
        known[student, assignment.slug] = result
        _save(root, list(known.values()))
        took = f"{time.monotonic() - started:.1f} s" if fresh else "unchanged"
        tell(f"[{number}/{len(work)}] {student}: {result.total:g} points, {took}")
    return results


def _is_submission(path: Path, chapters: dict[str, Assignment]) -> bool:
    return path.stem in chapters and path.parent.name == path.stem


def _grade_one(root: Path, path: Path, assignment: Assignment, key: str) -> Result:
    """Grades one submission; whatever goes wrong ends in the reason."""
    student, slug = path.parts[-3], assignment.slug
    blank = Result(student, slug, {}, "", key)
    if complaint := not_a_notebook(path.read_bytes()):
        _record_nothing(root, slug, student, complaint)
        return replace(blank, reason=complaint)
    try:
        nbgrader_course.autograde(root, slug, student)
        nbgrader_course.generate_feedback(root, slug, student)
        graded = read_notebook(root / "autograded" / student / slug / f"{slug}.ipynb")
        reasons = explain(graded, read_released(root, slug), assignment)
    except CourseError as error:
        return replace(blank, reason=f"Not graded: {error}", graded=False)
    except Exception as error:  # whatever a submission brings about, the others are graded
        said = f"Not graded: the autograder failed ({type(error).__name__}: {error}); report it."
        return replace(blank, reason=said, graded=False)
    return replace(blank, reason=summary(reasons, graded.metadata.get("autograder", {}).get("repairs", [])))


def _record_nothing(root: Path, slug: str, student: str, complaint: str) -> None:
    """Gives no points to a file that is not a notebook, in nbgrader's books too."""
    for step in ("autograded", "feedback"):
        shutil.rmtree(root / step / student / slug, ignore_errors=True)
    with nbgrader_course.gradebook(root) as book:
        book.update_or_create_student(student)
        book.update_or_create_submission(slug, student)
        for entry in book.find_submission_notebook(slug, slug, student).grades:
            entry.auto_score, entry.needs_manual_grade = 0, False
        book.db.commit()
    page = root / "feedback" / student / slug / f"{slug}.html"
    page.parent.mkdir(parents=True)
    page.write_text(note_page(f"{slug}: not graded", complaint), encoding="utf-8")


def _with_points(root: Path, result: Result, assignment: Assignment) -> Result:
    """The result with the scores that stand in the gradebook now."""
    points = dict.fromkeys(assignment.exercises, 0.0)
    if result.graded:
        owner = {test.name: test.exercise for test in assignment.tests()}
        with nbgrader_course.gradebook(root) as book:
            for entry in book.find_submission_notebook(result.slug, result.slug, result.student).grades:
                points[owner[entry.name]] += entry.score
    return replace(result, points=points)


def _recorded(root: Path, result: Result) -> bool:
    """Whether the products of an earlier run are still there."""
    page = root / "feedback" / result.student / result.slug / f"{result.slug}.html"
    with nbgrader_course.gradebook(root) as book:
        try:
            book.find_submission(result.slug, result.student)
        except ValueError:  # nbgrader's MissingEntry
            return False
    return page.exists()


def _key(root: Path, path: Path) -> str:
    """Digest of the submission, the exercise, the laboratory and the autograder."""
    digest = hashlib.sha256(path.read_bytes())
    digest.update((root / "source" / path.stem / path.name).read_bytes())
    for folder in (Path(distsys.__file__).parent, _HERE):
        for module in sorted(folder.rglob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()


def _load(root: Path) -> dict[tuple[str, str], Result]:
    path = root / "results.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        return {(entry["student"], entry["slug"]): Result(**entry) for entry in entries}
    except (TypeError, ValueError):  # written by another version, or damaged: grade everything again
        return {}


def _save(root: Path, results: list[Result]) -> None:
    """Keeps what is done so far, so that an interrupted run goes on where it stopped."""
    part = root / "results.json.part"
    part.write_text(json.dumps([asdict(result) for result in results], indent=1), encoding="utf-8")
    part.replace(root / "results.json")
