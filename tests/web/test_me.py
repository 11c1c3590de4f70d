"""``GET /api/v1/me``: the reader's own layer."""

from datetime import UTC, datetime

import pytest
import time_machine

from tests.web import cast
from tests.web.cast import STORY, problem, wrong_fields

NOBODY = {
    "viewer": None,
    "can": {"comment": True, "vote": True, "report": True, "moderate": False, "sign_out": False},
    "votes": {},
    "own": {},
    "pending": [],
    "notify": "none",
}


def test_a_stranger_has_nothing_of_their_own(alice, carol):
    alice.says()
    answer = carol.get("/me?thread=story")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == NOBODY


def test_a_thread_nobody_has_written_in_is_no_mistake(alice):
    alice.says(thread="other")
    assert alice.me() == NOBODY | {"viewer": alice.me()["viewer"]}


@time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False)
def test_it_works_for_a_guest(alice, carol):
    theirs = carol.says("Noise.")
    alice.says("In another thread.", thread="other")
    mine = alice.says()
    alice.vote(theirs["id"], -1)
    me = alice.me()
    assert me["viewer"]["badge"] == mine["author"]["badge"]
    assert me["viewer"]["kind"] == "guest"
    assert me["votes"] == {str(theirs["id"]): -1}
    assert me["own"] == {str(mine["id"]): {"editable_until": "2026-11-22T12:15:00Z"}}
    assert me["pending"] == []


def test_it_works_for_a_member(dave, carol):
    theirs, mine = carol.says("Noise."), dave.says()
    dave.vote(theirs["id"])
    me = dave.me()
    assert me["viewer"] == mine["author"]
    assert me["votes"] == {str(theirs["id"]): 1}
    assert set(me["own"]) == {str(mine["id"])}
    assert me["can"]["moderate"] is False


def test_it_knows_a_moderator(bob):
    me = bob.me()
    assert (me["viewer"]["kind"], me["viewer"]["name"]) == ("moderator", "Bob")
    assert me["can"]["moderate"] is True


def test_what_waits_is_shown_to_its_author_alone(moderated):
    alice, carol = cast.visitor(moderated, "alice"), cast.visitor(moderated, "carol")
    waiting = alice.says("Waiting.")
    carol.says("Waiting too.")
    assert alice.me()["pending"] == [waiting]
    assert [comment["html"] for comment in carol.me()["pending"]] == ["<p>Waiting too.</p>"]


def test_a_fragment_of_it_for_the_script(moderated):
    alice = cast.visitor(moderated, "alice")
    waiting = alice.says("Waiting.")
    [(comment_id, html)] = alice.me(fragment=1)["fragments"].items()
    assert comment_id == str(waiting["id"])
    assert html.strip().startswith("<li") and "<p>Waiting.</p>" in html


def test_what_was_taken_back_is_gone(alice):
    written = alice.says()
    alice.delete(written["id"])
    assert alice.me()["own"] == {}


def test_a_closed_thread_takes_no_comment(app, alice):
    alice.says()
    cast.close(app)
    assert alice.me()["can"]["comment"] is False


@pytest.mark.parametrize("query", ["", "?thread=", "?thread=%20", "?thread=" + "x" * 256])
def test_it_refuses_to_guess_the_thread(sqlite_app, query):
    assert wrong_fields(cast.visitor(sqlite_app, "alice").get(f"/me{query}")) == {"thread"}


def test_it_refuses_a_false_token(sqlite_app):
    alice = cast.visitor(sqlite_app, "alice")
    alice.token = "made-up"
    assert problem(alice.get(f"/me?thread={STORY}")) == (401, "token_invalid")
