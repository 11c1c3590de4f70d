"""No query on a reader's path reads a row of another thread, so that threads can be told apart by
machines as well: docs/scale.md.

The readers come as a role for which PostgreSQL itself looks at every row that a statement reads,
and refuses the statement at the first one of another thread, or of a table that no reader needs. A
refused reader would be answered by the primary; so what is counted is what the primary is asked.
"""

import uuid
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, event

from comments.models import Comment, ScoreStep, Thread
from tests.reading import SORTS
from tests.web import cast
from tests.web.test_public_answers import PUBLIC

#: What readers need, and which column tells the thread.
_TABLES = {Thread: "id", Comment: "thread_id", ScoreStep: "thread_id"}
#: As on tables that are large: through an index wherever there is one.
_PLANS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
_LOOK = """
CREATE FUNCTION of_one_thread(thread bigint) RETURNS boolean LANGUAGE plpgsql COST 100000 AS $$
BEGIN
    IF thread <> 1 THEN RAISE EXCEPTION 'thread %% is read', thread; END IF;
    RETURN true;
END $$
"""


@pytest.fixture
def readers_uri(migrated_postgres_uri: str) -> Iterator[str]:
    """The same database for readers of the first thread alone."""
    engine = create_engine(migrated_postgres_uri)
    role = f"reader_{uuid.uuid4().hex}"
    _command(engine, f"CREATE ROLE {role}")
    try:
        _command(engine, _LOOK)
        for model, column in _TABLES.items():
            _show_one(engine, role, model.__tablename__, column)
        words = " ".join([f"-c role={role}", *(f"-c {plan}=off" for plan in _PLANS)])
        yield f"{migrated_postgres_uri}?options={quote(words)}"
    finally:
        _command(engine, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
        engine.dispose()


def _show_one(engine: Engine, role: str, table: str, column: str) -> None:
    _command(
        engine,
        f"GRANT SELECT ON {table} TO {role}",
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY one ON {table} USING (of_one_thread({column}))",
    )


def _command(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def app(start: Callable[..., Flask], migrated_postgres_uri: str, readers_uri: str) -> Flask:
    app = start(
        migrated_postgres_uri, COMMENTS_DATABASE_READ_URI=readers_uri, COMMENTS_CACHE_BYTES=0
    )
    alice, carol = cast.visitor(app, "alice"), cast.visitor(app, "carol")
    for thread in ("story", "other"):
        first = alice.says("The first.", thread=thread)
        reply = carol.says("A reply.", thread=thread, parent=first["id"])
        alice.says("An answer.", thread=thread, parent=reply["id"])
        carol.vote(first["id"])
        for number in range(3):
            alice.says(f"Number {number}.", thread=thread)
    return app


@pytest.fixture
def crosses(app: Flask) -> Callable[[str], bool]:
    """Whether the answer at an address needs more than the first thread."""
    asked: list[str] = []
    primary = cast.state_of(app).engine()
    event.listen(primary, "before_cursor_execute", lambda *call: asked.append(call[2]))

    def look(address: str) -> bool:
        asked.clear()
        cast.state_of(app).replica.answered()
        answer = app.test_client().get(f"/comments{address}")
        assert answer.status_code == 200, answer.text
        return asked != []

    return look


MORE_THAN_ONE = {"comments.api.show_counts", "comments.feeds.feed"}


def test_whatever_is_read_of_a_thread_is_read_from_that_thread(app, crosses):
    pages = [f"/api/v1/comments?thread=story&limit=2&sort={sort}" for sort in SORTS]
    read = app.test_client().get
    pages += [f"{page}&after={read(f'/comments{page}').json['next']}" for page in pages]
    addresses = [path for name, path in PUBLIC.items() if name not in MORE_THAN_ONE]
    addresses += [
        "/thread?key=story&comment=3",
        "/thread?key=story&reply=2",
        "/feed.atom?comment=1",
        "/feed.atom?thread=story",
        "/thread?key=story&only=inline",
        *pages,
    ]
    assert [address for address in addresses if crosses(address)] == []


def test_what_is_told_of_many_threads_needs_many(crosses):
    """The exceptions; and that this test can tell."""
    assert [PUBLIC[name] for name in MORE_THAN_ONE if not crosses(PUBLIC[name])] == []
    assert crosses("/api/v1/comments?thread=other")
    assert crosses("/api/v1/comments/9")
