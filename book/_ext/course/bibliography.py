"""The bibliography: where in the book is a work cited?

Below each entry stand links to the sections that cite it, each to the very place.
"""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

Place = tuple[str, str]
"""A page, and the id of a citation in it."""


def mark_places(_app: Sphinx, doctree: nodes.document) -> None:
    """Give each citation an id that a link can lead to; it loses its own when it becomes a link itself."""
    for citation in list(doctree.findall(addnodes.pending_xref)):
        if citation["refdomain"] == "cite" and citation["ids"]:
            citation.replace_self(nodes.inline("", "", citation.deepcopy(), ids=[_id(citation["ids"][0])]))


def _id(citation: str) -> str:
    return f"cites-{citation}"


def places(env: BuildEnvironment) -> dict[str, list[Place]]:
    """For each key all places that cite it, in the order of the book."""
    order = {page: at for at, page in enumerate(_pages(env))}
    found: dict[str, list[Place]] = {}
    for citation in sorted(env.get_domain("cite").citation_refs, key=lambda each: order[each.docname]):
        for target in citation.targets:
            found.setdefault(target.key, []).append((citation.docname, _id(citation.citation_ref_id)))
    return found


def _pages(env: BuildEnvironment) -> Iterator[str]:
    yield from dict.fromkeys([*env.collect_relations(), *sorted(env.found_docs)])


def section_of(env: BuildEnvironment, place: Place) -> str:
    """The title of the section that holds a citation."""
    page, label = place
    for section in reversed(list(env.get_doctree(page).findall(nodes.section))):  # the inner ones first
        if any(label in node["ids"] for node in section.findall(nodes.inline)):
            return str(section.next_node(nodes.title).astext())
    return ""


def link_back(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Add to each entry of a bibliography the links to where it is cited."""
    entries = list(doctree.findall(nodes.citation))
    if not entries:
        return
    env, cited = app.env, places(app.env)
    keys = {each.citation_id: each.key for each in env.get_domain("cite").citations}
    for entry in entries:
        links: dict[tuple[str, str], nodes.reference] = {}
        for place in cited.get(keys.get(entry["ids"][0], ""), ()):
            where = place[0], section_of(env, place)
            address = f"{app.builder.get_relative_uri(page, place[0])}#{place[1]}"
            links.setdefault(where, nodes.reference("", where[1], internal=True, refuri=address))
        if links:
            entry.append(_told(env, links))


def _told(env: BuildEnvironment, links: dict[tuple[str, str], nodes.reference]) -> nodes.paragraph:
    """Cited in this chapter: this section, that one; in another: …"""
    told = nodes.paragraph("", "Cited in ", classes=["cited-in"])
    before = ""
    for (page, _), link in links.items():
        title = env.titles[page].astext()
        told += nodes.Text(", " if page == before else f"{'; ' if before else ''}{title}: ")
        told += link
        before = page
    told += nodes.Text(".")
    return told


def setup(app: Sphinx) -> None:
    """Connect to the reading of each page, and to its writing."""
    app.connect("doctree-read", mark_places)
    app.connect("doctree-resolved", link_back)
