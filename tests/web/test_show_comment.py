"""``GET /api/v1/comments/ID``: what a permalink needs."""

import pytest

from comments import Status
from tests.web import cast
from tests.web.cast import problem, wrong_fields


def test_it_works(alice, carol):
    alice.says("Noise.")
    root = alice.says("The question.")
    carol.says("Another answer.", parent=root["id"])
    reply = carol.says("The answer.", parent=root["id"])
    thanks = alice.says("Thanks.", parent=reply["id"])
    answer = alice.get(f"/comments/{thanks['id']}").json
    assert answer["comment"] == thanks
    assert [above["id"] for above in answer["ancestors"]] == [root["id"], reply["id"]]
    assert [above["replies"]["count"] for above in answer["ancestors"]] == [3, 1]
    assert answer["thread"] == alice.reads()["thread"]


def test_a_top_level_comment_has_nothing_above(alice):
    written = alice.says()
    answer = alice.get(f"/comments/{written['id']}").json
    assert (answer["comment"], answer["ancestors"]) == (written, [])


def test_a_removed_comment_with_replies_is_an_empty_place(app, alice, carol):
    root = alice.says("The question.")
    reply = carol.says("The answer.", parent=root["id"])
    cast.decide(app, root["id"], Status.SPAM)
    place = alice.get(f"/comments/{root['id']}").json["comment"]
    assert (place["state"], place["author"], place["html"]) == ("deleted", None, "")
    [above] = alice.get(f"/comments/{reply['id']}").json["ancestors"]
    assert above == place


def test_a_deep_place_is_found(alice):
    parent = None
    for number in range(20):
        parent = alice.says(str(number), parent=parent)["id"]
    answer = alice.get(f"/comments/{parent}").json
    assert [above["html"] for above in answer["ancestors"]] == [f"<p>{n}</p>" for n in range(19)]


@pytest.mark.parametrize("comment_id", [4711, 0, 2**63, 2**70, "9" * 5000])
def test_it_refuses_what_is_not_there(alice, comment_id):
    alice.says()
    status, code = problem(alice.get(f"/comments/{comment_id}"))
    assert status == 404 and code in ("no_such_comment", "not_found")


def test_it_refuses_what_waits_even_to_its_author(moderated):
    alice = cast.visitor(moderated, "alice")
    assert problem(alice.get(f"/comments/{alice.says()['id']}")) == (404, "no_such_comment")


@pytest.mark.parametrize("status", [Status.DELETED, Status.SPAM, Status.REJECTED, Status.PENDING])
def test_it_refuses_what_was_removed(app, alice, status):
    written = alice.says()
    cast.decide(app, written["id"], status)
    assert problem(alice.get(f"/comments/{written['id']}")) == (404, "no_such_comment")


def test_it_refuses_an_unknown_sort(alice):
    assert wrong_fields(alice.get(f"/comments/{alice.says()['id']}?sort=best")) == {"sort"}


@pytest.mark.parametrize("comment_id", ["abc", "-1", "1.0", "1%00", "0x1", "%ff"])
def test_what_is_no_number_is_no_address(sqlite_app, comment_id):
    answer = cast.visitor(sqlite_app, "alice").get(f"/comments/{comment_id}")
    assert problem(answer) == (404, "not_found")
