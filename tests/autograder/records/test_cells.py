"""What is recorded of a chapter, and released, is what nbgrader itself records and releases."""

from pathlib import Path

from autograder.assignment import Assignment
from autograder.nbgrader_course import api, forget, generate, gradebook
from autograder.notebooks import parse_notebook, read_notebook, to_text
from autograder.records.gradebook import write
from autograder.release import source_notebook
from autograder.settings import write_config
from tests.autograder.records.verdicts import everything, hand_in, verdict
from tests.autograder.tiny import SLUG

CHAPTER = ("assignment", "notebook", "base_cell", "grade_cells", "solution_cells", "source_cell")


def recorded(root: Path) -> list:
    """What the gradebook knows of a chapter, without the random ids."""
    with gradebook(root) as book:
        notebook = book.find_notebook(SLUG, SLUG)
        rows = [*notebook.grade_cells, *notebook.solution_cells, *notebook.source_cells, notebook]
        facts = [{k: v for k, v in row.to_dict().items() if k != "id"} for row in rows]
        return [*sorted(facts, key=repr), notebook.kernelspec, book.find_assignment(SLUG).course_id]


def generated(root: Path, assignment: Assignment) -> str:
    """What nbgrader's own generate_assignment makes of the same source."""
    write_config(root)
    source = root / "source" / SLUG / f"{SLUG}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(to_text(source_notebook(assignment)))
    assert api(root).generate_assignment(SLUG)["success"]
    return to_text(read_notebook(root / "release" / SLUG / f"{SLUG}.ipynb"))


def test_a_chapter_is_recorded_as_nbgrader_records_it(tmp_path: Path, assignment: Assignment) -> None:
    ours, theirs, bare = (tmp_path / name for name in ("ours", "theirs", "bare"))
    bare.mkdir()

    text = generate(ours, SLUG, to_text(source_notebook(assignment)))
    write(bare, assignment, [])

    assert text == generated(theirs, assignment)
    assert recorded(ours) == recorded(theirs) == recorded(bare)
    assert len(recorded(ours)) == 3 + 2 + 6 + 3


def test_the_release_holds_neither_solutions_nor_hidden_tests(root: Path, assignment: Assignment) -> None:
    text = generate(root, SLUG, to_text(source_notebook(assignment)))

    assert "return number + number" not in text
    assert "double(-3)" not in text
    assert "double(-3)" in str(everything(root)["source_cell"])
    assert all("checksum" in cell.metadata.nbgrader for cell in parse_notebook(text).cells if cell.metadata)


def test_the_same_source_is_recorded_once(root: Path, assignment: Assignment) -> None:
    source = to_text(source_notebook(assignment))
    generate(root, SLUG, source)
    before = everything(root)

    generate(root, SLUG, source)
    write(root, assignment, [])

    assert everything(root) == before


def test_changed_points_and_texts_are_recorded(root: Path, assignment: Assignment) -> None:
    source = to_text(source_notebook(assignment))
    generate(root, SLUG, source)

    changed = source.replace('"points": 3', '"points": 5').replace("math import inf", "math import pi")
    generate(root, SLUG, changed)

    with gradebook(root) as book:
        assert book.find_assignment(SLUG).max_score == 8
        assert book.find_source_cell("setup", SLUG, SLUG).source == "from math import pi"


def test_a_forgotten_submission_leaves_nothing_but_the_student(root: Path, assignment: Assignment) -> None:
    for student in ("anna", "bob"):
        hand_in(root, student)
    write(root, assignment, [verdict(assignment, "bob")])
    before = everything(root)
    write(root, assignment, [verdict(assignment, "anna")])

    forget(root, SLUG, "anna")

    after = everything(root)
    assert len(after.pop("student")) == len(before.pop("student")) + 1
    assert after == before
    assert not (root / "submitted" / "anna" / SLUG).exists()
    forget(root, SLUG, "nobody")
