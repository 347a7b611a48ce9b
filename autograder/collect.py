"""Whose submission is each file of a folder, and which files are none?"""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime
from pathlib import Path

from autograder.course import CourseError
from autograder.files import Trap, content_of, folder_name
from autograder.records.timestamps import stamp

_MOODLE = re.compile(r"(.+)_\d+_assignsubmission_file_?")  # the folder of a student
_CANVAS = re.compile(r"([^_]+)(?:_LATE)?_\d+_\d+_(\w+?)(?:-\d+)?")  # the file of a student


def collect(folder: Path, root: Path, slugs: list[str]) -> list[str]:
    """Copies real submissions into nbgrader's layout under ``root/submitted``.

    Accepted are ``<student>/<slug>/<slug>.ipynb``, ``<student>/<slug>.ipynb`` and, if there is one
    chapter only, ``<student>.ipynb``; also with ``.txt`` behind it, which some mail programs add, and under
    the names that Moodle and Canvas give to what they pack.

    Args:
        folder: where the submissions lie; nothing in it is changed.
        root: nbgrader's course root.
        slugs: the chapters to look for.

    Returns:
        One sentence for each file that was left out, or goes by another name.

    Raises:
        CourseError: if there is no submission at all.
    """
    if not folder.is_dir():
        raise CourseError(f"{folder} is not a folder; name the one that holds the submissions.")
    told: list[str] = []
    owners: set[str] = set()
    taken: dict[tuple[str, str], Path] = {}
    for path in _notebooks(folder):
        shown = path.relative_to(folder)
        owners.add(shown.parts[0])
        where = _place(shown, slugs)
        if isinstance(where, str):
            told.append(where)
            continue
        student, slug = where
        try:
            content = content_of(path, folder)
        except Trap as trap:
            told.append(f"{shown} was left out: {trap}.")
            continue
        target = root / "submitted" / student / slug / f"{slug}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        content = content.removeprefix(codecs.BOM_UTF8)
        if not target.exists() or target.read_bytes() != content:  # a copy of it makes nobody late
            target.write_bytes(content)
            stamp(target.parent, datetime.fromtimestamp(path.stat().st_mtime, UTC))  # when it was handed in
        if student != shown.parts[0].split(".ipynb")[0]:
            told.append(f"{shown} is graded under the name {student}.")
        if earlier := taken.get(where):
            told.append(f"{earlier} was left out: {shown} is a later submission of {student}.")
        taken[where] = shown
    told += [
        f"{path.name} was left out: it is no notebook and holds none."
        for path in sorted(folder.iterdir())
        if path.name not in owners and not path.name.startswith(".")
    ]
    if not taken:
        why = f" {told[0]}" if told else ""
        raise CourseError(f"{folder} holds no submission such as <student>/{slugs[0]}/{slugs[0]}.ipynb.{why}")
    return told


def _notebooks(folder: Path) -> list[Path]:
    """Every notebook in a folder, the one that was changed last at the end."""
    patterns = ("**/*.ipynb*", "*/*.ipynb*", "*/*/*.ipynb*")  # only the last two follow links to folders
    found = {path for pattern in patterns for path in folder.glob(pattern)}
    kept = [path for path in found if path.name.endswith((".ipynb", ".ipynb.txt"))]
    kept = [path for path in kept if ".ipynb_checkpoints" not in path.parts]
    return sorted(kept, key=lambda path: (path.stat().st_mtime if path.exists() else 0.0, path))


def _place(path: Path, slugs: list[str]) -> tuple[str, str] | str:
    """Student and chapter of a file, or the sentence that says why it is left out."""
    *folders, file = path.parts
    parts = [*folders, file.split(".ipynb")[0]]
    if folders and (moodle := _MOODLE.fullmatch(parts[0])):
        parts[0] = moodle[1]
    canvas = _CANVAS.fullmatch(parts[0]) if len(parts) == 1 else None
    if canvas and canvas[2] in slugs:
        student, slug = canvas[1], canvas[2]
    elif len(parts) == 1 and len(slugs) == 1:
        student, slug = parts[0], slugs[0]
    elif len(parts) in (2, 3) and parts[-1] in slugs and parts[-1] == parts[1]:
        student, slug = parts[0], parts[-1]
    else:
        names = " or ".join(f"<student>/{slug}.ipynb" for slug in slugs)
        return f"{path} was left out: it is not named {names}; rename it and run the command again."
    if student in slugs:
        return f"{path} was left out: {student} is a chapter, no student; grade the folder above."
    student = folder_name(student)
    if not student:
        return f"{path} was left out: its name holds no letter or digit that could name a student."
    return student, slug

