"""Session guarantees: what a client may count on. Brute force is in tests/ground_truth."""

import pytest

from distsys.check import CasRegister, KeyValue, Register, session
from distsys.history import History, Op

from .stories import timed, told

READ_YOUR_WRITES, MONOTONIC_READS = "read your writes", "monotonic reads"
MONOTONIC_WRITES, WRITES_FOLLOW_READS = "monotonic writes", "writes follow reads"


def keeps(guarantees, **clients):
    return session(told(**clients), Register(0), *guarantees)


def test_read_your_writes_shows_a_client_its_own_writes_or_later_ones():
    assert keeps([READ_YOUR_WRITES], a="w(x)1 r(x)1")
    assert keeps([READ_YOUR_WRITES], a="w(x)1 r(x)2", b="w(x)2")
    assert not keeps([READ_YOUR_WRITES], a="w(x)1 r(x)0")


def test_read_your_writes_says_nothing_about_writes_of_others():
    assert keeps([READ_YOUR_WRITES], a="w(x)1", b="r(x)1 r(x)0")


def test_monotonic_reads_never_go_back():
    assert keeps([MONOTONIC_READS], a="w(x)1 w(x)2", b="r(x)0 r(x)1 r(x)2")
    assert not keeps([MONOTONIC_READS], a="w(x)1", b="r(x)1 r(x)0")
    assert not keeps([MONOTONIC_READS], a="w(x)1", b="w(x)2", c="r(x)1 r(x)2 r(x)1")


def test_monotonic_reads_remember_what_was_seen_before_a_look_elsewhere():
    assert not keeps([MONOTONIC_READS], a="w(x)1", b="w(y)2", c="r(x)1 r(y)2 r(x)0")


def test_monotonic_reads_say_nothing_about_two_clients():
    assert keeps([MONOTONIC_READS], a="w(x)1", b="r(x)1", c="r(x)0")


def test_monotonic_writes_stay_in_order_everywhere():
    clients = {"a": "w(x)1 w(x)2", "b": "r(x)2 r(x)1"}

    assert keeps([MONOTONIC_READS], **clients)
    assert keeps([MONOTONIC_WRITES], **clients)  # two reads may go to two replicas
    assert not keeps([MONOTONIC_WRITES, MONOTONIC_READS], **clients)


def test_monotonic_writes_bring_the_earlier_writes_along():
    clients = {"a": "w(x)1 w(y)2", "b": "r(y)2 r(x)0"}

    assert keeps([MONOTONIC_READS], **clients)
    assert not keeps([MONOTONIC_WRITES, MONOTONIC_READS], **clients)


def test_writes_follow_reads_bring_along_what_was_read():
    clients = {"a": "w(x)1", "b": "r(x)1 w(y)2", "c": "r(y)2 r(x)0"}

    assert keeps([MONOTONIC_WRITES, MONOTONIC_READS, READ_YOUR_WRITES], **clients)
    assert not keeps([WRITES_FOLLOW_READS, MONOTONIC_READS], **clients)


def test_your_own_write_shows_you_what_it_followed():
    clients = {"a": "w(x)1", "b": "r(x)1 w(y)2 r(x)0"}

    assert keeps([READ_YOUR_WRITES], **clients)
    assert keeps([WRITES_FOLLOW_READS], **clients)
    assert not keeps([READ_YOUR_WRITES, WRITES_FOLLOW_READS], **clients)


def test_without_a_name_all_four_are_meant():
    assert not session(told(a="w(x)1 r(x)0"), Register(0))
    assert session(told(a="w(x)1 r(x)1"), Register(0))


def test_a_client_does_not_count_on_its_pending_write():
    story = timed("A 0 … write 1", "A 2 3 read → 0", "B 4 5 read → 1")

    assert session(story, Register(0))


def test_a_swap_comes_after_what_it_replaced():
    story = timed("A 0 1 write 1", "B 2 3 cas 1 2 → True", "C 4 5 read → 2", "C 6 7 read → 1")

    assert session(story, CasRegister(0), READ_YOUR_WRITES)
    assert not session(story, CasRegister(0), MONOTONIC_READS)


# --- why not


def test_a_missing_write_is_named_with_the_guarantee():
    write, read = (story := told(a="w(x)1 r(x)0")).ops

    verdict = session(story, Register(0))

    assert verdict.explanation == f"{read} should have seen {write} or a later write (read your writes)"
    assert verdict.core == (write, read)


def test_a_circle_of_writes_is_told_step_by_step():
    one, new, two, old = (story := told(a="w(x)1 w(x)2", b="r(x)2 r(x)1")).ops

    verdict = session(story, Register(0))

    assert verdict.explanation == (
        f"{one} comes before {two}, because a wrote them in this order (monotonic writes); but {two} comes "
        f"before {one}, because {old} saw the latter although the former was visible to it (monotonic reads)"
    )
    assert verdict.core == (one, new, two, old)


def test_a_write_that_follows_a_read_is_told_with_the_read():
    write, late, read, answer, *_ = (
        story := told(a="w(x)1", b="r(x)1 w(x)2", c="r(x)2 r(x)1")
    ).ops  # fmt: skip

    verdict = session(story, Register(0), WRITES_FOLLOW_READS, MONOTONIC_READS)

    assert "had seen the former when it wrote the latter (writes follow reads)" in verdict.explanation
    assert set(verdict.core) == set(story)
    assert {write, late, read, answer} < set(story)


def test_a_value_from_nowhere_is_illegal_whatever_is_guaranteed():
    (read,) = (story := told(a="r(x)7")).ops

    assert session(story, Register(0), MONOTONIC_WRITES).explanation == f"{read} saw what nobody wrote"


def test_nobody_reads_what_it_will_write_later():
    read, write = (story := told(a="r(x)1 w(x)1")).ops

    verdict = session(story, Register(0))

    assert verdict.explanation == f"{read} saw what its own client wrote later: {write}"


# --- what can be judged


def test_there_are_four_guarantees():
    with pytest.raises(ValueError, match="there is no guarantee 'monotonic', only read your writes, mono"):
        session(History(), Register(0), "monotonic")


def test_values_must_be_unique():
    one, two = (story := told(a="w(x)1", b="w(x)1")).ops

    with pytest.raises(ValueError, match="values must be unique") as refused:
        session(story, Register(0))
    assert str(refused.value) == f"values must be unique: {one}, and {two}"
    with pytest.raises(ValueError, match="values must be unique, but this one was there from the start: a w"):
        session(told(a="w(x)0"), Register(0))


def test_only_what_reads_writes_and_swaps_can_be_judged():
    with pytest.raises(ValueError, match="only reads, writes and compare-and-swaps can be judged here"):
        session(History([Op("a", 0, 1, "append", "x", "b")]), KeyValue())


def test_too_many_operations_are_unknown(monkeypatch):
    monkeypatch.setattr("distsys.check.sessions.MOST", 2)

    verdict = session(told(a="w(x)1 r(x)1 r(x)1"), Register(0))

    assert verdict.status == "unknown"
    assert verdict.explanation == "this takes at most 20,000 operations; judge a part of the history"
