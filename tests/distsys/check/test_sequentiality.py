"""Sequential consistency: one order that keeps that of each client. Brute force is in tests/ground_truth."""

import pytest

from distsys.check import CasRegister, Counter, KeyValue, Queue, Register, linearizable, sequential
from distsys.history import History, Op

from .stories import timed, told


def test_a_client_may_read_the_past():
    story = timed("A 0 1 write 1", "B 2 3 read → 0")

    assert sequential(story, Register(0))
    assert not linearizable(story, Register(0))


def test_but_it_does_not_go_back():
    assert not sequential(timed("A 0 1 write 1", "B 2 3 read → 1", "B 4 5 read → 0"), Register(0))


def test_a_client_may_read_the_future_of_another_but_not_its_own():
    assert sequential(timed("B 0 1 read → 1", "A 2 3 write 1"), Register(0))
    assert not sequential(timed("A 0 1 read → 1", "A 2 3 write 1"), Register(0))


def test_all_clients_see_one_order():
    writers = {"a": "w(x)1", "b": "w(x)2"}

    assert sequential(told(**writers, c="r(x)1 r(x)2", d="r(x)1 r(x)2"), Register(0))
    assert not sequential(told(**writers, c="r(x)1 r(x)2", d="r(x)2 r(x)1"), Register(0))


def test_all_keys_are_judged_together():
    story = told(a="w(x)1 r(y)0", b="w(y)1 r(x)0")

    for key in "xy":
        assert sequential(History(op for op in story if op.key == key), Register(0))
    assert not sequential(story, Register(0))


def test_a_pending_operation_comes_any_time_after_what_its_client_did_before_or_never():
    before = ("A 0 1 write 1", "A 2 … write 2", "A 4 5 read → 1")

    assert sequential(timed(*before), Register(0))
    assert sequential(timed(*before, "B 6 7 read → 2"), Register(0))
    assert not sequential(timed(*before, "B 6 7 read → 2", "B 8 9 read → 1"), Register(0))


def test_other_objects_are_judged_too():
    assert sequential(timed("A 0 1 enqueue 1", "B 2 3 dequeue → None"), Queue())
    assert not sequential(timed("A 0 1 enqueue 1", "A 2 3 dequeue → None"), Queue())
    assert not sequential(timed("A 0 1 add 1", "A 2 3 read → 0"), Counter())


def test_a_witness_is_an_order_that_explains_all():
    write, read = (story := timed("A 0 1 write 1", "B 2 3 read → 0")).ops

    assert sequential(story, Register(0)).witness == (read, write)


def test_what_breaks_causality_is_explained_by_the_chain_of_causes():
    one, two = (story := timed("A 0 1 write 1", "A 2 3 read → 0")).ops

    verdict = sequential(story, Register(0))

    assert verdict.explanation == f"{two} did not see {one}, in its own causal past: {one}, before {two}"
    assert verdict.core == (one, two)


def test_otherwise_the_explanation_says_how_far_an_order_goes():
    one, two = (story := timed("A 0 1 enqueue 1", "A 2 3 dequeue → 2")).ops

    verdict = sequential(story, Queue())

    assert verdict.explanation == (
        f"no order explains more than 1 of 2 operations; there, for instance, {two} cannot come next: "
        "2 must be at the head, but the queue is 1"
    )
    assert verdict.core == (two,)
    assert one not in verdict.core


def test_a_value_from_nowhere_needs_no_search():
    *_, read = (story := timed("A 0 1 write 1", "A 2 3 write 1", "B 4 5 read → 7")).ops

    verdict = sequential(story, Register(0), budget=0)

    assert verdict.explanation == f"{read} needs 7, which nobody wrote"
    assert verdict.core == (read,)


def test_a_swap_that_failed_for_nothing_is_illegal():
    (swap,) = (story := timed("A 0 1 cas 0 1 → False 0")).ops

    verdict = sequential(story, CasRegister(0))

    assert verdict.explanation == f"{swap} failed although it found what it expected"


def test_unknown_is_no_pass():
    ops = [Op(f"c{at}", at, 50, "append", "x", "ab"[at % 2]) for at in range(14)]
    story = History([*ops, Op("d", 60, 61, "get", "x", None, "b" * 7 + "a" * 8)])

    verdict = sequential(story, KeyValue(), budget=1_000)

    assert verdict.status == "unknown"
    assert not verdict
    assert verdict.explanation == "gave up after 1,000 steps; judge fewer operations or clients"


def test_malformed_histories_are_refused():
    with pytest.raises(ValueError, match="a register has no operation 'swap'"):
        sequential(timed("A 0 1 swap 1"), Register(0))
    with pytest.raises(ValueError, match="a client does one thing at a time"):
        sequential(timed("A 0 5 write 1", "A 3 9 read → 1"), Register(0))
