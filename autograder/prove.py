"""Do the tests of a chapter accept every right answer and reject every wrong one, by the right rule?"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.assignment import Assignment, read
from autograder.course import Course
from autograder.execute import Outcome
from autograder.mutants import Mutants, Wrong, read_mutants
from autograder.notebooks import grade_id, is_solution, parse_notebook
from autograder.release import released_text
from autograder.tryout import REFERENCE, Job, Verdicts, finish, start

HASH_SEEDS = (0, 1, 12345)
SEEDS = 1000
"""How many seeds the reference has to stand once."""

_STUB, _THOUSAND = "stub", f"reference over {SEEDS} seeds"
_LIMIT_S, _LONG_LIMIT_S = 60.0, 600.0


@dataclass(frozen=True)
class Proof:
    """How one wrong answer fared.

    Args:
        chapter: slug of the chapter.
        exercise: the exercise that it answers.
        name: the wrong answer.
        killed_by: the test that rejects it, as named by its author; empty if that test does not.
        also_failed: other tests of the exercise that reject it.
        visible: whether the part of the tests that students see rejects it.
    """

    chapter: str
    exercise: str
    name: str
    killed_by: str
    also_failed: list[str]
    visible: bool


def prove(course: Course, slugs: list[str]) -> tuple[list[Proof], list[str]]:
    """Tries the reference, the stub and all listed answers, under three hash seeds.

    Args:
        course: the course tree.
        slugs: chapters to prove.

    Returns:
        One proof a wrong answer, and one sentence for each broken promise.

    Raises:
        CourseError: if a source or a list of answers is not in order.
    """
    proofs: list[Proof] = []
    broken: list[str] = []
    for slug in slugs:
        assignment = read(course.solution(slug))
        mutants = read_mutants(course.mutants(slug), assignment)
        released = parse_notebook(released_text(course.nbgrader, assignment))
        *runs, thousand = _run_everywhere(job_of(assignment, mutants, released))
        proofs += [_proof(assignment, one, runs[0].get(one.name, [])) for one in mutants.wrong]
        told = [said for run in (*runs, thousand) for said in broken_promises(assignment, mutants, run)]
        broken += [f"{slug}: {sentence}" for sentence in [*dict.fromkeys(told), *differences(runs)]]
    return proofs, broken


def job_of(assignment: Assignment, mutants: Mutants, released: NotebookNode) -> Job:
    """Everything to try on a chapter: the reference, the stub, the other right answers, the wrong ones."""
    answers = mutants.answers(assignment)
    whole = {one.name: {one.exercise: answers[one.name][1]} for one in mutants.right}
    whole[_STUB] = {grade_id(cell): cell.source for cell in released.cells if is_solution(cell)}
    return Job(assignment.cells, whole, {one.name: answers[one.name] for one in mutants.wrong}, _LIMIT_S)


def _run_everywhere(job: Job) -> list[Verdicts]:
    """All answers under each hash seed, then the reference over many seeds, side by side."""
    alone = Job(job.cells, {}, {}, _LONG_LIMIT_S)
    thousand = start(alone, {"PYTHONHASHSEED": "0", "DISTSYS_SEEDS": str(SEEDS)})
    runs = [start(job, {"PYTHONHASHSEED": str(seed)}) for seed in HASH_SEEDS]
    return [*(finish(process) for process in runs), {_THOUSAND: finish(thousand)[REFERENCE]}]


def broken_promises(assignment: Assignment, mutants: Mutants, verdicts: Verdicts) -> list[str]:
    """One sentence for each answer whose verdict is not the promised one."""
    right = {f"The right answer `{one.name}`": one.name for one in mutants.right}
    broken = [
        f"{what} fails the cell {outcome.name}: {outcome.error}: {outcome.message}"
        for what, name in {"The reference": REFERENCE, f"The {_THOUSAND}": _THOUSAND, **right}.items()
        for outcome in verdicts.get(name, [])
        if not outcome.ok
    ]
    tests = {test.name: test for test in assignment.tests()}
    for outcome in verdicts.get(_STUB, []):
        if outcome.name in tests and outcome.ok:
            broken.append(f"The stub passes the test {outcome.name}; doing nothing earns its points.")
        elif outcome.name in tests and outcome.line in tests[outcome.name].hidden_lines:
            broken.append(f"The stub passes all that students see of the test {outcome.name}.")
    for one in mutants.wrong:
        if one.name in verdicts and (complaint := _not_killed(one, verdicts[one.name])):
            broken.append(f"The wrong answer `{one.name}` {complaint} the test {one.killed_by}.")
    return broken


def _not_killed(wrong: Wrong, outcomes: list[Outcome]) -> str:
    """What its test did to a wrong answer instead of rejecting it with a message."""
    outcome = next(outcome for outcome in outcomes if outcome.name == wrong.killed_by)
    if outcome.ok:
        return "survives"
    if outcome.error != "AssertionError":
        return f"ends with {outcome.error} ({outcome.message}) instead of a failed assertion in"
    return "" if outcome.message else "is rejected without a message by"


def _proof(assignment: Assignment, wrong: Wrong, outcomes: list[Outcome]) -> Proof:
    tests = {test.name: test for test in assignment.tests(wrong.exercise)}
    failed = {outcome.name: outcome.line for outcome in outcomes if outcome.name in tests and not outcome.ok}
    visible = any(line not in tests[name].hidden_lines for name, line in failed.items())
    killed_by = wrong.killed_by if wrong.killed_by in failed else ""
    others = [name for name in failed if name != wrong.killed_by]
    return Proof(assignment.slug, wrong.exercise, wrong.name, killed_by, others, visible)


def differences(runs: list[Verdicts]) -> list[str]:
    """One sentence for each answer whose failing cells depend on the hash seed."""
    return [
        f"The verdict on `{name}` differs between PYTHONHASHSEED={HASH_SEEDS[0]} and {seed}; "
        "something goes through a set in its own order."
        for seed, verdicts in zip(HASH_SEEDS, runs, strict=True)
        for name, outcomes in verdicts.items()
        if [outcome.error for outcome in outcomes] != [outcome.error for outcome in runs[0].get(name, [])]
    ]


def kill_table(proofs: list[Proof]) -> str:
    """Each wrong answer, whether visible tests reject it, how many other tests do, and its own test."""
    names = max([len("wrong answer"), *(len(proof.name) for proof in proofs)])
    lines = [f"{'wrong answer':{names}}  visible  others  killed by"]
    for proof in proofs:
        visible, others = "yes" if proof.visible else "no", len(proof.also_failed) or ""
        lines.append(f"{proof.name:{names}}  {visible:7}  {others:6}  {proof.killed_by or 'SURVIVES'}")
    return "\n".join(lines)


def write_proof(path: Path, proofs: list[Proof]) -> None:
    """Writes the proofs as JSON, for the page that publishes them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(proof) for proof in proofs], indent=1) + "\n", encoding="utf-8")
