"""The files speak of no machine."""

import pytest

from .paths import telling_places
from .tree import fail_on, project_files, write


def test_no_file_names_a_place_of_one_machine(root):
    fail_on(telling_places(root, project_files(root)))


@pytest.mark.parametrize(
    "place",
    [
        "/wo" + "rk/main",
        'cd "/ro' + 'ot/x"',
        "/ho" + "me/ada",
        "C:\\" + "Users\\ada",
        "https://py" + "pi.org/simple",
        "https://example.org/a-1.0" + ".whl",
        "/tmp/ipy" + "kernel_12/3.py",
    ],
)
def test_gate_rejects(tmp_path, place):
    write(tmp_path, {"page.md": f"# Title\nlook in {place} for it\n"})

    problems = telling_places(tmp_path, [tmp_path / "page.md"])

    assert len(problems) == 1
    assert problems[0].startswith("page.md:2: ")


@pytest.mark.parametrize(
    "text", ["the node does its share of /workers", "read and/or write", "book/work", "http://127.0.0.1:8000/"]
)
def test_gate_accepts(tmp_path, text):
    write(tmp_path, {"page.md": text})

    assert not telling_places(tmp_path, [tmp_path / "page.md"])
