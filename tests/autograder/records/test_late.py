"""What is late, what it costs, and how that is said."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.assignment import Assignment
from autograder.course import CourseError
from autograder.records.gradebook import standings, write
from autograder.records.late import Late, Policy, read_policy
from tests.autograder.records.verdicts import COUNTS, by_hand, everything, hand_in, verdict
from tests.autograder.tiny import SLUG

DUE = datetime(2026, 10, 12, 18)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = """
grace_hours = 1
percent_per_day = 10
most_percent = 25
[due]
tiny_sums = 2026-10-12T18:00:00
"""


def policy(root: Path, text: str) -> Policy:
    (root / "late.toml").write_text(text)
    found = read_policy(root)
    assert found
    return found


@pytest.mark.parametrize(
    ("after", "days", "percent"),
    [
        (-DAY, 0, 0),
        (timedelta(0), 0, 0),
        (HOUR, 0, 0),  # the grace is not over
        (HOUR + timedelta(seconds=1), 1, 10),
        (HOUR + DAY, 1, 10),
        (HOUR + DAY + timedelta(seconds=1), 2, 20),
        (9 * DAY, 9, 25),  # it costs no more
    ],
)
def test_each_day_begun_after_the_grace_costs(
    root: Path, after: timedelta, days: int, percent: float
) -> None:
    judged = policy(root, RULES).judge("anna", {SLUG: DUE + after})

    assert judged == {SLUG: Late(days, 0, percent)}


def test_free_days_are_used_in_the_order_of_the_due_dates(root: Path) -> None:
    rules = policy(root, "percent_per_day = 10\nfree_days = 3\n[due]\nb = 2026-10-01\na = 2026-10-08\n")
    times = {"a": datetime(2026, 10, 10, 12), "b": datetime(2026, 10, 3, 12), "not_due": DUE}

    judged = rules.judge("anna", times)

    assert judged == {"b": Late(2, 2, 0), "a": Late(2, 1, 10), "not_due": Late()}
    assert rules.judge("anna", {"a": times["a"]}) == {"a": Late(2, 2, 0)}


def test_an_extension_is_a_number_of_days_or_a_date(root: Path) -> None:
    longer = '[extensions.anna]\ntiny_sums = 1.5\n[extensions."b.o@x"]\ntiny_sums = 2026-11-01T12:00:00Z\n'
    rules = policy(root, RULES + longer)

    assert rules.due_for("anna", SLUG) == DUE + 1.5 * DAY
    assert rules.due_for("b.o@x", SLUG) == datetime(2026, 11, 1, 12)
    assert rules.extension("anna", SLUG) == 1.5 * DAY
    assert rules.extension("carl", SLUG) is None


def test_a_date_is_the_end_of_that_day_where_the_course_is(root: Path) -> None:
    rules = policy(root, 'timezone = "Europe/Berlin"\n[due]\nsummer = 2026-10-12\nwinter = 2026-11-12\n')

    assert rules.due == {
        "summer": datetime(2026, 10, 12, 21, 59, 59),
        "winter": datetime(2026, 11, 12, 22, 59, 59),
    }


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (Late(), ""),
        (Late(1, 0, 10), "Handed in 1 day late: 10 % of the points are taken off."),
        (Late(3, 1, 12.5), "Handed in 3 days late, 1 day of it free: 12.5 % of the points are taken off."),
        (Late(2, 2, 0), "Handed in 2 days late, 2 days of it free."),
    ],
)
def test_lateness_is_said_in_a_sentence(late: Late, said: str) -> None:
    assert late.reason == said


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("due = [", "is not TOML: "),
        ("percent = 5", "has the unknown key `percent`; known are due, extensions, free_days, "),
        ("percent_per_day = '5'", "gives `percent_per_day` as '5'; it must be a number from 0"),
        ("free_days = -1", "gives `free_days` as -1; it must be a number from 0"),
        ("grace_hours = nan", "gives `grace_hours` as nan; it must be a number from 0"),
        ("most_percent = 101", "says most_percent = 101; 100 is all there is"),
        ("free_days = true", "gives `free_days` as True"),
        ("due = 5", "gives `due` as 5; it must be a table, such as \\[due\\]"),
        ("[due]\na = '2026-10-12'", "gives `due.a` as '2026-10-12'; it must be a date such as 2026-10-12"),
        ("[due]\na = 10:00:00", "gives `due.a` as 10:00:00; it must be a date"),
        ("timezone = 'Mars/Base'", "gives `timezone` as 'Mars/Base'; it must be a name such as"),
        ("timezone = '../x'", "gives `timezone` as '../x'"),
        ("extensions.anna.a = 1", "extends `a` for anna, which has no due date; add it under \\[due\\]"),
        ("extensions.anna = 1", "gives `extensions.anna` as 1; it must be a table"),
        ("[due]\na = 2026-10-12\n[extensions.anna.b]\na = 1", "has the table `extensions.anna.b`; put"),
        ("[due]\na = 2026-10-12\n[extensions.anna]\na = 'x'", "gives `extensions.anna.a` as 'x'"),
    ],
)
def test_a_mistake_in_the_rules_is_one_sentence(root: Path, text: str, complaint: str) -> None:
    (root / "late.toml").write_text(text)

    with pytest.raises(CourseError, match=f"late.toml {complaint}") as raised:
        read_policy(root)

    assert "\n" not in str(raised.value)


def test_without_rules_nothing_is_late(root: Path, assignment: Assignment) -> None:
    assert read_policy(root) is None
    hand_in(root, "anna", datetime(2030, 1, 1, tzinfo=UTC))

    write(root, assignment, [verdict(assignment, "anna")])

    assert standings(root, assignment)["anna"].late == Late()


def late_class(root: Path, assignment: Assignment) -> list:
    """Anna is in time, Bob two days late with a day more, Carl two days late."""
    (root / "late.toml").write_text(RULES + "[extensions.bob]\ntiny_sums = 1\n")
    for student, days in {"anna": -1, "bob": 2, "carl": 2}.items():
        hand_in(root, student, DUE.replace(tzinfo=UTC) + days * DAY)
    verdicts = [verdict(assignment, name) for name in ("anna", "bob", "carl")]
    write(root, assignment, verdicts)
    return verdicts


def test_the_gradebook_holds_dates_and_penalties(root: Path, assignment: Assignment) -> None:
    late_class(root, assignment)

    found = standings(root, assignment)
    assert [one.penalty for one in found.values()] == [0, 0.6, 1.2]
    assert [one.total for one in found.values()] == [6, 5.4, 4.8]
    assert found["bob"].late.reason == "Handed in 1 day late: 10 % of the points are taken off."
    rows = everything(root)
    assert sorted(row[-1] or 0 for row in rows["submitted_notebook"]) == [0, 0.6, 1.2]
    assert rows["assignment"][0][2] == "2026-10-12 18:00:00.000000"


def test_a_penalty_follows_every_change(root: Path, assignment: Assignment) -> None:
    verdicts = late_class(root, assignment)

    with by_hand(root, "carl") as (grades, _):
        grades[COUNTS].manual_score = 1.0
    assert standings(root, assignment)["carl"].penalty == 0.8  # without another run
    (root / "late.toml").write_text(RULES.replace("percent_per_day = 10", "percent_per_day = 5"))
    write(root, assignment, [])
    assert [one.penalty for one in standings(root, assignment).values()] == [0, 0.6, 0.4]
    assert sorted(row[-1] or 0 for row in everything(root)["submitted_notebook"]) == [0, 0.4, 0.6]

    (root / "late.toml").unlink()
    write(root, assignment, verdicts)
    assert [one.penalty for one in standings(root, assignment).values()] == [0, 0, 0]
    assert {row[-1] for row in everything(root)["submitted_notebook"]} == {None}


def test_an_extension_taken_back_counts_no_more(root: Path, assignment: Assignment) -> None:
    verdicts = late_class(root, assignment)
    assert "1970-01-02" in str(everything(root)["submitted_assignment"])  # how nbgrader keeps a day more
    (root / "late.toml").write_text(RULES)

    write(root, assignment, verdicts)

    assert standings(root, assignment)["bob"].penalty == 1.2
    assert "1970-01-02" not in str(everything(root)["submitted_assignment"])
    assert write(root, assignment, verdicts).changed == 0


def test_a_mistake_in_the_rules_writes_nothing(root: Path, assignment: Assignment) -> None:
    verdicts = late_class(root, assignment)
    before = everything(root)
    (root / "late.toml").write_text("free_days = -1")

    with pytest.raises(CourseError, match="free_days"):
        write(root, assignment, [*verdicts, verdict(assignment, "dora")])

    assert everything(root) == before
