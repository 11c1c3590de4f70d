"""What a webhook tells: everybody's JSON, and to moderators' programs what they need."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from comments import Status
from comments.models import Comment, Letter
from comments.web import hooks
from tests.services.receiver import Receiver
from tests.services.smtp import MailServer
from tests.web import cast
from tests.web.cast import STORY, Visitor

SECRET = f"whsec_{'c' * 32}"
#: Long enough to hear everything, and no longer than a test waits.
SLOW = 1.0
EMAIL = "carol@private.example"


@pytest.fixture
def receiver(serve: Callable[..., str]) -> Receiver:
    return Receiver(serve)


@pytest.fixture
def app(make_app, receiver: Receiver) -> Flask:
    return make_app(COMMENTS_WEBHOOKS=f"{receiver.url} {SECRET}", COMMENTS_REPORTS_TO_HOLD=0)


@pytest.fixture
def carol(app) -> Visitor:
    return cast.visitor(app, "carol")


def heard(receiver: Receiver, wait: Callable[..., None], number: int = 1) -> list[dict[str, Any]]:
    wait(lambda: len(receiver.heard) >= number)
    return [json.loads(each.body) for each in receiver.heard]


def test_of_what_is_published_everybody_s_json_is_told(receiver, carol, mail_server):
    carol.says("Hello *there*.", email=EMAIL, website="carol.example")
    (told,) = heard(receiver, mail_server.wait_until)
    assert told["type"] == "comment.published"
    assert told["data"]["comment"] == carol.reads()["comments"][0]
    assert told["data"]["thread"] == {
        "key": STORY,
        "title": None,
        "url": None,
        "site": "http://localhost",
    }
    assert set(told["data"]) == {"thread", "comment"}


def test_of_what_waits_a_moderators_program_is_told_what_it_needs_and_no_address(
    make_app, receiver, mail_server
):
    app = make_app(
        COMMENTS_WEBHOOKS=f"{receiver.url} {SECRET} pending",
        COMMENTS_HOLD="all",
        COMMENTS_URL="https://c.example/comments",
    )
    comment = cast.visitor(app, "carol").says("Hello *there*.", email=EMAIL)
    (told,) = heard(receiver, mail_server.wait_until)
    data = told["data"]
    assert (told["type"], data["comment"]["state"]) == ("comment.pending", "pending")
    assert data["source"] == "Hello *there*."
    assert data["reason"] == "every comment waits for a moderator"
    assert data["comment"]["author"]["name"] == "carol"
    assert data["decide"] == f"https://c.example/comments/admin/comment/{comment['id']}"
    assert EMAIL not in json.dumps(told)
    assert cast.HOUSEHOLDS["carol"] not in json.dumps(told)
    assert not {"email", "email_hash", "address_hash", "author_id"} & set(str(told).split("'"))


def test_of_a_report_the_reason_and_the_note_are_told_and_not_who_it_is_of(
    app, receiver, carol, mail_server
):
    comment = carol.says("Rude.")
    cast.visitor(app, "alice").report(comment["id"], "abuse", note="Very rude.")
    _, told = heard(receiver, mail_server.wait_until, 2)
    assert told["type"] == "comment.reported"
    (report,) = told["data"]["reports"]
    assert set(report) == {"reason", "note", "created"}
    assert (report["reason"], report["note"]) == ("abuse", "Very rude.")
    assert told["data"]["waits"] is False


def spam(app: Flask, comment_id: int) -> None:
    cast.decide(app, comment_id, Status.SPAM)


def shadow(app: Flask, comment_id: int) -> None:
    with app.app_context():
        session = cast.state_of(app).session()
        session.execute(update(Comment).where(Comment.id == comment_id).values(shadowed=True))
        session.commit()


def told_now(app: Flask, event: str, comment_id: int) -> dict[str, Any] | None:
    """What a receiver would be told at this moment."""
    about = json.dumps({"comment": comment_id})
    with app.app_context():
        state = cast.state_of(app)
        letter = Letter(kind="webhook", purpose=f"comment.{event}", text=about)
        return hooks.teller(state)(state.session(), letter)


@pytest.mark.parametrize("happens", [spam, shadow])
def test_what_is_not_so_any_more_is_not_told(app, carol, happens):
    comment_id = carol.says("Hush.")["id"]
    assert told_now(app, "published", comment_id) is not None
    for event in ("pending", "reported"):
        assert told_now(app, event, comment_id) is None
    happens(app, comment_id)
    assert told_now(app, "published", comment_id) is None
    assert told_now(app, "published", comment_id + 1) is None


def test_a_slow_receiver_holds_up_no_mail(make_app, serve, mail_server: MailServer):
    slow = Receiver(serve, seconds=SLOW)
    app = make_app(
        COMMENTS_WEBHOOKS=f"{slow.url} {SECRET}",
        COMMENTS_SMTP_URI=mail_server.uri,
        COMMENTS_MAIL_FROM="c@blog.example",
    )
    carol = cast.visitor(app, "carol")
    for number in range(3):
        carol.says(f"Number {number}.")
    assert carol.submit("/sign-in", email="reader@example.org").status_code == 200
    mail_server.wait_for(1)
    assert len(slow.heard) < 3
