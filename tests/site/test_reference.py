"""The reference: docstrings become entries, and types become links."""

import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MODULE = '''"""Boxes: where do things go?

This paragraph is for those who read the source.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Rule = Callable[[int], bool]


class Box:
    """A box with `sides`.

    Attributes:
        sides: how many.

    Args:
        sides: how many, at least 3.
    """

    def __init__(self, sides: int) -> None:
        self.sides = sides

    @property
    def lid(self) -> str:
        """The lid: it is always closed."""
        return "closed"


class Size(NamedTuple):
    """How large.

    Attributes:
        width: in metres.
    """

    width: int


def drop(box: Box) -> None:
    """Let it fall."""


def pack(box: Box, rule: Rule) -> Box:
    """Put things into a box.

    Raises:
        ValueError: if the box is full.
    """
    return box
'''
PAGE = """# Boxes

```{eval-rst}
.. automodule:: boxes_of_the_test
   :no-members:

.. autoclass:: Box
   :members:

.. autoclass:: Size
   :members:

.. autofunction:: drop

.. autofunction:: pack

.. autodata:: Rule
   :no-value:

   What fits.
```
"""


@pytest.fixture
def book(build, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path / "book")
    monkeypatch.delitem(sys.modules, "boxes_of_the_test", raising=False)
    site = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
    config = {key: site[key] for key in ("default_role", "nitpick_ignore_regex")}
    aliases = {"Rule": "boxes_of_the_test.Rule"}
    files = {"index.md": PAGE, "boxes_of_the_test.py": MODULE}
    return build("reference", files, **config, nitpicky=True, autodoc_type_aliases=aliases)


def words(html):
    return " ".join(re.sub(r"<.*?>", " ", html, flags=re.DOTALL).split())


def signature(book, name):
    found = re.search(rf'<dt[^>]* id="boxes_of_the_test\.{name}">.*?</dt>', book.page(), re.DOTALL)
    return found[0].replace("&#x2192;", "→")


def test_the_reference_of_a_module_makes_no_complaint(book):
    assert book.warnings == ""


def test_of_the_docstring_of_a_module_only_the_question_is_shown(book):
    text = words(book.page())

    assert "Boxes: where do things go?" in text
    assert "This paragraph" not in text


def test_arguments_attributes_and_errors_become_lists_with_their_names(book):
    text = words(book.page())

    assert "Attributes : sides – how many." in text
    assert "Parameters : sides – how many, at least 3." in text
    assert "Raises : ValueError – if the box is full." in text


def test_the_fields_of_a_named_tuple_are_listed_once(book):
    text = words(book.page())

    assert "width ( int ) – in metres." in text
    assert "Alias for field" not in text


def test_one_backquote_is_code(book):
    assert re.search(r"A box with <code[^>]*><span class=\"pre\">sides</span></code>", book.page())


def test_a_colon_in_a_sentence_about_a_property_is_no_type(book):
    assert "The lid: it is always closed." in words(book.page())


def test_only_a_function_that_returns_something_says_so(book):
    assert "→" not in signature(book, "drop")
    assert "→" in signature(book, "pack")


@pytest.mark.parametrize("name", ["Box", "Rule"])
def test_a_type_in_a_signature_is_a_link_to_its_entry(book, name):
    assert f'href="#boxes_of_the_test.{name}"' in signature(book, "pack")
