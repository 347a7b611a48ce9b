"""Hostile code: what it reads, reaches, breaks and uses up."""

import socket
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import Limits, NoSnapshot

from .asking import PYTHON, SERVERS, a_sandbox, ask, end_of, send

COURSE = Path(__file__).parents[3]
SMALL = Limits(
    cpu_seconds=2, memory_mib=300, processes=24,
    folder_mib=8, files=64, file_mib=4, output_kib=256, kept_kib=4,
)
THREADS = """
    import threading, time
    while True:
        try: threading.Thread(target=time.sleep, args=(600,)).start()
        except RuntimeError: pass
"""


@pytest.fixture(scope="module")
def small(sandbox):
    """Submissions with little to use up."""
    return lambda: sandbox.submission(PYTHON, SMALL)


def syscall(name, *arguments):
    """Source that makes a system call and answers with the name of its error."""
    numbers = {
        "ptrace": (101, 117), "process_vm_readv": (310, 270), "unshare": (272, 97), "mount": (165, 40),
        "setns": (308, 268), "keyctl": (250, 219), "add_key": (248, 217), "bpf": (321, 280),
        "io_uring_setup": (425, 425), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
        "chroot": (161, 51), "memfd_create": (319, 279), "shmget": (29, 194), "init_module": (175, 105),
        "open_by_handle_at": (304, 265), "prlimit64": (302, 261), "sched_setscheduler": (144, 119),
        "setpriority": (141, 140), "setuid": (105, 146), "reboot": (169, 142), "umount2": (166, 39),
        "pidfd_getfd": (438, 438), "open_tree": (428, 428), "fsopen": (430, 430),
    }[name]
    return f"""
        import ctypes, errno, platform
        libc = ctypes.CDLL(None, use_errno=True)
        number = {numbers}[platform.machine() == "aarch64"]
        result = libc.syscall(number, *{arguments})
        answer = errno.errorcode[ctypes.get_errno()] if result < 0 else "ok"
    """


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("ptrace", (16, 1, 0, 0), "EPERM"),
        ("process_vm_readv", (1, 0, 0, 0, 0, 0), "EPERM"),
        ("unshare", (0x1000_0000,), "EPERM"),
        ("setns", (0, 0), "EPERM"),
        ("mount", (b"none", b"/tmp", b"tmpfs", 0, 0), "EPERM"),
        ("umount2", (b"/proc", 2), "EPERM"),
        ("open_tree", (-100, b"/", 1), "EPERM"),
        ("fsopen", (b"tmpfs", 0), "EPERM"),
        ("chroot", (b"/tmp",), "EPERM"),
        ("open_by_handle_at", (0, 0, 0), "EPERM"),
        ("keyctl", (0, -3, 1), "EPERM"),
        ("add_key", (b"user", b"a", b"b", 1, -3), "EPERM"),
        ("bpf", (0, 0, 0), "EPERM"),
        ("perf_event_open", (0, 0, -1, -1, 0), "EPERM"),
        ("userfaultfd", (0,), "EPERM"),
        ("init_module", (0, 0, 0), "EPERM"),
        ("reboot", (0, 0, 0, 0), "EPERM"),
        ("setuid", (0,), "EINVAL"),
        ("pidfd_getfd", (0, 0, 0), "EPERM"),
        ("prlimit64", (1, 7, 0, 0), "EPERM"),
        ("sched_setscheduler", (1, 0, 0), "EPERM"),
        ("setpriority", (0, 1, 19), "EPERM"),
        ("io_uring_setup", (8, 0), "ENOSYS"),
        ("memfd_create", (b"a", 0), "ENOSYS"),
        ("shmget", (0, 4096, 0o1600), "ENOSYS"),
    ],
)
def test_a_system_call_that_leads_out_is_refused(cell, name, arguments, error):
    assert ask(cell.socket, syscall(name, *arguments)) == error


def test_no_capability_is_left_and_none_can_come_back(cell):
    lines = ask(cell.socket, "answer = open('/proc/self/status').read().splitlines()")
    status = dict(line.split(":", 1) for line in lines)
    status = {name: value.strip() for name, value in status.items()}

    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_the_course_is_not_there_though_a_part_of_it_is_readable(cell):
    assert ask(cell.socket, f"import os; answer = sorted(os.listdir({str(COURSE)!r}))") in (
        ["autograder", "tests"], [".venv", "autograder", "tests"]
    )
    assert ask(cell.socket, f"answer = os.listdir({str(SERVERS.parent)!r})") == ["servers.py"]
    package = ask(cell.socket, f"answer = sorted(os.listdir({str(COURSE / 'autograder')!r}))")
    assert package == ["__init__.py", "sandbox"]
    shown = [Path(p) for p in (COURSE, sys.prefix, sys.base_prefix)]
    places = ["/home", "/var", "/run", "/sys", "/mnt", "/opt"]
    places = [place for place in places if not any(path.is_relative_to(place) for path in shown)]
    assert ask(cell.socket, f"answer = [p for p in {places} if os.path.exists(p)]") == []


@pytest.fixture
def folder():
    """A folder that anybody can look into, unlike those of pytest."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_course_inside_a_readable_directory_is_covered(folder):
    for name in ("course/hidden_tests.py", "course/package/shown.py", "notes.txt"):
        Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
        Path(folder, name).write_text("x")
    probe = f"import os; answer = sorted(f for _, _, files in os.walk({str(folder)!r}) for f in files)"
    readable = [folder, folder / "course" / "package"]

    with (
        a_sandbox(readable=readable, hidden=[folder / "course"]) as sandbox,
        sandbox.submission(PYTHON) as cell,
    ):
        assert ask(cell.socket, probe) == ["notes.txt", "shown.py"]


def test_a_course_inside_the_system_is_covered():
    with a_sandbox(hidden=["/usr/share"]) as sandbox, sandbox.submission(PYTHON) as cell:
        assert ask(cell.socket, "import os; answer = os.listdir('/usr/share')") == []


def test_the_environment_tells_nothing_of_the_grader(monkeypatch):
    monkeypatch.setenv("GRADEBOOK_PASSWORD", "canary")

    with a_sandbox(environment={"COURSE": "yes"}) as sandbox, sandbox.submission(PYTHON) as cell:
        found = ask(cell.socket, """
            import os
            answer = dict(os.environ), open("/proc/self/environ").read()
        """)

    assert found[0]["COURSE"] == "yes"
    assert "canary" not in str(found)


def test_nothing_outside_its_folder_can_be_written(cell):
    written = ask(cell.socket, """
        import os
        answer = set()
        for folder, folders, files in os.walk("/"):
            if folder.count("/") > 3: folders.clear()
            if folder == "/proc": folders.clear()
            if folder.startswith(("/submission", "/tmp", "/dev/shm")): continue
            try:
                os.close(os.open(folder + "/x", os.O_CREAT | os.O_WRONLY)); answer.add(folder)
            except OSError: pass
            for file in files[:20]:
                path = os.path.join(folder, file)
                try: os.close(os.open(path, os.O_WRONLY)); answer.add(path)
                except OSError: pass
    """)

    devices = {"null", "zero", "full", "random", "urandom", "stdin", "stdout", "stderr"}
    assert written <= {f"/dev/{name}" for name in devices}
    assert "/dev/null" in written                    # the search finds what there is


def test_process_1_cannot_be_read_traced_or_killed(cell):
    opened = ask(cell.socket, """
        import os, signal
        answer = []
        for name in ("mem", "environ", "maps", "auxv", "stack"):
            try: open("/proc/1/" + name, "rb").read(1); answer.append(name)
            except OSError: pass
        for name in ("fd", "root", "cwd", "map_files"):
            try: os.listdir("/proc/1/" + name); answer.append(name)
            except OSError: pass
        for number in set(signal.Signals): os.kill(1, number)
    """)

    assert opened == []
    assert ask(cell.socket, "answer = os.getppid()") == 1
    assert cell.ending is None


def test_what_is_written_to_every_descriptor_arrives_on_the_own_socket_only(cell):
    with cell.snapshot() as question:
        question.socket.settimeout(5)
        send(question.socket, """
            import os
            for descriptor in range(1024):
                try: os.write(descriptor, b"forged")
                except OSError: pass
        """)
        assert question.socket.recv(6) == b"forged"

    assert (question.output.stdout, question.output.stderr) == (b"forged", b"forged")
    assert ask(cell.socket, "answer = 'alive'") == "alive"


def test_the_network_is_its_own_loopback_only(cell):
    with socket.create_server(("127.0.0.1", 0)) as outside:
        found = ask(cell.socket, f"""
            import errno, socket
            def attempt(family, address):
                try:
                    with socket.socket(family, socket.SOCK_STREAM) as s:
                        s.settimeout(2); s.connect(address)
                        return "connected"
                except OSError as error: return errno.errorcode.get(error.errno, str(error))
            answer = [name for _, name in socket.if_nameindex()], {{
                "host": attempt(socket.AF_INET, ("127.0.0.1", {outside.getsockname()[1]})),
                "world": attempt(socket.AF_INET, ("192.0.2.1", 80)),
                "world 6": attempt(socket.AF_INET6, ("2001:db8::1", 80)),
                "hypervisor": attempt(40, (2, 1)),
            }}
        """)

    assert found[0] == ["lo"]
    assert found[1] == {
        "host": "ECONNREFUSED", "world": "ENETUNREACH", "world 6": "ENETUNREACH", "hypervisor": "EAFNOSUPPORT"
    }


def test_submissions_do_not_meet(sandbox, cell):
    ask(cell.socket, r"""
        import socket, pathlib
        pathlib.Path("answers.txt").write_text("42")
        server = socket.create_server(("127.0.0.1", 5555))
        hidden = socket.socket(socket.AF_UNIX); hidden.bind("\0meeting"); hidden.listen()
    """)

    with sandbox.submission(PYTHON) as other:
        met = ask(other.socket, r"""
            import os, socket
            answer = os.listdir("."), socket.socket().connect_ex(("127.0.0.1", 5555)) == 0
            answer += socket.socket(socket.AF_UNIX).connect_ex("\0meeting") == 0,
            answer += [p for p in os.listdir("/proc") if p.isdigit()],
        """)
    assert met == ([], False, False, ["1", "2"])


@pytest.mark.parametrize(
    ("bomb", "reason"),
    [
        ("import os\nwhile True:\n try: os.fork()\n except OSError: pass", "processes"),
        (THREADS, "processes"),
        ("import os\nfor _ in range(3): os.fork()\nb = bytearray(200 << 20)\nwhile True: pass", "memory"),
        ("import mmap\nm = mmap.mmap(-1, 2 << 30)\nfor i in range(0, 2 << 30, 4096): m[i] = 1", "memory"),
        ("import os\nwhile True: os.write(1, b'x' * 65536)", "output"),
        ("while True: pass", "time"),
        ("import os\nos.fork(); os.fork()\nwhile True: pass", "time"),
        ("import os, time\nos.fork(); os.fork()\nfor _ in range(10**9): time.sleep(0); os.stat('/')", "time"),
    ],
    ids=["forks", "threads", "memory of many", "shared memory", "output", "loop", "loops", "system calls"],
)
def test_a_bomb_ends_its_question_in_words_and_nothing_else(small, bomb, reason):
    with small() as cell:
        with cell.snapshot(cpu_seconds=0.5) as question:
            end_of(question.socket, bomb, seconds=15)
        alive = ask(cell.socket, "answer = 'alive'")

    assert (question.ending.reason, alive) == (reason, "alive")
    assert len(question.output.stdout) <= 4096


def test_a_bomb_outside_a_question_ends_its_submission_and_no_other(small, cell):
    with small() as bombed:
        end_of(bombed.socket, "import os\nwhile True:\n try: os.fork()\n except OSError: pass")

    assert bombed.ending.words == "started too many processes or threads (the limit is 24)"
    assert ask(cell.socket, "answer = 'alive'") == "alive"


def test_a_submission_that_forges_the_greeting_of_its_fork_gets_no_question(cell):
    for forged in (b"Y-1", b"Y1", b"Y99999999999", b"Yx", b"N" + b"x" * 1000, b"Z", b""):
        ask(cell.socket, f"""
            import autograder.sandbox.line as line, os
            def forge(self, second): os.write(second, {forged!r} + b"\\n"); os.close(second)
            line.Line._fork = forge
        """)
        with pytest.raises(NoSnapshot):
            cell.snapshot(answer_seconds=1)
        assert ask(cell.socket, "answer = 'alive'") == "alive"


def test_processor_time_of_all_questions_together_is_limited(sandbox):
    with sandbox.submission(PYTHON, Limits(cpu_seconds=0.6)) as cell:
        for _ in range(2):
            with cell.snapshot() as question:
                try:
                    ask(question.socket, "import time\nwhile time.process_time() < 0.4: pass")
                except (EOFError, ConnectionError):
                    continue
        with pytest.raises((EOFError, ConnectionError)):
            for _ in range(100):
                ask(cell.socket, "import time; time.sleep(0.01)")

    assert question.ending.words == cell.ending.words == "used more than 0.6 s of processor time"


def test_sleeping_is_limited_too(sandbox):
    with sandbox.submission(PYTHON, Limits(wall_seconds=0.3)) as cell:
        end_of(cell.socket, "import time; time.sleep(60)")

    assert cell.ending.words == "took longer than 0.3 s"


def test_one_process_that_asks_for_too_much_memory_gets_an_exception(small):
    with small() as cell:
        assert ask(cell.socket, "block = bytearray(1 << 30)").startswith("MemoryError")
        assert ask(cell.socket, "answer = 'alive'") == "alive"


def test_if_the_machine_runs_out_of_memory_an_honest_submission_goes_before_the_grader(cell):
    assert ask(cell.socket, "answer = open('/proc/self/oom_score_adj').read()") == "1000\n"


def test_files_are_limited_in_size_sum_and_number(small):
    with small() as cell:
        assert "File too large" in ask(cell.socket, "open('big', 'wb').write(bytes(5 << 20))")
        assert "No space left" in ask(cell.socket, """
            import tempfile
            for i, folder in enumerate((".", tempfile.gettempdir(), "/dev/shm") * 4):
                with open(f"{folder}/part{i}", "wb") as file: file.write(bytes(1 << 20))
        """)
        assert "No space left" in ask(cell.socket, "for i in range(100): open(f'{i}', 'w').close()")


def test_the_limits_cannot_be_raised(cell):
    assert ask(cell.socket, """
        import resource
        answer = []
        for name in ("DATA", "NPROC", "FSIZE", "NOFILE", "CPU", "CORE"):
            kind = getattr(resource, "RLIMIT_" + name)
            try: resource.setrlimit(kind, (resource.RLIM_INFINITY,) * 2); answer.append(name)
            except (ValueError, OSError): pass
    """) == []


def test_a_program_with_a_set_user_bit_gives_nothing(cell):
    assert ask(cell.socket, """
        import subprocess
        answer = subprocess.run(["id", "-u"], capture_output=True, text=True).stdout.strip() != "0"
        su = subprocess.run(["su", "-c", "true"], capture_output=True, stdin=subprocess.DEVNULL)
        answer = answer and su.returncode != 0
    """) is True
