"""Whose data it is: the ids somebody writes under, and an address shown to be theirs."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from comments.models import Account, Comment, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody. With *email*, shown to be theirs, goes its keyed hash."""

    author_ids: frozenset[str] = frozenset()
    email: str | None = None
    email_hash: str | None = None


def subject_of(
    session: Session,
    author_id: str | None = None,
    *,
    email: str | None = None,
    email_hash: str | None = None,
) -> Subject:
    """Everything that is known to be one person's.

    A verified address leads to the guests who verified it, to the account it signs in to, and to
    comments written under it by whoever it was; not to what else those wrote.
    """
    ids = {author_id} if author_id else set()
    if email_hash:
        verified = select(Person.author_id).where(
            Person.email_hash == email_hash, Person.verified_at.is_not(None)
        )
        ids.update(session.scalars(verified))
    if email:
        account = session.scalar(select(Account.id).where(Account.email == email))
        ids.update([f"member:{account}"] if account else [])
    return Subject(author_ids=frozenset(ids), email=email, email_hash=email_hash)


def comments_of(subject: Subject) -> ColumnElement[bool]:
    by_email = Comment.email_hash == subject.email_hash if subject.email_hash else false()
    return or_(Comment.author_id.in_(subject.author_ids), by_email)


def account_ids(subject: Subject) -> list[int]:
    members = (id.removeprefix("member:") for id in subject.author_ids if id.startswith("member:"))
    return [int(number) for number in members if number.isascii() and number.isdigit()]


def targets_of(session: Session, subject: Subject) -> set[str]:
    """What a ban or the log may call them: ids, and keyed hashes of addresses and networks."""
    targets = set(subject.author_ids)
    for kind, column in (("email", Comment.email_hash), ("network", Comment.address_hash)):
        used = select(column).where(comments_of(subject), column.is_not(None)).distinct()
        targets.update(f"{kind}:{value}" for value in session.scalars(used))
    known = select(Person.email_hash).where(
        Person.author_id.in_(subject.author_ids), Person.email_hash.is_not(None)
    )
    hashes = {*session.scalars(known), *filter(None, [subject.email_hash])}
    return targets | {f"email:{value}" for value in hashes}
