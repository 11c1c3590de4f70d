"""Mail that what a visitor does calls for."""

from flask import request

from comments import accounts, subscriptions, threads
from comments.draft import Draft, MailOrder
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.models import Comment, Scope
from comments.posting import Posted
from comments.subscriptions import Mailing, Wish
from comments.web import guards
from comments.web.limiting import Kind
from comments.web.state import State, now


def with_email(state: State, author: Author, draft: Draft) -> Author:
    """The author, with the address that they give, or have shown before, as a keyed hash."""
    return as_known(state, author, draft.email if guards.sends_mail(state) else None)


def as_known(state: State, author: Author, email: str | None) -> Author:
    return accounts.with_email(state.session(), state.keys, author, email)


def mailing(state: State) -> Mailing:
    """Where links in mails lead, and what the caller reads the site in; 404 without mail."""
    base_url = guards.public_base(state)
    if base_url is None or not guards.sends_mail(state):
        raise CommentsError("no_mail")
    return Mailing(
        base_url=base_url,
        language=state.language(),
        usual_language=state.settings.language,
        is_configured=state.settings.url is not None,
    )


# ── without a comment ────────────────────────────────────────────────────────────────────


def carry_out(state: State, author: Author, order: MailOrder, mailing: Mailing) -> None:
    """Do what was ordered; 404 when the comment to be followed is not there for everybody."""
    state.limits.check(Kind.SUBSCRIBING, author)
    author = as_known(state, author, order.email)
    if order.notify == "none":
        _leave(state, author, order, mailing)
        return
    assert order.email is not None
    comment = _followed(state, order)
    wish = Wish(
        email=order.email,
        scope=Scope.COMMENT if comment else Scope(order.notify),
        comment_id=comment.id if comment else 0,
        pace=order.pace,
    )
    session = state.session()
    thread = threads.lock_or_create(session, order.thread_key, now=now(), site=guards.site(state))
    subscriptions.ask(session, author, wish, thread, keys=state.keys, mailing=mailing, now=now())


def _leave(state: State, author: Author, order: MailOrder, mailing: Mailing) -> None:
    session = state.session()
    thread_id = threads.find(session, order.thread_key).id
    subscriptions.leave(
        session,
        author,
        order.email,
        thread_id,
        order.comment or 0,
        keys=state.keys,
        mailing=mailing,
        now=now(),
    )


def _followed(state: State, order: MailOrder) -> Comment | None:
    if order.comment is None:
        return None
    session = state.session()
    comment = threads.published(session, order.comment)
    if threads.find(session, order.thread_key).id != comment.thread_id:
        raise CommentsError("no_such_comment")
    return comment


# ── with a comment ───────────────────────────────────────────────────────────────────────


def check_wish(state: State, author: Author, draft: Draft) -> None:
    """What must be right before a comment is stored whose author wants mail."""
    if not _wants(state, draft):
        return
    if draft.email is None and author.email is None:
        where = say("Tell us where to mail it.")
        raise CommentsError("invalid", where, errors={"email": where} if author.is_guest else {})
    state.limits.check(Kind.SUBSCRIBING, author)


def follow_up(state: State, author: Author, draft: Draft, posted: Posted) -> None:
    """What a stored comment's author is mailed: what they asked for, or whether an address is
    theirs. It goes out with the commit."""
    if posted.repeated:
        return
    # One question at a time.
    if not (_wants(state, draft) and _follow(state, author, draft, posted)):
        _ask_to_verify(state, author, draft)


def _wants(state: State, draft: Draft) -> bool:
    return draft.notify != "none" and guards.sends_mail(state)


def _follow(state: State, author: Author, draft: Draft, posted: Posted) -> bool:
    scope = Scope(draft.notify)
    wish = Wish(
        email=draft.email or author.email or "",
        scope=scope,
        comment_id=posted.comment.id if scope is Scope.COMMENT else 0,
    )
    return subscriptions.ask(
        state.session(),
        author,
        wish,
        posted.thread,
        keys=state.keys,
        mailing=mailing(state),
        now=now(),
    )


def _ask_to_verify(state: State, author: Author, draft: Draft) -> None:
    """Ask a guest who gave an address whether it is theirs."""
    if draft.email is None:
        return
    here = guards.own_origin()
    site = request.headers.get("Origin", here)
    origin = site if site != here and site in state.settings.origins else ""
    accounts.ask_to_verify(
        state.session(),
        author,
        draft.email,
        origin=origin,
        back=draft.thread_url or "" if origin else state.urls()("thread", key=draft.thread_key),
        language=state.language(),
        settings=state.settings,
        base_url=guards.public_base(state),
        now=now(),
    )
