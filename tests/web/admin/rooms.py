"""What the tests of discussions, words, log and overview share: who comes in, and forms."""

from dataclasses import replace
from operator import attrgetter

from flask import Flask
from werkzeug.test import TestResponse

from comments import moderation, threads
from comments.web.state import now
from tests.web import cast
from tests.web.cast import HERE, STORY, Visitor

ADMIN = "/comments/admin"


def owner(app: Flask, monkeypatch) -> Visitor:
    """Bob, who owns the site in this test."""
    monkeypatch.setitem(cast.SIGNED_IN, "bob", replace(cast.SIGNED_IN["bob"], is_owner=True))
    return cast.visitor(app, "bob")


def see(visitor: Visitor, path: str, **query) -> TestResponse:
    answer = visitor.client.get(ADMIN + path, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer


def press(visitor: Visitor, path: str, **fields) -> TestResponse:
    """What came of a form of the moderation views."""
    return visitor.client.post(ADMIN + path, data=fields, headers={"Origin": HERE})


def pressed(visitor: Visitor, path: str, **fields) -> TestResponse:
    """The page that a form leads to when all went well."""
    answer = press(visitor, path, **fields)
    assert answer.status_code == 303, answer.text
    return visitor.client.get(answer.location)


def undo(visitor: Visitor) -> TestResponse:
    return pressed(visitor, "/undo", back=f"{ADMIN}/log")


def thread_id(app: Flask, key: str = STORY) -> int:
    with app.app_context():
        found = threads.find(cast.state_of(app).session(), key).id
    assert found is not None
    return found


def act(app: Flask, what: str, *arguments, **facts) -> str:
    """Bob's action, below the views; gives its batch."""
    with app.app_context():
        session = cast.state_of(app).session()
        action = moderation.Action(by="host:1", name="Bob", now=now())
        attrgetter(what)(moderation)(session, *arguments, action, **facts)
        session.commit()
    return action.batch
