"""Do the tests of a chapter accept every right answer and reject every wrong one, by the right rule?

Every answer is judged in two ways: by the engine, as a student's submission is graded, and in one process
from top to bottom, as a student's own notebook runs. Both have to agree on every test.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.assignment import read
from autograder.course import Course
from autograder.execute import Outcome
from autograder.judged import STUB, Judged, Subject, as_outcomes, judge
from autograder.kills import Proof, kill_table, score
from autograder.lint import lint_source
from autograder.mutants import Wrong, read_mutants
from autograder.notebooks import grade_id, is_solution, parse_notebook
from autograder.promises import (
    HASH_SEEDS,
    SEEDS,
    THOUSAND,
    broken_promises,
    differences,
    disagreements,
    first_line,
    idle_tests,
    shown_promises,
    slow,
    unsteady,
)
from autograder.release import released_text
from autograder.tryout import REFERENCE, Job, Verdicts, finish, start, with_texts

_LIMIT_S, _LONG_LIMIT_S = 60.0, 600.0


@dataclass(frozen=True)
class Report:
    """What a proof found.

    Args:
        proofs: one for each wrong answer.
        table: the kill matrix and the scores, for people.
        broken: one sentence for each broken promise.
        warnings: what is no error, but deserves a look.
        cheats: what dishonest notebooks gained, as plain data; empty if they were not tried.
        seconds: how long it took.
    """

    proofs: tuple[Proof, ...]
    table: str
    broken: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    cheats: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def summary(self) -> str:
        """The last line that a person reads."""
        if self.broken:
            return f"Broken promises: {len(self.broken)}."
        said = f"Every promise holds. {score(self.proofs)}"
        if self.cheats:
            said += (
                f" {self.cheats['dishonest']} dishonest notebooks gain {self.cheats['points_gained']} points,"
                f" {self.cheats['honest_misjudged']} of {self.cheats['honest']} honest ones lose any."
            )
        return said

    def data(self) -> dict[str, Any]:
        """The whole as plain data."""
        return asdict(self)

    def write(self, build: Path) -> None:
        """Writes ``proof.json`` for the page that publishes it, ``proof.txt``, and ``cheats.json``."""
        build.mkdir(parents=True, exist_ok=True)
        proofs = [asdict(proof) for proof in self.proofs]
        _write(build / "proof.json", json.dumps(proofs, ensure_ascii=False, indent=1))
        _write(build / "proof.txt", "\n".join([self.table, "", self.summary(), *self.broken]))
        if self.cheats:
            _write(build / "cheats.json", json.dumps(self.cheats, ensure_ascii=False, indent=1))


def prove(
    course: Course,
    slugs: Sequence[str],
    *,
    cheats: bool = False,
    unsafe: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Report:
    """Tries the reference, the stub and all listed answers of some chapters.

    Args:
        course: the course tree.
        slugs: chapters to prove.
        cheats: whether to try the dishonest notebooks, too.
        unsafe: whether to run the answers without a sandbox.
        tell: is told how far the work is.

    Raises:
        CourseError: if a source or a list of answers is not in order, or nothing can be graded here.
    """
    began = time.monotonic()
    subjects = [subject_of(course, slug) for slug in slugs]
    findings = [finding for one in subjects for finding in lint_source(one.assignment)]
    count = sum(3 + len(one.mutants.wrong) + len(one.mutants.right) for one in subjects)
    tell(f"{count} notebooks run as students run them …")
    trials = run_all(subjects)
    tell(f"{count} notebooks are graded as students' are …")
    judged = judge(subjects, unsafe)
    proofs: list[Proof] = []
    broken = [str(finding) for finding in findings if finding.error]
    warnings = [str(finding) for finding in findings if not finding.error]
    for subject, trial in zip(subjects, trials, strict=True):
        slug = subject.assignment.slug
        verdicts = judged[slug]
        wrong = [one for one in subject.mutants.wrong if one.name in verdicts]
        proofs += [_proof(subject, one, trial, judged) for one in wrong]
        broken += [f"{slug}: {sentence}" for sentence in _complaints(subject, trial, judged)]
        warnings += [f"{slug}: {sentence}" for sentence in slow(judged[slug][REFERENCE].questions)]
    gained: dict[str, Any] = {}
    if cheats:
        tell("dishonest notebooks are graded …")
        gained, complaints = cheats_of(course)
        broken += complaints
    table = "\n\n".join(kill_table(one.assignment, proofs) for one in subjects)
    seconds = round(time.monotonic() - began, 1)
    return Report(tuple(proofs), table, tuple(broken), tuple(warnings), gained, seconds)


def subject_of(course: Course, slug: str) -> Subject:
    """A chapter as its sources are now; the notebook in ``exercises/`` may hold somebody's answers."""
    assignment = read(course.solution(slug))
    mutants = read_mutants(course.mutants(slug), assignment)
    return Subject(assignment, mutants, released_text(course.nbgrader, assignment))


# --- in one process, as in a student's notebook


@dataclass(frozen=True)
class Trial:
    """How the answers of one chapter fared in one process.

    Args:
        runs: under each hash seed.
        shown: with the parts of the tests alone that students see.
        thousand: of the reference, over many seeds.
    """

    runs: tuple[Verdicts, ...]
    shown: Verdicts
    thousand: list[Outcome]


def run_all(subjects: Sequence[Subject]) -> list[Trial]:
    """Runs everything in processes of its own, as many processes side by side as there are processors."""
    seeds = {"PYTHONHASHSEED": str(HASH_SEEDS[0]), "DISTSYS_SEEDS": str(SEEDS)}

    def run(job: Job, **environment: str) -> Verdicts:
        return finish(start(job, environment))

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        started = []
        for subject in subjects:
            job = job_of(subject)
            alone = Job(job.cells, {}, {}, _LONG_LIMIT_S)
            thousand = pool.submit(run, alone, **seeds)
            runs = [pool.submit(run, job, PYTHONHASHSEED=str(seed)) for seed in HASH_SEEDS]
            shown = pool.submit(run, job_of(subject, shown=True), PYTHONHASHSEED=str(HASH_SEEDS[0]))
            started.append((runs, shown, thousand))
        return [
            Trial(tuple(run.result() for run in runs), shown.result(), thousand.result()[REFERENCE])
            for runs, shown, thousand in started
        ]


def job_of(subject: Subject, shown: bool = False) -> Job:
    """Everything to try on a chapter: the reference, the stub, the other right answers, the wrong ones.

    Args:
        subject: the chapter.
        shown: whether to run only what students see of the tests.
    """
    assignment, mutants = subject.assignment, subject.mutants
    released = parse_notebook(subject.released)
    answers = mutants.answers(assignment)
    whole = {one.name: {one.exercise: answers[one.name][1]} for one in mutants.right}
    whole[STUB] = {grade_id(cell): cell.source for cell in released.cells if is_solution(cell)}
    tests = {test.name for test in assignment.tests()} if shown else set()
    texts = {grade_id(cell): cell.source for cell in released.cells if grade_id(cell) in tests}
    wrong = {one.name: answers[one.name] for one in mutants.wrong}
    return Job(with_texts(assignment.cells, texts), whole, wrong, _LIMIT_S)


# --- what is promised


def _complaints(subject: Subject, trial: Trial, judged: Judged) -> list[str]:
    """One sentence for each broken promise of a chapter."""
    assignment, mutants = subject.assignment, subject.mutants
    verdicts = judged[assignment.slug]
    said: dict[str, None] = {}
    for run in (*trial.runs, {THOUSAND: trial.thousand}):
        said |= dict.fromkeys(broken_promises(assignment, mutants, run))
    graded = {name: as_outcomes(verdict) for name, verdict in verdicts.items()}
    more = [one for one in broken_promises(assignment, mutants, graded) if one not in said]
    said |= dict.fromkeys(f"When it is graded: {one}" for one in more)
    said |= dict.fromkeys(shown_promises(assignment, mutants, trial.shown))
    said |= dict.fromkeys(differences(trial.runs))
    said |= dict.fromkeys(unsteady(verdicts.values()))
    wrong = {one.name for one in mutants.wrong}
    said |= dict.fromkeys(disagreements(trial.runs[0], graded, wrong))
    if all(one.name in graded for one in mutants.wrong):
        said |= dict.fromkeys(idle_tests(assignment, mutants, graded))
    return list(said)


def _proof(subject: Subject, wrong: Wrong, trial: Trial, judged: Judged) -> Proof:
    """How one wrong answer fared in grading, and with what students see alone."""
    questions = judged[subject.assignment.slug][wrong.name].questions
    failed = {said.name: said for said in questions if not said.points}
    killer = failed.get(wrong.killed_by)
    seen = {one.name: one for one in trial.shown.get(wrong.name, []) if not one.ok}
    fates = {
        said.name: "passes"
        if said.name not in failed
        else ("ends" if said.outcome != "wrong" else "seen" if said.name in seen else "hidden")
        for said in questions
    }
    return Proof(
        subject.assignment.slug,
        wrong.exercise,
        wrong.name,
        wrong.why,
        killer.name if killer else "",
        first_line(killer.message) if killer else "",
        [name for name in failed if name != wrong.killed_by],
        bool(seen.keys() & failed.keys()),
        fates,
    )


def cheats_of(course: Course) -> tuple[dict[str, Any], list[str]]:
    """What dishonest notebooks gained, and one sentence for each that gained something or did harm."""
    from autograder.cheats.entries import entries  # noqa: PLC0415 - only who asks for it needs them
    from autograder.cheats.matrix import run  # noqa: PLC0415
    from autograder.cheats.papers import Papers  # noqa: PLC0415

    chosen = entries()
    try:
        matrix = run(chosen, Papers(course, {entry.chapter for entry in chosen}))
    except OSError as error:
        return {}, [f"cheats: the notebooks cannot be tried ({error}); is another proof running?"]
    broken = [f"cheats: `{line.name}` gains {line.gained} points: it {line.tries}." for line in matrix.gained]
    broken += [
        f"cheats: the honest `{line.name}` gets {line.earned} points, not {line.deserves}."
        for line in matrix.misjudged
    ]
    broken += [f"cheats: `{line.name}` harms the grading of others or ends it." for line in matrix.stopped]
    broken += [f"cheats: the verdict on `{line.name}` shows {line.leaks[0]}." for line in matrix.leaking]
    broken += [f"cheats: {sentence}." for sentence in matrix.escaped]
    return matrix.data(), broken


def _write(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")
