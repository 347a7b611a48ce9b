"""Players: how does one picture become the next?

A player holds pictures in their order, for instance the logs after each message. Its script shows one at a
time, with a slider, buttons and keys (see :mod:`.steps`). Without the script all pictures are there, one
below the other, each with its number and title. So they are on paper, unless the reader has chosen one: then
that one is.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from html import escape

from . import steps
from .figure import Figure

STYLE = """
#ID>[data-n]{margin:1em 0}
#ID>[data-n]>p{margin:0;font-weight:600}
@media screen{#ID:has(>.steps)>[data-n]:not(.now),#ID>.steps~[data-n]>p{display:none}}
#ID>details{font-size:.85em}
@media print{#ID>details,#ID.stepped>[data-n]:not(.now){display:none}#ID>[data-n]{break-inside:avoid}}
"""


class Player:
    """Pictures to step through; the title of each is read out.

    Args:
        frames: the pictures, in order.
        title: what they show together.

    Raises:
        ValueError: if there are no pictures.
    """

    def __init__(self, frames: Iterable[Figure], title: str = "Step by step") -> None:
        self.frames, self.title = tuple(frames), title
        if not self.frames:
            raise ValueError("a Player needs at least one picture")

    def html(self) -> str:
        """The pictures with what steps through them."""
        content = self.title + "".join(frame.id for frame in self.frames)
        name = "pl" + blake2b(content.encode(), digest_size=5).hexdigest()
        style = (steps.CONTROLS + STYLE).replace("#ID", f"#{name}").replace("\n", "")
        frames = "".join(
            f'<div data-n="{number}"><p>{number}. {escape(frame.title)}</p>'
            f"{frame.within(f'{name}-{number}')}</div>"
            for number, frame in enumerate(self.frames, 1)
        )
        lines = "".join(f"<li>{escape(frame.title)}</li>" for frame in self.frames)
        return (
            f'<div class="ds-player" id="{name}" role="group" aria-label="{escape(self.title)}">'
            f"<style>{style}</style>{frames}<details><summary>All steps</summary><ol>{lines}</ol></details>"
            f"</div><script>{steps.SCRIPT.replace('ID', name).strip()}</script>"
        )

    def _repr_html_(self) -> str:
        return self.html()

    def __repr__(self) -> str:
        return f"<Player: {self.title}, {len(self.frames)} pictures>"
