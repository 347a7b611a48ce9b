"""The directive {quiz}: what it shows, what it hides, and which quizzes it refuses."""

import re

import pytest
from course.quiz.questions import QuizError, Remark, read_quiz
from course.quiz.sealing import buckets, seal

CHOICE = """
question: Which clock may *step* back?
choices:
  - text: the `wall` clock
    right: true
    why: Somebody **sets** it.
    holds: wall < 0
  - text: the monotonic clock
    why: It only goes up.
    holds: monotonic < 0
"""
SEVERAL = CHOICE.replace("why: It only", "right: true\n    why: It only") + "kind: several\n"
NUMBER = """
kind: number
question: How long?
answer: 15
tolerance: 0.5
unit: ms
computes: (there - back) / 2
why: Half of it.
wrong:
  - answer: 30
    why: The whole of it.
    computes: there - back
otherwise: Use the formula.
"""
ORDER = """
kind: order
question: What comes first?
items:
  - text: the send
    at: sent
  - text: the receipt
    at: received
    why: A message travels forward in time.
  - text: the answer
    at: answered
    why: She answers what she has read.
why: Cause before effect.
"""
MESSAGE = """
kind: message
question: Which message is wrong?
picture: fig-run
trace: run.trace
right: "bob → server: Write(2)"
holds: record.time > 400
why: His lease is over.
wrong:
  - words: Write
    why: The lease was good.
"""
KINDS = {"choice": CHOICE, "several": SEVERAL, "number": NUMBER, "order": ORDER}
SECRETS = ("Somebody", "only goes", "Half", "whole", "formula", "forward", "has read", "Cause", "holds")


@pytest.fixture
def show(build):
    """Build a page with one quiz that starts in line 3; its claims are not checked."""

    def run(body):
        page = f"# A page\n\n```{{quiz}} clocks\n{body.strip()}\n```\n"
        return build("quiz", {"index.md": page}, quiz_check=False)

    return run


# --- the page


def test_a_question_is_the_legend_of_its_choices(show):
    page = show(CHOICE).page()

    fields = re.search(r"<fieldset [^>]*><legend [^>]*>(.*?)</legend>(.*?)</fieldset>", page, re.DOTALL)
    assert fields[1] == "Which clock may <em>step</em> back?"
    pattern = r'<label [^>]*><input name="answer" type="radio" value="(\d)"><span>(.*?)</span>\s*</label>'
    labels = re.findall(pattern, fields[2])
    assert [(value, re.sub("<.*?>", "", text)) for value, text in labels] == [
        ("0", "the wall clock"),
        ("1", "the monotonic clock"),
    ]


def test_the_verdict_is_a_live_region(show):
    assert '<div class="quiz-verdict" role="status"></div>' in show(CHOICE).page()


def test_several_answers_are_boxes_to_tick(show):
    page = show(SEVERAL).page()

    assert "Tick all that are right." in page
    assert page.count('type="checkbox"') == 2


def test_a_number_shows_its_unit_and_not_its_value(show):
    page = show(NUMBER).page()

    form = re.search(r'<form [^>]*class="quiz".*?<script', page, re.DOTALL)[0]
    assert re.search(r'<label [^>]*>Your answer <input [^>]*inputmode="decimal"[^>]*> ms</label>', form)
    assert not re.search(r"\b(15|30|14\.5|15\.5)\b", form)


def test_what_is_to_be_put_in_order_is_not_in_order(show):
    page = show(ORDER).page()

    shown = re.findall(r"<li data-item=\"\d\"><span>(.*?)</span>", page)
    assert sorted(shown) == ["the answer", "the receipt", "the send"]
    assert shown != ["the send", "the receipt", "the answer"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_quiz_makes_no_complaint(show, kind):
    assert show(KINDS[kind]).warnings == ""


@pytest.mark.parametrize("kind", KINDS)
def test_neither_the_page_nor_the_search_index_tells_an_answer(show, kind):
    book = show(KINDS[kind])

    served = book.page() + (book.out / "searchindex.js").read_text("utf-8")
    assert [secret for secret in SECRETS if secret.lower() in served.lower()] == []
    assert any(secret.lower() in KINDS[kind].lower() for secret in SECRETS)


def test_the_script_is_on_pages_with_a_quiz_alone(build):
    quiz = f"# A\n\n```{{quiz}} a\n{CHOICE.strip()}\n```\n"

    files = {"index.md": quiz, "other.md": "---\norphan: true\n---\n# Other\n"}

    book = build("quiz", files, quiz_check=False)

    assert "quiz.js" in book.page()
    assert "quiz.js" not in book.page("other")
    assert (book.out / "_static" / "quiz.js").is_file()


# --- the seal


def test_the_same_answer_looks_different_in_each_quiz():
    one, other = (seal(salt, [("0", {"right": True})]) for salt in ("one", "other"))

    assert not set(one) & set(other)
    assert not set(one.values()) & set(other.values())


def test_the_order_of_the_sealed_answers_tells_nothing():
    entries = [(str(number), {"right": number == 3}) for number in range(8)]

    assert list(seal("salt", entries)) == list(seal("salt", entries[::-1]))


@pytest.mark.parametrize("typed", [14.5, 14.99, 15, 15.5])
def test_every_number_within_the_tolerance_finds_its_feedback(typed):
    assert typed // 1.0 in buckets(14.5, 15.5, 1.0)


# --- what is refused


def refused(name, line, complaint, quiz):
    return pytest.param(line, complaint, quiz, id=name)


@pytest.mark.parametrize(
    ("line", "complaint", "quiz"),
    [
        refused("no right choice", 4, "here are 0", CHOICE.replace("right: true", "right: false")),
        refused("two right in a single choice", 4, "here are 2", SEVERAL.replace("kind: several", "")),
        refused("several, but one", 4, "at least two right choices", CHOICE + "kind: several"),
        refused("an unknown kind", 4, "no kind 'guess'", CHOICE + "kind: guess"),
        refused("a choice without feedback", 10, "needs the key 'why'", re.sub(" *why: It.*\n", "", CHOICE)),
        refused("empty feedback", 10, "`why` must be words", CHOICE.replace("It only goes up.", "''")),
        refused("a choice without check", 10, "the key 'holds'", CHOICE.replace("    holds: mono", "    #")),
        refused("a check of nothing", 10, "is a constant", CHOICE.replace("monotonic < 0", "'not 1'")),
        refused("a check in no Python", 10, "is not Python", CHOICE.replace("monotonic < 0", "mono tone")),
        refused("an unknown key of a choice", 6, "no key 'correct'", CHOICE.replace("right", "correct")),
        refused("an unknown key of a quiz", 4, "no key 'hint'", CHOICE + "hint: none"),
        refused("a key twice", 6, "there twice", CHOICE.replace("right: true", "why: Why not?")),
        refused("a number as an answer", 6, "`text` must be words", CHOICE.replace("the `wall` clock", "7")),
        refused("words as a flag", 6, "must be true or false", CHOICE.replace("right: true", "right: very")),
        refused("a single choice", 4, "a list of at least 2", CHOICE.partition("  - text: the mono")[0]),
        refused("no mapping", 4, "here is none", "Which clock?"),
        refused("no YAML", 4, "This is not YAML", "question: {Which"),
        refused("a tolerance that accepts a wrong number", 12, "of 20 mixes up the answers 15 and 30",
                NUMBER.replace("0.5", "20")),
        refused("tolerances that touch", 12, "mixes up the answers 15 and 30", NUMBER.replace("0.5", "7.5")),
        refused("a negative tolerance", 4, "must not be negative", NUMBER.replace("0.5", "-1")),
        refused("a number with its unit", 4, "without its unit", NUMBER.replace(": 15", ": 15 ms")),
        refused("a number without other feedback", 4, "needs the key 'otherwise'",
                NUMBER.replace("otherwise: Use the formula.", "")),
        refused("a number without likely mistakes", 4, "needs the key 'wrong'",
                re.sub(r"wrong:.*\n(?=otherwise)", "", NUMBER, flags=re.DOTALL)),
        refused("an item without feedback", 9, "needs the key 'why'",
                ORDER.replace("    why: A message travels forward in time.\n", "")),
        refused("two items", 4, "a list of at least 3", ORDER.replace("""  - text: the send
    at: sent
""", "")),
        refused("a message without a picture", 4, "no space-time diagram that is called fig-run", MESSAGE),
    ],
)  # fmt: skip
def test_a_quiz_is_refused_with_its_place_and_reason(show, line, complaint, quiz):
    warnings = show(quiz).warnings

    assert re.search(rf"index\.md:{line}: (ERROR|WARNING): Quiz 'clocks': .*{re.escape(complaint)}", warnings)


def test_two_quizzes_with_one_label_are_refused(show):
    twice = f"{CHOICE.strip()}\n```\n\n```{{quiz}} clocks\n{CHOICE.strip()}"

    assert "Duplicate explicit target name" in show(twice).warnings


# --- messages of a picture

DRAWN = ["1 → 2 ms  bob → server: Write(1)", "3 → 4 ms  bob → server: Write(2)"]


def test_white_space_does_not_count_in_the_words_of_a_message():
    assert Remark("4 ms bob → server", "why").fits(DRAWN[1])


def test_each_message_is_told_by_the_first_remark_that_fits():
    assert read_quiz(MESSAGE).judge(DRAWN) == [(False, "The lease was good."), (True, "His lease is over.")]


@pytest.mark.parametrize(
    ("drawn", "complaint"),
    [
        (DRAWN[:1], "`right` must fit one message of fig-run, but it fits 0 of 1."),
        ([*DRAWN, DRAWN[1]], "it fits 2 of 3"),
        ([*DRAWN, "5 → 6 ms  bob → server: Ask()"], "Nothing in `wrong` fits the message “5 → 6 ms"),
    ],
    ids=["not there", "twice", "a message without feedback"],
)
def test_a_picture_that_does_not_fit_is_refused(drawn, complaint):
    with pytest.raises(QuizError, match=re.escape(complaint)):
        read_quiz(MESSAGE).judge(drawn)
