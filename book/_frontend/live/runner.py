"""Cells in the browser: what does the code of a reader print, show and fail with?

The worker imports this module and calls ``run`` and ``draw``. Pyodide's Python 3.14 runs it, and so does any
since 3.11.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
import io
import json
import linecache
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from distsys.draw.explorer import Explorer

# More of one cell would fill the page, and the loop that shows it has no end.
MOST = {"words": 100_000, "pictures": 5_000_000}
CUT = "\n… of the {1} of a cell the page shows the first {0:,} characters.\n"
OUTPUTS = 1_000  # so many of a cell at most: each costs at least its share of the characters
LONGEST = 10_000  # characters of a traceback
PAUSE_S = 0.05  # what is printed in between reaches the page at once; a message for each word would flood it
CELL = "<cell "  # how the file names of the reader's code begin
NO_INPUT = "A page cannot answer {}: write the value into the code."
ONE_LOOP = "The page has an event loop already: write await … where a program has asyncio.run(…)."
# What a browser lacks, by a part of the error.
LACKS = {
    "ModuleNotFoundError": "The browser has distsys and Python's standard library, and no other packages.",
    "MemoryError": "The browser's Python has no memory left.",
    "start new thread": "The browser's Python has no threads.",
    "does not support processes": "The browser's Python starts no processes.",
    "stack switching": ONE_LOOP,
}

Post = Callable[[str, str], None]  # takes a kind of output and its text

_names: dict[str, Any] = {"__name__": "__main__"}
_explorers: dict[int, list[Explorer]] = {}  # those that each cell has shown, in order
_left: dict[str, int] = {}  # characters that the running cell may still show
_post: Post
_number = 0  # of the running cell
_quiet = False  # whether the running cell shows nothing, since the page shows it already


class _Refused(Exception):
    """What the reader asked for is not there; the sentence says all."""


def _allowed(budget: str, text: str, least: int = 0) -> tuple[str, str]:
    """What of a text the page still shows; and where that ends, the sentence that says so."""
    left = _left[budget]
    cost = max(len(text), least)
    _left[budget] = max(0, left - cost)
    if cost < left:
        return text, ""
    return text[:left], CUT.format(MOST[budget], budget) if left else ""


class _Stream(io.TextIOBase):
    """Collects what is printed and posts it in pieces."""

    def __init__(self, kind: str) -> None:
        self.kind, self.waiting, self.posted = kind, [], 0.0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.waiting += filter(None, _allowed("words", text))
        if self.waiting and time.monotonic() - self.posted > PAUSE_S:
            self.flush()
        return len(text)

    def flush(self) -> None:
        text = "".join(self.waiting)
        self.waiting.clear()
        if text:
            self.posted = time.monotonic()
            _post(self.kind, text)

    def close(self) -> None:
        """The next cell prints too."""


_streams = _Stream("stdout"), _Stream("stderr")


def _flush() -> None:
    for stream in _streams:
        stream.flush()


class _NoInput(io.TextIOBase):
    """A keyboard that nobody sits at."""

    def read(self, *_: object) -> str:
        raise RuntimeError(NO_INPUT.format("what reads from the keyboard"))

    readline = read


def _show(kind: str, text: str) -> None:
    """Post one output, as much of it as the page still shows."""
    _flush()
    budget = "words" if kind in ("text", "error") else "pictures"
    kept, notice = _allowed(budget, text, least=MOST[budget] // OUTPUTS)
    if kept and not (notice and budget == "pictures"):  # half a picture is none
        _post(kind, kept)
    if notice:
        _post("stdout", notice)


def display(*things: object) -> None:
    """Show things as a notebook does: as HTML, a picture or text, whichever they offer first."""
    for thing in things:
        if isinstance(thing, Explorer):
            _explorers[_number].append(thing)
        if _quiet:
            continue
        for kind in ("html", "svg", "markdown"):
            offer = getattr(thing, f"_repr_{kind}_", None)
            shown = offer() if callable(offer) and not isinstance(thing, type) else None
            if shown is not None:
                _show(kind, str(shown))
                break
        else:
            _show("text", repr(thing))


def _no_input(prompt: object = "") -> str:
    raise RuntimeError(NO_INPUT.format(f"input({prompt!r})"))


def _no_loop(main: Coroutine[Any, Any, Any], **_: object) -> None:
    main.close()
    raise RuntimeError(ONE_LOOP)


async def run(number: int, code: str, post: Post, quiet: bool = False) -> bool:
    """Run a cell: post what it prints and shows; if it fails, post the error.

    Args:
        number: of the cell; tracebacks name it.
        code: Python, with ``await`` allowed at the top; or ``%%writefile name`` and the content of the file.
        post: called with a kind (``stdout``, ``stderr``, ``html``, ``svg``, ``markdown``, ``text`` or
            ``error``) and a text.
        quiet: whether to post nothing but an error, since the page shows already what the cell shows.

    Returns:
        Whether the cell ran to its end.
    """

    async def cell() -> None:
        value = await _execute(code, f"{CELL}{number}>")
        if value is not None and not code.rstrip().endswith(";"):
            display(value)

    _explorers[number] = []
    return await _watch(cell, number, post, quiet)


async def draw(number: int, place: int, asked: Sequence[int | str], name: str, post: Post) -> bool:
    """Draw what an explorer shows for values of which there may be no ready-made picture.

    Args:
        number: of the cell that has shown the explorer.
        place: of the explorer among those that the cell has shown.
        asked: for each parameter the place of a ready-made value, or the text that was typed.
        name: which no other element of the page has.
        post: called as by ``run``, and with a ``frame``: the values in words and the picture, as JSON.

    Returns:
        Whether there is a picture.
    """

    async def picture() -> None:
        if place >= len(_explorers[number]):
            raise _Refused("The cell shows no such explorer now: run it.")
        explorer = _explorers[number][place]
        try:
            values = explorer.read(tuple(asked))
        except ValueError as error:
            raise _Refused(str(error)) from None
        html = explorer.draw(*values).within(name)
        if len(html) > MOST["pictures"]:
            raise _Refused(f"This picture has {len(html):,} characters, too many for a page.")
        _flush()
        _post("frame", json.dumps({"values": [str(value) for value in values], "html": html}))

    return await _watch(picture, number, post)


async def _watch(work: Callable[[], Awaitable[None]], number: int, post: Post, quiet: bool = False) -> bool:
    """Do some work for the page; post what it prints, and its error if it fails."""
    global _post, _number, _quiet  # the page asks for one thing at a time
    _post, _number, _quiet, Explorer.ready_made = post, number, quiet, not quiet
    _left.update(dict.fromkeys(MOST, 0) if quiet else MOST)
    for stream in _streams:
        stream.posted = time.monotonic()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _streams
    try:
        await work()
    except BaseException as error:  # also SystemExit: the reader wrote it
        _flush()
        _post("error", _told(error))
        return False
    else:
        _flush()
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
    try:
        tree = ast.parse(code, name)
    except SyntaxError as error:
        if any(line.lstrip().startswith(("%", "!", "?")) for line in code.splitlines()[: error.lineno]):
            error.msg = "commands of a notebook, which begin with %, ! or ?, do not work here"
        raise
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
    if isinstance(error, _Refused):
        return str(error)
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
    text = "".join(lines).rstrip()
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n…\n{text[-LONGEST // 2 :]}"
    last = text.rpartition("\n")[2]
    return "\n".join([text, *(sentence for part, sentence in LACKS.items() if part in last)])


def install() -> None:
    """Give the reader's code what a notebook gives it: ``display``, and no ``input`` that waits for ever."""
    builtins.display = display  # type: ignore[attr-defined]
    builtins.input, sys.stdin, asyncio.run = _no_input, _NoInput(), _no_loop  # type: ignore[assignment]
    for name, content in {
        "IPython": {"get_ipython": lambda: None, "version_info": (0,)},
        "IPython.display": {"display": display},
    }.items():
        module = ModuleType(name)
        vars(module).update(content)
        sys.modules.setdefault(name, module)
