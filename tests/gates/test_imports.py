"""Dependencies point one way."""

import pytest

from .imports import forbidden_imports, imported_at_start
from .tree import fail_on, write


def test_imports_point_the_way_the_architecture_says(root):
    fail_on(forbidden_imports(root))


def test_importing_the_laboratory_loads_neither_packages_nor_sockets(root):
    fail_on(imported_at_start(root, "distsys"))


@pytest.mark.parametrize(
    ("file", "line", "rule"),
    [
        ("distsys/node.py", "import autograder.release", "the laboratory does not know the grader"),
        ("solutions/coordination/x.py", "from autograder import grade", "know the laboratory alone"),
        ("autograder/grade.py", "import solutions.coordination.x", "nothing imports the course's own texts"),
        ("distsys/draw/spacetime.py", "from ..simulation import Run", "draw and check read traces"),
        ("distsys/check/causality.py", "from .. import network", "draw and check read traces"),
        ("distsys/draw/__init__.py", "from ..node import Node", "draw and check read traces"),
        ("distsys/node.py", "from .coordination import x", "the laboratory does not know the chapters"),
        ("distsys/draw/rings.py", "import matplotlib.pyplot", "the standard library alone"),
        ("distsys/node.py", "from threading import Lock", "a browser has no threads"),
        ("distsys/node.py", "try:\n    import numpy\nexcept ImportError: ...", "the standard library alone"),
    ],
)
def test_gate_rejects(tmp_path, file, line, rule):
    packages = ("simulation", "network", "node", "coordination/x")
    write(tmp_path, {f"distsys/{name}.py": "" for name in packages})
    write(tmp_path, {file: line})

    problems = forbidden_imports(tmp_path)

    assert len(problems) == 1
    assert rule in problems[0]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("distsys/draw/spacetime.py", "from ..trace import Trace"),
        ("distsys/simulation.py", "def show():\n    from .draw import spacetime"),
        ("distsys/coordination/x.py", "from ..node import Node"),
        ("distsys/sockets.py", "import asyncio"),
        ("distsys/node.py", "def plot():\n    import matplotlib"),
        ("autograder/prove.py", "from distsys.check import seeds\nimport nbformat"),
    ],
)
def test_gate_accepts(tmp_path, file, line):
    write(tmp_path, {file: line})

    assert not forbidden_imports(tmp_path)


def test_gate_sees_what_an_import_loads_indirectly(tmp_path):
    write(tmp_path, {"sample/__init__.py": "", "sample/node.py": "import logging"})
    # the gate looks at the packages of the project, so the sample takes the name of one
    (tmp_path / "sample").rename(tmp_path / "distsys")

    problems = imported_at_start(tmp_path, "distsys")

    assert problems == ["importing distsys.node loads threading"]


def test_gate_sees_a_package_that_is_not_in_the_standard_library(tmp_path):
    write(tmp_path, {"distsys/__init__.py": "import pandas"})

    problems = imported_at_start(tmp_path, "distsys")

    assert "importing distsys failed without site-packages" in problems[0]
