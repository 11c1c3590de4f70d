"""Nothing lost: once a ``201`` is sent, a ``kill -9`` of the server takes nothing away.

The real service on a real database is killed in the middle of its work, 50 times on each kind of
database, while four clients write. Whoever got no answer asks again with the same
``Idempotency-Key``, as the embed does, and nothing is there twice.
"""

import http.client
import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Semaphore
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from comments import database, engines
from tests.reading import wrong_counters
from tests.services.reborn import RebornServer
from tests.services.service import LiveServer

API = "/comments/api/v1"
ROUNDS, KILLS = 5, 10
#: The server is killed after this many answers, so that it dies in ever another place.
FEWEST, MOST = 1, 40


class Writer:
    """A client that writes one comment after the other and remembers what it was promised."""

    def __init__(self, name: str, thread: str, port: int) -> None:
        self.name, self.thread, self._port = name, thread, port
        self.promised: dict[int, str] = {}
        self._token: str | None = None
        self._unanswered: tuple[str, str] | None = None

    def write_until_the_server_dies(self, answered: Semaphore) -> None:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as to:
                while True:
                    self.write(to)
                    answered.release()
        except (OSError, http.client.HTTPException):
            return

    def write(self, connection: http.client.HTTPConnection) -> None:
        """Send a comment, or once more the one that nobody answered; raises when nobody does."""
        key, body = self._unanswered or (str(uuid.uuid4()), f"{self.name} {uuid.uuid4()}")
        self._unanswered = key, body
        fields = {"thread": self.thread, "name": self.name, "body": body}
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection.request("POST", f"{API}/comments", json.dumps(fields), headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        assert answer.status == 201, said
        self.promised[said["comment"]["id"]] = body
        self._token = said.get("token") or self._token
        self._unanswered = None


@pytest.fixture
def server(database_uri: str, tmp_path: Path) -> Iterator[RebornServer]:
    settings = {
        "COMMENTS_DATABASE_URI": database_uri,
        "COMMENTS_INSTANCE": str(tmp_path / "instance"),
        "COMMENTS_SECRET_KEY": "a secret of the tests, long enough to be one",
        "COMMENTS_HOLD": "none",
        "COMMENTS_RATE_LIMITS": "off",
    }
    server = RebornServer(tmp_path, settings)
    yield server
    server.end()


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_what_was_acknowledged_survives_a_kill(server, database_uri, round_):
    writers = [
        Writer(name, f"story {number % 2}", server.port)
        for number, name in enumerate(("alice", "carol", "dave", "erin"))
    ]
    for _ in range(KILLS):
        kill_while_they_write(server, writers)
        server.start()
    for writer in writers:
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as to:
            writer.write(to)  # what was in the air at the last kill
    promised = {id_: body for writer in writers for id_, body in writer.promised.items()}
    assert len(promised) > KILLS
    stored = [comment for story in ("story 0", "story 1") for comment in every(server, story)]
    shown = {comment["id"]: comment["html"] for comment in stored}
    assert {id_: shown.get(id_) for id_ in promised} == {
        id_: f"<p>{body}</p>" for id_, body in promised.items()
    }
    assert [html for html, times in Counter(c["html"] for c in stored).items() if times > 1] == []
    assert len(stored) == len(promised), "a comment is there that nobody was promised"
    server.stop()
    assert_sound(database_uri)


def kill_while_they_write(server: LiveServer, writers: list[Writer]) -> None:
    answered = Semaphore(0)
    with ThreadPoolExecutor(len(writers)) as pool:
        writing = [pool.submit(w.write_until_the_server_dies, answered) for w in writers]
        for _ in range(random.randint(FEWEST, MOST)):
            assert answered.acquire(timeout=60), [w.exception() for w in writing if w.done()]
        server.kill()
        for writes in writing:
            writes.result()


def every(server: LiveServer, thread: str) -> Iterator[dict[str, Any]]:
    """All comments of a thread, page after page; their number is the one the thread tells."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        seen, after = 0, ""
        while True:
            address = f"{API}/comments?limit=100&thread={thread.replace(' ', '%20')}{after}"
            connection.request("GET", address)
            page = json.loads(connection.getresponse().read())
            yield from page["comments"]
            seen += len(page["comments"])
            if page["next"] is None:
                assert page["thread"]["count"] == seen
                return
            after = f"&after={page['next']}"


def assert_sound(uri: str) -> None:
    """The file is whole, and every stored counter is what the rows say."""
    engine = create_engine(uri, **engines.options(uri))
    with Session(engine) as session:
        if database.is_sqlite(session):
            assert session.scalars(text("PRAGMA integrity_check")).all() == ["ok"]
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        assert wrong_counters(session) == {"threads": [], "comments": []}
    engine.dispose()
