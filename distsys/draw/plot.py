"""Plots: how does a matplotlib figure follow the reader's theme?

Matplotlib draws with the colours named here. They are then replaced by the CSS variables of
:mod:`distsys.draw.figure`, so that one picture serves light, dark and print. Text stays text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .figure import COLOURS, Figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

INK, PALE, RULE, *CYCLE = [f"#0100{number:02x}" for number in range(3 + COLOURS)]
VARIABLES = {INK: "--fg", PALE: "--mut", RULE: "--line"} | {c: f"--c{n}" for n, c in enumerate(CYCLE)}


def colour(number: int) -> str:
    """The line colour of this number, as matplotlib is to be given it."""
    return CYCLE[number % COLOURS]


@contextmanager
def plotting(width: float = 7.6, height: float = 3.2, **grid: Any) -> Iterator[tuple[Drawing, Any]]:
    """Open a matplotlib figure in the book's style: ``with plotting(ncols=2) as (figure, axes):``.

    Args:
        width: in hundreds of pixels.
        height: in hundreds of pixels.
        grid: passed on to ``matplotlib.pyplot.subplots``.
    """
    import matplotlib as mpl  # noqa: PLC0415 - the laboratory itself needs the standard library only
    from matplotlib import pyplot as plt  # noqa: PLC0415

    style: Any = {
        "axes.edgecolor": RULE, "axes.labelcolor": INK, "axes.titlecolor": INK, "axes.grid": True,
        "axes.prop_cycle": mpl.rcsetup.cycler(color=CYCLE), "axes.spines.top": False,
        "axes.spines.right": False, "axes.titlesize": 11, "figure.facecolor": "none",
        "axes.facecolor": "none", "font.size": 10,
        "grid.alpha": 0.5, "grid.color": RULE, "grid.linewidth": 0.5, "legend.frameon": False,
        "legend.labelcolor": INK,
        "text.color": INK, "xtick.color": PALE, "ytick.color": PALE, "svg.fonttype": "none",
        "svg.hashsalt": "distsys",
    }  # fmt: skip
    with mpl.rc_context(style):
        figure, axes = plt.subplots(figsize=(width, height), dpi=100, layout="constrained", **grid)
        try:
            yield figure, axes
        finally:
            plt.close(figure)


def themed(figure: Drawing, title: str, description: str) -> Figure:
    """Turn a matplotlib figure into one that follows the reader's theme. Call it inside ``plotting``.

    Args:
        figure: drawn with the colours of :func:`plotting`.
        title: what the picture is of.
        description: the same facts in words.
    """
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    inner = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    inner = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", inner, flags=re.S)
    inner = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", inner)
    for name, variable in VARIABLES.items():
        inner = inner.replace(name, f"var({variable})")
    # every figure on a page needs its own ids, so each id gets a prefix that depends on the drawing
    prefix = Figure(title, description, inner, 0, 0).id
    inner = re.sub(r'(id="|href="#|url\(#)', rf"\1{prefix}-", inner)
    inner = re.sub(r"\n\s*", "\n", inner)
    points = figure.get_size_inches() * 72
    width, height = (round(inches * 100) for inches in figure.get_size_inches())
    names = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    size = f'viewBox="0 0 {points[0]:g} {points[1]:g}" width="{width}" height="{height}"'
    body = f"<svg {names} {size}>{inner}</svg>"
    return Figure(title, description, body, width, height)
