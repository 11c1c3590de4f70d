"""``GET /api/v1/comments``: a page of top-level comments, each with its first replies."""

from typing import Any

import pytest

from comments import Status
from comments.moderation import Action, pin
from comments.web.state import now
from tests.web import cast
from tests.web.cast import problem, wrong_fields


def texts(comments: list[dict[str, Any]]) -> list[str]:
    return [comment["html"].removeprefix("<p>").removesuffix("</p>") for comment in comments]


def every_page(reader: cast.Visitor, **query: Any) -> list[str]:
    """The texts of all top-level comments, page after page."""
    read, after = [], None
    while True:
        page = reader.reads(**query, **({"after": after} if after else {}))
        read += texts(page["comments"])
        after = page["next"]
        if after is None:
            return read


def test_it_works(alice, carol):
    alice.says("In another thread.", thread="other")
    first = alice.says("First.")
    reply = carol.says("A reply.", parent=first["id"])
    second = carol.says("Second.")
    assert alice.reads() == {
        "thread": {
            "key": "story",
            "title": None,
            "url": None,
            "count": 3,
            "revision": 3,
            "closed": False,
            "sort": "oldest",
        },
        "comments": [
            first | {"replies": {"count": 1, "comments": [reply], "next": None}},
            second,
        ],
        "next": None,
    }


def test_a_thread_nobody_has_written_in_is_an_empty_page(alice):
    page = alice.reads("nothing here")
    assert (page["comments"], page["next"]) == ([], None)
    assert (page["thread"]["count"], page["thread"]["revision"]) == (0, 0)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("oldest", ["a", "b", "c", "d"]),
        ("newest", ["d", "c", "b", "a"]),
        ("most_voted", ["c", "a", "d", "b"]),
    ],
)
def test_it_sorts(alice, carol, sort, order):
    ids = {body: alice.says(body)["id"] for body in "abcd"}
    carol.vote(ids["c"], 1)
    carol.vote(ids["b"], -1)
    page = alice.reads(sort=sort)
    assert texts(page["comments"]) == order
    assert page["thread"]["sort"] == sort
    assert every_page(alice, sort=sort, limit=1) == order


@pytest.mark.parametrize("sort", ["oldest", "newest", "most_voted"])
def test_replies_come_in_the_same_order(alice, carol, sort):
    root = alice.says("root")
    ids = {body: alice.says(body, parent=root["id"])["id"] for body in "abc"}
    carol.vote(ids["b"], 1)
    order = {"oldest": "abc", "newest": "cba", "most_voted": "bac"}[sort]
    [shown] = alice.reads(sort=sort)["comments"]
    assert texts(shown["replies"]["comments"]) == list(order)


def test_the_owner_chooses_the_order_when_the_reader_does_not(make_app):
    alice = cast.visitor(make_app(COMMENTS_DEFAULT_SORT="newest"), "alice")
    for body in "ab":
        alice.says(body)
    assert texts(alice.reads()["comments"]) == ["b", "a"]


@pytest.mark.parametrize("sort", ["oldest", "newest", "most_voted"])
def test_pages_show_every_comment_once_while_others_write_and_vote(alice, carol, sort):
    ids = [alice.says(str(number))["id"] for number in range(9)]
    read, after = [], None
    for step in range(9):
        page = alice.reads(sort=sort, limit=2, **({"after": after} if after else {}))
        read += texts(page["comments"])
        after = page["next"]
        if after is None:
            break
        carol.vote(ids[-1 - step], 1)
        carol.vote(ids[step], -1)
        carol.says("new")
    listed = [text for text in read if text != "new"]
    assert sorted(listed) == [str(number) for number in range(9)]


def test_a_page_holds_25_when_the_client_names_no_limit(alice):
    for _ in range(26):
        alice.says()
    page = alice.reads()
    assert len(page["comments"]) == 25
    assert len(alice.reads(after=page["next"])["comments"]) == 1


def test_what_is_pinned_comes_first_and_once(app, alice):
    ids = {body: alice.says(body)["id"] for body in "abc"}
    with app.app_context():
        session = cast.state_of(app).session()
        action = Action(by="host:1", now=now())
        pin(session, ids["c"], action, pinned=True)
        session.commit()
    assert every_page(alice, limit=1) == ["c", "a", "b"]
    assert alice.reads()["comments"][0]["pinned"] is True


def test_what_waits_or_was_removed_is_not_there(app, alice, carol):
    held, removed = alice.says("Held."), alice.says("Removed.")
    alice.says("Here.")
    cast.decide(app, held["id"], Status.PENDING)
    cast.decide(app, removed["id"], Status.SPAM)
    page = carol.reads()
    assert texts(page["comments"]) == ["Here."]
    assert page["thread"]["count"] == 1


def test_six_levels_nest_and_the_rest_is_handed_out(alice):
    parent = None
    for level in range(8):
        parent = alice.says(str(level), parent=parent)["id"]
    level, seen = alice.reads()["comments"], []
    while level:
        [comment] = level
        seen.append(comment)
        level = comment["replies"]["comments"]
    assert texts(seen) == list("012345")
    assert [comment["replies"]["count"] for comment in seen] == [7, 6, 5, 4, 3, 2]
    assert [comment["replies"]["next"] is None for comment in seen] == [True] * 5 + [False]


# ── refusals ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sort", ["best", "OLDEST", "oldest ", "'; DROP TABLE", "created_at"])
def test_it_refuses_an_unknown_sort(sqlite_app, sort):
    answer = cast.visitor(sqlite_app, "alice").get(
        "/comments", query_string={"thread": "a", "sort": sort}
    )
    assert wrong_fields(answer) == {"sort"}


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "", "ten", "1.5", "1e1", "٣", " 7", "1_0", "9" * 40]
)
def test_it_refuses_a_limit_out_of_bounds(sqlite_app, limit):
    answer = cast.visitor(sqlite_app, "alice").get(
        "/comments", query_string={"thread": "a", "limit": limit}
    )
    assert wrong_fields(answer) == {"limit"}


@pytest.mark.parametrize(
    "query", ["", "?thread=", "?thread=%20", "?thread=" + "x" * 256, "?thread=a%00"]
)
def test_it_refuses_to_guess_the_thread(sqlite_app, query):
    assert wrong_fields(cast.visitor(sqlite_app, "alice").get(f"/comments{query}")) == {"thread"}


def test_it_refuses_a_cursor_of_another_list(alice):
    for thread in ("story", "other"):
        roots = [alice.says(str(number), thread=thread)["id"] for number in range(3)]
    for number in range(3):
        alice.says(str(number), thread="other", parent=roots[0])
    of_roots = alice.reads("other", limit=1)["next"]
    of_replies = alice.get(f"/comments/{roots[0]}/replies?limit=1").json["next"]
    assert of_roots and of_replies
    for thread, sort, cursor in (
        ("story", "oldest", of_roots),
        ("other", "newest", of_roots),
        ("other", "oldest", of_replies),
        ("nobody wrote here", "oldest", of_roots),
    ):
        query = {"thread": thread, "sort": sort, "after": cursor}
        assert problem(alice.get("/comments", query_string=query)) == (422, "bad_cursor")


@pytest.mark.parametrize("made_up", ["1", "x", "MTI", "....", "é", "\0", "%", "A" * 4000, "[]"])
def test_it_refuses_a_cursor_that_was_made_up(alice, made_up):
    alice.says()
    answer = alice.get("/comments", query_string={"thread": "story", "after": made_up})
    assert problem(answer) == (422, "bad_cursor")


def test_it_refuses_a_cursor_that_was_changed(alice):
    for _ in range(2):
        alice.says()
    cursor = alice.reads(limit=1)["next"]
    for place in range(0, len(cursor), 5):
        other = "B" if cursor[place] == "A" else "A"
        changed = cursor[:place] + other + cursor[place + 1 :]
        answer = alice.get("/comments", query_string={"thread": "story", "after": changed})
        assert problem(answer) == (422, "bad_cursor")
