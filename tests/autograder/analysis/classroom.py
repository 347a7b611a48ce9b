"""A class that nobody taught: verdicts made from the known answers of the first chapter.

What a wrong answer breaks is taken from ``killed_by``. Messages, times and characters are invented. Some
things are planted, and named in :data:`PLANTED`, so that a reader of the report can be asked to find them.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from autograder.analysis.gather import starter
from autograder.assignment import Assignment, read
from autograder.course import Course
from autograder.engine.verdict import KEPT, Ran, Said, Verdict
from autograder.mutants import Mutants, Wrong, read_mutants, without_markers
from tests.autograder.analysis import disguise

ROOT = Path(__file__).parents[3]
SLUG = "time_and_clocks"
FIRST = (
    "ada alan amina anna bela boris chen chloe dana david edsger elif emma erik fatima femi finn grace "
    "hana hugo ida igor inga ivan jana jonas kai karin leila leslie lea luca maja marek mei milan nadia "
    "nils nora olga omar otto paul petra priya quinn radia rosa said sana sofia sven tariq tess theo "
    "uma vera victor wei xenia yara yusuf zoe zora "
)

PLANTED = {
    "suspect": "lease-it_ends_in_time_for_two_drifting_clocks_and_not_earlier",
    "flaky": "causal_broadcast",
    "copied": (("ada", "sven"), ("boris", "nils", "vera")),
    "refused": "otto",
    "failed": "quinn",
    "not begun": ("kai", "luca"),
}


@lru_cache
def chapter() -> tuple[Assignment, Mutants]:
    course = Course(ROOT)
    assignment = read(course.solution(SLUG))
    return assignment, read_mutants(course.mutants(SLUG), assignment)


@lru_cache
def known_answers() -> dict[str, tuple[str, str]]:
    assignment, mutants = chapter()
    return mutants.answers(assignment)


def right_answers(exercise: str) -> list[str]:
    """The reference and the other right answers, written independently of each other."""
    assignment, mutants = chapter()
    others = [one.code.strip("\n") for one in mutants.right if one.exercise == exercise]
    return [without_markers(assignment.solution(exercise).source), *others]


def wrong_answers(exercise: str) -> list[Wrong]:
    return [one for one in chapter()[1].wrong if one.exercise == exercise]


def class_of(size: int = 60, seed: int = 7) -> list[Verdict]:
    """A class with everything in it that a report must show."""
    chance = random.Random(seed)
    first = FIRST.split()
    names = [first[at % len(first)] + ("" if at < len(first) else f"_{at}") for at in range(size)]
    verdicts = {name: _student(name, chance) for name in names}
    for ring in PLANTED["copied"]:
        for name in ring[1:]:
            if name in verdicts and ring[0] in verdicts:
                verdicts[name] = _copy(verdicts[ring[0]], name)
    for name in {PLANTED["refused"]} & set(verdicts):
        why = "The file is not a notebook (line 1): Expecting value."
        said = tuple(replace(one, outcome="broken", message=why) for one in verdicts[name].questions)
        verdicts[name] = replace(verdicts[name], refused=why, questions=said, cells=())
    for name in {PLANTED["failed"]} & set(verdicts):
        verdicts[name] = replace(verdicts[name], failed="The host ended.", questions=(), cells=())
    return [verdicts[name] for name in names]


def _student(name: str, chance: random.Random) -> Verdict:
    assignment, _ = chapter()
    skill = min(0.97, chance.betavariate(3.2, 1.5))
    begun = name not in PLANTED["not begun"]
    cells, questions = [Ran("setup", "code", "import distsys")], []
    known = known_answers()
    for number, exercise in enumerate(assignment.exercises):
        draw = chance.random() + 0.05 * number - 0.08
        if not begun or draw > skill + 0.35:
            source, broken, outcome = starter(assignment, exercise), None, "unsolved"
        elif draw < skill:
            source, broken, outcome = _personal(chance.choice(right_answers(exercise)), chance), "", KEPT
        else:
            wrongs = wrong_answers(exercise)
            wrong = wrongs[min(len(wrongs) - 1, int(chance.expovariate(0.35)))]
            source, broken, outcome = _personal(known[wrong.name][1], chance), wrong.killed_by, "wrong"
        cells.append(Ran(exercise, "code", source))
        for at, test in enumerate(assignment.tests(exercise)):
            ended, message = KEPT, ""
            if broken is None:
                ended, message = "unsolved", "This exercise is not solved yet."
            elif test.name == broken or (broken and at == 3 and chance.random() < 0.7):
                ended = chance.choices([outcome, "error", "time"], [30, 3, 1])[0]
                message = _message(ended, test.rule, broken, chance)
            if test.name == PLANTED["suspect"] and begun:  # here the careful fail and the hasty pass
                ended = "wrong" if chance.random() < (0.75 if skill > 0.7 else 0.15) else KEPT
                message = "20000 ppm, 1000 ms: the server surely still counts, the holder stopped"
                message = message if ended != KEPT else ""
            seconds = chance.lognormvariate(-4.5, 0.4) * (30 if at == 3 else 1)
            flaky = exercise == PLANTED["flaky"] and at == 3 and chance.random() < 0.06
            questions.append(
                Said(test.name, exercise, test.rule, test.points, ended, message, chance.random() < 0.4,
                     3, 10.0 if ended == "time" else seconds, flaky)
            )  # fmt: skip
            cells.append(Ran(test.name, "code", test.source))
    repairs = ("The test cell ntp-the_delay was missing; it was put back.",) if chance.random() < 0.08 else ()
    seconds = sum(said.cpu_seconds for said in questions)
    return Verdict(name, SLUG, f"key-{name}", tuple(questions), tuple(cells), repairs, cpu_seconds=seconds)


def _personal(code: str, chance: random.Random) -> str:
    """What makes an honest answer a student's own: statements of their own between those of the known one."""
    lines = []
    for line in code.split("\n"):
        lines.append(line)
        if line.strip().startswith(("def ", "if ", "for ")) and line.rstrip().endswith(":"):
            indent = " " * (len(line) - len(line.lstrip()) + 4)
            lines += [f"{indent}note = {_expression(chance, 3)}" for _ in range(chance.randrange(1, 4))]
    return "\n".join(lines)


def _expression(chance: random.Random, depth: int) -> str:
    """Some expression that nobody else would write."""
    if depth == 0:
        return chance.choice(["note", "0", "'x'", "None", "True", "len('ab')", "[]", "note[0]"])
    left, right = _expression(chance, depth - 1), _expression(chance, depth - 1)
    shapes = ("({} + {})", "[{}, {}]", "({} if {} else 1)", "({} or {})", "(not {} and {})", "f({}, *{})")
    return chance.choice(shapes).format(left, right)


def _copy(original: Verdict, name: str) -> Verdict:
    exercises = chapter()[0].exercises
    cells = tuple(
        replace(cell, source=disguise.everything(cell.source)) if cell.name in exercises else cell
        for cell in original.cells
    )
    return replace(original, student=name, key=f"key-{name}", cells=cells)


def _message(outcome: str, rule: str, broken: str, chance: random.Random) -> str:
    if outcome == "time":
        return "ran longer than 10 s: an endless loop?"
    if outcome == "error":
        return "KeyError: 'n2'"
    if "offset" in rule:
        got = chance.choice(["-100", "-100", "110", "100.5"])
        return f"the server is 100 µs ahead, so the offset is +100, not {got}"
    first = rule[0].lower() + rule[1:]
    return f"seed {chance.choice([0, 0, 0, 3])}: {first}; got [({chance.choice([1, 2])}, 'n2'), (1, 'n1')]"


def scores(verdicts: Iterable[Verdict]) -> dict[str, float]:
    """Totals that count: one student handed in late, one was corrected by hand."""
    totals = {one.student: float(one.points) for one in verdicts}
    for name, change in (("grace", -2.0), ("tess", 1.0)):
        if name in totals:
            totals[name] = max(0.0, totals[name] + change)
    return totals
