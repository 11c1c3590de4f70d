"""Atom feeds (RFC 4287): of a thread, of the replies below one comment, and of everything.

Public answers, like the pages. The ids hold nothing of our address, so whoever reads a feed knows
its entries again when the service has moved.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin
from uuid import UUID, uuid5

from flask import Blueprint, Response, request

from comments import text, threads
from comments.threads import ThreadFacts
from comments.web import answers, fragments, guards, readers
from comments.web.policy import FRAGMENT_POLICY
from comments.web.present import CommentView, Presenter
from comments.web.state import State, current
from comments.web.urls import Urls

feeds = Blueprint("feeds", __name__)

MIMETYPE = "application/atom+xml"

_OURS = UUID("8d6ba6a5-5f9e-4a0c-9d8b-6b1c1c0f7a52")
# What XML 1.0 has no way to write, escaped or not.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment in a feed. Which comment it answers is told by that one's id and address."""

    urn: str
    comment: CommentView
    thread: ThreadFacts
    parent_urn: str | None
    parent_url: str | None

    @property
    def updated(self) -> datetime:
        return self.comment.edited or self.comment.created


@feeds.get("/feed.atom")
@readers.for_readers
def feed() -> Response:
    state = current()
    if "comment" in request.args:
        return _below(state, threads.read_id(request.args["comment"]))
    if "thread" in request.args:
        return _in(state, threads.check_key(request.args["thread"]))
    return _everywhere(state)


def _in(state: State, key: str) -> Response:
    session = state.session()
    thread = _absolute(threads.find(session, key))
    rows = threads.latest_in(session, thread)
    about = {"of": "thread", "thread": thread, "page_url": _page_of(thread)}
    link = {"thread": thread.key}
    return _answer(state, about, link, rows, {thread.id: thread}, thread)


def _below(state: State, comment_id: int) -> Response:
    session = state.session()
    top, thread = threads.placed(session, comment_id)
    thread = _absolute(thread)
    rows = threads.latest_below(session, top, thread)
    view = Presenter(state.keys, thread, _base()).comment(top)
    about = {"of": "replies", "comment": view, "thread": thread, "page_url": view.url}
    return _answer(state, about, {"comment": top.id}, rows, {thread.id: thread}, thread)


def _everywhere(state: State) -> Response:
    session = state.session()
    rows = threads.latest_everywhere(session)
    found = threads.threads_of(session, rows)
    known = {id: _absolute(thread) for id, thread in found.items()}
    return _answer(state, {"of": "site", "page_url": None}, {}, rows, known, None)


def _answer(
    state: State,
    about: dict[str, Any],
    link: dict[str, Any],
    rows: Sequence[Any],
    known: dict[Any, ThreadFacts],
    thread: ThreadFacts | None,
) -> Response:
    """The feed of *rows*. That of one *thread* is true until its revision moves on."""
    entries = _entries(state, rows, known)
    began = thread.created_at if thread else None
    xml = fragments.draw(
        state,
        "feed.xml",
        urn=_feed_urn(state, link),
        own_url=Urls(_base())("feed", **link, lang=request.args.get("lang") and state.language()),
        updated=max((entry.updated for entry in entries), default=began or _NEVER),
        entries=entries,
        **about,
    )
    xml = _IMPOSSIBLE.sub("", xml)
    # No single thread's revision stands for all of them; what is told does.
    revision = thread.revision if thread else hashlib.sha256(xml.encode()).hexdigest()[:16]
    key = thread.key if thread else None
    response = answers.public(state, xml, MIMETYPE, thread_key=key, revision=revision)
    response.headers["Content-Security-Policy"] = FRAGMENT_POLICY
    return response


def _entries(state: State, rows: Sequence[Any], known: dict[Any, ThreadFacts]) -> list[Entry]:
    presenters = {id: Presenter(state.keys, it, _base()) for id, it in known.items()}
    parents = threads.times_of(state.session(), {row.parent_id for row in rows if row.parent_id})
    entries = []
    for row in rows:
        presenter, at = presenters[row.thread_id], parents.get(row.parent_id)
        entries.append(
            Entry(
                urn=_urn(row.id, row.created_at),
                comment=presenter.comment(row),
                thread=known[row.thread_id],
                parent_urn=_urn(row.parent_id, at) if at else None,
                parent_url=presenter.address_of(row.parent_id) if at else None,
            )
        )
    return entries


# ── names that last, and addresses ───────────────────────────────────────────────────────


def _urn(comment_id: int, created_at: datetime) -> str:
    """What nobody else's comment is called: two of one number were not written in one moment."""
    return uuid5(_OURS, f"comment {comment_id} {text.moment_number(created_at)}").urn


def _feed_urn(state: State, link: dict[str, Any]) -> str:
    """Many sites have an article called "about"; our secret is nobody else's."""
    which = " ".join(f"{name} {value}" for name, value in link.items())
    return UUID(state.keys.digest("feed", which)[:32], version=5).urn


def _base() -> str:
    state = current()
    return state.settings.url or guards.own_origin() + request.script_root + state.prefix


def _absolute(thread: ThreadFacts) -> ThreadFacts:
    """*thread* with the whole address of its article: a feed is read far from any page."""
    return replace(thread, url=urljoin(_base(), thread.url)) if thread.url else thread


def _page_of(thread: ThreadFacts) -> str:
    return thread.url or Urls(_base())("thread", key=thread.key)
