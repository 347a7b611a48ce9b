"""The player: the student's process. It runs the cells and does what the judge asks, one thing at a time.

It keeps every object that is no plain value on a shelf and tells the judge its number. While a call runs it
may ask back: for an attribute or a call of an object that the judge passed in. Nothing here is trusted by
anybody: the student's code can change all of it, and gains nothing, because the judge believes no more
than that these are the answers of the student's code.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import random
import selectors
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import TYPE_CHECKING, Any

from .asked import ANSWERS, Printed
from .cells import cell_of
from .changes import Watch, nothing_else
from .describe import plain
from .errors import CannotCross, Gone, Malformed
from .frames import Channel, packed
from .reading import Reader
from .shelf import Shelf
from .wire import ATOMS, Writer

if TYPE_CHECKING:
    from .shell import Shell
    from .stage import Stage

FOR_EVER = float("inf")


class Player:
    """Serves one judge.

    Args:
        sock: the connection to the judge.
        shell: where its cells run.
    """

    def __init__(self, sock: socket.socket, shell: Shell) -> None:
        self.channel, self.shell = Channel(sock, hurried=False), shell
        self.namespace: dict[str, Any] = vars(shell.user_module)
        self.thread = threading.get_ident()
        self.number = 0  # of the request that is being answered
        # An epoll descriptor would be shared with every fork.
        self.loop = asyncio.SelectorEventLoop(selectors.PollSelector())
        self.shelf = Shelf(self.namespace, self.ask_back)
        self._stage: Stage | None = None

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
        if self.number == 1:
            self._begin()
        if self._stage and what != "node":
            self._stage.rest()
        for number in released:
            if self._stage:
                self._stage.forget(number)
            self.shelf.release(number)
        try:
            frame = ANSWERS[what](self, Reader(raw, self.shelf.read), *rest)
        except (CannotCross, Malformed) as error:
            frame = packed([self.number, "refused", str(error)], [])
        except RecursionError:
            frame = packed([self.number, "refused", "it is nested too deeply"], [])
        self.channel.send(frame, FOR_EVER)

    def _begin(self) -> None:
        """The first request of a judge, who may be another one: this process may be a fork.

        Global chance is the same in every submission and question, whatever has been drawn before.
        """
        if self._stage:
            self._stage.rest()
            self._stage = None
        self.shelf.begin()
        with suppress(Exception):
            random.seed(0)
            if "numpy" in sys.modules:
                importlib.import_module("numpy.random").seed(0)

    def writer(self, arguments: dict[int, int] | None = None) -> Writer:
        """Writes values for the judge."""
        return Writer(self.shelf.write, arguments)

    def reply(self, value: Any) -> bytes:
        """An answer that is a value."""
        writer = self.writer()
        return packed([self.number, "ok", writer(value)], writer.raw)

    def attempt(self, reader: Reader, do: Callable[[], Any]) -> bytes:
        """The answer to a call: its value or its exception, and which arguments it has changed."""
        watch = Watch(reader)
        writer = self.writer(watch.places)
        try:
            value = do()
            if not watch.places and type(value) in ATOMS:
                return packed([self.number, "ok", value], [])
            answer = ["ok", writer(value)]
        except (CannotCross, Malformed, Gone):
            raise
        except BaseException as error:
            answer, writer = ["raised", self.error(error)], self.writer(watch.places)
        changed = watch.found(writer)
        return packed([self.number, *answer, changed] if changed else [self.number, *answer], writer.raw)

    def error(self, error: BaseException) -> Any:
        """An exception as the judge hears of it: class, arguments, text, and lines of the student's cells."""
        writer = self.writer()
        try:
            said = plain(str(error))[:2000]
        except BaseException:
            said = ""
        try:
            arguments = [Writer(nothing_else)(part) for part in error.args][:20]
            packed(arguments, [])
        except (Exception, CannotCross):
            arguments = [said]
        lines = [
            [plain(cell_of(frame.filename)), frame.lineno, plain(frame.line)]
            for frame in traceback.extract_tb(error.__traceback__)
            if cell_of(frame.filename)
        ]
        builtin = type(error).__module__ == "builtins"
        return [writer(type(error)), arguments, said, lines[-8:], None if builtin else writer(error)]

    def stage(self) -> Stage:
        """Where the nodes are; set up when it is first needed."""
        if self._stage is None:
            from .stage import Stage  # noqa: PLC0415 - most notebooks have no nodes

            self._stage = Stage(self)
        return self._stage


def serve(sock: socket.socket) -> None:
    """Be the student's process of one notebook until the judge hangs up.

    Args:
        sock: the connection to the judge.
    """
    from .shell import shell  # noqa: PLC0415 - a zygote has started it already

    started = shell()
    sys.modules["__main__"] = started.user_module
    sys.path.insert(0, "")  # modules that a cell writes can be imported
    started.builtin_trap.activate()
    try:
        Player(sock, started).serve()
    except (Gone, Malformed):
        os._exit(0)
    except BaseException:
        os._exit(1)
