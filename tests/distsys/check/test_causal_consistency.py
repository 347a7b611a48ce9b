"""Causal consistency: no effect without its cause. Brute force is in tests/ground_truth."""

import pytest

from distsys.check import CasRegister, KeyValue, Register, causal
from distsys.history import History, Op

from .stories import timed, told

QUESTION_AND_ANSWER = {"a": "w(q)1", "b": "r(q)1 w(r)2"}


def judged(convergent=False, **clients):
    return causal(told(**clients), Register(0), convergent=convergent)


def test_who_sees_an_answer_sees_the_question():
    assert judged(**QUESTION_AND_ANSWER, c="r(r)2 r(q)1")
    assert judged(**QUESTION_AND_ANSWER, c="r(r)0 r(q)0")
    assert judged(**QUESTION_AND_ANSWER, c="r(q)1 r(r)0")
    assert not judged(**QUESTION_AND_ANSWER, c="r(r)2 r(q)0")


def test_concurrent_writes_come_in_any_order():
    assert judged(a="w(x)1", b="w(x)2", c="r(x)1 r(x)2", d="r(x)2 r(x)1")


def test_unless_all_must_agree_in_the_end():
    assert not judged(True, a="w(x)1", b="w(x)2", c="r(x)1 r(x)2", d="r(x)2 r(x)1")
    assert judged(True, a="w(x)1", b="w(x)2", c="r(x)1 r(x)2", d="r(x)1 r(x)2")


def test_one_client_does_not_go_back_and_forth():
    for convergent in (False, True):
        assert not judged(convergent, a="w(x)1", b="w(x)2", c="r(x)1 r(x)2 r(x)1")


def test_a_client_may_be_late():
    assert judged(a="w(x)1 w(x)2 w(x)3", b="r(x)0 r(x)1 r(x)3")


def test_a_pending_write_is_a_cause_once_it_was_seen():
    asked = ("A 0 … write 1",)

    assert causal(timed(*asked, "B 1 2 read → 0", "B 3 4 read → 1"), Register(0))
    assert not causal(timed(*asked, "B 1 2 read → 1", "B 3 4 read → 0"), Register(0))


def test_a_swap_is_a_read_and_a_write():
    lines = ("A 0 1 write 1", "B 2 3 cas 1 2 → True")

    assert causal(timed(*lines, "C 4 5 read → 2"), CasRegister(0))
    assert not causal(timed(*lines, "C 4 5 read → 2", "C 6 7 read → 1"), CasRegister(0))


# --- why not


def test_a_missing_cause_is_told_with_the_chain_of_causes():
    question, effect, saw, answer, late = (
        story := told(**QUESTION_AND_ANSWER, c="r(r)2 r(q)0")
    ).ops  # fmt: skip
    assert (saw.client, effect.client) == ("c", "b")

    verdict = causal(story, Register(0))

    assert verdict.explanation == (
        f"{late} did not see {question}, in its own causal past: {question}, which {effect} saw, "
        f"before {answer}, which {saw} saw, before {late}"
    )
    assert verdict.core == tuple(story)


def test_a_value_that_was_replaced_is_told_with_both_writes():
    one, new, two, old = (story := told(a="w(x)1 w(x)2", b="r(x)2 r(x)1")).ops

    verdict = causal(story, Register(0))

    assert verdict.explanation == (
        f"{old} saw {one}, which {two} had replaced, in its own causal past: {one}, before {two}, "
        f"which {new} saw, before {old}"
    )


def test_a_client_that_contradicts_itself_is_told_step_by_step():
    one, two, back, forth = (story := told(a="w(x)1", b="w(x)2 r(x)1 r(x)2")).ops

    verdict = causal(story, Register(0))

    assert verdict.explanation == (
        f"{two} comes before {one}, because {back} saw the latter when b had both; "
        f"but {one} comes before {two}, because {forth} saw the latter when b had both"
    )


def test_what_follows_from_an_order_of_writes_is_told_too():
    """Figure 3b of Bouajjani and others: the order of x makes the write of z visible before the read of z."""
    story = told(a="w(z)1 w(x)1 w(y)1", b="w(x)2 r(z)0 r(y)1 r(x)2")
    read = next(op for op in story if op.key == "z" and op.kind == "read")

    verdict = causal(story, Register(0))

    assert verdict.explanation.startswith(f"{read} did not see a write z 1")
    assert "which came before it: a write z 1" in verdict.explanation
    assert set(verdict.core) == set(story)


def test_causes_that_go_round_in_a_circle_are_illegal():
    verdict = judged(a="r(x)2 w(y)1", b="r(y)1 w(x)2")

    assert verdict.status == "illegal"
    assert "because the latter saw what the former wrote" in verdict.explanation
    assert "but " in verdict.explanation


def test_only_unique_values_of_registers_can_be_judged():
    with pytest.raises(ValueError, match="values must be unique"):
        judged(a="w(x)1", b="w(x)1")
    with pytest.raises(ValueError, match="only reads, writes and compare-and-swaps"):
        causal(History([Op("a", 0, 1, "delete", "x")]), KeyValue())


def test_too_many_operations_are_unknown(monkeypatch):
    monkeypatch.setattr("distsys.check.causal_consistency.MOST", 2)

    assert judged(a="w(x)1 r(x)1 r(x)1").status == "unknown"
