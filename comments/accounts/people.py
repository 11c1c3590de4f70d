"""Accounts: found, made, named.

An address is in an account only after somebody has shown that it is theirs (by a mailed link, by
a provider that says so) or the owner has vouched for it by appointing it. So whoever shows it again
is the same person.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from comments import identity, posting, text
from comments.config import Settings
from comments.database import begin_write, insert_or_ignore
from comments.errors import CommentsError, say
from comments.identity import Author, Identity
from comments.models import (
    NAME_LENGTH,
    URL_LENGTH,
    Account,
    Appointment,
    Login,
    ReservedName,
    Role,
    folded_name,
)

REALM = "member"


def by_email(session: Session, email: str) -> Account | None:
    """The account of an address, which is compared in lower case."""
    return session.scalar(select(Account).where(Account.email == email.lower()))


def account_of(session: Session, author: Author) -> Account | None:
    """The account behind an author; ``None`` for guests and for a host's own people."""
    realm, _, number = author.id.partition(":")
    return session.get(Account, int(number)) if realm == REALM else None


def author_id(account_id: int) -> str:
    return f"{REALM}:{account_id}"


def author(session: Session, account: Account) -> Author:
    """*account* as the caller of a use-case, with what it may do just now."""
    appointments = session.scalars(
        select(Appointment).where(Appointment.account_id == account.id)
    ).all()
    everywhere = [one for one in appointments if not one.site]
    known = identity.from_identity(
        Identity(
            id=account.id,
            name=account.name or f"Reader {account.id}",
            avatar=account.avatar,
            is_moderator=bool(appointments),
            is_owner=any(one.role is Role.OWNER for one in everywhere),
            email=account.email,
        ),
        realm=REALM,
    )
    if appointments and not everywhere:
        return replace(known, sites=frozenset(one.site for one in appointments))
    return known


def find_or_make(
    session: Session,
    email: str,
    *,
    name: str = "",
    settings: Settings | None = None,
    now: datetime,
) -> Account:
    """The account of an address that its owner has shown, made when there is none."""
    begin_write(session)
    found = by_email(session, email)
    if found is None:
        # Another sign-in with the same new address may be on its way.
        insert_or_ignore(session, Account, email=email.lower(), name="", created_at=now)
        found = by_email(session, email)
        assert found is not None
        _call(session, found, name, settings)
    return found


def by_login(
    session: Session,
    provider: str,
    subject: str,
    *,
    email: str | None = None,
    name: str = "",
    avatar: str | None = None,
    settings: Settings | None = None,
    now: datetime,
) -> Account:
    """The account that *provider* knows as *subject*.

    *email* is given only when the provider says that it is verified. Somebody who comes by a new
    way is the account with that address, or a new one. *name* is what the provider calls them;
    an account keeps the name it has.
    """
    begin_write(session)
    known = session.get(Login, (provider, subject))
    if known is None:
        account = _join(session, provider, subject, email, now)
    else:
        account = session.get_one(Account, known.account_id)
    if email and account.email is None and by_email(session, email) is None:
        account.email = email.lower()
    if avatar and account.avatar is None and len(avatar) <= URL_LENGTH:
        account.avatar = avatar
    if not account.name:
        _call(session, account, name, settings)
    session.flush()
    return account


def _join(
    session: Session, provider: str, subject: str, email: str | None, now: datetime
) -> Account:
    account = find_or_make(session, email, now=now) if email else _nobody_yet(session, now)
    fresh = insert_or_ignore(
        session,
        Login,
        provider=provider,
        subject=subject,
        account_id=account.id,
        created_at=now,
    )
    if fresh:
        return account
    # The same person in another window was quicker.
    if not email:
        session.delete(account)
    theirs = session.get_one(Login, (provider, subject), populate_existing=True)
    return session.get_one(Account, theirs.account_id)


def _nobody_yet(session: Session, now: datetime) -> Account:
    account = Account(name="", created_at=now)
    session.add(account)
    session.flush()
    return account


# ── names ────────────────────────────────────────────────────────────────────────────────


def rename(
    session: Session, account: Account, name: object, *, settings: Settings, now: datetime
) -> None:
    """Call an account by another name; 422 without one, 403 for a name that is somebody's."""
    cleaned = text.clean_name(name, NAME_LENGTH) if isinstance(name, str) else ""
    if not cleaned:
        raise CommentsError("invalid", errors={"name": say("Tell us your name.")})
    begin_write(session)
    if posting.is_taken(session, author(session, account), cleaned, settings):
        taken = say("That name belongs to someone here. Please take another.")
        raise CommentsError("name_reserved", errors={"name": taken})
    kept = _give_back(session, account)
    account.name = cleaned
    session.flush()
    if kept:
        posting.reserve_name(session, author(session, account), now)


def _call(session: Session, account: Account, name: str, settings: Settings | None) -> None:
    """What a provider calls somebody, told apart from a namesake to whom the name belongs."""
    cleaned = text.clean_name(name, NAME_LENGTH)
    known = author(session, account)
    if cleaned and posting.is_taken(session, known, cleaned, settings or Settings()):
        number = f" {account.id}"
        cleaned = cleaned[: NAME_LENGTH - len(number)] + number
    account.name = cleaned


def _give_back(session: Session, account: Account) -> bool:
    """Whether the name was kept for this account; it is free for others from now on."""
    kept = session.execute(
        delete(ReservedName)
        .where(
            ReservedName.folded == folded_name(account.name),
            ReservedName.author_id == author_id(account.id),
        )
        .returning(ReservedName.folded)
    )
    return kept.first() is not None
