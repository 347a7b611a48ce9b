"""Which files belong to the project?"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


def project_files(root: Path) -> list[Path]:
    """Every file that git tracks or would track, sorted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    paths = (root / name for name in sorted(set(names.split("\0"))) if name)
    return [path for path in paths if path.is_file()]


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The numbered lines of a text file; none for a binary one."""
    try:
        yield from enumerate(path.read_text("utf-8").splitlines(), 1)
    except UnicodeDecodeError:
        return


def write(root: Path, files: dict[str, str]) -> Path:
    """Lay out a small tree for a canary."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def fail_on(problems: list[str]) -> None:
    """Fail the test if a gate found problems: one a line, without a stack trace."""
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
