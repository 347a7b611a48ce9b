"""Every chapter has the same parts in the same order."""

import pytest

from .chapters import SECTIONS, incomplete_chapters
from .tree import fail_on, write

OUTLINE = """
- part: Coordination
  folder: coordination
  chapters:
    - {slug: clocks, state: ready, minutes: 90, points: 3}
    - {slug: later, state: coming}
"""
SOURCE = """# %% solution="lamport_clock"
# %% test="lamport_clock" rule="It ticks" points=2
# %% test="lamport_clock" rule="It merges" points=1
"""
PAGE = """---
jupytext: {}
---
# Clocks

Two servers disagree about the time.

After this chapter you can:

- stamp events with a Lamport clock
  (`lamport_clock`)

```{chapter-card}
You need: nothing.
```

## Break it: a lease on the wall clock

```{code-cell}
## Summary of nothing: a comment, no heading
```

## Lamport clocks
## Ground truth
## Check yourself
## Exercises
## Summary
## Further reading
"""
GOOD = {
    "book/outline.yml": OUTLINE,
    "book/coordination/clocks.md": PAGE,
    "solutions/coordination/clocks.py": SOURCE,
}


def test_every_ready_chapter_is_complete(root):
    fail_on(incomplete_chapters(root))


def test_gate_accepts_a_complete_chapter(tmp_path):
    write(tmp_path, GOOD)

    assert not incomplete_chapters(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("## Ground truth\n", "", "it has no section “Ground truth”"),
        ("## Check yourself\n## Exercises", "## Exercises\n## Quiz", "“Exercises” stands where “Quiz”"),
        ("(`lamport_clock`)", "(`vector_clock`)", "names no exercise of the chapter"),
        ("- stamp events", "stamp events", "its opening lists no objectives"),
        ("You need: nothing.\n", "", "it has no {chapter-card}"),
        ("you can:", "yes:", "does not say what “you can …” do"),
        ("# Clocks\n", "\n", "it has no title"),
    ],
)
def test_gate_rejects(tmp_path, old, new, sentence):
    assert old in PAGE
    write(tmp_path, {**GOOD, "book/coordination/clocks.md": PAGE.replace(old, new)})

    problems = incomplete_chapters(tmp_path)

    assert len(problems) == 1
    assert sentence in problems[0]


def test_gate_rejects_a_ready_chapter_without_exercises(tmp_path):
    write(tmp_path, {name: text for name, text in GOOD.items() if not name.startswith("solutions")})

    assert "there is no solutions/coordination/clocks.py" in incomplete_chapters(tmp_path)[0]


def test_gate_rejects_points_that_differ_from_the_outline(tmp_path):
    write(tmp_path, {**GOOD, "book/outline.yml": OUTLINE.replace("points: 3", "points: 20")})

    assert incomplete_chapters(tmp_path) == [
        "coordination/clocks: the outline says 20 points, the exercises have 3."
    ]


def test_every_section_of_the_template_is_asked_for(tmp_path):
    write(tmp_path, {**GOOD, "book/coordination/clocks.md": "# Clocks\n"})

    problems = " ".join(incomplete_chapters(tmp_path))

    assert all(name in problems for name in SECTIONS)
