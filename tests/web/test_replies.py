"""``GET /api/v1/comments/ID/replies``: a page of the replies under one comment."""

import pytest

from comments import Status
from tests.web import cast
from tests.web.cast import problem, wrong_fields


def test_it_works(alice, carol):
    alice.says("Noise.")
    root = alice.says("The question.")
    first = carol.says("First answer.", parent=root["id"])
    below = alice.says("Thanks.", parent=first["id"])
    second = carol.says("Second answer.", parent=root["id"])
    page = alice.get(f"/comments/{root['id']}/replies").json
    assert page["comments"] == [
        first | {"replies": {"count": 1, "comments": [below], "next": None}},
        second,
    ]
    assert page["next"] is None
    assert page["thread"] == alice.reads()["thread"]


@pytest.mark.parametrize("sort", ["oldest", "newest", "most_voted"])
def test_following_next_shows_every_reply_once(alice, carol, sort):
    root = alice.says("root")
    ids = [alice.says(str(number), parent=root["id"])["id"] for number in range(7)]
    carol.vote(ids[3])
    whole = alice.get(f"/comments/{root['id']}/replies?sort={sort}").json["comments"]
    [shown] = alice.reads(sort=sort)["comments"]
    read, after = shown["replies"]["comments"], shown["replies"]["next"]
    while after:
        query = {"sort": sort, "limit": 2, "after": after}
        page = alice.get(f"/comments/{root['id']}/replies", query_string=query).json
        read, after = read + page["comments"], page["next"]
    assert [comment["id"] for comment in read] == [comment["id"] for comment in whole]
    assert {comment["id"] for comment in read} == set(ids)


def test_the_chain_goes_on_where_a_page_ends(alice):
    """A chain of replies each under the last can be read to its end."""
    parent = None
    for number in range(15):
        parent = alice.says(str(number), parent=parent)["id"]
    read, level = [], alice.reads()["comments"]
    while level:
        [comment] = level
        read.append(comment["html"])
        level, after = comment["replies"]["comments"], comment["replies"]["next"]
        if after:
            query = {"after": after}
            page = alice.get(f"/comments/{comment['id']}/replies", query_string=query).json
            level = page["comments"]
    assert read == [f"<p>{number}</p>" for number in range(15)]


def test_the_replies_of_a_removed_comment_are_still_there(app, alice, carol):
    root = alice.says("The question.")
    reply = carol.says("The answer.", parent=root["id"])
    cast.decide(app, root["id"], Status.SPAM)
    page = alice.get(f"/comments/{root['id']}/replies").json
    assert [shown["id"] for shown in page["comments"]] == [reply["id"]]


def test_a_comment_nobody_answered_has_an_empty_page(alice):
    page = alice.get(f"/comments/{alice.says()['id']}/replies").json
    assert (page["comments"], page["next"]) == ([], None)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("comment_id", [4711, 0, 2**63, 2**70])
def test_it_refuses_what_is_not_there(alice, comment_id):
    alice.says()
    assert problem(alice.get(f"/comments/{comment_id}/replies")) == (404, "no_such_comment")


def test_it_refuses_what_waits(moderated):
    alice = cast.visitor(moderated, "alice")
    waiting = alice.says()
    assert problem(alice.get(f"/comments/{waiting['id']}/replies")) == (404, "no_such_comment")


def test_it_refuses_an_unknown_sort_and_limit(alice):
    address = f"/comments/{alice.says()['id']}/replies"
    assert wrong_fields(alice.get(f"{address}?sort=best")) == {"sort"}
    assert wrong_fields(alice.get(f"{address}?limit=0")) == {"limit"}


def test_it_refuses_a_cursor_of_another_parent(alice):
    roots = [alice.says("root")["id"] for _ in range(2)]
    for root in roots:
        for number in range(3):
            alice.says(str(number), parent=root)
    cursor = alice.get(f"/comments/{roots[0]}/replies?limit=1").json["next"]
    of_roots = alice.reads(limit=1)["next"]
    for foreign in (cursor, of_roots, "made-up"):
        answer = alice.get(f"/comments/{roots[1]}/replies", query_string={"after": foreign})
        assert problem(answer) == (422, "bad_cursor")
