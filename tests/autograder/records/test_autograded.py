"""The graded notebook shows all to the teacher, tells students what they may know, and runs nothing."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode, validate
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.server_extensions.formgrader.handlers import template_path
from nbgrader.utils import determine_grade
from traitlets.config import Config

from autograder.assignment import Assignment
from autograder.engine.verdict import Ran, Verdict
from autograder.notebooks import parse_notebook, read_notebook
from autograder.records.autograded import Maker, write
from tests.autograder.records.verdicts import INFINITY, SECRET, TWICE, hand_in, verdict
from tests.autograder.tiny import DOUBLE, SLUG, cell

HOSTILE = (
    Ran("", "markdown", "<script>own(1)</script><img src=x onerror=own(2)>"),
    Ran("", "markdown", "[x](javascript:own(3)) ![x](attachment:x.png)"),
    Ran("", "raw", "<script>own(4)</script>"),
    Ran("", "code", "print('<script>own(5)</script>')", "<script>own(6)</script>\x1b[31m<b>\n"),
    Ran("", "code", "</pre><script>own(7)</script>", "", "Boom: <script>own(8)</script>"),
    Ran("", "other", "<script>own(9)</script>"),
)


def made(assignment: Assignment, one: Verdict) -> NotebookNode:
    return parse_notebook(Maker(assignment).text(one))


def formgrader_page(notebook: NotebookNode) -> str:
    """What formgrader's exporter makes of a graded notebook."""
    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [template_path]
    about = {"submission_id": "1", "index": 0, "total": 1, "base_url": "", "notebook_id": SLUG}
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook, resources=about)
    return page


def test_it_is_a_notebook_that_nbgrader_accepts(assignment: Assignment) -> None:
    notebook = made(assignment, verdict(assignment, "anna", (TWICE,), own=HOSTILE))

    validate(notebook)
    MetadataValidator().validate_nb(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert len({one.id for one in notebook.cells}) == len(notebook.cells) == len(assignment.cells) + 6
    assert all(set(one.metadata) <= {"nbgrader", "autograder"} for one in notebook.cells)


def test_nbgrader_takes_the_same_points_from_it(assignment: Assignment) -> None:
    notebook = made(assignment, verdict(assignment, "anna", (TWICE,)))

    assert determine_grade(cell(notebook, TWICE)) == (0, 1)
    assert determine_grade(cell(notebook, INFINITY)) == (2, 2)


def test_the_teacher_sees_answers_tests_and_messages(assignment: Assignment) -> None:
    notebook = made(assignment, verdict(assignment, "anna", (TWICE,), message=SECRET, hidden=True))

    assert cell(notebook, "double").source == DOUBLE
    assert cell(notebook, TWICE).source == next(one.source for one in assignment.tests() if one.name == TWICE)
    page = BeautifulSoup(formgrader_page(notebook), "html.parser").get_text()
    assert SECRET in page
    assert "This part of the check is hidden" in page


def test_a_hidden_check_tells_students_nothing_whoever_makes_their_page(assignment: Assignment) -> None:
    notebook = made(assignment, verdict(assignment, "anna", (TWICE,), message=SECRET, hidden=True))
    (error,) = cell(notebook, TWICE).outputs

    assert SECRET in error.traceback[0]
    assert SECRET not in error.evalue
    assert cell(notebook, TWICE).metadata.autograder == {"outcome": "wrong", "hidden": True, "flaky": False}


def test_a_message_of_a_visible_check_is_told_to_both(assignment: Assignment) -> None:
    (error,) = cell(made(assignment, verdict(assignment, "anna", (TWICE,))), TWICE).outputs

    assert error.evalue == error.traceback[0] == "it is 3, not 4"


def test_what_ran_shows_what_it_printed_and_how_it_ended(assignment: Assignment) -> None:
    ran = Ran("", "code", "f()", "so far\n\x1b[31mred\x1b[0m", "ZeroDivisionError: division by zero")

    shown = made(assignment, verdict(assignment, "anna", own=(ran,))).cells[-1]

    printed, error = shown.outputs
    assert (printed.output_type, printed.name, printed.text) == ("stream", "stdout", "so far\nred")
    assert (error.ename, error.evalue) == ("ZeroDivisionError", "division by zero")


def test_nothing_of_a_student_runs_in_formgrader(assignment: Assignment) -> None:
    plain = formgrader_page(made(assignment, verdict(assignment, "anna")))
    hostile = formgrader_page(made(assignment, verdict(assignment, "anna", own=HOSTILE)))

    def active(page: str) -> list[str]:
        soup = BeautifulSoup(page, "html.parser")
        scripts = [str(tag) for tag in soup.find_all(["script", "iframe", "img", "object", "style"])]
        handlers = [f"{name}={value}" for tag in soup.find_all(True) for name, value in tag.attrs.items()]
        return scripts + [one for one in handlers if one.startswith("on") or "javascript:" in one]

    assert active(hostile) == active(plain)
    assert "own(9)" in hostile  # the teacher reads it


def test_raw_cells_and_headings_in_the_way_are_shown_as_they_were_typed(assignment: Assignment) -> None:
    own = (Ran("", "raw", "*x*"), Ran("", "markdown", "# double-comment"), Ran("", "markdown", "# *Mine*"))

    cells = made(assignment, verdict(assignment, "anna", own=own)).cells[-3:]

    assert [one.source for one in cells] == ["```\n*x*\n```", "```\n# double-comment\n```", "# *Mine*"]


def test_formgraders_page_would_run_what_is_not_made_harmless(assignment: Assignment) -> None:
    notebook = made(assignment, verdict(assignment, "anna"))
    notebook.cells[0].source = HOSTILE[0].source

    assert "<script>own(1)</script>" in formgrader_page(notebook)


def test_the_statements_of_the_chapter_stay_as_their_author_wrote_them(assignment: Assignment) -> None:
    notebook = made(assignment, verdict(assignment, "anna"))

    assert [one.source for one in notebook.cells] == [
        DOUBLE
        if one.name == "double"
        else "def total(numbers):\n    return sum(numbers)"
        if one.name == "total"
        else one.source
        for one in assignment.cells
    ]


def test_a_refused_submission_can_be_graded_by_hand(assignment: Assignment) -> None:
    notebook = made(assignment, Verdict("anna", SLUG, "k", refused="It is torn; ask for it again."))

    validate(notebook)
    assert "It is torn." in notebook.cells[0].source
    assert cell(notebook, "double").source == ""
    assert cell(notebook, TWICE).source.startswith("# Rule: ")


def test_cells_that_a_verdict_leaves_out_are_there_all_the_same(assignment: Assignment) -> None:
    whole = verdict(assignment, "anna")
    short = Verdict("anna", SLUG, "k", whole.questions, whole.cells[:2])

    notebook = made(assignment, short)

    assert len([one for one in notebook.cells if "nbgrader" in one.metadata]) == 6


@pytest.mark.parametrize("text", ["\x00\ud800", "\u202e", "a" * 200_000])
def test_no_text_breaks_the_file(root: Path, assignment: Assignment, text: str) -> None:
    own = tuple(Ran("", kind, text, text, text) for kind in ("code", "markdown", "raw"))
    strange = verdict(assignment, "anna", (TWICE,), message=text, own=own, repairs=(text,))

    assert write(root, assignment, [strange]) == 1

    notebook = read_notebook(root / "autograded" / "anna" / SLUG / f"{SLUG}.ipynb")
    validate(notebook)
    assert notebook.metadata.autograder.key == "key of anna"


def test_only_what_changed_is_written(root: Path, assignment: Assignment) -> None:
    verdicts = [verdict(assignment, "anna"), verdict(assignment, "bob"), verdict(assignment, "carl")]
    assert write(root, assignment, verdicts) == 3
    path = root / "autograded" / "anna" / SLUG / f"{SLUG}.ipynb"
    os.utime(path, (1, 1))

    failed = verdict(assignment, "carl", (TWICE,), failed="no disk")
    assert write(root, assignment, [verdicts[0], verdict(assignment, "bob", (TWICE,)), failed]) == 1

    assert path.stat().st_mtime == 1


def test_a_write_that_is_cut_short_leaves_nothing_where_nbgrader_looks(
    root: Path, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write(root, assignment, [verdict(assignment, "anna")])

    assert [path for path in (root / "autograded").rglob("*") if path.is_file()] == []


def test_nothing_but_notebook_and_time_lies_in_the_folder(root: Path, assignment: Assignment) -> None:
    folder = hand_in(root, "anna", datetime(2026, 10, 5, tzinfo=UTC)).parent
    (folder / "notes.txt").write_text("mine")

    write(root, assignment, [verdict(assignment, "anna")])

    found = {path.name: path.read_text() for path in (root / "autograded" / "anna" / SLUG).iterdir()}
    assert set(found) == {f"{SLUG}.ipynb", "timestamp.txt"}
    assert found["timestamp.txt"] == (folder / "timestamp.txt").read_text()
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


def test_a_cell_is_a_line(assignment: Assignment) -> None:
    text = Maker(assignment).text(verdict(assignment, "anna"))

    cells = [line for line in text.splitlines() if line.startswith('{"cell_type"') or '"cell_type"' in line]
    assert len(cells) == len(assignment.cells)
    assert json.loads(text)["nbformat"] == 4
