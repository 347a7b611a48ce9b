"""Figures: does everybody learn from a picture what it shows?

Each picture needs three things, and a strict build fails without one of them: a caption that says what to
see; a title and a description, or an ``alt``, for those who do not see it; and, if it has lifelines, every
event in words. A caption is that of the figure, a paragraph in italics right below the cell, or the question
of a quiz.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import PurePosixPath

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

NO_CAPTION = "A picture has no caption: below its cell write a paragraph in italics that says what to see."
NO_ALT = "A picture has no text alternative: give an image an `alt`, and a drawing a title and a description."
NO_WORDS = "A diagram with lifelines has no transcript: draw it with distsys.draw, which adds one."


class Picture:
    """What a drawing offers to those who do not see it.

    Attributes:
        named: whether it has a name and more than that, or an ``alt``.
        lifelines: whether it has lines of nodes.
        told: whether its events are told in words.
    """

    def __init__(self, named: bool) -> None:
        self.named = named
        self.lifelines = self.told = False


class Reader(HTMLParser):
    """Finds the pictures in the HTML that a cell shows; what assistive technology skips is none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pictures: list[Picture] = []
        self._inside: list[str] = []  # the elements from the outermost <svg> to the place
        self._hidden = False
        self._said: set[str] = set()  # which of title and description the drawing has
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        facts = dict(attrs)
        if tag == "svg" and not self._inside:
            self._said, self._hidden = set(), facts.get("aria-hidden") == "true"
            if not self._hidden:
                self.pictures.append(Picture(bool(facts.get("aria-label"))))
        if self._inside or tag == "svg":
            self._inside.append(tag)
            if not self._hidden and "lane" in (facts.get("class") or "").split():
                self.pictures[-1].lifelines = True
        elif tag == "img":
            self.pictures.append(Picture(bool((facts.get("alt") or "").strip())))
        elif tag == "li" and self.pictures:
            self.pictures[-1].told = True

    def handle_data(self, data: str) -> None:
        """Note what is said; a title further inside is that of a part of the drawing."""
        if self._inside in (["svg", "title"], ["svg", "desc"]) and data.strip():
            self._said.add(self._inside[-1])

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if self._inside and self._inside.pop() == "svg" and not self._inside and not self._hidden:
            self.pictures[-1].named |= self._said == {"title", "desc"}


def complaints(doctree: nodes.document) -> Iterator[tuple[nodes.Node, str]]:
    """Yield what each picture of a page lacks, and where."""
    for node in doctree.findall(lambda each: isinstance(each, nodes.image | nodes.raw)):
        pictures = list(_pictures(node))
        if pictures and not _has_caption(node):
            yield node, NO_CAPTION
        for picture in pictures:
            if not picture.named:
                yield node, NO_ALT
            if picture.lifelines and not picture.told:
                yield node, NO_WORDS


def _pictures(node: nodes.Node) -> Iterator[Picture]:
    if isinstance(node, nodes.image):
        alt = node.get("alt", "").strip()
        # an image that a cell made is named after itself
        yield Picture(bool(alt) and alt not in (node["uri"], PurePosixPath(node["uri"]).name))
    elif isinstance(node, nodes.raw) and "html" in node["format"].split():
        yield from Reader(node.astext()).pictures


def _has_caption(node: nodes.Node) -> bool:
    around: nodes.Node | None = node
    while around is not None and not isinstance(around, nodes.document):
        captions = any(isinstance(each, nodes.caption) for each in around.children)
        if captions or type(around).__name__ == "quiz":
            return True
        after = around.next_node(descend=False, siblings=True)
        if isinstance(after, nodes.paragraph) and _is_italic(after):
            return True
        around = around.parent
    return False


def _is_italic(paragraph: nodes.paragraph) -> bool:
    return len(paragraph.children) == 1 and isinstance(paragraph.children[0], nodes.emphasis)


def check(app: Sphinx, doctree: nodes.document, _name: str) -> None:
    """Warn, and so fail a strict build, about each picture that lacks something."""
    if app.builder.format == "html":
        for node, complaint in complaints(doctree):
            logging.getLogger(__name__).warning(complaint, location=node)


def setup(app: Sphinx) -> None:
    """Connect to the moment when a page is ready to be written."""
    app.connect("doctree-resolved", check, priority=900)
