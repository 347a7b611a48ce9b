"""The command line of the autograder: python -m autograder --help"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograder.course import Course, CourseError


def main(arguments: list[str] | None = None, course: Course | None = None) -> int:
    """Runs one command.

    Args:
        arguments: what stands after ``python -m autograder``.
        course: the course tree; this repository unless told.

    Returns:
        The exit code: 0 if all is well.
    """
    options = _parser().parse_args(arguments)
    if options.command == "check":
        script = Path(__file__).with_name("check.py")
        return subprocess.run([sys.executable, str(script), str(options.notebook)], check=False).returncode
    from autograder import commands  # noqa: PLC0415  # nbgrader takes seconds to load; --help and check do without

    run = getattr(commands, f"run_{options.command}")
    try:
        return int(run(course or Course(Path(__file__).parent.parent), options))
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograder", description="Makes exercises, grades submissions, proves the tests."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    one = commands.add_parser("release", help="make the students' notebooks from solutions/")
    _add_chapters(one)
    one = commands.add_parser("grade", help="grade the sample class, or a folder of submissions")
    _add_chapters(one)
    one.add_argument(
        "--submitted", type=Path, metavar="DIR", help="grade these submissions instead of the sample class"
    )
    one.add_argument(
        "--into", type=Path, metavar="DIR", help="course root of nbgrader for them (default: _build/class)"
    )
    one.add_argument("--force", action="store_true", help="grade unchanged submissions again")
    one = commands.add_parser("prove", help="show that the tests accept right answers and reject wrong ones")
    _add_chapters(one)
    commands.add_parser("bundle", help="make _build/student.zip, which students download")
    one = commands.add_parser("check", help="run the visible checks of one notebook")
    one.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="a notebook that a student works on")
    return parser


def _add_chapters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="such as time_and_clocks; all if none")


class _Heedless(io.FileIO):
    """An output whose reader may leave, as `head` does; what nobody reads any more is dropped."""

    def write(self, data: Any) -> int:
        """Writes, if somebody still reads."""
        try:
            return super().write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes


if __name__ == "__main__":
    # A class is graded to its end, whoever stops reading about it.
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Heedless(1, "w", closefd=False)), encoding=sys.stdout.encoding, line_buffering=True
    )
    sys.exit(main())
