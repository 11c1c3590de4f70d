"""The owner sees what became of each message, why, and can have it sent again."""

import re
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from comments.models import Letter, Subscriber
from comments.notify import messages
from comments.notify.outbox import RETRY_MINUTES
from comments.notify.troubles import UNREACHED, WORKER_DIED
from comments.web.state import now
from tests.services.ports import free_port
from tests.services.smtp import MailServer
from tests.web import cast
from tests.web.admin.rooms import owner, press, pressed, see
from tests.web.admin.test_moderators import ANN, member, notice
from tests.web.cast import Visitor

GIVEN_UP = {"next_try_at": None, "attempts": len(RETRY_MINUTES) + 1}


@pytest.fixture
def ann(app: Flask, monkeypatch) -> Visitor:
    """The owner, signed in by the host."""
    return owner(app, monkeypatch)


def put(app: Flask, **facts: Any) -> int:
    """A message of an hour ago in the outbox."""
    with app.app_context():
        session = cast.state_of(app).session()
        given = {"recipient": "reader@example.org", "subject": "Hi", "text": "A link"}
        moment = now() - timedelta(hours=1)
        letter = Letter(**({"created_at": moment, "next_try_at": moment} | given | facts))
        session.add(letter)
        session.commit()
        return letter.id


def rows(answer: TestResponse) -> list[str]:
    page = BeautifulSoup(answer.text, "html.parser")
    said = (" ".join(row.get_text(" ").split()) for row in page.select(".g-table tbody tr"))
    return [re.sub(r"[-0-9]{10} [:0-9]{5} UTC", "WHEN", row) for row in said]


def soon() -> Any:
    return now() + timedelta(minutes=5)


# ── what became of it ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, "A link to sign in or to confirm r…@example.org WHEN waiting"),
        ({"purpose": "notice", "text": ""}, "New comments r…@example.org WHEN waiting"),
        (
            {"next_try_at": "soon", "attempts": 2, "error": "451 4.7.1"},
            "waiting the mail server puts it off (451 4.7.1) · 2 tries",
        ),
        (
            {"next_try_at": "soon", "attempts": 1, "error": f"{UNREACHED}: X"},
            "waiting the mail server cannot be reached · 1 try",
        ),
        ({"next_try_at": "soon", "attempts": 1}, "being sent"),
        ({"next_try_at": None, "sent_at": "soon", "text": ""}, "sent"),
        (
            {"next_try_at": None, "attempts": 1, "error": "550 5.1.1"},
            "not accepted the mail server refuses it (550 5.1.1) Send again",
        ),
        (GIVEN_UP | {"error": "421"}, "given up the mail server puts it off (421) · 10 tries"),
        (
            {"handed_at": "soon", "next_try_at": None, "error": WORKER_DIED},
            "interrupted the program ended while it was sent · It may have arrived. Send again",
        ),
        (
            {"kind": "webhook", "purpose": "comment.pending", "recipient": "https://h.example/s3"},
            "Webhook: a comment waits h.example WHEN waiting",
        ),
        (
            {"kind": "webhook", "next_try_at": None, "attempts": 1, "error": "410"},
            "not accepted the receiver answers 410",
        ),
        (
            GIVEN_UP | {"kind": "webhook", "error": "h.example: TimeoutError"},
            "given up the receiver cannot be reached (h.example: TimeoutError)",
        ),
        ({"purpose": "something-new"}, "something-new r…@example.org"),
        ({"recipient": ""}, "A link to sign in or to confirm — WHEN"),
    ],
)
def test_each_message_tells_what_became_of_it(app, ann, facts, told):
    put(app, **{name: soon() if value == "soon" else value for name, value in facts.items()})
    answer = see(ann, "/messages")
    (row,) = rows(answer)
    assert told in row
    assert "reader@" not in answer.text
    assert "s3" not in answer.text


def test_a_subscriber_s_address_is_masked_as_well(app, ann):
    with app.app_context():
        session = cast.state_of(app).session()
        dave = Subscriber(email="dave@example.org", created_at=now())
        session.add(dave)
        session.commit()
        subscriber_id = dave.id
    put(app, purpose="notice", recipient="", subscriber_id=subscriber_id)
    assert "d…@example.org" in rows(see(ann, "/messages"))[0]


def test_what_one_looks_at_can_be_chosen(app, ann):
    put(app)
    put(app, sent_at=now(), next_try_at=None)
    put(app, next_try_at=None, attempts=1, error="550")
    put(app, handed_at=now() - timedelta(hours=1), next_try_at=now() - timedelta(minutes=1))
    words = {show: rows(see(ann, "/messages", show=show)) for show in messages.SHOWS}
    assert [len(words[show]) for show in messages.SHOWS] == [4, 1, 1, 2]
    assert "interrupted" in words["lost"][0] and "not accepted" in words["lost"][1]
    assert len(rows(see(ann, "/messages", show="nonsense"))) == 4


def test_there_are_pages(app, ann, monkeypatch):
    monkeypatch.setattr(messages.page, "__kwdefaults__", {"below": None, "limit": 2})
    ids = [put(app, recipient=f"{name}@example.org") for name in "abc"]
    first = see(ann, "/messages")
    assert ["c…@" in rows(first)[0], "b…@" in rows(first)[1]] == [True, True]
    assert f"below={ids[1]}" in first.text
    second = see(ann, "/messages", below=ids[1])
    assert len(rows(second)) == 1 and "a…@" in rows(second)[0]
    assert "To the beginning" in second.text


def test_where_nothing_is_set_up_that_is_said(ann):
    answer = see(ann, "/messages")
    assert "COMMENTS_SMTP_URI" in answer.text
    assert "No messages" in answer.text
    assert "Send me a test" not in answer.text
    assert "No message is in this state." in see(ann, "/messages", show="sent").text


def test_where_only_webhooks_are_set_up_that_is_said(make_app, monkeypatch):
    app = make_app(COMMENTS_WEBHOOKS=f"https://hooks.example/in whsec_{'c' * 32}")
    assert "Webhooks are." in see(owner(app, monkeypatch), "/messages").text


# ── once more ────────────────────────────────────────────────────────────────────────────────


def test_what_did_not_arrive_can_be_sent_again_and_the_log_says_who_did(app, ann):
    letter_id = put(app, next_try_at=None, attempts=1, error="550 5.1.1", purpose="queue")
    page = pressed(ann, "/messages/resend", id=letter_id, back="/comments/admin/messages?show=lost")
    assert notice(page).startswith("The message is on its way once more.")
    assert "Undo" not in notice(page)
    assert "waiting" in rows(see(ann, "/messages"))[0]
    log = see(ann, "/log", action="resend").text
    assert "Bob had a message sent again" in log
    assert "queue" in log


def test_what_has_arrived_is_not_sent_again(app, ann):
    letter_id = put(app, sent_at=now(), next_try_at=None, text="")
    answer = press(ann, "/messages/resend", id=letter_id)
    assert answer.status_code == 409
    assert "There is nothing of it to be sent again." in notice(answer)
    assert press(ann, "/messages/resend", id=letter_id + 1).status_code == 404


# ── a test, and what waits for too long ──────────────────────────────────────────────────────


def test_an_owner_mails_a_test_to_the_own_address(make_app, mail_server: MailServer):
    app = make_app(COMMENTS_SMTP_URI=mail_server.uri, COMMENTS_MAIL_FROM="c@blog.example")
    ann = member(app, ANN, "Ann")
    assert "Send me a test" in see(ann, "/messages").text
    page = pressed(ann, "/messages/test")
    assert "on its way to the address of your account" in notice(page)
    (mail,) = mail_server.wait_for(1)
    assert (mail.recipients, mail.message["Subject"]) == ([ANN], "A test from your comments")
    assert "Ann mailed themselves a test" in see(ann, "/log", action="test_mail").text


def test_the_overview_says_that_messages_wait_and_why(make_app, monkeypatch):
    app = make_app(
        COMMENTS_SMTP_URI=f"smtp://127.0.0.1:{free_port()}", COMMENTS_MAIL_FROM="c@blog.example"
    )
    ann = owner(app, monkeypatch)
    assert notice(see(ann, "/overview")) == ""
    old = {"created_at": now() - timedelta(hours=3), "next_try_at": soon()}
    put(app, **old)
    put(app, **old, attempts=3, error="the server cannot be reached: ConnectionRefusedError")
    put(app, **old, kind="webhook")
    told = notice(see(ann, "/overview"))
    assert told.startswith("2 messages wait, the first written ")
    assert "the mail server cannot be reached" in told
    assert "2 messages wait" in notice(see(ann, "/messages"))


def test_a_moderator_who_owns_nothing_is_not_told(app):
    put(app, created_at=now() - timedelta(hours=3))
    assert notice(see(cast.visitor(app, "bob"), "/overview")) == ""


def test_the_outbox_holds_what_the_list_shows(app, ann):

    put(app)
    see(ann, "/messages")
    with app.app_context():
        (letter,) = cast.state_of(app).session().scalars(select(Letter))
        assert (letter.attempts, letter.recipient) == (0, "reader@example.org")
