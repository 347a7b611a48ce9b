"""Determinism: does a simulation depend on its seed alone?

Three detectors, because each is blind to something. Run twice in one process, with other things in memory:
finds global chance, clocks, and whatever depends on addresses or on what an earlier run left behind. Run with
names that hash differently: finds sets of nodes whose order decides. Run in other processes, on another day
and under another PYTHONHASHSEED: finds what depends on the hash of any text, or on the date. The first record
that differs shows where to look. In a test of a course:

    def test_my_node_depends_on_the_seed_alone():
        assert_deterministic(make)      # a function of the module, which returns a Simulation
"""

from __future__ import annotations

import datetime
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from random import Random
from typing import Any, ClassVar
from zlib import crc32

from .clock import Clock
from .explore.values import Copy
from .machine import Machine
from .network import let_pass
from .node import Node, NotFrozen, create, require_frozen
from .properties import PropertyFailed
from .simulation import HandlerFailed, NoProgress, Simulation
from .strict import NotDeterministic
from .trace import Record, canonical

Make = Callable[..., Simulation]
Line = list[str]  # a record to compare, and the same to show
SALTS = range(2, 6)  # two pairs; within a pair, sets of names iterate in opposite orders
HASH_SEEDS = ("1", "2", "3")
BROWSER = sys.platform == "emscripten"
DAY_S = 86_400 + 3_601  # and an hour, and a second

RUN_TWICE = (
    "two runs in one process",
    "something outlives a run or depends on memory addresses: random without a seed, datetime.now(), id(), "
    "a set of objects, a counter in a class or module, an attribute that all nodes share",
)
OTHER_NAMES = (
    "runs in which names hash differently",
    "the order of a set of names decides; go through sorted(…), or keep a tuple or a dict. Or the node looks "
    "up names that it writes as literals; take them from self.peers",
)
OTHER_PROCESS = (
    "runs in other processes, on another day and under another PYTHONHASHSEED,",
    "the order of a set, or hash() of a text, decides; go through sorted(…), and use zlib.crc32 for a "
    "number. Or the date does; use self.now",
)


def assert_deterministic(
    make: Make | str, until_ms: float = 1000.0, arguments: Sequence[Any] = (), processes: bool = not BROWSER
) -> None:
    """Run a simulation in several ways that must not matter, and compare what happens.

    Args:
        make: builds the simulation, ready to run; a function of a module, or ``"module:function"``.
        until_ms: how long each run lasts, in milliseconds of virtual time.
        arguments: what ``make`` is given, for instance a seed: numbers, texts, lists.
        processes: whether to run it in other processes too; there are none in a browser.

    Raises:
        AssertionError: if two runs differ; it names the first record that does, and the likely cause.
        ValueError: if other processes cannot import ``make``.
    """
    address = make if isinstance(make, str) else _address(make) if processes else ""
    build = partial(_imported(make) if isinstance(make, str) else make, *arguments)
    usual = _observe(build, until_ms)
    junk = _junk()
    _compare(usual, _observe(build, until_ms), *RUN_TWICE)
    del junk
    for salt in SALTS:
        with _salted(salt):
            salted = _observe(build, until_ms)
        _compare(usual, salted, *OTHER_NAMES)
    if processes:
        for other in _elsewhere(address, until_ms, arguments):
            _compare(usual, other, *OTHER_PROCESS)


def _observe(make: Make, until_ms: float) -> list[Line]:
    """One run as lines of text: its records, and how it ended."""
    simulation = make()
    try:
        run = simulation.run(until_ms)
        end = [str(run.violation), *map(canonical, run.history)]
    except (HandlerFailed, NoProgress, PropertyFailed) as error:
        if isinstance(error.__cause__, NotDeterministic):
            raise AssertionError(str(error)) from error
        end = [f"the run ends with {error.__cause__ or error!r}"]
    happened = [[canonical(row), str(Record._make(row))] for row in simulation._rows]
    return happened + [[text, text] for text in end]


def _compare(usual: Sequence[Line], other: Sequence[Line], what: str, advice: str) -> None:
    if usual == other:
        return
    ends = [["", "nothing more"]]
    pairs = zip([*usual, *ends], [*other, *ends], strict=False)
    number, (first, second) = next((n, pair) for n, pair in enumerate(pairs) if pair[0] != pair[1])
    shown = 0 if first[1] == second[1] else 1  # two records that look alike are shown in full
    raise AssertionError(
        f"{what} differ at record {number}:\n  first  {first[shown]}\n  then   {second[shown]}\n"
        f"Perhaps {advice}."
    )


# --- other things in memory


class _Junk:
    pass


def _junk() -> list[Any]:
    """Objects with holes between them, so that new objects come to lie in another order than before."""
    kinds: tuple[Callable[[], Any], ...] = (_Junk, list, dict, lambda: {1: 2}, object, lambda: bytearray(40))
    objects = [kind() for _ in range(5_000) for kind in kinds]
    Random(1).shuffle(objects)
    del objects[::2]
    return objects


# --- other hashes of names


class NodeId(str):
    """A name whose hash is ours to choose, so that sets of names can be made to iterate differently."""

    __slots__ = ()
    salt: ClassVar[int] = 0

    def __hash__(self) -> int:
        return crc32(f"{NodeId.salt // 2}|{self}".encode()) ^ -(NodeId.salt % 2)


class _ByName(dict[str, Node]):
    """The nodes of a simulation, which a property may ask for by any kind of name."""

    def __getitem__(self, name: str) -> Node:
        return super().__getitem__(str(name))

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name))

    def get(self, name: str, default: Any = None) -> Any:
        """The node of this name, or the default."""
        return super().get(str(name), default)


class _SaltedMachine(Machine):
    """A machine on which every name that the node gets to see is a NodeId."""

    def __init__(self, simulation: Simulation, name: str, factory: Callable[[], Node], clock: Clock) -> None:
        def build() -> Node:
            others = [NodeId(other) for other in simulation.machines if other != name]
            return create(factory, NodeId(name), others)

        super().__init__(simulation, name, build, clock)
        simulation.nodes = _ByName(simulation.nodes)
        simulation.network.tap(let_pass)

    def handle(self, handler: Callable[..., None], *arguments: object) -> None:
        super().handle(handler, *map(self._salted, arguments))

    def send(self, to: str, message: object) -> None:
        super().send(str(to), message)

    def _salted(self, value: object) -> object:
        try:
            require_frozen(value, "")
        except NotFrozen:  # from outside, through Simulation.call; perhaps somebody else looks at it too
            return value
        return Copy({name: NodeId(name) for name in self.simulation.machines})(value)


@contextmanager
def _salted(salt: int) -> Iterator[None]:
    usual, Simulation.machine_type = Simulation.machine_type, _SaltedMachine
    NodeId.salt = salt
    try:
        yield
    finally:
        Simulation.machine_type = usual


# --- other processes

SCRIPT = """
import json, sys
from distsys.determinism import _imported, _move_clocks, _observe
_move_clocks()
where, until_ms, arguments = json.loads(sys.argv[1])
print("\\n" + json.dumps(_observe(lambda: _imported(where)(*arguments), until_ms)))
"""


def _elsewhere(address: str, until_ms: float, arguments: Sequence[Any]) -> Iterator[list[Line]]:
    from subprocess import PIPE, Popen  # noqa: PLC0415 - a browser has no processes

    path = os.pathsep.join(entry or "." for entry in sys.path)
    task = json.dumps([address, until_ms, list(arguments)])
    running = [
        Popen(
            [sys.executable, "-c", SCRIPT, task],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
            stdout=PIPE,
            stderr=PIPE,
            text=True,
        )
        for hash_seed in HASH_SEEDS
    ]
    for done, (out, err) in [(process, process.communicate()) for process in running]:
        if done.returncode:
            reason = (err.splitlines() or ["it says nothing"])[-1]
            raise ValueError(f"{address} cannot be run in another process: {reason}")
        yield json.loads(out.splitlines()[-1])


def _move_clocks() -> None:
    """Let this process live on another day; called before the module that is tested is imported."""

    def later(read: Callable[[], Any], by: Any) -> Callable[[], Any]:
        return lambda: read() + by

    for name in ("time", "monotonic", "perf_counter"):
        setattr(time, name, later(getattr(time, name), DAY_S))
        setattr(time, f"{name}_ns", later(getattr(time, f"{name}_ns"), DAY_S * 10**9))
    now, write, local = time.time, time.strftime, time.localtime
    for name in ("localtime", "gmtime", "ctime"):
        read = getattr(time, name)
        setattr(time, name, lambda seconds=None, read=read: read(now() if seconds is None else seconds))
    time.strftime = lambda form, when=None: write(form, when or local(now()))

    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return super().now(tz) + datetime.timedelta(seconds=DAY_S)

        @classmethod
        def utcnow(cls) -> Any:
            return super().utcnow() + datetime.timedelta(seconds=DAY_S)

    class LaterDate(datetime.date):
        @classmethod
        def today(cls) -> Any:
            return Later.now().date()

    datetime.datetime, datetime.date = Later, LaterDate  # type: ignore[misc]  # whoever imports them gets these


def _imported(where: str) -> Make:
    module, _, function = where.partition(":")
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{where!r} is not of the form module:function: {error}") from None
    made: Make = found
    return made


def _address(make: Make) -> str:
    """Where other processes find a function."""
    module, name = getattr(make, "__module__", ""), getattr(make, "__qualname__", "")
    if module != "__main__" and getattr(sys.modules.get(module), name, None) is make:
        return f"{module}:{name}"
    raise ValueError(
        f"other processes cannot import {name or make!r}, because it is not a function at the top of a "
        "module; move it there, or say processes=False"
    )
