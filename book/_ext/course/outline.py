"""The outline: which chapters are there, in which part, and which of them can be read today?

``book/outline.yml`` is the only list of chapters. ``{outline}`` shows it as a map, ``{chapter-card}`` shows
the line of the chapter at its head, and the build fails if the table of contents disagrees with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

FILE = "outline.yml"


@dataclass(frozen=True)
class Chapter:
    """One entry of the outline.

    Attributes:
        slug: the name of the chapter everywhere.
        title: as printed.
        leaves: what it teaches, in one line.
        state: ``ready`` or ``coming``.
        number: as printed; an entry without one is no chapter of its own.
        minutes: to read the page and run its cells; ready chapters only.
        points: of its exercises; ready chapters only.
    """

    slug: str
    title: str
    leaves: str
    state: str
    number: int | None = None
    minutes: int | None = None
    points: int | None = None

    def __post_init__(self) -> None:
        if self.state not in {"ready", "coming"}:
            raise ValueError(f"the state of {self.slug} is {self.state!r}; it must be ready or coming")
        if self.ready and not (self.minutes and self.points):
            raise ValueError(f"{self.slug} is ready, so it needs minutes and points")

    @property
    def ready(self) -> bool:
        """Whether the page can be read today."""
        return self.state == "ready"


@dataclass(frozen=True)
class Part:
    """A part of the course: its title, its folder under ``book/`` and its chapters."""

    title: str
    folder: str
    chapters: tuple[Chapter, ...]

    def page(self, chapter: Chapter) -> str:
        """Return the document that holds a chapter of this part."""
        return f"{self.folder}/{chapter.slug}"


class OutlineError(ValueError):
    """An outline that cannot be used."""


def read_outline(path: Path) -> list[Part]:
    """Read the list of chapters.

    Raises:
        OutlineError: if it is not there, or an entry has a wrong key or a wrong value.
    """
    try:
        return [
            Part(part["part"], part["folder"], tuple(Chapter(**chapter) for chapter in part["chapters"]))
            for part in yaml.safe_load(path.read_text(encoding="utf-8"))
        ]
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise OutlineError(f"{path.name} cannot be used: {error}.") from error


def disagreements(parts: Iterable[Part], pages: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each chapter whose state differs from what is among the pages of the site."""
    for part in parts:
        for chapter in part.chapters:
            page = part.page(chapter)
            if chapter.ready and page not in pages:
                yield f"{FILE} says that {chapter.slug} is ready, but {page} is not in _toc.yml."
            if not chapter.ready and page in pages:
                yield f"{page} is in _toc.yml, but {FILE} says that {chapter.slug} is coming."


def check_toc(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn, and so fail a strict build, if the outline and the table of contents disagree."""
    path = Path(app.srcdir) / FILE
    if path.exists():
        try:
            problems = list(disagreements(read_outline(path), env.found_docs))
        except OutlineError as error:
            problems = [str(error)]
        for problem in problems:
            logging.getLogger(__name__).warning(problem)


def number_titles(app: Sphinx, doctree: nodes.document) -> None:
    """Put the number of each chapter before its title in the list of all pages."""
    lists = list(doctree.findall(addnodes.toctree))
    if not lists:  # few pages have one, and the outline is long
        return
    try:
        parts = read_outline(Path(app.srcdir) / FILE)
    except OutlineError:
        return  # check_toc says so
    titles = {
        part.page(chapter): f"{chapter.number:02} {chapter.title}"
        for part in parts
        for chapter in part.chapters
        if chapter.number
    }
    for pages in lists:
        pages["entries"] = [(titles.get(page, title), page) for title, page in pages["entries"]]


class OutlineReader(SphinxDirective):
    """A directive that shows something of the outline."""

    def parts(self) -> list[Part]:
        """Read the outline, which the page depends on from now on."""
        path = Path(self.env.srcdir) / FILE
        self.env.note_dependency(str(path))
        try:
            return read_outline(path)
        except OutlineError as error:
            raise self.error(str(error)) from error

    def link(self, part: Part, chapter: Chapter, title: nodes.Node) -> nodes.Node:
        """A link to the page of a chapter, of its title."""
        facts = {"refdomain": "std", "reftype": "doc", "refdoc": self.env.docname, "refexplicit": True}
        return addnodes.pending_xref("", title, reftarget=f"/{part.page(chapter)}", **facts)


class OutlineDirective(OutlineReader):
    """The directive ``{outline}``: every part as a section, every chapter as an entry in it."""

    def run(self) -> list[nodes.Node]:
        """Build a sentence that counts and a section for each part."""
        parts = self.parts()
        chapters = [chapter for part in parts for chapter in part.chapters if chapter.number]
        ready = sum(chapter.ready for chapter in chapters)
        count = f"{len(chapters)} chapters in {len(parts)} parts; {ready} can be read today."
        sections = [self._part(number, part) for number, part in enumerate(parts, start=1)]
        return [nodes.paragraph("", count, classes=["outline-count"]), *sections]

    def _part(self, number: int, part: Part) -> nodes.section:
        title = nodes.title("", f"Part {number}: {part.title}")
        section = nodes.section("", title, entries(part, self.link))
        section["names"].append(nodes.fully_normalize_name(part.title))
        self.state.document.note_implicit_target(section, section)
        return section


class ChapterCardDirective(OutlineReader):
    """The directive ``{chapter-card}``: number, minutes and points; its body says what to know first."""

    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """Build the card from the chapter's line in the outline."""
        for part in self.parts():
            for chapter in part.chapters:
                if part.page(chapter) == self.env.docname:
                    return [self._card(part, chapter)]
        raise self.error(f"{self.env.docname} is not in {FILE}; add its line there.")

    def _card(self, part: Part, chapter: Chapter) -> nodes.container:
        number = [f"Chapter {chapter.number}"] if chapter.number else []
        facts = [part.title, *number, f"{chapter.minutes} minutes", f"{chapter.points} points"]
        items = nodes.bullet_list("", *(nodes.list_item("", nodes.paragraph("", fact)) for fact in facts))
        card = nodes.container("", items, classes=["chapter-card"])
        self.state.nested_parse(self.content, self.content_offset, card)
        return card


def entries(part: Part, link: Callable[[Part, Chapter, nodes.Node], nodes.Node]) -> nodes.bullet_list:
    """Build the list of a part's chapters.

    Args:
        part: whose chapters.
        link: makes a link to a chapter of the title, which is a node.
    """
    return nodes.bullet_list("", *(_entry(part, each, link) for each in part.chapters), classes=["outline"])


def _entry(
    part: Part, chapter: Chapter, link: Callable[[Part, Chapter, nodes.Node], nodes.Node]
) -> nodes.list_item:
    head = nodes.paragraph(classes=["outline-head"])
    if chapter.number:
        head += [nodes.inline("", f"{chapter.number:02}", classes=["outline-number"]), nodes.Text(" ")]
    title = nodes.inline("", chapter.title, classes=["outline-title"])
    head += [link(part, chapter, title) if chapter.ready else title]
    facts = f"{chapter.minutes} min · {chapter.points} points" if chapter.ready else "coming"
    head += [nodes.Text(" "), nodes.inline("", facts, classes=["outline-facts"])]
    leaves = nodes.paragraph("", chapter.leaves, classes=["outline-leaves"])
    return nodes.list_item("", head, leaves, classes=[f"outline-{chapter.state}"])


def setup(app: Sphinx) -> None:
    """Register the directives and the check."""
    app.add_directive("outline", OutlineDirective)
    app.add_directive("chapter-card", ChapterCardDirective)
    app.connect("doctree-read", number_titles, priority=900)
    app.connect("env-check-consistency", check_toc)
