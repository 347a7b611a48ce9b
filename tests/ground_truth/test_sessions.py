"""Session guarantees and causal consistency, against brute force and the examples of the papers.

Set ``DISTSYS_SEEDS=50000`` for the long run; each case then judges so many histories.
"""

from itertools import combinations

import pytest

from distsys.check import CasRegister, Register, causal, seeds, sequential, session
from tests.distsys.check.stories import told

from . import brute

MODEL = CasRegister(0)
READ_YOUR_WRITES, MONOTONIC_READS = "read your writes", "monotonic reads"
MONOTONIC_WRITES, WRITES_FOLLOW_READS = "monotonic writes", "writes follow reads"
ALL = (READ_YOUR_WRITES, MONOTONIC_READS, MONOTONIC_WRITES, WRITES_FOLLOW_READS)
SOME = [names for size in (1, 2, 3, 4) for names in combinations(ALL, size)]


def memory(story):
    return causal(story, MODEL)


def convergence(story):
    return causal(story, MODEL, convergent=True)


def agree(judge, truth, count, swaps):
    """Compare verdicts; an illegal one must also show operations that are illegal on their own."""
    legal = 0
    for seed in seeds(count):
        story = brute.small_story(seed, swaps=swaps)
        verdict = judge(story)

        expected = truth(story)
        assert verdict.status == ("ok" if expected else "illegal"), f"seed {seed}: {verdict}\n{story}"
        assert expected or not truth(verdict.core), f"seed {seed}: {verdict}"
        assert expected or set(verdict.core) <= set(story)
        legal += expected
    assert 0.2 < legal / len(seeds(count)) < 0.95


@pytest.mark.parametrize("swaps", [0, 0.25])
def test_causal_agrees_with_brute_force_over_the_orders_of_each_client(swaps):
    agree(memory, brute.causal_memory, 1_500, swaps)


@pytest.mark.parametrize("swaps", [0, 0.25])
def test_convergent_causal_agrees_with_brute_force_over_the_orders_of_all_writes(swaps):
    agree(convergence, brute.causal_convergence, 2_000, swaps)


@pytest.mark.parametrize("names", SOME, ids=" + ".join)
def test_session_agrees_with_brute_force_over_orders_and_visible_sets(names):
    agree(lambda story: session(story, MODEL, *names), lambda ops: brute.keeps(ops, names), 2_000, 0.1)


def test_the_four_guarantees_together_are_causal_convergence():
    """Brzezinski, Sobaniec and Wawrzyniak, "From session causality to causal consistency" (2004)."""
    for seed in seeds(3_000):
        story = brute.small_story(seed)

        assert session(story, MODEL).status == convergence(story).status, f"seed {seed}\n{story}"


def test_what_is_sequential_is_causal_and_what_is_causal_keeps_every_guarantee_alone():
    for seed in seeds(2_000):
        story = brute.small_story(seed)
        one_order = bool(sequential(story, MODEL))

        assert not one_order or (memory(story) and convergence(story)), f"seed {seed}\n{story}"
        for name in ALL:
            assert session(story, MODEL, name) or not convergence(story), f"seed {seed}, {name}\n{story}"


# --- examples of the papers

# Bouajjani, Enea, Guerraoui and Hamza, "On verifying causal consistency" (2017), figure 3, which tells causal
# memory (Ahamad, Neiger, Burns, Kohli and Hutto, 1995) from causal convergence; and van Steen and Tanenbaum,
# "Distributed Systems" (2017), the figures on sequential and causal consistency, with 1, 2, 3 for a, b, c.
# Each with: causal memory? causal convergence? sequential?
CAUSAL = {
    "Bouajjani 3a: each keeps its own write, then takes the other's": (
        True, False, False, {"a": "w(x)1 r(x)2", "b": "w(x)2 r(x)1"},
    ),
    "Bouajjani 3b: convergence, but no memory": (
        False, True, False, {"a": "w(z)1 w(x)1 w(y)1", "b": "w(x)2 r(z)0 r(y)1 r(x)2"},
    ),
    "Bouajjani 3c: neither, though each read alone can be explained": (
        False, False, False, {"a": "w(x)1", "b": "w(x)2 r(x)1 r(x)2"},
    ),
    "Bouajjani 3d: both, but not sequential": (
        True, True, False, {"a": "w(x)1 r(y)0 w(y)1 r(x)1", "b": "w(x)2 r(y)0 w(y)2 r(x)2"},
    ),
    "Bouajjani 3e: an effect without its cause": (
        False, False, False, {"a": "w(x)1 w(y)1", "b": "r(y)1 w(x)2", "c": "r(x)2 r(x)1"},
    ),
    "Tanenbaum: sequential, because all see 2 before 1": (
        True, True, True, {"P1": "w(x)1", "P2": "w(x)2", "P3": "r(x)2 r(x)1", "P4": "r(x)2 r(x)1"},
    ),
    "Tanenbaum: not sequential, because they see different orders": (
        True, False, False, {"P1": "w(x)1", "P2": "w(x)2", "P3": "r(x)2 r(x)1", "P4": "r(x)1 r(x)2"},
    ),
    "Tanenbaum: 2 and 3 are concurrent, so their order is free": (
        True, False, False, {
            "P1": "w(x)1 w(x)3", "P2": "r(x)1 w(x)2", "P3": "r(x)1 r(x)3 r(x)2", "P4": "r(x)1 r(x)2 r(x)3",
        },
    ),
    "Tanenbaum: 2 was written by one who had read 1, so nobody sees 1 after 2": (
        False, False, False, {"P1": "w(x)1", "P2": "r(x)1 w(x)2", "P3": "r(x)2 r(x)1", "P4": "r(x)1 r(x)2"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CAUSAL)
def test_histories_of_the_papers_on_causal_consistency(name):
    *verdicts, clients = CAUSAL[name]
    story = told(**clients)

    assert [bool(memory(story)), bool(convergence(story)), bool(sequential(story, MODEL))] == verdicts


# Terry, Demers, Petersen, Spreitzer, Theimer and Welch, "Session guarantees for weakly consistent replicated
# data" (1994): the examples of section 3, as what the clients saw. Each with the guarantees that it breaks
# together: a guarantee of writes says nothing about two different reads, unless these are monotonic.
TERRY = {
    "the old password still works after it was changed": (
        {READ_YOUR_WRITES}, {"user": "w(p)1 r(p)0"},
    ),
    "an appointment that was shown is gone at the next look": (
        {MONOTONIC_READS}, {"calendar": "w(a)1", "user": "r(a)1 r(a)0"},
    ),
    "a new library, without the one it depends on": (
        {MONOTONIC_WRITES, MONOTONIC_READS}, {"programmer": "w(l)1 w(s)2", "other": "r(s)2 r(l)0"},
    ),
    "a file whose versions come in the wrong order": (
        {MONOTONIC_WRITES, MONOTONIC_READS}, {"editor": "w(f)1 w(f)2", "other": "r(f)2 r(f)1"},
    ),
    "a reply to an article that is not there": (
        {WRITES_FOLLOW_READS, MONOTONIC_READS},
        {"author": "w(a)1", "reader": "r(a)1 w(b)2", "other": "r(b)2 r(a)0"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TERRY)
def test_examples_of_terry_and_others(name):
    broken, clients = TERRY[name]

    for names in SOME:
        assert bool(session(told(**clients), Register(0), *names)) == (not broken <= set(names)), names
