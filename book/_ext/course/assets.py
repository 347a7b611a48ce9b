"""Vendored assets: how do scripts and fonts get into the site without a request to another one?

They live outside ``book/_static``, because Jupyter Book puts every script found there on every page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

VENDOR = Path(__file__).parents[2] / "_frontend" / "vendor"
# The theme lets the keyboard reach code that is wider than the page, and measures it before the letters come.
MEASURE_AGAIN = "document.fonts?.ready.then(() => dispatchEvent(new Event('resize')));"


def add_vendor(app: Sphinx) -> None:
    """Serve the vendored files below ``_static/``."""
    if app.builder.format != "html":
        return
    if not VENDOR.is_dir():
        # Jupyter Book would bury any other exception under a stack trace.
        sys.exit("The scripts and fonts of the site are not there yet: run `make assets` first.")
    app.config.html_static_path.append(str(VENDOR))


def drop_unused(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None
) -> None:
    """Take scripts off a page that does not use them.

    MathJax is a megabyte, and the formulas may all be on the pages below this one in the contents. Two
    scripts of Sphinx mark what was searched for; only the search page needs them, for its excerpts.
    """
    unused = set()
    if not app.env.get_domain("math").data["has_equations"].get(pagename):
        unused.add(f"_static/{app.config.mathjax_path}")
    if pagename != "search":
        unused |= {"_static/doctools.js", "_static/sphinx_highlight.js"}
    if "sd-tab-set" not in context.get("body", ""):
        unused.add("_static/design-tabs.js")
    context["script_files"] = [file for file in context["script_files"] if file.filename not in unused]


def setup(app: Sphinx) -> None:
    """Connect to the start of a build and to the writing of each page."""
    app.add_js_file(None, body=MEASURE_AGAIN)
    app.connect("builder-inited", add_vendor)
    app.connect("html-page-context", drop_unused, priority=900)
