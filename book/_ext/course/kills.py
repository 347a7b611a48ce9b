"""The kill matrix: which check rejects which wrong answer, and what do dishonest notebooks gain?

``{kill-matrix}`` and ``{cheats}`` show what the last whole proof found. ``make prove`` writes it into
``reference/proof.json``, which is committed; a test fails if the page shows anything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import tables
from .tables import cell, facts, unseen, words

FILE = "reference/proof.json"
FATES = {"seen": "shown", "hidden": "hidden", "ends": "error"}


def matrix(exercise: Mapping[str, Any]) -> str:
    """One exercise: a row for each wrong answer, a column for each rule, as HTML."""
    head = ["Wrong answer", *(f"{unseen('Rule ')}{at}" for at, _ in enumerate(exercise["rules"], 1))]
    rows = [
        [words(one["name"].replace("_", " ")), *_fates(one["fates"].split(), one["meant"])]
        for one in exercise["wrong"]
    ]
    return facts(caption(exercise), head, rows, "kills")


def _fates(fates: Sequence[str], meant: int) -> Iterator[str]:
    for at, fate in enumerate(fates, 1):
        if fate == "passes":
            yield cell(f'<span aria-hidden="true">·</span>{unseen("passes")}', "passes")
        else:
            yield cell(
                FATES[fate] + unseen(", as meant") * (at == meant), "meant" if at == meant else "rejected"
            )


def _counts(exercise: Mapping[str, Any]) -> tuple[int, int, int]:
    """How many wrong answers there are, are rejected as meant, and are rejected by what students see."""
    wrong = exercise["wrong"]
    meant = sum(bool(one["meant"]) for one in wrong)
    return len(wrong), meant, sum("seen" in one["fates"].split() for one in wrong)


def caption(exercise: Mapping[str, Any]) -> str:
    """How many wrong answers an exercise has, and how many are rejected."""
    wrong, meant, seen = _counts(exercise)
    rejected = "all" if meant == wrong else f"only {meant}"
    of = f"{exercise['name']}: of {wrong} wrong answers"
    told = f"{of} {rejected} are rejected by the rule that is meant to"
    return f"{told}, {seen} by what students see alone."


def totals(data: Mapping[str, Any]) -> str:
    """All exercises in one table, as HTML."""
    rows = []
    for chapter in data["chapters"]:
        for exercise in chapter["exercises"]:
            counts = *_counts(exercise), exercise["right"]
            rows.append([f"<code>{words(exercise['name'])}</code>", *(cell(f"{n}", "count") for n in counts)])
    heads = ("Wrong", "Rejected", "By what is shown", "Other right ones")
    columns = ["Exercise", *(f'<span class="count">{each}</span>' for each in heads)]
    return facts("Wrong answers that are rejected, and right ones that are accepted.", columns, rows)


def cheats(data: Mapping[str, Any]) -> str:
    """What dishonest notebooks gained, by family, as HTML."""
    rows = [
        [
            f"<strong>{words(family['family'])}</strong><br>{words(family['about'])}",
            cell(f"{family['notebooks']}", "count"),
            cell(f"{family['gained']}", "count"),
        ]
        for family in data["cheats"]
    ]
    number, gained = (sum(family[key] for family in data["cheats"]) for key in ("notebooks", "gained"))
    about = f"{number} dishonest notebooks gain {gained} points beyond what they earned."
    columns = ["Family", '<span class="count">Notebooks</span>', '<span class="count">Gained</span>']
    return facts(about, columns, rows)


class _Directive(SphinxDirective):
    def data(self) -> Any:
        path = Path(self.env.srcdir) / FILE
        self.env.note_dependency(str(path))
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self.error(f"{FILE} cannot be used ({error}): run `make prove`.") from error


class KillMatrixDirective(_Directive):
    """The directive ``{kill-matrix}``: the totals, and for each exercise its rules and a table."""

    def run(self) -> list[nodes.Node]:
        """Build the tables."""
        data = self.data()
        several = len(data["chapters"]) > 1
        sections = [
            self._section(exercise, f"{chapter['title']}: " if several else "")
            for chapter in data["chapters"]
            for exercise in chapter["exercises"]
        ]
        under = f"Besides, every rule accepts the reference under {data['seeds']:,} seeds"
        sentence = f"{under}, and gives no point for doing nothing."
        return [tables.node(totals(data)), nodes.paragraph("", sentence), *sections]

    def _section(self, exercise: Mapping[str, Any], before: str) -> nodes.section:
        title = nodes.title("", "", nodes.Text(before), nodes.literal("", exercise["name"]))
        rules = nodes.enumerated_list(enumtype="arabic")
        rules += [nodes.list_item("", nodes.paragraph("", f"{rule}.")) for rule in exercise["rules"]]
        others = f"{exercise['right']} right answers written differently pass every rule."
        section = nodes.section("", title, rules, tables.node(matrix(exercise)), nodes.paragraph("", others))
        section["names"].append(nodes.fully_normalize_name(f"kills {exercise['name']}"))
        self.state.document.note_implicit_target(section, section)
        return section


class CheatsDirective(_Directive):
    """The directive ``{cheats}``: a row for each family of dishonest notebooks."""

    def run(self) -> list[nodes.Node]:
        """Build the table, and the sentence on the honest ones."""
        data = self.data()
        honest = data["honest"]
        sentence = (
            f"Beside them {honest['notebooks']} honest but awkward notebooks were graded; "
            f"{honest['misjudged']} of them got another mark than they deserve."
        )
        return [tables.node(cheats(data)), nodes.paragraph("", sentence)]


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("kill-matrix", KillMatrixDirective)
    app.add_directive("cheats", CheatsDirective)
