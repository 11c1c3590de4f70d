"""``GET /api/v1/challenge``, and what its sum is good for."""

from datetime import timedelta

import pytest
import time_machine

from comments.screening import work
from comments.web.state import now
from tests.web import cast
from tests.web.cast import BLOG, STORY, problem, wrong_fields


@pytest.fixture
def guarded(make_app):
    """A service that holds comments with links, and guests' comments without the sum."""
    return make_app(COMMENTS_HOLD="links", COMMENTS_PROOF_OF_WORK="on", COMMENTS_RATE_LIMITS="off")


@pytest.fixture
def alice(guarded):
    return cast.visitor(guarded, "alice")


def asked(visitor, thread: str = STORY) -> dict:
    answer = visitor.get("/challenge", query_string={"thread": thread})
    assert answer.status_code == 200, answer.text
    return answer.json


def done(visitor, thread: str = STORY) -> dict[str, str]:
    given = asked(visitor, thread)
    nonce = work.solve(given["challenge"], given["bits"])
    return {"challenge": given["challenge"], "nonce": nonce}


def state(answer) -> str:
    assert answer.status_code == 201, answer.text
    return answer.json["state"]


def test_it_gives_a_sum_that_nobody_may_keep(alice):
    answer = alice.get("/challenge", query_string={"thread": STORY}, headers={"Origin": BLOG})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == BLOG
    assert answer.json | {"challenge": ""} == {"challenge": "", "bits": 14, "wait": 0}


def test_it_says_how_long_to_wait(make_app):
    assert asked(cast.visitor(make_app(), "alice"))["wait"] == 2


def test_it_names_the_thread(alice):
    assert wrong_fields(alice.get("/challenge")) == {"thread"}


def test_a_comment_with_the_sum_is_published(alice):
    answer = alice.post(work=done(alice))
    assert state(answer) == "published"
    assert "reason" not in answer.json


def test_one_without_waits_and_its_author_is_told(alice):
    answer = alice.post()
    assert state(answer) == "pending"
    assert answer.json["reason"] == (
        "It came without the small sum that a browser does, so a moderator reads it first."
    )


def test_it_is_good_once_and_for_its_thread(alice):
    sum_ = done(alice)
    assert state(alice.post(work=sum_, thread="another")) == "pending"
    assert state(alice.post(work=sum_)) == "published"
    assert state(alice.post(work=sum_)) == "pending"


def test_the_same_comment_sent_again_needs_no_other_sum(alice):
    alice.post()
    sent = {"work": done(alice), "headers": {"Idempotency-Key": "a key"}}
    first, again = alice.post(**sent), alice.post(**sent)
    assert (state(again), again.json["comment"]["id"]) == ("published", first.json["comment"]["id"])
    other = alice.post(work=done(alice), headers={"Idempotency-Key": "a key"})
    assert other.json["comment"]["id"] == first.json["comment"]["id"]


def test_an_old_one_is_worth_nothing(alice):
    sum_ = done(alice)
    with time_machine.travel(now() + timedelta(hours=1, seconds=1)):
        assert state(alice.post(work=sum_)) == "pending"


@pytest.mark.parametrize("nonce", ["", "no", "-1"])
def test_a_sum_that_is_not_done_is_none(alice, nonce):
    assert state(alice.post(work={"challenge": asked(alice)["challenge"], "nonce": nonce})) == (
        "pending"
    )


@pytest.mark.parametrize(
    "work",
    [
        [],
        "work",
        7,
        True,
        {},
        {"challenge": "x"},
        {"challenge": ["x"], "nonce": "1"},
        {"challenge": "x", "nonce": 1},
        {"challenge": "x", "nonce": "9" * 41},
        {"challenge": "x" * 201, "nonce": "1"},
        {"challenge": "\ud800", "nonce": "1"},
    ],
)
def test_what_has_not_the_shape_of_work_is_named(sqlite_app, work):
    assert wrong_fields(cast.visitor(sqlite_app, "alice").post(work=work)) == {"work"}


def test_no_work_is_no_mistake(sqlite_app):
    assert state(cast.visitor(sqlite_app, "alice").post(work=None)) == "published"


def test_nobody_is_so_fast(make_app):
    app = make_app(COMMENTS_HOLD="links", COMMENTS_PROOF_OF_WORK="on")
    alice = cast.visitor(app, "alice")
    sums = [done(alice), done(alice)]
    with time_machine.travel(now(), tick=False):
        assert alice.post(work=done(alice)).json["reason"].startswith("It was sent very quickly")
    with time_machine.travel(now() + timedelta(seconds=2)):
        assert state(alice.post(work=sums[0])) == "published"


def test_a_member_needs_none(guarded):
    assert state(cast.visitor(guarded, "dave").post()) == "published"


def test_where_nothing_is_held_nothing_waits_for_want_of_it(make_app):
    app = make_app(COMMENTS_PROOF_OF_WORK="on")
    alice = cast.visitor(app, "alice")
    assert {state(alice.post()) for _ in range(40)} == {"published"}


def test_a_page_of_a_site_that_may_not_embed_gets_none(alice):
    answer = alice.get(
        "/challenge", query_string={"thread": STORY}, headers={"Origin": cast.ELSEWHERE}
    )
    assert problem(answer) == (403, "origin_not_allowed")
