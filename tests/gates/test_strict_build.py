"""A mistake on a page fails the build, with the real configuration."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .tree import write

HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
---
"""
CELL = "```{code-cell} python\n%s\n```\n"


@pytest.fixture(scope="module")
def build(root, tmp_path_factory):
    """Build a book of one page; return whether that worked, and what was printed."""

    def run(page: str, **sphinx: object) -> tuple[bool, str]:
        tree = tmp_path_factory.mktemp("course")
        config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
        config["sphinx"]["config"].update(sphinx)
        write(
            tree,
            {
                "_config.yml": yaml.safe_dump(config),
                "book/_toc.yml": "format: jb-book\nroot: index\n",
                "book/index.md": f"{HEADER}\n# A page\n\n## A section\n\n{page}\n",
            },
        )
        for name in ("_ext", "_frontend"):
            (tree / "book" / name).symlink_to(root / "book" / name)
        shutil.copytree(root / "book/_static", tree / "book/_static")
        shutil.copy(root / "book/references.bib", tree / "book")
        programs = Path(sys.executable).parent
        result = subprocess.run(
            [programs / "jupyter-book", "build", "book", "-W", "-n", "--keep-going"],
            cwd=tree,
            env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        return result.returncode == 0, result.stdout + result.stderr

    return run


def test_a_good_page_builds(build):
    done, output = build(CELL % "1 + 1")

    assert done, output


def test_a_failing_cell_fails_the_build(build):
    done, output = build(CELL % "1 / 0")

    assert not done
    assert "division by zero" in output


@pytest.fixture(scope="module")
def careless(build):
    """One build for all the mistakes that do not end it at once."""
    page = "See {ref}`nowhere` and {doc}`gone`.\n\n" + CELL % "import sys\nprint('careful', file=sys.stderr)"
    return build(page, no_such_option=1)


def test_a_careless_page_fails_the_build(careless):
    done, _ = careless

    assert not done


@pytest.mark.parametrize(
    "complaint",
    [
        "undefined label: 'nowhere'",
        "unknown document: 'gone'",
        "stderr was found in the cell outputs",
        "unknown config value 'no_such_option'",
    ],
)
def test_the_build_names_the_mistake(careless, complaint):
    _, output = careless

    assert complaint in output
