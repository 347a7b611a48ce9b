"""Repairs: what do the theme and its extensions put into a page that should not be there?

Most of it is markup that a screen reader cannot use; the rest is scripts that a page does not need.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

# What to find, what to put there. Each repair leaves its own result alone: an incremental build
# runs them again over pages that are repaired already.
REPAIRS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # 1.5 MB of icons that the style sheet draws as well, from a font that is there anyway
        (r'\s*<!-- So that [^>]* icons -->\s*<script [^>]*fontawesome\.js[^>]*></script>', ""),
        # the whole search index on every page; only the search page reads it
        (r'(<meta name="docsearch:version"[^>]*>\s*)(?:<script src="[^"]*"></script>\s*){3}', r"\1"),
        # a style sheet that only asks for another one
        (r'(<link href="[^"]*_static/)styles/theme\.css[^"]*(" rel="stylesheet" />)', r"\1basic.css\2"),
        # what mends the search comes before what it mends
        (r"(<script [^>]*_static/search\.js[^>]*></script>)(\s*)(<script [^>]*searchtools\.js.*)", r"\3\2\1"),
        # the landing page has the title of the course
        (r"<title>(.+?) &#8212; \1</title>", r"<title>\1</title>"),
        # names of buttons that contradict the text in them
        (r'(<button class="btn search-button-field [^>]*?) title="Search" aria-label="Search"', r"\1"),
        (r'(<i class="theme-switch [^>]*?) title="[^"]*"', r"\1"),
        (r'<summary aria-label="Toggle hidden content">', "<summary>"),
        # a list without items, and a role that is no longer one
        (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
        (r'(<div class="citation"[^>]*?) role="doc-biblioentry"', r"\1"),
        # a signature of several lines as a list of definitions without terms
        (r'(<span class="sig-paren">\(</span>\s*)<dl>', r'\1<span class="sig-lines">'),
        (r'<dd>(<em class="sig-param">.*?</em>,)</dd>', r"<span>\1</span>"),
        (r'</dl>(\s*<span class="sig-paren">\))', r"</span>\1"),
        # heads of tables that do not say what they are heads of
        (r'(<th class="head[^"]*")>', r'\1 scope="col">'),
        (r'(<th class="stub[^"]*")>', r'\1 scope="row">'),
        # a button without a name
        (r'<summary>(<span class="toctree-toggle")', r'<summary aria-label="The pages below">\1'),
    )
]


def repair(page: str) -> str:
    """Return the HTML of a page with every repair done."""
    for pattern, replacement in REPAIRS:
        page = pattern.sub(replacement, page)
    return page


def repair_pages(app: Sphinx, error: Exception | None) -> None:
    """Repair the pages that were built."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for path in out.rglob("*.html"):
        if path.relative_to(out).parts[0] == "_static":
            continue
        before = path.read_text(encoding="utf-8")
        after = repair(before)
        if after != before:
            path.write_text(after, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect to the end of a build."""
    app.connect("build-finished", repair_pages)
