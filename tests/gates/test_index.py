"""The index holds every term, every notion and every public name, and leads to every section."""

import pytest

from .index import missing_entries, sections_without_entry
from .tree import fail_on, write

OUTLINE = "- part: P\n  folder: p\n  chapters: [{slug: c, state: ready}, {slug: d, state: coming}]\n"
CHAPTER = """# C

## After this chapter you can

## Break it

```{index} single: lease; on the wall clock
```

## Mend it

```{index} lease
```

## Summary
"""
TREE = {
    "book/outline.yml": OUTLINE,
    "book/p/c.md": CHAPTER,
    "book/glossary.md": "# G\n\n```{glossary}\n:sorted:\n\nwall clock\n  Tells the time.\n```\n",
    "distsys/box.py": "def pack(): ...\n",
}
ENTRY = "<li><a>{}</a>\n</li>"
INDEX = (
    "".join(ENTRY.format(each) for each in ("on the wall clock", "pack() (in module x)"))
    + "<li>wall clock, <a><strong>[1]</strong></a>, <a>[2]</a>\n</li>"
    + "<li>lease\n<ul><li><a>on the wall clock</a></li></ul></li>"
)


def test_every_section_of_a_chapter_has_an_entry(root):
    fail_on(sections_without_entry(root))


def test_the_built_index_is_complete(root, product):
    fail_on(missing_entries(root, product("_build/html/genindex.html", "book").read_text("utf-8")))


def test_the_gates_accept_a_good_index(tmp_path):
    write(tmp_path, TREE)

    assert sections_without_entry(tmp_path) == []
    assert missing_entries(tmp_path, INDEX) == []


@pytest.mark.parametrize("title", ["Break it", "Mend it"])
def test_the_gate_rejects_a_section_that_the_index_does_not_lead_to(tmp_path, title):
    before, _, after = CHAPTER.partition(f"## {title}\n\n```{{index}}")
    write(tmp_path, TREE | {"book/p/c.md": f"{before}## {title}\n\n```{{note}}{after}"})

    (problem,) = sections_without_entry(tmp_path)

    assert f"the section “{title}” has no entry" in problem


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("wall clock, <a>", "the term wall clock is not in the index"),
        ("lease\n", "c.md promises the entry lease"),
        ("pack()", "distsys.box.pack is not in the index"),
    ],
)
def test_the_gate_rejects_an_index_without(tmp_path, word, sentence):
    write(tmp_path, TREE)

    assert any(sentence in problem for problem in missing_entries(tmp_path, INDEX.replace(word, "other")))
