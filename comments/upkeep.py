"""What is thrown away, and when, so that a small site runs for years untended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Row, delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from comments.database import is_sqlite
from comments.models import Report, ScoreStep, Submission, Vote

#: Networks are only needed against a burst of votes (DESIGN: dropped after 30 days).
KEEP_ADDRESSES = timedelta(days=30)
KEEP_SUBMISSIONS = timedelta(days=1)
KEEP_SCORE_STEPS = timedelta(days=1)

#: One write in so many tidies up behind it, and one in an hour; the deletes go through indexes.
EVERY = 200
AT_LEAST_EVERY = timedelta(hours=1)
#: Each write leaves a row of a kind at most, so a sweep takes away more than has come.
MOST_ROWS = 1000

#: Any number will do, as long as nobody else in the database locks the same one.
_SWEEP_LOCK = 0x636F6D73


def sweep(session: Session, now: datetime, most: int = MOST_ROWS) -> int:
    """Drop what is past its time, at most *most* rows of a kind; tells how many in all.

    Runs inside a write that is under way, at the start of the service, or by command.
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
    vote = (Vote.comment_id, Vote.voter_id)
    votes = (
        select(*vote)
        .where(Vote.created_at < now - KEEP_ADDRESSES, Vote.address_hash.is_not(None))
        .limit(most)
    )
    forget = update(Vote).values(address_hash=None)
    swept += _apply(session, forget, tuple_(*vote), session.execute(votes).all())
    reports = (
        select(Report.id)
        .where(Report.created_at < now - KEEP_ADDRESSES, Report.address_hash.is_not(None))
        .limit(most)
    )
    forget = update(Report).values(address_hash=None)
    return swept + _apply(session, forget, Report.id, session.scalars(reports).all())


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


def sweep_sometimes(session: Session, now: datetime) -> None:
    """Called by every write: sweeps with the first of a process, then hourly or every 200 writes.

    A site with little traffic keeps its promises with its next write; ``flask comments sweep``
    keeps them to the day.
    """
    pace = _paces.setdefault(session.get_bind(), _Pace())
    pace.writes += 1
    if pace.swept_at and abs(now - pace.swept_at) < AT_LEAST_EVERY and pace.writes < EVERY:
        return
    pace.swept_at, pace.writes = now, 0
    sweep(session, now)
