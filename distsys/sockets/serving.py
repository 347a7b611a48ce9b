"""Serving: a cluster in the foreground, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress

from ..network import Network
from ..trace import Record, Trace
from .cluster import Cluster, Factory
from .frames import Transport


def serve(
    factory: Factory | Mapping[str, Factory],
    size: int = 3,
    transport: Transport = "udp",
    network: Network | None = None,
    processes: bool | None = None,
    seed: int | str = 0,
    seconds: float | None = None,
    tell: Callable[[Record], object] = print,
) -> Trace:
    """Run a cluster in the foreground until Ctrl-C, or for some time, and tell what happens as it happens.

    Args:
        factory: builds a node, as for :class:`Cluster`; so are size, transport, network and seed.
        size: how many nodes.
        transport: ``"udp"`` or ``"tcp"``.
        network: what is lost on the way.
        processes: whether each node gets a process of its own; as the operating system allows if None.
        seed: names the random streams.
        seconds: how long to run; until Ctrl-C if None.
        tell: sees every record as it comes in; prints it if not given.

    Returns:
        Everything that happened. Nothing is left running, whichever way it ends.

    Raises:
        HandlerFailed: if a handler raised.
        OSError: if there is no socket or process to be had.
    """
    processes = hasattr(os, "fork") if processes is None else processes
    cluster = Cluster(factory, size, transport, network, processes, seed, watch=tell)

    async def run() -> None:
        async with cluster:
            try:
                await cluster.until(lambda: False, 1e12 if seconds is None else seconds * 1000)
            except TimeoutError:
                return

    with suppress(KeyboardInterrupt, BrokenPipeError):  # nobody listens any more
        asyncio.run(run())
    return cluster.trace
