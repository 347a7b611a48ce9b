"""The student's nodes live in another process, and the judge's simulation cannot tell."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from autograder.trust.errors import CannotCross, TimeIsUp
from distsys.clock import Clock
from distsys.determinism import assert_deterministic
from distsys.explore import cluster, explore
from distsys.faults.sweep import sweep
from distsys.network import Network, Uniform
from distsys.node import Node, NotFrozen
from distsys.simulation import HandlerFailed, Simulation

COUNTER = '''
from enum import Enum
from distsys.node import Node, message, on

class Role(Enum):
    IDLE = "idle"
    BUSY = "busy"

@message
class Hello:
    number: int
    role: Role

class Counter(Node):
    """Counts greetings, keeps some of them, and uses every effect there is."""
    durable = ("kept",)
    PERIOD = 30

    def __init__(self, most=3):
        self.kept, self.seen, self.role, self.most = 0, [], Role.IDLE, most

    def on_start(self):
        self.set_timer("greet", 5, self.PERIOD)
        self.note("up", kept=self.kept)

    @on("greet")
    def greet(self):
        self.role = Role.BUSY
        to = self.choose(self.peers)
        self.send(to, Hello(len(self.seen), self.role))
        self.note("read", wall=self.now_us, monotonic=self.monotonic_us > 0)
        self.step_clock(1)
        self.note("read again", wall=self.now_us)
        self.disk.append("log", b"x")
        self.disk.fsync("log")
        self.set_timer("greet", 5, self.PERIOD)

    @on(Hello)
    def hear(self, src, hello):
        self.seen.append((src, hello.number, hello.role))
        self.kept += 1
        if self.kept % 4 == 0:
            self.broadcast(Hello(-1, Role.IDLE))
            self.cancel_timer("nothing") if False else self.slew_clock(100)

    def total(self, plus):
        return self.kept + plus
'''


def here(source: str) -> ModuleType:
    """The same cell in the judge's own process, to compare with."""
    module = sys.modules["judged_nodes"] = ModuleType("judged_nodes")
    exec(compile(source, "cell", "exec", dont_inherit=True), vars(module))
    return module


def world(factory, seed: int) -> Simulation:
    network = Network(latency=Uniform(1, 20), loss=0.1, duplicate=0.1)
    simulation = Simulation(seed, network)
    simulation.cluster(factory, 3, clocks=[Clock(offset_ms=7, drift_ppm=50)])
    simulation.at(150, lambda: simulation.crash("n2"))
    simulation.at(200, lambda: simulation.restart("n2"))
    simulation.at(220, lambda: simulation.pause("n1", 40))
    return simulation


@pytest.mark.parametrize("seed", range(4))
def test_a_run_with_remote_nodes_is_the_same_to_the_last_event(play, seed):
    local, notebook = here(COUNTER), play(COUNTER)
    want = world(local.Counter, seed)
    got = world(notebook.get("Counter"), seed)
    assert [str(record) for record in got.run(400).trace] == [str(record) for record in want.run(400).trace]
    for name, node in want.nodes.items():
        far = got.nodes[name]
        assert isinstance(far, Node) and list(vars(far)) == list(vars(node))
        assert (far.kept, far.most, str(far.seen)) == (node.kept, node.most, str(node.seen))
        assert got.machines[name].disk.read("log") == want.machines[name].disk.read("log") != b""


def test_an_event_is_one_crossing(play):
    notebook = play("""
    from distsys.node import Node, message, on
    @message
    class Ping:
        n: int
    class Echo(Node):
        def on_start(self): self.broadcast(Ping(0))
        @on(Ping)
        def ping(self, src, ping):
            self.last = ping.n, self.now
            self.send(src, Ping(ping.n + 1))
    """)
    simulation = Simulation(1)
    simulation.cluster(notebook.get("Echo"), 2)
    simulation.run(1)
    before = notebook.crossings
    run = simulation.run(200)
    assert notebook.crossings - before == run.stats["deliver"] > 20


def test_a_crash_keeps_what_was_durable_and_nothing_else(play):
    simulation = Simulation(2)
    simulation.cluster(play(COUNTER).get("Counter"), 2)
    simulation.run(300)
    kept = simulation.nodes["n1"].kept
    assert kept > 2
    simulation.crash("n1")
    simulation.restart("n1")
    node = simulation.nodes["n1"]
    assert node.kept == kept and node.seen == []
    assert node.total(5) == kept + 5, "the student's object knows it, too"


def test_properties_and_checks_read_attributes_and_call_methods(play):
    notebook = play(COUNTER)
    counter = notebook.get("Counter")
    assert issubclass(counter, Node) and counter.PERIOD == 30 and counter.__name__ == "Counter"
    simulation = Simulation(3)
    simulation.cluster(lambda: counter(most=9), 2)
    simulation.always(
        lambda: all(node.kept == len(node.seen) for node in simulation.nodes.values()), "counted"
    )
    simulation.sometimes(lambda: simulation.nodes["n1"].role is notebook.get("Role").BUSY, "busy")
    assert simulation.run(200).ok
    node = simulation.nodes["n1"]
    node.kept = 70
    assert node.total(0) == 70 and node.most == 9 and node.PERIOD == 30
    with pytest.raises(AttributeError):
        node.nothing  # noqa: B018


def test_a_base_class_of_a_shared_cell_and_a_check_s_own_subclass(play):
    base = """
from distsys.node import Node, message, on
@message
class Said:
    text: str
class Talker(Node):
    def __init__(self): self.log = []
    def ask(self, text): self.log.append(text); self.post(text)
"""
    local, notebook = here(base), play()
    notebook.cell(base, shared=True)
    notebook.share(local.Said, local.Talker)
    notebook.cell("""
class Chat(Talker):
    def post(self, text): self.broadcast(Said(text))
    @on(Said)
    def said(self, src, said): self.log.append(said.text)
""")
    chat = notebook.get("Chat")
    assert issubclass(chat, local.Talker)

    class Spy(chat):
        def on_start(self):
            super().on_start()
            self.note("spying")

    simulation = Simulation(0)
    simulation.cluster(Spy, 2)
    simulation.at(10, lambda: simulation.call("n1", "ask", "hi"))
    run = simulation.run(100)
    assert [node.log for node in simulation.nodes.values()] == [["hi"], ["hi"]]
    assert run.stats["note"] == 2
    assert {type(record.data) for record in run.trace if record.kind == "send"} == {local.Said}


def test_a_handler_that_fails_is_blamed_as_always(play):
    notebook = play("""
    import random, time
    from distsys.node import Node
    class Bad(Node):
        what = "raise"
        def on_start(self):
            self.note("before")
            if self.what == "raise": raise ValueError("no")
            if self.what == "random": random.random()
            if self.what == "clock": time.time()
            if self.what == "list": self.send("n2", [1])
            if self.what == "nobody": self.send("n9", 1)
            while self.what == "loop": pass
    names = "raise random clock list nobody loop".split()
    kinds = {what: type(what, (Bad,), {"what": what}) for what in names}
    """, limit_s=0.5)  # fmt: skip

    def run(what: str) -> None:
        simulation = Simulation(0)
        simulation.cluster(notebook.get("kinds")[what], 2)
        simulation.run(10)

    for what, said in (
        ("raise", "ValueError.'no'"), ("random", "NotDeterministic"), ("clock", "NotDeterministic"),
        ("list", "frozen, use a tuple"), ("nobody", "no node of that name"),
    ):  # fmt: skip
        with pytest.raises(HandlerFailed, match=said) as caught:
            run(what)
        assert what != "list" or isinstance(caught.value.__cause__, NotFrozen)
    assert notebook.run("now", "import time; time.time()").error is None, "between runs the clock can be read"
    with pytest.raises(TimeIsUp):
        run("loop")


def test_effects_outside_a_handler_are_refused(play):
    simulation = Simulation(0)
    simulation.cluster(play(COUNTER).get("Counter"), 2)
    simulation.run(50)
    with pytest.raises(RuntimeError, match="outside a handler"):
        simulation.nodes["n1"].greet()


def test_sweeps_work(play):
    counter = play(COUNTER).get("Counter")

    def make(seed):
        simulation = Simulation(seed)
        simulation.cluster(counter, 2)
        simulation.always(lambda: all(node.kept < 1000 for node in simulation.nodes.values()))
        return simulation

    assert sweep(make, range(3), until_ms=100).ok


SETS = """
from distsys.node import Node, message, on
@message
class Hi:
    n: int
class Sets(Node):
    def on_start(self):
        for name in ORDER(set(self.peers)): self.send(name, Hi(1))
    @on(Hi)
    def hi(self, src, hi): self.heard = src
"""


@pytest.mark.parametrize("order", ["list", "sorted"])
def test_detectors_of_chance_see_through_to_the_student_s_sets(play, order):
    kind = play(SETS.replace("ORDER", order)).get("Sets")

    def make():
        simulation = Simulation(0)
        simulation.cluster(kind, 6)
        return simulation

    if order == "sorted":
        assert_deterministic(make, until_ms=50, processes=False)
    else:
        with pytest.raises(AssertionError, match="hash"):
            assert_deterministic(make, until_ms=50, processes=False)


LOCK = """
from distsys.node import Node, message, on
@message
class Take:
    pass
@message
class Give:
    pass
class Peer(Node):
    def __init__(self): self.has, self.asked = self.id == "n1", set()
    def on_start(self):
        if not self.has: self.broadcast(Take())
    @on(Take)
    def take(self, src, take):
        self.asked.add(src)
        if self.has:
            self.has = %s
            self.send(self.choose(sorted(self.asked)), Give())
    @on(Give)
    def give(self, src, give): self.has = True
"""


@pytest.mark.parametrize("broken", [False, True])
def test_explorers_see_the_same_states(play, broken):
    source = LOCK % broken
    results = [explored(peer) for peer in (here(source).Peer, play(source).get("Peer"))]
    assert results[0] == results[1]
    assert results[0][0] is not broken


def explored(peer):
    def one_owner(nodes):
        return sum(getattr(node, "has", 0) for node in nodes.values()) <= 1

    result = explore(cluster(peer, 3), network="bag", invariants=[one_owner])
    return result.ok, result.states, result.explanation


def test_what_an_explorer_cannot_keep_is_refused(play):
    notebook = play("""
    from distsys.node import Node
    class Shares(Node):
        def on_start(self): self.a = self.b = []
    """)
    with pytest.raises(CannotCross, match=r"self\.a and self\.b hold the same list"):
        explored(notebook.get("Shares"))
