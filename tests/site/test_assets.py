"""What the site serves besides its pages, and what is repaired in them."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from course import assets
from course.markup import repair

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"


@pytest.fixture(scope="module")
def pages():
    """The built pages by name."""
    if not SITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    names = (path.relative_to(SITE) for path in SITE.rglob("*.html"))
    return {str(name): (SITE / name).read_text("utf-8") for name in names if name.parts[0] != "_static"}


def names_of(pages, text):
    return {name for name, page in pages.items() if text in page}


def foreign(page):
    """Scripts, styles and fonts that a page wants from another site."""
    return re.findall(r'<(?:script|link)\b[^>]+(?:src|href)="(?:https?:)?//[^>]+>', page)


def test_without_the_vendored_files_the_build_ends_with_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "VENDOR", tmp_path / "vendor")

    with pytest.raises(SystemExit, match="run `make assets` first"):
        assets.add_vendor(SimpleNamespace(builder=SimpleNamespace(format="html")))


def test_the_lock_file_names_checksums_and_no_addresses():
    lock = (ROOT / "book/_frontend/package-lock.json").read_text("utf-8")

    assert "resolved" not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')


def test_no_page_wants_anything_from_another_site(pages):
    assert {name: foreign(page) for name, page in pages.items() if foreign(page)} == {}


@pytest.mark.parametrize(
    "element",
    ['<script async src="https://example.com/a.js">', '<link rel="stylesheet" href="//example.com/a.css">'],
)
def test_a_foreign_script_or_style_is_seen(element):
    assert foreign(f"<p>{element}</p>") == [element]


def test_only_pages_with_formulas_load_mathjax(pages):
    assert names_of(pages, "mathjax/tex-chtml.js") == names_of(pages, '<span class="math ') | names_of(
        pages, '<div class="math '
    )


def test_only_the_search_page_loads_the_search_index(pages):
    assert names_of(pages, "searchindex.js") == {"search.html"}


def test_only_the_search_page_marks_what_was_searched_for(pages):
    assert names_of(pages, "doctools.js") == names_of(pages, "sphinx_highlight.js") == {"search.html"}


def test_only_pages_with_tabs_load_their_script(pages):
    assert names_of(pages, "design-tabs.js") == names_of(pages, 'class="sd-tab-set')


def test_a_repaired_page_needs_no_repair(pages):
    assert [name for name, page in pages.items() if repair(page) != page] == []


def test_the_source_of_a_page_is_not_served(pages):
    assert pages
    assert not list(SITE.rglob("_sources"))
