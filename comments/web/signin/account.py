"""One's own account: the name, the password, the browsers that are signed in."""

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts
from comments.errors import CommentsError, say
from comments.models import Account
from comments.web import guards
from comments.web.signin import queue_mail, scene
from comments.web.signin.scene import signin
from comments.web.state import State, commit, current, now


@signin.get("/account")
def account() -> Response:
    state = current()
    return _page(state, scene.own_account(state))


@signin.post("/account/name")
def account_name() -> AnyResponse:
    state = current()
    mine = scene.own_account(state)
    try:
        name = request.form.get("name")
        accounts.rename(state.session(), mine, name, settings=state.settings, now=now())
    except CommentsError as refused:
        return _again(state, mine, refused)
    commit(state)
    return scene.see_other(state, "account", done="name")


@signin.post("/account/password")
def account_password() -> AnyResponse:
    """Set or change the password: who has one shows it first, and every other browser is out."""
    state = current()
    session = state.session()
    mine = scene.own_account(state)
    email = mine.email
    if email is None:
        raise CommentsError("not_found")
    try:
        scene.count_try(email)
        if mine.password_hash is not None:
            _check_current(state, email)
        accounts.set_password(session, mine, request.form.get("password", ""))
    except CommentsError as refused:
        return _again(state, mine, refused)
    accounts.sign_out_everywhere(session, mine.id, but=guards.session_secret())
    commit(state)
    return scene.see_other(state, "account", done="password")


@signin.post("/account/end")
def account_end() -> AnyResponse:
    """End a sign-in of one's own in another browser, or all the others."""
    state = current()
    session = state.session()
    mine = scene.own_account(state)
    which = request.form.get("which", "")
    if which == "others":
        accounts.sign_out_everywhere(session, mine.id, but=guards.session_secret())
    else:
        accounts.end_sign_in(session, mine.id, which)
    commit(state)
    return scene.see_other(state, "account", done="ended")


@signin.post("/sign-out")
def sign_out() -> AnyResponse:
    state = current()
    secret = guards.session_secret()
    if secret:
        accounts.sign_out(state.session(), secret)
        commit(state)
    response = scene.see_other(state, "sign_in")
    return guards.forget(state, response, guards.SESSION_COOKIE)


def _check_current(state: State, email: str) -> None:
    given = request.form.get("current", "")
    if accounts.check_password(state.session(), email, given) is None:
        wrong = say("That is not your password.")
        raise CommentsError("invalid", errors={"current": wrong})


def _again(state: State, mine: Account, refused: CommentsError) -> Response:
    state.session().rollback()
    return _page(state, mine, refused)


def _page(state: State, mine: Account, refused: CommentsError | None = None) -> Response:
    session = state.session()
    here = accounts.fingerprint(guards.session_secret() or "")
    return scene.draw(
        state,
        "account.html",
        refused,
        account=mine,
        me=accounts.author(session, mine),
        browsers=accounts.sign_ins(session, mine.id, now()),
        here=here,
        least=accounts.SHORTEST,
        queue_mail=queue_mail.choice(state, mine),
        done=request.args.get("done", ""),
    )
