"""``GET /api/v1/counts``: for index pages, many threads at once."""

import pytest

from comments import Status
from tests.web import cast
from tests.web.cast import wrong_fields


def test_it_works(app, alice, carol):
    root = alice.says(thread="one")
    carol.says(thread="one", parent=root["id"])
    alice.says(thread="two")
    alice.says(thread="not asked for")
    cast.decide(app, alice.says(thread="two")["id"], Status.SPAM)
    answer = alice.get("/counts?thread=one&thread=two&thread=nobody+wrote+here")
    assert answer.json == {"counts": {"one": 2, "two": 1, "nobody wrote here": 0}}


def test_asking_for_nothing_gives_nothing(alice):
    assert alice.get("/counts").json == {"counts": {}}


def test_a_key_may_be_asked_for_twice(alice):
    alice.says(thread="one")
    assert alice.get("/counts?thread=one&thread=one").json == {"counts": {"one": 1}}


def test_its_etag_moves_with_the_counts(alice):
    before = alice.get("/counts?thread=one&thread=two").headers["ETag"]
    alice.says(thread="two")
    after = alice.get("/counts?thread=one&thread=two", headers={"If-None-Match": before})
    assert after.status_code == 200
    known = {"If-None-Match": after.headers["ETag"]}
    assert alice.get("/counts?thread=one&thread=two", headers=known).status_code == 304


def test_a_hundred_keys_are_answered_and_one_more_is_refused(alice):
    keys = [f"thread-{number}" for number in range(101)]
    most = alice.get("/counts", query_string={"thread": keys[:100]})
    assert len(most.json["counts"]) == 100
    assert wrong_fields(alice.get("/counts", query_string={"thread": keys})) == {"thread"}


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\0b", "a\u202eb"])
def test_it_refuses_what_is_no_key(sqlite_app, key):
    alice = cast.visitor(sqlite_app, "alice")
    answer = alice.get("/counts", query_string={"thread": ["good", key]})
    assert wrong_fields(answer) == {"thread"}
