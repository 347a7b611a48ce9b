"""The directive {quiz}: how does a question become a form, of use with a script and without?"""

from __future__ import annotations

import json
from hashlib import blake2b
from html import escape
from itertools import pairwise
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .pictures import messages
from .questions import Choices, Message, Number, Order, Question, QuizError, read_quiz
from .sealing import buckets, seal

HINTS = {
    "choice": "Choose one answer.",
    "several": "Tick all that are right.",
    "number": "Type a number.",
    "order": "Move the lines until what comes first is on top.",
    "message": "Choose a message in the list, or click its arrow in the picture.",
}
OTHERWISE = "otherwise"  # the answer that any number is, if it is none of the others


class quiz(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes so
    """A quiz as a form: ``page``, ``label``, ``kind``, ``edition``, ``question``, ``line``."""


class element(nodes.General, nodes.Element):  # noqa: N801
    """An HTML element without a docutils node of its own: ``tag`` and its ``attributes``."""


class feedback(nodes.comment):  # noqa: N801
    """What is said of some ``answers``, and how it is judged (``entry``).

    It is a comment, so that neither the search index nor any other form of the book shows it.
    """


class QuizDirective(SphinxDirective):
    """The directive ``{quiz}``; its argument is a label that is unique in the page."""

    required_arguments: ClassVar[int] = 1
    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """Turn the body into a form."""
        body = "\n".join(self.content)
        first = self.lineno + self.content_offset + 1
        try:
            question = read_quiz(body)
        except QuizError as error:
            sentence = f"Quiz {self.arguments[0]!r}: {error}"
            return [self.state.document.reporter.error(sentence, line=first + error.line)]
        self.form = quiz(
            page=self.env.docname,
            label=nodes.make_id(self.arguments[0]),
            kind=_kind(question),
            edition=blake2b(body.encode(), digest_size=4).hexdigest(),
            question=question,
            line=first + question.line,
            names=[nodes.make_id(f"quiz-{self.arguments[0]}")],
        )
        self.form += self._element("legend", "quiz-question", *self._inline(question.question))
        hint = self._element("p", "quiz-hint", nodes.Text(HINTS[self.form["kind"]]))
        hint["ids"].append(f"quiz-{self.form['label']}-hint")
        self.form += hint
        match question:
            case Choices():
                self._choices(question)
            case Number():
                self._number(question)
            case Order():
                self._order(question)
            case Message():
                self._message(question)
        self.state.document.note_explicit_target(self.form, self.form)
        return [self.form]

    def _choices(self, question: Choices) -> None:
        box = "checkbox" if question.several else "radio"
        for number, choice in enumerate(question.choices):
            given = {"type": box, "name": "answer", "value": str(number)}
            self.form += self._element(
                "label",
                "quiz-choice",
                self._element("input", "", **given),
                self._element("span", "", *self._inline(choice.text)),
            )
            if question.several:  # leaving a choice out is an answer too
                self._say(choice.why, f"{number}:1", right=choice.right)
                self._say(choice.why, f"{number}:0", right=not choice.right)
            else:
                self._say(choice.why, f"{number}", right=choice.right)

    def _number(self, question: Number) -> None:
        width = 2 * question.tolerance or 1
        given = {"type": "text", "name": "answer", "inputmode": "decimal", "autocomplete": "off"}
        self.form += self._element(
            "label",
            "quiz-number",
            nodes.Text("Your answer "),
            self._element("input", "", **given),
            nodes.Text(f" {question.unit}".rstrip()),
        )
        self.form["attributes"] = {"data-width": f"{width!r}", "data-unit": question.unit}
        for value in (question.right, *question.wrong):
            off = question.tolerance + 1e-9 * max(1, abs(value.answer))  # floats do not add up
            low, high = value.answer - off, value.answer + off
            answers = [str(number) for number in buckets(low, high, width)]
            self._say(value.why, *answers, right=value is question.right, low=low, high=high)
        self._say(question.otherwise, OTHERWISE, right=False)

    def _order(self, question: Order) -> None:
        count = len(question.items)
        shown = _shuffled(count, self.form["edition"])
        rows = (
            self._element(
                "li", "", self._element("span", "", *self._inline(question.items[number].text)),
                **{"data-item": str(place)},
            )
            for place, number in enumerate(shown)
        )  # fmt: skip
        self.form += self._element("ol", "quiz-order", *rows)
        right = [str(shown.index(number)) for number in range(count)]
        self._say(question.why, ",".join(right), right=True)
        for (before, after), item in zip(pairwise(right), question.items[1:], strict=True):
            self._say(item.why, f"{after}<{before}", right=False)

    def _message(self, question: Message) -> None:
        """Say what belongs to which words; the messages are known when the picture is written."""
        self.form["attributes"] = {"data-picture": question.picture}
        for number, remark in enumerate((question.right, *question.wrong)):
            self._say(remark.why, f"remark {number}", right=number == 0)

    def _say(self, why: str, *answers: str, **entry: Any) -> None:
        self.form += feedback("", "", *self._inline(why), answers=answers, entry=entry)

    def _element(self, tag: str, kind: str, *children: nodes.Node, **attributes: str) -> element:
        return element("", *children, tag=tag, classes=[kind] if kind else [], attributes=attributes)

    def _inline(self, words: str) -> list[nodes.Node]:
        children, problems = self.state.inline_text(words, self.lineno)
        return [*children, *problems]


def _kind(question: Question) -> str:
    match question:
        case Choices():
            return "several" if question.several else "choice"
        case _:
            return type(question).__name__.lower()


def _shuffled(count: int, seed: str) -> list[int]:
    """An order of numbers that is the same in each build and never the right one."""
    shown = sorted(range(count), key=lambda number: blake2b(f"{seed} {number}".encode()).digest())
    return shown if shown != sorted(shown) else shown[::-1]


# --- the page


def _open_quiz(writer: Any, node: quiz) -> None:
    node["said"] = []
    given = {f"data-{key}": node[key] for key in ("page", "label", "kind", "edition")}
    given |= node.get("attributes", {})
    given |= {"method": "dialog", "autocomplete": "off"}  # so without a script it goes nowhere
    writer.body.append(writer.starttag(node, "form", "", classes=["quiz"], **given))
    writer.body.append(f'<fieldset aria-describedby="quiz-{node["label"]}-hint">')


def _close_quiz(writer: Any, node: quiz) -> None:
    said = [(answer, entry) for answers, entry in node["said"] for answer in answers]
    if node["kind"] == "message":
        said = _write_messages(writer, node, dict(said))
    salt = f"{node['page']} {node['label']} {node['edition']}"
    secret = json.dumps(seal(salt, said), separators=(",", ":"))
    writer.body.append(
        '</fieldset><p class="quiz-actions" hidden><button type="submit">Check</button> '
        '<button type="reset">Start again</button></p><div class="quiz-verdict" role="status"></div>'
        '<noscript><p class="quiz-hint">Your browser runs no scripts, so the page cannot check an answer.</p>'
        f'</noscript><script type="application/json">{secret}</script></form>\n'
    )


def _write_messages(writer: Any, node: quiz, remarks: dict[str, Any]) -> list[tuple[str, Any]]:
    """List the messages of the picture, and say of each what its remark says."""
    question: Message = node["question"]
    _, found, after = "".join(writer.body).partition(f'id="{question.picture}"')
    drawn = messages(after)
    try:
        if not found or not drawn:
            raise QuizError(f"Above it stands no space-time diagram that is called {question.picture}.")
        judged = question.judge([message.words for message in drawn])
    except QuizError as error:
        place = (node["page"], node["line"])
        logging.getLogger(__name__).warning("Quiz %r: %s", node["label"], error, location=place)
        return []
    by_why = {remark.why: number for number, remark in enumerate((question.right, *question.wrong))}
    said = []
    for number, (message, (_, why)) in enumerate(zip(drawn, judged, strict=True)):
        writer.body.append(
            f'<label class="quiz-choice"><input type="radio" name="answer" value="{number}" '
            f'data-steps="{message.steps}"><span>{escape(message.words, quote=False)}</span></label>\n'
        )
        said.append((str(number), remarks[f"remark {by_why[why]}"]))
    return said


def _open_element(writer: Any, node: element) -> None:
    writer.body.append(writer.starttag(node, node["tag"], "", **node["attributes"]))


def _close_element(writer: Any, node: element) -> None:
    if node["tag"] != "input":
        writer.body.append(f"</{node['tag']}>\n")


def _open_feedback(writer: Any, node: feedback) -> None:
    node["start"] = len(writer.body)


def _close_feedback(writer: Any, node: feedback) -> None:
    html = "".join(writer.body[node["start"] :])
    del writer.body[node["start"] :]
    node.parent["said"].append((node["answers"], {"html": html, **node["entry"]}))


def setup(app: Sphinx) -> None:
    """Register the directive and its nodes."""
    app.add_node(quiz, html=(_open_quiz, _close_quiz))
    app.add_node(element, html=(_open_element, _close_element))
    app.add_node(feedback, html=(_open_feedback, _close_feedback))
    app.add_directive("quiz", QuizDirective)
