"""Figures: how does a picture become part of a page?

A figure is inline SVG in an HTML ``<figure>``. It follows the reader's theme through CSS variables, has a
title and a description, and is the same to the byte for the same input, so that notebooks and pages do
not change when nothing changed. Ids come from a hash of the content; two figures on a page cannot collide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from html import escape

LIGHT = (
    "--fg:#1f2328;--mut:#56606b;--line:#8a939d;--bg:#ffffff;--band:#eef1f5;--bad:#b42318;--hi:#a34a07;"
    "--c0:#0b5cad;--c1:#a84300;--c2:#00704f;--c3:#8a2f86;--c4:#7a5c00;--c5:#8c1d40"
)
DARK = (
    "--fg:#e6edf3;--mut:#a3adb8;--line:#69737e;--bg:#14181d;--band:#20262e;--bad:#ff8a80;--hi:#ffb454;"
    "--c0:#6cb6ff;--c1:#ffa066;--c2:#4fd3a8;--c3:#e39be0;--c4:#e0bf4a;--c5:#ff9fb2"
)
COLOURS = 6
"""How many colours there are; something of the class ``k0`` … ``k5`` finds its own in ``--k``."""

# Explicit themes of the site, JupyterLab, VS Code and others win over what the system prefers.
THEME = f"""
#ID{{{LIGHT}}}
@media screen and (prefers-color-scheme:dark){{
html:not([data-theme=light]) body:not([data-jp-theme-light=true],.vscode-light) #ID{{{DARK}}}}}
@media screen{{html[data-theme=dark] #ID,body:is([data-jp-theme-light=false],.vscode-dark) #ID{{{DARK}}}}}
{"".join(f"#ID .k{number}{{--k:var(--c{number})}}" for number in range(COLOURS))}
#ID svg{{background:var(--bg);color:var(--fg);height:auto;display:block;margin:0 auto}}
#ID text{{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--fg)}}
#ID .mut{{fill:var(--mut)}}
#ID .paper{{fill:var(--bg)}}
#ID .name{{font-weight:600}}
#ID .label{{font:600 12px ui-monospace,"DejaVu Sans Mono",monospace}}
#ID .halo{{paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}}
#ID .grid{{stroke:var(--line);stroke-dasharray:1 4}}
#ID .scroll{{overflow-x:auto;border-radius:6px}}
#ID details{{font-size:.85em;margin-top:.3em;text-align:left}}
#ID summary{{cursor:pointer}}
#ID ol{{margin:.4em 0;max-height:16em;overflow:auto}}
@media print{{#ID svg{{max-width:100%}}}}
"""

# The names stay when a narrow screen scrolls the rest: the same drawing again, in front and held at the left.
NAMES = """
#ID .names{{display:none}}
@media screen and (max-width:{0}px){{
#ID .scroll{{display:grid;justify-content:start}}
#ID .scroll>svg{{grid-area:1/1}}
#ID .names{{display:block;position:sticky;left:0;margin:0;background:none;pointer-events:none}}}}
"""


@dataclass(frozen=True)
class Figure:
    """A picture that shows itself in a notebook or on a page.

    Attributes:
        title: what the picture is of.
        description: the same facts in words, for those who do not see it.
        body: the SVG elements.
        width: of the drawing, in pixels; narrow screens scroll it.
        height: of the drawing, in pixels.
        style: CSS rules in which ``#ID`` stands for this figure.
        transcript: what happens, step by step, offered below the picture.
        script: what a page may add, and the picture does not need; ``ID`` stands for this figure.
        names: the SVG elements of the names to the left of the lines; they stay where the rest is scrolled.
        gutter: how much room they take, in pixels.
    """

    title: str
    description: str
    body: str
    width: int
    height: int
    style: str = ""
    transcript: Sequence[str] = ()
    script: str = ""
    names: str = ""
    gutter: int = 0

    @property
    def id(self) -> str:
        """An id that depends on nothing but the content."""
        content = f"{self.title}{self.description}{self.names}{self.body}{self.style}"
        return "ds" + blake2b(content.encode(), digest_size=5).hexdigest()

    def svg(self) -> str:
        """The drawing alone; its style stands beside it."""
        return self._drawing("", "")

    def file(self) -> str:
        """The drawing with its style inside, as a file of its own; it follows what the system prefers."""
        dark = "@media screen and (prefers-color-scheme:dark){#ID{" + DARK + "}}"
        rules = f"{THEME}{dark}#ID{{background:var(--bg)}}{self.style}"
        css = escape(rules.replace("#ID", f"#{self.id}").replace("\n", ""), quote=False)
        return self._drawing(f' id="{self.id}"', f"<style>{css}</style>")

    def _drawing(self, attributes: str, first: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg"{attributes} viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" role="img" '
            f'aria-labelledby="{self.id}-t {self.id}-d">'
            f'{first}<title id="{self.id}-t">{escape(self.title, quote=False)}</title>'
            f'<desc id="{self.id}-d">{escape(self.description, quote=False)}</desc>'
            f"{self.names}{self.body}</svg>"
        )

    def html(self, script: bool = True) -> str:
        """The drawing with its style, and the transcript if there is one.

        Args:
            script: whether the figure's script comes along, if it has one.
        """
        names = NAMES.format(self.width) if self.names else ""
        css = (THEME + names + self.style).replace("#ID", f"#{self.id}").replace("\n", "")
        scroll = f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(self.title)}">'
        return (
            f'<figure class="ds-figure" id="{self.id}" style="margin:1em 0"><style>{css}</style>'
            f"{scroll}{self._held()}{self.svg()}</div>{self._words()}</figure>"
            f"{self._script() if script else ''}"
        )

    def within(self, name: str) -> str:
        """The same without its script, as a part of something: its ids begin with that name."""
        return self.html(script=False).replace(self.id, name)

    def _held(self) -> str:
        """The names once more, for the eye alone."""
        if not self.names:
            return ""
        return (
            f'<svg class="names" aria-hidden="true" viewBox="0 0 {self.gutter} {self.height}" '
            f'width="{self.gutter}" height="{self.height}">{self.names}</svg>'
        )

    def _script(self) -> str:
        return f"<script>{self.script.replace('ID', self.id).strip()}</script>" if self.script else ""

    def _words(self) -> str:
        if not self.transcript:
            return ""
        lines = "".join(f"<li>{escape(line, quote=False)}</li>" for line in self.transcript)
        return f'<details><summary>The same in words</summary><ol tabindex="0">{lines}</ol></details>'

    def _repr_html_(self) -> str:
        return self.html()

    def __repr__(self) -> str:
        return f"<Figure: {self.title}>"
