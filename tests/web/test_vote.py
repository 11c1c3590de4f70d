"""``PUT /api/v1/comments/ID/vote``."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from comments import Status
from tests.web import cast
from tests.web.cast import problem, wrong_fields


def test_it_works(alice, carol, dave):
    written = alice.says()
    answer = carol.vote(written["id"])
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    counted = {"up": 1, "down": 0, "score": 1, "value": 1}
    assert answer.json == counted | {"token": carol.token}
    assert dave.vote(written["id"], -1).json == {"up": 1, "down": 1, "score": 0, "value": -1}
    [shown] = alice.reads()["comments"]
    assert (shown["up"], shown["down"], shown["score"]) == (1, 1, 0)


def test_saying_the_same_again_changes_nothing(alice, carol):
    written = alice.says()
    first = carol.vote(written["id"]).json
    revision = alice.reads()["thread"]["revision"]
    again = carol.vote(written["id"]).json
    assert again == {key: first[key] for key in again}
    assert "token" not in again
    assert alice.reads()["thread"]["revision"] == revision


def test_a_vote_can_be_turned_and_taken_back(alice, carol):
    written = alice.says()
    assert carol.vote(written["id"], 1).json["score"] == 1
    assert carol.vote(written["id"], -1).json == {"up": 0, "down": 1, "score": -1, "value": -1}
    assert carol.vote(written["id"], 0).json == {"up": 0, "down": 0, "score": 0, "value": 0}
    assert carol.vote(written["id"], 0).json == {"up": 0, "down": 0, "score": 0, "value": 0}
    assert carol.me()["votes"] == {}


def test_a_vote_on_one_comment_leaves_the_others_alone(alice, carol):
    noise, written = alice.says("Noise."), alice.says()
    carol.vote(written["id"])
    assert [shown["score"] for shown in alice.reads()["comments"]] == [0, 1]
    assert carol.me()["votes"] == {str(written["id"]): 1}
    assert str(noise["id"]) not in carol.me()["votes"]


def test_a_closed_thread_can_still_be_voted_in(app, alice, carol):
    written = alice.says()
    cast.close(app)
    assert carol.vote(written["id"]).status_code == 200


def test_the_same_vote_at_once_counts_once(app, alice, carol):
    written = alice.says()
    carol.says("Carol has a token.")
    together = Barrier(4)

    def press(_: int) -> int:
        browser = cast.visitor(app, "carol")
        browser.token = carol.token
        together.wait()
        return browser.vote(written["id"]).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(press, range(4))) == [200] * 4
    assert alice.reads()["comments"][0]["up"] == 1


# ── the ceiling of one network ───────────────────────────────────────────────────────────────


def test_it_refuses_more_guests_than_a_household_has(make_app):
    app = make_app(COMMENTS_GUEST_VOTES_PER_ADDRESS=2, COMMENTS_RATE_LIMITS="off")
    alice = cast.visitor(app, "alice")
    written, other = alice.says(), alice.says()
    windows = [cast.visitor(app, "carol") for _ in range(3)]
    assert [window.vote(written["id"]).status_code for window in windows[:2]] == [200, 200]
    assert problem(windows[2].vote(written["id"])) == (403, "vote_ceiling")
    assert windows[2].vote(other["id"]).status_code == 200
    assert alice.reads()["comments"][0]["score"] == 2


def test_who_has_voted_may_change_their_mind_above_the_ceiling(make_app):
    app = make_app(COMMENTS_GUEST_VOTES_PER_ADDRESS=1)
    written = cast.visitor(app, "alice").says()
    carol = cast.visitor(app, "carol")
    carol.vote(written["id"])
    assert carol.vote(written["id"], -1).json["score"] == -1


def test_members_of_that_network_vote_beyond_it(make_app):
    app = make_app(COMMENTS_GUEST_VOTES_PER_ADDRESS=1)
    written = cast.visitor(app, "alice").says()
    cast.visitor(app, "carol").vote(written["id"])
    dave = cast.visitor(app, "dave")
    dave.client.environ_base["REMOTE_ADDR"] = cast.HOUSEHOLDS["carol"]
    assert dave.vote(written["id"]).json["score"] == 2


# ── refusals ─────────────────────────────────────────────────────────────────────────────────


def test_it_refuses_ones_own_comment(alice, dave):
    assert problem(alice.vote(alice.says()["id"])) == (403, "own_comment")
    assert problem(dave.vote(dave.says()["id"])) == (403, "own_comment")
    assert [shown["score"] for shown in alice.reads()["comments"]] == [0, 0]


@pytest.mark.parametrize("comment_id", [4711, 0, 2**63, 2**70])
def test_it_refuses_what_is_not_there(carol, comment_id):
    carol.says()
    assert problem(carol.vote(comment_id)) == (404, "no_such_comment")


def test_it_refuses_what_waits_and_what_was_removed(moderated):
    alice, carol = cast.visitor(moderated, "alice"), cast.visitor(moderated, "carol")
    written = alice.says()
    assert problem(carol.vote(written["id"])) == (404, "no_such_comment")
    cast.decide(moderated, written["id"], Status.PUBLISHED)
    alice.says("A reply.", parent=written["id"])
    cast.decide(moderated, written["id"], Status.SPAM)
    assert problem(carol.vote(written["id"])) == (404, "no_such_comment")


@pytest.mark.parametrize(
    "value", [2, -2, 0.5, "1", "", None, True, False, [1], {"value": 1}, 2**70, 1e308]
)
def test_it_refuses_what_is_no_vote(alice, carol, value):
    written = alice.says()
    assert wrong_fields(carol.vote(written["id"], value)) == {"value"}
    assert alice.reads()["comments"][0]["score"] == 0


def test_it_refuses_a_false_token(alice, carol):
    written = alice.says()
    carol.token = "made-up"
    assert problem(carol.vote(written["id"])) == (401, "token_invalid")
    assert alice.reads()["comments"][0]["score"] == 0
