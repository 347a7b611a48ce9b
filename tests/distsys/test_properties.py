"""Properties say what did not hold, and why."""

import subprocess
import sys

from distsys.properties import Properties


def never(within_ms, predicate):
    """What is said of something that was to hold eventually, asked at 1 ms and at the end, at 9 ms."""
    properties = Properties()
    if within_ms is None:
        properties.sometimes(predicate, "it works")
    else:
        properties.eventually(predicate, within_ms * 1000, "it works")
    properties.judge(1_000)
    return properties, properties.at_the_end(9_000)


def refuse():
    raise AssertionError("n2 never heard it")


def test_what_did_not_come_to_hold_says_why_in_the_words_of_its_predicate():
    _, violation = never(5, refuse)

    assert violation.explanation == (
        "it did not come to hold within 5 ms after the last fault; when last asked: n2 never heard it"
    )


def test_what_never_held_says_why():
    _, violation = never(None, refuse)

    assert violation.explanation.endswith("so the run shows nothing; when last asked: n2 never heard it")


def test_a_predicate_that_is_just_false_adds_nothing():
    _, violation = never(5, lambda: False)

    assert violation.explanation == "it did not come to hold within 5 ms after the last fault"


def test_a_fault_makes_an_old_answer_void():
    properties, _ = never(5, refuse)

    properties.fault(8_000)

    assert "when last asked" not in properties.at_the_end(20_000).explanation


OPTIMISED = """
from distsys.explore import cluster, explore
from distsys.simulation import Simulation
from tests.distsys.worlds import Gossip

def never(nodes):
    assert False

simulation = Simulation()
simulation.cluster(Gossip, 2)
simulation.always(lambda: never(simulation.nodes), "never")
print(simulation.run(10).violation, explore(cluster(Gossip, 2), invariants=[never], max_depth=0), sep="\\n")
"""


def test_assertions_that_python_took_away_hold_nothing():
    done = subprocess.run(
        [sys.executable, "-O", "-c", OPTIMISED], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.count("never does not hold") == 2
    assert done.stdout.count("python -O takes assertions away; run without -O") == 2
