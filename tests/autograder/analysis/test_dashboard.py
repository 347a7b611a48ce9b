"""The dashboard filters by exercise and leads from a rule to its students and their messages."""

import os
from pathlib import Path

import pytest
from nbclient import NotebookClient

from autograder.analysis import report, write
from autograder.analysis.dashboard import EVERY, Dashboard, load
from autograder.notebooks import read_notebook
from tests.autograder.analysis.classroom import PLANTED, ROOT, chapter, class_of

ASSIGNMENT, _ = chapter()
CLASS = class_of(60)
REPORT = report(CLASS, ASSIGNMENT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class") / "report"
    write(REPORT, folder)
    return folder


@pytest.fixture
def board(folder: Path) -> Dashboard:
    return load(folder / "report.json")


def test_it_opens_on_the_hardest_rule_of_all_exercises(board: Dashboard) -> None:
    assert board.exercise.value == EVERY
    assert len(board.rule.options) == len(ASSIGNMENT.tests())
    assert board.rule.value == PLANTED["suspect"]
    assert "drifting clocks" in board.told.value


def test_choosing_an_exercise_leaves_its_rules(board: Dashboard) -> None:
    board.exercise.value = "ntp"

    assert {name.split("-")[0] for _, name in board.rule.options} == {"ntp"}
    assert board.rule.value.startswith("ntp-")

    board.exercise.value = EVERY
    assert len(board.rule.options) == len(ASSIGNMENT.tests())


def test_clicking_a_rule_shows_who_fails_it_and_what_they_were_told(board: Dashboard) -> None:
    rule = next(rule for rule in REPORT.rules if rule.messages and rule.exercise == "vector_clock")

    board.rule.value = rule.name

    failed = [
        one.student for one in CLASS for s in one.questions if s.name == rule.name and s.outcome != "kept"
    ]
    assert sorted(name for _, name in board.student.options) == sorted(failed)
    assert rule.messages[0].students[0] in board.told.value


def test_clicking_a_student_shows_everything_that_failed(board: Dashboard) -> None:
    name = board.student.options[-1][1]

    board.student.value = name

    pupil = next(one for one in REPORT.pupils if one.name == name)
    assert name in board.about.value
    assert board.about.value.count("<li>") == len(pupil.broken)


def test_a_rule_that_everybody_keeps_names_nobody(board: Dashboard) -> None:
    for rule in board.report["rules"]:
        rule["messages"] = []
    for pupil in board.report["pupils"]:
        pupil["broken"] = {}

    board.exercise.value = "lease"

    assert board.student.options == ()
    assert "Everybody keeps" in board.about.value


def test_what_students_caused_is_text(folder: Path) -> None:
    attack = "<img src=x onerror=alert(1)>\ud800"
    data = load(folder / "report.json").report
    for pupil in data["pupils"]:
        pupil |= {
            "name": attack,
            "note": attack,
            "broken": {name: [attack, attack] for name in pupil["broken"]},
        }
    for rule in data["rules"]:
        rule["messages"] = [{"message": attack, "students": [attack]}]

    board = Dashboard(data)

    for html in (board.told.value, board.about.value):
        assert "&lt;img" in html
        assert "<img" not in html
        html.encode("utf-8")


def test_the_notebook_runs_in_its_folder_without_a_browser(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    notebook = read_notebook(folder / "dashboard.ipynb")

    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()

    (output,) = notebook.cells[1].outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    assert sum("drifting clocks" in str(widget["state"].get("value", "")) for widget in state) == 1
    assert {widget["model_name"] for widget in state} >= {"DropdownModel", "SelectModel", "HTMLModel"}
    assert not any("Output" in widget["model_name"] for widget in state)


def test_a_missing_report_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"python -m autograder report"):
        load(tmp_path / "report.json")
