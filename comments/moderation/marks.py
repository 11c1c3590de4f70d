"""What a decision wipes off a comment beside its state, kept in the log so that it can come back.

A pin, a shadow and an earlier *keep* belong to few comments; a decision about one that has any
writes one more entry, ``marks``, in its own batch.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from comments import threads
from comments.models import Comment, Decision, Status
from comments.moderation.actions import Action, facts, kept

#: The columns that a decision wipes.
MARKS = (Comment.pinned_at, Comment.shadowed, Comment.kept_at)


def note_marks(session: Session, comment: Comment, action: Action) -> None:
    """Before a decision changes *comment*."""
    note_marks_of_many(session, [comment], action)


def note_marks_of_many(session: Session, rows: Iterable[Any], action: Action) -> None:
    """*rows* are comments, or hold their id, thread, status and :data:`MARKS`."""
    entries = [
        action.entry("marks")
        | {"comment_id": row.id, "thread_id": row.thread_id, "before": kept(_marks_of(row))}
        for row in rows
        if row.pinned_at or row.shadowed or row.kept_at
    ]
    if entries:
        session.execute(insert(Decision), entries)


def _marks_of(row: Any) -> dict[str, Any]:
    return {
        "status": row.status.value,
        "pinned_at": row.pinned_at and row.pinned_at.isoformat(),
        "shadowed": row.shadowed,
        "kept_at": row.kept_at and row.kept_at.isoformat(),
    }


def put_marks_back(session: Session, entries: Sequence[Decision], *, most_pinned: int) -> None:
    """The marks of comments that stand again where they stood."""
    for entry in entries:
        assert entry.comment_id is not None
        comment = threads.get(session, entry.comment_id)
        was = facts(entry.before)
        if comment.status != was["status"]:
            continue
        comment.shadowed = was["shadowed"]
        comment.kept_at = _moment(was["kept_at"])
        if was["pinned_at"] and _pinned_in(session, comment.thread_id) < most_pinned:
            comment.pinned_at = _moment(was["pinned_at"])
        session.flush()


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _pinned_in(session: Session, thread_id: int) -> int:
    pinned = select(func.count()).where(
        Comment.thread_id == thread_id,
        Comment.pinned_at.is_not(None),
        Comment.status == Status.PUBLISHED,
    )
    return session.execute(pinned).scalar_one()
