"""``GET /api/v1/openapi.json`` and what it promises."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from comments import Status, accounts, moderation
from comments.errors import PROBLEMS
from comments.web.openapi.calls import calls
from comments.web.state import now
from tests.web import cast
from tests.web.contract import GOOD, Contract, Json, document_of, operations
from tests.web.test_screened import author_of

#: What has a wrong method is no call; the others are for pages and forms.
NOT_OF_A_CALL = {
    "method_not_allowed",
    "cross_site",
    "not_an_owner",
    "sign_in_failed",
    "provider_away",
}

API_PAGE = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def document(sqlite_app: Flask) -> Json:
    return document_of(sqlite_app)


# ── the document ─────────────────────────────────────────────────────────────────────────────


def test_it_is_public_and_says_where_the_calls_are(sqlite_app):
    answer = cast.visitor(sqlite_app, "carol").get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"].startswith("public")
    assert answer.json["openapi"] == "3.1.0"
    assert answer.json["servers"] == [{"url": cast.API}]


def test_it_names_the_public_address_where_one_is_set(start, migrated_sqlite_uri):
    app = start(migrated_sqlite_uri, COMMENTS_URL="https://talk.example/c")
    assert document_of(app)["servers"] == [{"url": "https://talk.example/c/api/v1"}]


def test_it_is_openapi_3_1(document):
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_it_is_made_once(sqlite_app):
    assert document_of(sqlite_app)["paths"] is document_of(sqlite_app)["paths"]


def test_it_tells_the_limits_of_this_very_server(start, migrated_sqlite_uri):
    app = start(migrated_sqlite_uri, COMMENTS_MAX_LENGTH=140, COMMENTS_DEFAULT_SORT="newest")
    components = document_of(app)["components"]
    assert components["schemas"]["NewText"]["properties"]["body"]["maxLength"] == 140
    assert components["parameters"]["sort"]["schema"]["default"] == "newest"


# ── nothing is left out, nothing is made up ──────────────────────────────────────────────────


def test_every_call_is_described_and_every_description_is_of_a_call(sqlite_app, document):
    rules = sqlite_app.url_map.iter_rules()
    views = {rule.endpoint.removeprefix("comments.api.") for rule in rules if "/api/" in rule.rule}
    # What answers a wrong address is no call.
    assert views - {"comments.lost"} == set(calls()) == set(operations(document))


def test_every_call_says_what_it_does(document):
    said = {name: operation["summary"] for name, operation in operations(document).items()}
    assert all(said.values()), said
    assert len(set(said.values())) == len(said)


def test_every_component_is_there_and_is_used(document):
    used = set(re.findall(r"'#/components/([^']+)'", str(document)))
    components = document["components"]
    there = {
        f"{kind}/{name}"
        for kind in ("schemas", "parameters", "responses", "headers")
        for name in components[kind]
    }
    assert used == there
    assert "token" in components["securitySchemes"]


def test_every_refusal_stands_at_some_call(document):
    told = {code for name in document["components"]["responses"] for code in name.split(".")[1:]}
    assert told == set(PROBLEMS) - NOT_OF_A_CALL


def test_the_type_of_a_refusal_leads_to_its_words(sqlite_app):
    answer = cast.visitor(sqlite_app, "carol").get("/comments/7")
    address, _, pointer = answer.json["type"].partition("#")
    found = sqlite_app.test_client().get(address, base_url=cast.HERE).json
    for step in pointer.strip("/").split("/"):
        found = found[step]
    assert (found["status"], found["title"]) == (404, answer.json["title"])


def test_a_body_may_hold_more_than_is_known(document):
    schemas = document["components"]["schemas"]
    bodies = ("NewComment", "NewText", "Vote", "Report")
    assert not any("additionalProperties" in schemas[body] for body in bodies)
    only_the_server_decides = {"id", "state", "score", "up", "down", "depth", "created", "kind"}
    assert not only_the_server_decides & set(schemas["NewComment"]["properties"])


# ── answers ──────────────────────────────────────────────────────────────────────────────────

JSON = "application/json"
Answers = Iterator[tuple[str, TestResponse]]


def good_answers(app: Flask) -> Answers:
    """Every call as it goes well, each with all that it can answer; first comments wait."""
    alice, carol, bob = (cast.visitor(app, name) for name in ("alice", "carol", "bob"))
    root = bob.says("Welcome.")["id"]
    first = alice.post("Hello, **all**.", parent=root, website="alice.example", fragment="")
    yield "post_comment", first
    mine = alice.me()["pending"][0]["id"]
    yield "post_comment", bob.call("POST", "/comments?fragment=1", written("Bob was here."))
    yield "edit_comment", alice.edit(mine, "Hello again.")
    yield "edit_comment", alice.call("PATCH", f"/comments/{mine}?fragment=1", {"body": "Hello!"})
    yield "me", alice.get("/me?thread=story&fragment=1")
    yield "give_challenge", carol.get("/challenge?thread=story")
    yield "post_comment", cast.visitor(app, "carol").post(subject="A program.", fragment="")
    yield "me", carol.get("/me?thread=nobody")
    cast.decide(app, mine, Status.PUBLISHED)
    yield "vote", carol.vote(mine, -1)
    yield "vote", carol.vote(root)
    yield "me", carol.get("/me?thread=story")
    yield "report", carol.report(mine, note="Not friendly.")
    yield "report", cast.visitor(app, "carol").report(mine)
    yield "preview", carol.call("POST", "/preview", {"body": "*Later.*"})
    yield from good_decisions(app, mine)
    yield from good_reads(app, root, mine)
    yield "verify_address", shown_to_be_theirs(app, cast.visitor(app, "carol"))
    order = {"thread": "story", "email": "a@b.example", "notify": "all", "pace": "daily"}
    yield "subscribe", cast.visitor(app, "dave").call("PUT", "/subscriptions", order)
    yield "subscribe", cast.visitor(app, "carol").call("PUT", "/subscriptions", order)
    yield "claim", bob.call("POST", "/claims", {"guest": carol.token})
    yield "sign_out", bob.call("DELETE", "/sign-in")
    yield "delete_comment", bob.delete(root)
    yield "own_data", alice.get("/me/data")
    yield "erase_me", alice.call("DELETE", "/me")
    yield "list_comments", carol.get("/comments?thread=story")


def shown_to_be_theirs(app: Flask, guest: cast.Visitor) -> TestResponse:
    author = author_of(app, guest.says("Mine.")["id"])
    with app.app_context():
        session = cast.state_of(app).session()
        link = accounts.links.make(session, "verify", "a@b.example", author_id=author, now=now())
        session.commit()
    return guest.call("POST", "/verifications", {"link": link})


def good_decisions(app: Flask, reply: int) -> Answers:
    bob = cast.visitor(app, "bob")
    waiting = cast.visitor(app, "carol").says("Hold me.")["id"]
    yield "list_waiting", bob.get("/waiting?thread=story&fragment=1")
    yield "list_waiting", bob.get("/waiting?thread=story")
    approve = {"status": "published", "expected": "pending", "version": 1, "reason": "a test"}
    yield "decide", bob.call("PUT", f"/comments/{waiting}/status", approve)
    yield "decide", bob.call("PUT", f"/comments/{waiting}/status", {"status": "published"})
    yield "pin", bob.call("PUT", f"/comments/{waiting}/pin?fragment=1", {"pinned": True})
    spam = bob.call("PUT", f"/comments/{reply}/status?fragment=1", {"status": "spam"})
    yield "decide", spam
    yield "undo", bob.call("POST", "/undo", {"batch": spam.json["batch"]})


def good_reads(app: Flask, root: int, reply: int) -> Answers:
    carol = cast.visitor(app, "carol")
    for call, path in (
        ("list_comments", "/comments?thread=story&sort=most_voted&limit=1"),
        ("list_comments", "/comments?thread=nobody"),
        ("list_replies", f"/comments/{root}/replies"),
        ("show_comment", f"/comments/{reply}?sort=newest"),
        ("show_counts", "/counts?thread=story&thread=nobody"),
        ("list_anchors", "/anchors?thread=story"),
        ("show_pulse", "/pulse?thread=story&since=1"),
        ("show_contract", "/openapi.json"),
    ):
        answer = carol.get(path)
        yield call, answer
        known = {"If-None-Match": answer.headers["ETag"]}
        yield call, carol.client.get(cast.API + path, headers=known)


def written(body: str, **fields: Any) -> Json:
    return {"thread": cast.STORY, "name": "Alice", "body": body} | fields


def test_every_good_answer_has_the_shape_it_is_described_with(start, migrated_sqlite_uri):
    mail = {"COMMENTS_SMTP_URI": "smtp://127.0.0.1:1", "COMMENTS_MAIL_FROM": "c@blog.example"}
    app = start(migrated_sqlite_uri, COMMENTS_HOLD="first", **mail)
    contract = Contract(document_of(app))
    seen = set()
    for call, answer in good_answers(app):
        assert (call, contract.faults(call, answer)) == (call, [])
        seen.add((call, str(answer.status_code)))
    assert seen == {
        (call, status)
        for call, operation in operations(document_of(app)).items()
        for status in operation["responses"]
        if status in GOOD
    }


def refusals(app: Flask) -> Answers:
    """Each code that chance would hardly find; the limits are narrow."""
    alice, carol = cast.visitor(app, "alice"), cast.visitor(app, "carol")
    yield "post_comment", alice.post(thread={"key": ""}, email="nobody", parent=-1)
    first = alice.says()["id"]
    alice.says("One.", headers={"Idempotency-Key": "k"})
    yield "post_comment", alice.post("Another.", headers={"Idempotency-Key": "k"})
    yield "post_comment", carol.post(name="admin")
    yield "post_comment", carol.post(parent=999)
    yield "post_comment", carol.post(headers={"Origin": cast.ELSEWHERE})
    yield "post_comment", carol.post(headers={"Authorization": "Bearer forged"})
    yield "post_comment", carol.post("x" * 1_000_000)
    yield "post_comment", carol.call("POST", "/comments", data="{", content_type="text/plain")
    yield "post_comment", carol.call("POST", "/comments", data="{", content_type=JSON)
    yield "subscribe", carol.call("PUT", "/subscriptions", {})
    yield "vote", alice.vote(first)
    carol.vote(first)
    yield "vote", cast.visitor(app, "carol").vote(first)
    yield "edit_comment", cast.visitor(app, "carol").edit(first, "Mine now.")
    yield "edit_comment", carol.edit(first, "Mine now.")
    yield "delete_comment", carol.delete(first)
    with time_machine.travel(now() + timedelta(minutes=16)):
        yield "edit_comment", alice.edit(first, "On second thoughts.")
    yield "show_comment", carol.get("/comments/999")
    yield "show_comment", carol.get("/comments/first")
    yield "show_comment", carol.get(f"/comments/{first}", base_url="http://elsewhere.example")
    yield "list_comments", carol.get("/comments?thread=story&after=made-up")
    yield "list_comments", carol.get("/comments?thread=story&limit=0&sort=best")
    yield from refused_decisions(app, first)
    cast.ban(app, carol)
    yield "report", carol.report(first)
    cast.close(app)
    yield "post_comment", alice.post()
    yield "post_comment", alice.post()
    yield "post_comment", alice.post()
    with cast.state_of(app).engine().begin() as connection:
        connection.exec_driver_sql("ALTER TABLE comments_threads RENAME TO gone")
    yield "show_counts", carol.get("/counts?thread=story")
    yield "me", alice.get("/me?thread=story")


def refused_decisions(app: Flask, comment: int) -> Answers:
    bob, path = cast.visitor(app, "bob"), f"/comments/{comment}/status"
    spam = bob.call("PUT", path, {"status": "spam"}).json["batch"]
    yield "decide", bob.call("PUT", path, {"status": "deleted", "expected": "published"})
    yield "decide", bob.call("PUT", path, {"status": "deleted", "version": 7})
    yield "decide", bob.call("PUT", path, {"status": "gone", "reason": 7})
    yield "pin", bob.call("PUT", f"/comments/{comment}/pin", {"pinned": True})
    yield "pin", cast.visitor(app, "dave").call("PUT", f"/comments/{comment}/pin", {"pinned": 1})
    yield "list_waiting", cast.visitor(app, "carol").get("/waiting?thread=story")
    yield "undo", bob.call("POST", "/undo", {"batch": "made up"})
    yield "undo", bob.call("POST", "/undo", {"batch": "0123"})
    bob.call("POST", "/undo", {"batch": spam})
    yield "undo", bob.call("POST", "/undo", {"batch": spam})
    with app.app_context():
        session = cast.state_of(app).session()
        long_ago = moderation.Action(by="host:1", now=now() - timedelta(hours=2), batch="0ld")
        moderation.decide(session, comment, Status.SPAM, long_ago)
        session.commit()
    yield "undo", bob.call("POST", "/undo", {"batch": "0ld"})
    with app.app_context():
        session = cast.state_of(app).session()
        moderation.note(session, moderation.Action(by="host:1", now=now(), batch="1234"), "other")
        session.commit()
    yield "undo", bob.call("POST", "/undo", {"batch": "1234"})
    yield "verify_address", bob.call("POST", "/verifications", {"link": "made up"})
    cast.decide(app, comment, Status.PUBLISHED)


def test_refusals_are_the_ones_that_are_described(start, migrated_sqlite_uri):
    settings = {"COMMENTS_GUEST_LIMIT": "4 per hour", "COMMENTS_GUEST_VOTES_PER_ADDRESS": 1}
    app = start(migrated_sqlite_uri, **settings)
    contract = Contract(document_of(app))
    seen = set()
    for call, answer in refusals(app):
        assert (call, contract.faults(call, answer)) == (call, [])
        seen.add(answer.json["code"])
    # Nothing that a call is sent leads to these.
    assert set(PROBLEMS) - seen == NOT_OF_A_CALL | {"bad_request", "broken", "busy", "read_only"}


def test_the_judge_finds_what_is_not_described(sqlite_app):
    carol = cast.visitor(sqlite_app, "carol")
    document = document_of(sqlite_app)
    answer = carol.get("/pulse?thread=story")
    assert Contract(document).faults("show_pulse", answer) == []
    assert Contract(document).faults("show_counts", answer) != []
    assert Contract(document).faults("preview", answer) != []
    del document["components"]["schemas"]["Pulse"]["properties"]["new"]
    assert Contract(document).faults("show_pulse", answer) != []


# ── the page for people ──────────────────────────────────────────────────────────────────────


def table_on_the_page(name: str) -> list[str]:
    """The lines of the table called *name*, without its head."""
    _, _, after = API_PAGE.read_text().partition(f"<!-- {name}: checked by ")
    table, _, _ = after.partition("<!-- end -->")
    return table.splitlines()[3:]


def test_the_page_lists_every_call(document):
    assert table_on_the_page("calls") == [
        f"| `{method.upper()} {path}` | {call['summary']} | {call['tags'][0]} |"
        for path, methods in document["paths"].items()
        for method, call in methods.items()
    ]


def test_the_page_lists_every_refusal():
    assert table_on_the_page("refusals") == [
        f"| {problem.status} | `{code}` | {problem.detail} |" for code, problem in PROBLEMS.items()
    ]
