"""Does a product show what students must not see?

This gate is a second opinion: it shares no code with the release step that it checks.
"""

import html
import re
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

REGION = re.compile(r"### (BEGIN|END) (SOLUTION|HIDDEN TESTS)")
# Squeezed to its visible characters, a shorter line (`return stamp`) may stand anywhere by chance.
TELLING = 20
ARCHIVES = (".zip", ".whl")
PUBLIC = ("python_stdlib.zip",)  # Python's own library reads like some right answers; so do others' wheels
TEACHERS = {"solutions", "autograder", "tests", "submitted"}


def secrets(root: Path) -> dict[str, str]:
    """Lines of solutions, hidden tests and other right answers that stand nowhere a student may look.

    Returns:
        Where each line stands, for the report; the key is the line without white space.
    """
    hidden, shown = dict[str, str](), list[str]()
    for path in sorted((root / "solutions").rglob("*.py")):
        inside = False
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if marker := REGION.search(line):
                inside = marker[1] == "BEGIN"
            elif inside:
                hidden.setdefault(_squeeze(line), f"{path.relative_to(root)}:{number}")
            else:
                shown.append(line)
    for path in sorted((root / "autograder" / "mutants").rglob("*.toml")):
        for answer in tomllib.loads(path.read_text("utf-8")).get("right", []):
            for line in answer["code"].splitlines():
                hidden.setdefault(_squeeze(line), f"{path.relative_to(root)}: {answer['name']}")
    for folder, ending in (("distsys", "*.py"), ("book", "*.md")):
        shown += [path.read_text("utf-8") for path in sorted((root / folder).rglob(ending))]
    public = _squeeze("\n".join(shown))
    return {line: place for line, place in hidden.items() if len(line) >= TELLING and line not in public}


def unguarded(root: Path, known: Iterable[str]) -> list[str]:
    """Exercise sources without a single secret line: a leak of theirs could not be seen."""
    guarded = {place.partition(":")[0] for place in known}
    sources = sorted(str(path.relative_to(root)) for path in (root / "solutions").rglob("*.py"))
    if not sources:
        return ["solutions/ holds no exercise, so no leak can be seen."]
    return [f"{name} has no telling line, so its leaks hide." for name in sources if name not in guarded]


def leaked(product: Path, known: dict[str, str]) -> list[str]:
    """Secret lines, and markers of secret regions, in a file, a folder or an archive."""
    problems = []
    for name, text in _texts(product):
        squeezed = _squeeze(text)
        problems += [f"{name} shows the secret {place}." for line, place in known.items() if line in squeezed]
        if marker := REGION.search(text):
            problems.append(f"{name} shows the marker {marker[0]}.")
    return problems


def foreign_members(archive: Path) -> list[str]:
    """Members of the student bundle that belong to the teacher."""
    with zipfile.ZipFile(archive) as bundle:
        names = bundle.namelist()
    return [
        f"{archive.name} holds {name}, which belongs to the teacher."
        for name in names
        if TEACHERS.intersection(Path(name).parts)
    ]


def _texts(product: Path) -> Iterator[tuple[str, str]]:
    """Every text in a product, as it is stored and as a reader sees it."""
    if product.is_dir():
        for path in sorted(product.rglob("*")):
            if path.is_file():
                yield from _texts(path)
    elif product.name in PUBLIC or (product.suffix == ".whl" and not product.name.startswith("distsys")):
        return
    elif product.suffix in ARCHIVES:
        with zipfile.ZipFile(product) as archive:
            for name in archive.namelist():
                yield from _readings(f"{product.name}/{name}", archive.read(name))
    else:
        yield from _readings(product.name, product.read_bytes())


def _readings(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    if b"\0" in content:
        return
    text = content.decode("utf-8", errors="replace")
    if "<" in text:
        # a page wraps every word of code in tags and escapes its quotes
        yield name, html.unescape(re.sub(r"<[^>]*>", "", text))
    yield name, text


def _squeeze(text: str) -> str:
    """A text without white space, and without the escapes that JSON and JavaScript put into strings."""
    return re.sub(r"\\[nt]|\\|\s+", "", text)
