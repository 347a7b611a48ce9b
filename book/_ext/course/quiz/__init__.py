"""Quizzes: a question in the page, feedback for each answer, and a check that the right answer is right.

A quiz is a directive with a label that is unique in the page, and a body in YAML::

    ```{quiz} clocks-set
    question: Which clock may step back?
    choices:
      - text: the wall clock
        right: true
        why: Somebody sets it, or NTP does.
        holds: stepped.wall_us(0) < before
      - text: the monotonic clock
        why: It counts from a moment nobody knows, and only upwards.
        holds: stepped.monotonic_us(1) < stepped.monotonic_us(0)
    check: |
      from distsys.clock import Clock
      stepped = Clock()
      before = stepped.wall_us(0)
      stepped.step(-1000)
    ```

There are five kinds; :mod:`.questions` says what each needs:

========== ============================= =========================================
`kind`     a reader                      a claim is checked by
========== ============================= =========================================
choice     chooses one of `choices`      `holds` of each choice, true or false
several    ticks some of `choices`       the same
number     types a number                `computes`, the value itself
order      moves `items` up and down     `at` of each item, which must increase
message    clicks an arrow of a picture  `holds`, of each `record` of the picture
========== ============================= =========================================

The expressions see what the cells above the quiz and the code in `check` define. :mod:`.checks` runs them,
the build fails if they do not agree with the page, and no page shows them.

What a reader answered is kept in the browser, in ``localStorage["course.quiz.<page>.<label>"]``; the page is
its name in the table of contents. ``book/_frontend/quiz/quiz.js`` says what is in there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from . import checks, directive

FRONTEND = Path(__file__).parents[3] / "_frontend" / "quiz"


def add_files(app: Sphinx) -> None:
    """Serve the script and the style."""
    if app.builder.format == "html":
        app.config.html_static_path.append(str(FRONTEND))


def use_files(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the script and the style on a page that has a quiz."""
    if doctree and next(doctree.findall(directive.quiz), None):
        app.add_css_file("quiz.css")
        app.add_js_file("quiz.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register the directive and the checks, and connect to the writing of each page."""
    directive.setup(app)
    checks.setup(app)
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", use_files)
