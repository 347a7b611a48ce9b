"""With each node on a machine of its own, nothing is shared but what the check carries."""

from pathlib import Path

import pytest

from autograder.cells import Cell
from autograder.engine.apart import MOST_MACHINES, Apart, Enough, Machines, brief, needed, wanted
from autograder.engine.budget import Budget
from autograder.engine.scene import Scene, Step
from autograder.sandbox import Sandbox
from autograder.trust.errors import CannotCross
from distsys.network import Fixed, Network
from distsys.node import Node
from distsys.simulation import Simulation

ROOT = Path(__file__).parents[3]
NODES = """
from distsys.node import Node, message, on

@message
class Best:
    number: int

told = {}

class Honest(Node):
    durable = ("best",)
    def __init__(self, best=0): self.best = best
    def learn(self, number):
        if number > self.best:
            self.best = told[self.id] = number
            self.broadcast(Best(number))
    @on(Best)
    def heard(self, src, best): self.learn(best.number)

class Telepath(Honest):
    @on(Best)
    def heard(self, src, best): self.best = told.get(src, -1)

class Forgetful(Honest):
    durable = ()
    def on_start(self): self.best = told.get(self.id, 0)

class Counter:
    count = 0
    def next(self):
        Counter.count += 1
        return Counter.count

class Holder:
    def __init__(self, counter): self.counter = counter
    def next(self): return self.counter.next()

def twice(counter): return counter.next() + counter.next()
"""


@pytest.fixture(scope="module")
def sandbox():
    preload = ("autograder.trust.player", "distsys.simulation")
    with Sandbox(preload, readable=[ROOT / "distsys", ROOT / "autograder" / "trust"]) as started:
        yield started


@pytest.fixture
def machines(sandbox):
    """The machines of a question, and what stands on them for the names of the notebook."""
    scene = Scene(sandbox, Budget())
    assert scene.run(Step("answer", NODES))[0] is None
    with scene.question(10) as (link, _), Machines(scene, link) as made:
        yield lambda name: made.apart(name, link.get(name))
    scene.close()


def known(kind, crash=False):
    """What two nodes know after one was told 7, and the other perhaps crashed."""
    simulation = Simulation(1, Network(latency=Fixed(5)))
    simulation.cluster(kind, 2)
    simulation.at(10, lambda: simulation.call("n1", "learn", 7))
    if crash:
        simulation.at(30, lambda: simulation.crash("n2"))
        simulation.at(40, lambda: simulation.restart("n2"))
    simulation.run(100)
    assert all(isinstance(node, Node) for node in simulation.nodes.values())
    return [node.best for node in simulation.nodes.values()]


def test_nodes_that_send_messages_know_the_same_as_together(machines):
    assert known(machines("Honest")) == [7, 7]
    assert known(machines("Honest"), crash=True) == [7, 7]


def test_a_node_that_reads_where_another_has_written_finds_nothing(machines):
    assert known(machines("Telepath")) == [7, -1]


def test_what_was_not_durable_does_not_survive_a_crash(machines):
    assert known(machines("Forgetful")) == [7, 7]
    assert known(machines("Forgetful"), crash=True) == [7, 0]


def test_instances_of_other_classes_are_apart_too_and_objects_stay_with_those_they_are_given_to(machines):
    counter = machines("Counter")
    one, two = counter(), counter()
    assert [one.next(), one.next(), two.next()] == [1, 2, 1]
    assert machines("twice")(one) == 7
    assert machines("Holder")(two).next() == 2
    assert isinstance(one, counter) and not isinstance(one, machines("Holder"))
    with pytest.raises((CannotCross, RuntimeError)):
        machines("Holder")([one, two])


def test_after_so_many_machines_it_has_been_looked_at_long_enough(machines):
    counter = machines("Counter")
    for _ in range(MOST_MACHINES):
        counter()
    with pytest.raises(Enough):
        counter()


def test_only_checks_that_run_nodes_want_it(machines):
    node, counter, function = (machines(name)._value for name in ("Honest", "Counter", "twice"))

    assert wanted("x = 1", [node])
    assert wanted("sim = Simulation(1)", [counter])
    assert not wanted("sim = Simulation(1)", [function, 5])
    assert not wanted("x = 1", [counter])
    assert not isinstance(machines("told"), Apart)


def test_cells_that_the_names_have_nothing_to_do_with_are_not_repeated():
    cells = {
        "plot": "%matplotlib inline\nimport matplotlib.pyplot as plt",
        "helper": "def helper(): return BASE",
        "base": "BASE = 1",
        "broken": "def f(:",
        "answer": "class Gossip(Node):\n    best = helper()",
        "show": "plt.show()",
        "late": "Gossip.best = 2",
    }
    steps = [Step("setup", "from distsys.node import Node", ())]
    steps += [Step(name, source) for name, source in cells.items()]

    found = [step.name for step in needed(steps, ["Gossip"])]
    assert found == ["setup", "helper", "base", "broken", "answer", "late"]
    assert [step.name for step in needed(steps, ["BASE"])] == ["setup", "helper", "base", "broken"]


def test_a_message_that_would_run_more_nodes_is_left_out():
    space = {"calls": []}
    cell = Cell("test", "q", "x = 1\nassert x == 1, calls.append(1)\nassert x == 2, calls.append(2)", 1)
    with pytest.raises(AssertionError, match=r"^$"):
        exec(brief(cell), space)
    assert space["calls"] == []

    with pytest.raises(AssertionError, match=r"^x is 1$"):
        exec(brief(Cell("test", "q", "x = 1\nassert x == 2, f'x is {x}'", 1)), {})
