"""The explorer, against counts that others have published and against a search without any trick.

Two-phase commit: Stateright's own test suite asserts 288 states for three resource managers and 8,832 for
five, and TLC counts the same, and 296,448 for seven, for Lamport's specification. The election of Raft: TLC
counts 248 states at depth 10 up to term 1, and 273,690 at depth 21 up to term 2, for an equivalent
specification (in tests/bench/specs); with its own symmetry, 45,798. Random protocols: a search that copies
whole worlds finds the same states.
"""

from collections import Counter
from itertools import permutations
from random import Random
from typing import ClassVar

import pytest

from distsys.explore import cluster, explore
from distsys.node import NOBODY, Node, create, message, on
from tests.bench.explorer import tlc
from tests.distsys.protocols import OneTerm, RaftElection, all_agree, one_leader_a_term, two_phase_commit

# --- published counts


@pytest.mark.parametrize(("size", "states"), [(3, 288), (5, 8_832), (7, 296_448)])
def test_two_phase_commit_has_as_many_states_as_stateright_and_tlc_count(size, states):
    result = explore(two_phase_commit(size), invariants=[all_agree])

    assert (result.status, result.states) == ("ok", states)


@pytest.mark.parametrize(("protocol", "states", "depth"), [(OneTerm, 248, 10), (RaftElection, 273_690, 21)])
def test_the_election_of_raft_has_as_many_states_and_levels_as_tlc_counts(protocol, states, depth):
    result = explore(cluster(protocol, 3), invariants=[one_leader_a_term])

    assert (result.status, result.states, result.depth) == ("ok", states, depth)


@pytest.mark.parametrize(
    ("specification", "constants", "make"),
    [
        ("RaftElection", {"LastTerm": 1}, cluster(OneTerm, 3)),
        ("TwoPhaseCommit", {"Resources": "{r1, r2, r3}"}, two_phase_commit(3)),
    ],
)
def test_tlc_itself_visits_as_many_states_and_levels_if_it_is_there(specification, constants, make):
    try:
        found = tlc(specification, **constants)
    except ImportError as missing:
        pytest.skip(f"{missing.name} is missing")

    result = explore(make)

    assert found == (result.states, result.depth)


def test_symmetry_makes_the_election_of_raft_almost_six_times_smaller():
    result = explore(cluster(RaftElection, 3), symmetry=True, invariants=[one_leader_a_term])

    assert (result.status, result.states, result.depth) == ("ok", 45_798, 21)


# --- random protocols against a search that copies whole worlds

STATES, LETTERS, TIMERS = 3, 2, {"short": (1, 2), "long": (2, 3)}
EVENTS = ("start", *TIMERS, *range(LETTERS))


@message
class Letter:
    number: int
    about: str


class Machine(Node):
    """Does what a random table says, until it has sent all it may send."""

    durable = ("kept", "vote")
    table: ClassVar = {}
    may_send = 2

    def __init__(self):
        self.state = self.kept = self.sent = 0
        self.friends = frozenset()
        self.vote = None

    def on_start(self):
        self.react("start", self.id)

    @on("short")
    def short(self):
        self.react("short", self.id)

    @on("long")
    def long(self):
        self.react("long", self.id)

    @on(Letter)
    def read(self, src, letter):
        self.react(letter.number, letter.about)

    def react(self, event, about):
        self.state, actions = self.table[event, (self.state + self.kept) % STATES]
        for action, value in actions:
            getattr(self, action)(value, about)

    def tell(self, number, about):
        if self.sent < self.may_send:
            self.sent += 1
            self.broadcast(Letter(number, about))

    def tell_someone(self, number, about):
        if self.sent < self.may_send:
            self.sent += 1
            self.send(self.choose((*self.peers, self.id)), Letter(number, self.id))

    def arm(self, timer, about):
        self.set_timer(timer, *TIMERS[timer])

    def disarm(self, timer, about):
        self.cancel_timer(timer)

    def keep(self, value, about):
        self.kept = value

    def hesitate(self, value, about):
        self.state = self.choose((self.state, value))

    def befriend(self, value, about):
        self.friends |= {about}

    def vote_for(self, value, about):
        self.vote = self.vote or about


def random_machine(seed):
    """A class of machines with a table of its own."""
    random = Random(seed)
    actions = [
        *[("tell", number) for number in range(LETTERS)], ("tell_someone", 0),
        ("befriend", 0), ("vote_for", 0), *[("arm", timer) for timer in TIMERS], ("disarm", "short"),
        *[("keep", value) for value in range(2)], ("hesitate", 1),
    ]  # fmt: skip
    table = {
        (event, state): (random.randrange(STATES), random.choices(actions, k=random.randint(0, 2)))
        for event in EVENTS
        for state in range(STATES)
    }
    for state in range(STATES):
        table["start", state][1].append(("arm", random.choice([*TIMERS])))
    return type("Machine", (Machine,), {"table": table, "may_send": random.randint(1, 2)})


class NaiveWorlds:
    """Finds every state of machines by copying whole worlds: slow, and too simple to be wrong.

    A world is (one tuple a node, the messages, the crashes so far). A node is (up, attributes, timers); it
    has no timers and only its durable attributes while it is down.
    """

    def __init__(self, machine, size, network, crashes, ordered):
        self.machine, self.network, self.crashes, self.ordered = machine, network, crashes, ordered
        self.names = tuple(cluster(machine, size))

    def handle(self, index, node, act):
        """Every (node, sent) that an act can lead to; its choices are tried one after the other."""
        results, scripts = [], [()]
        for script in scripts:
            host = NaiveHost(script, node[2], self.ordered)
            real = create(self.machine, self.names[index], set(self.names) - {self.names[index]})
            vars(real).update(dict(node[1]))
            real._host = host
            act(real)
            real._host = NOBODY
            after = (True, tuple(sorted(vars(real).items())), host.set_timers)
            results.append((after, [(self.names[index], *letter) for letter in host.sent]))
            scripts += [
                (*host.taken[:place], other)
                for place in range(len(script), len(host.taken))
                for other in range(1, host.widths[place])
            ]
        return results

    def starts(self):
        nowhere = (True, (), ())
        worlds = [((), self.post((), []), 0)]
        for index in range(len(self.names)):
            worlds = [
                ((*nodes, node), self.post(letters, sent), 0)
                for nodes, letters, _ in worlds
                for node, sent in self.handle(index, nowhere, lambda real: real.on_start())
            ]
        return set(worlds)

    def post(self, letters, sent):
        if self.network == "set":
            return frozenset(letters) | frozenset(sent)
        if self.network == "bag":
            return tuple(sorted([*letters, *sent], key=repr))
        return tuple(sorted([*letters, *sent], key=lambda letter: letter[:2]))  # stable: links keep order

    def arrivals(self, letters, name):
        """Each message that may arrive, with the messages that are left then."""
        if self.network == "set":
            return [(letter, letters) for letter in letters if letter[1] == name]
        if self.network == "bag":
            found = [letter for letter in Counter(letters) if letter[1] == name]
        else:
            links = {letter[:2]: letter for letter in reversed(letters)}  # the first of each link wins
            found = [letter for letter in links.values() if letter[1] == name]
        rest = [(letter, letters.index(letter)) for letter in found]
        return [(letter, letters[:place] + letters[place + 1 :]) for letter, place in rest]

    def ready(self, timers):
        return [
            name
            for place, name in enumerate(timers)
            if not self.ordered or not any(TIMERS[name][0] >= TIMERS[early][1] for early in timers[:place])
        ]

    def after(self, world):
        """Every world one step away."""
        nodes, letters, crashed = world
        for index, node in enumerate(nodes):
            for after, left, sent, more in self.steps(index, node, letters, crashed):
                yield (*nodes[:index], after, *nodes[index + 1 :]), self.post(left, sent), crashed + more

    def steps(self, index, node, letters, crashed):
        up, attributes, timers = node
        name = self.names[index]
        if not up:
            for after, sent in self.handle(index, (True, attributes, ()), lambda real: real.on_start()):
                yield after, letters, sent, 0
            if self.network == "fifo":  # what arrives at a node that is down is lost
                for _, left in self.arrivals(letters, name):
                    yield node, left, [], 0
            return
        for (src, _, letter), left in self.arrivals(letters, name):
            for after, sent in self.handle(index, node, lambda real, s=src, m=letter: real.read(s, m)):
                yield after, left, sent, 0
        for timer in self.ready(timers):
            armed = (True, attributes, tuple(other for other in timers if other != timer))
            for after, sent in self.handle(index, armed, lambda real, t=timer: getattr(real, t)()):
                yield after, letters, sent, 0
        if crashed < self.crashes:
            durable = tuple(pair for pair in attributes if pair[0] in self.machine.durable)
            yield (False, durable, ()), letters, [], 1

    def explore(self, limit):
        """All worlds and the number of levels; None if there are too many."""
        frontier = self.starts()
        seen, depth = set(frontier), 0
        while frontier:
            depth += 1
            frontier = {after for world in frontier for after in self.after(world)} - seen
            seen |= frontier
            if len(seen) > limit:
                return None
        return seen, depth

    def classes(self, worlds):
        """How many worlds there are if worlds that differ in names alone count as one."""
        swaps = [dict(zip(self.names, order, strict=True)) for order in permutations(self.names)]
        return len({frozenset(self.renamed(world, names) for names in swaps) for world in worlds})

    def renamed(self, world, names):
        nodes, letters, crashed = world
        moved = {
            names[name]: (up, tuple((k, swap(v, names)) for k, v in attributes), timers)
            for name, (up, attributes, timers) in zip(self.names, nodes, strict=True)
        }
        sent = [(names[src], names[dst], Letter(m.number, names[m.about])) for src, dst, m in letters]
        return tuple(moved[name] for name in self.names), self.post((), sent), crashed


def swap(value, names):
    if isinstance(value, frozenset):
        return frozenset(names[name] for name in value)
    return names.get(value, value)


class NaiveHost:
    """Takes down effects, for the naive search."""

    def __init__(self, script, timers, ordered):
        self.script, self.ordered = script, ordered
        self.set_timers, self.sent, self.taken, self.widths = tuple(timers), [], [], []

    def send(self, to, letter):
        self.sent.append((to, letter))

    def set_timer(self, name, low, high):
        self.cancel_timer(name)
        timers = *self.set_timers, name
        self.set_timers = timers if self.ordered else tuple(sorted(timers))

    def cancel_timer(self, name):
        self.set_timers = tuple(other for other in self.set_timers if other != name)

    def choose(self, options):
        self.taken.append(self.script[len(self.taken)] if len(self.taken) < len(self.script) else 0)
        self.widths.append(len(options))
        return options[self.taken[-1]]


SETTINGS = [
    {"network": network, "crashes": crashes, "timers": timers}
    for network in ("set", "bag", "fifo")
    for crashes, timers in ((0, "any"), (0, "ordered"), (1, "any"))
]


def cases(setting, count=12, limit=1500):
    """Random machines that are neither too simple nor too big, with all their worlds."""
    found, seed = [], 0
    while len(found) < count:
        seed += 1
        machine = random_machine(seed)
        size = 2 + seed % 2
        ordered = setting["timers"] == "ordered"
        naive = NaiveWorlds(machine, size, setting["network"], setting["crashes"], ordered)
        worlds = naive.explore(limit)
        if worlds is not None and len(worlds[0]) > 15:
            found.append((cluster(machine, size), naive, *worlds))
    return found


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: "-".join(map(str, setting.values())))
def test_random_protocols_have_the_states_that_a_search_of_whole_worlds_finds(setting):
    for make, naive, worlds, depth in cases(setting):
        plain = explore(make, **setting)
        symmetric = explore(make, symmetry=True, **setting)

        assert (plain.status, plain.states, plain.depth) == ("ok", len(worlds), depth)
        assert (symmetric.status, symmetric.states) == ("ok", naive.classes(worlds))
