"""How many transactions a second are judged?"""

from __future__ import annotations

import time
from functools import partial
from random import Random

from distsys.check.transactions import Txn, serializable
from tests.bench.rows import Row, best_of

KEYS, LENGTH = 20, 60


def history(count: int, stale: float = 0.0, seed: int = 1, clients: int = 10) -> list[Txn]:
    """Transactions of four steps on lists of up to 60 values, in the order of their calls.

    Args:
        count: how many.
        stale: the share that reads from a snapshot of a moment ago, which makes skews of both kinds.
        seed: of the random numbers.
        clients: how many run at a time, so that effects come in another order than calls.
    """
    random = Random(seed)
    keys = list(range(KEYS))
    lists: dict[int, tuple[int, ...]] = {}
    snapshots = [lists]
    made: dict[int, Txn] = {}
    for number in sorted(range(count), key=lambda number: number + random.random() * clients):
        skewed = random.random() < stale
        view = random.choice(snapshots) if skewed else lists
        verbs = ["append" if random.random() < 0.5 else "read" for _ in range(4)]
        lists, steps = dict(lists), []
        for verb in sorted(verbs, reverse=True) if skewed else verbs:  # stale reads come before appends
            key = random.choice(keys)
            if verb == "read":
                steps.append((verb, key, (view if skewed else lists).get(key, ())))
            else:
                before = lists.get(key, ())
                steps.append((verb, key, len(before) + 1))
                lists[key] = (*before, len(before) + 1)
                if len(before) + 1 == LENGTH:  # the transaction goes on with a new list
                    keys[key % KEYS] += KEYS
        snapshots = [*snapshots[-3:], lists]
        lists = {key: lists[key] for key in keys if key in lists}
        made[number] = Txn(f"c{number % clients}", steps)
    return [made[number] for number in range(count)]


def rate(transactions: list[Txn], status: str) -> float:
    """Transactions judged in a second of processor time."""
    start = time.process_time()
    verdict = serializable(transactions)
    elapsed = time.process_time() - start
    assert verdict.status == status
    return len(transactions) / elapsed


def anomalies_per_second() -> float:
    """The rate for a history without anomalies, or for one with some, whichever is lower."""
    legal, illegal = history(100_000), history(100_000, stale=0.02)
    return min(best_of(5, partial(rate, legal, "ok"), partial(rate, illegal, "illegal")))


ROWS = (Row("anomalies_per_second", "transactions/s", 150_000, anomalies_per_second),)
