"""Whatever the student's process does, the judge gets no wrong value, does not crash and does not hang."""

from __future__ import annotations

import asyncio
import time

import pytest

from autograder.trust.errors import CannotCross, Forged, Gone, Lost, NotPlain, TimeIsUp
from autograder.trust.fuse import together
from autograder.trust.handles import Handle
from distsys.simulation import HandlerFailed, Simulation

VALUES = """
import math, numpy
from collections import OrderedDict, namedtuple, UserDict
from dataclasses import dataclass
from enum import Enum
from unittest import mock

class Liar:
    __class__ = int
    def __eq__(self, other): return True
    __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __eq__
    def __hash__(self): return hash(55)
    def __int__(self): return 55
    def __index__(self): return 55
    def __bool__(self): return True
    def __len__(self): return 55
    def __contains__(self, x): return True
    def __add__(self, x): return self
    __radd__ = __sub__ = __rsub__ = __add__
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self

class Meta(type):
    def __eq__(cls, other): return True
    def __hash__(cls): return hash(int)
    def __instancecheck__(cls, other): return True

class Metaliar(metaclass=Meta):
    __module__ = "builtins"
    __qualname__ = "int"
    def __eq__(self, other): return True

Metaliar.__name__ = "int"

class Reduces:
    def __reduce__(self): return (eval, ("1/0",))
    __reduce_ex__ = lambda self, p: (eval, ("1/0",))

class Number(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__

class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__

class Rows(list):
    def __eq__(self, other): return True

class Table(dict):
    def __eq__(self, other): return True

class Array(numpy.ndarray):
    def __eq__(self, other): return numpy.array(True)

class Real(float):
    def __eq__(self, other): return True

class AnyTuple(namedtuple("AnyTuple", "a b")):
    def __eq__(self, other): return True

class Odd(Enum):
    A = 1
    def __eq__(self, other): return True
    __hash__ = Enum.__hash__

@dataclass
class Agrees:
    x: int = 1
    def __eq__(self, other): return True

@dataclass(frozen=True)
class Frozen:
    x: int = 1
    def __eq__(self, other): return True
    __hash__ = None

def liar(): return Liar()
def metaliar(): return Metaliar()
def mocked(): return mock.MagicMock()
def anything(): return mock.ANY
def reduces(): return Reduces()
def number(): return Number(1)
def text(): return Text("no")
def rows(): return Rows()
def table(): return Table()
def array(): return numpy.zeros(1).view(Array)
def real(): return Real(2)
def any_tuple(): return AnyTuple(1, 2)
def odd(): return Odd.A
def agrees(): return Agrees()
def frozen(): return Frozen()
def in_list(): return [Liar()]
def in_dict(): return {"a": Liar()}
def as_key(): return {Liar(): 1}
def a_class(): return Liar
def a_function(): return liar
def generator(): return (x for x in [55])
def not_implemented(): return NotImplemented
def partial_eq(): return UserDict(a=55)
def ordered(): return OrderedDict(a=Liar())
"""
NAMES = [line[4:].split("(")[0] for line in VALUES.splitlines() if line.startswith("def ")]


@pytest.mark.parametrize("name", NAMES)
def test_no_object_passes_for_a_value(play, name):
    notebook = play(VALUES)
    for wanted in (55, "55", [55], {"a": 55}, (55, 2), None, True, {55: 1}, 55.0):
        try:
            equal = notebook.get(name)() == wanted
        except (NotPlain, CannotCross, Lost, TypeError):
            continue
        assert equal is not True, f"{name} passed for {wanted!r}"


@pytest.mark.parametrize(
    "body",
    [
        "return range(10**15)",
        "return list(range(10**6)) * 3",
        "return [[0] * 1000] * 1_000_000",
        "return 1 << 8_000_000",
        "return 'x' * (40 << 20)",
        "return b'x' * (200 << 20)",
        "x = []\n    for _ in range(100_000): x = [x]\n    return x",
        "x = []\n    x.append(x)\n    return x",
        "x = {}\n    x['x'] = (x,)\n    return x",
        "x = 0\n    for _ in range(60): x = [x, x]\n    return x",
        "x = ()\n    for _ in range(59): x = (x, x)\n    return x",
        "return {n * (2**61 - 1) for n in range(5000)}",
        "import numpy\n    return numpy.array([object()])",
        "import numpy\n    return numpy.zeros(10**8)",
    ],
)
def test_what_is_too_large_or_too_deep_or_endless_is_refused_in_words(play, body):
    notebook = play(f"def f():\n    {body}\ndef after(): return 5", limit_s=20)
    with pytest.raises(CannotCross, match=r"cannot be judged|sent a value|sent keys") as caught:
        value = notebook.get("f")()
        pytest.fail(f"got a {type(value)}")
    assert len(str(caught.value)) < 300
    assert notebook.get("after")() == 5, "and the next question can be asked"


def test_endless_iterators_are_capped(play):
    notebook = play("""
    import itertools
    class Endless:
        def __iter__(self): return self
        def __next__(self): return 1
        def __len__(self): return 10**30
        def __getitem__(self, n): return 1
    class Sequence:
        def __getitem__(self, n): return 1
    class Pretends(list):
        def __iter__(self): return itertools.count()
    def forever():
        while True: yield 1
    """, limit_s=2)  # fmt: skip
    for name in ("Sequence", "Pretends"):
        with pytest.raises(CannotCross, match="goes on"):
            for place, _ in enumerate(notebook.get(name)()):
                assert place <= 100_000
    with pytest.raises(CannotCross, match="goes on"):
        list(notebook.get("forever")())
    with pytest.raises((NotPlain, OverflowError)):
        len(notebook.get("Endless")())


SOCKET = """
import os, socket, stat, struct, json, threading, gc
def sockets():
    found = []
    for fd in range(3, 200):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode): found.append(fd)
        except OSError: pass
    return found
def write(data):
    for fd in sockets():
        try: os.write(fd, data)
        except OSError: pass
def frame(tree):
    text = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return struct.pack("<II", len(text), 0) + text
"""


@pytest.mark.parametrize(
    "data",
    [
        "frame([NEXT, 'ok', 55])",
        "frame([NEXT + 1, 'ok', 55])",
        "frame([True, 'ok', 55])",
        "frame([NEXT, 'row', [1], None, []])",
        "frame([NEXT, 'back', 'attribute', [0, '__class__']])",
        "frame([NEXT, 'back', 'nothing', []])",
        "frame([NEXT, 'back', 'host', [[], 'read', []]])",
        "frame([NEXT, 'back', 'call', [99, [], {}]])",
        "frame([NEXT, 'missing', 1])",
        "frame({'a': 1})",
        "frame([])",
        "frame(None)",
        "frame(b'[' * 100_000)",
        "frame(b'\\xff\\xfe\\xfd')",
        "frame(b'[1,' + b'9' * 100_000 + b']')",
        "struct.pack('<II', 0xffffffff, 0xffffffff) + b'x' * 100",
        "struct.pack('<II', 33 << 20, 0) + b'x' * 100",
        "struct.pack('<II', 1000, 0) + b'x' * 10",
        "os.urandom(5000)",
        "b'\\0' * 64",
        "b'x'",
    ],
)
def test_forged_frames_end_the_link_and_give_no_value(play, data):
    notebook = play(SOCKET, limit_s=1.0)
    notebook.cell("NEXT = 0\ndef attack(number):\n    global NEXT\n    NEXT = number\n"
                  f"    write({data})\n    return 1\ndef honest(): return 2")  # fmt: skip
    attack, honest = notebook.get("attack"), notebook.get("honest")
    began = time.monotonic()
    answers = []
    try:
        answers.append(attack(notebook.crossings + 1))
        answers.append(honest())
        answers.append(honest())
    except (Lost, CannotCross):
        assert time.monotonic() - began < 4
    else:
        pytest.fail(f"nobody noticed: {answers}")
    assert set(answers) <= {1, 2, 55}, (
        "at most the value that the student's own process claimed for its own call"
    )


def test_a_forged_answer_never_counts_for_a_later_call(play):
    notebook = play(SOCKET)
    notebook.cell("def early(n):\n    write(frame([n + 1, 'ok', 55]))\n    return 1\ndef late(): return 2")
    late, early = notebook.get("late"), notebook.get("early")
    with pytest.raises(Forged, match="something else than an answer"):
        early(notebook.crossings + 1)
    with pytest.raises(Forged):
        late()


def test_threads_that_write_on_the_socket_lose_the_question(play):
    notebook = play(SOCKET, limit_s=2)
    notebook.cell("""
def spam():
    while True: write(b"spam" * 1000)
def start(): threading.Thread(target=spam, daemon=True).start()
def f(): return 1
""")
    with pytest.raises(Lost):
        notebook.get("start")()
        for _ in range(1000):
            assert notebook.get("f")() == 1


def test_dripping_bytes_do_not_prolong_a_call(play):
    notebook = play(SOCKET, limit_s=0.5)
    notebook.cell("""
import time
def drip():
    write(struct.pack("<II", 10_000, 0))
    while True: write(b" "); time.sleep(.01)
def deaf(text):
    time.sleep(60)
""")
    began = time.monotonic()
    with pytest.raises(TimeIsUp):
        notebook.get("drip")()
    assert time.monotonic() - began < 2


def test_a_player_that_does_not_read_cannot_block_the_judge(play):
    notebook = play("import time\ndef deaf(do):\n    do()\n    time.sleep(60)", limit_s=0.5)
    began = time.monotonic()

    def ask_much():
        return "x" * (20 << 20)

    with pytest.raises(TimeIsUp):
        notebook.get("deaf")(ask_much)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "body",
    ["import os; os._exit(0)", "import ctypes; ctypes.string_at(0)", "import os; os.kill(os.getpid(), 9)",
     "[write_all(b'') for write_all in [lambda b: __import__('os').closerange(3, 200)]]"],
)  # fmt: skip
def test_a_process_that_dies_is_gone(play, body):
    notebook = play(f"def f():\n    {body}")
    with pytest.raises(Gone, match="ended"):
        notebook.get("f")()
    with pytest.raises(Gone):
        notebook.get("f")
    notebook.close()


@pytest.mark.parametrize(
    "sabotage",
    [
        "import json; json.dumps = json.loads = json.JSONEncoder.encode = lambda *a, **k: '[1,2,3]'",
        "import builtins; builtins.len = builtins.isinstance = lambda *a: 55",
        "import builtins; builtins.type = lambda x: int",
        "import builtins; builtins.getattr = lambda *a: 55",
        "import sys; sys.modules.clear()",
        "import socket; socket.socket.send = socket.socket.recv = lambda *a: b''",
        "import autograder.trust.wire as w; w.Writer.__call__ = lambda self, v: 55",
        "import autograder.trust.wire as w; w.ATOMS = frozenset({object, Cheat})",
        "import autograder.trust.player as p; p.Player._answer = lambda *a: None",
        "import autograder.trust.describe as d; d.kind_of = lambda c: 'enum'",
        "import sys; sys.setrecursionlimit(50)",
        "import gc; [o.__dict__.clear() for o in gc.get_objects() if type(o).__name__ == 'Player']",
        "import os; os.close(1); os.close(2)",
        "import sys; sys.settrace(lambda *a: 1/0)",
        "import signal, os; signal.setitimer(signal.ITIMER_REAL, .001, .001)",
    ],
)
def test_sabotage_of_the_own_process_gains_nothing(play, sabotage):
    notebook = play(
        "class Cheat:\n    def __eq__(self, other): return True\ndef f(): return Cheat()", limit_s=1
    )
    try:
        notebook.run("sabotage", sabotage)
        equal = notebook.get("f")() == 42
    except (Lost, NotPlain, CannotCross, Exception):
        return
    assert equal is not True


def test_forged_values_within_good_frames_are_refused(play):
    notebook = play("""
    trees = [{"h": [1, "x", "y", "z"]}, {"h": 10**9}, {"h": [1]}, {"K": 10**9}, {"K": "distsys.node:Node"},
             {"j": 10**9}, {"j": -1}, {"R": [10**9, 1]}, {"R": []}, {"^": 5}, {"^": -1}, {"@": 0},
             {"N": ["n1", 5]}, {"m": [1, "x"]}, {"x": ["ValueError", "x"]}, {"b": "eval"}, {"df": [1, 2, 3]},
             {"zz": 1}, {"a": 1, "b": 2}]
    """)
    source = notebook.get("trees")
    count = len(source)
    for place in range(count):
        other = play("""
        import autograder.trust.player as player
        def forge(tree): player.Writer.__call__ = lambda self, value: tree
        def f(x): return 1
        """)
        f, forge = other.get("f"), other.get("forge")
        tree = source[place]
        forge_failed = False
        try:
            forge(tree)
        except (CannotCross, Lost):
            forge_failed = True
        with pytest.raises((CannotCross, Lost)):
            f([1])
            assert not forge_failed
            pytest.fail(f"{tree} was taken for a value")


def test_forged_classes_are_refused_or_harmless(play):
    for told in (
        "'kind': 'enum', 'fields': [['__class__', 1]], 'mixin': ''",
        "'kind': 'frozen', 'fields': [['__eq__', 1]]",
        "'kind': 'frozen', 'fields': [['x; import os', 1]]",
        "'kind': 'named', 'fields': [['_x', 1]], 'defaults': []",
        "'kind': 'node', 'bases': [], 'handlers': [['x', 'nothing']], 'durable': []",
        "'kind': '_build'", "'kind': 5",
        "'kind': 'error', 'builtin': 'KeyboardInterrupt', 'bases': []", "'kind': 'frozen', 'fields': 7",
        "'kind': 'frozen', 'key': 'distsys.node:Node', 'fields': []", "'kind': 'data', 'key': 'os:system'",
    ):  # fmt: skip
        notebook = play(f"""
        import autograder.trust.asked as asked
        class A: pass
        def f(): return A
        asked.describe = lambda *_: {{"key": "", "name": "A", "methods": [], {told}}}
        """)
        try:
            got = notebook.get("A")
        except (CannotCross, Lost):
            continue
        try:
            equal = got == 55
        except NotPlain:
            continue
        assert equal is False


def test_a_node_cannot_forge_effects(play):
    notebook = play("""
    from distsys.node import Node
    import autograder.trust.stage as stage
    class Bad(Node):
        what = None
        def on_start(self): self._host.effects.append(self.what)
    effects = [("send", "n2", [1]), ("send", 5, 1), ("set_timer", "never", 1, 1), ("boot",),
               ("handle", print), ("set_timer", "x", -5, 10**30), ("step_clock", "x"), ("send",),
               ("slew_clock", -10.0**9), (), ("note", "x", {"y": [1]}), ("__class__",), ("note", 5, 5)]
    bad = [type("Bad", (Bad,), {"what": what}) for what in effects]
    """)
    for kind in notebook.get("bad"):
        simulation = Simulation(0)
        simulation.cluster(kind, 2)
        with pytest.raises((HandlerFailed, CannotCross, Lost)):
            simulation.run(10)
            pytest.fail(f"{kind.what} was carried out")


def test_threads_of_the_student_cannot_ask_back(play):
    notebook = play("""
    import threading
    def aside(do):
        said = []
        def work():
            try: said.append(do())
            except RuntimeError as error: said.append(str(error))
        thread = threading.Thread(target=work); thread.start(); thread.join()
        return said
    def later(do): kept.append(do)
    kept = []
    def use(): return kept[0]()
    """)
    assert "only the thread that was called" in notebook.get("aside")(lambda: 1)[0]
    notebook.get("later")(lambda: 5)
    assert notebook.get("use")() == 5


def test_calls_back_and_forth_without_end_are_ended(play):
    notebook = play("def f(do): return do(f)", limit_s=3)

    def again(f):
        return f(again)

    with pytest.raises((CannotCross, Lost), match="without end"):
        notebook.get("f")(again)


def test_a_check_that_asks_for_ever_uses_up_its_time(play):
    notebook = play("def done(): return False")
    done, notebook.until = notebook.get("done"), time.monotonic() + 0.3
    with pytest.raises(TimeIsUp):
        while not done():
            pass


def test_coroutines_that_never_end_are_stopped(play):
    notebook = play("import asyncio\nasync def f():\n    while True: await asyncio.sleep(0)", limit_s=0.4)

    async def wait():
        await notebook.get("f")()

    with pytest.raises(TimeIsUp):
        asyncio.run(wait())


def test_rows_of_answers_must_match_their_calls(play):
    notebook = play("""
    import autograder.trust.player as player
    def f(x): return x
    def sabotage():
        player.ANSWERS["row"] = lambda self, *_: player.packed([self.number, "row", [55] * 7, None, []], [])
    """)
    f = notebook.get("f")
    notebook.get("sabotage")()
    with pytest.raises(Lost):
        together(f, [(1,), (2,)])


def test_a_check_that_expects_an_error_is_not_satisfied_by_a_refusal(play):
    notebook = play("def f():\n    x = []\n    x.append(x)\n    return x\nclass T: pass\ndef g(): return T()")
    for error in (TypeError, ValueError, RecursionError, Exception):
        with pytest.raises(CannotCross):
            try:
                notebook.get("f")()
            except error:
                pytest.fail("taken for an error of the student's code")
    assert isinstance(notebook.get("g")(), Handle)
