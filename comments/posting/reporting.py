"""Readers tell the moderators that something is wrong."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from comments import identity, moderation, notify, screening, signals
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
    """Tell the moderators that something is wrong with a comment; once per reader and text.

    When enough people have, it waits for the moderators; unless one of them has kept it. The
    banned are refused; what the shadow-banned report is settled at once and opens nothing.
    """
    thread, comment = moderation.locked(session, comment_id)
    banned = moderation.check_not_banned(session, identity.on_site(author, thread.site), now)
    if comment.status is not Status.PUBLISHED:
        raise CommentsError("no_such_comment")
    settled = comment.kept_at is not None or banned is not None
    facts = {
        "reason": reason,
        "note": note,
        "created_at": now,
        "settled_at": now if settled else None,
        "address_hash": author.address if author.is_guest else None,
    }
    fresh = insert_or_ignore(
        session, Report, comment_id=comment.id, reporter_id=author.id, **facts
    ) or _says_so_of_the_new_text(session, author, comment, facts)
    if fresh and not settled:
        comment.open_reports += 1
        session.flush()
        notify.webhooks.owe(session, notify.webhooks.REPORTED, [comment.id], now)
        _hold_reported(session, thread, comment, settings, now)
    if fresh:
        signals.after_commit(session, "comment-reported", comment_id=comment.id, thread=thread.key)


def _says_so_of_the_new_text(
    session: Session, author: Author, comment: Comment, facts: dict[str, object]
) -> bool:
    """A report that was settled was about the text before; the same person may report again."""
    if comment.edited_at is None:
        return False
    again = (
        update(Report)
        .where(
            Report.comment_id == comment.id,
            Report.reporter_id == author.id,
            Report.settled_at.is_not(None),
            Report.settled_at <= comment.edited_at,
        )
        .values(**facts)
        .returning(Report.id)
    )
    return session.scalar(again) is not None


def _hold_reported(
    session: Session, thread: Thread, comment: Comment, settings: Settings, now: datetime
) -> None:
    enough = settings.reports_to_hold
    if not enough or comment.open_reports < enough or comment.author_kind is AuthorKind.MODERATOR:
        return
    people = _people(session, comment)
    if people < enough:
        return
    reason = str(screening.reported(people))
    moderation.set_status(
        session, thread, comment, Status.PENDING, by="screen", reason=reason, now=now
    )


def _people(session: Session, comment: Comment) -> int:
    """How many people the open reports are surely of: guests on one network may be one guest,
    who has thrown the token away between two reports."""
    who = select(Report.address_hash, Report.reporter_id).where(
        Report.comment_id == comment.id, Report.settled_at.is_(None)
    )
    return len({network or reader for network, reader in session.execute(who)})
