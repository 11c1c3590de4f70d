"""Who moderates: the list, appointing somebody, and letting somebody go. For owners."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts, moderation
from comments.draft import check_email
from comments.errors import CommentsError, Message, say
from comments.models import Account, Role
from comments.moderation import Action
from comments.web import guards
from comments.web.admin import inputs
from comments.web.admin.door import action, admin, check_owner, moderator
from comments.web.admin.notices import Notice, notice_of
from comments.web.admin.scene import address, back, draw
from comments.web.state import State, commit, current, now

ROLES: dict[Role, Message] = {Role.MODERATOR: say("Moderator"), Role.OWNER: say("Owner")}


@admin.get("/moderators", endpoint="moderators")
def show() -> Response:
    check_owner()
    return _page(current())


@admin.post("/moderators/appoint", endpoint="appoint")
def appoint() -> AnyResponse:
    """Appoint ``email``, and mail the link to come in by, or show it this once.

    Appointing is for owners who have an account here: a host appoints its own people itself.
    """
    check_owner()
    state, taken = current(), action()
    if _is_hosts(state):
        raise CommentsError("not_found")
    try:
        account = _appointed(state, taken)
        link, told = _way_in(state, account)
    except CommentsError as refused:
        return _refused(state, refused)
    known = moderation.done(state.session(), taken.batch)
    commit(state)
    notice = notice_of(known) if known else None
    return _page(state, notice=notice, link=link, told=told, appointed=account)


@admin.post("/moderators/dismiss", endpoint="dismiss")
def dismiss() -> AnyResponse:
    """End the appointment of the account ``id`` for ``site``."""
    check_owner()
    state, taken = current(), action()
    session = state.session()
    account = session.get(Account, inputs.number("id") or 0)
    try:
        site = request.form.get("site", "")
        if account is None or not accounts.dismiss(session, account, taken, site=site):
            raise CommentsError("already_decided")
    except CommentsError as refused:
        return _refused(state, refused)
    commit(state)
    return back(address("moderators"), taken.batch)


# ── appointing ───────────────────────────────────────────────────────────────────────────


def _appointed(state: State, taken: Action) -> Account:
    form = request.form
    email = check_email(inputs.line("email"))
    if form.get("role") not in tuple(Role):
        raise CommentsError("invalid", errors={"role": say("Choose one of the roles.")})
    if form.get("site", "") not in ("", *_sites(state)):
        raise CommentsError("invalid", errors={"site": say("There are no comments of that site.")})
    role, site = Role(form["role"]), form.get("site", "")
    return accounts.appoint(state.session(), email, taken, site=site, role=role)


def _way_in(state: State, account: Account) -> tuple[str | None, Message]:
    """How somebody just appointed comes in: a link to hand over, or ``None``, and a sentence.

    Whoever has a way in keeps it: no owner gets into somebody's account by appointing them.
    """
    session, email = state.session(), account.email
    assert email is not None
    base = guards.public_base(state)
    if base is not None and guards.sends_mail(state):
        accounts.links.ask(
            session,
            "password",
            email,
            language=state.language(),
            words=accounts.links.APPOINTED,
            settings=state.settings,
            base_url=base,
            now=now(),
        )
        return None, say("A link to sign in is on its way to %(email)s.", email=email)
    if accounts.has_way_in(session, account):
        return None, say("%(email)s has an account and signs in as before.", email=email)
    here = base or guards.own_origin() + request.script_root + state.prefix
    link = accounts.links.for_password(session, email, here, now())
    return link, say("Hand this link to %(email)s. It is shown only now.", email=email)


def _sites(state: State) -> list[str]:
    """Where comments can be: the sites that embed, and our own pages."""
    return sorted({*state.settings.origins, guards.own_origin()})


# ── the page ─────────────────────────────────────────────────────────────────────────────


def _refused(state: State, refused: CommentsError) -> Response:
    """The page as it is now, with what was wrong beside the field it is about."""
    if refused.problem.status not in (409, 422):
        raise refused
    state.session().rollback()
    notice = None if refused.errors else Notice(refused.detail, bad=True)
    return _page(state, refused.problem.status, notice=notice, errors=refused.errors)


def _page(
    state: State,
    status: int = 200,
    *,
    notice: Notice | None = None,
    errors: Mapping[str, Message] | None = None,
    link: str | None = None,
    told: Message | None = None,
    appointed: Account | None = None,
) -> Response:
    typed: Mapping[str, Any] = {} if appointed else request.form
    return draw(
        "moderators.html",
        status,
        here_url=address("moderators"),
        notice=notice,
        people=accounts.appointed(state.session()),
        mine=accounts.account_of(state.session(), moderator()),
        is_hosts=_is_hosts(state),
        roles=list(ROLES.items()),
        role_words=ROLES,
        sites=_sites(state),
        mails=guards.sends_mail(state),
        typed=typed,
        errors=inputs.wrongs(errors),
        link=link,
        way_in=told,
    )


def _is_hosts(state: State) -> bool:
    """Whether the caller was signed in by the host application, which has its own people."""
    return accounts.account_of(state.session(), moderator()) is None
