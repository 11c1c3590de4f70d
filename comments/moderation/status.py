"""The one door for visibility.

Only :func:`set_status` changes a comment's status. It writes the audit entry, moves the
counters and the thread's revision, all in the caller's transaction; nothing else touches them.
The caller holds the thread's lock (``threads.lock``), so decisions on a thread come one after
the other.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from comments import signals, threads
from comments.errors import CommentsError, say
from comments.models import REASON_LENGTH, Comment, Decision, Status, Thread, Vote

#: More would push the conversation itself off the first screen.
MAX_PINNED = 5

# Under the number of parameters that either database takes in one statement.
_BATCH = 10_000


def set_status(
    session: Session,
    thread: Thread,
    comment: Comment,
    status: Status,
    *,
    by: str,
    reason: str = "",
    now: datetime,
) -> None:
    """Put *comment* into *status*; a new comment comes through here as well.

    *by* is an author id, or ``screen`` for an automatic verdict; *reason* is a short sentence.
    """
    new = comment.id is None
    was, seen_before = not new and comment.status is Status.PUBLISHED, bool(comment.listed)
    before = None if new else comment.status
    comment.status = status
    comment.listed = status is Status.PUBLISHED or comment.replies_count > 0
    if status is not Status.PUBLISHED:
        comment.pinned_at = None
        comment.published_revision = None
    change = (status is Status.PUBLISHED) - was
    if seen_before or comment.listed:
        thread.revision += 1
    if change:
        thread.count += change
        _count_in_ancestors(session, comment, change)
    if change > 0:
        comment.published_revision = thread.revision
    session.add(
        Decision(
            comment=comment,
            before=before,
            after=status,
            actor=by,
            reason=reason[:REASON_LENGTH],
            created_at=now,
        )
    )
    session.flush()
    signals.after_commit(
        session,
        "status-changed",
        comment_id=comment.id,
        thread=thread.key,
        before=before,
        after=status,
    )


def _count_in_ancestors(session: Session, comment: Comment, change: int) -> None:
    """Add *change* to every comment above; a tombstone lives as long as it carries replies."""
    below = Comment.replies_count + change
    above = comment.ancestor_ids
    for start in range(0, len(above), _BATCH):
        ids = above[start : start + _BATCH]
        session.execute(
            update(Comment)
            .where(Comment.id.in_(ids))
            .values(
                replies_count=below,
                listed=or_(Comment.status == Status.PUBLISHED, below > 0),
            )
            .execution_options(synchronize_session=False)
        )


def pin(session: Session, comment_id: int, *, pinned: bool, now: datetime) -> Comment:
    """Put a top-level comment first in its thread, or back into its place."""
    comment = threads.get(session, comment_id)
    thread = threads.lock(session, comment.thread_id)
    session.refresh(comment)
    if pinned and (comment.parent_id is not None or comment.status is not Status.PUBLISHED):
        wrong = say("Only a published top-level comment can be pinned.")
        raise CommentsError("invalid", wrong)
    if pinned and _pinned_in(session, thread) >= MAX_PINNED and comment.pinned_at is None:
        raise CommentsError("invalid", say("At most %(most)s can be pinned.", most=MAX_PINNED))
    if pinned != (comment.pinned_at is not None):
        comment.pinned_at = now if pinned else None
        thread.revision += 1
        session.flush()
    return comment


def _pinned_in(session: Session, thread: Thread) -> int:
    pinned = select(func.count()).where(
        Comment.thread_id == thread.id, Comment.pinned_at.is_not(None)
    )
    return session.execute(pinned).scalar_one()


def close(session: Session, thread_id: int, *, closed: bool, now: datetime) -> Thread:
    """Close a thread to new comments, or open it again."""
    thread = threads.lock(session, thread_id)
    if closed != thread.closed:
        thread.closed_at = now if closed else None
        thread.revision += 1
        session.flush()
    return thread


def decide(
    session: Session, comment_id: int, status: Status, *, by: str, reason: str, now: datetime
) -> Comment:
    """A moderator's decision on one comment; its author's own deletion is final."""
    comment = threads.get(session, comment_id)
    thread = threads.lock(session, comment.thread_id)
    session.refresh(comment)
    if status is not comment.status and not comment.body:
        raise CommentsError(
            "invalid", say("Its author has deleted it, and there is nothing left to show.")
        )
    if comment.status is not status:
        set_status(session, thread, comment, status, by=by, reason=reason, now=now)
    return comment


# ── counters, held against the rows ──────────────────────────────────────────────────────


def wrong_counters(session: Session) -> dict[str, list[Any]]:
    """Rows whose stored counters differ from what the rows say, by table.

    The truth is counted from the votes and the statuses; ``flask comments check`` prints it.
    """
    published = case((Comment.status == Status.PUBLISHED, 1), else_=0)
    per_thread = (
        select(Comment.thread_id, func.sum(published).label("count"))
        .group_by(Comment.thread_id)
        .subquery()
    )
    wrong_threads = session.execute(
        select(Thread.key, Thread.count, func.coalesce(per_thread.c.count, 0))
        .outerjoin(per_thread, per_thread.c.thread_id == Thread.id)
        .where(Thread.count != func.coalesce(per_thread.c.count, 0))
    )
    return {"threads": [tuple(row) for row in wrong_threads], "comments": _wrong_comments(session)}


def _wrong_comments(session: Session) -> list[tuple[int, str, int, int]]:
    below: dict[int, int] = {}
    listed = select(Comment.path).where(Comment.status == Status.PUBLISHED, Comment.path != "")
    for (path,) in session.execute(listed.execution_options(yield_per=1000)):
        for step in path.split("."):
            below[int(step)] = below.get(int(step), 0) + 1
    votes = _votes_by_comment(session)
    wrong: list[tuple[int, str, int, int]] = []
    columns = (Comment.id, Comment.up, Comment.down, Comment.score, Comment.replies_count)
    for row in session.execute(select(*columns).execution_options(yield_per=1000)):
        up, down = votes.get(row.id, (0, 0))
        for name, is_, should in (
            ("up", row.up, up),
            ("down", row.down, down),
            ("score", row.score, up - down),
            ("replies_count", row.replies_count, below.get(row.id, 0)),
        ):
            if is_ != should:
                wrong.append((row.id, name, is_, should))
    return wrong


def _votes_by_comment(session: Session) -> dict[int, tuple[int, int]]:
    up = func.sum(case((Vote.value > 0, 1), else_=0))
    down = func.sum(case((Vote.value < 0, 1), else_=0))
    counted = session.execute(select(Vote.comment_id, up, down).group_by(Vote.comment_id))
    return {comment_id: (int(plus), int(minus)) for comment_id, plus, minus in counted}
