"""Does a product show what students must not see?"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from autograder.assignment import Assignment
from autograder.cells import region

_MARKER = re.compile(r"### (BEGIN|END) (SOLUTION|HIDDEN TESTS)")
_TELLING = 16  # a shorter line, such as `return stamp`, may stand anywhere


def leaks(product: str, assignment: Assignment, public: str = "") -> list[str]:
    """Lines of solutions and hidden tests that stand in a product.

    Args:
        product: the text of a notebook, an HTML page, a Python file or any other text file.
        assignment: the source whose solutions and hidden tests are secret.
        public: text that everybody may read, such as the laboratory's own code; its lines are no leak.
    """
    secret = secrets(assignment) - set(_lines(public))
    return sorted({line for line in _lines(product) if line in secret or _MARKER.fullmatch(line)})


def secrets(assignment: Assignment) -> set[str]:
    """Lines that stand in a solution or a hidden test, and nowhere in the released part."""
    shown, hidden = _parts(assignment)
    return {line for line in hidden - shown if len(line) >= _TELLING}


def visible(assignment: Assignment) -> str:
    """The lines of the source that students are shown."""
    return "\n".join(sorted(_parts(assignment)[0]))


def _parts(assignment: Assignment) -> tuple[set[str], set[str]]:
    hidden: set[str] = set()
    shown: set[str] = set()
    for cell in assignment.cells:
        secret = dict(region(cell.source, "HIDDEN TESTS" if cell.kind == "test" else "SOLUTION"))
        for number, line in enumerate(cell.source.split("\n"), start=1):
            (hidden if number in secret else shown).add(line.strip())
    return shown, hidden


def _lines(product: str) -> Iterator[str]:
    """The stripped lines that a reader sees, whatever the product is written in."""
    for text in _texts(product):
        for line in text.splitlines():
            yield line.strip()


def _texts(product: str) -> Iterator[str]:
    if product.lstrip().startswith("{"):
        try:
            yield from _strings(json.loads(product))
            return
        except json.JSONDecodeError:
            pass
    yield product
    if "<" in product:
        yield html.unescape(re.sub(r"<[^>]*>", "", product))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield "".join(value)
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
