"""What the laboratory does, as plain data: the same natively and in the browser.

Every function here is run by two Pythons, and their answers must be equal. So this module imports only what
both have: the laboratory and small protocols.
"""

from dataclasses import replace
from functools import partial

from distsys.check.linearizability import linearizable
from distsys.check.models import Register
from distsys.determinism import assert_deterministic
from distsys.draw.spacetime import spacetime
from distsys.explore import cluster, explore
from distsys.faults import apply, nemesis, shrink, sweep
from distsys.history import History
from distsys.network import Exponential, LogNormal, Network, Pareto, Uniform
from distsys.simulation import Simulation

from ..distsys import planted, protocols

LATENCIES = {
    "uniform": Uniform(1, 30),
    "exponential": Exponential(10, 1),
    "log-normal": LogNormal(10, 0.8),
    "pareto": Pareto(1, 1.2),
}


async def put_and_get(c):
    for _ in range(20):
        with c.operation("write", "x", c.unique()) as op:
            await c.call("n1", protocols.Put(op.argument), timeout_ms=c.random.uniform(20, 80))
        with c.operation("read", "x") as op:
            op.result = (await c.call("n1", protocols.Get(), timeout_ms=50)).value
        await c.sleep(c.random.randint(1, 9))


def election(seed, latency=LATENCIES["uniform"]):
    """Five seconds of elections on a bad network, with faults of every kind."""
    simulation = Simulation(seed, Network(latency, loss=0.1, duplicate=0.1))
    names = simulation.cluster(planted.SteadyRaft, 5)
    apply(nemesis(seed, names, until_ms=5000), simulation)
    return simulation.run(5000)


def register(seed):
    simulation = Simulation(seed, Network(Uniform(1, 30), loss=0.05))
    simulation.cluster(protocols.Cell, 1)
    simulation.workload(put_and_get, clients=4)
    return simulation.run(3000)


def digests():
    """Of runs with each model of latency."""
    return {
        f"{name} {seed}": [len(run.trace), run.digest]
        for name, latency in LATENCIES.items()
        for seed in range(5)
        for run in [election(seed, latency)]
    }


def plans():
    return [nemesis(seed, ("n1", "n2", "n3"), intensity=20).to_json() for seed in range(20)]


def explored():
    """Every schedule of an election, and the shortest one that breaks a wrong one."""
    make = partial(explore, invariants=[protocols.one_leader_a_term])
    results = [
        make(cluster(protocols.RaftElection, 2), crashes=1),
        make(cluster(protocols.OneTerm, 3)),
        make(cluster(protocols.DoubleVote, 3)),
    ]
    return [[str(r), r.states, r.transitions, r.depth, r.trace.digest] for r in results]


def judged():
    """A history that is linearizable, and the same with one read of the past."""
    history = register(1).history
    reads = [op for op in history if op.kind == "read" and not op.pending]
    stale = replace(reads[-1], result=reads[0].result)
    spoilt = History([*(op for op in history if op is not reads[-1]), stale])
    verdicts = [linearizable(each, Register()) for each in (history, spoilt)]
    return [str(history), *([verdict.status, verdict.explanation] for verdict in verdicts)]


def drawn():
    """A picture, line by line."""
    return spacetime(election(3).trace[:270]).html().replace("><", ">\n<").splitlines()


def shrunk():
    """What is left of a forgotten vote."""
    [failure] = sweep(planted.election, [9], 3000, planted.trouble).failures
    small = shrink(failure)
    return [str(small), small.plan.to_json(), small.tried, small.trace.digest]


def detected():
    """What the detectors say that need no other process."""
    answers = {}
    for bug in (planted.Careful, planted.OrderOfASet, planted.OrderOfAddresses, planted.LeftBehind):
        try:
            assert_deterministic(planted.of(bug), until_ms=100, processes=False)
        except AssertionError as error:
            answers[bug.__name__] = str(error).split(" differ at")[0]
        else:
            answers[bug.__name__] = "passes"
    return answers


FACTS = (digests, plans, explored, judged, drawn, shrunk, detected)
