"""The time of a submission is nbgrader's; without it, the file's own."""

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from autograder.records.timestamps import handed_in, stamp
from tests.autograder.records.verdicts import hand_in
from tests.autograder.tiny import SLUG

FILE_TIME = datetime(2026, 10, 4, 12, tzinfo=UTC)


def aged(root: Path) -> Path:
    path = hand_in(root, "anna")
    os.utime(path, (FILE_TIME.timestamp(), FILE_TIME.timestamp()))
    return path.parent


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-10-05 10:00:00.5 UTC", datetime(2026, 10, 5, 10, 0, 0, 500_000)),
        ("2026-10-05 10:00:00 Europe/Berlin\n", datetime(2026, 10, 5, 8)),
        ("2026-10-05T10:00:00+02:00", datetime(2026, 10, 5, 8)),
    ],
)
def test_what_nbgrader_wrote_counts(root: Path, text: str, when: datetime) -> None:
    (aged(root) / "timestamp.txt").write_text(text)

    assert handed_in(root, SLUG, "anna") == when


@pytest.mark.parametrize("content", [b"", b"yesterday", b"\xff\xfe", b"9" * 1000, b"2026-99-99 10:00:00 UTC"])
def test_what_nobody_can_read_does_not_count(root: Path, content: bytes) -> None:
    (aged(root) / "timestamp.txt").write_bytes(content)

    assert handed_in(root, SLUG, "anna") == FILE_TIME.replace(tzinfo=None)


def test_a_link_or_a_pipe_is_not_followed(root: Path) -> None:
    folder = aged(root)
    (root / "elsewhere").write_text("2020-01-01 10:00:00 UTC")

    (folder / "timestamp.txt").symlink_to(root / "elsewhere")
    assert handed_in(root, SLUG, "anna") == FILE_TIME.replace(tzinfo=None)
    (folder / "timestamp.txt").unlink()
    os.mkfifo(folder / "timestamp.txt")
    assert handed_in(root, SLUG, "anna") == FILE_TIME.replace(tzinfo=None)


def test_a_stamp_is_read_as_it_was_written(root: Path) -> None:
    when = datetime(2026, 10, 5, 10, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=2)))

    stamp(aged(root), when)

    assert handed_in(root, SLUG, "anna") == datetime(2026, 10, 5, 8, 0, 0, 123_456)


def test_nothing_handed_in_has_no_time(root: Path) -> None:
    assert handed_in(root, SLUG, "nobody") is None
