"""Refusals as answers: problem+json for programs, a page for people. No trace, no SQL."""

import logging
from collections.abc import Container
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from comments import database, i18n, signals
from comments.errors import CommentsError
from comments.models import TABLE_PREFIX
from comments.web import answers, fragments, guards, hints
from comments.web.policy import PAGE_POLICY
from comments.web.state import State, current

log = logging.getLogger("comments")

#: Seconds after which it is worth asking again when the database did not answer.
RETRY_AFTER = 5
#: The same for one that is full or for reading alone: somebody has to see to it.
RETRY_WRITING_AFTER = 60

_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_json_type",
}


def register(blueprint: Blueprint) -> None:
    """Every error inside *blueprint* becomes one of our refusals."""
    blueprint.add_url_rule("/api/<path:rest>", view_func=lost, methods=guards.METHODS)
    blueprint.register_error_handler(CommentsError, refuse)
    blueprint.register_error_handler(HTTPException, refuse_http)
    blueprint.register_error_handler(InternalServerError, broken)
    for error in (OperationalError, InterfaceError, InternalError, ProgrammingError, PoolTimeout):
        blueprint.register_error_handler(error, unavailable)


def lost(rest: str) -> Response:
    """Below the API every address is ours to answer, the wrong ones and the wrong methods too.

    A host's app would answer them with a page of its own, which no client of ours can read.
    """
    known = guards.methods_here()
    response = refuse(CommentsError("method_not_allowed" if known else "not_found"))
    if known:
        response.headers["Allow"] = ", ".join(known)
    return response


def refuse(error: CommentsError) -> Response:
    """*error* in the shape the caller reads: JSON for a script, HTML for people."""
    state = current()
    session = state.session()
    session.rollback()
    signals.forget(session)
    return answer(state, error)


def answer(state: State, error: CommentsError) -> Response:
    body = _problem(state, error)
    status = error.problem.status
    if is_for_a_script(state, request.path, request.args):
        text = answers.json_text(body)
        response = Response(text, status, mimetype="application/problem+json")
    else:
        html = fragments.draw(state, "problem.html", problem=body, sign_in=_way_in(state, error))
        response = Response(html, status, mimetype="text/html")
        response.headers["Content-Security-Policy"] = PAGE_POLICY
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return answers.private(response)


def is_for_a_script(state: State, path: str, query: Container[str]) -> bool:
    """Below the API always, and where our script asks for the parts of a page."""
    is_admin = path.startswith(f"{state.prefix}/admin/")
    return "/api/" in path or "/fragment/" in path or (is_admin and "fragment" in query)


def _way_in(state: State, error: CommentsError) -> str | None:
    """Where somebody who is not signed in can do so, to come back to the page they wanted."""
    if error.code != "sign_in_required":
        return None
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    language = request.args.get("lang")
    return state.urls()("sign_in", back=wanted and request.script_root + wanted, lang=language)


def refuse_http(error: HTTPException) -> Response | HTTPException:
    """What Flask itself refuses: an unknown address, a body that is too large.

    Anything else is a redirect, or the host's own refusal and not ours to reword.
    """
    code = "unknown_host" if isinstance(error, SecurityError) else _CODES.get(error.code or 0)
    if code is None or error.response is not None:
        return error
    if code == "unknown_host":
        hints.unknown_host(current().told)
    response = refuse(CommentsError(code))
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return response


def broken(_error: Exception) -> Response:
    """A mistake of ours. Flask has logged it; the caller gets a sentence."""
    return answer(current(), CommentsError("broken"))


def unavailable(error: Exception) -> Response:
    """The database cannot answer just now."""
    # The driver's own words: SQLAlchemy's would show the statement and what a visitor sent.
    words = str(getattr(error, "orig", None) or error)
    log.error("the database cannot answer: %s", words)
    if lacks_tables(words):
        log.error("Are the comments' tables there? Run `flask comments db upgrade`.")
    if isinstance(error, DBAPIError) and database.cannot_write(error):
        return answer(current(), CommentsError("read_only", retry_after=RETRY_WRITING_AFTER))
    if isinstance(error, InternalError):
        # The database is well; what was asked of it was not.
        return broken(error)
    return answer(current(), CommentsError("unavailable", retry_after=RETRY_AFTER))


def lacks_tables(words: str) -> bool:
    """Whether a database's *words* are those of one that nobody has upgraded."""
    return TABLE_PREFIX in words and ("no such table" in words or "does not exist" in words)


def _problem(state: State, error: CommentsError) -> dict[str, Any]:
    language = state.language()
    body: dict[str, Any] = {
        "type": f"{state.urls()('api_base')}/openapi.json#/components/x-problems/{error.code}",
        "title": i18n.told(error.problem.title, language),
        "status": error.problem.status,
        "detail": i18n.told(error.detail, language),
        "code": error.code,
    }
    if error.errors:
        body["errors"] = {
            field: i18n.told(message, language) for field, message in error.errors.items()
        }
    return body
