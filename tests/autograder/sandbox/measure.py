"""How long does the sandbox take?  ``python -m tests.autograder.sandbox.measure [module to preload …]``."""

import os
import sys
import time
import uuid
from pathlib import Path

from autograder.sandbox import Limits

from .asking import PYTHON, a_sandbox, ask
from .test_life import marked


def milliseconds(action, times):
    """Best and median of some runs, in ms."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    return f"{taken[0]:7.2f} best {taken[len(taken) // 2]:7.2f} median"


def main(preload):
    """Print one line for each step."""
    limits = Limits(wall_seconds=3600)

    def start():
        with a_sandbox(preload=preload):
            pass

    print("start and stop, ms:        ", milliseconds(start, 3))
    mark = f"mark-{uuid.uuid4()}"
    with a_sandbox(preload=preload, limits=limits, environment={"MARK": mark}) as sandbox:

        def begin():
            started = time.perf_counter()
            cell = sandbox.submission(PYTHON)
            ask(cell.socket, "answer = 1")
            begun.append((time.perf_counter() - started) * 1000)
            cell.close()

        begun = []
        print("submission and its end, ms:", milliseconds(begin, 20))
        print(f"  until the first answer:   {min(begun):7.2f} best {sorted(begun)[10]:7.2f} median")
        with sandbox.submission(PYTHON) as cell:
            opened = []

            def question():
                started = time.perf_counter()
                with cell.snapshot():
                    opened.append((time.perf_counter() - started) * 1000)

            print("question and its end, ms:  ", milliseconds(question, 50))
            print(f"  until it is open:         {min(opened):7.2f} best {sorted(opened)[25]:7.2f} median")
            print("round trip, ms:            ", milliseconds(lambda: ask(cell.socket, "answer = 1"), 500))
        idle = [sandbox.submission(PYTHON) for _ in range(10)]
        print(f"an idle submission:          {watching(mark, 4) / len(idle):.2%} of a processor")
        for cell in idle:
            cell.close()


def watching(mark, seconds):
    """The share of a processor that all marked processes use."""
    before = ticks(mark)
    time.sleep(seconds)
    return (ticks(mark) - before) / os.sysconf("SC_CLK_TCK") / seconds


def ticks(mark):
    """Processor time of all marked processes so far."""
    stats = (Path("/proc", str(pid), "stat").read_text() for pid in marked(mark))
    return sum(sum(map(int, stat.rpartition(")")[2].split()[11:13])) for stat in stats)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
