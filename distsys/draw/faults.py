"""Faults: what was broken, from when to when?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .marks import cross, cut, rect, text, tip
from .scene import RIGHT, TOP, Scene
from .words import moment

LONGEST = 32  # characters; more is cut
STYLE = """
#ID .group{fill:var(--band);stroke:var(--mut);stroke-dasharray:5 4}
#ID .pause{fill:var(--band);stroke:var(--mut);stroke-dasharray:3 3}
#ID .dead{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:2 4}
#ID .down{fill:var(--bg)}
#ID .up{fill:var(--c2)}
#ID .fault{stroke:var(--bad);stroke-width:1.3;stroke-dasharray:6 4}
"""


def partitions(scene: Scene) -> Iterator[str]:
    """A box around all nodes that can reach each other while the network is cut."""
    cuts = [(i, r) for i, r in scene.records if r.kind in ("partition", "heal")]
    for (index, record), after in zip(cuts, [*cuts[1:], None], strict=False):
        if record.kind == "heal":
            continue
        left, right = scene.x(index), scene.x(after[0]) if after else scene.axis.places[-1]
        for group in record.data:
            for run in _neighbours(scene.lines, group):
                top = scene.y[run[0]] - scene.lane * 0.43
                tall = scene.y[run[-1]] + scene.lane * 0.43 - top
                words = f"cut off: {', '.join(group)}"
                yield rect("group", left, top, right - left, tall, 8, words, scene.mark(index))
        label = "network cut" if right - left > 70 else "cut"
        scene.room.take("", 0, (left + right) / 2 + 40)
        yield text((left + right) / 2, TOP - 3, label, "note", "middle", scene.mark(index))


def _neighbours(lines: Sequence[str], group: Sequence[str]) -> list[list[str]]:
    """The nodes of a group whose lines are next to each other."""
    runs: list[list[str]] = []
    for line, before in zip(lines, ["", *lines], strict=False):
        if line in group:
            if runs and runs[-1][-1] == before:
                runs[-1].append(line)
            else:
                runs.append([line])
    return runs


def pauses(scene: Scene) -> Iterator[str]:
    """A box on the line of a node that is stopped and knows nothing of it."""
    for index, record in scene.records:
        if record.kind == "pause" and record.node in scene.y:
            left, right = scene.x(index), scene.axis.at(record.time / 1000 + record.data)
            words = f"{record.node} is paused {record.data:g} ms"
            yield rect("pause", left, scene.y[record.node] - 8, right - left, 16, 4, words, scene.mark(index))


def outages(scene: Scene) -> Iterator[str]:
    """A cross where a node crashes, a dotted line while it is down, a triangle where it restarts."""
    for node in scene.lines:
        y = scene.y[node]
        ends = [(i, r) for i, r in scene.records if r.kind in ("crash", "restart") and r.node == node]
        if ends and ends[0][1].kind == "restart":  # it crashed before the trace begins
            yield _down(scene.left, scene.x(ends[0][0]), y)
        for (index, record), after in zip(ends, [*ends[1:], None], strict=False):
            x = scene.x(index)
            if record.kind == "crash":
                right = scene.x(after[0]) if after else scene.width - RIGHT
                sign = cross(x, y, 5, f"{node} crashes at {moment(record.time, scene.timed)}")
                yield f"<g{scene.mark(index)}>{_down(x, right, y)}{sign}</g>"
            else:
                yield f'<path class="up"{scene.mark(index)} d="M{x - 5:.1f},{y + 6:g}l5,-11l5,11z"/>'


def _down(left: float, right: float, y: float) -> str:
    line = f'<path class="dead" d="M{left:.1f},{y:g}H{right:.1f}"/>'
    return rect("down", left, y - 4, right - left, 8) + line


def disturbances(scene: Scene) -> Iterator[str]:
    """A line through all nodes for a fault without a sign of its own; faults of one node are remarks."""
    for index, record in scene.records:
        if record.kind != "fault" or record.node in scene.y:
            continue
        x, words, mark = scene.x(index), cut(str(record.data), LONGEST), scene.mark(index)
        told = tip(scene.say.record(record))
        yield f'<path class="fault"{mark} d="M{x:.1f},{TOP}V{scene.bottom}">{told}</path>'
        if not scene.room.free("", 0, x):
            scene.room.take("", 0, x + 6.2 * len(words) + 8)
            anchor = "end" if x + 6.2 * len(words) > scene.width else ""
            yield text(x, TOP - 3, words, "note", anchor, mark)


def signs(scene: Scene) -> Iterator[tuple[str, str]]:
    """The legend of what happened to nodes."""
    seen = {record.kind for _, record in scene.records if record.node in scene.y}
    if "crash" in seen:
        yield cross(12, 0, 5), "crash"
    if "restart" in seen:
        yield '<path class="up" d="M7,6l5,-11l5,11z"/>', "restart"
