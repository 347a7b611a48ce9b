"""How does a teacher look around in a report?  Widgets for JupyterLab, plain enough for any front end.

Nothing but values and HTML widgets: no output areas, so that a notebook that was executed without a browser
looks the same afterwards.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from autograder.analysis.markup import encodable, text
from autograder.analysis.wording import signed

EVERY = "all exercises"


class Dashboard:
    """Choose an exercise, then a rule, then a student.

    Args:
        report: what ``report.json`` holds.

    Attributes:
        view: the widget to show.
    """

    def __init__(self, report: dict[str, Any]) -> None:
        self.report = report
        self.pupils = {pupil["name"]: pupil for pupil in report["pupils"]}
        self.labels = {rule["name"]: rule["label"] for rule in report["rules"]}
        wide = widgets.Layout(width="100%")
        names = [EVERY, *(one["name"] for one in report["exercises"])]
        self.exercise = widgets.Dropdown(options=names, value=EVERY, description="Exercise", layout=wide)
        self.rule = widgets.Select(description="Rule", rows=10, layout=wide)
        self.student = widgets.Select(description="Student", rows=10, layout=wide)
        self.told, self.about = widgets.HTML(layout=wide), widgets.HTML(layout=wide)
        self.exercise.observe(self._choose_rules, "value")
        self.rule.observe(self._tell_rule, "value")
        self.student.observe(self._tell_student, "value")
        self._choose_rules()
        column = widgets.Layout(flex="1 1 22em", min_width="0", padding="0 1em 0 0")
        boxes = (
            widgets.VBox([self.exercise, self.rule, self.told], layout=column),
            widgets.VBox([self.student, self.about], layout=column),
        )
        self.view = widgets.HBox(boxes, layout=widgets.Layout(flex_flow="row wrap", width="100%"))

    def _choose_rules(self, _: object = None) -> None:
        chosen = self.exercise.value
        rules = [one for one in self.report["rules"] if chosen in (EVERY, one["exercise"])]
        rules.sort(key=lambda one: _or(one["difficulty"]["value"], 2))
        self.rule.options = [(_line(one), one["name"]) for one in rules]
        self.rule.value = rules[0]["name"] if rules else None
        self._tell_rule()

    def _tell_rule(self, _: object = None) -> None:
        rule = next((one for one in self.report["rules"] if one["name"] == self.rule.value), None)
        if rule is None:
            self.told.value, self.student.options = "", []
            return
        failed = [one for one in self.report["pupils"] if rule["name"] in one["broken"]]
        messages = "".join(
            f"<li><b>{len(said['students'])}</b> <code>{text(said['message'], 400)}</code><br>"
            f"{text(', '.join(said['students']))}</li>"
            for said in rule["messages"]
        )
        against = rule["discrimination"]
        value = against["why"] if against["value"] is None else signed(against["value"])
        self.told.value = (
            f"<p><b>{text(rule['rule'])}</b><br>{rule['kept']} of {rule['tried']} who tried keep it. "
            f"Discrimination: {text(value)} {text(rule['doubt'])}</p><ul>{messages}</ul>"
        )
        options = [(encodable(_row(one, rule["name"])), one["name"]) for one in failed]
        self.student.options = options
        self.student.value = options[0][1] if options else None
        self._tell_student()

    def _tell_student(self, _: object = None) -> None:
        pupil = self.pupils.get(self.student.value)
        if pupil is None:
            self.about.value = "<p>Everybody keeps this rule.</p>"
            return
        broken = "".join(
            f"<li><b>{text(self.labels.get(name, name))}</b> {text(outcome)}: "
            f"<code>{text(message, 400)}</code></li>"
            for name, (outcome, message) in pupil["broken"].items()
        )
        notes = " ".join([*pupil["repairs"], pupil["note"]])
        self.about.value = (
            f"<p><b>{text(pupil['name'])}</b>: {pupil['total']:g} of {self.report['most']} points, "
            f"{text(pupil['state'])}. {text(notes)}</p><ul>{broken}</ul>"
        )


def load(path: Path | str = "report.json") -> Dashboard:
    """The dashboard of a report on the disk.

    Raises:
        FileNotFoundError: if there is none.
    """
    try:
        text_ = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} is missing; make it by `python -m autograder report` and open the notebook beside it."
        ) from None
    return Dashboard(json.loads(text_))


def _line(rule: dict[str, Any]) -> str:
    share = rule["difficulty"]["value"]
    return f"{'  –' if share is None else f'{100 * share:3.0f} %'}  {rule['label']}: {rule['rule']}"


def _row(pupil: dict[str, Any], rule: str) -> str:
    return f"{pupil['name']} ({pupil['points']}): {pupil['broken'][rule][0]}"


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
