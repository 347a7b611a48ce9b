"""Values come out of the wire exactly as they went in, or not at all."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from autograder.trust import tables
from autograder.trust.errors import CannotCross, Malformed
from autograder.trust.frames import _HEAD, _parsed, packed
from autograder.trust.reading import Reader
from autograder.trust.wire import MOST_PARTS, Writer


def nothing_else(*_: Any) -> Any:
    raise CannotCross("no plain value")


def crossed(value: Any) -> Any:
    """A value after one crossing."""
    writer = Writer(nothing_else)
    frame = packed(writer(value), writer.raw)
    text, _ = _HEAD.unpack_from(frame)
    return read(_parsed(frame[_HEAD.size : _HEAD.size + text]), frame[_HEAD.size + text :])


def read(tree: Any, raw: bytes = b"") -> Any:
    def unknown(tag: str, *_: Any) -> Any:
        raise Malformed(tag)

    return Reader(memoryview(raw), unknown)(tree)


def exactly(a: Any, b: Any) -> bool:
    """Whether two values are the same in type, order, sign of zero and identity of what can change."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, complex):
        return exactly(a.real, b.real) and exactly(a.imag, b.imag)
    if isinstance(a, dict):
        return len(a) == len(b) and all(map(exactly, [*a.keys(), *a.values()], [*b.keys(), *b.values()]))
    if isinstance(a, set | frozenset):
        return spelled(a) == spelled(b)
    if isinstance(a, list | tuple | deque):
        return (
            len(a) == len(b)
            and all(map(exactly, a, b))
            and getattr(a, "maxlen", 0) == getattr(b, "maxlen", 0)
        )
    return bool(a == b)


def spelled(value: Any) -> str:
    """What a hashable value is, whatever the order of its sets."""
    if isinstance(value, set | frozenset):
        return f"{type(value)}{sorted(map(spelled, value))}"
    return f"({','.join(map(spelled, value))},)" if isinstance(value, tuple) else repr(value)


def plain(moment: datetime) -> datetime:
    return moment.replace(fold=0)


texts = some.text(some.characters(codec=None), max_size=8)  # with halves of characters, too
atoms = some.one_of(
    some.none(), some.booleans(), some.integers(), some.integers(-(2**200), 2**200), some.floats(), texts,
    some.binary(max_size=8), some.complex_numbers(), some.dates(), some.timedeltas(),
    some.datetimes().map(plain), some.decimals(allow_nan=False), some.fractions(),
    some.builds(range, some.integers(-9, 9), some.integers(-9, 9)),
)  # fmt: skip
hashable = some.recursive(
    atoms, lambda part: some.tuples(part, part) | some.frozensets(part, max_size=3), max_leaves=4
)
values = some.recursive(
    atoms,
    lambda part: some.one_of(
        some.lists(part, max_size=4),
        some.tuples(part, part),
        some.dictionaries(hashable, part, max_size=4),
        some.sets(hashable, max_size=4),
        some.frozensets(hashable, max_size=4),
        some.lists(part, max_size=4).map(deque),
        some.lists(part, max_size=4).map(lambda parts: deque(parts, 9)),
        some.dictionaries(hashable, part, max_size=3).map(OrderedDict),
        some.dictionaries(hashable, some.integers(), max_size=3).map(Counter),
        some.dictionaries(hashable, part, max_size=3).map(lambda inside: defaultdict(list, inside)),
        some.binary(max_size=5).map(bytearray),
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(values)
def test_a_value_comes_out_as_it_went_in(value):
    assert exactly(crossed(value), value)


TAGS = [*"tSFdOCDqBAcrTbis@^hz", *tables.TAGS]
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | texts,
    lambda part: some.lists(part, max_size=4) | some.dictionaries(some.sampled_from(TAGS), part, max_size=1),
    max_leaves=15,
)


@settings(max_examples=500, deadline=None)
@given(JSON)
def test_any_json_is_a_value_or_malformed(tree):
    try:
        value = read(tree)
    except Malformed:
        return
    assert (
        type(value).__module__ in ("builtins", "collections", "datetime", "decimal", "fractions")
        or callable(value)
        or "pandas" in type(value).__module__
        or "numpy" in type(value).__module__
    )


@settings(max_examples=300, deadline=None)
@given(some.binary(max_size=40))
def test_any_bytes_are_json_or_malformed(data):
    try:
        _parsed(data)
    except Malformed as error:
        assert str(error)


@pytest.mark.parametrize(
    "value",
    [
        True,
        1,
        1.0,
        0,
        False,
        -0.0,
        0.0,
        10**18,
        -(10**18),
        10**30,
        2**63,
        "",
        "\ud83d\ude00",
        "😀",
        "\udcff\x00",
    ],
)
def test_what_looks_alike_stays_apart(value):
    assert exactly(crossed(value), value)
    assert exactly(crossed([value, {value: value}]), [value, {value: value}])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 5e-324, 1.7976931348623157e308])
def test_odd_floats_cross(value):
    assert exactly(crossed(value), value)


def test_times_cross_with_their_zone():
    zone = timezone(timedelta(hours=5, minutes=30))
    for value in (
        datetime(2026, 1, 2, 3, 4, 5, 6, zone),
        date(1, 1, 1),
        timedelta(-1, 5, 7),
        Decimal("-0.10"),
    ):
        assert crossed(value) == value
    assert crossed(datetime(2026, 1, 1, tzinfo=zone)).utcoffset() == timedelta(hours=5, minutes=30)
    assert str(crossed(Decimal("-0.10"))) == "-0.10"
    assert exactly(crossed(Fraction(1, 3)), Fraction(1, 3))


def test_one_list_in_two_places_stays_one_list():
    row = [0]
    matrix = crossed([row, row, [0]])
    matrix[0].append(1)
    assert matrix == [[0, 1], [0, 1], [0]]


def test_a_tuple_in_two_places_may_hold_something_that_can_change():
    pair, plain = ([1], 2), (3, (4, 5))
    got = crossed([pair, pair, plain, plain, {"x": plain}])
    assert got == [([1], 2), ([1], 2), (3, (4, 5)), (3, (4, 5)), {"x": (3, (4, 5))}]
    assert got[0][0] is got[1][0]


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: {"self": x}, lambda x: deque([x]), lambda x: (x,)])
def test_what_contains_itself_is_refused(wrap):
    value: list[Any] = []
    value.append(wrap(value))
    with pytest.raises(CannotCross, match="contains itself"):
        crossed(value)


@pytest.mark.parametrize(
    "kind", [int, float, str, bytes, list, tuple, dict, set, frozenset, deque, OrderedDict, Counter, complex]
)
def test_an_instance_of_a_subclass_is_never_taken_for_the_builtin(kind):
    class Liar(kind):
        def __eq__(self, other):
            return True

        __hash__ = kind.__hash__

    with pytest.raises(CannotCross, match="no plain value"):
        crossed(Liar())


def test_depth_and_size_have_limits():
    deep: Any = 0
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(CannotCross, match="60 levels"):
        crossed(deep)
    with pytest.raises(CannotCross, match="million"):
        crossed([0] * (MOST_PARTS + 1))
    with pytest.raises(CannotCross, match="million"):
        crossed(range(10**15))
    with pytest.raises(Malformed, match="bits"):
        crossed(1 << 8_000_000)
    with pytest.raises(Malformed, match="bytes"):
        crossed("x" * (40 << 20))


def test_few_bytes_cannot_unfold_into_a_huge_value():
    value: Any = [1, 2]
    for _ in range(50):
        value = [value, value]  # 2**51 numbers for whoever compares it
    with pytest.raises(CannotCross, match="million"):
        crossed(value)
    tree: Any = [1]
    for place in range(50):
        tree = [tree, {"@": 50 - place}]
    with pytest.raises(Malformed):
        read(tree)


def test_a_reference_to_an_unfinished_object_is_malformed():
    for tree in ([{"@": 0}], {"d": [1, {"@": 0}]}, {"q": [None, {"@": 0}]}, {"@": 5}, {"@": -1}, {"@": True}):
        with pytest.raises(Malformed):
            read(tree)


def test_keys_that_collide_are_refused():
    same_hash = [place * (2**61 - 1) for place in range(100_000)]
    assert len(set(map(hash, same_hash[:100]))) == 1
    for tag, parts in (
        ("S", same_hash),
        ("F", same_hash),
        ("d", [part for key in same_hash for part in (key, 0)]),
    ):
        with pytest.raises(Malformed, match="collide"):
            read({tag: parts})


@pytest.mark.parametrize(
    "tree",
    [{}, {"t": 1}, {"t": [1], "S": []}, {"S": [[1]]}, {"d": [1]}, {"d": [[], 1]}, {"C": [1, 2, 3]},
     {"b": "eval"},
     {"b": "SystemExit"}, {"b": "__import__"}, {"b": []}, {"T": ["open", "x"]}, {"T": []}, {"c": ["1", "2"]},
     {"r": [0, 10**15, 1]}, {"r": [0, 1, 0]}, {"r": "abc"}, {"D": ["no", 1, 2]}, {"q": [-1]}, {"B": "%%%"},
     {"i": "0x"}, {"i": 5}, {"s": "zz"}, {"s": "d8"}, {"A": 5}, {"na": ["O", [1], [0, 0]]},
     {"na": ["<f8", [10**12], [0, 8]]}, {"na": ["<f8", [-1], [0, 8]]}, {"na": ["<f8", [1], [0, 99]]},
     {"na": ["V8", [1], [0, 8]]}, {"np": ["O", [0, 8]]}, {"df": []}, {"se": [1, 2, 3]},
     {"ix": [["O", []], 1]},
     {"na": ["<U0", [10**9], [0, 0]]}],
)  # fmt: skip
def test_nonsense_is_malformed(tree):
    with pytest.raises(Malformed):
        read(tree, b"12345678")


def test_numbers_beyond_their_form_are_malformed():
    for text in (
        b"1" * 5000,
        b"[" + b"9" * 19 + b"]",
        b'{"a":-' + b"9" * 30 + b"}",
        b"[" * 100_000,
        b"\xff\xfe",
    ):
        with pytest.raises(Malformed):
            _parsed(text)
    with pytest.raises(Malformed, match="too many parts"):
        _parsed(b"[" + b"[]," * 3_000_000 + b"[]]")


def test_arrays_and_tables_cross():
    numpy = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    for array in (
        numpy.arange(6).reshape(2, 3), numpy.array([1.5, -0.0, numpy.nan]), numpy.array([], dtype="i2"),
        numpy.array(5), numpy.array(["a", "bc"]), numpy.array([True, False]),
        numpy.asfortranarray(numpy.eye(3)),
        numpy.array(["2026-01-01"], dtype="M8[D]"), numpy.zeros((0, 3)),
    ):  # fmt: skip
        got = crossed(array)
        assert got.dtype == array.dtype and got.shape == array.shape and got.tobytes() == array.tobytes()
        got[...] = got  # it can be written to
    for number in (
        numpy.float64(-0.0),
        numpy.int8(-3),
        numpy.bool_(True),
        numpy.float32(0.1),
        numpy.str_("x"),
    ):
        assert type(crossed(number)) is type(number) and crossed(number).tobytes() == number.tobytes()
    frame = pandas.DataFrame({"n": [1, 2], "x": [0.5, None], "t": ["a", None]}, index=["p", "q"])
    pandas.testing.assert_frame_equal(crossed(frame), frame)
    pandas.testing.assert_series_equal(crossed(frame["t"]), frame["t"])
    pandas.testing.assert_series_equal(
        crossed(pandas.Series([1, 2], name="k")), pandas.Series([1, 2], name="k")
    )
    with pytest.raises(CannotCross, match="object"):
        crossed(numpy.array([object()]))
    with pytest.raises(CannotCross, match="no plain value"):
        crossed(numpy.ma.array([1]))
