"""Is a picture nothing but a picture?

Pictures come from our own laboratory, which escapes what it writes; this is the net below it. A picture is
read as XML, which our drawings are. Only elements and attributes that draw or tell something are written
again; what is not well formed is not ours, and is dropped whole.
"""

from __future__ import annotations

import re
from html import escape
from xml.etree.ElementTree import ParseError, XMLParser

from markupsafe import Markup

_SVG = "{http://www.w3.org/2000/svg}"
_TAGS = """
    b br code dd details div dl dt em figcaption figure h3 h4 h5 h6 i li ol p pre small span strong style
    summary table caption tbody td tfoot th thead tr ul
    svg g path line polyline polygon rect circle ellipse text tspan title desc defs marker pattern clipPath
"""
_ATTRIBUTES = """
    class id style title role lang dir open colspan rowspan scope tabindex
    aria-hidden aria-label aria-labelledby aria-describedby
    viewBox preserveAspectRatio width height x y x1 y1 x2 y2 cx cy r rx ry dx dy d points transform
    fill fill-opacity fill-rule stroke stroke-width stroke-dasharray stroke-linecap stroke-linejoin
    stroke-opacity
    opacity text-anchor dominant-baseline font-size font-weight font-family
    marker-start marker-mid marker-end markerWidth markerHeight refX refY orient patternUnits clip-path
    data-n data-e
"""
_PAINT = "style fill stroke clip-path marker-start marker-mid marker-end"
_VOID = frozenset({"br"})
_MAY_STAY = frozenset(_TAGS.split())
_MAY_SAY = frozenset(_ATTRIBUTES.split())
_PAINTS = frozenset(_PAINT.split())
_SCRIPTS = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What style could fetch from elsewhere, or end early.
_REACHES_OUT = re.compile(
    r"url\s*\(|image(?:-set)?\s*\(|src\s*\(|@import|@font-face|expression|binding|[<\\&]", re.IGNORECASE
)
_URL = re.compile(r"url\(#[\w-]+\)")  # to a marker of the same drawing
_ID = re.compile(r'\sid="(ds[0-9a-f]{6,})"')


def picture(markup: str, name: str = "") -> Markup:
    """The picture as it may stand on a page; nothing if it is not one of ours.

    Args:
        markup: HTML with inline SVG, made by the laboratory.
        name: goes before the ids of the picture, so that it can stand on a page twice.
    """
    markup = _NOT_XML.sub("\ufffd", _SCRIPTS.sub("", markup))
    if name:
        for known in sorted(set(_ID.findall(markup))):
            markup = markup.replace(known, f"{name}-{known}")
    if "<!" in markup or "<?" in markup:  # no doctype, no entities of one's own
        return Markup("")
    keeper = _Keeper()
    parser = XMLParser(target=keeper)
    try:
        parser.feed(f"<div>{markup}</div>")
        parser.close()
    except ParseError:
        return Markup("")
    return Markup("".join(keeper.kept))


class _Keeper:
    """Writes what may stay as it is read; an element that may not stay goes with all that is in it."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.dropped = 0  # how many elements deep in one that is dropped
        self.style: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.removeprefix(_SVG)
        if self.dropped or self.style is not None or tag not in _MAY_STAY:
            self.dropped += 1
        elif tag == "style":
            self.style = []
        else:
            kept = (pair for pair in attributes.items() if _may_stay(*pair))
            said = "".join(f' {key}="{escape(value)}"' for key, value in kept)
            self.kept.append(f"<{tag}{said}>")

    def end(self, tag: str) -> None:
        tag = tag.removeprefix(_SVG)
        if self.dropped:
            self.dropped -= 1
        elif self.style is not None:
            css, self.style = "".join(self.style), None
            if not _REACHES_OUT.search(_URL.sub("", css)):
                self.kept.append(f"<style>{css}</style>")
        elif tag not in _VOID:
            self.kept.append(f"</{tag}>")

    def data(self, text: str) -> None:
        if self.dropped:
            return
        if self.style is not None:
            self.style.append(text)
        else:
            self.kept.append(escape(text, quote=False))

    def close(self) -> None:
        """Nothing is left to do."""


def _may_stay(name: str, value: str) -> bool:
    return name in _MAY_SAY and not (name in _PAINTS and _REACHES_OUT.search(_URL.sub("", value)))
