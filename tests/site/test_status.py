"""The status page says what made and tests the site, and nothing of the machine."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from course.status import browser_python, commit, counted, made_from, packages, scripts, time_table

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"


@pytest.fixture
def tree(tmp_path):
    """A repository with one commit."""
    (tmp_path / "a.txt").write_text("a")
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "A"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    return tmp_path


def head(tree):
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout[:12]


def test_the_commit_is_named_and_what_was_changed_since(tree):
    assert commit(tree) == head(tree)

    (tree / "a.txt").write_text("b")
    assert commit(tree) == f"{head(tree)} and changes since"


def test_without_git_there_is_no_commit(tmp_path, monkeypatch):
    assert list(made_from(tmp_path, {})) == []

    monkeypatch.setenv("PATH", "")
    assert commit(tmp_path) == ""


def test_there_is_a_date_only_if_the_source_has_one(tmp_path):
    given = {"SOURCE_DATE_EPOCH": "86400"}

    assert list(made_from(tmp_path, given)) == [("Date", "1970-01-02", "of the source")]


def test_a_package_is_listed_as_it_is_installed_with_its_reason():
    listed = packages("# head\n\nsphinx==1.0   # builds\nnot-there==2 # no\npytest[x]==3  # tests\n-e .\n")

    assert list(listed) == [
        ("sphinx", version("sphinx"), "builds"),
        ("not-there", "not installed", "no"),
        ("pytest", version("pytest"), "tests"),
    ]


def test_a_script_is_listed_as_it_is_locked():
    package = {"dependencies": {"a": "^1"}, "devDependencies": {"b": "2"}}
    lock = {"node_modules/a": {"version": "1.5.0"}, "node_modules/b": {"version": "2.0.0"}}

    assert list(scripts(package, lock)) == [
        ("a", "1.5.0", "served to readers"),
        ("b", "2.0.0", "builds or tests the site"),
    ]


def test_the_lock_of_pyodide_says_its_python():
    assert browser_python('export const LOCK = \'{"info":{"python":"3.14.2"}}\';') == "3.14.2"
    assert browser_python("") == "unknown"


def test_test_functions_are_counted_by_folder(tmp_path):
    folder = tmp_path / "gates" / "deep"
    folder.mkdir(parents=True)
    (tmp_path / "gates" / "__init__.py").write_text('"""Is all in order?\n\nMore.\n"""')
    (folder / "test_a.py").write_text(
        "def test_one(): ...\nclass TestB:\n    def test_two(self): ...\ndef help(): ..."
    )
    (tmp_path / "empty").mkdir()

    assert list(counted(tmp_path)) == [("gates", "Is all in order?", 2)]


def test_the_slowest_page_comes_first_and_words_stay_words():
    table = time_table([("a", "A < B", 1.0), ("b", "B", 2.25)])

    assert re.findall(r'scope="row">(.*?)</th><td class="count">(.*?)</td>', table) == [
        ("B", "2.2"),
        ("A &lt; B", "1.0"),
    ]
    assert "The cells of 2 pages ran in 3 seconds." in table


# --- the page of the site


def indiscreet(page: str) -> list[str]:
    """What a page tells of the machine that built it: paths and times of day."""
    places = [str(ROOT), str(Path.home()), sys.prefix, "/tmp/"]
    return [place for place in places if place in page] + re.findall(r"\b\d\d:\d\d:\d\d\b", page)


@pytest.fixture(scope="module")
def article():
    path = SITE / "reference" / "status.html"
    if not path.exists():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    return path.read_text("utf-8").partition("<article")[2].partition("</article>")[0]


def test_the_page_of_the_site_tells_nothing_of_the_machine(article):
    assert indiscreet(article) == []


def test_the_gate_sees_a_path_and_a_time_of_day():
    assert indiscreet(f"<p>{ROOT}/book</p>") != []
    assert indiscreet("built at 12:30:01") == ["12:30:01"]


def test_the_page_of_the_site_names_every_version(article):
    requirements = (ROOT / "requirements.in").read_text("utf-8")

    assert ".".join(map(str, sys.version_info[:3])) in article
    for name, number, _ in packages(requirements):
        assert f'<th scope="row">{name}</th><td>{number}</td>' in article
    assert re.search(r'scope="row">pyodide</th><td>\d+\.\d+\.\d+</td>', article)


@pytest.mark.parametrize("title", ["Reliable links", "Time and clocks", "How it works"])
def test_the_page_of_the_site_has_the_time_of_every_page_with_cells(article, title):
    assert re.search(rf'scope="row">{title}</th><td class="count">\d+\.\d</td>', article)
