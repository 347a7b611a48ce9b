"""Which verdicts are known already?  They lie in ``verdicts/`` of a course root, one file for each notebook.

A file is named by the content of the notebook, not by its student. It is replaced as a whole, so whoever is
killed while writing leaves the old one. Of a known verdict every question counts whose digest is unchanged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from autograder.engine.plan import Plan
from autograder.engine.verdict import Verdict
from autograder.files import put

FOLDER = "verdicts"


class Kept:
    """The known verdicts of a chapter.

    Args:
        root: nbgrader's course root.
        plan: what is asked now.
        seeds: of each random check; a verdict with fewer is none.
    """

    def __init__(self, root: Path, plan: Plan, seeds: int = 0) -> None:
        self.seeds = seeds
        self.folder = root / FOLDER / plan.assignment.slug
        self.plan = plan
        self.digests = {name: question.digest for name, question in plan.questions.items()}

    def find(self, key: str) -> Verdict | None:
        """The verdict on a notebook, with those of its questions that need not be asked again.

        Args:
            key: what :func:`key_of` says of the notebook.
        """
        try:
            kept = json.loads(self._path(key).read_text(encoding="utf-8"))
            verdict = Verdict.of_dict(kept["verdict"])
            digests: Mapping[str, str] = kept["digests"] if kept["seeds"] >= self.seeds else {}
        except (OSError, ValueError, KeyError, TypeError):  # there is none, or it was damaged
            return None
        said = {one.name: one for one in verdict.questions}
        same = [name for name, digest in self.digests.items() if name in said and digests.get(name) == digest]
        return replace(verdict, questions=tuple(said[name] for name in same))

    def complete(self, verdict: Verdict | None) -> bool:
        """Whether every question is answered."""
        return verdict is not None and len(verdict.questions) == len(self.digests)

    def merged(self, known: Verdict | None, fresh: Verdict) -> Verdict:
        """A fresh verdict, with the questions that were not asked because they were known."""
        said = {one.name: one for verdict in (known, fresh) if verdict for one in verdict.questions}
        return replace(fresh, questions=tuple(said[name] for name in self.digests if name in said))

    def keep(self, verdict: Verdict) -> None:
        """Remember a verdict; one that says that grading failed is not worth it."""
        if verdict.failed:
            return
        content = {"seeds": self.seeds, "digests": self.digests, "verdict": asdict(verdict)}
        put(self._path(verdict.key), json.dumps(content))

    def tidy(self, keys: set[str]) -> None:
        """Forget verdicts on notebooks that nobody hands in any more."""
        for path in self.folder.glob("*"):
            if path.stem not in keys:
                with suppress(OSError):
                    path.unlink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def key_of(content: bytes) -> str:
    """The name of a notebook by its content."""
    return hashlib.sha256(content).hexdigest()
