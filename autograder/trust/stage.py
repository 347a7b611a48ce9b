"""The stage: where the student's nodes live while a simulation of the judge drives them.

One event is one crossing: the event goes in, and out come the effects, in order, and the attributes that
have changed. Only what a handler must know at once is asked back: a choice, the disk, a clock that it has
just set. A node that comes without a number is built from the state that comes with it, for an explorer
keeps states, not processes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

from distsys.node import NOBODY, Host, Node, create
from distsys.strict import guarded

from .errors import CannotCross
from .frames import packed, spelled
from .reading import Reader
from .wire import ATOMS, Writer

if TYPE_CHECKING:
    from .player import Player

Shown = dict[str, Any]


class Stage:
    """Handles what the judge asks about nodes."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self._shown: dict[int, Shown] = {}  # what the judge knows of each node's attributes
        self._guard = ExitStack()
        self._strict = False
        self._inside = 0

    def do(self, reader: Reader, what: str, *rest: Any) -> bytes:
        """Answer one request."""
        if not self._strict:
            self._guard.enter_context(guarded())  # until somebody asks for something else than nodes
            self._strict = True
        self._inside += 1
        try:
            frame: bytes = getattr(self, f"_{what}")(reader, *rest)
            return frame
        finally:
            self._inside -= 1

    def rest(self) -> None:
        """Nodes have had their turn: clocks and chance may be used again."""
        if self._strict and not self._inside:
            self._guard.close()
            self._strict = False

    def _create(self, reader: Reader, cls: int, name: Any, peers: Any, given: Any, named: Any) -> bytes:
        kind = self.player.shelf.held(cls)
        arguments, options = reader.parts(given), reader.named(named)
        made: list[Any] = []

        def build() -> None:
            made.append(create(lambda: kind(*arguments, **options), reader(name), reader.parts(peers)))

        raised, answer = self._tried(build)
        if raised:
            return packed([self.player.number, "node", True, answer, [], [], [], 0], [])
        number = self.player.shelf.hold(made[0])
        raw: list[bytes] = []
        changed, gone = self._changes(made[0], self._shown.setdefault(number, {}), raw)
        return packed([self.player.number, "node", False, None, [], changed, gone, number], raw)

    def forget(self, number: int) -> None:
        """The judge has no use for a node any more."""
        self._shown.pop(number, None)

    def _event(
        self, reader: Reader, who: Any, method: str, given: Any, named: Any, state: Any, now: Any
    ) -> bytes:
        arguments, options, values = reader.parts(given), reader.named(named), reader.named(state)
        if isinstance(who, list):
            node, shown, lasting = self._rebuilt(reader, *who), {}, False
        else:
            node, shown, lasting = self.player.shelf.held(who), self._shown.setdefault(who, {}), True
        vars(node).update(values)
        for name in values:
            shown.pop(name, None)
        host = FarHost(self.player, now)
        raw: list[bytes] = []

        def handle() -> Any:
            node._host = cast(Host, host) if now is not None else NOBODY
            try:
                return getattr(node, method)(*arguments, **options)
            finally:
                node._host = NOBODY

        raised, answer = self._tried(handle)
        writer = Writer(self.player.shelf.write, None, raw)
        result = answer if raised else writer(answer)
        effects = [list(map(writer, effect)) for effect in host.effects]
        changed, gone = self._changes(node, shown, raw)
        if now == [] or not lasting:  # an explorer tells no time, and keeps states
            _refuse_shared(node)
        return packed([self.player.number, "node", raised, result, effects, changed, gone, 0], raw)

    def _tried(self, do: Callable[[], Any]) -> tuple[bool, Any]:
        try:
            return False, do()
        except BaseException as error:
            return True, self.player.error(error)

    def _rebuilt(self, reader: Reader, cls: int, name: Any, peers: Any) -> Node:
        node = Node.__new__(self.player.shelf.held(cls))
        node.id, node.peers = reader(name), tuple(reader.parts(peers))
        return node

    def _changes(self, node: Node, shown: Shown, raw: list[bytes]) -> tuple[list[Any], list[str]]:
        """The attributes that differ from what the judge knows, and the names of those that are gone."""
        state = vars(node)
        changed = []
        for name, value in state.items():
            kind = type(value)
            if kind in ATOMS and kind is not float:
                seen: Any = (kind, value)
                if shown.get(name) == seen:
                    continue
                tree = value
            else:
                tree = Writer(self.player.shelf.write, None, raw)(value)
                seen = spelled(tree)
                if shown.get(name) == seen:
                    continue
            shown[name] = seen
            changed.append([name, tree])
        gone = [name for name in shown if name not in state]
        for name in gone:
            del shown[name]
        return changed, gone


def _refuse_shared(node: Node) -> None:
    """An explorer keeps each attribute by itself, so two must not share what can change."""
    seen: dict[int, str] = {}
    for name, value in vars(node).items():
        writer = Writer(lambda _value, _writer: None)
        writer(value)
        for part in writer.numbered:
            if seen.setdefault(id(part), name) != name:
                both = f"self.{seen[id(part)]} and self.{name}"
                raise CannotCross(f"{both} hold the same {type(part).__name__}; give each its own copy")


class FarHost:
    """Carries out the effects of one event: it writes them down for the judge's host."""

    def __init__(self, player: Player, now: Any) -> None:
        self._player = player
        self._wall: int | None = None
        self._monotonic: int | None = None
        if now:
            self._wall, self._monotonic = now
        self.effects: list[tuple[Any, ...]] = []

    def send(self, to: str, message: object) -> None:
        """Take a message to another node."""
        self.effects.append(("send", to, message))

    def set_timer(self, name: str, low_us: int, high_us: int) -> None:
        """Call the handler of this timer once, between the two delays."""
        self.effects.append(("set_timer", name, low_us, high_us))

    def cancel_timer(self, name: str) -> None:
        """Forget a timer."""
        self.effects.append(("cancel_timer", name))

    def note(self, text: str, facts: dict[str, Any]) -> None:
        """Write a remark into the trace."""
        self.effects.append(("note", text, dict(facts)))

    def step_clock(self, by_us: int) -> None:
        """Set the wall clock forward or back at once."""
        self.effects.append(("step_clock", by_us))
        self._wall = None

    def slew_clock(self, ppm: float) -> None:
        """Make both clocks run faster or slower from now on."""
        self.effects.append(("slew_clock", ppm))
        self._wall = self._monotonic = None

    def choose(self, options: Sequence[Any]) -> Any:
        """Pick one of the options."""
        return options[self.ask("choose", len(options))]

    def wall_us(self) -> int:
        """Read the wall clock, in microseconds."""
        if self._wall is None:
            self._wall = self.ask("wall_us")
        return int(self._wall)

    def monotonic_us(self) -> int:
        """Read the clock that never steps, in microseconds."""
        if self._monotonic is None:
            self._monotonic = self.ask("monotonic_us")
        return int(self._monotonic)

    @property
    def disk(self) -> FarDisk:
        """The files of this node's machine."""
        return FarDisk(self)

    def ask(self, what: str, *arguments: Any) -> Any:
        """Ask the judge's host, after it has carried out all effects so far."""
        effects, self.effects = self.effects, []
        return self._player.ask_back("host", [list(effect) for effect in effects], what, list(arguments))


class FarDisk:
    """The judge's disk, seen from a handler."""

    def __init__(self, host: FarHost) -> None:
        self._host = host

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all files, sorted."""
        return tuple(self._host.ask("files"))

    def read(self, name: str) -> bytes:
        """The content as the running process sees it; empty if there is no such file."""
        return bytes(self._host.ask("read", name))

    def write(self, name: str, data: bytes) -> None:
        """Replace the whole content."""
        self._host.ask("write", name, data)

    def append(self, name: str, data: bytes) -> None:
        """Add bytes at the end."""
        self._host.ask("append", name, data)

    def fsync(self, name: str) -> None:
        """Return only when everything written to this file so far is safe."""
        self._host.ask("fsync", name)

    def delete(self, name: str) -> None:
        """Remove a file, at once and for good; nothing happens if there is none."""
        self._host.ask("delete", name)
