"""Who moderates: everywhere, or on one site alone.

Owners look after the whole service (settings, people); moderators decide about comments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from comments import moderation, posting
from comments.accounts import people
from comments.config import parse_origin
from comments.database import begin_write
from comments.errors import CommentsError, say
from comments.models import Account, Appointment, Role
from comments.moderation import Action


@dataclass(frozen=True, slots=True)
class Appointed:
    """One line of the list of moderators; *site* is empty for all sites."""

    account_id: int
    email: str | None
    name: str
    role: Role
    site: str
    since: datetime
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
    keeps their role, unless *role* names another. Raises 422 for a site that is no origin, or for the owner of one site.
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
    known = session.get(Appointment, (account.id, site))
    before = known.role if known else None
    if role is None:
        role = before or (Role.MODERATOR if site or is_moderated(session) else Role.OWNER)
    if known is not None:
        known.role = role
    else:
        session.add(Appointment(account_id=account.id, site=site, role=role, created_at=action.now))
    session.flush()
    posting.reserve_name(session, people.author(session, account), action.now)
    _note(session, action, "appoint", account.id, site, before=before, after=role)
    return account


def dismiss(session: Session, account: Account, action: Action, *, site: str | None = None) -> int:
    """End an account's appointments, or the one for *site*; tells how many there were.

    From the next request on it may do what any reader may.
    """
    begin_write(session)
    wanted = [Appointment.account_id == account.id]
    if site is not None:
        wanted.append(Appointment.site == _checked_site(site))
    ended = session.scalars(select(Appointment).where(*wanted).with_for_update()).all()
    for one in ended:
        _note(session, action, "dismiss", account.id, one.site, before=one.role, after=None)
    session.execute(
        delete(Appointment).where(*wanted), execution_options={"synchronize_session": "fetch"}
    )
    return len(ended)


def appointed(session: Session) -> Sequence[Appointed]:
    """Everybody who moderates, owners first."""
    rows = session.execute(
        select(Appointment, Account)
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
            has_password=account.password_hash is not None,
        )
        for appointment, account in rows
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


def _note(
    session: Session,
    action: Action,
    what: str,
    account_id: int,
    site: str,
    *,
    before: Role | None,
    after: Role | None,
) -> None:
    moderation.note(
        session,
        action,
        what,
        target=people.author_id(account_id),
        before={"role": before, "site": site} if before else None,
        after={"role": after, "site": site} if after else None,
    )
