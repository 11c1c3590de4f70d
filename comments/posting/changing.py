"""Changing one's own comment while the window is open, and taking it back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete as sql_delete
from sqlalchemy.orm import Session

from comments import identity, index, mentions, moderation, screening, signals, text, threads
from comments.anchors import Anchor
from comments.config import Settings
from comments.identity import Author
from comments.models import (
    Comment,
    Edit,
    Mention,
    Status,
    Thread,
)
from comments.moderation import teaching
from comments.posting import writing
from comments.screening import Screen, Submitted


def edit(
    session: Session,
    author: Author,
    comment_id: int,
    body: str,
    *,
    settings: Settings,
    now: datetime,
    screens: Sequence[Screen] = screening.SCREENS,
) -> Comment:
    """Replace the text of one's own comment while the window is open.

    The new text passes the screens again, so a harmless comment cannot become another one.
    """
    people = mentions.around(session, comment_id)
    html = writing.rendered(body, people)
    before = threads.get(session, comment_id)
    identity.check_can_change(author, before, settings, now)
    submitted = _submitted(session, author, before, body, html, settings, now)
    screens = screening.ask_hosts(submitted, screens)
    thread, comment = moderation.locked(session, comment_id)
    identity.check_can_change(author, comment, settings, now)
    _keep_earlier(session, comment, now)
    teaching.forget(session, comment)
    comment.body, comment.html = body, html
    comment.renderer_version = text.RENDERER_VERSION
    comment.edited_at = now
    # What a moderator kept was the text before.
    comment.kept_at = None
    mentions.keep(session, comment, people)
    if comment.status in (Status.PUBLISHED, Status.PENDING):
        _screen_again(replace(submitted, thread_held=thread.hold_all), screens, thread, comment)
    session.flush()
    index.put(session, comment)
    threads.wrote(session, thread)
    signals.after_commit(session, "comment-edited", comment_id=comment.id, thread=thread.key)
    return comment


def _submitted(
    session: Session,
    author: Author,
    comment: Comment,
    body: str,
    html: str,
    settings: Settings,
    now: datetime,
) -> Submitted:
    thread = threads.by_id(session, comment.thread_id)
    return Submitted(
        session=session,
        author=author,
        text=body,
        html=html,
        settings=settings,
        now=now,
        name=comment.author_name,
        website=comment.author_website,
        quoted=Anchor.from_json(comment.anchor).written if comment.anchor else "",
        thread_key=thread.key,
        site=thread.site,
        parent=comment.parent_id,
        comment_id=comment.id,
    )


def _screen_again(
    submitted: Submitted, screens: Sequence[Screen], thread: Thread, comment: Comment
) -> None:
    """What the screens say of the new text; one that waits is never let through by being edited."""
    verdict, status = writing.screened(submitted, screens)
    comment.risk, comment.shadowed = verdict.risk, verdict.shadowed
    if status is Status.PUBLISHED:
        thread.revision += comment.listed
        if comment.listed:
            comment.changed_revision = thread.revision
        return
    if status is comment.status and comment.status_reason == str(verdict.reason):
        return
    moderation.set_status(
        submitted.session,
        thread,
        comment,
        status,
        by="screen",
        reason=str(verdict.reason),
        now=submitted.now,
    )


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
    teaching.forget(session, comment)
    comment.body = comment.html = ""
    comment.author_name = comment.author_folded = ""
    comment.author_avatar = comment.author_website = None
    comment.anchor = comment.passage = None
    for told in (Edit, Mention):
        session.execute(sql_delete(told).where(told.comment_id == comment.id))
    index.drop(session, [comment.id])
    moderation.settle_reports(session, comment, now)
    moderation.set_status(
        session, thread, comment, Status.DELETED, by=author.id, reason="by its author", now=now
    )
    threads.wrote(session, thread)
