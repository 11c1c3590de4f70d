"""The gate: a bound on what one process works on, behind the ready pages and in front of Flask.

Under more load than it can serve a process that takes everything in serves nobody in time. This
WSGI middleware lets as many of our own requests in as can be worked on at once, lets a few more
wait a moment (:mod:`comments.web.doorkeeper`), and refuses the rest in words: ``503`` with a
``Retry-After``, at the cost of a ready page. Nothing is asked of the database for it.

A host's other pages, ready pages, files and a browser's leave to write pass by. ``COMMENTS_AT_ONCE
= 0`` leaves the gate out.
"""

import logging
import re
import time
from collections.abc import Iterable
from random import randint
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from flask import Flask

from comments import i18n
from comments.errors import CommentsError
from comments.web import problems
from comments.web.doorkeeper import Doorkeeper, Kind
from comments.web.front import cors_headers
from comments.web.kept import Headers
from comments.web.state import EXTENSION, State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("comments.gate")

#: Seconds after which to come again, drawn for each answer: all at once they would only meet again.
SOONEST, LATEST = 3, 8
#: Requests that wait, for each that is worked on. At the usual cost of a page that is a fifth of
#: a second; beyond it more waiting helps nobody.
SEATS_FOR_EACH = 2
#: Threads of the server for what passes by the gate and for the refusals.
SPARE_THREADS = 4
#: Refusals are told in the log once in so many seconds.
_TELL_EVERY = 60
_MOST_KEPT = 100
#: Of a query, which may have 400,000 characters, no more is read to refuse it: that would cost as
#: much as to answer.
_MOST_READ = 2000

_READS = ("GET", "HEAD")
#: The first part of each address of ours, and whose share a call there is of.
_PARTS = {
    **dict.fromkeys(("admin", "account"), Kind.MODERATING),
    **dict.fromkeys(
        ("sign-in", "sign-out", "mine", "subscriptions", "unsubscribe", "verify"), Kind.PRIVATE
    ),
    **dict.fromkeys(("thread", "fragment", "feed.atom", "api"), Kind.READING),
    **dict.fromkeys(("post", "preview", "comment", "subscribe", "queue-mail"), Kind.READING),
}
_MODERATES = re.compile(r"/api/v1/(?:waiting|undo|comments/\d+/(?:status|pin))$")
_IS_PRIVATE = re.compile(r"/api/v1/(?:me|challenge)(?:/|$)")


def threads_for(at_once: int) -> int:
    """The threads that a server needs for the gate to be of use."""
    return at_once * (1 + SEATS_FOR_EACH) + SPARE_THREADS


def kind_of(method: str, path: str) -> Kind | None:
    """Whose share a request is of; *path* is below our prefix. ``None`` passes by."""
    kind = _PARTS.get(path.split("/", 2)[1]) if path.startswith("/") else None
    if kind is None or method == "OPTIONS":
        return None
    if kind is Kind.MODERATING or _MODERATES.match(path):
        return Kind.MODERATING
    if method not in _READS:
        return Kind.WRITING
    return Kind.PRIVATE if _IS_PRIVATE.match(path) else kind


class Gate:
    """The middleware around *inner*, the Flask app *app*'s own or what a host has put there."""

    def __init__(self, app: Flask, inner: "WSGIApplication", doorkeeper: Doorkeeper) -> None:
        self._app = app
        self._inner = inner
        self._doorkeeper = doorkeeper
        self._refusals: dict[tuple[str, bool, str, bool], tuple[str, Headers, bytes]] = {}
        self._told_at = float("-inf")

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        state: State = self._app.extensions[EXTENSION]
        path: str = environ.get("PATH_INFO", "")
        kind = None
        if path.startswith(state.prefix):
            kind = kind_of(environ["REQUEST_METHOD"], path.removeprefix(state.prefix))
        if kind is None:
            return self._inner(environ, start_response)
        if not self._doorkeeper.enter(kind):
            return self._refuse(state, environ, start_response)
        try:
            return self._inner(environ, start_response)
        finally:
            self._doorkeeper.leave(kind)

    def _refuse(
        self, state: State, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> list[bytes]:
        self._tell(state)
        status, kept, body = self._refusal(state, environ)
        headers = [*kept, ("Retry-After", str(randint(SOONEST, LATEST)))]  # noqa: S311 - no secret
        origin = environ.get("HTTP_ORIGIN")
        if origin in state.settings.origins:
            headers += cors_headers(origin)
        start_response(status, headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _refusal(self, state: State, environ: "WSGIEnvironment") -> tuple[str, Headers, bytes]:
        """The answer for everybody who asks in this language and shape, drawn once."""
        environ = environ | {"QUERY_STRING": environ.get("QUERY_STRING", "")[:_MOST_READ]}
        query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
        # Whatever the answer is made of, but no finer: whoever makes things up gets no new one.
        place = (
            i18n.language_or(query.get("lang", [""])[0], ""),
            problems.is_for_a_script(state, environ["PATH_INFO"], query),
            environ.get("SCRIPT_NAME", ""),
            environ["REQUEST_METHOD"] in _READS,
        )
        found = self._refusals.get(place)
        if found is None:
            if len(self._refusals) >= _MOST_KEPT:
                self._refusals.clear()
            found = self._refusals[place] = self._drawn(environ)
        return found

    def _drawn(self, environ: "WSGIEnvironment") -> tuple[str, Headers, bytes]:
        with self._app.request_context(environ):
            state: State = self._app.extensions[EXTENSION]
            response = problems.answer(state, CommentsError("busy"))
        response.headers["X-Content-Type-Options"] = "nosniff"
        if state.settings.origins:
            response.vary.add("Origin")
        return response.status, response.headers.to_wsgi_list(), response.get_data()

    def _tell(self, state: State) -> None:
        if time.monotonic() - self._told_at > _TELL_EVERY:
            self._told_at = time.monotonic()
            log.warning(
                "more requests than can be answered: some are refused (COMMENTS_AT_ONCE=%s)",
                state.settings.at_once,
            )
