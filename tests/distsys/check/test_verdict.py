"""Verdicts and the number of seeds."""

import pytest

from distsys.check import OK, Verdict, seeds


def test_only_ok_counts_as_true():
    assert Verdict("ok")
    assert OK
    assert not Verdict("illegal", "because")
    assert not Verdict("unknown", "gave up")


def test_seeds_count_from_zero(monkeypatch):
    monkeypatch.delenv("DISTSYS_SEEDS", raising=False)

    assert list(seeds(3)) == [0, 1, 2]


@pytest.mark.parametrize("count", ["0", "1", "1000"])
def test_the_environment_overrides_the_number_of_seeds(monkeypatch, count):
    monkeypatch.setenv("DISTSYS_SEEDS", count)

    assert len(seeds(3)) == int(count)
