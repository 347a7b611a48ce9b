"""A submitted file of any shape gives cells, or one sentence."""

import json
from typing import Any

import pytest

from autograder.engine.submitted import MOST_CELLS, Given, Refused, read


def notebook(*cells: Any, **more: Any) -> bytes:
    return json.dumps({"nbformat": 4, "cells": list(cells), **more}).encode()


def code(source: Any, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, **more}


def test_cells_are_kinds_texts_and_ids() -> None:
    about = {"nbgrader": {"grade_id": "double", "solution": True, "grade": False}}

    cells = read(
        notebook(code("x = 1", id="a1", metadata=about), {"cell_type": "markdown", "source": ["a", "b"]})
    )

    assert cells == (Given("code", "x = 1", "double", "a1", "solution"), Given("markdown", "ab"))


def test_an_old_notebook_is_read_like_a_new_one() -> None:
    sheets = [{"cells": [{"cell_type": "code", "input": "x"}, {"cell_type": "heading", "source": "H"}]}, 7]

    cells = read(json.dumps({"nbformat": 3, "worksheets": sheets}).encode())

    assert cells == (Given("code", "x"), Given("markdown", "H"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_of_the_encoding_is_no_fault(encoding: str) -> None:
    text = notebook(code("x")).decode()

    assert read(text.encode(encoding)) == (Given("code", "x"),)


def test_outputs_and_metadata_are_never_looked_at() -> None:
    odd = code("x", outputs=[{"data": 7}, None, "x" * 5_000_000], metadata=[1], execution_count="many")

    assert read(notebook(odd, metadata="none", nbformat_minor=None)) == (Given("code", "x"),)


@pytest.mark.parametrize(
    ("cell", "given"),
    [
        (code(None), Given("code", "")),
        (code(["a", 1, None, "b"]), Given("code", "ab")),
        (code({"a": 1}), Given("code", "")),
        (code("\ud800x"), Given("code", "?x")),
        (code("x", metadata={"nbgrader": {"grade_id": ["a"], "grade": 1}}), Given("code", "x")),
        ({"cell_type": 3, "source": "x"}, Given("raw", "x")),
        ({}, Given("raw", "")),
    ],
)
def test_parts_of_the_wrong_kind_are_empty(cell: Any, given: Given) -> None:
    assert read(notebook(cell, "no cell", None, [])) == (given,)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"\xff\xfe\x00", "not even text"),
        (b"\x89PNG", "not even text"),
        (b"I was ill.", "line 1 is not JSON"),
        (b'{"cells": [\n\n', "line 3 is not JSON"),
        (b"[" * 1_000_000, "nested too deeply"),
        (b"[" + b"9" * 10_000 + b"]", "endless number"),
        (b"[]", "JSON but not a notebook"),
        (b'{"a": 1}', "JSON but not a notebook"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": {}}', "no list of cells"),
        (notebook(*[{}] * (MOST_CELLS + 1)), "3,001 cells"),
        (notebook(code("x" * 3_000_000)), "more than 2 MB of code"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_sentence(content: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        read(content)

    assert str(refused.value).endswith(".")
    assert len(str(refused.value)) < 120
