"""One decision about many comments: what deciding about each of them would do, at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import threads
from comments.models import Comment, Status
from comments.moderation.actions import Action
from comments.moderation.decisions import keep
from comments.moderation.reach import within
from comments.moderation.status import set_status_of_many, unchanged_since

_CHUNK = 1_000


def decide_many(
    session: Session,
    comment_ids: Sequence[int],
    status: Status,
    action: Action,
    *,
    seen_at: datetime | None = None,
) -> list[int]:
    """Put comments into *status*, and settle the reports of those that are in it already.

    What was decided or edited after *seen_at* is left alone. Gives the ids that were changed.
    """
    still = [unchanged_since(seen_at)] if seen_at is not None else []
    changed = set_status_of_many(session, comment_ids, status, action, still=still)
    return changed + keep_many(session, comment_ids, action, status=status, seen_at=seen_at)


def keep_many(
    session: Session,
    comment_ids: Sequence[int],
    action: Action,
    *,
    status: Status = Status.PUBLISHED,
    seen_at: datetime | None = None,
) -> list[int]:
    """Keep those in *status* that have open reports; gives their ids."""
    reported: dict[int, int] = {}
    for start in range(0, len(comment_ids), _CHUNK):
        chosen = [
            Comment.id.in_(comment_ids[start : start + _CHUNK]),
            Comment.status == status,
            Comment.open_reports > 0,
            within(action.sites, Comment.thread_id),
        ]
        if seen_at is not None:
            chosen.append(unchanged_since(seen_at))
        reported.update(session.execute(select(Comment.id, Comment.thread_id).where(*chosen)).all())
    threads.lock_many(session, reported.values())
    for comment_id in sorted(reported):
        keep(session, comment_id, action)
    return sorted(reported)
