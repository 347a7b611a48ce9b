"""Real sockets: does the same class work where messages are bytes and a kill is a kill?

A :class:`Cluster` runs unmodified nodes over UDP or TCP on this machine's loopback address. Each node and
each client has one socket, plugged into a switch. The switch knows who is where, and lets a
:class:`~distsys.network.Network` decide what it loses, delays, doubles or cuts off, as a simulation does.
Whatever is not a frame of this cluster is dropped and counted. For instance::

    async with Cluster(Counter, 3, transport="tcp", processes=True) as cluster:
        cluster.workload(script, clients=3)
        await cluster.kill("n2")           # SIGKILL
        await cluster.restart("n2")        # from what was durable
        await cluster.finished()
    linearizable(cluster.history, CounterModel())

In a notebook ``async with`` may stand in a cell. In a script it stands in a coroutine that ``asyncio.run``
runs. :func:`serve` runs a cluster in the foreground until Ctrl-C.
"""

from .cluster import Cluster
from .serving import serve

__all__ = ["Cluster", "serve"]
