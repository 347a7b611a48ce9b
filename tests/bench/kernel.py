"""How fast is the kernel, against simulators that were made for other things?

Everybody sends the same tokens round a ring of five, keeps the same trace, asks the same chance whether a
message is lost, and looks at one property after every delivery. Processor time is counted, because other
work on the machine disturbs it least.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Any

from distsys.network import Network, Uniform
from distsys.node import Node, message, on
from distsys.simulation import Simulation
from tests.bench.rows import Row, best_of

SIZE, TOKENS, LOSS = 5, 2, 1e-9
DELIVERIES = 40_000


@message
class Token:
    """Goes round."""

    hops: int


class Ring(Node):
    """Passes tokens on for ever."""

    def on_start(self):
        self.next = self.peers[0]
        for _ in range(TOKENS):
            self.send(self.next, Token(0))

    @on(Token)
    def pass_on(self, src, token):
        self.send(self.next, Token(token.hops + 1))


def always_true() -> bool:
    """The property."""
    return True


def kernel_rate() -> float:
    """Deliveries a second."""
    simulation = Simulation(1, Network(Uniform(1, 10), loss=LOSS))
    simulation.cluster(Ring, SIZE)
    simulation.always(always_true)
    start = time.process_time()
    run = simulation.run(22_000)
    elapsed = time.process_time() - start
    return run.stats["deliver"] / elapsed


class Peer:
    """What every peer has to do besides simulating: trace, loss and property."""

    def __init__(self) -> None:
        self.trace: list[tuple[Any, ...]] = []
        self.random, self.numbers = Random(1), count(1)

    def sent(self, now: float, src: str, dst: str, token: Token) -> tuple[int, bool]:
        """The number of a message, and whether it is not lost."""
        number = next(self.numbers)
        self.trace.append((now, "send", src, dst, number, token))
        return number, self.random.random() >= LOSS

    def delivered(self, now: float, src: str, dst: str, number: int, token: Token) -> None:
        """A message has arrived."""
        self.trace.append((now, "deliver", dst, src, number, token))
        assert always_true()

    def delay(self) -> float:
        """How long a message travels."""
        return 1 + self.random.random() * 9

    def rate(self, run: Callable[[], object]) -> float:
        """Deliveries a second."""
        start = time.process_time()
        run()
        return len(self.trace) / 2 / (time.process_time() - start)


def simpy_rate() -> float:
    """As in SimPy's own example of latency: a cable is a store, and each message on it a process."""
    import simpy  # noqa: PLC0415 - an optional peer

    peer, environment = Peer(), simpy.Environment()

    class Cable:
        def __init__(self) -> None:
            self.store = simpy.Store(environment)

        def latency(self, value: tuple[Any, ...]) -> Iterator[Any]:
            yield environment.timeout(peer.delay())
            self.store.put(value)

        def put(self, src: str, dst: str, token: Token) -> None:
            number, kept = peer.sent(environment.now, src, dst, token)
            if kept:
                environment.process(self.latency((src, number, token)))

        def get(self) -> Any:
            return self.store.get()

    def node(number: int, inbox: Cable, outbox: Cable) -> Iterator[Any]:
        name, after = f"n{number}", f"n{(number + 1) % SIZE}"
        for _ in range(TOKENS):
            outbox.put(name, after, Token(0))
        while True:
            src, message_id, token = yield inbox.get()
            peer.delivered(environment.now, src, name, message_id, token)
            outbox.put(name, after, Token(token.hops + 1))

    cables = [Cable() for _ in range(SIZE)]
    for number in range(SIZE):
        environment.process(node(number, cables[number], cables[(number + 1) % SIZE]))
    return peer.rate(lambda: environment.run(until=22_000))


def simpy_lean_rate() -> float:
    """SimPy without its idioms: no process, no store, a callback when the time is up."""
    import simpy  # noqa: PLC0415 - an optional peer

    peer, environment = Peer(), simpy.Environment()

    def send(src: int, token: Token) -> None:
        dst = (src + 1) % SIZE
        number, kept = peer.sent(environment.now, f"n{src}", f"n{dst}", token)
        if kept:
            arrival = environment.timeout(peer.delay())
            arrival.callbacks.append(lambda event: arrive(src, dst, number, token))

    def arrive(src: int, dst: int, number: int, token: Token) -> None:
        peer.delivered(environment.now, f"n{src}", f"n{dst}", number, token)
        send(dst, Token(token.hops + 1))

    for number in range(SIZE):
        for _ in range(TOKENS):
            send(number, Token(0))
    return peer.rate(lambda: environment.run(until=22_000))


def detangle_rate() -> float:
    """Tasks that wait for queues, on detangle's loop of virtual time."""
    import asyncio  # noqa: PLC0415 - only here

    import detangle  # noqa: PLC0415 - an optional peer

    peer = Peer()

    async def ring() -> None:
        loop, enough = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        inboxes: list[asyncio.Queue[tuple[str, int, Token]]] = [asyncio.Queue() for _ in range(SIZE)]

        def send(src: int, token: Token) -> None:
            dst = (src + 1) % SIZE
            number, kept = peer.sent(loop.time(), f"n{src}", f"n{dst}", token)
            if kept:
                loop.call_later(peer.delay(), inboxes[dst].put_nowait, (f"n{src}", number, token))

        async def node(place: int) -> None:
            for _ in range(TOKENS):
                send(place, Token(0))
            while not enough.done():
                src, number, token = await inboxes[place].get()
                peer.delivered(loop.time(), src, f"n{place}", number, token)
                send(place, Token(token.hops + 1))
                if len(peer.trace) > DELIVERIES // 2 and not enough.done():
                    enough.set_result(None)

        tasks = [loop.create_task(node(place)) for place in range(SIZE)]
        await enough
        for task in tasks:
            task.cancel()

    return peer.rate(lambda: detangle.run(ring, max_steps=10**9))


def kernel_vs(peer: Callable[[], float]) -> float:
    """How many times as many deliveries a second as a peer."""
    ours, theirs = best_of(5, kernel_rate, peer)
    return ours / theirs


ROWS = (
    Row("kernel_vs_simpy", "×", 6, lambda: kernel_vs(simpy_rate)),
    Row("kernel_vs_simpy_lean", "×", 2, lambda: kernel_vs(simpy_lean_rate)),
    Row("kernel_vs_detangle", "×", 6, lambda: kernel_vs(detangle_rate)),
)
