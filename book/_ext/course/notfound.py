"""The page for addresses that are not there: how does it find its site?

A host shows ``404.html`` at the address that was asked for, however deep that is, and the site may stand in a
folder that nobody knew at build time. So the page's first script looks for the site's style sheet, from the
outermost folder of the address inwards, and makes the first folder that has it the base of all links.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from .outline import FILE, Chapter, Part, entries, read_outline

NAME = "404"
FIND_SITE = """<script>
    if (location.protocol !== "file:" && !location.pathname.endsWith("/404.html")) {
      const folders = location.pathname.split("/").slice(1, -1);
      for (let depth = 0; depth <= folders.length; depth += 1) {
        const root = ["", ...folders.slice(0, depth), ""].join("/");
        const request = new XMLHttpRequest();
        request.open("HEAD", `${root}_static/course.css`, false);
        try { request.send(); } catch { continue; }
        if (request.status !== 200) continue;
        document.head.append(Object.assign(document.createElement("base"), { href: root }));
        addEventListener("DOMContentLoaded", () => {
          const here = location.pathname + location.search;
          document.querySelectorAll('a[href^="#"]').forEach(link => { link.href = here + link.hash; });
        });
        break;
      }
    }
    </script>"""
BODY = """<section id="not-here">
<h1>This page is not here</h1>
<p>The address is mistyped, or the page has another name now. Search for it, or choose a chapter below.
The course begins at <a href="{start}">its first page</a>.</p>
<form class="find" action="search.html" role="search">
<label for="find">Search the course</label>
<input type="search" name="q" id="find" autocomplete="off">
<button>Search</button>
</form>
<script>
if (!location.pathname.endsWith("/404.html")) {{
  const last = decodeURIComponent(location.pathname).split("/").filter(Boolean).pop() ?? "";
  const words = last.replace(/\\.html?$/, "").match(/[\\p{{L}}\\p{{N}}]+/gu) ?? [];
  document.getElementById("find").value = words.join(" ");
}}
</script>
{parts}
</section>"""


def make_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the page: what happened, a search field, and the map of the course."""
    path = Path(app.srcdir) / FILE
    if app.builder.name != "html" or not path.exists():
        return

    def link(part: Part, chapter: Chapter, title: nodes.Node) -> nodes.Node:
        return nodes.reference("", "", title, refuri=f"{part.page(chapter)}.html", internal=True)

    parts = "\n".join(
        f"<h2>Part {number}: {part.title}</h2>\n{app.builder.render_partial(entries(part, link))['fragment']}"
        for number, part in enumerate(read_outline(path), start=1)
    )
    body = BODY.format(start=f"{app.config.root_doc}.html", parts=parts)
    about = {"description": "No page of the course has this address. Search for it, or choose a chapter."}
    context = {"title": "This page is not here", "body": body, "meta": about, "metatags": FIND_SITE}
    yield NAME, context, "page.html"


def setup(app: Sphinx) -> None:
    """Connect to the end of the writing."""
    app.connect("html-collect-pages", make_page)
