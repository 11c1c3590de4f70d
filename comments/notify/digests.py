"""From what subscribers are owed to the mails that tell them: one each, however much is new."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from comments.config import Settings
from comments.database import begin_write
from comments.keys import Keys
from comments.models import (
    Comment,
    Letter,
    Notice,
    Pace,
    Scope,
    Status,
    Subscriber,
    Subscription,
    Thread,
)
from comments.notify.mail import Mail
from comments.notify.notices import MENTION, NEWS
from comments.notify.wording import worded
from comments.screening import bans

#: Letters written in one transaction.
BATCH = 200
#: Comments in one mail; of more it says how many there are.
MOST_SHOWN = 20

#: What a letter says when it is sent; ``None`` when there is nothing to say any more.
Draw = Callable[[Session, Letter, Settings, Keys], Mail | None]


@dataclass(frozen=True, slots=True)
class Digest:
    """Letters of one *purpose* that *gather* writes when they are due, and gives how many, and
    that *draw* words when they are sent."""

    purpose: str
    gather: Callable[[Session, Settings, datetime], int]
    draw: Draw


# ── gathering ────────────────────────────────────────────────────────────────────────────


def gather(session: Session, settings: Settings, now: datetime) -> int:
    """Write a letter to everybody who is owed a mail by now; gives how many letters.

    It takes along all that is new for them. What it says is read when it is sent: nothing is
    mailed that was taken away meanwhile, or is not asked for any more. Commits.
    """
    written = 0
    while session.execute(due(settings, now).limit(1)).first() is not None:
        session.rollback()
        begin_write(session)
        # One that another worker holds is in their hands; comments being posted do not wait.
        waiting_for = select(Subscriber.id).where(Subscriber.id.in_(due(settings, now)))
        waiting_for = waiting_for.order_by(Subscriber.id).limit(BATCH)
        held = session.scalars(waiting_for.with_for_update(skip_locked=True, key_share=True)).all()
        written += _write_letters(session, held, now)
        session.commit()
        if not held:
            break
    session.rollback()
    return written


def due(settings: Settings, now: datetime) -> Select[int]:
    """Who is owed a mail by now, once for each notice."""
    owed = (
        select(Notice.subscriber_id)
        .join(Subscriber, Subscriber.id == Notice.subscriber_id)
        .where(
            Notice.told_at.is_(None),
            Notice.due_at <= now - timedelta(seconds=settings.mail_wait),
        )
    )
    # Without our address no mail could be ended; such a one waits until a setting tells it.
    return owed if settings.url else owed.where(Subscriber.base_url != "")


def _write_letters(session: Session, subscriber_ids: Sequence[int], now: datetime) -> int:
    # Read anew, now that they are ours: another worker may have been faster.
    waiting = (Notice.subscriber_id.in_(subscriber_ids), Notice.told_at.is_(None))
    ids = session.scalars(select(Notice.subscriber_id).where(*waiting).distinct()).all()
    if not ids:
        return 0
    letters = session.execute(
        insert(Letter).returning(Letter.id, Letter.subscriber_id),
        [
            {
                "purpose": "notice",
                "subscriber_id": id,
                "recipient": "",
                "subject": "",
                "text": "",
                "created_at": now,
                "next_try_at": now,
            }
            for id in ids
        ],
    ).all()
    session.connection().execute(
        update(Notice)
        .where(Notice.subscriber_id == bindparam("to"), Notice.told_at.is_(None))
        .values(told_at=now, letter_id=bindparam("letter")),
        [{"to": letter.subscriber_id, "letter": letter.id} for letter in letters],
    )
    return len(letters)


def count_stranded(session: Session) -> int:
    """How many wait in vain until ``COMMENTS_URL`` is set."""
    waiting = (
        select(Notice.subscriber_id)
        .join(Subscriber, Subscriber.id == Notice.subscriber_id)
        .where(Notice.told_at.is_(None), Subscriber.base_url == "")
    )
    return session.scalars(select(func.count()).select_from(waiting.distinct().subquery())).one()


# ── what a letter says ───────────────────────────────────────────────────────────────────


def draw(session: Session, letter: Letter, settings: Settings, keys: Keys) -> Mail | None:
    """The mail of a letter to a subscriber; ``None`` when nothing of it is to be told any more."""
    assert letter.subscriber_id is not None
    subscriber = session.get(Subscriber, letter.subscriber_id, populate_existing=True)
    if subscriber is None or subscriber.pace is Pace.NEVER:
        return None
    email_hash = keys.digest("email", subscriber.email)
    if bans.holds_mailbox(session, email_hash, letter.created_at):
        return None
    _leave_for_later(session, letter)
    found = session.execute(told(letter, email_hash)).all()
    if not found:
        return None
    return worded(
        subscriber, letter, found, _answered(session, found), settings=settings, keys=keys
    )


def told(letter: Letter, email_hash: str) -> Select[*tuple[Any, ...]]:
    """What a letter tells: rows of a comment, its thread, why, and how many there are in all.

    What its reader, whose address is *email_hash*, has written or ended by now is not among it.
    """
    wanted = select(Subscription.id).where(
        Subscription.subscriber_id == Notice.subscriber_id,
        Subscription.thread_id == Comment.thread_id,
        Subscription.confirmed_at.is_not(None),
        _still(),
    )
    # With another browser somebody is another guest, but the address that was shown to be theirs
    # is the same.
    is_theirs = and_(Comment.verified, func.coalesce(Comment.email_hash, "") == email_hash)
    return (
        select(
            Comment,
            Thread,
            Notice.why,
            func.count().over().label("all_told"),
        )
        .join_from(Notice, Comment, Comment.id == Notice.comment_id)
        .join(Thread, Thread.id == Comment.thread_id)
        .where(
            *_of(letter),
            *_VISIBLE,
            # Where mail was off for months, nobody is told of what was new then.
            Comment.created_at > letter.created_at - NEWS,
            wanted.exists(),
            ~is_theirs,
        )
        .order_by(Comment.thread_id, Comment.id)
        .limit(MOST_SHOWN)
    )


_VISIBLE = (Comment.status == Status.PUBLISHED, Comment.shadowed.is_(False))


def _of(letter: Letter) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Notice.subscriber_id == letter.subscriber_id, Notice.letter_id == letter.id


def _still() -> ColumnElement[bool]:
    """That a wish covers the reason of a notice."""
    return or_(
        Subscription.scope == Scope.ALL,
        Subscription.scope == Notice.why,
        and_(Subscription.scope == Scope.REPLIES, Notice.why == MENTION),
    )


def _leave_for_later(session: Session, letter: Letter) -> None:
    """Of a comment that is hidden nobody was told, so they may be when it comes back."""
    hidden = select(Comment.id).where(Comment.id == Notice.comment_id, ~and_(*_VISIBLE))
    found = session.scalars(select(Notice.comment_id).where(*_of(letter), hidden.exists())).all()
    if found:
        session.execute(
            delete(Notice).where(*_of(letter), Notice.comment_id.in_(found)),
            execution_options={"synchronize_session": False},
        )
        session.commit()


def _answered(session: Session, found: Sequence[Row[Any]]) -> Mapping[int, Comment]:
    """The comments that those answer, as far as they can be seen."""
    ids = {row.Comment.parent_id for row in found} - {None}
    parents = session.scalars(select(Comment).where(Comment.id.in_(ids), *_VISIBLE))
    return {parent.id: parent for parent in parents}


NOTICES = Digest("notice", gather, draw)
