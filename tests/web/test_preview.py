"""``POST /api/v1/preview``."""

import pytest

from tests.web import cast
from tests.web.cast import problem, wrong_fields


def test_it_works(alice):
    answer = alice.call("POST", "/preview", {"body": "Hello, **world**."})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {"html": "<p>Hello, <strong>world</strong>.</p>"}


def test_it_shows_what_posting_would(alice):
    body = "> quoted\n\nhttps://blog.example and <b>no</b> *html*\n\n    code"
    shown = alice.call("POST", "/preview", {"body": body}).json["html"]
    assert shown == alice.says(body)["html"]


def test_it_stores_nothing(alice):
    alice.call("POST", "/preview", {"body": "Hello.", "thread": "story", "name": "alice"})
    assert alice.reads()["thread"]["count"] == 0
    assert alice.me()["viewer"] is None


def test_it_works_for_members(dave):
    assert dave.call("POST", "/preview", {"body": "Hello."}).status_code == 200


@pytest.mark.parametrize("body", ["", " \n ", None, 7, True, ["a"], {"a": 1}, "a\0b", "x" * 10_001])
def test_it_refuses_what_no_comment_can_be(sqlite_app, body):
    alice = cast.visitor(sqlite_app, "alice")
    assert wrong_fields(alice.call("POST", "/preview", {"body": body})) == {"body"}


def test_it_refuses_a_false_token(sqlite_app):
    alice = cast.visitor(sqlite_app, "alice")
    alice.token = "made-up"
    assert problem(alice.call("POST", "/preview", {"body": "x"})) == (401, "token_invalid")
