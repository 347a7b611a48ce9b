"""The nine ways in which sandboxes of this kind were found open.

Each probe is run twice: with all defences, and with the one in question switched off. The second run is the
canary in the mine: it shows that the probe would notice.
"""

import os
import tempfile
import time
from pathlib import Path

import pytest

from autograder.sandbox import FULL, NO_PROC, Deadline, Limits, Missing, NoSnapshot

from .asking import PYTHON, a_sandbox, ask, end_of


def observe(source, *without, serve=PYTHON, **settings):
    """What one submission answers when some defences are off."""
    with a_sandbox(*without, **settings) as sandbox, sandbox.submission(serve) as cell:
        return ask(cell.socket, source)


def test_1_root_outside_is_not_root_inside():
    probe = """
        import os
        try: answer = os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY) > 0
        except PermissionError: answer = False
    """

    assert observe(probe) is False
    if os.getuid() == 0:                            # nobody else has anything to lose
        assert observe(probe, "unprivileged") is True


def test_2_each_submission_gets_a_process_table_of_its_own():
    probe = "import os; answer = [p for p in os.listdir('/proc') if p.isdigit()]"

    assert observe(probe) == ["1", "2"]
    with a_sandbox() as sandbox, sandbox.submission(PYTHON):
        assert sandbox.level == FULL

    with pytest.raises(Missing, match="no private /proc"):
        observe(probe, "unmasked proc")
    assert observe(probe, "unmasked proc", reduced=True) == []
    with a_sandbox("unmasked proc", reduced=True) as sandbox, sandbox.submission(PYTHON) as cell:
        assert sandbox.level == NO_PROC
        with cell.snapshot() as question:
            assert ask(question.socket, "answer = 1") == 1
        assert question.ending.reason == "closed"
        with sandbox.submission(PYTHON, Limits(cpu_seconds=0.1)) as looping:
            end_of(looping.socket, "while True: pass")
        assert looping.ending.reason == "time"       # the kernel's limit, in place of the warden's


def test_3_submissions_share_no_writable_place():
    places = ["/", "/dev", "/dev/shm", "/tmp", "/etc", "/submission", "/submission/here"]

    def leaks(*without):
        with (
            a_sandbox(*without) as sandbox,
            sandbox.submission(PYTHON) as one,
            sandbox.submission(PYTHON) as two,
        ):
            ask(one.socket, f"""
                import pathlib
                for place in {places}:
                    try: pathlib.Path(place, "leak").write_text("x")
                    except OSError: pass
            """)
            found = f"import os; answer = [p for p in {places} if os.path.exists(p + '/leak')]"
            return ask(two.socket, found)

    assert leaks() == []
    assert set(leaks("read-only root")) - {"/tmp"} == {"/", "/dev", "/etc"}  # /tmp if Python lies below it


def test_4_no_descriptor_of_the_grader_is_open_inside():
    read, write = os.pipe()
    os.set_inheritable(write, True)
    probe = """
        import os
        answer = []
        for name in os.listdir("/proc/self/fd"):
            try: answer.append(os.readlink("/proc/self/fd/" + name))
            except OSError: pass                     # the listing itself
    """
    theirs = str(Path(f"/proc/self/fd/{write}").readlink())
    try:
        assert len(observe(probe)) == 4              # standard streams and the socket
        assert theirs not in observe(probe)
        assert theirs in observe(probe, "closed descriptors")
    finally:
        os.close(read)
        os.close(write)


@pytest.mark.parametrize("call", ["clone(CLONE_NEWUSER)", "clone3(CLONE_NEWUSER)"])
def test_5_a_new_user_namespace_is_refused_by_every_system_call(call):
    probe = f"""
        import ctypes, os, platform
        libc = ctypes.CDLL(None, use_errno=True)
        new_user, sigchld = 0x10000000, 17
        arguments = (ctypes.c_uint64 * 11)(new_user, 0, 0, 0, sigchld)
        if {call!r}.startswith("clone3"):
            pid = libc.syscall(435, arguments, 88)
        else:
            clone = {{"x86_64": 56, "aarch64": 220}}[platform.machine()]
            pid = libc.syscall(clone, new_user | sigchld, 0, 0, 0, 0)
        if pid == 0: os._exit(0)
        answer = pid > 0
    """

    assert observe(probe) is False
    assert observe(probe, "clone flags") is True


def test_6_modules_below_a_mount_point_can_still_be_imported_later():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        Path(folder, "imported_late.py").write_text("answer = 'found'")
        probe = "from imported_late import answer"
        settings = {"readable": [folder], "path": [folder]}

        def is_missing_without_the_guard():
            try:
                return "ModuleNotFoundError" in observe(probe, "over-mount guard", **settings)
            except (EOFError, ConnectionError):  # the course lies below the mount point, and is gone with it
                return True

        assert observe(probe, **settings) == "found"
        assert is_missing_without_the_guard()


def test_7_memory_is_limited_by_its_use_and_processes_by_their_number_in_each_submission():
    limits = Limits(memory_mib=256, processes=12)
    memory = "import numpy; block = bytearray(400 << 20); answer = len(block) >> 20"
    assert observe(memory, limits=limits).startswith("MemoryError")
    assert observe(memory, "memory limit", limits=limits) == 400

    crowd = """
        import os, signal
        answer = 0
        for _ in range(8):
            try:
                if os.fork() == 0: signal.pause()
                answer += 1
            except BlockingIOError: break
    """
    with (
        a_sandbox(limits=limits) as sandbox,
        sandbox.submission(PYTHON) as one,
        sandbox.submission(PYTHON) as two,
    ):
        assert ask(one.socket, crowd) == ask(two.socket, crowd) == 8
        shared = ask_or_end(two, crowd)              # a second crowd in the same namespace: the canary
        assert shared < 8


def ask_or_end(cell, source):
    """The answer; 0 if the submission went too far to give one."""
    try:
        return ask(cell.socket, source)
    except (EOFError, ConnectionError):
        return 0


def test_8_a_deadline_is_not_stretched_by_sending_a_byte_now_and_then(sandbox):
    with sandbox.submission("servers:drips") as cell:
        cell.socket.sendall(b"!")

        started = time.monotonic()
        with pytest.raises(TimeoutError):
            Deadline(0.3).receive(cell.socket, 10_000)
        assert time.monotonic() - started < 1

        cell.socket.settimeout(0.3)                  # the canary: a time-out for each recv never fires
        started = time.monotonic()
        while time.monotonic() - started < 0.6:
            assert cell.socket.recv(1) == b"."


def test_9_a_submission_with_threads_is_not_forked():
    with a_sandbox() as sandbox, sandbox.submission("servers:with_a_thread") as cell, \
            pytest.raises(NoSnapshot, match="runs 2 threads"):
        cell.snapshot()

    with a_sandbox("thread check") as sandbox, sandbox.submission("servers:with_a_thread") as cell:
        count = "import os; answer = len(os.listdir('/proc/self/task'))"
        with cell.snapshot() as question:
            assert (ask(cell.socket, count), ask(question.socket, count)) == (2, 1)
