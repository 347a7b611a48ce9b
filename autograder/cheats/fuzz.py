"""Does every file that somebody may hand in get a verdict, or one sentence?

``damaged(seed, notebook)`` makes a malformed notebook of a good one; the same seed makes the same file.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from autograder.cheats.entries import EXAM, HONEST, Entry
from autograder.cheats.matrix import Grade, HandedIn, by_engine
from autograder.cheats.papers import Papers
from autograder.engine.verdict import OUTCOMES, Verdict

Notebook = dict[str, Any]

LONGEST_SENTENCE = 300
_EVERY = 25  # so many damaged files between two bystanders
_DEEP = 100_000


class Raw:
    """A piece of text that stands in the JSON as it is."""

    def __init__(self, text: str) -> None:
        self.text = text


def _odd(random: Random) -> Any:
    """A value that nobody expects."""
    return random.choice(
        (
            None, True, False, 0, -1, 3.5, 10**30, "", "x", " ", "\x00", "\ud800", "\U0001f986",
            "<script>alert(1)</script>",
            "a" * 100_000, [], {}, [[]], [None], [1, "two", [3]], {"a": {"b": {}}}, {"": None},
            {"\ud800": 1}, ["\x00"] * 1000,
            Raw("NaN"), Raw("-Infinity"), Raw("1e999"), Raw("9" * 5000), Raw("[" * 500 + "]" * 500),
            Raw('{"a":1,"a":2}'),
            Raw('"\\ud800\\u0000"'), Raw("[" * _DEEP + "]" * _DEEP), Raw('{"a":' * 2000 + "1" + "}" * 2000),
            {"__class__": "int"},
        )
    )  # fmt: skip


def _places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in some JSON, as the keys that lead there."""
    found = [path] if path else []
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(tree, dict):
        pairs = tree.items()
    elif isinstance(tree, list):
        pairs = enumerate(tree)
    for key, part in pairs:
        found += _places(part, (*path, key))
    return found


def _parent(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        tree = tree[key]
    return tree


def _written(notebook: Any) -> str:
    """The JSON, with raw pieces put in."""
    raw: list[str] = []

    def keep(value: Any) -> Any:
        if isinstance(value, Raw):
            raw.append(value.text)
            return f"@raw{len(raw) - 1}@"
        raise TypeError

    text = json.dumps(notebook, default=keep)
    return re.sub(r'"@raw(\d+)@"', lambda match: raw[int(match[1])], text)


# --- damage to the tree


def replace_a_value(random: Random, notebook: Notebook) -> None:
    """Something stands where something else belongs."""
    for _ in range(random.randint(1, 4)):
        path = random.choice(_places(notebook))
        try:
            _parent(notebook, path)[path[-1]] = _odd(random)
        except (TypeError, KeyError, IndexError):  # an earlier one has cut this branch
            continue


def drop_a_value(random: Random, notebook: Notebook) -> None:
    """Something is missing."""
    for _ in range(random.randint(1, 6)):
        path = random.choice(_places(notebook))
        del _parent(notebook, path)[path[-1]]
        if not notebook:
            return


def damage_one_key_everywhere(random: Random, notebook: Notebook) -> None:
    """Each cell has the same thing wrong."""
    key = random.choice(
        ("source", "cell_type", "metadata", "id", "outputs", "execution_count", "attachments")
    )
    value = _odd(random)
    for cell in notebook["cells"]:
        cell[key] = value


def other_version(random: Random, notebook: Notebook) -> None:
    """Another version of the format, true or not."""
    notebook["nbformat"] = random.choice((1, 2, 3, 4, 5, 99, 0, -4, "4", 4.5, None, True, [4]))
    notebook["nbformat_minor"] = random.choice((0, 2, 5, 99, "5", None, -1))
    if random.random() < 0.6:
        cells = notebook.pop("cells")
        for cell in cells:
            if random.random() < 0.9:
                cell["input"] = cell.pop("source")
        notebook["worksheets"] = random.choice(
            ([{"cells": cells}], [], {}, [None, {"cells": cells}], cells, [{"cells": 5}])
        )


def damage_ids(random: Random, notebook: Notebook) -> None:
    """Ids are copied, confusable, of another kind or cannot be hashed."""
    ids = [
        cell["metadata"]["nbgrader"]["grade_id"]
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader")
    ]
    for cell in notebook["cells"]:
        if random.random() < 0.5:
            name = random.choice(ids)
            cell["metadata"]["nbgrader"] = random.choice(
                (
                    {"grade_id": _odd(random), "solution": True},
                    {"grade_id": name, "grade": 1},
                    {"grade_id": name.replace("a", "а"), "locked": {}},
                    {"grade_id": [ids]},
                    {"grade_id": {"a": 1}},
                    [],
                    "x",
                    None,
                )
            )
        if random.random() < 0.3:
            cell["id"] = random.choice((_odd(random), notebook["cells"][0]["id"], ""))


def damage_sources(random: Random, notebook: Notebook) -> None:
    """Code that is none, or too much of it."""
    odd: tuple[Any, ...] = (
        "\x00", "x = 1\x00", "\ud800 = 1", "\x0c\x85\u2028x = 1", "(" * 10_000, "-" * 50_000 + "1",
        "9" * 10_000, "x = " + "[" * 5000,
        "é" * 100_000, "\t x\n \ty", "'''", "#" * 1_000_000, "x\\", "\ufeffx = 1", "# coding: utf-7\nx = 1",
        "def f(:", "%%bash\nexit 1",
        "lambda: " * 3000 + "0", "if 1:\n " * 150 + "pass", "raise SystemExit",
        "class A: " + "x = 1; " * 20_000, "1" + "+1" * 20_000,
        "return 5", "await x", "yield", "from __future__ import braces", "*" * 100, "print('\\N{nothing}')",
        5, None, ["a", 5, None],
        [["a"]], {"a": 1}, ["x = 1"] * 5000, [], True, 1e300, "x.y " * 10_000, "f'{" * 200, "\r\r\n\r",
        "exit()", "import this",
    )  # fmt: skip
    for cell in random.sample(notebook["cells"], random.randint(1, 4)):
        cell["source"] = random.choice(odd)


def damage_outputs(random: Random, notebook: Notebook) -> None:
    """Outputs of every odd kind."""
    odd: tuple[Any, ...] = (
        None, 5, "text", {}, [None], [[]], [{"output_type": "unheard"}], [{"output_type": "stream"}],
        [{"output_type": ["stream"]}],
        [{"output_type": "stream", "name": 5, "text": {"a": 1}}],
        [{"output_type": "error", "ename": None, "traceback": 5}],
        [{"output_type": "display_data", "data": {"text/html": ["<script>", 5]}, "metadata": []}],
        [{"output_type": "pyout"}] * 1000,
        [{"output_type": "execute_result", "data": "16", "execution_count": "x"}],
        [{"data": {"image/png": "x" * 200_000}}],
    )  # fmt: skip
    for cell in notebook["cells"]:
        cell["outputs"] = random.choice(odd)
        cell["attachments"] = random.choice(({}, {"a.png": 5}, [], {"a.svg": {"image/svg+xml": "<script>"}}))


def damage_the_list(random: Random, notebook: Notebook) -> None:
    """Cells are shuffled, copied, missing, of unknown kinds, or no cells."""
    cells = notebook["cells"]
    random.shuffle(cells)
    del cells[random.randrange(len(cells)) :]
    more: tuple[Any, ...] = (
        {"cell_type": "unheard", "source": "x"},
        {"cell_type": "heading", "level": 9},
        {},
        None,
        5,
        "x = 1",
        [],
    )
    cells += [random.choice(more) for _ in range(random.randrange(8))]
    if random.random() < 0.2:
        cells += cells[:3] * random.choice((5, 50, 2000))
    for cell in cells:
        if isinstance(cell, dict) and random.random() < 0.2:
            cell["cell_type"] = random.choice(
                ("markdown", "raw", "code", "CODE", "", None, 5, ["code"], {"code": 1})
            )


# --- damage to the text


def cut(random: Random, text: bytes) -> bytes:
    """The end, the beginning or something between is missing."""
    start, end = sorted(random.sample(range(len(text)), 2))
    return random.choice((text[:end], text[start:], text[:start] + text[end:], text[: random.randrange(10)]))


def noise(random: Random, text: bytes) -> bytes:
    """Some bytes have become others."""
    made = bytearray(text)
    for _ in range(random.choice((1, 3, 100))):
        made[random.randrange(len(made))] = random.choice(
            (0, 10, 34, 44, 92, 123, 128, 255, random.randrange(256))
        )
    return bytes(made)


def another_encoding(random: Random, text: bytes) -> bytes:
    """Saved by another program."""
    letters = text.decode()
    name = random.choice(
        ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-7", "cp500", "latin-1")
    )
    marked = random.choice(("", "", "\ufeff", "\ufeff\ufeff")) + letters
    return marked.encode(name, "replace")


def wrapped(random: Random, text: bytes) -> bytes:
    """The notebook is inside, before or behind something else."""
    return random.choice(
        (
            b"[" + text + b"]", text + text, text + b"\n}", b"// notebook\n" + text, b"\x00" * 100 + text,
            b'{"notebook":' + text + b"}",
            json.dumps(text.decode()).encode(), gzip.compress(text), b"%PDF-1.7\n" + text, b"<html>" + text,
            b"var x = " + text,
            text.replace(b'"', b"'"), text.replace(b"\n", b"\r"), text.replace(b" ", b"\x00"),
            b"\xff\xfe" + text, text * 3,
            b"<<<<<<< HEAD\n" + text + b"\n=======\n" + text + b"\n>>>>>>> x\n",
            b"version https://git-lfs.github.com/spec/v1\n",
        )
    )  # fmt: skip


def no_notebook(random: Random, text: bytes) -> bytes:
    """Something else."""
    return random.choice(
        (
            b"", b" ", b"\n" * 1000, b"null", b"true", b"0", b"[]", b"{}", b'""', b'{"cells": null}',
            b'{"cells": {}}', b'{"cells": 5}',
            b'{"cells": []}', b'{"nbformat": 4}', b'{"cells": [[]], "nbformat": 4}', b'{"worksheets": 5}',
            b"NaN", b"9" * 10_000,
            b'{"cells": ' + b"[" * _DEEP, b"{" * _DEEP, b'{"a":' * _DEEP, b"\x00" * 1000, b"\xff" * 1000,
            random.randbytes(5000),
            b'{"cells": [' + b"{}," * 5000 + b"{}]}", b"PK\x03\x04" + random.randbytes(500),
            b"\x1f\x8b" + random.randbytes(500),
            b'{"cells": [{"cell_type": "code", "source": "' + b"x" * 3_000_000 + b'"}]}',
            b'{"cells": "' + b"\\u0041" * 50_000 + b'"}',
            b'{"nbformat": 4, "cells": [' + b",".join([b"null"] * 20_000) + b"]}", b"\xef\xbb\xbf",
            b"\xff\xfe", b"\xfe\xff\xd8\x00",
        )
    )  # fmt: skip


def twice_the_same_key(random: Random, text: bytes) -> bytes:
    """JSON allows it, and nobody knows which one counts."""
    key = random.choice(
        (b'"cells"', b'"source"', b'"metadata"', b'"nbformat"', b'"cell_type"', b'"grade_id"')
    )
    odd = random.choice((b"null", b"[]", b'"x"', b"5", b"{}"))
    return text.replace(key, key + b": " + odd + b", " + key, random.choice((1, 5, -1)))


TREES: tuple[Callable[[Random, Notebook], None], ...] = (
    replace_a_value, replace_a_value, drop_a_value, damage_one_key_everywhere, other_version, damage_ids,
    damage_sources, damage_sources,
    damage_outputs, damage_the_list,
)  # fmt: skip
TEXTS: tuple[Callable[[Random, bytes], bytes], ...] = (
    cut,
    noise,
    another_encoding,
    wrapped,
    no_notebook,
    twice_the_same_key,
)


def damaged(seed: int, notebook: bytes) -> bytes:
    """A malformed notebook.

    Args:
        seed: the same one gives the same file.
        notebook: a good one.
    """
    random = Random(seed)
    kind = seed % (len(TREES) + len(TEXTS))
    if kind >= len(TREES):
        return TEXTS[kind - len(TREES)](random, notebook)
    tree = json.loads(notebook)
    TREES[kind](random, tree)
    text = _written(tree).encode("utf-8", "surrogatepass")
    return random.choice(TEXTS)(random, text) if random.random() < 0.1 and text.isascii() else text


def huge(notebook: bytes, megabytes: int = 200) -> bytes:
    """A good notebook that holds an output of this size."""
    begin, end = b'[{"output_type": "stream", "name": "stdout", "text": ["', b'"]}]'
    return notebook.replace(b'"outputs": []', b'"outputs": ' + begin + b"x" * (megabytes << 20) + end, 1)


@dataclass(frozen=True)
class Fuzzed:
    """What became of the malformed notebooks.

    Args:
        count: how many there were.
        graded: how many were graded.
        refused: how many were refused.
        complaints: what went wrong with which seed; empty if nothing did.
    """

    count: int
    graded: int
    refused: int
    complaints: tuple[str, ...]


def run(papers: Papers, seeds: Sequence[int], grade: Grade | None = None) -> Fuzzed:
    """Grade malformed notebooks, with honest ones between them.

    Args:
        papers: the exam.
        seeds: one for each malformed notebook.
        grade: how to grade; by the engine, with short limits, unless told.
    """
    skip = papers.rest(EXAM)
    good = papers.paper(Entry("good", HONEST, "is good", right=papers.assignments[EXAM].exercises))
    handed_in: list[HandedIn] = []
    for place, seed in enumerate(seeds):
        handed_in.append((f"seed {seed}", EXAM, damaged(seed, good), skip))
        if place % _EVERY == 0:
            handed_in.append((f"beside seed {seed}", EXAM, papers.bystander(EXAM, place), skip))
    verdicts = {verdict.student: verdict for verdict in (grade or by_engine(papers))(handed_in)}
    full, complaints = papers.full(EXAM, skip), []
    names = {test.name for test in papers.assignments[EXAM].tests()}
    for student, *_ in handed_in:
        verdict = verdicts.get(student)
        if verdict is None:
            complaints.append(f"{student}: it got no verdict")
        elif student.startswith("beside") and verdict.points != full:
            complaints.append(f"{student}: an honest notebook got {verdict.points} of {full} points")
        elif said := complaint(verdict, names.difference(skip)):
            complaints.append(f"{student}: {said}")
    mine = [verdict for student, verdict in verdicts.items() if student.startswith("seed")]
    refused = sum(bool(verdict.refused) for verdict in mine)
    return Fuzzed(len(seeds), len(mine) - refused, refused, tuple(complaints))


def complaint(verdict: Verdict, names: Iterable[str]) -> str:
    """What is wrong with a verdict; empty if nothing is."""
    try:
        if Verdict.from_json(verdict.to_json().encode().decode()) != verdict:
            return "the verdict is not the same after it was kept"
    except (ValueError, UnicodeError) as error:
        return f"the verdict cannot be kept: {error}"
    if verdict.failed:
        return f"grading failed: {verdict.failed}"
    odd = [sentence for sentence in (verdict.refused, *verdict.repairs) if sentence and not _plain(sentence)]
    if odd:
        return f"this is no sentence for people: {odd[0][:400]!r}"
    missing = set(names).difference(said.name for said in verdict.questions)
    unheard = [said.outcome for said in verdict.questions if said.outcome not in OUTCOMES]
    if missing:
        return f"{len(missing)} questions were not asked"
    return f"the outcome {unheard[0]} is none" if unheard else ""


def _plain(sentence: str) -> bool:
    one = sentence.endswith(".") and "\n" not in sentence and len(sentence) < LONGEST_SENTENCE
    return one and "Traceback" not in sentence and "Error" not in sentence
