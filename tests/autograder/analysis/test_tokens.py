"""What is dropped and what stays of a piece of code."""

import io
import keyword
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.analysis.tokens import _logical_lines, pieces
from tests.autograder.analysis.classroom import ROOT, chapter

SOURCES = sorted(ROOT.glob("distsys/**/*.py"))


def seen(source: str) -> str:
    return " | ".join(" ".join(token.text for token in piece) for piece in pieces(source))


@pytest.mark.parametrize(
    ("source", "tokens"),
    [
        ("total = price * 3  # all of them", "N = N * 0"),
        ("total = (price * 3)", "N = N * 0"),
        ("total = max(\n    price,\n    3,\n)", "N = N ( N , 0 )"),
        ("a = 1; b = 'x'", "N = 0 N = S"),
        ("a = 1 + \\\n    2", "N = 0 + 0"),
        ('"""What it is for."""\nx: int = 0xFF', "N : N = 0"),
        ("return f'{x}' if x is not None else rb\"y\"", "return S if N is not None else S"),
        ("x -= -1.5e-3 ** 2", "N -= - 0 ** 0"),
        ("def a(): pass\ndef b(): return 1", "def N ( ) : pass | def N ( ) : return 0"),
        ("@on(Said)\ndef a(self): pass", "@ N ( N ) def N ( N ) : pass"),
        ("class A:\n    def a(self):\n        x\n    y = 1", "class N : | def N ( N ) : N | N = 0"),
        ("for (a, b) in (c):\n    f(a)(b)", "for N , N in N : N ( N ) ( N )"),
        ("größe = 'ü'", "N = S"),
        ("", ""),
    ],
)
def test_looks_go_and_structure_stays(source: str, tokens: str) -> None:
    assert seen(source) == tokens


@pytest.mark.parametrize(
    "source", ["def f(:\n    return ((", "x = 'open\ny = 1", '"""never closed', "$?!\x00", "  )]}"]
)
def test_code_that_does_not_parse_still_gives_tokens(source: str) -> None:
    assert isinstance(seen(source), str)


def test_broken_code_keeps_what_can_be_seen() -> None:
    assert seen("def f(x:\n    return 'open + 1\ny = 2") == "def N ( N : return S N = 0"


@given(st.text(alphabet="ab1'\"\\\n\t #()[]{}:;=+.é\ud800"))
def test_any_text_gives_tokens_whose_lines_exist(source: str) -> None:
    lines = source.count("\n") + 1
    assert all(1 <= token.line <= lines for piece in pieces(source) for token in piece)


def test_long_hostile_text_takes_no_longer_than_its_length() -> None:
    for text in (
        '"""' + "\\" * 200_001,
        "'" + "\\'" * 100_000,
        "(" * 200_000,
        "1e" * 100_000,
        '"""' + '""' * 1,
    ):
        assert sum(len(piece) for piece in pieces(text)) <= len(text)


def by_the_standard_library(source: str) -> list[str]:
    kinds = {tokenize.NAME: "N", tokenize.NUMBER: "0", tokenize.STRING: "S"}
    begin, end = (getattr(tokenize, f"FSTRING_{what}", -1) for what in ("START", "END"))  # from 3.12 on
    texts, inside = [], 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == begin and not inside:
            texts.append("S")
        inside += (token.type == begin) - (token.type == end)
        if inside or token.type == end:
            continue
        if token.type in kinds and not keyword.iskeyword(token.string):
            texts.append(kinds[token.type])
        elif token.type in (tokenize.NAME, tokenize.OP):
            texts.append(token.string)
    return [text for text in texts if text != ";"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(Path(path).relative_to(ROOT)))
def test_the_lexer_agrees_with_that_of_python(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    found = [token.text for _, line in _logical_lines(source) for token in line]

    assert found == by_the_standard_library(source)


def test_the_lexer_agrees_with_that_of_python_on_every_known_answer() -> None:
    assignment, mutants = chapter()
    for _, code in mutants.answers(assignment).values():
        found = [token.text for _, line in _logical_lines(code) for token in line]
        assert found == by_the_standard_library(code)
