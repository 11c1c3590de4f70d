"""Who may not write."""

from datetime import UTC, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from comments import spelled
from comments.errors import Message, say
from comments.identity import MOST_BAN_TARGETS, Author, ban_targets, mailbox_targets
from comments.models import Ban, Person, table_of

_people = table_of(Person)
_bans = table_of(Ban)
#: The address that an author has shown to be theirs, as a keyed hash.
_SHOWN = select(_people.c.email_hash).where(
    _people.c.author_id == bindparam("author"), _people.c.verified_at.is_not(None)
)
# As many parameters as there may be targets: a list of another length is a statement written anew.
_PLACES = [f"target{number}" for number in range(MOST_BAN_TARGETS)]
_IN_FORCE = (
    select(_bans.c.id)
    .where(
        _bans.c.target.in_([bindparam(place) for place in _PLACES]),
        Ban.in_force(bindparam("now")),
    )
    .order_by(_bans.c.shadow, _bans.c.until.desc().nulls_first(), _bans.c.id)
    .limit(1)
)


def found(session: Session, author: Author, now: datetime) -> Ban | None:
    """The ban that holds *author* off now; of several an open one, then the one that ends last."""
    session.flush()
    shown = session.connection().execute(_SHOWN, {"author": author.id}).scalar()
    return in_force(session, author, shown, now)


def in_force(session: Session, author: Author, shown: str | None, now: datetime) -> Ban | None:
    """The same where it is known which address *author* has *shown* to be theirs, or none."""
    targets = dict.fromkeys(_PLACES, author.id)
    targets |= zip(_PLACES, ban_targets(author, shown), strict=False)
    number = session.connection().execute(_IN_FORCE, targets | {"now": now}).scalar()
    return None if number is None else session.get(Ban, number)


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
