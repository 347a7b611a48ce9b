"""Search: what does the search page need that Sphinx does not bring?

The search itself is Sphinx's: an index made at build time, which the page reads as a script, so that it works
without a server. The script in ``_frontend/search`` mends what is shown of each result.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

SCRIPT = Path(__file__).parents[2] / "_frontend" / "search" / "search.js"


def add_script(app: Sphinx) -> None:
    """Put the script into the site, and on the search page alone."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / SCRIPT.name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(SCRIPT.read_bytes())

    def load(_app: Sphinx, name: str, *_event: Any) -> None:
        if name == "search":
            app.add_js_file(SCRIPT.name, loading_method="defer")

    app.connect("html-page-context", load)


def setup(app: Sphinx) -> None:
    """Connect to the start of a build."""
    app.connect("builder-inited", add_script)
