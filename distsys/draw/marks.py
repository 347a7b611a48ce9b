"""Marks: which shapes and words are pictures made of?

Every function returns SVG as text. Words are escaped here, and cut where there is no room for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

WIDE = 7.1
"""How wide a character of 12 pixels is, about; names and legends reckon with it."""

NAME = 22
"""How many characters of a name are written beside its line."""


def cut(words: str, most: int) -> str:
    """Words, shortened to so many characters."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "", extra: str = "") -> str:
    """Words at a place; they start there unless ``anchor`` is ``middle`` or ``end``."""
    css = f' class="{kind}"' if kind else ""
    side = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{css}{extra} x="{x:.5g}" y="{y:g}"{side}>{escape(words, quote=False)}</text>'


def tip(words: str) -> str:
    """What pointing at the element shows that this is put into."""
    return f"<title>{escape(words, quote=False)}</title>" if words else ""


def name(x: float, y: float, words: str) -> str:
    """The name of a line, to the left of it."""
    label = escape(cut(words, NAME), quote=False) + (tip(words) if len(words) > NAME else "")
    return f'<text class="name" x="{x:g}" y="{y:g}" text-anchor="end">{label}</text>'


def names(lines: Iterable[tuple[str, float]], left: float, top: float, bottom: float) -> str:
    """The names of all lines, on paper of their own, for :attr:`.Figure.names`.

    Args:
        lines: each name and the height of its middle.
        left: where the lines begin.
        top: where the highest line begins.
        bottom: where the lowest line ends.
    """
    paper = f'<rect class="paper" y="{top:g}" width="{left - 6:g}" height="{bottom - top:g}"/>'
    return paper + "".join(name(left - 12, y + 4, words) for words, y in lines)


def room_for(names: Iterable[str], least: float) -> float:
    """How much room names need to the left of their lines, in pixels."""
    return max([least, *(7.4 * min(NAME, len(words)) + 26 for words in names)])


def rect(
    kind: str,
    x: float,
    y: float,
    width: float,
    height: float,
    radius: int = 0,
    words: str = "",
    extra: str = "",
) -> str:
    """A rectangle, at least two pixels wide, and what pointing at it shows."""
    return (
        f'<rect class="{kind}"{extra} x="{x:.1f}" y="{y:.1f}" width="{max(2, width):.1f}" '
        f'height="{height:.1f}" rx="{radius}">{tip(words)}</rect>'
    )


def cross(x: float, y: float, size: float, words: str = "", extra: str = "") -> str:
    """A cross: something is broken or lost here."""
    return (
        f'<path class="cross"{extra} d="M{x - size:.1f},{y - size:.1f}l{2 * size},{2 * size}'
        f'm0,{-2 * size}l{-2 * size},{2 * size}">{tip(words)}</path>'
    )


def legend(samples: Iterable[tuple[str, str]], left: float, right: float, y: float) -> tuple[str, float]:
    """What the signs mean: small drawings of 22 pixels around (11, 0), each with its words.

    Returns:
        The legend, and where it ends; it takes as many lines as it needs.
    """
    parts, x = [], left
    for drawing, words in samples:
        wide = 30 + WIDE * len(words)
        if x + wide > right and x > left:  # a line is full
            x, y = left, y + 20
        parts.append(f'<g transform="translate({x:.0f},{y:g})">{drawing}{text(30, 4, words, "mut")}</g>')
        x += wide + 14
    return "".join(parts), y


class Room:
    """Finds room for words beside lines, so that no words cover others."""

    def __init__(self) -> None:
        self._written: dict[tuple[str, int], float] = {}

    def free(self, line: str, side: int, start: float) -> float:
        """How far words that want to start there would have to move to the right."""
        return max(0.0, self._written.get((line, side), -1e9) - start)

    def take(self, line: str, side: int, end: float) -> None:
        """Write on one side of a line, up to there."""
        self._written[line, side] = end
