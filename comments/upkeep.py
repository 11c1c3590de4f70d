"""What is thrown away, and when, so that a small site runs for years untended."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from comments.database import is_sqlite
from comments.models import ScoreStep, Submission, Vote

#: Networks are only needed against a burst of votes (DESIGN: dropped after 30 days).
KEEP_ADDRESSES = timedelta(days=30)
KEEP_SUBMISSIONS = timedelta(days=1)
KEEP_SCORE_STEPS = timedelta(days=1)

#: One write in so many tidies up behind it; the deletes go through indexes and find little.
EVERY = 200

#: Any number will do, as long as nobody else in the database locks the same one.
_SWEEP_LOCK = 0x636F6D73


def sweep(session: Session, now: datetime) -> None:
    """Drop what is past its time. Runs inside a write that is under way, or by command."""
    if not _alone(session):
        return
    quiet = {"synchronize_session": False}
    session.execute(
        delete(Submission).where(Submission.created_at < now - KEEP_SUBMISSIONS),
        execution_options=quiet,
    )
    session.execute(
        delete(ScoreStep).where(ScoreStep.created_at < now - KEEP_SCORE_STEPS),
        execution_options=quiet,
    )
    session.execute(
        update(Vote)
        .where(Vote.created_at < now - KEEP_ADDRESSES, Vote.address_hash.is_not(None))
        .values(address_hash=None),
        execution_options=quiet,
    )


def _alone(session: Session) -> bool:
    """Whether nobody else is tidying up; two inside writes of their own could block each other."""
    if is_sqlite(session):  # has one writer at a time
        return True
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_SWEEP_LOCK))))


def sweep_sometimes(session: Session, number: int, now: datetime) -> None:
    """Sweep when *number*, which grows with every write, comes round to it."""
    if number % EVERY == 0:
        sweep(session, now)
