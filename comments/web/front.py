"""The page cache, in front of Flask.

A page that is ready costs one look-up of its thread's revision and a write of bytes, and on SQLite
not even the look-up while nobody writes anything (``log_index``); Flask's routing, request and
response objects are not needed for it and would be most of the cost. The view that made a page
marks it with what it is true for (``answers.public``): a thread's revision, or the numbers of
comments of several threads. This WSGI middleware keeps the bytes and gives them out for as long as
the database says the same. There is no other invalidation, so it is right across processes. A page
that many miss at once is made by one of them.

Everything else passes through untouched. ``COMMENTS_CACHE_BYTES = 0`` leaves it out.
"""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Response
from sqlalchemy import Engine
from werkzeug.http import parse_etags

from comments.replica import Replica
from comments.web import codings
from comments.web.flights import Flights
from comments.web.kept import Headers, Kept, PageCache, Place
from comments.web.revisions import Answer, ReadersRevisions
from comments.web.storms import Storms

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Where a view leaves word what its answer is true for.
CACHE_MARK = "comments.cache"
#: Where the middleware leaves word under what it would look for the answer.
PLACE_MARK = "comments.place"

#: On the answer to a write: the thread's revision with it.
REVISION_HEADER = "Comments-Revision"

# What many ask for at once, below our prefix. Nothing of it is for one reader alone.
_FOR_MANY = re.compile(
    r"/(?:thread|fragment/[a-z]+|feed\.atom"
    r"|api/v1/(?:comments(?:/[0-9]+(?:/replies)?)?|anchors|counts|pulse))"
)
#: How often somebody waits for a page that others make, and how many seconds, before they make
#: it themselves.
_MOST_WAITS = 3
_PATIENCE = 1.0
#: No page of ours has a longer one; somebody who makes them up fills no memory with them.
_LONGEST_PLACE = 4000
#: Headers that belong to one answer, not to the page.
_NOT_KEPT = {
    "content-length",
    "content-encoding",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "date",
    # Who made the page may have been given one by the host.
    "set-cookie",
}


def place_of(environ: "WSGIEnvironment") -> Place:
    """What a page is kept under. The host is part of it, so that a page that was made for a
    host name we answer for is never given to a request that names another one."""
    return (
        environ.get("HTTP_HOST", ""),
        environ.get("wsgi.url_scheme", ""),
        environ.get("SCRIPT_NAME", ""),
        environ.get("PATH_INFO", ""),
        environ.get("QUERY_STRING", ""),
    )


def keep(cache: PageCache, environ: "WSGIEnvironment", response: Response) -> None:
    """Keep *response* if its view marked it as true for something.

    Who made the page gets it packed as well: on a busy thread that is every other reader.
    """
    mark, place = environ.get(CACHE_MARK), environ.get(PLACE_MARK)
    if mark is None or place is None or response.status_code != 200:
        return
    if sum(map(len, place)) > _LONGEST_PLACE:
        return
    question, answer, until = mark
    headers = [(k, v) for k, v in response.headers if k.lower() not in _NOT_KEPT]
    etag = response.headers["ETag"]
    kept = Kept(question, answer, until, headers, etag)
    form = kept.start(response.get_data(), _coding(environ))
    cache.put(place, kept)
    if form.packed:
        response.set_data(form.body)
        response.headers["Content-Encoding"] = form.packed


class Front:
    """The middleware. *engine* is asked for late, since a host may set it up after us; *prefix*
    is where our addresses begin.

    While *stand_aside* says so, it neither keeps nor gives anything. In a storm of votes a page
    may be *score_age* seconds old. Of the server's threads no more than *most_questions* ask the
    database for a revision at once.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        cache: PageCache,
        engine: Callable[[], Engine],
        origins: tuple[str, ...],
        stand_aside: Callable[[], bool],
        replica: Replica | None = None,
        score_age: float = 0,
        most_questions: int | None = None,
        prefix: str = "",
    ) -> None:
        self._app = app
        self._cache = cache
        self._revisions = ReadersRevisions(engine, replica, most_questions)
        self._origins = frozenset(origins)
        self._stand_aside = stand_aside
        self._storms = Storms(score_age)
        self._prefix = prefix
        self._flights = Flights(_PATIENCE)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or self._stand_aside():
            return self._app(environ, start_response)
        place = place_of(environ)
        kept, said = self._ready(place)
        if kept is not None:
            return self._give(place, kept, environ, start_response)
        environ[PLACE_MARK] = place
        if self._is_for_many(environ):
            return self._made_once(place, said, environ, start_response)
        return self._app(environ, start_response)

    def _ready(
        self, place: Place, before: Answer | None = None
    ) -> tuple[Kept | None, Answer | None]:
        """The page at *place* if there is one that is true, and what the database said to that.

        What it said *before*, when the page was asked for, is enough: of a busy thread no page is
        true for longer than it takes to make.
        """
        kept = self._cache.get(place)
        if kept is None:
            return None, before
        if before is not None and kept.reaches(before):
            return kept, before
        # Looked at first: what is written while the database answers must not pass unseen.
        head = self._revisions.head()
        if kept.stands(head):
            return kept, kept.answer
        said = self._revisions.of(kept.question)
        if kept.holds(said):
            kept.head = head
            return kept, said
        if before is None and self._lacks_votes_alone(place, kept, said):
            return kept, said
        return None, said

    def _lacks_votes_alone(self, place: Place, kept: Kept, said: Answer | None) -> bool:
        """Whether all that *kept* lacks are votes, in a storm of them."""
        key, had = kept.question, kept.answer
        if not (isinstance(key, str) and isinstance(said, int) and isinstance(had, int)):
            return False
        is_drawn = self._flights.is_under_way(place)
        if not kept.is_in_time() or self._storms.may_draw(place, is_drawn=is_drawn):
            return False
        return self._revisions.votes_between(key, had, said) == said - had

    def _made_once(
        self,
        place: Place,
        said: Answer | None,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        """The page, made here or by somebody who is at it already."""
        for _ in range(_MOST_WAITS):
            with self._flights.joined(place) as makes_it:
                # Who makes it looks as well: it may have been made a moment ago.
                kept, said = self._ready(place, said)
                if kept is not None:
                    return self._give(place, kept, environ, start_response)
                if makes_it:
                    return self._app(environ, start_response)
        return self._app(environ, start_response)

    def _is_for_many(self, environ: "WSGIEnvironment") -> bool:
        path: str = environ.get("PATH_INFO", "")
        below = path.removeprefix(self._prefix) if path.startswith(self._prefix) else ""
        return _FOR_MANY.fullmatch(below) is not None

    def _give(
        self,
        place: Place,
        kept: Kept,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> list[bytes]:
        origin = environ.get("HTTP_ORIGIN")
        more = cors_headers(origin) if origin in self._origins else []
        if _knows(environ.get("HTTP_IF_NONE_MATCH"), kept.etag):
            # There is nothing that could be of a type.
            told = [header for header in kept.headers if header[0] != "Content-Type"]
            start_response("304 NOT MODIFIED", told + more)
            return [b""]
        form = self._cache.form(place, kept, _coding(environ))
        # The server may change what it is given, and the form is everybody's.
        start_response("200 OK", form.headers + more)
        return [form.body]


def cors_headers(origin: str) -> Headers:
    """What lets a page of *origin*, which may embed, read an answer."""
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", f"ETag, Retry-After, {REVISION_HEADER}"),
    ]


def _coding(environ: "WSGIEnvironment") -> str:
    return codings.chosen(environ.get("HTTP_ACCEPT_ENCODING", ""))


def _knows(header: str | None, etag: str) -> bool:
    """Whether a client's ``If-None-Match`` names *etag*, compared as weak ones are (RFC 9110)."""
    if header is None:
        return False
    return header == etag or parse_etags(header).contains_raw(etag)
