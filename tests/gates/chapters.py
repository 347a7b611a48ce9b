"""Does a chapter hold what every chapter promises, in the same order?"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

SECTIONS = {
    "Break it": r"break it",
    "Ground truth": r"ground truth",
    "Quiz": r"quiz|check yourself",
    "Exercises": r"exercises?",
    "Summary": r"summary|take[- ]away",
    "Further reading": r"further reading",
}
_FENCE = re.compile(r"^(`{3,}|~{3,}|:{3,})(.*?)\n(.*?)^\1\s*$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{2,4}\s+(.+)$", re.MULTILINE)
_FIRST_SECTION = re.compile(r"^##\s+(?!.*objective|.*you can)", re.MULTILINE | re.IGNORECASE)
_ITEM = re.compile(r"^[-*]\s+(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)


def incomplete_chapters(root: Path) -> list[str]:
    """What is missing from the chapters that the outline calls ready."""
    problems = []
    for part in yaml.safe_load((root / "book/outline.yml").read_text("utf-8")):
        for chapter in part["chapters"]:
            if chapter["state"] == "ready":
                place = f"{part['folder']}/{chapter['slug']}"
                problems += [f"{place}: {problem}." for problem in _problems(root, place, chapter)]
    return problems


def _problems(root: Path, place: str, chapter: dict[str, Any]) -> Iterator[str]:
    page, source = root / "book" / f"{place}.md", root / "solutions" / f"{place}.py"
    for path in (page, source):
        if not path.is_file():
            yield f"the outline calls it ready, but there is no {path.relative_to(root)}"
            return
    text, exercises = page.read_text("utf-8"), source.read_text("utf-8")
    prose = _FENCE.sub("", text)
    yield from _sections(prose)
    yield from _opening(text, prose, set(re.findall(r'^# %%.*\bsolution="(\w+)"', exercises, re.MULTILINE)))
    points = sum(int(point) for point in re.findall(r"^# %%.*\bpoints=(\d+)", exercises, re.MULTILINE))
    if points != chapter.get("points"):
        yield f"the outline says {chapter.get('points')} points, the exercises have {points}"


def _sections(prose: str) -> Iterator[str]:
    headings = [heading.strip().lower() for heading in _HEADING.findall(prose)]
    found = {}
    for name, pattern in SECTIONS.items():
        at = next((n for n, heading in enumerate(headings) if re.match(pattern, heading)), None)
        if at is None:
            yield f"it has no section “{name}”"
        else:
            found[name] = at
    ordered = sorted(found, key=found.__getitem__)
    for wanted, actual in zip(found, ordered, strict=True):
        if wanted != actual:
            yield f"the section “{actual}” stands where “{wanted}” belongs"
            return


def _opening(text: str, prose: str, exercises: set[str]) -> Iterator[str]:
    """What stands before the first section: title, problem, objectives, what to know and how long."""
    opening = _FIRST_SECTION.split(prose, maxsplit=1)[0]
    if not re.search(r"^#\s+\S", opening, re.MULTILINE):
        yield "it has no title"
    if not re.search(r"you can|you will be able", opening, re.IGNORECASE):
        yield "its opening does not say what “you can …” do after the chapter"
    objectives = _ITEM.findall(opening)
    if not objectives:
        yield "its opening lists no objectives"
    for objective in objectives:
        if not exercises.intersection(re.findall(r"\w+", objective)):
            yield f"the objective “{' '.join(objective.split())}” names no exercise of the chapter"
    card = next((body for _, info, body in _FENCE.findall(text) if "{chapter-card}" in info), "")
    if not card.strip():
        yield "it has no {chapter-card} that says what to know first"
