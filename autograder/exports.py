"""How do grades get into other programs: a spreadsheet, Canvas, Moodle?

A roster, ``students.csv``, says who is who. It has at least one of the columns ``folder``, ``id``, ``login``,
``email`` and ``name``; a gradebook exported from Canvas or a list of participants from Moodle will do. A
submission belongs to the student whose folder, id, login, email or name is the name of its folder.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from autograder.assignment import Assignment
from autograder.course import CourseError
from autograder.files import folder_name, put
from autograder.plain import plain
from autograder.tables import Graded

NOTHING = "nothing was handed in"

_KNOWN = {
    "folder": "folder", "submission": "folder",
    "id": "id", "id number": "id", "idnumber": "id", "student id": "id", "sis user id": "id",
    "email": "email", "e-mail": "email", "email address": "email",
    "login": "login", "username": "login", "sis login id": "login",
    "name": "name", "student": "name", "student name": "name", "full name": "name",
    "first name": "first", "first_name": "first", "last_name": "last", "last name": "last", "surname": "last",
    "section": "section", "canvas id": "canvas",
}  # fmt: skip
_KEYS = ("folder", "id", "login", "email", "name")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_FORMULA = re.compile(r"[\s\x00'\ufeff]*[=+\-@|＝＋－＠]|[\t\r\n]")


@dataclass(frozen=True)
class Enrolled:
    """One student of the roster; what is not known is empty."""

    folder: str = ""
    id: str = ""
    email: str = ""
    login: str = ""
    name: str = ""
    section: str = ""
    canvas: str = ""


def read_roster(path: Path) -> list[Enrolled]:
    """The students of a course.

    Raises:
        CourseError: if the file is no roster, or a student is in it twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", "") or "it is not UTF-8"
        raise CourseError(f"{path} cannot be read as a roster ({why}); save it as CSV in UTF-8.") from None
    head = text.split("\n", 1)[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=head.count)))
    names = [name.strip().lower() for name in rows[0]] if rows else []
    columns = [_KNOWN.get(name, "") for name in names]
    if "sis login id" in names or {"student", "id", "section"} <= set(names):
        columns[names.index("id")] = "canvas"  # in Canvas's own export
    if not {*_KEYS, "last"} & set(columns):
        wanted = ", ".join(_KEYS)
        raise CourseError(f"{path} has no column of the names {wanted}; its first row must name them.")
    entries = [
        _enrolled(dict(zip(columns, (cell.strip() for cell in row), strict=False))) for row in rows[1:]
    ]
    students = [one for one in entries if any(getattr(one, key) for key in _KEYS) and not _is_note(one)]
    for key in ("folder", "id", "login", "email"):
        values = [value for one in students if (value := getattr(one, key))]
        if twice := next((value for value in values if values.count(value) > 1), ""):
            raise CourseError(f"{path} has two students with the {key} `{twice}`; remove one.")
    return students


def _enrolled(row: Mapping[str, str]) -> Enrolled:
    known = {field.name: row.get(field.name, "") for field in fields(Enrolled)}
    known["name"] = known["name"] or f"{row.get('first', '')} {row.get('last', '')}".strip()
    return Enrolled(**known)


def _is_note(entry: Enrolled) -> bool:
    """Whether it is one of the rows that Canvas puts between the head and the students."""
    return entry.name.startswith("Points Possible") and not entry.canvas


def matched(results: Iterable[Graded], roster: Sequence[Enrolled]) -> list[tuple[Enrolled, Graded | None]]:
    """Each submission with its student; then the students who handed in nothing.

    A name that two students share is nobody's.
    """
    owner: dict[str, Enrolled | None] = {}
    for key in _KEYS:
        here: dict[str, Enrolled | None] = {}
        for one in roster:
            if value := folder_name(getattr(one, key)).casefold():
                here[value] = None if value in here else one
        owner = here | owner
    pairs: list[tuple[Enrolled, Graded | None]] = []
    seen = set()
    for result in results:
        known = owner.get(folder_name(result.student).casefold())
        name = result.student
        pairs.append((known or Enrolled(folder=name, login=name, name=name), result))
        seen.add(known)
    return [*pairs, *((one, None) for one in roster if one not in seen)]


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe goes before one that begins like it.

    Numbers stay as they are.
    """
    text = plain(text)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def write_csv(
    path: Path, results: Iterable[Graded], assignments: Sequence[Assignment], roster: Sequence[Enrolled] = ()
) -> None:
    """Writes one row a submission, with all that is known; every field is quoted.

    Args:
        path: the file to write.
        results: the submissions.
        assignments: the chapters, whose exercises are the columns.
        roster: adds the columns ``name``, ``id`` and ``email``, and a row for who handed in nothing.
    """
    results = list(results)
    exercises = list(dict.fromkeys(name for assignment in assignments for name in assignment.exercises))
    more = ["name", "id", "email"] if roster else []
    rows = [["student", *more, "chapter", *exercises, "points", "reason"]]
    for slug in (assignment.slug for assignment in assignments):
        for who, result in matched([one for one in results if one.slug == slug], roster):
            about = [_folder(who, result), *([who.name, who.id, who.email] if roster else []), slug]
            points = result.points if result else {}
            earned = [f"{points[name]:g}" if name in points else "" for name in exercises]
            last = [f"{result.total:g}", result.reason] if result else ["", NOTHING]
            rows.append([*about, *earned, *last])
    _write(path, rows)


def write_canvas(
    path: Path,
    results: Iterable[Graded],
    assignment: Assignment,
    roster: Sequence[Enrolled] = (),
    column: str = "",
) -> None:
    """Writes one chapter as Canvas imports it into its gradebook.

    Canvas finds a student by its own ID, then by SIS User ID, by SIS Login ID, by name. An empty grade
    leaves what stands there, so who handed in nothing is listed and gets none.

    Args:
        path: the file to write.
        results: the submissions; those of other chapters are left out.
        assignment: the chapter.
        roster: the students.
        column: name of the assignment in Canvas, for instance ``"Time and clocks (4711)"``; else the title.
    """
    most = sum(assignment.points(name) for name in assignment.exercises)
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column or assignment.title]
    rows = [head, ["Points Possible", "", "", "", "", f"{most:g}"]]
    for who, result in matched([one for one in results if one.slug == assignment.slug], roster):
        grade = f"{result.total:g}" if result else ""
        name = who.name or _folder(who, result)
        rows.append([name, who.canvas, who.id, who.login, who.section, grade])
    _write(path, rows)


def write_moodle(
    path: Path,
    results: Iterable[Graded],
    assignment: Assignment,
    roster: Sequence[Enrolled] = (),
    column: str = "",
    feedback: Mapping[str, str] | None = None,
) -> list[str]:
    """Writes one chapter as Moodle imports it: one column that tells the student, grade, feedback.

    Moodle stops at a student whom it does not know, and gives a row without a student to the one above.
    So the file has one such column, the first of email, ID number and username that every student has who
    handed in; a row that lacks it is left out and told.

    Args:
        path: the file to write.
        results: the submissions; those of other chapters are left out.
        assignment: the chapter.
        roster: the students.
        column: name of the grade item in Moodle; else the title.
        feedback: what each student may read, by folder; never the teacher's reason.

    Returns:
        A sentence for each student who was left out.
    """
    pairs = matched([one for one in results if one.slug == assignment.slug], roster)
    kinds = {"email": "Email address", "id": "ID number", "login": "Username"}
    known = [who for who, result in pairs if result and (who in roster or not roster)]
    count = {kind: sum(bool(getattr(who, kind)) for who in known) for kind in kinds}
    kind = max(kinds, key=lambda kind: count[kind])  # the first of the best
    title = column or assignment.title
    rows, left_out = [[kinds[kind], title, f"{title} (Feedback)"]], []
    for who, result in pairs:
        folder = _folder(who, result)
        if not getattr(who, kind) or (roster and who not in roster):
            left_out.append(
                f"{plain(folder)} is not in the file for Moodle: the roster has no {kinds[kind]}."
            )
            continue
        grade = f"{result.total:g}" if result else "-"  # Moodle's sign for no grade
        rows.append([getattr(who, kind), grade, (feedback or {}).get(folder, "") if result else NOTHING])
    _write(path, rows)
    return left_out


def _folder(who: Enrolled, result: Graded | None) -> str:
    """What a student is called here."""
    return result.student if result else who.folder or who.id or who.login or who.email or who.name


def _write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Writes rows whole or not at all; every field is quoted and none is a formula."""
    made = io.StringIO()
    writer = csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([[guarded(cell) if cell != "-" else cell for cell in row] for row in rows])
    put(path, made.getvalue())
