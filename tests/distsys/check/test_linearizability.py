"""Linearizability: verdicts, and how they explain themselves. Brute force is in tests/ground_truth."""

from dataclasses import replace

import pytest

from distsys.check import CasRegister, Counter, KeyValue, Lock, Model, Queue, Register, Set, linearizable
from distsys.check.models import ILLEGAL
from distsys.history import PENDING, History, Op

from . import generate
from .stories import timed


def judged(*lines, model=None):
    """The operations, and the verdict on them."""
    story = timed(*lines)
    return story.ops, linearizable(story, model or Register(0))


# --- what is linearizable


def test_an_empty_history_is_linearizable():
    assert linearizable(History(), Register())


def test_an_operation_takes_effect_at_some_moment_between_call_and_return():
    for value in (0, 1):
        assert judged("A 0 4 write 1", f"B 1 3 read → {value}")[1]


def test_what_returned_before_a_call_took_effect_before_it():
    assert judged("A 0 1 write 1", "B 2 3 read → 1")[1]
    assert not judged("A 0 1 write 1", "B 2 3 read → 0")[1]


def test_once_a_new_value_was_read_nobody_reads_the_old_one():
    _, verdict = judged("A 0 9 write 1", "B 1 2 read → 1", "C 3 4 read → 0")

    assert not verdict


def test_each_key_is_an_object_of_its_own():
    ops = [Op("A", 0, 1, "put", "x", 1), Op("B", 2, 3, "get", "y"), Op("B", 4, 5, "get", "x", None, 1)]

    assert linearizable(History(ops), KeyValue())
    assert not linearizable(History([*ops, Op("B", 6, 7, "get", "x")]), KeyValue())


def test_values_may_be_written_more_than_once():
    assert judged("A 0 1 write 1", "A 2 3 write 2", "A 4 5 write 1", "B 6 7 read → 1")[1]
    assert not judged("A 0 1 write 1", "A 2 3 write 1", "A 4 5 write 2", "B 6 7 read → 1")[1]


def test_the_same_value_may_be_there_again_between_two_others():
    assert judged("A 0 1 write 1", "A 2 3 write 0", "B 4 5 read → 0")[1]


def test_at_one_moment_two_clients_overlap():
    assert judged("A 0 5 write 1", "B 5 9 read → 0")[1]


def test_at_one_moment_one_client_keeps_its_order():
    assert not judged("A 0 5 write 1", "A 5 9 read → 0")[1]
    assert judged("A 0 5 write 1", "A 5 9 write 2", "B 3 5 read → 2")[1]


def test_operations_that_take_no_time_keep_the_order_of_their_client():
    assert judged("A 5 5 write 1", "A 5 5 write 2", "A 5 9 read → 2")[1]
    assert not judged("A 5 5 write 1", "A 5 5 read → 0")[1]


# --- pending operations


def test_a_pending_write_may_take_effect_at_any_later_time():
    for first, second in ((0, 0), (0, 1), (1, 1)):
        assert judged("A 0 … write 1", f"B 1 2 read → {first}", f"B 98 99 read → {second}")[1]


def test_a_pending_write_takes_effect_once():
    assert not judged("A 0 … write 1", "B 1 2 read → 1", "B 3 4 read → 0")[1]


def test_a_pending_write_does_not_take_effect_before_its_call():
    assert not judged("B 1 2 read → 1", "A 3 … write 1")[1]


def test_a_client_may_go_on_while_an_operation_of_its_own_is_pending():
    assert judged("A 0 … write 1", "A 5 6 read → 0", "A 7 8 read → 1")[1]


def test_a_pending_read_constrains_nothing():
    assert judged("A 0 1 write 1", "B 2 … read")[1]


@pytest.mark.parametrize(
    ("model", "lines"),
    [
        (CasRegister(0), ("A 0 … cas 0 1", "B 1 2 read → 1")),
        (CasRegister(0), ("A 0 … cas 0 1", "B 1 2 read → 0")),
        (Queue(), ("A 0 … enqueue 1", "B 1 2 dequeue → None", "B 3 4 dequeue → 1")),
        (Queue(), ("A 0 1 enqueue 1", "A 2 3 enqueue 2", "B 4 … dequeue", "C 5 6 dequeue → 2")),
        (Set(), ("A 0 … add 1", "B 1 2 contains 1 → False", "B 3 4 contains 1 → True")),
        (Counter(), ("A 0 … add 1", "B 1 2 read → 0", "B 3 4 read → 1")),
        (Lock(), ("A 0 … acquire", "B 1 2 acquire → False")),
        (Lock(), ("A 0 … acquire", "B 1 2 acquire → True")),
        (Lock(), ("A 0 1 acquire → True", "A 2 … release", "B 3 4 acquire → True")),
    ],
)
def test_whatever_is_pending_may_have_taken_effect_or_not(model, lines):
    assert judged(*lines, model=model)[1]


# --- compare-and-swap


def test_a_failed_swap_is_an_observation():
    lines = ("A 0 1 write 1", "A 2 3 write 2")

    assert judged(*lines, "B 4 5 cas 1 3 → False 2", model=CasRegister(0))[1]
    assert judged(*lines, "B 4 5 cas 1 3 → False", model=CasRegister(0))[1]
    assert not judged(*lines, "B 4 5 cas 2 3 → False", model=CasRegister(0))[1]
    assert not judged(*lines, "B 4 5 cas 0 3 → False 1", model=CasRegister(0))[1]


def test_two_swaps_of_one_value_cannot_both_succeed():
    for value in (1, 2):
        ops, verdict = judged(
            "A 0 9 cas 0 1 → True", f"B 0 9 cas 0 {value} → {value != 1}", model=CasRegister(0)
        )
        assert bool(verdict) == (value == 1), ops


# --- why not


def test_ok_explains_nothing_and_has_no_core():
    _, verdict = judged("A 0 1 write 1", "B 2 3 read → 1")

    assert (verdict.status, verdict.explanation, verdict.core) == ("ok", "", ())


def test_a_witness_is_an_order_of_all_operations_that_explains_them():
    (write, late, early), verdict = judged("A 0 9 write 1", "B 1 5 read → 1", "C 2 3 read → 0")

    assert verdict.witness == (early, write, late)


def test_a_witness_mixes_the_keys_as_time_goes_by():
    ops = [Op("A", 10 * at, 10 * at + 5, "write", "xy"[at % 2], at) for at in range(6)]

    assert linearizable(History(ops), Register()).witness == tuple(ops)


def test_a_witness_leaves_out_what_need_not_have_happened():
    (read, write, pending), verdict = judged(
        "B 0 1 read → 0", "A 2 3 write 1", "A 4 … write 2", model=Register(0)
    )

    assert verdict.witness == (read, write)
    assert pending.pending


# Each line: the model, the operations, who is to blame (numbers of the operations), and the explanation, in
# which {0} is the first operation.
REASONS = {
    "a stale read": (
        Register(0), ("A 0 1000 write 1", "B 2000 3000 read → 0"), (0, 1),
        "{1} cannot take effect: the value must be 0 from the start to 2 ms, but {0} must take effect in "
        "between. The one that returned before can be explained.",
    ),
    "a value from nowhere": (
        Register(0), ("A 0 1000 write 1", "B 2000 3000 read → 7"), (1,),
        "{1} cannot take effect: nobody wrote 7. The one that returned before can be explained.",
    ),
    "a value from the future": (
        Register(0), ("A 0 1000 read → 1", "B 2000 3000 write 1"), (0,),
        "{0} cannot take effect: {1}, which alone wrote 1, was called later.",
    ),
    "two values at once": (
        Register(0),
        ("A 0 1000 write 1", "C 0 3000 read → 1", "D 0 4000 read → 2", "B 1000 2000 write 2",
         "C 5000 6000 read → 1", "D 5000 6000 read → 2"), (4, 5),
        "{5} cannot take effect: the value must be 1 from 1 ms to 5 ms, and the value must be 2 from 2 ms "
        "to 5 ms; both cannot be. The 4 that returned before can be explained.",
    ),
    "two swaps of one value": (
        CasRegister(0), ("A 0 1000 write 1", "B 2000 3000 cas 1 2 → True",
         "C 2000 3000 cas 1 3 → True"), (1, 2),
        "{2} cannot take effect: {1} and {2} both replaced 1, written once. The one that returned before "
        "can be explained.",
    ),
    "two swaps, each after the other": (
        CasRegister(0), ("A 0 9000 cas 1 2 → True", "B 0 9000 cas 2 1 → True"), (1,),
        "{1} cannot take effect: {0} and {1} go round in a circle: each needs what another wrote.",
    ),
    "a read after the swap": (
        CasRegister(0), ("A 0 1000 cas 0 1 → True", "B 2000 3000 cas 1 2 → True",
         "C 4000 5000 read → 1"), (1, 2),
        "{2} cannot take effect: {2} needs 1, but {1}, which needs its successor 2, had returned before. "
        "The 2 that returned before can be explained.",
    ),
    "a swap that failed for nothing": (
        CasRegister(0), ("A 0 1000 cas 0 1 → False 0",), (0,),
        "{0} cannot take effect: it failed although it found 0.",
    ),
    "a swap that failed for nothing, and hides it": (
        CasRegister(0), ("A 0 1000 cas 0 1 → False",), (0,),
        "{0} cannot take effect: the value must not be 0, but by then the value is 0.",
    ),
    "a value that was overwritten each time": (
        Register(0), ("A 0 1 write 1", "A 2 3 write 1", "A 4000 5000 write 2",
         "C 6000 7000 read → 1"), (2, 3),
        "{3} cannot take effect: {2} had replaced every 1 by then. The 3 that returned before can be "
        "explained.",
    ),
    "a value that must come back": (
        Register(0),
        ("A 0 1000 write 1", "A 2000 3000 write 2", "B 2000 3000 write 1", "C 4000 5000 read → 2",
         "C 6000 7000 read → 1"), (3, 4),
        "{4} cannot take effect: the value must be 1, but by then the value is 2. The 4 that returned "
        "before can be explained.",
    ),
    "the second item comes first": (
        Queue(), ("A 0 1000 enqueue 1", "A 2000 3000 enqueue 2", "B 4000 5000 dequeue → 2"), (0, 2),
        "{2} cannot take effect: 2 must be at the head, but by then the queue is 1, 2. The 2 that returned "
        "before can be explained.",
    ),
    "a member that is missing": (
        Set(), ("A 0 1000 add 1", "B 4000 5000 contains 1 → False"), (0, 1),
        "{1} cannot take effect: 1 must not be a member, but by then the members are 1. The one that "
        "returned before can be explained.",
    ),
    "a lost increment": (
        Counter(), ("A 0 1000 add 1", "B 0 1000 add 1", "B 4000 5000 read → 1"), (0, 1, 2),
        "{2} cannot take effect: the count must be 1, but by then the count is 2. The 2 that returned "
        "before can be explained.",
    ),
    "two holders": (
        Lock(), ("A 0 1000 acquire → True", "B 2000 5000 acquire → True"), (0, 1),
        "{1} cannot take effect: the lock must be free, but by then A holds the lock. The one that "
        "returned before can be explained.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REASONS)
def test_an_illegal_verdict_says_who_is_to_blame_and_why(name):
    model, lines, blamed, words = REASONS[name]

    ops, verdict = judged(*lines, model=model)

    assert verdict.status == "illegal"
    assert verdict.explanation == words.format(*ops)
    assert verdict.core == tuple(ops[at] for at in blamed)
    assert verdict.witness == ()


@pytest.mark.parametrize("name", REASONS)
def test_without_the_operation_that_cannot_take_effect_all_that_returned_before_is_well(name):
    model, lines, *_ = REASONS[name]
    ops, verdict = judged(*lines, model=model)
    guilty = next(op for op in ops if verdict.explanation.startswith(str(op)))

    before = [
        op if op.ret < guilty.ret else replace(op, ret=PENDING, result=None)
        for op in ops
        if op is not guilty and op.call <= guilty.ret
    ]

    assert linearizable(History(before), model)


def test_the_explanation_stops_at_the_first_operation_that_cannot_take_effect():
    ops, verdict = judged(
        "A 0 1 write 1", "B 2 3 read → 0", "B 4 5 read → 7", "A 6 7 write 2", "B 8 9 read → 1"
    )

    assert verdict.explanation.startswith(f"{ops[1]} cannot take effect")


def test_a_core_is_small_in_a_long_history_of_any_values():
    for swaps in (0, 0.2):
        story = generate.history(1, 600, 5, unique=False, domain=20, swaps=swaps, stale=0.5)
        verdict = linearizable(story, CasRegister(0))

        assert verdict.status == "illegal"
        assert 1 <= len(verdict.core) <= 3


@pytest.mark.parametrize("swaps", [0, 0.3])
def test_a_long_history_of_unique_values_is_judged_and_explained(swaps):
    fine = generate.history(3, 5_000, 8, swaps=swaps, pending=0.01)
    spoilt = generate.history(3, 5_000, 8, swaps=swaps, pending=0.01, stale=0.5)

    assert linearizable(fine, CasRegister(0))
    verdict = linearizable(spoilt, CasRegister(0))
    assert verdict.status == "illegal"
    assert "that returned before can be explained" in verdict.explanation
    assert len(verdict.core) == 2


def test_a_swap_that_hides_what_it_found_is_put_where_it_can_fail():
    story = generate.history(3, 2_000, 8, swaps=0.3, tell=False)
    order = linearizable(story, CasRegister(0)).witness

    assert len(order) == 2_000
    failed = [op for op in order if op.result is False]
    assert not any(linearizable(History([op]), CasRegister(op.argument[0])) for op in failed)


# --- unknown


def hard():
    """Twelve enqueues at one time, then the items in the one order that the search tries last."""
    ops = [Op(f"c{at}", 0, 100, "enqueue", None, at) for at in range(12)]
    ops += [Op("d", 200 + at, 200 + at, "dequeue", None, None, 11 - at // 2) for at in range(13)]
    return History(ops)


def test_unknown_is_no_pass_and_says_what_to_do():
    verdict = linearizable(hard(), Queue(), budget=500)

    assert verdict.status == "unknown"
    assert not verdict
    assert verdict.explanation == "gave up after 500 steps; write unique values, or judge fewer operations"
    assert verdict.core == verdict.witness == ()


def test_unknown_names_the_key_that_is_too_hard():
    ops = [*(replace(op, key="q") for op in hard()), Op("A", 300, 301, "enqueue", "easy", 1)]

    verdict = linearizable(History(ops), Queue(), budget=5_000)

    assert verdict.explanation.startswith("gave up after 5,000 steps, still undecided for the key 'q'; ")


def test_an_impossible_key_is_found_although_another_is_hard():
    ops = [*(replace(op, key="q") for op in hard()), Op("A", 300, 301, "dequeue", "easy", None, 1)]

    assert linearizable(History(ops), Queue(), budget=5_000).status == "illegal"


# --- input


def test_a_client_does_one_thing_at_a_time():
    one, two = Op("A", 0, 5, "write", "x", 1), Op("A", 3, 9, "read", "y")

    with pytest.raises(ValueError, match="a client does one thing at a time") as refused:
        linearizable(History([one, two]), Register())
    assert str(refused.value) == f"a client does one thing at a time: {one} overlaps {two}"


def test_an_operation_cannot_return_before_it_is_called():
    op = Op("A", 5, 4, "read")

    with pytest.raises(ValueError, match="cannot return") as refused:
        linearizable(History([op]), Register())
    assert str(refused.value) == f"an operation cannot return before it is called: {op}"


def test_the_order_in_which_operations_are_given_does_not_matter():
    ops = timed("A 0 1 write 1", "B 2 3 read → 1", "A 4 5 write 2").ops

    assert linearizable(History(reversed(ops)), Register())


class Stack(Model):
    """A model that somebody else wrote."""

    name = "stack"
    kinds = {"push": "else", "pop": "else"}  # noqa: RUF012
    initial = ()

    def step(self, state, op):
        if op.kind == "push":
            return (*state, op.argument)
        return state[:-1] if state and (op.pending or state[-1] == op.result) else ILLEGAL


def test_anybody_can_write_a_model():
    lines = ("A 0 1 push 1", "A 2 3 push 2")

    assert judged(*lines, "B 4 5 pop → 2", "B 6 7 pop → 1", model=Stack())[1]
    (*_, pop), verdict = judged(*lines, "B 4 5 pop → 1", model=Stack())
    assert verdict.explanation == (
        f"{pop} cannot take effect: the object must allow it, but by then (1, 2). "
        "The 2 that returned before can be explained."
    )


def test_pending_means_for_ever():
    assert Op("A", 0, PENDING, "write").pending
