"""A process that judges submissions, several at a time: the sandbox and the judges are its children.

It speaks over its standard input and output (see ``protocol``) and ends when the driver does. A judge that
is killed costs the question that it was asking: a new judge goes on with the next.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import selectors
import signal
import time
from collections import deque
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.course import CourseError
from autograder.engine.budget import Budget
from autograder.engine.judge import Judge
from autograder.engine.plan import version
from autograder.engine.protocol import Chapter, Job
from autograder.engine.scene import Cells
from autograder.engine.verdict import Ran, Said, Verdict
from autograder.files import Trap, content_of
from autograder.sandbox import Missing, Sandbox, libc

_MOST_JUDGES = 4
_GRACE_SECONDS = 60.0
_JUDGE_MIB = 2048
_ROOT = Path(__file__).resolve().parents[2]
_ANSWERS = 1000  # a descriptor that nothing else takes


@dataclass
class _Case:
    """A submission that is being judged."""

    number: int
    job: Job
    started: float
    pid: int = 0
    judges: int = 0
    late: bool = False
    killed: set[str] = field(default_factory=set)
    heard: bytes = b""
    asking: str = ""
    cells: list[Ran] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    said: dict[str, Said] = field(default_factory=dict)
    refused: str = ""
    failed: str = ""
    finished: bool = False
    cpu_seconds: float = 0.0


class Host:
    """Judges submissions in children of this process.

    Args:
        chapters: what is asked.
        budget: the limits.
        jobs: how many submissions to judge at a time.
        unsafe: whether to run students' code without a sandbox.
        idle_seconds: after how long without a job it ends by itself; never unless told.
    """

    def __init__(
        self,
        chapters: list[Chapter],
        budget: Budget,
        jobs: int,
        unsafe: bool = False,
        idle_seconds: float | None = None,
    ) -> None:
        self.budget, self.jobs, self.idle_seconds = budget, jobs, idle_seconds
        plans = [chapter.plan() for chapter in chapters]
        self.judges = {plan.assignment.slug: Judge(plan, budget) for plan in plans}
        preload = dict.fromkeys(module for plan in plans for module in plan.imports())
        self.sandbox = _sandbox(list(preload), budget, unsafe)
        self.level = "unsafe" if unsafe else "full"

    def serve(self, heard: bytes = b"") -> None:
        """Judge what the driver asks for until it hangs up.

        Args:
            heard: what the driver has said already.
        """
        self.reading, self.waiting, self.cases = heard, deque[_Case](), dict[int, _Case]()
        self.selector = selectors.DefaultSelector()
        os.set_blocking(0, False)
        self.selector.register(0, selectors.EVENT_READ)
        with self.sandbox as cells:
            gc.collect()
            gc.freeze()  # what is here now need not be looked at, nor copied, by any child
            say({"ready": self.level, "version": version()})
            while True:
                heard_of = self.selector.select(self._patience())
                if not heard_of and not self.cases:
                    return
                for key, _ in heard_of:
                    if key.fd == 0:
                        if not self._listen():
                            self._stop()
                            return
                    else:
                        self._hear(key.fd)
                self._kill_late()
                while self.waiting and len(self.cases) < self.jobs:
                    self._begin(self.waiting.popleft(), cells)

    def _listen(self) -> bool:
        """Read jobs; false if the driver has gone."""
        chunk = os.read(0, 1 << 16)
        *lines, self.reading = (self.reading + chunk).split(b"\n")
        for line in lines:
            given = json.loads(line)
            number = given.pop("number")
            job = Job(**given | {"skip": tuple(given["skip"])})
            self.waiting.append(_Case(number, job, 0))
        return bool(chunk)

    def _begin(self, case: _Case, cells: Cells) -> None:
        """Fork a judge for a submission, or for what is left of one."""
        reader, writer = os.pipe()
        case.started, case.asking, case.heard, case.judges = time.monotonic(), "", b"", case.judges + 1
        parent = os.getpid()
        case.pid = os.fork()
        if case.pid == 0:
            self._be_judge(case, cells, writer, parent)
        os.close(writer)
        self.cases[reader] = case
        self.selector.register(reader, selectors.EVENT_READ)

    def _be_judge(self, case: _Case, cells: Cells, writer: int, parent: int) -> None:
        """The life of a judge, which does not outlive its host."""
        status = 1
        try:
            libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(status)  # the host was killed a moment ago
            nowhere = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nowhere, descriptor)
            most = _JUDGE_MIB << 20
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

            def tell(what: str, value: Any) -> None:
                _write_line(writer, [what, value])

            try:
                if case.job.refused:
                    raise Trap(case.job.refused)
                content = content_of(file := Path(case.job.file), file.parent)
            except Trap as trap:
                tell("refused", trap.sentence)
            else:
                skip = {*case.job.skip, *case.said}
                self.judges[case.job.slug].judge(content, cells, skip, tell)
            status = 0
        except BaseException as error:
            with suppress(BaseException):
                said = f"{type(error).__name__}: {error}".splitlines()[0]
                _write_line(writer, ["failed", said[:500]])
        finally:
            os._exit(status)

    def _hear(self, reader: int) -> None:
        """Take what a judge tells; at its end, send the verdict or go on with another judge."""
        case = self.cases[reader]
        chunk = os.read(reader, 1 << 20)
        *lines, case.heard = (case.heard + chunk).split(b"\n")
        for line in lines:
            _note(case, *json.loads(line))
        if chunk:
            return
        self.selector.unregister(reader)
        os.close(reader)
        del self.cases[reader]
        _, status, usage = os.wait4(case.pid, 0)
        case.cpu_seconds += usage.ru_utime + usage.ru_stime
        if not (case.finished or case.failed):
            self._take_up(case, os.waitstatus_to_exitcode(status))
        if case.finished or case.failed:
            say({"number": case.number, "verdict": asdict(self._verdict(case))})
        else:
            self.waiting.appendleft(case)

    def _take_up(self, case: _Case, code: int) -> None:
        """A judge was killed: what does that cost?"""
        place = case.asking or case.job.file
        if code == -signal.SIGKILL and not case.late and place not in case.killed:
            case.killed.add(place)  # by somebody, perhaps not for what it did: a second time says more
            case.judges -= 1
            return
        questions = self.judges[case.job.slug].questions
        left = [name for name in questions if name not in {*case.said, *case.job.skip}]
        if not case.cells:
            case.refused, case.finished = "The file takes more time or memory than grading allows.", True
        elif case.judges >= _MOST_JUDGES or not case.asking:
            for name in left if case.asking else ():
                said = "not run: the checks above had to be stopped"
                case.said[name] = questions[name].said("judge", said)
            case.failed = "" if case.asking else f"the judge ended with code {code} outside every question"
            case.finished = True
        else:
            said = "the check had to be stopped: it had too much to do with what your code gave"
            case.said[case.asking] = questions[case.asking].said("judge", said)

    def _verdict(self, case: _Case) -> Verdict:
        job = case.job
        blank = Verdict(job.student, job.slug, job.key, cpu_seconds=round(case.cpu_seconds, 3))
        questions = self.judges[job.slug].questions
        if case.failed:
            return replace(blank, failed=f"The autograder failed ({case.failed}); report it.")
        if case.refused:
            refused = self.judges[job.slug].plan.refusal(job.student, job.key, case.refused)
            return replace(refused, cpu_seconds=blank.cpu_seconds)
        said = tuple(case.said[name] for name in questions if name in case.said)
        return replace(blank, questions=said, cells=tuple(case.cells), repairs=tuple(case.repairs))

    def _patience(self) -> float | None:
        if not self.cases:
            return self.idle_seconds
        first = min(case.started for case in self.cases.values())
        return max(0.0, first + self._longest() - time.monotonic())

    def _longest(self) -> float:
        return self.budget.submission_seconds + _GRACE_SECONDS

    def _kill_late(self) -> None:
        for case in self.cases.values():
            if time.monotonic() > case.started + self._longest():
                case.late = True
                os.kill(case.pid, signal.SIGKILL)

    def _stop(self) -> None:
        for case in self.cases.values():
            os.kill(case.pid, signal.SIGKILL)
        for case in self.cases.values():
            os.waitpid(case.pid, 0)


def _note(case: _Case, what: str, value: Any) -> None:
    """Write down one thing that a judge has told."""
    match what:
        case "refused" | "failed":
            setattr(case, what, value)
            case.finished = True
        case "cells":
            case.cells, case.repairs = [Ran(**cell) for cell in value[0]], value[1]
        case "asking":
            case.asking = value
        case "said":
            said = Said(**value)
            case.said[said.name] = said
        case "ran":
            case.cells = [Ran(**cell) for cell in value[0]]
            case.cpu_seconds += value[1]
            case.finished = True


def _sandbox(preload: list[str], budget: Budget, unsafe: bool) -> AbstractContextManager[Cells]:
    if unsafe:
        from autograder.sandbox.unsafe import Unsafe  # noqa: PLC0415  # nobody gets it who does not ask

        made: AbstractContextManager[Cells] = Unsafe(budget.limits())
        return made
    readable = [_ROOT / "distsys", _ROOT / "autograder" / "trust"]
    return Sandbox(
        ("autograder.trust.warm", *preload),
        budget.limits(),
        readable=readable,
        environment={"PYTHONHASHSEED": "0"},
    )


def say(message: dict[str, Any]) -> None:
    """Send a line to the driver."""
    _write_line(_ANSWERS, message)


def _write_line(descriptor: int, value: Any) -> None:
    """Write a value as one line of JSON, in as many pieces as the pipe wants."""
    line = json.dumps(value, default=asdict, separators=(",", ":")).encode() + b"\n"
    while line:
        line = line[os.write(descriptor, line) :]


def main() -> None:
    """Be a host."""
    os.dup2(1, _ANSWERS, inheritable=False)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a cell or a module prints is no answer
    heard = b""
    while b"\n" not in heard:
        if not (chunk := os.read(0, 1 << 20)):
            return
        heard += chunk
    first, rest = heard.split(b"\n", 1)
    given = json.loads(first)
    try:
        chapters = [Chapter(**chapter) for chapter in given["chapters"]]
        budget = Budget(**given["budget"])
        host = Host(chapters, budget, given["jobs"], given["unsafe"], given["idle_seconds"])
        host.serve(rest)
    except CourseError as error:
        say({"error": str(error)})
    except (Missing, ImportError) as error:
        say({"error": f"Nothing can be graded here: {error}."})


if __name__ == "__main__":
    main()
