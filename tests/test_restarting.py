"""Servers that are stopped while people read and write: PostgreSQL under us, and we ourselves."""

import http.client
import json
import signal
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event, Semaphore
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.services.postgres import Postgres
from tests.services.process import Unavailable
from tests.services.service import LiveServer

API = "/comments/api/v1"
#: Comments that are acknowledged before, between and after the restarts.
SOME = 5


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A server of this test's own, since it is stopped."""
    try:
        server = Postgres(own=True)
    except Unavailable as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


class Crowd:
    """Writers and readers who ask again whatever they are answered, and note what that was."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.promised: dict[int, str] = {}
        self.answered: Counter[int] = Counter()
        self.faults: list[object] = []
        self.acknowledged = Semaphore(0)
        self.over = Event()

    def write(self, name: str) -> None:
        with closing(self._connection()) as connection:
            while not self.over.is_set():
                body, key = f"{name} {uuid.uuid4()}", str(uuid.uuid4())
                # As the embed does: the same key until somebody answers for it.
                while (said := self._post(connection, name, body, key)) is None:
                    pass
                self.promised[said["comment"]["id"]] = f"<p>{body}</p>"
                self.acknowledged.release()

    def read(self) -> None:
        with closing(self._connection()) as connection:
            number = 0
            while not self.over.is_set():
                number += 1
                connection.request("GET", f"{API}/comments?thread=story&limit={number % 50 + 1}")
                self._note(connection.getresponse())

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)

    def _post(
        self, connection: http.client.HTTPConnection, name: str, body: str, key: str
    ) -> dict[str, Any] | None:
        fields = {"thread": "story", "name": name, "body": body}
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        connection.request("POST", f"{API}/comments", json.dumps(fields), headers)
        return self._note(connection.getresponse())

    def _note(self, answer: http.client.HTTPResponse) -> dict[str, Any] | None:
        said: dict[str, Any] = json.loads(answer.read() or "null")
        self.answered[answer.status] += 1
        if answer.status in (200, 201):
            return said
        in_words = said and said["detail"].endswith(".") and "Retry-After" in answer.headers
        if answer.status != 503 or not in_words:
            self.faults.append((answer.status, said))
        return None


def test_while_postgres_restarts_people_are_refused_in_words_and_nothing_is_lost(
    postgres, live_server
):
    uri = postgres.create()
    server = live_server(
        COMMENTS_DATABASE_URI=uri, COMMENTS_HOLD="none", COMMENTS_RATE_LIMITS="off"
    )
    crowd = Crowd(server.port)
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(crowd.write, name) for name in ("alice", "carol")]
        work += [pool.submit(crowd.read) for _ in range(2)]
        try:
            for how in (signal.SIGINT, signal.SIGQUIT, None):
                assert all(crowd.acknowledged.acquire(timeout=60) for _ in range(SOME))
                if how is not None:
                    postgres.restart(how)
        finally:
            crowd.over.set()
    assert [each.exception() for each in work] == [None] * 4
    assert crowd.faults == []
    assert set(crowd.answered) == {200, 201, 503}
    stored = every(server.port)
    assert {id_: stored.get(id_) for id_ in crowd.promised} == crowd.promised
    assert len(stored) == len(crowd.promised), "a comment is there twice"
    assert "Traceback" not in server.log.read_text()


def every(port: int) -> dict[int, str]:
    """All comments of the thread, page after page."""
    found: dict[int, str] = {}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        after = ""
        while True:
            connection.request("GET", f"{API}/comments?thread=story&limit=100{after}")
            page = json.loads(connection.getresponse().read())
            found |= {comment["id"]: comment["html"] for comment in page["comments"]}
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"


def test_what_is_being_written_when_the_service_is_stopped_is_finished(live_server, sqlite_uri):
    server = live_server(COMMENTS_HOLD="none", COMMENTS_RATE_LIMITS="off")
    path = make_url(sqlite_uri).database
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as lock,
        closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        lock.execute("BEGIN IMMEDIATE")
        fields = {"thread": "story", "name": "alice", "body": "The last word."}
        headers = {"Content-Type": "application/json"}
        connection.request("POST", f"{API}/comments", json.dumps(fields), headers)
        stopping = pool.submit(server.stop)
        wait_until_told("Shutting down", server)
        lock.execute("COMMIT")
        answer = connection.getresponse()
        said = json.loads(answer.read())
        assert (answer.status, said["state"]) == (201, "published")
        assert stopping.result() == 0


def wait_until_told(words: str, server: LiveServer) -> None:
    for _ in range(3_000):
        if words in server.log.read_text():
            return
        time.sleep(0.01)
    raise AssertionError(server.log.read_text())
