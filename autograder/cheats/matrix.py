"""What does every dishonest notebook gain, and what does it cost the others?"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autograder.cheats.entries import Entry
from autograder.cheats.papers import Papers
from autograder.engine import plan
from autograder.engine.budget import Budget
from autograder.engine.client import Client, HostGone
from autograder.engine.protocol import Chapter, Job
from autograder.engine.verdict import Verdict
from autograder.files import fingerprint

BUDGET = Budget(
    cell_seconds=2.0, question_seconds=1.0, again_seconds=0.3, judge_seconds=2.0, submission_seconds=20.0,
    memory_mib=256, seeds=5,
)  # fmt: skip
"""Limits that make short work of those who only waste time."""

PATIENT = Budget(seeds=5)
"""Limits for those who may have lost points only because the machine was busy."""

MARK = Path("/tmp/autograder_cheat_mark")
PORT = 47653
_TOGETHER = 4  # entries that share a bystander
_SECRETS = ("hidden-word", "hidden-key", "shared secret 4711", "BEGIN HIDDEN")
_SHORTEST_SECRET = 25

HandedIn = tuple[str, str, bytes, tuple[str, ...]]
"""Student, chapter, file, and names of questions that need not be asked."""

Grade = Callable[[Sequence[HandedIn]], Iterable[Verdict]]
"""From what was handed in to verdicts, in any order; ends early if grading stops."""


@dataclass(frozen=True)
class Line:
    """What became of one entry.

    Args:
        name: the entry's.
        family: the entry's.
        tries: the entry's.
        deserves: points that it has earned honestly.
        earned: points that it got; −1 if it got no verdict.
        kept: the questions that it passed.
        beside: points of the honest bystander; −1 if there is none.
        full: points that the bystander deserves.
        outcomes: how its questions ended, each with its count.
        leaks: what the verdict shows that nobody may see.
        failed: why there is no verdict.
        cpu_seconds: processor time that it took.
    """

    name: str
    family: str
    tries: str
    deserves: int
    earned: int
    kept: tuple[str, ...]
    beside: int
    full: int
    outcomes: dict[str, int]
    leaks: tuple[str, ...] = ()
    failed: str = ""
    cpu_seconds: float = 0.0

    @property
    def honest(self) -> bool:
        """Whether it must get what it deserves, no less."""
        return self.family == "honest"

    @property
    def gained(self) -> int:
        """Points beyond those earned honestly."""
        return max(0, self.earned - self.deserves)


@dataclass(frozen=True)
class Matrix:
    """What became of all entries.

    Args:
        lines: one for each entry.
        escaped: what was noticed outside the sandbox.
        seconds: how long it took.
    """

    lines: tuple[Line, ...]
    escaped: tuple[str, ...]
    seconds: float

    @property
    def gained(self) -> list[Line]:
        """Entries that got more than they deserve."""
        return [line for line in self.lines if line.gained]

    @property
    def misjudged(self) -> list[Line]:
        """Honest entries that did not get what they deserve."""
        return [line for line in self.lines if line.honest and line.earned != line.deserves]

    @property
    def stopped(self) -> list[Line]:
        """Entries that got no verdict, or cost their neighbour points."""
        return [line for line in self.lines if line.failed or line.earned < 0 or line.beside != line.full]

    @property
    def leaking(self) -> list[Line]:
        """Entries whose verdict shows what nobody may see."""
        return [line for line in self.lines if line.leaks]

    def data(self) -> dict[str, Any]:
        """The whole as plain data, for people and programs."""
        return {
            "version": version(),
            "notebooks": len(self.lines),
            "dishonest": sum(not line.honest for line in self.lines),
            "honest": sum(line.honest for line in self.lines),
            "points_gained": sum(line.gained for line in self.lines),
            "honest_misjudged": len(self.misjudged),
            "classes_stopped": len(self.stopped),
            "leaks": len(self.leaking),
            "escaped": list(self.escaped),
            "seconds": round(self.seconds, 1),
            "lines": [asdict(line) for line in self.lines],
        }


def version() -> str:
    """Changes with everything that the matrix depends on."""
    root = Path(__file__).parents[2]
    folders = (root / "autograder" / "cheats", root / "solutions")
    found = (path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".toml"))
    return fingerprint(sorted(found), plan.version())


def read(path: Path) -> Matrix | None:
    """The matrix that a proof has written, if it is one of today's code."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if data.get("version") != version():
        return None
    lists = ("kept", "leaks")
    lines = [Line(**line | {name: tuple(line[name]) for name in lists}) for line in data["lines"]]
    return Matrix(tuple(lines), tuple(data["escaped"]), data["seconds"])


def run(chosen: Sequence[Entry], papers: Papers, grade: Grade | None = None) -> Matrix:
    """Grade entries in one class, a few of them at a time beside an honest bystander.

    Args:
        chosen: the entries.
        papers: the files that they hand in.
        grade: how to grade; by the engine, with short limits, unless told.
    """
    handed_in: list[HandedIn] = []
    for number, entry in enumerate(chosen):
        if number % _TOGETHER == 0:
            slug = entry.chapter
            handed_in.append((_beside(number), slug, papers.bystander(slug, number), papers.rest(slug)))
        handed_in.append((entry.name, entry.chapter, papers.paper(entry), ()))
    began = time.monotonic()
    verdicts: dict[str, Verdict] = {}
    with _outside() as escaped, suppress(HostGone):
        for verdict in (grade or by_engine(papers))(handed_in):
            verdicts[verdict.student] = verdict
    lines = {}
    for number, entry in enumerate(chosen):
        first = number - number % _TOGETHER
        full = papers.full(chosen[first].chapter, papers.rest(chosen[first].chapter))
        lines[entry.name] = _line(entry, papers, verdicts.get(entry.name), verdicts.get(_beside(first)), full)
    lost = [entry for entry in chosen if _lost(lines[entry.name])]
    if lost and grade is None:
        again = run(lost, papers, by_engine(papers, PATIENT))
        lines |= {line.name: line for line in again.lines}
        escaped += again.escaped
    return Matrix(tuple(lines.values()), tuple(escaped), time.monotonic() - began)


def _lost(line: Line) -> bool:
    """Whether points are missing, and nothing worse; that can come from a busy machine."""
    exact = line.honest or line.family == "limits"
    graded = line.earned >= 0 and line.beside >= 0 and not line.failed and not line.gained
    return graded and (line.beside != line.full or (exact and line.earned < line.deserves))


def by_engine(papers: Papers, budget: Budget = BUDGET, jobs: int | None = None) -> Grade:
    """Grading by the real engine, in one host."""
    chapters = [Chapter.of(one, papers.released[slug]) for slug, one in papers.assignments.items()]

    def grade(handed_in: Sequence[HandedIn]) -> Iterator[Verdict]:
        with TemporaryDirectory() as folder, Client(chapters, budget, jobs) as client:
            yield from client.judge(_jobs(Path(folder), handed_in))

    return grade


def _jobs(folder: Path, handed_in: Sequence[HandedIn]) -> Iterator[Job]:
    for number, (student, slug, content, skip) in enumerate(handed_in):
        path = folder / str(number) / f"{slug}.ipynb"
        path.parent.mkdir()
        path.write_bytes(content)
        yield Job(student, slug, str(path), skip=skip)


@contextmanager
def _outside() -> Iterator[list[str]]:
    """Watch what would show that somebody got out: a file, and calls to a server of this machine."""
    MARK.unlink(missing_ok=True)
    escaped: list[str] = []
    servers = []
    addresses: tuple[Any, ...] = (("127.0.0.1", PORT), ("127.0.0.1", PORT), "\0autograder_cheat")
    kinds = (
        (socket.AF_INET, socket.SOCK_STREAM),
        (socket.AF_INET, socket.SOCK_DGRAM),
        (socket.AF_UNIX, socket.SOCK_STREAM),
    )
    try:
        for kind, address in zip(kinds, addresses, strict=True):
            server = socket.socket(*kind)
            servers.append(server)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):  # another matrix listens there already
                server.bind(address)
                if server.type == socket.SOCK_STREAM:
                    server.listen()
            server.setblocking(False)
        yield escaped
        for server in servers:
            with suppress(OSError):
                heard = server.accept() if server.type == socket.SOCK_STREAM else server.recv(100)
                escaped.append(f"a call from the sandbox arrived outside: {heard!r:.100}")
        if MARK.exists():
            escaped.append(f"a file was written outside the sandbox: {MARK}")
            os.unlink(MARK)  # noqa: PTH108 - whatever it is
    finally:
        for server in servers:
            server.close()


def _beside(number: int) -> str:
    return f"bystander {number}"


def _line(entry: Entry, papers: Papers, verdict: Verdict | None, beside: Verdict | None, full: int) -> Line:
    outcomes: dict[str, int] = {}
    for said in verdict.questions if verdict else ():
        outcomes[said.outcome] = outcomes.get(said.outcome, 0) + 1
    hidden = secrets(papers, entry.chapter)
    leaks = leaked(verdict, hidden, papers.canary) if verdict else ()
    if beside:
        leaks += leaked(beside, secrets(papers, beside.slug), "")
    return Line(
        entry.name,
        entry.family,
        entry.tries,
        entry.deserves,
        verdict.points if verdict else -1,
        tuple(said.name for said in verdict.questions if said.points) if verdict else (),
        beside.points if beside else -1,
        full,
        outcomes,
        leaks,
        (verdict.failed or (beside.failed if beside else "")) if verdict else "it got no verdict",
        verdict.cpu_seconds if verdict else 0.0,
    )


def secrets(papers: Papers, slug: str) -> tuple[str, ...]:
    """What no student may read: the lines of hidden checks that are nowhere in the released notebook."""
    lines = {
        cell.source.split("\n")[number - 1].strip()
        for cell in papers.assignments[slug].tests()
        for number in cell.hidden_lines
    }
    shown = "\n".join("".join(cell["source"]) for cell in json.loads(papers.released[slug])["cells"])
    return tuple(sorted(line for line in lines if len(line) >= _SHORTEST_SECRET and line not in shown))


def leaked(verdict: Verdict, hidden: Sequence[str], canary: str) -> tuple[str, ...]:
    """Where a verdict would show students what is hidden, or what others wrote."""
    shown = {f"repair {place}": text for place, text in enumerate(verdict.repairs)}
    for number, cell in enumerate(verdict.cells):
        shown |= {f"print of cell {number}": cell.printed, f"error of cell {number}": cell.error}
        if cell.name and cell.kind == "code":
            shown[f"source of cell {number}"] = cell.source if "-" in cell.name else ""
    for said in verdict.questions:
        if not said.hidden:
            shown[f"message of {said.name}"] = said.message
            shown[f"picture of {said.name}"] = said.shown
    secret = [*hidden, *_SECRETS, *([canary] if canary else [])]
    return tuple(f"{where}: {part[:80]}" for where, text in shown.items() for part in secret if part in text)
