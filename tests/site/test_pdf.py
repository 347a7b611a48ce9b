"""The printed book has every page of the site, true page numbers, and nothing that does not fit on paper."""

import re
import unicodedata
from pathlib import Path

import pytest
from course.printing import Heading, _Page, outline, places, print_page
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from . import browser

BUILD = Path(__file__).parents[2] / "_build"
A4 = (595, 842)
PAPER = """<!doctype html><html lang="en"><title>A page</title>
<style>@page {{ size: A4; margin: 25mm 22mm 20mm }}</style>
<article style="width: 100%"><h1 id="top">A page</h1>{}</article></html>"""
FAULTS = {
    "wider than the paper: <div": '<div style="width:300mm">wide</div>',
    "wider than the paper: <pre": "<pre>" + "long " * 60 + "</pre>",
    "higher than the paper: <svg": '<svg height="1200"></svg>',
    "a link that leads nowhere on paper: <a": '<a href="#gone">gone</a>',
    'a link that leads nowhere on paper: <a href="other': '<a href="other.html">other</a>',
    "missing.png is not there": '<img src="missing.png" alt="">',
}


@pytest.fixture(scope="module")
def book():
    browser.chromium()
    path = BUILD / "book.pdf"
    if not path.exists():
        pytest.fail("The printed book is missing: run `make pdf` first.", pytrace=False)
    return PdfReader(path)


def headings(reader):
    """The headings of a PDF: words and page of each, as a reader's program lists them."""
    pages = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, start=1)}

    def walk(entries):
        for entry in entries:
            if isinstance(entry, list):
                yield from walk(entry)
            else:
                yield " ".join(entry.title.split()), pages[entry.page.idnum]

    return list(walk(reader.outline))


def contents(reader):
    """The lines of the table of contents: words and number of each, as printed."""
    first_chapter = next(page for words, page in headings(reader) if words == "About this course")
    pages = (reader.pages[number] for number in range(1, first_chapter - 1))
    text = "\n".join(page.extract_text().partition("Contents\n")[2] for page in pages)
    text = unicodedata.normalize("NFKC", text)  # ligatures
    lines = re.findall(r"(.+?)\s*\n?\b(\d+)$", text, re.MULTILINE)
    return [(" ".join(words.split()), int(number)) for words, number in lines]


def untrue(lines, known):
    """The lines of the contents that name a page on which no such heading is."""
    return [line for line in lines if line not in known]


def links(reader):
    """What each link leads to: the address of a site, or a place in the PDF."""
    for page in reader.pages:
        for annotation in page.get("/Annots") or ():
            link = annotation.get_object()
            yield link["/A"]["/URI"] if "/A" in link else str(link["/Dest"])


def loose_fonts(reader):
    """Fonts that are named but not in the file."""
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", DictionaryObject()).values():
            kind = font.get_object()
            if kind["/Subtype"] != "/Type3":
                descriptor = kind["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
                if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor):
                    yield kind["/BaseFont"]


def test_every_page_of_the_site_is_a_heading(book):
    titles = set()
    for page in (BUILD / "html").rglob("*.html"):
        name = page.relative_to(BUILD / "html")
        if name.parts[0] != "_static" and name.stem not in {"index", "search", "404"}:
            title = re.search(r"<h1>(.*?)</h1>", page.read_text("utf-8"), re.DOTALL)[1]
            title = re.sub(r'<a class="headerlink".*', "", title)
            titles.add(" ".join(re.sub(r"<[^>]+>", "", title).split()))

    assert len(titles) > 10
    assert titles <= {words for words, _ in headings(book)}


def test_it_can_be_read_aloud(book):
    root = book.trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "/StructTreeRoot" in root
    assert book.metadata.title == "Distributed Systems by Breaking Them"


def test_the_contents_name_the_right_pages(book):
    lines = contents(book)

    assert len(lines) > 30
    assert untrue(lines, headings(book)) == []


def test_a_wrong_number_in_the_contents_is_seen():
    assert untrue([("Time", 7), ("Clocks", 0)], [("Time", 7), ("Clocks", 9)]) == [("Clocks", 0)]


def test_every_link_leads_to_a_place_in_the_book_or_to_a_site(book):
    known = set(book.named_destinations)
    targets = set(links(book))

    assert len(targets) > 100
    assert {target for target in targets if target not in known and not target.startswith("http")} == set()


def test_all_pages_are_a4_and_all_fonts_are_in_the_file(book):
    assert {tuple(round(float(side)) for side in page.mediabox[2:]) for page in book.pages} == {A4}
    assert list(loose_fonts(book)) == []


def test_the_answers_to_the_questions_are_at_the_end(book):
    numbers = dict(headings(book))
    answers = "".join(page.extract_text() for page in book.pages[numbers["Answers to the questions"] - 1 :])
    quiz = range(numbers["Quiz"], numbers["Summary"])  # of the last chapter
    asked = "".join(book.pages[page - 1].extract_text() for page in quiz)

    number = re.search(r"Question (\d+)\s+A\s+program\s+measures", asked)[1]
    assert " is right." not in asked
    answer = re.search(rf"Question {number}\s+(.*?)Question", answers, re.DOTALL)[1]
    assert re.findall(r"\b([A-Z]) is right\.", answer) == ["B"]


@pytest.fixture
def printed(tmp_path):
    """Print a page of a few lines."""

    def run(body):
        browser.chromium()
        page = tmp_path / "page.html"
        page.write_text(PAPER.format(body), "utf-8")
        print_page(page, tmp_path / "page.pdf")
        return tmp_path / "page.pdf"

    return run


def test_the_outline_names_the_page_to_which_a_link_leads(printed):
    body = '<a href="#a:b/c.d_é">there</a><h2 id="a:b/c.d_é" style="break-before: page">There</h2>'

    pdf = printed(body)
    found = places(pdf)
    outline(pdf, [Heading(1, "a:b/c.d_é", "There", "")], found, title="T", author="A")

    assert {name: place.page for name, place in found.items()} == {"a:b/c.d_é": 2}
    assert headings(PdfReader(pdf)) == [("There", 2)]


def test_what_does_not_fit_on_paper_is_not_printed(printed):
    with pytest.raises(SystemExit) as end:
        printed("".join(FAULTS.values()))

    assert [fault for fault in FAULTS if fault not in str(end.value)] == []


def test_without_chromium_the_build_ends_with_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)

    with pytest.raises(SystemExit, match="install the system package chromium"):
        print_page(tmp_path / "page.html", tmp_path / "page.pdf")


def test_the_index_names_each_page_once_and_in_order():
    entries = [("C", 0, "clock", ["late", "early", "again"])]
    page = _Page("T", "A", "L", "", _Page.INDEX, [Heading(1, "early", "Early", "")], entries)

    index = page.html({"early": 3, "again": 3, "late": 12})

    assert re.findall(r'<a href="#\w+">(\d+)</a>', index) == ["3", "12"]
    assert 'class="printed-number">3<' in index
