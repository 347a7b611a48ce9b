"""The page on notation shows every sign that the pictures have."""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "_build" / "html" / "reference" / "notation.html"
DRAWN = ("spacetime", "arrows", "faults", "history", "ring", "log", "graph")
# How a sign looks while a reader points at it or walks through the steps, and what nobody sees.
NO_SIGNS = {"hit", "later", "now", "steps"}


def styled(style: str) -> set[str]:
    """The classes that a style gives a look to: each is a sign, or a part of one."""
    selectors = re.sub(r"\{[^}]*\}", " ", style)
    return set(re.findall(r"\.([a-z][\w-]*)", selectors)) - NO_SIGNS


def shown(page: str) -> set[str]:
    """The classes of what is drawn on a page."""
    drawings = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    return {each for classes in re.findall(r'class="([^"]+)"', drawings) for each in classes.split()}


def unexplained(page: str, styles: dict[str, str]) -> list[str]:
    """Signs that a module can draw and that the page does not show."""
    return [
        f"distsys.draw.{module} draws .{each}, which the page on notation does not show."
        for module, style in styles.items()
        for each in sorted(styled(style) - shown(page))
    ]


@pytest.fixture(scope="module")
def page():
    if not PAGE.exists():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    return PAGE.read_text("utf-8")


def test_every_sign_of_every_picture_is_on_the_page(page):
    styles = {name: import_module(f"distsys.draw.{name}").STYLE for name in DRAWN}

    if problems := unexplained(page, styles):
        pytest.fail("\n".join(problems), pytrace=False)


def test_every_module_with_signs_is_looked_at():
    folder = ROOT / "distsys" / "draw"
    own = {path.stem for path in folder.glob("*.py") if "\nSTYLE = " in path.read_text("utf-8")}

    assert own - set(DRAWN) <= {"explorer", "player", "steps"}


def test_every_picture_of_the_page_is_explained_in_words_beside_it(page):
    items = re.findall(r'<figure class="ds-figure".*?</figure>(.*?)(?=<figure|</section>)', page, re.DOTALL)

    assert len(items) > 15
    assert all("<strong>" in words for words in items)


def test_the_gate_sees_a_sign_that_is_not_shown(page):
    assert unexplained(page, {"new": "#ID .portal{fill:red}\n#ID .lost .swirl{x:1}"}) == [
        "distsys.draw.new draws .portal, which the page on notation does not show.",
        "distsys.draw.new draws .swirl, which the page on notation does not show.",
    ]
