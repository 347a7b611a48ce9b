"""Scenes: which records does a space-time diagram show, and where?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..trace import Record, Trace
from .arrows import arrows
from .axis import Axis, Key
from .marks import Room, room_for
from .words import Sayer

RIGHT, TOP, BOTTOM = 22, 40, 34
LETTER = 7.4  # pixels a character of a label


class Scene:
    """The layout of a space-time diagram.

    Args:
        trace: what happened.
        lines: the nodes to show, from top to bottom.
        labels: text at events, by index.
        hide: names of message types and timers to leave out.
        warp: 0 for true time, 1 for the order of events.
        width: of the drawing, in pixels, unless labels need more.
        lane: the distance between two lines, in pixels.
        timed: whether time means something; else each millisecond is a step.

    Attributes:
        records: the records with their indices.
        step: the line of each record in the transcript, from 1 on; records that are not told have none.
        keys: the moment of each record.
        arrows: what became of each message.
        axis: where a moment is.
        y: where the line of each node is.
        room: what is written beside the lines already.
        left: where the lines begin.
        bottom: where the lowest line has its last pixel.
    """

    def __init__(
        self,
        trace: Trace,
        lines: Sequence[str],
        labels: Mapping[int, str],
        hide: Collection[str],
        warp: float,
        width: int,
        lane: int,
        timed: bool,
    ) -> None:
        self.lines, self.labels, self.hide, self.lane, self.timed = lines, labels, hide, lane, timed
        self.left, self.bottom = room_for(lines, 58), TOP + lane * len(lines)
        self.y = {node: TOP + lane * (row + 0.5) for row, node in enumerate(lines)}
        self.records = list(enumerate(trace))
        told = (i for i, record in self.records if record.kind != "start" or i in labels)
        self.step = {index: number for number, index in enumerate(told, 1)}
        self.width = max(width, round(self.left + RIGHT + 24 + self._room_for_labels()))
        self.keys = self._keys()
        self.say = Sayer(timed, (record for _, record in self.records if record.kind == "send"))
        self.room = Room()
        self.arrows = arrows(self.records, self.keys, self.step, self.say, self._is_drawn)
        keys = [*self.keys.values(), *(arrow.got for arrow in self.arrows)]
        self.axis = Axis.warped(keys, self.left + 12, self.width - RIGHT - 12, warp)

    def x(self, index: int) -> float:
        """Where a record is."""
        return self.axis(self.keys[index])

    def mark(self, index: int) -> str:
        """The attribute of what is drawn for a record: its step."""
        return f' data-n="{self.step[index]}"'

    def _room_for_labels(self) -> float:
        """How much room the labels of one line need, half of them above it and half below."""
        wide = dict.fromkeys(self.lines, 0.0)
        for index, label in self.labels.items():
            if (node := self.records[index][1].node) in wide:
                wide[node] += LETTER * len(label) + 6
        return max(wide.values(), default=0) / 2

    def _keys(self) -> dict[int, Key]:
        """The moment of each record; labelled events of one node at one time come one after the other."""
        keys: dict[int, Key] = {}
        busy: dict[tuple[str, int], int] = {}
        for index, record in self.records:
            here = record.node, record.time
            if index in self.labels:
                busy[here] = busy.get(here, -1) + 1
            keys[index] = record.time, max(0, busy.get(here, 0))
        return keys

    def _is_drawn(self, send: Record) -> bool:
        return send.node in self.y and send.peer in self.y and type(send.data).__name__ not in self.hide
