"""Nodes: what does a process do when something happens to it?

A node is a function from an event to effects. An event is a message, a timer or the start of the
process. Effects are sends, timers, notes and durable writes. A node touches nothing else: no socket,
no thread, no clock but its own. That is why one class can be simulated, explored, run over real
sockets and judged in another process without a changed line.

`vars(node)` is the protocol state and nothing else. The name, the peers and the host that carries out
the effects live in slots beside it, so the state can be copied, hashed and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from functools import update_wrapper
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from typing import Any, ClassVar, Protocol, TypeVar, cast, dataclass_transform

from .storage import Disk

C = TypeVar("C")
F = TypeVar("F", bound=Callable[..., None])

ATOMS = (type(None), bool, int, float, complex, str, bytes)
INSTEAD = {list: "a tuple", dict: "a tuple of pairs", set: "a frozenset", bytearray: "bytes"}
PUBLIC = {"wall_us": "now", "monotonic_us": "monotonic"}  # what a node calls the readings of its host


MESSAGES: dict[str, type] = {}  # every class marked @message, by its full name, for those who read the wire
FROZEN_FIELDS: dict[type, tuple[str, ...]] = {}  # what to look at in a value of a type that cannot change


class NotFrozen(TypeError):
    """A message holds something that can change after it was sent."""


class EffectOutsideHandler(RuntimeError):
    """A node tried to act while no event was being handled."""


@dataclass_transform(frozen_default=True)
def message(cls: type[C]) -> type[C]:
    """Make a class a message: a frozen, slotted dataclass whose values can travel.

    Args:
        cls: a class whose annotations are the fields of the message.

    Returns:
        The dataclass. Its instances compare by value and cannot be changed.
    """
    made = dataclass(frozen=True, slots=True)(cls)
    _hasten(made)
    MESSAGES[f"{made.__module__}.{made.__qualname__}"] = made
    _HOLDS_ATOMS[made] = _atoms_check(tuple(made.__dataclass_fields__))  # type: ignore[attr-defined]  # a dataclass
    return made


def _hasten(made: type) -> None:
    """Let a new message fill its slots directly: a third of the time of ``object.__setattr__`` for each."""
    inside = fields(made)
    names = [field.name for field in inside]
    unusual = any(field.kw_only or not field.init or field.default_factory is not MISSING for field in inside)
    if unusual or "self" in names or hasattr(made, "__post_init__"):
        return
    scope = {f"set_{name}": getattr(made, name).__set__ for name in names}
    body = "; ".join(f"set_{name}(self, {name})" for name in names) or "pass"
    exec(f"def __init__(self, {', '.join(names)}): {body}", scope)
    slow, quick = cast(Any, made).__init__, scope["__init__"]
    quick.__defaults__, quick.__annotations__ = slow.__defaults__, slow.__annotations__
    cast(Any, made).__init__ = update_wrapper(quick, slow)


_EXACT_ATOMS = frozenset(ATOMS)
_HOLDS_ATOMS: dict[type, Callable[[Any], bool]] = {}


def _atoms_check(fields: tuple[str, ...]) -> Callable[[Any], bool]:
    """A quick test of the usual case: every field of a message holds a number, a text or the like."""
    tests = " and ".join(f"type(message.{name}) in atoms" for name in fields) or "True"
    return cast(Callable[[Any], bool], eval(f"lambda message, atoms=atoms: {tests}", {"atoms": _EXACT_ATOMS}))


def is_flat(value: object) -> bool:
    """Whether a value is a message of nothing but numbers, texts and the like, so that it cannot change."""
    holds_atoms = _HOLDS_ATOMS.get(type(value))
    return holds_atoms is not None and holds_atoms(value)


def on(key: type | str) -> Callable[[F], F]:
    """Mark a method as the handler of a message type or of a timer.

    Args:
        key: a message class, for a method ``(self, src, message)``; or the name of a timer, for a
            method ``(self)``.
    """
    if not isinstance(key, type | str):
        raise TypeError(f"@on takes a message class or the name of a timer, not {key!r}")

    def mark(handler: F) -> F:
        handler.__dict__.setdefault("handles", []).append(key)
        return handler

    return mark


def require_frozen(value: object, where: object) -> None:
    """Refuse a value that its receiver could see change.

    Args:
        value: what is about to be sent.
        where: who sends it, for the error message; written only if there is one.

    Raises:
        NotFrozen: if a list, dict, set or other mutable object is found inside.
    """
    kind = type(value)
    fields = FROZEN_FIELDS.get(kind)
    if fields is None:
        if isinstance(value, (*ATOMS, Enum)):
            fields = ()
        elif isinstance(value, tuple | frozenset):
            for part in value:
                require_frozen(part, where)
            return
        elif (parameters := getattr(kind, "__dataclass_params__", None)) and parameters.frozen:
            fields = tuple(cast(Any, kind).__dataclass_fields__)
        else:
            if isinstance(value, type):
                name = value.__name__
                raise NotFrozen(f"{where} sent the class {name}; send an instance of it, {name}(…)")
            known = (advice for mutable, advice in INSTEAD.items() if isinstance(value, mutable))
            advice = next(known, "a class marked @message")
            raise NotFrozen(f"{where} sent a {kind.__name__}; messages are frozen, use {advice}")
        FROZEN_FIELDS[kind] = fields
    for name in fields:
        require_frozen(getattr(value, name), where)


class Host(Protocol):
    """Who carries out a node's effects: a simulation, an explorer, a socket, a judge."""

    def send(self, to: str, message: object) -> None:
        """Take a message to another node."""

    def set_timer(self, name: str, low_us: int, high_us: int) -> None:
        """Call the handler of this timer once, between the two delays."""

    def cancel_timer(self, name: str) -> None:
        """Forget a timer."""

    def choose(self, options: Sequence[Any]) -> Any:
        """Pick one of the options."""

    def note(self, text: str, facts: dict[str, Any]) -> None:
        """Write a remark into the trace."""

    def wall_us(self) -> int:
        """Read the wall clock, in microseconds."""

    def monotonic_us(self) -> int:
        """Read the clock that never steps, in microseconds."""

    @property
    def disk(self) -> Disk:
        """The files of this node's machine."""

    def step_clock(self, by_us: int) -> None:
        """Set the wall clock forward or back at once."""

    def slew_clock(self, ppm: float) -> None:
        """Make both clocks run faster or slower from now on."""


def _require_handler(member: object, name: str) -> None:
    """Refuse what looks like a handler but would do nothing when it is called."""
    code = getattr(member, "__code__", None)
    if code is not None and code.co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR):
        raise TypeError(
            f"{name} is async or has a yield; a handler runs to its end at once, so write it as a plain "
            "function and go on in the handler of the answer or of a timer"
        )


class _Nobody:
    """The host of a node that is not handling an event."""

    def __getattr__(self, effect: str) -> Any:
        if effect.startswith("__"):  # Python asks whether it can be copied or shown
            raise AttributeError(effect)
        raise EffectOutsideHandler(
            f"{PUBLIC.get(effect, effect)} was used outside a handler; a node acts only while it handles "
            "an event (on_start, a method marked @on, or a method called through Simulation.call). "
            "What __init__ cannot do, on_start can"
        )


NOBODY = cast(Host, _Nobody())
_cradle: tuple[str, tuple[str, ...]] | None = None


class Node:
    """A process of a distributed system, written as handlers of events.

    Subclass it, mark handlers with :func:`on`, and act through :meth:`send`, :meth:`set_timer` and the
    other effects. A handler runs to its end; then what is durable is written; then the sends leave.

    Attributes:
        id: the name of this node.
        peers: the names of all other nodes, sorted.
        durable: names of the attributes that survive a crash. Everything else is lost.
    """

    __slots__ = ("__dict__", "__weakref__", "_host", "id", "peers")

    durable: ClassVar[tuple[str, ...]] = ()
    handlers: ClassVar[dict[type | str, str]] = {}
    id: str
    peers: tuple[str, ...]
    _host: Host

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if isinstance(cls.durable, str):
            raise TypeError(f"{cls.__name__}.durable is a tuple of names; write ({cls.durable!r},)")
        handlers: dict[type | str, str] = {}
        for base in reversed(cls.__mro__):
            own: dict[type | str, str] = {}
            for name, member in vars(base).items():
                if name == "on_start" or hasattr(member, "handles"):
                    _require_handler(member, f"{base.__name__}.{name}")
                for key in getattr(member, "handles", ()):
                    if key in own:
                        both = f"{own[key]} and {name}"
                        raise TypeError(f"{base.__name__} has two handlers for {key!r}: {both}")
                    own[key] = name
            handlers |= own
        cls.handlers = handlers

    def __new__(cls, *arguments: Any, **options: Any) -> Node:
        """Give the node its name and peers before ``__init__`` runs."""
        node = super().__new__(cls)
        node.id, node.peers = _cradle or ("", ())
        node._host = NOBODY
        return node

    def on_start(self) -> None:
        """Run after boot and after every restart."""

    def send(self, to: str, message: object) -> None:
        """Send a message to one node.

        Args:
            to: the name of the receiver; a node may send to itself.
            message: a frozen value, usually an instance of a class marked :func:`message`.

        Raises:
            NotFrozen: if the message could change after it was sent.
        """
        holds_atoms = _HOLDS_ATOMS.get(type(message))
        if holds_atoms is None or not holds_atoms(message):
            require_frozen(message, f"{type(self).__name__} {self.id}")
        self._host.send(to, message)

    def broadcast(self, message: object, to: Iterable[str] | None = None) -> None:
        """Send the same message to every peer, or to the named nodes.

        Args:
            message: a frozen value.
            to: names of the receivers, in the order of sending; all peers if not given.
        """
        for name in self.peers if to is None else tuple(to):
            self.send(name, message)

    def set_timer(self, name: str, low_ms: float, high_ms: float | None = None) -> None:
        """Call the handler ``@on(name)`` once, later. Setting it again replaces it.

        Args:
            name: the name of the timer.
            low_ms: the delay by this node's own monotonic clock, in milliseconds.
            high_ms: if given, the delay is drawn uniformly between the two.
        """
        if name not in self.handlers:
            kind = type(self).__name__
            raise LookupError(f"{kind} sets a timer {name!r} but has no method marked @on({name!r})")
        low = round(low_ms * 1000)
        self._host.set_timer(name, low, low if high_ms is None else round(high_ms * 1000))

    def cancel_timer(self, name: str) -> None:
        """Forget a timer; nothing happens if it is not set."""
        self._host.cancel_timer(name)

    def choose(self, options: Sequence[Any]) -> Any:
        """Pick one of several options; from the seed when simulated, all of them when explored."""
        if not isinstance(options, Sequence):
            raise TypeError(f"choose takes a tuple or list, because its order is fixed, not {options!r}")
        if not options:
            raise ValueError("choose needs at least one option")
        return self._host.choose(options)

    def note(self, text: str = "", **facts: Any) -> None:
        """Write a remark into the trace; diagrams show it at this moment on this node's line.

        Args:
            text: what to show.
            facts: frozen values to keep beside it.
        """
        self._host.note(text, facts)

    @property
    def now(self) -> int:
        """The node's wall clock in whole milliseconds: what it believes the time of day to be."""
        return self._host.wall_us() // 1000

    @property
    def now_us(self) -> int:
        """The node's wall clock in microseconds, for those who measure clocks."""
        return self._host.wall_us()

    @property
    def monotonic(self) -> int:
        """The node's monotonic clock in whole milliseconds since its machine booted; it never steps."""
        return self._host.monotonic_us() // 1000

    @property
    def monotonic_us(self) -> int:
        """The node's monotonic clock in microseconds since its machine booted."""
        return self._host.monotonic_us()

    @property
    def disk(self) -> Disk:
        """The files of this node's machine: they survive a crash, except for what was not synced."""
        return self._host.disk

    def step_clock(self, by_ms: float) -> None:
        """Set this node's wall clock forward (or back, if negative) at once."""
        self._host.step_clock(round(by_ms * 1000))

    def slew_clock(self, ppm: float) -> None:
        """Run this node's clocks faster (or slower, if negative) by so many parts per million from now on."""
        self._host.slew_clock(ppm)

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.id or 'without a name'}"

    def __repr__(self) -> str:
        return f"<{self}>"


def create(factory: Callable[[], Node], name: str, peers: Iterable[str]) -> Node:
    """Build a node that knows its name and its peers already in ``__init__``.

    Args:
        factory: called without arguments; returns a new node.
        name: the node's name.
        peers: the names of the others, in any order.

    Raises:
        TypeError: if the factory returns something else than a new node.
    """
    global _cradle  # noqa: PLW0603 - the only way to reach __new__ through a factory that we do not own
    _cradle = (name, tuple(sorted(peers)))
    try:
        node = factory()
    finally:
        _cradle = None
    if not isinstance(node, Node) or node.id != name:
        raise TypeError(f"the factory of {name} must return a new Node on every call, not {node!r}")
    return node
