"""The student bundle is complete, secret-free and always the same."""

import io
import subprocess
import sys
import zipfile

import pytest

from autograder.bundle import bundle, student_files, wheel_of, zipped
from autograder.course import Course, CourseError
from autograder.notebooks import to_text
from tests.autograder.tiny import SLUG, solved

TOP = "distributed-systems"


def names(course: Course) -> set[str]:
    with zipfile.ZipFile(bundle(course)) as archive:
        return {name.removeprefix(f"{TOP}/") for name in archive.namelist()}


def test_the_bundle_holds_what_a_student_needs_and_nothing_else(course: Course) -> None:
    assert names(course) == {
        "README.md",
        "LICENSE",
        "check.py",
        "requirements-student.txt",
        "distsys-0.1.0-py3-none-any.whl",
        f"exercises/{SLUG}/{SLUG}.ipynb",
    }


def test_the_same_content_makes_the_same_bytes(course: Course) -> None:
    first = bundle(course).read_bytes()
    for path in course.root.rglob("*"):
        path.touch()

    assert bundle(course).read_bytes() == first


def test_a_secret_in_a_file_stops_the_bundle(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    files = student_files(course) | {"notes.txt": b"the answer is\n    return number + number\n"}
    monkeypatch.setattr("autograder.bundle.student_files", lambda _: files)

    with pytest.raises(CourseError, match=r"notes\.txt .* would show this secret line: return number"):
        bundle(course)


def test_answers_written_into_the_released_notebook_stay_at_home(course: Course) -> None:
    first = bundle(course).read_bytes()
    course.exercise(SLUG).write_text(to_text(solved(course)))

    assert bundle(course).read_bytes() == first


def test_the_wheel_installs_the_laboratory_without_a_network(course: Course, tmp_path) -> None:
    name, content = wheel_of(course)
    (tmp_path / name).write_bytes(content)

    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target"]
    subprocess.run([*pip, str(tmp_path / "site"), str(tmp_path / name)], check=True)

    assert "very small" in (tmp_path / "site" / "distsys" / "__init__.py").read_text()


def test_students_install_pinned_tools_and_no_grader(course: Course) -> None:
    with zipfile.ZipFile(bundle(course)) as archive:
        text = archive.read(f"{TOP}/requirements-student.txt").decode()

    assert text.splitlines() == ["./distsys-0.1.0-py3-none-any.whl", "jupyterlab==4.6.6", "ipykernel==7.4.0"]


def test_an_archive_is_sorted_and_has_one_date() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped({"b": b"2", "a": b"1"}))) as archive:
        entries = [(entry.filename, entry.date_time[0]) for entry in archive.infolist()]

    assert entries == [("a", 2020), ("b", 2020)]
