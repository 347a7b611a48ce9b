"""The feedback page of one submission: which rules hold, what happened where one does not, what that earns.

The page is one file. It needs no script and asks nobody for anything; its first line tells the browser to
refuse both. Whatever comes from the student is text, never markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from autograder.assignment import Assignment
from autograder.cells import Cell
from autograder.engine.verdict import KEPT, Ran, Said, Verdict
from autograder.feedback.code import numbered
from autograder.feedback.picture import picture
from autograder.plain import plain
from autograder.reasons import WORDS, seen
from autograder.records.late import Late

_HERE = Path(__file__).parent
_MOST_PRINTED = 4_000
_MOST_CELLS = 30
_HEADING = re.compile(r"^#{2,4}\s+(?:\d+\s*[·.:]\s*)?(.+?)\s*(?:\(\d+ points?\))?\s*$", re.MULTILINE)
_WHOLE = ("unsolved", "broken")  # outcomes that tell of the exercise and not of a rule


@dataclass
class _Rule:
    """One line of the page: a rule, and whether it holds."""

    text: str
    sign: str
    points: float
    most: int
    words: str = ""
    where: str = ""
    hint: str = ""
    by_hand: str = ""
    picture: Markup = field(default_factory=Markup)


@dataclass
class _Exercise:
    """One section of the page."""

    name: str
    title: str
    points: float
    most: int
    rules: list[_Rule]
    cells: list[Ran]
    whole: str = ""
    comment: str = ""

    @property
    def kept(self) -> int:
        return sum(rule.sign == KEPT for rule in self.rules)


def page(
    verdict: Verdict,
    assignment: Assignment,
    *,
    scores: Mapping[str, float] | None = None,
    late: Late | None = None,
    comments: Mapping[str, str] | None = None,
) -> str:
    """The feedback page of one submission, as HTML.

    Args:
        verdict: what the engine found.
        assignment: the source, which knows titles, rules, points and hints.
        scores: points for each test cell after corrections by hand; the verdict's where one is missing.
        late: how late it was; nothing is taken off without it.
        comments: what the teacher wrote, for each solution cell; under ``""`` what is for the whole notebook.
    """
    scores, comments, late = scores or {}, comments or {}, late or Late()
    own = _own_cells(verdict, assignment)
    exercises = [_exercise(name, verdict, assignment, scores, comments, own) for name in assignment.exercises]
    points = sum(exercise.points for exercise in exercises)
    penalty = late.penalty(points)
    return _template().render(
        title=assignment.title,
        verdict=verdict,
        refused=verdict.refused.replace("; ask for it again.", "."),  # what the teacher has to do
        exercises=exercises,
        before=own[""],
        comment=comments.get("", ""),
        late=late.reason,
        penalty=penalty,
        points=max(0.0, points - penalty),
        most=sum(exercise.most for exercise in exercises),
        hides=any(cell.hidden_lines for cell in assignment.tests()),
    )


def _exercise(
    name: str,
    verdict: Verdict,
    assignment: Assignment,
    scores: Mapping[str, float],
    comments: Mapping[str, str],
    own: Mapping[str, list[Ran]],
) -> _Exercise:
    text, title = _statement(assignment, name)
    found = {said.name: said for said in verdict.questions}
    rules: list[_Rule] = []
    told: set[tuple[str, str]] = set()
    for number, test in enumerate(assignment.tests(name)):
        said = found.get(test.name) or Said(test.name, name, test.rule, test.points, "broken")
        rule = _rule(test, said, scores.get(test.name), "<summary>Hint" in text)
        if said.shown and said.outcome != KEPT and not said.hidden:
            rule.picture = picture(said.shown, f"{name}-{number}")
        if rule.words and (rule.words, rule.hint) in told:
            rule.words, rule.hint = "As above.", ""
        told.add((rule.words, rule.hint))
        rules.append(rule)
    whole = ""
    causes = {said.message for said in verdict.questions if said.exercise == name and said.outcome in _WHOLE}
    if len(causes) == 1 and all(rule.sign != KEPT for rule in rules):
        whole = _sentence(causes.pop() or WORDS["broken"])
    return _Exercise(
        name,
        title,
        sum(rule.points for rule in rules),
        assignment.points(name),
        rules,
        own[name],
        whole,
        comments.get(name, ""),
    )


def _rule(test: Cell, said: Said, score: float | None, has_hints: bool) -> _Rule:
    """What the page says of one rule."""
    rule = _Rule(test.rule, KEPT, said.points if score is None else score, test.points)
    if score is not None and score != said.points:
        rule.by_hand = f"Corrected by hand: {score:g} instead of {said.points:g}."
    if said.outcome == KEPT:
        return rule
    rule.sign = "unchecked" if said.outcome in _WHOLE else "broken"
    if said.outcome in _WHOLE:
        return rule
    rule.words = _sentence(seen(said))
    if said.hidden:
        rule.hint = test.hint or (
            "The hints of the exercise tell where to look."
            if has_hints
            else "Try what the checks that you see leave out: none, one, many, equal ones, very large ones."
        )
    elif said.line and said.outcome in ("wrong", "error"):
        rule.where = f"Line {_visible_line(test, said.line)} of its check."
    return rule


def _sentence(words: str) -> str:
    """Words with a capital letter in front and a full stop at the end."""
    first = words[:1].upper() if re.match(r"[a-z][a-z]*\b[^(.=]", words) else words[:1]
    return first + words[1:] + ("" if words.endswith((".", "?", "…")) else ".")


def _visible_line(test: Cell, line: int) -> int:
    """The number of a line in the student's copy, from which the hidden ones are missing."""
    gone = {number + shift for number in test.hidden_lines for shift in (-1, 0, 1)}  # with the two markers
    return line - sum(number < line for number in gone)


def _statement(assignment: Assignment, exercise: str) -> tuple[str, str]:
    """The text above a solution cell, and its heading; the name of the exercise if it has none."""
    text = ""
    for cell in assignment.cells:
        if cell.kind == "solution" and cell.name == exercise:
            break
        text = f"{text}\n{cell.source}" if cell.kind == "text" else "" if cell.kind == "test" else text
    headings = _HEADING.findall(text)
    return text, re.sub(r"[*_`]", "", headings[-1]) if headings else exercise


def _own_cells(verdict: Verdict, assignment: Assignment) -> dict[str, list[Ran]]:
    """The code that students wrote, for each exercise; under ``""`` what stands above the first."""
    given = {cell.source.strip() for cell in assignment.cells if cell.kind != "solution"}
    own: dict[str, list[Ran]] = {name: [] for name in ("", *assignment.exercises)}
    here, shown = "", 0
    for cell in verdict.cells:
        here = cell.name if cell.name in assignment.exercises else here
        theirs = cell.name in own if cell.name else cell.source.strip() not in given | {""}
        said = cell.printed.strip() or cell.error
        if cell.kind == "code" and (theirs or (said and not cell.name)) and shown < _MOST_CELLS:
            own[here].append(cell)
            shown += 1
    return own


def _cut(text: str) -> str:
    """The beginning of what was printed."""
    text = text.strip("\n")
    more = len(text) - _MOST_PRINTED
    return f"{text[:_MOST_PRINTED]}\n… {more:,} more characters" if more > 0 else text


def _shown(value: Any) -> Any:
    """What an expression of the template becomes: numbers are short, text is plain."""
    if isinstance(value, float):
        return f"{value:.10g}"
    return plain(value) if type(value) is str else value


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"numbered": numbered, "cut": _cut}
    return environment


@cache
def _template() -> jinja2.Template:
    return _environment().get_template("page.html")
