"""Prose stays prose; whatever else a student's Markdown would become is shown as it was typed."""

import pytest
from bs4 import BeautifulSoup
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from autograder.records.markdown import harmless, verbatim

PROSE = [
    "# My notes\n\nSome *plain* and **strong** text with `code`, a [link](https://x.test/a?b=1) and $x_1^2$.",
    "1. one\n2. two\n   - three\n\n> quoted\n\n---\n\n| a | b |\n|:--|--:|\n| 1 | 2 |",
    "```python\nfor x in range(3):\n    print('<b>', x)\n```\n\n    indented <script>\n\n`<script>`",
    "5 < 6 and 7 > 6 & so on; see #top and mailto: [me](mailto:me@x.test)\n\n$$\\frac{1}{2}$$",
    "3. third\n\n~~gone~~ https://example.org",
    "Zoë 💥 — “quoted”",
    "<details><summary>Hint 1</summary>\n\nLook *here*.\n\n</details>",
]
ACTIVE = [
    "<script>alert(1)</script>",
    "text <img src=x onerror=alert(1)> text",
    "<b onclick='alert(1)'>bold</b>",
    "<svg><animate onbegin=alert(1)></svg>",
    "<iframe src='https://example.org'></iframe>",
    "[x](javascript:alert(1))",
    "[x](  JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](//example.org)",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](https://example.org/spy.png)",
    "![pasted](attachment:image.png)",  # formgrader breaks down on these
    "![x](x.png)",
    "```mermaid\n<img src=x onerror=alert(1)>\n```",
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\require{html}\\style{position:fixed}{x}$$",
    "<style>body { display: none }</style>",
    "<div style='position:fixed;inset:0'>over everything</div>",
    "<form action=https://example.org><input name=p></form>",
    "<a href='https://example.org' target=_top>x</a>",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<base href='https://example.org'>",
    "<!-- comment --><!doctype html>",
    "<p\x00 onclick=alert(1)>x</p>",
    "<a\nhref=javascript:alert(1)>x</a>",
    "<table background='https://example.org/x.png'>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<pre class=mermaid>x</pre>",
    '<pre class="mermaid">x</pre>',
    "<x-y>",
    "- [ ] <input>",
    "<details ontoggle=alert(1) open>x</details>",
    '<details ontoggle="alert(1)">x</details>',
]
SAFE_TAGS = {"div", "pre", "code", "p", "span"}


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_left_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("text", ACTIVE)
def test_what_could_run_or_fetch_is_shown_as_it_was_typed(text: str) -> None:
    shown = harmless(text)
    page = BeautifulSoup(markdown2html_mistune(shown), "html.parser")

    assert shown == verbatim(text)
    assert {tag.name for tag in page.find_all(True)} <= SAFE_TAGS
    assert not any(tag.attrs.keys() - {"class"} for tag in page.find_all(True))


@pytest.mark.parametrize("text", ["```\n<script>", "`````\n~~~\n<b onclick=x>", "<i x=``````>"])
def test_no_fence_of_the_student_closes_ours(text: str) -> None:
    page = BeautifulSoup(markdown2html_mistune(verbatim(text)), "html.parser")

    assert page.pre.get_text().strip() == text
    assert {tag.name for tag in page.find_all(True)} <= SAFE_TAGS


def test_a_heading_does_not_take_the_place_of_a_field_of_formgrader() -> None:
    heading = "# double-comment"

    assert harmless(heading) == heading
    assert harmless(heading, frozenset({"double-comment"})) == verbatim(heading)
