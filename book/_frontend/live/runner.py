"""Cells in the browser: what does the code of a reader print, show and fail with?

The worker imports this module and calls ``run``. Pyodide's Python 3.14 runs it, and so does any since 3.11.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import io
import linecache
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

CHARACTERS = 100_000  # more of one cell would fill the page, and the loop that prints it has no end
PAUSE_S = 0.05  # what is printed in between reaches the page at once; a message for each word would flood it
CELL = "<cell "  # how the file names of the reader's code begin

Post = Callable[[str, str], None]  # takes a kind of output and its text

_names: dict[str, Any] = {"__name__": "__main__"}
_post: Post


class _Stream(io.TextIOBase):
    """Collects what is printed and posts it in pieces."""

    left = 0  # characters that the running cell may still print

    def __init__(self, kind: str) -> None:
        self.kind, self.waiting, self.posted = kind, [], 0.0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: _Stream.left]
        _Stream.left -= len(kept)
        self.waiting.append(kept)
        if kept and not _Stream.left:
            self.waiting.append(f"\n… the page shows the first {CHARACTERS:,} characters of a cell.\n")
        if self.waiting[-1] and time.monotonic() - self.posted > PAUSE_S:
            self.flush()
        return len(text)

    def flush(self) -> None:
        text = "".join(self.waiting)
        self.waiting.clear()
        if text:
            self.posted = time.monotonic()
            _post(self.kind, text)


_streams = _Stream("stdout"), _Stream("stderr")


def display(*things: object) -> None:
    """Show things as a notebook does: as HTML, a picture or text, whichever they offer first."""
    for thing in things:
        for stream in _streams:
            stream.flush()
        for kind in ("html", "svg", "markdown"):
            offer = getattr(thing, f"_repr_{kind}_", None)
            shown = offer() if callable(offer) and not isinstance(thing, type) else None
            if shown is not None:
                _post(kind, shown)
                break
        else:
            _post("text", repr(thing))


def _no_input(prompt: object = "") -> str:
    raise RuntimeError(f"A page cannot answer input({prompt!r}): write the value into the code.")


async def run(number: int, code: str, post: Post) -> bool:
    """Run a cell: post what it prints and shows; if it fails, post the error.

    Args:
        number: of the cell; tracebacks name it.
        code: Python, with ``await`` allowed at the top; or ``%%writefile name`` and the content of the file.
        post: called with a kind (``stdout``, ``stderr``, ``html``, ``svg``, ``markdown``, ``text`` or
            ``error``) and a text.

    Returns:
        Whether the cell ran to its end.
    """
    global _post  # one cell runs at a time
    _post, _Stream.left = post, CHARACTERS
    name = f"{CELL}{number}>"
    for stream in _streams:
        stream.posted = time.monotonic()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _streams
    try:
        value = await _execute(code, name)
        if value is not None and not code.rstrip().endswith(";"):
            display(value)
    except BaseException as error:  # also SystemExit: the reader wrote it
        failure = _told(error)
        for stream in _streams:
            stream.flush()
        _post("error", failure)
        return False
    else:
        for stream in _streams:
            stream.flush()
        return True
    finally:
        sys.stdout, sys.stderr = before


async def _execute(code: str, name: str) -> Any:
    if code.startswith("%%writefile "):
        first, _, content = code.partition("\n")
        path = Path(first.split(maxsplit=1)[1].strip())
        path.write_text(content + "\n", encoding="utf-8")
        sys.modules.pop(path.stem, None)  # the next import reads the new file
        print(f"Writing {path}")
        return None
    linecache.cache[name] = len(code), None, code.splitlines(keepends=True), name
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value = None
    for part in (tree, last and ast.Expression(last.value)):
        if part:
            mode = "exec" if isinstance(part, ast.Module) else "eval"
            value = eval(compile(part, name, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), _names)
            if inspect.iscoroutine(value):
                value = await value
    return value


def _told(error: BaseException) -> str:
    """The traceback with the reader's lines alone, without those of this module and of the laboratory."""
    whole = traceback.TracebackException.from_exception(error)
    parts = [whole]
    while parts:
        part = parts.pop()
        # Without the columns, and so without the rows of markers that a narrow page would break.
        ours = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in part.stack
                if frame.filename.startswith(CELL)]
        part.stack = traceback.StackSummary.from_list(ours)
        parts += [each for each in (part.__cause__, part.__context__, *(part.exceptions or ())) if each]
    lines = list(whole.format())
    if not whole.stack and not whole.__cause__ and not whole.__context__:
        lines = list(whole.format_exception_only())
    return "".join(lines).rstrip()


def install() -> None:
    """Give the reader's code what a notebook gives it: ``display``, and no ``input`` that waits for ever."""
    builtins.display = display  # type: ignore[attr-defined]
    builtins.input = _no_input
    for name, content in {
        "IPython": {"get_ipython": lambda: None, "version_info": (0,)},
        "IPython.display": {"display": display},
    }.items():
        module = ModuleType(name)
        vars(module).update(content)
        sys.modules.setdefault(name, module)
