"""A database that goes away, comes back, fills up: answers in words, and nothing promised lost."""

from typing import Any

import pytest
from flask import Flask, request_finished
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import InternalError

from comments import database, engines
from comments.web import problems
from tests.web import cast
from tests.web.cast import API, problem


def test_an_answer_that_is_made_is_sent_though_the_connection_is_lost_after_it(
    start, migrated_postgres_uri
):
    app = start(migrated_postgres_uri, COMMENTS_CACHE_BYTES=0)
    elsewhere = create_engine(migrated_postgres_uri)
    state = cast.state_of(app)

    def cut(_app: Flask, **_: Any) -> None:
        number = state.session().connection().connection.dbapi_connection.info.backend_pid
        with elsewhere.begin() as connection:
            # It answers when the other one is gone.
            connection.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": number})

    with request_finished.connected_to(cut, app):
        cut_short = app.test_client().get(f"{API}/comments?thread=story")
    assert cut_short.status_code == 200
    assert app.test_client().get(f"{API}/comments?thread=story").status_code == 200
    elsewhere.dispose()


def test_a_full_disk_takes_no_comment_and_is_read_all_the_same(start, migrated_sqlite_uri):
    app = start(migrated_sqlite_uri, COMMENTS_CACHE_BYTES=0, COMMENTS_MAX_LENGTH=100_000)
    alice, engine = cast.visitor(app, "alice"), cast.state_of(app).engine()
    alice.says("It fits.")

    @event.listens_for(engine, "checkout")
    def _fill(connection: Any, *_: object) -> None:
        # Less than there is: no page is added.
        connection.cursor().execute("PRAGMA max_page_count = 1").close()

    assert problem(alice.post("word " * 10_000)) == (503, "read_only")
    assert [comment["html"] for comment in alice.reads()["comments"]] == ["<p>It fits.</p>"]


def test_what_a_sound_database_does_not_understand_is_our_mistake(sqlite_app):
    with sqlite_app.test_request_context(f"{API}/comments"):
        wrong = InternalError("SELECT 1", {}, Exception("the transaction is aborted"))
        assert problems.unavailable(wrong).status_code == 500


@pytest.mark.parametrize(
    ("uri", "pool", "given"),
    [
        ("sqlite:////var/comments.sqlite3", 8, {"timeout": database.BUSY_SECONDS}),
        ("sqlite://", None, {"timeout": database.BUSY_SECONDS}),
        ("postgresql+psycopg://db/c", 8, {"connect_timeout": 5, "tcp_user_timeout": 10_000}),
        ("postgresql+psycopg://db/c?connect_timeout=60", 8, {"tcp_user_timeout": 10_000}),
    ],
)
def test_nobody_waits_for_ever_for_a_database(uri, pool, given):
    options = engines.options(uri, at_once=8)
    assert (options.get("pool_size"), options["connect_args"]) == (pool, given)
    create_engine(uri, **options).dispose()
