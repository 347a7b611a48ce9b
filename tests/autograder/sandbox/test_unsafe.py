"""Without a sandbox: the same interface, no walls, and a warning that says so."""

import os
import time
from pathlib import Path

import pytest

from autograder import sandbox as safe
from autograder.sandbox import Limits, NoSnapshot
from autograder.sandbox.unsafe import Unsafe, UnsafeWarning
from autograder.trust.link import Link

from .asking import ask, end_of, send

PYTHON = "tests.autograder.sandbox.servers:python"
PLAYER = "autograder.trust.player:serve"


@pytest.fixture(scope="module")
def unsafe():
    with pytest.warns(UnsafeWarning, match="WITHOUT A SANDBOX"), Unsafe(Limits(memory_mib=512)) as started:
        yield started


@pytest.fixture
def cell(unsafe):
    with unsafe.submission(PYTHON) as started:
        yield started


def test_nobody_gets_it_who_does_not_ask_for_it_by_name():
    assert not any("nsafe" in name for name in safe.__all__) and Unsafe.level == "unsafe"


def test_a_submission_and_its_questions_are_served(cell):
    assert ask(cell.socket, "x = 1; answer = 6 * 7") == 42
    for _ in range(2):
        with cell.snapshot() as question:
            assert ask(question.socket, "x += 1; answer = x") == 2
            with pytest.raises(NoSnapshot, match="still open"):
                cell.snapshot()
        assert question.ending.reason == "closed"
    assert ask(cell.socket, "answer = x") == 1 and cell.ending is None


def test_a_notebook_runs_in_it(unsafe):
    with unsafe.submission(PLAYER) as cell:
        link = Link(cell.socket)
        warned = link.run("a", "import warnings\nwarnings.warn('hm')").printed
        assert warned.startswith("<cell a>:2: UserWarning: hm")
        assert "EOF" in str(link.run("b", "input('name? ')").error)
        assert link.run("c", "%%writefile mine.py\nx = 5").error is None
        link.run("d", "import mine, os\ndef f(): return mine.x, os.environ['PYTHONHASHSEED']")
        with cell.snapshot() as question:
            assert Link(question.socket).get("f")() == (5, "0")


@pytest.mark.parametrize(
    ("fatal", "reason", "words"),
    [
        ("import os; os._exit(3)", "crash", "ended itself with status 3"),
        ("import ctypes; ctypes.string_at(0)", "crash", "crashed: SIGSEGV (Segmentation fault)"),
    ],
)
def test_an_end_costs_its_question_only_and_is_told_in_words(cell, fatal, reason, words):
    with cell.snapshot() as question:
        end_of(question.socket, fatal)
        assert (question.ending.reason, question.ending.words) == (reason, words)
    assert (question.ending.reason, question.ending.words) == (reason, words)
    assert ask(cell.socket, "answer = 'alive'") == "alive"
    end_of(cell.socket, fatal)
    assert cell.ending.words == words
    with pytest.raises(NoSnapshot, match=words[:10]):
        cell.snapshot()


def test_the_kernel_s_limits_hold(cell):
    assert "MemoryError" in ask(cell.socket, "answer = len(bytearray(800 << 20))")
    with cell.snapshot(cpu_seconds=1) as question:
        end_of(question.socket, "while True: pass")
    assert question.ending.reason == "time" and 0.5 < question.cpu_seconds < 3


def test_a_busy_submission_is_not_forked(cell):
    send(cell.socket, "while True: pass")
    with pytest.raises(NoSnapshot, match="busy"):
        cell.snapshot(answer_seconds=0.2)


def test_the_process_group_ends_with_its_question_or_submission(unsafe):
    source = "import os, subprocess; answer = os.getpid(), subprocess.Popen(['sleep', '600']).pid"
    with unsafe.submission(PYTHON) as cell:
        mine = ask(cell.socket, source)
        with cell.snapshot() as question:
            theirs = ask(question.socket, source)
        assert not any(map(alive, theirs)) and all(map(alive, mine))
        folder = Path(ask(cell.socket, "import os; answer = os.getcwd()"))
        assert folder.is_dir()
    assert not any(map(alive, mine)) and not folder.exists()
    assert cell.ending.reason == "closed"


def test_output_belongs_to_the_question_or_to_the_submission(cell):
    ask(cell.socket, "import os; os.write(1, b'before')")
    with cell.snapshot() as question:
        ask(question.socket, "os.write(1, b'within'); os.system('echo from a shell >&2')")
    assert (question.output.stdout, question.output.stderr) == (b"within", b"from a shell\n")


def alive(pid):
    """Whether a process runs; its end may take a moment."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
            os.kill(pid, 0)
        except (ProcessLookupError, FileNotFoundError):
            return False
        time.sleep(0.005)
    return True
