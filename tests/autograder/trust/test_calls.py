"""What a check can do with the student's functions, classes and objects."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from itertools import islice

import pytest

from autograder.trust.errors import CannotCross, NotPlain, StudentLeft, TimeIsUp
from autograder.trust.fuse import fused, together
from autograder.trust.handles import Handle, operate


def test_values_and_functions_of_the_notebook_can_be_used(play):
    notebook = play("limit = (1, 2.5)\ndef double(x, *, times=2): return x * times")
    assert notebook.get("limit") == (1, 2.5)
    assert notebook.get("double")("ab") == "abab"
    assert notebook.get("double")([1], times=3) == [1, 1, 1]
    with pytest.raises(NameError, match="'missing' is not defined"):
        notebook.get("missing")


def test_an_object_keeps_its_state_and_identity(play):
    notebook = play("""
    class Stack:
        def __init__(self, *items): self.items, self._hidden = list(items), 1
        def push(self, item): self.items.append(item); return self
        def __len__(self): return len(self.items)
        def __getitem__(self, place): return self.items[place]
        def __iter__(self): return iter(self.items)
        def __str__(self): return "a stack"
        @property
        def top(self): return self.items[-1]
    """)
    stack_class = notebook.get("Stack")
    stack = stack_class(1, 2)
    assert stack.push(3) is stack
    assert stack.items == [1, 2, 3] and stack.top == 3 and len(stack) == 3 and stack[0] == 1
    assert list(stack) == [1, 2, 3] and str(stack) == "a stack"
    stack.items = [9]
    assert stack.top == 9
    assert isinstance(stack, stack_class) and not isinstance(5, stack_class) and not isinstance(stack, int)
    with pytest.raises(AttributeError, match="private"):
        stack._hidden  # noqa: B018


def test_comparing_an_object_is_a_teachable_error(play):
    thing = play("class Thing:\n    def __eq__(self, other): return True\nthing = Thing()").get("thing")
    for look in (
        lambda: thing == 5, lambda: thing != 5, lambda: bool(thing), lambda: thing < 5, lambda: int(thing),
        lambda: [thing] == [5], lambda: 5 in [thing], lambda: thing in (1, 2), lambda: 3 in thing,
        lambda: thing + 1, lambda: thing == thing,
    ):  # fmt: skip
        with pytest.raises(NotPlain, match=r"student's class Thing.*compare its attributes"):
            look()
    assert operate(thing, "==", 5) is True, "but its opinion can be asked for"


def test_changes_of_arguments_come_back(play):
    notebook = play("""
    def spoil(numbers, table, names, nested):
        numbers.append(4); table["new"] = numbers; names.discard("a"); nested[0][0] = True
        return numbers
    def keep(numbers): return sorted(numbers)
    """)
    numbers, table, names, nested = [1], {"old": 1}, {"a", "b"}, [[1], 2]
    assert notebook.get("spoil")(numbers, table, names, nested) is numbers
    assert numbers == [1, 4] and names == {"b"} and nested[0][0] is True
    assert table["new"] is numbers, "one object on that side is one object on this side"
    assert notebook.get("keep")(numbers) is not numbers


def test_one_object_passed_twice_is_one_object_there(play):
    row = [1]
    assert play("def same(a, b): return a is b[0]").get("same")(row, [row]) is True


def test_arrays_that_were_changed_come_back(play):
    numpy = pytest.importorskip("numpy")
    array = numpy.zeros(3)
    notebook = play("def fill(array):\n    array[1] = 5\n    return array.sum()")
    assert notebook.get("fill")(array) == 5.0
    assert list(array) == [0, 5, 0]


def test_tables_that_were_changed_come_back(play):
    pandas = pytest.importorskip("pandas")
    notebook = play("""
    def widen(frame): frame["new"] = frame["n"] * 2; frame.loc[len(frame)] = [9, "z", 18]; return frame
    def rename(series): series.name = "k"; series["c"] = 2.5; return [series, series]
    def look(frame): return frame["n"].sum(), frame["t"].sort_values(inplace=False).iloc[0]
    def spoil(frame): frame["new"] = [object()] * len(frame)
    """)
    frame, other = pandas.DataFrame({"n": [1, 2], "t": ["b", None]}), [1]
    before = frame.copy()
    assert notebook.get("look")(frame) == (3, "b")
    pandas.testing.assert_frame_equal(frame, before)
    assert notebook.get("widen")(frame) is frame, "and the argument itself comes back"
    assert frame.to_dict("list")["new"] == [2, 4, 18] and frame["n"].sum() == 12
    series = pandas.Series([1.5, float("nan")], index=["a", "b"])
    one, two = notebook.get("rename")(series)
    assert one is two is series and series.name == "k" and list(series.index) == ["a", "b", "c"]
    with pytest.raises(CannotCross, match="object"):
        notebook.get("spoil")(frame)
    assert other == [1]


def test_exceptions_arrive_by_class_and_message(play):
    notebook = play("""
    class Broke(ValueError):
        def __init__(self, owed): super().__init__(f"owes {owed}"); self.owed = owed
    def fail(what):
        if what == "key": return {}["lost"]
        if what == "own": raise Broke(7)
        if what == "exit": raise SystemExit(0)
        if what == "stop": raise StopIteration
        if what == "interrupt": raise KeyboardInterrupt
        if what == "object": raise ValueError(fail)
        assert what, "nothing"
    """)
    fail = notebook.get("fail")
    with pytest.raises(KeyError) as caught:
        fail("key")
    assert caught.value.args == ("lost",)
    assert caught.value.__notes__ == ['  cell answer, line 5: if what == "key": return {}["lost"]']
    with pytest.raises(notebook.get("Broke"), match="owes 7") as caught:
        fail("own")
    assert isinstance(caught.value, ValueError) and caught.value.owed == 7
    with pytest.raises(AssertionError, match="nothing"):
        fail("")
    with pytest.raises(ValueError, match="function fail"):
        fail("object")
    for ender in ("exit", "stop", "interrupt"):
        with pytest.raises(StudentLeft):
            fail(ender)
    with pytest.raises(StudentLeft):
        all(map(fail, ["stop"]))  # which would end the loop, and pass


def test_a_cell_that_fails_says_where(play):
    ran = play().run("sums", "x = 1\nprint('hello')\nx / 0")
    assert isinstance(ran.error, ZeroDivisionError) and ran.printed == "hello\n"
    assert ran.error.__notes__ == ["  cell sums, line 3: x / 0"]
    assert isinstance(play().run("sums", "x = (").error, SyntaxError)


def test_functions_of_the_check_can_be_called_back(play):
    notebook = play("""
    def each(do, values): return [do(v) for v in values]
    def guarded(do):
        try: return do()
        except ValueError as error: return str(error)
    def twice(do): return do(lambda x: x + 1)
    def first(items): return next(items)
    """)
    seen = []
    assert notebook.get("each")(lambda v: seen.append(v) or v * 2, [1, 2]) == [2, 4]
    assert seen == [1, 2]

    def refuse():
        raise ValueError("no")

    assert notebook.get("guarded")(refuse) == "no"
    assert notebook.get("twice")(lambda f: f(1) + f(2)) == 5, "and call back in turn"
    assert notebook.get("first")(iter([7, 8])) == 7
    assert notebook.get("each")(int, ["1"]) == [1]


def test_what_a_check_asserts_in_a_callback_is_told_to_the_teacher_alone(play):
    notebook = play("""
    def f(do): return do(5)
    def spy(do):
        try: do(5)
        except AssertionError as error: said.append(str(error))
    said = []
    def heard(): return said
    """)

    def must_be_six(x):
        assert x == 6, "hidden: the answer is 6"

    with pytest.raises(AssertionError, match="the answer is 6"):
        notebook.get("f")(must_be_six)
    with pytest.raises(AssertionError, match="the answer is 6"):  # though the student's code has caught it
        notebook.get("spy")(must_be_six)
    assert notebook.get("heard")() == [""]


def test_the_player_loads_nothing_of_the_judge():
    loaded = "import sys, autograder.trust.player; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout
    own = {name.rpartition(".")[2] for name in names.split() if name.startswith("autograder.trust.")}
    assert own == {
        "asked",
        "cells",
        "changes",
        "describe",
        "errors",
        "frames",
        "guests",
        "player",
        "reading",
        "shelf",
        "tables",
        "wire",
    }
    assert not {"numpy", "pandas", "IPython", "pickle"} & set(names.split())


def test_objects_of_the_check_show_public_attributes_only(play):
    class Machine:
        def __init__(self):
            self.true_us, self._secret = 5, 6

        def wall_us(self):
            return self.true_us * 10

        @property
        def parts(self):
            return [self]

    notebook = play("""
    def read(m): return m.wall_us() + m.true_us, m.parts[0] is m
    def ask(m, name): return getattr(m, name)
    def change(m): m.true_us = 0
    """)
    machine = Machine()
    assert notebook.get("read")(machine) == (55, True)
    for name in ("_secret", "__class__.x", "__dict__x", "__init__x"):
        with pytest.raises(AttributeError):
            notebook.get("ask")(machine, name)
    with pytest.raises(AttributeError, match="belongs to the check"):
        notebook.get("change")(machine)
    for secret in (pytest, (lambda: 1).__code__, object()):
        with pytest.raises(CannotCross):
            notebook.get("read")(secret)
    with pytest.raises(AttributeError):
        notebook.get("ask")((n for n in [1]), "gi_frame")
    with pytest.raises(AttributeError):
        notebook.get("ask")(test_functions_of_the_check_can_be_called_back, "func_globals")


def test_a_check_that_fails_in_a_callback_has_failed(play):
    notebook = play(
        "class T: pass\ndef hide(do):\n    try: do(T())\n    except BaseException: pass\n    return 1"
    )
    with pytest.raises(NotPlain):
        notebook.get("hide")(lambda thing: thing == 5)


def test_async_functions_are_awaited(play):
    notebook = play("""
    import asyncio
    queue = asyncio.Queue()
    async def put(x): await asyncio.sleep(0); await queue.put(x); return "put"
    async def take(): return await queue.get()
    async def use(do): return await do(3)
    """)

    async def check():
        assert await notebook.get("put")(5) == "put"
        assert await notebook.get("take")() == 5
        both = await asyncio.gather(notebook.get("take")(), notebook.get("put")(6))
        assert both == [6, "put"], "what is gathered runs side by side"

        async def triple(x):
            return 3 * x

        assert await notebook.get("use")(triple) == 9

    asyncio.run(check())


def test_generators_are_read_as_far_as_needed_and_capped(play):
    notebook = play("""
    made = []
    def count():
        n = 0
        while True:
            made.append(n); yield n; n += 1
    """)
    assert list(islice(notebook.get("count")(), 3)) == [0, 1, 2]
    assert notebook.get("made") == [0, 1, 2], "no further than asked for"
    numbers = notebook.get("count")()
    assert next(numbers) == 0 and next(numbers) == 1


def test_enumerations_named_tuples_and_frozen_dataclasses_are_values(play):
    notebook = play("""
    from enum import Enum, IntEnum
    from dataclasses import dataclass
    from typing import NamedTuple
    class Light(Enum):
        RED = 1
        GREEN = "g"
        def next(self): return Light.GREEN
    class Level(IntEnum):
        LOW = 1
    class Point(NamedTuple):
        x: int
        y: int = 2
    @dataclass(frozen=True)
    class Vote:
        term: int
        who: str = "me"
        def stronger(self, other): return self.term > other.term
    @dataclass
    class Box:
        inside: list
    def same(x): return x
    def is_red(x): return x is Light.RED
    """)
    light, level, point, vote, box = map(notebook.get, ("Light", "Level", "Point", "Vote", "Box"))
    same = notebook.get("same")
    assert same(light.RED) is light.RED and light.RED != light.GREEN and light.GREEN.value == "g"
    assert notebook.get("is_red")(light.RED) is True
    assert same(level.LOW) == 1 and same(level.LOW) is level.LOW
    assert point(1) == (1, 2) and same(point(1)).x == 1 and type(same(point(3, 4))) is point
    assert vote(3) == vote(3, "me") != vote(4) and len({vote(3), vote(3)}) == 1
    assert same(vote(3)).who == "me" and isinstance(same(vote(3)), vote)
    assert vote(3).stronger(vote(2)) is True
    assert box([1]) == box([1]) and box([1]) != box([2]), "what can change is compared by its fields"
    kept = box([1])
    kept.inside = [5]
    assert same(kept).inside == [5] and same(kept) is kept


def test_classes_of_a_shared_cell_are_the_same_on_both_sides(play):
    @dataclass
    class Account:
        owner: str
        cents: int

    Account.__qualname__, Account.__module__ = "Account", __name__
    notebook = play()
    notebook.cell(
        """
    from dataclasses import dataclass
    @dataclass
    class Account:
        owner: str
        cents: int
    """,
        shared=True,
    )
    notebook.share(Account)
    notebook.cell(
        "def pay(a, b, cents):\n    a.cents -= cents\n    b.cents += cents\n    return Account(b.owner, 0)"
    )
    ann, ben = Account("Ann", 5), Account("Ben", 0)
    assert notebook.get("pay")(ann, ben, 2) == Account("Ben", 0)
    assert (ann.cents, ben.cents) == (3, 2), "and changes come back"
    assert notebook.get("Account") is Account
    notebook.cell("class Mine: pass")
    notebook.cell("x = 1", shared=True)

    class Mine:
        pass

    Mine.__qualname__ = "Mine"
    notebook.share(Mine)
    assert notebook.get("Mine") is not Mine, "a class of an answer is never taken for one of the check"


def test_a_check_can_subclass_a_class_of_the_student(play):
    notebook = play("""
    class Retry:
        tries = 0
        def __init__(self, most): self.most = most
        def once(self): raise NotImplementedError
        def wait(self): return "student waits"
        def run(self):
            for self.tries in range(self.most):
                if self.once(): return self.wait()
    """)

    class Flaky(notebook.get("Retry")):
        def __init__(self, most):
            super().__init__(most)
            self.calls = 0

        def once(self):
            self.calls += 1
            return self.calls == 3

        def wait(self):
            return super().wait() + " a little"

    flaky = Flaky(5)
    assert flaky.run() == "student waits a little"
    assert flaky.calls == 3 and flaky.tries == 2 and flaky.most == 5
    assert isinstance(flaky, notebook.get("Retry")) and issubclass(Flaky, notebook.get("Retry"))


def test_one_deadline_holds_for_a_call_with_all_it_does(play):
    notebook = play("import time\ndef slow(do):\n    while True: do(); time.sleep(.05)", limit_s=0.4)
    with pytest.raises(TimeIsUp, match=r"longer than 0\.4 s"):
        notebook.get("slow")(lambda: 1)
    with pytest.raises(TimeIsUp):
        notebook.get("slow")


def test_objects_that_nobody_holds_are_let_go(play):
    notebook = play("""
    import weakref
    class Thing: pass
    alive = weakref.WeakSet()
    def make(): thing = Thing(); alive.add(thing); return thing
    def count(): return len(alive)
    """)
    make, count = notebook.get("make"), notebook.get("count")
    kept = [make() for _ in range(10)]
    assert count() == 10
    del kept[1:]
    assert count() == 1 and isinstance(kept[0], Handle)


def test_fused_calls_do_what_single_calls_do(play):
    notebook = play("""
    class Clock:
        def __init__(self): self.t, self.log = 0, []
        def tick(self, by=1):
            if by < 0: raise ValueError("back")
            self.t += by
            return self.t
        def note(self, what): self.log.append(what); return self.log
        def add(self, into, what): into.append(what)
    """)
    clock = notebook.get("Clock")()
    before = notebook.crossings
    assert together(clock.tick, [()] * 3000) == list(range(1, 3001))
    assert notebook.crossings - before == 3
    assert together(clock.note, [(1,), (2,)]) == [[1], [1, 2]], "each answer as it was then"
    into = []
    together(clock.add, [(into, 1), (into, 2)])
    assert into == [1, 2]
    with pytest.raises(ValueError, match="back"):
        together(clock.tick, [(1,), (-1,), (1,)])
    assert clock.t == 3001, "nothing happens after the call that failed"


@pytest.mark.parametrize(
    ("source", "crossings"),
    [
        ("got = [clock.tick() for _ in range(50)]", 1),
        ("got = [clock.tick(n) for n in (1, 2, 3) if n > 1]", 1),
        ("for n in range(50): clock.tick(n)\nassert n == 49", 1),
        ("got = [clock.tick(clock.t) for _ in range(5)]", 10),
        ("for n in range(5):\n    got = clock.tick(n)\n    assert got >= n", 5),
        ("got = [tick.tick() for tick in [clock, clock]]", 2),
    ],
)
def test_only_loops_whose_arguments_do_not_depend_on_answers_are_fused(play, source, crossings):
    text = "class Clock:\n    t = 1\n    def tick(self, by=1):\n        self.t += by\n        return self.t"
    results = []
    for rewrite in (False, True):
        clock = play(text).get("Clock")()
        clock.t, names = 1, {"clock": clock, "together": together}
        clock.tick(0)
        before = clock._link.crossings
        exec(compile(fused(source, "check") if rewrite else source, "check", "exec"), names)
        crossed = clock._link.crossings - before
        results.append((names.get("got"), clock.t))
    assert results[0] == results[1]
    assert crossed == crossings


def test_a_link_that_lends_nothing_gives_copies_of_all_that_can_change(play):
    notebook = play("""
    from collections import namedtuple
    Pair = namedtuple("Pair", "a b")
    def cheat(want): want.clear(); return want
    def deep(table, pair): table["x"][0].append(1); pair.a.append(2); return table
    def sorted_here(numbers, keep=None): numbers.sort(); keep and keep.append(1); return numbers
    def same(a, b): return a is b[0]
    def arrays(array, frame): array[0] = 9; frame.loc[0, "n"] = 9
    def call(do, numbers): return do(numbers)
    """)
    notebook.lends = False
    want = [1, 2]
    assert notebook.get("cheat")(want) == [] and want == [1, 2], "what is given is not what is returned"
    together(notebook.get("cheat"), [(want,), (want,)])
    numbers, keep = [3, 1, 2], [0]
    assert notebook.get("sorted_here")(numbers, keep=keep) == [1, 2, 3]
    assert (numbers, keep, want) == ([3, 1, 2], [0], [1, 2])
    table, pair = {"x": ([5],)}, notebook.get("Pair")([6], 0)
    assert notebook.get("deep")(table, pair) == {"x": ([5, 1],)}
    assert (table, pair.a) == ({"x": ([5],)}, [6])
    assert notebook.get("same")(want, [want]) is True, "one object is one copy"
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    array, frame = numpy.zeros(2), pandas.DataFrame({"n": [1]})
    notebook.get("arrays")(array, frame)
    assert array[0] == 0 and frame["n"][0] == 1
    assert notebook.get("call")(lambda given: given == want, want) is True, "functions are passed as ever"
    assert notebook.changed == 9, "what was done to the copies is counted"
    notebook.lends = True
    assert notebook.get("cheat")(want) == [] == want
