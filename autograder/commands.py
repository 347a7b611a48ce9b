"""What does each command of the command line do?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autograder.assignment import Assignment, read
from autograder.bundle import bundle
from autograder.collect import collect
from autograder.course import Course
from autograder.grade import Result, grade
from autograder.prove import kill_table, prove, write_proof
from autograder.release import release
from autograder.report import table, unexpected, write_csv
from autograder.sample import enrol

_UNSAFE = (
    "Students' code runs here without a sandbox: "
    "run it only on code you trust, or inside a container; the sandbox is not here yet."
)


def run_release(course: Course, options: argparse.Namespace) -> int:
    """Makes the students' notebooks from ``solutions/``."""
    changed = release(course, options.chapters)
    for path in changed:
        print(f"released {path.relative_to(course.root)}")
    if not changed:
        print("every released notebook is up to date")
    return 0


def run_grade(course: Course, options: argparse.Namespace) -> int:
    """Grades the sample class, or the submissions in a folder."""
    assignments = [read(course.solution(slug)) for slug in course.chosen(options.chapters)]
    if options.submitted:
        return _grade_class(course, options, assignments)
    assignments = [one for one in assignments if course.sample_class(one.slug).exists()]
    students = {one.slug: enrol(course, course.nbgrader, one) for one in assignments}
    results = _grade_and_print(course.nbgrader, assignments, options.force)
    complaints = [
        complaint
        for slug, members in students.items()
        for complaint in unexpected([result for result in results if result.slug == slug], members)
    ]
    if not complaints:
        print("Every grade of the sample class is the known one.")
    return _exit_code(results, complaints)


def _grade_class(course: Course, options: argparse.Namespace, assignments: list[Assignment]) -> int:
    """Grades real submissions, in a course root that holds no invented student."""
    root = options.into or course.build / "class"
    print(_UNSAFE)
    left_out = collect(options.submitted, root, [assignment.slug for assignment in assignments])
    results = _grade_and_print(root, assignments, options.force)
    for sentence in left_out:
        print(sentence)
    return _exit_code(results, [])


def _grade_and_print(root: Path, assignments: list[Assignment], force: bool) -> list[Result]:
    results = grade(root, assignments, force=force, tell=lambda line: print(line, flush=True))
    write_csv(root / "grades.csv", results, assignments)
    for assignment in assignments:
        print(f"\n{assignment.title} ({assignment.slug})\n{table(results, assignment)}")
    print()
    for product in ("grades.csv", "feedback", "gradebook.db"):
        print(root / product)
    return results


def _exit_code(results: list[Result], complaints: list[str]) -> int:
    """0, unless grading itself failed; a broken submission is no such failure."""
    complaints = [*complaints, *(f"{one.student}: {one.reason}" for one in results if not one.graded)]
    for sentence in complaints:
        print(sentence, file=sys.stderr)
    return 1 if complaints else 0


def run_prove(course: Course, options: argparse.Namespace) -> int:
    """Tries every listed answer and tells whether the tests keep their promises."""
    proofs, broken = prove(course, course.chosen(options.chapters))
    print(kill_table(proofs))
    write_proof(course.build / "proof.json", proofs)
    for sentence in broken:
        print(sentence, file=sys.stderr)
    if broken:
        return 1
    visible = sum(proof.visible for proof in proofs)
    print(f"\nEvery promise holds. Of {len(proofs)} wrong answers, visible checks alone reject {visible}.")
    return 0


def run_bundle(course: Course, options: argparse.Namespace) -> int:
    """Writes what students download."""
    path = bundle(course)
    print(f"{path} ({path.stat().st_size // 1024} kB)")
    return 0
