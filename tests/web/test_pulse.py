"""``GET /api/v1/pulse``: has anything happened since?"""

from typing import Any

import pytest

from comments import Status
from tests.web import cast
from tests.web.cast import wrong_fields


def pulse(reader: cast.Visitor, since: int, thread: str = "story") -> dict[str, int]:
    """The revision, the count and what is new; what has *changed* has tests of its own."""
    facts = asked(reader, f"thread={thread}&since={since}")
    del facts["changed"]
    return facts


def asked(reader: cast.Visitor, query: str) -> dict[str, Any]:
    answer = reader.get(f"/pulse?{query}")
    assert answer.status_code == 200, answer.text
    facts: dict[str, Any] = answer.json
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
    everything = {"revision": 1, "count": 1, "new": 1, "changed": 1}
    assert asked(alice, "thread=story") == everything


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


# ── what has changed, and several threads in one question ────────────────────────────────────


def test_votes_do_not_move_what_has_changed(alice, carol):
    written = alice.says()
    assert asked(carol, "thread=story")["changed"] == 1
    carol.vote(written["id"])
    told = asked(carol, "thread=story")
    assert (told["revision"], told["changed"]) == (2, 1)


def test_an_edit_and_a_removal_move_it(app, alice):
    written = alice.says()
    alice.edit(written["id"], "In other words.")
    assert asked(alice, "thread=story")["changed"] == 2
    alice.delete(written["id"])
    assert asked(alice, "thread=story") == {"revision": 3, "count": 0, "new": 0, "changed": 3}


def test_what_waits_moves_nothing(moderated):
    alice = cast.visitor(moderated, "alice")
    waiting = alice.says()
    alice.edit(waiting["id"], "In other words.")
    cast.decide(moderated, waiting["id"], Status.REJECTED)
    assert asked(alice, "thread=story") == {"revision": 0, "count": 0, "new": 0, "changed": 0}


def test_a_page_with_several_threads_asks_once(alice):
    alice.says()
    alice.says(thread="other")
    alice.says(thread="other")
    told = asked(alice, "thread=story&since=1&thread=other&since=1&thread=third&count=other")
    assert (told["revision"], told["new"]) == (1, 0)
    assert told["others"]["other"] == {"revision": 2, "count": 2, "new": 1, "changed": 2}
    assert told["others"]["third"]["revision"] == 0
    assert told["counts"] == {"other": 2}


def test_several_are_not_sent_again_until_one_of_them_has_changed(alice):
    path = "/pulse?thread=story&since=0&count=other"
    known = {"If-None-Match": alice.get(path).headers["ETag"]}
    assert alice.get(path, headers=known).status_code == 304
    alice.says(thread="other")
    assert alice.get(path, headers=known).json["counts"] == {"other": 1}


@pytest.mark.parametrize(
    ("many", "field"), [("&thread=x" * 20, "thread"), ("&count=x" * 101, "thread")]
)
def test_it_refuses_too_many_threads(sqlite_app, many, field):
    answer = cast.visitor(sqlite_app, "alice").get(f"/pulse?thread=story{many}")
    assert wrong_fields(answer) == {field}
