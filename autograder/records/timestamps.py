"""When was a submission handed in?

nbgrader writes the time into ``timestamp.txt`` beside the notebook. Without that file the notebook's own
time counts, which is right as long as whoever copied it kept it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.files import Trap, content_of

FILE = "timestamp.txt"
_LONGEST = 100


def handed_in(root: Path, slug: str, student: str) -> datetime | None:
    """When a submission in ``root/submitted`` was handed in, in UTC and without a zone, as nbgrader does."""
    folder = root / "submitted" / student / slug
    return written(folder) or _file_time(folder / f"{slug}.ipynb")


def written(folder: Path) -> datetime | None:
    """What the folder's ``timestamp.txt`` says; nothing if there is none that can be read."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        said = content_of(path, folder)[:_LONGEST].decode().strip()
        when: datetime | None = parse_utc(said) if said else None
    except (Trap, ValueError, OverflowError):
        return None
    return when


def stamp(folder: Path, when: datetime) -> None:
    """Writes ``timestamp.txt`` as nbgrader does.

    Args:
        folder: a submission, ``submitted/<student>/<slug>``.
        when: a time with its zone.
    """
    (folder / FILE).write_text(when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC"), encoding="utf-8")


def _file_time(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC).replace(tzinfo=None)
    except (OSError, ValueError, OverflowError):
        return None
