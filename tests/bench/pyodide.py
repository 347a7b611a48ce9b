"""How fast is the kernel in a browser's Python, against the same Python code run natively?"""

from __future__ import annotations

import inspect

from tests.bench import kernel
from tests.bench.rows import Row, best_of
from tests.ground_truth.pyodide import in_pyodide

ROUNDS = 5

PROGRAM = """
import time
from distsys.network import Network, Uniform
from distsys.node import Node, message, on
from distsys.simulation import Simulation
SIZE, TOKENS, LOSS = {constants}
{sources}
answer = max(kernel_rate() for _ in range({rounds}))
"""


def browser_rate() -> float:
    """Deliveries a second of the same ring, in Pyodide under Node."""
    parts = kernel.Token, kernel.Ring, kernel.always_true, kernel.kernel_rate
    sources = "\n".join(map(inspect.getsource, parts))
    constants = kernel.SIZE, kernel.TOKENS, kernel.LOSS
    return in_pyodide(PROGRAM.format(constants=constants, sources=sources, rounds=ROUNDS))


def pyodide_vs_native() -> float:
    """The rate in Pyodide as a share of the native rate."""
    native = lambda: max(kernel.kernel_rate() for _ in range(ROUNDS))  # noqa: E731 - as many rounds as there
    theirs, ours = best_of(3, browser_rate, native)
    return theirs / ours


ROWS = (Row("pyodide_vs_native", "×", 0.5, pyodide_vs_native),)
