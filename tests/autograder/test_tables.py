"""The table in the terminal stays in its columns."""

from dataclasses import dataclass, field

import pytest

from autograder.assignment import Assignment
from autograder.plain import columns, padded, plain
from autograder.tables import table
from tests.autograder.tiny import SLUG


@dataclass
class Row:
    student: str
    reason: str = ""
    points: dict[str, float] = field(default_factory=lambda: {"double": 3.0, "total": 0.0})
    slug: str = SLUG
    total: float = 3.0


@pytest.mark.parametrize("width", [80, 110])
@pytest.mark.parametrize("name", ["ada", "李伟" * 20, "e\u0301va", "x" * 300, "👩\u200d💻 dev", "a\x1b[2Jb"])
def test_no_line_is_wider_than_the_terminal(name: str, width: int, assignment: Assignment) -> None:
    lines = table([Row(name, "字 word " * 60), Row("bob")], assignment, width).splitlines()

    assert max(columns(line) for line in lines) <= width
    assert "\x1b" not in "".join(lines)


def test_the_points_stand_below_their_heads_whatever_the_name(assignment: Assignment) -> None:
    lines = table([Row("李伟"), Row("e\u0301va"), Row("bob")], assignment).splitlines()

    assert len({columns(line) for line in lines}) == 1


def test_exercises_are_numbered_if_their_names_need_more_room(assignment: Assignment) -> None:
    lines = table([Row("ada")], assignment, 36).splitlines()

    assert lines[0].split() == ["student", "1", "/3", "2", "/3", "total", "/6"]
    assert lines[-1] == "1 double; 2 total"


def test_widths_are_those_of_a_terminal() -> None:
    assert [columns(text) for text in ("abc", "李", "e\u0301", "ｆ", "")] == [3, 2, 1, 2, 0]
    assert padded("李伟", 3) == "李…"
    assert padded("a", 3, right=True) == "  a"


def test_codes_for_a_terminal_are_taken_out() -> None:
    assert (
        plain("\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\r\nend\x00\u202e")
        == "red link\nend[U+0000][U+202E]"
    )
    assert plain("日本語 ‘quoted’ 👩\u200d💻\tx\n") == "日本語 ‘quoted’ 👩\u200d💻\tx\n"
