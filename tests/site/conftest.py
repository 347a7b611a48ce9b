"""What the tests of the site need: the extension on the path, and a book of a few lines."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.console import strip_colors
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))


@dataclass(frozen=True)
class Book:
    """What Sphinx made of a few pages, and what it complained about."""

    out: Path
    warnings: str

    def page(self, name: str = "index") -> str:
        return (self.out / f"{name}.html").read_text("utf-8")


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Book]:
    """Build files, given by name and text, with one part of the extension."""

    def run(part: str, files: dict[str, str], **config: object) -> Book:
        source, out = tmp_path / "book", tmp_path / "html"
        for name, text in files.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        options = {
            "extensions": ["myst_parser", f"course.{part}"],
            "html_theme": "basic",
            "source_suffix": {".rst": "restructuredtext"},  # extensions write into it, for every later build
            **config,
        }
        warnings = StringIO()
        with patch_docutils(), docutils_namespace():
            Sphinx(
                str(source), None, str(out), str(tmp_path / "trees"), "html", options, None, warnings
            ).build()
        return Book(out, strip_colors(warnings.getvalue()))

    return run
