"""A class is judged on a Dask cluster as it is judged here, whoever is killed meanwhile."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from distributed import LocalCluster

from autograder.course import CourseError
from autograder.engine import dask_farm
from autograder.engine.dask_farm import OnDask, Parcel, _Judging, key_of
from autograder.engine.farm import Local
from autograder.engine.protocol import Job
from autograder.engine.verdict import Verdict
from tests.autograder.engine.processes import adopted
from tests.autograder.engine.test_farm import essences, handed_in
from tests.autograder.engine.workbench import CHAPTER, QUICK, SLUG

HOST = "autograder.engine.host"


def hosts() -> list[psutil.Process]:
    """The hosts below this process, in the workers."""
    return [one for one in psutil.Process().children(recursive=True) if HOST in _command(one)]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> list[Job]:
    return handed_in(tmp_path_factory.mktemp("handed_in"), 30)


@pytest.fixture(scope="module")
def known(jobs: list[Job]) -> dict[str, Verdict]:
    """What comes out on one machine, where nothing happens."""
    with Local([CHAPTER], QUICK, jobs=2) as here:
        return essences(list(here.judge(jobs)))


def test_after_the_end_nothing_is_left_running_nor_lying_about(
    jobs: list[Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_farm.tempfile, "tempdir", str(tmp_path))
    with adopted() as offspring:
        with OnDask("local", [CHAPTER], QUICK, workers=1) as farm:
            next(farm.judge(jobs))
            assert list(tmp_path.iterdir())

        left = [" ".join(_command(one)) for one in offspring.left(0)]
    assert [one for one in left if "multiprocessing.resource_tracker" not in one] == []
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def farm() -> Iterator[OnDask]:
    with OnDask("local", [CHAPTER], QUICK, workers=2) as farm:
        yield farm


def test_a_cluster_finds_what_one_machine_finds(
    farm: OnDask, jobs: list[Job], known: dict[str, Verdict]
) -> None:
    assert farm.slots() == 2
    assert len(hosts()) == 2  # one in each worker, and none here
    assert essences(list(farm.judge(jobs))) == known


def test_workers_that_are_killed_lose_nothing_and_change_nothing(
    farm: OnDask, jobs: list[Job], known: dict[str, Verdict]
) -> None:
    verdicts, killed = [], 0
    for verdict in farm.judge(jobs):
        verdicts.append(verdict)
        if len(verdicts) in (1, 12, 20):
            host = hosts()[0]
            worker = host.parent()
            assert worker is not None
            worker.kill()
            killed += 1

    assert killed == 3
    assert essences(verdicts) == known


def test_hosts_that_are_killed_lose_nothing_and_change_nothing(
    farm: OnDask, jobs: list[Job], known: dict[str, Verdict]
) -> None:
    verdicts, killed = [], 0
    for verdict in farm.judge(jobs):
        verdicts.append(verdict)
        if len(verdicts) in (1, 12):
            hosts()[0].kill()
            killed += 1

    assert killed == 2
    assert essences(verdicts) == known


def test_a_cluster_here_listens_on_loopback_only_and_shows_no_dashboard(farm: OnDask) -> None:
    everybody = [psutil.Process(), *psutil.Process().children(recursive=True)]
    open_ports = {
        (one.laddr.ip, one.laddr.port)
        for process in everybody
        for one in process.net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    }

    assert {ip for ip, _ in open_ports} == {"127.0.0.1"}
    answers = []
    for address in open_ports:
        with socket.create_connection(address, 10) as line, suppress(ConnectionResetError):
            line.sendall(b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answers.append(line.recv(12))
    assert b"HTTP/1.1 200" not in answers
    assert b"HTTP/1.1 404" in answers  # the ports for dashboards are there, and have nothing to show


def test_nobody_speaks_to_a_cluster_here_without_its_certificate(farm: OnDask) -> None:
    address = farm._client.scheduler.address
    assert address.startswith("tls://127.0.0.1:")
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    with (
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 10) as line,
        pytest.raises((ssl.SSLError, ConnectionResetError)),
        trusting.wrap_socket(line) as secret,
    ):
        secret.sendall(b"hello")
        if not secret.recv(1):
            raise ConnectionResetError


# --- somebody else's scheduler


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[LocalCluster]:
    """A scheduler with one worker of two threads."""
    with LocalCluster(
        n_workers=1, threads_per_worker=2, host="127.0.0.1", dashboard_address=None, memory_limit=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
    ) as cluster:  # fmt: skip
        yield cluster


def test_a_scheduler_is_named_by_its_address_and_its_hosts_go_when_there_is_no_work(
    elsewhere: LocalCluster, jobs: list[Job], known: dict[str, Verdict]
) -> None:
    before = set(hosts())
    with OnDask(elsewhere.scheduler_address, [CHAPTER], QUICK, idle_seconds=1) as farm:
        assert farm.slots() == 2
        assert essences(list(farm.judge(jobs))) == known
        again = essences(list(farm.judge(jobs[:3])))
        started = set(hosts()) - before

    assert again == {student: known[student] for student in again}
    assert len(started) <= 1  # threads share it
    assert psutil.wait_procs(started, timeout=20)[1] == []


def test_a_worker_with_other_code_is_told_in_one_sentence(
    elsewhere: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_farm, "version", lambda: "another")

    with (
        pytest.raises(CourseError) as caught,
        OnDask(elsewhere.scheduler_address, [CHAPTER], QUICK),
    ):
        pass
    assert str(caught.value) == (
        f"The worker {elsewhere.workers[0].worker_address} cannot judge. "
        "The course's code that judges is not the code that grading began with; "
        "bring both to the same state and grade again."
    )


def test_a_scheduler_that_goes_is_told_in_one_sentence(elsewhere: LocalCluster, jobs: list[Job]) -> None:
    with OnDask(elsewhere.scheduler_address, [CHAPTER], QUICK, idle_seconds=1) as farm:
        verdicts = farm.judge(jobs)
        next(verdicts)
        elsewhere.close()
        with pytest.raises(CourseError, match=r"The scheduler at tcp://.* has gone. What was"):
            list(verdicts)


def test_a_worker_without_bubblewrap_is_told_in_one_sentence(jobs: list[Job]) -> None:
    with (
        LocalCluster(
            n_workers=1, host="127.0.0.1", dashboard_address=None, memory_limit=None, env={"PATH": "/none"},
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        ) as bare,
        pytest.raises(CourseError) as caught,
        OnDask(bare.scheduler_address, [CHAPTER], QUICK),
    ):  # fmt: skip
        pass
    assert "cannot judge. Nothing can be graded here: bubblewrap is not installed;" in str(caught.value)


def test_a_scheduler_that_is_not_there_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_farm, "_PATIENCE_SECONDS", 0.2)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        with (
            pytest.raises(CourseError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1"),
            OnDask(address, [CHAPTER]),
        ):
            pass


# --- batches


def test_batches_are_large_at_first_and_small_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "exam.ipynb"
    path.write_text(CHAPTER.released)
    judging = _Judging(OnDask("local", [CHAPTER]), [Job(f"s{n}", SLUG, str(path)) for n in range(1000)])
    sizes = []
    while judging.waiting:
        sizes.append(len(judging._pack(slots=2)))

    assert sum(sizes) == 1000
    assert sizes[0] == max(sizes) == 50
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes[-4:]) <= 5
    assert 1000 / len(sizes) > 20


def test_huge_files_travel_alone(tmp_path: Path) -> None:
    path = tmp_path / "exam.ipynb"
    path.write_bytes(bytes(6 << 20))
    judging = _Judging(OnDask("local", [CHAPTER]), [Job(f"s{n}", SLUG, str(path)) for n in range(100)])

    assert len(judging._pack(slots=2)) == 2


def test_the_same_batch_has_the_same_name_and_any_other_has_another() -> None:
    setting = OnDask("local", [CHAPTER], QUICK).setting
    job = Job("anna", SLUG, "/here/exam.ipynb", "key")
    batch = (Parcel(job, b"one"), Parcel(replace(job, student="berta"), b"two"))
    name = key_of(setting, batch)

    assert key_of(OnDask("local", [CHAPTER], QUICK).setting, batch) == name
    assert key_of(setting, (Parcel(replace(job, file="/there.ipynb"), b"one"), batch[1])) == name
    others = [
        key_of(setting, batch[:1]),
        key_of(setting, (Parcel(job, b"eno"), batch[1])),
        key_of(setting, (Parcel(replace(job, student="clara"), b"one"), batch[1])),
        key_of(setting, (Parcel(replace(job, skip=("double-two_is_four",)), b"one"), batch[1])),
        key_of(replace(setting, version="another"), batch),
        key_of(replace(setting, budget=replace(QUICK, seeds=3)), batch),
        key_of(replace(setting, chapters=(replace(CHAPTER, released="{}"),)), batch),
    ]
    assert len({name, *others}) == 1 + len(others)


def test_a_file_that_is_no_plain_file_travels_as_a_sentence(tmp_path: Path) -> None:
    (parcel,) = _Judging(OnDask("local", [CHAPTER]), [Job("anna", SLUG, str(tmp_path))])._pack(slots=1)

    assert parcel.content == b""
    assert parcel.job.refused == "it is no plain file"
