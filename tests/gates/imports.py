"""Do the imports point the way the architecture says?

    book, solutions -> distsys <- autograder
    distsys: mini-implementations -> laboratory -> draw, check -> traces and histories
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PARTS = ("communication", "coordination", "scalability", "resiliency", "maintainability")
# What draw and check may read: what happened, never what made it happen.
RECORDS = ("distsys.trace", "distsys.history", "distsys.draw", "distsys.check")
# Modules about real processes and sockets, which no browser can run.
REAL = ("distsys.sockets", "distsys.servers")
HEAVY = ("threading", "multiprocessing", "socket", "asyncio", "subprocess")
FOLDERS = ("distsys", "autograder", "solutions", "book")


@dataclass(frozen=True)
class Import:
    """One import statement.

    Attributes:
        importer: dotted name of the module it stands in.
        imported: dotted name of what it imports.
        place: file and line, for the report.
        at_import: whether it runs when the module is imported, not only inside a function.
    """

    importer: str
    imported: str
    place: str
    at_import: bool


def forbidden_imports(root: Path) -> list[str]:
    """Every import in the tree that breaks a rule, with the rule."""
    problems = []
    for path in _modules(root):
        for found in _imports(root, path):
            if rule := _broken_rule(found):
                problems.append(f"{found.place}: {found.importer} imports {found.imported}; {rule}")
    return problems


def imported_at_start(root: Path, package: str) -> list[str]:
    """Which third-party or operating-system modules does importing a package load, however indirectly?"""
    names = sorted(
        name
        for path in _modules(root)
        if (name := _name(root, path)).startswith(package) and not name.startswith(REAL)
    )
    # -I -S: no site-packages, so only the standard library and the package itself can be found
    script = (
        f"import sys; sys.path.insert(0, {str(root)!r}); from importlib import import_module\n"
        f"for name in {names!r}:\n"
        "    before = set(sys.modules)\n"
        "    try: import_module(name)\n"
        "    except ImportError as error: print(f'importing {name} failed without site-packages: {error}')\n"
        f"    heavy = (set(sys.modules) - before) & set({HEAVY!r})\n"
        "    if heavy: print(f'importing {name} loads {\", \".join(sorted(heavy))}')\n"
    )
    command = [sys.executable, "-I", "-S", "-B", "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return [*result.stdout.splitlines(), *result.stderr.splitlines()[-1:]]


def _broken_rule(found: Import) -> str:
    top = found.imported.split(".")[0]
    inside = found.importer.startswith("distsys")
    return next(
        (
            rule
            for broken, rule in (
                (inside and top == "autograder", "the laboratory does not know the grader"),
                (
                    found.importer.startswith(("solutions", "book")) and top == "autograder",
                    "chapters and exercises know the laboratory alone",
                ),
                (
                    top in ("solutions", "book", "tests") and not found.importer.startswith(top),
                    "nothing imports the course's own texts or tests",
                ),
                (
                    found.importer.startswith(("distsys.draw", "distsys.check"))
                    and top == "distsys"
                    and not _within(found.imported, RECORDS),
                    "draw and check read traces and histories, never what made them",
                ),
                (
                    inside and not _is_part(found.importer) and _is_part(found.imported),
                    "the laboratory does not know the chapters",
                ),
                (
                    inside and found.at_import and top not in (*sys.stdlib_module_names, "distsys"),
                    "importing the laboratory needs the standard library alone",
                ),
                (
                    inside and found.at_import and top in HEAVY and not _within(found.importer, REAL),
                    "a browser has no threads, processes and sockets; import it inside the function",
                ),
            )
            if broken
        ),
        "",
    )


def _within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _is_part(name: str) -> bool:
    return name.startswith("distsys.") and name.split(".")[1] in PARTS


def _modules(root: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield path


def _name(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(root: Path, path: Path) -> Iterator[Import]:
    importer = _name(root, path)
    for node, at_import in _statements(ast.parse(path.read_text("utf-8"), str(path)), at_import=True):
        place = f"{path.relative_to(root)}:{node.lineno}"
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        else:
            origin = _origin(importer, path, node)
            # `from . import trace` names a module, `from .trace import Trace` a thing inside one
            targets = [
                full if _is_module(root, full := f"{origin}.{alias.name}") else origin for alias in node.names
            ]
        for target in dict.fromkeys(targets):
            yield Import(importer, target, place, at_import)


def _statements(tree: ast.AST, at_import: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, at_import
        else:
            yield from _statements(node, at_import and not _runs_later(node))


def _runs_later(node: ast.AST) -> bool:
    for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    return for_types or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _origin(importer: str, path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = importer.split(".")
    climb = node.level - (path.name == "__init__.py")
    return ".".join([*package[: len(package) - climb], *([node.module] if node.module else [])])


def _is_module(root: Path, name: str) -> bool:
    path = root.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()
