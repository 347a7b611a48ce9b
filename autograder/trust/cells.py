"""Cells: how does the source of a notebook cell run, without a notebook?"""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
import re
from typing import Any

_LINE_MAGIC = re.compile(r"^(\s*)([%!?].*|[\w.]+\?{1,2}\s*)$")
_TIMING = ("%%time", "%%timeit", "%%capture", "%%prun")


def file_of(name: str) -> str:
    """What a cell is called in tracebacks."""
    return f"<cell {name}>"


def run(name: str, source: str, namespace: dict[str, Any], loop: asyncio.AbstractEventLoop) -> None:
    """Run one cell; ``await`` may stand outside functions.

    Commands of IPython do nothing here: a line that begins with % or ! is left out, and so is a whole cell
    in another language.

    Args:
        name: the cell's, for tracebacks.
        source: its text.
        namespace: the names of the notebook; changed in place.
        loop: where coroutines run.
    """
    file = file_of(name)
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    try:
        code = _compiled(source, file)
    except SyntaxError:
        plain = without_magics(source)
        if plain == source:
            raise
        code = _compiled(plain, file)
    result = eval(code, namespace)
    if inspect.iscoroutine(result):
        loop.run_until_complete(result)


def without_magics(source: str) -> str:
    """The source without the commands of IPython; every line keeps its number."""
    lines = source.splitlines()
    if lines and lines[0].startswith("%%"):
        if not lines[0].startswith(_TIMING):
            return ""
        lines[0] = ""
    return "\n".join(_LINE_MAGIC.sub(r"\1pass", line) for line in lines)


def _compiled(source: str, file: str) -> Any:
    return compile(source, file, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
