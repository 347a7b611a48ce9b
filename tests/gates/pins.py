"""Are the pins complete, reasoned, and free of any one machine?"""

import re
from pathlib import Path

from .tree import text_lines

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[a-z,]+\])?==(\S+)")
_PLACE = re.compile(r"\b\w+://|(?:^|[\s=@])/\w|--(?:extra-)?index-url|--find-links")


def pins_without_reason(source: Path) -> list[str]:
    """Direct dependencies that are not pinned, or whose line does not say what they are for."""
    problems = []
    for number, line in enumerate(source.read_text("utf-8").splitlines(), 1):
        requirement, _, reason = line.partition("#")
        if not requirement.strip() or requirement.startswith("-e"):
            continue
        if not _PIN.match(requirement):
            problems.append(f"{source.name}:{number}: {requirement.strip()} is not pinned with ==.")
        if not reason.strip():
            problems.append(f"{source.name}:{number}: {requirement.strip()} has no comment with its reason.")
    return problems


def pins_that_differ(source: Path, compiled: Path) -> list[str]:
    """Direct dependencies that the compiled file holds at another version, or not at all."""
    got = _pins(compiled)
    return [
        f"{source.name} asks for {name}=={version}, {compiled.name} has {got.get(name)}; run `make lock`."
        for name, version in _pins(source).items()
        if got.get(name) != version
    ]


def places(path: Path) -> list[str]:
    """Lines of a lock file that name an address or a folder of the machine that wrote it."""
    return [
        f"{path.name}:{number}: {line.strip()} names a place."
        for number, line in text_lines(path)
        if _PLACE.search(line)
    ]


def _pins(path: Path) -> dict[str, str]:
    found = (_PIN.match(line) for line in path.read_text("utf-8").splitlines())
    return {re.sub(r"[-_.]+", "-", pin[1]).lower(): pin[2] for pin in found if pin}
