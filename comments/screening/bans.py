"""Who may not write."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments.errors import Message, say
from comments.identity import Author, ban_targets, mailbox_targets
from comments.models import Ban, Person


def found(session: Session, author: Author, now: datetime) -> Ban | None:
    """The ban that holds *author* off now; of several an open one, then the one that ends last."""
    person = session.get(Person, author.id)
    shown = person.email_hash if person and person.verified_at else None
    active = select(Ban).where(
        Ban.target.in_(ban_targets(author, shown)),
        Ban.in_force(now),
    )
    return session.scalars(
        active.order_by(Ban.shadow, Ban.until.desc().nulls_first(), Ban.id).limit(1)
    ).first()


def holds_mailbox(session: Session, email_hash: str, now: datetime) -> bool:
    """Whether an e-mail address is banned, openly or not; nothing is mailed to one that is."""
    active = select(Ban.id).where(Ban.target.in_(mailbox_targets(email_hash)), Ban.in_force(now))
    return session.execute(active.limit(1)).first() is not None


def sentence(ban: Ban) -> Message:
    """What somebody who is banned is told."""
    if ban.until is None:
        if not ban.reason:
            return say("You may not write here.")
        return say("You may not write here: %(reason)s", reason=ban.reason)
    until = ban.until.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if not ban.reason:
        return say("You may not write here until %(until)s.", until=until)
    return say("You may not write here until %(until)s: %(reason)s", until=until, reason=ban.reason)
