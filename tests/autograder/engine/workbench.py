"""A small exam, its released notebook, and notebooks that answer it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from traitlets.config import Config

from autograder.assignment import parse
from autograder.engine.budget import Budget
from autograder.engine.protocol import Chapter
from autograder.notebooks import to_text
from autograder.release import source_notebook
from autograder.settings import configure

SLUG = "exam"
SOURCE = '''# ---
# course:
#   title: Exam
#   minutes: 5
# ---

# %% [markdown]
# # Exam

# %% locked="setup"
from distsys.node import Node, message, on
from distsys.simulation import Simulation


@message
class Ping:
    number: int


# %% solution="double"
def double(number):
    ### BEGIN SOLUTION
    return 2 * number
    ### END SOLUTION


# %% test="double" rule="Two is four" points=2
class Asked:
    """Counts."""

    times = 0


TWO = 2
left_behind = double(TWO)
assert left_behind == 4, f"double(2) is {left_behind!r}, not 4"
### BEGIN HIDDEN TESTS
assert double(21) == 42, "the secret number"
### END HIDDEN TESTS

# %% test="double" rule="Three is six" points=1
Asked.times += 1
assert Asked.times == 1, "somebody was here before"
assert "left_behind" not in globals(), "another check has left something"
assert double(3) == 6, f"double(3) is {double(3)!r}, not 6"

# %% solution="server"
class Server(Node):
    """Answers every Ping by the next."""

    ### BEGIN SOLUTION
    @on(Ping)
    def ping(self, src, ping):
        self.send(src, Ping(ping.number + 1))
    ### END SOLUTION
    pass


# %% test="server" rule="Pings are answered" points=3
class Asker(Node):
    def on_start(self):
        self.send("server", Ping(1))

    @on(Ping)
    def ping(self, src, ping):
        self.note("heard", number=ping.number)


simulation = Simulation(1)
simulation.add("server", Server)
simulation.add("asker", Asker)
run = simulation.run(1000)
heard = [dict(record.data[1])["number"] for record in run.trace if record.kind == "note"]
assert heard == [2], f"the asker heard {heard}, not [2]"

# %% solution="numbers"
def numbers(count):
    ### BEGIN SOLUTION
    return list(range(count))
    ### END SOLUTION


def finished(step):
    ### BEGIN SOLUTION
    return step > 3
    ### END SOLUTION


# %% test="numbers" rule="It counts" points=1
assert numbers(3) == [0, 1, 2], f"numbers(3) is {numbers(3)}"

# %% test="numbers" rule="It ends" points=1
step = 0
while not finished(step):
    step += 1
assert step == 4, f"it ends after 4 steps, not {step}"
'''
TESTS = {
    "double-two_is_four": 2,
    "double-three_is_six": 1,
    "server-pings_are_answered": 3,
    "numbers-it_counts": 1,
    "numbers-it_ends": 1,
}
ANSWERS = {
    "double": "def double(number):\n    return number + number",
    "server": (
        "class Server(Node):\n    @on(Ping)\n"
        "    def ping(self, src, ping):\n        self.send(src, Ping(ping.number + 1))"
    ),
    "numbers": (
        "def numbers(count):\n    return [number for number in range(count)]\n"
        "def finished(step):\n    return not step <= 3"
    ),
}
QUICK = Budget(
    cell_seconds=2, question_seconds=1, again_seconds=0.5, judge_seconds=1, submission_seconds=30,
    memory_mib=256, seeds=2,
)  # fmt: skip


def chapter(source: str = SOURCE, slug: str = SLUG) -> Chapter:
    """An exercise as a host gets it."""
    assignment = parse(source, Path(f"{slug}.py"))
    notebook, config = source_notebook(assignment), Config()
    configure(config)
    for step in (ClearSolutions, ClearHiddenTests):
        notebook, _ = step(config=config).preprocess(notebook, {})
    return Chapter(f"{slug}.py", source, to_text(notebook))


def notebook(extra: str = "", chapter: Chapter | None = None, **answers: str) -> dict[str, Any]:
    """A notebook with all answers right but these; an extra cell of the student stands at the top."""
    made: dict[str, Any] = json.loads((chapter or CHAPTER).released)
    for cell in made["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        known = {**(ANSWERS if chapter is None else {}), **answers}
        cell["source"] = known.get(name, cell["source"])
    if extra:
        made["cells"].insert(0, {"cell_type": "code", "source": extra, "metadata": {}, "outputs": []})
    return made


CHAPTER = chapter()
