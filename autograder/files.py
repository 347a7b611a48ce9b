"""How is a file read that may be a trap, and how is one written that may be interrupted?"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from autograder.engine.submitted import MOST_BYTES


def folder_name(student: str) -> str:
    """A student's name as a folder that nbgrader can use, which takes names for patterns and paths."""
    letters = unicodedata.normalize("NFC", student)  # macOS splits an umlaut in two
    kept = "".join(letter if letter.isalnum() or letter in "._@-" else "_" for letter in letters)
    return kept.strip("._@-")


class Trap(Exception):
    """The file is not to be read; the text says why, as the rest of a sentence."""

    @property
    def sentence(self) -> str:
        """What a teacher is told."""
        return f"The file was not read: {self}; ask for it again."


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


def put(path: Path, content: str | bytes, beside: Path | None = None) -> None:
    """Writes a file as a whole: whoever is killed meanwhile leaves the old one.

    Args:
        path: the file; its folder is made if it is missing.
        content: what it is to hold.
        beside: where the new one lies until it is complete; beside the old one unless told.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = (beside or path.parent) / f".{path.name}.{os.getpid()}.part"
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.replace(path)


def fingerprint(paths: Iterable[Path], *more: str) -> str:
    """A digest that changes with the content of any of some files, and with some texts.

    Args:
        paths: the files, in an order that does not change.
        more: texts.
    """
    digest = hashlib.sha256()
    for part in (*(text.encode(errors="replace") for text in more), *(path.read_bytes() for path in paths)):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
