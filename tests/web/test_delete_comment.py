"""``DELETE /api/v1/comments/ID``."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from comments import Status
from comments.models import Comment
from tests.web import cast
from tests.web.cast import problem

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_it_works(app, alice, carol):
    alice.says("Noise.")
    written = alice.says("Take this back.")
    answer = alice.delete(written["id"])
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    page = carol.reads()
    assert [comment["html"] for comment in page["comments"]] == ["<p>Noise.</p>"]
    assert page["thread"]["count"] == 1
    assert problem(carol.get(f"/comments/{written['id']}")) == (404, "no_such_comment")


def test_the_text_is_gone_for_good(app, alice):
    written = alice.says("Take this back.", website="alice.example")
    alice.delete(written["id"])
    with app.app_context():
        row = cast.state_of(app).session().get_one(Comment, written["id"])
        assert (row.body, row.html, row.author_website) == ("", "", None)


def test_its_place_stays_while_it_has_replies(alice, carol):
    root = alice.says("The question.")
    reply = carol.says("The answer.", parent=root["id"])
    alice.delete(root["id"])
    [place] = carol.reads()["comments"]
    assert (place["state"], place["author"], place["html"]) == ("deleted", None, "")
    assert [shown["id"] for shown in place["replies"]["comments"]] == [reply["id"]]
    assert carol.reads()["thread"]["count"] == 1


def test_the_place_goes_with_its_last_reply(alice, carol):
    root = alice.says("The question.")
    reply = carol.says("The answer.", parent=root["id"])
    alice.delete(root["id"])
    carol.delete(reply["id"])
    page = carol.reads()
    assert (page["comments"], page["thread"]["count"]) == ([], 0)


def test_a_member_deletes_by_the_hosts_session(dave):
    assert dave.delete(dave.says()["id"]).status_code == 204


def test_what_waits_can_be_taken_back(moderated):
    alice = cast.visitor(moderated, "alice")
    assert alice.delete(alice.says()["id"]).status_code == 204
    assert alice.me()["pending"] == []


def test_the_revision_moves_on(alice):
    written = alice.says()
    before = alice.reads()["thread"]["revision"]
    alice.delete(written["id"])
    assert alice.reads()["thread"]["revision"] > before


# ── refusals ─────────────────────────────────────────────────────────────────────────────────


def test_it_refuses_a_second_time(alice):
    written = alice.says()
    alice.delete(written["id"])
    assert problem(alice.delete(written["id"])) == (404, "no_such_comment")


def test_it_refuses_when_the_window_is_over(alice):
    with time_machine.travel(NOON, tick=False) as clock:
        written = alice.says()
        clock.shift(timedelta(minutes=15))
        assert problem(alice.delete(written["id"])) == (403, "too_late")
    assert alice.reads()["thread"]["count"] == 1


def test_it_refuses_everybody_else(alice, carol, dave, bob):
    written = alice.says()
    carol.says()
    for stranger in (carol, dave, bob):
        assert problem(stranger.delete(written["id"])) == (403, "not_yours")
    assert alice.reads()["thread"]["count"] == 2


def test_it_refuses_without_a_token(alice, carol):
    assert problem(carol.delete(alice.says()["id"])) == (401, "token_required")


@pytest.mark.parametrize("comment_id", [4711, 0, 2**63, 2**70])
def test_it_refuses_what_is_not_there(alice, comment_id):
    alice.says()
    assert problem(alice.delete(comment_id)) == (404, "no_such_comment")


def test_a_removed_comment_stays_in_the_log(app, alice):
    written = alice.says()
    cast.decide(app, written["id"], Status.SPAM)
    assert problem(alice.delete(written["id"])) == (404, "no_such_comment")
    with app.app_context():
        body = select(Comment.body).where(Comment.id == written["id"])
        assert cast.state_of(app).session().scalar(body) == "A comment."
