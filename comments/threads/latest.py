"""What was published last, the newest first: what a feed tells."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Subquery, or_, select, true
from sqlalchemy.orm import Session

from comments.models import Comment, Status
from comments.threads.places import ThreadFacts, facts_of
from comments.threads.rows import shown_rows

#: Comments in one feed.
MOST = 50
#: How far back in its thread a reply below another reply is looked for.
REACH = 500

_published = shown_rows.where(Comment.status == Status.PUBLISHED)


def latest_in(session: Session, thread: ThreadFacts) -> Sequence[Any]:
    """The latest comments of *thread*, at every depth."""
    if thread.id is None:
        return []
    latest = select(_tail(thread, MOST).c.id)
    here = (Comment.thread_id == thread.id, Comment.id.in_(latest))
    return _newest_first(session.execute(_published.where(*here)))


def latest_below(session: Session, top: Comment, thread: ThreadFacts) -> Sequence[Any]:
    """The latest replies below *top*: those to itself and, if they are among the latest of the
    thread, those to its replies. No index leads to everything below a comment."""
    direct = (
        _published.where(Comment.parent_id == top.id, Comment.listed == true())
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(MOST)
    )
    tail = _tail(thread, REACH)
    way = ".".join(filter(None, (top.path, str(top.id))))
    below = or_(tail.c.path == way, tail.c.path.startswith(f"{way}."))
    latest = select(tail.c.id).where(below).order_by(tail.c.published_revision.desc()).limit(MOST)
    deeper = _published.where(Comment.thread_id == thread.id, Comment.id.in_(latest))
    found = {row.id: row for rows in (direct, deeper) for row in session.execute(rows)}
    return _newest_first(found.values())


def latest_everywhere(session: Session) -> Sequence[Any]:
    """The latest comments of all threads."""
    found = _published.order_by(Comment.created_at.desc()).limit(MOST)
    return _newest_first(session.execute(found))


def threads_of(session: Session, rows: Iterable[Any]) -> dict[int, ThreadFacts]:
    """The threads that *rows* are in, by id."""
    return facts_of(session, {row.thread_id for row in rows})


def times_of(session: Session, ids: Iterable[int]) -> dict[int, datetime]:
    """When comments were written, by their ids."""
    asked = select(Comment.id, Comment.created_at).where(Comment.id.in_(list(ids)))
    return {row.id: row.created_at for row in session.execute(asked)}


def _tail(thread: ThreadFacts, most: int) -> Subquery:
    """What became visible in *thread* last. What is not visible has no revision."""
    return (
        select(Comment.id, Comment.path, Comment.published_revision)
        .where(Comment.thread_id == thread.id, Comment.published_revision > 0)
        .order_by(Comment.published_revision.desc())
        .limit(most)
        .subquery()
    )


def _newest_first(rows: Iterable[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)[:MOST]
