"""There are enough notebooks, of every family, and each says what it is."""

import json
from dataclasses import replace

import pytest

from autograder.cheats.entries import entries
from autograder.cheats.tampering import WAYS
from autograder.engine.submitted import Refused, read

FAMILIES = {
    "arguments", "chapter", "escapes", "exceptions", "forging", "frames", "honest", "knowledge", "lies",
    "limits", "nodes", "patches", "tampering",
}  # fmt: skip


def test_there_are_eighty_dishonest_and_twenty_five_honest_ones_of_every_family(every):
    honest = [entry for entry in every if entry.honest]

    assert len(every) - len(honest) >= 80
    assert len(honest) >= 25
    assert {entry.family for entry in every} == FAMILIES


def test_each_says_in_a_clause_what_it_tries(every):
    for entry in every:
        assert len(entry.tries) > 15, entry.name
        assert entry.tries[0].islower() and not entry.tries.endswith("."), entry.tries


def test_every_way_to_tamper_is_used(every):
    assert {entry.tamper for entry in every if entry.tamper} == set(WAYS)


def test_no_two_hand_in_the_same_file_and_none_can_be_confused_with_a_neighbour(every, papers):
    files = {papers.paper(entry) for entry in every} | {
        papers.bystander(entry.chapter, 1) for entry in every[:1]
    }

    assert len(files) == len(every) + 1


def test_nobody_deserves_more_than_there_is(every, papers):
    for entry in every:
        assert 0 <= entry.deserves <= papers.full(entry.chapter), entry.name


def test_answers_stand_in_their_cells_and_own_cells_between_them(every, papers):
    (entry,) = [entry for entry in every if entry.name == "magics_and_plots"]
    cells = read(papers.paper(entry))

    assert [cell.source for cell in cells if cell.source in (entry.first, entry.last)] == [
        entry.first,
        entry.last,
    ]
    assert "### BEGIN" not in papers.paper(entry).decode()


def test_the_archive_is_no_notebook(every, papers):
    (entry,) = [entry for entry in every if entry.tamper == "archive"]
    with pytest.raises(Refused):
        read(papers.paper(entry))


def test_an_unknown_key_or_a_name_used_twice_is_refused(tmp_path):
    good = '[[notebook]]\nname = "a"\ntries = "something that is long enough"\n'
    (tmp_path / "lies.toml").write_text(good)
    assert [entry.name for entry in entries(tmp_path)] == ["a"]

    (tmp_path / "frames.toml").write_text(good)
    with pytest.raises(ValueError, match="the name a is used twice"):
        entries(tmp_path)

    (tmp_path / "frames.toml").write_text(good.replace('"a"', '"b"') + "deserve = 3\n")
    with pytest.raises(ValueError, match="b has the unknown key deserve"):
        entries(tmp_path)


def test_an_answer_to_what_nobody_asked_is_refused(every, papers):
    with pytest.raises(ValueError, match="answers nothing_asked"):
        papers.paper(replace(every[0], cells={"nothing_asked": "x = 1"}))


def test_released_notebooks_hold_no_answer(papers):
    for text in papers.released.values():
        assert "BEGIN SOLUTION" not in text and json.loads(text)["nbformat"] == 4
