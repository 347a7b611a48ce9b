"""Honest notebooks run in the sandbox as they do at home, and can be asked after every cell."""

from pathlib import Path

import pytest

from autograder.sandbox import Sandbox
from autograder.trust.link import Link

ROOT = Path(__file__).parents[3]
SHOWN = [ROOT / "distsys", ROOT / "autograder" / "trust"]
HONEST = [
    ("%matplotlib inline\nimport math\nmath.floor(2.5)", "2\n"),
    ("!echo hello && pwd", "hello\n/submission/here\n"),
    ("%%bash\necho $HOME; ls -a | wc -l", "/submission/here\n2\n"),
    ("%%writefile mine.py\nanswer = 42", "Writing mine.py\n"),
    ("import mine\nmine.answer", "42\n"),
    ("import warnings\nwarnings.warn('old')", "<cell 5>:2: UserWarning: old\n  warnings.warn('old')\n"),
    ("import sys\nprint('to stderr', file=sys.stderr)", "to stderr\n"),
    ("import asyncio\nasync def f(): return 5\nawait f()", "5\n"),
    ("from concurrent.futures import ThreadPoolExecutor\n"
     "with ThreadPoolExecutor(2) as pool: squares = list(pool.map(abs, [-1, -2]))\nsquares", "[1, 2]\n"),
    ("import asyncio, threading\nthread = threading.Thread(target=lambda: asyncio.run(f()))\n"
     "thread.start(); thread.join()", ""),
    ("import subprocess\nsubprocess.run(['cat', 'mine.py'], capture_output=True, text=True).stdout",
     "'answer = 42\\n'\n"),
    ("from matplotlib import pyplot\nfigure = pyplot.figure(); pyplot.plot([1, 2]); pyplot.show()", None),
    ("import pandas\npandas.DataFrame({'n': [1, 2]})", "   n\n0  1\n1  2\n"),
    ("_['n'].sum()", None),
    ("help(f)", "Help on function f in module __main__:\n\nasync f()\n\n"),
]  # fmt: skip


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(("autograder.trust.warm",), readable=SHOWN) as started:
        yield started


def test_an_honest_notebook_prints_what_it_prints_at_home(sandbox):
    with sandbox.submission("autograder.trust.player:serve") as cell:
        link = Link(cell.socket, 60)
        for number, (source, printed) in enumerate(HONEST):
            ran = link.run(str(number), source)
            assert ran.error is None, f"{source}: {ran.error}"
            assert printed is None or ran.printed == printed, source
            with cell.snapshot() as question:
                assert Link(question.socket).names()
        assert {"mine", "f", "figure"} <= set(link.names())


def test_drawing_says_nothing_about_missing_screens(sandbox):
    with sandbox.submission("autograder.trust.player:serve") as cell:
        link = Link(cell.socket, 60)
        source = "%matplotlib inline\nfrom matplotlib import pyplot\npyplot.plot([1])\npyplot.show()"
        said = link.run("plot", source)
        assert said.error is None and said.printed == ""


def test_chance_and_the_order_of_sets_are_the_same_for_everybody():
    seen = set()
    for _ in range(2):
        with Sandbox(("autograder.trust.warm",), readable=SHOWN) as sandbox:
            for _ in range(2):
                with sandbox.submission("autograder.trust.player:serve") as cell:
                    link = Link(cell.socket, 60)
                    link.run("a", "import random, numpy\nfirst = random.random()")
                    link.run("b", "def draw(): return random.random(), float(numpy.random.random())")
                    link.run("c", "names = list({'a', 'b', 'c', 'd'})")
                    with cell.snapshot() as question:
                        drawn = Link(question.socket).get("draw")()
                    seen.add((link.get("first"), *drawn, *link.get("names")))
    assert len(seen) == 1


def test_the_shell_is_started_by_the_zygote_and_not_by_every_notebook(sandbox):
    with sandbox.submission("autograder.trust.player:serve") as cell:
        source = "import gc\nany(thing is get_ipython() for thing in gc.get_objects())"
        assert Link(cell.socket).run("a", source).printed == "False\n", "what was there before is frozen"
