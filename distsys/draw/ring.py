"""Hash rings: which node owns which part of the key space, and where does a key go?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import cos, pi, sin

from ..trace import natural
from .figure import COLOURS, Figure
from .marks import cut, legend, rect, text, tip

MIDDLE, RADIUS, BAND, APART = 168, 118, 18, 14
NAME, MOST = 16, 22  # characters of a name, and how many names one side of the ring has room for
STYLE = """
#ID .arc{fill:none;stroke:var(--k);stroke-width:18}
#ID .point{fill:var(--bg);stroke:var(--fg);stroke-width:2}
#ID .key{fill:var(--k);stroke:var(--bg);stroke-width:1.5}
#ID .lead{stroke:var(--line);stroke-width:1;fill:none}
#ID .owner{fill:var(--k)}
"""


def ring(
    points: Iterable[tuple[float, str]], keys: Mapping[str, float] | None = None, title: str = "Hash ring"
) -> Figure:
    """Draw a hash ring: each key belongs to the next point clockwise.

    If there are too many points to name them all, pointing at one names it, and the words below do.

    Args:
        points: place and node of each point; a node may have several. A place is a share of the circle, from
            0 at the top, clockwise, to 1.
        keys: the place of each key to show.
        title: what the picture shows, one sentence.

    Raises:
        ValueError: if there are no points, or a place lies outside the circle.
    """
    placed, keys = sorted(points), keys or {}
    if not placed:
        raise ValueError("a ring needs at least one point")
    if outside := [
        place for place in (*(place for place, _ in placed), *keys.values()) if not 0 <= place < 1
    ]:
        raise ValueError(f"a place on the ring is at least 0 and below 1, not {outside[0]}")
    nodes = sorted({node for _, node in placed}, key=natural)
    colour = {node: f"k{number % COLOURS}" for number, node in enumerate(nodes)}
    shares = dict.fromkeys(nodes, 0.0)
    owner = {
        key: next((node for at, node in placed if at >= place), placed[0][1]) for key, place in keys.items()
    }
    side = max(map(len, (cut(node, NAME) for node in nodes))) * 7 + 24
    centre = max(190, RADIUS + 30 + side)
    arcs, dots = [], []
    for (before, _), (place, node) in zip([placed[-1], *placed], placed, strict=False):
        share = (place - before) % 1 or 1.0
        shares[node] += share
        words = f"{node} owns {share:.1%} of the ring, up to {place:.3f}"
        arcs.append(f'<g class="{colour[node]}">{tip(words)}{_arc(centre, place - share, share)}</g>')
        x, y = _at(centre, place, RADIUS)
        small = 5 if len(placed) <= 2 * MOST else 2.5
        dots.append(f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="{small}">{tip(words)}</circle>')
    told = [f"{node} owns {share:.1%} of the ring." for node, share in shares.items()]
    for key, place in keys.items():
        told.append(f"{key}, at {place:.3f}, belongs to {owner[key]}.")
        x, y = _at(centre, place, RADIUS - BAND)
        circle = f'<circle class="key" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
        dots.append(f'<g class="{colour[owner[key]]}">{tip(told[-1])}{circle}</g>')
    names = _names(centre, placed, RADIUS + 18, 1, "")
    names += _names(centre, [(place, key) for key, place in keys.items()], RADIUS - BAND - 8, -1, "mut")
    samples = [
        (rect(f"owner {colour[node]}", 0, -6, 22, 12, 3), f"{cut(node, NAME)} {share:.1%}")
        for node, share in shares.items()
    ]
    signs, y = legend(samples, 24, 2 * centre - 12, 2 * MIDDLE)
    body = "".join([*arcs, *dots, *names, signs])
    return Figure(title, " ".join(told), body, round(2 * centre), round(y) + 16, STYLE, told)


def _at(centre: float, place: float, radius: float) -> tuple[float, float]:
    angle = 2 * pi * place
    return centre + radius * sin(angle), MIDDLE - radius * cos(angle)


def _arc(centre: float, start: float, share: float) -> str:
    (x1, y1), (x2, y2) = _at(centre, start, RADIUS), _at(centre, start + share, RADIUS)
    if share >= 1:
        return f'<circle class="arc" cx="{centre:g}" cy="{MIDDLE}" r="{RADIUS}"/>'
    bend = f"A{RADIUS},{RADIUS} 0 {int(share > 0.5)} 1"
    return f'<path class="arc" d="M{x1:.1f},{y1:.1f}{bend} {x2:.1f},{y2:.1f}"/>'


def _names(
    centre: float, placed: Sequence[tuple[float, str]], radius: float, way: int, kind: str
) -> list[str]:
    """Names beside their places, outside (way 1) or inside (-1); they move up or down to make room."""
    drawn = []
    sides = [[(place, words) for place, words in placed if (place < 0.5) == right] for right in (True, False)]
    if max(map(len, sides)) > MOST:
        return []
    for right, side in zip((True, False), sides, strict=True):
        own = sorted(
            [(*_at(centre, place, radius), words) for place, words in side], key=lambda each: each[1]
        )
        heights = _apart([y for _, y, _ in own])
        for (x, y, words), height in zip(own, heights, strict=True):
            out = way if right else -way
            end = x + out * (12 if abs(height - y) > 3 else 0)
            if end != x:
                drawn.append(f'<path class="lead" d="M{x:.1f},{y:.1f}L{end:.1f},{height:.1f}"/>')
            anchor = "" if out > 0 else "end"
            drawn.append(text(end + 3 * out, round(height + 4, 1), cut(words, NAME), kind, anchor))
    return drawn


def _apart(heights: list[float]) -> list[float]:
    """Sorted heights, moved as little as it takes to have some distance between them."""
    groups: list[list[float]] = []  # the wanted heights of names that touch each other
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _top(groups[-1]) < _top(groups[-2]) + APART * len(groups[-2]):
            last = groups.pop()
            groups[-1] += last
    return [_top(group) + APART * place for group in groups for place in range(len(group))]


def _top(group: list[float]) -> float:
    return sum(group) / len(group) - APART * (len(group) - 1) / 2
