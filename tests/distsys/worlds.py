"""Small worlds that many tests use."""

from collections.abc import Callable

from hypothesis import settings

from distsys.network import Network, Uniform
from distsys.node import Node, message, on
from distsys.simulation import Run, Simulation

examples = settings(deadline=None, derandomize=True, database=None, max_examples=200)
"""How every property test runs: the same examples every time, and no limit that a slow machine breaks."""


@message
class Ping:
    number: int


@message
class Crowd:
    names: frozenset[str]


class Mailbox(Node):
    """Keeps the numbers it hears, and tells one when it is asked to."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def tell(self, to: str, number: int) -> None:
        self.send(to, Ping(number))

    @on(Ping)
    def hear(self, src: str, ping: Ping) -> None:
        self.heard.append(ping.number)


class Gossip(Node):
    """Makes traffic of every kind: random timers, choices, sets in messages, notes, durable counting."""

    durable = ("known",)

    def __init__(self) -> None:
        self.known: frozenset[str] = frozenset({self.id})

    def on_start(self) -> None:
        self.set_timer("spread", 1, 20)

    @on("spread")
    def spread(self) -> None:
        self.send(self.choose(self.peers), Crowd(self.known))
        self.note("spread", known=self.known)
        self.set_timer("spread", 1, 20)

    def meet(self, names: frozenset[str]) -> None:
        self.known |= names

    @on(Crowd)
    def learn(self, src: str, crowd: Crowd) -> None:
        self.known |= crowd.names


def mailboxes(network: Network | None = None, names: str = "ab", seed: int = 1) -> Simulation:
    """A simulation with one Mailbox for each letter."""
    simulation = Simulation(seed, network)
    for name in names:
        simulation.add(name, Mailbox)
    return simulation


def say(simulation: Simulation, ms: float, number: int, src: str = "a", dst: str = "b") -> None:
    """Let one mailbox send a number to another at a moment of true time."""
    simulation.at(ms, lambda: simulation.call(src, "tell", dst, number))


def times(run: Run, kind: str, node: str = "", peer: str = "") -> list[float]:
    """When records of a kind happened, in milliseconds."""
    return [
        record.time / 1000
        for record in run.trace
        if record.kind == kind and node in ("", record.node) and peer in ("", record.peer)
    ]


def arrivals(network: Network, count: int, gap_us: int = 0) -> list[tuple[int, ...] | str]:
    """What becomes of many messages on one link, each sent a little later than the last."""
    network.attach(1, lambda envelope: None)
    return [network.link("a", "b").arrivals(Ping(n), n * gap_us) for n in range(count)]


def gossip(seed: int, factory: Callable[[], Node] = Gossip) -> Run:
    """Half a second of traffic between five nodes, with every kind of fault."""
    network = Network(latency=Uniform(1, 30), loss=0.1, duplicate=0.1)
    simulation = Simulation(seed, network)
    simulation.cluster(factory, 5)
    simulation.at(50, lambda: simulation.call("n1", "meet", frozenset({"ann", "bob", "eve"})))
    simulation.at(100, lambda: simulation.partition(["n1", "n2"]))
    simulation.at(200, simulation.heal)
    simulation.at(220, lambda: simulation.crash("n3"))
    simulation.at(260, lambda: simulation.pause("n4", 40))
    simulation.at(300, lambda: simulation.restart("n3"))
    simulation.at(350, lambda: simulation.step_clock("n5", -5_000))
    return simulation.run(500)


