"""Does the index of the book lead to every section that explains something?"""

import re
from html import unescape
from pathlib import Path

import yaml

from .chapters import SECTIONS
from .reference import public_names

_SECTION = re.compile(r"^## +(.+)$", re.MULTILINE)
_ENTRY = re.compile(r"^```\{index\} *\S", re.MULTILINE)
_SINGLE = re.compile(r"^```\{index\} *single: *(.+)$", re.MULTILINE)
_SEVERAL = re.compile(r", \[1\].*", re.DOTALL)  # an entry that leads to several places numbers them
_TAG = re.compile(r"<[^>]+>")
# What every chapter has; nobody looks it up, except for what breaks.
USUAL = re.compile("|".join([*list(SECTIONS.values())[1:], r".*you can"]), re.IGNORECASE)


def sections_without_entry(root: Path) -> list[str]:
    """Sections of the chapters that are ready which no entry of the index leads to."""
    problems = []
    for part in yaml.safe_load((root / "book/outline.yml").read_text("utf-8")):
        for chapter in part["chapters"]:
            page = root / "book" / part["folder"] / f"{chapter['slug']}.md"
            if chapter["state"] == "ready" and page.is_file():
                where = page.relative_to(root)
                problems += [
                    f"{where}: the section “{title}” has no entry in the index; add an {{index}} directive."
                    for title in _bare(page.read_text("utf-8"))
                ]
    return problems


def _bare(text: str) -> list[str]:
    _, *parts = _SECTION.split(text)
    sections = zip(parts[::2], parts[1::2], strict=True)
    return [title for title, body in sections if not USUAL.match(title) and not _ENTRY.search(body)]


def missing_entries(root: Path, index: str) -> list[str]:
    """Terms, notions of the chapters and names of the laboratory that the built index lacks."""
    found = re.findall(r"<li>(.*?)(?=<ul|</li>)", index, re.DOTALL)
    listed = [unescape(_SEVERAL.sub("", _TAG.sub("", entry))) for entry in found]
    words = {entry.strip().split(" (")[0].removesuffix("()") for entry in listed}
    problems = [f"the term {term} is not in the index." for term in _terms(root) if term not in words]
    for page in sorted((root / "book").rglob("*.md")):
        for entry in _SINGLE.findall(page.read_text("utf-8")):
            problems += [
                f"{page.name} promises the entry {part.strip()}, which is not in the index."
                for part in entry.split(";")
                if part.strip() not in words
            ]
    for module, names in public_names(root).items():
        problems += [f"{module}.{name} is not in the index." for name in names if name not in words]
    return problems


def _terms(root: Path) -> list[str]:
    """The lines of the glossary that begin at its margin."""
    body = (root / "book" / "glossary.md").read_text("utf-8").partition(":sorted:")[2]
    return re.findall(r"^(?!`)(\S.*)$", body, re.MULTILINE)
