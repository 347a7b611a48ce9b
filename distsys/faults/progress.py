"""Progress: how far is it, for somebody who watches a terminal?"""

from __future__ import annotations

import sys

WIDTH = 24


def bar(done: int, of: int) -> str:
    """A bar that fills up, and the two numbers."""
    full = WIDTH * done // of if of else WIDTH
    return f"[{'#' * full}{'.' * (WIDTH - full)}] {done:,} of {of:,}"


def show(text: str = "") -> None:
    """One line that overwrites itself, where somebody can see it; without a text, nothing is left of it."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
