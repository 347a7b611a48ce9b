"""The command line of the autograder: python -m autograder --help"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import Any

from autograder import check
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
        flags = [f"--{name}" for name in ("json", "verbose") if getattr(options, name)]
        return check.main([str(options.notebook), *flags])
    from autograder import commands  # noqa: PLC0415  # loads for a second; --help and check do without

    run = getattr(commands, f"run_{options.command}")
    try:
        return int(run(course or Course(Path(__file__).parent.parent), options))
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    except (PermissionError, FileNotFoundError) as error:
        if error.filename is None:
            raise
        print(f"{error.filename} cannot be used ({error.strerror}); name another folder.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was judged is kept: the same command goes on from here.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograder", description="Makes exercises, grades submissions, proves the tests."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, words: str, chapters: bool = True) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        if chapters:
            one.add_argument(
                "chapters", nargs="*", metavar="CHAPTER", help="such as time_and_clocks; all if none"
            )
        one.add_argument("--json", action="store_true", help="print one JSON document for other programs")
        return one

    add("release", "make the students' notebooks from solutions/")
    add("lint", "look for mistakes that authors of exercises make")
    add("prove", "show that the tests accept right answers and reject wrong and dishonest ones")
    add("bundle", "make _build/student.zip, which students download", chapters=False)
    one = add("check", "run the visible checks of one notebook, as a student does", chapters=False)
    one.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="a notebook that a student works on")
    one.add_argument("--verbose", action="store_true", help="show what the cells print")
    _add_grade(add("grade", "grade the sample class, or a folder of submissions"))
    for name, words in {
        "report": "write the teacher's report on a graded class",
        "export": "write the points of a graded class for a learning management system",
    }.items():
        one = add(name, words)
        one.add_argument("--into", type=Path, metavar="DIR", help="course root of the class (_build/class)")
        if name == "export":
            one.add_argument("--to", choices=["csv", "canvas", "moodle"], default="csv", help="for whom")
            one.add_argument("--roster", type=Path, metavar="FILE", help="who is who (DIR/students.csv)")
            one.add_argument("--column", default="", metavar="NAME", help="what the chapter is called there")
    return parser


def _add_grade(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--submitted", type=Path, metavar="DIR", help="grade these submissions instead of the sample class"
    )
    one.add_argument("--into", type=Path, metavar="DIR", help="course root of the class (_build/class)")
    one.add_argument("--force", action="store_true", help="judge unchanged submissions again")
    one.add_argument("--jobs", type=_positive, metavar="N", help="submissions at a time (one a processor)")
    one.add_argument("--seeds", type=_positive, metavar="N", help="seeds of each random check (50)")
    one.add_argument(
        "--scheduler", metavar="ADDRESS", help="judge on a Dask cluster: tcp://…, or `local` for one here"
    )
    one.add_argument("--gradebook", metavar="URL", help="SQLAlchemy's address of another gradebook")
    one.add_argument(
        "--unsafe", action="store_true", help="run students' code without a sandbox: only code you trust"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1")
    return int(text)


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
