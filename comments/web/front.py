"""The page cache, in front of Flask.

A page that is ready costs one look-up of its thread's revision and a write of bytes; Flask's
routing, request and response objects are not needed for it and would be most of the cost. The
view that made a page marks it with its thread and revision (``answers.public``); this WSGI
middleware keeps the bytes and gives them out for as long as the revision in the database is
still that one. There is no other invalidation, so it is right across processes.

Everything else passes through untouched. ``COMMENTS_CACHE_BYTES = 0`` leaves it out.
"""

import gzip
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from json import JSONEncoder
from threading import Lock
from typing import TYPE_CHECKING, Any, TextIO

from flask import Response
from sqlalchemy import Engine
from werkzeug.http import parse_etags

from comments.replica import Replica
from comments.web.revisions import ReadersRevisions
from comments.web.storms import Storms

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Where a view leaves word that its answer is true for a revision of a thread.
CACHE_MARK = "comments.cache"
#: Where the middleware leaves word under what it would look for the answer.
PLACE_MARK = "comments.place"

#: On the answer to a write: the thread's revision with it.
REVISION_HEADER = "Comments-Revision"

Headers = list[tuple[str, str]]
Place = tuple[str, ...]

# "gzip;q=0" says that it is not taken.
_TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
# Escaped, as a control character of a path would act on the terminal that shows the log.
_json = JSONEncoder(ensure_ascii=True).encode
#: Under this, gzip's own frame eats what it saves.
_WORTH_PACKING = 500
#: The most that a page costs beside its bytes: its headers and the address it is kept under.
_BESIDE = 4000
#: No page of ours has a longer one; somebody who makes them up fills no memory with them.
_LONGEST_PLACE = 2000
#: Headers that belong to one answer, not to the page.
_NOT_KEPT = {
    "content-length",
    "content-encoding",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "date",
}


@dataclass(slots=True)
class Kept:
    """A ready page: its bytes, once plain and once packed, and what they are true for."""

    thread_key: str
    revision: int
    #: Seconds since 1970 at which the thread closes by itself.
    until: float | None
    headers: Headers
    etag: str
    body: bytes
    packed: bytes | None

    def holds(self, revision: int | None) -> bool:
        """Whether it is still true, when *revision* is the thread's."""
        return self.is_in_time and self.revision == revision

    @property
    def is_in_time(self) -> bool:
        return self.until is None or time.time() < self.until

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed or b"") + _BESIDE


class PageCache:
    """Ready pages of one process, the least used ones dropped beyond *most_bytes*."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._pages: OrderedDict[Place, Kept] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, place: Place) -> Kept | None:
        with self._lock:
            kept = self._pages.get(place)
            if kept is not None:
                self._pages.move_to_end(place)
            return kept

    def put(self, place: Place, kept: Kept) -> None:
        if kept.size > self._most:
            return
        with self._lock:
            self._drop(place)
            self._pages[place] = kept
            self._bytes += kept.size
            while self._bytes > self._most:
                self._drop(next(iter(self._pages)))

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def bytes(self) -> int:
        return self._bytes

    def _drop(self, place: Place) -> None:
        old = self._pages.pop(place, None)
        if old is not None:
            self._bytes -= old.size


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
    """Keep *response* if its view marked it as true for a revision of a thread.

    Who made the page gets it packed as well: on a busy thread that is every other reader.
    """
    mark, place = environ.get(CACHE_MARK), environ.get(PLACE_MARK)
    if mark is None or place is None or response.status_code != 200:
        return
    if sum(map(len, place)) > _LONGEST_PLACE:
        return
    thread_key, revision, until = mark
    body = response.get_data()
    headers = [(k, v) for k, v in response.headers if k.lower() not in _NOT_KEPT]
    # mtime 0: the same page packs to the same bytes in every process.
    packed = gzip.compress(body, 6, mtime=0) if len(body) > _WORTH_PACKING else None
    etag = response.headers["ETag"]
    cache.put(place, Kept(thread_key, revision, until, headers, etag, body, packed))
    if packed is not None and _takes_gzip(environ):
        response.set_data(packed)
        response.headers["Content-Encoding"] = "gzip"


class Front:
    """The middleware. *engine* is asked for late, since a host may set it up after us.

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
    ) -> None:
        self._app = app
        self._cache = cache
        self._revisions = ReadersRevisions(engine, replica, most_questions)
        self._origins = frozenset(origins)
        self._stand_aside = stand_aside
        self._storms = Storms(score_age)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or self._stand_aside():
            return self._app(environ, start_response)
        place = place_of(environ)
        kept = self._cache.get(place)
        if kept is not None and self._is_good(kept, place):
            return self._give(kept, environ, start_response)
        environ[PLACE_MARK] = place
        return self._app(environ, start_response)

    def _is_good(self, kept: Kept, place: Place) -> bool:
        revision = self._revisions.of(kept.thread_key)
        if kept.holds(revision):
            return True
        if revision is None or not kept.is_in_time or self._storms.may_draw(place):
            return False
        votes = self._revisions.votes_since(kept.thread_key, kept.revision)
        return votes == revision - kept.revision

    def _give(
        self, kept: Kept, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> list[bytes]:
        headers = kept.headers.copy()
        origin = environ.get("HTTP_ORIGIN")
        if origin in self._origins:
            headers += cors_headers(origin)
        if _knows(environ.get("HTTP_IF_NONE_MATCH"), kept.etag):
            start_response("304 NOT MODIFIED", headers)
            return [b""]
        body = kept.body
        if kept.packed is not None and _takes_gzip(environ):
            body = kept.packed
            headers.append(("Content-Encoding", "gzip"))
        headers.append(("Content-Length", str(len(body))))
        start_response("200 OK", headers)
        return [body]


def cors_headers(origin: str) -> Headers:
    """What lets a page of *origin*, which may embed, read an answer."""
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", f"ETag, Retry-After, {REVISION_HEADER}"),
    ]


def _takes_gzip(environ: "WSGIEnvironment") -> bool:
    return _TAKES_GZIP.search(environ.get("HTTP_ACCEPT_ENCODING", "")) is not None


def _knows(header: str | None, etag: str) -> bool:
    """Whether a client's ``If-None-Match`` names *etag*, compared as weak ones are (RFC 9110)."""
    return header is not None and parse_etags(header).contains_raw(etag)


class RequestLog:
    """One JSON line per request: no bodies, no addresses, no tokens.

    Written straight to *out*: a record of the logging module costs more than a ready page.
    """

    def __init__(self, app: "WSGIApplication", out: TextIO) -> None:
        self._app = app
        self._out = out

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        began = time.perf_counter()

        def start(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], Any]:
            facts = {
                "method": environ["REQUEST_METHOD"],
                "path": environ.get("PATH_INFO", ""),
                "status": int(status[:3]),
                "ms": round((time.perf_counter() - began) * 1000, 1),
            }
            # A full disk or a closed pipe behind the log must not cost anybody an answer.
            with suppress(OSError, ValueError):
                self._out.write(_json(facts) + "\n")
            return start_response(status, headers, exc_info)

        return self._app(environ, start)
