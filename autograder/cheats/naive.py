"""What would a grader give that believes what it sees?  The canary of the cheats.

It runs the notebook's cells and the checks in one process, as notebook graders do, and takes a check for
passed if nothing was raised. It stands in the sandbox, because the notebooks are what they are.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograder.cheats.matrix import HandedIn
from autograder.cheats.papers import Papers
from autograder.engine.submitted import Refused, read
from autograder.engine.verdict import KEPT, Said, Verdict
from autograder.sandbox import Deadline, Limits, Sandbox

_SERVE = "autograder.cheats.believer:serve"
_LENGTH = struct.Struct("<I")
_ROOT = Path(__file__).resolve().parents[2]
_LIMITS = Limits(cpu_seconds=3, wall_seconds=6, memory_mib=400, processes=24, output_kib=512)
_SECONDS = 6.0


def by_belief(papers: Papers) -> Any:
    """Grading that believes everything; see ``matrix.Grade``."""

    def grade(handed_in: Sequence[HandedIn]) -> Iterator[Verdict]:
        shown = [_ROOT / "distsys", _ROOT / "autograder" / "trust", Path(__file__).with_name("believer.py")]
        shown.append(Path(__file__).with_name("__init__.py"))
        preload = (
            "autograder.trust.player",
            "autograder.cheats.believer",
            "distsys.simulation",
            "distsys.check",
        )
        with Sandbox(preload, _LIMITS, readable=shown, environment={"DISTSYS_SEEDS": "5"}) as sandbox:
            for student, slug, content, skip in handed_in:
                yield _believed(sandbox, papers, student, slug, content, skip)

    return grade


def _believed(
    sandbox: Sandbox, papers: Papers, student: str, slug: str, content: bytes, skip: Iterable[str]
) -> Verdict:
    tests = {test.name: test for test in papers.assignments[slug].tests() if test.name not in skip}
    said: dict[str, str] = {}
    with suppress(Refused, OSError, EOFError, ValueError), sandbox.submission(_SERVE) as cell:
        deadline = Deadline(_SECONDS)
        cells = [
            [given.name, tests[given.name].source if given.name in tests else given.source]
            for given in read(content)
            if given.kind == "code"
        ]
        text = json.dumps([cells, list(tests)]).encode()
        deadline.send(cell.socket, _LENGTH.pack(len(text)) + text)
        (size,) = _LENGTH.unpack(deadline.receive(cell.socket, 4))
        said = json.loads(deadline.receive(cell.socket, min(size, 1 << 20)))
    questions = tuple(
        Said(name, test.exercise, test.rule, test.points, KEPT if said.get(name) == "passed" else "wrong")
        for name, test in tests.items()
    )
    return Verdict(student, slug, "", questions)
