"""How often a moderator is mailed what waits: the choice, and the page behind the link that ends
it."""

from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts
from comments.errors import CommentsError, Message, say
from comments.models import Account, Pace
from comments.web import guards
from comments.web.signin import scene
from comments.web.signin.scene import signin
from comments.web.state import State, commit, current, now

PACES: dict[Pace, Message] = {
    Pace.NEVER: say("Never"),
    Pace.IMMEDIATE: say("At once"),
    Pace.HOURLY: say("Once an hour"),
    Pace.DAILY: say("Once a day"),
}


def choice(state: State, account: Account | None) -> dict[str, Any] | None:
    """What the select of a page shows; ``None`` for whom there is nothing to choose."""
    if account is None or account.email is None or not guards.sends_mail(state):
        return None
    if not accounts.author(state.session(), account).is_moderator:
        return None
    return {"chosen": account.queue_mail, "paces": list(PACES.items())}


@signin.post("/account/queue-mail")
def account_queue_mail() -> AnyResponse:
    """Mail the caller what waits, as often as ``pace`` says; then ``back``."""
    state = current()
    account = scene.own_account(state)
    base = guards.public_base(state)
    if choice(state, account) is None or base is None:
        raise CommentsError("not_found")
    given = request.form.get("pace", "")
    if given not in tuple(Pace):
        raise CommentsError("invalid", errors={"pace": say("Choose how often.")})
    accounts.duty.choose(
        state.session(), account, Pace(given), language=state.language(), base_url=base, now=now()
    )
    commit(state)
    back = scene.own_path(request.form.get("back", ""))
    return redirect(back, 303) if back else scene.see_other(state, "account", done="queue_mail")


# ── behind the link in a mail ────────────────────────────────────────────────────────────


@signin.get("/queue-mail")
def show_queue_mail() -> Response:
    state = current()
    return _page(state, _holder(state), done=False)


@signin.post("/queue-mail")
def end_queue_mail() -> Response:
    """From the page, or from a mail program with ``List-Unsubscribe=One-Click`` (RFC 8058)."""
    state = current()
    account = _holder(state)
    account.queue_mail = Pace.NEVER
    commit(state)
    return _page(state, account, done=True)


def _holder(state: State) -> Account:
    token = request.values.get("token", "")
    account = accounts.duty.holder(state.session(), state.keys, token)
    if account is None:
        raise CommentsError("link_not_good")
    return account


def _page(state: State, account: Account, *, done: bool) -> Response:
    return scene.draw(
        state,
        "queue_mail.html",
        token=request.values.get("token", ""),
        is_mailed=account.queue_mail is not Pace.NEVER,
        done=done,
    )
