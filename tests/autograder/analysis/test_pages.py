"""The page stands alone, is safe to open, can be read by everybody, and tells the most important first."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from autograder.analysis import page, report, write
from autograder.engine.verdict import Ran
from tests.autograder.analysis.classroom import PLANTED, chapter, class_of, scores

ASSIGNMENT, _ = chapter()
CLASS = class_of(60)
REPORT = report(CLASS, ASSIGNMENT, scores(CLASS))
PAGE = page(REPORT)
SOUP = BeautifulSoup(PAGE, "html.parser")

ATTACK = "</pre></code><script>alert('x')</script><img src=http://evil.example/a onerror=alert(1)>&amp;"
ATTACK += "\ud800\u202e"  # half a character, and one that turns the rest of a line round


def attacked() -> str:
    """The page of a class in which everything that a student can choose is an attack."""
    class_ = []
    for number, verdict in enumerate(CLASS[:12]):
        cells = tuple(
            replace(cell, source=f"{cell.source}\n# {ATTACK}") if cell.name in ASSIGNMENT.exercises else cell
            for cell in (*verdict.cells, Ran("", "code", ATTACK))
        )
        questions = tuple(
            replace(said, outcome="time", message=ATTACK, flaky=True, shown=ATTACK)
            for said in verdict.questions
        )
        name = f"{ATTACK}{number}"
        class_ += [replace(verdict, student=name, cells=cells, questions=questions, repairs=(ATTACK,))]
        class_ += [replace(class_[-1], student=f"{name}copy")]
    class_ += [replace(CLASS[0], student=f"{ATTACK}refused", refused=ATTACK)]
    return page(report(class_, ASSIGNMENT))


def foreign(html: str) -> list[str]:
    """Everything on a page that would run, or ask somebody else for something."""
    soup = BeautifulSoup(html, "html.parser")
    found = [str(tag) for tag in soup.find_all(["script", "img", "iframe", "object", "link", "base", "form"])]
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            if name.startswith("on") or (name in ("src", "href", "xlink:href") and not value.startswith("#")):
                found.append(f"{tag.name} {name}={value}")
    style = " ".join(tag.text for tag in soup.find_all("style"))
    return found + re.findall(r"@import|url\((?!#)[^)]*\)", style)


def test_nothing_runs_and_nobody_else_is_asked() -> None:
    assert foreign(PAGE) == []
    assert "default-src 'none'" in SOUP.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]


def test_what_students_write_is_text() -> None:
    html = attacked()

    assert foreign(html) == []
    assert "alert" in BeautifulSoup(html, "html.parser").text
    html.encode("utf-8")


def test_an_attack_that_is_not_escaped_would_be_seen() -> None:
    """A canary."""
    assert foreign(f"<p>{ATTACK}</p>")


def test_the_first_thing_a_teacher_reads_answers_the_four_questions() -> None:
    cards = {card.h3.text: card for card in SOUP.select(".card")}
    said = [card.text for card in cards.values()]

    assert "drifting clocks" in said[0].split("%")[0]
    assert "drifting clocks" in said[1]
    assert "Read the test." in said[1]
    assert "causal_broadcast 4" in said[1]
    for name in (*PLANTED["not begun"], PLANTED["refused"]):
        assert name in said[2]
    assert "boris, nils, vera" in said[3]
    assert "ada, sven" in said[3]
    assert PAGE.index("In one minute") < PAGE.index("Points</h2>")


def test_every_figure_has_a_caption_a_title_and_the_facts_in_words() -> None:
    figures = SOUP.find_all("figure")

    assert len(figures) == 3
    for figure in figures:
        assert len(figure.figcaption.text) > 20
        svg = figure.find("svg", role="img")
        assert svg.title.text
        assert len(svg.desc.text) > 40


def test_the_words_of_a_figure_hold_its_numbers() -> None:
    described = SOUP.find_all("figure")[1].desc.text

    for exercise in REPORT.exercises:
        untried = REPORT.counted - exercise.tried
        assert f"{exercise.name}: {exercise.earned[-1]} all points" in described
        assert f"{exercise.earned[0]} none, {untried} not tried" in described


def test_tables_have_captions_and_heads_for_columns_and_rows() -> None:
    tables = SOUP.find_all("table")

    assert len(tables) >= 7
    for table in tables:
        assert table.caption.text
        assert all(head.get("scope") == "col" for head in table.thead.find_all("th"))
        assert all(row.find("th", scope="row") for row in table.tbody.find_all("tr"))
        assert len({len(row.find_all(["th", "td"])) for row in table.find_all("tr")}) == 1


def test_a_reader_by_keyboard_or_by_ear_finds_the_way() -> None:
    ids = [tag["id"] for tag in SOUP.find_all(id=True)]

    assert SOUP.html["lang"] == "en-GB"
    assert len(ids) == len(set(ids))
    assert all(link["href"][1:] in ids for link in SOUP.find_all("a"))
    assert [head.name for head in SOUP.find_all(["h1", "h2"])] == ["h1"] + ["h2"] * 7
    assert all(box.get("tabindex") == "0" for box in SOUP.select(".wide, pre"))


def test_every_student_stands_in_the_last_table() -> None:
    names = [head.text for head in SOUP.select("#students tbody th")]

    assert sorted(names) == sorted(one.student for one in CLASS)


def test_trouble_is_told() -> None:
    said = SOUP.select_one("#trouble").text

    assert "The file is not a notebook" in said
    assert "The host ended." in said
    assert "was missing; it was put back" in said
    assert "Flaky tests" in said


def test_short_exercises_are_said_to_say_nothing() -> None:
    short = [
        replace(one, cells=tuple(replace(cell, source=cell.source[:90]) for cell in one.cells))
        for one in CLASS
    ]

    said = BeautifulSoup(page(report(short, ASSIGNMENT)), "html.parser").select_one("#shared").text

    assert "Nothing can be said of ntp, lamport_clock" in said
    assert "Nothing can be said of" not in SOUP.select_one("#shared").text


def test_a_crowd_with_one_text_is_told_where_no_pair_can_be() -> None:
    crowd = [CLASS[0].of(f"s{number}") for number in range(9)]

    card = BeautifulSoup(page(report(crowd, ASSIGNMENT)), "html.parser").select(".card")[3].text

    assert "ntp (9 of 9)" in card
    assert "the one obvious way" in card
    assert "the one obvious way" not in SOUP.select(".card")[3].text


def test_a_pair_is_never_called_more_than_alike() -> None:
    said = SOUP.select_one("#shared").text.lower()

    assert "never why" in said
    assert not re.search(r"plagiari|cheat|guilty|dishonest", said)


@pytest.mark.parametrize("students", [[], CLASS[:1], [one.of("x") for one in CLASS[:1]] * 2])
def test_a_page_is_made_of_any_class(students: list) -> None:
    html = page(report(students, ASSIGNMENT))

    soup = BeautifulSoup(html, "html.parser")
    for quoted in soup.find_all(["pre", "code"]):
        quoted.decompose()
    assert not re.search(r"\bnan\b|None\b|Infinity", soup.text.replace("None: wherever", ""))
    assert foreign(html) == []


def test_a_class_of_300_stays_a_page_that_opens_at_once() -> None:
    class_ = class_of(300)

    html = page(report(class_, ASSIGNMENT))

    assert len(html) < 1_500_000
    soup = BeautifulSoup(html, "html.parser")
    assert soup.select_one("#students details table") is not None
    assert len(soup.select(".card li")) < 60


def test_three_files_are_written(tmp_path: Path) -> None:
    paths = write(REPORT, tmp_path / "report")

    assert [path.name for path in paths] == ["report.json", "report.html", "dashboard.ipynb"]
    assert paths[1].read_text(encoding="utf-8") == page(REPORT)
