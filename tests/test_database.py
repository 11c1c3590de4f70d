"""What differs between SQLite and PostgreSQL, and must not be felt."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.orm import Session

from comments import database, engines
from comments.database import begin_write, insert_or_ignore
from comments.models import Report, Submission, Thread
from tests import factories as make
from tests.factories import CAROL, NOON

# ── time ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.replace(microsecond=1),
        NOON.astimezone(timezone(timedelta(hours=5, minutes=45))),
        datetime(1969, 12, 31, 23, 59, tzinfo=UTC),
        datetime(2100, 2, 28, tzinfo=UTC),
    ],
    ids=str,
)
def test_a_moment_comes_back_as_the_same_moment_in_utc(session, moment):
    session.add(Thread(key="a", created_at=moment, closed_at=None))
    session.flush()
    thread = make.thread(session, "a")
    assert (thread.created_at, thread.created_at.tzinfo) == (moment, UTC)
    assert thread.closed_at is None


def test_a_moment_without_a_zone_is_not_stored(session):
    session.add(Thread(key="a", created_at=NOON.replace(tzinfo=None)))
    with pytest.raises(StatementError, match="naive"):
        session.flush()


# ── a row unless it is there ─────────────────────────────────────────────────────────────────


def test_a_row_is_inserted_once_and_each_call_tells_whether_it_was(session):
    row = {"key_hash": "a", "body_hash": "b", "created_at": NOON}
    assert insert_or_ignore(session, Submission, **row)
    assert not insert_or_ignore(session, Submission, **row | {"body_hash": "another"})
    assert session.get_one(Submission, "a").body_hash == "b"


def test_a_row_whose_number_the_database_gives_is_told_apart_too(session):
    comment = make.post(session)
    report = {"comment_id": comment.id, "reporter_id": CAROL.id, "reason": "spam", "note": ""}
    told = [insert_or_ignore(session, Report, **report, created_at=NOON) for _ in range(2)]
    assert told == [True, False]


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def test_on_sqlite_a_write_takes_its_lock_before_it_reads(migrated_sqlite_uri):
    engine = create_engine(migrated_sqlite_uri, connect_args={"timeout": 0.05})
    with Session(engine) as one, Session(engine) as other:
        begin_write(one)
        begin_write(one)  # asking again is no harm
        with pytest.raises(OperationalError, match="locked"):
            begin_write(other)
        one.rollback()
        other.rollback()
        begin_write(other)
    engine.dispose()


def test_a_host_that_has_begun_to_read_can_still_write(migrated_sqlite_uri):
    engine = create_engine(migrated_sqlite_uri)
    with Session(engine) as session:
        session.connection().exec_driver_sql("BEGIN")
        session.get(Thread, 1)
        make.post(session)
        session.commit()
        assert make.thread(session).count == 1
    engine.dispose()


# ── the service's own engine ─────────────────────────────────────────────────────────────────


def test_every_connection_of_the_service_to_sqlite_has_its_settings(sqlite_uri):
    engine = engines.create(sqlite_uri)
    version = engine.dialect.loaded_dbapi.sqlite_version_info
    with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            settings = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
            assert settings == {
                "journal_mode": "wal" if version >= engines.WAL_SINCE else "delete",
                "synchronous": 2,
                "foreign_keys": 1,
                "busy_timeout": database.BUSY_SECONDS * 1000,
            }
    engine.dispose()


def test_the_service_takes_the_newest_sqlite_at_hand(sqlite_uri):
    newest = engines.sqlite_module().sqlite_version_info
    assert newest >= sqlite3.sqlite_version_info
    assert engines.options(sqlite_uri)["module"].sqlite_version_info == newest


@pytest.mark.parametrize("uri", ["sqlite:///a", "postgresql+psycopg://h/a"])
def test_no_error_of_the_service_shows_what_was_written(uri):
    assert engines.options(uri)["hide_parameters"]
