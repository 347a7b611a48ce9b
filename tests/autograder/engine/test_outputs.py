"""A notebook is read without its outputs: the same cells, in a fraction of the time."""

import json
from time import process_time

import pytest

from autograder.engine.outputs import without_outputs
from autograder.engine.submitted import Refused, read

TRICKY = 'x = """\n   "outputs": [\n   ]\n"""\nprint("outputs")'


def notebook(lines: int = 3, indent: int | None = 1, **more: object) -> bytes:
    output = {"output_type": "stream", "name": "stdout", "text": [f"step {n} ]\n" for n in range(lines)]}
    cells = [
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {"n": [1]},
            "outputs": [output],
            "source": [TRICKY],
            **more,
        },
        {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "outputs"},
        {"cell_type": "code", "id": "c", "metadata": {}, "outputs": [], "source": "y = 1"},
    ]
    return json.dumps(
        {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=indent
    ).encode()


@pytest.mark.parametrize("indent", [1, 2, 4, 0, None])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_the_cells_are_the_same(indent: int | None, ends: bytes) -> None:
    content = notebook(indent=indent).replace(b"\n", ends)

    assert read(without_outputs(content)) == read(content)


@pytest.mark.parametrize("indent", [1, 2, 4])
def test_no_output_is_left_in_an_indented_file(indent: int) -> None:
    assert b"step" not in without_outputs(notebook(indent=indent))


def test_the_number_of_a_broken_line_before_the_outputs_is_kept() -> None:
    broken = notebook().replace(b'"cell_type"', b"cell_type", 1)

    with pytest.raises(Refused, match="line 4 is not JSON"):
        read(without_outputs(broken))


@pytest.mark.parametrize(
    "content", [b"", b'"outputs"', b'\n "outputs": [\n', b'\n "outputs": [\n ]', b"\xff" * 9]
)
def test_any_other_file_comes_back(content: bytes) -> None:
    assert without_outputs(content).replace(b"\n", b"") == content.replace(b"\n", b"")


def test_a_flood_of_outputs_takes_no_time() -> None:
    content = notebook(2_000_000)
    began = process_time()

    given = read(without_outputs(content))

    assert process_time() - began < 0.5
    assert len(given) == 3
    assert len(content) > 40_000_000
