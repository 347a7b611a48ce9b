"""Does the reference say everything, once, with an example?

What is public follows from the source; what is documented, and what the examples showed, from the built site.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from .imports import PARTS

# A package speaks for its modules, except for these, which readers import by their own names.
APART = (
    "distsys.check.causality",
    "distsys.check.transactions",
    *(f"distsys.draw.{name}" for name in ("explorer", "figure", "graph", "history", "log", "player", "plot")),
    *(f"distsys.draw.{name}" for name in ("ring", "roles", "source", "spacetime")),
)
# What only other modules of the laboratory import: whole modules, and single names.
INNER = ("distsys.__main__", "distsys.machine", "distsys.realtime")
HELPERS = {
    "distsys.cli": ("explore", "prepared", "run", "serve", "sweep"),
    "distsys.draw.graph": ("Box",),
    "distsys.maelstrom": ("Alarm", "Alarms", "Call", "Host", "wire_name"),
    "distsys.network": ("let_pass",),
    "distsys.node": ("is_flat",),
    "distsys.properties": ("Hope",),
}

_DEFINITION = re.compile(r'<dt class="sig [^>]*\bid="([^"]+)"')
_IMPORT = re.compile(r"^(?:from|import) (distsys\.[\w.]+)", re.MULTILINE)
_MODULE = re.compile(r'\bid="module-([^"]+)"')
_PICTURE = re.compile(r'<(?:figure|div) class="ds-|<img ')
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Cell:
    """A code cell of a page, and whether anything came out."""

    code: str
    output: str

    def imports(self, module: str) -> bool:
        """Whether its code imports a module, or something from it."""
        name = re.escape(module)
        return bool(re.search(rf"\b(?:from {name} import|import {name})\b", self.code))


@dataclass(frozen=True)
class Page:
    """What the built page of the reference holds."""

    name: str
    text: str

    @property
    def definitions(self) -> list[str]:
        """The full names of everything that has a signature here."""
        return _DEFINITION.findall(self.text)

    @property
    def modules(self) -> list[str]:
        """The modules whose page this is."""
        return _MODULE.findall(self.text)

    @property
    def cells(self) -> list[Cell]:
        """The code cells, in order."""
        parts = (part.partition("cell_output") for part in self.text.split('<div class="cell ')[1:])
        return [Cell(unescape(_TAG.sub("", before)), after) for before, _, after in parts]


def public_names(root: Path) -> dict[str, list[str]]:
    """The public names of each module that the reference has to document."""
    names: dict[str, list[str]] = {}
    for path in sorted((root / "distsys").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        module = ".".join(parts).removesuffix(".__init__")
        spoken_for = module.count(".") > 1 and module not in APART
        if parts[1] in PARTS or module in INNER or spoken_for:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        helpers = HELPERS.get(module, ())
        names[module] = _listed(tree) or [name for name in _defined(tree) if name not in helpers]
    for module in APART:  # what its package offers as well is documented here
        package = module.rpartition(".")[0]
        names[package] = [name for name in names.get(package, []) if name not in names.get(module, [])]
    return {module: found for module, found in names.items() if found}


def modules_that_readers_miss(root: Path) -> list[str]:
    """Modules of the laboratory that a page or an exercise imports, and that the reference leaves out."""
    known = public_names(root)
    problems = []
    for path in [*sorted(root.glob("book/**/*.md")), *sorted(root.glob("solutions/**/*.py"))]:
        for module in _IMPORT.findall(path.read_text("utf-8")):
            if module not in known and module.split(".")[1] not in PARTS:
                where = path.relative_to(root)
                problems.append(f"{where} imports {module}, which is not in the reference; list it in APART.")
    return list(dict.fromkeys(problems))


def _listed(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def _defined(tree: ast.Module) -> Iterator[str]:
    """Classes, functions, and the constants that have a docstring, unless an underscore hides them."""
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        name = ""
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(after, ast.Expr) and isinstance(getattr(after.value, "value", None), str):
                name = getattr(target, "id", "")
        if name and not name.startswith("_"):
            yield name


def stale_exceptions(root: Path) -> list[str]:
    """Modules and helpers that are excepted here and are not there any more."""
    problems = [
        f"{module} is excepted from the reference, but there is no such module."
        for module in (*APART, *INNER, *HELPERS)
        if not _source(root, module).is_file()
    ]
    for module, helpers in HELPERS.items():
        if (path := _source(root, module)).is_file():
            there = set(_defined(ast.parse(path.read_text("utf-8"))))
            problems += [
                f"{module}.{name} is excepted from the reference, but is not there."
                for name in helpers
                if name not in there
            ]
    return problems


def _source(root: Path, module: str) -> Path:
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def reference_pages(site: Path) -> list[Page]:
    """The built pages of the reference."""
    folder = site / "reference"
    return [Page(path.name, path.read_text("utf-8")) for path in sorted(folder.glob("*.html"))]


def wrongly_documented(root: Path, site: Path) -> list[str]:
    """Public names that are on no page of the reference, or on several."""
    places: dict[str, list[str]] = {}
    for page in reference_pages(site):
        for name in page.definitions:
            places.setdefault(name, []).append(page.name)
    problems = []
    for module, names in public_names(root).items():
        for name in names:
            found = places.get(f"{module}.{name}", [])
            if not found:
                page = f"the page of {module}"
                problems.append(f"{module}.{name} is on no page of the reference; add it to {page}.")
    problems += [
        f"{name} is documented {len(found)} times in the reference: {', '.join(found)}."
        for name, found in places.items()
        if len(found) > 1
    ]
    return problems


def modules_without_example(root: Path, site: Path) -> list[str]:
    """Modules that no page is about, and those whose page shows no example, no output or no picture."""
    pages = {module: page for page in reference_pages(site) for module in page.modules}
    problems = []
    for module in public_names(root):
        page = pages.get(module)
        if page is None:
            problems.append(f"{module} has no page in the reference; write one with an automodule directive.")
            continue
        cells = page.cells
        first = next((number for number, cell in enumerate(cells) if cell.imports(module)), None)
        if first is None:
            problems.append(f"{page.name}: no cell imports from {module}; give the module an example.")
        elif not any(cell.output for cell in cells[first:]):
            problems.append(f"{page.name}: the example of {module} shows nothing; end it with a value.")
        if not any(_PICTURE.search(cell.output) for cell in cells):
            problems.append(f"{page.name}: no example has a picture; let a cell end with a run or a figure.")
    return list(dict.fromkeys(problems))


def modules_missing_from_the_index(root: Path, site: Path) -> list[str]:
    """Modules and pages of the reference that its first page does not lead to."""
    pages = {page.name: page for page in reference_pages(site)}
    index = pages.pop("index.html", Page("", ""))
    body = index.text.partition("<article")[2]
    wanted = [f"{page.name}#module-{module}" for page in pages.values() for module in page.modules]
    wanted = [link for link in wanted if link.partition("#module-")[2] in public_names(root)]
    return [
        f"reference/index does not link to {link}."
        for link in [*wanted, *pages]
        if f'href="{link}' not in body
    ]
