"""The link: what can a judge ask of the student's process, and what may come back?

A fork of the player is asked over a link of its own: :meth:`Link.share` what is shared, and get every name
anew. Objects belong to the link they came over.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from .changes import copied, put_back
from .errors import Bygone, CannotCross, Forged, Gone, Malformed
from .handles import Bound, Handle
from .heirs import override
from .hospitality import Hosted
from .mirrors import Mirrors
from .reading import Reader
from .talk import Talk
from .wire import ATOMS, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 1000


@dataclass(frozen=True)
class Ran:
    """What came of a cell.

    Args:
        error: the exception that ended it, or None.
        printed: what it printed, cut to a limit.
    """

    error: BaseException | None
    printed: str


class Link(Talk):
    """The judge's end of the connection.

    Args:
        sock: a connected ``AF_UNIX`` stream; a :class:`~autograder.trust.player.Player` serves the other end.
        limit_s: how long one request may take, with everything that it causes.

    Attributes:
        lends: whether the student's code can change what is passed to it; else it gets copies, and what it
            returns is never an argument itself.
        changed: how many arguments the student's code has changed so far.
    """

    def __init__(self, sock: socket.socket, limit_s: float = 10.0) -> None:
        super().__init__(sock, limit_s)
        self.lends, self.changed = True, 0
        self.hosted = Hosted(self)
        self.mirrors = Mirrors(self)
        self.hosted.questions["override"] = partial(override, self.hosted)
        self._handles: WeakValueDictionary[int, Handle] = WeakValueDictionary()
        self._told: dict[int, tuple[int, str, str]] = {}

    # --- what the owner of a notebook asks

    def run(self, name: str, source: str, shared: bool | list[str] = False) -> Ran:
        """Run a cell of the notebook.

        Args:
            name: the cell's, for tracebacks.
            source: its text.
            shared: whether the judge runs the same cell; its classes are then the same on both sides. Of a
                cell that it does not run, the names of those classes that it has.
        """
        (error, printed), raw = self._ok("run", name, source, shared)
        said = printed if type(printed) is str else ""
        return Ran(None if error is None else self.exception(error, raw), said)

    def share(self, *classes: type) -> None:
        """Make classes of a cell that both sides have run the same on both sides."""
        for cls in classes:
            self.mirrors.share(cls)

    def get(self, name: str) -> Any:
        """The value of a name of the notebook.

        Raises:
            NameError: if there is no such name.
        """
        tree, raw = self.exchange("get", [name], [])
        if tree[1] == "missing":
            raise NameError(f"name {name!r} is not defined")
        return self._outcome(tree, raw, Writer(self._write))

    def names(self) -> list[str]:
        """All names of the notebook."""
        tree, raw = self.exchange("names", [], [])
        return [name for name in self._outcome(tree, raw, Writer(self._write)) if type(name) is str]

    @contextmanager
    def resting(self) -> Iterator[None]:
        """While a fork of the player is asked over a link of its own, nothing may be asked of this one."""
        self._awake = False
        try:
            yield
        finally:
            self._awake = True

    def close(self) -> None:
        """Hang up; the player ends, and so does the use of its objects."""
        self.lost = self.lost or Gone("the link was closed")
        self._awake = False
        self._channel.sock.close()

    # --- what handles ask

    def ask(self, what: str, *plain: Any) -> Any:
        """Ask for something whose parts are plain JSON."""
        tree, raw = self.exchange(what, list(plain), [])
        return self._outcome(tree, raw, Writer(self._write))

    def call(
        self, target: Any, arguments: Iterable[Any], options: Mapping[str, Any], what: str = "call"
    ) -> Any:
        """Call something of the student's process.

        Args:
            target: the number of an object, or a list of a number and the name of a method.
            arguments: positional arguments.
            options: named arguments.
            what: the kind of call.
        """
        return self.send([what, target], arguments, options)

    def send(
        self, head: list[Any], arguments: Iterable[Any], options: Mapping[str, Any] | None = None
    ) -> Any:
        """Ask for something with values: a head in JSON, then values, then named values."""
        writer = Writer(self._write)
        given, options = self._given((tuple(arguments), options))
        parts = [writer.parts(given, len(given))]
        if options is not None:
            parts.append(dict(zip(options, writer.parts(options.values(), len(options)), strict=True)))  # type: ignore[arg-type]
        tree, raw = self.exchange(head[0], [*head[1:], *parts], writer.raw)
        return self._outcome(tree, raw, writer)

    def together(self, target: Any, rows: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Call a function once for each row of arguments; a thousand calls cost one crossing.

        Raises:
            Exception: what the first call that failed has raised; the calls after it did not happen.
        """
        waiting, results = list(rows), []
        for start in range(0, len(waiting), ROWS):
            chunk = [self._given(row) for row in waiting[start : start + ROWS]]
            writer = Writer(self._write)
            trees = [writer.parts(row, len(row)) for row in chunk]
            tree, raw = self.exchange("row", [target, trees], writer.raw)
            if tree[1] != "row":
                results.append(self._outcome(tree, raw, writer))
                break
            done, failed, changed = self._parts(tree, 5)
            with self.reading():
                for part in done:
                    results.append(Reader(raw, self._read, writer.numbered, writer.sizes)(part))
                self._put_back(changed, Reader(raw, self._read, writer.numbered, writer.sizes), writer)
            if failed is not None:
                raise self.exception(failed, raw)
            if len(done) != len(chunk):
                self.forged("an answer to other calls")
        return results

    def _given(self, arguments: Any) -> Any:
        """What is passed to the student's code: the arguments, or copies of what can change."""
        return arguments if self.lends else copied(arguments, self.mirrors.kind_of, {})

    # --- answers

    def _ok(self, what: str, *plain: Any) -> tuple[Any, memoryview]:
        """The JSON of an answer that cannot be an exception."""
        tree, raw = self.exchange(what, list(plain), [])
        if tree[1] != "ok" or type(tree[2]) is not list:
            self.forged("an answer of another kind")
        return tree[2], raw

    def told(self, number: int) -> tuple[dict[str, Any], memoryview]:
        """What the player says about a class."""
        tree, raw = self.exchange("describe", [number], [])
        if tree[1] != "ok" or type(tree[2]) is not dict:
            self.forged("no description of a class")
        return tree[2], raw

    def _outcome(self, tree: list[Any], raw: memoryview, writer: Writer) -> Any:
        """The value of an answer, after putting changes of its arguments into the judge's own objects."""
        if len(tree) == 3 and tree[1] == "ok" and type(tree[2]) in ATOMS:
            return tree[2]
        state, answer, *changed = tree[1:]
        if state == "refused":
            raise CannotCross(
                f"the student's code returned something that cannot be judged: {str(answer)[:300]}"
            )
        if state not in ("ok", "raised"):
            self.forged("an answer of another kind")
        reader = Reader(raw, self._read, writer.numbered, writer.sizes)
        with self.reading():
            value = reader(answer) if state == "ok" else None
            if changed:
                self._put_back(changed[0], reader, writer)
        if state == "raised":
            raise self.hosted.original(self.exception(answer, raw))
        return value

    def _put_back(self, changed: Any, reader: Reader, writer: Writer) -> None:
        """Make the changes that the student's code made to its arguments."""
        news = [(writer.numbered[place], reader.parts(parts)) for place, parts in changed if place >= 0]
        for made, parts in news:
            put_back(made, parts)
        self.changed += len(news)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What cannot be read is no answer, but leaves the link whole."""
        try:
            yield
        except Malformed as error:
            raise CannotCross(f"the student's process sent {error}") from None
        except (TypeError, ValueError, LookupError, AttributeError, OverflowError, MemoryError) as error:
            raise CannotCross(f"the student's process sent no answer: {str(error)[:80]}") from None

    def _parts(self, tree: list[Any], count: int) -> list[Any]:
        if len(tree) != count:
            self.forged("an answer of another kind")
        return tree[2:]

    def exception(self, tree: Any, raw: memoryview) -> BaseException:
        """The exception that this JSON tells of."""
        with self.reading():
            return self.mirrors.exception(tree, Reader(raw, self._read))

    def reader(self, raw: memoryview) -> Reader:
        """Reads values of the student's process."""
        return Reader(raw, self._read)

    def writer(self) -> Writer:
        """Writes values for the student's process."""
        return Writer(self._write)

    # --- questions of the student's code

    def reply(self, what: str, parts: Any, raw: memoryview) -> tuple[Any, list[bytes]]:
        """The answer to a question of the student's code."""
        answer = self.hosted.questions.get(what)
        try:
            given = Reader(raw, self._read)(parts)
        except Malformed:
            given = None
        if answer is None or type(given) is not list:
            raise Forged("a question that is none")
        writer = Writer(self._write)
        return writer(answer(*given)), writer.raw

    def excuse(self, error: Exception) -> Any:
        """How the student's code hears of an exception."""
        return self.hosted.exception(error)

    # --- objects

    def released(self, number: int) -> None:
        """The player lets an object go."""
        self._told.pop(number, None)

    def _write(self, value: Any, writer: Writer) -> Any:
        kind = type(value)
        if isinstance(value, Handle):
            return {"h": self.own(value)}
        if kind is Bound:
            self.own(value.handle)
            return {"m": [value.handle._number, value.name]}
        tree = self.mirrors.write(value, writer)
        return self.hosted.write(value) if tree is None else tree

    def own(self, handle: Handle) -> int:
        """The number of an object.

        Raises:
            Bygone: if it was got over another link.
        """
        if handle._link is not self:
            raise Bygone
        return handle._number

    def _read(self, tag: str, inside: Any, reader: Reader) -> Any:
        if tag == "h":
            return self._handle(inside)
        if tag == "K":
            return self.mirrors.class_of(inside)
        if tag == "R":
            return self.mirrors.record(inside, reader)
        if tag == "j":
            return self.hosted.object(inside)
        raise Malformed(f"something of the unknown kind {tag[:20]!r}")

    def _handle(self, inside: Any) -> Handle:
        if type(inside) is list:
            number, cls, name, sort = inside
            if not (type(number) is type(cls) is int and type(name) is type(sort) is str):
                raise Malformed("an object that is none")
            self._told[number] = (cls, name[:100], sort)
        else:
            number = inside
        handle = self._handles.get(number)
        if handle is None:
            handle = self._handles[number] = Handle(self, number, *self._told[number])
            self._released.pop(number, None)
        return handle
