"""Sources: what does the code of a mini-implementation look like right now?"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Source:
    """A piece of Python that shows itself highlighted in a notebook or on a page."""

    text: str

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"

    def __repr__(self) -> str:
        return self.text


def source(*pieces: object) -> Source:
    """Show the current source of classes, functions or methods.

    Args:
        pieces: what to show, in order; for instance ``source(LamportClock)`` or ``source(Raft.vote)``.

    Raises:
        TypeError: if something has no source, such as an instance.
    """
    texts = []
    for piece in pieces:
        if not (inspect.isclass(piece) or inspect.isroutine(piece)):
            raise TypeError(f"source() shows classes, functions and methods, not {piece!r}")
        texts.append(dedent(inspect.getsource(piece)).rstrip())
    return Source("\n\n".join(texts))
