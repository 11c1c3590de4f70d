"""Readers whom the embedding site signed in, over HTTP."""

import time

import jwt
import pytest
from flask import Flask

from tests.web import cast
from tests.web.cast import BLOG, HERE, Visitor, problem

SHOP = "https://shop.example"
SECRETS = {site: f"secret-of-{site}-long-enough-to-be-one" for site in (BLOG, SHOP, HERE)}


def token(site: str = BLOG, **changes: object) -> str:
    said = {"aud": site, "sub": "42", "name": "Dora", "exp": int(time.time()) + 300}
    return jwt.encode(said | changes, SECRETS[site], algorithm="HS256")


@pytest.fixture
def app(start, migrated_sqlite_uri) -> Flask:
    return start(
        migrated_sqlite_uri,
        COMMENTS_ORIGINS=f"{BLOG},{SHOP}",
        COMMENTS_SSO_SECRETS=",".join(f"{site}={secret}" for site, secret in SECRETS.items()),
    )


@pytest.fixture(params=[BLOG, None])
def dora(app, request) -> Visitor:
    """Dora is signed in on the blog; a page of it sends, and then a program that has her token."""
    reader = cast.visitor(app, "carol")
    reader.headers = {"Origin": request.param} if request.param else {}
    reader.token = token()
    return reader


def test_a_reader_of_the_site_writes_under_their_name(dora):
    answer = dora.post("Hello", name="Somebody else")
    assert answer.status_code == 201
    assert "token" not in answer.json
    author = answer.json["comment"]["author"]
    assert (author["name"], author["kind"]) == ("Dora", "user")


def test_they_are_known_again_by_another_token_of_theirs(dora):
    written = dora.says()
    dora.token = token(name="Dora Q.")
    seen = dora.me()
    assert seen["viewer"]["name"] == "Dora Q."
    assert set(seen["own"]) == {str(written["id"])}
    assert dora.edit(written["id"], "Better.").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("POST", "/comments", {"thread": "story", "name": "carol", "body": "x"}),
        ("PATCH", "/comments/1", {"body": "x"}),
        ("DELETE", "/comments/1", None),
        ("PUT", "/comments/1/vote", {"value": 1}),
        ("POST", "/comments/1/reports", {"reason": "spam"}),
        ("POST", "/preview", {"body": "x"}),
        ("GET", "/me?thread=story", None),
    ],
)
def test_a_token_that_is_not_good_is_refused_everywhere(dora, alice, method, path, fields):
    alice.says()
    dora.token = token(exp=1)
    answer = dora.call(method, path, fields)
    assert problem(answer) == (401, "token_invalid")
    assert "errors" not in answer.json


@pytest.mark.parametrize("origin", [SHOP, HERE])
def test_a_token_of_one_site_is_not_good_on_the_page_of_another(dora, origin):
    answer = dora.get("/me?thread=story", headers={"Origin": origin})
    assert problem(answer) == (401, "token_invalid")


def test_a_moderator_of_one_site_has_no_rights_on_another(app):
    editor = cast.visitor(app, "carol")
    for site, moderates in ((BLOG, True), (SHOP, False)):
        writer = cast.visitor(app, "alice")
        writer.headers["Origin"] = site
        writer.says(thread=site)
        editor.token = token(BLOG, moderator=True)
        assert editor.me(thread=site)["can"]["moderate"] is moderates
        kind = editor.says(thread=site)["author"]["kind"]
        assert kind == ("moderator" if moderates else "user")


def test_a_closed_discussion_is_closed_to_the_moderators_of_another_site(app):
    writer = cast.visitor(app, "alice")
    writer.headers["Origin"] = SHOP
    writer.says(thread="closed")
    cast.close(app, "closed")
    editor = cast.visitor(app, "carol")
    editor.token = token(BLOG, moderator=True)
    assert problem(editor.post(thread="closed")) == (403, "closed")


def test_the_service_signs_readers_of_its_own_origin_in_too(start, migrated_sqlite_uri):
    app = start(migrated_sqlite_uri, COMMENTS_SSO_SECRETS=f"{HERE}={SECRETS[HERE]}")
    reader = cast.visitor(app, "carol")
    reader.token = token(HERE)
    assert reader.post(headers={"Origin": HERE}).json["comment"]["author"]["name"] == "Dora"
