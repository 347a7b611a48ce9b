"""Disks: what a crash may take away, and what it must not."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distsys.storage import Disk

NAMES = st.sampled_from(["log", "vote"])
WRITES = st.tuples(st.sampled_from(["write", "append"]), NAMES, st.binary(max_size=6))
DEEDS = st.lists(st.one_of(WRITES, st.tuples(st.just("fsync"), NAMES)), max_size=12)


def replayed(deeds):
    """A disk after some deeds, and for each file what was synced and what was written after that."""
    disk, synced, waiting = Disk(), {}, {}
    for what, name, *data in deeds:
        if what == "fsync":
            if name in waiting:
                disk.fsync(name)
                synced[name], waiting[name] = content(synced.get(name, b""), waiting[name]), []
        else:
            getattr(disk, what)(name, *data)
            waiting.setdefault(name, []).append((what, *data))
    return disk, synced, waiting


def content(start, writes):
    for what, data in writes:
        start = data if what == "write" else start + data
    return start


def survivors(start, writes):
    """Everything that a file can hold after a crash: some writes whole, the next in part."""
    for number in range(len(writes) + 1):
        before = content(start, writes[:number])
        yield before
        for what, data in writes[number : number + 1]:
            for length in range(len(data) + 1):
                new = data[:length]
                yield before + new if what == "append" else new + before[length:]


@given(DEEDS)
def test_a_running_process_reads_what_it_wrote(deeds):
    disk, synced, waiting = replayed(deeds)

    assert disk.files == tuple(sorted(waiting))
    for name in disk.files:
        assert disk.read(name) == content(synced.get(name, b""), waiting[name])


@given(DEEDS)
def test_a_crash_without_tearing_leaves_what_was_synced_and_nothing_else(deeds):
    disk, synced, _ = replayed(deeds)

    disk.crash(Random(1), tear=False)

    assert {name: disk.read(name) for name in disk.files} == synced


@given(DEEDS, st.integers(0, 99))
def test_a_crash_that_tears_leaves_a_prefix_of_the_writes_after_the_last_fsync(deeds, seed):
    disk, synced, waiting = replayed(deeds)

    disk.crash(Random(seed))

    assert set(synced) <= set(disk.files) <= set(waiting)
    for name in disk.files:
        assert disk.read(name) in set(survivors(synced.get(name, b""), waiting[name]))


@given(DEEDS, st.integers(0, 99))
def test_a_second_crash_takes_nothing_more(deeds, seed):
    disk, *_ = replayed(deeds)
    disk.crash(Random(seed))
    before = {name: disk.read(name) for name in disk.files}

    disk.crash(Random(seed + 1))

    assert {name: disk.read(name) for name in disk.files} == before


def test_some_crash_tears_the_last_write():
    left = set()
    for seed in range(50):
        disk = Disk()
        disk.append("log", b"abcd")
        disk.crash(Random(seed))
        left.add(disk.read("log"))

    assert left >= {b"", b"ab", b"abcd"}


def test_a_deleted_file_is_gone():
    disk = Disk()
    disk.write("log", b"x")
    disk.fsync("log")
    disk.delete("log")
    disk.crash(Random(1))

    assert disk.files == ()
    assert disk.read("log") == b""


def test_syncing_a_file_that_is_not_there_is_refused():
    with pytest.raises(FileNotFoundError, match=r"there is no such file; write or append first"):
        Disk().fsync("log")


def test_text_is_refused_with_advice():
    with pytest.raises(TypeError, match="a file holds bytes, not str; encode it first"):
        Disk().write("log", "x")
