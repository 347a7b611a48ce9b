"""Maelstrom: does the same class pass the tests of Jepsen's workbench for distributed systems?

Maelstrom starts a program for each node, speaks JSON lines with it over standard input and output, loses
and delays what it likes, and judges what its clients heard. :func:`serve` lets an unmodified node be that
program::

    @message
    class Echo:
        echo: object

    @message
    class EchoOk:
        echo: object

    class Parrot(Node):
        @on(Echo)
        def answer(self, src, request):
            self.send(src, EchoOk(request.echo))

    if __name__ == "__main__":
        serve(Parrot)               # maelstrom test -w echo --bin parrot.py

A message class stands for a body. Its name, in snake case, is the ``type``: ``EchoOk`` is ``"echo_ok"``. Its
fields are the other keys. A field that Python cannot name ends in an underscore: ``from_`` is ``"from"``. A
field with a default may be missing, and keys that the class does not have are ignored. A list is a tuple, an
object is a :class:`Pairs`, and a message inside a message is an object too.

A request with a ``msg_id`` comes from ``c1#7``, as from any client of the laboratory: what is sent to that
address answers it. A request to one of Maelstrom's services, such as ``seq-kv``, gets a ``msg_id``; whoever
sends it to ``seq-kv#7`` chooses 7, and the reply comes from ``seq-kv#7``. Between nodes values keep their
types, sets included, in the form of :mod:`distsys.wire`.

Source: https://github.com/jepsen-io/maelstrom, doc/protocol.md, doc/workloads.md and doc/services.md.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import IntEnum
from functools import partial
from heapq import heappop, heappush
from itertools import count
from math import isfinite
from typing import Any, NamedTuple

from .node import Node, message
from .realtime import Later, Life
from .simulation import HandlerFailed
from .wire import LIMIT, CannotTravel, Malformed, decode, encode, name_of

SERVICES = ("lin-kv", "seq-kv", "lww-kv", "lin-tso")
RESERVED = ("type", "msg_id", "in_reply_to")


class Code(IntEnum):
    """Maelstrom's kinds of errors.

    All but ``TIMEOUT`` and ``CRASH`` are definite: the operation has had no effect and never will have.
    """

    TIMEOUT = 0
    NODE_NOT_FOUND = 1
    NOT_SUPPORTED = 10
    TEMPORARILY_UNAVAILABLE = 11
    MALFORMED_REQUEST = 12
    CRASH = 13
    ABORT = 14
    KEY_DOES_NOT_EXIST = 20
    KEY_ALREADY_EXISTS = 21
    PRECONDITION_FAILED = 22
    TXN_CONFLICT = 30


@message
class Error:
    """What a node answers if it cannot do what it was asked.

    Attributes:
        code: one of :class:`Code`, or 1000 and above for kinds of one's own.
        text: why, in words.
    """

    code: int
    text: str = ""


@message
class Pairs:
    """A JSON object whose keys no class knows, such as a topology; ``dict(pairs)`` looks into it."""

    pairs: tuple[tuple[str, Any], ...]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self.pairs)


class Call(NamedTuple):
    """What stands around a message: between whom, and which request it is or answers, if it says so."""

    src: str
    dest: str
    msg_id: int | None
    in_reply_to: int | None

    @property
    def address(self) -> str:
        """Where the message comes from, and where an answer goes."""
        number = self.msg_id if self.in_reply_to is None else self.in_reply_to
        return self.src if number is None else f"{self.src}#{number}"


class Host:
    """Translates between Maelstrom's lines and the events and effects of one node.

    Args:
        factory: builds the node; the class itself will do.
        write: takes a line to Maelstrom, without its end.
        log: takes a line for whoever looks for faults: notes of the node, and what was dropped.
        later: calls back when a timer is due.
        seed: names the random stream of the node; different every time if None.

    Attributes:
        life: the node's, once Maelstrom has said who it is.
        malformed: how many lines were dropped because they were no message for this node.
        failure: the exception of a handler, after which the node does nothing more.
    """

    def __init__(
        self,
        factory: Callable[[], Node],
        write: Callable[[str], object],
        log: Callable[[str], object],
        later: Later,
        seed: int | str | None = None,
    ) -> None:
        self.factory, self.write, self.log, self.later, self.seed = factory, write, log, later, seed
        self.life: Life | None = None
        self.malformed = 0
        self.failure: HandlerFailed | None = None
        self._nodes: frozenset[str] = frozenset()
        self._classes: dict[str, type] = {}
        self._asked: Call | None = None  # the request that is being handled

    def hear(self, line: bytes) -> None:
        """Handle one line from Maelstrom."""
        try:
            call, body = _read_line(line)
        except Malformed as error:
            self._drop(f"a line is no message: {error}")
            return
        kind = body["type"]
        if kind == "init":
            self._init(call, body)
        elif self.life is None:
            self._refuse(call, Code.TEMPORARILY_UNAVAILABLE, f"{kind!r} came before init")
        elif kind not in self._classes:
            known = ", ".join(sorted(self._classes))
            self._refuse(call, Code.NOT_SUPPORTED, f"the node handles {known or 'nothing'}, not {kind!r}")
        else:
            try:
                between_nodes = call.src in self._nodes and call.msg_id is call.in_reply_to is None
                arrived = (_read_exactly if between_nodes else _read_plain)(self._classes[kind], body)
            except Malformed as error:
                self._refuse(call, Code.MALFORMED_REQUEST, str(error))
                return
            self._asked = call
            self.life.arrive(0, call.address, arrived)
            self._asked = None

    def _init(self, call: Call, body: dict[str, Any]) -> None:
        name, names = body.get("node_id"), body.get("node_ids")
        if self.life:
            self._refuse(call, Code.MALFORMED_REQUEST, f"this is {self.life.name} already")
        elif not (isinstance(name, str) and isinstance(names, list) and name in names and _all_texts(names)):
            self._refuse(call, Code.MALFORMED_REQUEST, "init gives a node_id and node_ids with it among them")
        else:
            self._asked = call
            peers = [other for other in names if other != name]
            try:
                life = Life(
                    self.factory, name, peers, post=self._post, record=self._record, later=self.later,
                    failed=self._failed, since_ns=time.monotonic_ns(), seed=self.seed,
                )  # fmt: skip
                self._classes = _classes(life.node)
            except Exception as error:
                failure = HandlerFailed(f"{name} cannot be built: {error!r}")
                failure.__cause__ = error
                self._failed(failure)
                return
            self.life, self._nodes = life, frozenset(names)
            self._answer(call, {"type": "init_ok"})
            life.start()
            self._asked = None

    def _post(self, number: int, to: str, message: object) -> None:
        """Carry out a send of the node."""
        sent, (dest, _, call) = message, to.partition("#")
        if not is_dataclass(sent) or isinstance(sent, type):
            raise CannotTravel(
                f"a {type(sent).__name__} has no name; send instances of classes marked @message"
            )
        body = _write_exactly(sent) if dest in self._nodes and not call else _write_plain(sent)
        body = {"type": wire_name(type(sent)), **body}
        if dest in SERVICES:
            body["msg_id"] = int(call) if call else number
        elif call:
            body["in_reply_to"] = int(call)
        assert self.life
        self._write(self.life.name, dest, body)

    def _record(self, kind: str, node: str, peer: str = "", number: int = 0, data: Any = None) -> None:
        if kind == "note":
            text, facts = data
            self.log(" ".join([text, *(f"{key}={value!r}" for key, value in facts)]).strip())

    def _failed(self, failure: HandlerFailed) -> None:
        self.failure = failure
        if self._asked:
            self._answer_error(self._asked, Code.CRASH, str(failure))

    def _refuse(self, call: Call, code: Code, text: str) -> None:
        self._drop(text)
        self._answer_error(call, code, text)

    def _answer_error(self, call: Call, code: Code, text: str) -> None:
        if call.msg_id is not None and call.in_reply_to is None:  # it is a request
            self._answer(call, {"type": "error", "code": code, "text": text})

    def _answer(self, call: Call, body: dict[str, Any]) -> None:
        self._write(call.dest, call.src, {**body, "in_reply_to": call.msg_id})

    def _write(self, src: str, dest: str, body: dict[str, Any]) -> None:
        self.write(json.dumps({"src": src, "dest": dest, "body": body}, allow_nan=False))

    def _drop(self, why: str) -> None:
        self.malformed += 1
        self.log(f"dropped: {why}")


# --- bodies


def _all_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def wire_name(kind: type) -> str:
    """What Maelstrom calls messages of this class: ``BroadcastOk`` is ``"broadcast_ok"``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind.__name__).lower()


def _classes(node: Node) -> dict[str, type]:
    """The message classes that a node handles, by what Maelstrom calls them."""
    classes: dict[str, type] = {}
    for kind in node.handlers:
        if isinstance(kind, type) and is_dataclass(kind):
            twin = classes.setdefault(wire_name(kind), kind)
            if twin is not kind:
                both = f"{name_of(twin)} and {name_of(kind)}"
                raise ValueError(f"{both} would both be {wire_name(kind)!r} to Maelstrom; rename one")
            _keys(kind)  # complains now, not at the first message
    return classes


def _keys(kind: Any) -> dict[str, Field[Any]]:
    """The fields of a message class by their keys in a body."""
    keys = {field.name.removesuffix("_"): field for field in fields(kind)}
    for key in RESERVED:
        if key in keys:
            raise ValueError(f"{name_of(kind)} has a field {key!r}, which Maelstrom needs for itself")
    return keys


def _read_line(line: bytes) -> tuple[Call, dict[str, Any]]:
    if len(line) > LIMIT:
        raise Malformed(f"it has {len(line)} bytes, and at most {LIMIT} may come")
    try:
        envelope = json.loads(line, parse_constant=_no_constant)
    except RecursionError:
        raise Malformed("it is nested too deeply") from None
    except ValueError as error:  # not UTF-8, not JSON, an integer of thousands of digits
        raise Malformed(str(error)) from None
    if not isinstance(envelope, dict) or not _all_texts(map(envelope.get, ("src", "dest"))):
        raise Malformed("it has no src and dest")
    body = envelope.get("body")
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        raise Malformed("it has no body with a type")
    numbers = body.get("msg_id"), body.get("in_reply_to")
    if not all(number is None or type(number) is int for number in numbers):
        raise Malformed(f"msg_id and in_reply_to are whole numbers, not {numbers}")
    return Call(envelope["src"], envelope["dest"], *numbers), body


def _no_constant(text: str) -> Any:
    raise Malformed(f"{text} is not JSON")


def _read_plain(kind: Any, body: dict[str, Any]) -> object:
    """A message from the body that a client or service sent."""
    keys = _keys(kind)
    missing = [
        key
        for key, field in keys.items()
        if key not in body and field.default is MISSING and field.default_factory is MISSING
    ]
    if missing:
        raise Malformed(f"{body['type']!r} lacks {', '.join(missing)}")
    try:
        return kind(**{field.name: _value(body[key]) for key, field in keys.items() if key in body})
    except Exception as error:  # a class may refuse its fields in any way it likes
        raise Malformed(f"{body['type']!r} is refused: {error!r}") from None


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(map(_value, plain))
    if isinstance(plain, dict):
        return Pairs(tuple((key, _value(part)) for key, part in plain.items()))
    return plain


def _write_plain(sent: Any) -> dict[str, Any]:
    return {key: _plain(getattr(sent, field.name)) for key, field in _keys(type(sent)).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Pairs):
        return {key: _plain(part) for key, part in value}
    if is_dataclass(value) and not isinstance(value, type):
        return _write_plain(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, frozenset):
        return sorted(map(_plain, value), key=json.dumps)
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value)):
        return value
    raise CannotTravel(f"a client of Maelstrom cannot be sent {value!r}; it understands JSON alone")


def _read_exactly(kind: type, body: dict[str, Any]) -> object:
    """A message from the body that another node sent."""
    inside = {key: part for key, part in body.items() if key != "type"}
    return decode(json.dumps({name_of(kind): inside}).encode())


def _write_exactly(sent: object) -> dict[str, Any]:
    _keys(type(sent))
    [inside] = json.loads(encode(sent)).values()
    return dict(inside)


# --- the program


class Alarms:
    """What is to happen later, in the order of its time."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Alarm]] = []
        self._numbers = count()

    def later(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """Call a function after so many seconds."""
        alarm = Alarm(action)
        heappush(self._heap, (time.monotonic() + seconds, next(self._numbers), alarm))
        return alarm

    def wait(self) -> float | None:
        """In how many seconds the next is due; None if nothing is left."""
        return max(0.0, self._heap[0][0] - time.monotonic()) if self._heap else None

    def ring(self) -> None:
        """Do what is due."""
        now = time.monotonic()
        while self._heap and self._heap[0][0] <= now:
            heappop(self._heap)[2].action()


class Alarm:
    """Something that will happen, unless it is cancelled."""

    def __init__(self, action: Callable[[], None]) -> None:
        self.action = action

    def cancel(self) -> None:
        """Let it not happen."""
        self.action = lambda: None


def serve(factory: Callable[[], Node], source: int = 0, sink: int = 1, seed: int | str | None = None) -> None:
    """Be one node of a Maelstrom test, until standard input ends.

    What the node prints or notes goes to standard error, which Maelstrom keeps.

    Args:
        factory: builds the node; the class itself will do.
        source: the descriptor of the file that Maelstrom writes to.
        sink: the descriptor of the file that Maelstrom reads from.
        seed: names the random stream of the node; different every time if None.

    Raises:
        HandlerFailed: if a handler raised. The request that it handled has been answered with error 13.
    """
    from queue import Empty, Queue  # noqa: PLC0415 - a browser has no threads
    from threading import Thread  # noqa: PLC0415

    lines: Queue[bytes | None] = Queue(maxsize=1000)
    unsent: list[str] = []

    def read() -> None:
        for line in _lines(partial(os.read, source, 1 << 16)):
            lines.put(line)
        lines.put(None)

    def flush() -> None:
        data = memoryview("".join(f"{line}\n" for line in unsent).encode())
        unsent.clear()
        while data:
            data = data[os.write(sink, data) :]

    def log(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    alarms = Alarms()
    host = Host(factory, unsent.append, log, alarms.later, seed)
    Thread(target=read, daemon=True).start()
    with redirect_stdout(sys.stderr), suppress(KeyboardInterrupt, BrokenPipeError):  # ways to be ended
        while not host.failure:
            try:
                line = lines.get(timeout=alarms.wait())
            except Empty:
                alarms.ring()
            else:
                if line is None:
                    break
                host.hear(line)
                alarms.ring()
            flush()
    if host.failure:
        raise host.failure


def _lines(read: Callable[[], bytes]) -> Iterator[bytes]:
    """The lines of a file, each without its end. Of one that is too long only the beginning is kept."""
    line = b""
    while data := read():
        *ended, rest = data.split(b"\n")
        for part in ended:
            yield line + part
            line = b""
        line = (line + rest)[: LIMIT + 1]
    if line:
        yield line
