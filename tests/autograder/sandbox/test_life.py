"""Everything ends with the grader, however it ends; and any user may be the grader."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

COURSE = Path(__file__).parents[3]
GRADER = [sys.executable, "-P", "-m", "tests.autograder.sandbox.grader"]
ENVIRONMENT = {"PYTHONPATH": str(COURSE), "PATH": "/usr/bin:/bin"}
USER = 4321


def marked(mark):
    """Processes with the mark in their environment or command line: bubblewrap and all that runs in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in text:
            found.append(int(process.name))
    return found


def left(mark, seconds=5.0):
    """The marked processes that are still there after a while; returns as soon as there is none."""
    deadline = time.monotonic() + seconds
    while (found := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def grader_killed(*without, prefix=()):
    """Start a grader, let hostile code run, kill the grader; the user inside, and who is left afterwards."""
    mark = f"mark-{uuid.uuid4()}"
    grader = subprocess.Popen([*prefix, *GRADER, mark, *without], env=ENVIRONMENT, stdout=subprocess.PIPE)
    try:
        user = int(grader.stdout.readline())
        time.sleep(0.2)
        assert len(marked(mark)) >= 7                # bubblewrap twice, zygote, waiter, warden, both loops …
        grader.kill()
        grader.wait()
        return user, left(mark, 1 if without else 5)
    finally:
        grader.kill()
        grader.wait()
        grader.stdout.close()
        for pid in marked(mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_killing_the_grader_leaves_nothing():
    _, alive = grader_killed()
    assert alive == []

    _, alive = grader_killed("life line")            # the canary
    assert alive != []


def test_root_becomes_nobody_and_an_ordinary_user_stays_who_it_is():
    user, _ = grader_killed()
    assert user == (os.getuid() or 65534)

    if os.getuid() == 0:
        places = {str(Path(p)) for p in (sys.prefix, sys.base_prefix, COURSE)}
        become = [sys.executable, "-P", str(Path(__file__).with_name("as_user.py")), str(USER), *places, "--"]
        user, alive = grader_killed(prefix=become)
        assert (user, alive) == (USER, [])
