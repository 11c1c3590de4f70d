"""How an answer may be kept: by everybody, or by nobody but the reader it is for.

Public answers are the same bytes for everybody and carry an ``ETag``; private ones carry
``no-store``.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts, providers
from comments.config import Settings, table
from comments.version import __version__
from comments.web import guards, readers
from comments.web.front import CACHE_MARK, REVISION_HEADER, keep
from comments.web.policy import ADMIN_POLICY
from comments.web.state import State, now

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = logging.getLogger("comments")

Answer = TypeVar("Answer", bound=AnyResponse)


@lru_cache(maxsize=8)
def _build(settings: Settings) -> str:
    """What besides the thread decides the bytes: our version and the settings.

    Without the secret ones: this is shown to everybody, and machines that share a database may
    reach it by different addresses.
    """
    values = [getattr(settings, row.name) for row in table() if not row.secret]
    values.append(settings.smtp_uri is not None)
    values.append([provider.label for provider in providers.configured(settings)])
    return hashlib.sha256(f"{__version__} {values!r}".encode()).hexdigest()[:8]


class PublicResponse(Response):
    """An answer for everybody, which carries nobody's cookie.

    Flask sends a permanent session back with every answer, after the last hand of ours. Where a
    cache for everybody stands in front, the next reader would get it.
    """

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers.remove("Set-Cookie")
        varies = [name for name in headers.get("Vary", "").split(", ") if name != "Cookie"]
        headers["Vary"] = ", ".join(varies)
        return headers


def public(
    state: State,
    body: str | bytes,
    mimetype: str,
    *,
    thread_key: str | None,
    revision: int | str,
    closes_at: datetime | None = None,
    counts: Mapping[str, int] | None = None,
) -> Response:
    """An answer that is the same for everybody, with the thread's revision as its ETag.

    With a *thread_key* the page cache may keep it until the thread's revision moves on or,
    without a new revision, the thread closes by itself; with *counts* for as long as these
    threads have so many comments.
    """
    readers.check_fresh(revision)
    response = PublicResponse(body, mimetype=mimetype)
    closed = closes_at is not None and closes_at <= now()
    etag = f"{revision}{'c' if closed else ''}-{_build(state.settings)}"
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = (
        f"public, max-age=0, s-maxage={state.settings.public_max_age}, "
        f"stale-while-revalidate={state.settings.public_stale}"
    )
    response.vary.add("Accept-Encoding")
    if thread_key is not None:
        until = closes_at.timestamp() if closes_at and not closed else None
        request.environ[CACHE_MARK] = (thread_key, revision, until)
    elif counts:
        request.environ[CACHE_MARK] = (tuple(counts), tuple(counts.values()), None)
    return response


def finish(state: State, response: Response) -> Response:
    """The last hand on every answer of ours: CORS, the page cache, "not modified"."""
    if request.method == "OPTIONS" and "/api/" in request.path:
        response.headers["Allow"] = ", ".join(["OPTIONS", *guards.methods_here()])
    response = guards.allow_origin(state, response)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if g.get("comments_written") is not None:
        response.headers[REVISION_HEADER] = str(g.comments_written.revision)
    if state.cache is not None:
        keep(state.cache, request.environ, response)
    _write_down_visit(state)
    if "ETag" in response.headers and request.method in ("GET", "HEAD"):
        response.make_conditional(request.environ)
    return response


def _write_down_visit(state: State) -> None:
    """Once an hour, when the view has committed or been rolled back: a signed-in browser was here.

    The answer stands already; that it could not be written down is no reason to change it.
    """
    secret = g.pop("comments_seen", None)
    if secret is None:
        return
    session = state.session()
    try:
        accounts.saw(session, secret, now())
        session.commit()
    except SQLAlchemyError as failed:
        session.rollback()
        log.warning("a visit was not written down: %s", type(failed).__name__)


def private(response: Answer) -> Answer:
    """An answer for one reader: nobody may keep it."""
    response.headers["Cache-Control"] = "no-store"
    return response


def behind_a_door(response: Answer) -> Answer:
    """A page that nobody keeps or frames, and whose address, with a token in it as may be, is
    told nowhere else."""
    response.headers["Content-Security-Policy"] = ADMIN_POLICY
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    return private(response)


#: Made once: ``json.dumps`` makes one for each answer.
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def json_text(value: Any) -> str:
    return _JSON.encode(value)


def json_answer(value: Any, status: int = 200) -> Response:
    """A private JSON answer."""
    return private(Response(json_text(value), status, mimetype="application/json"))
