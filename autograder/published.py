"""What of a proof may everybody read?

The names of the wrong answers, the rules that reject them, and how many notebooks cheat in vain. Never what
an answer says, why it is wrong, or the message of a check: students read the page that is made of this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment, read
from autograder.cheats.entries import HONEST
from autograder.course import Course
from autograder.files import put
from autograder.kills import Proof
from autograder.mutants import Mutants, read_mutants
from autograder.promises import SEEDS

FILE = Path("book", "reference", "proof.json")
"""Where it is kept, in the course tree; ``make prove`` writes it, and it is committed."""

CHEATS = Path(__file__).parent / "cheats"


def publish(course: Course, proofs: Sequence[Proof], cheats: Mapping[str, Any]) -> None:
    """Writes it where the site finds it, if there is a site and something has changed."""
    path, text = course.root / FILE, as_text(of_course(course, proofs, cheats))
    if path.parent.is_dir() and not (path.exists() and path.read_text(encoding="utf-8") == text):
        put(path, text)


def of_course(course: Course, proofs: Sequence[Proof], cheats: Mapping[str, Any]) -> dict[str, Any]:
    """What may be read of a proof of all chapters."""
    assignments = [read(course.solution(slug)) for slug in course.slugs()]
    chapters = [(one, read_mutants(course.mutants(one.slug), one)) for one in assignments]
    return published(chapters, proofs, cheats)


def published(
    chapters: Iterable[tuple[Assignment, Mutants]], proofs: Sequence[Proof], cheats: Mapping[str, Any]
) -> dict[str, Any]:
    """What may be read, as plain data.

    Args:
        chapters: the source and the listed answers of each.
        proofs: how each wrong answer fared.
        cheats: what dishonest notebooks gained, as ``cheats.json`` says it.
    """
    return {
        "seeds": SEEDS,
        "chapters": [
            {
                "title": assignment.title,
                "exercises": [
                    _exercise(assignment, mutants, exercise, proofs) for exercise in assignment.exercises
                ],
            }
            for assignment, mutants in chapters
        ],
        "cheats": [_family(family, cheats["lines"]) for family in sorted(_families(cheats["lines"]))],
        "honest": {"notebooks": cheats["honest"], "misjudged": cheats["honest_misjudged"]},
    }


def _exercise(
    assignment: Assignment, mutants: Mutants, exercise: str, proofs: Sequence[Proof]
) -> dict[str, Any]:
    tests = assignment.tests(exercise)
    number = {test.name: at for at, test in enumerate(tests, 1)}
    mine = [proof for proof in proofs if (proof.chapter, proof.exercise) == (assignment.slug, exercise)]
    return {
        "name": exercise,
        "rules": [test.rule for test in tests],
        "right": sum(one.exercise == exercise for one in mutants.right),
        "wrong": [
            {
                "name": proof.name,
                "meant": number.get(proof.killed_by, 0),
                "fates": " ".join(proof.tests[test.name] for test in tests),
            }
            for proof in mine
        ],
    }


def _families(lines: Iterable[Mapping[str, Any]]) -> set[str]:
    return {line["family"] for line in lines} - {HONEST}


def _family(family: str, lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A family of dishonest notebooks; the first sentence of its file says what they try."""
    mine = [line for line in lines if line["family"] == family]
    about = (CHEATS / f"{family}.toml").read_text(encoding="utf-8").splitlines()[0]
    return {
        "family": family,
        "about": about.lstrip("# ").partition(". ")[0].rstrip(".") + ".",
        "notebooks": len(mine),
        "gained": sum(max(0, line["earned"] - line["deserves"]) for line in mine),
    }


def as_text(data: Mapping[str, Any]) -> str:
    """The content of the file."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
