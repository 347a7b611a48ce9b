"""Detectors of wrong determinism: each finds the bugs that are planted for it."""

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from distsys import determinism
from distsys.determinism import NodeId, assert_deterministic
from distsys.node import on
from distsys.simulation import Simulation

from . import planted, protocols
from .worlds import Gossip

ROOT = Path(__file__).parents[2]
FINDERS = {
    "guard": "was called during a run, so no seed can repeat it",
    "twice": "two runs in one process differ at record",
    "names": "runs in which names hash differently differ at record",
    "processes": "another PYTHONHASHSEED, differ at record",
}
TABLE = [(finder, bug) for finder, bugs in planted.BUGS.items() for bug in bugs]


def refusal(make, **options):
    with pytest.raises(AssertionError) as caught:
        assert_deterministic(make, until_ms=100, **options)
    return str(caught.value)


# --- what is wrong is found


@pytest.mark.parametrize(("finder", "bug"), TABLE, ids=lambda value: getattr(value, "__name__", value))
def test_every_planted_bug_is_found(finder, bug):
    assert FINDERS[finder] in refusal(planted.world, arguments=[bug.__name__])


@pytest.mark.parametrize("bug", planted.BUGS["processes"][:2])
def test_what_depends_on_the_process_shows_in_another_one_only(bug):
    assert_deterministic(planted.of(bug), until_ms=100, processes=False)


def test_a_set_of_two_names_is_seen_in_both_orders():
    class Pair(planted.OrderOfASet):
        pair = (0, 1)

        def audience(self):
            return {self.peers[place] for place in self.pair} if self.id == "n1" else ()

    for pair in combinations(range(6), 2):
        Pair.pair = pair
        assert "names hash differently" in refusal(planted.of(Pair), processes=False)


def test_the_message_shows_both_versions_of_the_first_record_that_differs_and_what_to_do():
    class Counts(planted.Speaker):
        numbers = iter(range(100))

        def number(self, peer):
            return next(self.numbers)

    assert refusal(planted.of(Counts), processes=False).splitlines() == [
        "two runs in one process differ at record 8:",
        "  first  10.000 ms  n1 sends Word(number=0) to n2",
        "  then   10.000 ms  n1 sends Word(number=48) to n2",
        "Perhaps something outlives a run or depends on memory addresses: random without a seed, "
        "datetime.now(), id(), a set of objects, a counter in a class or module, an attribute that all nodes "
        "share.",
    ]


def test_a_run_that_ends_earlier_differs_at_its_end():
    class Tires(planted.Speaker):
        numbers = iter(range(50))

        def number(self, peer):
            return next(self.numbers)

    message = refusal(planted.of(Tires), processes=False)

    assert "  first  10.000 ms  n1 sends Word(number=0) to n2" in message
    assert "  then   the run ends with StopIteration()" in message


def test_what_clients_heard_is_compared_too():
    dreams = iter("abb")

    async def nap(client):
        with client.operation("nap") as op:
            await client.sleep(20)
            op.result = next(dreams)

    def make():
        simulation = Simulation(1)
        simulation.add("a", planted.Speaker)
        simulation.client("c", nap)
        return simulation

    assert "Op(client='c', call=0, ret=20000, kind='nap', key=None, argument=None, result='a')" in refusal(
        make, processes=False
    )


# --- what is right passes


@pytest.mark.parametrize("speaker", [planted.Speaker, planted.Careful])
def test_what_depends_on_its_seed_alone_passes(speaker):
    assert_deterministic(planted.world, until_ms=100, arguments=[speaker.__name__])


def test_a_function_may_be_given_by_its_address():
    assert_deterministic("tests.distsys.planted:world", until_ms=100, arguments=["Careful", 3])


@pytest.mark.parametrize("factory", [Gossip, protocols.RaftElection, planted.SteadyRaft])
def test_real_protocols_with_names_in_sets_and_durable_attributes_pass(factory):
    def make():
        simulation = Simulation(seed=3)
        simulation.cluster(factory, 5)
        simulation.at(200, lambda: simulation.crash("n1"))
        simulation.at(250, lambda: simulation.restart("n1"))
        simulation.always(lambda: all(name in simulation.nodes for name in sorted(simulation.nodes)))
        return simulation

    assert_deterministic(make, until_ms=500, processes=False)


def test_a_run_that_always_fails_in_the_same_way_is_deterministic():
    class Broken(planted.Speaker):
        @on("speak")
        def speak(self):
            raise KeyError("x")

    assert_deterministic(planted.of(Broken), until_ms=100, processes=False)


def test_simulations_are_as_usual_afterwards():
    usual = Simulation.machine_type

    refusal(planted.of(planted.OrderOfASet), processes=False)

    assert Simulation.machine_type is usual


# --- a course author uses it in a test

TESTS = """
from distsys.determinism import assert_deterministic
from tests.distsys import planted

def good():
    return planted.world("Speaker")

def bad():
    return planted.world("HashOfAText")

def test_good():
    assert_deterministic(good, until_ms=100)

def test_bad():
    assert_deterministic(bad, until_ms=100)
"""


def test_it_works_in_the_tests_of_a_course(tmp_path):
    (tmp_path / "test_mine.py").write_text(TESTS, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 failed, 1 passed" in done.stdout
    assert "use zlib.crc32 for a number" in done.stdout


# --- what is refused


@pytest.mark.parametrize("where", ["nowhere:make", "tests.distsys.planted:nothing", "tests"])
def test_what_cannot_be_imported_is_refused(where):
    with pytest.raises(ValueError, match="module:function"):
        assert_deterministic(where)


def test_what_other_processes_cannot_import_is_refused_and_not_skipped():
    with pytest.raises(ValueError, match=r"cannot import 'of.<locals>.make', .* or say processes=False"):
        assert_deterministic(planted.of(planted.Speaker))


def test_what_cannot_be_run_elsewhere_says_why(monkeypatch):
    monkeypatch.setattr(determinism, "SCRIPT", "raise SystemExit('no room')")

    with pytest.raises(ValueError, match="planted:world cannot be run in another process: no room"):
        assert_deterministic(planted.world, 20, ["Careful"])


def test_a_name_with_another_hash_is_still_the_name():
    name = NodeId("n1")

    assert name == "n1"
    assert str(name) == "n1"
    assert sorted([NodeId("n2"), "n1"]) == ["n1", "n2"]
