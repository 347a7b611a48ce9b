"""Judge on a Dask cluster: processes of this machine, or workers on many machines.

::

    driver ── scheduler ─┬─ worker ── host ── judges, sandbox
                         └─ worker ── host ── judges, sandbox

Submissions travel in batches, as bytes with all that is needed to judge them, so workers share no disk. A
batch is known by the digest of what is in it: whoever sends it again gets the same task, and the same
answer. What comes back is JSON text; the driver alone writes it down. If a worker is killed its batches go to
another one.

Dask itself sends pickles, and whoever reaches a scheduler can run code as its owner. They only travel between
the teacher's own processes: submissions are judged in a host of their own, whose sandbox has no network.
Here the processes meet on loopback, by certificates that are made for this run. A scheduler that others could
reach should speak TLS, too: set it up in Dask's configuration and name it by ``tls://…``.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import math
import os
import re
import signal
import subprocess
import tempfile
import threading
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Worker, get_worker

from autograder.course import CourseError
from autograder.engine.budget import Budget
from autograder.engine.farm import Local, lost
from autograder.engine.plan import version
from autograder.engine.protocol import Chapter, Job
from autograder.engine.verdict import Verdict
from autograder.files import Trap, content_of

HERE = "local"
"""Stands for a cluster on this machine, in the place of a scheduler's address."""

_MOST = 50  # submissions in a batch
_MOST_BYTES = 8 << 20  # and their size, unless one alone is larger
_SHARE = 3  # a batch is this part of what is left for each slot, so that all end together
_TRIES = 3
_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 5.0  # between looks whether anybody is there, while no answer comes
_MOST_LOOKS = 36  # a worker that was killed takes time to come back
_IDLE_SECONDS = 60.0

_OURS = {  # settings of a cluster on this machine
    "distributed.scheduler.http.routes": [],  # these ports cannot be left out, so they answer nothing
    "distributed.worker.http.routes": [],
    "distributed.worker.preload": [__name__],
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1 s",  # the default wakes every process fifty times a second
    "distributed.admin.system-monitor.interval": "5 s",
    "distributed.admin.large-graph-warning-threshold": "1 GiB",  # a batch may be one huge notebook
}


@dataclass(frozen=True)
class Setting:
    """All that a worker needs beside submissions.

    Args:
        chapters: what is asked.
        budget: the limits.
        unsafe: whether to run students' code without a sandbox.
        version: of the course's code.
        idle_seconds: after how long without a batch a worker's host ends.
    """

    chapters: tuple[Chapter, ...]
    budget: Budget
    unsafe: bool
    version: str
    idle_seconds: float = _IDLE_SECONDS

    @cached_property
    def digest(self) -> str:
        """Changes with everything that a verdict depends on, but the submission."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Parcel:
    """A job with the bytes of its file."""

    job: Job
    content: bytes


Batch = tuple[Parcel, ...]
Task = Future[str]


def key_of(setting: Setting, batch: Batch) -> str:
    """The name of a task: the digest of everything that its answer depends on."""
    given = [setting.digest]
    for parcel in batch:
        content = hashlib.sha256(parcel.content).hexdigest()
        given += [json.dumps(asdict(replace(parcel.job, file=""))), content]
    return "judge-" + hashlib.sha256("\n".join(given).encode()).hexdigest()


# --- in a worker

_hosts: dict[str, Local] = {}
_lock = threading.Lock()


def _host(setting: Setting, worker: Worker) -> Local:
    """The host of this worker, which its threads share. It is a process of its own: nothing forks here."""
    with _lock:
        if setting.digest not in _hosts:
            _hosts[setting.digest] = Local(
                setting.chapters,
                setting.budget,
                worker.state.nthreads,
                setting.unsafe,
                setting.idle_seconds,
                setting.version,
            )
        host = _hosts[setting.digest]
    host.start()
    return host


def dask_setup(worker: Worker) -> None:
    """Dask calls it when a worker starts here. An interrupt at the terminal is meant for the driver alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


async def prepare(setting: Setting, dask_worker: Worker) -> str:
    """Start a worker's host; the sentence says what is missing there, if anything is."""
    try:
        await asyncio.to_thread(_host, setting, dask_worker)
    except CourseError as error:
        return _problem(dask_worker, error)
    return ""


async def finish(setting: Setting) -> None:
    """End a worker's host."""
    with _lock:
        host = _hosts.pop(setting.digest, None)
    if host is not None:
        await asyncio.to_thread(host.close)


def _problem(worker: Worker, error: CourseError) -> str:
    return f"The worker {worker.address} cannot judge. {error}"


def judge_batch(setting: Setting, batch: Batch) -> str:
    """Judge a batch; the answer is JSON: the verdicts, or the sentence on what is missing here."""
    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:  # not any more if the driver has gone
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled"

    try:
        host = _host(setting, worker)
        with tempfile.TemporaryDirectory(dir=worker.local_directory) as folder:
            jobs = [_unpacked(parcel, Path(folder, f"{number}.ipynb")) for number, parcel in enumerate(batch)]
            verdicts = [asdict(verdict) for verdict in host.judge(job for job in jobs if wanted())]
    except CourseError as error:
        return json.dumps({"problem": _problem(worker, error)})
    return json.dumps({"verdicts": verdicts})


def _unpacked(parcel: Parcel, path: Path) -> Job:
    path.write_bytes(parcel.content)
    return replace(parcel.job, file=str(path))


# --- in the driver


class OnDask:
    """A Dask cluster. Threads of one worker share a host, which judges as many at a time.

    Args:
        scheduler: its address, such as ``tcp://host:8786``; ``local`` for a cluster of processes here.
        chapters: what is asked.
        budget: the limits.
        unsafe: whether to run students' code without a sandbox.
        workers: how many processes to start here; one for each processor unless told.
        idle_seconds: after how long without a batch a worker's host ends.
    """

    def __init__(
        self,
        scheduler: str,
        chapters: Sequence[Chapter],
        budget: Budget | None = None,
        unsafe: bool = False,
        workers: int | None = None,
        idle_seconds: float = _IDLE_SECONDS,
    ) -> None:
        self.scheduler = scheduler
        self.workers = workers or len(os.sched_getaffinity(0))
        self.setting = Setting(tuple(chapters), budget or Budget(), unsafe, version(), idle_seconds)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            address: Any = self.scheduler
            if self.scheduler != HERE and not re.fullmatch(r"\w+://\S+:\d+", self.scheduler):
                raise CourseError(
                    f"`{self.scheduler}` is no address of a scheduler; "
                    f"it reads like tcp://host:8786, or `{HERE}`."
                )
            if self.scheduler == HERE:
                address = stack.enter_context(_cluster(self.workers))
            try:
                client = Client(address, set_as_default=False, timeout=_PATIENCE_SECONDS)  # type: ignore[no-untyped-call]
            except (OSError, ValueError) as error:
                raise CourseError(
                    f"No Dask scheduler answers at {self.scheduler} ({error}); "
                    "start one with `dask scheduler`, or leave --scheduler out."
                ) from None
            self._client = stack.enter_context(client)
            self._prepare()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        if self.scheduler == HERE:  # elsewhere another driver may be using the hosts, or they end when idle
            with suppress(Exception):
                self._client.run(finish, self.setting)
        self._stack.close()

    def judge(self, jobs: Iterable[Job]) -> Iterator[Verdict]:
        """Judge each job exactly once; verdicts come batch by batch.

        Raises:
            CourseError: if a worker cannot judge, or the scheduler or all workers have gone.
        """
        return _Judging(self, jobs).run()

    def slots(self) -> int:
        """How many submissions the cluster judges at a time.

        Raises:
            CourseError: if there is no scheduler any more.
        """
        if self._client.status != "running":  # it tries to reach the scheduler again, for half a minute
            raise self.gone()
        try:
            return sum(self._client.nthreads().values())
        except (OSError, TimeoutError, RuntimeError):
            raise self.gone() from None

    def submit(self, batch: Batch) -> Task:
        """Send a batch."""
        key = key_of(self.setting, batch)
        sent: Task = self._client.submit(judge_batch, self.setting, batch, key=key, pure=True)
        return sent

    def gone(self) -> CourseError:
        """What to say when the scheduler does not answer."""
        said = f"The scheduler at {self.scheduler} has gone."
        return CourseError(f"{said} What was judged is kept; grade again.")

    def _prepare(self) -> None:
        """Start a host in every worker, and hear what is missing there."""
        try:
            self._client.wait_for_workers(1, timeout=_PATIENCE_SECONDS)
        except TimeoutError:
            raise CourseError(
                f"No worker has joined the scheduler at {self.scheduler}; start some with "
                f"`dask worker {self.scheduler}` in copies of the course."
            ) from None
        try:
            said = self._client.run(prepare, self.setting, on_error="return")
        except OSError:
            raise self.gone() from None
        for answer in said.values():
            if isinstance(answer, OSError):  # this worker was killed a moment ago
                continue
            if isinstance(answer, Exception):
                raise _unusable(answer)
            if answer:
                raise CourseError(answer)


class _Judging:
    """One call of ``judge``: what is out, and what is not."""

    def __init__(self, farm: OnDask, jobs: Iterable[Job]) -> None:
        self.farm = farm
        self.waiting = deque(jobs)
        self.again: deque[Batch] = deque()
        self.tries: dict[Job, int] = {}
        self.out: dict[Task, Batch] = {}
        self.ended: SimpleQueue[Task] = SimpleQueue()

    def run(self) -> Iterator[Verdict]:
        """Verdicts as they come."""
        try:
            while self._send() or self.out:
                future = self._next()
                batch = self.out.pop(future)
                yield from self._taken(future, batch)
        finally:
            for future in self.out:
                with suppress(Exception):
                    future.cancel()  # type: ignore[no-untyped-call]

    def _send(self) -> bool:
        """Send batches, so that each slot has one and another one waits for it; whether any was sent."""
        sent = False
        slots = max(1, self.farm.slots())
        while len(self.out) < 2 * slots and (self.again or self.waiting):
            batch = self.again.popleft() if self.again else self._pack(slots)
            future = self.farm.submit(batch)
            self.out[future] = batch
            future.add_done_callback(self.ended.put)  # type: ignore[no-untyped-call]
            sent = True
        return sent

    def _pack(self, slots: int) -> Batch:
        """The next batch: large, so that sending costs nothing; small at the end, so that nobody waits."""
        most = min(_MOST, math.ceil(len(self.waiting) / (_SHARE * slots)))
        batch: list[Parcel] = []
        size = 0
        while self.waiting and len(batch) < most and size < _MOST_BYTES:
            parcel = _packed(self.waiting.popleft())
            size += len(parcel.content)
            batch.append(parcel)
        return tuple(batch)

    def _next(self) -> Task:
        """The next task that has ended."""
        deserted = 0
        while deserted < _MOST_LOOKS:
            try:
                return self.ended.get(timeout=_LOOK_SECONDS)
            except Empty:
                deserted = 0 if self.farm.slots() else deserted + 1
        raise CourseError(
            f"No worker is left at {self.farm.scheduler}. What was judged is kept; "
            "start some workers and grade again."
        )

    def _taken(self, future: Task, batch: Batch) -> Iterator[Verdict]:
        """The verdicts of a task that has ended; what it did not answer is sent again."""
        try:
            answer = json.loads(future.result())
        except KilledWorker:
            answer = {"verdicts": []}
        except CancelledError:
            raise self.farm.gone() from None
        except Exception as error:
            raise _unusable(error) from None
        future.release()  # type: ignore[no-untyped-call]
        if problem := answer.get("problem"):
            raise CourseError(problem)
        left = list(batch)
        for given in answer["verdicts"]:
            verdict = Verdict.of_dict(given)
            left.remove(next(parcel for parcel in left if _same(parcel.job, verdict)))
            yield verdict
        for parcel in left:
            tries = self.tries[parcel.job] = self.tries.get(parcel.job, 0) + 1
            if tries < _TRIES:
                self.again.append((parcel,))  # alone, lest it take others down with it
            else:
                yield lost(parcel.job)


def _same(job: Job, verdict: Verdict) -> bool:
    return (job.student, job.slug, job.key) == (verdict.student, verdict.slug, verdict.key)


def _packed(job: Job) -> Parcel:
    path = Path(job.file)
    try:
        return Parcel(job, content_of(path, path.parent))
    except Trap as trap:
        return Parcel(replace(job, refused=str(trap)), b"")


def _unusable(error: Exception) -> CourseError:
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    return CourseError(
        f"A worker cannot run the course's code ({said}); start workers in copies of the course, "
        "with the same Python and packages."
    )


@contextmanager
def _cluster(workers: int) -> Iterator[LocalCluster]:
    """A cluster of processes on this machine that nobody else can speak to."""
    with (
        _folder() as folder,
        dask.config.set({**_OURS, "temporary-directory": str(folder)}),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        with _started(workers, str(folder)) as cluster:
            yield cluster


def _started(workers: int, folder: str) -> LocalCluster:
    for _ in range(_TRIES):
        with suppress(RuntimeError):  # a worker was killed before it was there
            return LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                security=True,
                dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                memory_limit=None,
                local_directory=folder,
                silence_logs=logging.CRITICAL,
            )
    raise CourseError("Dask's workers end before they have started here; leave --scheduler out.")


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for workers that goes when this process does, however it ends."""
    folder = Path(tempfile.mkdtemp(prefix="judging-"))
    script = 'read -r _; until rm -rf -- "$0"; do :; done'  # a worker may still be writing
    with subprocess.Popen(
        ["/bin/sh", "-c", script, str(folder)], stdin=subprocess.PIPE, start_new_session=True
    ):
        yield folder
