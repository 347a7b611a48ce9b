"""Feedback shows messages, and neither hidden tests nor anything that runs."""

from nbformat.v4 import new_output

from autograder.assignment import Assignment
from autograder.course import Course
from autograder.feedback import FeedbackPage, clean, hide_tests, note_page, with_rules, without_scripts
from autograder.notebooks import grade_id, new_cell, new_notebook
from autograder.release import source_notebook
from tests.autograder.tiny import cell, released

TEST = "double-twice_two_is_four"
HIDDEN = "double(-3)"


def graded(assignment: Assignment):
    """The teacher's notebook, whose test failed with a traceback that quotes it."""
    notebook = source_notebook(assignment)
    test = cell(notebook, TEST)
    trace = ["Traceback", f"----> 5 got = {HIDDEN}", 'assert got == -6, f"double(-3) is {got}, not -6"']
    test.outputs = [new_output("error", ename="AssertionError", evalue="it is 0, not -6", traceback=trace)]
    return notebook


def test_a_test_cell_shows_its_released_text_and_the_message_of_its_error(
    released_course: Course, assignment: Assignment
) -> None:
    notebook = graded(assignment)

    hide_tests(notebook, released(released_course))

    assert cell(notebook, TEST).source == cell(released(released_course), TEST).source
    assert cell(notebook, TEST).outputs[0].traceback == ["it is 0, not -6"]
    assert HIDDEN not in str([one for one in notebook.cells if grade_id(one) == TEST])


def test_an_output_that_quotes_a_hidden_test_is_not_shown(
    released_course: Course, assignment: Assignment
) -> None:
    notebook = graded(assignment)
    spy = new_cell("code", "print(In[-2])")
    spy.outputs = [new_output("stream", text='assert got == -6, f"double(-3) is {got}, not -6"')]
    plain = new_cell("code", "print(1)")
    plain.outputs = [new_output("stream", text="1\n")]
    notebook.cells += [spy, plain]

    hide_tests(notebook, released(released_course))

    assert spy.outputs[0].text == "[not shown]\n"
    assert plain.outputs[0].text == "1\n"


def test_the_page_names_each_test_by_its_rule(released_course: Course) -> None:
    links = f'<a href="#{TEST}">Test cell</a> <span>Grade cell: <code>{TEST}</code></span>'

    page = with_rules(links, released(released_course))

    assert page == f'<a href="#{TEST}">double: Twice two is four</a> <span>double: Twice two is four</span>'


def test_the_page_runs_nothing_of_the_student() -> None:
    shown = new_cell("code", "show()")
    forged = '"><script>alert(2)</script>'
    shown.outputs = [
        new_output("display_data", {"text/html": "<b onclick='x()'>bold</b><script>alert(1)</script>"}),
        new_output("display_data", {"application/javascript": "alert(4)"}),
        new_output("display_data", {"image/png": forged}),
    ]
    written = new_cell("markdown", "<script>alert(3)</script>\n\n[x](javascript:alert(5))")
    notebook = new_notebook([written, shown], {})

    page, _ = FeedbackPage().from_notebook_node(notebook)

    assert "<script" not in page
    assert "onclick" not in page
    assert "javascript:" not in page
    assert ">x</a>" in page
    assert "<b>bold</b>" in page


def test_drawings_and_hints_survive_the_cleaning() -> None:
    kept = clean('<details><summary>Hint</summary><svg viewBox="0 0 9 9"><path d="M0 0"/></svg></details>')

    assert "<summary>Hint</summary>" in kept
    assert 'd="M0 0"' in kept


def test_nothing_is_fetched_from_elsewhere() -> None:
    images = '<img src="http://a.test/i.png"><img src="data:image/png;base64,AA">'

    page = without_scripts(f'<link href="x.css">{images}')

    assert "a.test" not in page
    assert "x.css" not in page
    assert "data:image/png" in page


def test_a_note_escapes_what_it_quotes() -> None:
    assert "<script>" not in note_page("t", "<script>alert(1)</script>")
