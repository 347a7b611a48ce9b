"""What does a class of verdicts tell its teacher?

The report is plain data. :func:`autograder.analysis.pages.page` makes a page of it and
:mod:`autograder.analysis.dashboard` a notebook to look around in.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from autograder.analysis.findings import Beside, Exercise, Pupil, Report, Rule, Side, Told
from autograder.analysis.items import alpha, chance, difficulty, discrimination
from autograder.analysis.mistakes import UNTRIED, Mistake, mistakes, plain
from autograder.analysis.similarity import TOGETHER, Pair, compare, marks
from autograder.assignment import STUB, Assignment
from autograder.cells import Cell, region
from autograder.engine.verdict import KEPT, Said, Verdict

_SAID = 6  # different messages told of one rule
_SHOWN = 24  # pairs whose code is shown side by side
_CODE = 20_000  # characters of one answer that are shown
_READ = 200_000  # characters of one answer that are compared


def report(
    verdicts: Iterable[Verdict], assignment: Assignment, scores: Mapping[str, float] | None = None
) -> Report:
    """Puts together what a class tells its teacher.

    Args:
        verdicts: one for each student.
        assignment: the chapter.
        scores: for each student the total that counts, after corrections by hand and penalties; who is
            missing gets what the tests gave.
    """
    given = scores or {}
    class_ = sorted((one for one in verdicts if one.slug == assignment.slug), key=lambda one: one.student)
    pupils = tuple(_pupil(verdict, assignment, given) for verdict in class_)
    begun = [verdict for verdict, one in zip(class_, pupils, strict=True) if one.state == "graded"]
    cells = assignment.tests()
    rows = [[_points(verdict)[cell.name] for cell in cells] for verdict in begun]
    found = mistakes(begun, assignment.exercises)
    names = assignment.exercises
    codes = {name: {one.student: code(one, name) for one in _tried(begun, name)} for name in names}
    starters = {name: starter(assignment, name) for name in names}
    similarity = compare(codes, starters)
    return Report(
        slug=assignment.slug,
        title=assignment.title,
        most=sum(cell.points for cell in cells),
        pupils=pupils,
        exercises=tuple(_exercise(name, assignment, begun, pupils) for name in assignment.exercises),
        rules=tuple(_rule(cell, assignment, begun) for cell in cells),
        counted=len(begun),
        alpha=alpha(rows),
        chance=chance(len(begun)),
        mistakes=found,
        examples=tuple(codes[one.exercise].get(one.alike[0][0], "")[:_CODE] for one in found),
        similarity=similarity,
        beside=tuple(_beside(pair, codes, starters) for pair in similarity.pairs[:_SHOWN]),
        same_mistake=_same_mistake(similarity.pairs, found),
    )


def code(verdict: Verdict, exercise: str) -> str:
    """What a student wrote for an exercise: the solution cell and the student's own cells right behind it."""
    texts: list[str] = []
    inside = False
    for cell in verdict.cells:
        inside = cell.name == exercise or (inside and not cell.name)
        if inside and cell.kind == "code":
            texts.append(cell.source)
    return "\n".join(texts)[:_READ]


def starter(assignment: Assignment, exercise: str) -> str:
    """The code that everybody was given: the stub of the exercise, and the cells that nobody is to write."""
    stub = assignment.solution(exercise).source.split("\n")
    written = {number for number, _ in region("\n".join(stub), "SOLUTION")}
    lines = [
        line.replace("### BEGIN SOLUTION", STUB)
        for number, line in enumerate(stub, start=1)
        if number not in written and "### END SOLUTION" not in line
    ]
    given = [cell.source for cell in assignment.cells if cell.kind in ("code", "locked")]
    return "\n".join(["\n".join(lines), *given])


def _points(verdict: Verdict) -> dict[str, int]:
    return defaultdict(int, {said.name: said.points for said in verdict.questions})


def _tried(verdicts: Sequence[Verdict], exercise: str) -> list[Verdict]:
    """Who tried an exercise: some question of it was asked of the student's own code."""
    return [
        verdict
        for verdict in verdicts
        if any(said.exercise == exercise and said.outcome not in UNTRIED for said in verdict.questions)
    ]


def _pupil(verdict: Verdict, assignment: Assignment, scores: Mapping[str, float]) -> Pupil:
    begun = any(said.outcome not in UNTRIED for said in verdict.questions)
    state = "graded" if begun else "not begun"
    state = "refused" if verdict.refused else "failed" if verdict.failed else state
    return Pupil(
        verdict.student,
        state,
        verdict.points,
        float(scores.get(verdict.student, verdict.points)),
        {name: verdict.earned(name) for name in assignment.exercises},
        {said.name: (said.outcome, said.message) for said in verdict.questions if said.outcome != KEPT},
        verdict.repairs,
        verdict.refused or verdict.failed,
        verdict.cpu_seconds,
    )


def _exercise(
    name: str, assignment: Assignment, begun: Sequence[Verdict], pupils: Sequence[Pupil]
) -> Exercise:
    tried = [verdict.earned(name) for verdict in _tried(begun, name)]
    most = assignment.points(name)
    earned = Counter(tried)
    return Exercise(
        name, most, len(tried), tuple(earned[points] for points in range(most + 1)), difficulty(tried, most)
    )


def _rule(cell: Cell, assignment: Assignment, begun: Sequence[Verdict]) -> Rule:
    number = [test.name for test in assignment.tests(cell.exercise)].index(cell.name) + 1
    tried = _tried(begun, cell.exercise)
    marks_ = [_points(verdict)[cell.name] for verdict in tried]
    asked = [(one, said) for one in tried for said in one.questions if said.name == cell.name]
    against = discrimination(marks_, [verdict.points for verdict in tried])
    chance_ = chance(len(tried))
    doubt = ""
    if against.value is not None and against.value < 0:
        doubt = "negative" if chance_ is not None and against.value < -chance_ else "perhaps negative"
    seconds = [said.cpu_seconds for _, said in asked]
    return Rule(
        name=cell.name,
        label=f"{cell.exercise} {number}",
        exercise=cell.exercise,
        rule=cell.rule,
        most=cell.points,
        tried=len(tried),
        kept=sum(mark == cell.points for mark in marks_),
        difficulty=difficulty(marks_, cell.points),
        discrimination=against,
        doubt=doubt,
        outcomes=dict(Counter(said.outcome for _, said in asked if said.outcome != KEPT).most_common()),
        messages=_told(asked),
        seconds=(statistics.median(seconds), max(seconds), sum(seconds)) if seconds else (0.0, 0.0, 0.0),
        slowest=max(asked, key=lambda one: one[1].cpu_seconds)[0].student if seconds else "",
        flaky=tuple(one.student for one, said in asked if said.flaky),
    )


def _told(asked: Iterable[tuple[Verdict, Said]]) -> tuple[Told, ...]:
    """The most common messages of a rule with their students."""
    said_to: dict[str, list[str]] = defaultdict(list)
    for verdict, said in asked:
        if said.outcome != KEPT and said.outcome not in UNTRIED:
            said_to[plain(said.message) or said.outcome].append(verdict.student)
    most = sorted(said_to.items(), key=lambda one: (-len(one[1]), one[0]))
    return tuple(Told(message, tuple(students)) for message, students in most[:_SAID])


def _beside(pair: Pair, codes: Mapping[str, Mapping[str, str]], starters: Mapping[str, str]) -> Beside:
    """The best match of a single exercise; if only the whole is alike, all answers in a row."""
    best = next((match.exercise for match in pair.matches if match.exercise != TOGETHER), TOGETHER)
    names = list(codes) if best == TOGETHER else [best]
    left, right = (
        "\n\n".join(codes[name].get(student, "") for name in names)[:_CODE]
        for student in (pair.first, pair.second)
    )
    given = "\n".join(starters[name] for name in names)
    return Beside(
        pair.first,
        pair.second,
        best,
        Side(left, marks(left, right, given)),
        Side(right, marks(right, left, given)),
    )


def _same_mistake(pairs: Iterable[Pair], found: Iterable[Mistake]) -> tuple[tuple[str, str], ...]:
    """Pairs who are alike in an exercise and wrong there in the same way."""
    made = {(student, one.exercise): one for one in found for student in one.students}
    return tuple(
        (pair.first, pair.second)
        for pair in pairs
        if any(
            (mine := made.get((pair.first, match.exercise))) is not None
            and mine is made.get((pair.second, match.exercise))
            for match in pair.matches
        )
    )
