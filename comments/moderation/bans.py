"""Whom moderators keep out, and whom they trust.

A ban names an author (``guest:9f…``, ``host:42``), an e-mail address or a network, the last two as
keyed hashes. It holds everywhere, not on one site alone. What it does to a comment is decided by
the screens; a ban itself changes nothing that is written, unless that is taken down with it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from comments import text
from comments.database import begin_write, hold_name, insert_or_ignore
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.models import (
    AUTHOR_LENGTH,
    REASON_LENGTH,
    Appointment,
    AuthorKind,
    Ban,
    Comment,
    Decision,
    Person,
    Status,
)
from comments.moderation.actions import Action, facts, note
from comments.moderation.reach import Sites, within
from comments.moderation.status import set_status_of_many
from comments.screening import bans as screened

#: Addresses change hands: whoever has this one next has done nothing.
LONGEST_OF_A_NETWORK = timedelta(days=30)

#: Any number will do, as long as nobody else in the database locks pairs that begin with it.
_TARGET_LOCK = 0x62616E73


def theirs(target: str) -> ColumnElement[bool]:
    """The comments that a ban of *target* is about."""
    kind, _, value = target.partition(":")
    if kind == "email":
        return Comment.email_hash == value
    if kind == "network":
        return Comment.address_hash == value
    return Comment.author_id == target


def check_not_banned(session: Session, author: Author, now: datetime) -> Ban | None:
    """403 for the banned; the ban of somebody who must not notice it is given back."""
    found = None if author.is_moderator else screened.found(session, author, now)
    if found and not found.shadow:
        raise CommentsError("banned", screened.sentence(found))
    return found


def ban(
    session: Session,
    target: str,
    action: Action,
    *,
    until: datetime | None = None,
    shadow: bool = False,
    take_down: bool = False,
    seen: Collection[int] = (),
) -> Ban:
    """Keep *target* from writing until *until*, or for good; with *shadow* only they see it.

    *take_down* also makes spam of what they have published and what waits. A ban in force is
    replaced when it is among those *seen* by the moderator: 409 when somebody has just made it.
    Raises 422 for a moderator or oneself, 404 for somebody who wrote nothing within reach, 403
    when a moderator of some sites would replace what somebody else decided for all.
    """
    _check_may_ban(session, target, action)
    if take_down:
        # First, as everybody holds threads before anything else.
        _take_down(session, target, action)
    hold_name(session, _TARGET_LOCK, target)
    earlier = in_force(session, target, action.now)
    if earlier and earlier.id not in seen:
        raise CommentsError("already_decided")
    if earlier:
        _check_may_end(earlier, action)
        earlier.lifted_at = action.now
    made = Ban(
        target=target,
        name=_name(session, target),
        shadow=shadow,
        reason=action.reason[:REASON_LENGTH],
        created_by=action.by,
        created_at=action.now,
        until=_end(target, until, action.now),
    )
    session.add(made)
    session.flush()
    note(session, action, "ban", target=target, before=_told(earlier), after=_told(made))
    return made


def lift(session: Session, ban_id: int, action: Action) -> Ban:
    """End a ban; 409 when it is over already, 404 when it is beyond reach.

    403 for a moderator of some sites and a ban that somebody else has made.
    """
    begin_write(session)
    found = session.get(Ban, ban_id, populate_existing=True, with_for_update=True)
    if found is None:
        raise CommentsError("not_found")
    check_reach_of_target(session, found.target, action.sites)
    if not found.is_in_force(action.now):
        raise CommentsError("already_decided")
    _check_may_end(found, action)
    found.lifted_at = action.now
    note(session, action, "lift", target=found.target, before=_told(found))
    return found


def trust(session: Session, author_id: str, action: Action, *, trusted: bool) -> None:
    """Let what an author writes pass the screens, or no more.

    That holds on every site, so it is for those who moderate all of them.
    """
    if action.sites is not None:
        raise CommentsError(
            "not_a_moderator", say("Only those who moderate every site can trust somebody.")
        )
    begin_write(session)
    insert_or_ignore(session, Person, author_id=author_id, created_at=action.now)
    person = session.get_one(Person, author_id, populate_existing=True, with_for_update=True)
    was = person.trusted_at is not None
    if trusted != was:
        person.trusted_at = action.now if trusted else None
        before, after = {"trusted": was}, {"trusted": trusted}
        note(session, action, "trust", target=author_id, before=before, after=after)


def in_force(session: Session, target: str, now: datetime) -> Ban | None:
    """The ban of exactly this *target*, where there is one."""
    query = (
        select(Ban).where(Ban.target == target, Ban.in_force(now)).order_by(Ban.id.desc()).limit(1)
    )
    return session.scalars(query.execution_options(populate_existing=True)).first()


def check_reach_of_target(session: Session, target: str, sites: Sites) -> None:
    """404 for a moderator of some sites, when that person wrote on none of them, and for what
    is too long to be anybody's id."""
    if len(target) > AUTHOR_LENGTH:
        raise CommentsError("not_found")
    if sites is None:
        return
    wrote = select(Comment.id).where(theirs(target), within(sites, Comment.thread_id)).limit(1)
    if session.scalar(wrote) is None:
        raise CommentsError("not_found")


def _check_may_ban(session: Session, target: str, action: Action) -> None:
    check_reach_of_target(session, target, action.sites)
    if target == action.by:
        raise CommentsError("invalid", say("You cannot ban yourself."))
    if _moderates(session, target):
        raise CommentsError("invalid", say("A moderator cannot be banned."))


def _check_may_end(found: Ban, action: Action) -> None:
    """A ban holds on every site: a friend who moderates one of them must not end it."""
    if action.sites is not None and found.created_by != action.by:
        raise CommentsError(
            "not_a_moderator",
            say("Only those who moderate every site can end a ban that somebody else has made."),
        )


def _moderates(session: Session, target: str) -> bool:
    kind, _, value = target.partition(":")
    number = text.read_number(value) if kind == "member" else None
    if number is not None:
        appointed = select(Appointment.role).where(Appointment.account_id == number)
        if session.scalar(appointed.limit(1)) is not None:
            return True
    wrote_as_one = select(Comment.id).where(
        theirs(target), Comment.author_kind == AuthorKind.MODERATOR
    )
    return session.scalar(wrote_as_one.limit(1)) is not None


def _end(target: str, until: datetime | None, now: datetime) -> datetime | None:
    if not target.startswith("network:"):
        return until
    latest = now + LONGEST_OF_A_NETWORK
    return min(until or latest, latest)


def _name(session: Session, target: str) -> str:
    """What they called themselves last, for the list of bans."""
    latest = select(Comment.author_name).where(theirs(target), Comment.author_name != "")
    return session.scalar(latest.order_by(Comment.id.desc()).limit(1)) or ""


def _take_down(session: Session, target: str, action: Action) -> None:
    up = (Status.PUBLISHED, Status.PENDING)
    wanted = (theirs(target), Comment.status.in_(up), within(action.sites, Comment.thread_id))
    ids = session.scalars(select(Comment.id).where(*wanted)).all()
    still = [Comment.status.in_(up)]
    set_status_of_many(session, ids, Status.SPAM, action, still=still)


def _told(ban: Ban | None) -> dict[str, Any] | None:
    """A ban for the log; without the name, which is not the log's to keep."""
    if ban is None:
        return None
    return {
        "ban": ban.id,
        "shadow": ban.shadow,
        "until": ban.until.isoformat() if ban.until else None,
    }


# ── taking it back ───────────────────────────────────────────────────────────────────────


def undo_ban(session: Session, entries: Sequence[Decision], action: Action) -> int:
    """The ban ends; the one that it had replaced is in force again."""
    changed = 0
    for entry in entries:
        assert entry.target is not None
        hold_name(session, _TARGET_LOCK, entry.target)
        check_reach_of_target(session, entry.target, action.sites)
        made = session.get_one(Ban, facts(entry.after)["ban"], populate_existing=True)
        if made.lifted_at:
            continue
        made.lifted_at = action.now
        replaced = facts(entry.before).get("ban")
        earlier = session.get_one(Ban, replaced, populate_existing=True) if replaced else None
        if earlier:
            earlier.lifted_at = None
        told = (_told(made), _told(earlier))
        note(session, action, "lift", target=entry.target, before=told[0], after=told[1])
        changed += 1
    return changed


def undo_lift(session: Session, entries: Sequence[Decision], action: Action) -> int:
    """The ban is in force again, unless there is another one by now."""
    changed = 0
    for entry in entries:
        assert entry.target is not None
        hold_name(session, _TARGET_LOCK, entry.target)
        check_reach_of_target(session, entry.target, action.sites)
        lifted = session.get_one(Ban, facts(entry.before)["ban"], populate_existing=True)
        if lifted.lifted_at is None or in_force(session, entry.target, action.now):
            continue
        lifted.lifted_at = None
        note(session, action, "ban", target=entry.target, after=_told(lifted))
        changed += 1
    return changed


def undo_trust(session: Session, entries: Sequence[Decision], action: Action) -> int:
    changed = 0
    for entry in entries:
        assert entry.target is not None
        begin_write(session)
        person = session.get(Person, entry.target, populate_existing=True, with_for_update=True)
        if (person is not None and person.trusted_at is not None) != facts(entry.after)["trusted"]:
            continue
        trust(session, entry.target, action, trusted=facts(entry.before)["trusted"])
        changed += 1
    return changed
