"""Descriptions: what does a page say of itself to those who have not opened it?

Search engines, chats and lists of bookmarks show a title, a sentence or two, and a picture. The sentences are
the ``description`` at the head of a page, or the first ones of its text. Where the site will stand only those
know who put it there: ``html.baseurl`` in ``_config.yml``, or the environment variable ``SITE_URL``. Without
either the tags have no full address. (sphinxext-opengraph cuts sentences, begins with the card of a chapter,
and without an address links a picture that only the first page finds.)
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

PICTURE = Path(__file__).parents[2] / "images" / "social.png"
SIZE = 1200, 630
ALT = "Three lifelines with messages between them; one message is lost, and two nodes write at once."
MOST = 200  # characters of a description
PAPER = {"light": "#ffffff", "dark": "#14181d"}
UNTITLED = {"genindex": "Index", "search": "Search"}  # their titles are in their templates


def describe(doctree: nodes.document | None) -> str:
    """The first sentences of a page's text, as many as fit; nothing if it has none."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        if isinstance(paragraph.parent, nodes.section | nodes.document) and not paragraph["classes"]:
            return shorten(" ".join(paragraph.astext().split()))
    return ""


def shorten(text: str) -> str:
    """As many whole sentences as fit into a description, or as many words if the first is too long."""
    sentences = re.split(r"(?<=[.?!]) ", re.sub(r":$", ".", text))
    short = sentences[0]
    for sentence in sentences[1:]:
        if len(short) + 1 + len(sentence) > MOST:
            break
        short += f" {sentence}"
    if len(short) > MOST:
        short = f"{short[: MOST - 1].rpartition(' ')[0]} …"
    return short


def find_site(_app: Sphinx, config: Config) -> None:
    """Take the address of the site from the environment if the configuration has none."""
    site = config.html_baseurl or os.environ.get("SITE_URL", "")
    config.html_baseurl = f"{site.rstrip('/')}/" if site else ""


def tags(app: Sphinx, name: str, context: dict[str, Any], doctree: nodes.document | None) -> Iterator[str]:
    """Yield the tags of a page."""
    site, root = app.config.html_baseurl, name == app.config.root_doc
    course = app.config.html_title
    title = unescape(re.sub(r"<.*?>", "", context.get("title") or "")) or UNTITLED.get(name, course)
    description = (context.get("meta") or {}).get("description") or describe(doctree)
    description = description or f"{title}, a page of the course “{course}”."
    picture = "_static/social.png"
    facts = {
        "og:title": title,
        "og:description": description,
        "og:type": "website" if root else "article",
        "og:site_name": course,
        "og:image": f"{site}{picture}" if site else context["pathto"](picture, 1),
        "og:image:width": SIZE[0],
        "og:image:height": SIZE[1],
        "og:image:alt": ALT,
    }
    if site and doctree:
        facts["og:url"] = context["pageurl"]
    for key, value in facts.items():
        yield f'<meta property="{key}" content="{escape(str(value))}" />'
    yield f'<meta name="description" content="{escape(description)}" />'
    yield '<meta name="twitter:card" content="summary_large_image" />'
    for scheme, colour in PAPER.items():
        yield f'<meta name="theme-color" content="{colour}" media="(prefers-color-scheme: {scheme})" />'


def add_tags(
    app: Sphinx, name: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the tags into the head of a page."""
    context["metatags"] = "\n    ".join([context.get("metatags", ""), *tags(app, name, context, doctree)])


def add_picture(app: Sphinx) -> None:
    """Put the picture into the site."""
    if app.builder.format == "html":
        target = Path(app.outdir) / "_static" / PICTURE.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(PICTURE.read_bytes())


def setup(app: Sphinx) -> None:
    """Connect to the start of a build and to the writing of each page."""
    app.connect("config-inited", find_site)
    app.connect("builder-inited", add_picture)
    app.connect("html-page-context", add_tags)
