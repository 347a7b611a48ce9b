"""Models: what would one client see if it had the object to itself?

A model is a sequential specification: the state at the start, and what each operation does to a state.
An operation that could not have returned what it returned is ``ILLEGAL`` in that state. Checkers look for
an order of the operations in which none is.

A pending operation has no result to agree with. It may take effect at any later time or never, so
``step`` says what it does if it takes effect; where it could only fail, it is ``ILLEGAL``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, Final

from ..history import Op


class _Illegal:
    def __repr__(self) -> str:
        return "ILLEGAL"


ILLEGAL: Final = _Illegal()
"""What ``step`` returns if the operation cannot take effect in that state."""

UNSEEN: Final = object()


class Model(ABC):
    """A sequential specification. A subclass says what the operations of its object do.

    Attributes:
        name: what the object is called in explanations.
        initial: the state before any operation; every state is immutable and hashable.
        kinds: the operations that the object has. Each ``read``s, ``write``s or ``cas``es one value, or it
            does something ``else``. A history without the last is judged by much faster algorithms.
    """

    name: ClassVar[str]
    kinds: ClassVar[Mapping[str, str]]
    initial: Any = None

    @abstractmethod
    def step(self, state: Any, op: Op) -> Any:
        """The state after the operation, or ``ILLEGAL`` if it cannot take effect in this state."""

    def read_only(self, op: Op) -> bool:
        """Whether the operation leaves *every* state as it is, not just the one it happens to meet."""
        return False

    def needs(self, op: Op) -> str:
        """What must be true for the operation to take effect, in words."""
        return "the object must allow it"

    def words(self, state: Any) -> str:
        """A state, in words."""
        return repr(state)

    def unknown(self, op: Op) -> ValueError:
        """The error to raise for a kind of operation that the object does not have."""
        return ValueError(f"a {self.name} has no operation {op.kind!r}, only {', '.join(self.kinds)}: {op}")


class Register(Model):
    """One value: ``read`` returns what the last ``write`` gave.

    Args:
        initial: the value before any write.
    """

    name = "register"
    kinds = {"read": "read", "write": "write"}  # noqa: RUF012 - the base class declares it a class variable

    def __init__(self, initial: Hashable = None) -> None:
        self.initial = initial

    def step(self, state: Any, op: Op) -> Any:
        """A read sees the value; a write replaces it; a cas replaces it if it is the expected one."""
        match self.kinds[op.kind]:
            case "read":
                return state if op.pending or op.result == state else ILLEGAL
            case "write":
                return op.argument
        return _swap(state, op)

    def read_only(self, op: Op) -> bool:
        """Reads, and compare-and-swaps that failed."""
        access = self.kinds.get(op.kind)
        return access == "read" or (access == "cas" and not op.pending and not swapped(op))

    def needs(self, op: Op) -> str:
        """Which value must be there."""
        access = self.kinds.get(op.kind)
        if access == "read":
            return f"the value must be {op.result!r}"
        if access == "cas":
            if swapped(op):
                return f"the value must be {expected(op)!r}"
            known = "" if found(op) is UNSEEN else f", but {found(op)!r}"
            return f"the value must not be {expected(op)!r}{known}"
        return "nothing is needed"

    def words(self, state: Any) -> str:
        """The value."""
        return f"the value is {state!r}"


class CasRegister(Register):
    """A register that also compares and swaps.

    ``cas`` has the argument ``(expected, new)``. Its result is True if it replaced the expected value, and
    False if it found another. A good service also says which one: ``(False, value)``. That makes a failed
    compare-and-swap a read, and the verdict cheap.
    """

    name = "CAS register"
    kinds = {"read": "read", "write": "write", "cas": "cas"}  # noqa: RUF012 - as in Register


class KeyValue(Register):
    """One key of a key-value store: ``get``, ``put``, ``cas``, ``append`` and ``delete``.

    A key that is absent reads as None. ``append`` adds text to text or a tuple to a tuple; an absent key
    counts as empty. ``delete`` may say whether the key was there (True or False) or nothing (None).
    """

    name = "key-value store"
    kinds = {"get": "read", "put": "write", "cas": "cas", "append": "else", "delete": "else"}  # noqa: RUF012

    def step(self, state: Any, op: Op) -> Any:
        """As a register, and with ``append`` and ``delete``."""
        if op.kind == "append":
            return op.argument if state is None else state + op.argument
        if op.kind == "delete":
            there = state is not None
            return None if op.pending or op.result in (None, there) else ILLEGAL
        return super().step(state, op)

    def read_only(self, op: Op) -> bool:
        """Also a ``delete`` that found nothing."""
        return super().read_only(op) or (op.kind == "delete" and op.result is False)

    def needs(self, op: Op) -> str:
        """Which value must be there."""
        if op.kind == "delete":
            return f"the key must be {'there' if op.result else 'absent'}"
        return super().needs(op)


class Queue(Model):
    """First in, first out: ``enqueue``, and ``dequeue``, whose result is None if the queue is empty."""

    name = "queue"
    kinds = dict.fromkeys(("enqueue", "dequeue"), "else")
    initial: tuple[Any, ...] = ()

    def step(self, state: Any, op: Op) -> Any:
        """A pending ``dequeue`` takes whatever is at the head."""
        if op.kind == "enqueue":
            return (*state, op.argument)
        if op.pending:
            return state[1:]
        if op.result is None:
            return ILLEGAL if state else state
        return state[1:] if state and state[0] == op.result else ILLEGAL

    def read_only(self, op: Op) -> bool:
        """A ``dequeue`` that found the queue empty."""
        return op.kind == "dequeue" and not op.pending and op.result is None

    def needs(self, op: Op) -> str:
        """What must be at the head."""
        return "the queue must be empty" if op.result is None else f"{op.result!r} must be at the head"

    def words(self, state: Any) -> str:
        """The items, the head first."""
        return f"the queue is {', '.join(map(repr, state))}" if state else "the queue is empty"


class Set(Model):
    """A set: ``add``, ``remove``, ``contains``, and ``read``, whose result is all members.

    ``add`` and ``remove`` may say whether they changed the set (True or False) or nothing (None).
    """

    name = "set"
    kinds = dict.fromkeys(("add", "remove", "contains", "read"), "else")
    initial: frozenset[Any] = frozenset()

    def step(self, state: Any, op: Op) -> Any:
        """``add`` and ``remove`` change one member; the others look."""
        if op.kind == "read":
            return state if op.pending or frozenset(op.result) == state else ILLEGAL
        there = op.argument in state
        if op.kind == "contains":
            return state if op.pending or bool(op.result) == there else ILLEGAL
        changes = there != (op.kind == "add")
        if not op.pending and op.result not in (None, changes):
            return ILLEGAL
        return state ^ {op.argument} if changes else state

    def read_only(self, op: Op) -> bool:
        """Looking, and changes that found nothing to change."""
        return op.kind in ("read", "contains") or (op.kind in ("add", "remove") and op.result is False)

    def needs(self, op: Op) -> str:
        """Who must be a member, or not."""
        if op.kind == "read":
            return f"the members must be {self._members(frozenset(op.result))}"
        inside = bool(op.result) != (op.kind == "add")
        return f"{op.argument!r} must {'' if inside else 'not '}be a member"

    def words(self, state: Any) -> str:
        """The members."""
        return f"the members are {self._members(state)}"

    @staticmethod
    def _members(state: frozenset[Any]) -> str:
        return ", ".join(sorted(map(repr, state))) or "none"


class Counter(Model):
    """A number: ``add`` its argument (1 if None), and ``read``. ``add`` may return the new count or None."""

    name = "counter"
    kinds = dict.fromkeys(("add", "read"), "else")
    initial: int = 0

    def step(self, state: Any, op: Op) -> Any:
        """``add`` adds; ``read`` sees the sum."""
        if op.kind == "read":
            return state if op.pending or op.result == state else ILLEGAL
        count = state + (1 if op.argument is None else op.argument)
        return count if op.pending or op.result in (None, count) else ILLEGAL

    def read_only(self, op: Op) -> bool:
        """Reads alone."""
        return op.kind == "read"

    def needs(self, op: Op) -> str:
        """What the count must be."""
        return f"the count must {'be' if op.kind == 'read' else 'become'} {op.result!r}"

    def words(self, state: Any) -> str:
        """The count."""
        return f"the count is {state}"


class Lock(Model):
    """A lock: ``acquire`` and ``release``. One client at a time may hold it, and only the holder releases it.

    The result of ``acquire`` is False if the service refused because somebody held the lock, that of
    ``release`` if the client did not hold it; anything else is a success.
    """

    name = "lock"
    kinds = dict.fromkeys(("acquire", "release"), "else")
    initial: str | None = None

    def step(self, state: Any, op: Op) -> Any:
        """``acquire`` needs the lock free; ``release`` needs to hold it."""
        before, after = (None, op.client) if op.kind == "acquire" else (op.client, None)
        if self.read_only(op):
            return ILLEGAL if state == before else state
        return after if state == before else ILLEGAL

    def read_only(self, op: Op) -> bool:
        """What was refused."""
        return op.result is False

    def needs(self, op: Op) -> str:
        """Who must hold the lock."""
        refused = op.result is False
        if op.kind == "release":
            return f"{op.client} must {'not ' if refused else ''}hold the lock"
        return "somebody must hold the lock" if refused else "the lock must be free"

    def words(self, state: Any) -> str:
        """Who holds the lock."""
        return "the lock is free" if state is None else f"{state} holds the lock"


def swapped(op: Op) -> bool:
    """Whether a compare-and-swap that returned replaced the value.

    Raises:
        ValueError: if the result does not say so.
    """
    answer = op.result[0] if isinstance(op.result, tuple) and len(op.result) == 2 else op.result
    if not isinstance(answer, bool):
        raise ValueError(f"the result of a cas is True, False or (False, what it found): {op}")
    return answer


def found(op: Op) -> Any:
    """The value that a failed compare-and-swap says it found, or ``UNSEEN`` if it does not say."""
    return op.result[1] if isinstance(op.result, tuple) else UNSEEN


def expected(op: Op) -> Any:
    """The value that a compare-and-swap wants to replace."""
    return _pair(op)[0]


def replacement(op: Op) -> Any:
    """The value that a compare-and-swap wants to put there."""
    return _pair(op)[1]


def _pair(op: Op) -> tuple[Any, Any]:
    if not isinstance(op.argument, tuple) or len(op.argument) != 2:
        raise ValueError(f"the argument of a cas is a pair, the expected value and the new one: {op}")
    return op.argument


def _swap(state: Any, op: Op) -> Any:
    """A pending one may have failed too, but then it did nothing, which is the same as never."""
    old, new = _pair(op)
    if op.pending or swapped(op):
        return new if state == old else ILLEGAL
    seen = found(op)
    return ILLEGAL if state == old or (seen is not UNSEEN and seen != state) else state
