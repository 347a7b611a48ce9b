"""Questions: what does a quiz ask, which answers does it foresee, and what does it claim of them?"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import yaml

LINE = "line of the mapping"  # no key of YAML that a writer would use


class QuizError(ValueError):
    """A quiz that cannot be shown; ``line`` counts from 0 in the body of the directive."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Question:
    """What every quiz has.

    Attributes:
        question: the question, in Markdown.
        check: code to run before the expressions of the quiz.
        line: where the quiz begins in the body of the directive.
    """

    question: str
    check: str
    line: int


@dataclass(frozen=True)
class Choice:
    """One of several answers: its text, why it is right or not, and an expression that is true if it is."""

    text: str
    why: str
    right: bool
    holds: str
    line: int


@dataclass(frozen=True)
class Choices(Question):
    """Choose one answer, or tick ``several``."""

    choices: tuple[Choice, ...]
    several: bool


@dataclass(frozen=True)
class Value:
    """A number that a reader may type, why it is right or not, and an expression that computes it.

    If it is wrong, the expression makes the mistake: nobody has to believe that the mistake leads there.
    """

    answer: float
    why: str
    computes: str
    line: int


@dataclass(frozen=True)
class Number(Question):
    """Type a number.

    Attributes:
        right: the answer.
        wrong: likely mistakes.
        otherwise: what any other number is told.
        tolerance: how far off an answer may be, either way.
        unit: of the number; readers may type it or not.
    """

    right: Value
    wrong: tuple[Value, ...]
    otherwise: str
    tolerance: float
    unit: str


@dataclass(frozen=True)
class Item:
    """Something to put in order: its text, why it comes after the one before, an expression for its place."""

    text: str
    why: str
    at: str
    line: int


@dataclass(frozen=True)
class Order(Question):
    """Put the items in order; they are listed in the right one. ``why`` is for those who did."""

    items: tuple[Item, ...]
    why: str


@dataclass(frozen=True)
class Remark:
    """What is said of the messages of a picture that contain some ``words``."""

    words: str
    why: str

    def fits(self, message: str) -> bool:
        """Whether a message contains the words; white space does not count."""
        return " ".join(self.words.split()) in " ".join(message.split())


@dataclass(frozen=True)
class Message(Question):
    """Find one message in a space-time diagram.

    Attributes:
        picture: the name of its figure; it stands above the quiz on the same page.
        trace: an expression for what the picture shows.
        right: the words of the right message.
        holds: an expression that is true of the right ``record`` of the trace alone.
        wrong: what is said of the other messages; of the first remark that fits.
    """

    picture: str
    trace: str
    right: Remark
    holds: str
    wrong: tuple[Remark, ...]

    def judge(self, messages: list[str]) -> list[tuple[bool, str]]:
        """Say of each message of the picture whether it is the right one, and why.

        Raises:
            QuizError: if not exactly one is, or if nothing is said of some message.
        """
        fitting = sum(map(self.right.fits, messages))
        if fitting != 1:
            raise QuizError(
                f"`right` must fit one message of {self.picture}, but it fits {fitting} of {len(messages)}.",
                self.line,
            )
        told = []
        for message in messages:
            remark = next((each for each in (self.right, *self.wrong) if each.fits(message)), None)
            if remark is None:
                raise QuizError(f"Nothing in `wrong` fits the message “{message}”.", self.line)
            told.append((remark is self.right, remark.why))
        return told


class _Loader(yaml.SafeLoader):
    """Remembers the line of each mapping and refuses a key that is there twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            raise QuizError("The same key is there twice.", node.start_mark.line)
        mapping[LINE] = node.start_mark.line
        return mapping


class _Fields:
    """A mapping of the body, read key by key; whatever nobody reads is a mistake of the writer."""

    def __init__(self, data: Any, name: str, line: int = 0) -> None:
        if not isinstance(data, dict):
            raise QuizError(f"{name} is a mapping of keys and values; here is none.", line)
        self.name, self.data, self.line = name, dict(data), data[LINE]
        self.known: list[str] = []
        del self.data[LINE]

    def take(self, key: str, default: Any = None) -> Any:
        self.known.append(key)
        if key not in self.data and default is None:
            raise QuizError(f"{self.name} needs the key {key!r}.", self.line)
        return self.data.pop(key, default)

    def words(self, key: str, default: str | None = None) -> str:
        words = self.take(key, default)
        if not isinstance(words, str) or not (words.strip() or words == default):
            raise QuizError(f"`{key}` must be words; put a number or a yes in quotes.", self.line)
        return words

    def flag(self, key: str) -> bool:
        flag = self.take(key, False)
        if not isinstance(flag, bool):
            raise QuizError(f"`{key}` must be true or false.", self.line)
        return flag

    def number(self, key: str, default: float | None = None) -> float:
        number = self.take(key, default)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise QuizError(f"`{key}` must be a number, without its unit.", self.line)
        return number

    def expression(self, key: str) -> str:
        """Python that computes something: a constant would check nothing."""
        code = self.words(key).strip()
        names = [node for node in ast.walk(self._parsed(key, code, "eval")) if isinstance(node, ast.Name)]
        if not names:
            raise QuizError(f"`{key}` is a constant, so it checks nothing; compute it.", self.line)
        return code

    def code(self, key: str) -> str:
        code = self.words(key, "")
        self._parsed(key, code, "exec")
        return code

    def _parsed(self, key: str, code: str, mode: str) -> ast.AST:
        try:
            return ast.parse(code, mode=mode)
        except SyntaxError as error:
            raise QuizError(f"`{key}` is not Python: {error.msg}.", self.line) from error

    def each(self, key: str, name: str, least: int) -> list[_Fields]:
        entries = self.take(key, [] if not least else None)
        if not isinstance(entries, list) or len(entries) < least:
            raise QuizError(f"`{key}` must be a list of at least {least}.", self.line)
        return [_Fields(entry, name, self.line) for entry in entries]

    def end(self) -> None:
        if self.data:
            wrong, known = ", ".join(sorted(map(repr, self.data))), ", ".join(self.known)
            raise QuizError(f"{self.name} has no key {wrong}; it has {known}.", self.line)


def read_quiz(body: str) -> Question:
    """Read the YAML body of a quiz.

    Raises:
        QuizError: if it is no quiz, or lacks feedback, or claims what cannot be.
    """
    try:
        data = yaml.load(body, _Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        raise QuizError(f"This is not YAML: {error.problem}.", line) from error
    fields = _Fields(data, "A quiz")
    kind = fields.words("kind", "choice")
    if kind not in KINDS:
        raise QuizError(f"There is no kind {kind!r}; there are {', '.join(KINDS)}.", fields.line)
    fields.name = f"A quiz of the kind {kind}"
    common = (fields.words("question"), fields.code("check"), fields.line)
    return KINDS[kind](fields, common)


def _read_choice(fields: _Fields, common: tuple[str, str, int]) -> Choices:
    return _read_choices(fields, common, False)


def _read_several(fields: _Fields, common: tuple[str, str, int]) -> Choices:
    return _read_choices(fields, common, True)


def _read_choices(fields: _Fields, common: tuple[str, str, int], several: bool) -> Choices:
    choices = []
    for entry in fields.each("choices", "A choice", 2):
        text, why = entry.words("text"), entry.words("why")
        choices.append(Choice(text, why, entry.flag("right"), entry.expression("holds"), entry.line))
        entry.end()
    fields.end()
    right = sum(choice.right for choice in choices)
    if several and right < 2:
        raise QuizError(f"`kind: several` needs at least two right choices, here are {right}.", fields.line)
    if not several and right != 1:
        raise QuizError(f"One choice must have `right: true`, here are {right}.", fields.line)
    return Choices(*common, tuple(choices), several)


def _read_number(fields: _Fields, common: tuple[str, str, int]) -> Number:
    def value(entry: _Fields) -> Value:
        return Value(entry.number("answer"), entry.words("why"), entry.expression("computes"), entry.line)

    right, wrong = value(fields), []
    for entry in fields.each("wrong", "A wrong number", 1):
        wrong.append(value(entry))
        entry.end()
    tolerance = fields.number("tolerance")
    number = Number(
        *common, right, tuple(wrong), fields.words("otherwise"), tolerance, fields.words("unit", "")
    )
    fields.end()
    if tolerance < 0:
        raise QuizError("`tolerance` must not be negative.", fields.line)
    for one, other in combinations((right, *wrong), 2):
        if abs(one.answer - other.answer) <= 2 * tolerance:
            raise QuizError(
                f"The tolerance of {tolerance:g} mixes up the answers {one.answer:g} and {other.answer:g}.",
                other.line,
            )
    return number


def _read_order(fields: _Fields, common: tuple[str, str, int]) -> Order:
    items = []
    for place, entry in enumerate(fields.each("items", "An item", 3)):
        why = entry.words("why") if place else ""  # the first one comes after nothing
        items.append(Item(entry.words("text"), why, entry.expression("at"), entry.line))
        entry.end()
    order = Order(*common, tuple(items), fields.words("why"))
    fields.end()
    return order


def _read_message(fields: _Fields, common: tuple[str, str, int]) -> Message:
    wrong = []
    for entry in fields.each("wrong", "A remark", 1):
        wrong.append(Remark(entry.words("words"), entry.words("why")))
        entry.end()
    right = Remark(fields.words("right"), fields.words("why"))
    picture, trace = fields.words("picture"), fields.expression("trace")
    message = Message(*common, picture, trace, right, fields.expression("holds"), tuple(wrong))
    fields.end()
    return message


KINDS = {
    "choice": _read_choice,
    "several": _read_several,
    "number": _read_number,
    "order": _read_order,
    "message": _read_message,
}
