"""Whatever lies in a folder of submissions is graded or told, and nothing is lost without a word."""

import os
from pathlib import Path

import pytest

from autograder.collect import collect
from autograder.course import CourseError
from tests.autograder.tiny import SLUG, hand_in


def collected(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root / "submitted")) for path in root.rglob("*.ipynb"))


def test_three_layouts_of_submissions_are_accepted(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", f"anna/{SLUG}/{SLUG}.ipynb", f"bob/{SLUG}.ipynb", "carl.ipynb")

    assert collect(folder, tmp_path / "out", [SLUG]) == []

    assert collected(tmp_path / "out") == [f"{name}/{SLUG}/{SLUG}.ipynb" for name in ("anna", "bob", "carl")]


def test_a_file_that_belongs_nowhere_is_told_and_left_out(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", "anna.ipynb", "bob/homework.ipynb", "*.ipynb", "list.csv", "carl/a.pdf")
    (folder / "dora").mkdir()

    left_out = sorted(collect(folder, tmp_path / "out", [SLUG]))

    assert collected(tmp_path / "out") == [f"anna/{SLUG}/{SLUG}.ipynb"]
    assert left_out[0].startswith("*.ipynb was left out: its name holds no letter or digit")
    assert left_out[1].startswith(f"bob/homework.ipynb was left out: it is not named <student>/{SLUG}.ipynb")
    assert left_out[2:] == [
        f"{name} was left out: it is no notebook and holds none." for name in ("carl", "dora", "list.csv")
    ]


def test_a_name_that_nbgrader_cannot_use_is_changed_and_told(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", f"Zoe\u0308 Mu\u0308ller/{SLUG}.ipynb", "anna (1).ipynb")

    told = collect(folder, tmp_path / "out", [SLUG])

    names = [path.split("/")[0] for path in collected(tmp_path / "out")]
    assert names == ["Zo\u00eb_M\u00fcller", "anna__1"]
    assert sorted(told)[1] == "anna (1).ipynb is graded under the name anna__1."


def test_of_two_submissions_the_later_one_is_graded_and_the_other_told(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", f"anna/{SLUG}.ipynb", "anna.ipynb")
    (folder / "anna.ipynb").write_text("early")
    os.utime(folder / "anna.ipynb", (1, 1))

    told = collect(folder, tmp_path / "out", [SLUG])

    assert told == [f"anna.ipynb was left out: anna/{SLUG}.ipynb is a later submission of anna."]
    assert (tmp_path / "out" / "submitted" / "anna" / SLUG / f"{SLUG}.ipynb").read_text() == "{}"


def test_links_are_followed_and_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", "anna.ipynb", f"elsewhere/{SLUG}.ipynb")
    (folder / "bob.ipynb").symlink_to(folder / "anna.ipynb")
    (folder / "carl").symlink_to(folder / "elsewhere")
    (folder / "dora.ipynb").symlink_to(folder / "nowhere")
    (folder / "emil.ipynb").mkdir()

    told = collect(folder, tmp_path / "out", [SLUG])

    names = [path.split("/")[0] for path in collected(tmp_path / "out")]
    assert names == ["anna", "bob", "carl", "elsewhere"]
    assert told == [
        "dora.ipynb was left out: it cannot be read (No such file or directory).",
        "emil.ipynb was left out: it is no plain file.",
    ]


def test_what_mail_programs_and_editors_do_to_a_file_is_undone(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", "anna.ipynb.txt", f"anna/.ipynb_checkpoints/{SLUG}.ipynb")
    (folder / "anna.ipynb.txt").write_text("\ufeff{}", encoding="utf-8")

    told = collect(folder, tmp_path / "out", [SLUG])

    assert told == ["anna was left out: it is no notebook and holds none."]

    assert (tmp_path / "out" / "submitted" / "anna" / SLUG / f"{SLUG}.ipynb").read_bytes() == b"{}"


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "anna.ipynb").write_text("{}")

    with pytest.raises(CourseError, match="is not a folder"):
        collect(tmp_path / "anna.ipynb", tmp_path / "out", [SLUG])


def test_a_flat_file_needs_one_chapter_only(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", "anna.ipynb")

    with pytest.raises(CourseError, match=r"holds no submission.*anna\.ipynb was left out"):
        collect(folder, tmp_path / "out", [SLUG, "other"])


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        CourseError, match=r"holds no submission such as <student>/tiny_sums/tiny_sums\.ipynb"
    ):
        collect(tmp_path, tmp_path / "out", [SLUG])


def test_a_link_out_of_the_folder_shows_nothing_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "secret.ipynb").write_text("{}")
    folder = hand_in(tmp_path / "in", "anna.ipynb")
    (folder / "bob.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (folder / "carl.ipynb").symlink_to(folder / "carl.ipynb")

    told = sorted(collect(folder, tmp_path / "out", [SLUG]))

    assert collected(tmp_path / "out") == [f"anna/{SLUG}/{SLUG}.ipynb"]
    assert told[0] == "bob.ipynb was left out: it is a link that leads out of the folder."
    assert told[1].startswith("carl.ipynb was left out: it cannot be read (")


def test_a_pipe_stops_nobody(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", "anna.ipynb")
    os.mkfifo(folder / "bob.ipynb")

    assert collect(folder, tmp_path / "out", [SLUG]) == ["bob.ipynb was left out: it is no plain file."]


def test_the_time_of_the_file_is_the_time_it_was_handed_in(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", "anna.ipynb")
    os.utime(folder / "anna.ipynb", (1_760_000_000, 1_760_000_000))

    collect(folder, tmp_path / "out", [SLUG])

    stamped = tmp_path / "out" / "submitted" / "anna" / SLUG / "timestamp.txt"
    assert stamped.read_text() == "2025-10-09 08:53:20.000000 UTC"


def test_the_names_that_moodle_and_canvas_give_are_understood(tmp_path: Path) -> None:
    folder = hand_in(
        tmp_path / "in",
        f"Ben Berg_12345_assignsubmission_file/{SLUG}.ipynb",
        f"arndtanna_101_9876_{SLUG}.ipynb",
        f"cohncarl_LATE_102_9877_{SLUG}-1.ipynb",
    )

    told = collect(folder, tmp_path / "out", [SLUG])

    names = [path.split("/")[0] for path in collected(tmp_path / "out")]
    assert names == ["Ben_Berg", "arndtanna", "cohncarl"]
    assert len(told) == 3  # each is told by which name


def test_a_copy_of_the_same_file_makes_nobody_late(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", "anna.ipynb")
    os.utime(folder / "anna.ipynb", (1_760_000_000, 1_760_000_000))
    collect(folder, tmp_path / "out", [SLUG])
    os.utime(folder / "anna.ipynb", (1_770_000_000, 1_770_000_000))

    collect(folder, tmp_path / "out", [SLUG])
    stamped = tmp_path / "out" / "submitted" / "anna" / SLUG / "timestamp.txt"
    assert stamped.read_text().startswith("2025-10-09")

    (folder / "anna.ipynb").write_text('{"nbformat": 4}')
    os.utime(folder / "anna.ipynb", (1_770_000_000, 1_770_000_000))
    collect(folder, tmp_path / "out", [SLUG])
    assert stamped.read_text().startswith("2026-02-02")


def test_a_chapter_is_no_student(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "anna", f"{SLUG}/{SLUG}.ipynb")

    with pytest.raises(CourseError, match="is a chapter, no student; grade the folder above"):
        collect(folder, tmp_path / "out", [SLUG])
