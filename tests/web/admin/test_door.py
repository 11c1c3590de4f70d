"""Nobody but moderators gets in, whatever the address, and nothing gets out."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from comments import accounts, moderation
from comments.web.admin.scene import PLACES
from comments.web.state import now
from tests.web import cast
from tests.web.cast import BLOG, ELSEWHERE, HERE, Visitor


def addresses(app: Flask) -> Iterator[tuple[str, str]]:
    """Every admin address with each of its methods, numbers and words put in."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("comments.admin."):
            path = re.sub(r"<(?:\w+:)?\w+>", "1", rule.rule)
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                yield method, path


def call(visitor: Visitor, method: str, path: str, **headers: str) -> TestResponse:
    return visitor.client.open(path, method=method, headers={"Origin": HERE} | headers)


def bare(answer: TestResponse) -> None:
    """It holds nothing of the moderation views."""
    assert "a-places" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_there_are_addresses_to_refuse(app):
    assert len(list(addresses(app))) >= 1


@pytest.mark.parametrize(("who", "status"), [("alice", 401), ("carol", 401), ("dave", 403)])
def test_every_address_refuses_whoever_is_no_moderator(app, who, status):
    visitor = cast.visitor(app, who)
    if who == "alice":
        visitor.says()  # a guest with a token
    for method, path in addresses(app):
        answer = call(visitor, method, path, **visitor._headers())
        assert answer.status_code == status, (method, path)
        bare(answer)


@pytest.mark.parametrize("origin", [BLOG, ELSEWHERE, "null"])
def test_every_address_refuses_a_moderator_on_another_sites_page(app, bob, origin):
    """BLOG may embed the comments; it may still not send a moderator's decisions."""
    for method, path in addresses(app):
        answer = call(bob, method, path, Origin=origin)
        assert answer.status_code in (401, 403), (method, path)
        bare(answer)


def test_a_form_without_any_sign_of_where_it_comes_from_is_refused(app, bob):
    for method, path in addresses(app):
        if method != "GET":
            answer = bob.client.open(path, method=method, data={})
            assert answer.status_code == 403, (method, path)


def test_no_answer_may_be_kept_or_framed_or_run_what_is_not_ours(app, bob):
    for method, path in addresses(app):
        headers = call(bob, method, path).headers
        assert headers["Cache-Control"] == "no-store", path
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe-inline" not in policy, path
        assert headers["X-Frame-Options"] == "DENY", path


def for_owners(app: Flask) -> list[str]:
    """The places of owners that are built; all that is done there has an address below them."""
    owners = {f"comments.admin.{place.endpoint}" for place in PLACES if place.for_owners}
    return [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in owners]


def test_what_is_for_owners_refuses_a_moderator(app, bob):
    places = for_owners(app)
    assert "/comments/admin/words" in places
    for method, path in addresses(app):
        if any(path == place or path.startswith(f"{place}/") for place in places):
            answer = call(bob, method, path)
            assert answer.status_code == 403, (method, path)
            bare(answer)


def test_an_owner_gets_in(app, monkeypatch):
    monkeypatch.setitem(cast.SIGNED_IN, "bob", replace(cast.SIGNED_IN["bob"], is_owner=True))
    assert call(cast.visitor(app, "bob"), "GET", "/comments/admin/overview").status_code == 200


def test_a_token_that_an_embedding_page_holds_opens_nothing_not_even_to_look(app):
    """The same person's own cookie does."""
    with app.app_context():
        session = cast.state_of(app).session()
        action = moderation.Action(by="host:1", now=now())
        ann = accounts.appoint(session, "ann@example.org", action, name="Ann")
        token = accounts.sign_in(session, ann.id, origin=BLOG, now=now())
        session.commit()
    bearer = {"Authorization": f"Bearer {token}"}
    page = cast.visitor(app, "alice")
    for method, path in addresses(app):
        answer = call(page, method, path, Origin=BLOG, **bearer)
        assert answer.status_code == (401 if method == "GET" else 403), (method, path)
        bare(answer)
        # And without the origin that it was made for it is nobody's.
        assert call(page, method, path, **bearer).status_code == 401, (method, path)
    waiting = "/comments/api/v1/waiting?thread=story"
    assert call(page, "GET", waiting, Origin=BLOG, **bearer).status_code == 200
