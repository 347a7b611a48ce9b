"""Which notebooks try to cheat, and how?

An entry answers each exercise in one of four ways: by code of its own (``cells``), by the teacher's solution
(``right``), by the family's short way (``does`` and ``returns``, put into every function), or not at all.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXAM = "exam"
HONEST = "honest"
_HERE = Path(__file__).parent
_KEYS = {
    "name",
    "tries",
    "deserves",
    "chapter",
    "right",
    "cells",
    "does",
    "returns",
    "first",
    "last",
    "tamper",
}


@dataclass(frozen=True)
class Entry:
    """One notebook.

    Args:
        name: what it is called.
        family: the file it stands in.
        tries: what it tries, in a sentence without its subject.
        deserves: the points that it has earned honestly.
        chapter: ``exam``, or the slug of a chapter.
        right: exercises that are answered as the teacher does.
        cells: exercise -> the code of its solution cell.
        does: statements that every other function begins with; ``given`` holds its arguments.
        returns: what every other function then returns; nothing if they are left as they were given out.
        first: a cell of the student's own at the top.
        last: and one at the end, above no check but below the last answer.
        tamper: what is done to the file afterwards: a name in ``tampering``.
    """

    name: str
    family: str
    tries: str
    deserves: int = 0
    chapter: str = EXAM
    right: tuple[str, ...] = ()
    cells: dict[str, str] = field(default_factory=dict)
    does: str = ""
    returns: str = ""
    first: str = ""
    last: str = ""
    tamper: str = ""

    @property
    def honest(self) -> bool:
        """Whether it must get what it deserves, no less."""
        return self.family == HONEST


def entries(folder: Path = _HERE) -> tuple[Entry, ...]:
    """All notebooks of a folder's files.

    Raises:
        ValueError: if an entry has an unknown key, or a name is used twice.
    """
    found: dict[str, Entry] = {}
    for path in sorted(folder.glob("*.toml")):
        for given in tomllib.loads(path.read_text(encoding="utf-8"))["notebook"]:
            entry = _entry(path, given)
            if entry.name in found:
                raise ValueError(f"{path}: the name {entry.name} is used twice; take another.")
            found[entry.name] = entry
    return tuple(found.values())


def _entry(path: Path, given: dict[str, Any]) -> Entry:
    if unknown := set(given) - _KEYS:
        raise ValueError(
            f"{path}: {given.get('name')} has the unknown key {min(unknown)}; known are {sorted(_KEYS)}."
        )
    right = tuple(given.pop("right", ()))
    return Entry(family=path.stem, right=right, **given)
