"""What are cells called in tracebacks?"""

from __future__ import annotations

_BEFORE, _BEHIND = "<cell ", ">"


def file_of(name: str) -> str:
    """The name of a cell's code."""
    return f"{_BEFORE}{name}{_BEHIND}"


def cell_of(file: str) -> str:
    """The name of the cell whose code is called this; empty if it is another file."""
    ours = file.startswith(_BEFORE) and file.endswith(_BEHIND)
    return file[len(_BEFORE) : -len(_BEHIND)] if ours else ""
