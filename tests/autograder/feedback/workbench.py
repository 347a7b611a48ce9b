"""Verdicts made by hand, on the tiny chapter and on a real one, and pictures of the real laboratory."""

from functools import cache
from pathlib import Path

from autograder.assignment import STUB, Assignment, read
from autograder.engine.verdict import KEPT, Ran, Said, Verdict
from autograder.mutants import without_markers
from distsys.draw.spacetime import spacetime
from distsys.network import Network, Uniform
from distsys.node import Node, message, on
from distsys.simulation import Simulation
from tests.autograder.tiny import FIXTURES, SLUG

ROOT = Path(__file__).parents[3]
TWICE, INFINITY, SUM = (
    "double-twice_two_is_four",
    "double-infinity_stays",
    "total-the_sum_counts_every_number",
)
SECRET = "CANARY 4711 is not 1147"
"""A message of a hidden check."""


@cache
def tiny() -> Assignment:
    return read(FIXTURES / "solutions" / "demo" / f"{SLUG}.py")


@cache
def clocks() -> Assignment:
    return read(ROOT / "solutions" / "coordination" / "time_and_clocks.py")


def said(assignment: Assignment, name: str, outcome: str = KEPT, message: str = "", **more: object) -> Said:
    """What a question found; name, rule and points are those of the chapter."""
    test = next(test for test in assignment.tests() if test.name == name)
    return Said(test.name, test.exercise, test.rule, test.points, outcome, message, **more)


def verdict(
    assignment: Assignment, *found: Said, student: str = "ada", cells: tuple[Ran, ...] = (), **more: object
) -> Verdict:
    """A verdict in which every rule holds but these."""
    other = {one.name: one for one in found}
    questions = tuple(other.get(test.name) or said(assignment, test.name) for test in assignment.tests())
    return Verdict(student, assignment.slug, "0123456789abcdef", questions, cells, **more)


def on_tiny(*found: Said, **more: object) -> Verdict:
    return verdict(tiny(), *found, **more)


def failed(name: str, outcome: str = "wrong", message: str = "double(2) is 5, not 4", **more: object) -> Said:
    """A question of the tiny chapter that failed."""
    return said(tiny(), name, outcome, message, **more)


def written(assignment: Assignment) -> tuple[Ran, ...]:
    """The notebook of somebody who solved everything as the reference does."""
    kinds = {"text": "markdown"}
    return tuple(
        Ran(
            "" if cell.kind in ("text", "code") else cell.name,
            kinds.get(cell.kind, "code"),
            without_markers(cell.source) if cell.kind == "solution" else cell.source,
        )
        for cell in assignment.cells
    )


def stub(assignment: Assignment, exercise: str) -> str:
    """A solution cell as it was given out, roughly."""
    head = without_markers(assignment.solution(exercise).source).split("\n")[0]
    return f"{head}\n    {STUB}"


@message
class Ping:
    """A message."""

    text: str


class Talker(Node):
    """Sends what it is told to everybody, every few milliseconds."""

    words = "hello"

    def on_start(self):
        self.set_timer("talk", 5)

    @on("talk")
    def talk(self):
        self.broadcast(Ping(self.words))
        self.note(self.words)
        self.set_timer("talk", 15)

    @on(Ping)
    def heard(self, src, ping):
        pass


def space_time(words: str = "hello") -> str:
    """A space-time diagram of the laboratory in which students' words occur, with its script."""
    sim = Simulation(1, Network(latency=Uniform(1, 20), loss=0.2))
    sim.cluster(lambda: _talker(words), 3)
    return spacetime(sim.run(60).trace, f"Three nodes say {words}").html()


def _talker(words: str) -> Talker:
    talker = Talker()
    talker.words = words
    return talker


def mixed() -> Verdict:
    """A verdict on the real chapter with something of everything."""
    chapter = clocks()
    ntp, lamport, vector, broadcast, lease = (
        [test.name for test in chapter.tests(exercise)] for exercise in chapter.exercises
    )
    torn = "SyntaxError: '(' was never closed in line 2"
    tried = Ran("", "code", '# try\nfor n in range(3):\n    print(n, """two\nlines""")', "0 two\nlines\n")
    cells = []
    for cell in written(chapter):
        cells.append(cell)
        if cell.name == "ntp":
            cells.append(tried)
        if cell.name == "vector_clock":
            cells[-1] = Ran(cell.name, "code", "class VectorClock:\n    return (1, 2", error=torn)
    order = "seed 3: n2 delivered a reply before its question"
    found = [
        said(chapter, ntp[0], "wrong", "the server is 100 µs ahead, so the offset is +100, not -100", line=3),
        said(chapter, ntp[1], "wrong", SECRET, hidden=True),
        said(chapter, lamport[0], "time", "ran longer than 10 s: an endless loop?"),
        said(chapter, lamport[1], "time", "ran longer than 10 s: an endless loop?"),
        said(chapter, lamport[2], "memory", "it used more than 1 GB of memory"),
        *(said(chapter, name, "broken", f"the solution cell does not run: {torn}") for name in vector),
        said(chapter, broadcast[1], "wrong", order, line=9, shown=space_time("<b>hi</b>")),
        said(chapter, broadcast[2], "error", "TypeError: 'NoneType' object is not iterable", line=4),
        *(said(chapter, name, "unsolved", "not solved yet") for name in lease),
    ]
    repairs = ("Two cells carry the id vector_clock; the last one with work in it is graded.",)
    return verdict(chapter, *found, student="li_wei", cells=tuple(cells), repairs=repairs)
