"""Readers tell the moderators that something is wrong."""

from datetime import datetime

from sqlalchemy.orm import Session

from comments import moderation, signals
from comments.config import Settings
from comments.database import insert_or_ignore
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import (
    AuthorKind,
    Comment,
    Report,
    Status,
    Thread,
)

REASONS = ("spam", "abuse", "off_topic", "other")


def report(
    session: Session,
    author: Author,
    comment_id: int,
    reason: str,
    note: str,
    *,
    settings: Settings,
    now: datetime,
) -> None:
    """Tell the moderators that something is wrong with a comment; once per reader.

    When enough readers have, it waits for them; unless one of them has kept it. The banned are
    refused; what the shadow-banned report is settled at once and opens nothing.
    """
    thread, comment = moderation.locked(session, comment_id)
    banned = moderation.check_not_banned(session, author, now)
    if comment.status is not Status.PUBLISHED:
        raise CommentsError("no_such_comment")
    settled = comment.kept_at is not None or banned is not None
    fresh = insert_or_ignore(
        session,
        Report,
        comment_id=comment.id,
        reporter_id=author.id,
        reason=reason,
        note=note,
        created_at=now,
        settled_at=now if settled else None,
    )
    if fresh and not settled:
        comment.open_reports += 1
        _hold_reported(session, thread, comment, settings, now)
        session.flush()
    if fresh:
        signals.after_commit(session, "comment-reported", comment_id=comment.id, thread=thread.key)


def _hold_reported(
    session: Session, thread: Thread, comment: Comment, settings: Settings, now: datetime
) -> None:
    enough = settings.reports_to_hold
    if not enough or comment.open_reports < enough or comment.author_kind is AuthorKind.MODERATOR:
        return
    reason = f"reported by {comment.open_reports} readers"
    moderation.set_status(
        session, thread, comment, Status.PENDING, by="screen", reason=reason, now=now
    )
