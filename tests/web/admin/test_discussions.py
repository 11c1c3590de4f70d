"""The discussions: found in a list, and closed, held, renamed, merged and led to by forms."""

import re

import pytest
from werkzeug.datastructures import MultiDict

from comments import threads
from tests.web import cast
from tests.web.admin.rooms import ADMIN, act, owner, press, pressed, see, thread_id, undo
from tests.web.cast import STORY, problem

OTHER = "other"


@pytest.fixture
def story(app, alice) -> str:
    alice.says("The first one.")
    return f"/thread/{thread_id(app)}"


def facts(app, key: str = STORY) -> threads.ThreadFacts:
    with app.app_context():
        return threads.find(cast.state_of(app).session(), key)


def rows(html: str) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]*><bdi>([^<]*)</bdi>', html)


# ── the list ─────────────────────────────────────────────────────────────────────────────────


def test_discussions_are_listed_and_found(app, alice, bob):
    for key in ("one", "two & more", "three"):
        alice.says(thread=key)
    assert rows(see(bob, "/threads").text) == ["three", "two &amp; more", "one"]
    assert rows(see(bob, "/threads", q="TWO").text) == ["two &amp; more"]
    assert "Nothing found" in see(bob, "/threads", q="four").text


def test_the_list_goes_on_where_it_ended(app, alice, bob):
    for number in range(28):
        alice.says(thread=f"t{number}")
    first = see(bob, "/threads", order="count").text
    following = re.search(r'href="([^"]*after[^"]*)"', first)[1].replace("&amp;", "&")
    second = bob.client.get(following).text
    assert len(set(rows(first)) | set(rows(second))) == 28
    assert "To the beginning" in second


def test_an_empty_site_says_so(app, bob):
    assert "No discussions yet" in see(bob, "/threads").text


def test_badges_and_what_waits_are_in_the_list(make_app):
    app = make_app(COMMENTS_HOLD="all", COMMENTS_PROOF_OF_WORK="off")
    cast.visitor(app, "alice").says()
    act(app, "hold", thread_id(app), held=True)
    act(app, "close", thread_id(app), closed=True)
    html = see(cast.visitor(app, "bob"), "/threads").text
    assert "everything waits" in html
    assert ">closed<" in html
    assert re.search(r"queue\?thread=story[^>]*>1<", html)


# ── what can be done ─────────────────────────────────────────────────────────────────────────


def test_close_and_open_again(app, bob, alice, story):
    page = pressed(bob, f"{story}/close", closed="1")
    assert "Discussion closed." in page.text
    assert problem(alice.post()) == (403, "closed")
    assert "Discussion opened again." in pressed(bob, f"{story}/close", closed="0").text
    assert alice.post().status_code == 201


def test_hold_everything_and_take_it_back(app, bob, alice, story):
    assert "waits for a moderator now" in pressed(bob, f"{story}/hold", held="1").text
    assert alice.post().json["state"] == "pending"
    assert "Taken back" in undo(bob).text
    assert alice.post("Another one.").json["state"] == "published"


def test_rename(app, bob, alice, story):
    names = {"title": "A story", "url": "https://blog.example/story", "key": "new"}
    page = pressed(bob, f"{story}/rename", **names)
    assert "Discussion renamed." in page.text
    assert alice.reads(STORY)["thread"] | names == alice.reads("new")["thread"]
    assert "story</span>" in page.text  # among the keys that lead here


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "  "),
        ("key", OTHER),
        ("title", "x" * 301),
        ("title", "two\nlines"),
        ("url", "javascript:alert(1)"),
        ("url", "//elsewhere.example/"),
        ("url", "ftp://blog.example/"),
    ],
)
def test_a_wrong_name_is_named_and_nothing_changed(app, bob, alice, story, field, value):
    alice.says(thread=OTHER)
    answer = press(bob, f"{story}/rename", **{"key": STORY, field: value})
    assert answer.status_code == 422
    assert f'aria-describedby="rename-{field}-error"' in answer.text
    assert facts(app).key == STORY


def test_only_an_owner_says_whose_thread_it_is(app, bob, story, monkeypatch):
    refused = press(bob, f"{story}/rename", key=STORY, site="https://a.example")
    assert (refused.status_code, "For owners" in refused.text) == (403, True)
    ann = owner(app, monkeypatch)
    assert press(ann, f"{story}/rename", key=STORY, site="nonsense").status_code == 422
    pressed(ann, f"{story}/rename", key=STORY, site="https://a.example/")
    assert facts(app).site == "https://a.example"


def test_merge_and_undo(app, bob, alice, story):
    alice.says("Elsewhere.", thread=OTHER)
    page = pressed(bob, f"{story}/merge", into=OTHER)
    assert "Discussions merged." in page.text
    assert "<h1>other</h1>" in page.text
    assert alice.reads(STORY)["thread"]["count"] == 2
    undo(bob)
    assert [alice.reads(key)["thread"]["count"] for key in (STORY, OTHER)] == [1, 1]


@pytest.mark.parametrize("into", ["", "nobody", STORY])
def test_a_merger_with_nothing_is_refused(app, bob, story, into):
    answer = press(bob, f"{story}/merge", into=into)
    assert answer.status_code == 422
    assert 'id="merge-into-error"' in answer.text


def test_a_merged_discussion_leads_to_the_other(app, bob, alice, story):
    alice.says(thread=OTHER)
    pressed(bob, f"{story}/merge", into=OTHER)
    answer = bob.client.get(ADMIN + story)
    assert (answer.status_code, answer.location) == (302, f"{ADMIN}/thread/{thread_id(app)}")
    assert press(bob, f"{story}/close", closed="1").status_code == 409


def test_another_key_leads_here_and_is_let_go(app, bob, alice, story):
    page = pressed(bob, f"{story}/alias", key="2019/story")
    assert alice.reads("2019/story")["thread"]["key"] == STORY
    release = re.search(r'action="/comments/admin(/thread/\d+/release)"', page.text)[1]
    pressed(bob, release)
    assert alice.reads("2019/story")["thread"]["count"] == 0


@pytest.mark.parametrize("key", ["", OTHER, STORY])
def test_a_key_that_cannot_lead_here_is_refused(app, bob, alice, story, key):
    alice.says(thread=OTHER)
    answer = press(bob, f"{story}/alias", key=key)
    assert answer.status_code == 422
    assert 'id="alias-key-error"' in answer.text


def test_pinned_comments_are_shown_and_unpinned(app, bob, alice):
    pinned = alice.says("Read this first.")
    act(app, "pin", pinned["id"], pinned=True)
    story = f"/thread/{thread_id(app)}"
    assert "Read this first." in see(bob, story).text
    fields = MultiDict({"id": pinned["id"], "act": "unpin", "back": ADMIN + story})
    assert "Read this first." not in pressed(bob, "/queue/decide", **fields).text


def test_the_page_tells_what_was_decided_about_it(app, bob, alice, story):
    pressed(bob, f"{story}/rename", key=STORY, title="A <story>")
    pressed(bob, f"{story}/close", closed="1")
    html = see(bob, story).text
    assert "Bob closed “A &lt;story&gt;”" in html
    assert "Bob renamed" in html


@pytest.mark.parametrize("path", ["/thread/999", f"/thread/{2**70}"])
def test_no_such_discussion(app, bob, path):
    assert bob.client.get(ADMIN + path).status_code == 404


# ── closing by itself ────────────────────────────────────────────────────────────────────────


def test_a_page_that_was_kept_tells_of_the_closing(make_app, time_machine):
    app = make_app(COMMENTS_CLOSE_DAYS="3")
    alice = cast.visitor(app, "alice")
    time_machine.move_to("2026-11-22T12:00Z")
    alice.says()
    page = alice.get("/comments", query_string={"thread": STORY})
    assert page.json["thread"]["closed"] is False
    assert alice.me()["can"]["comment"] is True

    time_machine.move_to("2026-11-25T12:05Z")
    later = alice.get(
        "/comments",
        query_string={"thread": STORY},
        headers={"If-None-Match": page.headers["ETag"]},
    )
    assert (later.status_code, later.json["thread"]["closed"]) == (200, True)
    assert alice.me()["can"]["comment"] is False
    assert problem(alice.post()) == (403, "closed")
    bob = cast.visitor(app, "bob")
    assert "by itself" in see(bob, f"/thread/{thread_id(app)}").text
    assert bob.post().status_code == 201


def test_a_discussion_that_closes_tells_when(make_app, time_machine):
    app = make_app(COMMENTS_CLOSE_DAYS="3")
    time_machine.move_to("2026-11-22T12:00Z")
    cast.visitor(app, "alice").says()
    html = see(cast.visitor(app, "bob"), f"/thread/{thread_id(app)}").text
    assert "Closes by itself" in html
    assert "2026-11-25" in html


# ── pages that were kept ─────────────────────────────────────────────────────────────────────


def read(visitor, key: str):
    answer = visitor.client.get("/comments/thread", query_string={"key": key})
    return answer.headers["ETag"], re.findall(r'id="comment-(\d+)"', answer.text)


def test_no_page_that_was_kept_comes_back_whatever_keys_lead_where(app, alice, bob, story):
    other = alice.says(thread=OTHER)["id"]
    first = alice.reads()["comments"][0]["id"]
    keys = (STORY, OTHER, "unwritten")
    seen: dict[tuple[str, str], list[str]] = {}

    def look() -> dict[str, list[str]]:
        found = {}
        for key in keys:
            etag, shown = read(alice, key)
            assert seen.setdefault((key, etag), shown) == shown  # one tag never means two pages
            assert read(alice, key) == (etag, shown)  # from the cache
            found[key] = sorted(shown)
        return found

    both = sorted([str(first), str(other)])
    apart = {STORY: [str(first)], OTHER: [str(other)], "unwritten": []}
    assert look() == apart
    pressed(bob, f"{story}/alias", key="unwritten")
    assert look() == apart | {"unwritten": [str(first)]}
    pressed(bob, f"{story}/merge", into=OTHER)
    assert look() == dict.fromkeys(keys, both)
    undo(bob)
    assert look() == apart | {"unwritten": [str(first)]}
    undo(bob)
    assert look() == apart
    pressed(bob, f"{story}/rename", key="unwritten")
    assert look() == apart | {"unwritten": [str(first)]}
    undo(bob)
    assert look() == apart


def test_a_link_to_a_comment_opens_under_the_old_key(app, alice, bob, story):
    comment = alice.reads()["comments"][0]["id"]
    alice.says(thread=OTHER)
    pressed(bob, f"{story}/merge", into=OTHER)
    page = alice.client.get("/comments/thread", query_string={"key": STORY, "comment": comment})
    assert f'id="comment-{comment}"' in page.text
    pulse = alice.get("/pulse", query_string={"thread": STORY, "since": 0}).json
    assert pulse["count"] == 2
    counts = alice.get("/counts", query_string={"thread": [STORY, OTHER]}).json["counts"]
    assert counts == {STORY: 2, OTHER: 2}
