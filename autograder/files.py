"""How is a file read that somebody else has written and named, and that may be a trap?"""

from __future__ import annotations

import os
import stat
import unicodedata
from pathlib import Path

from autograder.engine.submitted import MOST_BYTES


def folder_name(student: str) -> str:
    """A student's name as a folder that nbgrader can use, which takes names for patterns and paths."""
    letters = unicodedata.normalize("NFC", student)  # macOS splits an umlaut in two
    kept = "".join(letter if letter.isalnum() or letter in "._@-" else "_" for letter in letters)
    return kept.strip("._@-")


class Trap(Exception):
    """The file is not to be read; the text says why, as the rest of a sentence."""


def content_of(path: Path, folder: Path) -> bytes:
    """The bytes of a plain file that really lies in a folder.

    A link could lead to another student's file or to the teacher's own; a pipe would never end.

    Args:
        path: the file.
        folder: where it has to lie, links followed.

    Raises:
        Trap: if it is something else, cannot be read, or is too large.
    """
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Trap("it is a link that leads out of the folder")
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, RuntimeError) as error:  # links that lead to each other
        why = getattr(error, "strerror", "") or "its links form a ring"
        raise Trap(f"it cannot be read ({why})") from None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise Trap("it is no plain file")
    with os.fdopen(descriptor, "rb") as file:
        if about.st_size > MOST_BYTES:
            raise Trap(f"it has {about.st_size >> 20} MB, more than the {MOST_BYTES >> 20} MB that are read")
        return file.read(MOST_BYTES + 1)
