"""The player: the student's process. It runs the cells and does what the judge asks, one thing at a time.

It keeps every object that is no plain value in a table and tells the judge its number. While a call runs it
may ask back: for an attribute or a call of an object that the judge passed in. Nothing here is trusted by
anybody: the student's code can change all of it, and gains nothing, because the judge believes no more
than that these are the answers of the student's code.
"""

from __future__ import annotations

import asyncio
import operator
import os
import socket
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import islice
from typing import Any

from . import cells
from .describe import describe, kind_of, parts_of, plain
from .errors import CannotCross, Gone, Malformed
from .frames import Channel, packed
from .reading import Reader
from .shelf import Shelf
from .wire import ATOMS, Writer

MOST_PRINTED = 50_000
FOR_EVER = float("inf")

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, ".": getattr, "in": lambda a, b: a in b, "is": operator.is_,
}  # fmt: skip


class Printed(StringIO):
    """What the student's code prints, up to a limit."""

    def write(self, text: str) -> int:
        """Keep a text unless there is too much already."""
        if self.tell() < MOST_PRINTED:
            super().write(text[:MOST_PRINTED])
        return len(text)


class Player:
    """Serves one judge.

    Args:
        sock: the connection to the judge.
        namespace: the names of the notebook.
    """

    def __init__(self, sock: socket.socket, namespace: dict[str, Any]) -> None:
        self.channel, self.namespace = Channel(sock, hurried=False), namespace
        self.thread = threading.get_ident()
        self.number = 0  # of the request that is being answered
        self.loop = asyncio.new_event_loop()
        self.shelf = Shelf(namespace, self.ask_back)
        self._stage: Any = None

    # --- talking

    def serve(self) -> None:
        """Answer requests until the judge hangs up."""
        with redirect_stdout(Printed()), redirect_stderr(sys.stdout):
            while True:
                tree, raw = self.channel.receive(FOR_EVER)
                self._answer(tree, raw)

    def ask_back(self, kind: str, *parts: Any) -> Any:
        """Ask the judge while a call is running; serve what the judge asks meanwhile."""
        if threading.get_ident() != self.thread:
            raise RuntimeError("only the thread that was called can use what a check passed in")
        writer = self.writer()
        number = self.number
        self.channel.send(
            packed([number, "back", kind, writer.parts(parts, len(parts))], writer.raw), FOR_EVER
        )
        while True:
            tree, raw = self.channel.receive(FOR_EVER)
            if tree[1] in ("told", "raised"):
                self.number = number
                value = Reader(raw, self.shelf.read)(tree[2])
                if tree[1] == "raised":
                    raise value
                return value
            self._answer(tree, raw)
            self.number = number

    def _answer(self, tree: Any, raw: memoryview) -> None:
        self.number, what, released, *rest = tree
        if self._stage and what != "node":
            self._stage.rest()
        for number in released:
            if self._stage:
                self._stage.forget(number)
            self.shelf.release(number)
        try:
            frame = getattr(self, f"_do_{what}")(raw, *rest)
        except (CannotCross, Malformed) as error:
            frame = packed([self.number, "refused", str(error)], [])
        except RecursionError:
            frame = packed([self.number, "refused", "it is nested too deeply"], [])
        self.channel.send(frame, FOR_EVER)

    def writer(self, arguments: dict[int, int] | None = None) -> Writer:
        """Writes values for the judge."""
        return Writer(self.shelf.write, arguments)

    def reply(self, value: Any, writer: Writer | None = None) -> bytes:
        """An answer that is a value."""
        writer = writer or self.writer()
        return packed([self.number, "ok", writer(value)], writer.raw)

    def attempt(self, reader: Reader, do: Callable[[], Any]) -> bytes:
        """The answer to a call: its value or its exception, and which arguments it has changed."""
        before = [_content(made) for made in reader.numbered]
        known = {id(made): place for place, made in enumerate(reader.numbered)}
        writer = self.writer(known)
        try:
            value = do()
            if not known and type(value) in ATOMS:
                return packed([self.number, "ok", value], [])
            answer = ["ok", writer(value)]
        except (CannotCross, Malformed, Gone):
            raise
        except BaseException as error:
            answer, writer = ["raised", self.error(error)], self.writer(known)
        changed = self._changed(reader, before, writer)
        return packed([self.number, *answer, changed] if changed else [self.number, *answer], writer.raw)

    def error(self, error: BaseException) -> Any:
        """An exception as the judge hears of it: class, arguments, text, and lines of the student's cells."""
        writer = self.writer()
        try:
            said = plain(str(error))[:2000]
        except BaseException:
            said = ""
        try:
            arguments = [Writer(_nothing_else)(part) for part in error.args][:20]
            packed(arguments, [])
        except (Exception, CannotCross):
            arguments = [said]
        lines = [
            [plain(frame.filename[6:-1]), frame.lineno, plain(frame.line)]
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename.startswith("<cell ")
        ]
        builtin = type(error).__module__ == "builtins"
        return [writer(type(error)), arguments, said, lines[-8:], None if builtin else writer(error)]

    # --- what a judge can ask

    def _do_run(self, raw: memoryview, name: str, source: str, shared: bool) -> bytes:
        printed, answer, before = Printed(), None, dict(self.namespace)
        with redirect_stdout(printed), redirect_stderr(printed):
            try:
                cells.run(name, source, self.namespace, self.loop)
            except BaseException as error:
                answer = self.error(error)
        if shared:
            self.shelf.share(value for name, value in self.namespace.items() if value is not before.get(name))
        return packed([self.number, "ok", [answer, plain(printed.getvalue())]], [])

    def _do_get(self, raw: memoryview, name: str) -> bytes:
        if name not in self.namespace:
            return packed([self.number, "missing", name], [])
        return self.reply(self.namespace[name])

    def _do_names(self, raw: memoryview) -> bytes:
        return self.reply([name for name in self.namespace if isinstance(name, str)])

    def _do_describe(self, raw: memoryview, number: int) -> bytes:
        cls, writer = self.shelf.held(number), self.writer()
        return packed([self.number, "ok", describe(cls, self.shelf.key_of(cls), writer)], writer.raw)

    def _do_call(self, raw: memoryview, target: Any, arguments: Any, options: Any) -> bytes:
        reader = Reader(raw, self.shelf.read)
        given, named = (
            reader.parts(arguments),
            dict(zip(options, reader.parts(list(options.values())), strict=True)),
        )
        return self.attempt(reader, lambda: self._target(target)(*given, **named))

    def _do_row(self, raw: memoryview, target: Any, rows: Any) -> bytes:
        """Many calls of one function, until one of them raises."""
        reader = Reader(raw, self.shelf.read)
        given = [reader.parts(row) for row in rows]
        before = [_content(made) for made in reader.numbered]
        known = {id(made): place for place, made in enumerate(reader.numbered)}
        done: list[Any] = []
        behind: list[bytes] = []
        failed = None
        try:
            call = self._target(target)
            for row in given:
                value = call(*row)  # written at once, for later calls may change it
                plain_value = type(value) in ATOMS
                done.append(value if plain_value else Writer(self.shelf.write, known, behind)(value))
        except (CannotCross, Malformed, Gone):
            raise
        except BaseException as error:
            failed = self.error(error)
        changed = self._changed(reader, before, Writer(self.shelf.write, known, behind))
        return packed([self.number, "row", done, failed, changed], behind)

    def _changed(self, reader: Reader, before: list[list[Any]], writer: Writer) -> list[Any]:
        """The arguments that are not what they were, with their parts."""
        return [
            [place, writer.parts(after, len(after))]
            for place, (made, old) in enumerate(zip(reader.numbered, before, strict=True))
            if not _same(old, after := _content(made))
        ]

    def _target(self, target: Any) -> Any:
        if isinstance(target, list):
            return getattr(self.shelf.held(target[0]), target[1])
        return self.shelf.held(target)

    def _do_attribute(self, raw: memoryview, number: int, name: str) -> bytes:
        reader = Reader(raw, self.shelf.read)
        return self.attempt(reader, lambda: getattr(self.shelf.held(number), name))

    def _do_set(self, raw: memoryview, number: int, name: str, value: Any) -> bytes:
        reader = Reader(raw, self.shelf.read)
        given = reader(value)
        return self.attempt(reader, lambda: setattr(self.shelf.held(number), name, given))

    def _do_item(self, raw: memoryview, number: int, do: str, given: Any) -> bytes:
        reader = Reader(raw, self.shelf.read)
        parts = reader.parts(given)
        return self.attempt(reader, lambda: getattr(operator, do)(self.shelf.held(number), *parts))

    def _do_operate(self, raw: memoryview, sign: str, both: Any) -> bytes:
        reader = Reader(raw, self.shelf.read)
        left, right = reader.parts(both)
        return self.attempt(reader, lambda: OPERATORS[sign](left, right))

    def _do_word(self, raw: memoryview, what: str, number: int) -> bytes:
        doing: dict[str, Callable[[Any], Any]] = {
            "len": len, "str": str, "repr": repr, "bool": bool, "hash": hash, "iter": iter,
        }  # fmt: skip
        return self.attempt(Reader(raw, self.shelf.read), lambda: doing[what](self.shelf.held(number)))

    def _do_more(self, raw: memoryview, number: int, most: int) -> bytes:
        """The next items of an iterator; fewer than asked for if it has ended."""
        return self.attempt(Reader(raw, self.shelf.read), lambda: list(islice(self.shelf.held(number), most)))

    def _do_isinstance(self, raw: memoryview, number: int, cls: int) -> bytes:
        return self.attempt(
            Reader(raw, self.shelf.read), lambda: isinstance(self.shelf.held(number), self.shelf.held(cls))
        )

    def _do_issubclass(self, raw: memoryview, number: int, cls: int) -> bytes:
        return self.attempt(
            Reader(raw, self.shelf.read), lambda: issubclass(self.shelf.held(number), self.shelf.held(cls))
        )

    def _do_start(self, raw: memoryview, number: int) -> bytes:
        """Make a task of an awaitable, so that it goes on while another one is awaited."""

        async def wait() -> Any:
            return await self.shelf.held(number)

        return self.attempt(Reader(raw, self.shelf.read), lambda: self.loop.create_task(wait()))

    def _do_await(self, raw: memoryview, number: int) -> bytes:
        return self.attempt(
            Reader(raw, self.shelf.read), lambda: self.loop.run_until_complete(self.shelf.held(number))
        )

    def _do_make(
        self, raw: memoryview, number: int, judge: Any, names: list[str], given: Any, named: Any
    ) -> bytes:
        """An instance of a subclass whose methods of these names are those of a class of the judge."""
        reader = Reader(raw, self.shelf.read)
        base, arguments = self.shelf.held(number), reader.parts(given)
        options = dict(zip(named, reader.parts(list(named.values())), strict=True))
        cls = type(base.__name__, (base,), {name: self._elsewhere(judge, name) for name in names})
        return self.attempt(reader, lambda: cls(*arguments, **options))

    def _do_super(self, raw: memoryview, cls: int, name: str, given: Any, named: Any) -> bytes:
        reader = Reader(raw, self.shelf.read)
        arguments = reader.parts(given)
        options = dict(zip(named, reader.parts(list(named.values())), strict=True))
        return self.attempt(reader, lambda: getattr(self.shelf.held(cls), name)(*arguments, **options))

    def _elsewhere(self, judge: int, name: str) -> Callable[..., Any]:
        def method(itself: Any, *arguments: Any, **options: Any) -> Any:
            return self.ask_back("override", judge, name, itself, list(arguments), options)

        return method

    def _do_fields(self, raw: memoryview, number: int) -> bytes:
        """What a data class that can change holds now, for the judge to compare."""
        value = self.shelf.held(number)
        return self.attempt(
            Reader(raw, self.shelf.read), lambda: (type(value), *parts_of(value, kind_of(type(value))))
        )

    def _do_node(self, raw: memoryview, *rest: Any) -> bytes:
        """Everything about nodes is on their own page."""
        if self._stage is None:
            from .stage import Stage  # noqa: PLC0415 - most notebooks have no nodes

            self._stage = Stage(self)
        frame: bytes = self._stage.do(Reader(raw, self.shelf.read), *rest)
        return frame


def _nothing_else(value: Any, _: Writer) -> Any:
    raise CannotCross(f"a {type(value).__name__} is no plain value")


def _content(made: Any) -> list[Any]:
    """What is in an object that can change, without a copy of the parts."""
    if isinstance(made, dict):
        return [part for pair in made.items() for part in pair]
    if isinstance(made, bytearray):
        return list(made)
    if isinstance(made, list | set | deque):
        return list(made)
    if hasattr(made, "__dataclass_fields__"):
        return [getattr(made, name) for name in made.__dataclass_fields__]
    return [made.copy()]  # an array


def _same(old: list[Any], new: list[Any]) -> bool:
    if len(old) == 1 == len(new) and hasattr(old[0], "tobytes"):
        return bool(old[0].shape == new[0].shape and old[0].tobytes() == new[0].tobytes())
    return len(old) == len(new) and all(map(operator.is_, old, new))


def serve(sock: socket.socket) -> None:
    """Be the student's process of one notebook until the judge hangs up.

    Args:
        sock: the connection to the judge.
    """
    main = type(sys)("__main__")
    sys.modules["__main__"] = main
    try:
        Player(sock, vars(main)).serve()
    except (Gone, Malformed):
        os._exit(0)
    except BaseException:
        os._exit(1)
