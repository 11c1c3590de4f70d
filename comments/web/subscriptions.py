"""What readers are mailed: the form that asks for it, and the pages behind the links in mails.

A link only opens a page; a button there acts. Whoever has the link owns the address, so none of
these pages asks for an account, and none shows an address.
"""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from comments import i18n, text, threads
from comments import subscriptions as subscribing
from comments.draft import MailOrder
from comments.errors import CommentsError
from comments.models import Pace, Subscriber
from comments.subscriptions import Wanted
from comments.threads.addresses import thread_page, with_comment
from comments.web import answers, fragments, guards, inputs, letters
from comments.web.state import State, commit, current, now

subscriptions = Blueprint("subscriptions", __name__)


@subscriptions.before_request
def check() -> None:
    """A form is small and, unless it needs no more than its signed link, from one of our pages."""
    guards.check_own_forms(but="comments.subscriptions.unsubscribe")
    inputs.limit_form()


subscriptions.after_request(answers.behind_a_door)


# ── asking ───────────────────────────────────────────────────────────────────────────────


@subscriptions.get("/subscribe")
def ask() -> Response:
    state = current()
    letters.mailing(state)
    return _form(state)


@subscriptions.post("/subscribe")
def subscribe() -> AnyResponse:
    """The same answer for every address, whether it is known here or not."""
    state = current()
    mailing = letters.mailing(state)
    author = guards.writer(state)
    try:
        order = MailOrder.read(_fields(), known_email=author.email)
        letters.carry_out(state, author, order, mailing)
    except CommentsError as refused:
        state.session().rollback()
        return _form(state, refused)
    commit(state)
    needs_no_question = order.email is not None and order.email == author.email
    page = _draw(state, "sent.html", **_thread(state), is_done=needs_no_question)
    return guards.remember_guest(state, page, author)


def _fields() -> dict[str, Any]:
    form = request.form
    comment = form.get("comment", "")
    number = text.read_number(comment)
    return {
        "thread": form.get("key"),
        "email": form.get("email"),
        "notify": form.get("notify"),
        "comment": comment or None if number is None else number,
        "pace": form.get("pace"),
    }


def _form(state: State, refused: CommentsError | None = None) -> Response:
    author = guards.caller(state)
    return _draw(
        state,
        "subscribe.html",
        refused,
        **_thread(state),
        comment=request.values.get("comment") or "",
        has_address=author is not None and author.email is not None,
    )


def _thread(state: State) -> dict[str, Any]:
    facts = threads.find(state.session(), threads.check_key(request.values.get("key")))
    return {"facts": facts, "back": facts.url or state.urls()("thread", key=facts.key)}


# ── confirming ───────────────────────────────────────────────────────────────────────────


@subscriptions.get("/subscriptions/confirm")
def show_confirm() -> Response:
    state = current()
    one = subscribing.to_confirm(state.session(), state.keys, _token(), now=now())
    return _draw(state, "confirm.html", token=_token(), row=_row(state, one))


@subscriptions.post("/subscriptions/confirm")
def confirm() -> Response:
    state = current()
    session = state.session()
    one = subscribing.confirm(session, state.keys, _token(), language=state.language(), now=now())
    subscriber_id = one.subscriber_id
    commit(state)
    return _list(state, subscriber_id, done="begun")


# ── the list ─────────────────────────────────────────────────────────────────────────────


@subscriptions.get("/subscriptions")
def show_list() -> Response:
    state = current()
    return _list(state, subscribing.read_manage(state.keys, _token()))


@subscriptions.post("/subscriptions")
def change() -> Response:
    """End some or all, take back or confirm some, or change how soon mail comes."""
    state = current()
    subscriber_id = subscribing.read_manage(state.keys, _token())
    session, form = state.session(), request.form
    ended: list[int] = []
    done = ""
    if "pace" in form:
        subscribing.set_pace(session, subscriber_id, form["pace"])
        done = "pace"
    elif "begin" in form:
        subscribing.take_back(session, subscriber_id, _ids("begin"), now=now())
        done = "begun"
    elif "end" in form:
        only = None if form["end"] == "all" else _ids("end")
        ended = subscribing.end(session, subscriber_id, only=only, now=now())
        done = "ended"
    commit(state)
    return _list(state, subscriber_id, done=done, ended=ended)


def _list(
    state: State, subscriber_id: int, *, done: str = "", ended: list[int] | None = None
) -> Response:
    session = state.session()
    pace = subscribing.pace_of(session, subscriber_id)
    rows = [_row(state, one) for one in subscribing.wanted(session, subscriber_id)]
    return _draw(
        state,
        "list.html",
        token=subscribing.manage_token(state.keys, subscriber_id),
        rows=rows,
        pace=pace,
        paces=(Pace.IMMEDIATE, Pace.HOURLY, Pace.DAILY, Pace.NEVER),
        done=done,
        ended=_field(ended or ()),
    )


# ── one click ────────────────────────────────────────────────────────────────────────────


@subscriptions.get("/unsubscribe")
def show_unsubscribe() -> Response:
    state = current()
    holder = subscribing.read_holder(state.keys, _token())
    found = subscribing.wanted(state.session(), holder.subscriber_id, holder.thread_id)
    rows = [_row(state, one) for one in found]
    return _draw(
        state, "unsubscribe.html", token=_token(), rows=rows, is_all=not holder.thread_id, done=""
    )


@subscriptions.post("/unsubscribe")
def unsubscribe() -> Response:
    """From the page, or from a mail program with ``List-Unsubscribe=One-Click`` (RFC 8058).

    Ending what has ended already is no mistake of whoever asks.
    """
    state = current()
    holder = subscribing.read_holder(state.keys, _token())
    session, (subscriber_id, thread_id) = state.session(), (holder.subscriber_id, holder.thread_id)
    ended: list[int] = []
    if "begin" in request.form:
        begun = _ids("begin")
        subscribing.take_back(session, subscriber_id, begun, thread_id=thread_id, now=now())
    elif session.get(Subscriber, subscriber_id) is not None:
        ended = subscribing.end(session, subscriber_id, thread_id=thread_id, now=now())
    commit(state)
    return _draw(
        state,
        "unsubscribe.html",
        token=_token(),
        rows=[],
        is_all=not thread_id,
        done="begun" if "begin" in request.form else "ended",
        ended=_field(ended),
    )


# ── what they share ──────────────────────────────────────────────────────────────────────


def _token() -> str:
    return request.values.get("token", "")


def _ids(field: str) -> list[int]:
    """The subscriptions that a button names; whose they are is looked at where they change."""
    given = map(text.read_number, request.form[field].split("."))
    return [number for number in given if number is not None]


def _field(ids: Iterable[int]) -> str:
    """What :func:`_ids` reads."""
    return ".".join(map(str, ids))


def _row(state: State, one: Wanted) -> dict[str, Any]:
    thread = one.thread
    address = thread.url or thread_page(state.urls().base, thread.key)
    if one.comment_id:
        address = with_comment(address, one.comment_id)
    return {
        "name": one.name,
        "title": thread.title or thread.key,
        "address": address,
        "scope": str(one.scope),
        "waits": one.waits,
    }


def _draw(
    state: State, template: str, refused: CommentsError | None = None, **context: Any
) -> Response:
    language = state.language()
    errors = refused.errors if refused else {}
    context = {
        "form": request.form,
        "errors": {field: i18n.told(wrong, language) for field, wrong in errors.items()},
        "notice": i18n.told(refused.detail, language) if refused else None,
        **context,
    }
    html = fragments.draw(state, f"subscriptions/{template}", **context)
    response = Response(html, refused.problem.status if refused else 200, mimetype="text/html")
    if refused and refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response
