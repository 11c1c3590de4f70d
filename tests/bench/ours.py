"""The calls of our HTTP API that are measured; ``isso.py`` has the same ones of Isso's."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import jwt

from tests.bench.load import JSON, Request

SITE = "https://blog.example"
_FROM_SITE = {**JSON, "Origin": SITE}
API = "/comments/api/v1"
#: The first page of a thread: its first roots with their first answers.
PAGE = API + "/comments?thread={}"
HTML_PAGE = "/comments/thread?key={}"
#: What the embed asks for.
FRAGMENT = "/comments/fragment/thread?key={}"


def counts(keys: Sequence[str]) -> Request:
    return Request("GET", f"{API}/counts?" + "&".join(f"thread={quote(key)}" for key in keys))


def post(key: str, body: str, **facts: object) -> Request:
    """A guest's, from a page of :data:`SITE`; *facts* are what else the comment says."""
    said = {"thread": key, "body": body, "name": "Ann", **facts}
    return Request("POST", f"{API}/comments", json.dumps(said), _FROM_SITE)


def vote(id: int) -> Request:
    return Request("PUT", f"{API}/comments/{id}/vote", '{"value": 1}', JSON)


def decide(id: int, status: str, token: str) -> Request:
    """A moderator's; *token* is one that :func:`token` made."""
    headers = {**_FROM_SITE, "Authorization": f"Bearer {token}"}
    path = f"{API}/comments/{id}/status"
    return Request("PUT", path, json.dumps({"status": status}), headers)


_SECRET = "what-the-site-of-the-benchmark-shares-with-its-comments"
#: Settings under which the tokens below are good.
SIGNS_IN = {"COMMENTS_ORIGINS": SITE, "COMMENTS_SSO_SECRETS": f"{SITE}={_SECRET}"}


def token() -> str:
    """For a moderator of :data:`SITE`, good for hours."""
    ends = datetime.now(UTC) + timedelta(hours=12)
    claims = {"aud": SITE, "sub": "bob", "name": "Bob", "exp": ends, "moderator": True}
    return jwt.encode(claims, _SECRET, "HS256")
