"""On PostgreSQL nobody waits for the disk of another, and nobody is told before their own."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from comments import database, engines
from comments.models import Base, Thread
from tests.factories import NOON
from tests.services.postgres import Postgres, plain

LONG = 30
#: Everybody's disk: a standby that never comes.
_HOLD_UP = "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"
_LET_ON = "ALTER SYSTEM RESET synchronous_standby_names"
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
_REVISION = "SELECT revision FROM comments_threads"
_MARKS = "SELECT oid::regprocedure FROM pg_proc WHERE proname = 'pg_logical_emit_message'"

Prepared = Callable[[str], Engine]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A server of our own: what is set here holds for all of it."""
    server = Postgres(own=True)
    yield server
    server.stop()


@pytest.fixture
def uri(postgres: Postgres) -> str:
    return postgres.create()


@pytest.fixture
def prepared() -> Iterator[Prepared]:
    """The service's own engine for an address."""
    made: list[Engine] = []

    def prepare(uri: str) -> Engine:
        engine = engines.create(uri)
        Base.metadata.create_all(engine)
        made.append(engine)
        return engine

    yield prepare
    for engine in made:
        engine.dispose()


def write(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Thread(key="a", created_at=NOON))
        database.commit(session)


@contextmanager
def told(uri: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(plain(make_url(uri)), autocommit=True) as connection:
        yield connection


def tell(connection: psycopg.Connection, words: str) -> None:
    connection.execute(words)
    connection.execute("SELECT pg_reload_conf()")


def until_one_waits_for_the_disk(connection: psycopg.Connection) -> None:
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        found = connection.execute(_WAITING).fetchone()
        if found and found[0]:
            return
    raise AssertionError("nobody waits")


def test_who_waits_for_the_disk_holds_nobody_up_and_is_told_of_nothing(uri, prepared):
    engine = prepared(uri)
    write(engine)
    acknowledged, over = [], Event()
    with told(uri) as server, ThreadPoolExecutor(1) as pool:
        tell(server, _HOLD_UP)
        try:
            written = pool.submit(_move_on, engine, acknowledged, over)
            until_one_waits_for_the_disk(server)
            with Session(engine) as other:
                [seen] = other.scalars(text(f"{_REVISION} FOR UPDATE NOWAIT"))
            assert seen == len(acknowledged) + 1
        finally:
            over.set()
            tell(server, _LET_ON)
        written.result(LONG)
    assert len(acknowledged) == seen


def _move_on(engine: Engine, acknowledged: list[int], over: Event) -> None:
    """Write until *over*: the server takes a moment to know whom it waits for."""
    while not over.is_set():
        with Session(engine) as session:
            session.execute(text("UPDATE comments_threads SET revision = revision + 1"))
            database.commit(session)
            acknowledged += session.scalars(text(_REVISION))


def test_a_server_without_marks_keeps_what_is_written_all_the_same(uri, prepared, caplog):
    with told(uri) as server:
        server.execute("CREATE ROLE guest LOGIN")
        server.execute("GRANT ALL ON SCHEMA public TO guest")
        for mark in server.execute(_MARKS).fetchall():
            server.execute(f"REVOKE EXECUTE ON FUNCTION {mark[0]} FROM PUBLIC")
    caplog.set_level("INFO", "comments.engines")
    engine = prepared(make_url(uri).set(username="guest").render_as_string(hide_password=False))
    write(engine)
    with Session(engine) as session:
        assert session.scalars(text("SELECT key FROM comments_threads")).all() == ["a"]
    assert "until the disk has it" in caplog.text


def test_what_may_not_be_kept_is_refused_as_by_any_commit(uri, prepared):
    engine = prepared(uri)
    with Session(engine) as session:
        session.execute(text("CREATE TABLE later (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        session.execute(text("INSERT INTO later VALUES (1), (1)"))
        with pytest.raises(IntegrityError):
            database.commit(session)
        session.rollback()
        assert session.scalars(text("SELECT to_regclass('later')")).one() is None
