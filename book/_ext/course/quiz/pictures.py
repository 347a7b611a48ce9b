"""Pictures: which messages does a space-time diagram show?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

# The arrows as distsys.draw.arrows draws them: the steps where they begin and end, then their words.
_ARROW = re.compile(r'<g class="k\d" data-n="([\d ]+)"><title>(.*?)</title>')


@dataclass(frozen=True)
class Drawn:
    """A message in a picture.

    Attributes:
        steps: where it begins and ends, as the picture counts; no two messages have the same.
        words: when, from whom, to whom and what.
    """

    steps: str
    words: str

    @property
    def first(self) -> int:
        """The step of its send, from 1 on."""
        return int(self.steps.split()[0])


def messages(html: str) -> list[Drawn]:
    """The messages of the first space-time diagram in a text of HTML, in the order of their sends."""
    figure = re.search(r'<figure class="ds-figure".*?</figure>', html, re.DOTALL)
    found = _ARROW.findall(figure[0]) if figure else []
    return sorted((Drawn(steps, unescape(words)) for steps, words in found), key=lambda drawn: drawn.first)
