"""The last step of every way to sign in: the sign-in reaches the browser it is for."""

from flask import Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import Account
from comments.web import guards
from comments.web.signin import scene
from comments.web.state import State, commit, now


def hand_over(state: State, account: Account, origin: str = "", back: str = "") -> AnyResponse:
    """Sign *account* in and commit.

    On our own origin (*origin* is empty) the sign-in is kept in our cookie, and the browser goes on
    to *back*, a path. For an embed, *origin* is the exact site that gets a bearer token, handed to
    the window that opened this one, or else in the fragment of its page *back*. Raises 403 for a
    site that may not embed.
    """
    if origin and origin != guards.own_origin():
        return _to_embed(state, account, origin, back)
    return _to_cookie(state, account, back)


def _to_cookie(state: State, account: Account, back: str) -> AnyResponse:
    session = state.session()
    before = guards.session_secret()
    secret = accounts.sign_in(session, account.id, now=now(), instead_of=before)
    author = accounts.author(session, account)
    # Whoever sends the guest's cookie has the guest's token.
    guest = guards.cookie_guest(state)
    if guest is not None:
        accounts.claim(session, guest.id, author, now=now())
    target = scene.own_path(back) or _home(state, author)
    commit(state)
    response = guards.remember_member(state, redirect(target, 303), secret)
    return guards.forget(state, response, guards.GUEST_COOKIE) if guest else response


def _home(state: State, author: Author) -> str:
    # Written out: the moderation views are a neighbour, not a part of signing in.
    return f"{state.urls().base}/admin/queue" if author.is_moderator else state.urls()("account")


def _to_embed(state: State, account: Account, origin: str, back: str) -> Response:
    if origin not in state.settings.origins:
        raise CommentsError("origin_not_allowed")
    token = accounts.sign_in(state.session(), account.id, origin=origin, now=now())
    commit(state)
    return scene.draw(
        state, "handover.html", token=token, origin=origin, back=scene.page_of(back, origin)
    )
