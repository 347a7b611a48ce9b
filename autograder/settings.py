"""How is nbgrader set up, so that its own commands grade as ours do?"""

from __future__ import annotations

from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.assignment import STUB

COURSE_ID = "distributed_systems"
"""The name of the course in nbgrader's gradebook."""

CELL_SECONDS = 10
"""Longest time a cell may run when a submission is graded."""

_FILE = '''"""Settings of nbgrader: run `nbgrader formgrader`, `nbgrader export`, … in this folder."""

from autograder.settings import configure

configure(get_config())
'''


def configure(c: Config) -> None:
    """Fills nbgrader's configuration: what the stub says, and how a submission is graded."""
    c.CourseDirectory.course_id = COURSE_ID
    c.ClearSolutions.code_stub = {"python": STUB}
    c.Autograde.sanitize_preprocessors = [
        "nbgrader.preprocessors.ClearOutput",
        "autograder.structure.RepairStructure",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        "autograder.kernel.RunCells",
        "autograder.kernel.JudgeByErrors",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.RunCells.timeout = CELL_SECONDS
    c.LimitOutput.max_lines = 200
    c.CsvExportPlugin.to = "nbgrader_grades.csv"  # `grades.csv` is ours, with quotes
    c.GenerateFeedback.exporter_class = "autograder.feedback.FeedbackPage"
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        "autograder.feedback.HideTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]


def write_config(root: Path) -> None:
    """Writes ``nbgrader_config.py`` into a course root of nbgrader."""
    root.mkdir(parents=True, exist_ok=True)
    path = root / "nbgrader_config.py"
    if not path.exists() or path.read_text(encoding="utf-8") != _FILE:
        path.write_text(_FILE, encoding="utf-8")


def load_config(root: Path) -> Config:
    """The configuration that nbgrader's own commands read when they run in ``root``."""
    config: Config = PyFileConfigLoader("nbgrader_config.py", str(root)).load_config()
    config.CourseDirectory.root = str(root.resolve())
    return config
