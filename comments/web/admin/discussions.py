"""The discussions: their list, and what can be done with one of them."""

from collections.abc import Mapping
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from comments import moderation, text, threads
from comments.errors import CommentsError, Message, say
from comments.kinds import parse_origin
from comments.models import KEY_LENGTH, URL_LENGTH, Thread
from comments.moderation import log, threadlist
from comments.threads.addresses import thread_page
from comments.web import answers
from comments.web.admin import inputs, told
from comments.web.admin.door import action, admin, check_owner, moderator
from comments.web.admin.scene import address, back, draw
from comments.web.state import State, commit, current, now

ORDERS: dict[str, Message] = {
    "activity": say("Latest activity first"),
    "count": say("Most comments first"),
}
TITLE_LENGTH = 300


@admin.get("/threads", endpoint="threads")
def list_threads() -> Response:
    state = current()
    order, search = inputs.choice("order", ORDERS, "activity"), inputs.line("q")
    after = inputs.cursor()
    found = threadlist.listed(
        state.session(), moderator().sites, search=search, order=order, after=after
    )
    asked = {"q": search or None, "order": order if order != "activity" else None}
    return draw(
        "threads.html",
        threads=[(thread, _is_closed(state, thread)) for thread in found.threads],
        waiting=found.waiting,
        search=search,
        order=order,
        orders=list(ORDERS.items()),
        first_url=address("threads", **asked) if after else None,
        next_url=address("threads", **asked, after=found.next) if found.next else None,
    )


@admin.get("/thread/<int:thread_id>", endpoint="thread")
def show(thread_id: int) -> AnyResponse:
    thread = _thread(thread_id)
    if thread.merged_into_id is not None:
        # An old link, from the log perhaps.
        return answers.private(redirect(address("thread", thread_id=thread.merged_into_id), 302))
    return _page(thread)


# ── what can be done ─────────────────────────────────────────────────────────────────────


@admin.post("/thread/<int:thread_id>/close")
def close_thread(thread_id: int) -> AnyResponse:
    state, taken = current(), action()
    days = state.settings.close_days
    closed = request.form.get("closed") == "1"
    moderation.close(state.session(), thread_id, taken, closed=closed, close_days=days)
    return _done(state, thread_id, taken.batch)


@admin.post("/thread/<int:thread_id>/hold")
def hold_thread(thread_id: int) -> AnyResponse:
    state, taken = current(), action()
    moderation.hold(state.session(), thread_id, taken, held=request.form.get("held") == "1")
    return _done(state, thread_id, taken.batch)


@admin.post("/thread/<int:thread_id>/rename")
def rename_thread(thread_id: int) -> AnyResponse:
    state, taken = current(), action()
    if "site" in request.form:
        check_owner()
    try:
        moderation.rename(state.session(), thread_id, taken, _names(request.form))
    except CommentsError as refused:
        return _again(thread_id, "rename", refused)
    return _done(state, thread_id, taken.batch)


@admin.post("/thread/<int:thread_id>/merge")
def merge_thread(thread_id: int) -> AnyResponse:
    """Into the discussion that the form names by its key."""
    state, taken = current(), action()
    session = state.session()
    try:
        into = _named(state, inputs.line("into"))
        moderation.merge(session, thread_id, into, taken)
    except CommentsError as refused:
        return _again(thread_id, "merge", refused)
    return _done(state, into, taken.batch)


@admin.post("/thread/<int:thread_id>/alias")
def add_alias(thread_id: int) -> AnyResponse:
    state, taken = current(), action()
    try:
        key = threads.check_key(inputs.line("key"))
        moderation.alias(state.session(), thread_id, key, taken)
    except CommentsError as refused:
        return _again(thread_id, "alias", refused)
    return _done(state, thread_id, taken.batch)


@admin.post("/thread/<int:thread_id>/release")
def drop_alias(thread_id: int) -> AnyResponse:
    """The old key of the row *thread_id* leads nowhere again."""
    state, taken = current(), action()
    thread = moderation.release(state.session(), thread_id, taken)
    return _done(state, thread.id, taken.batch)


def _done(state: State, thread_id: int, batch: str) -> AnyResponse:
    known = moderation.done(state.session(), batch)
    commit(state)
    return back(address("thread", thread_id=thread_id), batch if known else None)


def _again(thread_id: int, form: str, refused: CommentsError) -> Response:
    """The page with what is wrong beside the field it is about."""
    if not refused.errors:
        raise refused
    current().session().rollback()
    errors = {
        f"{form}-{'key' if field == 'thread' else field}": message
        for field, message in refused.errors.items()
    }
    typed = {f"{form}-{field}": value for field, value in request.form.items()}
    return _page(_thread(thread_id), refused.problem.status, errors=errors, typed=typed)


# ── what a form names ────────────────────────────────────────────────────────────────────


def _named(state: State, key: str) -> int:
    found = threads.find(state.session(), key) if key else None
    if found is None or found.id is None:
        wrong = say("There is no discussion with this key.")
        raise CommentsError("invalid", errors={"into": wrong})
    return found.id


def _names(form: Mapping[str, str]) -> dict[str, Any]:
    errors: dict[str, Message] = {}
    fields = [field for field in moderation.NAMED if field in form]
    given = {field: form[field].strip() for field in fields}
    names: dict[str, Any] = {field: value or None for field, value in given.items()}
    if "key" in names:
        names["key"] = threads.check_key(given["key"])
    if len(given.get("title", "")) > TITLE_LENGTH or not given.get("title", "").isprintable():
        long = say("A title is one line of at most %(most)s characters.", most=TITLE_LENGTH)
        errors["title"] = long
    if names.get("url") and not _is_address(given["url"]):
        errors["url"] = say("That is not a web address.")
    if names.get("site"):
        names["site"] = _origin(given["site"], errors)
    if errors:
        raise CommentsError("invalid", errors=errors)
    return names


def _is_address(url: str) -> bool:
    """A whole address, or a path on this site as articles of the same host have it."""
    local = url.startswith("/") and url[1:2] not in ("/", "\\") and url.isprintable()
    safe = local or text.safe_url(url, schemes=("http", "https")) == url
    return safe and len(url) <= URL_LENGTH


def _origin(given: str, errors: dict[str, Message]) -> str | None:
    try:
        origin = parse_origin(given)
    except ValueError:
        errors["site"] = say("A site is an origin such as https://blog.example.")
        return None
    return origin[:KEY_LENGTH]


# ── the page ─────────────────────────────────────────────────────────────────────────────


def _thread(thread_id: int) -> Thread:
    return threadlist.one(current().session(), moderator().sites, thread_id)


def _is_closed(state: State, thread: Thread) -> bool:
    return threads.is_closed(thread, state.settings.close_days, now())


def _page(
    thread: Thread,
    status: int = 200,
    *,
    errors: Mapping[str, Message] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    state = current()
    session = state.session()
    return draw(
        "thread.html",
        status,
        thread=thread,
        closed=_is_closed(state, thread),
        closes_at=threads.closes_at(thread, state.settings.close_days),
        waiting=threadlist.waiting(session, [thread.id]).get(thread.id, 0),
        old_keys=threadlist.old_keys(session, thread.id),
        pinned=threadlist.pinned(session, thread.id),
        lines=told.lines(session, log.of_thread(session, thread.id)),
        errors=inputs.wrongs(errors),
        typed=typed or {},
        public_url=thread.url or thread_page(state.urls().base, thread.key),
        is_owner=moderator().is_owner,
    )
