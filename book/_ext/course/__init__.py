"""What the site adds: assets, repaired markup, live cells, quizzes, outline, reference, and the rest."""

from __future__ import annotations

from sphinx.application import Sphinx

from . import (
    assets,
    downloads,
    figures,
    joined,
    live,
    markup,
    meta,
    notfound,
    outline,
    printing,
    quiz,
    reference,
    search,
)


def setup(app: Sphinx) -> dict[str, object]:
    """Register every part with Sphinx."""
    parts = (
        assets,
        joined,
        markup,
        meta,
        figures,
        live,
        quiz,
        outline,
        reference,
        downloads,
        printing,
        search,
        notfound,
    )
    for part in parts:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
