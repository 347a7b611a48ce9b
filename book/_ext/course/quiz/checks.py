"""Checks: does the laboratory give exactly the answers that the quizzes of a page claim?

The code cells of a page are run from the top, as its reader does. Where a quiz stands, its `check` is run and
its expressions are compared with its claims. ``python -m course.quiz page.md …`` in ``book/_ext`` prints a
line for each disagreement. The build does the same for every page with a quiz, and remembers beside the cache
of executed cells what agreed; that cache is thrown away when the laboratory changes.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from hashlib import blake2b
from io import StringIO
from itertools import pairwise
from math import isclose
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from .pictures import messages
from .questions import Choices, Message, Number, Order, Question, QuizError, Value, read_quiz

_BLOCK = re.compile(
    r"^(?P<fence>`{3,})\{(?P<kind>code-cell|quiz)\}(?P<argument>.*)\n(?P<body>(?:.*\n)*?)(?P=fence)[ \t]*$",
    re.MULTILINE,
)
_OPTIONS = re.compile(r"\A(?:---\n(?:.*\n)*?---\n|(?::.*\n)+)")  # of a cell, above its code


@dataclass(frozen=True)
class Block:
    """A code cell or a quiz of a page; ``line`` is the first line of its body."""

    kind: str
    argument: str
    body: str
    line: int


def blocks(text: str) -> list[Block]:
    """The code cells and the quizzes of a page, from the top."""
    return [
        Block(found["kind"], found["argument"].strip(), found["body"], text.count("\n", 0, found.start()) + 2)
        for found in _BLOCK.finditer(text)
    ]


def disagreements(path: Path) -> Iterator[tuple[int, str]]:
    """Run a page, and yield the line and a sentence for each quiz that claims what is not so."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    figures: dict[str, Any] = {}
    for block in blocks(path.read_text("utf-8")):
        if block.kind == "code-cell":
            try:
                _run_cell(block, path, scope, figures)
            except Exception as error:  # whatever a cell can raise
                yield block.line, f"This cell fails, so no quiz below it can be checked: {_told(error)}."
                return
        else:
            try:
                question = read_quiz(block.body)
            except QuizError:
                continue  # the directive says so
            try:
                _check(question, dict(scope), figures)
            except QuizError as error:
                yield block.line + error.line, f"Quiz {block.argument!r}: {error}"


def _run_cell(block: Block, path: Path, scope: dict[str, Any], figures: dict[str, Any]) -> None:
    """Run a cell; if it has the name of a figure, keep the value of its last expression."""
    options = _OPTIONS.match(block.body)
    code = block.body[options.end() :] if options else block.body
    tree = ast.parse(code)
    ast.increment_lineno(tree, block.line - 1 + block.body[: len(block.body) - len(code)].count("\n"))
    shown = tree.body[-1] if tree.body else None
    last = shown.value if isinstance(shown, ast.Expr) else None
    if last:
        tree.body.pop()
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        exec(compile(tree, path, "exec"), scope)
        value = eval(compile(ast.Expression(last), path, "eval"), scope) if last else None
    if name := options and re.search(r"\bname:[ \t]*(\S+)", options[0]):
        figures[name[1]] = value


def _check(question: Question, scope: dict[str, Any], figures: dict[str, Any]) -> None:
    def evaluate(code: str, line: int) -> Any:
        try:
            return eval(code, scope)
        except Exception as error:
            raise QuizError(f"`{code}` fails: {_told(error)}.", line) from error

    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            exec(question.check, scope)
    except Exception as error:
        raise QuizError(f"`check` fails: {_told(error)}.", question.line) from error
    match question:
        case Choices():
            for choice in question.choices:
                is_so = _truth(choice.holds, evaluate(choice.holds, choice.line), choice.line)
                if is_so != choice.right:
                    claim = "right" if choice.right else "wrong"
                    found = f"It calls the choice “{choice.text}” {claim}, but `{choice.holds}` is {is_so}."
                    raise QuizError(found, choice.line)
        case Number():
            for value in (question.right, *question.wrong):
                _check_value(value, evaluate(value.computes, value.line))
        case Order():
            places = [evaluate(item.at, item.line) for item in question.items]
            for (before, after), item in zip(pairwise(places), question.items[1:], strict=True):
                if not before < after:
                    found = f"“{item.text}” is at {after}, which is not after the item above it, at {before}."
                    raise QuizError(found, item.line)
        case Message():
            _check_message(question, scope, evaluate, figures)


def _check_value(value: Value, computed: Any) -> None:
    if isinstance(computed, bool) or not isinstance(computed, int | float):
        raise QuizError(f"`{value.computes}` must be a number; it is {computed!r}.", value.line)
    if not isclose(computed, value.answer, rel_tol=1e-9, abs_tol=1e-12):
        found = f"It claims {value.answer:g}, but `{value.computes}` is {computed:g}."
        raise QuizError(found, value.line)


def _check_message(
    question: Message, scope: dict[str, Any], evaluate: Callable[[str, int], Any], figures: dict[str, Any]
) -> None:
    figure = figures.get(question.picture)
    if figure is None:
        raise QuizError(f"No cell above it draws a figure that is called {question.picture}.", question.line)
    drawn = messages(figure.html())
    trace = evaluate(question.trace, question.line)
    sends = {str(record): record for record in trace if record.kind == "send"}
    judged = question.judge([message.words for message in drawn])
    for message, (claimed, _) in zip(drawn, judged, strict=True):
        record = sends.get(figure.transcript[message.first - 1])
        if record is None:
            found = f"The message “{message.words}” of {question.picture} is not in `{question.trace}`."
            raise QuizError(found, question.line)
        scope["record"] = record
        is_so = _truth(question.holds, evaluate(question.holds, question.line), question.line)
        if is_so != claimed:
            claim = "right" if claimed else "wrong"
            found = f"It calls the message “{message.words}” {claim}, but `{question.holds}` is {is_so}."
            raise QuizError(found, question.line)


def _truth(code: str, value: Any, line: int) -> bool:
    if not isinstance(value, bool):
        raise QuizError(f"`{code}` must be True or False; it is {value!r}.", line)
    return value


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(".: ")


# --- the build


def check_pages(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn, and so fail a strict build, of each quiz of the book that claims what is not so."""
    if not app.config.quiz_check:
        return
    cache = getattr(app.config, "nb_execution_cache_path", "") or Path(app.outdir).parent / ".jupyter_cache"
    for page in sorted(env.found_docs):
        path = Path(env.doc2path(page))
        found = blocks(path.read_text("utf-8")) if path.suffix == ".md" else []
        if not any(block.kind == "quiz" for block in found):
            continue
        parts = [f"{block.kind} {block.body}" for block in found]
        parts += [each.read_text("utf-8") for each in sorted(Path(__file__).parent.glob("*.py"))]
        stamp = Path(cache) / f"quiz-{blake2b(chr(0).join(parts).encode(), digest_size=12).hexdigest()}"
        if stamp.exists():
            continue
        # In a process of its own: cells may do what they like, and the build has its own matplotlib.
        run = subprocess.run(
            [sys.executable, "-m", __package__, str(path)],
            cwd=path.parent,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=False,
        )
        for line in (run.stdout if run.returncode in (0, 1) else f"0\t{run.stderr[-500:]}").splitlines():
            number, _, sentence = line.partition("\t")
            logging.getLogger(__name__).warning(sentence, location=(page, int(number)))
        if not run.returncode:
            stamp.parent.mkdir(parents=True, exist_ok=True)
            stamp.touch()


def main(names: list[str]) -> int:
    """Print a line for each disagreement of some pages: its line in the page, a tab, a sentence."""
    wrong = False
    for name in names:
        for line, sentence in disagreements(Path(name)):
            print(f"{line}\t{' '.join(sentence.split())}")
            wrong = True
    return int(wrong)


def setup(app: Sphinx) -> None:
    """Connect to the moment when all pages are read; ``quiz_check = False`` in the configuration skips it."""
    app.add_config_value("quiz_check", True, "")
    app.connect("env-check-consistency", check_pages)

