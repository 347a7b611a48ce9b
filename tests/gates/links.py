"""Does every link inside the built site lead somewhere?"""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "iframe": "src", "source": "src"}
# The browser makes these itself; there is nothing to find in the page.
ALWAYS_THERE = ("", "top")


class _Page(HTMLParser):
    """Collects what a page points at and what it can be pointed at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[int, str]] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors.update(name for key in ("id", "name") if (name := values.get(key)))
        if (link := values.get(LINKS.get(tag, ""))) is not None:
            self.links.append((self.getpos()[0], link))


def broken_links(site: Path) -> list[str]:
    """Relative links to files that are not there, and fragments that name no element."""
    # below _static lie the theme's own templates, which are no pages
    paths = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts]
    pages = {path: _Page(path.read_text("utf-8")) for path in paths}
    problems = []
    for path, page in pages.items():
        for line, link in page.links:
            if problem := _problem(site, path, pages, link):
                problems.append(f"{path.relative_to(site)}:{line}: {link} {problem}.")
    return problems


def _problem(site: Path, source: Path, pages: dict[Path, _Page], link: str) -> str:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    name, fragment = unquote(parts.path), unquote(urldefrag(link).fragment)
    target = (site / name.lstrip("/") if name.startswith("/") else source.parent / name) if name else source
    target = target.resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return "leads to no file"
    if not target.is_relative_to(site.resolve()):
        return "leads out of the site"
    if fragment in ALWAYS_THERE or target not in pages or fragment in pages[target].anchors:
        return ""
    return f"names no element of {target.relative_to(site.resolve())}"
