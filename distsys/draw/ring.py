"""Hash rings: which node owns which part of the key space, and where does a key go?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from math import cos, pi, sin

from ..trace import natural
from .figure import COLOURS, Figure

SIZE, CENTRE, RADIUS, BAND = 360, 180, 118, 18
STYLE = """
#ID .arc{fill:none;stroke:var(--k);stroke-width:18}
#ID .point{fill:var(--bg);stroke:var(--fg);stroke-width:2}
#ID .key{fill:var(--k);stroke:var(--bg);stroke-width:1.5}
"""


def ring(
    points: Iterable[tuple[float, str]], keys: Mapping[str, float] | None = None, title: str = "Hash ring"
) -> Figure:
    """Draw a hash ring: each key belongs to the next point clockwise.

    Args:
        points: place and node of each point; a node may have several. A place is a share of the circle, from
            0 at the top, clockwise, to 1.
        keys: the place of each key to show.
        title: what the picture shows, one sentence.

    Raises:
        ValueError: if there are no points, or a place lies outside the circle.
    """
    placed = sorted(points)
    places = [*(place for place, _ in placed), *(keys or {}).values()]
    if not placed:
        raise ValueError("a ring needs at least one point")
    if outside := [place for place in places if not 0 <= place < 1]:
        raise ValueError(f"a place on the ring is at least 0 and below 1, not {outside[0]}")
    nodes = sorted({node for _, node in placed}, key=natural)
    colour = {node: f"--k:var(--c{number % COLOURS})" for number, node in enumerate(nodes)}
    shares = dict.fromkeys(nodes, 0.0)
    arcs, dots = [], []
    for (before, _), (place, node) in zip([placed[-1], *placed], placed, strict=False):
        share = (place - before) % 1 or 1.0
        shares[node] += share
        tip = f"{node} owns {share:.1%} of the ring, up to {place:.3f}"
        arc = _arc(place - share, share)
        arcs.append(f'<g style="{colour[node]}"><title>{escape(tip)}</title>{arc}</g>')
        x, y = _at(place, RADIUS)
        dots.append(f'<circle class="point" cx="{x}" cy="{y}" r="5"/>{_text(place, RADIUS + 24, node)}')
    told = [f"{node} owns {share:.1%} of the ring." for node, share in shares.items()]
    for key, place in (keys or {}).items():
        owner = next((node for point, node in placed if point >= place), placed[0][1])
        told.append(f"{key}, at {place:.3f}, belongs to {owner}.")
        x, y = _at(place, RADIUS - BAND)
        dots.append(
            f'<g style="{colour[owner]}"><title>{escape(told[-1])}</title>'
            f'<circle class="key" cx="{x}" cy="{y}" r="5"/></g>{_text(place, RADIUS - BAND - 22, key, "mut")}'
        )
    return Figure(title, " ".join(told), "".join(arcs + dots), SIZE, SIZE, STYLE, told)


def _at(place: float, radius: float) -> tuple[str, str]:
    angle = 2 * pi * place
    return f"{CENTRE + radius * sin(angle):.1f}", f"{CENTRE - radius * cos(angle):.1f}"


def _arc(start: float, share: float) -> str:
    if share >= 1:
        return f'<circle class="arc" cx="{CENTRE}" cy="{CENTRE}" r="{RADIUS}"/>'
    (x1, y1), (x2, y2) = _at(start, RADIUS), _at(start + share, RADIUS)
    return f'<path class="arc" d="M{x1},{y1}A{RADIUS},{RADIUS} 0 {int(share > 0.5)} 1 {x2},{y2}"/>'


def _text(place: float, radius: float, text: str, kind: str = "") -> str:
    x, y = _at(place, radius)
    return f'<text class="{kind}" x="{x}" y="{y}" dy="4" text-anchor="middle">{escape(text)}</text>'
