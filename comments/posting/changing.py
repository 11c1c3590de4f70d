"""Changing one's own comment while the window is open, and taking it back."""

from datetime import datetime

from sqlalchemy import delete as sql_delete
from sqlalchemy.orm import Session

from comments import identity, index, moderation, screening, signals, text
from comments.config import Settings
from comments.identity import Author
from comments.models import (
    Comment,
    Edit,
    Status,
)
from comments.posting import writing


def edit(
    session: Session,
    author: Author,
    comment_id: int,
    body: str,
    *,
    settings: Settings,
    now: datetime,
) -> Comment:
    """Replace the text of one's own comment while the window is open.

    The new text passes the screens again, so a harmless comment cannot become another one.
    """
    html = writing.rendered(body)
    thread, comment = moderation.locked(session, comment_id)
    identity.check_can_change(author, comment, settings, now)
    _keep_earlier(session, comment, now)
    comment.body, comment.html = body, html
    comment.renderer_version = text.RENDERER_VERSION
    comment.edited_at = now
    # What a moderator kept was the text before.
    comment.kept_at = None
    if comment.status is Status.PUBLISHED:
        verdict = screening.screen(screening.Submitted(session, author, html, settings, comment.id))
        if verdict.status is Status.PUBLISHED:
            thread.revision += 1
        else:
            moderation.set_status(
                session,
                thread,
                comment,
                verdict.status,
                by="screen",
                reason=verdict.reason,
                now=now,
            )
    session.flush()
    index.put(session, comment)
    signals.after_commit(session, "comment-edited", comment_id=comment.id, thread=thread.key)
    return comment


def _keep_earlier(session: Session, comment: Comment, now: datetime) -> None:
    """Moderators see what a comment said before: an answer to it may make sense only then."""
    session.add(
        Edit(
            comment_id=comment.id,
            version=comment.version,
            body=comment.body,
            created_at=now,
        )
    )
    comment.version += 1


def delete(
    session: Session, author: Author, comment_id: int, *, settings: Settings, now: datetime
) -> None:
    """Take back one's own comment. Its text is gone for good; its place stays for its replies."""
    thread, comment = moderation.locked(session, comment_id)
    identity.check_can_change(author, comment, settings, now)
    comment.body = comment.html = ""
    comment.author_name = ""
    comment.author_avatar = comment.author_website = None
    session.execute(sql_delete(Edit).where(Edit.comment_id == comment.id))
    index.drop(session, [comment.id])
    moderation.settle_reports(session, comment, now)
    moderation.set_status(
        session, thread, comment, Status.DELETED, by=author.id, reason="by its author", now=now
    )
