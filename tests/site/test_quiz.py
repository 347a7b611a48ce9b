"""The directive {quiz}: what it shows, and which quizzes it refuses."""

import re

import pytest

QUIZ = """
question: Which clock may *step* back?
choices:
  - text: the `wall` clock
    right: true
    why: Somebody sets it.
  - text: the monotonic clock
    why: It only goes up.
"""


@pytest.fixture
def show(build):
    """Build a page with one quiz that starts in line 3."""

    def run(body):
        return build("quiz", {"index.md": f"# A page\n\n```{{quiz}} clocks\n{body.strip()}\n```\n"})

    return run


def test_each_choice_opens_to_a_verdict_and_its_reason(show):
    page = show(QUIZ).page()

    opened = re.findall(r"<summary>(.*?)</summary>\s*<p.*?>(.*?)</p>\s*</details>", page, re.DOTALL)
    assert [re.sub(r"<.*?>|\n", "", f"{choice}: {reason}") for choice, reason in opened] == [
        "the wall clock: Right. Somebody sets it.",
        "the monotonic clock: Not this one. It only goes up.",
    ]


def test_the_choices_are_a_group_named_by_the_question(show):
    page = show(QUIZ).page()

    group = re.search(r'<div aria-labelledby="([^"]+)" class="quiz" id="quiz-clocks" role="group">', page)
    assert group
    assert re.search(rf'<p [^>]*id="{group[1]}">Which clock may <em>step</em> back', page)


def test_a_good_quiz_makes_no_complaint(show):
    assert show(QUIZ).warnings == ""


def test_several_right_choices_are_announced(show):
    quiz = QUIZ.replace("why: It only", "right: true\n    why: It only") + "several: true\n"

    book = show(quiz)

    assert "Several answers are right" in book.page()
    assert book.warnings == ""


def refused(name, line, complaint, quiz):
    return pytest.param(line, complaint, quiz, id=name)


@pytest.mark.parametrize(
    ("line", "complaint", "quiz"),
    [
        refused("no right choice", 4, "here are 0", QUIZ.replace("right: true", "right: false")),
        refused("two right choices", 4, "here are 2", QUIZ.replace("why: It", "right: true\n    why: It")),
        refused("several, but one", 4, "at least two right choices", QUIZ + "several: true"),
        refused("no reason", 9, "needs the key 'why'", QUIZ.replace("    why: It only goes up.\n", "")),
        refused("an unknown key of a choice", 6, "no key 'correct'", QUIZ.replace("right", "correct")),
        refused("an unknown key of a quiz", 4, "no key 'hint'", QUIZ + "hint: none"),
        refused("a key twice", 6, "there twice", QUIZ.replace("right: true", "why: Why not?")),
        refused("a number as an answer", 6, "`text` must be words", QUIZ.replace("the `wall` clock", "7")),
        refused("words as a flag", 6, "must be true or false", QUIZ.replace("right: true", "right: very")),
        refused("a single choice", 4, "at least two choices", QUIZ.partition("  - text: the mono")[0]),
        refused("no mapping", 4, "here is none", "Which clock?"),
        refused("no YAML", 4, "This is not YAML", "question: {Which"),
        refused("no body", 5, "here is none", ""),
    ],
)
def test_a_quiz_is_refused_with_its_place_and_reason(show, line, complaint, quiz):
    warnings = show(quiz).warnings

    assert re.search(rf"index\.md:{line}: ERROR: Quiz 'clocks': .*{re.escape(complaint)}", warnings)


def test_two_quizzes_with_one_label_are_refused(show):
    twice = f"{QUIZ.strip()}\n```\n\n```{{quiz}} clocks\n{QUIZ.strip()}"

    assert "Duplicate explicit target name" in show(twice).warnings
