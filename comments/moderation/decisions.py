"""What moderators decide about single comments: their state, and which come first."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from comments import threads
from comments.errors import CommentsError, say
from comments.models import Comment, Decision, Report, Status, Thread
from comments.moderation.actions import Action, note
from comments.moderation.marks import note_marks
from comments.moderation.reach import check_reach
from comments.moderation.status import set_status
from comments.moderation.teaching import teach

#: More would push the conversation itself off the first screen.
MAX_PINNED = 5


def decide(
    session: Session,
    comment_id: int,
    status: Status,
    action: Action,
    *,
    expected: Status | None = None,
    version: int | None = None,
) -> Comment:
    """A moderator's decision on one comment; its author's own deletion is final.

    *expected* and *version* are what the moderator saw: 409 when somebody else has decided
    since, or when its author has changed the text. 404 for a thread beyond *action*'s sites.
    """
    thread, comment = _within_reach(session, comment_id, action)
    _check_seen(session, comment, expected, version)
    if status is not comment.status and not comment.body:
        raise CommentsError(
            "invalid", say("Its author has deleted it, and there is nothing left to show.")
        )
    if status is comment.status and not comment.shadowed:
        # What stands there already can only have its reports settled. The filter learns nothing
        # from that: without a line in the log it could not be taken back.
        if comment.open_reports:
            _keep(session, comment, action)
        return comment
    settle_reports(session, comment, action.now)
    note_marks(session, comment, action)
    comment.shadowed = False
    if comment.status is not status:
        set_status(
            session,
            thread,
            comment,
            status,
            by=action.by,
            name=action.name,
            reason=action.reason,
            batch=action.batch,
            now=action.now,
        )
    if status is Status.PUBLISHED:
        comment.kept_at = action.now
    session.flush()
    teach(session, [comment.id], status, action)
    return comment


def keep(
    session: Session,
    comment_id: int,
    action: Action,
    *,
    expected: Status | None = None,
    version: int | None = None,
) -> Comment:
    """Leave a reported comment where it is; later reports of it are counted and open nothing.

    *expected* and *version* as for :func:`decide`.
    """
    _thread, comment = _within_reach(session, comment_id, action)
    _check_seen(session, comment, expected, version)
    return _keep(session, comment, action)


def _keep(session: Session, comment: Comment, action: Action) -> Comment:
    open_reports = comment.open_reports
    settle_reports(session, comment, action.now)
    comment.kept_at = action.now
    note(
        session,
        action,
        "keep",
        comment_id=comment.id,
        thread_id=comment.thread_id,
        before={"open_reports": open_reports},
    )
    return comment


def locked(session: Session, comment_id: int) -> tuple[Thread, Comment]:
    """The comment and its thread as they are now that nobody else can change them."""
    comment = threads.get(session, comment_id)
    while True:
        thread = threads.lock(session, comment.thread_id)
        session.refresh(comment)
        if comment.thread_id == thread.id:
            return thread, comment
        # Its thread was merged into another one while we waited.


def _within_reach(session: Session, comment_id: int, action: Action) -> tuple[Thread, Comment]:
    thread, comment = locked(session, comment_id)
    check_reach(action.sites, thread.site)
    return thread, comment


def _check_seen(
    session: Session, comment: Comment, expected: Status | None, version: int | None
) -> None:
    if version is not None and comment.version != version:
        raise CommentsError("changed_meanwhile")
    if expected is None or comment.status is expected:
        return
    last = (
        select(Decision.actor_name)
        .where(Decision.comment_id == comment.id)
        .order_by(Decision.id.desc())
        .limit(1)
    )
    name = session.scalar(last)
    if not name:
        raise CommentsError("already_decided")
    raise CommentsError("already_decided", say("%(name)s has decided about it already.", name=name))


def settle_reports(session: Session, comment: Comment, now: datetime) -> None:
    """Nobody has to look at what was reported of *comment* so far any more."""
    comment.open_reports = 0
    session.execute(
        update(Report)
        .where(Report.comment_id == comment.id, Report.settled_at.is_(None))
        .values(settled_at=now),
        execution_options={"synchronize_session": False},
    )


# ── pins ─────────────────────────────────────────────────────────────────────────────────


def pin(session: Session, comment_id: int, action: Action, *, pinned: bool) -> Comment:
    """Put a top-level comment first in its thread, or back into its place."""
    thread, comment = _within_reach(session, comment_id, action)
    if pinned and (comment.parent_id is not None or comment.status is not Status.PUBLISHED):
        wrong = say("Only a published top-level comment can be pinned.")
        raise CommentsError("invalid", wrong)
    if pinned and _pinned_in(session, thread) >= MAX_PINNED and comment.pinned_at is None:
        raise CommentsError("invalid", say("At most %(most)s can be pinned.", most=MAX_PINNED))
    was = comment.pinned_at is not None
    if pinned != was:
        comment.pinned_at = action.now if pinned else None
        thread.revision += 1
        comment.changed_revision = thread.revision
        note(
            session,
            action,
            "pin",
            comment_id=comment.id,
            thread_id=thread.id,
            before={"pinned": was},
            after={"pinned": pinned},
        )
    return comment


def _pinned_in(session: Session, thread: Thread) -> int:
    pinned = select(func.count()).where(
        Comment.thread_id == thread.id, Comment.pinned_at.is_not(None)
    )
    return session.execute(pinned).scalar_one()
