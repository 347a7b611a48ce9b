"""How is Python shown with numbered lines and a little colour?  A page has to be made in milliseconds."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from autograder.plain import plain

MOST_LINES, MOST_LETTERS = 300, 1000  # of a cell, of a line
_TOKENS = re.compile(  # each alternative matches or fails at once: hostile text costs no more than other text
    r"(?P<c>\#[^\n]*+)"
    r"|(?P<s>(?:\b[A-Za-z]{1,2})?(?:\"\"\"[\s\S]*?(?:\"\"\"|\Z)|'''[\s\S]*?(?:'''|\Z)"
    r"|\"(?:[^\"\\\n]++|\\[\s\S])*+\"?|'(?:[^'\\\n]++|\\[\s\S])*+'?))"
    r"|(?P<k>\b(?:" + "|".join(keyword.kwlist) + r")\b)"
)


def numbered(source: str) -> Markup:
    """Python as HTML: an element of the class ``l`` for each line, in it ``c``, ``s`` and ``k`` for comments,
    strings and keywords."""
    lines = plain(source).split("\n")
    more = len(lines) - MOST_LINES
    text = "\n".join(line[:MOST_LETTERS] for line in lines[:MOST_LINES])
    shown = "".join(f'<span class="l">{line}</span>' for line in "".join(_tokens(text)).split("\n"))
    return Markup(f'{shown}<span class="l c">… {more:,} more lines</span>' if more > 0 else shown)


def _tokens(source: str) -> Iterator[str]:
    """The source, escaped and coloured; a token that spans lines is coloured line by line."""
    at = 0
    for token in _TOKENS.finditer(source):
        yield escape(source[at : token.start()])
        at = token.end()
        yield "\n".join(
            f'<span class="{token.lastgroup}">{escape(line)}</span>' for line in token[0].split("\n")
        )
    yield escape(source[at:])
