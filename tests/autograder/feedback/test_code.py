"""Code is shown line by line, with comments, strings and keywords told apart."""

import re
import time

import pytest

from autograder.feedback.code import MOST_LINES, numbered


def lines(source: str) -> list[str]:
    return re.findall(r'<span class="l">(.*?)</span>(?=<span class="l|$)', numbered(source))


def test_comments_strings_and_keywords_are_marked() -> None:
    (line,) = lines("if x: y = 'a # b'  # c \"d\"")

    assert line == (
        '<span class="k">if</span> x: y = <span class="s">&#39;a # b&#39;</span>  '
        '<span class="c"># c &#34;d&#34;</span>'
    )


def test_a_string_over_several_lines_is_marked_in_each() -> None:
    assert lines('"""one\ntwo"""\nthree') == [
        '<span class="s">&#34;&#34;&#34;one</span>',
        '<span class="s">two&#34;&#34;&#34;</span>',
        "three",
    ]


def test_a_word_that_begins_like_a_keyword_is_none() -> None:
    assert lines("iffy = format") == ["iffy = format"]


@pytest.mark.parametrize("source", ["'", '"""', "'''a\n", "f'{x", "\\", "'\\", "#", "\t\n\n"])
def test_text_that_is_no_python_is_shown_whole(source: str) -> None:
    text = re.sub(r"<[^>]*>", "", "\n".join(lines(source)))

    assert text == source.replace("'", "&#39;").replace('"', "&#34;")


def test_very_long_code_is_cut() -> None:
    shown = numbered("x\n" * 10_000)

    assert shown.count("<span") == MOST_LINES + 1
    assert "… 9,701 more lines" in shown


def test_a_megabyte_of_quotes_takes_no_time() -> None:
    began = time.process_time()

    numbered("'\"\\" * 300_000)

    assert time.process_time() - began < 2
