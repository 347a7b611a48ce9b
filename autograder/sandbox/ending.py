"""Why did a submission or a question end, in words?"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Literal

from autograder.sandbox.limits import Limits

Reason = Literal["finished", "time", "memory", "output", "processes", "crash", "closed", "lost"]


@dataclass(frozen=True)
class Ending:
    """How the sandboxed code came to its end.

    Args:
        reason: one word for programs; "closed" means that the judge ended it, "lost" that the sandbox went.
        words: half a sentence for people, whose subject is the submission: "crashed: SIGSEGV …".
    """

    reason: Reason
    words: str

    def __str__(self) -> str:
        return self.words


CLOSED = Ending("closed", "was ended by the judge")
LOST = Ending("lost", "was lost together with its sandbox")


def of_status(status: int) -> Ending:
    """The ending of a process by its exit status; negative is the number of a signal."""
    if status == 0:
        return Ending("finished", "finished")
    if status > 0:
        return Ending("crash", f"ended itself with status {status}")
    if status == -signal.SIGXCPU:
        return Ending("time", "used too much processor time")
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    return Ending("crash", f"crashed: {name} ({signal.strsignal(-status) or 'unknown'})")


def of_breach(breach: str, limits: Limits) -> Ending:
    """The ending by a limit; ``breach`` is the warden's word for it."""
    return {
        "cpu": Ending("time", f"used more than {limits.cpu_seconds:g} s of processor time"),
        "question cpu": Ending("time", "used more processor time than this question may"),
        "wall": Ending("time", f"took longer than {limits.wall_seconds:g} s"),
        "memory": Ending("memory", f"used more than {limits.memory_mib} MiB of memory"),
        "output": Ending("output", f"wrote more than {limits.output_kib} KiB to its output"),
        "processes": Ending(
            "processes", f"started too many processes or threads (the limit is {limits.processes})"
        ),
    }[breach]
