"""What checkers are given: lists of operations will do; what cannot be judged is refused in one sentence."""

import re

import pytest

from distsys.check import (
    Register,
    Txn,
    anomalies,
    causal,
    converged,
    exactly_once,
    linearizable,
    sequential,
    serializable,
    session,
)
from distsys.history import History, Op
from distsys.simulation import Run
from distsys.trace import Record, Trace

WRITE = Op("a", 0, 1_000, "write", "x", 1)
READ = Op("b", 2_000, 3_000, "read", "x", None, 1)
STALE = Op("b", 4_000, 5_000, "read", "x", None, None)
RUN = Run(1, Trace(), history=History([WRITE, READ]))
TRACE = Trace([(0, "start", "n1", "", 0, None)])
ON_HISTORIES = [linearizable, sequential, session, causal]

every_checker = pytest.mark.parametrize("judge", ON_HISTORIES)


def refused(judge, *given):
    with pytest.raises(TypeError) as error:
        judge(*given)
    return str(error.value)


# --- histories


@every_checker
def test_a_list_of_operations_in_any_order_is_as_good_as_a_history(judge):
    assert judge([READ, WRITE], Register())
    assert judge((op for op in (STALE, READ, WRITE)), Register()).status == "illegal"
    assert judge([], Register())


@every_checker
def test_a_run_is_refused_with_the_call_that_judges_it(judge):
    said = refused(judge, RUN, Register())

    assert said.startswith(f"give the history of the run: {judge.__name__}(run.history, Register()")
    assert said.endswith("not a value of type Run")
    assert judge(RUN.history, Register())


@every_checker
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            [("a", 0, 1, "write", "x", 1)],
            "item 1 of the list is no operation (an Op), but ('a', 0, 1, 'write',",
        ),
        ([WRITE, "read"], "item 2 of the list is no operation (an Op), but 'read' (str); give a history or"),
        (TRACE, "item 1 of the Trace is no operation (an Op), but a value of type Record; give a history or"),
        ("history", "item 1 of the str is no operation (an Op), but 'h' (str); give a history or a list"),
        (None, "give a history or a list of operations: "),
        (WRITE, "give a history or a list of operations: "),
        (Register(), "give a history or a list of operations: "),
    ],
)
def test_what_holds_no_operations_is_refused(judge, given, words):
    said = refused(judge, given, Register())

    assert said.startswith(words)
    assert f"{judge.__name__}(run.history, Register()" in said


@every_checker
@pytest.mark.parametrize("ops", [[], [WRITE], [WRITE, READ]])
def test_the_class_of_a_model_is_refused_whatever_the_history_is(judge, ops):
    said = refused(judge, History(ops), Register)

    assert said == "give a model, not its class: Register() instead of Register"


@every_checker
@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("monotonic reads", "not 'monotonic reads' (str)"),
        (None, "not None (NoneType)"),
        (dict, "not the class dict"),
        (RUN.history, "not a value of type History"),
    ],
)
def test_what_is_no_model_is_refused(judge, model, words):
    said = refused(judge, RUN.history, model)

    assert said.startswith(
        f"give a model such as Register() after the history: {judge.__name__}(run.history, "
    )
    assert said.endswith(words)


# --- transactions


@pytest.mark.parametrize("judge", [serializable, anomalies])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (RUN, "give the history of the run: serializable(run.history), not a value of type Run"),
        (
            [("append", "x", 1)],
            "item 1 of the list is no operation (an Op), but ('append', 'x', 1) (tuple); ",
        ),
        (
            Txn("a", [("write", "x", 1)]),
            "give a history or a list of operations: serializable(run.history), not",
        ),
    ],
)
def test_what_holds_no_transactions_is_refused(judge, given, words):
    assert refused(judge, given).startswith(words)


def test_transactions_keep_the_order_in_which_they_are_given():
    first, second = Txn("a", [("write", "x", 1)], call=9), Txn("a", [("write", "x", 2)], call=5)

    assert [str(op) for op in serializable([first, second]).witness] == ["T1: write x 1", "T2: write x 2"]


# --- convergence and exactly-once


@pytest.mark.parametrize(
    ("given", "words"), [([1, 1], "not [1, 1] (list)"), (RUN, "not a value of type Run")]
)
def test_states_without_names_are_refused(given, words):
    said = refused(converged, given)

    assert said == f"give the state of each replica by its name: converged({{'n1': …, 'n2': …}}), {words}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("abc", []), "requests that were acknowledged: exactly_once(asked, done), not 'abc' (str)"),
        (([], 3), "requests that were done: exactly_once(asked, done), not 3 (int)"),
        (([], [], "a"), "requests that were never acknowledged: exactly_once(asked, done), not 'a' (str)"),
    ],
)
def test_what_is_no_collection_of_requests_is_refused(given, words):
    assert refused(exactly_once, *given) == f"give the names of all {words}"


@pytest.mark.parametrize("given", [([["a"]], []), (["a"], [["a"]]), ([], [], [["a"]])])
def test_what_cannot_name_a_request_is_refused(given):
    said = "the name of a request is a text, a number or a tuple of them, not ['a']"

    assert refused(exactly_once, *given) == said


def test_every_refusal_is_one_sentence_on_one_line():
    said = [refused(linearizable, given, Register()) for given in (RUN, [1], None, [Record(*TRACE[0])])]

    assert not [words for words in said if "\n" in words or re.search(r"\.(\s|$)", words)]


# --- how operations are written in explanations


@pytest.mark.parametrize(
    ("op", "words"),
    [
        (WRITE, "a write x 1 (0–1 ms)"),
        (Op("a", 0, 1_000, "enqueue", None, "job"), "a enqueue job (0–1 ms)"),
        (Op("a", 0, 1_000, "add", "s", 1, True), "a add s 1 → True (0–1 ms)"),
        (READ, "b read x → 1 (2–3 ms)"),
        (STALE, "b read x → None (4–5 ms)"),
        (Op("a", 0, 1_000, "dequeue"), "a dequeue → None (0–1 ms)"),
        (Op("a", 0, 1_000, "lookup", "x", "name"), "a lookup x name → None (0–1 ms)"),
        (Op("a", 0, 1_000, "write", "x", None), "a write x → None (0–1 ms)"),
        (Op("a", 0, 1 << 62, "write", "x", 1), "a write x 1 (0–… ms)"),
    ],
)
def test_an_operation_says_its_result_unless_it_is_a_change_with_nothing_to_say(op, words):
    assert str(op) == words


def test_explanations_are_not_filled_with_results_that_say_nothing():
    said = session([WRITE, READ, STALE], Register(), "monotonic reads").explanation

    assert said == (
        "b read x → None (4–5 ms) should have seen a write x 1 (0–1 ms) or a later write (monotonic reads)"
    )
