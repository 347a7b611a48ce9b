"""Convergence and exactly-once: the state in the end, and what was done."""

import pytest

from distsys.check import converged, exactly_once


def test_replicas_with_equal_states_have_converged():
    assert converged({"r1": {"x": 1}, "r2": {"x": 1}, "r3": {"x": 1}})


def test_the_first_replica_that_differs_is_named():
    verdict = converged({"r1": {1, 2}, "r2": {1, 2}, "r3": {1}})

    assert verdict.status == "illegal"
    assert verdict.explanation == "r1 has {1, 2}, but r3 has {1}"


@pytest.mark.parametrize("states", [{}, {"r1": 1}])
def test_one_replica_alone_proves_nothing(states):
    verdict = converged(states)

    assert verdict.status == "unknown"
    assert verdict.explanation == f"it takes two replicas to agree, and there are {len(states)}"


def test_everything_was_done_once_in_any_order():
    assert exactly_once(["a", "b", "c"], ["c", "a", "b"])


def test_nothing_asked_and_nothing_done_is_well():
    assert exactly_once([], [])


@pytest.mark.parametrize(
    ("done", "explanation"),
    [
        (["a", "b", "a"], "'a' was done 2 times"),
        (["a"], "'b' was acknowledged, but never done"),
        (["a", "b", "x"], "'x' was done, but nobody asked for it"),
    ],
)
def test_too_often_too_seldom_and_unasked_are_illegal(done, explanation):
    verdict = exactly_once(["a", "b"], done)

    assert verdict.status == "illegal"
    assert verdict.explanation == explanation


def test_what_was_never_acknowledged_may_have_been_done_or_not_but_not_twice():
    assert exactly_once(["a"], ["a"], maybe=["b"])
    assert exactly_once(["a"], ["a", "b"], maybe=["b"])
    assert exactly_once(["a"], ["a", "b", "b"], maybe=["b"]).explanation == "'b' was done 2 times"


@pytest.mark.parametrize(("asked", "maybe"), [(["a", "a"], []), (["a"], ["a"])])
def test_requests_need_names_of_their_own(asked, maybe):
    with pytest.raises(ValueError, match="two requests have the same name"):
        exactly_once(asked, ["a"], maybe)
