"""What is thrown away, and when, so that a small site runs for years untended."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from comments.models import ScoreStep, Submission, Vote

#: Networks are only needed against a burst of votes (DESIGN: dropped after 30 days).
KEEP_ADDRESSES = timedelta(days=30)
KEEP_SUBMISSIONS = timedelta(days=1)
KEEP_SCORE_STEPS = timedelta(days=1)

#: One write in so many tidies up behind it; the deletes go through indexes and find little.
EVERY = 200


def sweep(session: Session, now: datetime) -> None:
    """Drop what is past its time. Runs inside a write that is under way, or by command."""
    old_keys = select(Submission.key_hash).where(Submission.created_at < now - KEEP_SUBMISSIONS)
    old_steps = select(ScoreStep.thread_id, ScoreStep.revision).where(
        ScoreStep.created_at < now - KEEP_SCORE_STEPS
    )
    old_votes = select(Vote.comment_id, Vote.voter_id).where(
        Vote.created_at < now - KEEP_ADDRESSES, Vote.address_hash.is_not(None)
    )
    for tidied in (
        delete(Submission).where(Submission.key_hash.in_(_free(old_keys))),
        delete(ScoreStep).where(
            tuple_(ScoreStep.thread_id, ScoreStep.revision).in_(_free(old_steps))
        ),
        update(Vote)
        .where(tuple_(Vote.comment_id, Vote.voter_id).in_(_free(old_votes)))
        .values(address_hash=None),
    ):
        session.execute(tidied, execution_options={"synchronize_session": False})


def _free(rows: Any) -> Any:
    """Those of *rows* that nobody else holds.

    Two that tidy up at once, each inside a write of its own, would wait for each other; what is
    left out now goes next time. SQLite, with its one writer, leaves the clause out.
    """
    return rows.with_for_update(skip_locked=True)


def sweep_sometimes(session: Session, number: int, now: datetime) -> None:
    """Sweep when *number*, which grows with every write, comes round to it."""
    if number % EVERY == 0:
        sweep(session, now)
