"""What the author of a comment is told, and what nobody else sees."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from comments import Status, Verdict
from comments.errors import say
from comments.models import Comment
from tests import factories as make
from tests.web import cast
from tests.web.cast import STORY, Visitor, problem, state_of

LISTED = "It contains a word that is looked at first."
REJECTED = "It contains a word that is not published here."
NEUTRAL = "It was not published. A moderator can still let it through."


def there_is(app: Flask, act: Any, *args: Any, **facts: Any) -> None:
    """What moderators have set up: ``there_is(app, make.listed_word, "herring")``."""
    with app.app_context():
        session: Session = state_of(app).session()
        act(session, *args, **facts)
        session.commit()


def author_of(app: Flask, comment_id: int) -> str:
    with app.app_context():
        return state_of(app).session().get_one(Comment, comment_id).author_id


def told(alice: Visitor, **fields: Any) -> tuple[str, str | None]:
    answer = alice.post(**fields)
    assert answer.status_code == 201, answer.text
    assert answer.json["comment"]["state"] == answer.json["state"]
    return answer.json["state"], answer.json.get("reason")


@pytest.mark.parametrize(
    ("hold", "fields", "state", "reason"),
    [
        ("first", {}, "pending", "A guest's first comment is read by a moderator."),
        ("links", {"body": "<https://a.example>"}, "pending", "A comment with a link is read by"),
        ("all", {}, "pending", "Every comment here is read by a moderator first."),
        ("none", {"body": "a mackerel"}, "pending", LISTED),
        ("none", {"body": "a herring"}, "rejected", REJECTED),
        ("none", {"subject": "Hello"}, "rejected", NEUTRAL),
        ("none", {"body": "<https://a.example> " * 11}, "pending", "It contains many links."),
        ("none", {"subject": ""}, "published", None),
    ],
)
def test_an_author_is_told_what_became_of_a_comment(make_app, hold, fields, state, reason):
    app = make_app(COMMENTS_HOLD=hold)
    there_is(app, make.listed_word, "herring", "reject")
    there_is(app, make.listed_word, "mackerel", "hold")
    alice, carol = cast.visitor(app, "alice"), cast.visitor(app, "carol")
    said, why = told(alice, **fields)
    assert said == state
    assert (why or "").startswith(reason or "") and bool(why) == bool(reason)
    assert "herring" not in (why or "") and "mackerel" not in (why or "")
    assert len(carol.reads()["comments"]) == (state == "published")


def test_it_is_told_in_the_readers_language(make_app):
    app = make_app(COMMENTS_HOLD="first")
    alice = cast.visitor(app, "alice")
    answer = alice.call("POST", "/comments?lang=de", {"thread": STORY, "name": "A", "body": "B"})
    assert answer.json["reason"]


def test_what_was_not_published_stays_in_its_authors_sight_alone(app):
    there_is(app, make.listed_word, "herring", "reject")
    alice, carol = cast.visitor(app, "alice"), cast.visitor(app, "carol")
    comment = alice.says("a herring")
    me = alice.me(fragment=1)
    assert me["pending"] == [comment]
    assert (comment["state"], comment["reason"]) == ("rejected", REJECTED)
    assert "not published" in me["fragments"][str(comment["id"])]
    assert REJECTED in me["fragments"][str(comment["id"])]
    assert me["own"] == {}
    carol.says("Noise.")
    assert carol.me()["pending"] == []
    assert problem(carol.get(f"/comments/{comment['id']}")) == (404, "no_such_comment")
    assert problem(alice.edit(comment["id"], "Better")) == (404, "no_such_comment")


def test_what_a_moderator_threw_out_is_shown_with_a_neutral_sentence(app, alice):
    comment = alice.says()
    cast.decide(app, comment["id"], Status.SPAM)
    [shown] = alice.me()["pending"]
    assert (shown["id"], shown["state"], shown["reason"]) == (comment["id"], "rejected", NEUTRAL)


def test_without_a_script_an_author_finds_it_among_their_own(make_app):
    app = make_app(COMMENTS_HOLD="first", COMMENTS_PROOF_OF_WORK="on")
    there_is(app, make.listed_word, "herring", "reject")
    alice = cast.visitor(app, "alice")
    for body, sentence in (("Hello", "It came without the small sum"), ("a herring", REJECTED)):
        answer = alice.submit("/post", key=STORY, name="Alice", body=body)
        assert answer.status_code == 303
        page = alice.client.get(answer.location).text
        assert sentence in page
    assert "Your comment was not published." in page
    assert "not published</span>" in page


def test_a_form_that_a_program_filled_in_is_spam(app, alice):
    answer = alice.submit("/post", key=STORY, name="Alice", body="Hello", subject="Hello")
    assert "done=rejected" in answer.location
    assert alice.reads()["comments"] == []


# ── bans ─────────────────────────────────────────────────────────────────────────────────────


def test_somebody_who_is_banned_is_told_why(app, alice):
    author = author_of(app, alice.says()["id"])
    there_is(app, make.ban, author, reason="rude")
    answer = alice.post()
    assert problem(answer) == (403, "banned")
    assert answer.json["detail"] == "You may not write here: rude"
    alice.client.set_cookie("comments_guest", alice.token or "")
    page = alice.submit("/post", key=STORY, name="Alice", body="My text")
    assert page.status_code == 403
    assert "You may not write here: rude" in page.text and "My text" in page.text


def test_a_banned_network_is_that_of_the_next_guest_too(app, alice):
    alice.says()
    with app.app_context():
        network = state_of(app).session().query(Comment.address_hash).scalar()
    there_is(app, make.ban, f"network:{network}")
    again = cast.visitor(app, "alice")
    assert problem(again.post()) == (403, "banned")
    assert cast.visitor(app, "carol").post().status_code == 201


def test_somebody_who_is_shadow_banned_sees_nothing_of_it(app, alice, carol):
    author = author_of(app, alice.says()["id"])
    there_is(app, make.ban, author, shadow=True)
    said, why = told(alice, body="Unheard.")
    assert (said, why) == ("published", None)
    me = alice.me(fragment=1)
    [unheard] = me["pending"]
    assert (unheard["state"], unheard["html"]) == ("published", "<p>Unheard.</p>")
    assert str(unheard["id"]) in me["own"]
    assert 'data-do="vote"' in me["fragments"][str(unheard["id"])]
    assert alice.edit(unheard["id"], "Better").json["comment"]["state"] == "published"
    assert [c["html"] for c in carol.reads()["comments"]] == ["<p>A comment.</p>"]
    assert problem(carol.get(f"/comments/{unheard['id']}")) == (404, "no_such_comment")
    assert problem(carol.edit(unheard["id"], "Mine")) == (401, "token_required")
    assert alice.delete(unheard["id"]).status_code == 204
    assert alice.me()["pending"] == []


def test_the_shadowed_get_the_headers_that_everybody_gets(app, alice, carol):
    """A revision among them: whose writing made none would know that nobody sees it."""
    author = author_of(app, alice.says()["id"])
    there_is(app, make.ban, author, shadow=True)
    named = []
    for writer in (alice, carol):
        posted = writer.post("Written.")
        comment_id = posted.json["comment"]["id"]
        answers = (posted, writer.edit(comment_id, "Edited."), writer.delete(comment_id))
        named.append([sorted(answer.headers.keys()) for answer in answers])
    assert named[0] == named[1] and "Comments-Revision" in posted.headers


def test_without_a_script_the_shadowed_find_their_comment_too(app, alice):
    author = author_of(app, alice.says()["id"])
    there_is(app, make.ban, author, shadow=True)
    alice.client.set_cookie("comments_guest", alice.token or "")
    answer = alice.submit("/post", key=STORY, name="Alice", body="Unheard.")
    page = alice.client.get(answer.location).text
    assert "Unheard." in page and "not published" not in page and "waiting" not in page


# ── a host's own screens ─────────────────────────────────────────────────────────────────────


def test_a_host_adds_a_screen_by_decorator(app, alice):
    comments = state_of(app).owner

    @comments.screen
    def about_fish(submitted):
        assert (submitted.thread_key, submitted.name) == (STORY, "alice")
        return Verdict(Status.PENDING, say("fish")) if "fish" in submitted.text else None

    @comments.screen(before="moderators_pass")
    def shouting(submitted):
        return Verdict(Status.REJECTED, say("loud")) if submitted.text.isupper() else None

    assert told(alice, body="Hello")[0] == "published"
    assert told(alice, body="fish") == ("pending", "It is looked at before it appears.")
    assert told(cast.visitor(app, "bob"), body="FISH") == ("rejected", NEUTRAL)
    assert about_fish.__name__ == "about_fish" and shouting.__name__ == "shouting"
    assert alice.edit(alice.says()["id"], "fish").json["comment"]["state"] == "pending"


# ── flask comments screen --explain ──────────────────────────────────────────────────────────


def explain(app: Flask, text: str):
    return app.test_cli_runner().invoke(args=["comments", "screen", "--explain", "-"], input=text)


@pytest.mark.parametrize(
    "text",
    [
        "a herring\n\nin two paragraphs",
        json.dumps([{"body": "a herring", "name": "Ann", "website": "https://a.example"}]),
        json.dumps({"body": "a herring", "thread": STORY, "site": "https://a.example"}),
        json.dumps({"body": "first"}) + "\n\n" + json.dumps({"body": "a herring"}),
    ],
)
def test_it_shows_what_each_screen_would_say(sqlite_app, text):
    there_is(sqlite_app, make.listed_word, "herring", "reject")
    result = explain(sqlite_app, text)
    assert result.exit_code == 0, result.output
    assert '→ listed_words     rejected    0.90  it contains "herring"' in result.output
    assert "  moderators_pass  -" in result.output
    with sqlite_app.app_context():
        assert state_of(sqlite_app).session().query(Comment).count() == 0


def test_it_shows_what_would_be_published_and_whom_it_would_refuse(sqlite_app):
    there_is(sqlite_app, make.ban, "host:7")
    there_is(sqlite_app, make.teach)
    samples = ({"body": "The harbour"}, {"body": "x" * 99, "author": "host:7"})
    output = explain(sqlite_app, "\n".join(map(json.dumps, samples))).output
    assert "published   0.00  passed every screen" in output
    assert "  learned_filter   remark" in output
    assert "→ refuse_banned    refused     1.00  You may not write here." in output
    assert "x" * 70 + "…" in output


@pytest.mark.parametrize("text", ["[7]", '[{"text": "x"}]', '{"body": 7}'])
def test_it_says_what_it_cannot_read(sqlite_app, text):
    result = explain(sqlite_app, text)
    assert result.exit_code == 1
    assert "an object with a text called body" in result.output
