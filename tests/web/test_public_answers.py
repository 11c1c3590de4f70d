"""Public answers are the same bytes for everybody and hold nothing personal; private ones are kept
by nobody. Every address of the app is one or the other."""

import io
import json
import logging
import re
import sys
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from comments.models import Comment, Vote
from comments.web.request_log import WRITER
from tests.web import cast
from tests.web.cast import BLOG, Visitor

PUBLIC = {
    "comments.api.list_comments": "/api/v1/comments?thread=story",
    "comments.api.list_replies": "/api/v1/comments/1/replies",
    "comments.api.show_comment": "/api/v1/comments/2",
    "comments.api.list_anchors": "/api/v1/anchors?thread=story",
    "comments.api.show_counts": "/api/v1/counts?thread=story&thread=other",
    "comments.api.show_pulse": "/api/v1/pulse?thread=story&since=0",
    "comments.api.show_contract": "/api/v1/openapi.json",
    "comments.feeds.feed": "/feed.atom",
    "comments.pages.thread": "/thread?key=story",
    "comments.pages.fragment_thread": "/fragment/thread?key=story",
    "comments.pages.fragment_replies": "/fragment/replies?id=1",
    "comments.pages.fragment_comment": "/fragment/comment?id=2",
    "comments.pages.fragment_passage": "/fragment/passage?key=story",
    "comments.pages.fragment_news": "/fragment/news?key=story&since=0",
    "comments.pages.fragment_subscribe": "/fragment/subscribe",
    "comments.pages.fragment_pieces": "/fragment/pieces",
}
FILES = {"comments.pages.embed": "/embed.js", "comments.pages.asset": "/static/comments.css"}
PRIVATE = {
    "comments.api.list_waiting": "/api/v1/waiting?thread=story",
    "comments.signin.ask_for_data": "/mine/by-mail",
    "comments.signin.show_data": "/mine/by-mail/link?token=made-up",
    "comments.api.give_challenge": "/api/v1/challenge?thread=story",
    "comments.api.me": "/api/v1/me?thread=story",
    "comments.api.own_data": "/api/v1/me/data",
    "comments.own.download": "/mine/data",
    "comments.own.ask": "/mine/erase",
    "comments.forms.mine": "/mine?key=story",
    "comments.forms.ask_edit": "/comment/1/edit",
    "comments.forms.ask_delete": "/comment/1/delete",
    "comments.forms.ask_report": "/comment/1/report",
    "comments.subscriptions.ask": "/subscribe?key=story",
    "comments.subscriptions.show_confirm": "/subscriptions/confirm?token=x",
    "comments.subscriptions.show_list": "/subscriptions?token=x",
    "comments.subscriptions.show_unsubscribe": "/unsubscribe?token=x",
    "comments.signin.ask": "/sign-in",
    "comments.signin.show_link": "/sign-in/link?token=x",
    "comments.signin.show_new_password": "/sign-in/new-password?token=x",
    "comments.signin.show_verify": "/verify?token=x",
    "comments.signin.account": "/account",
    "comments.signin.show_queue_mail": "/queue-mail?token=x",
    "comments.signin.sign_in_with": "/sign-in/with/github",
    "comments.signin.sign_in_from": "/sign-in/from/github",
}
#: What answers for every other address below the API; it refuses.
LOST = {"comments.lost"}
#: What does not depend on the discussion.
STILL = {
    "comments.api.show_contract",
    "comments.pages.fragment_pieces",
    "comments.pages.fragment_subscribe",
}
EMAIL = "alice@private.example"


@pytest.fixture
def readers(app: Flask) -> dict[str, Visitor]:
    """Everybody who may look, with all that a browser of theirs carries."""
    alice, carol = cast.visitor(app, "alice"), cast.visitor(app, "carol")
    first = alice.says("The first.", email=EMAIL, website="alice.example")
    carol.says("A reply.", parent=first["id"])
    carol.vote(first["id"])
    alice.client.set_cookie("comments_guest", alice.token or "")
    carol.headers |= {"Origin": BLOG, "Sec-Fetch-Site": "cross-site"}
    stranger = cast.visitor(app, "carol")
    stranger.headers = {"Accept-Language": "ar", "User-Agent": "A phone", "DNT": "1"}
    return {
        "alice": alice,
        "carol": carol,
        "dave": cast.visitor(app, "dave"),
        "bob": cast.visitor(app, "bob"),
        "a stranger": stranger,
    }


def read(reader: Visitor, path: str) -> tuple[int, bytes, dict[str, str]]:
    answer = reader.client.get("/comments" + path, headers=reader._headers())
    found = answer.status_code, answer.get_data(), dict(answer.headers)
    answer.close()
    return found


def test_everybody_gets_the_same(readers):
    for path in (PUBLIC | FILES).values():
        answers = {name: read(reader, path) for name, reader in readers.items()}
        for status, body, headers in answers.values():
            assert status == 200, path
            assert body == answers["a stranger"][1], path
            # When a second passes between two answers, these two tell.
            own = {"Date": None, "Expires": None, "Access-Control-Allow-Origin": None}
            own |= {"Access-Control-Expose-Headers": None}
            assert headers | own == answers["a stranger"][2] | own, path


def test_no_cookie_is_set_and_none_is_read(readers):
    for path in (PUBLIC | FILES).values():
        for reader in readers.values():
            _, _, headers = read(reader, path)
            assert "Set-Cookie" not in headers, path
            varies = {name.strip().lower() for name in headers.get("Vary", "").split(",")}
            assert not varies & {"cookie", "authorization", "accept-language", "*"}, path


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer made-up"},
        {"Cookie": "comments_guest=made-up; session=made-up"},
        {"Origin": "https://elsewhere.example"},
    ],
)
def test_what_would_be_refused_elsewhere_does_not_matter(readers, headers):
    for path in PUBLIC.values():
        stranger = readers["a stranger"]
        usual = stranger.client.get("/comments" + path)
        answer = stranger.client.get("/comments" + path, headers=headers)
        assert (answer.status_code, answer.data) == (200, usual.data), path


def test_a_public_answer_may_be_kept(readers):
    for path in PUBLIC.values():
        _, _, headers = read(readers["a stranger"], path)
        expected = "public, max-age=0, s-maxage=5, stale-while-revalidate=60"
        assert headers["Cache-Control"] == expected, path
        assert headers["ETag"].startswith('W/"'), path
        assert {"Accept-Encoding", "Origin"} <= set(headers["Vary"].split(", ")), path
        assert headers["X-Content-Type-Options"] == "nosniff", path


def test_the_numbers_are_settings(make_app):
    app = make_app(COMMENTS_PUBLIC_MAX_AGE=30, COMMENTS_PUBLIC_STALE=600)
    answer = app.test_client().get("/comments/thread?key=story")
    expected = "public, max-age=0, s-maxage=30, stale-while-revalidate=600"
    assert answer.headers["Cache-Control"] == expected


def test_what_has_not_changed_is_not_sent_again(readers):
    for name in sorted(PUBLIC):
        path = "/comments" + PUBLIC[name]
        dave, alice = readers["dave"], readers["alice"]
        etag = dave.client.get(path).headers["ETag"]
        known = {"If-None-Match": etag}
        for _ in range(2):
            again = dave.client.get(path, headers=known)
            assert (again.status_code, again.data) == (304, b""), name
            assert again.headers["ETag"] == etag, name
            assert again.headers["Cache-Control"].startswith("public"), name
        assert dave.client.head(path, headers=known).status_code == 304, name
        alice.says("New.")
        changed = dave.client.get(path, headers=known)
        assert changed.status_code == (304 if name in STILL else 200), name


def test_head_tells_the_same_without_the_body(readers):
    for path in PUBLIC.values():
        stranger = readers["a stranger"]
        told = stranger.client.get("/comments" + path)
        head = stranger.client.head("/comments" + path)
        assert (head.status_code, head.data) == (200, b""), path
        for name in ("ETag", "Cache-Control", "Vary", "Content-Type"):
            assert head.headers[name] == told.headers[name], path


def test_the_tag_of_an_answer_does_not_tell_of_secrets(start, migrated_sqlite_uri):
    """Two machines on one database, each with its own spelling of what is secret."""
    both = {"COMMENTS_MAIL_FROM": "comments@blog.example"}
    one = start(migrated_sqlite_uri, COMMENTS_SMTP_URI="smtp://one:hush@mail.example:587", **both)
    two = start(migrated_sqlite_uri, COMMENTS_SMTP_URI="smtp://two:hush@mail.example:587", **both)
    tags = {app.test_client().get("/comments/thread?key=a").headers["ETag"] for app in (one, two)}
    assert len(tags) == 1


def test_a_file_is_kept_and_asked_for_again(sqlite_app):
    client = sqlite_app.test_client()
    for path in FILES.values():
        first = client.get("/comments" + path)
        assert "max-age" in first.headers["Cache-Control"], path
        again = client.get("/comments" + path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), path
        first.close()
        again.close()


# ── every address is one or the other ────────────────────────────────────────────────────────


def test_every_address_is_public_or_private(sqlite_app):
    reading = {
        rule.endpoint
        for rule in sqlite_app.url_map.iter_rules()
        if rule.endpoint.startswith("comments.")
        # The moderation views have promises of their own (tests/web/admin/test_door.py).
        and not rule.endpoint.startswith("comments.admin.")
        and "GET" in (rule.methods or ())
    }
    assert reading == set(PUBLIC | FILES | PRIVATE) | LOST


def test_a_private_answer_is_kept_by_nobody(readers):
    for path in PRIVATE.values():
        for reader in readers.values():
            _, _, headers = read(reader, path)
            assert headers["Cache-Control"] == "no-store", path
            assert "ETag" not in headers, path
            assert "Set-Cookie" not in headers, path


def test_every_write_is_private(app, readers):
    """Whatever comes of it: done, refused, or refused before anything was looked at."""
    alice, client = readers["alice"], readers["alice"].client
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            path = re.sub(r"<.*?>", "1", rule.rule)
            for sends in ({"json": {}}, {"data": {}}, {"json": {"body": "x", "value": 1}}):
                headers = alice._headers() | {"Origin": cast.HERE}
                answer = client.open(path, method=method, headers=headers, **sends)
                assert answer.headers["Cache-Control"] == "no-store", rule
                assert answer.status_code < 500, rule


# ── nothing personal ─────────────────────────────────────────────────────────────────────────


def personal(app: Flask, readers: dict[str, Visitor]) -> set[str]:
    """What the server knows of alice and carol that is nobody else's business."""
    with app.app_context():
        session = cast.state_of(app).session()
        ids = set(session.scalars(select(Comment.author_id)))
        hashes = {found for found in session.scalars(select(Vote.address_hash)) if found}
    bare = {author_id.partition(":")[2] for author_id in ids}
    assert len(ids) == 2 and len(hashes) == 1
    tokens = {readers[name].token or "" for name in ("alice", "carol")}
    addresses = {cast.HOUSEHOLDS[name] for name in ("alice", "carol")}
    return ids | bare | hashes | tokens | addresses | {EMAIL, "alice@", "private.example"}


def test_nothing_personal_is_in_a_public_answer(app, readers):
    for path in PUBLIC.values():
        _, body, headers = read(readers["a stranger"], path)
        for secret in personal(app, readers):
            assert secret not in body.decode() + json.dumps(headers), path


def test_nothing_personal_is_in_an_answer_to_its_author(app, readers):
    alice = readers["alice"]
    secrets = personal(app, readers) - {alice.token}
    written = alice.post("Once more.", email=EMAIL)
    for answer in (
        written,
        alice.get("/me?thread=story"),
        alice.client.get("/comments/mine?key=story"),
    ):
        for secret in secrets:
            assert secret not in answer.text


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Gives everything that was written down so far, by anybody, at any level."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    caplog.set_level(logging.DEBUG)

    def so_far() -> str:
        for thread in threading.enumerate():
            if thread.name == WRITER:
                thread.join()
        return written.getvalue() + caplog.text

    return so_far


def test_nothing_personal_is_logged(logged, app, readers):
    alice = readers["alice"]
    body = "What nobody else should read in a log."
    written = alice.says(body, email=EMAIL, headers={"User-Agent": "A phone of alice"})
    alice.edit(written["id"], body)
    alice.vote(written["id"])
    alice.report(2, "spam", note=body)
    alice.post(name="admin")
    alice.submit("/post", key="story", name="alice", body=body, email=EMAIL)
    alice.get("/me?thread=story")
    alice.delete(written["id"])
    said = logged()
    assert said.count('"status"') > 8
    secrets = personal(app, readers) | {body, "A phone", "Bearer", "comments_guest", "story"}
    for secret in secrets:
        assert secret not in said


def test_a_log_line_is_json_of_a_few_facts(logged, readers):
    readers["alice"].get("/comments?thread=story&after=secret")
    readers["alice"].get("/comments/4711/replies")
    for line, status in zip(logged().splitlines()[-2:], (422, 404), strict=True):
        facts = json.loads(line)
        assert set(facts) == {"method", "path", "status", "ms"}
        assert (facts["method"], facts["status"]) == ("GET", status)
        assert "?" not in facts["path"]


def test_a_strange_path_stays_on_one_line(logged, sqlite_app):
    sqlite_app.test_client().get("/nowhere%0a%7b%22status%22:200%7d%1b[31m")
    [line] = logged().splitlines()
    assert "\x1b" not in line
    assert json.loads(line)["status"] == 404
