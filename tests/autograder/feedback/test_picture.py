"""A picture of the laboratory stays as it is; what is none, or does more than draw, is not shown."""

import re

import pytest
from bs4 import BeautifulSoup

from autograder.feedback.picture import picture
from distsys.check import Verdict
from distsys.draw.history import operations
from distsys.draw.log import logs
from distsys.history import History, Op
from tests.autograder.feedback.hostile import MARKUP
from tests.autograder.feedback.workbench import space_time

HISTORY = History([Op("c1", 0, 5, "write", "x", 1, True), Op("c2", 2, 9, "read", "x", None, 1)])
WORDS = "<script>alert(1)</script> & \"quoted\" 'too' \x00\x1b[31m"


def shape(html: str) -> list[tuple]:
    """Elements with their attributes and texts, as a browser would read them."""
    soup = BeautifulSoup(re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL), "html.parser")
    for tag in soup.find_all(xmlns=True):
        del tag["xmlns"]
    return [(tag.name, tag.attrs, tag.string) for tag in soup.find_all(True)]


@pytest.mark.parametrize(
    "drawn",
    [
        space_time(),
        operations(HISTORY).html(),
        logs({"n1": [(1, "x=1"), (2, "y=2")], "n2": [(1, "x=1")]}, {"n1": 1}).html(),
        Verdict("ok")._repr_html_(),
    ],
    ids=["space-time", "history", "logs", "verdict"],
)
def test_a_picture_of_the_laboratory_loses_nothing_but_its_script(drawn: str) -> None:
    assert shape(picture(drawn)) == shape(f"<div>{drawn}</div>")
    assert "<script" not in picture(drawn)


def test_words_of_a_student_stay_words() -> None:
    drawn = space_time(WORDS)

    kept = picture(drawn)

    assert kept
    assert "<script" not in kept
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in kept


def test_the_laboratory_itself_escapes_words_of_a_student() -> None:
    assert "<script>alert" not in space_time(WORDS)


@pytest.mark.parametrize("trick", MARKUP)
def test_a_trick_inside_a_picture_is_dropped_or_takes_the_picture_with_it(trick: str) -> None:
    soup = BeautifulSoup(picture(f"<figure><svg>{MARKUP[trick]}</svg></figure>"), "html.parser")

    kept = {tag.name for tag in soup.find_all(True)}
    assert kept <= {
        "div",
        "figure",
        "svg",
        "circle",
        "p",
        "text",
        "a",
        "details",
        "summary",
        "table",
        "tr",
        "td",
    }
    said = [f"{name}={value}" for tag in soup.find_all(True) for name, value in tag.attrs.items()]
    assert not [one for one in said if one.startswith("on") or "evil" in one or "RAN" in one]


@pytest.mark.parametrize(
    "css",
    [
        "p{background:url(https://evil.example)}",
        "@import 'https://evil.example'",
        "p{background:u\\72l(x)}",
        "p{background:image-set('x' 1x)}",
        "p{}&lt;/style&gt;&lt;script&gt;",
        "@font-face{src:local(x)}",
    ],
)
def test_style_that_reaches_out_is_dropped_and_the_drawing_stays(css: str) -> None:
    kept = picture(f"<figure><style>{css}</style><svg><path d='M0 0'/></svg></figure>")

    assert "<style>" not in kept
    assert '<path d="M0 0">' in kept


def test_paint_that_reaches_out_is_dropped_and_paint_of_the_same_drawing_stays() -> None:
    kept = picture(
        '<svg><path fill="url(https://evil.example)" marker-end="url(#arrow)" stroke="red"/></svg>'
    )

    assert "evil" not in kept
    assert 'marker-end="url(#arrow)" stroke="red"' in kept


def test_another_namespace_is_another_element() -> None:
    kept = picture('<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script><p>stays</p>')

    assert kept == "<div><p>stays</p></div>"


@pytest.mark.parametrize(
    "markup",
    [
        "<p>never closed",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><p>&a;</p>",
        "</div><p>out</p><div>",
        "<p a=1>x</p>",
        "<p>&nbsp;</p>",
        "<?xml-stylesheet href='https://evil.example'?><p/>",
    ],
)
def test_what_is_not_well_formed_is_not_ours(markup: str) -> None:
    assert "evil" not in picture(markup)
    assert picture(markup) == "" or markup.startswith("</div>")


def test_a_hundred_thousand_elements_within_each_other_are_no_trouble() -> None:
    deep = "<g>" * 100_000 + "</g>" * 100_000

    assert picture(deep).count("<g>") == 100_000


def test_a_name_sets_the_ids_of_two_pictures_apart() -> None:
    one, other = picture(space_time(), "a-0"), picture(space_time(), "a-1")

    assert set(re.findall(r'\bid="([^"]+)"', one)).isdisjoint(re.findall(r'\bid="([^"]+)"', other))
    (root,) = re.findall(r'<figure class="ds-figure" id="([^"]+)"', one)
    assert f"#{root} svg" in one
    assert f'aria-labelledby="{root}-t {root}-d"' in one
