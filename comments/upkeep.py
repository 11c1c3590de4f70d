"""What is thrown away, and when, so that a small site runs for years untended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ColumnElement,
    Row,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session, aliased

from comments import threads
from comments.config import Settings
from comments.database import is_sqlite
from comments.models import (
    Ban,
    Comment,
    Decision,
    Letter,
    MailedLink,
    Notice,
    Report,
    ScoreStep,
    SignIn,
    Spent,
    Status,
    Submission,
    Subscriber,
    Subscription,
    Vote,
)

#: Networks are only needed against a burst of votes or spam.
KEEP_ADDRESSES = timedelta(days=30)
#: How the targets of bans begin that hold the hash of a network; nothing more is left of one.
HASHED_BANS = ("network:", "erased:")
KEEP_SUBMISSIONS = timedelta(days=1)
KEEP_SCORE_STEPS = timedelta(days=1)
KEEP_REJECTED = timedelta(days=30)
#: Beyond their end, since they are counted: so many mails in a day to one address.
KEEP_LINKS = timedelta(days=1)
#: Sent or given up. There is an address in each.
KEEP_LETTERS = timedelta(days=7)
#: Longer than a comment is news (``notify.notices.NEWS``), or somebody might be told of it twice.
KEEP_NOTICES = timedelta(days=31)

#: Nobody has pressed the button in the mail, or somebody has ended it and may want it back.
KEEP_UNCONFIRMED = timedelta(days=3)

#: One write in so many tidies up behind it, and one in an hour; the deletes go through indexes.
EVERY = 500
AT_LEAST_EVERY = timedelta(hours=1)
#: Each write leaves a row of a kind at most, so a sweep takes away more than has come.
MOST_ROWS = 1000

#: Any number will do, as long as nobody else in the database locks the same one.
_SWEEP_LOCK = 0x636F6D73


def sweep(
    session: Session,
    now: datetime,
    most: int = MOST_ROWS,
    *,
    keep_rejected: timedelta = KEEP_REJECTED,
) -> int:
    """Drop what is past its time, at most *most* rows of a kind; tells how many in all.

    *keep_rejected* is ``COMMENTS_KEEP_REJECTED_DAYS``. Runs inside a write that is under way, at
    the start of the service, or by command.
    """
    if not _alone(session):
        return 0
    # Looked up first: most often nothing is old, and PostgreSQL, asked for both in one statement,
    # expects so many rows that it reads the whole table.
    key = Submission.key_hash
    old = select(key).where(Submission.created_at < now - KEEP_SUBMISSIONS)
    swept = _apply(session, delete(Submission), key, session.scalars(old.limit(most)).all())
    step = (ScoreStep.thread_id, ScoreStep.revision)
    steps = select(*step).where(ScoreStep.created_at < now - KEEP_SCORE_STEPS).limit(most)
    swept += _apply(session, delete(ScoreStep), tuple_(*step), session.execute(steps).all())
    spent = select(Spent.key_hash).where(Spent.expires_at < now).limit(most)
    swept += _apply(session, delete(Spent), Spent.key_hash, session.scalars(spent).all())
    swept += _sweep_notices(session, now - KEEP_NOTICES, most)
    swept += _forget_networks(session, now - KEEP_ADDRESSES, most)
    swept += _forget_banned_networks(session, now, most)
    swept += _purge(session, now - keep_rejected, most)
    swept += _sweep_subscriptions(session, now - KEEP_UNCONFIRMED, most)
    return swept + _sweep_sign_ins(session, now, most)


def _forget_networks(session: Session, before: datetime, most: int) -> int:
    vote = (Vote.comment_id, Vote.voter_id)
    votes = (
        select(*vote).where(Vote.created_at < before, Vote.address_hash.is_not(None)).limit(most)
    )
    forget = update(Vote).values(address_hash=None)
    swept = _apply(session, forget, tuple_(*vote), session.execute(votes).all())
    comments = select(Comment.id).where(
        Comment.created_at < before, Comment.address_hash.is_not(None)
    )
    forget = update(Comment).values(address_hash=None)
    swept += _apply(session, forget, Comment.id, session.scalars(comments.limit(most)).all())
    reports = select(Report.id).where(Report.created_at < before, Report.address_hash.is_not(None))
    forget = update(Report).values(address_hash=None)
    return swept + _apply(session, forget, Report.id, session.scalars(reports.limit(most)).all())


def _sweep_notices(session: Session, before: datetime, most: int) -> int:
    """Those that were told, and those that nothing can be sent about any more."""
    key = (Notice.subscriber_id, Notice.comment_id)
    swept = 0
    for past in (
        [Notice.told_at < before],
        [Notice.told_at.is_(None), Notice.due_at < before],
    ):
        found = session.execute(select(*key).where(*past).limit(most)).all()
        swept += _apply(session, delete(Notice), tuple_(*key), found)
    return swept


def _forget_banned_networks(session: Session, now: datetime, most: int) -> int:
    """Bans of networks that are over keep no hash, and neither does what the log says of them.

    Every such ban has an end within 30 days; from then on no undo brings it back. After somebody
    has erased what is theirs nobody knows which of their bans were of a network: all of them go.
    """
    kinds: list[ColumnElement[bool]] = [
        literal_column(f"comments_bans.target LIKE '{kind}_%'") for kind in HASHED_BANS
    ]
    again = aliased(Ban)
    holds = (again.target == Ban.target, or_(again.until.is_(None), again.until >= now))
    # In the very words of the index.
    old = select(Ban.target).where(or_(*kinds), Ban.until < now, ~exists().where(*holds))
    found = session.scalars(old.distinct().limit(most)).all()
    for kind in HASHED_BANS:
        of_kind = [target for target in found if target.startswith(kind)]
        for table in (Ban, Decision):
            _apply(session, update(table).values(target=kind), table.target, of_kind)
    return len(found)


def _purge(session: Session, before: datetime, most: int) -> int:
    """Leave nothing of what was rejected, spam or deleted *before* but its place in the thread.

    ``status_at`` goes too: what is empty already is never looked at again.
    """
    old = select(Comment.id).where(
        Comment.status.in_((Status.SPAM, Status.REJECTED, Status.DELETED)),
        Comment.status != Status.PUBLISHED,  # told twice: it is what the index is made for
        Comment.status_at < before,
    )
    # Held until the end: one that a moderator is rescuing right now is left for them.
    ids = session.scalars(old.limit(most).with_for_update(skip_locked=True)).all()
    threads.empty(session, ids, status_at=None)
    return len(ids)


def _sweep_subscriptions(session: Session, before: datetime, most: int) -> int:
    """What nobody confirmed, or somebody ended, *before*; with the last one goes its address."""
    old = select(Subscription.id, Subscription.subscriber_id).where(
        Subscription.confirmed_at.is_(None),
        Subscription.created_at < before,
        or_(Subscription.ended_at.is_(None), Subscription.ended_at < before),
    )
    found = session.execute(old.limit(most)).all()
    whose = {row.subscriber_id for row in found}
    # Whoever is confirming or asking right now holds the subscriber, who is left for another time.
    held = select(Subscriber.id).where(Subscriber.id.in_(whose)).with_for_update(skip_locked=True)
    ids = session.scalars(held).all()
    theirs = [row.id for row in found if row.subscriber_id in ids]
    unconfirmed = delete(Subscription).where(Subscription.confirmed_at.is_(None))
    swept = _apply(session, unconfirmed, Subscription.id, theirs)
    still = select(Subscription.subscriber_id).where(Subscription.subscriber_id.in_(ids))
    gone = sorted(set(ids) - set(session.scalars(still)))
    for table in (Notice, Letter):
        _apply(session, delete(table), table.subscriber_id, gone)
    return swept + _apply(session, delete(Subscriber), Subscriber.id, gone)


def _sweep_sign_ins(session: Session, now: datetime, most: int) -> int:
    """Sign-ins and links that have ended, and the letters that brought them."""
    swept = 0
    for key, ended in (
        (SignIn.token_hash, [SignIn.expires_at < now]),
        (MailedLink.token_hash, [MailedLink.expires_at < now - KEEP_LINKS]),
        (Letter.id, [Letter.created_at < now - KEEP_LETTERS, Letter.next_try_at.is_(None)]),
    ):
        found = session.scalars(select(key).where(*ended).limit(most)).all()
        swept += _apply(session, delete(key.class_), key, found)
    return swept


def _apply(session: Session, change: Any, key: Any, found: Sequence[Any]) -> int:
    if found:
        keys = [tuple(each) if isinstance(each, Row) else each for each in found]
        session.execute(
            change.where(key.in_(keys)), execution_options={"synchronize_session": False}
        )
    return len(found)


def _alone(session: Session) -> bool:
    """Whether nobody else is tidying up; two inside writes of their own could block each other."""
    if is_sqlite(session):  # has one writer at a time
        return True
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_SWEEP_LOCK))))


@dataclass(slots=True)
class _Pace:
    """How long ago this process has tidied up one database."""

    swept_at: datetime | None = None
    writes: int = 0


_paces: WeakKeyDictionary[Any, _Pace] = WeakKeyDictionary()


def sweep_sometimes(session: Session, now: datetime, settings: Settings) -> None:
    """Called by every write: sweeps with the first of a process, then hourly or every 500 writes.

    A site with little traffic keeps its promises with its next write; ``flask comments sweep``
    keeps them to the day.
    """
    pace = _paces.setdefault(session.get_bind(), _Pace())
    pace.writes += 1
    if pace.swept_at and abs(now - pace.swept_at) < AT_LEAST_EVERY and pace.writes < EVERY:
        return
    pace.swept_at, pace.writes = now, 0
    sweep(session, now, keep_rejected=timedelta(days=settings.keep_rejected_days))
