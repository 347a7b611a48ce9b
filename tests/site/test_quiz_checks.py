"""The answers of every quiz are exactly those that the laboratory gives; and a wrong claim is seen."""

import re
from pathlib import Path

import pytest
from course.quiz import checks
from course.quiz.checks import blocks, disagreements
from course.quiz.questions import KINDS, Choices, Message, Number, Order, read_quiz

ROOT = Path(__file__).parents[2]
PAGES = [path for path in sorted((ROOT / "book").glob("*/*.md")) if "```{quiz}" in path.read_text("utf-8")]
SITE = ROOT / "_build" / "html"

PAGE = """# A page

```{code-cell} python
---
mystnb:
  figure:
    name: fig-run
---
from distsys.draw.spacetime import spacetime
from distsys.trace import Trace

trace = Trace([
    (0, "send", "a", "b", 1, "good"), (2000, "deliver", "b", "a", 1, "good"),
    (3000, "send", "b", "a", 2, "bad"), (4000, "deliver", "a", "b", 2, "bad"),
])
spacetime(trace)
```

```{quiz} choice
question: Which comes first?
choices:
  - text: the good one
    right: true
    why: It does.
    holds: first == "good"
  - text: the bad one
    why: It is later.
    holds: first == "bad"
check: |
  first = trace[0].data
```

```{quiz} number
kind: number
question: How long does the good one take?
answer: 2
tolerance: 0.25
unit: ms
computes: (trace[1].time - trace[0].time) / 1000
why: From 0 to 2.
wrong:
  - answer: 3
    why: Then the other one leaves.
    computes: trace[2].time / 1000
otherwise: Look at both ends.
```

```{quiz} order
kind: order
question: In which order?
items:
  - text: The good one leaves.
    at: trace[0].time
  - text: The good one arrives.
    at: trace[1].time
    why: It must leave first.
  - text: The bad one leaves.
    at: trace[2].time
    why: It answers.
why: So it is.
```

```{quiz} message
kind: message
question: Which one is bad?
picture: fig-run
trace: trace
right: "b → a"
holds: record.data == "bad"
why: It says so.
wrong:
  - words: "→"
    why: That one is good.
```
"""


def found(tmp_path, page):
    """What is said of a page, as ``line: sentence``."""
    path = tmp_path / "page.md"
    path.write_text(page, "utf-8")
    return [f"{line}: {sentence}" for line, sentence in disagreements(path)]


def line_of(words):
    return PAGE[: PAGE.index(words)].count("\n") + 1


def questions(page):
    text = page.read_text("utf-8")
    return {block.argument: read_quiz(block.body) for block in blocks(text) if block.kind == "quiz"}


# --- the quizzes of this book


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_quiz_claims_what_the_laboratory_says(page):
    assert list(disagreements(page)) == []


def test_the_chapter_on_clocks_asks_in_every_way_there_is():
    asked = questions(ROOT / "book/coordination/time_and_clocks.md").values()

    assert len(asked) >= 6
    assert {type(question) for question in asked} == {Choices, Number, Order, Message}
    assert {question.several for question in asked if isinstance(question, Choices)} == {True, False}
    assert len(KINDS) == 5, "a kind was added: ask a question of it"


def secrets(page):
    """What a page must not show: feedback and checks; each long enough not to stand there by chance."""
    for block in blocks(page.read_text("utf-8")):
        if block.kind == "quiz":
            yield from re.findall(r"\b(?:why|holds|computes|at|otherwise): (.{20,})", block.body)


def shown(text, secret):
    """Whether a text says something, in whatever markup."""
    return _letters(secret) in _letters(re.sub(r"<[^>]*>", "", text))


def _letters(text):
    return re.sub(r"\W+", "", text).lower()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_answer_is_in_what_the_site_serves(page):
    if not SITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    name = page.relative_to(ROOT / "book").with_suffix(".html")
    html, index = (SITE / name).read_text("utf-8"), (SITE / "searchindex.js").read_text("utf-8")

    assert len(list(secrets(page))) > 10
    assert [secret for secret in secrets(page) if shown(html, secret) or shown(index, secret)] == []


def test_an_answer_in_the_source_of_a_page_is_seen():
    assert shown("<p>It is <em>later</em>\nthan the other one.</p>", "It is *later* than the other one.")


# --- canaries


def test_a_page_with_true_claims_is_accepted(tmp_path):
    assert found(tmp_path, PAGE) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "complaint"),
    [
        ('holds: first == "good"', 'holds: first == "other"', "- text: the good one",
         "It calls the choice “the good one” right, but `first == \"other\"` is False."),
        ('holds: first == "bad"', 'holds: first != "bad"', "- text: the bad one",
         "It calls the choice “the bad one” wrong, but `first != \"bad\"` is True."),
        ('holds: first == "good"', "holds: first", "- text: the good one", "must be True or False; it is"),
        ("answer: 2\n", "answer: 2.1\n", "kind: number", "It claims 2.1, but"),
        ("answer: 3\n", "answer: 4\n", "- answer: 3", "It claims 4, but `trace[2].time / 1000` is 3."),
        ("trace[2].time / 1000", "trace[2].data", "- answer: 3", "must be a number; it is 'bad'"),
        ("at: trace[1].time", "at: trace[3].time", "- text: The bad one leaves", "is not after the item"),
        ("at: trace[1].time", "at: trace[2].time", "- text: The bad one leaves", "is not after the item"),
        ('right: "b → a"', 'right: "a → b"', "kind: message", "“0.000 → 2.000 ms  a → b: 'good'” right, but"),
        ('holds: record.data == "bad"', "holds: bool(record.data)", "kind: message",
         "“0.000 → 2.000 ms  a → b: 'good'” wrong, but"),
        ('words: "→"', 'words: "c → b"', "kind: message", "Nothing in `wrong` fits the message"),
        ("picture: fig-run", "picture: fig-gone", "kind: message", "No cell above it draws a figure"),
        ("trace: trace", "trace: Trace([])", "kind: message", "is not in `Trace([])`"),
        ("first = trace[0].data", "first = trace[9].data", "question: Which", "`check` fails: IndexError"),
        ("at: trace[1].time", "at: tracy[1].time", "- text: The good one arr", "`tracy[1].time` fails: Name"),
        ("spacetime(trace)", "spacetime(tracy)", "---\nmystnb", "This cell fails"),
    ],
)  # fmt: skip
def test_a_wrong_claim_is_seen_in_its_line(tmp_path, old, new, place, complaint):
    assert PAGE.count(old) == 1

    said = found(tmp_path, PAGE.replace(old, new))

    assert said[0].startswith(f"{line_of(place)}: ")
    assert complaint in said[0]


def test_a_check_sees_nothing_of_another_check(tmp_path):
    leaning = PAGE.replace("computes: trace[2].time / 1000", "computes: 3 if first else 0")

    assert "NameError" in found(tmp_path, leaning)[0]


# --- the build


def test_a_wrong_claim_is_a_warning_of_the_build_with_file_and_line(build):
    number = next(block for block in blocks(PAGE) if block.argument == "number").body
    wrong = re.sub("computes: .*", "computes: len('four')", number)

    book = build("quiz", {"index.md": f"# A page\n\n```{{quiz}} a\n{wrong}```\n"})

    assert "index.md:4: WARNING: Quiz 'a': It claims 2, but `len('four')` is 4." in book.warnings


def test_a_page_without_a_change_is_not_checked_again(build, monkeypatch):
    number = next(block for block in blocks(PAGE) if block.argument == "number").body
    page = re.sub("computes: .*", "computes: len('ab')", number, count=1)
    page = f"# A page\n\n```{{quiz}} a\n{re.sub('trace.*1000', 'len([1, 2, 3])', page)}```\n"
    assert build("quiz", {"index.md": page}).warnings == ""

    monkeypatch.setattr(checks.subprocess, "run", None)

    assert build("quiz", {"index.md": page + "\nMore words.\n"}).warnings == ""
