"""What does each submission of a class earn?  From submitted files to the gradebook and to pages.

Only this process writes. Verdicts are kept one by one as they come, so whoever stops it loses nothing;
gradebook, graded notebooks and feedback are made from them at the end, and only where something changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autograder.assignment import Assignment, read
from autograder.course import CourseError
from autograder.engine.budget import Budget
from autograder.engine.farm import Farm, Local
from autograder.engine.kept import Kept, key_of
from autograder.engine.progress import progress
from autograder.engine.protocol import Chapter, Job
from autograder.engine.structure import prints
from autograder.engine.submitted import read as read_cells
from autograder.engine.verdict import Verdict
from autograder.feedback import page
from autograder.files import Trap, content_of, fingerprint, put
from autograder.reasons import summary
from autograder.records import autograded, gradebook
from autograder.records.gradebook import Standing
from autograder.release import released_text

_MARK = "<!-- made from "


@dataclass(frozen=True)
class Way:
    """How to grade.

    Args:
        budget: limits of time and memory.
        jobs: submissions to judge at a time; one for each processor if none.
        scheduler: where to judge: empty for this machine, or what Dask calls the address of a scheduler.
        unsafe: run students' code without a sandbox.
        force: ask every question again.
    """

    budget: Budget = field(default_factory=Budget)
    jobs: int | None = None
    scheduler: str = ""
    unsafe: bool = False
    force: bool = False

    def farm(self, chapters: list[Chapter]) -> Farm:
        """Where submissions are judged."""
        if self.scheduler:
            from autograder.engine.dask_farm import OnDask  # noqa: PLC0415  # a second, and rarely used

            return OnDask(self.scheduler, chapters, self.budget, unsafe=self.unsafe, workers=self.jobs)
        return Local(chapters, self.budget, self.jobs, unsafe=self.unsafe)


@dataclass(frozen=True)
class Graded:
    """What one submission earned.

    Args:
        verdict: what the engine found.
        points: points of each exercise that stand now, corrections by hand included.
        total: their sum, less what lateness costs.
        reason: why points are missing and what was repaired, for the teacher.
        unchanged: whether nothing had to be judged anew.
        late: how late it was and what that costs, in a sentence; empty if it was in time.
    """

    verdict: Verdict
    points: Mapping[str, float]
    total: float
    reason: str
    unchanged: bool = False
    late: str = ""

    @property
    def student(self) -> str:
        """Name of the submission's folder."""
        return self.verdict.student

    @property
    def slug(self) -> str:
        """The chapter."""
        return self.verdict.slug

    @property
    def failed(self) -> bool:
        """Whether grading itself failed, which is never the student's fault."""
        return bool(self.verdict.failed)

    def to_dict(self) -> dict[str, Any]:
        """Everything about it, for other programs."""
        return asdict(self.verdict) | {
            "points": dict(self.points),
            "total": self.total,
            "most": sum(question.most for question in self.verdict.questions),
            "reason": self.reason,
        }


@dataclass(frozen=True)
class _Case:
    """A submission, and what is known of it before anything is judged."""

    student: str
    key: str
    path: Path
    known: Verdict | None
    trap: str = ""


def grade(
    root: Path, assignments: list[Assignment], way: Way | None = None, tell: Callable[[str], None] = print
) -> list[Graded]:
    """Grades every submission in ``root/submitted`` that changed.

    A broken submission gets a reason and never stops the others.

    Args:
        root: nbgrader's course root.
        assignments: the chapters to grade.
        way: how to grade.
        tell: takes lines of progress.

    Raises:
        CourseError: if nothing can be graded here, or the gradebook cannot be written.
    """
    way = way or Way()
    chapters = {one.slug: _chapter(root, one) for one in assignments}
    known = {one.slug: Kept(root, chapters[one.slug].plan(one), way.budget.seeds) for one in assignments}
    cases = {slug: list(_cases(root, slug, known[slug], way.force)) for slug in chapters}
    fresh = _judged(chapters, known, cases, way, tell)
    graded = []
    for assignment in assignments:
        slug = assignment.slug
        verdicts = [_verdict(case, known[slug], fresh) for case in cases[slug]]
        known[slug].tidy({case.key for case in cases[slug]})
        standing = record(root, assignment, verdicts, tell)
        for case, verdict in zip(cases[slug], verdicts, strict=True):
            unchanged = (slug, case.key) not in fresh and not case.trap
            graded.append(_graded(verdict, assignment, standing.get(verdict.student), unchanged))
    return graded


def look(root: Path, assignment: Assignment) -> list[Graded]:
    """What is known of a class without judging anything.

    Args:
        root: nbgrader's course root.
        assignment: the chapter.

    Raises:
        CourseError: if some submission was not graded since it, or the exercise, changed.
    """
    if not any(root.glob(f"submitted/*/{assignment.slug}/{assignment.slug}.ipynb")):
        raise CourseError(f"{root} holds no submission of {assignment.slug}; run `grade --submitted` first.")
    known = Kept(root, _chapter(root, assignment).plan(assignment))
    cases = list(_cases(root, assignment.slug, known, force=False))
    left = [case.student for case in cases if not case.trap and not known.complete(case.known)]
    if left:
        raise CourseError(
            f"{len(left)} of {len(cases)} submissions of {assignment.slug} in {root} are not graded as they, "
            "or the exercise, are now; run `grade` first."
        )
    standing = gradebook.standings(root, assignment)
    verdicts = [_verdict(case, known, {}) for case in cases]
    return [_graded(one, assignment, standing.get(one.student), unchanged=True) for one in verdicts]


def record(
    root: Path, assignment: Assignment, verdicts: list[Verdict], tell: Callable[[str], None] = print
) -> dict[str, Standing]:
    """Writes verdicts into the gradebook, and the notebooks and pages that are made from them.

    Args:
        root: nbgrader's course root.
        assignment: the chapter.
        verdicts: one for each student.
        tell: is told of what a person has to look at.

    Returns:
        What each submission stands at, by student.
    """
    written = gradebook.write(root, assignment, verdicts)
    autograded.write(root, assignment, verdicts)
    standings = gradebook.standings(root, assignment)
    for verdict in verdicts:
        _write_feedback(root, verdict, assignment, standings.get(verdict.student))
    for sentence in written.left_out:
        tell(sentence)
    for student, name in written.review:
        tell(f"{student}: the grade given by hand for {name} stands, but the automatic score has changed.")
    for student in sorted(set(standings) - {verdict.student for verdict in verdicts}):
        tell(f"{student}: nothing is handed in any more; the grades of an earlier run stand.")
    return standings


def grade_one(
    notebook: Path, source: Path, way: Way | None = None, released: str | None = None
) -> dict[str, Any]:
    """Grades one notebook and writes nothing.

    Args:
        notebook: what was handed in.
        source: the exercise, ``solutions/<part>/<slug>.py``.
        way: how to grade.
        released: text of the notebook that students got; made from the source unless given.

    Returns:
        Points, questions, reasons: what ``--json`` prints of a submission.
    """
    way, assignment = way or Way(), read(source)
    with TemporaryDirectory() as scratch:
        chapter = Chapter.of(assignment, released or released_text(Path(scratch), assignment))
    with way.farm([chapter]) as farm:
        (verdict,) = farm.judge([Job(notebook.stem, assignment.slug, str(notebook.resolve()))])
    return _graded(verdict, assignment, None, unchanged=False).to_dict()


def _chapter(root: Path, assignment: Assignment) -> Chapter:
    released = released_text(root, assignment)
    earlier = _given_out(root / f"released_{assignment.slug}.json", prints(read_cells(released.encode())))
    return Chapter.of(assignment, released, earlier)


def _given_out(path: Path, now: list[str]) -> tuple[str, ...]:
    """Remembers which cells students were ever given, so that an old copy is not taken for a change."""
    try:
        before = [str(one) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        before = []
    all_of_them = sorted({*before, *now})
    if all_of_them != before:
        put(path, json.dumps(all_of_them, indent=0))
    return tuple(one for one in all_of_them if one not in now)


def _cases(root: Path, slug: str, known: Kept, force: bool) -> Iterator[_Case]:
    folder = root / "submitted"
    for path in sorted(folder.glob(f"*/{slug}/{slug}.ipynb")):
        try:
            key = key_of(content_of(path, folder))
        except Trap as trap:
            yield _Case(path.parts[-3], fingerprint((), str(path)), path, None, trap.sentence)
        else:
            yield _Case(path.parts[-3], key, path, None if force else known.find(key))


def _judged(
    chapters: Mapping[str, Chapter],
    known: Mapping[str, Kept],
    cases: Mapping[str, Iterable[_Case]],
    way: Way,
    tell: Callable[[str], None],
) -> dict[tuple[str, str], Verdict]:
    """Judges each notebook that is not fully known, once, and keeps what was found."""
    jobs: dict[tuple[str, str], Job] = {}
    earlier: dict[tuple[str, str], Verdict | None] = {}
    for slug, members in cases.items():
        for case in members:
            if case.trap or known[slug].complete(case.known) or (slug, case.key) in jobs:
                continue
            skip = tuple(said.name for said in case.known.questions) if case.known else ()
            jobs[slug, case.key] = Job(case.student, slug, str(case.path), case.key, skip)
            earlier[slug, case.key] = case.known
    fresh: dict[tuple[str, str], Verdict] = {}
    if not jobs:
        return fresh
    wanted = [chapters[slug] for slug in dict.fromkeys(slug for slug, _ in jobs)]
    with way.farm(wanted) as farm:
        for verdict in progress(farm.judge(jobs.values()), len(jobs), tell):
            which = verdict.slug, verdict.key
            merged = verdict if verdict.failed else known[verdict.slug].merged(earlier[which], verdict)
            known[verdict.slug].keep(merged)
            fresh[which] = merged
    return fresh


def _verdict(case: _Case, known: Kept, fresh: Mapping[tuple[str, str], Verdict]) -> Verdict:
    if case.trap:
        return known.plan.refusal(case.student, "", case.trap)
    verdict = fresh.get((known.plan.assignment.slug, case.key), case.known)
    assert verdict is not None  # it was known, or it was judged
    return verdict.of(case.student)


def _graded(verdict: Verdict, assignment: Assignment, standing: Standing | None, unchanged: bool) -> Graded:
    reason = summary(verdict, assignment)
    if standing is None:
        points: Mapping[str, float] = {name: verdict.earned(name) for name in assignment.exercises}
        return Graded(verdict, points, sum(points.values()), reason, unchanged)
    late = standing.late.reason
    reason = f"{late} {reason}".strip()
    return Graded(verdict, standing.points, standing.total, reason, unchanged, late)


def _write_feedback(root: Path, verdict: Verdict, assignment: Assignment, standing: Standing | None) -> None:
    """Writes the page that a student gets, unless it is there already."""
    standing = standing or Standing(verdict.student)
    path = root / "feedback" / verdict.student / verdict.slug / f"{verdict.slug}.html"
    made_from = fingerprint((), verdict.to_json(), repr(standing), repr(assignment.cells), _pages_version())
    mark = f"{_MARK}{made_from} -->\n"
    try:
        with path.open("rb") as file:
            file.seek(-len(mark), 2)
            if file.read() == mark.encode():
                return
    except OSError:
        pass
    text = page(verdict, assignment, scores=standing.cells, late=standing.late, comments=standing.comments)
    put(path, text.rstrip("\n") + "\n" + mark, beside=root)


@cache
def _pages_version() -> str:
    """Changes with the code that makes pages."""
    here = Path(__file__).parent
    kinds = (".py", ".html", ".css", ".svg")
    files = sorted(path for path in (here / "feedback").rglob("*") if path.suffix in kinds)
    return fingerprint([*files, here / "plain.py", here / "reasons.py"])


def failures(graded: Iterable[Graded]) -> list[str]:
    """One sentence for each submission whose grading failed."""
    return [f"{one.student}: {one.reason}" for one in graded if one.failed]
