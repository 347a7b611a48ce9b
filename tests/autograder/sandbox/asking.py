"""Ask the ``python`` server inside."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

from autograder.sandbox import Deadline, Sandbox

from .servers import LENGTH

SERVERS = Path(__file__).with_name("servers.py")
PYTHON = "servers:python"


def a_sandbox(*without, **settings):
    """A sandbox that sees the test servers, with some defences switched off."""
    readable = [SERVERS, *settings.pop("readable", ())]
    path = [Path(__file__).parents[3], SERVERS.parent, *settings.pop("path", ())]
    return Sandbox(readable=readable, path=path, without=without, **settings)


def send(line, source):
    """Ask without waiting for the answer."""
    data = textwrap.dedent(source).encode()
    Deadline(10).send(line, LENGTH.pack(len(data)) + data)


def ask(line, source, seconds=10.0):
    """What the source left in ``answer``, as a literal if it is one."""
    send(line, source)
    deadline = Deadline(seconds)
    answer = deadline.receive(line, LENGTH.unpack(deadline.receive(line, 4))[0]).decode()
    try:
        return ast.literal_eval(answer)
    except (ValueError, SyntaxError):
        return answer


def end_of(line, source, seconds=10.0):
    """Ask something that nobody survives."""
    try:
        raise AssertionError(f"survived, and answered {ask(line, source, seconds)!r}")
    except (EOFError, ConnectionError):
        return
