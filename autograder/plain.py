"""How is a stranger's text shown, so that it is nothing but text?

What a student's code prints, and the names of files and folders, may hold codes that colour or drive a
terminal, turn the order of letters round, or are no characters at all.
"""

from __future__ import annotations

import re
import unicodedata

_CODES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # they turn letters round, or hide
    "\u2028\u2029\ufff9-\ufffb\U000e0000-\U000e007f"  # line ends that are none, notes, tags
    "\ud800-\udfff]"  # halves of a character
)


def plain(text: str) -> str:
    """The text without codes for a terminal; other unseen characters become their number, as in [U+202E]."""
    text = _CODES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def first_line(text: str, most: int) -> str:
    """The first line that says something, without codes, cut to so many characters."""
    line = next((line.strip() for line in _CODES.sub("", text).splitlines() if line.strip()), "")
    return line if len(line) <= most else f"{line[:most]}…"


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: a wide character two, an accent that joins none."""
    return sum(_columns(character) for character in text)


def padded(text: str, width: int, right: bool = False) -> str:
    """The text, cut or filled up with spaces to so many columns."""
    if columns(text) > width:
        room, kept = width - 1, ""
        for character in text:
            room -= _columns(character)
            if room < 0:
                break
            kept += character
        text = kept + "…"
    space = " " * (width - columns(text))
    return space + text if right else text + space


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
