"""Ways to sign in: a link by mail, a password, and what providers add."""

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts
from comments.draft import check_email
from comments.errors import CommentsError, say
from comments.web import guards
from comments.web.signin import elsewhere, scene
from comments.web.signin.handover import hand_over
from comments.web.signin.scene import signin
from comments.web.state import State, commit, current, now


@signin.get("/sign-in")
def ask() -> Response:
    state = current()
    return _page(state, request.args.get("origin", ""), request.args.get("back", ""))


@signin.post("/sign-in")
def mail_link() -> Response:
    """The same answer for every address, known or not, and after the same work."""
    state = current()
    origin, back = _destination(state)
    base = guards.public_base(state)
    if base is None or not guards.sends_mail(state):
        raise CommentsError("not_found")
    try:
        email = check_email(request.form.get("email", ""))
        scene.count_try()
    except CommentsError as refused:
        return _page(state, origin, back, refused)
    accounts.links.ask(
        state.session(),
        "sign_in",
        email,
        origin=origin,
        back=back,
        language=state.language(),
        settings=state.settings,
        base_url=base,
        now=now(),
    )
    commit(state)
    return scene.draw(state, "sent.html", email=email)


@signin.post("/sign-in/password")
def by_password() -> AnyResponse:
    state = current()
    origin, back = _destination(state)
    try:
        email = check_email(request.form.get("email", ""))
        scene.count_try(email)
        account = accounts.check_password(state.session(), email, request.form.get("password", ""))
        if account is None:
            raise CommentsError("invalid", say("That address and that password do not fit."))
    except CommentsError as refused:
        return _page(state, origin, back, refused)
    return hand_over(state, account, origin, back)


@signin.post("/sign-in/continue")
def as_before() -> AnyResponse:
    """Somebody who is signed in here already signs in on a site that embeds as well."""
    state = current()
    origin, back = _destination(state)
    known = guards.caller(state)
    account = accounts.account_of(state.session(), known) if known else None
    if account is None:
        raise CommentsError("sign_in_required")
    return hand_over(state, account, origin, back)


def _page(state: State, origin: str, back: str, refused: CommentsError | None = None) -> Response:
    scene.check_site(state, origin)
    known = guards.caller(state)
    account = accounts.account_of(state.session(), known) if known else None
    return scene.draw(
        state,
        "sign_in.html",
        refused,
        origin=origin,
        back=back,
        mails=guards.sends_mail(state),
        providers=elsewhere.offered(state, origin, back),
        viewer=known if account else None,
    )


def _destination(state: State) -> tuple[str, str]:
    """Where the sign-in is to go, by the form: the site that gets it, and the page after it."""
    origin, back = request.form.get("origin", ""), request.form.get("back", "")
    scene.check_site(state, origin)
    return origin, scene.page_of(back, origin) if origin else scene.own_path(back)
