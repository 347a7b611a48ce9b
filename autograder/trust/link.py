"""The link: how does the judge ask something of the student's process, and what may come back?

One request, one answer. In between, the student's code may ask back about objects that the judge passed in.
The deadline holds for a whole request with all that happens inside it. Whatever does not fit the protocol
ends the link: a student who writes on the socket loses the question, and nothing else happens.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Never
from weakref import WeakValueDictionary

from .errors import CannotCross, Forged, Gone, Lost, Malformed, TimeIsUp
from .frames import Channel, packed
from .handles import Bound, Handle
from .hospitality import Hosted
from .mirrors import Mirrors
from .reading import Reader, fill
from .wire import ATOMS, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST_CALLS = 40
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


class Link:
    """The judge's end of the connection.

    Args:
        sock: a connected ``AF_UNIX`` stream; a :class:`~autograder.trust.player.Player` serves the other end.
        limit_s: how long one request may take, with everything that it causes.
    """

    def __init__(self, sock: socket.socket, limit_s: float = 10.0) -> None:
        self.limit_s = limit_s
        self.until = float("inf")  # a budget of the whole question, by time.monotonic()
        self.lost: Lost | None = None
        self.hosted = Hosted(self)
        self.mirrors = Mirrors(self)
        self.hosted.questions["override"] = self.mirrors.override
        self.crossings = 0
        self._channel = Channel(sock, hurried=True)
        self._deadline, self._depth = 0.0, 0
        self._handles: WeakValueDictionary[int, Handle] = WeakValueDictionary()
        self._told: dict[int, tuple[int, str, str]] = {}
        self._released: dict[int, None] = {}
        self._failure: BaseException | None = None

    # --- what the owner of a notebook asks

    def run(self, name: str, source: str, shared: bool = False) -> Ran:
        """Run a cell of the notebook.

        Args:
            name: the cell's, for tracebacks.
            source: its text.
            shared: whether the judge runs the same cell; its classes are then the same on both sides.
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

    def close(self) -> None:
        """Hang up; the player ends."""
        self.lost = self.lost or Gone("the link was closed")
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
        given = tuple(arguments)
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
            chunk = waiting[start : start + ROWS]
            writer = Writer(self._write)
            trees = [writer.parts(row, len(row)) for row in chunk]
            tree, raw = self.exchange("row", [target, trees], writer.raw)
            if tree[1] != "row":
                results.append(self._outcome(tree, raw, writer))
                break
            done, failed, changed = self._parts(tree, 5)
            with self._reading():
                for part in done:
                    results.append(Reader(raw, self._read, writer.numbered, writer.sizes)(part))
                self._put_back(changed, Reader(raw, self._read, writer.numbered, writer.sizes), writer)
            if failed is not None:
                raise self.exception(failed, raw)
            if len(done) != len(chunk):
                self._forged("an answer to other calls")
        return results

    def exchange(self, what: str, parts: list[Any], raw: list[bytes]) -> tuple[Any, memoryview]:
        """Send a request and wait for its answer; questions of the student's code are answered meanwhile."""
        if self.lost:
            raise type(self.lost)(*self.lost.args)
        if self._depth >= DEEPEST_CALLS:
            raise CannotCross("the check and the student's code call each other without end")
        number = self.crossings + 1
        try:
            frame = packed([number, what, list(self._released), *parts], raw)
        except Malformed as error:
            raise CannotCross(f"an argument of the check cannot cross: {error}") from None
        self.crossings = number
        for gone in self._released:
            self._told.pop(gone, None)
        self._released.clear()
        if not self._depth:
            now = monotonic()
            self._deadline = min(now + self.limit_s, self.until)
            if now > self.until:
                self._lose(TimeIsUp("the time for this question is used up"), None)
        self._depth += 1
        try:
            answer = self._converse(number, frame)
        except TimeIsUp as error:
            budget = self._deadline == self.until
            late = f"the student's code took longer than {self.limit_s:g} s"
            self._lose(TimeIsUp("the time for this question is used up" if budget else late), error)
        except (Malformed, Forged) as error:
            self._lose(Forged(f"the student's process sent {error}"), error)
        except Gone as error:
            self._lose(error, None)
        finally:
            self._depth -= 1
        if self._failure and not self._depth:
            failure, self._failure = self._failure, None
            raise failure
        return answer

    def _converse(self, number: int, frame: bytes) -> tuple[Any, memoryview]:
        """Send a frame, answer questions, and return what is no question."""
        self._channel.send(frame, self._deadline)
        while True:
            tree, raw = self._channel.receive(self._deadline)
            if type(tree) is not list or len(tree) < 3 or tree[0] != number or type(tree[0]) is not int:
                raise Forged("something else than an answer")
            if tree[1] != "back":
                return tree, raw
            self._answer(tree, raw)
            if monotonic() > self._deadline:
                raise TimeIsUp

    def _lose(self, lost: Lost, cause: BaseException | None) -> Never:
        if not self.lost:
            self.lost = lost
        raise self.lost from cause

    # --- answers

    def _ok(self, what: str, *plain: Any) -> tuple[Any, memoryview]:
        """The JSON of an answer that cannot be an exception."""
        tree, raw = self.exchange(what, list(plain), [])
        if tree[1] != "ok" or type(tree[2]) is not list:
            self._forged("an answer of another kind")
        return tree[2], raw

    def told(self, number: int) -> tuple[dict[str, Any], memoryview]:
        """What the player says about a class."""
        tree, raw = self.exchange("describe", [number], [])
        if tree[1] != "ok" or type(tree[2]) is not dict:
            self._forged("no description of a class")
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
            self._forged("an answer of another kind")
        reader = Reader(raw, self._read, writer.numbered, writer.sizes)
        with self._reading():
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
            names = getattr(type(made), "__dataclass_fields__", None)
            if names is not None:
                for name, part in zip(names, parts, strict=True):
                    object.__setattr__(made, name, part)
            elif hasattr(made, "tobytes"):
                (array,) = parts
                made[...] = array
            else:
                fill(made, parts)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What cannot be read is no answer, but leaves the link whole."""
        try:
            yield
        except Malformed as error:
            raise CannotCross(f"the student's process sent {error}") from None
        except (TypeError, ValueError, LookupError, AttributeError, OverflowError, MemoryError) as error:
            raise CannotCross(f"the student's process sent no answer: {str(error)[:80]}") from None

    def _parts(self, tree: list[Any], count: int) -> list[Any]:
        if len(tree) != count:
            self._forged("an answer of another kind")
        return tree[2:]

    def exception(self, tree: Any, raw: memoryview) -> BaseException:
        """The exception that this JSON tells of."""
        with self._reading():
            return self.mirrors.exception(tree, Reader(raw, self._read))

    def reader(self, raw: memoryview) -> Reader:
        """Reads values of the student's process."""
        return Reader(raw, self._read)

    def writer(self) -> Writer:
        """Writes values for the student's process."""
        return Writer(self._write)

    def _forged(self, what: str) -> Never:
        self._lose(Forged(f"the student's process sent {what}"), None)

    # --- questions of the student's code

    def _answer(self, tree: list[Any], raw: memoryview) -> None:
        if len(tree) != 4 or type(tree[2]) is not str:
            raise Forged("a question that is none")
        answer = self.hosted.questions.get(tree[2])
        try:
            parts = Reader(raw, self._read)(tree[3])
        except Malformed:
            parts = None
        if answer is None or type(parts) is not list:
            raise Forged("a question that is none")
        writer = Writer(self._write)
        try:
            frame = packed([tree[0], "told", writer(answer(*parts))], writer.raw)
        except Lost:
            raise
        except Exception as error:
            frame = packed([tree[0], "raised", self.hosted.exception(error)], [])
        except BaseException as error:  # the check has failed, whatever the student's code makes of it
            self._failure = self._failure or error
            told = self.hosted.exception(RuntimeError(f"the check has failed: {error}"))
            frame = packed([tree[0], "raised", told], [])
        self._channel.send(frame, self._deadline)

    # --- objects

    def release(self, number: int) -> None:
        """The judge holds on to an object no longer."""
        self._released[number] = None

    def _write(self, value: Any, writer: Writer) -> Any:
        kind = type(value)
        if isinstance(value, Handle):
            self._own(value._link)
            return {"h": value._number}
        if kind is Bound:
            self._own(value.handle._link)
            return {"m": [value.handle._number, value.name]}
        tree = self.mirrors.write(value, writer)
        return self.hosted.write(value) if tree is None else tree

    def _own(self, link: Link) -> None:
        if link is not self:
            raise CannotCross("an object of one student's process cannot be given to another")

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
