"""Grades reach spreadsheets, Canvas and Moodle: the right ones, for the right students, and no formula."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autograder.assignment import Assignment
from autograder.course import CourseError
from autograder.exports import (
    NOTHING,
    Enrolled,
    guarded,
    matched,
    read_roster,
    write_canvas,
    write_csv,
    write_moodle,
)
from tests.autograder.tiny import SLUG

ADA = Enrolled(id="17", email="ada@x.org", login="al1", name="Ada Lovelace", section="A", canvas="900")
BOB = Enrolled(id="18", email="bob@x.org", login="bb2", name="Bob", section="B", canvas="901")


@dataclass
class Row:
    student: str
    points: dict[str, float] = field(default_factory=lambda: {"double": 3.0, "total": 0.5})
    reason: str = ""
    slug: str = SLUG

    @property
    def total(self) -> float:
        return sum(self.points.values())


def read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


# --- formulas


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\r=1",
        "＝1",
        "'=1",
        "|x",
        "-",
        "=HYPERLINK(1)",
        "-1e3x",
    ],
)
def test_what_begins_like_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert guarded(text)[0] == "'"


@pytest.mark.parametrize(
    "text", ["", "ada", "12", "-2", "-0.5", "+3,5", "a=b", "1-2", "n-1", "Ada +1", "(-1)"]
)
def test_numbers_and_other_text_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


def test_no_field_of_any_file_is_a_formula(tmp_path: Path, assignment: Assignment) -> None:
    evil = Enrolled(*["=1+1"] * 7)
    rows = [Row("=1+1", {"double": -2.0}, "@SUM(A1)")]

    write_csv(tmp_path / "a.csv", rows, [assignment], [evil])
    write_canvas(tmp_path / "b.csv", rows, assignment, [evil], column="=1+1")
    write_moodle(tmp_path / "c.csv", rows, assignment, [evil], column="=1+1", feedback={"=1+1": "=1+1"})

    fields = [cell for name in "abc" for row in read(tmp_path / f"{name}.csv") for cell in row]
    assert [cell for cell in fields if cell[:1] in "=+@" and cell] == []
    assert "-2" in fields


# --- who is who


@pytest.mark.parametrize("folder", ["17", "ada@x.org", "al1", "Ada Lovelace"])
def test_a_folder_may_be_named_after_anything_of_its_student(folder: str) -> None:
    ((who, _), *_) = matched([Row(folder)], [ADA, BOB])

    assert who is ADA


def test_a_name_of_two_students_is_nobodys() -> None:
    twins = [Enrolled(id="1", name="Li Wei"), Enrolled(id="2", name="Li Wei")]

    ((who, _), *_) = matched([Row("Li Wei")], twins)

    assert who.id == ""


def test_students_who_handed_in_nothing_come_last(tmp_path: Path, assignment: Assignment) -> None:
    write_csv(tmp_path / "g.csv", [Row("al1", reason="why")], [assignment], [BOB, ADA])

    assert read(tmp_path / "g.csv") == [
        ["student", "name", "id", "email", "chapter", "double", "total", "points", "reason"],
        ["al1", "Ada Lovelace", "17", "ada@x.org", SLUG, "3", "0.5", "3.5", "why"],
        ["18", "Bob", "18", "bob@x.org", SLUG, "", "", "", NOTHING],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "name,id,email\nAda,17,ada@x.org\n",
        "\ufeffName;ID;E-Mail\r\nAda;17;ada@x.org\r\n",
        "First name,Last name,ID number,Email address\nAda,,17,ada@x.org\n",
        "Student,ID,SIS User ID,SIS Login ID,Section,Email\n"
        "    Points Possible,,,,,\nAda,900,17,al,A,ada@x.org\n",
    ],
    ids=["ours", "spreadsheet", "moodle", "canvas"],
)
def test_a_roster_may_come_from_anywhere(text: str, tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_text(text, encoding="utf-8")

    (ada,) = read_roster(tmp_path / "students.csv")

    assert (ada.name, ada.id, ada.email) == ("Ada", "17", "ada@x.org")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\n", "has no column"),
        (b"", "has no column"),
        (b"id\n1\n1\n", "two students with the id `1`"),
        (b"\xff\xfe\x00", "cannot be read as a roster"),
    ],
)
def test_a_roster_that_is_none_is_told_in_a_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_bytes(content)

    with pytest.raises(CourseError, match=words):
        read_roster(tmp_path / "students.csv")


# --- Canvas


def test_canvas_gets_its_columns_its_points_and_its_ids(tmp_path: Path, assignment: Assignment) -> None:
    write_canvas(tmp_path / "c.csv", [Row("al1")], assignment, [ADA, BOB], "Tiny sums (4711)")

    assert read(tmp_path / "c.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Tiny sums (4711)"],
        ["Points Possible", "", "", "", "", "6"],
        ["Ada Lovelace", "900", "17", "al1", "A", "3.5"],
        ["Bob", "901", "18", "bb2", "B", ""],
    ]


def test_without_a_roster_the_folder_is_the_login(tmp_path: Path, assignment: Assignment) -> None:
    write_canvas(tmp_path / "c.csv", [Row("al1")], assignment)

    assert read(tmp_path / "c.csv")[0][-1] == "Tiny sums"
    assert read(tmp_path / "c.csv")[2] == ["al1", "", "", "al1", "", "3.5"]


# --- Moodle


def test_moodle_gets_one_column_that_tells_the_student(tmp_path: Path, assignment: Assignment) -> None:
    rows = [Row("al1", reason="SECRET")]

    told = write_moodle(tmp_path / "m.csv", rows, assignment, [ADA, BOB], feedback={"al1": "ok"})

    assert told == []
    assert read(tmp_path / "m.csv") == [
        ["Email address", "Tiny sums", "Tiny sums (Feedback)"],
        ["ada@x.org", "3.5", "ok"],
        ["bob@x.org", "-", NOTHING],
    ]


def test_without_a_roster_moodle_gets_usernames(tmp_path: Path, assignment: Assignment) -> None:
    write_moodle(tmp_path / "m.csv", [Row("al1")], assignment)

    assert read(tmp_path / "m.csv")[:2] == [
        ["Username", "Tiny sums", "Tiny sums (Feedback)"],
        ["al1", "3.5", ""],
    ]


def test_a_row_that_moodle_would_give_to_another_student_is_left_out(
    tmp_path: Path, assignment: Assignment
) -> None:
    rows = [Row("al1"), Row("bb2"), Row("eve"), Row("stranger")]
    eve = Enrolled(folder="eve", id="19")

    told = write_moodle(tmp_path / "m.csv", rows, assignment, [ADA, BOB, eve, Enrolled(name="Zoe")])

    assert [row[0] for row in read(tmp_path / "m.csv")] == ["ID number", "17", "18", "19"]
    assert told == [
        "stranger is not in the file for Moodle: the roster has no ID number.",
        "Zoe is not in the file for Moodle: the roster has no ID number.",
    ]


def test_a_name_with_spaces_and_accents_is_found_under_its_folder() -> None:
    mia = Enrolled(name="Mia López", email="mia@x.org")
    row = Row("mia_lópez")

    assert matched([row], [mia]) == [(mia, row)]
