"""Replays: what does a path look like when real nodes walk it?"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from ..node import Node
from ..storage import Disk
from ..trace import Trace
from .values import Copy
from .world import Failed, Recorder, Step, Timers, World, perform, shown

STEP_US = 1000


class Walk:
    """Nodes that take one step after the other, and write down what happens.

    A path has no time; its n-th step is written down at n milliseconds.

    Attributes:
        nodes: the nodes that are up, by name.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.nodes: dict[str, Node] = {}
        self._rows: list[tuple[int, str, str, str, int, Any]] = []
        self._time = 0
        self._timers: dict[str, Timers] = dict.fromkeys(world.names, ())
        self._files: dict[str, Disk | None] = dict.fromkeys(world.names)
        self._durable: dict[str, tuple[Node | None, dict[str, Any]]] = dict.fromkeys(world.names, (None, {}))
        self._letters: list[tuple[str, str, object]] = []
        self._arrived: set[int] = set()

    @property
    def in_order(self) -> dict[str, Node]:
        """The nodes that are up, in the order in which nodes are given."""
        return {name: self.nodes[name] for name in self.world.names if name in self.nodes}

    @property
    def trace(self) -> Trace:
        """What happened so far."""
        return Trace(self._rows)

    def take(self, step: Step) -> None:
        """Take one step."""
        self._time += STEP_US * (step.kind != "start")
        match step.kind:
            case "crash":
                host = self._host(step)
                host.crash()
                del self.nodes[step.node]
                self._files[step.node] = host.files
                self._timers[step.node] = ()
                self._record("crash", step.node)
            case "drop":
                number = self._letter(step)
                self._record("drop", step.peer, step.node, number, "receiver is down")
            case _:
                self._record_event(step)
                self._handle(step)

    def _record_event(self, step: Step) -> None:
        if step.kind == "restart":
            self._record("restart", step.node)
        match step.kind:
            case "deliver":
                self._record("deliver", step.node, step.peer, self._letter(step), step.data)
            case "timer":
                self._record("timer", step.node, data=step.data)
            case "call":
                self._record("call", step.node, data=shown(step.data))
            case _:
                self._record("start", step.node)

    def _handle(self, step: Step) -> None:
        name = step.node
        if step.kind in ("start", "restart"):
            node = self.nodes[name] = self.world.build(name)
            old, durable = self._durable[name]
            vars(node).update(Copy({}, (old, node))(durable))
        node = self.nodes[name]
        host = self._host(step)
        perform(node, step, host, Copy({}))
        self._timers[name], self._files[name] = host.timers, host.files
        durable = {attribute: vars(node)[attribute] for attribute in node.durable}
        self._durable[name] = node, Copy({}, (node, node))(durable)
        for text, facts in host.notes:
            self._record("note", name, data=(text, tuple(facts.items())))
        for to, message in host.sent:
            self._letters.append((name, to, message))
            self._record("send", name, to, len(self._letters), message)

    def _host(self, step: Step) -> Recorder:
        timers = step.timers_left(self._timers[step.node])
        return Recorder(self.world, step.node, timers, self._files[step.node], step.choices)

    def _letter(self, step: Step) -> int:
        """The number of a message that arrives: the oldest that did not, or else the newest, again."""
        letter = step.peer, step.node, step.data
        numbers = [number for number, sent in enumerate(self._letters, 1) if sent == letter]
        number = next((number for number in numbers if number not in self._arrived), numbers[-1])
        self._arrived.add(number)
        return number

    def _record(self, kind: str, node: str, peer: str = "", number: int = 0, data: Any = None) -> None:
        self._rows.append((self._time, kind, node, peer, number, data))


def walk(world: World, steps: Iterable[Step]) -> Walk:
    """Let new nodes take every step of a path; a handler that raises ends it."""
    nodes = Walk(world)
    with suppress(Failed):
        for step in steps:
            nodes.take(step)
    return nodes
