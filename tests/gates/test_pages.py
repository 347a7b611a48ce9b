"""The table of contents, the configuration and the pages agree."""

import pytest

from .pages import (
    contents_without_a_page,
    pages_outside_the_contents,
    pages_without_header,
    unknown_config_keys,
)
from .tree import fail_on, write

CONTENTS = """format: jb-book
root: index
parts:
- caption: One
  chapters:
  - file: coordination/clocks
"""
HEADER = """---
jupytext:
  text_representation:
    format_name: myst
kernelspec:
  name: python3
---
"""
GOOD = {"_toc.yml": CONTENTS, "index.md": "# Index\n", "coordination/clocks.md": HEADER}


def test_every_page_is_in_the_table_of_contents(root):
    fail_on(pages_outside_the_contents(root / "book"))


def test_every_entry_of_the_table_of_contents_is_a_page(root):
    fail_on(contents_without_a_page(root / "book"))


def test_every_key_of_the_configuration_is_known(root):
    fail_on(unknown_config_keys(root / "_config.yml"))


def test_every_chapter_opens_as_a_notebook(root):
    fail_on(pages_without_header(root / "book"))


@pytest.mark.parametrize(
    ("gate", "bad", "sentence"),
    [
        (pages_outside_the_contents, {"coordination/lost.md": ""}, "coordination/lost is not in _toc.yml"),
        (contents_without_a_page, {"_toc.yml": CONTENTS + "  - file: gone\n"}, "_toc.yml names gone"),
        (pages_without_header, {"coordination/clocks.md": "# Clocks\n"}, "clocks.md has no Jupytext header"),
        (pages_without_header, {"index.md": "```{code-cell}\n1\n```\n"}, "index.md has no Jupytext header"),
    ],
)
def test_gate_rejects(tmp_path, gate, bad, sentence):
    write(tmp_path, GOOD)
    assert not gate(tmp_path)

    write(tmp_path, bad)

    assert sentence in gate(tmp_path)[0]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("headline: Typo\n", "no key headline."),
        ("execute:\n  time_out: 3\n", "no key time_out under execute."),
        ("sphinx:\n  conf: {}\n", "no key conf under sphinx."),
    ],
)
def test_gate_rejects_an_unknown_key(tmp_path, line, sentence):
    write(tmp_path, {"_config.yml": f"title: Good\n{line}"})

    problems = unknown_config_keys(tmp_path / "_config.yml")

    assert len(problems) == 1
    assert sentence in problems[0]


def test_gate_accepts_every_kind_of_key(tmp_path):
    keys = "title: T\nbibtex_bibfiles: [a.bib]\nexecute: {timeout: 1}\nsphinx: {config: {anything: 1}}\n"
    write(tmp_path, {"_config.yml": keys})

    assert not unknown_config_keys(tmp_path / "_config.yml")
