"""The wire: values become JSON and come back as they were."""

import json
import math
import pickle
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, Flag, IntEnum
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distsys.node import message
from distsys.wire import LIMIT, CannotTravel, Malformed, decode, encode, name_of


class Colour(Enum):
    RED = 1
    BLUE = 2


class Level(IntEnum):
    LOW = 1


class Right(Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: object
    y: object


@dataclass(frozen=True)
class Stamp:
    counts: tuple


@message
class Order:
    number: int
    inside: object = None


@message
class Nothing:
    pass


class Mutable:
    pass


@dataclass
class Changeable:
    x: int


ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | st.binary()
    | st.sampled_from([*Colour, *Level, *Right, Nothing()])
)


def nested(values):
    return (
        st.lists(values, max_size=4).map(tuple)
        | st.frozensets(values, max_size=4)
        | st.builds(Order, st.integers(), values)
        | st.builds(Point, values, values)
        | st.builds(Stamp, st.tuples(values))
    )


FROZEN = st.recursive(ATOMS, nested, max_leaves=12)
STATE = st.recursive(
    FROZEN,
    lambda values: (
        st.lists(values, max_size=4)
        | st.dictionaries(FROZEN, values, max_size=4)
        | st.sets(FROZEN, max_size=4)
        | st.lists(values, max_size=4).map(tuple)
    ),
    max_leaves=8,
)


def exact(value):
    """Tell apart what Python calls equal: 1 and True, a tuple and a named tuple, 0.0 and -0.0."""
    kind = type(value)
    if isinstance(value, frozenset | set):
        return kind, frozenset(exact(part) for part in value)
    if isinstance(value, tuple | list):
        return kind, tuple(exact(part) for part in value)
    if isinstance(value, dict):
        return kind, tuple((exact(key), exact(part)) for key, part in value.items())
    if isinstance(value, Order):
        return kind, exact(value.number), exact(value.inside)
    if isinstance(value, Stamp):
        return kind, exact(value.counts)
    return kind, repr(value)


@given(STATE)
def test_what_is_read_is_what_was_written(value):
    assert exact(decode(encode(value))) == exact(value)


@given(st.frozensets(st.text() | st.integers(), max_size=8))
def test_equal_sets_give_equal_bytes(values):
    other = frozenset(sorted(values, key=repr, reverse=True))

    assert encode(other) == encode(values)


def test_a_number_that_is_none_comes_back_as_one():
    assert math.isnan(decode(encode(math.nan)))


def test_a_message_is_an_object_under_the_name_of_its_class():
    written = json.loads(encode(Order(7, (Colour.RED, b"hi"))))

    assert written == {
        f"{__name__}.Order": {"number": 7, "inside": [{f"{__name__}.Colour": "RED"}, {"$bytes": "aGk="}]}
    }


def test_a_message_class_inside_a_function_travels_too():
    @message
    class Local:
        x: int

    assert decode(encode(Local(3))) == Local(3)


def test_a_message_class_that_is_defined_again_takes_the_place_of_the_first():
    def define():
        @message
        class Local:
            x: int

        return Local

    first, second = define(), define()

    assert type(decode(encode(second(1)))) is second
    with pytest.raises(CannotTravel, match="could find its class"):
        encode(first(1))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Mutable(), "a Mutable cannot travel; use atoms, tuples"),
        (Changeable(1), "a Changeable cannot travel"),
        (Order(1, bytearray(b"x")), "a bytearray cannot travel"),
        (Right.READ | Right.WRITE, "a combination of flags"),
        ((10**5000,), "cannot travel: Exceeds the limit"),
    ],
)
def test_what_has_no_form_is_refused_by_name(value, reason):
    with pytest.raises(CannotTravel, match=reason):
        encode(value)


def test_a_frozen_class_inside_a_function_is_refused_with_advice():
    @dataclass(frozen=True)
    class Hidden:
        x: int

    with pytest.raises(CannotTravel, match="mark it @message or define it at the top of its module"):
        encode(Hidden(1))


def test_a_large_value_is_refused_with_its_size():
    with pytest.raises(CannotTravel, match="takes 102 bytes and at most 100 can travel"):
        encode("x" * 100, limit=100)


def test_a_value_that_contains_itself_is_refused():
    endless = []
    endless.append(endless)

    with pytest.raises(CannotTravel, match="nested too deeply"):
        encode(endless)


ORDER = f"{__name__}.Order"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"{", "not JSON"),
        (b"NaN", "NaN is not JSON"),
        (b"9" * 5000, "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"x" * (LIMIT + 1), "more than the limit"),
        (b"{}", "an object has one key"),
        (b'{"a": 1, "b": 2}', "an object has one key, the kind of the value, not 2"),
        (b'{"nobody.Knows": {}}', "nothing here is called 'nobody.Knows'"),
        (b'{"os.system": ["true"]}', "nothing here is called 'os.system'"),
        (b'{"subprocess.Popen": {"args": "true"}}', "nothing here is called"),
        (b'{"not_loaded_anywhere.Thing": {}}', "nothing here is called"),
        (f'{{"{__name__}.Changeable": {{"x": 1}}}}'.encode(), "nothing here is called"),
        (f'{{"{__name__}.Colour": "PINK"}}'.encode(), "is no"),
        (f'{{"{ORDER}": {{"number": 1}}}}'.encode(), "has the fields number, inside, not"),
        (f'{{"{ORDER}": 5}}'.encode(), "is no"),
        (f'{{"{ORDER}": ["number", "inside"]}}'.encode(), "is no"),
        (b'{"$bytes": "!"}', "is no .bytes"),
        (b'{"$frozenset": [{"$list": []}]}', "is no .frozenset"),
        (b'{"$dict": [1]}', "is no .dict"),
    ],
    ids=count(),
)
def test_bytes_that_are_no_value_are_refused_with_the_reason(data, reason):
    with pytest.raises(Malformed, match=reason):
        decode(data)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_malformed(data):
    with suppress(Malformed):
        decode(data)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(
            st.sampled_from(["$bytes", "$set", "$dict", "$float", "$complex", ORDER, "enum.Enum", "x"]),
            values,
            max_size=2,
        )
    ),
    max_leaves=6,
)


@given(JSON)
def test_no_json_raises_anything_but_malformed(plain):
    with suppress(Malformed):
        decode(json.dumps(plain).encode())


def test_pickled_bytes_are_refused():
    with pytest.raises(Malformed):
        decode(pickle.dumps(Order(1)))


def test_the_name_of_a_class_says_where_it_is_defined():
    assert name_of(Order) == ORDER
