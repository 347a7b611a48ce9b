"""Each work of the bibliography is cited somewhere, and says where."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
BIB = """@book{one, author = {A, B}, title = {One}, publisher = {P}, year = {2001}, doi = {10.1000/1}}
@book{two, author = {C, D}, title = {Two}, publisher = {P}, year = {2002}, url = {https://example.com/2}}
@book{none, author = {E, F}, title = {None}, publisher = {P}, year = {2003}}
"""
PAGE = """# Page

## First

See {cite:t}`one`, and {cite:p}`one,two`.

## Second

Again {cite:t}`one`.
"""
INDEX = "# Index\n\n```{toctree}\npage\nworks\n```\n"
WORKS = "# Works\n\n```{bibliography}\n:all:\n```\n"


@pytest.fixture
def book(build):
    files = {"index.md": INDEX, "page.md": PAGE, "works.md": WORKS, "refs.bib": BIB}
    extensions = ["myst_parser", "sphinxcontrib.bibtex", "course.bibliography"]
    return build("bibliography", files, extensions=extensions, bibtex_bibfiles=["refs.bib"])


def entries(html):
    """The words of each entry, without its label, and the addresses that it links to."""
    found = re.findall(r'<div class="citation".*?</div>', html, re.DOTALL)
    words = (re.sub(r'<span class="label">.*?</span></span>|<.*?>|\s+', " ", each) for each in found)
    return [
        (" ".join(text.split()), re.findall(r'href="([^"]+)"', each))
        for text, each in zip(words, found, strict=True)
    ]


def test_an_entry_names_each_section_that_cites_it_once(book):
    told = {text.split(". ")[1]: text.partition("Cited in ")[2] for text, _ in entries(book.page("works"))}

    assert book.warnings == ""
    assert told == {"One ": "Page: First , Second .", "Two ": "Page: First .", "None ": ""}


def test_each_link_leads_to_the_place_of_the_citation(book):
    links = [link for _, links in entries(book.page("works")) for link in links]
    targets = [link for link in links if "page.html" in link]

    assert len(targets) == 3
    for target in targets:
        assert f'id="{target.partition("#")[2]}"' in book.page("page")


def test_a_doi_and_an_address_are_links(book):
    links = [link for _, links in entries(book.page("works")) for link in links]

    assert "https://doi.org/10.1000/1" in links
    assert "https://example.com/2" in links


# --- the page of the site


def uncited(html):
    return [text for text, _ in entries(html) if "Cited in" not in text]


def test_every_work_of_the_site_is_cited():
    path = SITE / "bibliography.html"
    if not path.exists():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)

    assert len(entries(path.read_text("utf-8"))) > 10
    assert uncited(path.read_text("utf-8")) == []


def test_the_gate_sees_a_work_that_nobody_cites(book):
    (text,) = uncited(book.page("works"))

    assert "None" in text
