"""Models: what would one client see if it had the object to itself?"""

import pytest

from distsys.check import CasRegister, Counter, KeyValue, Lock, Queue, Register, Set, linearizable
from distsys.check.models import ILLEGAL
from distsys.history import PENDING, History, Op


def op(kind, argument=None, result=None, client="c"):
    return Op(client, 0, 1, kind, None, argument, result)


def pending(kind, argument=None, client="c"):
    return Op(client, 0, PENDING, kind, None, argument)


def describe(value):
    return value.name if hasattr(value, "name") else str(value)


# Each line: state before, operation, state after; ILLEGAL if that answer is impossible there.
STEPS = {
    Register: [
        (1, op("read", result=1), 1),
        (1, op("read", result=2), ILLEGAL),
        (1, op("write", 2), 2),
        (1, pending("write", 2), 2),
    ],
    CasRegister: [
        (1, op("cas", (1, 2), True), 2),
        (1, op("cas", (1, 2), (True, 1)), 2),
        (1, op("cas", (1, 2), False), ILLEGAL),
        (3, op("cas", (1, 2), True), ILLEGAL),
        (3, op("cas", (1, 2), False), 3),
        (3, op("cas", (1, 2), (False, 3)), 3),
        (3, op("cas", (1, 2), (False, 4)), ILLEGAL),
        (1, pending("cas", (1, 2)), 2),
        (3, pending("cas", (1, 2)), ILLEGAL),  # it would have failed, which is the same as never
    ],
    KeyValue: [
        (None, op("get", result=None), None),
        (None, op("put", "a"), "a"),
        (None, op("cas", (None, "a"), True), "a"),
        (None, op("append", "a"), "a"),
        ("a", op("append", "b"), "ab"),
        ((1,), op("append", (2,)), (1, 2)),
        ("a", op("delete"), None),
        ("a", op("delete", result=True), None),
        ("a", op("delete", result=False), ILLEGAL),
        (None, op("delete", result=False), None),
        (None, op("delete", result=True), ILLEGAL),
        ("a", pending("delete"), None),
    ],
    Queue: [
        ((), op("enqueue", 1), (1,)),
        ((1,), op("enqueue", 2), (1, 2)),
        ((1, 2), op("dequeue", result=1), (2,)),
        ((1, 2), op("dequeue", result=2), ILLEGAL),
        ((1, 2), op("dequeue", result=None), ILLEGAL),
        ((), op("dequeue", result=None), ()),
        ((), op("dequeue", result=1), ILLEGAL),
        ((1, 2), pending("dequeue"), (2,)),
        ((), pending("dequeue"), ()),
    ],
    Set: [
        (frozenset(), op("add", 1), frozenset({1})),
        (frozenset({1}), op("add", 1), frozenset({1})),
        (frozenset({1}), op("add", 1, True), ILLEGAL),
        (frozenset({1}), op("add", 1, False), frozenset({1})),
        (frozenset({1}), op("remove", 1, True), frozenset()),
        (frozenset(), op("remove", 1, True), ILLEGAL),
        (frozenset(), op("remove", 1, False), frozenset()),
        (frozenset({1}), op("contains", 1, True), frozenset({1})),
        (frozenset({1}), op("contains", 1, False), ILLEGAL),
        (frozenset({1, 2}), op("read", result=(2, 1)), frozenset({1, 2})),
        (frozenset({1, 2}), op("read", result=[1]), ILLEGAL),
        (frozenset(), pending("add", 1), frozenset({1})),
    ],
    Counter: [
        (0, op("add"), 1),
        (0, op("add", 5), 5),
        (3, op("add", -1, 2), 2),
        (3, op("add", 1, 5), ILLEGAL),
        (3, op("read", result=3), 3),
        (3, op("read", result=0), ILLEGAL),
        (3, pending("add", 2), 5),
    ],
    Lock: [
        (None, op("acquire", result=True), "c"),
        (None, op("acquire"), "c"),
        ("d", op("acquire", result=True), ILLEGAL),
        ("c", op("acquire", result=True), ILLEGAL),
        ("d", op("acquire", result=False), "d"),
        (None, op("acquire", result=False), ILLEGAL),
        ("c", op("release"), None),
        ("d", op("release"), ILLEGAL),
        (None, op("release", result=True), ILLEGAL),
        ("d", op("release", result=False), "d"),
        ("c", op("release", result=False), ILLEGAL),
        (None, pending("acquire"), "c"),
        ("d", pending("release"), ILLEGAL),
    ],
}


@pytest.mark.parametrize(
    ("model", "before", "operation", "after"),
    [(model(), *step) for model, steps in STEPS.items() for step in steps],
    ids=describe,
)
def test_an_operation_takes_effect_where_its_answer_is_right(model, before, operation, after):
    assert model.step(before, operation) == after


@pytest.mark.parametrize(("model", "steps"), STEPS.items())
def test_what_claims_to_change_nothing_changes_no_state(model, steps):
    states = [before for before, _, _ in steps]
    for _, operation, _ in steps:
        if model().read_only(operation):
            assert all(model().step(state, operation) in (state, ILLEGAL) for state in states)


@pytest.mark.parametrize(
    ("model", "quiet"),
    [
        (CasRegister, op("read", result=1)),
        (CasRegister, op("cas", (1, 2), False)),
        (KeyValue, op("delete", result=False)),
        (Queue, op("dequeue")),
        (Set, op("contains", 1, True)),
        (Set, op("read", result=())),
        (Set, op("add", 1, False)),
        (Counter, op("read", result=1)),
        (Lock, op("acquire", result=False)),
    ],
    ids=describe,
)
def test_what_only_looks_is_known_to_change_nothing(model, quiet):
    assert model().read_only(quiet)


def test_a_register_starts_with_what_it_is_told():
    assert linearizable(History([op("read", result=7)]), Register(7))
    assert linearizable(History([op("read", result=None)]), Register())


# --- in words


@pytest.mark.parametrize(
    ("model", "operation", "need"),
    [
        (Register(), op("read", result=1), "the value must be 1"),
        (CasRegister(), op("cas", (1, 2), True), "the value must be 1"),
        (CasRegister(), op("cas", (1, 2), False), "the value must not be 1"),
        (CasRegister(), op("cas", (1, 2), (False, 3)), "the value must not be 1, but 3"),
        (KeyValue(), op("get", result="a"), "the value must be 'a'"),
        (KeyValue(), op("delete", result=True), "the key must be there"),
        (KeyValue(), op("delete", result=False), "the key must be absent"),
        (Queue(), op("dequeue", result=1), "1 must be at the head"),
        (Queue(), op("dequeue"), "the queue must be empty"),
        (Set(), op("read", result=(2, 1)), "the members must be 1, 2"),
        (Set(), op("read", result=()), "the members must be none"),
        (Set(), op("contains", 1, True), "1 must be a member"),
        (Set(), op("contains", 1, False), "1 must not be a member"),
        (Set(), op("add", 1, True), "1 must not be a member"),
        (Set(), op("add", 1, False), "1 must be a member"),
        (Set(), op("remove", 1, True), "1 must be a member"),
        (Set(), op("remove", 1, False), "1 must not be a member"),
        (Counter(), op("read", result=3), "the count must be 3"),
        (Counter(), op("add", 1, 3), "the count must become 3"),
        (Lock(), op("acquire", result=True), "the lock must be free"),
        (Lock(), op("acquire", result=False), "somebody must hold the lock"),
        (Lock(), op("release"), "c must hold the lock"),
        (Lock(), op("release", result=False), "c must not hold the lock"),
    ],
    ids=describe,
)
def test_a_model_says_what_an_operation_needs(model, operation, need):
    assert model.needs(operation) == need


@pytest.mark.parametrize(
    ("model", "state", "words"),
    [
        (Register(), 1, "the value is 1"),
        (Queue(), (1, 2), "the queue is 1, 2"),
        (Queue(), (), "the queue is empty"),
        (Set(), frozenset({2, 1}), "the members are 1, 2"),
        (Set(), frozenset(), "the members are none"),
        (Counter(), 3, "the count is 3"),
        (Lock(), None, "the lock is free"),
        (Lock(), "c", "c holds the lock"),
    ],
)
def test_a_model_describes_a_state(model, state, words):
    assert model.words(state) == words


# --- bad input


@pytest.mark.parametrize(
    ("model", "operation", "message"),
    [
        (Register(), op("cas", (1, 2), True), "a register has no operation 'cas', only read, write: c cas "),
        (Queue(), op("push", 1), "a queue has no operation 'push', only enqueue, dequeue: c push 1 "),
        (Lock(), op("lock"), "a lock has no operation 'lock', only acquire, release: c lock "),
        (CasRegister(), op("cas", 1, True), "the argument of a cas is a pair, the expected value and"),
        (CasRegister(), op("cas", (1, 2)), "the result of a cas is True, False or (False, what it found): c"),
        (KeyValue(), op("cas", (1, 2), 2), "the result of a cas is True, False or (False, what it found): c"),
        (Register(), op("write", {1}), "values must be immutable, so use a tuple instead of a set: c write"),
        (Register(), op("read", result={}), "values must be immutable, so use a tuple instead of a dict: c"),
        (Queue(), op("enqueue", {1}), "values must be immutable, so use a tuple instead of a set: c"),
    ],
    ids=describe,
)
def test_a_malformed_operation_is_refused_in_one_sentence(model, operation, message):
    with pytest.raises(ValueError, match=operation.kind) as refused:
        linearizable(History([operation]), model)

    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)
