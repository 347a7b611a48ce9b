"""The status of the site: how long did its cells run, what made it, and what tests it?

``{execution-times}``, ``{versions}`` and ``{test-counts}`` write it when the site is built. Nothing here
names the machine, and there is no date unless ``SOURCE_DATE_EPOCH`` gives one.
"""

from __future__ import annotations

import ast
import json
import os
import platform
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from . import tables
from .assets import VENDOR
from .tables import cell, facts, words

ROOT = Path(__file__).parents[3]
_PIN = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==\S+\s*#\s*(.+)$", re.MULTILINE)
Row = tuple[str, str, str]
"""What it is, its version, and what it is for."""


# --- how long did the cells run?


class Times(nodes.General, nodes.Element):
    """Where the table of execution times will be, once every page has run."""


class ExecutionTimesDirective(SphinxDirective):
    """The directive ``{execution-times}``: a row for each page with cells."""

    def run(self) -> list[nodes.Node]:
        """Leave the place free."""
        self.env.metadata[self.env.docname]["execution_times"] = "yes"
        return [Times()]


def times(env: BuildEnvironment) -> list[tuple[str, str, float]]:
    """Each page with cells: its name, its title, and the seconds that its cells took when they last ran."""
    found = []
    for page in sorted(env.found_docs):
        seconds = (NbMetadataCollector.get_exec_data(env, page) or {}).get("runtime")
        if seconds is not None:
            found.append((page, env.titles[page].astext(), float(seconds)))
    return found


def time_table(found: Sequence[tuple[str, str, float]]) -> str:
    """The table as HTML, the slowest page first."""
    total = sum(seconds for _, _, seconds in found)
    rows = [
        [words(title), cell(f"{seconds:.1f}", "count")]
        for _, title, seconds in sorted(found, key=lambda row: (-row[2], row[0]))
    ]
    caption = f"The cells of {len(found)} pages ran in {total:.0f} seconds."
    return facts(caption, ["Page", '<span class="count">Seconds</span>'], rows)


def fill_in(app: Sphinx, doctree: nodes.document, _page: str) -> None:
    """Put the table where its place was left free."""
    for place in list(doctree.findall(Times)):
        place.replace_self(tables.node(time_table(times(app.env))))


def refresh(_app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the page again if any page ran again."""
    if not NbMetadataCollector.new_exec_data(env):
        return []
    return [page for page, metadata in env.metadata.items() if "execution_times" in metadata]


# --- what made it?


def packages(requirements: str) -> Iterator[Row]:
    """The direct dependencies, as they are installed, with the reason that is given for each."""
    for name, reason in _PIN.findall(requirements):
        try:
            yield name, version(name), reason
        except PackageNotFoundError:
            yield name, "not installed", reason


def scripts(package: Mapping[str, Mapping[str, str]], lock: Mapping[str, Mapping[str, str]]) -> Iterator[Row]:
    """What comes from npm: served to readers, or used by the build and its tests."""
    purposes = {"dependencies": "served to readers", "devDependencies": "builds or tests the site"}
    for key, purpose in purposes.items():
        for name in package.get(key, {}):
            yield name, lock[f"node_modules/{name}"]["version"], purpose


def browser_python(lock: str) -> str:
    """The version of Python in the browser, from the lock of Pyodide."""
    found = re.search(r'"python":"([\d.]+)"', lock)
    return found[1] if found else "unknown"


def commit(root: Path) -> str:
    """From which commit it was made, and whether something was changed since; empty without Git."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        head = git("rev-parse", "--short=12", "HEAD")
        return head + " and changes since" * bool(head and git("status", "--porcelain"))
    except OSError:
        return ""


def made_from(root: Path, environment: Mapping[str, str]) -> Iterator[Row]:
    """The commit and the date, where they are known."""
    if head := commit(root):
        yield "Commit", head, "the source of this site"
    if (epoch := environment.get("SOURCE_DATE_EPOCH", "")).isdigit():
        yield "Date", f"{datetime.fromtimestamp(int(epoch), UTC):%Y-%m-%d}", "of the source"


class VersionsDirective(SphinxDirective):
    """The directive ``{versions}``: what the site was made from and with."""

    def run(self) -> list[nodes.Node]:
        """Build the tables."""
        for name in ("requirements.in", "book/_frontend/package-lock.json"):
            self.env.note_dependency(str(ROOT / name))
        frontend = ROOT / "book" / "_frontend"
        package, lock = (
            json.loads((frontend / name).read_text(encoding="utf-8"))
            for name in ("package.json", "package-lock.json")
        )
        inside = browser_python((VENDOR / "pyodide" / "lock.mjs").read_text(encoding="utf-8"))
        requirements = (ROOT / "requirements.in").read_text(encoding="utf-8")
        machine: list[Row] = [
            *made_from(ROOT, os.environ),
            ("Python", platform.python_version(), "builds the site and runs its cells"),
            ("Python in the browser", inside, "runs the cells that a reader edits"),
        ]
        return [
            _version_table("What the site was made from.", machine),
            _version_table("Scripts and fonts, from npm.", list(scripts(package, lock["packages"]))),
            _version_table("Packages of Python, from PyPI.", list(packages(requirements))),
        ]


def _version_table(caption: str, rows: Sequence[Row]) -> nodes.raw:
    lines = [[words(name), cell(words(number)), cell(_prose(reason))] for name, number, reason in rows]
    return tables.node(facts(caption, ["What", "Version", "What for"], lines))


def _prose(comment: str) -> str:
    """A comment as HTML; what stands in backquotes is code."""
    return re.sub(r"`(.+?)`", r"<code>\1</code>", words(comment))


# --- what tests it?


def counted(tests: Path) -> Iterator[tuple[str, str, int]]:
    """Each folder of tests: its name, what it says of itself, and its number of test functions."""
    for folder in sorted(path for path in tests.iterdir() if (path / "__init__.py").is_file()):
        about = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
        found = sum(_tests_in(path) for path in sorted(folder.rglob("test_*.py")))
        if found:
            yield folder.name, about.partition("\n")[0], found


def _tests_in(path: Path) -> int:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return sum(isinstance(each, kinds) and each.name.startswith("test_") for each in ast.walk(tree))


class TestCountsDirective(SphinxDirective):
    """The directive ``{test-counts}``: a row for each folder of tests."""

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        found = list(counted(ROOT / "tests"))
        rows = [
            [f"<code>{words(name)}</code>", cell(words(about)), cell(f"{number:,}", "count")]
            for name, about, number in found
        ]
        caption = f"{sum(number for _, _, number in found):,} test functions; many run on several cases."
        columns = ["Folder", "Question", '<span class="count">Tests</span>']
        return [tables.node(facts(caption, columns, rows))]


def setup(app: Sphinx) -> None:
    """Register the directives, and connect to the end of reading and to the writing of each page."""
    app.add_node(Times)
    app.add_directive("execution-times", ExecutionTimesDirective)
    app.add_directive("versions", VersionsDirective)
    app.add_directive("test-counts", TestCountsDirective)
    app.connect("env-updated", refresh)
    app.connect("doctree-resolved", fill_in)
