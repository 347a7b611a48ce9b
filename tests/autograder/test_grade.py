"""A class is graded from end to end: nothing is lost, nothing stops the others, nothing is done twice."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from autograder import nbgrader_course
from autograder.__main__ import main
from autograder.assignment import Assignment, read
from autograder.course import Course, CourseError
from autograder.engine.budget import Budget
from autograder.engine.protocol import Chapter, Job
from autograder.engine.verdict import Ran, Verdict
from autograder.grade import Way, grade, grade_one, look
from autograder.notebooks import to_text
from tests.autograder.tiny import SLUG, hand_in, solved

TESTS = ("double-twice_two_is_four", "double-infinity_stays", "total-the_sum_counts_every_number")


class Oracle:
    """A farm that takes every answer for right, and notes what it is asked."""

    def __init__(
        self, chapters: list[Chapter], fails: tuple[str, ...] = (), breaks_after: int = 1000
    ) -> None:
        self.plans = {chapter.plan().assignment.slug: chapter.plan() for chapter in chapters}
        self.fails, self.breaks_after = fails, breaks_after
        self.jobs: list[Job] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def judge(self, jobs: Iterable[Job]) -> Iterator[Verdict]:
        for job in jobs:
            self.jobs.append(job)
            if len(self.jobs) > self.breaks_after:
                raise KeyboardInterrupt
            questions = self.plans[job.slug].questions.values()
            said = tuple(one.said("kept") for one in questions if one.cell.name not in job.skip)
            blank = Verdict(job.student, job.slug, job.key)
            if job.student in self.fails:
                yield replace(blank, failed="The autograder failed (the disk is full); report it.")
            else:
                yield replace(blank, questions=said, cells=(Ran("", "code", "x = 1"),))


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Oracle]]:
    """All farms that were asked for; none of them runs anything."""
    farms: list[Oracle] = []

    def farm(way: Way, chapters: list[Chapter]) -> Oracle:
        farms.append(Oracle(chapters))
        return farms[-1]

    monkeypatch.setattr(Way, "farm", farm)
    return farms


@pytest.fixture
def root(tmp_path: Path, released_course: Course) -> Path:
    """A course root with three submissions."""
    root = tmp_path / "class"
    for student in ("anna", "bob", "carl"):
        hand(
            root,
            student,
            to_text(solved(released_course, double=f"# {student}\ndef double(n): return 2 * n")),
        )
    return root


def hand(root: Path, student: str, text: str) -> Path:
    path = root / "submitted" / student / SLUG / f"{SLUG}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def asked(farm: Oracle) -> dict[str, tuple[str, ...]]:
    return {job.student: tuple(name for name in TESTS if name not in job.skip) for job in farm.jobs}


def points(graded: list) -> dict[str, float]:
    return {one.student: one.total for one in graded}


def test_a_class_is_graded_from_the_recipe_to_the_csv(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grade"], course) == 0
    first = capsys.readouterr().out

    rows = (course.nbgrader / "grades.csv").read_text().splitlines()
    assert rows[0] == '"student","chapter","double","total","points","reason"'
    assert rows[2] == f'"perfect","{SLUG}","3","3","6",""'
    assert "Every grade of the sample class is the known one." in first
    assert "4 submissions judged" in first
    assert "double(-3) is 0, not -6" in first

    with nbgrader_course.gradebook(course.nbgrader) as book:
        assert book.find_submission(SLUG, "perfect").score == 6
        assert book.find_submission(SLUG, "torn").score == 0
    page = (course.nbgrader / "feedback" / "wrong_double" / SLUG / f"{SLUG}.html").read_text()
    assert "Twice two is four" in page
    assert "double(-3)" not in page.replace("<span>", "")
    assert "not a notebook" in (course.nbgrader / "feedback" / "torn" / SLUG / f"{SLUG}.html").read_text()

    assert main(["grade"], course) == 0
    assert "judged" not in capsys.readouterr().out

    recipe = course.sample_class(SLUG)
    recipe.write_text(recipe.read_text().replace("double = 2, total = 3", "double = 3, total = 3"))
    assert main(["grade"], course) == 1
    told = capsys.readouterr()
    assert "judged" not in told.out
    assert told.err == "wrong_double got 2 points for double; 3 are right.\n"


def test_real_students_get_a_course_root_of_their_own(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str], oracle: list[Oracle]
) -> None:
    hand_in(tmp_path / "in", "anna.ipynb")

    assert main(["grade", "--submitted", str(tmp_path / "in")], course) == 0

    assert (course.build / "class" / "grades.csv").exists()
    assert (course.build / "class" / "autograded" / "anna" / SLUG / f"{SLUG}.ipynb").exists()
    assert not (course.nbgrader / "submitted").exists()


def test_a_program_reads_one_json_document(
    course: Course, root: Path, capsys: pytest.CaptureFixture[str], oracle: list[Oracle]
) -> None:
    assert main(["grade", "--into", str(root), "--json"], course) == 0

    said = capsys.readouterr()
    first = json.loads(said.out)[0]
    assert (first["student"], first["points"], first["total"]) == ("anna", {"double": 3.0, "total": 3.0}, 6.0)
    assert [question["name"] for question in first["questions"]] == list(TESTS)
    assert "judged" in said.err


def test_grading_that_fails_is_told_and_stops_nobody(
    course: Course, root: Path, assignment: Assignment, oracle: list[Oracle],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(Way, "farm", lambda way, chapters: Oracle(chapters, fails=("bob",)))

    assert main(["grade", "--into", str(root)], course) == 1

    assert "bob: Not graded: The autograder failed (the disk is full); report it." in capsys.readouterr().err
    monkeypatch.setattr(Way, "farm", lambda way, chapters: oracle.append(Oracle(chapters)) or oracle[-1])
    assert points(grade(root, [assignment])) == {"anna": 6, "bob": 6, "carl": 6}
    assert set(asked(oracle[-1])) == {"bob"}  # what failed is tried again, the others are not


def test_who_stops_it_loses_nothing(
    root: Path, assignment: Assignment, oracle: list[Oracle], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Way, "farm", lambda way, chapters: Oracle(chapters, breaks_after=2))
        with pytest.raises(KeyboardInterrupt):
            grade(root, [assignment])

    assert points(grade(root, [assignment])) == {"anna": 6, "bob": 6, "carl": 6}
    assert set(asked(oracle[-1])) == {"carl"}


def test_a_known_class_is_not_judged_again_unless_asked(
    root: Path, assignment: Assignment, oracle: list[Oracle]
) -> None:
    assert not any(one.unchanged for one in grade(root, [assignment]))
    assert all(one.unchanged for one in grade(root, [assignment]))
    assert len(oracle) == 1

    grade(root, [assignment], Way(force=True))
    assert asked(oracle[1]) == dict.fromkeys(("anna", "bob", "carl"), TESTS)


def test_only_the_question_that_changed_is_asked_again(
    course: Course, root: Path, assignment: Assignment, oracle: list[Oracle]
) -> None:
    grade(root, [assignment])
    source = course.solution(SLUG)
    source.write_text(source.read_text().replace("total([1, 2, 3])", "total([3, 2, 1])"))

    assert points(grade(root, [read(source)])) == {"anna": 6, "bob": 6, "carl": 6}

    assert asked(oracle[-1]) == dict.fromkeys(("anna", "bob", "carl"), (TESTS[2],))
    assert all(len(one.verdict.questions) == 3 for one in look(root, read(source)))
    assert look(root, read(source))[0].reason == ""  # nobody changed the cell that was changed for them


def test_only_the_submission_that_changed_is_judged_again(
    root: Path, assignment: Assignment, oracle: list[Oracle], released_course: Course
) -> None:
    grade(root, [assignment])
    hand(root, "bob", to_text(solved(released_course)))

    grade(root, [assignment])

    assert set(asked(oracle[-1])) == {"bob"}
    assert len(list((root / "verdicts" / SLUG).iterdir())) == 3  # his first one is forgotten


def test_one_notebook_of_two_students_is_judged_once(
    root: Path, assignment: Assignment, oracle: list[Oracle]
) -> None:
    shutil.copytree(root / "submitted" / "anna", root / "submitted" / "zoe")

    assert points(grade(root, [assignment]))["zoe"] == 6
    assert set(asked(oracle[-1])) == {"anna", "bob", "carl"}


def test_a_grade_given_by_hand_is_kept_and_told_when_its_check_changes(
    course: Course, root: Path, assignment: Assignment, oracle: list[Oracle], monkeypatch: pytest.MonkeyPatch
) -> None:
    grade(root, [assignment])
    with nbgrader_course.gradebook(root) as book:
        book.find_grade(TESTS[2], SLUG, SLUG, "anna").manual_score = 1
        book.find_comment("total", SLUG, SLUG, "anna").manual_comment = "Half of it is copied."
        book.db.commit()
    told: list[str] = []

    assert points(grade(root, [assignment], tell=told.append)) == {"anna": 4, "bob": 6, "carl": 6}
    assert told == []
    page = (root / "feedback" / "anna" / SLUG / f"{SLUG}.html").read_text()
    assert "Half of it is copied." in page

    kept = Oracle.judge

    def wrong(self: Oracle, jobs: Iterable[Job]) -> Iterator[Verdict]:
        for verdict in kept(self, jobs):
            questions = tuple(replace(one, outcome="wrong", message="no") for one in verdict.questions)
            yield replace(verdict, questions=questions)

    monkeypatch.setattr(Oracle, "judge", wrong)
    assert points(grade(root, [assignment], Way(force=True), told.append)) == {"anna": 1, "bob": 0, "carl": 0}
    assert any(line.startswith(f"anna: the grade given by hand for {TESTS[2]} stands") for line in told)


def test_pages_are_written_again_only_if_they_would_differ(
    root: Path, assignment: Assignment, oracle: list[Oracle]
) -> None:
    grade(root, [assignment])
    pages = [root / "feedback" / name / SLUG / f"{SLUG}.html" for name in ("anna", "bob")]
    before = [page.stat().st_ino for page in pages]
    with nbgrader_course.gradebook(root) as book:
        book.find_grade(TESTS[0], SLUG, SLUG, "bob").manual_score = 0
        book.db.commit()

    grade(root, [assignment])

    same = [page.stat().st_ino == inode for page, inode in zip(pages, before, strict=True)]
    assert same == [True, False]


def test_a_link_in_the_course_root_is_not_followed(
    root: Path, assignment: Assignment, oracle: list[Oracle], tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("{}")
    path = root / "submitted" / "anna" / SLUG / f"{SLUG}.ipynb"
    path.unlink()
    path.symlink_to(tmp_path / "secret")

    graded = grade(root, [assignment])

    assert points(graded) == {"anna": 0, "bob": 6, "carl": 6}
    assert (
        graded[0].reason
        == "The file was not read: it is a link that leads out of the folder; ask for it again."
    )


def test_a_damaged_verdict_is_no_verdict(root: Path, assignment: Assignment, oracle: list[Oracle]) -> None:
    grade(root, [assignment])
    damaged = sorted((root / "verdicts" / SLUG).iterdir())[0]
    damaged.write_text(damaged.read_text()[:-100])

    assert points(grade(root, [assignment])) == {"anna": 6, "bob": 6, "carl": 6}
    assert len(asked(oracle[-1])) == 1


def test_a_class_can_be_looked_at_only_after_it_was_graded(
    root: Path, assignment: Assignment, oracle: list[Oracle]
) -> None:
    with pytest.raises(CourseError, match="3 of 3 submissions of tiny_sums"):
        look(root, assignment)
    with pytest.raises(CourseError, match="holds no submission of tiny_sums"):
        look(root / "nowhere", assignment)

    grade(root, [assignment])
    assert points(look(root, assignment)) == {"anna": 6, "bob": 6, "carl": 6}


def test_one_notebook_is_graded_without_a_course_root(released_course: Course, tmp_path: Path) -> None:
    path = tmp_path / "dora.ipynb"
    path.write_text(to_text(solved(released_course, double="def double(n): return 4")))

    found = grade_one(path, released_course.solution(SLUG))

    assert (found["student"], found["total"], found["most"]) == ("dora", 3, 6)
    assert found["points"] == {"double": 0, "total": 3}
    assert found["reason"] == "double: Twice two is four: double(-3) is 4, not -6"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dora.ipynb"]


def test_a_reader_who_leaves_early_ends_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        [sys.executable, "-m", "autograder", "--help"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_mistake_ends_in_one_sentence_and_no_trace(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prove", "no_such_chapter"], course) == 1

    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "There is no file solutions/<part>/no_such_chapter.py" in said.err


def test_points_go_to_canvas_and_moodle_and_no_hidden_message_with_them(
    course: Course, root: Path, oracle: list[Oracle], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grade", "--into", str(root)], course) == 0
    (root / "students.csv").write_text(
        "folder,name,email\nanna,Anna A,a@x.org\nbob,Bob B,b@x.org\ncarl,C,c@x.org\n"
    )

    for program in ("csv", "canvas", "moodle"):
        assert main(["export", "--into", str(root), "--to", program, "--column", "Week 1"], course) == 0

    canvas = (root / "exports" / "canvas" / f"{SLUG}.csv").read_text().splitlines()
    assert canvas[0].endswith('"Week 1"')
    assert any(line.startswith('"Anna A"') and line.endswith('"6"') for line in canvas)
    moodle = (root / "exports" / "moodle" / f"{SLUG}.csv").read_text()
    assert '"a@x.org","6"' in moodle
    assert (root / "exports" / "csv" / f"{SLUG}.csv").exists()


def test_a_report_is_written_beside_the_class(course: Course, root: Path, oracle: list[Oracle]) -> None:
    assert main(["grade", "--into", str(root)], course) == 0

    assert main(["report", "--into", str(root)], course) == 0

    written = sorted(path.name for path in (root / "report" / SLUG).iterdir())
    assert written == ["dashboard.ipynb", "report.html", "report.json"]


def test_a_trial_with_few_seeds_is_no_grade(root: Path, assignment: Assignment, oracle: list[Oracle]) -> None:
    grade(root, [assignment], Way(Budget(seeds=5)))
    grade(root, [assignment], Way(Budget(seeds=5)))
    assert len(oracle) == 1

    grade(root, [assignment], Way(Budget(seeds=50)))
    assert asked(oracle[1]) == dict.fromkeys(("anna", "bob", "carl"), TESTS)

    grade(root, [assignment], Way(Budget(seeds=5)))
    assert len(oracle) == 2  # more seeds serve as well


def test_a_student_whose_file_is_gone_is_told(
    root: Path, assignment: Assignment, oracle: list[Oracle]
) -> None:
    grade(root, [assignment])
    shutil.rmtree(root / "submitted" / "bob")
    told: list[str] = []

    grade(root, [assignment], tell=told.append)

    assert told == ["bob: nothing is handed in any more; the grades of an earlier run stand."]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--gradebook", "nonsense"], "`nonsense` is no address of a gradebook"),
        (["--gradebook", "sqlite:////nope/x.db"], "cannot be used"),
        (["--into", "{file}"], "is a file; name a folder for the class"),
        (["--into", "/proc/nowhere"], "cannot be used"),
        (["--scheduler", "nonsense"], "`nonsense` is no address of a scheduler"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_harms_nothing(
    words: list[str], sentence: str, course: Course, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = root / "file"
    file.write_text("")
    words = [word.format(file=file) for word in words]

    assert main(["grade", "--into", str(root), *words], course) == 1

    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    config = root / "nbgrader_config.py"
    assert not config.exists() or "nope" not in config.read_text()


def test_names_in_late_toml_that_nobody_has_are_told(
    course: Course, root: Path, oracle: list[Oracle], capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "late.toml").write_text(
        f"[due]\n{SLUG} = 2099-01-01\ntiny_sum = 2020-01-01\n[extensions.anne]\n{SLUG} = 3\n"
    )

    assert main(["grade", "--into", str(root)], course) == 0

    said = capsys.readouterr().out
    assert "`tiny_sum` is no chapter of the course" in said
    assert "nobody in the class is called `anne`" in said
