"""Histories and transactions at random, for tests and benchmarks. The same seed gives the same history."""

from dataclasses import replace
from random import Random

from distsys.history import PENDING, History, Op


def history(
    seed,
    operations,
    clients=5,
    *,
    keys=1,
    unique=True,
    domain=5,
    writes=0.5,
    swaps=0.0,
    pending=0.0,
    tell=True,
    stale=None,
):
    """A linearizable history of a register, as a perfect service would give it.

    Args:
        seed: of the random numbers.
        operations: how many.
        clients: how many there are, each busy most of the time.
        keys: how many registers.
        unique: whether each value is written once; if not, values come from ``range(domain)``.
        domain: how many values there are, if they are not unique.
        writes: the share of writes.
        swaps: the share of compare-and-swaps.
        pending: the share of writes and swaps that never return.
        tell: whether a failed compare-and-swap says what it found.
        stale: where, from 0 to 1, one read is made to return a value that was overwritten long before. None
            leaves the history linearizable.
    """
    random = Random(seed)
    intervals = []
    for client in range(clients):
        now = random.random()
        for _ in range(operations // clients + (client < operations % clients)):
            start = now + random.expovariate(5)
            now = start + 0.01 + random.expovariate(1)
            effect = start + (now - start) * random.random()
            intervals.append((effect, start, now, client))
    intervals.sort()
    moments = sorted([(start, 0, at) for at, (_, start, _, _) in enumerate(intervals)]
                     + [(end, 1, at) for at, (_, _, end, _) in enumerate(intervals)])  # fmt: skip
    calls, rets = {}, {}
    for moment, (_, returns, at) in enumerate(moments):
        (rets if returns else calls)[at] = moment
    state = [0] * keys
    ops = []
    for at, (_, _, _, client) in enumerate(intervals):
        key, dice, fresh = random.randrange(keys), random.random(), at + 1
        value = fresh if unique else random.randrange(domain)
        ret = rets[at] if dice >= writes + swaps or random.random() >= pending else PENDING
        name = key if keys > 1 else None
        if dice < swaps:
            wrong = random.randrange(fresh) if unique else random.randrange(domain)
            old = state[key] if random.random() < 0.6 else wrong
            done = old == state[key]
            result = True if done else (False, state[key]) if tell else False
            argument, result = (old, value), None if ret == PENDING else result
            ops.append(Op(f"c{client}", calls[at], ret, "cas", name, argument, result))
            state[key] = value if done else state[key]
        elif dice < swaps + writes:
            ops.append(Op(f"c{client}", calls[at], ret, "write", name, value))
            state[key] = value
        else:
            ops.append(Op(f"c{client}", calls[at], ret, "read", name, None, state[key]))
    if stale is not None:
        spoil(ops, stale, clients)
    return History(ops)


def spoil(ops, where, clients):
    """Make one read return what was overwritten long before, and not written again since."""
    ops.sort(key=lambda op: op.call)
    reads = [at for at, op in enumerate(ops) if op.kind == "read"]
    at = reads[int(where * (len(reads) - 1))]
    read, since = ops[at], ops[max(0, at - 3 * clients)].call
    writes = [op for op in ops if op.kind == "write" and op.key == read.key]
    recent = {op.argument for op in writes if op.ret > since and op.call < read.ret}
    old = [op.argument for op in writes if op.ret < since]
    ops[at] = replace(read, result=next((value for value in reversed(old) if value not in recent), old[-1]))
