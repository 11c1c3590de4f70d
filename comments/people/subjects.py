"""Whose data it is: the ids somebody writes under, and an address shown to be theirs."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from comments.keys import Keys
from comments.models import Account, Comment, Decision, Person, Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody. With *email*, shown to be theirs, goes its keyed hash; of a guest who verified one
    the hash alone is known."""

    author_ids: frozenset[str] = frozenset()
    email: str | None = None
    email_hash: str | None = None
    #: Who is mailed at that address.
    subscriber_id: int | None = None


def subject_of(
    session: Session, keys: Keys, author_id: str | None = None, *, email: str | None = None
) -> Subject:
    """Everything that is known to be one person's: who writes as *author_id*, or has shown that
    *email* is theirs.

    A verified address leads to the guests who verified it, to the account it signs in to, and to
    comments written under it by whoever it was; not to what else those wrote.
    """
    email = email.lower() if email else _account_email(session, author_id)
    email_hash = keys.digest("email", email) if email else _verified_hash(session, author_id)
    ids = {author_id} if author_id else set()
    if email_hash:
        verified = select(Person.author_id).where(
            Person.email_hash == email_hash, Person.verified_at.is_not(None)
        )
        ids.update(session.scalars(verified))
    if email:
        accounts = session.scalars(select(Account.id).where(Account.email == email))
        ids.update(f"member:{id}" for id in accounts)
    ids.update(_claimed(session, ids))
    return Subject(
        author_ids=frozenset(ids),
        email=email,
        email_hash=email_hash,
        subscriber_id=_subscriber(session, keys, ids, email, email_hash),
    )


def _subscriber(
    session: Session,
    keys: Keys,
    author_ids: Collection[str],
    email: str | None,
    email_hash: str | None,
) -> int | None:
    """Who is mailed at the address; with its hash alone, among those they asked for themselves."""
    if email:
        return session.scalar(select(Subscriber.id).where(Subscriber.email == email))
    asked = (
        select(Subscriber.id, Subscriber.email)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.author_id.in_(author_ids))
        .distinct()
    )
    found = session.execute(asked).all() if email_hash else []
    return next((id for id, email in found if keys.digest("email", email) == email_hash), None)


def _account_email(session: Session, author_id: str | None) -> str | None:
    ids = _account_ids([author_id] if author_id else [])
    return session.scalar(select(Account.email).where(Account.id.in_(ids)))


def _verified_hash(session: Session, author_id: str | None) -> str | None:
    person = session.get(Person, author_id) if author_id else None
    return person.email_hash if person and person.verified_at else None


def _claimed(session: Session, author_ids: Collection[str]) -> list[str]:
    """The guests they were before they signed in."""
    claims = select(Decision.target).where(
        Decision.actor.in_(author_ids), Decision.action == "claim", Decision.target.is_not(None)
    )
    return [target for target in session.scalars(claims) if target]


def comments_of(subject: Subject) -> ColumnElement[bool]:
    by_email = Comment.email_hash == subject.email_hash if subject.email_hash else false()
    return or_(Comment.author_id.in_(subject.author_ids), by_email)


def subscriptions_of(subject: Subject) -> ColumnElement[bool]:
    """What was asked for under their ids, and what goes to their address whoever asked."""
    asked = Subscription.author_id.in_(subject.author_ids)
    if subject.subscriber_id is None:
        return asked
    return or_(asked, Subscription.subscriber_id == subject.subscriber_id)


def account_ids(subject: Subject) -> list[int]:
    return _account_ids(subject.author_ids)


def _account_ids(author_ids: Collection[str]) -> list[int]:
    members = (id.removeprefix("member:") for id in author_ids if id.startswith("member:"))
    return [int(it) for it in members if it.isascii() and it.isdigit() and len(it) < 19]


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
