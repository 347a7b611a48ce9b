"""Is every page in the table of contents, and does the configuration say what it means?"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jupyter_book.config import PATH_JSON_SCHEMA, PATH_YAML_DEFAULT

ENDINGS = (".md", ".ipynb", ".rst")
# Keys that Jupyter Book reads although neither its defaults nor its schema names them.
ALSO_KNOWN: dict[str, set[str]] = {"project": set()}


def pages_outside_the_contents(book: Path) -> list[str]:
    """Pages that no reader can reach, because `_toc.yml` does not name them."""
    listed = set(_entries(_contents(book)))
    return [f"{name} is not in _toc.yml; add it or delete it." for name in _pages(book) if name not in listed]


def contents_without_a_page(book: Path) -> list[str]:
    """Entries of `_toc.yml` that name no file."""
    pages = set(_pages(book))
    return [
        f"_toc.yml names {entry}, which is no page under {book.name}/; write the page or drop the entry."
        for entry in _entries(_contents(book))
        if entry not in pages
    ]


def unknown_config_keys(config: Path) -> list[str]:
    """Keys of `_config.yml` that Jupyter Book would silently ignore, one level deep."""
    known = _known_keys()
    problems = []
    for key, value in yaml.safe_load(config.read_text("utf-8")).items():
        if key not in known:
            problems.append(f"_config.yml: Jupyter Book knows no key {key}.")
        elif isinstance(value, dict) and known[key]:
            problems += [
                f"_config.yml: Jupyter Book knows no key {inner} under {key}."
                for inner in value
                if inner not in known[key]
            ]
    return problems


def pages_without_header(book: Path) -> list[str]:
    """Pages with code cells, and all chapter pages, that Jupytext could not open as notebooks."""
    problems = []
    for name in _pages(book):
        path = book / f"{name}.md"
        if not path.is_file():
            continue
        text = path.read_text("utf-8")
        is_chapter = "/" in name and not name.startswith("reference/")
        if (is_chapter or "{code-cell}" in text) and not _is_notebook(front_matter(text)):
            problems.append(f"{name}.md has no Jupytext header with text_representation and kernelspec.")
    return problems


def front_matter(text: str) -> dict[str, Any]:
    """The YAML between the two lines of dashes at the top of a page."""
    match = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    header = yaml.safe_load(match[1]) if match else None
    return header if isinstance(header, dict) else {}


def _is_notebook(header: dict[str, Any]) -> bool:
    form = header.get("jupytext", {}).get("text_representation", {})
    return form.get("format_name") == "myst" and "name" in header.get("kernelspec", {})


def _pages(book: Path) -> list[str]:
    """Every page under the book, named as the table of contents would: no ending, forward slashes."""
    paths = (path.relative_to(book) for ending in ENDINGS for path in book.rglob(f"*{ending}"))
    hidden = ("_", ".")
    return sorted(
        path.with_suffix("").as_posix()
        for path in paths
        if not any(part.startswith(hidden) or part == "node_modules" for part in path.parts)
    )


def _contents(book: Path) -> dict[str, Any]:
    contents: dict[str, Any] = yaml.safe_load((book / "_toc.yml").read_text("utf-8"))
    return contents


def _entries(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("root", "file"):
                yield re.sub(r"\.(md|ipynb|rst)$", "", value)
            else:
                yield from _entries(value)
    elif isinstance(node, list):
        for item in node:
            yield from _entries(item)


def _known_keys() -> dict[str, set[str]]:
    """Every key Jupyter Book documents, with the keys below it; no keys below means anything goes."""
    defaults = yaml.safe_load(PATH_YAML_DEFAULT.read_text("utf-8"))
    schema = json.loads(PATH_JSON_SCHEMA.read_text("utf-8"))["properties"]
    known = {key: set(value) if isinstance(value, dict) else set() for key, value in defaults.items()}
    for key, value in schema.items():
        known.setdefault(key, set()).update(value.get("properties", {}))
    return known | ALSO_KNOWN
