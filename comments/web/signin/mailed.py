"""What stands behind the links in mails: a page with a button. Opening it does nothing."""

from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts
from comments.accounts.links import Redeemed
from comments.errors import CommentsError
from comments.models import Account, Comment
from comments.web import guards
from comments.web.signin import scene
from comments.web.signin.handover import hand_over
from comments.web.signin.scene import signin
from comments.web.state import State, commit, current, now


@signin.get("/sign-in/link")
def show_link() -> Response:
    state = current()
    return _link_page(state, _peek(state, "sign_in"))


@signin.post("/sign-in/link")
def use_link() -> AnyResponse:
    state = current()
    asked = _redeem(state, "sign_in")
    try:
        account = _account(state, asked.email)
    except CommentsError as refused:
        # The link is good for another try.
        state.session().rollback()
        return _link_page(state, asked, refused)
    return hand_over(state, account, asked.origin, asked.back)


@signin.get("/sign-in/new-password")
def show_new_password() -> Response:
    state = current()
    return _password_page(state, _peek(state, "password"))


@signin.post("/sign-in/new-password")
def use_new_password() -> AnyResponse:
    """Set a password, or come in without one where a link can be mailed the next time."""
    state = current()
    session = state.session()
    asked = _redeem(state, "password")
    try:
        account = _account(state, asked.email)
        if not (guards.sends_mail(state) and request.form.get("without")):
            accounts.set_password(session, account, request.form.get("password", ""))
    except CommentsError as refused:
        session.rollback()
        return _password_page(state, asked, refused)
    # Whoever else is in, or holds such a link, is out.
    accounts.sign_out_everywhere(session, account.id)
    accounts.links.withdraw(session, "password", asked.email)
    return hand_over(state, account, asked.origin, asked.back)


@signin.get("/verify")
def show_verify() -> Response:
    state = current()
    asked = _peek(state, "verify")
    names = (
        state.session()
        .query(Comment.author_name)
        .filter(Comment.author_id == asked.author_id, Comment.author_name != "")
        .order_by(Comment.id.desc())
        .limit(1)
    )
    guest = guards.cookie_guest(state)
    return scene.draw(
        state,
        "verify.html",
        token=_token(),
        email=asked.email,
        name=names.scalar(),
        here=guest is not None and guest.id == asked.author_id,
        page=_page_of(asked),
        done=False,
    )


def _page_of(asked: Redeemed) -> str:
    """The page on which the guest wrote, whose browser it knows by its token; may be empty."""
    back = asked.back.partition("#")[0]
    return scene.page_of(back, asked.origin) if asked.origin else scene.own_path(back)


@signin.post("/verify")
def verify() -> Response:
    state = current()
    scene.count_try()
    guest = guards.cookie_guest(state)
    asked = accounts.verify(state.session(), state.keys, _token(), guest, now=now())
    commit(state)
    return scene.draw(state, "verify.html", email=asked.email, page=_page_of(asked), done=True)


def _token() -> str:
    return request.values.get("token", "")


def _peek(state: State, purpose: str) -> Redeemed:
    return accounts.links.peek(state.session(), _token(), purpose, now())


def _redeem(state: State, purpose: str) -> Redeemed:
    scene.count_try()
    return accounts.links.redeem(state.session(), _token(), purpose, now())


def _account(state: State, email: str) -> Account:
    """Whose address it is; somebody new says what to call them."""
    session = state.session()
    account = accounts.find_or_make(session, email, now=now())
    if not account.name:
        name = request.form.get("name", "")
        accounts.rename(session, account, name, settings=state.settings, now=now())
    return account


def _link_page(state: State, asked: Redeemed, refused: CommentsError | None = None) -> Response:
    return scene.draw(state, "link.html", refused, **_facts(state, asked))


def _password_page(state: State, asked: Redeemed, refused: CommentsError | None = None) -> Response:
    return scene.draw(
        state,
        "new_password.html",
        refused,
        mails=guards.sends_mail(state),
        least=accounts.SHORTEST,
        **_facts(state, asked),
    )


def _facts(state: State, asked: Redeemed) -> dict[str, Any]:
    account = accounts.by_email(state.session(), asked.email)
    return {
        "token": _token(),
        "email": asked.email,
        "origin": asked.origin,
        "needs_name": account is None or not account.name,
    }
