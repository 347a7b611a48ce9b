"""Planted bugs: nodes that depend on more than the seed, one way each, and a server that forgets its vote."""

import itertools
import random
import time
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from time import time_ns
from typing import ClassVar

from distsys.faults import nemesis
from distsys.node import Node, message, on
from distsys.simulation import Simulation

from .protocols import Heartbeat, RaftElection


@message
class Word:
    number: int


class Speaker(Node):
    """Says something to each peer, in the order of its peers: nothing is wrong with it."""

    def on_start(self):
        self.set_timer("speak", 10)

    def audience(self):
        return self.peers

    def number(self, peer):
        return 1

    @on("speak")
    def speak(self):
        for peer in self.audience():
            self.send(peer, Word(self.number(peer)))

    @on(Word)
    def hear(self, src, word):
        self.heard = src, word.number


class Careful(Speaker):
    """Keeps names in sets, dicts and durable attributes, but never lets their order decide."""

    durable = ("friends",)

    def __init__(self):
        self.friends = frozenset(self.peers)
        self.counts = defaultdict(int, dict.fromkeys(self.peers, 0))

    def audience(self):
        return sorted(self.friends)

    @on(Word)
    def hear(self, src, word):
        self.counts[src] += 1
        assert self.counts.keys() == self.friends, "a name was taken for another"


class OrderOfASet(Speaker):
    def audience(self):
        return set(self.peers)


class OrderOfTexts(Speaker):
    def audience(self):
        seats = {f"seat of {peer}" for peer in self.peers}
        return [seat.removeprefix("seat of ") for seat in seats]


class Seat:
    def __init__(self, peer):
        self.peer = peer


class OrderOfAddresses(Speaker):
    def audience(self):
        return [seat.peer for seat in {Seat(peer) for peer in self.peers}]


class SortedByAddress(Speaker):
    def audience(self):
        return [seat.peer for seat in sorted([Seat(peer) for peer in self.peers], key=id)]


class GlobalChance(Speaker):
    def number(self, peer):
        return random.randrange(1_000_000)


class Unseeded(Speaker):
    def number(self, peer):
        return random.Random().randrange(1_000_000)


class UniqueByChance(Speaker):
    def number(self, peer):
        return uuid.uuid4().int


class WallClock(Speaker):
    def number(self, peer):
        return int(time.time())


class ImportedClock(Speaker):
    def number(self, peer):
        return time_ns()


class Today(Speaker):
    def number(self, peer):
        return datetime.now(UTC).day


class HourOfTheDay(Speaker):
    def number(self, peer):
        return int(time.strftime("%H"))


class LeftBehind(Speaker):
    numbers = itertools.count()

    def number(self, peer):
        return next(self.numbers)


class SharedByAll(Speaker):
    heard_by_all: ClassVar[list[str]] = []

    @on(Word)
    def hear(self, src, word):
        self.heard_by_all.append(src)
        self.note("heard", times=len(self.heard_by_all))


class HashOfAText(Speaker):
    def number(self, peer):
        return hash("key of " + peer)


def of(speaker, seed=7):
    def make():
        simulation = Simulation(seed)
        simulation.cluster(speaker, 7)
        simulation.at(30, lambda: simulation.crash("n2"))
        simulation.at(40, lambda: simulation.restart("n2"))
        return simulation

    return make


BUGS = {
    "names": (OrderOfASet,),
    "twice": (OrderOfAddresses, SortedByAddress, Unseeded, ImportedClock, LeftBehind, SharedByAll),
    "guard": (GlobalChance, UniqueByChance, WallClock),
    "processes": (OrderOfTexts, HashOfAText, Today, HourOfTheDay),
}
"""Every planted bug, by the first that finds it."""


def world(name, seed=7):
    """The simulation of a speaker, by its name, so that other processes can build it."""
    return of(globals()[name], seed)()


# --- a protocol that is wrong


class SteadyRaft(RaftElection):
    """The election of Raft whose leaders stay: they say again and again that they are there."""

    last_term = 10**9

    def step_down(self):
        super().step_down()
        self.cancel_timer("beat")
        self.note("", role="follower", term=self.term)

    def stand_for_election(self):
        super().stand_for_election()
        if self.role == "candidate":
            self.note("", role="candidate", term=self.term)

    def count(self, src, vote):
        was = self.role
        super().count(src, vote)
        if self.role == "leader" != was:
            self.note("", role="leader", term=self.term)
            self.set_timer("beat", 50)

    @on("beat")
    def beat(self):
        self.broadcast(Heartbeat(self.term))
        self.set_timer("beat", 50)

    def follow(self, src, heartbeat):
        super().follow(src, heartbeat)
        self.set_timer("election", 150, 300)


class ForgetfulRaft(SteadyRaft):
    """Remembers its term over a crash, but not for whom it voted."""

    durable = ("term",)


def election(seed, factory=ForgetfulRaft, size=3):
    """Servers that elect leaders; each term may have one, ever."""
    simulation = Simulation(seed)
    simulation.cluster(factory, size)
    leaders = {}

    def one_leader_a_term():
        for node in simulation.nodes.values():
            if node.role == "leader":
                first = leaders.setdefault(node.term, node.id)
                assert first == node.id, f"{first} and {node.id} both lead term {node.term}"

    simulation.always(one_leader_a_term, "one leader a term")
    simulation.sometimes(lambda: leaders, "there is a leader")
    return simulation


def trouble(seed, names):
    """Thirty faults a second for two and a half seconds of three."""
    return nemesis(seed, names, ("crash", "loss", "partition"), intensity=30, until_ms=3000, quiesce_ms=500)
