"""Terms: what does a word mean, without leaving the page?

Every page carries the definitions of the glossary terms that it links to, hidden. A link names its definition
as its description, so that a screen reader knows it without a script; ``_frontend/terms/terms.js`` shows it
to the eye.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

FRONTEND = Path(__file__).parents[2] / "_frontend" / "terms"
_LINK = re.compile(
    r'(<a class="reference internal" href="[^"#]*#(term-[^"]+)")(?=[^>]*><span class="[^"]*std-term)'
)


def definition(builder: StandaloneHTMLBuilder, label: str) -> str:
    """The entry of a glossary as HTML: the term, and what it means; empty if there is none."""
    for name, _, kind, page, anchor, _ in builder.env.get_domain("std").get_objects():
        if kind != "term" or anchor != label:
            continue
        for item in builder.env.get_doctree(page).findall(nodes.definition_list_item):
            if any(label in term["ids"] for term in item.findall(nodes.term)):
                return f'<p class="term-name">{escape(name)}</p>{_body(builder, item)}'
    return ""


def _body(builder: StandaloneHTMLBuilder, item: nodes.definition_list_item) -> str:
    """What the definition says, without links: a tip has nothing to click."""
    meaning = next(item.findall(nodes.definition)).deepcopy()
    for link in list(meaning.findall(addnodes.pending_xref)):
        link.replace_self(link.children)
    return "".join(str(builder.render_partial(child)["fragment"]) for child in meaning.children).strip()


def describe(body: str, find: Any) -> str:
    """The HTML of a page whose links to terms name their definitions, which stand at its end.

    Args:
        body: the HTML.
        find: from the label of a term to the HTML of its definition.
    """
    found = {label: find(label) for label in dict.fromkeys(label for _, label in _LINK.findall(body))}
    if not any(found.values()):
        return body

    def name(link: re.Match[str]) -> str:
        return f'{link[1]} aria-describedby="about-{link[2]}"' if found[link[2]] else link[1]

    about = "".join(f'<div id="about-{label}">{html}</div>' for label, html in found.items() if html)
    return f'{_LINK.sub(name, body)}<div class="term-definitions" hidden>{about}</div>'


def add_definitions(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Describe the terms of a page that has any, and give it the script and the style."""
    builder = app.builder
    if doctree is None or not isinstance(builder, StandaloneHTMLBuilder):
        return
    before = context["body"]
    context["body"] = describe(before, lambda label: definition(builder, label))
    if context["body"] != before:
        app.add_css_file("terms.css")
        app.add_js_file("terms.js", loading_method="defer")


def add_files(app: Sphinx) -> None:
    """Serve the script and the style."""
    if app.builder.format == "html":
        app.config.html_static_path.append(str(FRONTEND))


def setup(app: Sphinx) -> None:
    """Connect to the start of a build and to the writing of each page."""
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", add_definitions)
