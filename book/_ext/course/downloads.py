"""Other forms of the book: what can a reader take away, and how large is it?

The printed book is made from the site, so the site cannot know its size while it is built. The directive
``{downloads}`` leaves a place on the page. ``make downloads`` makes the files, puts them into the site and
fills the place with links to those that are there; until then it says that there are none.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PLACE = re.compile(r"(<!-- downloads -->).*?(<!-- end of downloads -->)", re.DOTALL)
NONE = "<p>This copy of the course holds none of them. <code>make downloads</code> makes them.</p>"
FOLDER = "downloads"  # in the site
TOP = "distributed-systems-by-breaking-them"  # the one folder in the archive of the site
README = """Open index.html with a browser.

Pages, search and quizzes work from the files. Python in the page needs a server on this machine:
run `python3 -m http.server` in this folder, then open http://127.0.0.1:8000/.
"""


@dataclass(frozen=True)
class Form:
    """A file that a reader may take away, as ``_build`` and the site call it."""

    name: str
    title: str
    says: str


FORMS = (
    Form(
        "book.pdf",
        "The book as a PDF",
        "A4, with contents and index; the answers to the quizzes are at the end.",
    ),
    Form("book.zip", "The site for reading offline", "Unpack it and open <code>index.html</code>."),
    Form("student.zip", "The exercises", "Notebooks, the laboratory and the checks; begin with its README."),
)


class DownloadsDirective(SphinxDirective):
    """The directive ``{downloads}``: the place of the list."""

    def run(self) -> list[nodes.Node]:
        """Leave the place empty."""
        return [nodes.raw("", f"<!-- downloads -->{NONE}<!-- end of downloads -->", format="html")]


def filled(page: str, sizes: dict[str, int]) -> str:
    """A page with the list of what is there.

    Args:
        page: HTML; one without the place stays as it is.
        sizes: of the files that are there, in bytes.
    """
    items = [
        f'<dt><a href="{FOLDER}/{form.name}" download>{escape(form.title)}</a>'
        f" ({size(sizes[form.name])})</dt><dd>{form.says}</dd>"
        for form in FORMS
        if form.name in sizes
    ]
    return PLACE.sub(rf"\1{'<dl>' + ''.join(items) + '</dl>' if items else NONE}\2", page)


def size(count: int) -> str:
    """A number of bytes as a reader wants to know it: ``24 MB``, ``0.2 MB``."""
    return f"{count / 1e6:.0f} MB" if count >= 9.5e6 else f"{max(count / 1e6, 0.1):.1f} MB"


def offer(site: Path, made: Path) -> None:
    """Put every form that was made into the site, and say so on its pages.

    Args:
        site: the built site.
        made: the folder that holds the forms.
    """
    shutil.rmtree(site / FOLDER, ignore_errors=True)
    (site / FOLDER).mkdir()
    here = [form.name for form in FORMS if (made / form.name).exists()]
    for name in here:
        shutil.copyfile(made / name, site / FOLDER / name)
    for path in site.glob("*.html"):
        before = path.read_text("utf-8")
        after = filled(before, {name: (made / name).stat().st_size for name in here})
        if after != before:
            path.write_text(after, "utf-8")


def pack(site: Path, archive: Path) -> None:
    """Pack the site into one folder of an archive, whose bytes depend on the site only."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        _add(packed, "README.txt", README.encode())
        for path in sorted(site.rglob("*")):
            name = path.relative_to(site)
            if path.is_dir() or name.parts[0] == FOLDER or name.name.startswith("."):
                continue
            content = path.read_bytes()
            if len(name.parts) == 1 and path.suffix == ".html":
                content = filled(content.decode(), {}).encode()  # it holds neither itself nor the others
            _add(packed, name.as_posix(), content)


def _add(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(f"{TOP}/{name}", (2020, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    packed.writestr(entry, content, zipfile.ZIP_DEFLATED)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("downloads", DownloadsDirective)
