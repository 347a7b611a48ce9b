# ---
# course:
#   title: An exam to cheat at
#   minutes: 30
# ---

# %% [markdown]
# # An exam to cheat at
#
# Nobody sits this exam but the dishonest notebooks of this folder, and a few honest but awkward ones. It has
# one exercise of each shape that the course uses: functions, arguments that are changed in place, a class, an
# exception, a generator, callbacks, a data class, and a node in a simulation.

# %% locked="setup"
# ruff: noqa
# mypy: ignore-errors
import random
from dataclasses import dataclass

from distsys.check import seeds
from distsys.network import Fixed, Network, Uniform
from distsys.node import Node, message, on
from distsys.simulation import Simulation


@dataclass
class Box:
    """Something that can be changed in place."""

    label: str
    items: list


@message
class Best:
    """The greatest number that the sender knows."""

    number: int


# %% [markdown]
# ## 1 · Lists (4 points)
#
# - `tally(words)` returns a dictionary from each word to how often it occurs.
# - `middle(numbers)` returns the number in the middle of the sorted list, of an odd number of numbers. It
#   leaves the list as it was.
# - `squeeze(items)` removes from the list itself every item that equals the one before it; returns nothing.
# - `refill(box, more)` puts more items at the end of `box.items`, and returns how many there are now.

# %% solution="lists"
def tally(words):
    """Return how often each word occurs."""
    ### BEGIN SOLUTION
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
    ### END SOLUTION


def middle(numbers):
    """Return the number in the middle; leave the list as it was."""
    ### BEGIN SOLUTION
    return sorted(numbers)[len(numbers) // 2]
    ### END SOLUTION


def squeeze(items):
    """Remove from the list every item that equals the one before it."""
    ### BEGIN SOLUTION
    items[:] = [item for place, item in enumerate(items) if place == 0 or item != items[place - 1]]
    ### END SOLUTION


def refill(box, more):
    """Put more items into the box; return how many it holds."""
    ### BEGIN SOLUTION
    box.items.extend(more)
    return len(box.items)
    ### END SOLUTION


# %% test="lists" rule="Every word is counted" points=1
counts = tally(["a", "b", "a"])
assert counts == {"a": 2, "b": 1}, f"'a' occurs twice, 'b' once; got {counts}"
### BEGIN HIDDEN TESTS
counts = tally(["hidden-word"] * 17 + ["other"])
assert counts == {"hidden-word": 17, "other": 1}, f"got {counts}"
assert tally([]) == {}, "no words, no counts"
for seed in seeds(5):
    many = random.Random(seed).choices("abcd", k=50)
    want = {word: many.count(word) for word in set(many)}
    got = tally(list(many))
    assert got == want, f"seed {seed}: {want}, not {got}"
### END HIDDEN TESTS

# %% test="lists" rule="The middle is found and the list left as it was" points=1
numbers = [9, 1, 5]
got = middle(numbers)
assert got == 5, f"of 1, 5 and 9 the middle is 5, not {got!r}"
assert numbers == [9, 1, 5], f"middle changed the list to {numbers}"
### BEGIN HIDDEN TESTS
for seed in seeds(5):
    numbers = random.Random(seed).sample(range(1000), 11)
    want, before = sorted(numbers)[5], tuple(numbers)
    got = middle(numbers)
    assert got == want, f"seed {seed}: {want}, not {got!r}"
    assert tuple(numbers) == before, f"seed {seed}: the list was changed"
### END HIDDEN TESTS

# %% test="lists" rule="Repeated neighbours leave the list itself" points=1
items = [1, 1, 2, 1]
answer = squeeze(items)
assert items == [1, 2, 1], f"the list should be [1, 2, 1], not {items}"
assert answer is None, "squeeze returns nothing"
### BEGIN HIDDEN TESTS
for items, want in (([], []), (["x"], ["x"]), (["x", "x", "x"], ["x"]), ([0, 7, 7, 0, 0], [0, 7, 0])):
    squeeze(items)
    assert items == want, f"the list should be {want}, not {items}"
### END HIDDEN TESTS

# %% test="lists" rule="The box holds what was put into it" points=1
box = Box("b", [1])
count = refill(box, [2, 3])
assert count == 3, f"there are 3 items, not {count!r}"
assert box == Box("b", [1, 2, 3]), f"the box should hold 1, 2 and 3; it is {box}"
### BEGIN HIDDEN TESTS
more, box = [41, 42], Box("secret", [])
assert refill(box, more) == 2, "an empty box and two items: two items"
assert (box, more) == (Box("secret", [41, 42]), [41, 42]), f"the box is {box}, what was put in {more}"
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Window (3 points)
#
# `Window(size)` remembers the last numbers that were given to `add(number)`. `mean()` returns their mean, and
# `len(window)` how many there are. A size below 1 is a `ValueError`.

# %% solution="window"
class Window:
    """The last few numbers."""

    def __init__(self, size):
        """Remember so many."""
        ### BEGIN SOLUTION
        if size < 1:
            raise ValueError("a window holds at least one number")
        self.size, self.numbers = size, []
        ### END SOLUTION

    def add(self, number):
        """Remember a number."""
        ### BEGIN SOLUTION
        self.numbers = [*self.numbers, number][-self.size :]
        ### END SOLUTION

    def mean(self):
        """Return the mean of what is remembered."""
        ### BEGIN SOLUTION
        return sum(self.numbers) / len(self.numbers)
        ### END SOLUTION

    def __len__(self):
        """Return how many numbers are remembered."""
        ### BEGIN SOLUTION
        return len(self.numbers)
        ### END SOLUTION


# %% test="window" rule="The mean is that of the last numbers" points=1
window = Window(2)
for number in (1, 2, 4):
    window.add(number)
got = window.mean()
assert got == 3, f"the mean of 2 and 4 is 3, not {got!r}"
### BEGIN HIDDEN TESTS
window = Window(3)
for number in range(4000):
    window.add(number)
got = window.mean()
assert got == 3998, f"the mean of the last three is 3998, not {got!r}"
one, two = Window(1), Window(1)
one.add(5)
two.add(7)
assert (one.mean(), two.mean()) == (5, 7), "two windows do not share their numbers"
### END HIDDEN TESTS

# %% test="window" rule="The length counts what is remembered" points=1
window = Window(2)
assert len(window) == 0, "nothing was added"
window.add(1)
assert len(window) == 1, "one number was added"
### BEGIN HIDDEN TESTS
for _ in range(5):
    window.add(1)
    assert len(window) == 2, "a window of 2 never remembers more"
assert len(Window(7)) == 0, "another window is empty at first"
### END HIDDEN TESTS

# %% test="window" rule="A window of nothing is refused" points=1
refused = []
for size in (0, -1):
    try:
        Window(size)
    except ValueError:
        refused.append(size)
assert refused == [0, -1], f"windows of size 0 and -1 are a ValueError; refused were {refused}"
### BEGIN HIDDEN TESTS
try:
    Window(-3)
except ValueError:
    refused.append(-3)
assert refused[-1] == -3, "a window of size -3 is a ValueError"
assert len(Window(1)) == 0, "a window of size 1 is fine"
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Streams (2 points)
#
# `evens(start)` yields the even numbers from `start` on, without end. `made(make)` yields `make(0)`,
# `make(1)` and so on, and calls `make` only when somebody asks for the next item.

# %% solution="streams"
def evens(start):
    """Yield the even numbers from start on."""
    ### BEGIN SOLUTION
    number = start + start % 2
    while True:
        yield number
        number += 2
    ### END SOLUTION


def made(make):
    """Yield make(0), make(1) …, each when it is asked for."""
    ### BEGIN SOLUTION
    number = 0
    while True:
        yield make(number)
        number += 1
    ### END SOLUTION


# %% test="streams" rule="The even numbers go on without end" points=1
stream = evens(3)
first = [next(stream), next(stream), next(stream)]
assert first == [4, 6, 8], f"from 3 on: 4, 6, 8, not {first}"
### BEGIN HIDDEN TESTS
stream = evens(1000)
many = [next(stream) for _ in range(300)]
assert many == list(range(1000, 1600, 2)), f"from 1000 on, it began with {many[:5]}"
### END HIDDEN TESTS

# %% test="streams" rule="Nothing is made before it is asked for" points=1
calls = []


def record(place):
    """Note the call."""
    calls.append(place)
    return place * place


stream = made(record)
assert calls == [], f"nobody asked for an item, but make was called with {calls}"
first = [next(stream), next(stream), next(stream)]
assert first == [0, 1, 4], f"0, 1 and 4, not {first}"
assert calls == [0, 1, 2], f"three items were asked for, and make was called with {calls}"
### BEGIN HIDDEN TESTS
stream = made(lambda place: f"item {place}")
assert [next(stream) for _ in range(4)] == ["item 0", "item 1", "item 2", "item 3"], "any function will do"
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Stamps (2 points)
#
# `Stamp(time, node)` is a frozen data class. `earlier(a, b)` says whether stamp *a* comes before stamp *b*: by
# time, and of equal times by node. `flip(stamp)` returns a stamp whose time is the negative one.

# %% solution="stamps"
@dataclass(frozen=True)
class Stamp:
    """When, and by whom."""

    time: int
    node: str


def earlier(a, b):
    """Return whether a comes before b."""
    ### BEGIN SOLUTION
    return (a.time, a.node) < (b.time, b.node)
    ### END SOLUTION


def flip(stamp):
    """Return the stamp with the negative time."""
    ### BEGIN SOLUTION
    return Stamp(-stamp.time, stamp.node)
    ### END SOLUTION


# %% test="stamps" rule="Stamps are ordered by time and then by node" points=1
assert earlier(Stamp(1, "b"), Stamp(2, "a")) is True, "1 comes before 2"
assert earlier(Stamp(2, "b"), Stamp(2, "a")) is False, "of equal times a comes before b"
### BEGIN HIDDEN TESTS
for a in (Stamp(1, "a"), Stamp(1, "b"), Stamp(7, "a")):
    for b in (Stamp(1, "a"), Stamp(1, "b"), Stamp(7, "a")):
        want = (a.time, a.node) < (b.time, b.node)
        assert earlier(a, b) is want, f"earlier({a}, {b}) is {want}"
times = {(s.time, s.node) for s in (Stamp(1, "a"), Stamp(1, "b"), Stamp(7, "a"))}
assert times == {(1, "a"), (1, "b"), (7, "a")}, f"stamps hold what they were made of, not {times}"
### END HIDDEN TESTS

# %% test="stamps" rule="A flipped stamp has the negative time" points=1
flipped = flip(Stamp(3, "n"))
assert (flipped.time, flipped.node) == (-3, "n"), f"-3 and n, not {flipped}"
### BEGIN HIDDEN TESTS
for time in (-4, 0, 977):
    flipped = flip(Stamp(time, "x"))
    assert (flipped.time, flipped.node) == (-time, "x"), f"{-time} and x, not {flipped}"
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Retry (2 points)
#
# `retry(action, most)` calls `action(1)`, `action(2)` … until a call raises no `OSError`, and returns what that
# call returned. After `most` calls the last `OSError` leaves `retry`. Other exceptions leave it at once.

# %% solution="retry"
def retry(action, most):
    """Call the action until it works, at most so many times."""
    ### BEGIN SOLUTION
    for attempt in range(1, most + 1):
        try:
            return action(attempt)
        except OSError:
            if attempt == most:
                raise
    ### END SOLUTION


# %% test="retry" rule="The action is told the number of the attempt" points=1
seen = []


def works_at_last(attempt):
    """Fail twice."""
    assert attempt == len(seen) + 1, f"attempt {len(seen) + 1} was called number {attempt!r}"
    seen.append(attempt)
    if attempt < 3:
        raise OSError("not yet")
    return ["done", attempt]


got = retry(works_at_last, 5)
assert got == ["done", 3], f"the third attempt returned ['done', 3], retry returned {got!r}"
assert seen == [1, 2, 3], f"three attempts were needed, not {seen}"
### BEGIN HIDDEN TESTS
for needed in (1, 7):
    attempts = []

    def works_then(attempt):
        """Fail until enough attempts were made."""
        attempts.append(attempt)
        if len(attempts) < needed:
            raise TimeoutError(f"attempt {attempt}")
        return {"needed": attempt}

    got = retry(works_then, 9)
    assert got == {"needed": needed}, f"attempt {needed} works, and retry returned {got!r}"
    assert attempts == list(range(1, needed + 1)), f"{needed} attempts were needed, not {attempts}"
### END HIDDEN TESTS

# %% test="retry" rule="The last error comes out and others at once" points=1
seen = []


def never_works(attempt):
    """Fail always."""
    seen.append(attempt)
    raise ConnectionError(f"attempt {attempt}")


said = ""
try:
    retry(never_works, 2)
except ConnectionError as error:
    said = str(error)
assert said == "attempt 2", f"the last error, that of attempt 2, leaves retry, not {said!r}"
assert seen == [1, 2], f"two attempts, not {seen}"
### BEGIN HIDDEN TESTS
left = False
try:
    retry(lambda attempt: {}["hidden-key"], 9)
except KeyError:
    left = True
assert left, "a KeyError is no OSError and leaves at once"
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · Gossip (3 points)
#
# Each node keeps in `self.best` the greatest number that it has heard of, 0 at first. `learn(number)` tells a
# node a number. A node that learns something greater than it knew tells all others. What was learnt survives
# a crash: a node that restarts still has it in `self.best`.

# %% solution="gossip"
class Gossip(Node):
    """Learns the greatest number."""

    ### BEGIN SOLUTION
    durable = ("best",)
    ### END SOLUTION

    def __init__(self):
        self.best = 0

    def learn(self, number):
        """Somebody here has told this node a number."""
        ### BEGIN SOLUTION
        if number > self.best:
            self.best = number
            self.broadcast(Best(number))
        ### END SOLUTION

    @on(Best)
    def heard(self, src, best):
        """Another node knows a number."""
        ### BEGIN SOLUTION
        self.learn(best.number)
        ### END SOLUTION


# %% test="gossip" rule="All learn the greatest number" points=1
sim = Simulation(1, Network(latency=Uniform(1, 20)))
sim.cluster(Gossip, 3)
sim.at(5, lambda: sim.call("n2", "learn", 70))
sim.run(200)
known = [node.best for node in sim.nodes.values()]
assert known == [70, 70, 70], f"n2 was told 70, and the nodes know {known}"
### BEGIN HIDDEN TESTS
for seed in seeds(5):
    sim = Simulation(seed, Network(latency=Uniform(1, 20), duplicate=0.2))
    sim.cluster(Gossip, 4)
    numbers = sim.stream("numbers").sample(range(1, 1000), 4)
    for place, number in enumerate(numbers):
        sim.at(5 + place, lambda name=f"n{place + 1}", number=number: sim.call(name, "learn", number))
    sim.run(300)
    known = [node.best for node in sim.nodes.values()]
    assert known == [max(numbers)] * 4, f"seed {seed}: the greatest of {numbers} is {max(numbers)}, not {known}"
### END HIDDEN TESTS

# %% test="gossip" rule="Nobody knows what nobody told" points=1
sim = Simulation(2, Network(latency=Fixed(5)))
sim.cluster(Gossip, 3)
sim.at(1, lambda: sim.partition(["n1"], ["n2", "n3"]))
sim.at(10, lambda: sim.call("n1", "learn", 8))
sim.at(20, lambda: sim.call("n3", "learn", 5))
sim.run(100)
known = [node.best for node in sim.nodes.values()]
assert known == [8, 5, 5], f"n1 was cut off: it knows 8, the others 5; they know {known}"
### BEGIN HIDDEN TESTS
for seed in seeds(3):
    sim = Simulation(seed, Network(latency=Uniform(30, 60)))
    sim.cluster(Gossip, 3)
    sim.at(10, lambda seed=seed: sim.call("n1", "learn", 50 + seed))
    sim.run(35)
    known = [node.best for node in sim.nodes.values()]
    assert known == [50 + seed, 0, 0], f"seed {seed}: no message has arrived yet, but the nodes know {known}"
    sim.run(100)
    known = [node.best for node in sim.nodes.values()]
    assert known == [50 + seed] * 3, f"seed {seed}: all messages have arrived, and the nodes know {known}"
### END HIDDEN TESTS

# %% test="gossip" rule="What was learnt survives a crash" points=1
sim = Simulation(3, Network(latency=Fixed(5)))
sim.cluster(Gossip, 2)
sim.at(10, lambda: sim.call("n1", "learn", 12))
sim.at(50, lambda: sim.crash("n2"))
sim.at(60, lambda: sim.restart("n2"))
sim.run(100)
assert sim.nodes["n2"].best == 12, f"n2 knew 12 before the crash, and now {sim.nodes['n2'].best}"
### BEGIN HIDDEN TESTS
for number in (34, 2, 777):
    sim = Simulation(number, Network(latency=Fixed(5)))
    sim.cluster(Gossip, 3)
    sim.at(10, lambda number=number: sim.call("n1", "learn", number))
    sim.at(12, lambda: sim.crash("n1"))
    sim.at(13, lambda: sim.crash("n2"))  # before the message arrives
    for name in ("n1", "n2"):
        sim.at(60, lambda name=name: sim.restart(name))
    sim.run(62)
    known = [sim.nodes[name].best for name in ("n1", "n2", "n3")]
    assert known == [number, 0, number], f"n1 was told {number}, n2 was down; after the crash they know {known}"
### END HIDDEN TESTS
