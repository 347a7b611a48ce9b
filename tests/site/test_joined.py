"""Joined files: one style sheet and one script of the theme, where there were many; no page waits for one."""

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from course.joined import WAITS, join, join_pages

from .test_assets import pages  # noqa: F401 - a fixture

PAGE = """<head>
<link href="{root}_static/styles/theme.css?digest=1" rel="stylesheet" />
<link rel="stylesheet" type="text/css" href="{root}_static/copy.css?v=2" />
{style}
<script src="{root}_static/documentation_options.js?v=3"></script>
{middle}<script src="{root}_static/doctools.js?v=4"></script>
<script data-of="copy" src="{root}_static/copy.js?v=5"></script>
<script>OPTIONS.page = 'a';</script>
{script}
</head>
"""
FILES = {
    "styles/theme.css": '@import "../basic.css";\np { background: url(../fonts/a.woff2), url("data:,x") }',
    "basic.css": "a { background: url('file.png') }",
    "copy.css": "b { color: red }",
    "documentation_options.js": "const OPTIONS = {};",
    "doctools.js": "let ready;",
    "copy.js": "ready()",
}
QUIZ = (
    '<link rel="stylesheet" href="../_static/quiz.css" />',
    '<script defer src="../_static/quiz.js"></script>',
)
MIDDLE = '<script src="_static/highlight.js"></script>\n'
SEARCH = "", '<script src="searchindex.js"></script>'


@pytest.fixture
def joined(tmp_path):
    """Two pages with something of their own, joined: the folder of the files, and the pages."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    quiz = PAGE.format(root="../", middle="", style=QUIZ[0], script=QUIZ[1])
    search = PAGE.format(root="", middle=MIDDLE, style=SEARCH[0], script=SEARCH[1])
    result = join(tmp_path, {Path("a/quiz.html"): quiz, Path("search.html"): search})
    return tmp_path, {path.name: page for path, page in result.items()}


def test_a_page_asks_for_one_style_sheet_and_one_script_and_its_own(joined):
    page = joined[1]["quiz.html"]

    assert page.count("<link") == 2
    assert page.index("../_static/joined.css?v=") < page.index("../_static/quiz.css")
    assert page.count(" src=") == 2
    assert page.index('<script defer src="../_static/joined.js?v=') < page.index("../_static/quiz.js")


def test_the_style_sheets_are_in_order_with_what_they_import(joined):
    text = (joined[0] / "joined.css").read_text("utf-8")

    assert text.index("a {") < text.index("p {") < text.index("b {")
    assert "@import" not in text


def test_an_address_in_a_style_sheet_leads_where_it_led(joined):
    text = (joined[0] / "joined.css").read_text("utf-8")

    assert "url(fonts/a.woff2)" in text
    assert "url('file.png')" in text
    assert 'url("data:,x")' in text


def test_the_scripts_are_in_order_and_the_options_come_before_who_writes_into_them(joined):
    page = joined[1]["quiz.html"]

    assert (joined[0] / "joined.js").read_text("utf-8") == "let ready;\n;\nready()"
    assert page.index("const OPTIONS = {};") < page.index("OPTIONS.page")


def test_a_script_that_came_after_them_still_does(joined):
    page = joined[1]["search.html"]

    assert page.index("_static/joined.js") < page.index('<script defer src="searchindex.js">')


def test_pages_that_are_joined_or_of_others_are_left_alone(joined, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(joined[0], out / "_static")
    before = {**joined[1], "lite.html": "<script src='a.js'></script>"}
    for name, page in before.items():
        (out / name).write_text(page, "utf-8")

    join_pages(SimpleNamespace(outdir=out, builder=SimpleNamespace(name="html")), None)

    assert {name: (out / name).read_text("utf-8") for name in before} == before


def test_a_script_of_one_page_among_those_of_all_stays_on_it(joined):
    page = joined[1]["search.html"]

    assert page.index("_static/joined.js") < page.index('<script defer src="_static/highlight.js">')
    assert "highlight" not in joined[1]["quiz.html"]


# --- the built site


def waiting(page):
    """How many scripts a page waits for before it shows anything."""
    return len(re.findall(WAITS + r"(?=[^>]* src=)", page))


def test_no_page_waits_for_a_script(pages):  # noqa: F811
    assert {name for name, page in pages.items() if waiting(page)} == set()


def test_a_script_that_a_page_waits_for_is_seen():
    assert waiting('<script src="a.js"></script><script defer src="b.js"></script><script>c</script>') == 1


def test_each_page_asks_for_the_joined_files(pages):  # noqa: F811
    for name, page in pages.items():
        if name.startswith("lite/"):
            continue
        assert page.count("_static/joined.") == 2, name
        assert "pydata-sphinx-theme.css" not in page, name
