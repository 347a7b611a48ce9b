"""Remote nodes: how does the judge's simulation drive a node whose class is the student's?

The judge has a real subclass of :class:`~distsys.node.Node` with the same handlers, and each of them is one
crossing. ``vars(node)`` mirrors the attributes of the student's object after every event, so whoever reads,
copies or keeps them sees plain values. A node without an object in the student's process, such as those that
an explorer makes, takes its state along and brings the new one back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary, finalize

from distsys.explore.world import Recorder
from distsys.node import NOBODY, Node

from .errors import CannotCross, Forged, Malformed
from .reading import Reader
from .wire import Writer

if TYPE_CHECKING:
    from .link import Link

EFFECTS: dict[str, tuple[Any, ...]] = {
    "send": (str, object),
    "set_timer": (str, int, int),
    "cancel_timer": (str,),
    "note": (str, dict),
    "step_clock": (int,),
    "slew_clock": (int | float,),
}
ANSWERS = frozenset({"choose", "wall_us", "monotonic_us"})
DISK = frozenset({"files", "read", "write", "append", "fsync", "delete"})


class RemoteType(type):
    """The class of remote nodes: what it does not know itself, the student's class may."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_") or "far_class" not in vars(cls):
            raise AttributeError(name)
        link, number = cls.far_class
        return link.ask("attribute", number, name)


class RemoteNode(Node, metaclass=RemoteType):
    """A node whose handlers run in the student's process."""

    far_link: ClassVar[Link]
    far_class: ClassVar[tuple[Any, int]]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        link = self.far_link
        head = ["node", "create", self.far_class[1], *_names(self)]
        number = _crossing(self, head, arguments, options)
        state = _State(link, number)
        _states[self] = state
        finalize(self, _forget, link, number)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if name not in _SLOTS and self in _states:
            _states[self].set[name] = None

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{name} cannot be deleted: the node runs in the student's process")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or self not in _states:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return self.far_link.ask("attribute", _states[self].number, name)

    @staticmethod
    def far_number(node: Node) -> int:
        """The number of the student's object."""
        return _states[node].number

    def cross(self, method: str, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        """Let the student's object handle something, and carry out what it wants done."""
        state = _states.get(self)
        if state is None:
            who: Any = [self.far_class[1], *_names(self)]
            given = vars(self)
        else:
            who, given = state.number, {name: vars(self)[name] for name in state.set}
            state.set.clear()
        return _crossing(self, ["node", "event", who, method], arguments, options, given)


class _State:
    """What the judge keeps about a node that lives in the student's process."""

    __slots__ = ("link", "number", "set")

    def __init__(self, link: Link, number: int) -> None:
        self.link, self.number = link, number
        self.set: dict[str, None] = {}  # attributes that were set here and are not yet known there


_states: WeakKeyDictionary[Node, _State] = WeakKeyDictionary()
_acting: list[Node] = []
_SLOTS = frozenset({"_host", "id", "peers"})


def remote_node(link: Link, number: int, told: Mapping[str, Any], reader: Reader) -> type:
    """The judge's class for a student's subclass of ``Node``.

    Args:
        link: to the student's process.
        number: the class, there.
        told: what the player says about it.
        reader: for the values in it.
    """
    made: dict[str, Any] = {"far_link": link, "far_class": (link, number)}
    for name in told["methods"]:
        if type(name) is str and name.isidentifier() and not name.startswith("_"):
            made[name] = _method(name)
    made.setdefault("on_start", _method("on_start"))
    for event, name in told["handlers"]:
        made[name].__dict__.setdefault("handles", []).append(reader(event))
    made["durable"] = tuple(str(name) for name in told["durable"])
    bases = [reader(base) for base in told["bases"]]
    known = next((base for base in bases if isinstance(base, type) and issubclass(base, Node)), None)
    inherits = (RemoteNode,) if known is None or issubclass(known, RemoteNode) else (RemoteNode, known)
    link.hosted.questions["host"] = _host_question
    return RemoteType(str(told["name"]), inherits, made)


def _method(name: str) -> Any:
    def method(self: RemoteNode, *arguments: Any, **options: Any) -> Any:
        return self.cross(name, arguments, options)

    method.__name__ = name
    return method


def _forget(link: Link, number: int) -> None:
    if not link.lost:
        link.release(number)


def _crossing(
    node: RemoteNode,
    head: list[Any],
    arguments: tuple[Any, ...],
    options: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
) -> Any:
    """One event there and back; returns what the handler returned, or the number of a new object."""
    link = node.far_link
    writer = link.writer()
    parts = [writer.parts(arguments, len(arguments)), _named(writer, options)]
    if state is not None:
        parts += [_named(writer, state), _readings(node._host)]
    _acting.append(node)
    try:
        tree, raw = link.exchange(head[0], [*head[1:], *parts], writer.raw)
    finally:
        _acting.pop()
    if tree[1] == "refused":
        raise CannotCross(
            f"the student's {type(node).__name__} holds something that cannot be judged: {tree[2]}"
        )
    if tree[1] != "node" or len(tree) != 8:
        raise Forged("the student's process sent an answer of another kind")
    raised, answer, effects, changed, gone, number = tree[2:]
    with link.reading():
        wanted = [_effect(Reader(raw, link._read).parts(effect)) for effect in effects]
        values = [(_name(name), Reader(raw, link._read)(part)) for name, part in changed]
        removed = [_name(name) for name in gone]
    _carry_out(node, wanted)
    vars(node).update(values)
    for name in removed:
        vars(node).pop(name, None)
    if raised:
        raise link.exception(answer, raw)
    return number if state is None else link.reader(raw)(answer)


def _names(node: RemoteNode) -> list[Any]:
    """Who a node and its peers are; names can have hashes of their own."""
    writer = node.far_link.writer()
    return [writer(node.id), [writer(peer) for peer in node.peers]]


def _named(writer: Writer, values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(zip(values, writer.parts(values.values(), len(values)), strict=True))


def _readings(host: Any) -> Any:
    """Both clocks of the machine, so that a handler need not ask; nothing if nobody may act now.

    An explorer knows no time and keeps states, so it is asked only if the handler asks.
    """
    if host is NOBODY:
        return None
    return [] if isinstance(host, Recorder) else [host.wall_us(), host.monotonic_us()]


def _effect(parts: Any) -> list[Any]:
    """An effect that the student's process wants, if it is one."""
    if type(parts) is not list or type(parts[0]) is not str:
        raise Malformed("an effect that is none")
    what, *arguments = parts
    sorts = EFFECTS.get(what, ())
    if len(sorts) != len(arguments) or not all(map(isinstance, arguments, sorts)):
        raise Malformed("an effect that is none")
    return parts


def _name(name: Any) -> str:
    if type(name) is not str:
        raise Malformed("an attribute without a name")
    return name


def _carry_out(node: Node, effects: list[list[Any]]) -> None:
    """Do what a handler wants done, in its order, by the same ways as a node of the judge."""
    for what, *arguments in effects:
        if what == "send":
            Node.send(node, *arguments)
        elif what == "set_timer" and arguments[0] not in node.handlers:
            raise LookupError(f"there is no method marked @on({arguments[0]!r})")
        else:
            getattr(node._host, what)(*arguments)


def _host_question(effects: Any, what: Any, arguments: Any) -> Any:
    """What a handler has to know before it can go on."""
    node = _acting[-1]
    _carry_out(node, list(map(_effect, effects)))
    if what == "choose":
        (count,) = arguments
        if type(count) is not int or not 0 <= count < 1_000_000:
            raise ValueError("choose needs at least one option")
        return node._host.choose(range(count))
    if what in ANSWERS:
        return getattr(node._host, what)()
    if what not in DISK:
        raise LookupError(f"a node cannot {what}")
    disk = node._host.disk
    return disk.files if what == "files" else getattr(disk, what)(*arguments)
