"""A moderator chooses how often to be mailed what waits, and ends it by a link."""

import re

import pytest
from flask import Flask

from comments.models import Account, Pace
from tests.services.smtp import MailServer
from tests.web import cast
from tests.web.admin.rooms import press, see
from tests.web.admin.test_moderators import ANN, member
from tests.web.cast import Visitor

QUEUE = "/comments/admin/queue"


@pytest.fixture
def app(make_app, mail_server: MailServer) -> Flask:
    return make_app(
        COMMENTS_SMTP_URI=mail_server.uri,
        COMMENTS_MAIL_FROM="c@blog.example",
        COMMENTS_MAIL_WAIT=0,
        COMMENTS_HOLD="all",
    )


@pytest.fixture
def ann(app) -> Visitor:
    return member(app, ANN, "Ann")


def pace(app: Flask) -> Pace:
    with app.app_context():
        return cast.state_of(app).session().query(Account).one().queue_mail


def long_ago(app: Flask) -> None:
    """She chose it, and was mailed, days ago."""
    with app.app_context():
        session = cast.state_of(app).session()
        account = session.query(Account).one()
        account.queue_mailed_at = account.created_at.replace(year=2020)
        session.commit()


def test_it_is_chosen_in_the_queue_and_shown_there_and_in_the_account(app, ann):
    assert '<option value="never" selected>' in see(ann, "/queue").text
    back = f"{QUEUE}?show=spam&mail=chosen"
    answer = ann.submit("/account/queue-mail", pace="hourly", back=back)
    assert (answer.status_code, answer.location) == (303, back)
    page = ann.client.get(answer.location).text
    assert '<option value="hourly" selected>' in page and "Saved." in page
    account = ann.client.get("/comments/account?done=queue_mail").text
    assert '<option value="hourly" selected>' in account
    assert "That is how often you are mailed what waits." in account


@pytest.mark.parametrize("back", ["", "https://evil.example/", "//evil.example"])
def test_it_leads_back_to_our_own_pages_alone(app, ann, back):
    answer = ann.submit("/account/queue-mail", pace="daily", back=back)
    assert answer.location.startswith("/comments/account")


def test_nonsense_and_strangers_choose_nothing(app, ann):
    assert ann.submit("/account/queue-mail", pace="often").status_code == 422
    evil = "https://evil.example"
    assert ann.submit("/account/queue-mail", origin=evil, pace="daily").status_code == 403
    assert pace(app) is Pace.NEVER


def test_who_does_not_moderate_has_nothing_to_choose(app, ann):
    member(app, "bea@example.org", "Bea")
    bea = member(app, "cora@example.org", "Cora")
    assert "Mail about what waits" in bea.client.get("/comments/account").text
    press(ann, "/moderators/dismiss", id=3)
    assert "Mail about what waits" not in bea.client.get("/comments/account").text
    assert bea.submit("/account/queue-mail", pace="daily").status_code == 404


def test_where_no_mail_is_sent_nothing_is_offered(make_app):
    ann = member(make_app(), ANN, "Ann")
    assert 'name="pace"' not in see(ann, "/queue").text
    assert 'name="pace"' not in ann.client.get("/comments/account").text


def test_a_moderator_of_the_host_chooses_nothing_here(app):
    assert 'name="pace"' not in see(cast.visitor(app, "bob"), "/queue").text


def test_a_mail_comes_leads_to_the_decision_and_is_ended_by_one_click(
    app, ann, mail_server: MailServer
):
    ann.submit("/account/queue-mail", pace="immediate")
    long_ago(app)
    comment = cast.visitor(app, "carol").says("Look at this.")
    (mail,) = mail_server.wait_for(1)
    plain = mail.message.get_body(("plain",)).get_content()
    (decision,) = re.findall(r"Decide: http://localhost(\S+)", plain)
    assert decision == f"/comments/admin/comment/{comment['id']}"
    assert "Look at this." in ann.client.get(decision).text
    assert ann.submit("/sign-out").status_code == 303
    answer = ann.client.get(decision, headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert f"back={decision.replace('/', '%2F')}" in answer.text
    # A mail program sends what RFC 8058 says, and nothing of a browser's.
    link = mail.message["List-Unsubscribe"].strip("<>").removeprefix("http://localhost")
    stranger = app.test_client()
    answer = stranger.get(link)
    assert "Stop this mail" in answer.text and pace(app) is Pace.IMMEDIATE
    answer = stranger.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "Nothing of what waits" in answer.text
    assert pace(app) is Pace.NEVER
    assert "Stop this mail" not in stranger.get(link).text


def test_a_link_that_was_not_made_here_ends_nothing(app, ann):
    for token in ("", "made-up"):
        assert app.test_client().get(f"/comments/queue-mail?token={token}").status_code == 403
        assert app.test_client().post(f"/comments/queue-mail?token={token}").status_code == 403
