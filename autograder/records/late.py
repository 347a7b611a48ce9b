"""How late was each submission, and what does it cost?

The rules stand in ``late.toml`` in nbgrader's course root::

    timezone = "Europe/Berlin"      # of dates without one; UTC if it is left out
    grace_hours = 1                 # nothing is late within it
    percent_per_day = 10            # of the points earned, for each day begun
    most_percent = 50               # it never costs more
    free_days = 3                   # late days that cost nothing, for each student in the whole course

    [due]
    time_and_clocks = 2026-10-12                 # the end of that day
    replication = 2026-10-19T18:00:00

    [extensions.anna]
    time_and_clocks = 3                          # days more, or a date of her own

A chapter that is not named is never late. Free days are used in the order of the due dates.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from autograder.course import CourseError

FILE = "late.toml"

_DAY = timedelta(days=1)
_NUMBERS = {"grace_hours": 0.0, "percent_per_day": 0.0, "most_percent": 100.0, "free_days": 0.0}
_KEYS = {"timezone", "due", "extensions", *_NUMBERS}


@dataclass(frozen=True)
class Late:
    """How late one submission was.

    Args:
        days: days begun after the due date, its extension and the grace.
        free: how many of them cost nothing.
        percent: what the others cost, of the points earned.
    """

    days: int = 0
    free: int = 0
    percent: float = 0.0

    def penalty(self, points: float) -> float:
        """Points taken off a submission that earned so many."""
        return round(max(points, 0.0) * self.percent / 100, 2)

    @property
    def reason(self) -> str:
        """One sentence for the student; empty if the submission was in time."""
        if not self.days:
            return ""
        said = f"Handed in {_count(self.days)} late"
        if self.free:
            said += f", {_count(self.free)} of it free"
        return f"{said}: {self.percent:g} % of the points are taken off." if self.percent else f"{said}."


@dataclass(frozen=True)
class Policy:
    """The rules of ``late.toml``, with every date in UTC.

    Args:
        due: due date of each chapter.
        extended: due dates of single students, by student and chapter.
        grace_hours: hours after the due date in which nothing is late.
        percent_per_day: what a day costs.
        most_percent: what lateness costs at most.
        free_days: late days without cost, for each student in the whole course.
    """

    due: Mapping[str, datetime] = field(default_factory=dict)
    extended: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    grace_hours: float = 0.0
    percent_per_day: float = 0.0
    most_percent: float = 100.0
    free_days: float = 0.0

    def due_for(self, student: str, slug: str) -> datetime | None:
        """When a student has to hand in a chapter."""
        return self.extended.get((student, slug), self.due.get(slug))

    def extension(self, student: str, slug: str) -> timedelta | None:
        """How much longer a student has than the others."""
        own = self.extended.get((student, slug))
        return own - self.due[slug] if own else None

    def judge(self, student: str, times: Mapping[str, datetime | None]) -> dict[str, Late]:
        """How late each submission of a student was.

        Args:
            student: the student.
            times: for each chapter handed in when that was, in UTC; none if nobody knows.
        """
        due = {slug: when for slug in times if (when := self.due_for(student, slug))}
        left = int(self.free_days)
        judged = dict.fromkeys(times, Late())
        for slug in sorted(due, key=lambda one: (due[one], one)):
            handed_in = times[slug]
            if handed_in is None:
                continue
            after = handed_in - due[slug] - timedelta(hours=self.grace_hours)
            days = max(0, math.ceil(after / _DAY))
            free = min(days, left)
            left -= free
            judged[slug] = Late(days, free, min((days - free) * self.percent_per_day, self.most_percent))
        return judged


def read_policy(root: Path) -> Policy | None:
    """The rules of a course root, or nothing if it has none.

    Raises:
        CourseError: if the file holds a mistake.
    """
    path = root / FILE
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read ({error}).") from None
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path} is not TOML: {error}.") from None
    return _Reader(path).policy(given)


class _Reader:
    """Turns the tables of the file into rules and refuses the first mistake."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.zone: tzinfo = UTC

    def policy(self, given: Mapping[str, Any]) -> Policy:
        if unknown := sorted(set(given) - _KEYS):
            self.fail(f"has the unknown key `{unknown[0]}`; known are {', '.join(sorted(_KEYS))}")
        self.zone = self.read_zone(given.get("timezone", "UTC"))
        numbers = {key: self.number(key, given.get(key, usual)) for key, usual in _NUMBERS.items()}
        for key in ("percent_per_day", "most_percent"):
            if numbers[key] > 100:
                self.fail(f"says {key} = {numbers[key]:g}; 100 is all there is")
        chapters = self.table("due", given.get("due", {}))
        due = {slug: self.moment(f"due.{slug}", value) for slug, value in chapters.items()}
        extended = {
            (student, slug): self.own_date(student, slug, value, due)
            for student, longer in self.table("extensions", given.get("extensions", {})).items()
            for slug, value in self.table(f"extensions.{student}", longer).items()
        }
        return Policy(due, extended, **numbers)

    def own_date(self, student: str, slug: str, value: Any, due: Mapping[str, datetime]) -> datetime:
        name = f"extensions.{student}.{slug}"
        if isinstance(value, dict):
            self.fail(f"has the table `{name}`; put quotes around a name that holds a dot")
        if slug not in due:
            self.fail(f"extends `{slug}` for {student}, which has no due date; add it under [due]")
        if isinstance(value, date):
            return self.moment(name, value)
        return due[slug] + _DAY * self.number(name, value)

    def table(self, name: str, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self.fail(f"gives `{name}` as {value!r}; it must be a table, such as [{name}]")
        return dict(value)

    def number(self, name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10_000:
            self.fail(f"gives `{name}` as {_toml(value)}; it must be a number from 0")
        return float(value)

    def moment(self, name: str, value: Any) -> datetime:
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time(23, 59, 59))
        if not isinstance(value, datetime):
            self.fail(f"gives `{name}` as {_toml(value)}; it must be a date such as 2026-10-12, unquoted")
        zoned = value if value.tzinfo else value.replace(tzinfo=self.zone)
        return zoned.astimezone(UTC).replace(tzinfo=None)

    def read_zone(self, name: Any) -> tzinfo:
        try:
            return ZoneInfo(name)
        except (KeyError, TypeError, ValueError, OSError):
            self.fail(f'gives `timezone` as {_toml(name)}; it must be a name such as "Europe/Berlin"')

    def fail(self, sentence: str) -> NoReturn:
        raise CourseError(f"{self.path} {sentence}.")


def _toml(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | time) else repr(value)


def _count(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
