"""The queue over HTTP: forms that come back to where they were, and what a script is answered."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import update
from werkzeug.test import TestResponse

from comments import i18n
from comments.errors import Message
from comments.models import Comment, Status, Thread
from comments.screening.contents import LOOKED_AT
from tests import factories as make
from tests.web import cast
from tests.web.cast import HERE, Visitor, problem
from tests.web.test_screened import there_is

QUEUE = "/comments/admin/queue"


@pytest.fixture
def waiting(app: Flask, make_app) -> list[int]:
    """Three comments of alice's that wait."""
    held = make_app(COMMENTS_HOLD="all")
    return [cast.visitor(held, "alice").says(f"Number {n}")["id"] for n in range(3)]


def shown(answer: TestResponse) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [int(id) for id in re.findall(r'data-entry="(\d+)"', answer.text)]


def look(bob: Visitor, query: str = "") -> TestResponse:
    return bob.client.get(QUEUE + query)


def decide(bob: Visitor, id: int, act: str, query: str = "", **fields: Any) -> TestResponse:
    return bob.submit(f"/admin/queue/decide{query}", id=id, act=act, **fields)


def status(app: Flask, id: int) -> Status:
    with app.app_context():
        return cast.state_of(app).session().get_one(Comment, id, populate_existing=True).status


# ── one decision ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("act", "leads_to"),
    [
        ("approve", Status.PUBLISHED),
        ("spam", Status.SPAM),
        ("reject", Status.REJECTED),
        ("delete", Status.DELETED),
    ],
)
def test_a_decision_comes_back_with_a_notice_and_its_undo(app, bob, waiting, act, leads_to):
    back = f"{QUEUE}?show=pending&order=oldest"
    answer = decide(bob, waiting[0], act, expected="pending", version=1, back=back)
    assert answer.status_code == 303
    assert answer.location.startswith(back + "&did=")
    assert status(app, waiting[0]) is leads_to

    page = bob.client.get(answer.location)
    assert shown(page) == waiting[1:]
    batch = re.search(r'name="batch" value="(\w+)"', page.text)
    assert batch
    undone = bob.submit("/admin/undo", batch=batch[1], back=back)
    assert (undone.status_code, status(app, waiting[0])) == (303, Status.PENDING)
    assert "Taken back." in bob.client.get(undone.location).text


def test_pin_and_keep_are_decisions_too(app, bob, alice, carol):
    comment = alice.says()["id"]
    carol.report(comment, note="Look <b>here</b>")
    page = look(bob, "?show=reported")
    assert shown(page) == [comment]
    assert "Look &lt;b&gt;here&lt;/b&gt;" in page.text
    assert decide(bob, comment, "keep", expected="published", version=1).status_code == 303
    assert shown(look(bob, "?show=reported")) == []
    for act, told in (("pin", "Comment pinned."), ("unpin", "Comment no longer pinned.")):
        assert told in bob.client.get(decide(bob, comment, act).location).text


def test_the_second_moderator_is_told_and_shown_how_it_stands(app, bob, waiting):
    decide(bob, waiting[0], "spam", expected="pending")
    answer = decide(bob, waiting[0], "approve", expected="pending")
    assert answer.status_code == 409
    assert "Bob has decided about it already." in answer.text
    assert re.findall(r'data-entry="(\d+)" data-state="(\w+)"', answer.text) == [
        (str(waiting[0]), "spam")
    ]


def test_a_script_gets_the_parts_that_change(app, bob, waiting):
    fine = decide(bob, waiting[0], "spam", "?fragment", expected="pending").json
    assert "1 comment is spam." in fine["notice"]
    assert (fine["stays"], fine["counts"]["pending"], fine["counts"]["spam"]) == (False, "2", "1")
    late = decide(bob, waiting[0], "approve", "?fragment", expected="pending")
    assert late.status_code == 409
    assert "Bob has decided" in late.json["notice"]
    assert f'data-entry="{waiting[0]}" data-state="spam"' in late.json["entry"]
    more = look(bob, "?fragment").json
    assert more["entries"].count("data-entry=") == 2


def test_what_stands_that_way_already_changes_nothing(bob, waiting):
    decide(bob, waiting[0], "spam")
    answer = decide(bob, waiting[0], "spam", "?fragment").json
    assert "That is how it stands already." in answer["notice"]
    assert answer["undo"] is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"act": "burn"}, 422),
        ({"act": "spam", "id": "x"}, 404),
        ({"act": "spam", "id": "999"}, 404),
        ({"act": "spam", "expected": "odd"}, 422),
        ({"act": "spam", "show": "odd"}, 422),
    ],
)
def test_a_form_that_was_tampered_with_is_refused(app, bob, waiting, fields, code):
    sent = {"id": str(waiting[0])} | fields
    assert bob.submit("/admin/queue/decide?fragment", **sent).status_code == code
    assert status(app, waiting[0]) is Status.PENDING


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/comments/admin/queue",
        "//evil.example",
        "/comments/thread?key=story",
        "/comments/admin/../../evil",
        "/comments/admin/\nqueue",
        "/comments/admin/\\evil",
        "",
    ],
)
def test_one_only_comes_back_to_views_of_moderators(bob, waiting, back):
    location = decide(bob, waiting[0], "spam", back=back).location
    assert location.startswith(f"{QUEUE}?did=")


# ── many ─────────────────────────────────────────────────────────────────────────────────────


def seen(page: TestResponse) -> str:
    found = re.search(r'name="seen" value="([\d.]+)"', page.text)
    assert found
    return found[1]


def test_those_that_are_ticked(app, bob, waiting):
    page = look(bob)
    decide(bob, waiting[1], "approve")
    form = {"act": "reject", "id": [*map(str, waiting[1:]), "x"], "seen": seen(page)}
    told = bob.client.get(bob.submit("/admin/queue/bulk", **form).location).text
    assert "1 comment rejected." in told
    assert "1 had changed meanwhile and was left alone." in told
    assert [status(app, id) for id in waiting] == [
        Status.PENDING,
        Status.PUBLISHED,
        Status.REJECTED,
    ]


def test_all_that_match_and_nothing_that_came_later(app, bob, waiting, make_app):
    page = look(bob)
    later = cast.visitor(make_app(COMMENTS_HOLD="all"), "alice").says("Later")["id"]
    form = {"act": "spam", "all": "1", "seen": seen(page)}
    answer = bob.submit("/admin/queue/bulk?fragment", **form).json
    assert answer["gone"] == waiting
    assert status(app, later) is Status.PENDING
    bob.submit("/admin/undo?fragment")
    assert shown(look(bob)) == [later, *reversed(waiting)]


def test_keeping_many_settles_their_reports(bob, alice, carol):
    comments = [alice.says(f"Number {n}")["id"] for n in range(2)]
    for comment in comments:
        carol.report(comment)
    page = look(bob, "?show=reported")
    form = {"act": "keep", "all": "1", "show": "reported", "seen": seen(page)}
    assert bob.submit("/admin/queue/bulk?fragment", **form).json["gone"] == comments
    assert shown(look(bob, "?show=reported")) == []


def test_nothing_ticked_changes_nothing(bob, waiting):
    form = {"act": "spam", "seen": seen(look(bob))}
    told = bob.client.get(bob.submit("/admin/queue/bulk", **form).location).text
    assert "Nothing was changed." in told
    assert bob.submit("/admin/queue/bulk", act="burn", seen=form["seen"]).status_code == 422
    assert bob.submit("/admin/queue/bulk", act="spam").status_code == 422


def test_a_refusal_is_a_page_for_people_and_json_for_the_script(app, bob, waiting):
    stranger = cast.visitor(app, "carol")
    for who, path, refused in [
        (bob, "/admin/undo", (404, "not_found")),
        (bob, "/admin/queue/decide", (404, "no_such_comment")),
        (stranger, "/admin/undo", (401, "sign_in_required")),
    ]:
        page = who.submit(path)
        assert (page.status_code, page.mimetype) == (refused[0], "text/html")
        assert problem(who.submit(path + "?fragment=")) == refused


# ── the views ────────────────────────────────────────────────────────────────────────────────


def test_the_next_page_goes_on(bob, make_app):
    alice = cast.visitor(make_app(COMMENTS_HOLD="all"), "alice")
    made = [alice.says(f"Number {n}")["id"] for n in range(27)]
    first = look(bob)
    more = re.search(r'href="([^"]+after=[^"]+)" rel="next"', first.text)
    assert more
    second = bob.client.get(more[1].replace("&amp;", "&"))
    assert shown(first) + shown(second) == made[::-1]
    assert "To the beginning" in second.text


def test_an_entry_tells_what_a_moderator_asks(app, bob, alice):
    story = alice.says("What is *answered*.")["id"]
    reply = alice.says("See https://a.example", parent=story)["id"]
    alice.edit(reply, "See https://b.example")
    page = look(bob, "?show=everything").text
    for told in ("1 link", "edited", "1 earlier text", "See https://a.example", "in reply to"):
        assert told in page
    assert "<q>What is *answered*.</q>" in page


def test_after_an_undo_it_still_says_why_it_was_held(bob, waiting):
    did = decide(bob, waiting[0], "approve").location.partition("did=")[2]
    assert bob.submit("/admin/undo", batch=did).status_code == 303
    html = bob.client.get(f"/comments/admin/comment/{waiting[0]}").text
    assert "<bdi>every comment waits for a moderator</bdi>" in html
    assert "last moved by Bob" in html
    in_german = bob.client.get(f"/comments/admin/comment/{waiting[0]}?lang=de").text
    assert "every comment waits" not in in_german


def test_kept_is_said_of_what_was_reported_alone(bob, alice, carol, waiting):
    reported = alice.says("Reported")["id"]
    carol.report(reported)
    decide(bob, reported, "keep")
    decide(bob, waiting[0], "approve")
    kept = '<span class="a-badge a-badge-good">kept</span>'
    pages = [bob.client.get(f"/comments/admin/comment/{id}").text for id in (reported, waiting[0])]
    assert [kept in page for page in pages] == [True, False]


def test_recent_actions_name_whose_comment_it_was(bob, waiting):
    decide(bob, waiting[0], "approve")
    assert "alice’s comment approved." in look(bob).text
    assert "hidden" in re.search(r'<form class="q-bulk"[^>]*>', look(bob, "?show=spam").text)[0]
    assert "No comment is in this state." in look(bob, "?show=spam").text


def test_what_readers_wrote_is_never_more_than_text(bob, make_app):
    alice = cast.visitor(make_app(COMMENTS_HOLD="all"), "alice")
    alice.says("<script>alert(1)</script>[x](javascript:alert)", name="<i>Eve</i>")
    page = look(bob).text
    assert "<script>alert" not in page
    assert "<i>Eve" not in page
    assert 'href="javascript' not in page


def test_one_comment_and_its_author_have_addresses(bob, alice):
    comment = alice.says()["id"]
    assert shown(bob.client.get(f"/comments/admin/comment/{comment}")) == [comment]
    assert bob.client.get("/comments/admin/comment/999").status_code == 404
    answer = bob.client.get(f"/comments/admin/comment/{comment}/author")
    assert answer.status_code == 303
    assert "guest%3A" in answer.location or "guest:" in answer.location


def test_a_notice_is_only_for_who_did_it(app, bob, waiting, monkeypatch):
    location = decide(bob, waiting[0], "spam").location
    monkeypatch.setitem(cast.SIGNED_IN, "bob", replace(cast.SIGNED_IN["bob"], id=9))
    assert "data-notice>" not in bob.client.get(location).text
    assert bob.submit("/admin/undo").status_code == 404


# ── what may be decided in the thread itself ─────────────────────────────────────────────────

CALLS = [
    ("GET", "/waiting?thread=story", None),
    ("PUT", "/comments/{id}/status", {"status": "spam"}),
    ("PUT", "/comments/{id}/pin", {"pinned": True}),
    ("POST", "/undo", {"batch": "0123"}),
]


@pytest.mark.parametrize(("method", "path", "fields"), CALLS)
@pytest.mark.parametrize(("who", "refused"), [("carol", 401), ("alice", 401), ("dave", 403)])
def test_the_api_decides_for_nobody_else(app, alice, method, path, fields, who, refused):
    comment = alice.says()["id"]
    visitor = alice if who == "alice" else cast.visitor(app, who)
    answer = visitor.call(method, path.format(id=comment), fields)
    assert answer.status_code == refused
    assert status(app, comment) is Status.PUBLISHED


@pytest.mark.parametrize(("method", "path", "fields"), CALLS)
def test_a_moderators_session_decides_on_no_other_sites_page(app, alice, bob, method, path, fields):
    comment = alice.says()["id"]
    for origin in (cast.BLOG, cast.ELSEWHERE):
        answer = bob.call(method, path.format(id=comment), fields, headers={"Origin": origin})
        assert answer.status_code in (401, 403)
    assert status(app, comment) is Status.PUBLISHED


def test_what_waits_is_told_with_its_versions(bob, waiting):
    answer = bob.get("/waiting?thread=story&fragment").json
    assert [comment["id"] for comment in answer["comments"]] == waiting
    assert answer["versions"] == dict.fromkeys(map(str, waiting), 1)
    assert "Number 0" in answer["fragments"][str(waiting[0])]


def test_another_sites_moderator_is_refused(app, bob, alice, monkeypatch):
    """No host hands such people out yet; the door they come through is another part's."""
    from comments.web import guards

    comment = alice.says()["id"]
    with app.app_context():
        session = cast.state_of(app).session()
        session.execute(update(Thread).values(site="https://theirs.example"))
        session.commit()
    known = guards.caller

    def caller(state):
        found = known(state)
        return found and replace(found, sites=frozenset({HERE}))

    monkeypatch.setattr(guards, "caller", caller)
    path = f"/comments/{comment}/status"
    assert problem(bob.call("PUT", path, {"status": "spam"})) == (404, "no_such_comment")
    assert problem(bob.get("/waiting?thread=story")) == (403, "not_a_moderator")
    assert shown(look(bob, "?show=everything")) == []
    assert bob.client.get(f"/comments/admin/comment/{comment}").status_code == 404
    assert decide(bob, comment, "spam").status_code == 404


def test_a_reason_is_told_in_the_language_of_the_page(app, bob):
    there_is(app, make.listed_word, "herring")
    cast.visitor(app, "alice").says("Buy a herring")
    found = {"word": "herring", "how": ""}
    for language in ("en", "de", "ar"):
        told = i18n.told(Message(LOOKED_AT.text, found), language)
        assert str(escape(told)) in look(bob, f"?show=pending&lang={language}").text
