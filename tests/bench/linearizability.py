"""What is measured of the linearizability checker."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from distsys.check import Register, Verdict, linearizable
from distsys.history import History
from tests.distsys.check.generate import history

from .rows import Row

MODEL = Register(0)


def seconds(judge: Callable[[], object]) -> float:
    """How much time of one processor it takes, so that other work on the machine disturbs less."""
    start = time.process_time()
    judge()
    return time.process_time() - start


def verdict(story: History, status: str) -> Verdict:
    """The verdict, which must be the right one."""
    found = linearizable(story, MODEL)
    assert found.status == status, found
    return found


def unique_10k() -> float:
    """Milliseconds for 10,000 operations with unique values, the slower of a legal and an illegal history."""
    legal, illegal = history(1, 10_000, 20), history(1, 10_000, 20, stale=0.5)
    best = [float("inf")] * 2
    for _ in range(15):
        best[0] = min(best[0], seconds(lambda: verdict(legal, "ok")))
        best[1] = min(best[1], seconds(lambda: verdict(illegal, "illegal")))
    return 1000 * max(best)


def unique_1m() -> float:
    """Seconds for 1,000,000 operations with unique values."""
    story = history(1, 1_000_000, 20)
    return min(seconds(lambda: verdict(story, "ok")) for _ in range(3))


def illegal_vs_peer() -> float:
    """How many times the peer, on a history in which five values are written again and again.

    One read returns what no order explains, and no simple refutation shows it: it takes the search. The peer
    gives up on it after five million steps; its time until then counts, so the true ratio is higher.
    """
    import detangle.lin  # noqa: PLC0415 - an optional peer

    ops = history(1, 10_000, 10, unique=False).ops
    story = History([*ops[:4944], replace(ops[4944], result=1), *ops[4945:]])
    ours = min(seconds(lambda: verdict(story, "illegal")) for _ in range(3))

    theirs = detangle.lin.History()
    events = [event for at, op in enumerate(story) for event in ((op.call, 0, at), (op.ret, 1, at))]
    called = {}
    for _, returned, at in sorted(events):
        op = story.ops[at]
        if returned:
            theirs.ok(called[at], op.result)
        else:
            called[at] = theirs.invoke(op.client, op.kind, op.argument)

    def judge() -> None:
        try:
            assert not theirs.check(detangle.lin.Register(0)).ok
        except RuntimeError as error:
            assert "exceeded" in str(error)

    return seconds(judge) / ours


ROWS = (
    Row("lin_unique_10k", "ms", 15, unique_10k),
    Row("lin_unique_1m", "s", 2, unique_1m),
    Row("lin_illegal_vs_peer", "×", 4, illegal_vs_peer),
)
