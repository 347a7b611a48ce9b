"""A failed run of a chapter's check shows what happened, in words and as a small picture."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from autograder import assignment
from autograder.mutants import mutate, read_mutants
from distsys.faults.shown import MOST_BYTES, Shown

ROOT = Path(__file__).parents[2]
CHAPTER = assignment.read(ROOT / "solutions" / "coordination" / "time_and_clocks.py")
WRONG = {
    one.name: one
    for one in read_mutants(ROOT / "autograder" / "mutants" / "time_and_clocks.toml", CHAPTER).wrong
}
RANDOM = {
    "lamport_clock": "lamport_clock-stamps_respect_happens_before_in_random_runs",
    "vector_clock": "vector_clock-stamps_say_exactly_what_happened_before_what_in_random_runs",
    "causal_broadcast": "causal_broadcast-random_runs_deliver_all_once_in_causal_order_and_keep_nothing",
    "lease": "lease-in_random_runs_nobody_writes_on_a_lost_lease_and_both_get_their_turn",
}


def failure(name: str, test: str = "") -> Any:
    """What the assertion says that a wrong answer fails."""
    wrong = WRONG[name]
    test = test or RANDOM[wrong.exercise]
    here: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(StringIO()):
        for cell in CHAPTER.cells:
            if cell.kind in ("locked", "solution"):
                exec(mutate(CHAPTER, wrong) if cell.name == wrong.exercise else cell.source, here)
    source = next(cell.source for cell in CHAPTER.cells if cell.name == test)
    with pytest.raises(AssertionError) as raised:
        exec(source, here)
    return raised.value.args[0]


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("receive_forgets_its_own_past", "4 events"),
        ("local_does_not_tick", "1 event"),
        ("merge_overwrites", "5 events"),
        ("old_news_is_no_event", "3 events"),
        ("takes_over_all_counts", "4 events"),
        ("delivers_duplicates", "3 events"),
    ],
)
def test_a_broken_order_is_told_in_a_few_events(name, events):
    said = failure(name)

    first, many, *story = str(said).splitlines()
    assert first.startswith("seed ")
    assert many == f"It takes {events}:"
    assert story[-1].startswith("The whole run: ")
    assert 1000 < len(said._repr_html_()) <= MOST_BYTES


@pytest.mark.parametrize(
    ("name", "why", "shows"),
    [
        ("still_the_wall_clock", "but the lease belongs to alice", "sends Write"),
        ("never_valid", "alice wrote 0 times", "receives Grant"),
        ("frees_one_message_only", "never delivered", "receives Said"),
        ("keeps_duplicates_for_ever", "everything is delivered, but", "receives Said"),
    ],
)
def test_what_depends_on_time_is_told_by_the_last_events(name, why, shows):
    said = failure(name)

    first, then, *_ = str(said).splitlines()
    assert first.startswith("seed ")
    assert why in first
    assert then == "It ends like this:"
    assert shows in said._repr_html_()
    assert len(said._repr_html_()) <= MOST_BYTES


def test_a_scripted_scenario_is_drawn_too():
    said = failure("delivers_at_once", WRONG["delivers_at_once"].killed_by)

    assert isinstance(said, Shown)
    assert str(said).startswith("n3 saw ['Yes'] although 'Lunch?' had not reached it")
    assert "<svg" in said._repr_html_()
