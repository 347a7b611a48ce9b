"""Verdicts, the number of seeds, and what the package offers."""

import subprocess
import sys

import pytest

import distsys.check
from distsys.check import OK, Verdict, seeds
from distsys.history import Op


def test_only_ok_counts_as_true():
    assert Verdict("ok")
    assert OK
    assert not Verdict("illegal", "because")
    assert not Verdict("unknown", "gave up")


def test_seeds_count_from_zero(monkeypatch):
    monkeypatch.delenv("DISTSYS_SEEDS", raising=False)

    assert list(seeds(3)) == [0, 1, 2]


def test_an_empty_number_of_seeds_counts_as_none(monkeypatch):
    monkeypatch.setenv("DISTSYS_SEEDS", "")

    assert len(seeds(3)) == 3


@pytest.mark.parametrize("count", ["many", "-1", "1.5"])
def test_a_number_of_seeds_that_is_none_is_refused(monkeypatch, count):
    monkeypatch.setenv("DISTSYS_SEEDS", count)

    with pytest.raises(ValueError, match="DISTSYS_SEEDS is a number of seeds, not"):
        seeds(3)


@pytest.mark.parametrize("count", ["4", "1000"])
def test_the_environment_can_ask_for_more_seeds(monkeypatch, count):
    monkeypatch.setenv("DISTSYS_SEEDS", count)

    assert len(seeds(3)) == int(count)


@pytest.mark.parametrize("count", ["0", "1", "2"])
def test_the_environment_cannot_ask_for_fewer_seeds(monkeypatch, count):
    monkeypatch.setenv("DISTSYS_SEEDS", count)

    assert len(seeds(3)) == 3


def test_evidence_is_made_when_asked_and_only_once():
    asked = []

    def evidence():
        asked.append(1)
        return (Op("A", 0, 1, "read"),)

    verdict = Verdict("illegal", "because", evidence)
    assert not asked
    assert verdict.core == verdict.core == (Op("A", 0, 1, "read"),)
    assert verdict.witness == ()
    assert len(asked) == 1


def test_every_name_the_package_offers_is_there():
    assert all(hasattr(distsys.check, name) for name in distsys.check.__all__)


def test_checkers_need_no_simulation_and_no_sockets():
    code = "import sys, distsys.check; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    heavy = {"distsys.simulation", "distsys.draw", "asyncio", "socket", "threading"}
    assert not heavy.intersection(run.stdout.split())
