"""Item statistics agree with published ones and with numpy, and say in words where there is no number."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.analysis.items import alpha, chance, difficulty, discrimination

# Five items of the Law School Admission Test, 1,000 people (Bock and Lieberman, 1970): how many have each
# pattern, from 00000 to 11111.
LAW = (
    3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15,
    10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28, 298,
)  # fmt: skip
# What Rizopoulos prints for them (ltm, Journal of Statistical Software 17(5), 2006).
LAW_SHARES = (0.924, 0.709, 0.553, 0.763, 0.870)
LAW_REST = (0.1128, 0.1532, 0.1728, 0.1444, 0.1216)
LAW_TOTAL = (0.3620, 0.5668, 0.6184, 0.5344, 0.4354)
LAW_ALPHA = 0.2950

# Ten students, ten questions: the worked example of Wuensch's notes on KR-20, with p of each question and the
# variance of the totals as he gives them.
QUIZ = (
    "1111110110", "1011011101", "1111011001", "0010001000", "0000010010",
    "1110111111", "1101110111", "1111111101", "0101111101", "1101101110",
)  # fmt: skip
QUIZ_PQ, QUIZ_VARIANCE = 2.18, 5.84


def law() -> list[list[int]]:
    return [
        [int(digit) for digit in f"{pattern:05b}"] for pattern, count in enumerate(LAW) for _ in range(count)
    ]


def test_difficulty_and_rest_correlation_of_law_students_are_the_published_ones() -> None:
    rows = law()
    totals = [sum(row) for row in rows]

    for item in range(5):
        marks = [row[item] for row in rows]
        assert difficulty(marks, 1).value == pytest.approx(LAW_SHARES[item], abs=5e-4)
        assert discrimination(marks, totals).value == pytest.approx(LAW_REST[item], abs=5e-5)


def test_the_item_itself_is_left_out_of_the_total() -> None:
    """A canary: with the item left in, the correlation would be three times as large."""
    rows = law()
    totals = [sum(row) for row in rows]

    for item in range(5):
        marks = [row[item] for row in rows]
        assert np.corrcoef(marks, totals)[0, 1] == pytest.approx(LAW_TOTAL[item], abs=5e-5)
        assert discrimination(marks, totals).value < 0.5 * LAW_TOTAL[item]


def test_alpha_of_law_students_is_the_published_one() -> None:
    assert alpha(law()).value == pytest.approx(LAW_ALPHA, abs=5e-5)


def test_alpha_of_right_and_wrong_is_kuder_and_richardson_20() -> None:
    rows = [[int(digit) for digit in row] for row in QUIZ]
    shares = [sum(column) / 10 for column in zip(*rows, strict=True)]

    assert sum(p * (1 - p) for p in shares) == pytest.approx(QUIZ_PQ)
    assert np.var([sum(row) for row in rows]) == pytest.approx(QUIZ_VARIANCE)
    assert alpha(rows).value == pytest.approx(10 / 9 * (1 - QUIZ_PQ / QUIZ_VARIANCE))


tables = st.integers(2, 6).flatmap(
    lambda items: st.lists(
        st.lists(st.integers(0, 4), min_size=items, max_size=items), min_size=3, max_size=30
    )
)


@given(tables)
def test_correlations_are_those_of_numpy(rows: list[list[int]]) -> None:
    table = np.array(rows, dtype=float)
    totals = table.sum(axis=1)

    for item in table.T:
        found = discrimination(item.tolist(), totals.tolist())
        rest = totals - item
        if item.std() == 0 or rest.std() == 0:
            assert found.value is None and found.why.endswith(".")
        else:
            assert found.value == pytest.approx(np.corrcoef(item, rest)[0, 1], abs=1e-9)


@given(tables)
def test_alpha_is_that_of_the_covariance_matrix(rows: list[list[int]]) -> None:
    matrix = np.cov(np.array(rows, dtype=float).T)
    found = alpha(rows)

    if matrix.sum() <= 1e-12:
        assert found.value is None
    else:
        count = len(rows[0])
        assert found.value == pytest.approx(count / (count - 1) * (1 - np.trace(matrix) / matrix.sum()))


def test_the_point_biserial_has_its_closed_form() -> None:
    marks, rests = [1, 1, 0, 0, 1], [9.0, 7.0, 4.0, 5.0, 8.0]
    right, wrong = [9.0, 7.0, 8.0], [4.0, 5.0]

    found = discrimination(marks, [mark + rest for mark, rest in zip(marks, rests, strict=True)])

    share = len(right) / len(marks)
    closed = (np.mean(right) - np.mean(wrong)) / np.std(rests) * math.sqrt(share * (1 - share))
    assert found.value == pytest.approx(closed)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (difficulty([], 1), "Nobody tried it."),
        (difficulty([0], 0), "It is worth nothing."),
        (discrimination([1, 0], [2, 1]), "Only 2 tried it; it takes 3."),
        (discrimination([1, 1, 1], [3, 2, 1]), "All fared alike."),
        (discrimination([1, 0, 1], [3, 2, 3]), "All fared alike in everything else."),
        (alpha([]), "Only 0 students count; it takes 3."),
        (alpha([[1], [0], [1]]), "There is one rule only."),
        (alpha([[1, 0], [0, 1], [1, 0]]), "All have the same total."),
    ],
)
def test_where_there_is_no_number_there_is_a_sentence(found: object, words: str) -> None:
    assert found.value is None
    assert found.why == words


def test_more_students_leave_less_to_chance() -> None:
    assert chance(3) is None
    assert chance(100) == pytest.approx(0.1966, abs=5e-4)  # what tables give for 98 degrees of freedom
    assert chance(30) > chance(300)
