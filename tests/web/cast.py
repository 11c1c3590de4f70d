"""The people of these tests and what they do: alice writes, bob moderates, carol is a stranger.

Dave is signed in. Everybody acts over HTTP, as a browser would.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, session
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from comments import Identity, Status, moderation, threads
from comments.standalone import COURIER, POSTMAN, create_app
from comments.web.state import EXTENSION, State, now

API = "/comments/api/v1"
HERE = "http://localhost"
BLOG = "https://blog.example"
ELSEWHERE = "https://elsewhere.example"
STORY = "story"

HOUSEHOLDS = {
    "alice": "203.0.113.1",
    "carol": "203.0.113.2",
    "bob": "203.0.113.3",
    "dave": "203.0.113.4",
}
SIGNED_IN = {
    "bob": Identity(id=1, name="Bob", is_moderator=True),
    "dave": Identity(id=42, name="Dave"),
}


def who_is_signed_in() -> Identity | None:
    """What a host decorates with ``@comments.identity_loader``: it reads the host's session."""
    return SIGNED_IN.get(session.get("user", ""))


@contextmanager
def service(uri: str, instance: Path, **settings: object) -> Iterator[Flask]:
    """The service on the database *uri*; comments are published at once, unless told otherwise."""
    environ = {
        "COMMENTS_INSTANCE": str(instance),
        "COMMENTS_DATABASE_URI": uri,
        "COMMENTS_SECRET_KEY": "a secret of the tests, long enough to be one",
        "COMMENTS_HOLD": "none",
        "COMMENTS_GUEST_LIMIT": "1000 per minute",
        # A busy machine is no reason to refuse anybody.
        "COMMENTS_PATIENCE": "60",
        # Whoever writes here is no browser; what the sum is for is the business of its own tests.
        "COMMENTS_PROOF_OF_WORK": "off",
        "COMMENTS_ORIGINS": BLOG,
    }
    app = create_app(environ | {key: str(value) for key, value in settings.items()})
    state = state_of(app)
    state.owner.identity_loader(who_is_signed_in)
    yield app
    for rounds in (POSTMAN, COURIER):
        if rounds in app.extensions:
            app.extensions[rounds].stop()
    state.limits.close()
    if state.replica is not None:
        state.replica.engine.dispose()
    state.engine().dispose()


@dataclass
class Visitor:
    """One person's browser. It keeps a guest's token and sends it along, as the embed does."""

    name: str
    client: FlaskClient
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, fields: Any = None, **options: Any) -> TestResponse:
        """``call("PUT", "/comments/7/vote", {"value": 1})``, below ``/api/v1``."""
        headers = self._headers() | options.pop("headers", {})
        if fields is not None:
            options["json"] = fields
        answer = self.client.open(API + path, method=method, headers=headers, **options)
        if answer.is_json and isinstance(answer.json, dict):
            self.token = answer.json.get("token") or self.token
        return answer

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, body: Any = "A comment.", **fields: Any) -> TestResponse:
        """What came of posting *body*; the thread is ``story`` unless *fields* say otherwise."""
        headers = fields.pop("headers", {})
        written = {"thread": STORY, "name": self.name, "body": body} | fields
        return self.call("POST", "/comments", written, headers=headers)

    def says(self, body: str = "A comment.", **fields: Any) -> dict[str, Any]:
        """A comment that was accepted."""
        answer = self.post(body, **fields)
        assert answer.status_code == 201, answer.text
        comment: dict[str, Any] = answer.json["comment"]
        return comment

    def edit(self, comment_id: int, body: Any, **options: Any) -> TestResponse:
        return self.call("PATCH", f"/comments/{comment_id}", {"body": body}, **options)

    def delete(self, comment_id: int) -> TestResponse:
        return self.call("DELETE", f"/comments/{comment_id}")

    def vote(self, comment_id: int, value: Any = 1) -> TestResponse:
        return self.call("PUT", f"/comments/{comment_id}/vote", {"value": value})

    def report(self, comment_id: int, reason: Any = "spam", **fields: Any) -> TestResponse:
        return self.call("POST", f"/comments/{comment_id}/reports", {"reason": reason, **fields})

    def me(self, thread: str = STORY, **query: Any) -> dict[str, Any]:
        answer = self.get("/me", query_string={"thread": thread, **query})
        assert answer.status_code == 200, answer.text
        facts: dict[str, Any] = answer.json
        return facts

    def reads(self, thread: str = STORY, **query: Any) -> dict[str, Any]:
        """The thread's page as everybody gets it."""
        answer = self.get("/comments", query_string={"thread": thread, **query})
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json
        return page

    def submit(self, path: str, origin: str | None = HERE, **fields: Any) -> TestResponse:
        """What came of sending a form of our own page at */comments* + *path*, without a script."""
        headers = {"Origin": origin} if origin else {}
        return self.client.post(f"/comments{path}", data=fields, headers=headers)

    def _headers(self) -> dict[str, str]:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return bearer | self.headers


def visitor(app: Flask, name: str) -> Visitor:
    """A fresh browser of the person called *name*."""
    client = app.test_client()
    client.environ_base = client.environ_base | {"REMOTE_ADDR": HOUSEHOLDS[name]}
    if name in SIGNED_IN:
        with client.session_transaction() as kept:
            kept["user"] = name
    return Visitor(name, client)


def over_http(url: str, fields: Any = None) -> dict[str, Any]:
    """The JSON answer of a server in a process of its own; *fields* are posted."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    try:
        body = None if fields is None else json.dumps(fields)
        headers = {"Content-Type": "application/json"} if body else {}
        target = f"{parts.path}?{parts.query}"
        connection.request("POST" if body else "GET", target, body, headers)
        answer: dict[str, Any] = json.load(connection.getresponse())
    finally:
        connection.close()
    return answer


# ── what the owner and the moderators do ─────────────────────────────────────────────────────


def state_of(app: Flask) -> State:
    state: State = app.extensions[EXTENSION]
    return state


def decide(app: Flask, comment_id: int, status: Status) -> None:
    """A moderator's decision."""
    with app.app_context():
        session = state_of(app).session()
        action = moderation.Action(by="host:1", name="Bob", reason="a test", now=now())
        moderation.decide(session, comment_id, status, action)
        session.commit()


def ban(app: Flask, guest: Visitor) -> None:
    """A moderator bans somebody who has a token, for good."""
    with app.app_context():
        state = state_of(app)
        token = state.keys.open("guest", guest.token or "") or b""
        guest_id = token.decode().partition(".")[0]
        action = moderation.Action(by="host:1", name="Bob", now=now())
        moderation.bans.ban(state.session(), f"guest:{guest_id}", action)
        state.session().commit()


def close(app: Flask, key: str = STORY) -> None:
    with app.app_context():
        session = state_of(app).session()
        thread_id = threads.find(session, key).id
        assert thread_id is not None
        action = moderation.Action(by="host:1", name="Bob", now=now())
        moderation.close(session, thread_id, action, closed=True)
        session.commit()


def problem(answer: TestResponse) -> tuple[int, str]:
    """The status and the public code of a refusal."""
    assert answer.mimetype == "application/problem+json", answer.text
    return answer.status_code, answer.json["code"]


def wrong_fields(answer: TestResponse) -> set[str]:
    """The fields that a 422 names."""
    assert problem(answer) == (422, "invalid")
    return set(answer.json["errors"])
