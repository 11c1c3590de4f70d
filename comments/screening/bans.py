"""Who may not write."""

from datetime import UTC, datetime
from typing import Any

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
#: The number of the ban that holds somebody off; :func:`targets` fills it in. Of several an open
#: one, then the one that ends last.
IN_FORCE = (
    select(_bans.c.id)
    .where(
        _bans.c.target.in_([bindparam(place) for place in _PLACES]),
        Ban.in_force(bindparam("now")),
    )
    .order_by(_bans.c.shadow, _bans.c.until.desc().nulls_first(), _bans.c.id)
    .limit(1)
)
_FOUND = select(_SHOWN.scalar_subquery(), IN_FORCE.scalar_subquery())


def targets(author: Author, now: datetime, shown: str | None = None) -> dict[str, Any]:
    """The parameters of :data:`IN_FORCE` for *author*."""
    places = dict.fromkeys(_PLACES, author.id)
    places |= zip(_PLACES, ban_targets(author, shown), strict=False)
    return {**places, "now": now}


def found(session: Session, author: Author, now: datetime) -> Ban | None:
    """The ban that holds *author* off now."""
    session.flush()
    asked = {"author": author.id} | targets(author, now)
    [(shown, number)] = spelled.run(session.connection(), _FOUND, asked)
    return read(session, author, shown, number, now)


def read(
    session: Session, author: Author, shown: str | None, number: int | None, now: datetime
) -> Ban | None:
    """The ban of that *number*, which was found for what *author* brings along; or one that comes
    before it, of an address that they have *shown* to be theirs."""
    if shown not in (None, author.email_hash, author.account_hash):
        asked = targets(author, now, shown)
        numbers = spelled.run(session.connection(), IN_FORCE, asked)
        number = numbers[0][0] if numbers else None
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
