"""Code and prose are clean for ruff, mypy and codespell."""

import shutil
import subprocess
import sys
from pathlib import Path

from .tree import fail_on, project_files, write


def ruff(root: Path) -> list[str]:
    return _complaints(root, "ruff", "check", "--output-format=concise", ".")


def mypy(root: Path) -> list[str]:
    return _complaints(root, "mypy")


def codespell(root: Path, files: list[Path]) -> list[str]:
    return _complaints(root, "codespell", *(str(path.relative_to(root)) for path in files))


def _complaints(root: Path, module: str, *arguments: str) -> list[str]:
    """What a checker prints about the tree; nothing if it is content."""
    # codespell_lib has no __main__ under the name of its command
    command = [sys.executable, "-m", module, *arguments]
    if module == "codespell":
        command[2] = "codespell_lib"
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return (result.stdout + result.stderr).splitlines() or ["failed silently"] if result.returncode else []


def test_ruff_finds_nothing(root):
    fail_on(ruff(root))


def test_mypy_finds_nothing(root):
    fail_on(mypy(root))


def test_codespell_finds_nothing(root):
    fail_on(codespell(root, project_files(root)))


def test_ruff_gate_rejects_an_unused_import(root, tmp_path):
    shutil.copy(root / "pyproject.toml", tmp_path)
    write(tmp_path, {"distsys/bad.py": '"""Bad."""\n\nimport os\n'})

    problems = ruff(tmp_path)

    assert "F401" in problems[0]


def test_mypy_gate_rejects_a_function_without_types(root, tmp_path):
    shutil.copy(root / "pyproject.toml", tmp_path)
    write(tmp_path, {"distsys/bad.py": "def f(x):\n    return x\n", "autograder/good.py": "x: int = 1\n"})

    problems = mypy(tmp_path)

    assert "missing a type annotation" in problems[0]


def test_codespell_gate_rejects_a_misspelt_page(root, tmp_path):
    shutil.copy(root / "pyproject.toml", tmp_path)
    misspelt = "recie" + "ve"
    write(tmp_path, {"book/page.md": misspelt})

    problems = codespell(tmp_path, [tmp_path / "book/page.md"])

    assert "receive" in problems[0]
