"""What does each command of the command line do?"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment, read
from autograder.course import Course, CourseError

_UNSAFE = "Students' code runs WITHOUT a sandbox and with all your rights: do this only with code you trust."


def run_release(course: Course, options: argparse.Namespace) -> int:
    """Makes the students' notebooks from ``solutions/``."""
    from autograder.release import release  # noqa: PLC0415

    changed = [str(path.relative_to(course.root)) for path in release(course, options.chapters)]
    told = "\n".join(f"released {path}" for path in changed) or "every released notebook is up to date"
    _answer(options, {"released": changed}, told)
    return 0


def run_grade(course: Course, options: argparse.Namespace) -> int:
    """Grades the sample class, or the submissions in a folder."""
    from autograder.sample import enrol  # noqa: PLC0415
    from autograder.tables import unexpected  # noqa: PLC0415

    assignments = _chosen(course, options)
    if options.submitted or options.into:
        return _grade_class(course, options, assignments)
    assignments = [one for one in assignments if course.sample_class(one.slug).exists()]
    students = {one.slug: enrol(course, course.nbgrader, one) for one in assignments}
    graded = _grade(course.nbgrader, assignments, options)
    complaints = [
        complaint
        for slug, members in students.items()
        for complaint in unexpected([one for one in graded if one.slug == slug], members)
    ]
    if not complaints and not options.json:
        print("Every grade of the sample class is the known one.")
    return _exit_code(graded, complaints)


def _grade_class(course: Course, options: argparse.Namespace, assignments: list[Assignment]) -> int:
    """Grades real submissions, in a course root that holds no invented student."""
    from autograder.collect import collect  # noqa: PLC0415

    root, tell, slugs = _root(course, options), _teller(options), [one.slug for one in assignments]
    left_out = collect(options.submitted, root, slugs) if options.submitted else []
    if options.gradebook:
        _choose_gradebook(root, options.gradebook)
    graded = _grade(root, assignments, options)
    for sentence in (*left_out, *_without_effect(course, root, {one.student for one in graded})):
        tell(sentence)
    return _exit_code(graded, [])


def _choose_gradebook(root: Path, url: str) -> None:
    """Remembers the address of a gradebook, once it could be opened."""
    from autograder.records.database import transaction  # noqa: PLC0415
    from autograder.settings import write_config  # noqa: PLC0415

    with transaction(root, url):
        write_config(root, url)


def _without_effect(course: Course, root: Path, students: set[str]) -> list[str]:
    """One sentence for each name in ``late.toml`` that nobody has."""
    from autograder.records.late import FILE, read_policy  # noqa: PLC0415

    policy = read_policy(root)
    if policy is None:
        return []
    chapters = sorted(set(policy.due) - set(course.slugs()))
    strangers = sorted({student for student, _ in policy.extended} - students)
    told = [f"`{name}` is no chapter of the course, so nobody is late for it." for name in chapters]
    told += [f"nobody in the class is called `{name}`; see `grades.csv`." for name in strangers]
    return [f"{root / FILE}: {sentence}" for sentence in told]


def _grade(root: Path, assignments: list[Assignment], options: argparse.Namespace) -> list[Any]:
    from autograder.engine.budget import Budget  # noqa: PLC0415
    from autograder.exports import write_csv  # noqa: PLC0415
    from autograder.grade import Way, grade  # noqa: PLC0415
    from autograder.tables import table  # noqa: PLC0415

    tell = _teller(options)
    if options.unsafe:
        tell(_UNSAFE)
    budget = Budget(seeds=options.seeds) if options.seeds else Budget()
    way = Way(budget, options.jobs, options.scheduler or "", options.unsafe, options.force)
    graded = grade(root, assignments, way, tell)
    write_csv(root / "grades.csv", graded, assignments)
    tables = [f"\n{one.title} ({one.slug})\n{table(graded, one)}" for one in assignments]
    made = [root / name for name in ("grades.csv", "feedback", "gradebook.db")]
    told = [*tables, "", *(str(path) for path in made if path.exists())]
    _answer(options, [one.to_dict() for one in graded], "\n".join(told))
    return graded


def _exit_code(graded: Iterable[Any], complaints: list[str]) -> int:
    """0, unless grading itself failed; a broken submission is no such failure."""
    from autograder.grade import failures  # noqa: PLC0415

    complaints = [*complaints, *failures(graded)]
    for sentence in complaints:
        print(sentence, file=sys.stderr)
    return 1 if complaints else 0


def run_report(course: Course, options: argparse.Namespace) -> int:
    """Writes the teacher's report on each chapter of a graded class."""
    from autograder import analysis  # noqa: PLC0415
    from autograder.grade import look  # noqa: PLC0415

    root, written = _root(course, options), {}
    for assignment in _chosen(course, options):
        graded = look(root, assignment)
        made = analysis.report(
            [one.verdict for one in graded], assignment, {one.student: one.total for one in graded}
        )
        paths = analysis.write(made, root / "report" / assignment.slug)
        written[assignment.slug] = [str(path) for path in paths]
    _answer(options, written, "\n".join(path for paths in written.values() for path in paths))
    return 0


def run_export(course: Course, options: argparse.Namespace) -> int:
    """Writes the points of a graded class for another program, a file a chapter."""
    from autograder import exports  # noqa: PLC0415
    from autograder.grade import look  # noqa: PLC0415
    from autograder.reasons import summary  # noqa: PLC0415

    root, tell, written = _root(course, options), _teller(options), []
    roster = exports.read_roster(options.roster) if options.roster else _roster(root)
    for assignment in _chosen(course, options):
        graded = look(root, assignment)
        path = root / "exports" / options.to / f"{assignment.slug}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        if options.to == "canvas":
            exports.write_canvas(path, graded, assignment, roster, options.column)
        elif options.to == "moodle":
            words = {
                one.student: f"{one.late} {summary(one.verdict, assignment, for_student=True)}".strip()
                for one in graded
            }
            for sentence in exports.write_moodle(path, graded, assignment, roster, options.column, words):
                tell(sentence)
        else:
            exports.write_csv(path, graded, [assignment], roster)
        written.append(str(path))
    _answer(options, {"exports": written}, "\n".join(written))
    return 0


def _roster(root: Path) -> list[Any]:
    """The students in ``students.csv`` of a course root, if it is there."""
    from autograder.exports import read_roster  # noqa: PLC0415

    path = root / "students.csv"
    return list(read_roster(path)) if path.exists() else []


def run_prove(course: Course, options: argparse.Namespace) -> int:
    """Tries every listed answer, and dishonest notebooks; tells whether the tests keep their promises."""
    from autograder.prove import prove  # noqa: PLC0415
    from autograder.published import publish  # noqa: PLC0415

    chosen = course.chosen(options.chapters)
    report = prove(course, chosen, cheats=not options.chapters, tell=_teller(options))
    report.write(course.build)
    if report.cheats and not report.broken:
        publish(course, report.proofs, report.cheats)
    _answer(options, report.data(), f"{report.table}\n\n{report.summary()}")
    for sentence in (*report.warnings, *report.broken):
        print(sentence, file=sys.stderr)
    return 1 if report.broken else 0


def run_lint(course: Course, options: argparse.Namespace) -> int:
    """Looks for mistakes that authors of exercises make."""
    from dataclasses import asdict  # noqa: PLC0415

    from autograder.lint import lint  # noqa: PLC0415

    findings = lint(course, course.chosen(options.chapters))
    document = [asdict(finding) | {"path": str(finding.path)} for finding in findings]
    _answer(options, document, "\n".join(map(str, findings)) or "No mistake shows in the exercises.")
    return 1 if any(finding.error for finding in findings) else 0


def run_bundle(course: Course, options: argparse.Namespace) -> int:
    """Writes what students download."""
    from autograder.bundle import bundle  # noqa: PLC0415

    path = bundle(course)
    size = path.stat().st_size
    _answer(options, {"bundle": str(path), "bytes": size}, f"{path} ({size // 1024} kB)")
    return 0


def _chosen(course: Course, options: argparse.Namespace) -> list[Assignment]:
    return [read(course.solution(slug)) for slug in course.chosen(options.chapters)]


def _root(course: Course, options: argparse.Namespace) -> Path:
    """The course root of nbgrader that holds the class."""
    root: Path = options.into or course.build / "class"
    if root.exists() and not root.is_dir():
        raise CourseError(f"{root} is a file; name a folder for the class, which is made if it is missing.")
    return root


def _teller(options: argparse.Namespace) -> Callable[[str], None]:
    """Where lines for people go: not between the lines of a JSON document."""
    stream = sys.stderr if options.json else sys.stdout
    return lambda line: print(line, file=stream, flush=True)


def _answer(options: argparse.Namespace, document: Any, text: str) -> None:
    """Prints the answer of a command: a JSON document for programs, or text for people."""
    print(json.dumps(document, ensure_ascii=False, indent=1) if options.json else text)
