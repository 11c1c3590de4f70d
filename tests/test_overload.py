"""The real service with more writers than it has places for."""

import http.client
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing

from sqlalchemy import make_url

API = "/comments/api/v1"
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

    def ask(method: str, path: str, body: str = "") -> tuple[int, str | None]:
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as to:
            to.request(method, path, body or None, {"Content-Type": "application/json"})
            answer = to.getresponse()
            answer.read()
            return answer.status, answer.headers["Retry-After"]

    def write(number: int) -> tuple[int, str | None]:
        fields = {"thread": "story", "name": "alice", "body": f"Comment {number}"}
        return ask("POST", f"{API}/comments", json.dumps(fields))

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
        for address in (
            f"{API}/comments?thread=story",
            "/healthz",
            "/comments/static/comments.css",
        ):
            assert ask("GET", address)[0] == 200
        lock.execute("COMMIT")
        assert [done.result()[0] for done in writing] == [201] * WRITING
