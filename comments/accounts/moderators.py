"""Who moderates: everywhere, or on one site alone.

Owners look after the whole service (settings, people); moderators decide about comments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments import moderation, posting
from comments.accounts import people
from comments.database import begin_write
from comments.errors import CommentsError, say
from comments.kinds import parse_origin
from comments.models import Account, Appointment, Login, Role, SignIn
from comments.moderation import Action


@dataclass(frozen=True, slots=True)
class Appointed:
    """One line of the list of moderators; *site* is empty for all sites.

    *seen* is when a browser in which they are signed in was last there, by about an hour;
    ``None`` for those who are signed in nowhere.
    """

    account_id: int
    email: str | None
    name: str
    role: Role
    site: str
    since: datetime
    seen: datetime | None
    has_password: bool


def appoint(
    session: Session,
    email: str,
    action: Action,
    *,
    site: str = "",
    role: Role | None = None,
    name: str = "",
) -> Account:
    """Make the account of *email* a moderator, of all sites or of one; it is made when needed.

    The first of all becomes the owner, unless *role* says otherwise. Whoever is appointed again
    keeps their role, unless *role* names another. Raises 422 for a site that is no origin, for the
    owner of one site, for oneself, and where no owner would be left.
    """
    begin_write(session)
    site = _checked_site(site)
    if site and role is Role.OWNER:
        raise CommentsError(
            "invalid", errors={"role": say("An owner looks after all sites, not one.")}
        )
    account = people.find_or_make(session, email, name=name, now=action.now)
    if name and not account.name:
        account.name = name
    if role is None:
        known = session.get(Appointment, (account.id, site))
        first = Role.MODERATOR if site or is_moderated(session) else Role.OWNER
        role = known.role if known else first
    moderation.give_role(session, account.id, site, role, action)
    posting.reserve_name(session, people.author(session, account), action.now)
    return account


def dismiss(session: Session, account: Account, action: Action, *, site: str | None = None) -> int:
    """End an account's appointments, or the one for *site*; tells how many there were.

    From the next request on it may do what any reader may. Raises 422 for oneself and for the
    last owner.
    """
    begin_write(session)
    held = [one.site for one in appointments_of(session, account.id)]
    sites = held if site is None else [_checked_site(site)]
    return sum(moderation.take_role(session, account.id, each, action) for each in sites)


def has_way_in(session: Session, account: Account) -> bool:
    """Whether an account has a password, or a provider that knows it."""
    login = select(Login.subject).where(Login.account_id == account.id).limit(1)
    return account.password_hash is not None or session.execute(login).first() is not None


def appointed(session: Session) -> Sequence[Appointed]:
    """Everybody who moderates, owners first."""
    seen = (
        select(func.max(SignIn.seen_at))
        .where(SignIn.account_id == Account.id)
        .correlate(Account)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Appointment, Account, seen)
        .join(Account, Account.id == Appointment.account_id)
        .where(Account.closed_at.is_(None))
        .order_by(Appointment.role.desc(), Appointment.created_at, Appointment.account_id)
    )
    return [
        Appointed(
            account_id=account.id,
            email=account.email,
            name=account.name,
            role=appointment.role,
            site=appointment.site,
            since=appointment.created_at,
            seen=last_seen,
            has_password=account.password_hash is not None,
        )
        for appointment, account, last_seen in rows
    ]


def appointments_of(session: Session, account_id: int) -> Sequence[Appointment]:
    return session.scalars(
        select(Appointment).where(Appointment.account_id == account_id).order_by(Appointment.site)
    ).all()


def is_moderated(session: Session) -> bool:
    """Whether anybody has been appointed yet."""
    return session.execute(select(Appointment.account_id).limit(1)).first() is not None


def _checked_site(site: str) -> str:
    try:
        return parse_origin(site) if site else ""
    except ValueError:
        wrong = say("A site is an address such as https://blog.example.")
        raise CommentsError("invalid", errors={"site": wrong}) from None
