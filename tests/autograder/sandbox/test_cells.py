"""A submission is served on one socket; a question is a fork of it; both say why they ended."""

import contextlib
import os
import signal
import tempfile
import threading
import time
import uuid
from pathlib import Path

import pytest

from autograder.sandbox import FULL, Limits, NoSnapshot

from .asking import PYTHON, a_sandbox, ask, end_of, send
from .test_life import left, marked


def test_a_submission_is_served_on_its_socket(cell):
    assert ask(cell.socket, "answer = 6 * 7") == 42


def test_the_level_is_known_once_the_sandbox_has_started(sandbox):
    assert sandbox.level == FULL


def test_a_question_starts_from_the_state_of_the_submission_and_does_not_change_it(cell):
    ask(cell.socket, "x = 1")

    with cell.snapshot() as first:
        assert ask(first.socket, "x += 1; answer = x") == 2
    with cell.snapshot() as second:
        assert ask(second.socket, "x += 1; answer = x") == 2

    assert ask(cell.socket, "answer = x") == 1


@pytest.mark.parametrize(
    ("fatal", "reason", "words"),
    [
        ("import os; os._exit(3)", "crash", "ended itself with status 3"),
        ("import os; os._exit(0)", "finished", "finished"),
        ("import ctypes; ctypes.string_at(0)", "crash", "crashed: SIGSEGV (Segmentation fault)"),
        ("import os; os.abort()", "crash", "crashed: SIGABRT (Aborted)"),
        ("import os; os.kill(os.getpid(), 9)", "crash", "crashed: SIGKILL (Killed)"),
    ],
)
def test_an_end_costs_its_question_only_and_is_told_in_words(cell, fatal, reason, words):
    with cell.snapshot() as question:
        end_of(question.socket, fatal)

    assert (question.ending.reason, question.ending.words) == (reason, words)
    assert cell.ending is None
    assert ask(cell.socket, "answer = 'alive'") == "alive"


def test_an_endless_loop_that_ignores_signals_costs_its_question_only(cell):
    with cell.snapshot() as question:
        send(question.socket, """
            import signal
            for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            while True: pass
        """)
        question.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            question.socket.recv(1)

    assert question.ending.reason == "closed"
    assert ask(cell.socket, "answer = 'alive'") == "alive"


def test_processes_that_a_question_leaves_behind_die_with_it(cell):
    before = ask(cell.socket, "import os; answer = [p for p in os.listdir('/proc') if p.isdigit()]")

    with cell.snapshot() as question:
        ask(question.socket, """
            import os, subprocess
            subprocess.Popen(["sleep", "600"], start_new_session=True)
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    while True: pass
                os._exit(0)
            os.wait()
        """)

    after = ask(cell.socket, "answer = [p for p in os.listdir('/proc') if p.isdigit()]")
    assert after == before


def test_a_process_of_the_submission_outlives_its_questions(cell):
    ask(cell.socket, "import subprocess; helper = subprocess.Popen(['cat'], stdin=subprocess.PIPE)")

    with cell.snapshot() as question:
        ask(question.socket, "answer = 1")

    assert ask(cell.socket, "answer = helper.poll()") is None


def test_a_question_that_kills_its_submission_can_still_be_answered(cell):
    submission = ask(cell.socket, "import os; answer = os.getpid()")

    with cell.snapshot() as question:
        assert ask(question.socket, f"os.kill({submission}, 9); answer = 'alive'") == "alive"

    assert cell.ending.words == "crashed: SIGKILL (Killed)"


def test_a_question_that_stops_everything_stops_itself_only(cell):
    with cell.snapshot() as question:
        send(question.socket, "import os; os.kill(-1, 19); os.kill(os.getpid(), 19)")
        question.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            question.socket.recv(1)

    assert ask(cell.socket, "answer = 'alive'") == "alive"


def test_one_question_is_open_at_a_time(cell):
    with cell.snapshot(), pytest.raises(NoSnapshot, match="still open"):
        cell.snapshot()


def test_a_busy_submission_is_not_forked(cell):
    send(cell.socket, "while True: pass")

    with pytest.raises(NoSnapshot, match="busy"):
        cell.snapshot(answer_seconds=0.2)


def test_a_submission_that_was_too_busy_once_serves_on(cell):
    send(cell.socket, "import time; time.sleep(0.4); answer = 'done'")
    with pytest.raises(NoSnapshot):
        cell.snapshot(answer_seconds=0.1)
    with cell.snapshot() as question:
        assert ask(question.socket, "answer = 'forked'") == "forked"


def test_a_submission_that_refuses_too_late_serves_on(cell):
    send(cell.socket, """
        import threading, time
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        time.sleep(0.4)
    """)
    with pytest.raises(NoSnapshot, match="busy"):
        cell.snapshot(answer_seconds=0.1)
    with pytest.raises(NoSnapshot, match="runs 2 threads"):
        cell.snapshot()


def test_a_thread_that_python_does_not_list_counts(cell):
    ask(cell.socket, "import _thread, time; _thread.start_new_thread(time.sleep, (600,))")

    with pytest.raises(NoSnapshot, match="runs 2 threads"):
        cell.snapshot()


def test_a_server_may_refuse_to_be_forked(sandbox):
    with sandbox.submission("servers:shares_nothing_but_a_loop") as cell, \
            pytest.raises(NoSnapshot, match="an asyncio task is pending"):
        cell.snapshot()


def test_a_submission_that_has_ended_is_not_forked(cell):
    end_of(cell.socket, "import os; os._exit(1)")

    with pytest.raises(NoSnapshot, match="ended itself with status 1"):
        cell.snapshot()


def test_a_submission_ends_in_words_too(sandbox):
    with sandbox.submission("servers:ends_at_once") as finished:
        assert finished.socket.recv(1) == b""
        assert finished.ending.reason == "finished"
    with sandbox.submission("servers:crashes_natively") as crashed:
        assert crashed.socket.recv(1) == b""
    assert crashed.ending.words.startswith("crashed: SIGSEGV")
    assert crashed.output.stderr == b"about to crash\n"
    with sandbox.submission("servers:does_not_exist") as broken:
        assert broken.socket.recv(1) == b""
    assert broken.ending.words == "ended itself with status 1"
    assert b"AttributeError" in broken.output.stderr


def test_output_belongs_to_the_question_or_to_the_submission(cell):
    ask(cell.socket, "import os; os.write(1, b'before')")
    with cell.snapshot() as question:
        ask(question.socket, "os.write(1, b'within'); os.system('echo from a shell >&2')")
    ask(cell.socket, "print(' after')")

    cell.close()

    assert (question.output.stdout, question.output.stderr) == (b"within", b"from a shell\n")
    assert cell.output.stdout == b"before after\n"


def test_closing_a_submission_leaves_no_process(sandbox):
    cell = sandbox.submission(PYTHON)
    ask(cell.socket, "import os; [os.fork() for _ in range(3)]; answer = 1")

    cell.close()

    assert cell.ending.reason == "closed"
    cell.close()


def test_submissions_run_side_by_side_from_several_threads(sandbox):
    answers = {}

    def grade(number):
        with sandbox.submission(PYTHON) as cell, cell.snapshot() as question:
            answers[number] = ask(question.socket, f"answer = {number} ** 2")

    threads = [threading.Thread(target=grade, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {n: n * n for n in range(8)}


def test_a_preloaded_module_is_imported_once_for_all():
    with a_sandbox(preload=("decimal",)) as sandbox, sandbox.submission(PYTHON) as cell:
        assert ask(cell.socket, "import sys; answer = 'decimal' in sys.modules") is True


def test_what_a_module_writes_while_it_is_preloaded_reaches_no_submission():
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        Path(name, "caches.py").write_text(
            "import os, pathlib\npathlib.Path(os.environ['TMPDIR'], 'cache').write_text('x')\n"
        )
        settings = {"readable": [name], "path": [name], "preload": ("caches",)}
        with a_sandbox(**settings) as sandbox, sandbox.submission(PYTHON) as cell:
            assert ask(cell.socket, "import os; answer = os.listdir(os.environ['TMPDIR'])") == []


def test_an_import_that_hangs_is_given_up_and_leaves_nothing():
    mark = f"mark-{uuid.uuid4()}"
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        Path(name, "hangs.py").write_text("import signal\nsignal.alarm(0)\nsignal.pause()\n")
        hanging = a_sandbox(
            readable=[name], path=[name], preload=("hangs",), start_seconds=0.5, environment={"MARK": mark}
        )
        with pytest.raises(TimeoutError):
            hanging.start()
    assert left(mark) == []


def test_closing_the_sandbox_ends_its_submissions():
    with a_sandbox() as sandbox:
        cell = sandbox.submission(PYTHON)

    assert cell.ending.reason == "closed"
    with pytest.raises(RuntimeError, match="the sandbox is closed"):
        sandbox.submission(PYTHON)


def test_a_submission_is_lost_with_its_sandbox():
    mark = f"mark-{uuid.uuid4()}"
    with a_sandbox(environment={"MARK": mark}) as sandbox, sandbox.submission(PYTHON) as cell:
        for pid in marked(mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert cell.socket.recv(1) == b""
        assert cell.ending.reason == "lost"
        with pytest.raises(RuntimeError, match="start a new Sandbox"):
            sandbox.submission(PYTHON)


def test_a_time_out_of_the_judge_is_left_as_it_was(cell):
    cell.socket.settimeout(7)
    with cell.snapshot():
        assert cell.socket.gettimeout() == 7


def test_a_module_that_cannot_be_preloaded_is_named():
    with pytest.raises(ImportError, match="cannot preload no_such_module"):
        a_sandbox(preload=("no_such_module",)).start()


def test_honest_code_finds_its_own_loopback_by_name_and_address(cell):
    assert ask(cell.socket, """
        import socket, threading
        server = socket.create_server(("localhost", 0))
        def serve():
            connection, _ = server.accept()
            connection.sendall(b"hello"); connection.close()
        thread = threading.Thread(target=serve); thread.start()
        answer = socket.create_connection(("127.0.0.1", server.getsockname()[1])).recv(5)
        thread.join()
    """) == b"hello"


def test_honest_code_has_a_working_folder_temporary_files_and_processes(cell):
    assert ask(cell.socket, """
        import getpass, multiprocessing, os, pathlib, subprocess, tempfile
        pathlib.Path("notes.txt").write_text("kept")
        with tempfile.NamedTemporaryFile() as file: file.write(b"x")
        with multiprocessing.get_context("fork").Pool(2) as pool: squares = pool.map(abs, [-1, -2])
        said = subprocess.run(["cat", "notes.txt"], capture_output=True, text=True).stdout
        answer = said, squares, getpass.getuser(), os.getcwd() == os.path.expanduser("~")
    """) == ("kept", [1, 2], "student", True)


def test_time_is_measured(cell):
    with cell.snapshot() as question:
        ask(question.socket, "import time\nwhile time.process_time() < 0.2: pass")

    assert 0.1 < question.cpu_seconds < 0.6


def test_a_limit_must_be_positive():
    with pytest.raises(ValueError, match=r"Limits\.processes is 0"):
        Limits(processes=0)


def test_starting_a_question_is_quick_enough_to_be_usual(cell):
    times = []
    for _ in range(10):
        started = time.perf_counter()
        with cell.snapshot():
            times.append(time.perf_counter() - started)

    assert min(times) < 0.05
