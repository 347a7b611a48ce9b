"""What the site adds to Sphinx; each module says in its first line what it adds."""

from __future__ import annotations

from sphinx.application import Sphinx

from . import (
    assets,
    bibliography,
    downloads,
    figures,
    joined,
    kills,
    lite,
    live,
    markup,
    meta,
    notfound,
    outline,
    printing,
    progress,
    quiz,
    reference,
    search,
    status,
    tables,
    terms,
)

PARTS = (
    assets,
    lite,
    joined,
    markup,
    meta,
    figures,
    live,
    quiz,
    progress,
    outline,
    reference,
    bibliography,
    terms,
    tables,
    kills,
    status,
    downloads,
    printing,
    search,
    notfound,
)


def setup(app: Sphinx) -> dict[str, object]:
    """Register every part with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
