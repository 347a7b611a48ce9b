"""nbgrader's own feedback shows what students may read: no hidden test, and nothing that runs."""

import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder import nbgrader_course
from autograder.assignment import Assignment
from autograder.course import Course
from autograder.feedback import FeedbackPage
from autograder.feedback.notebook import clean, hide_tests, with_rules, without_scripts
from autograder.leaks import leaks
from autograder.notebooks import new_cell, new_notebook, read_notebook, to_text
from autograder.reasons import UNSEEN
from autograder.release import source_notebook
from tests.autograder.feedback.hostile import LINKS, MARKUP, RUN
from tests.autograder.feedback.workbench import SECRET
from tests.autograder.tiny import DOUBLE, SLUG, TOTAL, cell, released
from tests.site import browser

TOLD = f"{UNSEEN.capitalize()}."
TEST = "double-twice_two_is_four"
HIDDEN = "double(-3)"
VISIBLE_LINE = 'assert got == 4, f"double(2) is {got}, not 4"'
HIDDEN_LINE = 'assert got == -6, f"double(-3) is {got}, not -6"'


def graded(assignment: Assignment, said: str = SECRET, **about: object) -> NotebookNode:
    """A solved notebook after a test failed, with a traceback that quotes the hidden part."""
    notebook = source_notebook(assignment)
    cell(notebook, "double").source, cell(notebook, "total").source = DOUBLE, TOTAL
    test = cell(notebook, TEST)
    trace = ["Traceback", f"----> 5 got = {HIDDEN}", f"----> 6 {HIDDEN_LINE}", SECRET]
    test.outputs = [
        new_output("stream", text=f"{SECRET}\n"),
        new_output("error", ename="AssertionError", evalue=said, traceback=trace),
    ]
    if about:
        test.metadata["autograder"] = about
    return notebook


def told(notebook: NotebookNode) -> list[str]:
    """What students read of the test that failed."""
    return [line for output in cell(notebook, TEST).outputs for line in output.traceback]


# --- what a test may tell


def test_a_test_cell_shows_its_released_text(released_course: Course, assignment: Assignment) -> None:
    notebook = graded(assignment)

    hide_tests(notebook, released(released_course))

    assert cell(notebook, TEST).source == cell(released(released_course), TEST).source
    assert HIDDEN not in to_text(notebook)


def test_a_message_that_students_may_read_is_kept(released_course: Course, assignment: Assignment) -> None:
    notebook = graded(assignment, "double(2) is 5, not 4", hidden=False, rule="Twice two is four")

    hide_tests(notebook, released(released_course))

    assert told(notebook) == ["double(2) is 5, not 4"]


@pytest.mark.parametrize("about", [{"hidden": True}, {"hidden": "no"}, {"hidden": 0}, {}, {"rule": "r"}])
def test_any_other_message_is_the_teachers_only(
    about: dict, released_course: Course, assignment: Assignment
) -> None:
    notebook = graded(assignment, **about)

    hide_tests(notebook, released(released_course))

    assert told(notebook) == [TOLD]
    assert SECRET not in to_text(notebook)


def test_a_traceback_through_visible_lines_alone_needs_no_word(
    released_course: Course, assignment: Assignment
) -> None:
    notebook = graded(assignment, "double(2) is 5, not 4")
    cell(notebook, TEST).outputs[1].traceback = [f"\x1b[1;32m----> 3\x1b[0m {VISIBLE_LINE}"]

    hide_tests(notebook, released(released_course))

    assert told(notebook) == ["double(2) is 5, not 4"]


def test_an_output_that_quotes_a_hidden_test_is_not_shown(
    released_course: Course, assignment: Assignment
) -> None:
    notebook = graded(assignment)
    spy, plain = new_cell("code", "print(In[-2])"), new_cell("code", "print(1)")
    spy.outputs = [new_output("stream", text=HIDDEN_LINE)]
    plain.outputs = [new_output("stream", text="1\n")]
    notebook.cells += [spy, plain]

    hide_tests(notebook, released(released_course))

    assert spy.outputs[0].text == "[not shown]\n"
    assert plain.outputs[0].text == "1\n"


def test_the_page_names_each_test_by_its_rule(released_course: Course) -> None:
    links = f'<a href="#{TEST}">Test cell</a> <span>Grade cell: <code>{TEST}</code></span>'

    page = with_rules(links, released(released_course))

    assert page == f'<a href="#{TEST}">double: Twice two is four</a> <span>double: Twice two is four</span>'


# --- what a student's notebook may bring


@pytest.mark.parametrize("trick", MARKUP)
def test_markdown_is_made_harmless(trick: str) -> None:
    notebook = new_notebook([new_cell("markdown", f"before\n\n{MARKUP[trick]}\n\n**after**")], {})

    assert dangers(made(notebook)) == []


@pytest.mark.parametrize("trick", LINKS)
def test_a_link_that_runs_something_is_no_link(trick: str) -> None:
    written = f"[x](<{LINKS[trick]}>)\n\n<a href='{LINKS[trick]}'>y</a>\n\n![z](<{LINKS[trick]}>)"

    assert dangers(made(new_notebook([new_cell("markdown", written)], {}))) == []


def test_an_ordinary_link_stays() -> None:
    assert 'href="https://docs.python.org/3/"' in clean("<a href='https://docs.python.org/3/'>Python</a>")


@pytest.mark.parametrize(
    "kind",
    """
    text/html image/svg+xml application/javascript text/latex text/markdown image/png application/json
    application/vnd.jupyter.widget-view+json application/pdf text/vnd.mermaid
    """.split(),  # noqa: SIM905
)
def test_an_output_of_any_other_type_is_its_plain_text(kind: str) -> None:
    shown = new_cell("code", "show()")
    markup = "".join(MARKUP.values())
    shown.outputs = [
        new_output("display_data", {kind: markup, "text/plain": "<b>plain</b>"}),
        new_output("execute_result", {kind: '"><script>' + RUN}),
    ]

    state = {"application/vnd.jupyter.widget-state+json": {"a": markup}}
    page = made(new_notebook([shown], {"widgets": state}))

    assert dangers(page) == []
    assert "&lt;b&gt;plain&lt;/b&gt;" in page
    assert "evil.example" not in page


def test_what_is_printed_and_what_fails_is_text() -> None:
    noisy = new_cell("code", "x")
    noisy.outputs = [
        new_output("stream", text=f"\x1b]8;;javascript:{RUN}\x07link {MARKUP['script']}"),
        new_output("stream", name="stderr", text=MARKUP["handler"]),
        new_output("error", ename=MARKUP["handler"], evalue=MARKUP["use"], traceback=[MARKUP["script"]]),
    ]

    page = made(new_notebook([noisy], {}))

    assert dangers(page) == []
    assert "&lt;script&gt;" in page


def test_raw_cells_attachments_and_metadata_bring_nothing() -> None:
    raw = new_cell("raw", MARKUP["script"])
    raw.metadata["raw_mimetype"] = "text/html"
    written = new_cell("markdown", "![a](attachment:a.svg)")
    written["attachments"] = {"a.svg": {"image/svg+xml": MARKUP["handler_in_svg"]}}
    written.metadata["tags"] = ['"><script>' + RUN]
    about = {"language_info": {"name": '"><script>', "pygments_lexer": "<script>"}, "title": MARKUP["script"]}

    page = made(new_notebook([raw, written], about))

    assert dangers(page) == []
    assert MARKUP["script"] in BeautifulSoup(page, "html.parser").text  # the raw cell, as text


def test_letters_that_turn_the_text_round_are_seen() -> None:
    notebook = new_notebook([new_cell("code", "access = 'user\u202e \u2066# admin'")], {})

    page = made(notebook)

    assert "\u202e" not in page
    assert "[U+202E]" in page


def test_a_forged_word_of_ours_in_a_cell_of_the_student_says_nothing(
    released_course: Course, assignment: Assignment
) -> None:
    notebook = graded(assignment, hidden=True)
    forged = new_cell("code", "x")
    forged.metadata["autograder"] = {"hidden": False}
    notebook.cells.append(forged)

    hide_tests(notebook, released(released_course))

    assert SECRET not in to_text(notebook)


def test_hints_survive_the_cleaning() -> None:
    assert "<summary>Hint</summary>" in clean("<details><summary>Hint</summary>Look.</details>")


# --- the net below: each thing that it looks for is found


@pytest.mark.parametrize("trick", MARKUP)
def test_the_last_net_alone_leaves_nothing_that_runs_or_asks(trick: str) -> None:
    assert dangers(without_scripts(f"<html><head></head><body>{MARKUP[trick]}</body></html>")) == []


def test_pictures_that_are_part_of_the_page_stay() -> None:
    assert "data:image/png" in without_scripts('<img src="data:image/png;base64,AA==">')


def test_the_browser_is_told_to_refuse_the_rest_before_anything_else() -> None:
    page = without_scripts("<html><head><title>t</title></head><body></body></html>")

    assert page.startswith("<html><head><meta content=\"default-src 'none';")


_TEXT = ("fullwidth", "long_s", "nul", "script_in_pieces", "comment")  # to this parser they are text


@pytest.mark.parametrize("trick", [name for name in MARKUP if name not in _TEXT])
def test_the_search_for_dangers_sees_them(trick: str) -> None:
    assert dangers(MARKUP[trick]) != []


@pytest.mark.parametrize("trick", LINKS)
def test_the_search_for_dangers_sees_links(trick: str) -> None:
    assert dangers(f'<a href="{LINKS[trick]}">x</a>') != []


# --- the real thing


@pytest.fixture(scope="module")
def root(released_course: Course, assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course root in which nbgrader has made the feedback of one hostile notebook."""
    root = tmp_path_factory.mktemp("class") / "root"
    shutil.copytree(released_course.nbgrader, root)
    notebook = graded(assignment, hidden=True, rule="Twice two is four")
    shown = new_cell("code", f"'''{MARKUP['script']}'''")
    shown.outputs = [
        new_output("display_data", {kind: markup})
        for markup in MARKUP.values()
        for kind in ("text/html", "image/svg+xml", "text/markdown", "text/latex", "application/javascript")
    ]
    links = [f"[x](<{link}>) <a href='{link}'>y</a>" for link in LINKS.values()]
    notebook.cells += [new_cell("markdown", text) for text in (*MARKUP.values(), *links)]
    notebook.cells.append(shown)
    notebook.metadata["autograder"] = {"repairs": [f"A cell was put back {MARKUP['handler']}."]}
    path = root / "autograded" / "eve" / SLUG / f"{SLUG}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(to_text(notebook), encoding="utf-8")
    with nbgrader_course.gradebook(root) as book:
        book.update_or_create_student("eve")
        book.update_or_create_submission(SLUG, "eve")
        book.find_comment("double", SLUG, SLUG, "eve").manual_comment = f"Well done {MARKUP['handler']}"
        book.db.commit()
    nbgrader_course.generate_feedback(root, SLUG, "eve")
    return root


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "feedback" / "eve" / SLUG / f"{SLUG}.html").read_text(encoding="utf-8")


def test_nbgraders_command_shows_the_rule_and_no_hidden_message(page: str, assignment: Assignment) -> None:
    assert "double: Twice two is four" in page
    assert TOLD in page
    assert SECRET not in page
    assert leaks(page, assignment) == []


def test_without_our_preprocessor_the_same_page_would_leak(root: Path, assignment: Assignment) -> None:
    notebook = read_notebook(root / "autograded" / "eve" / SLUG / f"{SLUG}.ipynb")

    page = made(notebook)

    assert SECRET in page
    assert HIDDEN_LINE in leaks(page, assignment)


def test_nbgraders_command_writes_nothing_that_runs_or_asks(page: str) -> None:
    assert dangers(page) == []
    assert "A cell was put back" in page
    assert "Well done" in page


def test_in_a_browser_nothing_runs_and_nothing_is_asked_for(page: str, tmp_path: Path) -> None:
    bare = page.replace('http-equiv="Content-Security-Policy"', "")  # so that the nets stand alone
    assert bare != page
    (tmp_path / "nets.html").write_text(bare, encoding="utf-8")
    raw = [markup for trick, markup in MARKUP.items() if trick != "refresh"]  # which would leave the page
    (tmp_path / "raw.html").write_text("<html><body>" + "\n".join(raw), encoding="utf-8")

    seen = ("console error: RAN", "external request")
    findings = [line for line in browser.look(tmp_path) if any(what in line for what in seen)]

    assert [line for line in findings if line.startswith("nets.html")] == []
    assert all(any(what in line for line in findings) for what in seen)  # without the nets it runs and asks


# --- helpers


def made(notebook: NotebookNode) -> str:
    page, _ = FeedbackPage().from_notebook_node(notebook)
    return page


def dangers(page: str) -> list[str]:
    """What on a page runs, or asks for something by itself."""
    soup = BeautifulSoup(page, "html.parser")
    found = [style.text for style in soup.find_all("style") if "evil" in style.text]
    for tag in soup.find_all(True):
        refresh = tag.name == "meta" and tag.get("content", "").startswith("0")
        found += [tag.name] if tag.name in DANGEROUS.split() or refresh else []
        found += [f"{name}={value}" for name, value in tag.attrs.items() if is_dangerous(name, str(value))]
    return found


DANGEROUS = """
    script iframe object embed base link form svg math video audio noscript textarea input
"""
HARMLESS = ("#", "http://", "https://", "mailto:", "data:image/png")


def is_dangerous(name: str, value: str) -> bool:
    value = "".join(value.split()).lower()
    if name.startswith("on") or name in ("srcset", "srcdoc", "poster", "background", "formaction"):
        return True
    if name in ("href", "src") and not value.startswith(HARMLESS):
        return True
    return name in ("src", "style") and ("evil" in value or "\\" in value)
