"""The outline: it names every chapter, and agrees with the table of contents."""

import re
from pathlib import Path

import pytest
import yaml
from course.outline import disagreements, read_outline

BOOK = Path(__file__).parents[2] / "book"
OUTLINE = """
- part: Coordination
  folder: coordination
  chapters:
    - {number: 7, slug: time, title: Time, state: ready, minutes: 60, points: 20, leaves: clocks}
    - {number: 8, slug: election, title: Election, state: coming, leaves: terms}
    - {slug: reading, title: Further reading, state: coming, leaves: books}
"""
PAGES = {
    "outline.yml": OUTLINE,
    "index.md": "# A course\n\n```{toctree}\ncoordination/time\n```\n\n```{outline}\n```\n",
    "coordination/time.md": "# Time\n\n```{chapter-card}\nYou need *nothing*.\n```\n",
}


@pytest.fixture
def show(build):
    def run(**changes):
        return build("outline", PAGES | changes)

    return run


def words(html):
    return " ".join(re.sub(r"<.*?>", " ", html, flags=re.DOTALL).split())


# --- the outline of this course


def test_the_outline_has_33_chapters_in_five_parts():
    parts = read_outline(BOOK / "outline.yml")

    numbers = [chapter.number for part in parts for chapter in part.chapters if chapter.number]

    assert len(parts) == 5
    assert numbers == list(range(1, 34))


def test_no_slug_is_there_twice():
    slugs = [chapter.slug for part in read_outline(BOOK / "outline.yml") for chapter in part.chapters]

    assert len(slugs) == len(set(slugs))


def test_the_outline_agrees_with_the_table_of_contents():
    contents = (BOOK / "_toc.yml").read_text("utf-8")

    pages = re.findall(r"file: (\S+)", contents)

    assert yaml.safe_load(contents)["root"] == "index"
    assert list(disagreements(read_outline(BOOK / "outline.yml"), pages)) == []


def test_a_ready_chapter_has_the_same_title_on_its_page():
    for part in read_outline(BOOK / "outline.yml"):
        for chapter in filter(lambda each: each.ready, part.chapters):
            page = (BOOK / f"{part.page(chapter)}.md").read_text("utf-8")
            assert re.search(r"^# (.+)$", page, re.MULTILINE)[1] == chapter.title


# --- the directives


def test_a_ready_chapter_is_a_link_with_its_minutes_and_points(show):
    entry = re.search(r'<li class="outline-ready">.*?</li>', show().page(), re.DOTALL)[0]

    assert 'href="coordination/time.html"' in entry
    assert words(entry) == "07 Time 60 min · 20 points clocks"


def test_a_coming_chapter_is_marked_and_no_link(show):
    entries = re.findall(r'<li class="outline-coming">.*?</li>', show().page(), re.DOTALL)

    assert [words(entry) for entry in entries] == ["08 Election coming terms", "Further reading coming books"]
    assert not any("href" in entry for entry in entries)


def test_the_map_counts_chapters_and_not_other_entries(show):
    assert "2 chapters in 1 parts; 1 can be read today." in words(show().page())


def test_the_list_of_pages_has_the_numbers_of_the_chapters(show):
    assert '<a class="reference internal" href="coordination/time.html">07 Time</a>' in show().page()


def test_a_chapter_card_shows_the_line_of_its_page(show):
    card = re.search(r'<div class="chapter-card.*?</div>', show().page("coordination/time"), re.DOTALL)[0]

    assert words(card) == "Coordination Chapter 7 60 minutes 20 points You need nothing ."


def test_an_outline_that_agrees_makes_no_complaint(show):
    assert show().warnings == ""


# --- what is refused


def test_a_card_on_a_page_outside_the_outline_is_refused(show):
    book = show(**{"index.md": PAGES["index.md"] + "\n```{chapter-card}\n```\n"})

    assert re.search(r"index\.md:10: ERROR: index is not in outline\.yml", book.warnings)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("coming, leaves: books", "ready, minutes: 5, points: 20, leaves: x", "reading is not in _toc.yml"),
        ("state: ready, minutes: 60, points: 20", "state: coming", "outline.yml says that time is coming"),
        ("minutes: 60, ", "", "time is ready, so it needs minutes and points"),
        ("state: coming, leaves: terms", "state: soon, leaves: terms", "must be ready or coming"),
        ("leaves: terms", "leafs: terms", "leafs"),
        ("folder: coordination", "", "folder"),
        ("chapters:", "chapters: {", "outline.yml cannot be used"),
    ],
)
def test_a_wrong_outline_is_refused(show, old, new, complaint):
    assert old in OUTLINE

    book = show(**{"outline.yml": OUTLINE.replace(old, new)})

    assert complaint in book.warnings
