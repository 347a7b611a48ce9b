"""What the site adds: assets, repaired markup, live cells, quizzes, outline, reference, and the rest."""

from __future__ import annotations

from sphinx.application import Sphinx

from . import assets, figures, joined, live, markup, meta, notfound, outline, quiz, reference, search


def setup(app: Sphinx) -> dict[str, object]:
    """Register every part with Sphinx."""
    for part in (assets, joined, markup, meta, figures, live, quiz, outline, reference, search, notfound):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
