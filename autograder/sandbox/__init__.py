"""Run hostile code: Python in bubblewrap, namespaces for each submission, a fork for each question.

::

    judge's process ── Sandbox, Cell, Question           trusted; never runs student code (host, cell)
      └ bubblewrap ─ zygote                              Python with everything imported (jail, launch)
          └ waiter ─ holds the life line                 new user, process, net, mount, ipc, uts namespaces
              └ warden, process 1                        counts, limits, keeps output (namespaces, warden)
                  └ student's process ─ serve(socket)    no capabilities, rlimits, seccomp (confine, seccomp)
                      └ fork for each question           (line)

``Sandbox`` is the way in; ``Limits`` and ``Ending`` are what it speaks about; ``available()`` tries it and
raises ``Missing`` with a sentence on what this machine lacks. ``unsafe`` has the same interface and no walls;
whoever wants it must import it by name.
"""

from autograder.sandbox.cell import Cell, Output, Question
from autograder.sandbox.deadline import Deadline
from autograder.sandbox.ending import Ending
from autograder.sandbox.host import FULL, NO_PROC, Sandbox, available
from autograder.sandbox.limits import Limits
from autograder.sandbox.line import Line, NoSnapshot
from autograder.sandbox.needs import Missing

__all__ = [
    "FULL", "NO_PROC", "Cell", "Deadline", "Ending", "Limits", "Line", "Missing", "NoSnapshot", "Output",
    "Question", "Sandbox", "available",
]
