"""The shell: which Python do the cells of a notebook run in?

IPython's own, without all that belongs to a person at a keyboard: no profile, history file, colours,
completion, windows or threads. What it displays is text. Starting it takes some hundredths of a second,
so a zygote imports :mod:`~autograder.trust.warm`, and every notebook gets a fork.
"""

from __future__ import annotations

import asyncio
import importlib
import linecache
import subprocess
import sys
import time as clock
from contextlib import nullcontext
from typing import Any

from IPython.core import page
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import cell_magic, line_cell_magic, magics_class, needs_local_scope, no_var_expand
from IPython.core.magic_arguments import magic_arguments
from IPython.core.magics.execution import ExecutionMagics
from IPython.core.magics.script import ScriptMagics, script_args
from traitlets.config import Config

from .cells import cell_of, file_of


class Compiler(CachingCompiler):
    """Calls the code of a cell by the cell's name."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.name, self.sources = "", frozenset[str]()

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """What some code is called in tracebacks."""
        if raw_code.strip("\n") in self.sources:
            return file_of(self.name)
        name: str = super().get_code_name(raw_code, transformed_code, number)
        return name

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        """Let tracebacks show what the student has written."""
        name = super().cache(transformed_code, number, raw_code)
        if cell_of(name):
            written = raw_code or transformed_code
            linecache.cache[name] = (len(written), None, written.splitlines(keepends=True), name)
        return name


class Results(DisplayHook):
    """Prints the value of a cell's last expression."""

    def write_output_prompt(self) -> None:
        """Write no number before it."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: object = None) -> None:
        """Print its text."""
        print(format_dict.get("text/plain", ""))


class Displays(DisplayPublisher):
    """Prints what ``display`` shows."""

    def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
        """Print its text."""
        if "text/plain" in data:
            print(data["text/plain"])


@magics_class
class Timing(ExecutionMagics):
    """``%time`` and ``%timeit``, for nobody who waits for the numbers."""

    shell: Any

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def timeit(self, line: str = "", cell: str | None = None, local_ns: object = None) -> Any:
        """Run once, unless the cell says how often: IPython repeats for seconds."""
        given = {word[:2] for word in line.split()} & {"-n", "-r"}
        return super().timeit(line if given else "-n 1 -r 1 " + line, cell, local_ns)

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def time(self, line: str = "", cell: str | None = None, local_ns: object = None) -> Any:
        """Run a cell and say how long it took; unlike IPython's own, its lines keep their numbers."""
        if cell is None or line.strip():
            return super().time(line, cell, local_ns)
        began, used = clock.perf_counter(), clock.process_time()
        result = self.shell.run_cell("\n" + cell)
        used, taken = clock.process_time() - used, clock.perf_counter() - began
        print(f"CPU times: total: {used * 1000:.3g} ms\nWall time: {taken * 1000:.3g} ms")
        return result.raise_error()

    time.parser = ExecutionMagics.time.parser  # type: ignore[union-attr]


@magics_class
class Scripts(ScriptMagics):
    """``%%bash`` and its like; IPython's own leave a thread behind, and what has threads cannot be forked."""

    shell: Any

    @magic_arguments()  # type: ignore[no-untyped-call, untyped-decorator]
    @script_args  # type: ignore[untyped-decorator]
    @cell_magic("script")  # type: ignore[arg-type]
    def shebang(self, line: str, cell: str) -> None:
        """Run a cell by another program."""
        args, command = self.shebang.parser.parse_known_args(line.split())
        try:
            ran = subprocess.run(command, input=cell, capture_output=True, text=True, errors="replace")  # noqa: PLW1510
        except FileNotFoundError:
            print(f"Couldn't find program: {command[0]!r}")
            return
        for name, text, stream in ((args.out, ran.stdout, sys.stdout), (args.err, ran.stderr, sys.stderr)):
            if name:
                self.shell.user_ns[name] = text
            else:
                stream.write(text)
        if args.raise_error and ran.returncode:
            raise subprocess.CalledProcessError(ran.returncode, cell)


class Shell(InteractiveShell):
    """IPython for one notebook, in a process that may be forked at any time."""

    compile: Compiler
    display_formatter: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self.db = {}  # or bookmarks and the like would look for a profile
        self.display_formatter.active_types = ["text/plain"]
        self.set_hook("show_in_pager", page.as_hook(page.display_page), 90)  # type: ignore[no-untyped-call]
        self.input_transformer_manager.cleanup_transforms[0] = _from_the_first_line
        self.register_magics(Timing, Scripts)

    def perform(self, name: str, source: str, loop: asyncio.AbstractEventLoop) -> BaseException | None:
        """Run one cell; ``await`` may stand outside functions.

        Args:
            name: the cell's, for tracebacks.
            source: its text.
            loop: where coroutines run.

        Returns:
            The exception that ended it, or nothing.
        """
        body = source.lstrip().partition("\n")[2]  # of a cell like %%time, which runs it
        self.compile.name, self.compile.sources = name, frozenset({source.strip("\n"), body.strip("\n")})
        self.loop_runner = loop.run_until_complete
        importlib.invalidate_caches()  # a cell may have written a module a moment ago
        result = self.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
        error: BaseException | None = result.error_before_exec or result.error_in_exec
        return error

    def system(self, cmd: str) -> None:
        """Run a command for ``!``; there is no terminal."""
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        command = self.var_expand(cmd, depth=1)  # type: ignore[no-untyped-call]
        with subprocess.Popen(
            command, shell=True, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            for line in process.stdout or ():
                sys.stdout.write(line)
        self.user_ns["_exit_code"] = process.returncode

    def enable_matplotlib(self, gui: str | None = None) -> tuple[str, str]:
        """Draw on no screen; the environment says so to matplotlib."""
        return "inline", "inline"

    def enable_gui(self, gui: str | None = None) -> None:
        """Open no window."""

    def ask_exit(self) -> None:
        """End the cell for ``exit()``."""
        raise SystemExit

    def showtraceback(self, *_: Any, **__: Any) -> None:
        """Print nothing: the error is told by itself."""

    showsyntaxerror = showtraceback

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}

    def _tee(self, channel: str) -> Any:
        return nullcontext()

    def init_profile_dir(self, profile_dir: object) -> None:
        """Have no profile."""

    def init_completer(self) -> None:
        """Complete nothing."""

    def init_sys_modules(self) -> None:
        """Leave ``__main__`` alone until a notebook begins."""


def _from_the_first_line(lines: list[str]) -> list[str]:
    """Empty lines before ``%%`` are left out; others stay, so that all lines keep their numbers."""
    first = next((place for place, line in enumerate(lines) if line.strip()), 0)
    return lines[first:] if lines and lines[first].startswith("%%") else lines


def shell() -> Shell:
    """The shell of this process; started at the first call."""
    started: Shell = Shell.instance(
        config=Config({"HistoryManager": {"enabled": False, "hist_file": ":memory:"}}),
        ipython_dir="",
        colors="nocolor",
        compiler_class=Compiler,
        displayhook_class=Results,
        display_pub_class=Displays,
        autocall=0,
    )
    return started
