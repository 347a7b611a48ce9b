"""How is a gradebook opened, made if it is new, and written as a whole or not at all?"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from nbgrader.api import Base, Course
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from autograder.course import CourseError
from autograder.settings import COURSE_ID, gradebook_url

_PATIENCE = 30  # seconds to wait for another program that writes


@contextmanager
def transaction(root: Path, url: str = "") -> Iterator[Connection]:
    """Opens the gradebook of a course root for writing, and makes it if it is new.

    What is written becomes visible when the block ends, all of it at once. If the block fails, or the
    process is killed in it, the gradebook is as it was before.

    Args:
        root: nbgrader's course root, whose settings may name another gradebook than ``gradebook.db``.
        url: SQLAlchemy's address of a gradebook that is not in the settings yet.

    Raises:
        CourseError: if the gradebook cannot be reached, read or written.
    """
    with _opened(url or gradebook_url(root), "BEGIN IMMEDIATE") as connection:
        _make(connection)
        yield connection


@contextmanager
def reading(root: Path) -> Iterator[Connection | None]:
    """Opens the gradebook of a course root for reading; there is none to open before the first grade.

    Raises:
        CourseError: if the gradebook cannot be reached or read.
    """
    address = gradebook_url(root)
    url = make_url(address)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        yield None
        return
    with _opened(address, "BEGIN") as connection:
        yield connection if inspect(connection).has_table("alembic_version") else None


def count_rows(connection: Connection) -> None:
    """Lets PostgreSQL count what was written; until then its planner takes a table for a short one."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE"))


@contextmanager
def _opened(url: str, begin: str) -> Iterator[Connection]:
    try:
        engine = _engine(url, begin)
        with engine.begin() as connection:
            yield connection
    except ModuleNotFoundError as error:
        sentence = f"The gradebook {_shown(url)} needs the package {error.name}; install it."
        raise CourseError(sentence) from None
    except (ArgumentError, NoSuchModuleError):
        raise CourseError(
            f"`{_shown(url)}` is no address of a gradebook; it should read like postgresql://user@host/name."
        ) from None
    except DBAPIError as error:
        raise CourseError(_sentence(url, error)) from error


def _engine(url: str, begin: str) -> Engine:
    """An engine whose transactions begin when we say so; Python's driver of SQLite begins them late."""
    if not url.startswith("sqlite"):
        return create_engine(url, poolclass=NullPool)
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _PATIENCE})

    @event.listens_for(engine, "connect")
    def leave_transactions_to_us(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin_at_once(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _make(connection: Connection) -> None:
    """Makes nbgrader's tables if there are none, and refuses those of another version."""
    head = ScriptDirectory(ALEMBIC_DIR).get_current_head()  # nbgrader asks the command `alembic`: a second
    if not inspect(connection).has_table("alembic_version"):
        Base.metadata.create_all(connection)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found != head:
        shown = connection.engine.url.render_as_string()
        raise CourseError(
            f"The gradebook {shown} was written by another version of nbgrader ({found}, not {head}); "
            "run `nbgrader db upgrade` in its folder."
        )
    courses = Course.__table__
    if connection.scalar(select(courses.c.id).where(courses.c.id == COURSE_ID)) is None:
        connection.execute(insert(courses), [{"id": COURSE_ID}])


def _sentence(url: str, error: DBAPIError) -> str:
    lines = str(error.orig).splitlines() or [type(error.orig).__name__]
    if "locked" in lines[0]:
        return (
            f"The gradebook {_shown(url)} was in use by another program for {_PATIENCE} seconds; "
            "nothing was written. Close that program and run the command again."
        )
    return (
        f"The gradebook {_shown(url)} cannot be used ({lines[0].strip()}); nothing was written. "
        "Mend this and run the command again."
    )


def _shown(url: str) -> str:
    """An address that may be read by anybody."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)
