"""Checkers: was what happened allowed?

A checker reads what clients saw, or a trace, and knows nothing of the simulation that made it. Its verdict is
``ok``, ``illegal`` with a reason, or ``unknown``; only the first counts as true.

    from distsys.check import Register, linearizable

    verdict = linearizable(run.history, Register())
    assert verdict, verdict.explanation
"""

from .causal_consistency import causal
from .convergence import converged, exactly_once
from .linearizability import linearizable
from .models import CasRegister, Counter, KeyValue, Lock, Model, Queue, Register, Set
from .sequentiality import sequential
from .sessions import session
from .transactions import anomalies, serializable
from .txn import Txn
from .verdict import OK, Verdict, seeds

__all__ = [
    "OK", "CasRegister", "Counter", "KeyValue", "Lock", "Model", "Queue", "Register", "Set", "Txn", "Verdict",
    "anomalies", "causal", "converged", "exactly_once", "linearizable", "seeds", "sequential", "serializable",
    "session",
]  # fmt: skip
