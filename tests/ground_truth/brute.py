"""Brute force: small histories at random, and every order tried.  Written without a look at the checkers."""

from dataclasses import replace
from itertools import combinations, count, permutations
from random import Random

from distsys.history import PENDING, History, Op

# --- objects: what they answer, and what they are then. A pending operation may get any answer.


class Register:
    """Answers as a register does. Clients ask for ``asks``."""

    start = 0
    asks = ("read", "write")

    def argument(self, random, kind, fresh):
        if kind in ("write", "put"):
            return fresh
        return (random.randrange(max(fresh, 3)), fresh) if kind == "cas" else None

    def do(self, value, op):
        if op.kind in ("read", "get"):
            return [value], value
        if op.kind in ("write", "put"):
            return [None], op.argument
        old, new = op.argument
        return ([True, (True, value)], new) if value == old else ([False, (False, value)], value)

    def lie(self, random, op, fresh):
        if op.kind == "cas":
            return random.choice([True, False, (False, random.randrange(fresh))])
        return random.randrange(fresh) if op.kind in ("read", "get") else None


class CasRegister(Register):
    asks = ("read", "write", "cas", "cas")


class KeyValue(Register):
    start = None
    asks = ("get", "put", "cas", "append", "delete")

    def argument(self, random, kind, fresh):
        text = "abc"[fresh % 3]
        if kind == "cas":
            return random.choice([None, "a", "b", "ab"]), text
        return text if kind in ("put", "append") else None

    def do(self, value, op):
        if op.kind == "append":
            return [None], (value or "") + op.argument
        if op.kind == "delete":
            return [None, value is not None], None
        return super().do(value, op)

    def lie(self, random, op, fresh):
        if op.kind == "delete":
            return random.choice([True, False])
        if op.kind == "cas":
            return random.choice([True, False, (False, "a"), (False, None)])
        return random.choice([None, "a", "b", "ab", "ba"]) if op.kind == "get" else None


class Queue:
    start = ()
    asks = ("enqueue", "dequeue")

    def argument(self, random, kind, fresh):
        return fresh % random.randint(1, 5) if kind == "enqueue" else None

    def do(self, items, op):
        if op.kind == "enqueue":
            return [None], (*items, op.argument)
        return ([items[0]], items[1:]) if items else ([None], items)

    def lie(self, random, op, fresh):
        return random.choice([None, 0, 1, 2]) if op.kind == "dequeue" else None


class Set:
    start = frozenset()
    asks = ("add", "add", "remove", "contains", "read")

    def argument(self, random, kind, fresh):
        return None if kind == "read" else random.randrange(2)

    def do(self, members, op):
        there = op.argument in members
        if op.kind == "read":
            return [tuple(sorted(members))], members
        if op.kind == "contains":
            return [there], members
        if op.kind == "add":
            return [None, not there], members | {op.argument}
        return [None, there], members - {op.argument}

    def lie(self, random, op, fresh):
        if op.kind == "read":
            return random.choice([(), (0,), (1,), (0, 1)])
        return random.choice([True, False])


class Counter:
    start = 0
    asks = ("add", "add", "read")

    def argument(self, random, kind, fresh):
        return random.choice([None, 1, 2, -1]) if kind == "add" else None

    def do(self, total, op):
        after = total + (0 if op.kind == "read" else 1 if op.argument is None else op.argument)
        return ([after] if op.kind == "read" else [None, after]), after

    def lie(self, random, op, fresh):
        return random.randrange(-1, 5)


class Lock:
    start = None
    asks = ("acquire", "release")

    def argument(self, random, kind, fresh):
        return None

    def do(self, holder, op):
        if op.kind == "acquire":
            return ([None, True], op.client) if holder is None else ([False], holder)
        return ([None, True], None) if holder == op.client else ([False], holder)

    def lie(self, random, op, fresh):
        return random.choice([True, False])


# --- histories


def small_history(seed, thing, *, most=6, keys=1, pending=0.15, unique=False, coarse=False):
    """What a perfect service did for two to four clients; in half of the histories one answer is changed.

    Args:
        seed: of the random numbers.
        thing: the object.
        most: how many operations, at most.
        keys: how many objects.
        pending: the share of operations that never return; some of them had their effect.
        unique: whether each value is written once.
        coarse: whether several things happen at one moment.
    """
    random = Random(seed)
    clients = [f"c{number}" for number in range(random.randint(2, 4))]
    states, ops, busy = {}, [], {}
    wanted = random.randint(2, most)
    for tick in count():
        if wanted == len(ops) and not busy:
            break
        client = random.choice(clients)
        if client in busy:
            at, effective = busy[client]
            op = ops[at]
            if random.random() < pending / 2:
                ops[at] = replace(op, result=None)
                del busy[client]
            elif effective:
                ops[at] = replace(op, ret=tick)
                del busy[client]
            else:
                answers, states[op.key] = thing.do(states.get(op.key, thing.start), op)
                ops[at] = replace(op, result=random.choice(answers))
                busy[client] = at, True
        elif len(ops) < wanted:
            kind = random.choice(thing.asks)
            fresh = len(ops) + 1 if unique else random.randrange(3)
            key = random.randrange(keys) if keys > 1 else None
            busy[client] = len(ops), False
            ops.append(Op(client, tick, PENDING, kind, key, thing.argument(random, kind, fresh)))
    at = random.randrange(2 * len(ops))
    if at < len(ops) and not ops[at].pending:
        ops[at] = replace(ops[at], result=thing.lie(random, ops[at], len(ops) + 1 if unique else 3))
    if coarse:
        ops = [replace(op, call=op.call // 2, ret=op.ret if op.pending else op.ret // 2) for op in ops]
    return History(ops)


# --- every order


def in_real_time(one, two):
    """Whether one had returned before two was called. One client does one thing at a time."""
    return one.ret <= two.call if one.client == two.client else one.ret < two.call


def for_each_client(one, two):
    """Whether one client did both in this order."""
    return one.client == two.client and one.ret <= two.call


def explainable(thing, ops, precedes=in_real_time):
    """Whether some order of the operations explains all answers.

    A pending operation comes at any time after what precedes it, or never.
    """

    def explain(states, left):
        if all(op.pending for op in left):
            return True
        for op in left:
            if not any(precedes(other, op) for other in left if other is not op):
                answers, after = thing.do(states.get(op.key, thing.start), op)
                rest = [other for other in left if other is not op]
                if (op.pending or op.result in answers) and explain({**states, op.key: after}, rest):
                    return True
        return False

    return explain({}, list(ops))


# --- what clients saw of registers with unique values, written without regard to any order


def small_story(seed, *, most=7, swaps=0.0, pending=0.1):
    """Two or three clients that write one or two keys, and read what anybody has written there.

    Most answers are what an obliging replica might give. A read of what nobody wrote is rare.
    """
    random = Random(seed)
    clients, keys = "abc"[: random.randint(2, 3)], "xy"[: random.randint(1, 2)]
    asked = [(random.choice(clients), random.choice(keys)) for _ in range(random.randint(3, most))]
    written = {key: [0] for key in keys}
    ops = []
    for at, (client, key) in enumerate(asked):
        kind = "cas" if random.random() < swaps else random.choice(("read", "read", "write"))
        if kind != "read":
            written[key].append(at + 1)
        ops.append([client, 2 * at, 2 * at + 1, kind, key, at + 1, None])
    if random.random() < 0.05:
        written[asked[0][1]].append(99)
    for op in ops:
        values = [value for value in written[op[4]] if value != op[5]]
        if random.random() < 0.7:  # no reads of the future
            values = [value for value in values if 2 * value <= op[1] or value == 99]
        if op[3] == "read":
            op[5], op[6] = None, random.choice(values)
        elif random.random() < pending:
            op[2:4] = PENDING, "write"
        elif op[3] == "cas":
            op[5], op[6] = (random.choice(values), op[5]), True
    return History(Op(*op) for op in ops)


class Story:
    """Who wrote what was seen: ``saw`` gives a write, or None for the start; ``sensible`` if there is one."""

    def __init__(self, ops):
        self.ops = list(ops)
        self.writes = [op for op in self.ops if op.kind != "read"]
        self.saw, self.sensible = {}, True
        for op in self.ops:
            if op.kind != "write":
                value = op.result if op.kind == "read" else op.argument[0]
                sources = [other for other in self.writes if other.key == op.key and wrote(other) == value]
                self.saw[op] = sources[0] if sources else None
                self.sensible = self.sensible and (value == 0 or bool(sources))

    def causes(self):
        """All pairs of which the first comes causally before the second."""
        pairs = {(one, two) for one in self.ops for two in self.ops if for_each_client(one, two)}
        pairs |= {(source, op) for op, source in self.saw.items() if source}
        while True:
            more = {(one, four) for one, two in pairs for three, four in pairs if two == three} - pairs
            if not more:
                return pairs
            pairs |= more


def wrote(op):
    return op.argument[1] if op.kind == "cas" else op.argument


def orders(ops, pairs):
    """Every order of the operations that keeps the pairs."""
    for order in permutations(ops):
        place = {op: at for at, op in enumerate(order)}
        if all(place[one] < place[two] for one, two in pairs if one in place and two in place):
            yield order


def newest(order, key):
    return next((op for op in reversed(order) if op.key == key), None)


def causal_memory(ops):
    """Each client has an order of all writes and its own reads that keeps the causal order."""
    story = Story(ops)
    causes = story.causes()
    if not story.sensible or any(one == two for one, two in causes):
        return False

    def explains(order, client):
        before = []
        for op in order:
            if op.client == client and op in story.saw and newest(before, op.key) != story.saw[op]:
                return False
            if op.kind != "read":
                before.append(op)
        return True

    return all(
        any(explains(order, client)
            for order in orders([op for op in story.ops if op.kind != "read" or op.client == client], causes))
        for client in {op.client for op in story.ops}
    )  # fmt: skip


def causal_convergence(ops):
    """One order of the writes keeps the causal order, and each read returns the newest write in its past."""
    story = Story(ops)
    causes = story.causes()
    if not story.sensible or any(one == two for one, two in causes):
        return False
    return any(
        all(newest([write for write in order if (write, op) in causes], op.key) == source
            for op, source in story.saw.items())
        for order in orders(story.writes, causes)
    )  # fmt: skip


def keeps(ops, guarantees):
    """Some order of the writes, and for each read some set of visible writes, keep the guarantees."""
    story = Story(ops)
    if not story.sensible or any(source and for_each_client(op, source) for op, source in story.saw.items()):
        return False
    together = [(source, swap) for swap, source in story.saw.items() if source and swap.kind == "cas"]
    if "monotonic writes" in guarantees:
        together += [(one, two) for one in story.writes for two in story.writes if for_each_client(one, two)]
    if "writes follow reads" in guarantees:
        together += [(source, write) for op, source in story.saw.items() for write in story.writes
                     if source and for_each_client(op, write)]  # fmt: skip
    sets = [set(some) for size in range(len(story.writes) + 1) for some in combinations(story.writes, size)]
    sets = [some for some in sets if all(one in some for one, two in together if two in some)]

    def visible(order, op, before):
        """The sets of writes that may be visible to an operation, if these were to the one before."""
        needed = before if "monotonic reads" in guarantees else set()
        if "read your writes" in guarantees:
            needed = needed | {write for write in story.writes if for_each_client(write, op)}
        for some in sets:
            last = newest([write for write in order if write in some], op.key)
            if needed <= some and op not in some and last == story.saw[op]:
                yield some

    def session(order, left, before):
        return not left or any(session(order, left[1:], some) for some in visible(order, left[0], before))

    readers = {op.client for op in story.saw}
    sessions = [[op for op in story.saw if op.client == client] for client in readers]
    return any(
        all(session(order, reads, set()) for reads in sessions) for order in orders(story.writes, together)
    )
