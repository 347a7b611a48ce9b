"""What is left of a piece of code when everything is gone that a copyist changes without thinking?

Comments, docstrings, white space, the ends of lines, brackets that only group and commas before a closing
bracket are dropped. Every name becomes ``N``, every number ``0`` and every string ``S``; keywords and
operators stay. The lexer never fails: code that is no Python gives the tokens that can be seen in it.
"""

from __future__ import annotations

import keyword
import re
from typing import NamedTuple

_LEXER = re.compile(
    r"""
    (?P<nothing> \#[^\n]* | \\\r?\n | [^\S\n]+ )
  | (?P<string> (?:[rR][bBfF]?|[bBfF][rR]?|[uU])?
        (?: \"{3}(?:\\.|.)*?(?:\"{3}|\Z) | '{3}(?:\\.|.)*?(?:'{3}|\Z)
          | "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? ) )
  | (?P<number> \.?\d(?:[eE][+-]?\d|[\w.])* )
  | (?P<name> [^\W\d]\w* )
  | (?P<newline> \n )
  | (?P<operator> \*\*=|//=|>>=|<<=|\.\.\.|->|:=|==|!=|<=|>=|\*\*|//|<<|>>|[-+*/%@&|^]=|. )
    """,
    re.VERBOSE | re.DOTALL,
)
_CLASSES = {"name": "N", "number": "0", "string": "S"}
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_BEGINS = frozenset({"def", "class", "async", "@"})


class Token(NamedTuple):
    """One normalised token: the keyword or operator itself, or ``N``, ``0``, ``S``; and its line, from 1."""

    text: str
    line: int


def pieces(source: str) -> tuple[tuple[Token, ...], ...]:
    """The normalised tokens of some code, cut where a function, method or class begins and ends.

    The cuts make the order of functions irrelevant, since nothing is compared across them.
    """
    found: list[list[Token]] = [[]]
    header = -1  # column of the `def` or `class` that the present piece belongs to
    decorated = False
    for column, line in _logical_lines(source):
        if len(line) == 1 and line[0].text == "S":
            continue  # a docstring, or a string that nobody uses
        begins = line[0].text in _BEGINS
        if (begins or column <= header) and not decorated and found[-1]:
            found.append([])
        header = column if begins else -1 if column <= header else header
        decorated = line[0].text == "@"
        found[-1] += _without_grouping(line)
    return tuple(tuple(piece) for piece in found if piece)


def _logical_lines(source: str) -> list[tuple[int, list[Token]]]:
    """The column and the tokens of each statement; a line goes on while a bracket is open."""
    lines: list[tuple[int, list[Token]]] = [(-1, [])]
    number, begin, depth = 1, 0, 0
    for match in _LEXER.finditer(source):
        kind, text = match.lastgroup or "", match.group()
        if (kind == "newline" and depth == 0) or text == ";":
            lines.append((-1 if kind == "newline" else lines[-1][0], []))  # after `;` the column is the same
        elif kind not in ("nothing", "newline"):
            if kind == "operator":
                depth = max(0, depth + (text in "([{") - (text in ")]}"))
            if lines[-1][0] < 0:
                lines[-1] = (match.start() - begin, [])
            kept = kind == "operator" or (kind == "name" and keyword.iskeyword(text))
            lines[-1][1].append(Token(text if kept else _CLASSES[kind], number))
        if "\n" in text:
            number += text.count("\n")
            begin = match.end() - (len(text) - 1 - text.rindex("\n"))
    return [line for line in lines if line[1]]


def _without_grouping(line: list[Token]) -> list[Token]:
    """The line without brackets that call nothing, and without commas before a closing bracket."""
    kept: list[Token] = []
    calls: list[bool] = []
    before = ""
    for token in line:
        text, last = token.text, before
        before = text
        if text == "(":
            calls.append(last in ("N", ")", "]"))
            if not calls[-1]:
                continue
        elif text in _CLOSES.values():
            if kept and kept[-1].text == ",":
                kept.pop()
            if text == ")" and calls and not calls.pop():
                continue
        kept.append(token)
    return kept
