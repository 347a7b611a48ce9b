"""Nobody gains a point that was not earned, nobody loses one, nobody is stopped, nothing leaks."""

import json
import socket
from dataclasses import replace

import pytest

from autograder.cheats import matrix
from autograder.cheats.naive import by_belief
from autograder.engine.client import HostGone
from autograder.engine.verdict import KEPT, Ran, Said, Verdict
from tests.autograder.cheats.conftest import ROOT


@pytest.fixture(scope="module")
def found(every, papers):
    """The whole matrix, as `make prove` has graded it; graded here if that was before the last change."""
    return matrix.read(ROOT / "_build" / "cheats.json") or matrix.run(every, papers)


def test_a_proof_of_yesterdays_code_counts_for_nothing(tmp_path):
    path = tmp_path / "cheats.json"
    made = matrix.Matrix((matrix.Line("a", "b", "c", 1, 1, ("k",), 5, 5, {"kept": 1}),), ("x",), 1.5)
    path.write_text(json.dumps(made.data()))

    assert matrix.read(path) == made
    path.write_text(json.dumps(made.data() | {"version": "older"}))
    assert matrix.read(path) is None
    assert matrix.read(tmp_path / "none") is None


def names(lines):
    return [(line.name, line.earned, line.deserves, line.kept, line.failed) for line in lines]


def test_no_dishonest_notebook_gains_a_point(found):
    assert names(found.gained) == []


def test_every_honest_notebook_gets_what_it_deserves(found):
    assert names(found.misjudged) == []


def test_no_notebook_stops_its_class_or_costs_a_neighbour_points(found):
    assert names(found.stopped) == []


def test_the_harm_that_a_notebook_does_to_itself_stays_with_the_exercise_that_does_it(found):
    harmed = [line for line in found.lines if line.family == "limits" and line.earned != line.deserves]
    assert names(harmed) == []


def test_no_verdict_shows_hidden_checks_or_what_others_wrote(found):
    assert [(line.name, line.leaks) for line in found.leaking] == []


def test_nothing_gets_out_of_the_sandbox(found):
    assert found.escaped == ()


def test_the_matrix_is_plain_data(found, every):
    data = json.loads(json.dumps(found.data()))

    assert data["notebooks"] == len(every) == data["dishonest"] + data["honest"]
    assert data["points_gained"] == sum(line.gained for line in found.gained)
    assert [data[key] for key in ("honest_misjudged", "classes_stopped")] == [0, 0]
    assert {"name", "family", "tries", "deserves", "earned", "kept"} <= set(data["lines"][0])


def test_a_grader_that_believes_what_it_sees_gives_points_to_a_good_part_of_them(every, papers):
    families = ("lies", "patches", "nodes")
    chosen = [entry for entry in every if entry.family in families]
    handed_in = [(entry.name, entry.chapter, papers.paper(entry), ()) for entry in chosen]
    points = {verdict.student: verdict.points for verdict in by_belief(papers)(handed_in)}

    fooled = [entry.name for entry in chosen if points[entry.name] > entry.deserves]

    assert len(fooled) > len(chosen) / 4, fooled
    assert points["deletes_assertions"] == papers.full("exam")


# --- the matrix itself can fail


@pytest.fixture
def two(every):
    return [next(entry for entry in every if entry.name == name) for name in ("mock_any", "one_mistake")]


def verdicts(handed_in, points=0, beside=1, **more):
    """A verdict for each that passes so many questions, one point each."""
    for student, slug, _, _ in handed_in:
        earned = beside if student.startswith("bystander") else points
        said = tuple(Said(f"q{number}", "x", "rule", 1, KEPT) for number in range(earned))
        yield Verdict(student, slug, "", said, **({} if student.startswith("bystander") else more))


def test_the_matrix_notices_undeserved_points_and_missing_ones(two, papers):
    found = matrix.run(two, papers, lambda handed_in: verdicts(handed_in, points=3))

    assert [(line.name, line.gained) for line in found.gained] == [("mock_any", 3)]
    assert [line.name for line in found.misjudged] == ["one_mistake"]
    assert found.data()["points_gained"] == 3


def test_the_matrix_notices_a_class_that_is_stopped_and_a_neighbour_that_loses(two, papers):
    def stops(handed_in):
        assert [student for student, *_ in handed_in] == ["bystander 0", "mock_any", "one_mistake"]
        yield from verdicts(handed_in[:2], beside=6)
        raise HostGone("gone")

    found = matrix.run(two, papers, stops)
    assert [line.name for line in found.stopped] == ["one_mistake"]

    found = matrix.run(two, papers, lambda handed_in: verdicts(handed_in, beside=5))
    assert [line.name for line in found.stopped] == ["mock_any", "one_mistake"]


def test_the_matrix_notices_leaks_but_not_what_only_the_teacher_sees(two, papers):
    secret = matrix.secrets(papers, "exam")[0]
    assert len(matrix.secrets(papers, "exam")) > 20

    for more in (
        {"cells": (Ran("", "code", "", printed=f"x{secret}"),)},
        {"repairs": (f"{papers.canary}.",)},
    ):
        found = matrix.run(two, papers, lambda handed_in, more=more: verdicts(handed_in, **more))
        assert [line.name for line in found.leaking] == ["mock_any", "one_mistake"]

    said = Said("q", "x", "rule", 1, "wrong", f"see {secret}", hidden=True)
    told = Verdict("a", "exam", "", (said,))
    assert matrix.leaked(told, [secret], "") == ()
    assert matrix.leaked(replace(told, questions=(replace(said, hidden=False),)), [secret], "") != ()


def test_the_matrix_notices_what_gets_out(two, papers, monkeypatch, tmp_path):
    monkeypatch.setattr(matrix, "MARK", tmp_path / "mark")
    monkeypatch.setattr(matrix, "PORT", 47654)

    def escapes(handed_in):
        matrix.MARK.touch()
        with socket.create_connection(("127.0.0.1", matrix.PORT)):
            yield from verdicts(handed_in)

    found = matrix.run(two, papers, escapes)

    assert len(found.escaped) == 2 and not matrix.MARK.exists()
