"""``PATCH /api/v1/comments/ID``."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from comments import Status
from tests.web import cast
from tests.web.cast import problem, wrong_fields

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_it_works(alice, carol):
    with time_machine.travel(NOON, tick=False) as clock:
        alice.says("Noise.")
        written = alice.says("A tpyo.")
        before = carol.reads()["thread"]["revision"]
        clock.shift(timedelta(minutes=14, seconds=59))
        answer = alice.edit(written["id"], "A *typo*.")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    changed = {"html": "<p>A <em>typo</em>.</p>", "edited": "2026-11-22T12:14:59Z"}
    assert answer.json == {"comment": written | changed}
    page = carol.reads()
    assert page["comments"][1] == written | changed
    assert page["thread"]["revision"] == before + 1


def test_a_member_edits_by_the_hosts_session(dave):
    written = dave.says()
    assert dave.edit(written["id"], "Better.").json["comment"]["html"] == "<p>Better.</p>"


def test_what_waits_can_be_mended_and_goes_on_waiting(moderated):
    alice = cast.visitor(moderated, "alice")
    written = alice.says()
    answer = alice.edit(written["id"], "Better.")
    assert (answer.json["comment"]["state"], answer.json["comment"]["html"]) == (
        "pending",
        "<p>Better.</p>",
    )


def test_a_harmless_comment_does_not_become_another_one(make_app):
    app = make_app(COMMENTS_HOLD="links")
    alice, carol = cast.visitor(app, "alice"), cast.visitor(app, "carol")
    written = alice.says("Harmless.")
    answer = alice.edit(written["id"], "See https://spam.example")
    assert answer.json["comment"]["state"] == "pending"
    assert carol.reads()["comments"] == []


def test_only_the_body_can_be_changed(alice):
    written = alice.says()
    fields = {"body": "New.", "name": "Bob", "state": "spam", "score": 9, "parent": 7}
    changed = alice.call("PATCH", f"/comments/{written['id']}", fields).json["comment"]
    assert changed["author"] == written["author"]
    assert (changed["state"], changed["score"], changed["parent"]) == ("published", 0, None)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────


def test_it_refuses_when_the_window_is_over(alice, carol):
    with time_machine.travel(NOON, tick=False) as clock:
        written = alice.says("As it was.")
        clock.shift(timedelta(minutes=15))
        assert problem(alice.edit(written["id"], "Late.")) == (403, "too_late")
    assert carol.reads()["comments"][0]["html"] == "<p>As it was.</p>"


def test_it_refuses_everybody_else(alice, bob, carol, dave):
    written = alice.says("As it was.")
    carol.says("Carol has a token too.")
    for stranger in (carol, dave, bob):
        assert problem(stranger.edit(written["id"], "Not mine.")) == (403, "not_yours")
    assert carol.reads()["comments"][0]["html"] == "<p>As it was.</p>"


def test_it_refuses_without_a_token(alice, carol):
    written = alice.says()
    assert problem(carol.edit(written["id"], "Not mine.")) == (401, "token_required")


@pytest.mark.parametrize("comment_id", [4711, 0, 2**63, 2**70])
def test_it_refuses_what_is_not_there(alice, comment_id):
    alice.says()
    assert problem(alice.edit(comment_id, "Nothing.")) == (404, "no_such_comment")


def test_what_waits_is_not_there_for_others(moderated):
    alice, carol = cast.visitor(moderated, "alice"), cast.visitor(moderated, "carol")
    waiting = alice.says()
    carol.says()
    assert problem(carol.edit(waiting["id"], "Mine now.")) == (404, "no_such_comment")


@pytest.mark.parametrize("status", [Status.DELETED, Status.SPAM, Status.REJECTED])
def test_it_refuses_what_was_removed(app, alice, carol, status):
    written = alice.says()
    carol.says("A reply keeps its place.", parent=written["id"])
    cast.decide(app, written["id"], status)
    assert problem(alice.edit(written["id"], "Back again.")) == (404, "no_such_comment")


@pytest.mark.parametrize("body", ["", "   \n", None, 7, ["a"], {"a": 1}, True, "a\0b"])
def test_it_refuses_what_no_comment_can_be(alice, body):
    written = alice.says("As it was.")
    assert wrong_fields(alice.edit(written["id"], body)) == {"body"}
    assert alice.reads()["comments"][0]["html"] == "<p>As it was.</p>"
