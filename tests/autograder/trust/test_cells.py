"""Cells run as they do in a notebook: in IPython."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

FUNCTION = "def f(x):\n    return 1 / x"


@pytest.fixture
def printed(play):
    """What a cell prints, in one notebook for the whole test."""
    notebook = play()

    def printed(source):
        ran = notebook.run("a cell", source)
        if ran.error:
            raise ran.error
        return ran.printed

    return printed


def test_the_value_of_the_last_expression_is_printed_and_kept(printed):
    assert printed("x = 5\nx + 1") == "6\n"
    assert printed("x;") == "" == printed("None")
    assert printed("(_, Out[1], In[2].strip(), _i3)") == "(6, 6, 'x;', 'None')\n"
    assert printed("print('said')\n{1: [2]}") == "said\n{1: [2]}\n"


def test_what_is_displayed_is_printed_as_text(printed):
    assert printed("display(1, 'two')") == "1\n'two'\n"
    assert printed("from IPython.display import HTML\nHTML('<script>x</script>')") == (
        "<IPython.core.display.HTML object>\n"
    )
    assert "script" not in printed("%%html\n<script>x</script>")
    assert "tell" in printed("def f():\n    'tell'\nf?") and "return 7" in printed("def g(): return 7\ng??")


def test_what_is_printed_has_a_limit(printed):
    assert len(printed("print('x' * 10**6)")) == 50_000
    assert len(printed("!yes | head -c 200000")) == 50_000


def test_commands_for_ipython_do_what_they_say(printed):
    assert printed("!echo hello; echo there") == "hello\nthere\n"
    assert printed("name = 'x'\n!echo {name} $name\nlines = !echo a; echo b\nlines") == "x x\n['a', 'b']\n"
    assert printed("%%bash\necho one\necho two >&2") == "one\ntwo\n"
    assert printed("%%python3 --out said\nprint(3)") == "" and printed("said") == "'3\\n'\n"
    assert printed("%%capture kept\nprint(5)") == "" and printed("kept.stdout") == "'5\\n'\n"
    assert "Wall time" in printed("%%time\ny = 1") and printed("y") == "1\n"
    assert "Wall time" in printed("%time z = 1") and printed("z") == "1\n"
    assert printed("%cd -q /\n%pwd") == "'/'\n"


def test_a_module_that_a_cell_writes_can_be_imported(play, tmp_path):
    notebook = play()
    notebook.cell(f"%cd {tmp_path}")
    for number in range(20):
        notebook.cell(f"%%writefile module_{number}.py\nnumber = {number}")
        notebook.cell(f"from module_{number} import number")
        assert notebook.get("number") == number


@pytest.mark.parametrize("line", ["%timeit count.append(1)", "%%timeit\ncount.append(1)"])
def test_what_is_timed_runs_once_for_nobody_waits_for_the_number(play, line):
    notebook = play("count = []")
    assert "per loop" in notebook.run("t", line).printed
    assert len(notebook.get("count")) == 1
    notebook.cell("%timeit -n 3 -r 2 count.append(1)")
    assert len(notebook.get("count")) == 7


@pytest.mark.parametrize("missing", [True, False])
def test_drawing_inline_needs_no_matplotlib(play, missing):
    notebook = play("import sys\nsys.modules['matplotlib'] = None" if missing else "")
    assert notebook.run("m", "%matplotlib inline\n%config InlineBackend.figure_format = 'svg'").error is None
    assert notebook.run("m", "%matplotlib\n%gui qt").error is None


def test_coroutines_are_awaited_in_one_loop(play):
    notebook = play("import asyncio\nqueue = asyncio.Queue()\nasync def take(): return await queue.get()")
    notebook.cell("task = asyncio.ensure_future(take())\nawait asyncio.sleep(0)")
    notebook.cell("await queue.put(5)\ngot = await task")
    assert notebook.get("got") == 5
    ran = notebook.run("fails", "await asyncio.sleep(0)\nawait 5")
    assert isinstance(ran.error, TypeError) and ran.error.__notes__ == ["  cell fails, line 2: await 5"]


@pytest.mark.parametrize("before", ["", "\n\n", "%%time\n", "# by me\n", "%matplotlib inline\n", "!true\n"])
def test_lines_keep_their_numbers(play, before):
    notebook = play()
    notebook.run("answer", before + FUNCTION)
    with pytest.raises(ZeroDivisionError) as caught:
        notebook.get("f")(0)
    line = before.count("\n") + 2
    assert caught.value.__notes__ == [f"  cell answer, line {line}: return 1 / x"]


def test_an_error_keeps_its_class_and_prints_nothing(play):
    notebook = play()
    ran = notebook.run("sums", "x = 1\nprint('hello')\nx / 0")
    assert isinstance(ran.error, ZeroDivisionError) and ran.printed == "hello\n"
    assert ran.error.__notes__ == ["  cell sums, line 3: x / 0"]
    for source, said in (
        ("x = (", "was never closed|incomplete input"), ("if x:\ny", "expected an indented block"),
        ("return 5", "outside function"), ("%nothing", "not found"), ("exit()", "SystemExit"),
        ("!sleep 1 &", "Background"), ("%%bash\nexit 3", "3"),
    ):  # fmt: skip
        error = notebook.run("wrong", source).error
        assert error is not None, source
        assert re.search(said, repr(error)), repr(error)
    syntax = notebook.run("wrong", "\n\nx = = 1").error
    assert isinstance(syntax, SyntaxError) and "<cell wrong>, line 3" in str(syntax)


@pytest.mark.parametrize(
    "sabotage",
    [
        "get_ipython().run_cell = lambda *a, **k: None",
        "get_ipython().compile = None",
        "get_ipython().input_transformers_cleanup.append(lambda lines: [])",
        "import sys; sys.modules['IPython'] = None; get_ipython = None",
        "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",
        "get_ipython().events.register('pre_run_cell', lambda info: 1 / 0)",
    ],
)
def test_a_shell_that_the_student_breaks_still_answers(play, sabotage):
    notebook = play("def f(): return 5")
    notebook.run("sabotage", sabotage)
    notebook.run("later", "x = 1")
    assert notebook.get("f")() == 5


def test_functions_find_the_shell_when_a_check_calls_them(play):
    notebook = play("def f():\n    display(5)\n    return get_ipython() is not None")
    assert notebook.get("f")() is True


def test_no_thread_is_left_behind(play):
    notebook = play("%%bash\ntrue")
    notebook.cell("!true\n%time 1\nimport threading\nthreads = threading.active_count()")
    assert notebook.get("threads") == 1


def test_names_are_those_of_the_notebook(play):
    notebook = play("import math\nx = 5\nexit = 6\n_private = 7\nx")
    assert notebook.names() == ["exit", "math", "x"] or set(notebook.names()) == {"exit", "math", "x"}


def test_chance_is_the_same_in_every_notebook_and_question(play):
    draws = []
    for _ in range(2):
        notebook = play(
            "import os; os.environ['OPENBLAS_NUM_THREADS'] = '1'\nimport random, numpy\n"
            "def draw(): return random.random(), numpy.random.random()"
        )
        notebook.cell("first = random.random()")
        draws.append([notebook.get("first")])
        for waste in range(2):
            notebook.cell("[draw() for _ in range(3)]" if waste else "")
            with notebook.question() as asked:
                draws[-1].append(asked.get("draw")())
    assert draws[0] == draws[1]
    assert draws[0][1] == draws[0][2], "whatever the cells have drawn before"


def test_a_warm_zygote_has_started_all_that_a_notebook_needs():
    source = (
        "import sys, threading, autograder.trust.warm; before = set(sys.modules); "
        "from autograder.trust.shell import shell; import asyncio; "
        "shell().perform('x', '%matplotlib inline\\nx = 1\\nx', asyncio.new_event_loop()); "
        "print(threading.active_count(), len(set(sys.modules) - before) < 20, 'sqlite3' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout
    assert said == "1\n1 True False\n"
