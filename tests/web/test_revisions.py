"""The look-up behind every page that is ready: right, cheap, and gone with its engine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from comments import engines, schema
from comments.web import revisions as module
from comments.web.revisions import Revisions
from tests import factories as make
from tests.services.relay import Relay


@pytest.fixture
def engine(migrated_uri: str) -> Iterator[Engine]:
    """Nobody else's: its connections are counted, and end with it."""
    engine = engines.create(migrated_uri)
    yield engine
    engine.dispose()


@pytest.fixture
def revisions(engine: Engine) -> Revisions:
    return Revisions(lambda: engine)


@contextmanager
def new_connections(engine: Engine) -> Iterator[list[Any]]:
    made: list[Any] = []

    def note(connection: Any, _record: Any) -> None:
        made.append(connection)

    event.listen(engine, "connect", note)
    yield made
    event.remove(engine, "connect", note)


def test_it_tells_the_revision(session, revisions):
    make.noise(session)
    make.post(session)
    session.commit()

    assert revisions.of(make.ARTICLE) == make.thread(session).revision


def test_a_thread_nobody_has_written_in_has_none_yet(revisions):
    assert revisions.of("nobody") == 0


def test_it_tells_how_many_comments_threads_have(session, revisions):
    """Also of one that is known by an old key."""
    make.post(session)
    old = make.noise(session, "old")
    old.merged_into_id = make.thread(session).id
    session.commit()

    assert revisions.of((make.ARTICLE, "nobody", "old")) == (1, 0, 1)


def test_threads_of_one_sqlite_file_ask_one_after_the_other(engine, revisions):
    """They would only hand the interpreter to one another."""
    with new_connections(engine) as made, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(revisions.of, ["nobody"] * 64)) == [0] * 64
    assert len(made) == 1 or engine.dialect.name != "sqlite"


def test_it_sees_what_was_committed_a_moment_ago(session, revisions):
    for number in range(1, 4):
        make.post(session)
        session.commit()
        assert revisions.of(make.ARTICLE) == number


def test_a_vote_that_falls_meanwhile_does_not_stand_in_for_a_decision(session, revisions):
    """The page is of before both, the reader came between the two."""
    comment = make.post(session)
    drawn = make.thread(session).revision
    make.vote(session, comment)
    make.delete(session, make.post(session))
    asked = make.thread(session).revision
    make.vote_often(session, comment, asked - drawn - 1)
    session.commit()

    assert revisions.votes_between(make.ARTICLE, drawn, asked) == 1


def test_a_connection_is_opened_once(engine, revisions):
    with new_connections(engine) as made:
        for _ in range(5):
            revisions.of(make.ARTICLE)
    assert len(made) == 1


def test_it_leaves_no_transaction_open(engine, revisions):
    """On SQLite a reader who lingers would keep the log from being folded back."""
    revisions.of(make.ARTICLE)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            state = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
            assert state[0] == 0  # not busy
        else:
            idle = text("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'")
            assert connection.execute(idle).scalar_one() == 0


def test_many_threads_may_ask_at_once(session, revisions):
    make.post(session)
    session.commit()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(revisions.of, [make.ARTICLE] * 200))

    assert answers == {1}


def test_its_connections_end_with_the_engine(engine, revisions):
    with new_connections(engine) as made:
        revisions.of(make.ARTICLE)
    engine.dispose()
    with pytest.raises(engine.dialect.loaded_dbapi.Error):
        made[0].cursor().execute("SELECT 1")
    assert revisions.of(make.ARTICLE) == 0


def test_a_database_in_memory_stays_everybodys(tmp_path):
    """It is one connection: taken out of the pool, or out of its transaction, it would be lost."""
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    schema.upgrade(engine)
    revisions = Revisions(lambda: engine)
    with Session(engine) as session:
        make.post(session)
        session.commit()
        assert revisions.of(make.ARTICLE) == 1
        assert make.thread(session).revision == 1
    engine.dispose()


def test_it_says_so_when_the_database_does_not_answer(migrated_postgres_uri, caplog):
    url = make_url(migrated_postgres_uri)
    relay = Relay(url.host or "", url.port or 5432)
    engine = create_engine(url.set(host="127.0.0.1", port=relay.port))
    revisions = Revisions(lambda: engine)
    assert revisions.of(make.ARTICLE) == 0

    relay.cut()
    assert revisions.of(make.ARTICLE) is None
    assert revisions.of(make.ARTICLE) is None

    relay.mend()
    assert revisions.of(make.ARTICLE) == 0
    engine.dispose()
    relay.cut()


def test_a_database_that_hangs_holds_no_more_threads_than_may_ask(
    migrated_postgres_uri, monkeypatch
):
    """And the next ones do not wait for it to find that out again."""
    engine, elsewhere = (create_engine(migrated_postgres_uri) for _ in range(2))
    revisions = Revisions(lambda: engine, most=1)
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.01)
    with elsewhere.connect() as lock, ThreadPoolExecutor(1) as pool:
        lock.execute(text("LOCK TABLE comments_threads"))
        hangs = pool.submit(revisions.of, make.ARTICLE)
        wait_until_one_hangs(lock)
        assert revisions.of(make.ARTICLE) is None
        monkeypatch.setattr(module, "WAIT_SECONDS", 600)
        assert revisions.of(make.ARTICLE) is None
        lock.rollback()
        assert hangs.result() == 0
    assert revisions.of(make.ARTICLE) == 0
    engine.dispose()
    elsewhere.dispose()


def wait_until_one_hangs(connection: Connection) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
        " WHERE NOT granted AND datname = current_database()"
    )
    for _ in range(100_000):
        if connection.scalar(waiting):
            return
    raise AssertionError("nobody asks")
