"""Is the answer still right if each of its nodes has a machine of its own?

In a question all objects of the student live in one process: nodes could read each other's memory, and
keep in it what a crash should have taken. Here each instance of a class lives in a process of its own, in a
sandbox of its own, so nothing is shared but what the check carries. A node that restarts gets a new one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import CodeType, TracebackType
from typing import Any, Self

from autograder.cells import Cell
from autograder.engine.plan import bound, used
from autograder.engine.scene import SERVE, Process, Scene, Step
from autograder.trust.cells import file_of
from autograder.trust.fuse import fused
from autograder.trust.handles import Handle
from autograder.trust.heirs import RemoteClass
from autograder.trust.link import Link
from autograder.trust.nodes import RemoteNode, RemoteType

_MAGIC = re.compile(r"^(\s*)([%!].*|.*\?)$", re.MULTILINE)
MOST_MACHINES = 6
"""So many processes are started for one question; then it has been looked at long enough."""


class Enough(BaseException):
    """All machines are in use, and nothing was wrong so far."""


def wanted(source: str, values: Iterable[object]) -> bool:
    """Whether a check runs nodes.

    Args:
        source: the text of the check.
        values: what it uses of the student.
    """
    if any(isinstance(value, RemoteType) for value in values):
        return True
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return "Simulation" in names and any(isinstance(value, RemoteClass) for value in values)


def brief(cell: Cell) -> CodeType:
    """The code of a test cell without assertion messages that call something.

    Such a message may run the simulation again, to tell of it shortly, and that needs more machines.
    """
    tree = fused(cell.source, file_of(cell.name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.msg and _calls(node.msg):
            node.msg = None
    return compile(tree, file_of(cell.name), "exec", dont_inherit=True)


def needed(steps: Sequence[Step], names: Iterable[str]) -> list[Step]:
    """The teacher's cells, those that some names have to do with, and those that cannot be read.

    A plot or another experiment of the student need not be repeated on every machine.
    """
    parts = [_names(step.source) for step in steps]
    kept = [own is None or step.shared is not None for step, own in zip(steps, parts, strict=True)]
    wanted = set(names)
    while True:
        for place, own in enumerate(parts):
            if own and not kept[place] and wanted & (own[0] | own[1]):
                kept[place], wanted = True, wanted | own[1]
                break
        else:
            return [step for step, needs in zip(steps, kept, strict=True) if needs]


def _names(source: str) -> tuple[set[str], set[str]] | None:
    """The names that a cell binds, and those that it uses; nothing if it is not Python."""
    try:
        body = ast.parse(_MAGIC.sub(r"\1pass", source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return bound(body), used(body)


def _calls(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) for node in ast.walk(tree))


class Machines:
    """The processes of one question, a machine for each instance.

    Args:
        scene: the submission.
        link: to the process that the question is asked of.
    """

    def __init__(self, scene: Scene, link: Link) -> None:
        self._scene, self._link = scene, link
        self._started: list[tuple[Process, Link]] = []
        self._names: set[str] = set()

    def __enter__(self) -> Self:
        self._starter = ThreadPoolExecutor(
            1
        )  # a machine starts in real time, and a run keeps its own thread from it
        self._starter.submit(int).result()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: TracebackType | BaseException | None) -> None:
        if self._starter is not None:
            self._starter.shutdown()
        for process, _link in self._started:
            process.close()
            self._scene.cpu_seconds += process.cpu_seconds

    def apart(self, name: str, value: Any) -> Any:
        """What stands for a class or function of the student."""
        self._names.add(name)
        if self._starter is None:
            # A machine starts in real time, which is refused to the thread of a running simulation.
            self._starter = ThreadPoolExecutor(1)
            self._starter.submit(int).result()
        return Apart(self, name, value) if isinstance(value, RemoteType | Handle) else value

    def start(self) -> Link:
        """A new machine.

        Raises:
            Enough: if there are too many already.
        """
        if len(self._started) >= MOST_MACHINES:
            raise Enough
        assert self._starter, "apart() comes first"
        return self._starter.submit(self._start).result()

    def _start(self) -> Link:
        process = self._scene.cells.submission(SERVE)
        link = Link(process.socket, self._scene.budget.cell_seconds)
        link.until = self._link.until
        self._started.append((process, link))
        messages = _messages(self._link)
        link.share(*messages)
        for step in needed(self._scene.done, self._names):
            link.share(*(step.shared or ()))
            theirs = [cls.__name__ for cls in messages]
            link.run(step.name, step.source, shared=theirs if step.shared is None else True)
        link.limit_s = self._link.limit_s
        return link

    def of(self, values: Iterable[Any]) -> Link | None:
        """The machine on which one of these objects lives, if any does."""
        links = [link for value in values if (link := _link_of(value)) is not None]
        return next((link for link in links if link is not self._link), links[0] if links else None)


class Apart:
    """A class or function of the student whose instances live on machines of their own.

    Args:
        machines: where.
        name: what it is called in the notebook.
        value: the class or function itself.
    """

    def __init__(self, machines: Machines, name: str, value: Any) -> None:
        self._machines, self._name, self._value = machines, name, value

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Make an instance on a new machine, or on that of the arguments; a function stays where it is."""
        machine = self._machines.of([*arguments, *options.values()])
        if machine is None and isinstance(self._value, RemoteType | RemoteClass):
            machine = self._machines.start()
        value = self._value if machine is None else machine.get(self._name)
        return value(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value, name)

    def __instancecheck__(self, value: object) -> bool:
        machine = self._machines.of([value])
        return machine is not None and isinstance(value, machine.get(self._name))

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        if isinstance(self._value, RemoteType):
            return (self._value,)
        entries: tuple[type, ...] = self._value.__mro_entries__(bases)
        return entries


def _messages(link: Link) -> list[type]:
    """The student's classes of values that are known so far, to be the same on every machine."""
    return [cls for cls in link.mirrors._numbers if link.mirrors.kind_of(cls)]


def _link_of(value: Any) -> Link | None:
    if isinstance(value, Handle):
        return value._link
    if isinstance(value, RemoteNode):
        return value.far_link
    if isinstance(value, Mapping | list | tuple):
        parts = value.values() if isinstance(value, Mapping) else value
        return next((link for part in parts if (link := _link_of(part)) is not None), None)
    return None
