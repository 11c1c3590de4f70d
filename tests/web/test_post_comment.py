"""``POST /api/v1/comments``."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine

from comments import Status
from tests.web import cast
from tests.web.cast import API, STORY, problem, wrong_fields

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@time_machine.travel(NOON, tick=False)
def test_it_works(alice, carol):
    answer = alice.post("Hello, **world**.")
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    said = answer.json
    assert said["state"] == "published"
    assert said["editable_until"] == "2026-11-22T12:15:00Z"
    assert said["comment"] == {
        "id": 1,
        "parent": None,
        "depth": 0,
        "state": "published",
        "html": "<p>Hello, <strong>world</strong>.</p>",
        "author": {
            "name": "alice",
            "kind": "guest",
            "badge": said["comment"]["author"]["badge"],
            "avatar": None,
            "website": None,
            "verified": False,
        },
        "created": "2026-11-22T12:00:00Z",
        "edited": None,
        "score": 0,
        "up": 0,
        "down": 0,
        "pinned": False,
        "anchor": None,
        "url": "/comments/thread?key=story&comment=1#comment-1",
        "replies": {"count": 0, "comments": [], "next": None},
    }
    assert carol.reads()["comments"] == [said["comment"]]


def test_a_guest_gets_a_token_once_and_stays_the_same_author(alice):
    first = alice.post()
    second = alice.post()
    assert first.json["token"]
    assert "token" not in second.json
    badges = {answer.json["comment"]["author"]["badge"] for answer in (first, second)}
    assert len(badges) == 1


def test_two_guests_of_one_name_have_two_badges(alice, carol):
    mine, theirs = alice.says(), carol.says(name="alice")
    assert mine["author"]["badge"] != theirs["author"]["badge"]
    assert mine["author"]["name"] == theirs["author"]["name"]


def test_a_badge_means_nothing_in_another_thread(alice):
    here, there = alice.says(), alice.says(thread="other")
    assert here["author"]["badge"] != there["author"]["badge"]


def test_it_answers_a_comment(alice, carol):
    root = alice.says("The question.")
    reply = carol.says("The answer.", parent=root["id"])
    assert (reply["parent"], reply["depth"]) == (root["id"], 1)
    [shown] = alice.reads()["comments"]
    assert shown["replies"]["count"] == 1
    assert shown["replies"]["comments"] == [reply]


def test_a_member_writes_under_the_hosts_name(dave):
    answer = dave.post(name="Somebody Else", website="https://elsewhere.example")
    author = answer.json["comment"]["author"]
    assert author == {
        "name": "Dave",
        "kind": "user",
        "badge": None,
        "avatar": None,
        "website": None,
        "verified": False,
    }
    assert "token" not in answer.json


def test_a_moderator_is_one(bob):
    assert bob.says()["author"]["kind"] == "moderator"


def test_a_website_becomes_an_address(alice):
    assert alice.says(website="alice.example/me")["author"]["website"] == "https://alice.example/me"


def test_the_thread_keeps_where_the_article_is(alice):
    facts = {"key": STORY, "url": f"{cast.BLOG}/story#top", "title": "A story"}
    comment = alice.says(thread=facts)
    assert comment["url"] == f"{cast.BLOG}/story?comment=1#comment-1"
    thread = alice.reads()["thread"]
    assert (thread["url"], thread["title"]) == (f"{cast.BLOG}/story", "A story")


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/story",
        "https://blog.example.elsewhere.example/",
        "https://blog.example@elsewhere.example/",
        "javascript:alert(1)",
        "//elsewhere.example/",
        "https://blog.example:81/",
        "http://blog.example/",
        "https://[blog.example/",
    ],
)
def test_a_stranger_does_not_choose_where_the_article_is(alice, url):
    alice.says(thread={"key": STORY, "url": url})
    assert alice.reads()["thread"]["url"] is None


def test_what_is_held_waits(moderated):
    alice, carol = cast.visitor(moderated, "alice"), cast.visitor(moderated, "carol")
    answer = alice.post("My first.")
    assert answer.status_code == 201
    assert answer.json["state"] == "pending"
    assert answer.json["comment"]["html"] == "<p>My first.</p>"
    assert carol.reads()["comments"] == []
    assert carol.reads()["thread"]["count"] == 0
    assert problem(carol.get(f"/comments/{answer.json['comment']['id']}"))[0] == 404


def test_after_the_first_was_published_the_next_one_does_not_wait(moderated):
    alice = cast.visitor(moderated, "alice")
    cast.decide(moderated, alice.says()["id"], Status.PUBLISHED)
    assert alice.post().json["state"] == "published"


@pytest.mark.parametrize(
    ("hold", "body", "state"),
    [
        ("all", "plain", "pending"),
        ("links", "plain", "published"),
        ("links", "see https://spam.example", "pending"),
        ("none", "see https://spam.example", "published"),
    ],
)
def test_the_owner_chooses_what_waits(make_app, hold, body, state):
    alice = cast.visitor(make_app(COMMENTS_HOLD=hold), "alice")
    assert alice.post(body).json["state"] == state


def test_a_moderators_comment_never_waits(make_app):
    bob = cast.visitor(make_app(COMMENTS_HOLD="all"), "bob")
    assert bob.post().json["state"] == "published"


# ── what the server decides ──────────────────────────────────────────────────────────────────


def test_fields_of_the_server_are_ignored(alice):
    claimed = {
        "id": 999,
        "state": "pending",
        "status": "spam",
        "html": "<script>",
        "score": 50,
        "up": 50,
        "down": -1,
        "depth": 7,
        "path": "9.9",
        "root_id": 3,
        "created": "2001-01-01T00:00:00Z",
        "created_at": "2001-01-01T00:00:00Z",
        "edited": "2001-01-01T00:00:00Z",
        "pinned": True,
        "pinned_at": "2001-01-01T00:00:00Z",
        "replies_count": 9,
        "listed": False,
        "author": {"kind": "moderator", "name": "Bob", "badge": "000000"},
        "author_kind": "moderator",
        "author_id": "host:1",
        "kind": "moderator",
        "token": "mine",
        "revision": 99,
        "count": 99,
        "closed": True,
    }
    plain = alice.says("Plain.")
    comment = alice.says("Plain.", **claimed)
    assert comment["id"] == plain["id"] + 1
    assert comment["created"][:2] == "20" and comment["created"] != claimed["created"]
    different = {"id", "created", "url"}
    assert {k: v for k, v in comment.items() if k not in different} == {
        k: v for k, v in plain.items() if k not in different
    }
    thread = alice.reads()["thread"]
    assert (thread["count"], thread["revision"], thread["closed"]) == (2, 2, False)


# ── the same call twice ──────────────────────────────────────────────────────────────────────


def again(key: str = "one press of the button") -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_the_same_key_gives_the_first_answer_and_stores_nothing(alice):
    alice.says("Noise.")
    first = alice.post("Once.", headers=again())
    second = alice.post("Once.", headers=again())
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert alice.reads()["thread"]["count"] == 2


def test_a_guest_whose_answer_was_lost_gets_the_token_with_the_second(alice):
    lost = alice.post("Once.", headers=again())
    alice.token = None
    answer = alice.post("Once.", headers=again())
    assert answer.json["comment"] == lost.json["comment"]
    assert answer.json["token"]
    assert alice.edit(lost.json["comment"]["id"], "Mine.").status_code == 200


def test_the_same_key_for_another_text_is_refused(alice):
    alice.says("Once.")
    alice.post("Once.", headers=again())
    assert problem(alice.post("Twice.", headers=again())) == (422, "key_reused")
    assert problem(alice.post("Once.", thread="other", headers=again())) == (422, "key_reused")
    assert alice.reads()["thread"]["count"] == 2


def test_another_callers_key_is_another_key(alice, carol, dave):
    ids = {
        who.post("Me too.", headers=again()).json["comment"]["id"] for who in (alice, carol, dave)
    }
    assert len(ids) == 3


def test_a_key_is_forgotten_after_a_day(alice):
    with time_machine.travel(NOON) as clock:
        alice.says("Noise.")
        first = alice.post("Once.", headers=again())
        clock.shift(timedelta(hours=23))
        assert alice.post("Once.", headers=again()).json["comment"] == first.json["comment"]
        clock.shift(timedelta(hours=2))
        assert alice.post("Once.", headers=again()).json["comment"]["id"] != 2
    assert alice.reads()["thread"]["count"] == 3


def at_once(app, people: list[cast.Visitor], **fields: object) -> list[tuple[int, int | str]]:
    """What came of all of *people* posting with one key at the same moment."""
    together = Barrier(len(people))

    def press(who: cast.Visitor) -> tuple[int, int | str]:
        together.wait()
        answer = who.post("Once.", headers=again(), **fields)
        said = answer.json
        return answer.status_code, said["comment"]["id"] if "comment" in said else said["code"]

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(press, people))


def test_the_same_key_at_once_makes_one_comment(app, alice):
    alice.says("Noise.")
    people = [cast.visitor(app, "alice") for _ in range(4)]
    for who in people:
        who.token = alice.token
    assert len(set(at_once(app, people))) == 1
    assert alice.reads()["thread"]["count"] == 2


def test_the_same_key_at_once_from_a_guest_without_a_token_makes_one_guest(app, alice):
    people = [cast.visitor(app, "alice") for _ in range(4)]
    assert set(at_once(app, people)) == {(201, 1)}
    assert alice.reads()["thread"]["count"] == 1
    assert all(set(who.me()["own"]) == {"1"} for who in people)


def test_the_same_key_at_once_for_two_texts_makes_one_of_them(app, alice):
    alice.says("Noise.")
    people = [cast.visitor(app, "alice") for _ in range(2)]
    for who in people:
        who.token = alice.token
    together = Barrier(2)

    def press(number: int) -> int:
        together.wait()
        fields = {"thread": f"story {number}", "headers": again()}
        return people[number].post("Once.", **fields).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, range(2))) == [201, 422]
    counts = alice.get("/counts?thread=story+0&thread=story+1").json["counts"]
    assert sorted(counts.values()) == [0, 1]


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_has_a_length(alice, key):
    assert wrong_fields(alice.post(headers=again(key))) == {"Idempotency-Key"}
    assert alice.reads()["thread"]["count"] == 0


def test_a_key_of_200_characters_is_taken(alice):
    assert alice.post(headers=again("x" * 200)).status_code == 201


# ── refusals ─────────────────────────────────────────────────────────────────────────────────


def test_it_refuses_what_is_missing_and_names_all_of_it(alice):
    answer = alice.call("POST", "/comments", {})
    assert wrong_fields(answer) == {"thread", "body", "name"}
    assert all(sentence.endswith(".") for sentence in answer.json["errors"].values())


def test_it_refuses_a_closed_thread_but_not_from_a_moderator(app, alice, bob):
    alice.says()
    cast.close(app)
    assert problem(alice.post()) == (403, "closed")
    assert bob.post().status_code == 201


def test_it_refuses_a_parent_that_is_gone(app, alice, carol):
    root = alice.says()
    alice.says("Another.")
    alice.delete(root["id"])
    assert problem(carol.post(parent=root["id"])) == (409, "parent_gone")
    assert problem(carol.post(parent=4711)) == (409, "parent_gone")
    assert carol.reads()["thread"]["count"] == 1


def test_it_refuses_a_parent_that_waits(moderated):
    alice, carol = cast.visitor(moderated, "alice"), cast.visitor(moderated, "carol")
    waiting = alice.says()
    assert problem(carol.post(parent=waiting["id"])) == (409, "parent_gone")


def test_it_refuses_a_parent_of_another_thread(alice):
    root = alice.says()
    assert wrong_fields(alice.post(thread="other", parent=root["id"])) == {"parent"}
    assert alice.reads("other")["thread"]["count"] == 0


@pytest.mark.parametrize("name", ["admin", "ADMIN", " Moderator ", "аdmin", "Bob", "B0b", "ᏴOB"])
def test_it_refuses_a_guest_the_name_of_a_moderator(alice, bob, name):
    bob.says()
    answer = alice.post(name=name)
    assert problem(answer) == (403, "name_reserved")
    assert set(answer.json["errors"]) == {"name"}


def test_it_refuses_a_false_token(alice):
    alice.token = "made-up"
    assert problem(alice.post()) == (401, "token_invalid")
    assert cast.visitor(alice.client.application, "carol").reads()["thread"]["count"] == 0


def test_it_refuses_what_is_not_json(alice):
    answer = alice.client.post(f"{API}/comments", data="thread=story&body=x&name=alice")
    assert problem(answer) == (415, "not_json_type")
