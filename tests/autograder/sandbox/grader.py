"""A grader of its own process, to be killed. Arguments: a mark for its children, defences to switch off."""

import sys
import time

from tests.autograder.sandbox.asking import PYTHON, a_sandbox, ask, send

HOSTILE = """
    import os, signal
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    for _ in range(2):
        if os.fork() == 0: os.setsid()
    while True: pass
"""

if __name__ == "__main__":
    with (
        a_sandbox(*sys.argv[2:], environment={"MARK": sys.argv[1]}) as sandbox,
        sandbox.submission(PYTHON) as cell,
        cell.snapshot() as question,
    ):
        print(ask(question.socket, "import os; answer = os.getuid()"), flush=True)
        send(question.socket, HOSTILE)
        send(cell.socket, HOSTILE)
        time.sleep(60)
