"""The real service with more writers than it has places for."""

import http.client
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing

from sqlalchemy import create_engine, make_url, text

from tests.services.service import LiveServer

API = "/comments/api/v1"
PAGE = f"{API}/comments?thread=story"
PLACES, WRITERS = 8, 10
#: Writers never have more than half of the places.
WRITING = 4


def test_while_writers_hang_others_read_and_the_next_writers_are_refused_at_once(
    live_server, sqlite_uri
):
    server = live_server(
        COMMENTS_AT_ONCE=PLACES,
        COMMENTS_PATIENCE=0,
        COMMENTS_RATE_LIMITS="off",
        COMMENTS_CACHE_BYTES=0,
        COMMENTS_HOLD="none",
    )

    def write(number: int) -> tuple[int, str | None]:
        fields = {"thread": "story", "name": "alice", "body": f"Comment {number}"}
        return ask(server, "POST", f"{API}/comments", json.dumps(fields))

    path = make_url(sqlite_uri).database
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as lock,
        ThreadPoolExecutor(WRITERS) as pool,
    ):
        lock.execute("BEGIN IMMEDIATE")
        writing = as_completed([pool.submit(write, number) for number in range(WRITERS)])
        refused = [next(writing).result() for _ in range(WRITERS - WRITING)]
        assert [status for status, _ in refused] == [503] * len(refused)
        assert all(int(seconds or 0) > 0 for _, seconds in refused)
        for address in (PAGE, "/healthz", "/comments/static/comments.css"):
            assert ask(server, "GET", address)[0] == 200
        lock.execute("COMMIT")
        assert [done.result()[0] for done in writing] == [201] * WRITING


def test_a_database_that_hangs_leaves_threads_for_what_needs_none(live_server, postgres_uri):
    server = live_server(
        COMMENTS_DATABASE_URI=postgres_uri, COMMENTS_AT_ONCE=2, COMMENTS_PATIENCE=0
    )
    assert ask(server, "GET", PAGE)[0] == 200
    elsewhere = create_engine(postgres_uri)
    with elsewhere.connect() as lock, ThreadPoolExecutor(20) as pool:
        lock.execute(text("LOCK TABLE comments_threads"))
        reading = as_completed([pool.submit(ask, server, "GET", PAGE) for _ in range(20)])
        # Four ask for the revision and two are worked on: these hang.
        refused = [next(reading).result() for _ in range(20 - 6)]
        assert [status for status, _ in refused] == [503] * len(refused)
        assert ask(server, "GET", "/healthz")[0] == 200
        lock.rollback()
        assert [done.result()[0] for done in reading] == [200] * 6
    elsewhere.dispose()


def ask(server: LiveServer, method: str, path: str, body: str = "") -> tuple[int, str | None]:
    """The status of an answer, and when to come again."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request(method, path, body or None, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers["Retry-After"]
