"""The inner half of the naive grader: runs cells and checks in one process and reports what passed."""

from __future__ import annotations

import json
import linecache
import socket
import struct
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from types import ModuleType

_LENGTH = struct.Struct("<I")


def serve(line: socket.socket) -> None:
    """Grade one notebook.

    Args:
        line: gives a list of [name, source], and the names of the checks; takes what each check said.
    """
    size = _LENGTH.unpack(_exactly(line, 4))[0]
    cells, checks = json.loads(_exactly(line, size))
    main = sys.modules["__main__"] = ModuleType("__main__")
    results: dict[str, str] = {}
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        inputs: list[str] = []
        vars(main)["In"] = inputs
        for name, source in cells:
            file = f"<cell {name}>"
            inputs.append(source)
            linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
            try:
                exec(compile(source, file, "exec", dont_inherit=True), vars(main))
                said = "passed"
            except BaseException as error:
                said = type(error).__name__
            if name in checks:
                results[name] = said
    text = json.dumps(results).encode()
    line.sendall(_LENGTH.pack(len(text)) + text)


def _exactly(line: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = line.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
