"""Joined files: what do all pages begin with, in one style sheet and one script?

The theme and its extensions bring eight style sheets and seven scripts, and a browser shows nothing before it
has read them all. What every page begins with is joined, and no script holds up the page.
"""

from __future__ import annotations

import hashlib
import re
from itertools import takewhile
from os.path import normpath
from pathlib import Path

from sphinx.application import Sphinx

SHEET = re.compile(r'<link\b(?=[^>]* rel="stylesheet")[^>]* href="([^":]*_static/)([^"?]+)[^"]*"[^>]*>\s*')
WAITS = r"<script\b(?![^>]* (?:defer|async)\b)"  # the page waits for it
SCRIPT = re.compile(WAITS + r'[^>]* src="([^":]*_static/)([^"?]+)[^"]*"[^>]*></script>\s*')
OPTIONS = "documentation_options.js"
IMPORT = re.compile(r"""@import\s+(?:url\()?["']?([^"')]+)["']?\)?;""")
ADDRESS = re.compile(r"""url\((["']?)(?!["']?(?:data:|https?:|#))([^"')]+)\1\)""")


def style(static: Path, name: str) -> str:
    """A style sheet as it must be to stand in ``static`` itself, with what it imports."""
    folder = Path(name).parent
    text = (static / name).read_text(encoding="utf-8").removeprefix("\ufeff")
    text = text.replace('@charset "UTF-8";', "")
    text = ADDRESS.sub(lambda found: f"url({found[1]}{normpath(folder / found[2])}{found[1]})", text)
    return IMPORT.sub(lambda found: style(static, normpath(folder / found[1])), text)


def join(static: Path, pages: dict[Path, str]) -> dict[Path, str]:
    """Write the joined files into ``static``; return the pages, which ask for those.

    The order of style sheets matters, so these are joined as far as all pages agree. A script that every page
    has needs none that only some have.
    """
    asked = [[found[2] for found in SHEET.finditer(page)] for page in pages.values()]
    sheets = [names[0] for names in takewhile(lambda names: len(set(names)) == 1, zip(*asked, strict=False))]
    asked = [[found[2] for found in SCRIPT.finditer(page)] for page in pages.values()]
    scripts = [name for name in asked[0] if all(name in names for names in asked)]
    options = (static / OPTIONS).read_text(encoding="utf-8")
    styles = _write(static / "joined.css", [style(static, name) for name in sheets])
    names = [name for name in scripts if name != OPTIONS]
    code = _write(static / "joined.js", [(static / name).read_text(encoding="utf-8") for name in names])

    def asking(page: str) -> str:
        root = next(SHEET.finditer(page))[1]
        link = f'<link rel="stylesheet" href="{root}{styles}">\n    '
        page = SHEET.sub(lambda found: link if found[2] == sheets[0] else found[0], page)
        page = SHEET.sub(lambda found: "" if found[2] in sheets else found[0], page)
        first = f'<script>{options}</script>\n    <script defer src="{root}{code}"></script>\n    '
        page = SCRIPT.sub(lambda found: first if found[2] == OPTIONS else found[0], page)
        page = SCRIPT.sub(lambda found: "" if found[2] in names else found[0], page)
        # What comes after them may need them.
        return re.sub(WAITS + r"(?=[^>]* src=)", "<script defer", page)

    return {path: asking(page) for path, page in pages.items()}


def _write(path: Path, parts: list[str]) -> str:
    content = "\n;\n".join(parts) if path.suffix == ".js" else "\n".join(parts)
    path.write_text(content, encoding="utf-8")
    return f"{path.name}?v={hashlib.sha256(content.encode()).hexdigest()[:8]}"


def join_pages(app: Sphinx, error: Exception | None) -> None:
    """Join what the pages that were built have in common."""
    out = Path(app.outdir)
    if error or app.builder.name != "html":
        return
    paths = [path for path in out.rglob("*.html") if path.relative_to(out).parts[0] != "_static"]
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    # Only those of the theme, which were not joined before; others, those of JupyterLite, have their own.
    before = {path: page for path, page in texts.items() if f"_static/{OPTIONS}" in page}
    for path, page in join(out / "_static", before).items() if before else ():
        if page != before[path]:
            path.write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect to the end of a build, after the repairs."""
    app.connect("build-finished", join_pages, priority=900)
