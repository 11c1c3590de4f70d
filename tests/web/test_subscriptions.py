"""Subscribing over HTTP: the same answer whoever's address it is, links that act on no GET, pages
that need no account, and no address anywhere."""

import json
import logging
import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from comments import Identity
from comments.models import Letter, Pace, Scope, Subscriber, Subscription
from comments.notify.links import Holder, seal
from comments.standalone import POSTMAN
from tests.web import cast
from tests.web.cast import BLOG, ELSEWHERE, STORY, Visitor, problem, wrong_fields

ANN = "ann@private.example"
MAILING = {"COMMENTS_SMTP_URI": "smtp://127.0.0.1:1", "COMMENTS_MAIL_FROM": "c@blog.example"}


@pytest.fixture
def mailing(make_app) -> Flask:
    """The service with mail that nobody fetches: letters wait where a test can look at them."""
    return at_rest(make_app(**MAILING))


@pytest.fixture
def quick(start, migrated_sqlite_uri) -> Flask:
    """The same for what no database has a part in."""
    return at_rest(start(migrated_sqlite_uri, **MAILING))


def at_rest(app: Flask) -> Flask:
    app.extensions[POSTMAN].stop()
    return app


def wants(visitor: Visitor, notify: str = "all", email: str | None = ANN, **more: Any) -> Any:
    order = {"thread": STORY, "notify": notify} | ({"email": email} if email else {})
    return visitor.call("PUT", "/subscriptions", order | more)


def rows(app: Flask, what: Any) -> list[Any]:
    with app.app_context():
        session = cast.state_of(app).session()
        session.rollback()
        return list(session.scalars(select(what).order_by(what.id)))


def token_in(letter: Letter) -> str:
    return re.search(r"token=([\w-]+)", letter.text)[1]


def last_token(app: Flask) -> str:
    asked = [letter for letter in rows(app, Letter) if "/confirm?" in letter.text]
    return token_in(asked[-1])


def confirm(app: Flask, by: str = "carol") -> TestResponse:
    """The owner of the address presses the button behind the link, in whatever browser."""
    return cast.visitor(app, by).submit("/subscriptions/confirm", token=last_token(app))


def state(app: Flask) -> list[tuple[str, bool]]:
    return [(str(one.scope), one.confirmed_at is not None) for one in rows(app, Subscription)]


def manage_token(app: Flask) -> str:
    [whose] = rows(app, Subscriber)
    return seal(cast.state_of(app).keys, Holder(whose.id))


def page(answer: TestResponse) -> BeautifulSoup:
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def lines(answer: TestResponse) -> list[str]:
    return [" ".join(li.get_text(" ").split()) for li in page(answer).select("main li")]


# ── by the API ───────────────────────────────────────────────────────────────────────────────


def test_a_guest_subscribes_confirms_and_is_told_so(mailing):
    alice = cast.visitor(mailing, "alice")
    assert alice.me()["notify"] == "none"
    answer = wants(alice)
    assert (answer.status_code, set(answer.json)) == (202, {"token"})
    assert alice.me()["notify"] == "none"
    assert confirm(mailing).status_code == 200
    assert alice.me()["notify"] == "all"
    assert cast.visitor(mailing, "carol").me()["notify"] == "none"
    assert wants(alice, "none").status_code == 202
    assert alice.me()["notify"] == "none"


def test_the_answer_is_the_same_whoevers_address_it_is(mailing):
    alice, carol = cast.visitor(mailing, "alice"), cast.visitor(mailing, "carol")
    wants(alice)
    confirm(mailing)
    carol.says("To have a token.")
    answers = [
        wants(carol, notify, email)
        for notify in ("all", "replies", "none")
        for email in (ANN, "nobody@private.example")
    ]
    answers += [wants(alice), wants(alice, email="nobody@private.example")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, "{}")}
    plain = [dict(answer.headers) | {"Date": ""} for answer in answers]
    assert all(each == plain[0] for each in plain)


def test_what_is_wrong_with_an_order_is_named(quick):
    carol = cast.visitor(quick, "carol")
    answer = carol.call("PUT", "/subscriptions", {"email": "no", "comment": "x", "pace": "never"})
    assert wrong_fields(answer) == {"thread", "notify", "email", "comment", "pace"}
    assert wrong_fields(wants(carol, email=None)) == {"email"}
    assert wrong_fields(wants(carol, pace="yearly")) == {"pace"}


@pytest.mark.parametrize(
    "email",
    [
        "ann@example.org\r\nBcc: eve@example.org",
        "ann@example.org\nX: y",
        "a\0nn@example.org",
        "=?utf-8?q?ann=0D=0ABcc:_eve=40example.org?=@example.org ",
        "=?utf-8?q?=0d=0aBcc=3aeve=40example.org?=x@private.example",
        "ann@example.org, eve@example.org",
        "Ann <ann@example.org>",
        "ann\u202e@example.org",
        "ann\ud800@example.org",
        "ann@example",
        ["ann@example.org"],
        {"a": 1},
        7,
        "a" * 300 + "@example.org",
    ],
)
def test_an_address_is_one_address_or_refused(quick, email):
    carol = cast.visitor(quick, "carol")
    assert wrong_fields(wants(carol, email=email)) == {"email"}
    assert (rows(quick, Letter), rows(quick, Subscriber)) == ([], [])


def test_the_question_comes_by_mail(make_app, mail_server):
    app = make_app(COMMENTS_SMTP_URI=mail_server.uri, COMMENTS_MAIL_FROM="c@blog.example")
    carol = cast.visitor(app, "carol")
    assert wants(carol, email=ANN).status_code == 202
    [mail] = mail_server.wait_for(1)
    assert (mail.recipients, mail.message["To"]) == ([ANN], ANN)
    assert mail.message["Subject"] == "Shall we mail you new comments?"
    token = re.search(r"confirm\?token=([\w-]+)", mail.text)[1]
    assert carol.submit("/subscriptions/confirm", token=token).status_code == 200
    assert state(app)[0] == ("all", True)


def test_one_comment_is_followed(quick):
    alice, carol = cast.visitor(quick, "alice"), cast.visitor(quick, "carol")
    first = alice.says()["id"]
    assert wants(carol, "replies", comment=first).status_code == 202
    assert [(one.scope, one.comment_id) for one in rows(quick, Subscription)] == [
        ("comment", first)
    ]
    other = alice.says(thread="other")["id"]
    for comment in (other, 4711):
        assert problem(wants(carol, "replies", comment=comment)) == (404, "no_such_comment")
    assert wants(carol, "none", comment=first).status_code == 202
    assert rows(quick, Subscription)[0].ended_at


def test_the_list_leads_to_the_comment_that_is_followed(quick):
    alice = cast.visitor(quick, "alice")
    comment = alice.says(notify="comment", email=ANN)["id"]
    listed = page(confirm(quick))
    assert listed.select_one("main li a")["href"].endswith(f"comment={comment}#comment-{comment}")


def test_who_is_signed_in_with_the_address_is_asked_nothing(quick):
    ann = Identity(id=42, name="Ann", email=ANN)
    quick.extensions["comments"].owner.identity_loader(lambda: ann)
    dave = cast.visitor(quick, "dave")
    assert wants(dave, email=None, pace="daily").json == {}
    assert (state(quick), rows(quick, Letter)) == ([("all", True)], [])
    assert rows(quick, Subscriber)[0].pace is Pace.DAILY
    assert dave.me()["notify"] == "all"
    wants(dave, "none", email=None)
    assert dave.me()["notify"] == "none"


def test_one_network_subscribes_so_often(quick):
    carol = cast.visitor(quick, "carol")
    answers = [wants(carol, email=f"r{n}@example.org") for n in range(21)]
    assert [answer.status_code for answer in answers] == [202] * 20 + [429]
    assert "subscriptions" in answers[-1].json["detail"]


def test_a_site_that_may_embed_subscribes_and_another_may_not(quick):
    carol = cast.visitor(quick, "carol")
    carol.headers = {"Origin": BLOG, "Sec-Fetch-Site": "cross-site"}
    assert wants(carol).status_code == 202
    carol.headers = {"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"}
    assert problem(wants(carol)) == (403, "origin_not_allowed")


# ── with a comment ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("notify", ["all", "replies", "comment"])
def test_a_comment_subscribes_in_its_own_transaction(quick, notify):
    alice = cast.visitor(quick, "alice")
    comment = alice.says(notify=notify, email=ANN)
    [one] = rows(quick, Subscription)
    followed = comment["id"] if notify == "comment" else 0
    assert (one.scope, one.comment_id) == (notify, followed)
    # One question at a time: whether they want it.
    assert [letter.purpose for letter in rows(quick, Letter)] == ["confirm"]


def test_saying_yes_in_whatever_browser_verifies_nobody(mailing):
    """Whoever typed the address of somebody else does not become that person."""
    alice = cast.visitor(mailing, "alice")
    alice.says(notify="all", email=ANN)
    confirm(mailing)
    assert not alice.says(email=ANN)["author"]["verified"]
    # Now, with no other question open, the address is asked about that too.
    assert [letter.purpose for letter in rows(mailing, Letter)] == ["confirm", "link"]


def test_a_comment_sent_twice_subscribes_once(quick):
    alice = cast.visitor(quick, "alice")
    alice.says("To have a token.")
    for _ in range(2):
        alice.says(notify="comment", email=ANN, headers={"Idempotency-Key": "k"})
    assert len(rows(quick, Subscription)) == len(rows(quick, Letter)) == 1


def test_a_comment_that_wants_mail_says_where(quick):
    assert wrong_fields(cast.visitor(quick, "alice").post(notify="all")) == {"email"}
    dave = cast.visitor(quick, "dave").post(notify="all")
    assert problem(dave) == (422, "invalid") and "errors" not in dave.json
    assert cast.visitor(quick, "alice").reads()["comments"] == []


def test_a_form_without_a_script_subscribes_too(quick):
    alice = cast.visitor(quick, "alice")
    fields = {"key": STORY, "body": "Hello", "name": "Alice", "email": ANN, "notify": "replies"}
    assert alice.submit("/post", **fields).status_code == 303
    assert state(quick) == [("replies", False)]
    refused = alice.submit("/post", **(fields | {"email": ""}))
    assert refused.status_code == 422 and "Tell us where to mail it." in refused.text


def test_without_a_mail_server_nothing_of_it_is_shown(sqlite_app):
    alice = cast.visitor(sqlite_app, "alice")
    alice.says(notify="all", email=ANN)
    assert rows(sqlite_app, Subscription) == []
    for path in ("/thread?key=story", "/fragment/subscribe", "/fragment/thread?key=story"):
        shown = alice.client.get(f"/comments{path}").text.lower()
        assert "subscri" not in shown and "notify" not in shown, path
    for answer in (alice.client.get("/comments/subscribe?key=story"), alice.submit("/subscribe")):
        assert answer.status_code == 404 and "No mail is sent from here" in answer.text


# ── on pages ─────────────────────────────────────────────────────────────────────────────────


def test_a_reader_subscribes_on_a_page_without_a_script(mailing):
    alice = cast.visitor(mailing, "alice")
    thread = page(alice.client.get("/comments/thread?key=story"))
    link = thread.select_one('a[data-do="subscribe"]')
    shown = page(alice.client.get(link["href"]))
    fields = {one["name"]: one.get("value", "") for one in shown.select("main input")}
    sent = alice.submit("/subscribe", **(fields | {"email": ANN, "notify": "replies"}))
    assert "Look into your mailbox" in sent.text and ANN not in sent.text
    question = page(
        alice.client.get(f"/comments/subscriptions/confirm?token={last_token(mailing)}")
    )
    assert "New replies to your comments" in question.main.get_text()
    listed = confirm(mailing)
    assert lines(listed) == ["story New replies to your comments End"]
    assert alice.client.get("/comments/api/v1/me?thread=story").json["notify"] == "replies"


def test_a_wrong_address_comes_back_with_what_is_wrong(quick):
    alice = cast.visitor(quick, "alice")
    answer = alice.submit("/subscribe", key=STORY, email="nobody", notify="all")
    assert answer.status_code == 422
    shown = BeautifulSoup(answer.text, "html.parser")
    assert shown.select_one("[name=email]")["value"] == "nobody"
    assert shown.select_one("#c-error-email").get_text() == "That is not an e-mail address."


def test_too_many_are_told_when_to_come_again(quick):
    alice = cast.visitor(quick, "alice")
    for number in range(21):
        fields = {"key": STORY, "email": f"r{number}@example.org", "notify": "all"}
        answer = alice.submit("/subscribe", **fields)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0


def test_the_page_for_one_comment_follows_that_comment(quick):
    alice = cast.visitor(quick, "alice")
    comment = alice.says()["id"]
    shown = page(alice.client.get(f"/comments/subscribe?key=story&comment={comment}"))
    fields = {one["name"]: one.get("value", "") for one in shown.select("main input")}
    alice.submit("/subscribe", **(fields | {"email": ANN}))
    assert [(one.scope, one.comment_id) for one in rows(quick, Subscription)] == [
        (Scope.COMMENT, comment)
    ]


def test_a_member_with_a_known_address_types_none(quick):
    ann = Identity(id=42, name="Ann", email=ANN)
    quick.extensions["comments"].owner.identity_loader(lambda: ann)
    dave = cast.visitor(quick, "dave")
    shown = page(dave.client.get("/comments/subscribe?key=story"))
    assert shown.select_one("[name=email]") is None and ANN not in str(shown)
    done = dave.submit("/subscribe", key=STORY, notify="all")
    assert "It is noted." in done.text
    assert state(quick) == [("all", True)]


def subscribed(app: Flask) -> str:
    """Alice is mailed of two discussions; the token of her list."""
    alice = cast.visitor(app, "alice")
    wants(alice)
    confirm(app)
    wants(alice, "replies", thread="other")
    return manage_token(app)


def change(app: Flask, **fields: str) -> TestResponse:
    return cast.visitor(app, "carol").submit("/subscriptions", **fields)


def test_the_list_ends_one_and_takes_it_back(mailing):
    token = subscribed(mailing)
    shown = cast.visitor(mailing, "carol").client.get(f"/comments/subscriptions?token={token}")
    assert lines(shown) == ["other New replies to your comments End", "story New comments End"]
    end = page(shown).select('button[name="end"]')[0]["value"]
    ended = change(mailing, token=token, end=end)
    assert lines(ended) == ["story New comments End"]
    undo = page(ended).select_one('form.c-note button[name="begin"]')["value"]
    assert len(lines(change(mailing, token=token, begin=undo))) == 2


def test_the_list_ends_all_and_takes_all_back(quick):
    token = subscribed(quick)
    ended = change(quick, token=token, end="all")
    assert "Nothing is mailed to you." in ended.text
    undo = page(ended).select_one('button[name="begin"]')["value"]
    assert len(lines(change(quick, token=token, begin=undo))) == 2


def test_the_list_changes_the_pace_and_confirms_what_waits(quick):
    token = subscribed(quick)
    wants(cast.visitor(quick, "bob"), thread="third")
    waiting = change(quick, token=token, pace="daily")
    assert rows(quick, Subscriber)[0].pace is Pace.DAILY
    assert "third New comments · not confirmed yet Confirm End" in lines(waiting)
    begin = page(waiting).select_one('button[name="begin"]')["value"]
    assert "third New comments End" in lines(change(quick, token=token, begin=begin))


def test_what_is_no_number_changes_nothing(quick):
    token = subscribed(quick)
    for value in ("x", "-1", "²", "1;2", "9" * 30, ""):
        assert change(quick, token=token, end=value).status_code == 200
    assert len([one for one in state(quick) if one[1]]) == 2
    assert change(quick, token=token, pace="yearly").status_code == 422
    assert change(quick, token=token).status_code == 200


# ── one click ────────────────────────────────────────────────────────────────────────────────


def one_click(app: Flask, token: str, **headers: str) -> TestResponse:
    """What a mail provider sends (RFC 8058): no cookie, no page of ours before it."""
    return app.test_client().post(
        f"/comments/unsubscribe?token={token}",
        data={"List-Unsubscribe": "One-Click"},
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"} | headers,
    )


def test_a_mail_program_ends_it_with_one_click(mailing):
    token = subscribed(mailing)
    answer = one_click(mailing, token)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    assert [confirmed for _, confirmed in state(mailing)] == [False, False]
    assert one_click(mailing, token).status_code == 200


def test_one_click_takes_multipart_too(quick):
    token = subscribed(quick)
    answer = quick.test_client().post(
        f"/comments/unsubscribe?token={token}",
        data={"List-Unsubscribe": "One-Click"},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 200
    assert not any(confirmed for _, confirmed in state(quick))


def test_the_link_of_one_thread_ends_that_thread_and_takes_it_back(quick):
    subscribed(quick)
    first, _ = rows(quick, Subscription)
    token = seal(cast.state_of(quick).keys, Holder(first.subscriber_id, first.thread_id))
    carol = cast.visitor(quick, "carol")
    shown = carol.client.get(f"/comments/unsubscribe?token={token}")
    assert lines(shown) == ["story New comments"]
    ended = carol.submit("/unsubscribe", token=token)
    assert [confirmed for _, confirmed in state(quick)] == [False, True]
    undo = page(ended).select_one('button[name="begin"]')["value"]
    carol.submit("/unsubscribe", token=token, begin=undo)
    assert [confirmed for _, confirmed in state(quick)] == [True, True]
    # It shows nothing of the other one, and brings nothing of it back.
    assert carol.client.get(f"/comments/subscriptions?token={token}").status_code == 403


def test_who_is_gone_already_is_told_that_nothing_comes(quick):
    token = seal(cast.state_of(quick).keys, Holder(4711))
    assert one_click(quick, token).status_code == 200
    shown = quick.test_client().get(f"/comments/unsubscribe?token={token}")
    assert "Nothing is mailed to you." in shown.text


@pytest.mark.parametrize("path", ["/subscriptions/confirm", "/subscriptions", "/unsubscribe"])
def test_a_made_up_link_opens_nothing(quick, path):
    carol = cast.visitor(quick, "carol")
    for token in ("", "x", "é", "A" * 60):
        assert (
            carol.client.get(f"/comments{path}", query_string={"token": token}).status_code == 403
        )
        assert carol.submit(path, token=token).status_code == 403


@pytest.mark.parametrize("path", ["/subscribe", "/subscriptions/confirm", "/subscriptions"])
def test_a_form_of_another_site_does_nothing(quick, path):
    token = subscribed(quick)
    fields = {"token": token, "end": "all", "key": STORY, "email": ANN, "notify": "all"}
    answer = cast.visitor(quick, "carol").submit(path, ELSEWHERE, **fields)
    assert answer.status_code == 403
    assert {confirmed for _, confirmed in state(quick)} == {True}


# ── what never happens ───────────────────────────────────────────────────────────────────────


def links_of(app: Flask, confirming: str, token: str) -> list[str]:
    return [
        f"/comments/subscriptions/confirm?token={confirming}",
        f"/comments/subscriptions?token={token}&end=all&pace=daily",
        f"/comments/unsubscribe?token={token}&List-Unsubscribe=One-Click",
        f"/comments/subscribe?key=fresh&email={ANN}&notify=all",
        "/comments/fragment/subscribe",
    ]


def everything(app: Flask) -> list[Any]:
    return [
        [tuple(getattr(row, c.key) for c in table.__table__.columns) for row in rows(app, table)]
        for table in (Subscription, Subscriber, Letter)
    ]


def test_opening_a_link_does_nothing(mailing):
    token = subscribed(mailing)
    wants(cast.visitor(mailing, "carol"), thread="third")
    before = everything(mailing)
    for link in links_of(mailing, last_token(mailing), token):
        for method in ("GET", "HEAD", "OPTIONS"):
            assert mailing.test_client().open(link, method=method).status_code == 200, link
    assert everything(mailing) == before


def test_no_address_is_in_any_answer_or_log(mailing, caplog):
    caplog.set_level(logging.DEBUG)
    token = subscribed(mailing)
    alice = cast.visitor(mailing, "alice")
    alice.says(notify="all", email=ANN)
    wants(alice, thread="third")
    wants(cast.visitor(mailing, "bob"), "none")
    answers = [
        mailing.test_client().get(link)
        for link in links_of(mailing, last_token(mailing), token)
        if "email=" not in link
    ]
    answers += [
        alice.client.get(f"/comments{path}") for path in ("/thread?key=story", "/mine?key=story")
    ]
    answers += [
        alice.get("/me?thread=story"),
        alice.get("/me/data"),
        alice.get("/comments?thread=story"),
        alice.submit("/subscribe", key=STORY, email=ANN, notify="all"),
        change(mailing, token=token, pace="daily"),
        one_click(mailing, token),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert "ann@" not in answer.text and "private.example" not in answer.text
        assert "private.example" not in json.dumps(dict(answer.headers))
    assert "private.example" not in caplog.text


def test_hostile_titles_and_names_stay_text(quick):
    alice = cast.visitor(quick, "alice")
    title = "<b>Bold</b> =?utf-8?q?=0D=0ABcc:eve=40example.org?=\r\nBcc: eve@example.org"
    alice.says(thread={"key": "<i>&key", "title": title}, name="<u>Al</u>\r\nX: y")
    wants(alice, thread="<i>&key")
    [letter] = rows(quick, Letter)
    assert "eve" not in letter.text and "\r" not in letter.subject + letter.text
    listed = confirm(quick)
    assert "<b>Bold" not in listed.text and "&lt;b&gt;Bold" in listed.text


def test_these_pages_are_kept_and_framed_by_nobody(quick):
    token = subscribed(quick)
    for link in links_of(quick, last_token(quick), token)[:4]:
        headers = quick.test_client().get(link).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_a_page_speaks_the_language_of_its_link(quick):
    token = subscribed(quick)
    shown = page(quick.test_client().get(f"/comments/subscriptions?token={token}&lang=ar"))
    assert (shown.html["lang"], shown.html["dir"]) == ("ar", "rtl")
    assert {"lang=ar" in form["action"] for form in shown.select("form")} == {True}


def test_a_form_that_is_too_large_is_refused(quick):
    assert (
        cast.visitor(quick, "carol").submit("/unsubscribe", token="x" * 30_000).status_code == 413
    )
