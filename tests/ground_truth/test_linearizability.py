"""Linearizability and sequential consistency, against brute force, papers and other checkers' rules.

Brute force tries every order of small random histories and knows nothing of the checkers (see :mod:`.brute`).
Set ``DISTSYS_SEEDS=50000`` for the long run; each case then judges so many histories.
"""

from dataclasses import replace
from itertools import combinations

import pytest

from distsys.check import (
    CasRegister,
    Counter,
    KeyValue,
    Lock,
    Queue,
    Register,
    Set,
    linearizable,
    seeds,
    sequential,
)
from distsys.check.linearizability import _Object
from distsys.check.register_search import RegisterSearch
from distsys.check.search import ModelSearch
from distsys.check.sequentiality import _Search
from distsys.check.table import table, timeline
from distsys.history import PENDING, History, Op
from tests.distsys.check.stories import timed

from . import brute

REGISTERS = {
    "zones": (brute.Register(), Register(0), {"unique": True, "most": 8}),
    "chains of swaps": (brute.CasRegister(), CasRegister(0), {"unique": True, "most": 8}),
    "search in a register": (brute.Register(), Register(0), {"most": 8}),
    "search in a CAS register": (brute.CasRegister(), CasRegister(0), {"most": 8}),
    "several registers": (brute.CasRegister(), CasRegister(0), {"keys": 2, "most": 8}),
    "coarse clock": (brute.CasRegister(), CasRegister(0), {"coarse": True}),
    "many pending": (brute.CasRegister(), CasRegister(0), {"pending": 0.6, "unique": True}),
}
OTHERS = {
    "key-value": (brute.KeyValue(), KeyValue(), {}),
    "queue": (brute.Queue(), Queue(), {"most": 7}),
    "set": (brute.Set(), Set(), {"most": 7}),
    "counter": (brute.Counter(), Counter(), {"most": 7}),
    "lock": (brute.Lock(), Lock(), {"most": 8}),
}
CASES = {**REGISTERS, **OTHERS}


def histories(name, count):
    thing, model, options = CASES[name]
    for seed in seeds(count):
        yield seed, thing, model, brute.small_history(seed, thing, **options)


def is_shown(thing, history, order, precedes):
    """Whether an order keeps what precedes what, misses nothing that returned, and explains each answer."""
    states = {}
    for at, op in enumerate(order):
        assert not any(precedes(later, op) for later in order[at + 1 :])
        answers, states[op.key] = thing.do(states.get(op.key, thing.start), op)
        assert op.pending or op.result in answers
    assert len(set(order)) == len(order)
    assert {op for op in history if not op.pending} <= set(order) <= set(history)
    return True


# --- every order


@pytest.mark.parametrize("name", CASES)
def test_linearizable_agrees_with_brute_force(name):
    verdicts = {"ok": 0, "illegal": 0}
    for seed, thing, model, history in histories(name, 2_000):
        verdict = linearizable(history, model)

        truth = "ok" if brute.explainable(thing, history) else "illegal"
        assert verdict.status == truth, f"seed {seed}: {verdict}\n{history}"
        assert truth == "illegal" or is_shown(thing, history, verdict.witness, brute.in_real_time)
        verdicts[truth] += 1
    assert min(verdicts.values()) > 100


@pytest.mark.parametrize("name", REGISTERS)
@pytest.mark.parametrize("kind", [ModelSearch, RegisterSearch])
def test_both_searches_alone_agree_with_brute_force(kind, name):
    for seed, thing, model, history in histories(name, 1_000):
        answers = []
        for line in timeline(history.ops, model).by_key():
            search = ModelSearch(line) if kind is ModelSearch else RegisterSearch(model, table(line))
            answers.append(search.run(1_000_000))

        assert all(answers) == brute.explainable(thing, history), f"seed {seed}\n{history}"


@pytest.mark.parametrize("name", CASES)
def test_sequential_agrees_with_brute_force(name):
    verdicts = {"ok": 0, "illegal": 0}
    for seed, thing, model, history in histories(name, 1_000):
        drifted = adrift(history)
        verdict = sequential(drifted, model)

        truth = "ok" if brute.explainable(thing, drifted, brute.for_each_client) else "illegal"
        assert verdict.status == truth, f"seed {seed}: {verdict}\n{drifted}"
        assert truth == "illegal" or is_shown(thing, drifted, verdict.witness, brute.for_each_client)
        verdicts[truth] += 1
    assert min(verdicts.values()) > 50


@pytest.mark.parametrize("name", CASES)
def test_the_search_for_a_sequential_order_alone_agrees_with_brute_force(name):
    for seed, thing, model, history in histories(name, 1_000):
        line = timeline(adrift(history).ops, model)

        answer = _Search(line.ops, model).run(1_000_000)

        assert answer == brute.explainable(thing, line.ops, brute.for_each_client), f"seed {seed}\n{history}"


def adrift(history):
    """The same for each client, but the clients live at different times."""
    late = {f"c{number}": 7 * (-number % 3) for number in range(4)}
    return History(
        replace(op, call=op.call + late[op.client], ret=PENDING if op.pending else op.ret + late[op.client])
        for op in history
    )


def subsets(ops):
    return (set(some) for size in range(len(ops) + 1) for some in combinations(ops, size))


@pytest.mark.parametrize("check", [linearizable, sequential])
@pytest.mark.parametrize("name", CASES)
def test_a_core_is_impossible_whatever_else_is_kept_and_nothing_in_it_is_superfluous(name, check):
    precedes = brute.in_real_time if check is linearizable else brute.for_each_client
    thing, model, options = CASES[name]
    for seed in range(200):
        history = brute.small_history(seed, thing, **{**options, "most": 7})
        verdict = check(history, model)
        core = set(verdict.core)
        others = [op for op in history if op not in core]

        def legal(ops, history=history):
            return brute.explainable(thing, [op for op in history if op in ops], precedes)

        if verdict:
            assert not core
            continue
        assert core
        assert not any(legal(core | some) for some in subsets(others)), f"seed {seed}"
        for op in core:
            assert any(legal((core - {op}) | some) for some in subsets(others)), f"seed {seed}: {op}"


def test_every_unique_history_is_decided_without_a_search():
    for name in ("zones", "chains of swaps"):
        for seed, _, model, history in histories(name, 500):
            told = [op for op in history if op.result is not False]

            objects = [_Object(line, table(line)) for line in timeline(told, model).by_key()]

            assert not any(one.search for one in objects), f"seed {seed}"


# --- what others have published

# After Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects" (1990): queues
# that they call acceptable, or not, and registers.
HERLIHY_AND_WING = {
    "concurrent enqueues take effect in either order": (
        True, Queue(), "A 0 3 enqueue x", "B 1 5 enqueue y", "B 6 9 dequeue → x", "A 7 10 dequeue → y",
        "A 11 15 enqueue z",
    ),
    "x was enqueued before y, but y comes out first": (
        False, Queue(), "A 0 2 enqueue x", "B 3 5 enqueue y", "A 6 9 dequeue → y",
    ),
    "the enqueue has not returned, but x comes out already": (
        True, Queue(), "A 0 … enqueue x", "B 1 4 dequeue → x",
    ),
    "y comes out twice": (
        False, Queue(), "A 0 3 enqueue x", "B 1 5 enqueue y", "A 6 9 dequeue → y", "C 7 10 dequeue → y",
    ),
    "a read that overlaps two writes sees the one that takes effect first": (
        True, Register(0), "A 0 3 write 0", "B 4 12 write 1", "A 5 7 read → 1", "C 8 11 write 0",
        "B 13 15 read → 0",
    ),
    "once the 1 was read, nobody reads the 0 from before": (
        False, Register(0), "A 0 3 write 0", "B 4 12 write 1", "A 5 7 read → 1", "C 13 16 read → 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HERLIHY_AND_WING)
def test_histories_of_herlihy_and_wing(name):
    legal, model, *lines = HERLIHY_AND_WING[name]

    assert bool(linearizable(timed(*lines), model)) == legal


def test_sequential_consistency_is_not_local():
    """Herlihy and Wing, section 3.3: each queue alone is sequentially consistent, both together are not."""
    ops = [
        Op("A", 0, 1, "enqueue", "p", "x"),
        Op("B", 2, 3, "enqueue", "q", "y"),
        Op("A", 4, 5, "enqueue", "q", "x"),
        Op("B", 6, 7, "enqueue", "p", "y"),
        Op("A", 8, 9, "dequeue", "p", None, "y"),
        Op("B", 10, 11, "dequeue", "q", None, "x"),
    ]

    for key in "pq":
        assert sequential(History(op for op in ops if op.key == key), Queue())
    assert sequential(History(ops), Queue()).status == "illegal"


# Lamport, "How to make a multiprocessor computer that correctly executes multiprocess programs" (1979): the
# entry to a critical section. Each processor sets its flag and looks at that of the other.
def test_lamports_two_processors_do_not_both_see_no_flag():
    ops = [
        Op("one", 0, 1, "write", "a", 1),
        Op("two", 0, 1, "write", "b", 1),
        Op("one", 2, 3, "read", "b", None, 0),
        Op("two", 2, 3, "read", "a", None, 0),
    ]

    assert sequential(History(ops), Register(0)).status == "illegal"
    assert sequential(History([*ops[:3], replace(ops[3], result=1)]), Register(0))


# The documented examples of Porcupine (github.com/anishathalye/porcupine, README and porcupine_test.go).
PORCUPINE = {
    "register, README: a read of 0 while put 100 is under way": (
        True, Register(0), "A 0 10 write 100", "B 1 5 read → 100", "C 2 6 read → 0",
    ),
    "register, README: the 0 is read after the 100": (
        False, Register(0), "A 0 10 write 200", "B 1 3 read → 200", "C 4 8 read → 0",
    ),
    "etcd: a cas that did not say whether it worked may have worked": (
        True, CasRegister(), "A 0 1 write 1", "B 2 … cas 1 2", "C 3 4 read → 2",
    ),
    "etcd: a pending write may take effect long after": (
        True, CasRegister(), "A 0 … write 3", "B 1 2 read → None", "C 50 51 read → None", "C 60 61 read → 3",
    ),
    "etcd: and does so once": (
        False, CasRegister(), "A 0 … write 3", "B 1 2 read → 3", "B 3 4 write 4", "B 5 6 read → 4",
        "B 7 8 read → 3",
    ),
    "etcd: a cas from a value that nobody had written": (
        False, CasRegister(), "A 0 1 write 1", "B 2 3 cas 4 2 → True",
    ),
    "etcd: two clients swap the same 1": (
        False, CasRegister(), "A 0 1 write 1", "B 2 5 cas 1 2 → True", "C 3 6 cas 1 3 → True",
    ),
    "etcd: one of them fails": (
        True, CasRegister(), "A 0 1 write 1", "B 2 5 cas 1 2 → True", "C 3 6 cas 1 3 → False",
    ),
    "etcd: a cas that could only succeed fails": (
        False, CasRegister(), "A 0 1 write 1", "B 2 3 cas 1 2 → False",
    ),
    "etcd: a stale read after a successful cas": (
        False, CasRegister(), "A 0 1 write 1", "B 2 3 cas 1 2 → True", "C 4 5 read → 1",
    ),
    "set: an element that was removed is still there": (
        False, Set(), "A 0 1 add 100", "A 2 3 remove 100", "B 4 5 contains 100 → True",
    ),
    "set: while it is being removed it may be there or not": (
        True, Set(), "A 0 1 add 100", "A 2 9 remove 100", "B 3 4 contains 100 → True",
        "B 5 6 contains 100 → False",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PORCUPINE)
def test_histories_as_porcupine_and_jepsen_judge_them(name):
    legal, model, *lines = PORCUPINE[name]

    verdict = linearizable(timed(*lines), model)

    assert bool(verdict) == legal
    assert verdict.status != "unknown"
