"""What do the tests of a chapter promise, and which promise is broken?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from autograder.assignment import Assignment
from autograder.engine.verdict import Said, Verdict
from autograder.execute import NOT_REACHED, Outcome
from autograder.judged import AGAIN, GRADING, REJECTED, STUB
from autograder.mutants import Mutants, Wrong
from autograder.tryout import REFERENCE, Verdicts

HASH_SEEDS = (0, 1, 12345)
SEEDS = 1000
"""How many seeds the reference has to stand once."""

SLOW_SHARE = 0.3
"""The part of its time that a question may take on the reference."""

THOUSAND = f"reference over {SEEDS} seeds"
_DOUBTS = ("with each node on a machine of its own", "it holds only because your code changed")


def broken_promises(assignment: Assignment, mutants: Mutants, verdicts: Verdicts) -> list[str]:
    """One sentence for each answer whose verdict is not the promised one."""
    right = {f"The right answer `{one.name}`": one.name for one in mutants.right}
    whole = {"The reference": REFERENCE, f"The {THOUSAND}": THOUSAND} | right
    broken = [
        f"{what} fails the cell {outcome.name}: {outcome.error}: {first_line(outcome.message)}"
        for what, name in whole.items()
        for outcome in verdicts.get(name, [])
        if not outcome.ok
    ]
    tests = {test.name for test in assignment.tests()}
    for outcome in verdicts.get(STUB, []):
        if outcome.name in tests and outcome.ok:
            broken.append(f"The stub passes the test {outcome.name}; doing nothing earns its points.")
    for one in mutants.wrong:
        if one.name in verdicts and (complaint := _not_killed(one, verdicts[one.name])):
            broken.append(f"The wrong answer `{one.name}` {complaint} the test {one.killed_by}.")
    return broken


def _not_killed(wrong: Wrong, outcomes: Sequence[Outcome]) -> str:
    """What its test did to a wrong answer instead of rejecting it with a message."""
    outcome = next((one for one in outcomes if one.name == wrong.killed_by), outcomes[0])
    if outcome.ok:
        return "survives"
    if outcome.error != REJECTED:
        said = first_line(outcome.message)
        return f"ends with {outcome.error} ({said}) instead of a failed assertion in"
    return "" if outcome.message else "is rejected without a message by"


def shown_promises(assignment: Assignment, mutants: Mutants, verdicts: Verdicts) -> Iterator[str]:
    """One sentence for each part of a test that tells students something false."""
    tests = {test.name: test for test in assignment.tests()}
    for name in (REFERENCE, *(one.name for one in mutants.right)):
        for outcome in verdicts.get(name, []):
            if outcome.name in tests and not outcome.ok:
                said = f"{outcome.error}: {first_line(outcome.message)}"
                yield f"What students see of the test {outcome.name} refuses `{name}`: {said}"
    for outcome in verdicts.get(STUB, []):
        if outcome.name in tests and outcome.ok and tests[outcome.name].hidden_lines:
            yield f"The stub passes all that students see of the test {outcome.name}."


def differences(runs: Sequence[Verdicts]) -> Iterator[str]:
    """One sentence for each answer whose failing cells depend on the hash seed."""
    for seed, verdicts in zip(HASH_SEEDS, runs, strict=True):
        for name, outcomes in verdicts.items():
            if [one.error for one in outcomes] != [one.error for one in runs[0].get(name, [])]:
                yield (
                    f"The verdict on `{name}` differs between PYTHONHASHSEED={HASH_SEEDS[0]} and {seed}; "
                    "something goes through a set in its own order."
                )


def unsteady(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """One sentence for each question that the same answer does not always answer alike."""
    by_name = {verdict.student: verdict for verdict in verdicts}
    for verdict in by_name.values():
        for said in verdict.questions:
            if said.flaky:
                yield _differs(verdict.student, said.name)
    pair = [by_name[name].questions for name in (REFERENCE, AGAIN) if name in by_name]
    for first, second in zip(*pair, strict=True) if len(pair) == 2 else ():
        if (first.outcome, first.message) != (second.outcome, second.message):
            yield _differs(REFERENCE, first.name)


def _differs(name: str, test: str) -> str:
    return f"Graded twice, `{name}` gets two verdicts on the test {test}; take chance from the seed alone."


def disagreements(alone: Verdicts, graded: Verdicts, wrong: Collection[str] = ()) -> Iterator[str]:
    """One sentence for each cell on which a student's notebook says something else than the grader.

    Args:
        alone: what each answer does in one process.
        graded: and in grading.
        wrong: names of wrong answers. Grading doubts what passes and asks again in ways that only a wrong
            answer notices; it may find one that a notebook cannot.
    """
    for name, outcomes in graded.items():
        here = {outcome.name: outcome for outcome in alone.get(name, [])}
        for outcome in outcomes:
            other = here.get(outcome.name)
            if not other or other.error == NOT_REACHED or _kind(other) == _kind(outcome):
                continue
            # A sweep takes an unsolved exercise for a failure; grading looks at the cell itself.
            unsolved = outcome.error == "unsolved" and not other.ok
            doubted = name in wrong and other.ok and outcome.message.startswith(_DOUBTS)
            if not unsolved and not doubted:
                yield (
                    f"On `{name}` the cell {outcome.name} {_kind(other)} in a student's notebook and "
                    f"{_kind(outcome)} in grading: {first_line(outcome.message or other.message)}"
                )


def _kind(outcome: Outcome) -> str:
    if outcome.ok:
        return "passes"
    return "fails" if outcome.error == REJECTED else "ends early"


def idle_tests(assignment: Assignment, mutants: Mutants, graded: Verdicts) -> Iterator[str]:
    """One sentence for each test that no wrong answer fails, so that nobody knows what it is good for."""
    failed = {one.name for wrong in mutants.wrong for one in graded[wrong.name] if one.error == REJECTED}
    for test in assignment.tests():
        if test.name not in failed:
            yield f"No listed wrong answer fails the test {test.name}; list one."


def slow(questions: Iterable[Said]) -> Iterator[str]:
    """One sentence for each test that is slow on the reference."""
    for said in questions:
        if said.cpu_seconds > SLOW_SHARE * GRADING.question_seconds:
            yield (
                f"The test {said.name} takes {said.cpu_seconds:.1f} s on the reference; a student may take "
                f"{GRADING.question_seconds:g} s, so a slower but right answer runs out of time."
            )


def first_line(text: str) -> str:
    """What stands first in a message."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
