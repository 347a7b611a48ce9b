"""`make` says in one sentence what is missing, and never believes a run that was cut short."""

import os
import shutil
import subprocess
import sys

import pytest

# What the first steps of the Makefile call, besides Python and git.
TOOLS = (
    "awk", "chmod", "cksum", "cmp", "cp", "find", "grep", "head", "make", "mkdir", "mv", "rm", "sed", "sh",
    "sort", "tail", "touch", "tr", "xargs",
)  # fmt: skip


@pytest.fixture
def make(root, tmp_path):
    """Run make in a fresh folder, with nothing on the path but the tools and the given fakes."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(root / name, tmp_path)
    programs = tmp_path / "programs"
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool))

    def run(*arguments: str, **fakes: str) -> subprocess.CompletedProcess[str]:
        for name, script in fakes.items():
            fake = programs / name
            fake.write_text(f"#!/bin/sh\n{script}\n")
            fake.chmod(0o755)
        return subprocess.run(
            ["make", *arguments],
            cwd=tmp_path,
            # without the variables of the make that runs this test
            env={"PATH": str(programs), "HOME": os.environ["HOME"]},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def fake_python(**behaviour: str) -> str:
    """A Python that runs a line of shell when its arguments hold a word, and is the real one otherwise."""
    cases = "".join(f"*{word}*) {line};;" for word, line in behaviour.items())
    return f'case "$*" in {cases} *) exec "{sys.executable}" "$@";; esac'


def test_help_lists_every_command(make, root):
    text = (root / "Makefile").read_text("utf-8")
    promised = text.partition(".PHONY:")[2].partition("\n")[0].split()

    listed = make().stdout

    internal = {"FORCE"}
    assert {"course", "test"} <= set(promised)
    assert [name for name in promised if name not in internal and f"make {name} " not in listed] == []


@pytest.mark.parametrize(
    ("fakes", "arguments", "sentence"),
    [
        ({}, (), "git is missing: install the system package git"),
        ({"git": "exit 0"}, (), "Python 3.11 or newer is missing: install the system package python3.11"),
        ({"git": "exit 0", "python3": "exit 1"}, (), "Python 3.11 or newer is missing"),
        ({"git": "exit 0"}, ("PYTHON=false",), "false is not Python 3.11 or newer"),
        (
            {"git": "exit 0", "python3": fake_python(ensurepip="exit 1")},
            (),
            f"install the system package python3.{sys.version_info.minor}-venv",
        ),
    ],
    ids=["no git", "no python", "an old python", "a wrong python", "no venv"],
)
def test_a_missing_program_is_named_in_one_sentence(make, fakes, arguments, sentence):
    result = make("venv", *arguments, **fakes)

    ours, makes_own = result.stderr.splitlines()
    assert result.returncode
    assert sentence in ours
    assert makes_own.startswith("make: ***")


def broken_pip(pip: str) -> dict[str, str]:
    """A git, and a Python that makes environments whose Python does one thing: what the test says."""
    python = ".venv/bin/python"
    script = f"mkdir -p .venv/bin; printf '#!/bin/sh\\n%s\\n' '{pip}' >{python}; chmod +x {python}"
    # the word `clear` stands only in the command that makes the environment
    return {"git": "exit 0", "python3": fake_python(clear=script)}


def test_a_failed_installation_shows_its_last_words_and_its_log(make):
    result = make("venv", **broken_pip("echo Collecting sphinx; echo ERROR: no space left; exit 1"))

    assert result.returncode
    assert result.stderr.startswith("ERROR: no space left\n")
    assert "The whole output is in _build/logs/pip.log." in result.stderr


@pytest.mark.parametrize("pip", ["exit 1", "kill -9 $PPID"], ids=["fails", "is killed"])
def test_an_installation_that_was_cut_short_is_done_again(make, tmp_path, pip):
    cut_short = make("venv", **broken_pip(pip))

    again = make("venv", **broken_pip("exit 0"))

    assert cut_short.returncode
    assert "installing the pins" in again.stdout
    assert again.returncode == 0
    assert (tmp_path / ".venv/.installed").exists()


def test_an_installed_environment_is_left_alone(make, tmp_path):
    make("venv", **broken_pip("exit 0"))
    (tmp_path / "requirements.txt").touch()

    again = make("venv", **broken_pip("exit 1"))

    assert again.returncode == 0
    assert "installing" not in again.stdout


def test_other_pins_are_installed_into_the_same_environment(make, tmp_path):
    make("venv", **broken_pip("exit 0"))
    (tmp_path / "requirements.txt").write_text("sphinx==1\n")

    again = make("venv", **broken_pip("exit 0"))

    assert "installing the pins" in again.stdout
    assert "creating the environment" not in again.stdout


def test_an_environment_of_another_folder_is_made_again(make, tmp_path):
    make("venv", **broken_pip("exit 0"))
    (tmp_path / ".venv/.installed").write_text("/somewhere/else\n")

    again = make("venv", **broken_pip("exit 0"))

    assert "creating the environment" in again.stdout


# --- the pages as they were read

BUILD = "test -e _build/.doctrees/kept && echo kept; mkdir -p _build/.doctrees; touch _build/.doctrees/kept"


@pytest.fixture
def book(make, tmp_path):
    """Build a book of one page after files have changed; tells what of the last build was used again."""
    frontend = "book/_frontend/node_modules", "book/_frontend/package-lock.json", "book/_frontend/vendor.mjs"
    files = "book/page.md", "book/_ext/part.py", "book/_toc.yml", "_config.yml", "distsys/node.py"
    for name in (*frontend, *files, "book/_frontend/vendor/.made"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    make("venv", **broken_pip("exit 0"))
    python = tmp_path / ".venv/bin/python"

    def build(*changed: str, then: str = "exit 0") -> str:
        for name in changed:
            (tmp_path / name).write_text("Changed.\n")
        python.write_text(f"#!/bin/sh\n{BUILD}; {then}\n")
        make("book", git="exit 0", python3=fake_python())
        return (tmp_path / "_build/logs/book.log").read_text("utf-8")

    build()
    return build


def test_after_a_change_of_prose_the_other_pages_are_not_read_again(book):
    assert "kept" in book("book/page.md")


@pytest.mark.parametrize("changed", ["book/_ext/part.py", "book/_toc.yml", "_config.yml", "distsys/node.py"])
def test_after_any_other_change_every_page_is_read_again(book, changed):
    assert "kept" not in book(changed)


def test_after_a_build_that_failed_every_page_is_read_again_and_its_warnings_come_again(book):
    book("book/page.md", then="exit 1")

    assert "kept" not in book()
