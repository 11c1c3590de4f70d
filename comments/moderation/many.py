"""One decision about many comments: what deciding about each of them would do, at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from comments.database import chunks
from comments.models import Comment, Decision, Report, Status
from comments.moderation.actions import Action
from comments.moderation.actions import kept as as_kept
from comments.moderation.reach import within
from comments.moderation.status import lock_threads_of, set_status_of_many, unchanged_since


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
    lock_threads_of(session, comment_ids)
    chosen = [
        Comment.status == status,
        Comment.open_reports > 0,
        within(action.sites, Comment.thread_id),
    ]
    if seen_at is not None:
        chosen.append(unchanged_since(seen_at))
    columns = (Comment.id, Comment.thread_id, Comment.open_reports)
    kept: list[int] = []
    for some in chunks(comment_ids):
        rows = session.execute(select(*columns).where(Comment.id.in_(some), *chosen)).all()
        if rows:
            _keep(session, rows, action)
        kept += [row.id for row in rows]
    # Rows that the session holds tell the state before.
    session.expire_all()
    return sorted(kept)


def _keep(session: Session, rows: Sequence[Row[int, int, int]], action: Action) -> None:
    ids = [row.id for row in rows]
    quiet = {"synchronize_session": False}
    settled = update(Report).where(Report.comment_id.in_(ids), Report.settled_at.is_(None))
    session.execute(settled.values(settled_at=action.now), execution_options=quiet)
    left = update(Comment).where(Comment.id.in_(ids))
    session.execute(left.values(open_reports=0, kept_at=action.now), execution_options=quiet)
    entries = [
        action.entry("keep")
        | {
            "comment_id": row.id,
            "thread_id": row.thread_id,
            "before": as_kept({"open_reports": row.open_reports}),
        }
        for row in rows
    ]
    session.execute(insert(Decision), entries)
