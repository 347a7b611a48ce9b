"""How is nbgrader set up, so that its own commands grade as ours do?"""

from __future__ import annotations

from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.assignment import STUB

COURSE_ID = "distributed_systems"
"""The name of the course in nbgrader's gradebook."""

_PENALTIES = "nbgrader.preprocessors.AssignLatePenalties"
_FILE = '''"""Settings of nbgrader: run `nbgrader formgrader`, `nbgrader export`, … in this folder."""

from autograder.settings import configure

configure(get_config(){gradebook})
'''


def configure(c: Config, gradebook: str = "") -> None:
    """Fills nbgrader's configuration: what the stub says, and how a submission is graded.

    Args:
        c: the configuration.
        gradebook: SQLAlchemy's address of the gradebook; empty for ``gradebook.db`` in the course root.
    """
    c.CourseDirectory.course_id = COURSE_ID
    if gradebook:
        c.CourseDirectory.db_url = gradebook
    c.ClearSolutions.code_stub = {"python": STUB}
    use_engine(c)
    steps = c.Autograde.autograde_preprocessors
    steps.insert(steps.index(_PENALTIES), "autograder.records.nbgrader_late.DueDates")
    c.LimitOutput.max_lines = 200
    c.AssignLatePenalties.plugin_class = "autograder.records.nbgrader_late.LatePolicy"
    c.CsvExportPlugin.to = "nbgrader_grades.csv"  # `grades.csv` is ours, with quotes
    c.GenerateFeedback.exporter_class = "autograder.feedback.FeedbackPage"
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        "autograder.feedback.HideTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]


def use_engine(c: Config) -> None:
    """Lets the unmodified `nbgrader autograde` ask our engine for the grades, and changes nothing else.

    Args:
        c: the configuration.
    """
    c.Autograde.sanitize_preprocessors = [
        "nbgrader.preprocessors.ClearOutput",
        "autograder.nbgrader_plugin.Repaired",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        "autograder.nbgrader_plugin.Judged",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        _PENALTIES,
        "nbgrader.preprocessors.CheckCellMetadata",
    ]


def write_config(root: Path, gradebook: str | None = None) -> None:
    """Writes ``nbgrader_config.py`` into a course root of nbgrader.

    Args:
        root: the course root; made if missing.
        gradebook: SQLAlchemy's address of the gradebook, kept for later runs; the one that was chosen before,
            or ``gradebook.db`` in the root, unless told. Leave passwords to ``~/.pgpass``.
    """
    root.mkdir(parents=True, exist_ok=True)
    path = root / "nbgrader_config.py"
    if gradebook is None:
        gradebook = str(load_config(root).CourseDirectory.get("db_url", "")) if path.exists() else ""
    text = _FILE.format(gradebook=f", gradebook={gradebook!r}" if gradebook else "")
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600 if gradebook else 0o644)  # an address may hold a password


def gradebook_url(root: Path) -> str:
    """SQLAlchemy's address of the gradebook that nbgrader's own commands open in ``root``."""
    usual = f"sqlite:///{root.resolve() / 'gradebook.db'}"
    if not (root / "nbgrader_config.py").exists():
        return usual
    return str(load_config(root).CourseDirectory.get("db_url", usual))


def load_config(root: Path) -> Config:
    """The configuration that nbgrader's own commands read when they run in ``root``."""
    config: Config = PyFileConfigLoader("nbgrader_config.py", str(root)).load_config()
    config.CourseDirectory.root = str(root.resolve())
    return config
