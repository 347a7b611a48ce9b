"""Asked: what can a judge ask of the player about values and objects of the notebook?

Each function answers one kind of request. It gets the player, a reader for the values of the request, and the
rest of the request as JSON, which comes from the judge and is right.
"""

from __future__ import annotations

import importlib
import operator
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING, Any

from .changes import Watch
from .describe import describe, kind_of, parts_of, plain
from .errors import CannotCross, Gone, Malformed
from .frames import packed
from .reading import Reader
from .wire import ATOMS, Writer

if TYPE_CHECKING:
    from .player import Player

MOST_PRINTED = 50_000

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, ".": getattr, "in": lambda a, b: a in b, "is": operator.is_,
}  # fmt: skip
WORDS: dict[str, Callable[[Any], Any]] = {"len": len, "str": str, "iter": iter}


class Printed(StringIO):
    """What the student's code prints, up to a limit."""

    def write(self, text: str) -> int:
        """Keep a text unless there is too much already."""
        super().write(text[: max(0, MOST_PRINTED - self.tell())])
        return len(text)


def run(player: Player, _: Reader, name: str, source: str, shared: bool | list[str]) -> bytes:
    """Run a cell; its classes, or those of some names, are shared if the judge has them, too."""
    printed, before = Printed(), dict(player.namespace)
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            error = player.shell.perform(name, source, player.loop)
        except BaseException as broken:  # the student's code can break the shell, too
            error = broken
        answer = None if error is None else player.error(error)
    if "numpy" in sys.modules and "numpy.random" not in sys.modules:  # it comes when it is first used
        with suppress(Exception):
            importlib.import_module("numpy.random").seed(0)
    if shared:
        new = {n: v for n, v in player.namespace.items() if v is not before.get(n) and n[:1] != "_"}
        player.shelf.share(v for n, v in new.items() if shared is True or n in shared)
    return packed([player.number, "ok", [answer, plain(printed.getvalue())]], [])


def get(player: Player, _: Reader, name: str) -> bytes:
    """The value of a name."""
    if name not in player.namespace:
        return packed([player.number, "missing", name], [])
    return player.reply(player.namespace[name])


def names(player: Player, _: Reader) -> bytes:
    """All names that are the student's."""
    hidden = player.shell.user_ns_hidden
    own = [name for name, value in player.namespace.items() if hidden.get(name, player) is not value]
    return player.reply([name for name in own if name[:1] != "_"])


def describe_class(player: Player, _: Reader, number: int) -> bytes:
    """What the judge has to know of a class."""
    cls, writer = player.shelf.held(number), player.writer()
    return packed([player.number, "ok", describe(cls, player.shelf.key_of(cls), writer)], writer.raw)


def call(player: Player, reader: Reader, target: Any, arguments: Any, options: Any) -> bytes:
    """One call."""
    given, named = reader.parts(arguments), reader.named(options)
    return player.attempt(reader, lambda: _target(player, target)(*given, **named))


def row(player: Player, reader: Reader, target: Any, rows: Any) -> bytes:
    """Many calls of one function, until one of them raises."""
    given = [reader.parts(row) for row in rows]
    watch, write = Watch(reader), player.shelf.write
    done: list[Any] = []
    behind: list[bytes] = []
    failed = None
    try:
        function = _target(player, target)
        for arguments in given:
            value = function(*arguments)  # written at once, for later calls may change it
            done.append(value if type(value) in ATOMS else Writer(write, watch.places, behind)(value))
    except (CannotCross, Malformed, Gone):
        raise
    except BaseException as error:
        failed = player.error(error)
    changed = watch.found(Writer(write, watch.places, behind))
    return packed([player.number, "row", done, failed, changed], behind)


def attribute(player: Player, reader: Reader, number: int, name: str) -> bytes:
    """An attribute of an object."""
    return player.attempt(reader, lambda: getattr(player.shelf.held(number), name))


def set_attribute(player: Player, reader: Reader, number: int, name: str, value: Any) -> bytes:
    """Set an attribute."""
    given = reader(value)
    return player.attempt(reader, lambda: setattr(player.shelf.held(number), name, given))


def item(player: Player, reader: Reader, number: int, do: str, given: Any) -> bytes:
    """Get, set or delete an item."""
    parts = reader.parts(given)
    return player.attempt(reader, lambda: getattr(operator, do)(player.shelf.held(number), *parts))


def operate(player: Player, reader: Reader, sign: str, both: Any) -> bytes:
    """What an operator says."""
    left, right = reader.parts(both)
    return player.attempt(reader, lambda: OPERATORS[sign](left, right))


def word(player: Player, reader: Reader, what: str, number: int) -> bytes:
    """What one of Python's own functions says of an object."""
    return player.attempt(reader, lambda: WORDS[what](player.shelf.held(number)))


def more(player: Player, reader: Reader, number: int, most: int) -> bytes:
    """The next items of an iterator; fewer than asked for if it has ended."""
    return player.attempt(reader, lambda: list(islice(player.shelf.held(number), most)))


def is_instance(player: Player, reader: Reader, number: int, cls: int) -> bytes:
    """Whether an object is of a class."""
    held = player.shelf.held
    return player.attempt(reader, lambda: isinstance(held(number), held(cls)))


def is_subclass(player: Player, reader: Reader, number: int, cls: int) -> bytes:
    """Whether a class inherits from another one."""
    held = player.shelf.held
    return player.attempt(reader, lambda: issubclass(held(number), held(cls)))


def start(player: Player, reader: Reader, number: int) -> bytes:
    """Make a task of an awaitable, so that it goes on while another one is awaited."""

    async def wait() -> Any:
        return await player.shelf.held(number)

    return player.attempt(reader, lambda: player.loop.create_task(wait()))


def wait_for(player: Player, reader: Reader, number: int) -> bytes:
    """Let a task end."""
    return player.attempt(reader, lambda: player.loop.run_until_complete(player.shelf.held(number)))


def make(
    player: Player, reader: Reader, number: int, judge: Any, own: list[str], given: Any, named: Any
) -> bytes:
    """An instance of a subclass whose methods of these names are those of a class of the judge."""
    base, arguments, options = player.shelf.held(number), reader.parts(given), reader.named(named)
    cls = type(base.__name__, (base,), {name: _elsewhere(player, judge, name) for name in own})
    return player.attempt(reader, lambda: cls(*arguments, **options))


def super_method(player: Player, reader: Reader, cls: int, name: str, given: Any, named: Any) -> bytes:
    """Call the method of a class that such a subclass has overridden."""
    arguments, options = reader.parts(given), reader.named(named)
    return player.attempt(reader, lambda: getattr(player.shelf.held(cls), name)(*arguments, **options))


def contents(player: Player, reader: Reader, number: int) -> bytes:
    """What a data class that can change holds now, for the judge to compare."""
    value = player.shelf.held(number)
    return player.attempt(reader, lambda: (type(value), *parts_of(value, kind_of(type(value)))))


def node(player: Player, reader: Reader, *rest: Any) -> bytes:
    """Everything about nodes is on their own page."""
    return player.stage().do(reader, *rest)


def _target(player: Player, target: Any) -> Any:
    if isinstance(target, list):
        return getattr(player.shelf.held(target[0]), target[1])
    return player.shelf.held(target)


def _elsewhere(player: Player, judge: int, name: str) -> Callable[..., Any]:
    ask = player.shelf.guests.ask

    def method(itself: Any, *arguments: Any, **options: Any) -> Any:
        return ask("override", judge, name, itself, list(arguments), options)

    return method


ANSWERS: Mapping[str, Callable[..., bytes]] = {
    "run": run, "get": get, "names": names, "describe": describe_class, "call": call, "row": row,
    "attribute": attribute, "set": set_attribute, "item": item, "operate": operate, "word": word,
    "more": more, "isinstance": is_instance, "issubclass": is_subclass, "start": start, "await": wait_for,
    "make": make, "super": super_method, "fields": contents, "node": node,
}  # fmt: skip
