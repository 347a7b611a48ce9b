"""Quizzes: one question, answers that open, and for each answer the reason why it is right or not.

A quiz is plain ``<details>`` elements, so it works without scripts, without a network and by keyboard::

    ```{quiz} label
    question: Which clock may step back?
    choices:
      - text: the wall clock
        right: true
        why: Somebody sets it, or NTP does.
      - text: the monotonic clock
        why: It counts from a moment nobody knows, and only upwards.
    ```

``several: true`` says that more than one choice is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

LINE = "line of the mapping"  # no key of YAML that a writer would use


class QuizError(ValueError):
    """A quiz that cannot be shown; ``line`` counts from 0 in the body of the directive."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Choice:
    """One answer and the reason why it is right or not."""

    text: str
    why: str
    right: bool


@dataclass(frozen=True)
class Quiz:
    """One question with its answers."""

    question: str
    choices: tuple[Choice, ...]
    several: bool


class _Loader(yaml.SafeLoader):
    """Remembers the line of each mapping and refuses a key that is there twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            raise QuizError("The same key is there twice.", node.start_mark.line)
        mapping[LINE] = node.start_mark.line
        return mapping


def read_quiz(body: str) -> Quiz:
    """Read the YAML body of a quiz.

    Raises:
        QuizError: if it is no quiz that has the right answers it claims to have.
    """
    try:
        data = yaml.load(body, _Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        raise QuizError(f"This is not YAML: {error.problem}.", line) from error
    _check_keys(data, "A quiz", ["question", "choices"], "several")
    if not isinstance(data["choices"], list) or len(data["choices"]) < 2:
        raise QuizError("A quiz needs a list of at least two choices.", data[LINE])
    for choice in data["choices"]:
        _check_keys(choice, "A choice", ["text", "why"], "right")
    quiz = Quiz(
        question=_words(data, "question"),
        choices=tuple(
            Choice(_words(choice, "text"), _words(choice, "why"), _flag(choice, "right"))
            for choice in data["choices"]
        ),
        several=_flag(data, "several"),
    )
    right = sum(choice.right for choice in quiz.choices)
    if quiz.several and right < 2:
        raise QuizError(f"`several: true` needs at least two right choices, here are {right}.", data[LINE])
    if not quiz.several and right != 1:
        raise QuizError(f"One choice must have `right: true`, here are {right}.", data[LINE])
    return quiz


def _check_keys(data: Any, name: str, needed: list[str], optional: str) -> None:
    if not isinstance(data, dict):
        raise QuizError(f"{name} is a mapping with {' and '.join(needed)}; here is none.")
    keys = set(data) - {LINE}
    if unknown := keys - {*needed, optional}:
        wrong, known = ", ".join(sorted(map(repr, unknown))), ", ".join([*needed, optional])
        raise QuizError(f"{name} has no key {wrong}; it has {known}.", data[LINE])
    for key in needed:
        if key not in keys:
            raise QuizError(f"{name} needs the key {key!r}.", data[LINE])


def _words(data: dict[Any, Any], key: str) -> str:
    words = data[key]
    if not isinstance(words, str) or not words.strip():
        raise QuizError(f"`{key}` must be words; put a number or a yes in quotes.", data[LINE])
    return words


def _flag(data: dict[Any, Any], key: str) -> bool:
    value = data.get(key, False)
    if not isinstance(value, bool):
        raise QuizError(f"`{key}` must be true or false.", data[LINE])
    return value


class element(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes so
    """An HTML element without a docutils node of its own: ``tag`` and its ``attributes``."""


def _open(writer: Any, node: element) -> None:
    writer.body.append(writer.starttag(node, node["tag"], **node.get("attributes", {})))


def _close(writer: Any, node: element) -> None:
    writer.body.append(f"</{node['tag']}>\n")


class QuizDirective(SphinxDirective):
    """The directive ``{quiz}``; its argument is a label that is unique in the page."""

    required_arguments: ClassVar[int] = 1
    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """Turn the body into a group of answers that open."""
        try:
            quiz = read_quiz("\n".join(self.content))
        except QuizError as error:
            line = self.lineno + self.content_offset + error.line + 1
            return [self.state.document.reporter.error(f"Quiz {self.arguments[0]!r}: {error}", line=line)]
        label = nodes.make_id(f"quiz-{self.arguments[0]}")
        question = self._paragraph(quiz.question, "quiz-question")
        question["ids"].append(f"{label}-question")
        attributes = {"role": "group", "aria-labelledby": f"{label}-question"}
        group = element("", question, tag="div", classes=["quiz"], names=[label], attributes=attributes)
        hint = "Several answers are right. Open those." if quiz.several else "Open the answer that is right."
        group += nodes.paragraph("", hint, classes=["quiz-hint"])
        for choice in quiz.choices:
            verdict, kind = ("Right.", "quiz-right") if choice.right else ("Not this one.", "quiz-wrong")
            reason = self._paragraph(choice.why, kind)
            reason[:0] = [nodes.strong("", verdict), nodes.Text(" ")]
            summary = element("", *self._inline(choice.text), tag="summary")
            group += element("", summary, reason, tag="details")
        self.state.document.note_explicit_target(group, group)
        return [group]

    def _paragraph(self, words: str, kind: str) -> nodes.paragraph:
        return nodes.paragraph("", "", *self._inline(words), classes=[kind])

    def _inline(self, words: str) -> list[nodes.Node]:
        children, messages = self.state.inline_text(words, self.lineno)
        return [*children, *messages]


def setup(app: Sphinx) -> None:
    """Register the directive and its node."""
    app.add_node(element, html=(_open, _close))
    app.add_directive("quiz", QuizDirective)
