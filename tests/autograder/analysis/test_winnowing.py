"""Winnowing does what its paper says."""

import random

from hypothesis import given
from hypothesis import strategies as st

from autograder.analysis.winnowing import GRAM, WINDOW, all_hashes, fingerprints, grams, winnow

# Figure 2 of Schleimer, Wilkerson and Aiken, 2003: hashes of the 5-grams of "adorunrunrunadorunrun".
PAPER = (77, 74, 42, 17, 98, 50, 17, 98, 8, 88, 67, 39, 77, 74, 42, 17, 98)

HASH_OF_N_EQUALS_N = 0x4B1BD1F064EA

hashes = st.lists(st.integers(0, 9), max_size=60)


def test_the_example_of_the_paper_gives_its_fingerprints_and_places() -> None:
    assert winnow(PAPER, 4) == [(17, 3), (17, 6), (8, 8), (39, 11), (17, 15)]


def test_the_example_needs_the_window_of_the_paper() -> None:
    """A canary: other windows give other fingerprints."""
    assert all([one for one, _ in winnow(PAPER, window)] != [17, 17, 8, 39, 17] for window in (1, 2, 3, 5, 6))


@given(hashes, st.integers(1, 8))
def test_every_window_holds_a_fingerprint_and_it_is_a_least_one(sequence: list[int], window: int) -> None:
    places = {place: one for one, place in winnow(sequence, window)}

    for start in range(len(sequence) - window + 1):
        inside = range(start, start + window)
        assert any(at in places and places[at] == min(sequence[start : start + window]) for at in inside)
    assert all(sequence[place] == one for place, one in places.items())


@given(hashes, hashes, st.lists(st.integers(0, 99), min_size=4, max_size=12), st.integers(1, 4))
def test_a_shared_run_as_long_as_the_window_shares_a_fingerprint(
    before: list[int], after: list[int], run: list[int], window: int
) -> None:
    first = {one for one, _ in winnow([*before, *run], window)}
    second = {one for one, _ in winnow([*run, *after], window)}

    assert first & second


def test_of_equal_hashes_robust_winnowing_keeps_one_a_window() -> None:
    """Without the rule of robustness each step would select a new rightmost one: 97 instead of 25."""
    assert len(winnow([5] * 100, 4)) == 25


def test_the_density_is_that_of_the_paper() -> None:
    chance = random.Random(1)
    sequence = [chance.getrandbits(48) for _ in range(20_000)]

    for window in (4, 9):
        density = len(winnow(sequence, window)) / len(sequence)
        assert abs(density - 2 / (window + 1)) < 0.01


def test_nothing_shorter_than_a_gram_is_noticed_and_short_code_is_one_gram() -> None:
    assert len(grams("x = 1")[0]) == 1
    assert fingerprints("x = 1") == fingerprints("y = 2")
    assert not fingerprints("")


def test_what_was_given_out_is_taken_out_before_winnowing() -> None:
    given_out = "\n".join(f"value = first[{'a + ' * n}0]" for n in range(1, 6))
    own = "while left < right and not done(left):\n    left, right = right, left - 1 if left else 0\n" * 2
    without = all_hashes(given_out)

    found = fingerprints(f"{given_out}\n{own}", without)

    assert not found & without
    assert len(fingerprints(own) & found) >= (len(all_hashes(own)) - GRAM) / WINDOW / 2
    assert not fingerprints(given_out, without)


def test_hashes_are_the_same_on_every_machine() -> None:
    assert all_hashes("a = b") == {HASH_OF_N_EQUALS_N}
