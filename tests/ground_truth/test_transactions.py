"""Levels of isolation, against their definitions, tried out in every possible way on small histories.

Three definitions, none of which shares anything with the checker:

- serializable: some order, one after the other, explains all reads;
- snapshot isolation: some interleaving of begins and commits explains all reads, if each transaction reads
  what was committed when it began, and of two that overlap and write the same key one aborts (Berenson and
  others, 1995);
- every level: some order of the versions leaves none of the circles that Adya (1999) forbids, in the graph of
  his direct dependencies.
"""

from itertools import combinations, pairwise, permutations, product
from random import Random

import pytest

from distsys.check.transactions import Txn, serializable

KEYS = "xy"
HISTORIES = 60_000


# --- random histories


def random_history(seed, lists, most=4, timed=False):
    """Transactions that ran one after the other, except that some reads may have gone wrong."""
    random = Random(seed)
    count = random.randint(3, most)
    wrong = random.choice((0.2, 0.6, 0.9))
    states = [dict.fromkeys(KEYS, () if lists else None)]
    transactions = []
    for number in range(count):
        status = random.choices(("committed", "unknown", "aborted"), (8, 1, 1))[0]
        state, steps = dict(states[-1]), []
        for _ in range(random.randint(1, 4)):
            key = random.choice(KEYS)
            if random.random() < 0.5:
                value = 10 * number + len(steps) + 1
                steps.append(("append" if lists else "write", key, value))
                state[key] = (*state[key], value) if lists else value
            else:
                seen = state[key]
                if random.random() < wrong:
                    seen = random.choice(states)[key]
                    if lists:
                        seen += state[key][len(states[-1][key]) :]
                steps.append(("read", key, seen))
        if status == "committed" or random.random() < (0.5 if status == "unknown" else 0.1):
            states.append(state)
        transactions.append((steps, status))
    order = list(range(count))
    random.shuffle(order)
    times = [(10 * place + random.randint(0, 25), random.randint(1, 40)) for place in range(count)]
    clients = [f"c{place}" for place in range(count)]
    return [
        Txn(clients[at], transactions[at][0], transactions[at][1], times[at][0], sum(times[at]))
        for at in (range(count) if timed else order)
    ]


def possible_effects(history):
    """Which transactions may have taken effect: all that committed, and any of those of unknown status."""
    sure = [one for one in history if one.status == "committed"]
    unsure = [one for one in history if one.status == "unknown"]
    for size in range(len(unsure) + 1):
        for some in combinations(unsure, size):
            yield [*sure, *some]


def random_mixture(seed, lists, most=4):
    """Transactions that saw whatever they liked of what was written, even later, even in circles."""
    random = Random(seed)
    count = random.randint(2, most)
    verbs = random.choice(("rrw", "rw", "rww"))
    plans = [
        [
            (random.choice(verbs), random.choice(KEYS), 10 * number + at + 1)
            for at in range(random.randint(1, 4))
        ]
        for number in range(count)
    ]
    statuses = random.choices(("committed", "unknown"), (9, 1), k=count)
    writes = {
        key: [
            values
            for plan in plans
            if (values := [value for verb, at, value in plan if (verb, at) == ("w", key)])
        ]
        for key in KEYS
    }
    for groups in writes.values():
        random.shuffle(groups)
    transactions = []
    for number, plan in enumerate(plans):
        steps, own = [], dict.fromkeys(KEYS, ())
        for verb, key, value in plan:
            if verb == "w":
                steps.append(("append" if lists else "write", key, value))
                own[key] += (value,)
                continue
            others = [group for group in writes[key] if group[0] // 10 != number]
            cut = random.randint(0, len(others))
            if lists:
                seen = (*(one for group in others[:cut] for one in group), *own[key])
            else:
                seen = own[key][-1] if own[key] else others[cut - 1][-1] if cut else None
            steps.append(("read", key, seen))
        transactions.append(Txn(f"c{number}", steps, statuses[number]))
    return transactions


# --- the definitions


def run(transaction, state):
    """The state after a transaction; None if its reads do not fit."""
    state = dict(state)
    for verb, key, value in transaction.steps:
        if verb == "append":
            state[key] = (*state.get(key, ()), value)
        elif verb == "write":
            state[key] = value
        elif (state.get(key) or None) != (value or None):
            return None
    return state


def one_after_the_other(history, may_follow=lambda *_: True):
    """Whether some order explains all reads."""

    def search(left, state):
        if not left:
            return True
        for one in left:
            rest = [other for other in left if other is not one]
            if all(may_follow(one, other) for other in rest):
                after = run(one, state)
                if after is not None and search(rest, after):
                    return True
        return False

    return any(search(effects, {}) for effects in possible_effects(history))


def in_time(one, other):
    """One may come first: the other had not returned before."""
    return not (other.status == "committed" and other.ret < one.call)


def from_snapshots(history):
    """Whether some interleaving of begins and commits explains all reads; the first committer wins."""

    def search(waiting, running, state, versions):
        if not waiting and not running:
            return True
        for one in waiting:
            after = run(one, state)
            if after is not None:
                rest = [other for other in waiting if other is not one]
                if search(rest, [*running, (one, after, dict(versions))], state, versions):
                    return True
        for entry in running:
            one, after, seen = entry
            written = {key for verb, key, _ in one.steps if verb != "read"}
            if all(versions.get(key, 0) == seen.get(key, 0) for key in written):
                rest = [other for other in running if other is not entry]
                merged = {**state, **{key: after[key] for key in written}}
                counted = {**versions, **{key: versions.get(key, 0) + 1 for key in written}}
                if search(waiting, rest, merged, counted):
                    return True
        return False

    return any(search(effects, [], {}, {}) for effects in possible_effects(history))


@pytest.mark.parametrize("lists", [True, False])
def test_serializable_means_that_some_order_explains_all_reads(lists):
    counts = {"ok": 0, "illegal": 0}
    for seed in range(HISTORIES // 2):
        history = random_history(seed, lists, 5)
        verdict = serializable(history)
        expected = "ok" if one_after_the_other(history) else "illegal"
        assert verdict.status == expected, (seed, history, verdict)
        counts[expected] += 1

    assert min(counts.values()) > HISTORIES / 2 / 6


def test_a_search_finds_the_order_of_the_versions_if_there_is_one():
    counts = {"ok": 0, "illegal": 0}
    for seed in range(3_000):
        history = random_mixture(seed, False, 8)
        verdict = serializable(history)
        expected = "ok" if one_after_the_other(history) else "illegal"
        assert verdict.status == expected, (seed, history, verdict)
        counts[expected] += 1

    assert min(counts.values()) > 500


@pytest.mark.parametrize("lists", [True, False])
def test_snapshot_isolation_means_that_some_snapshots_explain_all_reads(lists):
    counts = {"ok": 0, "illegal": 0}
    for seed in range(HISTORIES // 6):
        history = random_history(seed, lists)
        verdict = serializable(history, "snapshot isolation")
        expected = "ok" if from_snapshots(history) else "illegal"
        assert verdict.status == expected, (seed, history, verdict)
        counts[expected] += 1

    assert min(counts.values()) > HISTORIES / 6 / 6


# --- Adya's direct dependencies, for every order of the versions


def direct_dependencies(history, orders):
    """The edges between transactions, by kind.

    Args:
        history: those that took effect.
        orders: for each key its writers, in the order of their versions.
    """
    edges = {"ww": set(), "wr": set(), "rw": set()}
    last = [{key: value for verb, key, value in one.steps if verb != "read"} for one in history]
    for key, order in orders.items():
        edges["ww"].update(pairwise(order))
        for reader, one in enumerate(history):
            written = False
            for verb, at, seen in one.steps:
                if at != key:
                    continue
                if verb != "read":
                    written = True
                elif not written or isinstance(seen, tuple):
                    own = writes_of(one, key)
                    values = [
                        value for value in (seen if isinstance(seen, tuple) else [seen]) if value not in own
                    ]
                    value = values[-1] if values else None
                    place = next(
                        (place for place, writer in enumerate(order) if last[writer][key] == value), -1
                    )
                    if place >= 0:
                        edges["wr"].add((order[place], reader))
                    edges["rw"].update((reader, writer) for writer in order[place + 1 : place + 2])
    return {kind: {pair for pair in pairs if pair[0] != pair[1]} for kind, pairs in edges.items()}


def writes_of(one, key):
    return [value for verb, at, value in one.steps if verb != "read" and at == key]


def circular(edges):
    """Whether edges lead round in a circle: take away what nothing leads to, until nothing changes."""
    edges = set(edges)
    while True:
        targets = {two for _, two in edges}
        left = {pair for pair in edges if pair[0] in targets}
        if left == edges:
            return bool(edges)
        edges = left


def allowed(edges, level):
    """Whether there is none of the circles that a level forbids."""
    forward = edges["ww"] | edges["wr"]
    then_miss = {(one, three) for one, two in forward for other, three in edges["rw"] if two == other}
    circles = {
        "read uncommitted": edges["ww"],
        "read committed": forward,
        "snapshot isolation": forward | then_miss,
        "serializable": forward | edges["rw"],
    }
    return not circular(circles[level])


def version_orders(history):
    """Every order of the writers of each key that agrees with what lists showed."""
    choices = []
    for key in KEYS:
        writers = [number for number, one in enumerate(history) if writes_of(one, key)]
        lists = [
            seen
            for one in history
            for verb, at, seen in one.steps
            if (verb, at) == ("read", key) and isinstance(seen, tuple)
        ]
        orders = []
        for order in permutations(writers):
            whole = tuple(value for number in order for value in writes_of(history[number], key))
            if all(whole[: len(seen)] == seen for seen in lists):
                orders.append((key, order))
        choices.append(orders)
    return [dict(chosen) for chosen in product(*choices)]


def reads_what_took_effect(history):
    written = {value for one in history for verb, _, value in one.steps if verb != "read"}
    return all(
        written.issuperset(seen if isinstance(seen, tuple) else {seen} - {None})
        for one in history
        for verb, _, seen in one.steps
        if verb == "read"
    )


def every_graph(history):
    """The direct dependencies for every choice of what took effect and of the order of the versions."""
    for effects in filter(reads_what_took_effect, possible_effects(history)):
        for orders in version_orders(effects):
            yield direct_dependencies(effects, orders)


def has_at_most_one_miss(edges):
    """Whether there is a circle with one rw, or with none."""
    forward = edges["ww"] | edges["wr"]
    return circular(forward) or any(circular(forward | {miss}) for miss in edges["rw"])


@pytest.mark.parametrize("lists", [True, False])
def test_every_level_forbids_what_adya_forbids_in_every_order_of_the_versions(lists):
    levels = ["read uncommitted", "read committed", "snapshot isolation", "serializable"]
    counts = {(level, status): 0 for level in levels for status in ("ok", "illegal")}
    for seed in range(8_000):
        history = random_mixture(seed, lists)
        graphs = list(every_graph(history))
        for level in levels:
            expected = "ok" if any(allowed(edges, level) for edges in graphs) else "illegal"
            verdict = serializable(history, level)
            dirty = any(one.name == "incompatible order" for one in verdict.anomalies)
            if not (dirty and level == "read uncommitted"):
                assert verdict.status == expected, (seed, level, history, verdict)
                counts[level, expected] += 1

    dirty_writes = counts.pop(("read uncommitted", "illegal"))
    assert dirty_writes > 20 if lists else dirty_writes == 0  # registers do not show who wrote first
    assert min(counts.values()) > 200


@pytest.mark.parametrize("lists", [True, False])
def test_read_skew_is_in_every_order_of_the_versions_if_it_is_named(lists):
    named = 0
    for seed in range(4_000):
        history = random_mixture(seed, lists)
        if any(one.name == "G-single" for one in serializable(history).anomalies):
            assert all(has_at_most_one_miss(edges) for edges in every_graph(history)), (seed, history)
            named += 1

    assert named > 200


def in_session(order):
    """One may come first: the other is no earlier transaction of the same client."""
    place = {id(one): at for at, one in enumerate(order)}
    return lambda one, other: (
        one.client != other.client or other.status != "committed" or place[id(one)] < place[id(other)]
    )


@pytest.mark.parametrize("lists", [True, False])
def test_sessions_mean_that_such_an_order_agrees_with_each_client(lists):
    counts = {"ok": 0, "illegal": 0}
    for seed in range(6_000):
        history = [
            Txn(f"c{at % 2}", one.steps, one.status) for at, one in enumerate(random_history(seed, lists, 5))
        ]
        verdict = serializable(history, "strong session serializable")
        expected = "ok" if one_after_the_other(history, in_session(history)) else "illegal"
        assert verdict.status == expected, (seed, history, verdict)
        counts[expected] += 1

    assert min(counts.values()) > 1_000


@pytest.mark.parametrize("lists", [True, False])
def test_strict_serializability_means_that_such_an_order_agrees_with_the_clock(lists):
    counts = {"ok": 0, "illegal": 0}
    for seed in range(6_000):
        history = random_history(seed, lists, 5, timed=True)
        verdict = serializable(history, "strict serializable")
        expected = "ok" if one_after_the_other(history, in_time) else "illegal"
        assert verdict.status == expected, (seed, history, verdict)
        counts[expected] += 1

    assert min(counts.values()) > 1_000


@pytest.mark.parametrize("lists", [True, False])
def test_a_witness_explains_all_reads(lists):
    for seed in range(3_000):
        verdict = serializable(random_history(seed, lists, 5))
        if verdict:
            state = {}
            for one in verdict.witness:
                state = run(one, state)
                assert state is not None, seed
