"""``GET /api/v1/pulse``: has anything happened since?"""

import pytest

from comments import Status
from tests.web import cast
from tests.web.cast import wrong_fields


def pulse(reader: cast.Visitor, since: int, thread: str = "story") -> dict[str, int]:
    answer = reader.get(f"/pulse?thread={thread}&since={since}")
    assert answer.status_code == 200, answer.text
    facts: dict[str, int] = answer.json
    return facts


def test_it_works(alice, carol):
    alice.says()
    seen = alice.reads()["thread"]["revision"]
    assert pulse(alice, seen) == {"revision": seen, "count": 1, "new": 0}
    root = carol.says("New.")
    carol.says("A new reply.", parent=root["id"])
    carol.says("Noise.", thread="other")
    assert pulse(alice, seen) == {"revision": seen + 2, "count": 3, "new": 2}


def test_a_vote_is_no_new_comment(alice, carol):
    written = alice.says()
    seen = alice.reads()["thread"]["revision"]
    carol.vote(written["id"])
    assert pulse(alice, seen) == {"revision": seen + 1, "count": 1, "new": 0}


def test_what_a_moderator_publishes_is_new(moderated):
    alice, carol = cast.visitor(moderated, "alice"), cast.visitor(moderated, "carol")
    waiting = alice.says()
    seen = carol.reads()["thread"]["revision"]
    assert pulse(carol, seen)["new"] == 0
    cast.decide(moderated, waiting["id"], Status.PUBLISHED)
    assert pulse(carol, seen) == {"revision": seen + 1, "count": 1, "new": 1}


def test_what_was_removed_is_not_new(app, alice):
    written = alice.says()
    cast.decide(app, written["id"], Status.SPAM)
    assert pulse(alice, 0)["new"] == 0


def test_a_thread_nobody_has_written_in_is_quiet(alice):
    assert pulse(alice, 0, "nothing here") == {"revision": 0, "count": 0, "new": 0}


def test_without_since_it_counts_from_the_beginning(alice):
    alice.says()
    assert alice.get("/pulse?thread=story").json == {"revision": 1, "count": 1, "new": 1}


def test_a_reader_from_the_future_hears_nothing_new(alice):
    alice.says()
    assert pulse(alice, 2**63 - 1)["new"] == 0


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "", "9" * 30, str(2**70), "NaN", "٣"])
def test_it_refuses_what_is_no_revision(sqlite_app, since):
    alice = cast.visitor(sqlite_app, "alice")
    answer = alice.get("/pulse", query_string={"thread": "story", "since": since})
    assert wrong_fields(answer) == {"since"}


@pytest.mark.parametrize("query", ["", "?thread=", "?thread=" + "x" * 256])
def test_it_refuses_to_guess_the_thread(sqlite_app, query):
    assert wrong_fields(cast.visitor(sqlite_app, "alice").get(f"/pulse{query}")) == {"thread"}
